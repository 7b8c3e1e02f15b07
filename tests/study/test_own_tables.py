"""tables.yaml: what it may say, and what is refused."""

import shutil
from pathlib import Path

import pytest

from dagster_project.study import StudyError, hash_definitions, read_study

SMALL = Path(__file__).parents[1] / "small_study"


def _read(folder: Path, text: str) -> Path:
    shutil.copytree(SMALL, folder / "study")
    (folder / "study/tables.yaml").write_text(text, encoding="utf-8")
    return folder / "study"


def test_tables_are_a_definition_file(tmp_path: Path) -> None:
    folder = _read(tmp_path, "tables: [{table: gains, title: Gains, results: [change/*]}]")
    study = read_study(folder)
    assert study.tables.tables[0].title == "Gains"
    assert "tables.yaml" in study.definitions and study.definitions == hash_definitions(study)
    (folder / "models").mkdir()
    (folder / "models/.hidden.sql").write_text("select 1", encoding="utf-8")
    (folder / "models/gains.sql").write_text("select 1", encoding="utf-8")
    (folder / "models/notes.txt").write_text("a note", encoding="utf-8")
    assert set(hash_definitions(study)) - set(study.definitions) == {"models/gains.sql"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tables: [{table: a, title: A, results: [x], rows: wave, columns: wave}]", "rows and columns are both wave"),
        ("tables: [{table: a, title: A, results: []}]", "tables[0].results"),
        (
            "tables: [{table: a, title: A, results: [x], cells: '{mean}'}]",
            "cells holds several statistics, and rows or columns are statistic; take cells out, or give columns, e.g. contrast",
        ),
        (
            "tables: [{table: a, title: A, results: [x], columns: wave, cells: mean}]",
            "table a: cells names no statistic; give e.g. '{mean} ({sd})'",
        ),
        (
            "tables: [{table: a, title: A, results: [x]}, {table: a, title: B, results: [x]}]",
            "two tables are called a; rename one of them",
        ),
        (
            "figures: [{figure: a, title: A, kind: lines, results: [x], x: wave, series: wave}]",
            "figure a: x and series are both wave; give different ones",
        ),
        *(
            (
                f"tables: [{{table: a, title: A, results: [x], columns: wave, cells: '{{mean}} {field}'}}]",
                f"table a: cells has {field}, which names no statistic; give names in braces, e.g. '{{mean}} ({{sd}})', with the"
                " decimals that the statistic prints, and {{ }} for braces themselves",
            )
            for field in ("{}", "{mean:.1f}", "{mean!r}", "{mean.real}", "{mean[0]}")
        ),
        ("tables: [{table: a, title: A, results: [{}]}]", "chooses nothing; give analysis, outcome"),
        ("figures: [{figure: a, title: A, kind: pie, results: [x], x: wave}]", "figures[0].kind"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(StudyError) as caught:
        read_study(_read(tmp_path, text))
    assert message in str(caught.value)
    assert "tables.yaml" in str(caught.value) and "\n" not in str(caught.value)
