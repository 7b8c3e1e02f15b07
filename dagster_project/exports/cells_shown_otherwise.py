"""What a workbook shows otherwise than its cells hold: percentages, merged cells, hidden rows and columns.

A cell that holds 0.5 and shows 50 % could mean either; of merged cells one holds the value, and people see it in all.
Belongs here: finding them in a sheet. Does not belong here: cells without a value (cells_without_value.py), what a file with
such cells is good for; the contract says that.

.xlsx, .xlsm and .xls are searched for all of it, .ods for percentages and merged cells, .xlsb for none.
"""

import html
import io
import re
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import xlrd

from dagster_project.exports.ods_cells import marked_cells
from dagster_project.exports.sheet_parts import CELL, REFERENCE, VALUE, is_old_workbook, part_of_sheet
from dagster_project.exports.used_range import column_number

_STYLE = re.compile(rb"\bs=[\"']([0-9]+)[\"']")
_IS_TEXT = re.compile(rb"\bt=[\"'](?!n[\"'])")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?\bref=[\"']([A-Z]+)([0-9]+):([A-Z]+)([0-9]+)[\"']")
_ROW = re.compile(rb"<(?:\w+:)?row\s([^>]*)>")
_COLUMN = re.compile(rb"<(?:\w+:)?col\s([^>]*)>")
_IS_HIDDEN = re.compile(rb"\bhidden=[\"'](?:1|true)[\"']")
_NUMBER = re.compile(rb"\br=[\"']([0-9]+)[\"']")
_LIMITS = (re.compile(rb"\bmin=[\"']([0-9]+)[\"']"), re.compile(rb"\bmax=[\"']([0-9]+)[\"']"))
#: Formats of numbers that every workbook has: 0% and 0.00%.
_PERCENTAGES = {9, 10}
#: What stands in a format without being one: texts in quotes, and single letters after a backslash.
_LITERAL = re.compile(r'"[^"]*"|\\.')


@dataclass
class ShownOtherwise:
    """Rows and columns from 1. percentages: row, column and value of cells that are not 0. merged: first row, first column,
    last row, last column. hidden_rows, hidden_columns: those that nobody sees; columns as first and last."""

    percentages: list[tuple[int, int, float]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)


def shown_otherwise(path: Path, sheet: str) -> ShownOtherwise:
    """What one sheet of a workbook that can be read shows otherwise."""
    if is_old_workbook(path):
        return _in_xls(path, sheet)
    if not zipfile.is_zipfile(path):
        return ShownOtherwise()
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        if "xl/workbook.xml" in names and (part := part_of_sheet(archive, sheet)) in names:
            styles = archive.read("xl/styles.xml") if "xl/styles.xml" in names else b"<none/>"
            return _in_xlsx(archive.read(part), _percentage_styles(styles))
        if "content.xml" in names:
            return _in_ods(archive.read("content.xml"), sheet)
    return ShownOtherwise()


def _is_percentage(number_format: str) -> bool:
    return "%" in _LITERAL.sub("", number_format)


def _percentage_styles(styles: bytes) -> set[int]:
    """The numbers of the styles whose numbers are shown as percentages."""
    root = ElementTree.fromstring(styles)
    formats = {
        element.get("numFmtId", ""): element.get("formatCode", "")
        for element in root.iter()
        if element.tag.endswith("}numFmt")
    }
    cell_styles = next((element for element in root if element.tag.endswith("}cellXfs")), None)
    return {
        index
        for index, style in enumerate(cell_styles if cell_styles is not None else ())
        if _is_percentage(formats.get(number := style.get("numFmtId", "0"), "%" if int(number) in _PERCENTAGES else ""))
    }


def _in_xlsx(content: bytes, percentage_styles: set[int]) -> ShownOtherwise:
    found_cells = ShownOtherwise()
    for cell in CELL.finditer(content) if percentage_styles else ():
        style = _STYLE.search(cell[1])
        if style is None or int(style[1]) not in percentage_styles or _IS_TEXT.search(cell[1]):
            continue
        reference, value = REFERENCE.search(cell[1]), VALUE.search(cell[2])
        if reference and value and (number := float(html.unescape(value[1].decode()))) != 0:
            found_cells.percentages.append((int(reference[2]), column_number(reference[1]), number))
    for match in _MERGED.finditer(content):
        found_cells.merged.append((int(match[2]), column_number(match[1]), int(match[4]), column_number(match[3])))
    for row in _ROW.finditer(content):
        if _IS_HIDDEN.search(row[1]) and (number_text := _NUMBER.search(row[1])):
            found_cells.hidden_rows.append(int(number_text[1]))
    for column in _COLUMN.finditer(content):
        limits = [limit.search(column[1]) for limit in _LIMITS]
        if _IS_HIDDEN.search(column[1]) and limits[0] and limits[1]:
            found_cells.hidden_columns.append((int(limits[0][1]), int(limits[1][1])))
    return found_cells


def _in_xls(path: Path, sheet: str) -> ShownOtherwise:
    try:
        book = xlrd.open_workbook(str(path), formatting_info=True, logfile=io.StringIO())
        cells = book.sheet_by_name(sheet)
    except Exception:  # a file that only the other library can read: nothing more is known of its cells
        return ShownOtherwise()
    formats = [book.format_map.get(style.format_key) for style in book.xf_list]
    is_percentage = [number_format is not None and _is_percentage(number_format.format_str) for number_format in formats]
    return ShownOtherwise(
        percentages=[
            (row + 1, column + 1, float(cells.cell_value(row, column)))
            for row in range(cells.nrows)
            for column, kind in enumerate(cells.row_types(row))
            if kind == xlrd.XL_CELL_NUMBER
            and is_percentage[cells.cell_xf_index(row, column)]
            and float(cells.cell_value(row, column)) != 0
        ],
        merged=[
            (first_row + 1, first_column + 1, last_row, last_column)
            for first_row, last_row, first_column, last_column in cells.merged_cells
        ],
        hidden_rows=[row + 1 for row, facts in sorted(cells.rowinfo_map.items()) if facts.hidden],
        hidden_columns=[(column + 1, column + 1) for column, facts in sorted(cells.colinfo_map.items()) if facts.hidden],
    )


def _in_ods(content: bytes, sheet: str) -> ShownOtherwise:
    found_cells = ShownOtherwise()
    for cell in marked_cells(content, sheet):
        if cell.is_percentage and float(cell.value or 0) != 0:
            found_cells.percentages.append((cell.row, cell.column, float(cell.value)))
        if cell.rows * cell.columns > 1:
            found_cells.merged.append((cell.row, cell.column, cell.row + cell.rows - 1, cell.column + cell.columns - 1))
    return found_cells


def covered_cells(merged: tuple[int, int, int, int], rows: Collection[int], width: int) -> Iterator[tuple[int, int]]:
    """Row and column of the cells of a merged range but its first, in these rows and the first columns."""
    first_row, first_column, last_row, last_column = merged
    for row in sorted(row for row in rows if first_row <= row <= last_row):
        for column in range(first_column, min(last_column, width) + 1):
            if (row, column) != (first_row, first_column):
                yield row, column
