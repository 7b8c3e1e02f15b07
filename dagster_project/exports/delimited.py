"""Delimited text: the CSV, semicolon, tab and bar files of survey tools and spreadsheets.

Belongs here: one file to one `TextTable`. Does not belong here: encodings (decoding.py), the grammar (records.py), header
rows of a particular tool, and a column that is there twice, which the contract judges.
"""

from pathlib import Path

from dagster_project.exports.decoding import decode
from dagster_project.exports.errors import ExportError, plain
from dagster_project.exports.records import find_grammar, read_records, read_regular_records
from dagster_project.exports.table import TextTable

#: More columns than any survey tool or statistics program writes: Stata ends at 120,000. A million take 10 GB.
MOST_COLUMNS = 200_000
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def read_delimited(path: Path, name: str) -> TextTable:
    """Read a delimited text whose first record is the header. A header alone is a table without rows.

    `source_rows` are physical lines, counted from 1, on which the records start. Decimal marks stay as they are.
    Raises ExportError for an empty file, a file that is no text or mixes encodings, NUL bytes, a ragged record, and a
    quote that is never closed; OSError when the file cannot be opened.
    """
    decoded = decode(path.read_bytes(), name)
    grammar = find_grammar(decoded.utf8)
    _refuse_endless_header(decoded.utf8, grammar.skipped_bytes, grammar.delimiter, name)
    records = read_regular_records(decoded.utf8, grammar) or read_records(decoded.utf8, grammar, name)
    notes = list(decoded.notes)
    if grammar.skipped_bytes:
        notes.append(f"Line 1 declares the delimiter: {_NAMES[grammar.delimiter]}.")
    elif grammar.is_found:
        notes.append(f"The delimiter is {_NAMES[grammar.delimiter]}.")
    else:
        notes.append("No delimiter was found: the file has one column.")
    if records.blank_lines:
        notes.append(f"{records.blank_lines} blank lines are no records.")
    return TextTable(
        columns=records.header,
        cells=records.cells,
        source_rows=records.source_rows,
        encoding=decoded.encoding,
        delimiter=grammar.delimiter if grammar.is_found else None,
        notes=tuple(notes),
        blank_lines=records.blank_lines,
    )


def _refuse_endless_header(text: bytes, start: int, delimiter: str, name: str) -> None:
    """Before a column is made for each: a file that is one endless line is no table of answers."""
    end = len(text)
    for mark in (b"\n", b"\r"):
        if (place := text.find(mark, start, end)) >= 0:
            end = place
    columns = text.count(delimiter.encode(), start, end) + 1
    if columns > MOST_COLUMNS:
        raise ExportError(
            f"{plain(name)}: line 1: the header has {columns} columns, more than the {MOST_COLUMNS} that are read; check the"
            " delimiter and the line ends, or export fewer columns"
        )
