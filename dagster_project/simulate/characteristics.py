"""Who the people are and which services they used, by the printed counts and moments.

Belongs here: assigning categories, numbers and services. Does not belong here: scale scores.
"""

import random
from collections.abc import Iterable, Mapping

import numpy as np

from dagster_project.results.published import PublishedValue
from dagster_project.results.reproduction import published_result_id
from dagster_project.results.rounding import printed_decimals
from dagster_project.simulate.search import Grid, Target, search
from dagster_project.simulate.targets import inside
from dagster_project.study import ParticipantVariable, Study

#: A category's code, a number, or nothing.
Fact = str | float | None


def printed_by_id(published: Iterable[PublishedValue], study: Study) -> dict[str, PublishedValue]:
    """Printed numbers by the id of the result that they are about."""
    found = ((published_result_id(value, study), value) for value in published)
    return {one: value for one, value in found if one is not None}


def roster_facts(
    study: Study, printed: Mapping[str, PublishedValue], people: int, rng: random.Random, *, steps: int
) -> dict[str, list[Fact]]:
    """By variable, one fact a person: categories as counted, numbers with the printed moments."""
    facts: dict[str, list[Fact]] = {}
    for variable in study.protocol.participant_variables:
        own = {
            one.split("/", 2)[2]: value
            for one, value in printed.items()
            if one.startswith(f"characteristics/{variable.variable}/")
        }
        known: list[Fact] = list(
            _numbers(variable, own, people, rng, steps) if variable.kind == "number" else _categories(variable, own)
        )
        known = known[:people] + [None] * (people - len(known))
        rng.shuffle(known)
        facts[variable.variable] = known
    return facts


def _categories(variable: ParticipantVariable, own: Mapping[str, PublishedValue]) -> list[str]:
    known: list[str] = []
    total = max((int(value.value) for one, value in own.items() if one.endswith("/n")), default=0)
    uncounted = []
    for category in variable.categories:
        count = own.get(f"{category.category}/count")
        if count is None:
            uncounted.append(category.category)
        else:
            known += [category.category] * int(count.value)
    # A category that is not printed (the No of a yes/no variable) holds the rest.
    if uncounted and len(known) < total:
        known += [uncounted[0]] * (total - len(known))
    return known


def _numbers(
    variable: ParticipantVariable, own: Mapping[str, PublishedValue], people: int, rng: random.Random, steps: int
) -> list[float]:
    n = int(own["n"].value) if "n" in own else people
    if not {"mean", "min", "max"} <= set(own):
        return []
    # One decimal only where a printed limit has one: people count whole days, whole people.
    has_part = any(own[one].value % 1 for one in ("min", "max"))
    unit = 10.0 ** -printed_decimals(own["min"].printed) if has_part else 1.0
    low, high = round(own["min"].value / unit), round(own["max"].value / unit)
    grid = Grid(items=1, item_low=low, item_high=high, minimum_answered=1, unit=unit)
    targets = [Target(one, 0, *inside(own[one].printed)) for one in ("mean", "sd", "min", "max") if one in own]
    found = search(grid, np.ones((n, 1), dtype=bool), (), targets, rng, steps=steps)
    return [round(float(total) * unit, 6) for total in found.sums[:, 0]]


def service_facts(
    study: Study, printed: Mapping[str, PublishedValue], returned: Mapping[str, list[int]], rng: random.Random
) -> dict[tuple[str, str], dict[int, bool]]:
    """By (wave, service), whether each person who returned the wave used the service."""
    use = study.protocol.service_use
    facts: dict[tuple[str, str], dict[int, bool]] = {}
    for wave in use.waves if use else ():
        for service in use.services if use else ():
            count = printed.get(f"service_use/{service.service}/{wave}/count")
            people = returned[wave]
            users = set(rng.sample(people, min(len(people), int(count.value) if count else 0)))
            facts[wave, service.service] = {person: person in users for person in people}
    return facts
