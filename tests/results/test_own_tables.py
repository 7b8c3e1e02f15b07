"""Tables and figures of a study's own, laid out from results."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dagster_project.languages import spoken
from dagster_project.report.figures.own_figures import alt_text
from dagster_project.results import ResultRow, Statistic, figure_layouts, own_layouts, result_id
from dagster_project.study import OwnFigure, OwnTable, OwnTables, Study, read_study

_STUDY = read_study(Path(__file__).parents[1] / "small_study")
_OWN = {
    ("own_gain", name): Statistic("own_gain", name, "x", limit_of=of)
    for name, of in (("median", ""), ("low", "median"), ("high", "median"))
}


def _result(outcome: str, statistic: str, value: float | None, wave: str = "T1") -> ResultRow:
    identifier = result_id("own_gain", outcome, statistic, timepoint=wave)
    printed = "—" if value is None else f"{value:.1f}"
    return ResultRow(identifier, "own_gain", outcome, None, wave, None, statistic, value, 3, "m", "points", printed)


_RESULTS = [
    _result(outcome, statistic, value + step, wave)
    for outcome, step in (("push", 1.0), ("mood_total", 0.0))
    for wave in ("T2", "T1")
    for statistic, value in (("high", 3.0), ("median", 2.0), ("low", 1.0))
]


def _with(*tables: dict[str, Any], figures: tuple[dict[str, Any], ...] = ()) -> Study:
    declared = OwnTables(
        tables=tuple(OwnTable.model_validate({"title": "A table"} | table) for table in tables),
        figures=tuple(OwnFigure.model_validate({"title": "A figure"} | figure) for figure in figures),
    )
    return replace(_STUDY, tables=declared)


def test_rows_and_columns_stand_in_the_studys_order_under_its_labels() -> None:
    study = _with(
        {"table": "a", "results": ["own_gain/*"], "columns": "wave", "cells": "{median} [{low}, {high}]", "note": "A note."},
        {"table": "b", "results": [{"statistic": "median", "wave": "T1"}], "labels": {"median": "Median"}},
    )
    layouts = own_layouts(study, _RESULTS)
    assert layouts.faults == {}
    first, second = layouts.tables
    assert [column.name for column in first.columns] == ["T1", "T2"]
    assert [(row.label, row.cells[0].text) for row in first.rows] == [("Mood", "2.0 [1.0, 3.0]"), ("Push", "3.0 [2.0, 4.0]")]
    assert first.rows[0].cells[1].result_ids == tuple(f"own_gain/mood_total/T2/{name}" for name in ("median", "low", "high"))
    assert first.notes == ("A note.",) and first.name == "own_a"
    assert [column.name for column in second.columns] == ["Median"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "100 % {sure} {median}: 2.0 [1.0, 3.0]"),
        ("de", "100 % {sure} {median}: 2,0 [1,0; 3,0]"),
        ("fr", "100 % {sure} {median}: 2,0 [1,0\xa0; 3,0]"),
    ],
)
def test_cells_have_words_and_braces_of_their_own_and_intervals_as_the_language_writes_them(
    language: str, text: str
) -> None:
    cells = "100 % {{sure}} {{median}}: {median} [{low}, {high}]"
    study = _with({"table": "a", "results": ["own_gain/*"], "columns": "wave", "cells": cells})
    with spoken(language):
        (table,) = own_layouts(study, _RESULTS).tables
    assert table.rows[0].cells[0].text == text


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ({"results": ["own_gian/*"]}, "results[0]: 'own_gian/*' matches no result; do you mean own_gain?"),
        (
            {"results": ["own_gain/*", "own_gain/push/T1/medan"]},
            "results[1]: 'own_gain/push/T1/medan' matches no result; do you mean own_gain/push/T1/median",
        ),
        ({"results": [{"wave": "T3"}]}, "results[0]: wave: no result has 'T3'; do you mean"),
        ({"results": [{"outcome": "push", "group": "men"}]}, "results[0]: group: no result has 'men'"),
        (
            {"results": ["own_gain/*"]},
            "rows (outcome) and columns (statistic) do not tell own_gain/mood_total/T1/high and own_gain/mood_total/T2/high"
            " apart; choose other ones, or fewer results",
        ),
        (
            {"results": ["own_gain/*"], "columns": "wave", "cells": "{medain}"},
            "cells: no chosen result has the statistic 'medain'; do you mean median?",
        ),
    ],
)
def test_what_cannot_be_laid_out_says_why(table: dict[str, Any], fault: str) -> None:
    layouts = own_layouts(_with({"table": "a"} | table), _RESULTS)
    assert list(layouts.faults) == ["tables.yaml: table a"] and layouts.tables == []
    assert layouts.faults["tables.yaml: table a"].startswith(fault)


def test_a_result_without_a_value_is_shown_as_such() -> None:
    results = [_result("push", "median", None), _result("mood_total", "median", 2.0)]
    (table,) = own_layouts(_with({"table": "a", "results": ["own_gain/*"]}), results).tables
    assert [row.cells[0].text for row in table.rows] == ["2.0", "—"]


def test_a_figure_has_the_intervals_of_its_statistic_and_says_its_numbers() -> None:
    figure = {"figure": "a", "kind": "points", "results": [{"statistic": "median"}], "x": "wave", "series": "outcome"}
    study = _with(figures=(figure, figure | {"figure": "b", "series": None}))
    (layout,), faults = figure_layouts(study, _RESULTS, _OWN)
    assert alt_text(layout) == "Mood: T1 2.0 [1.0, 3.0], T2 2.0 [1.0, 3.0]. Push: T1 3.0 [2.0, 4.0], T2 3.0 [2.0, 4.0]."
    assert layout.table.rows[1].cells[0].result_ids[0] == "own_gain/push/T1/median"
    assert faults == {
        "tables.yaml: figure b": "x (wave) and series (none) do not tell own_gain/mood_total/T1/median and"
        " own_gain/push/T1/median apart; choose other ones, or fewer results"
    }
    empty = [_result("push", "median", None)]
    _, faults = figure_layouts(_with(figures=(figure,)), empty, _OWN)
    assert faults == {"tables.yaml: figure a": "none of its results has a value"}


def test_alt_text_of_many_points_says_which_series_has_no_value() -> None:
    results = [
        _result(f"o{n}", "median", None if wave == "T1" else float(n), wave) for n in range(12) for wave in ("T1", "T2")
    ]
    figure = {"figure": "a", "kind": "bars", "results": ["own_gain/*"], "x": "outcome", "series": "wave"}
    (layout,), faults = figure_layouts(_with(figures=(figure,)), results, _OWN)
    assert faults == {}
    assert alt_text(layout) == "T1: —. T2: from o0 0.0 to o11 11.0, 12 points."
