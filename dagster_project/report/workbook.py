"""The tables as a workbook: every number typed, in a column of its own.

Belongs here: sheets. Does not belong here: what tables hold. No text of a study ever becomes a formula or a link.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import xlsxwriter

from dagster_project.results import ResultRow, Table
from dagster_project.study import Study

#: What a cell of a sheet holds at most, and how many rows a sheet has.
_LETTERS, _ROWS = 32_767, 1_048_576
_LABELS, _WORDS, _NUMBERS = 34, 48, 11
_NOTES = "Notes"


@dataclass(frozen=True)
class _Part:
    """A column of a sheet: which column of the table, which of the results in its cells (None: its words)."""

    column: int
    place: int | None
    name: str


def write_workbook(
    file: Path, study: Study, tables: Sequence[Table], results: Mapping[str, ResultRow], released_at: datetime
) -> None:
    """Write notes, a sheet a table, and every result. results: by id. The same content gives the same bytes."""
    options = {
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
        "nan_inf_to_errors": False,
    }
    with xlsxwriter.Workbook(str(file), options) as book:
        book.set_properties({"title": study.protocol.title, "created": released_at.replace(tzinfo=None)})
        formats = _Formats(book)
        has_room = len(results) < _ROWS
        _notes(book.add_worksheet(_NOTES), formats, study, tables, has_room)
        for table in tables:
            _table(book.add_worksheet(f"Table {table.number}"), formats, table, results)
        if has_room:
            _results(book.add_worksheet("Results"), formats, results)


class _Formats:
    """The looks of cells, each made once."""

    def __init__(self, book: Any) -> None:
        self._book, self._made = book, dict[tuple[tuple[str, Any], ...], Any]()

    def __call__(self, **look: Any) -> Any:
        key = tuple(sorted(look.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format(look)
        return self._made[key]

    def number(self, row: ResultRow) -> Any:
        """As the result is printed: its decimals, and the ends of p in words."""
        decimals = len(row.printed.partition(".")[2].rstrip(" %"))
        if row.printed.startswith(("<", ">")):
            return self(num_format='[<0.001]"< .001";[>0.999]"> .999";.000')
        whole = "" if row.printed.lstrip("−-").startswith(".") else "0"
        return self(num_format=f"{whole}.{'0' * decimals}" if decimals else "0")


def _text(sheet: Any, row: int, column: int, text: str, look: Any = None) -> None:
    if text:
        sheet.write_string(row, column, text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…", look)
    elif look is not None:
        sheet.write_blank(row, column, None, look)


def _notes(sheet: Any, formats: _Formats, study: Study, tables: Sequence[Table], has_room: bool) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 110)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    words, bold = formats(text_wrap=True, valign="top"), formats(bold=True, valign="top")
    protocol = study.protocol
    lines = [("Study", protocol.title), ("Source", protocol.source), ("Licence", protocol.licence)]
    lines += [("Note", protocol.stand_in)] if protocol.stand_in else []
    lines += [
        ("Analysis plan", protocol.plan_hash),
        ("Cells", "Numbers are numbers, shown as papers print them; a click on one shows all its digits. Empty: no value."),
    ]
    lines += [(f"Table {table.number}", " ".join((f"{table.title}.", *table.notes))) for table in tables]
    lines.append(
        (
            "Results",
            "Every result with its id, people, method and remarks." if has_room else "Too many rows: see ard.parquet.",
        )
    )
    for place, (head, text) in enumerate(lines):
        _text(sheet, place, 0, head, bold)
        _text(sheet, place, 1, text, words)


def _parts(table: Table, results: Mapping[str, ResultRow]) -> Iterator[_Part]:
    """The columns of a sheet: as many for a column as its cells show results, named by their statistics."""
    for at, column in enumerate(table.columns):
        cells = [row.cells[at] for row in table.rows if row.cells]
        if column.has_words:
            yield _Part(at, None, column.name)
            continue
        most = max((len(cell.result_ids) for cell in cells), default=0)
        if not most:
            yield _Part(at, None, column.name)
        for place in range(most):
            names = dict.fromkeys(
                results[cell.result_ids[place]].statistic for cell in cells if place < len(cell.result_ids)
            )
            yield _Part(at, place, column.name if most == 1 else " or ".join(names))


def _table(sheet: Any, formats: _Formats, table: Table, results: Mapping[str, ResultRow]) -> None:
    head, bold = formats(bold=True, bottom=1, text_wrap=True, align="right"), formats(bold=True)
    words, over = formats(text_wrap=True, valign="top"), formats(bold=True, bottom=1, align="center", text_wrap=True)
    parts = list(_parts(table, results))
    _text(sheet, 0, 0, f"Table {table.number}. {table.title}", bold)
    at = 1
    if table.groups:
        _spans(sheet, at, [(table.columns[part.column].group, table.columns[part.column].group) for part in parts], over)
        at += 1
    if any(part.place for part in parts):
        _spans(sheet, at, [(str(part.column), table.columns[part.column].name) for part in parts], over)
        at += 1
    _text(sheet, at, 0, "", head)
    for column, part in enumerate(parts, start=1):
        _text(sheet, at, column, part.name, head)
    first = at = at + 1
    for row in table.rows:
        _text(sheet, at, 0, row.label, words if row.cells else bold)
        for column, part in enumerate(parts, start=1):
            if row.cells:
                _cell(sheet, formats, at, column, row.cells[part.column], part, results)
        at += 1
    for note in table.notes:
        _text(sheet, at + 1, 0, note)
        at += 1
    sheet.set_column(0, 0, _LABELS)
    for column, part in enumerate(parts, start=1):
        sheet.set_column(column, column, _WORDS if table.columns[part.column].has_words else _NUMBERS)
    sheet.freeze_panes(first, 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, first - 1)


def _spans(sheet: Any, at: int, headings: Sequence[tuple[str, str]], look: Any) -> None:
    """A line of headings, each (what neighbours share, text) over all neighbours that share it."""
    column = 1
    for (_, text), same in groupby(headings):
        wide = len(list(same))
        if wide > 1 and text:
            sheet.merge_range(at, column, at, column + wide - 1, "", look)
        if text:
            _text(sheet, at, column, text, look)
        column += wide


def _cell(
    sheet: Any, formats: _Formats, at: int, column: int, cell: Any, part: _Part, results: Mapping[str, ResultRow]
) -> None:
    if part.place is None:
        if cell.text:
            _text(sheet, at, column, cell.text, formats(text_wrap=True, valign="top"))
        return
    found = results[cell.result_ids[part.place]] if part.place < len(cell.result_ids) else None
    if found is not None and found.value is not None:
        sheet.write_number(at, column, found.value, formats.number(found))


def _results(sheet: Any, formats: _Formats, results: Mapping[str, ResultRow]) -> None:
    names = [field.name for field in fields(ResultRow)]
    for column, name in enumerate(names):
        _text(sheet, 0, column, name, formats(bold=True, bottom=1))
    for at, row in enumerate(results.values(), start=1):
        for column, value in enumerate(getattr(row, name) for name in names):
            if isinstance(value, (int, float)):
                sheet.write_number(at, column, value)
            elif value is not None:
                _text(sheet, at, column, str(value))
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, len(names) - 1, 14)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(1, len(results)), len(names) - 1)
