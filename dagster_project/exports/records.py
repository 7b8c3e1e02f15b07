"""From text to records: quotes, line breaks, the delimiter, and the physical line on which each record starts.

Belongs here: the grammar of delimited text. Does not belong here: encodings, headers of a tool, the protocol.

A file can be read in two ways. `read_records` follows the grammar with all checks: Python's csv reader, strict about a cell
that continues after its closing quote (read leniently, one missing quote would swallow all rows up to the next quote).
`regular_records` (regular.py) reads files that are perfectly regular, as nearly all are: it verifies that by counting bytes,
and parses them block by block. All other files are read in the first way.
"""

import csv
import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa

from dagster_project.exports.decoding import encoded_twice
from dagster_project.exports.errors import ExportError, plain
from dagster_project.exports.table import Cells, HeldCells

DELIMITERS = (",", ";", "\t", "|", "^")
#: How much of a text is used to find its delimiter.
SAMPLE_BYTES = 1 << 20
_SAMPLE_RECORDS = 500
_BATCH_ROWS = 50_000
#: The first line with which spreadsheets declare the delimiter.
_SEPARATOR_LINE = re.compile(rb'"?sep=([,;\t|^])"?[ \t]*(\r\n|\r|\n)', re.IGNORECASE)
_LINE_BREAK = re.compile("\r\n|\r|\n")
_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True)
class Records:
    """Header, cells, the line each record starts on (int64), how many lines are blank, and what people should know."""

    header: tuple[str, ...]
    cells: Cells
    source_rows: pa.Array
    blank_lines: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Grammar:
    """How to split a text.

    delimiter: the character. is_found: whether the text has one. is_declared: whether a `sep=` line says it. skipped_bytes,
    skipped_lines: what lies above the header, the `sep=` line and title rows.
    """

    delimiter: str
    is_found: bool
    skipped_bytes: int
    skipped_lines: int = 0
    is_declared: bool = False


class Lines:
    """Physical lines (ended by LF, CRLF or CR), and whether the end of the text was reached."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self.has_ended = False

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line = self._lines.readline()
        if not line:
            self.has_ended = True
            raise StopIteration
        return line


@contextmanager
def cells_of_any_length() -> Iterator[None]:
    previous_limit = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(previous_limit)


def find_grammar(utf8: bytes, title_rows: int = 0) -> Grammar:
    """Find the delimiter (comma, semicolon, tab, bar or caret) that gives the records the most constant width.

    The best delimiter splits the header and gives every record in the first part of the file the header's width; of several,
    the one with most columns. If there is none, it is the one that fits most records, so that the ragged line can be named.
    A `sep=` line takes precedence. A file that no delimiter splits has one column. The lines of `title_rows` are left out.
    """
    separator_line = _SEPARATOR_LINE.match(utf8)
    skipped_bytes = separator_line.end() if separator_line else 0
    for _ in range(title_rows):
        line_end = _LINE_END.search(utf8, skipped_bytes)
        skipped_bytes = line_end.end() if line_end else len(utf8)
    skipped_lines = title_rows + bool(separator_line)
    if separator_line:
        return Grammar(separator_line.group(1).decode(), True, skipped_bytes, skipped_lines, is_declared=True)
    sample = utf8[skipped_bytes : skipped_bytes + SAMPLE_BYTES].decode("utf-8", "ignore")
    is_truncated = len(utf8) > skipped_bytes + SAMPLE_BYTES
    best_rank: tuple[bool, float, int] | None = None
    best_delimiter = DELIMITERS[0]
    for delimiter in DELIMITERS:
        widths = _widths(sample, delimiter, is_truncated)
        if not widths or widths[0] < 2:
            continue
        matching_share = sum(width == widths[0] for width in widths) / len(widths)
        rank = (matching_share == 1, matching_share if matching_share < 1 else 0.0, widths[0])
        if best_rank is None or rank > best_rank:
            best_rank, best_delimiter = rank, delimiter
    return Grammar(best_delimiter, best_rank is not None, skipped_bytes, skipped_lines)


def _widths(sample: str, delimiter: str, is_truncated: bool) -> list[int]:
    widths = []
    with cells_of_any_length():
        for cells in csv.reader(Lines(sample), delimiter=delimiter):
            if not is_blank(cells):
                widths.append(len(cells))
            if len(widths) == _SAMPLE_RECORDS:
                return widths
    return widths[:-1] if is_truncated and len(widths) > 1 else widths


def read_records(utf8: bytes, grammar: Grammar, name: str) -> Records:
    """Split any delimited text into records.

    Raises ExportError for a record with more or fewer cells than the header, and for a quote that is never closed.
    """
    name = plain(name)
    text = utf8[grammar.skipped_bytes :].decode()
    lines = Lines(text)
    skipped_lines = grammar.skipped_lines
    header: tuple[str, ...] | None = None
    batches: list[pa.RecordBatch] = []
    rows: list[list[str]] = []
    source_rows: list[int] = []
    blank_lines = 0
    with cells_of_any_length():
        reader = csv.reader(lines, delimiter=grammar.delimiter, strict=True)
        while True:
            line = skipped_lines + reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error:
                raise ExportError(
                    _misquoted_message(name, text, grammar.delimiter, line, skipped_lines, lines.has_ended)
                ) from None
            if cells is None:
                break
            if is_blank(cells):
                blank_lines += 1
            elif header is None:
                header = tuple(cells)
            elif len(cells) != len(header):
                raise ExportError(_ragged_message(name, line, skipped_lines + reader.line_num, len(header), len(cells)))
            else:
                rows.append(cells)
                source_rows.append(line)
                if len(rows) == _BATCH_ROWS:
                    batches.append(text_batch(rows, len(header)))
                    rows = []
    if header is None:
        raise ExportError(f"{name}: the file is empty; export it again")
    batches.append(text_batch(rows, len(header)))
    warning = encoded_twice(utf8)
    return Records(
        header,
        HeldCells(pa.Table.from_batches(batches)),
        pa.array(source_rows, pa.int64()),
        blank_lines,
        () if warning is None else (warning,),
    )


def _misquoted_message(name: str, text: str, delimiter: str, line: int, skipped_lines: int, has_ended: bool) -> str:
    """What is wrong with the quotes of the record that starts on `line`, found by reading that record leniently."""
    remaining_lines = Lines(text)
    for _ in range(line - skipped_lines - 1):
        next(remaining_lines)
    reader = csv.reader(remaining_lines, delimiter=delimiter)
    cells = next(reader)
    if has_ended:
        opening_line = line + sum(len(_LINE_BREAK.findall(cell)) for cell in cells[:-1])
        return f"{name}: line {opening_line}: a quote opens here and is never closed; export the file again"
    last_line = line + reader.line_num - 1
    location = f"line {line}" if last_line == line else f"lines {line} to {last_line}"
    return (
        f"{name}: {location}: a cell continues after its closing quote; double the quotes inside cells, or export the file"
        " again"
    )


def is_blank(cells: list[str]) -> bool:
    return not cells or (len(cells) == 1 and cells[0].isspace())


def text_batch(rows: list[list[str]], width: int) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else [()] * width
    names = [str(position) for position in range(width)]
    return pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in columns], names=names)


def _ragged_message(name: str, line: int, last_line: int, header_width: int, cell_count: int) -> str:
    noun = "cell" if cell_count == 1 else "cells"
    if last_line > line:
        remedy = f"the record runs on to line {last_line}, so check the quotes"
    elif header_width == 1:
        remedy = "the first line must be the header, with columns separated by comma, semicolon, tab, bar or caret"
    else:
        remedy = "check the delimiters and quotes of that line, or export the file again"
    return f"{name}: line {line}: {cell_count} {noun}, where the header has {header_width}; {remedy}"
