"""Each tool's export, as docs/exports.md shows it, is read as that page declares it: two people, their answers, no column unknown."""

import csv
import io
import re
from pathlib import Path

import openpyxl
import pytest
import yaml

from dagster_project.exports import contract_of_file, read_cells
from dagster_project.study import Export, Study

DOCS = Path(__file__).parents[2] / "docs" / "exports.md"
_RECIPE = re.compile(r"^## (.+?)\n.*?```yaml\n(.*?)```\s+```text\n(.*?)```", re.DOTALL | re.MULTILINE)
RECIPES = {name: (declaration, content) for name, declaration, content in _RECIPE.findall(DOCS.read_text(encoding="utf-8"))}
ANSWERS = {"coded": [["4", "5"], ["", "2"]], "texts": [["Often", "Always"], ["", "Rarely"]]}


@pytest.mark.parametrize("tool", RECIPES)
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
    assert list(RECIPES) == [
        *("Qualtrics", "REDCap", "LimeSurvey", "SurveyMonkey", "Google Forms", "Microsoft Forms", "KoboToolbox"),
        *("ODK Central", "SoSci Survey", "Jisc Online Surveys", "formr"),
    ]


def _with_two_items(declaration: dict) -> dict:
    """The tests' instrument has a third item, which the page leaves out."""
    (block,) = declaration["blocks"]
    return {**declaration, "blocks": [{**block, "absent": ["mood_03"]}]}
