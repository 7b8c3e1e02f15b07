"""Characteristics and service use of the people, matching the printed counts and moments.

Belongs here: assigning categories, numbers and services. Does not belong here: scale scores.
"""

import math
import random
from collections.abc import Iterable, Mapping

import numpy as np

from dagster_project.results.published import PublishedValue
from dagster_project.results.reproduction import published_result_id
from dagster_project.results.rounding import printed_decimals
from dagster_project.simulate.problem import Grid, Outcome, Target
from dagster_project.simulate.search import search
from dagster_project.simulate.targets import target_interval
from dagster_project.study import ParticipantVariable, Study

#: A category's code, a number, or None if missing.
Fact = str | float | None


def printed_by_id(published: Iterable[PublishedValue], study: Study) -> dict[str, PublishedValue]:
    """Printed numbers by the id of the result that they report."""
    pairs = ((published_result_id(value, study), value) for value in published)
    return {result_id: value for result_id, value in pairs if result_id is not None}


def roster_facts(
    study: Study,
    printed_values: Mapping[str, PublishedValue],
    person_count: int,
    rng: random.Random,
    *,
    effort: float,
    until: float = math.inf,
) -> dict[str, list[Fact]]:
    """By variable, one fact per person: categories with the printed counts, numbers with the printed moments."""
    facts: dict[str, list[Fact]] = {}
    for variable in study.protocol.participant_variables:
        values = {
            result_id.split("/", 2)[2]: value
            for result_id, value in printed_values.items()
            if result_id.startswith(f"characteristics/{variable.variable}/")
        }
        variable_facts: list[Fact] = list(
            _numbers(values, person_count, rng, effort, until)
            if variable.kind == "number"
            else _categories(variable, values)
        )
        variable_facts = variable_facts[:person_count] + [None] * (person_count - len(variable_facts))
        rng.shuffle(variable_facts)
        facts[variable.variable] = variable_facts
    return facts


def _categories(variable: ParticipantVariable, values: Mapping[str, PublishedValue]) -> list[str]:
    codes: list[str] = []
    total = max((int(value.value) for key, value in values.items() if key.endswith("/n")), default=0)
    uncounted = []
    for category in variable.categories:
        count = values.get(f"{category.category}/count")
        if count is None:
            uncounted.append(category.category)
        else:
            codes += [category.category] * int(count.value)
    # The remaining people belong to the category without a printed count (the No of a yes/no variable).
    if uncounted and len(codes) < total:
        codes += [uncounted[0]] * (total - len(codes))
    return codes


def _numbers(
    values: Mapping[str, PublishedValue], person_count: int, rng: random.Random, effort: float, until: float
) -> list[float]:
    n = int(values["n"].value) if "n" in values else person_count
    if not {"mean", "min", "max"} <= set(values):
        return []
    # Values are whole numbers unless the printed minimum or maximum has a fraction.
    has_fraction = any(values[statistic].value % 1 for statistic in ("min", "max"))
    unit = 10.0 ** -printed_decimals(values["min"].printed) if has_fraction else 1.0
    low, high = round(values["min"].value / unit), round(values["max"].value / unit)
    grid = Grid(ranges=((low, high),), minimum_answered=1, unit=unit)
    targets = [
        Target(statistic, 0, *target_interval(values[statistic].printed))
        for statistic in ("mean", "sd", "min", "max")
        if statistic in values
    ]
    numbers_rng = np.random.default_rng(rng.randrange(2**32))
    outcome = Outcome(grid, np.ones((n, 1), dtype=bool), (), targets)
    solution = search(outcome, numbers_rng, effort=effort, until=until)[0]
    return [round(float(total) * unit, 6) for total in solution.sums[:, 0]]


def service_facts(
    study: Study, printed_values: Mapping[str, PublishedValue], respondents: Mapping[str, list[int]], rng: random.Random
) -> dict[tuple[str, str], dict[int, bool]]:
    """By (wave, service), whether each person who returned the wave used the service."""
    use = study.protocol.service_use
    facts: dict[tuple[str, str], dict[int, bool]] = {}
    for wave in use.waves if use else ():
        for service in use.services if use else ():
            count = printed_values.get(f"service_use/{service.service}/{wave}/count")
            people = respondents[wave]
            users = set(rng.sample(people, min(len(people), int(count.value) if count else 0)))
            facts[wave, service.service] = {person: person in users for person in people}
    return facts
