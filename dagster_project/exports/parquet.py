"""Parquet files: typed columns back to text.

Belongs here: one file to one `TextTable`. Does not belong here: folders of files; each part is declared.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dagster_project.exports.cell_text import value_text
from dagster_project.exports.errors import ExportError, plain, quoted
from dagster_project.exports.table import TextTable
from dagster_project.exports.whole_numbers import as_text

_BATCH_ROWS = 1 << 16


@dataclass(frozen=True)
class _ParquetCells:
    """Cells that stay in the file until they are asked for. first: how many of the first rows are left out."""

    path: Path
    name: str
    rows: int
    first: int = 0

    @property
    def num_rows(self) -> int:
        return max(0, self.rows - self.first)

    def slice(self, offset: int) -> "_ParquetCells":
        return replace(self, first=self.first + offset)

    def batches(self, positions: Sequence[int], whole: Collection[int]) -> Iterator[pa.RecordBatch]:
        left_out = self.first
        for batch in self.read(positions):
            kept = batch.slice(left_out)
            left_out = max(0, left_out - batch.num_rows)
            texts = []
            for position, column in zip(positions, kept.columns, strict=True):
                numbers = _whole(column) if position in whole else None
                texts.append(_text(column) if numbers is None else numbers)
            yield pa.RecordBatch.from_arrays(texts, [str(position) for position in positions])

    def take(self, places: Sequence[int], positions: Sequence[int]) -> pa.Table:
        wanted, first = np.asarray(places, np.int64) + self.first, 0
        batches = []
        for batch in self.read(positions):
            here = wanted[np.searchsorted(wanted, first) : np.searchsorted(wanted, first + batch.num_rows)] - first
            rows = batch.take(pa.array(here, pa.int64()))
            batches.append(pa.RecordBatch.from_arrays([_text(column) for column in rows.columns], [*map(str, positions)]))
            first += batch.num_rows
        return pa.Table.from_batches(batches, pa.schema([(str(position), pa.string()) for position in positions]))

    def read(self, positions: Sequence[int]) -> Iterator[pa.RecordBatch]:
        """Some columns as the file holds them. Raises ExportError for what cannot be read."""
        try:
            with pq.ParquetFile(self.path) as file:
                names = file.schema_arrow.names
                # Columns are asked for by name, and a name may be there twice.
                wanted = [names[position] for position in positions] if len(set(names)) == len(names) else None
                for batch in file.iter_batches(_BATCH_ROWS, columns=wanted, use_threads=False):
                    yield batch.select(wanted or list(positions))
        except (pa.ArrowException, ValueError) as error:
            raise ExportError(_unreadable(self.name, error)) from None


def read_parquet(path: Path, name: str) -> TextTable:
    """Read a Parquet file. `source_rows` are row numbers from 1; a null is "".

    Raises ExportError for a file that is no Parquet or is damaged, and for a column of lists, structures or bytes.
    """
    if path.stat().st_size == 0:
        raise ExportError(f"{plain(name)}: the file is empty; export it again")
    try:
        with pq.ParquetFile(path) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
    except (pa.ArrowException, ValueError) as error:
        raise ExportError(_unreadable(name, error)) from None
    for field in schema:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            raise ExportError(
                f"{plain(name)}: column {quoted(field.name)} holds {plain(str(kind), 40)}; export it as a plain column"
            )
    cells = _ParquetCells(path, name, rows)
    for _ in cells.read(range(len(schema))):
        pass  # damage in the middle is found before anything is taken from the file
    return TextTable(
        columns=tuple(schema.names),
        content=cells,
        source_rows=pa.array(np.arange(1, rows + 1)),
        notes=("The file is Parquet.",),
    )


def _unreadable(name: str, error: Exception) -> str:
    reason = plain(str(error).splitlines()[0] if str(error) else type(error).__name__)
    return f"{plain(name)}: the Parquet file cannot be read ({reason}); export it again"


def _whole(column: pa.Array) -> pa.Array | None:
    """A column of numbers as int16; None if its texts are not those of such numbers."""
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    elif not pa.types.is_integer(column.type):
        return None
    try:
        return pc.cast(column, pa.int16())
    except pa.ArrowInvalid:
        return None


def _text(column: pa.Array) -> pa.Array:
    """A column as text. Each distinct value is written once: a column of answers has few."""
    if pa.types.is_integer(column.type):
        return as_text(column)
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    texts = pa.array([value_text(content) for content in encoded.dictionary.to_pylist()], pa.string())
    return pc.fill_null(texts.take(encoded.indices), "")
