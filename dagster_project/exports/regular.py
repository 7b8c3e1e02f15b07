"""Perfectly regular delimited text, the usual case: verified by counting bytes, parsed by Arrow block by block.

Belongs here: the verification, and cells that stay in the file until they are read. Does not belong here: irregular text
(records.py), encodings, a tool's header rows.

Regular means: UTF-8 without NUL, two columns or more, lines ended by LF or CRLF, quotes only around whole cells (doubled
inside), and the header's width in every record. The verification reads the file once, and divides it into blocks that end
with a record. Parsing reads it again, one block at a time, so that a file may be larger than the memory.

Whole numbers. Arrow parses an answer as a number in a third of the time that its text needs, but also reads " 5", "05" and
"+5" as 5. Counting bytes again proves that no cell of a block was spelled so: the plain spelling of a number is shorter than
any other. Therefore the lengths of all cells (of a number the length of its plain spelling, of a blank cell 0), plus the
bytes that belong to no cell (delimiters, line ends, the quotes that are not part of a text), never exceed the bytes of the
block, and equal them only if every number is spelled plainly.
"""

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from dagster_project.exports.decoding import encoded_twice
from dagster_project.exports.errors import ExportError, plain
from dagster_project.exports.records import Grammar, Lines, Records, cells_of_any_length, is_blank, text_batch
from dagster_project.exports.whole_numbers import total_text_length

_Bytes = np.ndarray[tuple[int], np.dtype[np.uint8]]

_BLOCK_BYTES = 8 << 20
#: The first block is parsed as text, to see which columns hold whole numbers; a smaller one saves time.
_FIRST_BLOCK_BYTES = 1 << 18
#: A text with a record longer than this is not regular.
_MAX_RECORD_BYTES = 256 << 20
#: Arrow's own blocks: those that fit into a core's cache are parsed in half the time.
_ARROW_BLOCK_BYTES = 1 << 18
_SCAN_BYTES = 1 << 20
_LF, _CR, _QUOTE = 10, 13, 34
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class _Block:
    """Whole records: the range of their bytes, how many there are, and how many bytes belong to no cell (framing).

    is_quoted: whether there are quotes. has_breaks: whether cells contain line breaks.
    """

    begin: int
    end: int
    rows: int
    framing: int
    longest_record: int  # bytes
    is_quoted: bool
    has_breaks: bool


@dataclass(frozen=True)
class _Scan:
    """The result of the verification for one piece of the text. lines: of each record, counted from the piece's first."""

    block: _Block | None
    header: tuple[str, ...]
    lines: np.ndarray
    line_breaks: int
    blank_lines: int
    size: int


@dataclass(frozen=True)
class RegularCells:
    """Cells of a regular text, parsed when they are read. source: the file, or the text as UTF-8.

    skipped_rows: how many of the first rows do not belong to them.
    """

    source: Path | bytes
    name: str
    delimiter: str
    width: int
    blocks: tuple[_Block, ...]
    skipped_rows: int = 0

    @property
    def num_rows(self) -> int:
        return max(0, sum(block.rows for block in self.blocks) - self.skipped_rows)

    def slice(self, offset: int) -> "RegularCells":
        return replace(self, skipped_rows=self.skipped_rows + offset)

    def batches(self, positions: Sequence[int], integer_positions: Collection[int]) -> Iterator[pa.RecordBatch]:
        rows_to_skip = self.skipped_rows
        with self._open_source() as stream:
            for block_number, block in enumerate(self.blocks):
                if rows_to_skip >= block.rows:
                    rows_to_skip -= block.rows
                    continue
                data = self._block_bytes(stream, block)
                # The first block is text: from it the caller learns which columns are not numbers.
                numbers = self._int16_batch(data, block, integer_positions) if integer_positions and block_number else None
                if numbers:
                    batch = numbers.select([str(position) for position in positions])
                else:
                    batch = self._text_batch(data, block, positions)
                yield batch.slice(rows_to_skip)
                rows_to_skip = 0

    def take(self, row_indices: Sequence[int], positions: Sequence[int]) -> pa.Table:
        text_rows = np.asarray(row_indices, np.int64) + self.skipped_rows
        schema = pa.schema([(str(position), pa.string()) for position in positions])
        batches, first_row = [], 0
        with self._open_source() as stream:
            for block in self.blocks:
                begin, end = np.searchsorted(text_rows, (first_row, first_row + block.rows))
                if end > begin:
                    batch = self._text_batch(self._block_bytes(stream, block), block, positions)
                    batches.append(batch.take(pa.array(text_rows[begin:end] - first_row)))
                first_row += block.rows
        return pa.Table.from_batches(batches, schema)

    @contextmanager
    def _open_source(self) -> Iterator[BinaryIO]:
        try:
            stream: BinaryIO = io.BytesIO(self.source) if isinstance(self.source, bytes) else self.source.open("rb")
        except OSError as error:
            raise ExportError(f"{plain(self.name)}: cannot be opened ({error.strerror}); check the file") from None
        with stream:
            yield stream

    def _block_bytes(self, stream: BinaryIO, block: _Block) -> bytes:
        stream.seek(block.begin)
        return stream.read(block.end - block.begin)

    def _int16_batch(self, data: bytes, block: _Block, integer_positions: Collection[int]) -> pa.RecordBatch | None:
        """The block with whole numbers at these positions; None if a cell there is neither blank nor a plain number."""
        column_types = [pa.int16() if position in integer_positions else pa.string() for position in range(self.width)]
        try:
            batch = self._parse_by_arrow(data, block, column_types, None)
        except pa.ArrowInvalid:
            return None
        lengths = (
            total_text_length(column) if pa.types.is_integer(column.type) else pc.sum(pc.binary_length(column)).as_py() or 0
            for column in batch.columns
        )
        is_plain = batch.num_rows == block.rows and sum(lengths) + block.framing == len(data)
        return batch if is_plain else None

    def _text_batch(self, data: bytes, block: _Block, positions: Sequence[int]) -> pa.RecordBatch:
        try:
            batch = self._parse_by_arrow(data, block, [pa.string()] * self.width, positions)
        except pa.ArrowInvalid:
            batch = None
        if batch is None or batch.num_rows != block.rows:
            batch = self._parse_by_grammar(data).select([str(position) for position in positions])
        if batch.num_rows != block.rows:
            raise ExportError(self._changed_message())
        return batch

    def _parse_by_arrow(
        self, data: bytes, block: _Block, column_types: Sequence[pa.DataType], positions: Sequence[int] | None
    ) -> pa.RecordBatch:
        names = [str(position) for position in range(self.width)]
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            read_options=arrow_csv.ReadOptions(
                column_names=names, block_size=max(_ARROW_BLOCK_BYTES, 2 * block.longest_record), use_threads=False
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self.delimiter,
                quote_char='"' if block.is_quoted else False,
                newlines_in_values=block.has_breaks,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict(zip(names, column_types, strict=True)),
                include_columns=None if positions is None else [str(position) for position in positions],
                null_values=[""],
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
        batches = table.combine_chunks().to_batches()
        return batches[0] if batches else pa.RecordBatch.from_pylist([], table.schema)

    def _parse_by_grammar(self, data: bytes) -> pa.RecordBatch:
        """A block that Arrow cannot parse."""
        try:
            with cells_of_any_length():
                reader = csv.reader(Lines(data.decode()), delimiter=self.delimiter, strict=True)
                return text_batch([cells for cells in reader if not is_blank(cells)], self.width)
        except (csv.Error, ValueError):
            raise ExportError(self._changed_message()) from None

    def _changed_message(self) -> str:
        return f"{plain(self.name)}: changed while it was read; wait until it is written and run again"


def regular_records(source: Path | bytes, begin: int, end: int, grammar: Grammar, name: str) -> Records | None:
    """The result of `read_records` for a regular text, many times as fast; None for any other text.

    The text goes from byte `begin` to byte `end` of the source. Raises OSError when the file cannot be read.
    """
    header: tuple[str, ...] = ()
    blocks: list[_Block] = []
    lines: list[np.ndarray] = []
    line, blank_lines = 1 + grammar.skipped_lines, 0
    warning: str | None = None
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as stream:
        position = begin + grammar.skipped_bytes
        stream.seek(position)
        remainder, read_size = b"", _FIRST_BLOCK_BYTES
        while position + len(remainder) < end:
            data = remainder + stream.read(min(read_size, end - position - len(remainder)))
            if len(data) == len(remainder):
                return None  # the file has become shorter
            read_size = max(_BLOCK_BYTES, len(remainder))
            scan = _scan(data, position, position + len(data) == end, header, ord(grammar.delimiter))
            if scan is None or len(data) - scan.size > _MAX_RECORD_BYTES:
                return None
            header = scan.header
            warning = warning or encoded_twice(data[: scan.size])
            blocks += [scan.block] if scan.block is not None else []
            lines.append(scan.lines + line)
            line += scan.line_breaks
            blank_lines += scan.blank_lines
            position, remainder = position + scan.size, data[scan.size :]
    if not header:
        return None
    cells = RegularCells(source, name, grammar.delimiter, len(header), tuple(blocks))
    warnings = () if warning is None else (warning,)
    return Records(header, cells, pa.array(np.concatenate(lines), pa.int64()), blank_lines, warnings)


def _scan(text: bytes, position: int, is_last: bool, header: tuple[str, ...], delimiter: int) -> _Scan | None:
    """The records that end within a piece of text, which begins with a record; None if they are not regular.

    position: of the piece in the source. header: empty until it has been read; the first record then is the header.
    """
    line_feeds = _byte_offsets(np.frombuffer(text, np.uint8), _LF)
    quotes = _byte_offsets(np.frombuffer(text, np.uint8), _QUOTE)
    ends = line_feeds[np.searchsorted(quotes, line_feeds) % 2 == 0] if quotes.size else line_feeds
    if not is_last:
        if not ends.size:
            return _Scan(None, header, np.empty(0, np.int64), 0, 0, 0)
        size = int(ends[-1]) + 1
        text, line_feeds, quotes = text[:size], line_feeds[line_feeds < size], quotes[quotes < size]
    data = np.frombuffer(text, np.uint8)
    if not _is_utf8(text) or text.count(b"\r") != text.count(b"\r\n") or not _quotes_are_regular(data, quotes, delimiter):
        return None
    starts = np.concatenate(([0], ends + 1))
    stops = np.concatenate((ends, [data.size]))
    if starts[-1] == data.size:
        starts, stops = starts[:-1], stops[:-1]
    is_empty = (stops == starts) | ((stops == starts + 1) & (data[starts] == _CR))
    filled_records = np.flatnonzero(~is_empty)
    lines = np.searchsorted(line_feeds, starts) if ends.size < line_feeds.size else np.arange(starts.size)
    blank_lines = int(is_empty.sum())
    if not header and filled_records.size:
        header_text = text[int(starts[filled_records[0]]) : int(stops[filled_records[0]])].decode()
        with cells_of_any_length():
            header = tuple(next(csv.reader(Lines(header_text), delimiter=chr(delimiter))))
        data_records = filled_records[1:]
    else:
        data_records = filled_records
    width = len(header)
    if filled_records.size:
        delimiters = _delimiters_outside_quotes(data, starts, quotes, delimiter)
        if width < 2 or (delimiters[filled_records] != width - 1).any():
            return None
    block = None
    if data_records.size:
        first_record = int(data_records[0])
        begin = int(starts[first_record])
        if text.startswith(_BOM, begin):
            return None  # Arrow would take it for the byte order mark of the text and drop it
        block_quotes = quotes[quotes >= begin]
        block = _Block(
            begin=position + begin,
            end=position + data.size,
            rows=int(data_records.size),
            framing=int(data_records.size * (width - 1) + _line_end_bytes(data, ends, begin) + _outer_quotes(block_quotes)),
            longest_record=int((stops - starts)[first_record:].max()) + 2,
            is_quoted=bool(block_quotes.size),
            has_breaks=bool(ends.size < line_feeds.size),
        )
    return _Scan(block, header, lines[data_records], int(line_feeds.size), blank_lines, data.size)


def _line_end_bytes(data: _Bytes, ends: np.ndarray, begin: int) -> int:
    """How many bytes from `begin` on belong to the ends of records."""
    line_ends = ends[ends >= begin]
    preceding_bytes = data[line_ends[line_ends > begin] - 1]
    return int(line_ends.size + np.count_nonzero(preceding_bytes == _CR))


def _outer_quotes(quotes: np.ndarray) -> int:
    """How many quotes are not part of a cell's text: of a doubled pair inside a cell, one is."""
    return int(quotes.size - np.count_nonzero(quotes[1:-1:2] + 1 == quotes[2::2]))


def _is_utf8(text: bytes) -> bool:
    if b"\0" in text:
        return False
    try:
        return text.isascii() or bool(text.decode())
    except UnicodeDecodeError:
        return False


def _byte_offsets(data: _Bytes, byte: int) -> np.ndarray:
    """The offsets of a byte, found piece by piece: a mask of the whole file would take most of the time."""
    pieces = range(0, data.size, _SCAN_BYTES)
    offsets = [np.flatnonzero(data[begin : begin + _SCAN_BYTES] == byte) + begin for begin in pieces]
    return np.concatenate(offsets) if offsets else np.empty(0, np.int64)


def _quotes_are_regular(data: _Bytes, quotes: np.ndarray, delimiter: int) -> bool:
    """Whether each quote opens or closes a whole cell or is one of a doubled pair inside such a cell."""
    if quotes.size % 2:
        return False
    bytes_before = data[quotes[0::2] - 1]
    if quotes.size and quotes[0] == 0:
        bytes_before[0] = _LF
    bytes_after = data[np.minimum(quotes[1::2] + 1, data.size - 1)]
    if quotes.size and quotes[-1] == data.size - 1:
        bytes_after[-1] = _LF
    is_opening = np.isin(bytes_before, (delimiter, _LF, _QUOTE))
    is_closing = np.isin(bytes_after, (delimiter, _LF, _CR, _QUOTE))
    return bool(is_opening.all() and is_closing.all())


def _delimiters_outside_quotes(data: _Bytes, starts: np.ndarray, quotes: np.ndarray, delimiter: int) -> np.ndarray:
    """How many delimiters each record has outside quotes."""
    counts = np.empty(starts.size, np.int64)
    groups = np.searchsorted(starts, np.arange(0, data.size, _SCAN_BYTES))
    for first_record, last_record in pairwise((*np.unique(groups[groups < starts.size]), starts.size)):
        begin, end = starts[first_record], starts[last_record] if last_record < starts.size else data.size
        is_delimiter = (data[begin:end] == delimiter).view(np.uint8)
        counts[first_record:last_record] = np.add.reduceat(
            is_delimiter, starts[first_record:last_record] - begin, dtype=np.int64
        )
    if quotes.size:
        quoted_delimiters = np.add.reduceat((data == delimiter).view(np.uint8), quotes, dtype=np.int64)[0::2]
        record_index = np.searchsorted(starts, quotes[0::2], side="right") - 1
        counts -= np.bincount(record_index, weights=quoted_delimiters, minlength=starts.size).astype(np.int64)
    return counts
