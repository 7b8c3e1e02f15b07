"""What is said of the mixed model adjusted for covariates: methods, people left out, families, and reasons without a number."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from covariate_moments import SCALE, Person, adjusted_study
from covariate_patterns import covariate_patterns_of

from dagster_project.results import (
    ResultRow,
    adjusted_repeated_measures_results,
    group_tables,
    planned_analyses,
    repeated_measures_results,
)
from dagster_project.statistics import fit_mmrm
from dagster_project.study import Family, RepeatedMeasures, Study, covariates_of, terms_of

pytestmark = pytest.mark.filterwarnings("error")
WAVES = ("T1", "T2")
MEANS, DIFFERENCES = "mmrm_covariate_adjusted", "mmrm_covariate_adjusted_difference"


def _people(count: int = 60, seed: int = 7, regions: str = "north south west") -> list[Person]:
    random = Random(seed)
    people = []
    for number in range(count):
        age = float(random.randint(19, 70))
        first = random.gauss(5 + 0.1 * age, 2)
        second = None if number % 11 == 3 else first + random.gauss(number % 3, 2)
        people.append(
            {"arm": "abc"[number % 3], "region": random.choice(regions.split()), "age": age, "dose": random.gauss(2, 0.4),
             "T1": None if number % 13 == 5 else first, "T2": second}
        )  # fmt: skip
    return people


def _moments(
    people: Sequence[Person], terms: Sequence[tuple[str, str | None, str]], is_with_plan: bool
) -> list[dict[str, Any]]:
    """The rows of a mart of patterns. terms: variable, category and name of a covariate's."""
    groups: dict[tuple[str, ...], list[list[float]]] = defaultdict(list)
    for person in people:
        waves = [wave for wave in WAVES if person[wave] is not None]
        known = all(person[variable] is not None for variable, _, _ in terms)
        if waves and person["arm"] is not None and known:
            values = [float(person[v]) if c is None else float(person[v] == c) for v, c, _ in terms]
            groups[person["arm"], "+".join(waves)].append([*(person[wave] for wave in waves), *values])
    rows = []
    for (arm, pattern), members in groups.items():
        numbers = np.array(members)
        mean = numbers.mean(axis=0)
        products = (numbers - mean).T @ (numbers - mean)
        names = [*pattern.split("+"), *(name for _, _, name in terms)]
        keys = ("wave", "other_wave") if is_with_plan else ("term", "other_term")
        for first, name in enumerate(names):
            for second, other_name in list(enumerate(names))[first:]:
                rows.append(
                    {"people_group": arm, "scale": SCALE, "pattern": pattern, keys[0]: name, keys[1]: other_name,
                     "n": len(numbers), "mean": mean[first], "other_mean": mean[second], "cross_products": products[first, second]}
                    | ({"planned": "T1+T2"} if is_with_plan else {})
                )  # fmt: skip
    return rows


def _results(study: Study, people: Sequence[Person]) -> dict[str, ResultRow]:
    terms = [
        (term.variable, term.category, term.term)
        for variable in covariates_of(study.protocol)
        for term in terms_of(variable)
    ]
    rows = adjusted_repeated_measures_results(_moments(people, terms, False), _moments(people, [], True), study)
    assert all(row.value is not None or row.note for row in rows)
    return {row.result_id: row for row in rows}


def _with_baseline(study: Study, baseline: str) -> Study:
    model = RepeatedMeasures(baseline=baseline)  # type: ignore[arg-type]
    groups = study.protocol.groups.model_copy(update={"repeated_measures": model})  # type: ignore[union-attr]
    return replace(study, protocol=study.protocol.model_copy(update={"groups": groups}))


@pytest.mark.parametrize("baseline", ["constrained", "free", "covariate"])
def test_the_numbers_are_those_of_the_people_with_every_covariate(baseline: str) -> None:
    people = _people()
    people[0]["age"] = people[1]["region"] = people[2]["age"] = people[2]["region"] = None
    study = _with_baseline(adjusted_study(["age", "region"]), baseline)
    results = _results(study, people)
    known = [person for person in people if person["age"] is not None and person["region"] is not None]
    patterns = [
        covariate_patterns_of(
            np.array([[np.nan if p[wave] is None else p[wave] for wave in WAVES] for p in known if p["arm"] == arm]),
            np.array([[p["age"], p["region"] == "south", p["region"] == "west"] for p in known if p["arm"] == arm]),
        )
        for arm in "abc"
    ]
    first = 0.0 if baseline == "covariate" else 1.0
    model = fit_mmrm(patterns, 2, [[[first, -1], [-first, 1], [0, 0]]], baseline=baseline, covariates=["a", "s", "w"])  # type: ignore[arg-type]
    estimate = model.contrasts[0].kenward_roger
    for name in ("difference", "se", "df", "p"):
        ours = results[f"{DIFFERENCES}/{SCALE}/b/up/{name}"].value
        assert ours == pytest.approx(getattr(estimate, "estimate" if name == "difference" else name), rel=1e-9)
    mean = model.means[1][1].kenward_roger
    assert results[f"{MEANS}/{SCALE}/b/T2/mean"].value == pytest.approx(mean.estimate, rel=1e-9)
    assert results[f"{MEANS}/{SCALE}/n"].value == sum(model.n_people)
    assert results[f"{MEANS}/{SCALE}/n_observations"].value == model.n_observations
    # Whoever would not be in the model anyway is not left out for want of a covariate.
    assert results[f"{MEANS}/{SCALE}/n_covariate_unknown"].value == 3
    assert results[f"{MEANS}/{SCALE}/n_covariate_unknown"].n == sum(model.n_people) + 3


def test_the_method_names_the_covariates() -> None:
    results = _results(adjusted_study(["age", "region"]), _people(regions="north south"))
    assert results[f"{DIFFERENCES}/{SCALE}/b/up/p"].method == (
        "change (T2 minus T1) of the group minus that of the reference; mixed model for repeated measures by REML: unstructured"
        " covariance, the first wave with one mean for all groups, adjusted for Age and Region (one slope each in all waves,"
        " without a term for West of Region: nobody in the model is in it), Kenward and Roger's degrees of freedom, two-sided"
    )
    assert results[f"{MEANS}/{SCALE}/n_covariate_unknown"].method == (
        "people of all groups who would be in the model, of whom a covariate is not known"
    )


def test_what_gives_no_number_has_a_reason() -> None:
    def note(people: list[Person], *covariates: str) -> str | None:
        return _results(adjusted_study(covariates), people)[f"{DIFFERENCES}/{SCALE}/b/up/p"].note

    assert note(_people(regions="south"), "region") == "covariate 'Region' does not vary within the groups"
    twice = [person | {"dose": 70 - 2 * person["age"]} for person in _people()]
    assert note(twice, "age", "dose") == "covariate 'Dose' is collinear with those before it"
    assert note([person for person in _people() if person["arm"] != "b"], "age") == (
        "nobody in group b has a score, of people with every covariate known"
    )


def test_where_covariates_that_are_not_known_are_means_nobody_is_asked_for_them() -> None:
    study = adjusted_study(["age"])
    groups = study.protocol.groups.model_copy(update={"missing_covariates": "mean"})  # type: ignore[union-attr]
    study = replace(study, protocol=study.protocol.model_copy(update={"groups": groups}))
    people = [person | {"imputed": 0.0} for person in _people() if person["arm"] != "b"]
    results = _results(study, people)
    assert results[f"{DIFFERENCES}/{SCALE}/b/up/p"].note == "nobody in group b has a score"


def test_where_nobody_has_every_covariate_the_model_is_of_nobody() -> None:
    results = _results(adjusted_study(["age"]), [person | {"age": None} for person in _people()])
    n, unknown = (results[f"{MEANS}/{SCALE}/{name}"] for name in ("n", "n_covariate_unknown"))
    assert (n.value, n.note) == (0, "nobody has a score, of people with every covariate known")
    assert (unknown.value, unknown.n) == (60, 60)


def test_a_covariate_whose_label_speaks_of_waves_and_groups_keeps_it() -> None:
    study = adjusted_study(["dose"])
    variables = [
        variable.model_copy(update={"label": "Dose at wave 9 of group 9"}) if variable.variable == "dose" else variable
        for variable in study.protocol.participant_variables
    ]
    study = replace(study, protocol=study.protocol.model_copy(update={"participant_variables": tuple(variables)}))
    results = _results(study, [person | {"dose": 1.0} for person in _people()])
    assert results[f"{DIFFERENCES}/{SCALE}/b/up/p"].note == (
        "covariate 'Dose at wave 9 of group 9' does not vary within the groups"
    )


def test_the_planned_model_is_the_one_with_the_covariates() -> None:
    family = Family(family="main", role="primary", outcomes=(SCALE,), contrasts=("up",), compares="repeated_measures")
    study, people = adjusted_study(["age"], families=[family]), _people()
    assert planned_analyses(study)["repeated_measures"] == DIFFERENCES
    results = _results(study, people)
    rows = [results[f"{DIFFERENCES}/{SCALE}/b/up/{name}"] for name in ("difference", "p", "p_holm", "p_bh")]
    assert {(row.role, row.family) for row in rows} == {("primary", "main")}
    assert f"{DIFFERENCES}/{SCALE}/b/down/p_holm" not in results
    alone = repeated_measures_results(_moments(people, [], True), study)
    assert {row.family for row in alone} == {None}
    assert "p_holm" not in {row.statistic for row in alone}
    without = adjusted_study([], families=[family])
    assert planned_analyses(without)["repeated_measures"] == "mmrm_difference"
    assert adjusted_repeated_measures_results([], [], without) == []
    assert "p_holm" in {row.statistic for row in repeated_measures_results(_moments(people, [], True), without)}


def test_the_table_of_means_counts_people_and_needs_no_other_results() -> None:
    study = adjusted_study(["age"])
    rows = list(_results(study, _people()).values())
    named = {table.name: table for table in group_tables(study, rows)}
    means = named["repeated_measures_adjusted_means"]
    assert [column.name for column in means.columns[:3]] == ["n", "covariate unknown", "mean [95 % CI]"]
    assert [[cell.text for cell in row.cells[:2]] for row in means.rows[:4] if row.cells] == [["60", "0"]] * 3
    without = {table.name: table for table in group_tables(study, [])}
    assert not any(row.cells for row in without["repeated_measures_adjusted_means"].rows)
