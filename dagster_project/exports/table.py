"""A table of text: what every reader gives, whatever the format was.

Belongs here: the shape that readers and the contract share. Does not belong here: reading a format, knowing the protocol.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

import pyarrow as pa


class Cells(Protocol):
    """The cells of a table, wherever they are kept. Columns are named by position ("0", "1", …)."""

    @property
    def num_rows(self) -> int: ...

    def slice(self, offset: int) -> "Cells":
        """The same without its first rows."""
        ...

    def batches(self, positions: Sequence[int], whole: Collection[int]) -> Iterator[pa.RecordBatch]:
        """All rows in their order, a piece at a time, the columns at `positions` only.

        A column is text, "" where the cell is blank. One at a place in `whole` may be int16 instead, in a piece in which
        every cell is blank (then null) or the plain spelling of such a number (whole_numbers.py). `whole` is looked at
        before each piece: who finds that a column holds other text takes it out, and gets text from there on.
        """
        ...

    def take(self, places: Sequence[int], positions: Sequence[int]) -> pa.Table:
        """The text of some rows, by their number from 0, in ascending order."""
        ...


@dataclass(frozen=True)
class HeldCells:
    """Cells in memory: one string column a place, no nulls."""

    table: pa.Table

    @property
    def num_rows(self) -> int:
        return int(self.table.num_rows)

    def slice(self, offset: int) -> "HeldCells":
        return HeldCells(self.table.slice(offset))

    def batches(self, positions: Sequence[int], whole: Collection[int]) -> Iterator[pa.RecordBatch]:
        yield from self.table.select(_names(positions)).to_batches()

    def take(self, places: Sequence[int], positions: Sequence[int]) -> pa.Table:
        return self.table.select(_names(positions)).take(pa.array(places, pa.int64()))


@dataclass(frozen=True)
class TextTable:
    """One export as text, one row a respondent. Nothing is typed, trimmed or dropped.

    columns: the header as written, in the file's order; it may hold the same name twice.
    content: the cells, held or still in the file. A cell without content is "", never null.
    source_rows: int64, one a row: the physical line on which the record starts (delimited text, first line 1), or the
        case number (SPSS, first case 1).
    column_labels: column name to the label that the file itself carries.
    other_names: column name to another name by which the tool knows the column (Qualtrics' ImportId).
    value_labels: column name to {value's text: label}.
    special_codes: column name to the codes that the file declares as user-missing, single ("-9") or as a range
        ("90 thru 99").
    encoding, delimiter: as found; None where the format has none, and for a file of one column.
    notes: what was found out about the file, one sentence each.
    blank_lines: entirely blank lines, which are no records.
    """

    columns: tuple[str, ...]
    content: Cells
    source_rows: pa.Array
    column_labels: dict[str, str] = field(default_factory=dict)
    other_names: dict[str, str] = field(default_factory=dict)
    value_labels: dict[str, dict[str, str]] = field(default_factory=dict)
    special_codes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    encoding: str | None = None
    delimiter: str | None = None
    notes: tuple[str, ...] = ()
    blank_lines: int = 0

    @property
    def row_count(self) -> int:
        """How many records the table has."""
        return len(self.source_rows)

    @cached_property
    def cells(self) -> pa.Table:
        """Every cell as text, in memory: for small files."""
        return self.texts(range(len(self.columns)))

    def texts(self, positions: Sequence[int]) -> pa.Table:
        """The text of some columns, in memory."""
        if not positions:
            return pa.table({})
        schema = pa.schema([(name, pa.string()) for name in _names(positions)])
        return pa.Table.from_batches(self.content.batches(positions, ()), schema)

    def row(self, place: int) -> list[str]:
        """The text of one row, by its number from 0."""
        cells = self.content.take([place], range(len(self.columns)))
        return [column[0].as_py() for column in cells.columns]

    def without_first(self, rows: int) -> "TextTable":
        """The same without its first rows: what a tool writes between its header and the people."""
        return replace(self, content=self.content.slice(rows), source_rows=self.source_rows.slice(rows))


def _names(positions: Sequence[int]) -> list[str]:
    return [str(position) for position in positions]
