"""What a release opens with: which results, and the words beside them; and which tables and columns a study has at all."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import EXAMPLE, SMALL

from dagster_project.outcomes.analyses import all_tables
from dagster_project.report.main_results import main_results, main_texts
from dagster_project.results import ResultRow, Table, change_results, count_text, summary_results, with_existing_columns
from dagster_project.results.main_tables import Cell, Column, Row
from dagster_project.study import Category, Family, Groups, ParticipantVariable, Plan, Study, read_study
from dagster_project.study.instruments import Importance

#: Statistics of an analysis: name to value.
Values = Mapping[str, float | None]


def _study(folder: Path = SMALL, **protocol: Any) -> Study:
    study = read_study(folder)
    return replace(study, protocol=study.protocol.model_copy(update=protocol))


def _plan(*families: Family, **other: Any) -> Plan:
    return Plan(families=families, **other)


def _family(compares: str = "waves", role: str = "primary", **other: Any) -> Family:
    return Family(family="main", role=role, outcomes=("push",), compares=compares, **other)  # type: ignore[arg-type]


def _row(address: str, value: float | None, note: str | None = None) -> ResultRow:
    analysis, outcome, *_, statistic = address.split("/")
    printed = "—" if value is None else f"{value:g}"
    return ResultRow(address, analysis, outcome, None, None, None, statistic, value, 9, "", "", printed, note)


def _results(values: Mapping[str, Values], note: str | None = None) -> dict[str, ResultRow]:
    """Results by id. values: by analysis, outcome and moment."""
    ids = {f"{address}/{name}": value for address, of_address in values.items() for name, value in of_address.items()}
    return {id_: _row(id_, value, note) for id_, value in ids.items()}


def _change(value: float | None, low: float | None, high: float | None, **other: float | None) -> Values:
    return {"n": 9, "mean_change": value, "ci95_low": low, "ci95_high": high, **other}


def _difference(value: float, low: float, high: float, **other: float) -> Values:
    return {"n": 9, "difference": value, "ci95_low": low, "ci95_high": high, **other}


def _meanings(study: Study, results: Mapping[str, ResultRow]) -> list[str]:
    return [row.cells[0].text for table in main_results(study, results).tables for row in table.rows]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        # T1 minus T2, high is good: a fall is for worse.
        (_change(2, 1, 3, p_holm=0.01), "Worse at T2 than at T1: the interval excludes zero, and p (Holm) is below the planned level."),
        (_change(-2, -3, -1, p_holm=0.01), "Better at T2 than at T1: the interval excludes zero, and p (Holm) is below the planned level."),
        (_change(-2, -3, -1, p_holm=0.08), "No change was shown: the interval excludes zero, but p (Holm) is not below the planned level; the"
         " estimate is for better."),
        (_change(2, -1, 5, p_holm=0.3), "No change was shown: the interval includes zero; the estimate is for worse."),
        (_change(0, -1, 1, p_holm=1), "No change was shown: the interval includes zero; the estimate is zero."),
        (_change(2, 0, 4, p_holm=0.05), "No change was shown: the interval includes zero; the estimate is for worse."),
        (_change(None, None, None, p_holm=None), "Nothing can be told: no pairs."),
        (_change(2, None, None, p_holm=None), "Nothing can be told: no pairs."),
    ],
)  # fmt: skip
def test_a_change_is_shown_by_the_adjusted_p(values: Values, words: str) -> None:
    study = _study(plan=_plan(_family()))
    assert _meanings(study, _results({"change/push/T1-T2": values}, "no pairs")) == [words]


def test_a_wider_level_may_show_what_the_interval_does_not() -> None:
    study = _study(plan=_plan(_family(), alpha=0.1))
    assert _meanings(study, _results({"change/push/T1-T2": _change(2, -1, 5, p_holm=0.07)})) == [
        "Worse at T2 than at T1: the interval includes zero, but p (Holm) is below the planned level."
    ]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((-5, -6, -4), "The whole interval lies beyond the least change that matters, for better."),
        ((5, 4, 6), "The whole interval lies beyond the least change that matters, for worse."),
        ((5, 1, 9), "The change reaches the least change that matters, for worse; a part of the interval does not."),
        ((1, -2, 4), "The change is smaller than the least change that matters; a part of the interval reaches it."),
        ((1, 0, 2), "The whole interval is smaller than the least change that matters."),
    ],
)
def test_the_least_change_that_matters_stands_beside_a_change(values: tuple[float, float, float], words: str) -> None:
    study = _study(plan=_plan(_family()))
    instruments = [
        instrument.model_copy(
            update={
                "scales": tuple(
                    scale.model_copy(update={"importance": Importance(change=3, source="none")})
                    for scale in instrument.scales
                )
            }
        )
        for instrument in study.instruments
    ]
    study = replace(study, instruments=tuple(instruments))
    (meaning,) = _meanings(study, _results({"change/push/T1-T2": _change(*values)}))
    assert meaning.endswith(f" {words}")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((1.0, 0.5, 1.5, 0.9), "At T2 the mean was better than its norm."),
        ((-1.0, -1.5, -0.5, 0.9), "At T2 the mean was worse than its norm."),
        ((0.2, 0.1, 0.3, 0.01), "At T2 the mean was better than its norm, within the planned margin."),
        ((0.1, -0.1, 0.3, 0.01), "At T2 the mean was similar to its norm, within the planned margin."),
        ((0.1, -0.9, 1.1, 0.3), "At T2 no distance from the norm was shown."),
    ],
)
def test_the_norm_stands_beside_a_change(values: tuple[float, ...], words: str) -> None:
    study = _study(plan=_plan(_family()))
    names = ("difference_sd", "difference_sd_ci95_low", "difference_sd_ci95_high", "p_equivalence")
    norm = dict(zip(names, values, strict=True))
    results = _results({"change/push/T1-T2": _change(1, -1, 3), "norm_difference/push/T2": norm})
    assert _meanings(study, results)[0].endswith(words)
    assert main_results(study, results).tables[0].columns[-1] == Column("norm SDs later [95 % CI]")


def _grouped(design: str, *families: Family) -> Study:
    arm = ParticipantVariable(
        variable="arm", label="Arm", section="Arm", kind="category",
        categories=(Category(category="new", label="New"), Category(category="usual", label="Usual")),
    )  # fmt: skip
    groups = Groups(variable="arm", reference="usual", design=design)  # type: ignore[arg-type]
    return _study(participant_variables=(arm,), groups=groups, plan=_plan(*families))


def test_groups_are_compared_as_planned() -> None:
    study = _grouped("randomised", _family("groups_adjusted"))
    results = _results(
        {
            "change_adjusted/push/new/T1-T2": _difference(-2, -3, -1, p=0.01, p_holm=0.01),
            "change_difference/push/new/T1-T2": {**_difference(-1, -3, 1), "d": -0.5, "d_ci95_low": -1, "d_ci95_high": 0},
            "mmrm_difference/push/new/T1-T2": _difference(-2, -3, -1),
            "change/push/T1-T2": _change(1, 0.5, 1.5),
        }
    )
    content = main_results(study, results)
    (table,) = content.tables
    assert table.title == (
        "Difference of change between groups, adjusted for the score at baseline (planned as primary, family main)"
    )
    (row,) = table.rows
    assert row.label == "Push, T1-T2: New minus Usual"
    assert [cell.text for cell in row.cells] == [
        "Better in New than in Usual: the interval excludes zero, and p (Holm) is below the planned level. The mixed model for"
        " repeated measures agrees on direction and on excluding zero. The comparison without adjustment does not agree on"
        " direction and on excluding zero.",
        "9", "-2 [-3, -1]", "0.01", "0.01", "-0.5 [-1, 0]",
    ]  # fmt: skip
    assert content.sentences == ()
    assert main_texts(content)[1] == (
        row.label,
        row.cells[0].text + " (n 9; difference [95 % CI] -2 [-3, -1]; p 0.01; p (Holm) 0.01; d [95 % CI] -0.5 [-1, 0])",
    )
    results |= _results({"change_adjusted/push/new/T1-T2": _difference(2, -1, 5, p_holm=0.3)})
    assert _meanings(study, results)[0].startswith(
        "No difference was shown: the interval includes zero; the estimate favours Usual."
    )


def test_groups_are_compared_with_the_covariates_that_are_declared() -> None:
    study = _grouped("randomised", _family("groups_adjusted"))
    age = ParticipantVariable(variable="age", label="Age", section="Age", kind="number")
    changes = {
        "participant_variables": (*study.protocol.participant_variables, age),
        "groups": study.protocol.groups.model_copy(update={"covariates": ("age",)}),  # type: ignore[union-attr]
    }
    study = replace(study, protocol=study.protocol.model_copy(update=changes))
    results = _results(
        {
            "change_covariate_adjusted/push/new/T1-T2": _difference(-2, -3, -1, p=0.01, p_holm=0.01),
            "change_adjusted/push/new/T1-T2": _difference(-2, -3, -1, p=0.02),
            "change_difference/push/new/T1-T2": _difference(-1, -3, -0.1),
            "mmrm_difference/push/new/T1-T2": _difference(-2, -3, -1),
        }
    )
    (table,) = main_results(study, results).tables
    assert table.title == (
        "Difference of change between groups, adjusted for the score at baseline and Age (planned as primary, family main)"
    )
    assert table.rows[0].cells[0].text == (
        "Better in New than in Usual: the interval excludes zero, and p (Holm) is below the planned level. The comparison"
        " without adjustment, the comparison adjusted for the score at baseline and the mixed model for repeated measures agree"
        " on direction and on excluding zero."
    )


def test_groups_that_were_not_made_by_chance_are_compared_with_a_caution() -> None:
    study = _grouped("natural")
    content = main_results(study, _results({"change_difference/push/new/T1-T2": _difference(-2, -3, -1)}))
    assert content.sentences == (
        "No family of tests was planned: every p stands alone, and what is given here is exploratory.",
        "The groups were not made by chance: a difference need not be due to what makes them groups.",
    )
    assert [table.title for table in content.tables] == ["Difference of change between groups"]
    assert "p (Holm)" not in [column.name for column in content.tables[0].columns]


def test_without_contrasts_the_scores_open_the_release() -> None:
    study = _study(contrasts=(), plan=Plan())
    moments = [{"scale": "push", "wave": "T1", "n": 3, "mean": 1.25, "sd": 1.0, "min": 0.0, "max": 3.0}]
    results = {row.result_id: row for row in summary_results(moments, [], [], study)}
    content = main_results(study, results)
    assert content.sentences == ("No waves are compared; these are the scores.",)
    assert [table.name for table in content.tables] == ["main_scores"]


def test_many_comparisons_are_folded_and_those_that_were_shown_are_named() -> None:
    study = _study(EXAMPLE)
    outcomes = study.protocol.outcomes
    values = {f"change/{code}/T1-T2": _change(1, -1, 3, p_holm=0.9) for code in outcomes}
    values["change/wellbeing/T1-T2"] = _change(2, 1, 3, p_holm=0.01)
    values["change/pay/T1-T2"] = _change(-2, -3, -1, p_holm=0.2)
    content = main_results(study, _results(values))
    assert content.is_long
    assert content.sentences == (
        "No outcome is planned as primary; these are the secondary ones. Worse at T2 than at T1: Wellbeing. No change was shown"
        " in any other comparison after adjustment. Without adjustment the interval excludes zero for some: better at T2 than"
        " at T1: Satisfaction with Pay. Where there is no estimate, the table has the reason.",
        "Change within people has no comparison beside it: it need not be due to what was done between the waves.",
    )
    assert [text for _, text in main_texts(content)] == [" ".join(content.sentences)]


def test_a_column_that_shows_nothing_is_no_column() -> None:
    rows = (
        Row("Section"),
        Row("a", (Cell("1", ("x",)), Cell(""), Cell("", ("y",)))),
        Row("b", (Cell(""), Cell(""), Cell(""))),
    )
    table = Table("", "t", "T", (Column("one"), Column("two"), Column("three")), rows)
    existing = with_existing_columns(table)
    assert [column.name for column in existing.columns] == ["one", "three"]
    assert [[cell.text for cell in row.cells] for row in existing.rows] == [[], ["1", ""], ["", ""]]


def test_ranges_of_whole_scores_are_whole_but_beside_published_ones() -> None:
    moments = [{"scale": "mood_total", "wave": "T1", "n": 3, "mean": 6.25, "sd": 1.0, "min": 4.0, "max": 12.0}]
    moments.append({"scale": "push", "wave": "T1", "n": 3, "mean": 1.25, "sd": 1.0, "min": 0.5, "max": 3.0})

    def ranges(study: Study) -> list[str]:
        (table,) = [table for table in all_tables(study, summary_results(moments, [], [], study)) if table.name == "summary"]
        index = [column.full_name for column in table.columns].index("T1 range")
        return [row.cells[index].text for row in table.rows if row.cells]

    assert ranges(_study(published=None)) == ["4–12", "0.5–3.0", "", ""]
    assert ranges(_study()) == ["4.0–12.0", "0.5–3.0", "", ""]


def test_tables_are_numbered_over_those_that_exist() -> None:
    study = _study(service_use=None, participant_variables=(), plan=Plan())
    study = replace(study, norms=study.norms.model_copy(update={"norms": (), "samples": ()}))
    rows = [*summary_results([], [], [], study), *change_results([], [], study)]
    tables = all_tables(study, rows)
    assert [(table.number, table.name) for table in tables if not table.number.startswith("S")] == [
        ("1", "summary"), ("2", "change"),
    ]  # fmt: skip
    words = " ".join(
        text for table in tables for text in (table.title, *table.notes, *(column.full_name for column in table.columns))
    )
    assert "orm" not in words.replace("form", "")
    assert "Holm" not in words


@pytest.mark.parametrize(("count", "words"), [(0, "0 waves"), (1, "1 wave"), (2, "2 waves")])
def test_counts_are_singular_or_plural(count: int, words: str) -> None:
    assert count_text(count, "wave") == words
    assert count_text(1, "person", "people") == "1 person"
    assert count_text(3, "person", "people") == "3 people"
