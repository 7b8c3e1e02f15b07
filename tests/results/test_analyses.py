"""The analyses behind Tables 1 to 4: which rows they have, what they say where there is nothing to say, and in which role."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dagster_project.results import (
    ARD_TABLE,
    ResultRow,
    ard_rows,
    attrition_results,
    change_results,
    imputation_results,
    leaver_results,
    measurement_results,
    mixed_results,
    norm_results,
    pattern_results,
    reliable_change_results,
    service_change_results,
    stability_results,
    supplementary_tables,
)
from dagster_project.results.stability import answers
from dagster_project.study import Family, Plan, Study, read_study

SMALL = Path(__file__).parents[1] / "small_study"


@pytest.fixture(scope="module")
def study() -> Study:
    return read_study(SMALL)


def _of(rows: list[ResultRow]) -> dict[str, ResultRow]:
    results = {row.result_id: row for row in rows}
    assert len(results) == len(rows), "an id occurs twice"
    return results


def _planned(study: Study) -> Study:
    """The study with a family of tests of mood_total."""
    family = Family(family="moods", role="secondary", outcomes=("mood_total",))
    return replace(study, protocol=study.protocol.model_copy(update={"plan": Plan(families=(family,))}))


def _said(study: Study, **values: float | None) -> list[ResultRow]:
    """Results of mood_total in T1-T2 as the other analyses would have written them."""
    rows = []
    for name, value in values.items():
        analysis, statistic = name.split("__")
        rows.append(
            ResultRow(
                result_id=f"{analysis}/mood_total/T1-T2/{statistic}", analysis=analysis, outcome="mood_total", category=None,
                wave=None, contrast="T1-T2", statistic=statistic, value=value, n=9, method="", unit="", printed="", note=None,
            )
        )  # fmt: skip
    return rows


ALL_AGREE: dict[str, float | None] = {
    "change__n": 9, "change__mean_change": 2.0, "change__p": 0.01, "change__sign_flip_p": 0.02, "change__hodges_lehmann": 2.5,
    "change__wilcoxon_p": 0.03, "change__bca_ci95_low": 0.4, "change__bca_ci95_high": 3.0, "change__p_holm": 0.04,
    "mixed__estimate": 1.9, "mixed__p": 0.02, "imputation__estimate": 1.8, "imputation__p": 0.03,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "agreeing", "methods", "note"),
    [
        ({}, 7, 7, None),
        ({"change__p_holm": 0.4}, 6, 7, "does not exclude zero: adjustment after Holm"),
        ({"change__p_holm": None}, 6, 6, "no conclusion: adjustment after Holm"),
        ({"mixed__estimate": -0.1}, 6, 7, "other direction: mixed model"),
        ({"change__hodges_lehmann": 0.0}, 6, 7, "no change: Wilcoxon"),
        (
            {"change__bca_ci95_low": -0.1, "imputation__p": 0.06, "mixed__p": None},
            4,
            6,
            "does not exclude zero: bootstrap, imputation; no conclusion: mixed model",
        ),
        (
            {"change__p": 0.06, "change__sign_flip_p": 0.05, "change__p_holm": 1.0},
            3,
            7,
            "excludes zero: Wilcoxon, bootstrap, mixed model, imputation",
        ),
    ],
)
def test_methods_that_agree_are_counted_and_dissenters_named(
    study: Study, changed: dict[str, float | None], agreeing: int, methods: int, note: str | None
) -> None:
    results = _of(stability_results(_said(study, **(ALL_AGREE | changed)), _planned(study)))
    row = results["stability/mood_total/T1-T2/n_agreeing"]
    assert (row.value, row.note) == (agreeing, note)
    assert results["stability/mood_total/T1-T2/n_methods"].value == methods


def test_without_a_paired_t_test_there_is_nothing_to_agree_with(study: Study) -> None:
    results = _of(stability_results(_said(study, **(ALL_AGREE | {"change__p": None})), study))
    row = results["stability/mood_total/T1-T2/n_agreeing"]
    assert (row.value, row.note) == (None, "the paired t test has no conclusion")
    planned = _planned(study)
    assert [answer.sign for answer in answers({}, planned, "mood_total", "T1-T2")] == [None] * 7
    # Nobody planned to test push: there is nothing to adjust.
    assert [answer.method for answer in answers({}, planned, "push", "T1-T2")][-1] == "imputation"


def test_nobody_has_every_row_without_a_value_and_with_a_reason(study: Study) -> None:
    """Every analysis of no moments at all: no exception, no silent row, and every table lays itself out."""
    change = change_results([], [], study)
    alternatives = [
        *mixed_results([], study), *imputation_results([], study), *norm_results([], study), *measurement_results([], study),
        *reliable_change_results([], [], [], study), *attrition_results([], study), *leaver_results([], study),
        *pattern_results([], [], study), *service_change_results([], study),
    ]  # fmt: skip
    rows = [*change, *alternatives]
    rows += stability_results(rows, study)
    _of(rows)
    silent = [row.result_id for row in rows if row.value is None and not row.note]
    assert not silent
    assert all(row.value in (None, 0) for row in rows), [row for row in rows if row.value]
    assert all(row.printed == "—" for row in rows if row.value is None)
    supplementary_tables(study, rows)


def test_without_a_plan_everything_is_exploratory_and_nothing_is_adjusted(study: Study) -> None:
    rows = change_results([], [], study)
    assert {(row.role, row.family) for row in rows} == {("exploratory", None)}
    assert not [row for row in rows if row.statistic in ("p_holm", "p_bh")]


#: contrast T1-T2 with service gp asked in both waves.
def _with_two_service_waves(study: Study) -> Study:
    use = study.protocol.service_use
    assert use is not None
    protocol = study.protocol.model_copy(update={"service_use": use.model_copy(update={"waves": ("T1", "T2")})})
    return Study(study.folder, protocol, study.instruments, study.norms)


def test_use_of_services_is_that_of_the_same_people(study: Study) -> None:
    """Twenty people, 12 used it before and 5 after; 8 stopped and 1 began: p = 2 (1 + 9) / 2^9."""
    pairs = {"contrast": "T1-T2", "service": "gp", "n": 20}
    pairs |= {"in_both": 4, "at_baseline_only": 8, "at_followup_only": 1, "in_neither": 7}
    results = _of(service_change_results([pairs], _with_two_service_waves(study)))
    value = {row.statistic: row.value for row in results.values()}
    assert value["n"] == 20
    assert (value["percent_baseline"], value["percent_followup"]) == (60, 25)
    assert value["difference"] == pytest.approx(35)  # T1 minus T2, as declared
    assert value["ci95_low"] < 35 < value["ci95_high"]
    assert value["p"] == pytest.approx(20 / 512)


def test_services_asked_in_one_wave_are_not_compared(study: Study) -> None:
    assert service_change_results([], study) == []
    results = _of(service_change_results([], _with_two_service_waves(study)))
    assert {row.note for row in results.values() if row.value is None} == {"nobody answered in both"}


def _moments(covariance: list[list[float]], n: int) -> list[dict[str, Any]]:
    items = ["mood_01", "mood_02", "mood_03"]
    return [
        {
            "scale": "mood_total",
            "wave": "T1",
            "item": items[first],
            "other_item": items[second],
            "n": n,
            "covariance": covariance[first][second],
        }
        for first in range(3)
        for second in range(first, 3)
    ]


@pytest.mark.parametrize(
    ("covariance", "notes"),
    [
        ([[1.0, 0.5, 0.5], [0.5, 1.0, 0.5], [0.5, 0.5, 1.0]], [None, None, None]),
        (
            [[1.0, 0.5, -0.5], [0.5, 1.0, -0.5], [-0.5, -0.5, 1.0]],
            [None, None, "appears not to have been reversed (sure)"],
        ),
        ([[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 0.0]], [None, None, "everybody gave the same answer"]),
    ],
)
def test_an_item_that_goes_against_its_scale_or_never_moves_is_said(
    study: Study, covariance: list[list[float]], notes: list[str | None]
) -> None:
    results = _of(measurement_results(_moments(covariance, 50), study))
    assert [
        results[f"measurement/mood_total/{item}/T1/item_rest"].note for item in ("mood_01", "mood_02", "mood_03")
    ] == notes


def test_a_number_is_one_row_of_the_ard(study: Study) -> None:
    change = {"contrast": "T1-T2", "scale": "mood_total", "n": 3, "mean_baseline": 2.0, "sd_baseline": 1.0}
    change |= {"mean_followup": 1.0, "sd_followup": 1.0, "covariance": 0.5, "mean_change": 1.0, "sd_change": 1.0}
    counts = [{"contrast": "T1-T2", "scale": "mood_total", "change": value, "n": 1} for value in (0.0, 1.0, 2.0)]
    results = [*change_results([change], counts, study), *measurement_results([], study)]
    rows = ard_rows(results, "a plan")
    assert len(rows) == len(results)
    assert all(tuple(row) == ARD_TABLE.column_names for row in rows)
    mean = next(row for row in rows if row["result_id"] == "change/mood_total/T1-T2/mean_change")
    assert (mean["group1"], mean["group1_level"], mean["variable"], mean["stat_name"]) == (
        "contrast", "T1-T2", "mood_total", "mean_change",
    )  # fmt: skip
    assert (mean["stat"], mean["stat_fmt"], mean["n"], mean["plan_hash"]) == (1.0, "1.00", 3, "a plan")
    item = next(row for row in rows if row["stat_name"] == "item_rest")
    assert (item["group1"], item["variable_level"]) == ("wave", "mood_01")
    assert item["stat"] is None
    assert item["warning"]
    low = next(row for row in rows if row["stat_name"] == "ci95_low" and row["context"] == "change")
    assert low["level"] == 0.95
    assert math.isfinite(low["df"])
