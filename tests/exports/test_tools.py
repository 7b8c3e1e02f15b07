"""Each tool's export, as docs/how-to/exports.md shows it, is read as that page declares it: two people, their answers, no column unknown."""

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import yaml

from dagster_project.exports import contract_of_file, read_cells
from dagster_project.study import Export, Study, read_instrument
from dagster_project.study.export_checks import check_export

DOCS = Path(__file__).parents[2] / "docs" / "how-to" / "exports.md"
_RECIPE = re.compile(r"^## ([^\n]+)\n(?:(?!^## ).)*?```yaml\n(.*?)```\s+```text\n(.*?)```", re.DOTALL | re.MULTILINE)
RECIPES = {name: (declaration, content) for name, declaration, content in _RECIPE.findall(DOCS.read_text(encoding="utf-8"))}
#: What is no tool, but something that several of them write.
_LISTS, _REPEATS = "Several choices in one cell", "Repeat groups"
TOOLS = [name for name in RECIPES if name not in (_LISTS, _REPEATS)]
ACTS = """
instrument: acts
name: Made-up activities
source: none
licence: none
anchors: {low: 0, high: 1}
item_count: 4
scales:
  - {scale: acts_total, label: Activities, items: ["1-4"], aggregate: sum, better: high}
"""
ANSWERS = {"coded": [["4", "5"], ["", "2"]], "texts": [["Often", "Always"], ["", "Rarely"]]}


@pytest.mark.parametrize("tool", TOOLS)
def test_an_export_is_read_as_the_page_declares_it(tool: str, study: Study, tmp_path: Path) -> None:
    declaration, content = RECIPES[tool]
    export = Export(export="t1", wave="T1", folder="raw/T1", **_with_two_items(yaml.safe_load(declaration)))
    file = tmp_path / ("export.xlsx" if export.reader == "excel" else "export.csv")
    if export.reader == "excel":
        book = openpyxl.Workbook()
        for row in csv.reader(io.StringIO(content)):
            book.active.append([cell or None for cell in row])
        book.save(file)
    else:
        file.write_text(content, encoding="utf-8")
    result = contract_of_file(file, file.name, study, export)
    assert (result.problems, [line for line in result.warnings if line not in result.rows_of_no_wave]) == ([], [])
    answers = [[row["mood_01"], row["mood_02"]] for row in result.accepted.to_pylist()]
    empty = {code for code, reason in export.special_codes_of("mood").items() if reason == "blank"} | {""}
    expected = ANSWERS["texts" if export.labels else "coded"]
    assert [["" if cell in empty else cell for cell in row] for row in answers] == expected
    assert result.respondents.to_pylist() == ["P1", "P2"]
    (cells,) = read_cells(result, study, export)
    assert not cells.rejected
    if export.answered_on is not None:
        assert set(result.dates["answered_on"].unread) <= {""} and len(result.dates["answered_on"].values) >= 2


def test_the_page_has_every_tool() -> None:
    assert list(RECIPES) == [*TOOLS, _LISTS, _REPEATS]
    tools = [
        *("Qualtrics", "REDCap", "LimeSurvey", "SurveyMonkey", "Google Forms", "Microsoft Forms", "KoboToolbox"),
        *("ODK Central", "SoSci Survey", "Jisc Online Surveys", "formr"),
    ]
    assert tools == TOOLS


def test_several_choices_in_a_cell_are_read_as_the_page_declares_them(study: Study, tmp_path: Path) -> None:
    declaration, content = RECIPES[_LISTS]
    study = _with_activities(study)
    export = Export(export="t1", wave="T1", folder="raw/T1", **yaml.safe_load(declaration))
    check_export(study, export, "docs")
    file = tmp_path / "export.csv"
    file.write_text(content, encoding="utf-8")
    result = contract_of_file(file, file.name, study, export)
    assert (result.problems, result.warnings) == ([], [])
    answers = [[row[f"acts_0{number}"] for number in (1, 2, 3, 4)] for row in result.accepted.to_pylist()]
    assert answers == [
        ["0", "1", "1", "0"], ["1", "0", "0", "0"], ["1", "0", "0", "1"], ["0"] * 4, ["Prefer not to say"] * 4, [""] * 4,
    ]  # fmt: skip
    (cells,) = read_cells(result, study, export)
    assert not cells.rejected


def test_a_repeat_group_is_read_as_the_page_declares_it(study: Study) -> None:
    study = _with_activities(study)
    (submissions, content), (repeats, repeat_content) = RECIPES["ODK Central"], RECIPES[_REPEATS]
    main = Export(
        export="t1",
        wave="T1",
        part="main",
        folder="raw/T1",
        pattern="main.csv",
        **_with_two_items(yaml.safe_load(submissions)),
    )
    group = yaml.safe_load(repeats)
    group["blocks"] = [{**block, "absent": ["acts_02", "acts_03", "acts_04"]} for block in group["blocks"]]
    visits = Export(export="t1_visits", wave="T1", part="visits", folder="raw/T1", pattern="visit.csv", **group)
    study = replace(study, protocol=study.protocol.model_copy(update={"exports": (main, visits)}))
    (study.folder / "raw" / "T1").mkdir(parents=True)
    for name, text in (("main.csv", content), ("visit.csv", repeat_content)):
        (study.folder / "raw" / "T1" / name).write_text(text, encoding="utf-8")
    result = contract_of_file(study.folder / "raw" / "T1" / "visit.csv", "visit.csv", study, visits)
    assert (result.problems, [line for line in result.warnings if line not in result.rows_of_no_wave]) == ([], [])
    assert [(row["respondent"], row["acts_01"]) for row in result.accepted.to_pylist()] == [("P1", "0"), ("P2", "1")]


def _with_activities(study: Study) -> Study:
    (study.folder / "instruments" / "acts.yaml").write_text(ACTS, encoding="utf-8")
    instrument = read_instrument(study.folder / "instruments" / "acts.yaml")
    return replace(study, instruments=(*study.instruments, instrument))


def _with_two_items(declaration: dict) -> dict:
    """The tests' instrument has a third item, which the page leaves out."""
    (block,) = declaration["blocks"]
    return {**declaration, "blocks": [{**block, "absent": ["mood_03"]}]}
