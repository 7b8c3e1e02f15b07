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
from xml.etree import ElementTree

import xlrd

from dagster_project.exports.errors import plain
from dagster_project.exports.ods_cells import marked_cells
from dagster_project.exports.used_range import cell_reference, column_number, records_of_xlsb

_RELATIONSHIPS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
#: A blank cell with a style ends in "/>", and must not run on into the next.
_CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*?[^/>])>(.*?)</(?:\w+:)?c>", re.DOTALL)
_REFERENCE = re.compile(rb"\br=[\"']([A-Z]+)([0-9]+)[\"']")
_IS_ERROR = re.compile(rb"\bt=[\"']e[\"']")
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>([^<]+)</")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_OLE = b"\xd0\xcf\x11\xe0"
#: Codes of errors in binary workbooks.
_ERRORS = xlrd.error_text_from_code
#: Kinds of an .xlsb's records: an error as a value, an error as a formula's value, a sheet in the list of sheets.
_XLSB_ERROR, _XLSB_FORMULA_ERROR, _XLSB_SHEET = 3, 11, 156


@dataclass(frozen=True)
class CellWithoutValue:
    """row, column: from 1. message: what the cell holds and what to do, after its reference (B38)."""

    row: int
    column: int
    message: str

    @property
    def reference(self) -> str:
        """The cell as workbooks call it."""
        return cell_reference(self.row, self.column)


def cells_without_value(path: Path, sheet: str) -> list[CellWithoutValue]:
    """The cells without a value of one sheet of a workbook that can be read, row by row."""
    with path.open("rb") as file:
        is_ole = file.read(4) == _OLE
    if is_ole:
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


def part_of_sheet(archive: zipfile.ZipFile, sheet: str) -> str:
    """The part of an .xlsx or .xlsb that holds a sheet; "" if the workbook does not say."""
    names = archive.namelist()
    if "xl/workbook.xml" in names:
        relationship_ids, list_of_targets = _sheets_of_xlsx(archive.read("xl/workbook.xml")), "xl/_rels/workbook.xml.rels"
    else:
        relationship_ids, list_of_targets = _sheets_of_xlsb(archive.read("xl/workbook.bin")), "xl/_rels/workbook.bin.rels"
    if list_of_targets not in names or sheet not in relationship_ids:
        return ""
    for relationship in ElementTree.fromstring(archive.read(list_of_targets)):
        if relationship.get("Id") == relationship_ids[sheet]:
            target = relationship.get("Target", "")
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return ""


def _sheets_of_xlsx(workbook: bytes) -> dict[str, str]:
    """Each sheet's name to the id of its part."""
    sheets = (element for element in ElementTree.fromstring(workbook).iter() if element.tag.endswith("}sheet"))
    return {element.get("name", ""): element.get(_RELATIONSHIPS, "") for element in sheets}


def _sheets_of_xlsb(workbook: bytes) -> dict[str, str]:
    """Each sheet's name to the id of its part. Both are UTF-16 after their lengths in characters."""
    sheets = {}
    for kind, record in records_of_xlsb(workbook):
        if kind == _XLSB_SHEET:
            texts, position = [], 8
            for _ in range(2):
                end = position + 4 + 2 * int.from_bytes(record[position : position + 4], "little")
                texts.append(record[position + 4 : end].decode("utf-16-le", "replace"))
                position = end
            sheets[texts[1]] = texts[0]
    return sheets


def _in_xlsx(content: bytes) -> Iterator[CellWithoutValue]:
    for cell in _CELL.finditer(content):
        reference = _REFERENCE.search(cell[1])
        if reference is None:
            continue
        row, column = int(reference[2]), column_number(reference[1])
        value = match[1] if (match := _VALUE.search(cell[2])) else b""
        if _IS_ERROR.search(cell[1]):
            yield CellWithoutValue(row, column, _error_message(html.unescape(value.decode("utf-8", "replace"))))
        elif not value.strip() and _FORMULA.search(cell[2]) and not re.search(rb"\bt=[\"']str[\"']", cell[1]):
            yield CellWithoutValue(
                row, column, "holds a formula without its value; open the workbook, save it and export it anew"
            )


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
