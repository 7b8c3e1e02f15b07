"""Delimited text: the CSV, semicolon, tab and bar files of survey tools and spreadsheets.

Belongs here: one file to one `TextTable`. Does not belong here: encodings (decoding.py), the grammar (records.py), regular
files (regular.py), header rows of a particular tool, and a column that is there twice, which the contract judges.
"""

from pathlib import Path

from dagster_project.exports.decoding import DOS_END, decode, utf8_mark, utf8_note
from dagster_project.exports.errors import ExportError, plain
from dagster_project.exports.records import SAMPLE_BYTES, Grammar, Records, find_grammar, read_records
from dagster_project.exports.regular import regular_records
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
    records, grammar, encoding, notes = _in_the_file(path, name) or _in_memory(path, name)
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
        content=records.cells,
        source_rows=records.source_rows,
        encoding=encoding,
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
    _refuse_columns(text.count(delimiter.encode(), start, end) + 1, name)


def _refuse_columns(columns: int, name: str) -> None:
    if columns > MOST_COLUMNS:
        raise ExportError(
            f"{plain(name)}: line 1: the header has {columns} columns, more than the {MOST_COLUMNS} that are read; check the"
            " delimiter and the line ends, or export fewer columns"
        )


_Text = tuple[Records, Grammar, str, list[str]]


def _in_the_file(path: Path, name: str) -> _Text | None:
    """Regular UTF-8, of any size: its cells stay in the file. None for any other file."""
    with path.open("rb") as stream:
        beginning = stream.read(SAMPLE_BYTES + 1)
        end = stream.seek(0, 2)
        stream.seek(max(0, end - len(DOS_END)))
        end -= len(DOS_END) * (stream.read() == DOS_END)
    mark = utf8_mark(beginning)
    if mark is None or not beginning[mark:end].strip():
        return None  # blanks alone are an empty file, also where tabs part them
    grammar = find_grammar(beginning[mark:end])
    records = regular_records(path, mark, end, grammar, name)
    if records is not None:
        _refuse_columns(len(records.header), name)
    return None if records is None else (records, grammar, "utf-8", [utf8_note(mark)])


def _in_memory(path: Path, name: str) -> _Text:
    """Any delimited text, with every refusal."""
    decoded = decode(path.read_bytes(), name)
    grammar = find_grammar(decoded.utf8)
    _refuse_endless_header(decoded.utf8, grammar.skipped_bytes, grammar.delimiter, name)
    records = regular_records(decoded.utf8, 0, len(decoded.utf8), grammar, name)
    if records is None:
        records = read_records(decoded.utf8, grammar, name)
    return records, grammar, decoded.encoding, list(decoded.notes)
