"""Perfectly regular delimited text, which nearly all is: proven to be by counting bytes, parsed by Arrow block by block.

Belongs here: the proof, and cells that stay in the file until they are asked for. Does not belong here: what is not regular
(records.py), encodings, a tool's header rows.

Regular means: UTF-8 without NUL, two columns or more, lines ended by LF or CRLF, quotes only around whole cells (doubled
inside), and the header's width in every record. The proof reads the file once, and cuts it into blocks at ends of records.
Parsing reads it again, one block at a time, so that a file may be larger than the memory.

Whole numbers. Arrow parses an answer as a number in a third of the time that its text takes to be kept, but takes " 5", "05"
and "+5" for 5 too. That no cell of a block was spelled so is proven by counting again. A number's plain spelling is its
shortest, and any other is longer; a blank cell has no length; text is as long as it is. So the lengths of all cells, each
number counted by its plain spelling, together with the bytes that belong to no cell (delimiters, line ends, the quotes that
are not part of a text) are never more than the bytes of the block, and are all of them only if every number is plain.
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

from dagster_project.exports.errors import ExportError, plain
from dagster_project.exports.records import Grammar, Lines, Records, cells_of_any_length, is_blank, text_batch
from dagster_project.exports.whole_numbers import spelled_length

_Bytes = np.ndarray[tuple[int], np.dtype[np.uint8]]

_BLOCK_BYTES = 8 << 20
#: The first block tells which columns hold whole numbers, as text; the smaller it is the less is parsed as text.
_FIRST_BLOCK_BYTES = 1 << 18
#: A record longer than this is left to the grammar.
_LONGEST_RECORD = 256 << 20
#: Arrow's own blocks: what fits into a core's cache is parsed in half the time.
_ARROW_BLOCK_BYTES = 1 << 18
_SCAN_BYTES = 1 << 20
_LF, _CR, _QUOTE = 10, 13, 34
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class _Block:
    """Whole records: where their bytes stand, how many there are, and how many bytes belong to no cell.

    longest: the bytes of the longest record. is_quoted: whether there are quotes. has_breaks: whether lines end in cells.
    """

    begin: int
    end: int
    rows: int
    framing: int
    longest: int
    is_quoted: bool
    has_breaks: bool


@dataclass(frozen=True)
class _Scan:
    """What the proof found out about one piece of the text."""

    block: _Block | None
    header: tuple[str, ...]
    lines: np.ndarray
    line_breaks: int
    blank_lines: int
    size: int


@dataclass(frozen=True)
class RegularCells:
    """Cells of a regular text, parsed when they are asked for. source: the file, or the text as UTF-8.

    skipped: how many of the first rows are left out.
    """

    source: Path | bytes
    name: str
    delimiter: str
    width: int
    blocks: tuple[_Block, ...]
    skipped: int = 0

    @property
    def num_rows(self) -> int:
        return max(0, sum(block.rows for block in self.blocks) - self.skipped)

    def slice(self, offset: int) -> "RegularCells":
        return replace(self, skipped=self.skipped + offset)

    def batches(self, positions: Sequence[int], whole: Collection[int]) -> Iterator[pa.RecordBatch]:
        left_out = self.skipped
        with self._opened() as stream:
            for number, block in enumerate(self.blocks):
                if left_out >= block.rows:
                    left_out -= block.rows
                    continue
                data = self._read(stream, block)
                # Which columns are no numbers shows in the first block, when its reader has seen it as text.
                batch = self._numbers(data, block, whole) if whole and number else None
                batch = (
                    batch.select([str(position) for position in positions]) if batch else self._texts(data, block, positions)
                )
                yield batch.slice(left_out)
                left_out = 0

    def take(self, places: Sequence[int], positions: Sequence[int]) -> pa.Table:
        wanted = np.asarray(places, np.int64) + self.skipped
        schema = pa.schema([(str(position), pa.string()) for position in positions])
        batches, first = [], 0
        with self._opened() as stream:
            for block in self.blocks:
                here = wanted[np.searchsorted(wanted, first) : np.searchsorted(wanted, first + block.rows)] - first
                if here.size:
                    batches.append(self._texts(self._read(stream, block), block, positions).take(pa.array(here)))
                first += block.rows
        return pa.Table.from_batches(batches, schema)

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        try:
            stream: BinaryIO = io.BytesIO(self.source) if isinstance(self.source, bytes) else self.source.open("rb")
        except OSError as error:
            raise ExportError(f"{plain(self.name)}: cannot be opened ({error.strerror}); check the file") from None
        with stream:
            yield stream

    def _read(self, stream: BinaryIO, block: _Block) -> bytes:
        stream.seek(block.begin)
        return stream.read(block.end - block.begin)

    def _numbers(self, data: bytes, block: _Block, whole: Collection[int]) -> pa.RecordBatch | None:
        """The block with whole numbers at these places; None if any of them is something else."""
        kinds = [pa.int16() if position in whole else pa.string() for position in range(self.width)]
        try:
            batch = self._arrow(data, block, kinds, None)
        except pa.ArrowInvalid:
            return None
        lengths = (
            spelled_length(column) if pa.types.is_integer(column.type) else pc.sum(pc.binary_length(column)).as_py() or 0
            for column in batch.columns
        )
        is_whole = batch.num_rows == block.rows and sum(lengths) + block.framing == len(data)
        return batch if is_whole else None

    def _texts(self, data: bytes, block: _Block, positions: Sequence[int]) -> pa.RecordBatch:
        try:
            batch = self._arrow(data, block, [pa.string()] * self.width, positions)
        except pa.ArrowInvalid:
            batch = None
        if batch is None or batch.num_rows != block.rows:
            batch = self._by_grammar(data).select([str(position) for position in positions])
        if batch.num_rows != block.rows:
            raise ExportError(self._changed())
        return batch

    def _arrow(
        self, data: bytes, block: _Block, kinds: Sequence[pa.DataType], positions: Sequence[int] | None
    ) -> pa.RecordBatch:
        names = [str(position) for position in range(self.width)]
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            read_options=arrow_csv.ReadOptions(
                column_names=names, block_size=max(_ARROW_BLOCK_BYTES, 2 * block.longest), use_threads=False
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self.delimiter,
                quote_char='"' if block.is_quoted else False,
                newlines_in_values=block.has_breaks,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict(zip(names, kinds, strict=True)),
                include_columns=None if positions is None else [str(position) for position in positions],
                null_values=[""],
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
        whole = table.combine_chunks().to_batches()
        return whole[0] if whole else pa.RecordBatch.from_pylist([], table.schema)

    def _by_grammar(self, data: bytes) -> pa.RecordBatch:
        """A block that Arrow does not take."""
        try:
            with cells_of_any_length():
                reader = csv.reader(Lines(data.decode()), delimiter=self.delimiter, strict=True)
                return text_batch([cells for cells in reader if not is_blank(cells)], self.width)
        except (csv.Error, ValueError):
            raise ExportError(self._changed()) from None

    def _changed(self) -> str:
        return f"{plain(self.name)}: changed while it was read; wait until it is written and run again"


def regular_records(source: Path | bytes, begin: int, end: int, grammar: Grammar, name: str) -> Records | None:
    """The same as `read_records` for a text that is regular, many times as fast; None for any other text.

    The text is what stands from `begin` to `end`. Raises OSError when the file cannot be read.
    """
    header: tuple[str, ...] = ()
    blocks: list[_Block] = []
    lines: list[np.ndarray] = []
    line, blank_lines = 1 + bool(grammar.skipped_bytes), 0
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as stream:
        place = begin + grammar.skipped_bytes
        stream.seek(place)
        rest, step = b"", _FIRST_BLOCK_BYTES
        while place + len(rest) < end:
            data = rest + stream.read(min(step, end - place - len(rest)))
            if len(data) == len(rest):
                return None  # shorter than it was
            step = max(_BLOCK_BYTES, len(rest))
            piece = _scan(data, place, place + len(data) == end, header, ord(grammar.delimiter))
            if piece is None or len(data) - piece.size > _LONGEST_RECORD:
                return None
            header = piece.header
            blocks += [piece.block] if piece.block is not None else []
            lines.append(piece.lines + line)
            line += piece.line_breaks
            blank_lines += piece.blank_lines
            place, rest = place + piece.size, data[piece.size :]
    if not header:
        return None
    cells = RegularCells(source, name, grammar.delimiter, len(header), tuple(blocks))
    return Records(header, cells, pa.array(np.concatenate(lines), pa.int64()), blank_lines)


def _scan(text: bytes, place: int, is_last: bool, header: tuple[str, ...], delimiter: int) -> _Scan | None:
    """The records that end within a piece of text, which begins with a record; None if they are not regular.

    place: where the piece stands in the file. header: empty as long as it has not come; the first record then is it.
    """
    breaks = _positions(np.frombuffer(text, np.uint8), _LF)
    quotes = _positions(np.frombuffer(text, np.uint8), _QUOTE)
    ends = breaks[np.searchsorted(quotes, breaks) % 2 == 0] if quotes.size else breaks
    if not is_last:
        if not ends.size:
            return _Scan(None, header, np.empty(0, np.int64), 0, 0, 0)
        size = int(ends[-1]) + 1
        text, breaks, quotes = text[:size], breaks[breaks < size], quotes[quotes < size]
    data = np.frombuffer(text, np.uint8)
    if not _is_utf8(text) or text.count(b"\r") != text.count(b"\r\n") or not _quotes_are_regular(data, quotes, delimiter):
        return None
    starts = np.concatenate(([0], ends + 1))
    stops = np.concatenate((ends, [data.size]))
    if starts[-1] == data.size:
        starts, stops = starts[:-1], stops[:-1]
    is_empty = (stops == starts) | ((stops == starts + 1) & (data[starts] == _CR))
    filled = np.flatnonzero(~is_empty)
    lines = np.searchsorted(breaks, starts) if ends.size < breaks.size else np.arange(starts.size)
    blank_lines = int(is_empty.sum())
    if not header and filled.size:
        written = text[int(starts[filled[0]]) : int(stops[filled[0]])].decode()
        with cells_of_any_length():
            header = tuple(next(csv.reader(Lines(written), delimiter=chr(delimiter))))
        people = filled[1:]
    else:
        people = filled
    width = len(header)
    if filled.size:
        delimiters = _delimiters_outside_quotes(data, starts, quotes, delimiter)
        if width < 2 or (delimiters[filled] != width - 1).any():
            return None
    block = None
    if people.size:
        first = int(people[0])
        begin = int(starts[first])
        if text.startswith(_BOM, begin):
            return None  # Arrow would take it for the mark of the whole text and drop it
        line_ends = ends[ends >= begin]
        before_ends = data[line_ends[line_ends > begin] - 1]
        inside = quotes[quotes >= begin]
        doubled = np.count_nonzero(inside[1:-1:2] + 1 == inside[2::2])
        framing = people.size * (width - 1) + line_ends.size + np.count_nonzero(before_ends == _CR) + inside.size - doubled
        block = _Block(
            begin=place + begin,
            end=place + data.size,
            rows=int(people.size),
            framing=int(framing),
            longest=int((stops - starts)[first:].max()) + 2,
            is_quoted=bool(inside.size),
            has_breaks=bool(ends.size < breaks.size),
        )
    return _Scan(block, header, lines[people], int(breaks.size), blank_lines, data.size)


def _is_utf8(text: bytes) -> bool:
    if b"\0" in text:
        return False
    try:
        return text.isascii() or bool(text.decode())
    except UnicodeDecodeError:
        return False


def _positions(data: _Bytes, byte: int) -> np.ndarray:
    """Where a byte stands, found piece by piece: a mask of a whole file is slower than all the rest."""
    pieces = range(0, data.size, _SCAN_BYTES)
    found = [np.flatnonzero(data[begin : begin + _SCAN_BYTES] == byte) + begin for begin in pieces]
    return np.concatenate(found) if found else np.empty(0, np.int64)


def _quotes_are_regular(data: _Bytes, quotes: np.ndarray, delimiter: int) -> bool:
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


def _delimiters_outside_quotes(data: _Bytes, starts: np.ndarray, quotes: np.ndarray, delimiter: int) -> np.ndarray:
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
