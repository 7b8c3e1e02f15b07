"""The documents of a public release: Word, Excel and CSV print the same cells, and nothing beside them."""

import csv
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from disclosure.published_study import PublishedStudy
from docx import Document
from python_calamine import CalamineWorkbook

Publish = Callable[..., PublishedStudy]


def cells_of_csv(folder: Path) -> list[list[list[str]]]:
    tables = []
    for file in sorted((folder / "tables").glob("*.csv"), key=lambda path: int(path.name.split("_")[1])):
        with file.open(encoding="utf-8-sig", newline="") as stream:
            tables.append([row[2:] for row in list(csv.reader(stream))[1:]])
    return tables


def as_printed(value: object) -> str:
    """A cell of a sheet, with a number as it would be printed without trailing zeros."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def as_number(text: str) -> str:
    plain = text.replace("−", "-")
    return f"{float(plain):g}" if re.fullmatch(r"-?\d+(\.\d+)?", plain) else text


@pytest.mark.slow
@pytest.mark.parametrize("count", [32, 200])
def test_word_and_excel_print_what_the_tables_print(count: int, published_study: Publish) -> None:
    folder = published_study(count, 3, has_files=True).folder
    tables = cells_of_csv(folder)
    word_tables = Document(str(folder / "tables.docx")).tables
    book = CalamineWorkbook.from_path(folder / "tables.xlsx")
    assert len(tables) == len(word_tables) == len(book.sheet_names) - 1 > 5
    for number, (table, word_table) in enumerate(zip(tables, word_tables, strict=True), start=1):
        texts = [text for row in table for text in row if text]
        word_texts = [
            cell.text for row in word_table.rows for cell in row.cells[1:] if cell.text not in ("", row.cells[0].text)
        ]
        assert word_texts[-len(texts) :] == texts
        width = len(table[0])
        rows = book.get_sheet_by_name(f"Table {number}").to_python(skip_empty_area=False)[2:]
        sheet_texts = [as_printed(value) for row in rows for value in row[1 : 1 + width] if value != ""]
        assert sheet_texts[: len(texts)] == [as_number(text) for text in texts]


@pytest.mark.slow
def test_no_other_number_is_in_word_or_excel(published_study: Publish) -> None:
    """Whatever text either file holds is on the page or in the tables; not the team's run, no other value of a cell."""
    study = published_study(200, 3, has_files=True)
    folder = study.folder
    page = (folder / "index.html").read_text(encoding="utf-8")
    printed_numbers = {number for row in study.published.values() for number in re.findall(r"\d+(?:\.\d+)?", row.printed)}
    printed_numbers |= set(re.findall(r"\d+(?:\.\d+)?", page)) | {f"{float(number):g}" for number in printed_numbers}
    for name in ("tables.docx", "tables.xlsx"):
        with zipfile.ZipFile(folder / name) as file:
            parts = [
                part for part in file.namelist() if part.startswith(("word/document", "xl/sharedStrings", "xl/worksheets"))
            ]
            texts = [text for part in parts for text in re.findall(r"<(?:w:t|t|v)[^>]*>([^<]*)<", file.read(part).decode())]
            if name.endswith("xlsx"):  # the numbers of cells; texts are in one part, and cells point to them
                texts = [
                    value
                    for part in parts
                    for kind, value in re.findall(r"<c [^>]*?(t=\"s\")?><v>([^<]*)</v>", file.read(part).decode())
                    if not kind
                ]
        numbers = {number for text in texts for number in re.findall(r"\d+(?:\.\d+)?", text)}
        assert len(numbers) > 20
        assert numbers <= printed_numbers, numbers - printed_numbers


@pytest.mark.slow
def test_the_rows_of_results_are_in_one_order(published_study: Publish) -> None:
    """The database gives them in any."""
    folder = published_study(200, 3, has_files=True).folder
    with (folder / "results.csv").open(encoding="utf-8-sig", newline="") as stream:
        ids = [row["result_id"] for row in csv.DictReader(stream)]
    assert len(ids) > 100 and ids == sorted(ids)
