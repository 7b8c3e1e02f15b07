"""Made workbooks, and what openpyxl and xlrd find in them.

Belongs here: a grid of cells as a workbook. Does not belong here: tools that write workbooks (text_shapes.py).
"""

import datetime
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import xlrd
import xlsxwriter
import xlwt
from made_grid import ERROR, Grid, Shape, Written


def value_text(value: Any) -> str:
    """A value as another reader finds it, in the words of the project's tables of text."""
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return np.format_float_positional(float(value), trim="-")
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat()
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def header_lines(columns: Sequence[str], count: int) -> list[list[str]]:
    """The rows of a header whose names are joined; a text that holds for several columns stands over the first."""
    if count == 1:
        return [list(columns)]
    parts = [column.partition(" | ") for column in columns]
    upper, previous = [], None
    for text, _, lower in parts:
        upper.append("" if text == previous and lower else text)
        previous = text
    return [upper, [lower for _, _, lower in parts]]


def write_xlsx(
    path: Path, rows: Sequence[Sequence[str]], grid: Grid, rng: random.Random, sheet: str = "Data", offset: int = 0
) -> tuple[list[int], list[list[str]]]:
    """Header rows and records from a row of the sheet on, some values as formulas. Returns the rows of the records, and the
    cells as openpyxl reads them."""
    book = xlsxwriter.Workbook(
        str(path), {"strings_to_formulas": False, "strings_to_urls": False, "date_1904": rng.random() < 0.2}
    )
    if rng.random() < 0.2:
        book.add_worksheet("empty")
    page = book.add_worksheet(sheet)
    day_format = book.add_format({"num_format": rng.choice(("dd/mm/yyyy", "yyyy-mm-dd", "mmm d, yy"))})
    row_number = offset
    for row in rows:
        for column, text in enumerate(row):
            if text:
                page.write_string(row_number, column, text)
        row_number += 1
    source_rows = []
    for cells in grid.rows:
        row_number += rng.random() < 0.1
        for column, cell in enumerate(cells):
            if isinstance(cell.value, datetime.date):
                page.write_datetime(row_number, column, datetime.datetime.combine(cell.value, datetime.time()), day_format)
            elif isinstance(cell.value, float):
                if rng.random() < 0.1:
                    page.write_formula(row_number, column, "=1+1", None, cell.value)
                else:
                    page.write_number(row_number, column, cell.value)
            elif cell.value is ERROR:
                page.write_formula(row_number, column, "=NA()", None, "#N/A")
            elif cell.value is not None:
                page.write_string(row_number, column, cell.value)
        row_number += 1
        source_rows.append(row_number)
    book.close()
    read_book = openpyxl.load_workbook(path, data_only=True)
    width = len(grid.columns)
    cells_read = [
        [value_text(read_book[sheet].cell(row, column + 1).value) for column in range(width)] for row in source_rows
    ]
    return source_rows, cells_read


def _write_xls(path: Path, rows: Sequence[Sequence[str]], grid: Grid, offset: int) -> tuple[list[int], list[list[str]]]:
    book = xlwt.Workbook()
    page = book.add_sheet("Data")
    day_style = xlwt.easyxf(num_format_str="DD/MM/YYYY")
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            page.write(offset + number, column, text)
    first = offset + len(rows)
    for number, cells in enumerate(grid.rows):
        for column, cell in enumerate(cells):
            if isinstance(cell.value, datetime.date):
                page.write(first + number, column, cell.value, day_style)
            elif cell.value is ERROR:
                page.row(first + number).set_cell_error(column, 42)
            elif cell.value is not None:
                page.write(first + number, column, cell.value)
    book.save(str(path))
    read_page = xlrd.open_workbook(str(path)).sheet_by_name("Data")

    def read(row: int, column: int) -> str:
        if row >= read_page.nrows or column >= read_page.ncols:
            return ""
        cell = read_page.cell(row, column)
        if cell.ctype == xlrd.XL_CELL_DATE:
            return xlrd.xldate_as_datetime(cell.value, 0).date().isoformat()
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return xlrd.error_text_from_code[cell.value]
        return "" if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK) else value_text(cell.value)

    width = len(grid.columns)
    cells_read = [[read(first + number, column) for column in range(width)] for number in range(len(grid.rows))]
    return [first + number + 1 for number in range(len(grid.rows))], cells_read


def excel(rng: random.Random) -> Shape:
    suffix = rng.choice((".xlsx", ".xlsx", ".xls"))
    title_rows, header_rows, label_rows = rng.choice((0, 0, 2)), rng.choice((1, 1, 2)), rng.choice((0, 0, 1))

    def write(path: Path, grid: Grid, rng: random.Random) -> Written:
        titles = [["A title"]] * title_rows
        labels = [[f"label of {index}" for index in range(len(grid.columns))]] * label_rows
        rows = [*titles, *header_lines(grid.columns, header_rows), *labels]
        if suffix == ".xls":
            return Written(grid.columns, *_write_xls(path, rows, grid, 0))
        return Written(grid.columns, *write_xlsx(path, rows, grid, rng))

    counts = {"title_rows": title_rows, "label_rows": label_rows, "header_rows": header_rows if header_rows > 1 else 0}
    declaration: dict[str, Any] = {key: count for key, count in counts.items() if count}
    if rng.random() < 0.3:
        declaration["sheet"] = "Data"
    names = "joined" if header_rows > 1 else "free"
    return Shape(f"excel {suffix}", "excel", suffix, write, "workbook", "any", names, declaration, has_errors=True)
