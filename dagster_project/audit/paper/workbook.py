"""Tables of a workbook: a sheet is a table, or several with blank rows and a title between.

Belongs here: the sheets' cells as texts, and where a table begins. Does not belong here: what a cell means; whether the
archive may be unpacked (archives.py). A number is taken as its cell's format shows it (displayed_numbers.py); where the
format leaves that open, as it is stored, without zeros at its end: its rounding is then wider, never narrower.
"""

import io
from dataclasses import dataclass
from typing import Any

from dagster_project.audit.paper.displayed_numbers import SheetFormats, formats_of
from dagster_project.audit.paper.grid import BLANK, TITLE, PaperCell, PaperTable, grid_of
from dagster_project.readable_files import beyond, most_of
from dagster_project.results.errors import ResultsError


def workbook_tables(data: bytes, name: str) -> list[PaperTable]:
    """The tables of a workbook's visible sheets, in order. Raises ResultsError for a file that is no workbook."""
    import python_calamine

    tables: list[PaperTable] = []
    try:
        workbook = python_calamine.load_workbook(io.BytesIO(data))
        sheets = [
            entry.name for entry in workbook.sheets_metadata
            if entry.visible == python_calamine.SheetVisibleEnum.Visible
            and entry.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]  # fmt: skip
        contents = []
        for sheet_name in sheets:
            sheet = workbook.get_sheet_by_name(sheet_name)
            if sheet.total_height * sheet.total_width > most_of("audited_cells"):
                raise ResultsError(f"{name}: the sheet {sheet_name!r} holds {beyond('audited_cells')}")
            contents.append((
                sheet_name, sheet.to_python(skip_empty_area=False), sheet.merged_cell_ranges or [],
            ))  # fmt: skip
    except (ResultsError, OSError):
        raise
    except BaseException as error:  # the library raises its own errors for a damaged file, and panics
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise ResultsError(f"{name}: the workbook cannot be read ({reason}); save it again as .xlsx") from None
    formats = formats_of(data)
    for sheet_name, rows, merged in contents:
        for part in _parts(_cells(rows, merged, _Sheet(sheet_name, formats.get(sheet_name, {})))):
            titles = [row[0].text for row in part[:3] if row and TITLE.match(row[0].text)]
            match = TITLE.match(titles[0]) if titles else None
            number = match[1].rstrip(".:") if match else str(len(tables) + 1)
            tables.append(PaperTable(number, grid_of(part, name), titles[0] if titles else ""))
    return tables


@dataclass(frozen=True)
class _Sheet:
    """A sheet's name, and how it shows the numbers of its cells."""

    name: str
    formats: SheetFormats

    def text(self, value: Any, row: int, column: int) -> str:
        cell_format = self.formats.get((row, column))
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return cell_format.text(value) if cell_format is not None and is_number else _text(value)


def _cells(rows: list[list[Any]], merged: list[Any], sheet: "_Sheet") -> list[list[PaperCell]]:
    spans: dict[tuple[int, int], tuple[int, int]] = {}
    covered: set[tuple[int, int]] = set()
    for (first_row, first_column), (last_row, last_column) in merged:
        if (last_row - first_row + 1) * (last_column - first_column + 1) > most_of("audited_cells"):
            continue
        spans[first_row, first_column] = (min(last_row, len(rows) - 1) - first_row + 1, last_column - first_column + 1)
        covered |= {
            (row, column)
            for row in range(first_row, min(last_row, len(rows) - 1) + 1)
            for column in range(first_column, last_column + 1)
            if (row, column) != (first_row, first_column)
        }
    lines = []
    for row, values in enumerate(rows):
        line = []
        for column, value in enumerate(values):
            if (row, column) in covered:
                continue
            height, width = spans.get((row, column), (1, 1))
            text = sheet.text(value, row, column)
            line.append(
                PaperCell(
                    " ".join(text.split()), float(len(text) - len(text.lstrip())), False, True, width, height,
                    isinstance(value, float), f"{sheet.name}!{_column_name(column)}{row + 1}",
                )
            )  # fmt: skip
        lines.append(line)
    return lines


def _column_name(column: int) -> str:
    """As a workbook calls its columns: A to Z, AA, AB, …"""
    name, number = "", column + 1
    while number:
        number, letter = divmod(number - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, (int, float)):
        return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(f"{value:.12g}"))
    return "" if value is None else str(value)


def _parts(lines: list[list[PaperCell]]) -> list[list[list[PaperCell]]]:
    """A sheet's tables: another begins where, after a blank row, a title stands."""
    parts: list[list[list[PaperCell]]] = [[]]
    was_blank = False
    for line in lines:
        texts = [cell.text for cell in line if cell.text]
        if not texts:
            was_blank = True
            continue
        if was_blank and parts[-1] and TITLE.match(texts[0]) and len(texts) == 1:
            parts.append([])
        was_blank = False
        parts[-1].append(line or [BLANK])
    parts = [part for part in parts if len(part) > 1 and max(sum(bool(cell.text) for cell in line) for line in part) > 1]
    return [_without_margin(part) for part in parts]


def _without_margin(lines: list[list[PaperCell]]) -> list[list[PaperCell]]:
    """Without the blank columns to the left of a table."""
    margin = min(
        next((index for index, cell in enumerate(line) if cell.text or cell.columns > 1), len(line)) for line in lines
    )
    return [line[margin:] for line in lines]
