"""From text to records: quotes, line breaks, the delimiter, and the physical line on which each record starts.

Belongs here: the grammar of delimited text. Does not belong here: encodings, headers of a tool, the protocol.

There are two ways through a file. `read_records` is the grammar: Python's csv reader, strict about a cell that goes on
after its closing quote (read leniently, one lost quote would swallow the rows up to the next), with every refusal.
`read_regular_records` takes the files that are perfectly regular, nearly all of them, at the speed of Arrow, proves that
they are by counting bytes, and leaves every other file to the first way.
"""

import csv
import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from dagster_project.exports.errors import ExportError, plain

DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_BYTES = 1 << 20
_SAMPLE_RECORDS = 500
_BATCH_ROWS = 50_000
_ARROW_BLOCK_BYTES = 8 << 20
_SCAN_BYTES = 1 << 20
#: The first line that spreadsheets write to tell each other the delimiter.
_SEPARATOR_LINE = re.compile(rb'"?sep=([,;\t|])"?[ \t]*(\r\n|\r|\n)', re.IGNORECASE)
_LINE_BREAK = re.compile("\r\n|\r|\n")
_LF, _CR, _QUOTE = 10, 13, 34
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Records:
    """Header, cells (string columns "0", "1", …), the line each record starts on (int64), and how many lines are blank."""

    header: tuple[str, ...]
    cells: pa.Table
    source_rows: pa.Array
    blank_lines: int


@dataclass(frozen=True)
class Grammar:
    """How a text is to be split: its delimiter, whether it was found, and how many bytes a `sep=` line takes."""

    delimiter: str
    is_found: bool
    skipped_bytes: int


class _Lines:
    """Physical lines (LF, CRLF and CR end one), and whether the text has ended."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self.has_ended = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._lines.readline()
        if not line:
            self.has_ended = True
            raise StopIteration
        return line


@contextmanager
def _cells_of_any_length() -> Iterator[None]:
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
    sample = utf8[:_SAMPLE_BYTES].decode("utf-8", "ignore")
    is_cut = len(utf8) > _SAMPLE_BYTES
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
    with _cells_of_any_length():
        for cells in csv.reader(_Lines(sample), delimiter=delimiter):
            if not _is_blank(cells):
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
    lines = _Lines(text)
    line_before = 1 if grammar.skipped_bytes else 0
    header: tuple[str, ...] | None = None
    batches: list[pa.RecordBatch] = []
    rows: list[list[str]] = []
    source_rows: list[int] = []
    blank_lines = 0
    with _cells_of_any_length():
        reader = csv.reader(lines, delimiter=grammar.delimiter, strict=True)
        while True:
            line = line_before + reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error:
                raise ExportError(_misquoted(name, text, grammar.delimiter, line, line_before, lines.has_ended)) from None
            if cells is None:
                break
            if _is_blank(cells):
                blank_lines += 1
            elif header is None:
                header = tuple(cells)
            elif len(cells) != len(header):
                raise ExportError(_ragged(name, line, line_before + reader.line_num, len(header), len(cells)))
            else:
                rows.append(cells)
                source_rows.append(line)
                if len(rows) == _BATCH_ROWS:
                    batches.append(_batch(rows, len(header)))
                    rows = []
    if header is None:
        raise ExportError(f"{name}: the file is empty; export it again")
    batches.append(_batch(rows, len(header)))
    return Records(header, pa.Table.from_batches(batches), pa.array(source_rows, pa.int64()), blank_lines)


def _misquoted(name: str, text: str, delimiter: str, line: int, line_before: int, has_ended: bool) -> str:
    """What is wrong with the quotes of the record that starts on `line`, found by reading that record leniently."""
    rest = _Lines(text)
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


def _is_blank(cells: list[str]) -> bool:
    return not cells or (len(cells) == 1 and cells[0].isspace())


def _batch(rows: list[list[str]], width: int) -> pa.RecordBatch:
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


def read_regular_records(utf8: bytes, grammar: Grammar) -> Records | None:
    """The same as `read_records` for a text that is perfectly regular, many times as fast; None for any other text.

    Regular means: two columns or more, lines ended by LF or CRLF, quotes only around whole cells (doubled inside), and
    the header's width in every record. All of it is proven on the bytes before Arrow parses them.
    """
    if utf8.count(b"\r") != utf8.count(b"\r\n"):
        return None
    data = np.frombuffer(utf8, np.uint8)[grammar.skipped_bytes :]
    breaks = _positions(data, _LF)
    quotes = _positions(data, _QUOTE)
    if not _quotes_are_regular(data, quotes, ord(grammar.delimiter)):
        return None
    ends = breaks[np.searchsorted(quotes, breaks) % 2 == 0] if quotes.size else breaks
    has_breaks_in_cells = ends.size < breaks.size
    starts = np.concatenate(([0], ends + 1))
    ends = np.concatenate((ends, [data.size]))
    if starts[-1] == data.size:
        starts, ends = starts[:-1], ends[:-1]
    is_empty = (ends == starts) | ((ends == starts + 1) & (data[starts] == _CR))
    filled = np.flatnonzero(~is_empty)
    if not filled.size:
        return None
    header_start, header_end = int(starts[filled[0]]), int(ends[filled[0]])
    header_text = utf8[grammar.skipped_bytes :][header_start:header_end].decode()
    with _cells_of_any_length():
        header = tuple(next(csv.reader(_Lines(header_text), delimiter=grammar.delimiter)))
    width = len(header)
    delimiters = _delimiters_outside_quotes(data, starts, quotes, ord(grammar.delimiter))
    if width < 2 or (delimiters[filled] != width - 1).any():
        return None
    first_line = 2 if grammar.skipped_bytes else 1
    lines = (np.searchsorted(breaks, starts) if quotes.size else np.arange(starts.size)) + first_line
    names = [str(position) for position in range(width)]
    blank_lines = int(is_empty.sum())
    if filled.size == 1:
        empty = pa.table({name: pa.array([], pa.string()) for name in names})
        return Records(header, empty, pa.array([], pa.int64()), blank_lines)
    first = grammar.skipped_bytes + int(starts[filled[1]])
    if utf8.startswith(_BOM, first):
        return None  # Arrow would take it for the mark of the whole text and drop it
    try:
        cells = arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(utf8).slice(first)),
            read_options=arrow_csv.ReadOptions(column_names=names, block_size=_ARROW_BLOCK_BYTES),
            parse_options=arrow_csv.ParseOptions(
                delimiter=grammar.delimiter,
                quote_char='"' if quotes.size else False,
                newlines_in_values=has_breaks_in_cells,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        )
    except pa.ArrowInvalid:
        # A record longer than one of Arrow's blocks; the grammar reads it.
        return None
    if cells.num_rows != filled.size - 1:
        return None
    return Records(header, cells, pa.array(lines[filled[1:]], pa.int64()), blank_lines)


def _positions(data: "np.ndarray[tuple[int], np.dtype[np.uint8]]", byte: int) -> np.ndarray:
    """Where a byte stands, found piece by piece: a mask of a whole file is slower than all the rest."""
    pieces = range(0, data.size, _SCAN_BYTES)
    found = [np.flatnonzero(data[begin : begin + _SCAN_BYTES] == byte) + begin for begin in pieces]
    return np.concatenate(found) if found else np.empty(0, np.int64)


def _quotes_are_regular(data: "np.ndarray[tuple[int], np.dtype[np.uint8]]", quotes: np.ndarray, delimiter: int) -> bool:
    """Whether each quote opens or closes a whole cell or is one of a doubled pair inside such a cell."""
    if quotes.size % 2:
        return False
    before = data[quotes[0::2] - 1]
    if quotes.size and quotes[0] == 0:
        before[0] = _LF
    after = data[np.minimum(quotes[1::2] + 1, data.size - 1)]
    if quotes.size and quotes[-1] == data.size - 1:
        after[-1] = _LF
    opens = np.isin(before, (delimiter, _LF, _QUOTE))
    closes = np.isin(after, (delimiter, _LF, _CR, _QUOTE))
    return bool(opens.all() and closes.all())


def _delimiters_outside_quotes(
    data: "np.ndarray[tuple[int], np.dtype[np.uint8]]", starts: np.ndarray, quotes: np.ndarray, delimiter: int
) -> np.ndarray:
    """How many delimiters each record has, those inside quotes not counted."""
    counts = np.empty(starts.size, np.int64)
    groups = np.searchsorted(starts, np.arange(0, data.size, _SCAN_BYTES))
    for first, last in pairwise((*np.unique(groups[groups < starts.size]), starts.size)):
        begin, end = starts[first], starts[last] if last < starts.size else data.size
        is_delimiter = (data[begin:end] == delimiter).view(np.uint8)
        counts[first:last] = np.add.reduceat(is_delimiter, starts[first:last] - begin, dtype=np.int64)
    if quotes.size:
        inside = np.add.reduceat((data == delimiter).view(np.uint8), quotes, dtype=np.int64)[0::2]
        record = np.searchsorted(starts, quotes[0::2], side="right") - 1
        counts -= np.bincount(record, weights=inside, minlength=starts.size).astype(np.int64)
    return counts
