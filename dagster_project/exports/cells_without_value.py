"""Cells of a workbook that have no value: errors (#N/A), and formulas that no program has computed.

The library that reads workbooks gives both as blank, which would make them look like unanswered questions. Belongs here:
finding them in a sheet. Does not belong here: what a file with such cells is good for; the contract says that.

.xlsx and .xlsm are searched for both, .xlsb, .xls and .ods for errors.
"""

import html
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import xlrd

from dagster_project.exports.errors import plain
from dagster_project.exports.ods_cells import marked_cells
from dagster_project.exports.sheet_parts import CELL, REFERENCE, VALUE, is_old_workbook, part_of_sheet
from dagster_project.exports.used_range import column_number, records_of_xlsb

_IS_ERROR = re.compile(rb"\bt=[\"']e[\"']")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_VALUE_ELEMENT = re.compile(rb"<(?:\w+:)?v[\s/>]")
#: Codes of errors in binary workbooks.
_ERRORS = xlrd.error_text_from_code
#: Kinds of an .xlsb's records: an error as a value, an error as a formula's value.
_XLSB_ERROR, _XLSB_FORMULA_ERROR = 3, 11


@dataclass(frozen=True)
class CellWithoutValue:
    """row, column: from 1. message: what the cell holds and what to do, after its reference (B38)."""

    row: int
    column: int
    message: str


def cells_without_value(path: Path, sheet: str) -> list[CellWithoutValue]:
    """The cells without a value of one sheet of a workbook that can be read, row by row."""
    if is_old_workbook(path):
        return list(_in_xls(path, sheet))
    if not zipfile.is_zipfile(path):
        return []
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        if "xl/workbook.xml" in names:
            part = part_of_sheet(archive, sheet)
            return list(_in_xlsx(archive.read(part))) if part in names else []
        if "xl/workbook.bin" in names:
            part = part_of_sheet(archive, sheet)
            return list(_in_xlsb(archive.read(part))) if part in names else []
        if "content.xml" in names:
            return [
                CellWithoutValue(cell.row, cell.column, _error_message(cell.text))
                for cell in marked_cells(archive.read("content.xml"), sheet)
                if cell.is_error
            ]
    return []


def _in_xlsx(content: bytes) -> Iterator[CellWithoutValue]:
    for cell in CELL.finditer(content):
        reference = REFERENCE.search(cell[1])
        if reference is None:
            continue
        row, column = int(reference[2]), column_number(reference[1])
        value = match[1] if (match := VALUE.search(cell[2])) else b""
        if _IS_ERROR.search(cell[1]):
            yield CellWithoutValue(row, column, _error_message(html.unescape(value.decode("utf-8", "replace"))))
        elif not value.strip() and _FORMULA.search(cell[2]) and not _is_blank_text(cell):
            yield CellWithoutValue(
                row, column, "holds a formula without its value; open the workbook, save it and export it anew"
            )


def _is_blank_text(cell: re.Match[bytes]) -> bool:
    """Whether a formula's value is a text without a character, which has an element of its own; some programs announce a
    text and write none."""
    return re.search(rb"\bt=[\"']str[\"']", cell[1]) is not None and _VALUE_ELEMENT.search(cell[2]) is not None


def _in_xlsb(content: bytes) -> Iterator[CellWithoutValue]:
    row = 0
    for kind, record in records_of_xlsb(content):
        if kind == 0:
            row = int.from_bytes(record[:4], "little") + 1
        elif kind in (_XLSB_ERROR, _XLSB_FORMULA_ERROR):
            yield CellWithoutValue(
                row, int.from_bytes(record[:4], "little") + 1, _error_message(_ERRORS.get(record[8], "?"))
            )


def _in_xls(path: Path, sheet: str) -> Iterator[CellWithoutValue]:
    try:
        cells = xlrd.open_workbook(str(path), on_demand=True, logfile=io.StringIO()).sheet_by_name(sheet)
    except Exception:  # a file that only the other library can read: nothing more is known of its cells
        return
    for row in range(cells.nrows):
        for column, kind in enumerate(cells.row_types(row)):
            if kind == xlrd.XL_CELL_ERROR:
                error = _ERRORS.get(int(cells.cell_value(row, column)), "?")
                yield CellWithoutValue(row + 1, column + 1, _error_message(error))


def _error_message(error: str) -> str:
    return f"holds the error {plain(error, 20)}; correct it and save the workbook"
