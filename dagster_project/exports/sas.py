"""SAS files (.sas7bdat, .xpt): values back to text, labels kept, special missing values as SAS writes them (.A to .Z).

Belongs here: one file to one `TextTable`, and what Stata's files have in common with it. Does not belong here: what a
missing value means; the protocol declares that; catalogues of formats (catalogue.py).
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from dagster_project.exports.catalogue import is_catalogue
from dagster_project.exports.cell_text import number_text, single_number_text, value_text
from dagster_project.exports.date_formats import NumberWriter, sas_writer
from dagster_project.exports.errors import ExportError, plain
from dagster_project.exports.kept_digits import MAX_EXACT, rounded_numbers
from dagster_project.exports.labelled import LabelledFile, read_with
from dagster_project.exports.table import HeldCells, TextTable
from dagster_project.study import Layout


def read_sas(path: Path, name: str, layout: Layout) -> TextTable:
    """Read a SAS data set or transport file. `source_rows` are observation numbers from 1; `formats` are the columns' own.

    Raises ExportError for a file that is neither or is damaged, and for a catalogue of formats.
    """
    if is_catalogue(path):
        raise ExportError(
            f"{plain(name)}: this is a SAS catalogue of formats, not a data set; move it out of the export's folder, or"
            " narrow its pattern to *.sas7bdat, and name it under catalogue of the export"
        )
    with path.open("rb") as file:
        is_transport = file.read(13) == b"HEADER RECORD"
    if is_transport:
        file_content = read_with(path, name, "SAS", "read_xport", layout.encoding)
    else:
        file_content = read_with(path, name, "SAS", "read_sas7bdat", layout.encoding, user_missing=True)
    table = labelled_table(file_content, "SAS", lambda letter: f".{letter.upper()}", sas_writer)
    return replace(table, formats=dict(file_content.metadata.variable_to_label))


def labelled_table(
    file_content: LabelledFile,
    program: str,
    missing_text: Callable[[str], str],
    writer_of: Callable[[str | None], NumberWriter],
) -> TextTable:
    """The library's result as a table of text. missing_text: the program's spelling of a missing value, by its letter.
    writer_of: how numbers of a variable are written, by its format."""
    columns = tuple(file_content.values)
    missing_letters = file_content.metadata.missing_user_values or {}
    letters = {column: set(column_letters) for column, column_letters in missing_letters.items()}
    formats = file_content.metadata.original_variable_types
    types = file_content.metadata.readstat_variable_types or {}
    cells = []
    for column in columns:
        write_number = writer_of(formats.get(column))
        if write_number is number_text and types.get(column) == "float":
            write_number = single_number_text
        cells.append(_texts(file_content.values[column], letters.get(column, set()), missing_text, write_number))
    row_count = len(cells[0]) if cells else 0
    return TextTable(
        columns=columns,
        content=HeldCells(pa.table(cells, names=[str(position) for position in range(len(columns))])),
        source_rows=pa.array(range(1, row_count + 1), pa.int64()),
        column_labels=dict(file_content.labels),
        value_labels={
            column: {_label_key(code, missing_text): label for code, label in labels.items()}
            for column, labels in file_content.value_labels.items()
        },
        special_codes={
            column: tuple(missing_text(letter) for letter in sorted(column_letters))
            for column, column_letters in letters.items()
        },
        faults=tuple(
            fault
            for position, column in enumerate(columns)
            for fault in rounded_numbers(
                file_content.values[column], column, position, MAX_EXACT.get(types.get(column, ""), MAX_EXACT["double"])
            )
        ),
        encoding=file_content.encoding,
        notes=(f"The file is {program}'s.",),
        guesses=file_content.guesses,
    )


def _texts(values: list[Any], letters: set[str], missing_text: Callable[[str], str], write_number: NumberWriter) -> pa.Array:
    def text(cell: Any) -> str:
        if isinstance(cell, str):
            return missing_text(cell) if cell in letters else cell
        return "" if cell is None or cell != cell else write_number(cell)

    return pa.array([text(cell) for cell in values], pa.string())


def _label_key(code: Any, missing_text: Callable[[str], str]) -> str:
    return missing_text(code) if isinstance(code, str) else value_text(code)
