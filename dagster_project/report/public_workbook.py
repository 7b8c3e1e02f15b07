"""The tables of the public release as an Excel workbook: numbers as they are printed, and nothing else.

Belongs here: the sheets. Does not belong here: the team's workbook, whose cells hold numbers in full (workbook.py).
"""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from dagster_project.languages import gettext, number_text
from dagster_project.results import Table

_LABEL_WIDTH, _WIDTH = 44, 16
#: A text that is a number, as tables print it.
_NUMBER = re.compile(r"[−-]?\d+(\.\d+)?")


def write_public_workbook(file: Path, title: str, opening: str, tables: Sequence[Table], released_at: datetime) -> None:
    """Write a sheet of notes and one for each table. The same content gives the same bytes."""
    options = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(file), options) as book:
        book.set_properties({"title": title, "created": released_at.replace(tzinfo=None)})
        bold, wrapped_text = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet(gettext("Notes"))
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 110)
        lines = [(gettext("Study"), title), (gettext("Public"), opening)]
        names = {table.number: gettext("Table {number}", number=table.number) for table in tables}
        lines += [(names[table.number], " ".join((f"{table.title}.", *table.notes))) for table in tables]
        for row_index, (name, text) in enumerate(lines):
            sheet.write_string(row_index, 0, name, bold)
            sheet.write_string(row_index, 1, text, wrapped_text)
        for table in tables:
            _write_table(book, book.add_worksheet(names[table.number]), table)


def _write_table(book: Any, sheet: Any, table: Table) -> None:
    bold, wrapped_text = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "align": "right"})
    sheet.write_string(0, 0, gettext("Table {number}. {title}", number=table.number, title=table.title), bold)
    for column_index, column in enumerate(table.columns, start=1):
        sheet.write_string(1, column_index, column.full_name, heading)
    row_index = 1
    for row_index, row in enumerate(table.rows, start=2):
        sheet.write_string(row_index, 0, row.label, wrapped_text if row.cells else bold)
        for column_index, cell in enumerate(row.cells, start=1):
            _write_cell(book, sheet, row_index, column_index, cell.text)
    for note_index, note in enumerate(table.notes, start=row_index + 2):
        sheet.write_string(note_index, 0, note)
    sheet.set_column(0, 0, _LABEL_WIDTH)
    sheet.set_column(1, max(1, len(table.columns)), _WIDTH)
    sheet.freeze_panes(2, 1)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _write_cell(book: Any, sheet: Any, row: int, column: int, text: str) -> None:
    """A text that is a number becomes one, with the decimals that it is printed with."""
    number = text.replace(number_text(".5")[0], ".")
    if _NUMBER.fullmatch(number):
        decimals = len(number.partition(".")[2])
        number_format = book.add_format({"num_format": "0." + "0" * decimals if decimals else "0"})
        sheet.write_number(row, column, float(number.replace("−", "-")), number_format)
    elif text:
        sheet.write_string(row, column, text, book.add_format({"align": "right"}))
