"""Adjusted means by group against R's emmeans, from people to results, and what is said where there is none."""

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from covariate_moments import ARMS, REGIONS, SCALE, Person, adjusted_study, covariate_moments, pairs_of

from dagster_project.results import ResultRow, adjusted_change_results, covariate_adjusted_results
from dagster_project.results.group_tables import further_group_tables
from dagster_project.results.main_tables import Numbers

pytestmark = pytest.mark.filterwarnings("error")
WITNESS = Path(__file__).parents[1] / "statistics/adjusted_means_witness.csv"
DATA_SETS = ("balanced", "unbalanced", "tiny")
#: The statistic and R's, by the outcome of R's model.
NAMES = {"T2": "adjusted_mean_followup", "change": "adjusted_mean_change"}


def _witness(dataset: str) -> tuple[list[Person], dict[tuple[str, int, str], float]]:
    """The people, and what R says: by model, arm and statistic."""
    facts: dict[int, dict[str, float]] = {}
    said = {}
    with WITNESS.open(encoding="utf-8") as file:
        file.readline()
        for row in csv.DictReader(file):
            if row["dataset"] != dataset:
                continue
            value = math.nan if row["value"] == "NA" else float(row["value"])
            if row["scale"] == "people":
                facts.setdefault(int(row["contrast"]), {})[row["statistic"]] = value
            else:
                said[row["scale"], int(row["contrast"]) - 1, row["statistic"]] = value
    people = [{name: None if math.isnan(value) else value for name, value in fact.items()} for fact in facts.values()]
    for person in people:
        person |= {"arm": ARMS[int(person["arm"]) - 1], "region": REGIONS[int(person["region"]) - 1], "dose": 1.0}
    return people, said


def _change_moments(people: list[Person]) -> Iterator[dict[str, Any]]:
    """The rows of marts.group_change_moments that the analysis of covariance reads."""
    for arm in ARMS:
        pairs = [
            (person["T1"], person["T2"])
            for person in people
            if person["arm"] == arm and None not in (person["T1"], person["T2"])
        ]
        for contrast, sign in (("up", -1), ("down", 1)):
            n = len(pairs)
            if n:
                first, second = (sum(pair[index] for pair in pairs) / n for index in (0, 1))
                changes = [sign * (p - q) for p, q in pairs]
                change = sum(changes) / n
                yield {
                    "people_group": arm, "contrast": contrast, "scale": SCALE, "n": n, "mean_baseline": first,
                    "mean_change": change, "sd_baseline": math.sqrt(sum((p - first) ** 2 for p, _ in pairs) / (n - 1)),
                    "sd_change": math.sqrt(sum((x - change) ** 2 for x in changes) / (n - 1)),
                    "covariance": sum((p - first) * (q - second) for p, q in pairs) / (n - 1),
                }  # fmt: skip


def _results(people: list[Person], arms: int) -> dict[str, list[ResultRow]]:
    """By model: adjusted for the baseline, and for covariates as well."""
    study = adjusted_study(["age", "region"], arms)
    of_covariates = covariate_adjusted_results(list(covariate_moments(study, people)), pairs_of(study, people), study)
    return {"baseline": adjusted_change_results(list(_change_moments(people)), study), "covariates": of_covariates}


@pytest.mark.parametrize("dataset", DATA_SETS)
def test_adjusted_means_are_those_of_emmeans(dataset: str) -> None:
    people, said = _witness(dataset)
    results = _results(people, len({person["arm"] for person in people}))
    compared = 0
    for model in {model for model, _, _ in said}:
        rows = {(row.people_group, row.contrast, row.statistic): row for row in results[model] if row.outcome == SCALE}
        for contrast, sign in (("up", 1), ("down", -1)):
            for index in {arm for of_model, arm, _ in said if of_model == model}:
                for outcome, name in NAMES.items():
                    of_r = {key: said[model, index, f"{outcome}_{key}"] for key in ("mean", "low", "high", "se")}
                    if outcome == "change" and sign < 0:
                        of_r |= {"mean": -of_r["mean"], "low": -of_r["high"], "high": -of_r["low"]}
                    ends = (
                        ("mean", name),
                        ("low", f"{name}_ci95_low"),
                        ("high", f"{name}_ci95_high"),
                        ("se", "adjusted_mean_se"),
                    )
                    for key, statistic in ends:
                        row = rows[ARMS[index], contrast, statistic]
                        assert row.value == pytest.approx(of_r[key], rel=1e-9, abs=1e-9), (model, contrast, statistic)
                        compared += 1
    assert compared >= 32


def test_the_reference_has_a_mean_and_differences_of_means_are_the_adjusted_differences() -> None:
    people, _ = _witness("unbalanced")
    rows = {
        (row.people_group, row.contrast, row.statistic): row.value
        for row in _results(people, 3)["covariates"]
        if row.outcome == SCALE
    }
    for arm in ("b", "c"):
        difference = rows[arm, "up", "adjusted_mean_change"] - rows["a", "up", "adjusted_mean_change"]
        assert difference == pytest.approx(rows[arm, "up", "difference"], abs=1e-12)
        followup = rows[arm, "up", "adjusted_mean_followup"] - rows["a", "up", "adjusted_mean_followup"]
        assert followup == pytest.approx(difference, abs=1e-12)


def test_a_group_of_nobody_has_a_reason() -> None:
    people = [person for person in _witness("balanced")[0] if person["arm"] != "c"]
    rows = [row for row in _results(people, 3)["baseline"] if row.people_group == "c" and row.outcome == SCALE]
    means = [row for row in rows if row.statistic.startswith("adjusted_mean")]
    assert len(means) == 2 * 7
    assert {(row.value, row.note) for row in means} == {(None, "nobody in the group")}


def test_the_table_has_a_row_for_every_group() -> None:
    people, _ = _witness("balanced")
    study = adjusted_study(["age", "region"])
    rows = [row for of_model in _results(people, 3).values() for row in of_model]
    table = next(table for table in further_group_tables(study, Numbers(rows)) if table.name == "adjusted_means_up")
    start = [row.label for row in table.rows].index(study.scales[SCALE][1].label)
    of_scale = table.rows[start + 1 : start + 4]
    assert [row.label for row in of_scale] == ["A (reference)", "B", "C"]
    assert all(cell.text.count(", ") == 1 and "[" in cell.text for row in of_scale for cell in row.cells)
    assert [column.full_name for column in table.columns] == [
        "Adjusted for baseline T2 [95 % CI]", "Adjusted for baseline change [95 % CI]", "Adjusted for covariates T2 [95 % CI]",
        "Adjusted for covariates change [95 % CI]",
    ]  # fmt: skip
