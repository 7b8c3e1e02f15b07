"""A table of text: what every reader returns, whatever the format.

Belongs here: the types that readers and the contract share. Does not belong here: reading a format, the protocol.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

import pyarrow as pa


class Cells(Protocol):
    """The cells of a table, in memory or in a file. Columns are named by position ("0", "1", …)."""

    @property
    def num_rows(self) -> int: ...

    def slice(self, offset: int) -> "Cells":
        """The same cells without the first rows."""
        ...

    def batches(self, positions: Sequence[int], integer_positions: Collection[int]) -> Iterator[pa.RecordBatch]:
        """All rows in their order, batch by batch, only the columns at `positions`.

        A column is text, "" where the cell is blank. A column of `integer_positions` may be int16 instead, in a batch in
        which every cell is blank (then null) or the plain spelling of such a number (whole_numbers.py). `integer_positions`
        is read before each batch: a caller that finds other text in a column removes its position, and gets text from then
        on.
        """
        ...

    def take(self, row_indices: Sequence[int], positions: Sequence[int]) -> pa.Table:
        """The text of some rows, by their index from 0, in ascending order."""
        ...


@dataclass(frozen=True)
class HeldCells:
    """Cells in memory: one string column for each position, no nulls."""

    table: pa.Table

    @property
    def num_rows(self) -> int:
        return int(self.table.num_rows)

    def slice(self, offset: int) -> "HeldCells":
        return HeldCells(self.table.slice(offset))

    def batches(self, positions: Sequence[int], integer_positions: Collection[int]) -> Iterator[pa.RecordBatch]:
        yield from self.table.select(_position_names(positions)).to_batches()

    def take(self, row_indices: Sequence[int], positions: Sequence[int]) -> pa.Table:
        return self.table.select(_position_names(positions)).take(pa.array(row_indices, pa.int64()))


@dataclass(frozen=True)
class CellFault:
    """A cell whose value is not in the file (an error, a formula that was never computed), or could be read two ways.

    position: of its column. source_row: its row. message: what is wrong, beginning with the cell. is_rounded: whether it is
    a number of which the file has not kept all digits, which matters for identifiers.
    """

    position: int
    source_row: int
    message: str
    is_rounded: bool = False


@dataclass(frozen=True)
class Form:
    """A form of the tool: the column that says how far it was filled in, and the columns that people fill in."""

    state_column: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class TextTable:
    """An export's file as text, one row for each record. Nothing is typed, trimmed or dropped.

    columns: the header as written, in the file's order; it may contain the same name twice.
    content: the cells, in memory or still in the file. A blank cell is "", never null.
    source_rows: int64, one for each row: the physical line on which the record starts (delimited text, first line 1), or the
        case number (SPSS, first case 1).
    column_labels: column name to the label in the file.
    other_names: column name to another name by which the tool knows the column (Qualtrics' ImportId).
    absences: the name of a column that cannot be told from others to the reason and the cure.
    value_labels: column name to {value's text: label}.
    formats: of a file whose labels stand in another file (SAS), column name to the name of its labels there.
    special_codes: column name to the codes that the file declares as user-missing, single ("-9") or as a range
        ("90 thru 99").
    forms: of a tool that says how far each form was filled in (REDCap), by the form's name.
    encoding, delimiter: as detected; None if the format has none, and for a file of one column.
    faults: cells whose value in `content` is not what the file shows, or cannot be.
    guesses: what was taken to be so and could be otherwise, one sentence each.
    joined_columns: columns that are not in the file, or that only join it with another, with a sentence on each.
    warnings: what people see otherwise in the file, or what its dictionary says that cannot be read, one sentence each.
    notes: what the reader found out about the file, one sentence each.
    blank_lines: number of entirely blank lines, which are not records.
    """

    columns: tuple[str, ...]
    content: Cells
    source_rows: pa.Array
    column_labels: dict[str, str] = field(default_factory=dict)
    other_names: dict[str, str] = field(default_factory=dict)
    absences: dict[str, str] = field(default_factory=dict)
    value_labels: dict[str, dict[str, str]] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    special_codes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    faults: tuple[CellFault, ...] = ()
    forms: dict[str, Form] = field(default_factory=dict)
    encoding: str | None = None
    delimiter: str | None = None
    joined_columns: dict[str, str] = field(default_factory=dict)
    guesses: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    blank_lines: int = 0

    @property
    def row_count(self) -> int:
        """The number of records."""
        return len(self.source_rows)

    @cached_property
    def cells(self) -> pa.Table:
        """Every cell as text, in memory: for small files."""
        return self.texts(range(len(self.columns)))

    def texts(self, positions: Sequence[int]) -> pa.Table:
        """The text of some columns, in memory."""
        if not positions:
            return pa.table({})
        schema = pa.schema([(name, pa.string()) for name in _position_names(positions)])
        return pa.Table.from_batches(self.content.batches(positions, ()), schema)

    def row(self, row_index: int) -> list[str]:
        """The text of one row, by its index from 0."""
        cells = self.content.take([row_index], range(len(self.columns)))
        return [column[0].as_py() for column in cells.columns]

    def without_first(self, row_count: int) -> "TextTable":
        """The same table without its first rows: what a tool writes between its header and the records."""
        return replace(self, content=self.content.slice(row_count), source_rows=self.source_rows.slice(row_count))


def _position_names(positions: Sequence[int]) -> list[str]:
    return [str(position) for position in positions]
