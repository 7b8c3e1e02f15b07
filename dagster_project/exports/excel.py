"""Workbooks (.xlsx, .xlsm, .xlsb, .xls, .ods), those of Microsoft Forms among them.

Belongs here: one sheet of a workbook to one `TextTable`. Does not belong here: what a column means, finding cells without a
value (cells_without_value.py) or with another than is shown (cells_shown_otherwise.py).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import python_calamine

from dagster_project.exports.cell_text import number_text, value_text
from dagster_project.exports.cells_shown_otherwise import ShownOtherwise, covered_cells, shown_otherwise
from dagster_project.exports.cells_without_value import cells_without_value
from dagster_project.exports.errors import ExportError, abbreviated_list, plain, quoted
from dagster_project.exports.header_rows import joined_header, label_texts
from dagster_project.exports.headers import header_key
from dagster_project.exports.table import CellFault, HeldCells, TextTable
from dagster_project.exports.used_range import cell_reference, without_stray_blanks
from dagster_project.study import Layout
from dagster_project.withholding import of_cell

_ANY_LAYOUT = Layout()
#: From here on a whole number has more digits than a workbook keeps.
_MAX_KEPT = 10**15
_Row = tuple[int, list[Any]]


def read_excel(path: Path, name: str, layout: Layout = _ANY_LAYOUT) -> TextTable:
    """Read one sheet of a workbook: the declared one, or the only filled one. The first filled row below the title rows is
    the header; `source_rows` are the sheet's row numbers.

    Whole numbers are written without a fraction, dates as ISO 8601, truth values as TRUE and FALSE; empty rows are skipped.
    Errors, formulas that were never computed, percentages, merged cells and numbers of more digits than a workbook keeps are
    `faults`; hidden rows and columns are read, which `warnings` say. Raises ExportError for a file that is not a workbook,
    several filled sheets of which none is declared, a sheet that is not there, a cell outside the header's columns, and a
    cell so far from the others that the sheet would be too large to read.
    """
    name = plain(name)
    if path.stat().st_size == 0:
        raise ExportError(f"{name}: the file is empty; export it again")
    with _workbook(path, name) as workbook:
        sheet, filled_rows, blank_lines = _sheet_rows(workbook, layout.sheet, name)
    numbered_rows = [row for row in filled_rows if row[0] > layout.title_rows]
    n_header_rows = layout.header_rows + layout.label_rows
    if len(numbered_rows) < n_header_rows:
        raise ExportError(
            f"{name}: the sheet {quoted(sheet)} has {len(numbered_rows)} filled rows below the title rows, fewer than its"
            " header and labels; correct title_rows, header_rows or label_rows of the export"
        )
    texts_above = [[value_text(cell) for cell in row] for _, row in numbered_rows[:n_header_rows]]
    header = list(joined_header(texts_above[: layout.header_rows]))
    while header and not header[-1]:
        header.pop()
    width = len(header)
    people_rows = numbered_rows[n_header_rows:]
    _refuse_cells_outside(people_rows, width, name)
    otherwise = shown_otherwise(path, sheet)
    cells = [[value_text(row[position]) for _, row in people_rows] for position in range(width)]
    return TextTable(
        columns=tuple(header),
        content=HeldCells(pa.table({str(position): pa.array(texts, pa.string()) for position, texts in enumerate(cells)})),
        source_rows=pa.array([row_number for row_number, _ in people_rows], pa.int64()),
        column_labels=label_texts(header, texts_above[layout.header_rows :]),
        faults=tuple(_faults(path, sheet, otherwise, dict(people_rows), width)),
        warnings=tuple(_hidden_parts(otherwise, dict(people_rows), header)),
        notes=(f"The answers are on the sheet {quoted(sheet)}.",),
        blank_lines=blank_lines,
    )


def _faults(
    path: Path, sheet: str, otherwise: ShownOtherwise, rows: Mapping[int, list[Any]], width: int
) -> Iterator[CellFault]:
    """The cells of people's rows whose value is not what the sheet shows. rows: by number."""

    def fault(row: int, column: int, message: str, *, is_rounded: bool = False) -> CellFault:
        return CellFault(
            column - 1, row, f"cell {cell_reference(row, column)} of sheet {quoted(sheet)} {message}", is_rounded
        )

    for cell in cells_without_value(path, sheet):
        if cell.row in rows:
            yield fault(cell.row, cell.column, cell.message)
    for row, column, number in otherwise.percentages:
        if row in rows:
            yield fault(
                row,
                column,
                f"holds {of_cell(number_text(number))} and shows {of_cell(f'{round(number * 100, 6):g}')} %; give its"
                " column the number format General, check its numbers, and save the workbook",
            )
    for merged in otherwise.merged:
        first_row, first_column = merged[:2]
        first_cells = rows.get(first_row, [])
        if first_row in rows and not any(str(cell).strip() for cell in first_cells[first_column - 1 : first_column]):
            continue
        for row, column in covered_cells(merged, rows.keys(), width):
            yield fault(
                row,
                column,
                f"is merged with {cell_reference(first_row, first_column)}, which alone holds the value; unmerge the cells,"
                " fill in each, and save the workbook",
            )
    for row, cells in rows.items():
        for column, cell in enumerate(cells[:width], start=1):
            if isinstance(cell, int | float) and abs(cell) >= _MAX_KEPT:
                yield fault(
                    row,
                    column,
                    f"holds the number {of_cell(f'{cell:.14E}')}, of which a workbook keeps 15 digits; enter it as text, and"
                    " save the workbook",
                    is_rounded=True,
                )


def _hidden_parts(otherwise: ShownOtherwise, rows: Mapping[int, list[Any]], header: Sequence[str]) -> Iterator[str]:
    """A sentence each on hidden rows and hidden columns."""
    hidden_rows = [str(row) for row in otherwise.hidden_rows if row in rows]
    if hidden_rows:
        verb = "rows are" if len(hidden_rows) > 1 else "row is"
        row_list = abbreviated_list(hidden_rows)
        yield f"{len(hidden_rows)} {verb} hidden in the workbook, and read like the others: {row_list}"
    hidden = [
        quoted(name)
        for column, name in enumerate(header, start=1)
        if any(first <= column <= last for first, last in otherwise.hidden_columns)
    ]
    if hidden:
        verb = "columns are" if len(hidden) > 1 else "column is"
        yield f"{len(hidden)} {verb} hidden in the workbook, and read like the others: {abbreviated_list(hidden)}"


def filled_sheets(path: Path, name: str) -> list[str]:
    """The names of a workbook's sheets that are not empty, in their order. Raises ExportError as `read_excel` does."""
    with _workbook(path, plain(name)) as workbook:
        return list(_filled_sheets(workbook, list(workbook.sheet_names), plain(name)))


def sheet_in_use(path: Path, name: str, layout: Layout) -> str:
    """The name of the sheet that `read_excel` reads. Raises ExportError as it does."""
    with _workbook(path, plain(name)) as workbook:
        return _sheet_rows(workbook, layout.sheet, plain(name))[0]


@contextmanager
def _workbook(path: Path, name: str) -> Iterator[Any]:
    with without_stray_blanks(path, name) or path.open("rb") as file:
        yield _with_plain_errors(partial(python_calamine.load_workbook, file), name)


def _with_plain_errors(read_part: Callable[[], Any], name: str) -> Any:
    """What the library reads, its errors as one line: for a damaged file it raises its own errors, and panics."""
    try:
        return read_part()
    except OSError:
        raise
    except Exception as error:
        reason = plain(str(error).splitlines()[0] if str(error) else type(error).__name__)
        raise ExportError(f"{name}: the workbook cannot be read ({of_cell(reason)}); export it again") from None


def _sheet_rows(workbook: Any, declared_sheet: str | None, name: str) -> tuple[str, list[_Row], int]:
    """The sheet to read, its filled rows with their numbers, and how many rows of its used range are blank."""
    sheet_names = list(workbook.sheet_names)
    if declared_sheet is not None:
        matching = [sheet for sheet in sheet_names if header_key(sheet) == header_key(declared_sheet)]
        if not matching:
            there_are = abbreviated_list([quoted(sheet) for sheet in sheet_names])
            raise ExportError(
                f"{name}: there is no sheet {quoted(declared_sheet)}, but {there_are}; correct sheet of the export"
            )
        sheet_names = matching
    rows_by_sheet = _filled_sheets(workbook, sheet_names, name)
    if len(rows_by_sheet) > 1:
        sheet_list = abbreviated_list([quoted(sheet) for sheet in rows_by_sheet])
        raise ExportError(
            f"{name}: {len(rows_by_sheet)} sheets are filled: {sheet_list}; say under sheet of the export which one"
        )
    if not rows_by_sheet:
        subject = f"the sheet {quoted(declared_sheet)}" if declared_sheet is not None else "the workbook"
        raise ExportError(f"{name}: {subject} is empty; export it again")
    sheet, (numbered_rows, blank_lines) = next(iter(rows_by_sheet.items()))
    return sheet, numbered_rows, blank_lines


def _filled_sheets(workbook: Any, sheet_names: list[str], name: str) -> dict[str, tuple[list[_Row], int]]:
    """Of each sheet that is not empty the filled rows with their numbers, and how many of its rows are blank."""
    rows_by_sheet: dict[str, tuple[list[_Row], int]] = {}
    for sheet in sheet_names:
        rows = _with_plain_errors(partial(_rows_of, workbook, sheet), name)
        numbered_rows = [(row_number, row) for row_number, row in enumerate(rows, start=1) if _is_filled(row)]
        if numbered_rows:
            rows_by_sheet[sheet] = (numbered_rows, len(rows) - len(numbered_rows))
    return rows_by_sheet


def _rows_of(workbook: Any, sheet: str) -> Any:
    return workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)


def _refuse_cells_outside(rows: list[_Row], width: int, name: str) -> None:
    for row_number, row in rows:
        if any(str(cell).strip() for cell in row[width:]):
            raise ExportError(
                f"{name}: row {row_number}: a cell is outside the header's columns; give its column a header, or say under"
                " title_rows of the export how many rows stand above the header"
            )


def _is_filled(row: list[Any]) -> bool:
    return any(cell != "" for cell in row)
