"""Qualtrics' exports, text or workbook: names, question labels and ImportIds in three header rows (two in old exports).

Belongs here: telling header rows from responses. Does not belong here: text and workbooks themselves (text_or_workbook.py),
previews and unfinished responses, which the protocol sets aside by rule.
"""

import ast
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.errors import ExportError, plain, quoted
from dagster_project.exports.table import TextTable
from dagster_project.exports.text_or_workbook import read_text_or_workbook
from dagster_project.study import Layout
from dagster_project.withholding import of_cell

#: Columns that the tool itself adds. Their labels spell their names ("Start Date"). In the oldest exports the columns are
#: called V1, V2, …, and their labels are the names below.
_TOOL_COLUMNS = (
    *("StartDate", "EndDate", "Status", "IPAddress", "Progress", "Duration (in seconds)", "Finished", "RecordedDate"),
    *("ResponseId", "ResponseSet", "RecipientLastName", "RecipientFirstName", "RecipientEmail", "ExternalDataReference"),
    *("LocationLatitude", "LocationLongitude", "DistributionChannel", "UserLanguage"),
)


def read_qualtrics(path: Path, name: str, layout: Layout) -> TextTable:
    """Read Qualtrics' CSV, tab-separated text or workbook.

    `column_labels` are the second header row, `other_names` the ImportIds of the third.

    Without a row of ImportIds the second row is taken as labels only if it spells the name of one of the tool's own columns,
    so that a plain CSV with the wrong reader declared cannot lose its first response.
    Raises ExportError for a row of ImportIds that is malformed or out of place, for a file that does not look like
    Qualtrics, and the errors of the delimited reader.
    """
    table = read_text_or_workbook(path, name, layout)
    name = plain(name)
    if table.row_count == 0:
        raise ExportError(f"{name}: there is no row of question labels below the names; export it again with labels")
    labels = table.row(0)
    if _is_import_id_row(labels):
        raise ExportError(
            f"{name}: line {_line(table, 0)}: the row of question labels is missing before the ImportIds; export it again"
        )
    if table.row_count > 1 and _is_import_id_row(second_row := table.row(1)):
        other_names = _import_ids(table, second_row, name)
        header_rows, note = 3, "Three header rows: names, labels, ImportIds."
    elif any(_spells_tool_column(column, label) for column, label in zip(table.columns, labels, strict=True)):
        other_names = {}
        header_rows, note = 2, "Two header rows: names and labels, no ImportIds."
    else:
        raise ExportError(
            f"{name}: line {_line(table, 0)}: this is not a row of Qualtrics' question labels, and no row of ImportIds"
            " follows; export it from Qualtrics as CSV, or declare reader: delimited"
        )
    _refuse_header_among_responses(table, labels, header_rows, name)
    column_labels: dict[str, str] = {}
    for column, label in zip(table.columns, labels, strict=True):
        column_labels.setdefault(column, label)
    return replace(
        table.without_first(header_rows - 1),
        column_labels=column_labels,
        other_names=other_names,
        notes=(*table.notes, note),
    )


def _refuse_header_among_responses(table: TextTable, labels: list[str], header_rows: int, name: str) -> None:
    """Refuse a second copy of a header row (two downloads pasted together): it would be taken for a response."""
    headers = {tuple(table.columns), tuple(labels)}
    first_cells = table.texts([0]).column(0)
    may_be_header = pc.or_(
        pc.is_in(first_cells, value_set=pa.array(sorted(row[0] for row in headers), pa.string())),
        pc.match_substring(first_cells, "ImportId"),
    )
    row_indices = np.flatnonzero(may_be_header.to_numpy(zero_copy_only=False))
    for row_index in row_indices[row_indices >= header_rows - 1].tolist():
        row = table.row(row_index)
        if tuple(row) in headers or ("ImportId" in row[0] and _is_import_id_row(row)):
            raise ExportError(
                f"{name}: line {_line(table, row_index)}: there is a header row among the responses; export the survey again"
            )


def _line(table: TextTable, row: int) -> int:
    line: int = table.source_rows[row].as_py()
    return line


def _is_import_id_row(cells: list[str]) -> bool:
    return any("ImportId" in cell and cell.lstrip().startswith("{") for cell in cells)


def _import_ids(table: TextTable, cells: list[str], name: str) -> dict[str, str]:
    """Each column's ImportId, which stays the same when a question is renamed in the survey."""
    import_ids: dict[str, str] = {}
    for column, cell in zip(table.columns, cells, strict=True):
        if not cell.strip():
            continue
        import_id = _import_id(cell)
        if import_id is None:
            raise ExportError(
                f"{name}: line {_line(table, 1)}: column {quoted(column)}: {of_cell(quoted(cell))} is not an ImportId"
                " like the others of that row; correct the cell"
            )
        import_ids.setdefault(column, import_id)
    return import_ids


def _import_id(cell: str) -> str | None:
    """QID4 of {"ImportId": "QID4"}, or of {'ImportId': 'QID4'} as the older exporter writes it; None of anything else."""
    for parse in (json.loads, ast.literal_eval):
        try:
            content = parse(cell)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(content, dict) and "ImportId" in content:
            return str(content["ImportId"])
    return None


def _letters(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalpha())


_TOOL_COLUMN_LETTERS = frozenset(_letters(column) for column in _TOOL_COLUMNS)


def _spells_tool_column(column: str, label: str) -> bool:
    is_old_name = column[:1] == "V" and column[1:].isdecimal()
    return _letters(label) in _TOOL_COLUMN_LETTERS and (is_old_name or _letters(column) == _letters(label))
