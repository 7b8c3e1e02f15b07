"""What is said of subgroups adjusted for covariates: whom it is of, what is in the model, and reasons where there is no number."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
from covariate_moments import ARMS, SCALE, Person, adjusted_study

from dagster_project.results import ResultRow, adjusted_subgroup_results
from dagster_project.statistics import interaction
from dagster_project.study import Study, covariates_of, terms_of

pytestmark = pytest.mark.filterwarnings("error")
DIFFERENCES, INTERACTIONS = "change_subgroup_covariate_adjusted", "change_interaction_covariate_adjusted"


def _study(covariates: Sequence[str]) -> Study:
    study = adjusted_study(covariates)
    groups = study.protocol.groups.model_copy(update={"subgroups": ("region",)})  # type: ignore[union-attr]
    return Study(**{**vars(study), "protocol": study.protocol.model_copy(update={"groups": groups})})


def _people(count: int = 90, regions: str = "north south west") -> list[Person]:
    random = Random(3)
    return [
        {
            "arm": ARMS[number % 3], "region": random.choice(regions.split()), "age": float(random.randint(19, 70)),
            "dose": random.gauss(2, 0.4), "T1": float(random.randint(3, 15)), "T2": float(random.randint(3, 15)),
        }
        for number in range(count)
    ]  # fmt: skip


def _moments(study: Study, people: Sequence[Person]) -> list[dict[str, Any]]:
    """The rows of marts.group_subgroup_covariate_moments, of the contrast up."""
    terms = [term for variable in covariates_of(study.protocol) for term in terms_of(variable)]
    cells: dict[tuple[str, str], list[list[float]]] = defaultdict(list)
    for person in people:
        values = [
            float(person[term.variable]) if term.category is None else float(person[term.variable] == term.category)
            for term in terms
        ]
        cells[person["arm"], person["region"]].append([person["T2"] - person["T1"], person["T1"], person["T2"], *values])
    names = ["change", "baseline", "followup", *(term.term for term in terms)]
    rows = []
    for (arm, region), members in cells.items():
        numbers = np.array(members)
        mean = numbers.mean(axis=0)
        products = (numbers - mean).T @ (numbers - mean)
        rows += [
            {
                "people_group": arm, "variable": "region", "category": region, "contrast": "up", "scale": SCALE,
                "term": names[first], "other_term": names[second], "n": len(members), "mean": mean[first],
                "other_mean": mean[second], "cross_products": products[first, second],
            }
            for first in range(len(names))
            for second in range(first, len(names))
        ]  # fmt: skip
    return rows


def _results(study: Study, people: Sequence[Person]) -> dict[str, ResultRow]:
    rows = adjusted_subgroup_results(_moments(study, people), study)
    assert all(row.value is not None or row.note for row in rows)
    return {row.result_id: row for row in rows}


def test_the_numbers_are_of_a_model_with_the_covariates_but_for_the_subgroups_own() -> None:
    people = _people()
    results = _results(_study(["region", "age", "dose"]), people)
    regions = ("north", "south", "west")
    cells = [
        [
            np.array(
                [
                    [p["T2"] - p["T1"], p["T1"], p["age"], p["dose"]]
                    for p in people
                    if (p["arm"], p["region"]) == (arm, region)
                ]
            )
            for region in regions
        ]
        for arm in ARMS
    ]
    model = interaction(
        [[len(rows) for rows in of_arm] for of_arm in cells],
        [[rows.mean(axis=0) for rows in of_arm] for of_arm in cells],
        [[(rows - rows.mean(axis=0)).T @ (rows - rows.mean(axis=0)) for rows in of_arm] for of_arm in cells],
        ["the score at baseline", "Age", "Dose"],
    )
    address = f"{DIFFERENCES}/{SCALE}/region-west/c/up"
    for name in ("difference", "se", "t", "p"):
        value = getattr(model.differences, name)[2, 2]
        assert results[f"{address}/{name}"].value == pytest.approx(value, rel=1e-9)
        assert results[f"{INTERACTIONS}/{SCALE}/region-west/c/up/{name}"].value == pytest.approx(
            getattr(model.interactions, name)[2, 2], rel=1e-9
        )
    assert results[f"{address}/df"].value == 90 - 9 - 3
    assert results[f"{INTERACTIONS}/{SCALE}/region/up/p_overall"].value == pytest.approx(model.f_p, rel=1e-9)


def test_the_method_says_what_was_adjusted_for_and_of_whom() -> None:
    results = _results(_study(["region", "age"]), _people())
    address = f"{DIFFERENCES}/{SCALE}/region-west/c/up"
    assert results[f"{address}/difference"].method == (
        "change (T2 minus T1) adjusted for the score at baseline and Age, group minus reference, Region: West; analysis of"
        " covariance"
    )
    assert (
        results[f"{address}/n"].method == "people of all groups with both scores, a known category and every covariate known"
    )
    assert results[f"{address}/n_in_category"].method == (
        "people of both groups with both scores and every covariate known, Region: West"
    )
    assert results[f"{address}/df"].method == "people - groups in categories - 2 slopes"
    assert {(row.role, row.family) for row in results.values()} == {("exploratory", None)}


def test_where_covariates_that_are_not_known_are_means_no_method_asks_for_them() -> None:
    study = _study(["age"])
    groups = study.protocol.groups.model_copy(update={"missing_covariates": "mean"})  # type: ignore[union-attr]
    study = replace(study, protocol=study.protocol.model_copy(update={"groups": groups}))
    results = _results(study, [person | {"imputed": 0.0} for person in _people()])
    address = f"{DIFFERENCES}/{SCALE}/region-west/c/up"
    assert results[f"{address}/n"].method == "people of all groups with both scores and a known category"
    assert results[f"{address}/n_in_category"].method == "people of both groups with both scores, Region: West"


def test_where_there_is_no_number_there_is_a_reason() -> None:
    same_age = _results(_study(["age"]), [person | {"age": 44.0} for person in _people()])
    assert same_age[f"{DIFFERENCES}/{SCALE}/region-west/c/up/p"].note == "covariate 'Age' does not vary within the groups"
    empty = _results(_study(["age"]), _people(regions="north south"))
    assert empty[f"{DIFFERENCES}/{SCALE}/region-west/c/up/p"].note == "nobody of the reference group in the category"
    nobody = _results(_study(["age"]), [])
    assert nobody[f"{DIFFERENCES}/{SCALE}/region-west/c/up/n"].value == 0


def test_without_a_covariate_beside_the_subgroups_there_is_no_such_model() -> None:
    assert adjusted_subgroup_results([], _study(["region"])) == []
    assert adjusted_subgroup_results([], _study([])) == []
    assert adjusted_subgroup_results([], adjusted_study(["age"])) == []
