"""Workbooks (.xlsx, .xlsm, .xlsb, .xls, .ods), those of Microsoft Forms among them.

Belongs here: one workbook with one sheet of answers to one `TextTable`. Does not belong here: what a column means.
"""

import re
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import python_calamine

from dagster_project.exports.cell_text import value_text
from dagster_project.exports.errors import ExportError, abbreviated_list, plain, quoted
from dagster_project.exports.table import HeldCells, TextTable
from dagster_project.exports.used_range import without_stray_blanks

#: Cells that the library returns as empty: an error, and a formula that was never computed.
_ERROR_CELL = re.compile(rb'<c r="([A-Z]+[0-9]+)"[^>]*\bt="e"[^>]*>.*?<v>([^<]*)</v>', re.DOTALL)
_BARE_FORMULA = re.compile(rb'<c r="([A-Z]+[0-9]+)"[^>]*>\s*<f[^>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>')


def read_excel(path: Path, name: str) -> TextTable:
    """Read a workbook's only filled sheet. The first filled row is the header; `source_rows` are the sheet's row numbers.

    Whole numbers are written without a fraction, dates as ISO 8601, truth values as TRUE and FALSE; empty rows are skipped.
    Raises ExportError for a file that is not a workbook, several filled sheets, a cell with an error or with a formula that
    was never computed (.xlsx), a cell outside the header's columns, and a cell so far from the others that the sheet would
    be too large to read.
    """
    name = plain(name)
    if path.stat().st_size == 0:
        raise ExportError(f"{name}: the file is empty; export it again")
    cropped_file = without_stray_blanks(path, name)
    _refuse_cells_without_value(path, name)
    try:
        with cropped_file or path.open("rb") as file:
            workbook = python_calamine.load_workbook(file)
            sheets = {
                sheet: workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False) for sheet in workbook.sheet_names
            }
    except OSError:
        raise
    except Exception as error:  # for a damaged file the library raises its own errors, and panics
        reason = plain(str(error).splitlines()[0] if str(error) else type(error).__name__)
        raise ExportError(f"{name}: the workbook cannot be read ({reason}); export it again") from None
    filled_sheets = {sheet: rows for sheet, rows in sheets.items() if any(map(_is_filled, rows))}
    if len(filled_sheets) > 1:
        sheet_names = abbreviated_list([quoted(sheet) for sheet in filled_sheets])
        raise ExportError(f"{name}: {len(filled_sheets)} sheets are filled: {sheet_names}; keep the one with the answers")
    if not filled_sheets:
        raise ExportError(f"{name}: the workbook is empty; export it again")
    sheet, rows = next(iter(filled_sheets.items()))
    numbered_rows = [(row_number, row) for row_number, row in enumerate(rows, start=1) if _is_filled(row)]
    header = [value_text(cell) for cell in numbered_rows[0][1]]
    while header and not header[-1]:
        header.pop()
    width = len(header)
    for row_number, row in numbered_rows[1:]:
        if any(str(cell).strip() for cell in row[width:]):
            raise ExportError(f"{name}: row {row_number}: a cell is outside the header's columns; give its column a header")
    columns = {
        str(position): pa.array([value_text(row[position]) for _, row in numbered_rows[1:]], pa.string())
        for position in range(width)
    }
    return TextTable(
        columns=tuple(header),
        content=HeldCells(pa.table(columns)),
        source_rows=pa.array([row_number for row_number, _ in numbered_rows[1:]], pa.int64()),
        notes=(f"The answers are on the sheet {quoted(sheet)}.",),
        blank_lines=len(rows) - len(numbered_rows),
    )


def _is_filled(row: list[Any]) -> bool:
    return any(cell != "" for cell in row)


def _refuse_cells_without_value(path: Path, name: str) -> None:
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        for part in archive.namelist():
            if not re.fullmatch(r"xl/worksheets/[^/]+\.xml", part):
                continue
            try:
                content = archive.read(part)
            except (zipfile.BadZipFile, zipfile.zlib.error, OSError, RuntimeError):  # type: ignore[attr-defined]
                return  # the library reports what is wrong
            if match := _ERROR_CELL.search(content):
                cell, error = match[1].decode(), match[2].decode("utf-8", "replace")
                raise ExportError(
                    f"{name}: cell {cell} holds the error {plain(error, 20)}; correct it and save the workbook"
                )
            if match := _BARE_FORMULA.search(content):
                raise ExportError(
                    f"{name}: cell {match[1].decode()} holds a formula without its value; open the workbook and save it"
                )
