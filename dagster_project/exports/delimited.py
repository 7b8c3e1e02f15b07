"""Delimited text: the CSV, semicolon, tab, bar and caret files of survey tools and spreadsheets.

Belongs here: one file to one `TextTable`. Does not belong here: encodings (decoding.py), the grammar (records.py), regular
files (regular.py), header rows of a particular tool, and duplicated columns, which the contract reports.
"""

from pathlib import Path

from dagster_project.exports.decoding import DOS_END, DecodedText, decode, utf8_bom_length, utf8_note
from dagster_project.exports.errors import ExportError, plain
from dagster_project.exports.header_rows import with_header
from dagster_project.exports.records import SAMPLE_BYTES, Grammar, Records, find_grammar, read_records
from dagster_project.exports.regular import regular_records
from dagster_project.exports.table import TextTable
from dagster_project.readable_files import beyond, most_of, read_whole, refuse_larger
from dagster_project.study import Layout

_ONE_HEADER_ROW = Layout()
_DELIMITER_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", "^": "caret"}


def read_delimited(path: Path, name: str, layout: Layout = _ONE_HEADER_ROW) -> TextTable:
    """Read a delimited text whose first record below the title rows is the header. A header alone gives a table without
    rows.

    `source_rows` are the physical lines, counted from 1, on which the records start. Decimal marks stay as they are.
    Raises ExportError for an empty file, a file that is not text or mixes encodings, NUL bytes, a ragged record, and a
    quote that is never closed; OSError when the file cannot be opened.
    """
    read_text = _read_from_file(path, name, layout.title_rows) if layout.encoding in (None, "utf-8") else None
    records, grammar, decoded_text = read_text or _read_into_memory(path, name, layout)
    notes = list(decoded_text.notes)
    if grammar.is_declared:
        notes.append(f"Line 1 declares the delimiter: {_DELIMITER_NAMES[grammar.delimiter]}.")
    elif grammar.is_found:
        notes.append(f"The delimiter is {_DELIMITER_NAMES[grammar.delimiter]}.")
    else:
        notes.append("No delimiter was found: the file has one column.")
    if records.blank_lines:
        notes.append(f"{records.blank_lines} blank lines were skipped.")
    table = TextTable(
        columns=records.header,
        content=records.cells,
        source_rows=records.source_rows,
        encoding=decoded_text.encoding,
        guesses=decoded_text.notes if decoded_text.is_guessed else (),
        delimiter=grammar.delimiter if grammar.is_found else None,
        warnings=records.warnings,
        notes=tuple(notes),
        blank_lines=records.blank_lines,
    )
    return with_header(table, layout, name)


def _refuse_endless_header(text: bytes, start: int, delimiter: str, name: str) -> None:
    """Refuse a file that is one very long line before a column is made for each of its cells."""
    end = len(text)
    for line_break in (b"\n", b"\r"):
        if (position := text.find(line_break, start, end)) >= 0:
            end = position
    _refuse_too_many_columns(text.count(delimiter.encode(), start, end) + 1, name)


def _refuse_too_many_columns(column_count: int, name: str) -> None:
    if column_count > most_of("text_columns"):
        raise ExportError(
            f"{plain(name)}: line 1: the header has {column_count} columns, {beyond('text_columns')}; or check the"
            " delimiter and the line ends"
        )


_ReadText = tuple[Records, Grammar, DecodedText]


def _read_from_file(path: Path, name: str, title_rows: int) -> _ReadText | None:
    """Read regular UTF-8 of any size, whose cells stay in the file. None for any other file."""
    refuse_larger(path, "text_bytes", plain(name), ExportError)
    with path.open("rb") as stream:
        beginning = stream.read(SAMPLE_BYTES + 1)
        end = stream.seek(0, 2)
        stream.seek(max(0, end - len(DOS_END)))
        end -= len(DOS_END) * (stream.read() == DOS_END)
    bom_length = utf8_bom_length(beginning)
    if bom_length is None or not beginning[bom_length:end].strip():
        return None  # only blanks (tabs among them): an empty file
    grammar = find_grammar(beginning[bom_length:end], title_rows)
    records = regular_records(path, bom_length, end, grammar, name)
    if records is not None:
        _refuse_too_many_columns(len(records.header), name)
    return None if records is None else (records, grammar, DecodedText(b"", "utf-8", (utf8_note(bom_length),)))


def _read_into_memory(path: Path, name: str, layout: Layout) -> _ReadText:
    """Read any delimited text, with all checks."""
    decoded_text = decode(read_whole(path, "memory_text_bytes", plain(name), ExportError), name, layout.encoding)
    grammar = find_grammar(decoded_text.utf8, layout.title_rows)
    if not decoded_text.utf8[grammar.skipped_bytes :].strip():
        raise ExportError(
            f"{plain(name)}: nothing is left below {layout.title_rows} title rows; correct title_rows of the export"
        )
    _refuse_endless_header(decoded_text.utf8, grammar.skipped_bytes, grammar.delimiter, name)
    records = regular_records(decoded_text.utf8, 0, len(decoded_text.utf8), grammar, name)
    if records is None:
        records = read_records(decoded_text.utf8, grammar, name)
    return records, grammar, decoded_text
