"""The tables as a workbook: every number as a number, in a column of its own.

Belongs here: sheets. Does not belong here: what tables hold. No text of a study ever becomes a formula or a link.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import xlsxwriter

from dagster_project.languages import gettext, gettext_noop
from dagster_project.results import ResultRow, Table
from dagster_project.study import Study

#: The limits of Excel: characters in a cell, rows of a sheet.
_MOST_CHARACTERS, _MOST_ROWS = 32_767, 1_048_576
#: Widths of columns, in characters.
_LABEL_WIDTH, _WORDS_WIDTH, _NUMBER_WIDTH = 34, 48, 11
_NOTES = gettext_noop("Notes")


@dataclass(frozen=True)
class _SheetColumn:
    """A column of a sheet. column: the index of the table's column. result_index: which result of its cells is shown; None:
    their text."""

    column: int
    result_index: int | None
    name: str


def write_workbook(
    file: Path, study: Study, tables: Sequence[Table], results: Mapping[str, ResultRow], released_at: datetime
) -> None:
    """Write notes, a sheet for each table, and every result. results: by id. The same content gives the same bytes."""
    options = {
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
        "nan_inf_to_errors": False,
    }
    with xlsxwriter.Workbook(str(file), options) as book:
        book.set_properties({"title": study.protocol.title, "created": released_at.replace(tzinfo=None)})
        formats = _Formats(book)
        has_room = len(results) < _MOST_ROWS
        _notes(book.add_worksheet(gettext(_NOTES)), formats, study, tables, has_room)
        for table in tables:
            _table(book.add_worksheet(gettext("Table {number}", number=table.number)), formats, table, results)
        if has_room:
            _results(book.add_worksheet(gettext("Results")), formats, results)


class _Formats:
    """The formats of cells, each created once."""

    def __init__(self, book: Any) -> None:
        self._book, self._formats = book, dict[tuple[tuple[str, Any], ...], Any]()

    def __call__(self, **properties: Any) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(properties)
        return self._formats[key]

    def number(self, row: ResultRow) -> Any:
        """As the result is printed: with its decimals; a very small or large p as a bound."""
        decimals = len(row.printed.partition(".")[2].rstrip(" %"))
        if row.printed.startswith(("<", ">")):
            return self(num_format='[<0.001]"< .001";[>0.999]"> .999";.000')
        integer_part = "" if row.printed.lstrip("−-").startswith(".") else "0"
        return self(num_format=f"{integer_part}.{'0' * decimals}" if decimals else "0")


def _text(sheet: Any, row: int, column: int, text: str, format_: Any = None) -> None:
    if text:
        sheet.write_string(
            row, column, text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 1] + "…", format_
        )
    elif format_ is not None:
        sheet.write_blank(row, column, None, format_)


def _notes(sheet: Any, formats: _Formats, study: Study, tables: Sequence[Table], has_room: bool) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 110)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    words, bold = formats(text_wrap=True, valign="top"), formats(bold=True, valign="top")
    protocol = study.protocol
    lines = [
        (gettext("Study"), protocol.title),
        (gettext("Source"), protocol.source),
        (gettext("Licence"), protocol.licence),
    ]
    lines += [(gettext("Note"), protocol.stand_in)] if protocol.stand_in else []
    lines += [
        (gettext("Analysis plan"), protocol.plan_hash),
        (
            gettext("Cells"),
            gettext(
                "Cells hold numbers at full precision, formatted as printed; select a cell to see all digits. Empty: no"
                " value."
            ),
        ),
    ]
    lines += [
        (gettext("Table {number}", number=table.number), " ".join((f"{table.title}.", *table.notes))) for table in tables
    ]
    lines.append(
        (
            gettext("Results"),
            gettext("Every result with its id, people, method and remarks.")
            if has_room
            else gettext("Too many rows: see ard.parquet."),
        )
    )
    for row, (name, text) in enumerate(lines):
        _text(sheet, row, 0, name, bold)
        _text(sheet, row, 1, text, words)


def _sheet_columns(table: Table, results: Mapping[str, ResultRow]) -> Iterator[_SheetColumn]:
    """The columns of a sheet: for each column of the table as many as its cells show results, named by their statistics."""
    for index, column in enumerate(table.columns):
        cells = [row.cells[index] for row in table.rows if row.cells]
        if column.has_words:
            yield _SheetColumn(index, None, column.name)
            continue
        result_count = max((len(cell.result_ids) for cell in cells), default=0)
        if not result_count:
            yield _SheetColumn(index, None, column.name)
        for result_index in range(result_count):
            names = dict.fromkeys(
                results[cell.result_ids[result_index]].statistic for cell in cells if result_index < len(cell.result_ids)
            )
            yield _SheetColumn(index, result_index, column.name if result_count == 1 else gettext(" or ").join(names))


def _table(sheet: Any, formats: _Formats, table: Table, results: Mapping[str, ResultRow]) -> None:
    heading, bold = formats(bold=True, bottom=1, text_wrap=True, align="right"), formats(bold=True)
    wrapped_text, group_heading = (
        formats(text_wrap=True, valign="top"),
        formats(bold=True, bottom=1, align="center", text_wrap=True),
    )
    sheet_columns = list(_sheet_columns(table, results))
    _text(sheet, 0, 0, gettext("Table {number}. {title}", number=table.number, title=table.title), bold)
    row_index = 1
    if table.groups:
        _group_headings(
            sheet,
            row_index,
            [
                (table.columns[sheet_column.column].group, table.columns[sheet_column.column].group)
                for sheet_column in sheet_columns
            ],
            group_heading,
        )
        row_index += 1
    if any(sheet_column.result_index for sheet_column in sheet_columns):
        _group_headings(
            sheet,
            row_index,
            [(str(sheet_column.column), table.columns[sheet_column.column].name) for sheet_column in sheet_columns],
            group_heading,
        )
        row_index += 1
    _text(sheet, row_index, 0, "", heading)
    for column, sheet_column in enumerate(sheet_columns, start=1):
        _text(sheet, row_index, column, sheet_column.name, heading)
    first_row = row_index = row_index + 1
    for row in table.rows:
        _text(sheet, row_index, 0, row.label, wrapped_text if row.cells else bold)
        for column, sheet_column in enumerate(sheet_columns, start=1):
            if row.cells:
                _cell(sheet, formats, row_index, column, row.cells[sheet_column.column], sheet_column, results)
        row_index += 1
    for note in table.notes:
        _text(sheet, row_index + 1, 0, note)
        row_index += 1
    sheet.set_column(0, 0, _LABEL_WIDTH)
    for column, sheet_column in enumerate(sheet_columns, start=1):
        sheet.set_column(column, column, _WORDS_WIDTH if table.columns[sheet_column.column].has_words else _NUMBER_WIDTH)
    sheet.freeze_panes(first_row, 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, first_row - 1)


def _group_headings(sheet: Any, row: int, headings: Sequence[tuple[str, str]], format_: Any) -> None:
    """A row of headings, each (key, text) merged over all neighbours with the same key."""
    column = 1
    for (_, text), neighbours in groupby(headings):
        width = len(list(neighbours))
        if width > 1 and text:
            sheet.merge_range(row, column, row, column + width - 1, "", format_)
        if text:
            _text(sheet, row, column, text, format_)
        column += width


def _cell(
    sheet: Any,
    formats: _Formats,
    row: int,
    column: int,
    cell: Any,
    sheet_column: _SheetColumn,
    results: Mapping[str, ResultRow],
) -> None:
    if sheet_column.result_index is None:
        if cell.text:
            _text(sheet, row, column, cell.text, formats(text_wrap=True, valign="top"))
        return
    result = (
        results[cell.result_ids[sheet_column.result_index]] if sheet_column.result_index < len(cell.result_ids) else None
    )
    if result is not None and result.value is not None:
        sheet.write_number(row, column, result.value, formats.number(result))


def _results(sheet: Any, formats: _Formats, results: Mapping[str, ResultRow]) -> None:
    names = [field.name for field in fields(ResultRow)]
    for column, name in enumerate(names):
        _text(sheet, 0, column, name, formats(bold=True, bottom=1))
    for row_index, row in enumerate(results.values(), start=1):
        for column, value in enumerate(getattr(row, name) for name in names):
            if isinstance(value, (int, float)):
                sheet.write_number(row_index, column, value)
            elif value is not None:
                _text(sheet, row_index, column, str(value))
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, len(names) - 1, 14)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(1, len(results)), len(names) - 1)
