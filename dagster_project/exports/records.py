"""From text to records: quotes, line breaks, the delimiter, and the physical line on which each record starts.

Belongs here: the grammar of delimited text. Does not belong here: encodings, headers of a tool, the protocol.

There are two ways through a file. `read_records` is the grammar: Python's csv reader, strict about a cell that goes on
after its closing quote (read leniently, one lost quote would swallow the rows up to the next), with every refusal.
`regular_records` takes the files that are perfectly regular, nearly all of them, block by block, and proves that they are
by counting bytes (regular.py then parses the blocks). Every other file is left to the first way.
"""

import csv
import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa

from dagster_project.exports.errors import ExportError, plain
from dagster_project.exports.table import Cells, HeldCells

DELIMITERS = (",", ";", "\t", "|")
#: How much of a text its delimiter is told by.
SAMPLE_BYTES = 1 << 20
_SAMPLE_RECORDS = 500
_BATCH_ROWS = 50_000
#: The first line that spreadsheets write to tell each other the delimiter.
_SEPARATOR_LINE = re.compile(rb'"?sep=([,;\t|])"?[ \t]*(\r\n|\r|\n)', re.IGNORECASE)
_LINE_BREAK = re.compile("\r\n|\r|\n")


@dataclass(frozen=True)
class Records:
    """Header, cells, the line each record starts on (int64), and how many lines are blank."""

    header: tuple[str, ...]
    cells: Cells
    source_rows: pa.Array
    blank_lines: int


@dataclass(frozen=True)
class Grammar:
    """How a text is to be split: its delimiter, whether it was found, and how many bytes a `sep=` line takes."""

    delimiter: str
    is_found: bool
    skipped_bytes: int


class Lines:
    """Physical lines (LF, CRLF and CR end one), and whether the text has ended."""

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
    before = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def find_grammar(utf8: bytes) -> Grammar:
    """The delimiter among comma, semicolon, tab and bar, by how constant the width of records is outside quotes.

    A delimiter that splits the header and gives every record of the first part of the file the header's width wins;
    among several the one with more columns; if there is none, the one that fits most records, so that the ragged line
    can be named. A `sep=` line decides by itself. A file that none of them splits has one column.
    """
    if declared := _SEPARATOR_LINE.match(utf8):
        return Grammar(declared.group(1).decode(), True, declared.end())
    sample = utf8[:SAMPLE_BYTES].decode("utf-8", "ignore")
    is_cut = len(utf8) > SAMPLE_BYTES
    best: tuple[bool, float, int] | None = None
    found = DELIMITERS[0]
    for delimiter in DELIMITERS:
        widths = _widths(sample, delimiter, is_cut)
        if not widths or widths[0] < 2:
            continue
        fitting = sum(width == widths[0] for width in widths) / len(widths)
        rank = (fitting == 1, fitting if fitting < 1 else 0.0, widths[0])
        if best is None or rank > best:
            best, found = rank, delimiter
    return Grammar(found, best is not None, 0)


def _widths(sample: str, delimiter: str, is_cut: bool) -> list[int]:
    widths = []
    with cells_of_any_length():
        for cells in csv.reader(Lines(sample), delimiter=delimiter):
            if not is_blank(cells):
                widths.append(len(cells))
            if len(widths) == _SAMPLE_RECORDS:
                return widths
    return widths[:-1] if is_cut and len(widths) > 1 else widths


def read_records(utf8: bytes, grammar: Grammar, name: str) -> Records:
    """Split any delimited text into records.

    Raises ExportError for a record with more or fewer cells than the header, and for a quote that is never closed.
    """
    name = plain(name)
    text = utf8[grammar.skipped_bytes :].decode()
    lines = Lines(text)
    line_before = 1 if grammar.skipped_bytes else 0
    header: tuple[str, ...] | None = None
    batches: list[pa.RecordBatch] = []
    rows: list[list[str]] = []
    source_rows: list[int] = []
    blank_lines = 0
    with cells_of_any_length():
        reader = csv.reader(lines, delimiter=grammar.delimiter, strict=True)
        while True:
            line = line_before + reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error:
                raise ExportError(_misquoted(name, text, grammar.delimiter, line, line_before, lines.has_ended)) from None
            if cells is None:
                break
            if is_blank(cells):
                blank_lines += 1
            elif header is None:
                header = tuple(cells)
            elif len(cells) != len(header):
                raise ExportError(_ragged(name, line, line_before + reader.line_num, len(header), len(cells)))
            else:
                rows.append(cells)
                source_rows.append(line)
                if len(rows) == _BATCH_ROWS:
                    batches.append(text_batch(rows, len(header)))
                    rows = []
    if header is None:
        raise ExportError(f"{name}: the file is empty; export it again")
    batches.append(text_batch(rows, len(header)))
    return Records(header, HeldCells(pa.Table.from_batches(batches)), pa.array(source_rows, pa.int64()), blank_lines)


def _misquoted(name: str, text: str, delimiter: str, line: int, line_before: int, has_ended: bool) -> str:
    """What is wrong with the quotes of the record that starts on `line`, found by reading that record leniently."""
    rest = Lines(text)
    for _ in range(line - line_before - 1):
        next(rest)
    reader = csv.reader(rest, delimiter=delimiter)
    cells = next(reader)
    if has_ended:
        opened = line + sum(len(_LINE_BREAK.findall(cell)) for cell in cells[:-1])
        return f"{name}: line {opened}: a quote opens here and is never closed; export the file again"
    last = line + reader.line_num - 1
    where = f"line {line}" if last == line else f"lines {line} to {last}"
    return (
        f"{name}: {where}: a cell goes on after its closing quote; double the quotes inside cells, or export the file again"
    )


def is_blank(cells: list[str]) -> bool:
    return not cells or (len(cells) == 1 and cells[0].isspace())


def text_batch(rows: list[list[str]], width: int) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else [()] * width
    names = [str(position) for position in range(width)]
    return pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in columns], names=names)


def _ragged(name: str, line: int, last_line: int, expected: int, found: int) -> str:
    cells = "cell" if found == 1 else "cells"
    if last_line > line:
        cure = f"the record runs on to line {last_line}, so check the quotes"
    elif expected == 1:
        cure = "the first line must be the header, with the columns parted by comma, semicolon, tab or bar"
    else:
        cure = "check the delimiters and quotes of that line, or export the file again"
    return f"{name}: line {line}: {found} {cells}, where the header has {expected}; {cure}"
