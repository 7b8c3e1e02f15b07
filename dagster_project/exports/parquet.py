"""Parquet files: typed columns back to text.

Belongs here: one file to one `TextTable`. Does not belong here: folders of files; each part is declared.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dagster_project.exports.cell_text import single_number_text, value_text
from dagster_project.exports.errors import ExportError, plain, quoted
from dagster_project.exports.kept_digits import MAX_EXACT, rounded_numbers
from dagster_project.exports.table import CellFault, TextTable
from dagster_project.exports.whole_numbers import as_text
from dagster_project.readable_files import beyond, most_of
from dagster_project.study import Layout
from dagster_project.withholding import of_cell

_BATCH_ROWS = 1 << 16


@dataclass(frozen=True)
class _ParquetCells:
    """Cells that stay in the file until they are read. skipped_rows: how many of the first rows do not belong to them."""

    path: Path
    name: str
    row_count: int
    skipped_rows: int = 0

    @property
    def num_rows(self) -> int:
        return max(0, self.row_count - self.skipped_rows)

    def slice(self, offset: int) -> "_ParquetCells":
        return replace(self, skipped_rows=self.skipped_rows + offset)

    def batches(self, positions: Sequence[int], integer_positions: Collection[int]) -> Iterator[pa.RecordBatch]:
        rows_to_skip = self.skipped_rows
        for batch in self._file_batches(positions):
            rows = batch.slice(rows_to_skip)
            rows_to_skip = max(0, rows_to_skip - batch.num_rows)
            texts = []
            for position, column in zip(positions, rows.columns, strict=True):
                numbers = _as_int16(column) if position in integer_positions else None
                texts.append(_text_column(column) if numbers is None else numbers)
            yield pa.RecordBatch.from_arrays(texts, [str(position) for position in positions])

    def take(self, row_indices: Sequence[int], positions: Sequence[int]) -> pa.Table:
        names = [str(position) for position in positions]
        file_rows, first_row = np.asarray(row_indices, np.int64) + self.skipped_rows, 0
        batches = []
        for batch in self._file_batches(positions):
            begin, end = np.searchsorted(file_rows, (first_row, first_row + batch.num_rows))
            rows = batch.take(pa.array(file_rows[begin:end] - first_row, pa.int64()))
            batches.append(pa.RecordBatch.from_arrays([_text_column(column) for column in rows.columns], names))
            first_row += batch.num_rows
        return pa.Table.from_batches(batches, pa.schema([(name, pa.string()) for name in names]))

    def _file_batches(self, positions: Sequence[int]) -> Iterator[pa.RecordBatch]:
        """Some columns with the file's own types. Raises ExportError for a file that cannot be read."""
        try:
            with pq.ParquetFile(self.path) as file:
                all_names = file.schema_arrow.names
                # Columns can only be selected by name, and a name may occur twice.
                is_unique = len(set(all_names)) == len(all_names)
                column_names = [all_names[position] for position in positions] if is_unique else None
                for batch in file.iter_batches(_BATCH_ROWS, columns=column_names, use_threads=False):
                    yield batch.select(column_names or list(positions))
        except MemoryError:
            raise
        except (pa.ArrowException, ValueError) as error:
            raise ExportError(_unreadable(self.name, error)) from None


def read_parquet(path: Path, name: str, layout: Layout) -> TextTable:
    """Read a Parquet file. `source_rows` are row numbers from 1; a null is "".

    Raises ExportError for a file that is not Parquet or is damaged, and for a column of lists, structures or bytes.
    """
    if path.stat().st_size == 0:
        raise ExportError(f"{plain(name)}: the file is empty; export it again")
    try:
        with pq.ParquetFile(path) as file:
            rows = file.metadata.num_rows
            _refuse_large(file.metadata, plain(name))
            schema = file.schema_arrow
    except (ExportError, MemoryError):
        raise
    except (pa.ArrowException, ValueError) as error:
        raise ExportError(_unreadable(name, error)) from None
    for field in schema:
        value_type = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if pa.types.is_nested(value_type) or pa.types.is_binary(value_type) or pa.types.is_large_binary(value_type):
            raise ExportError(
                f"{plain(name)}: column {quoted(field.name)} holds {plain(str(value_type), 40)}; export it as a plain column"
            )
    cells = _ParquetCells(path, name, rows)
    # Read once, so that damage in the middle is found before the file is used.
    faults: list[CellFault] = []
    first_row = 1
    for batch in cells._file_batches(range(len(schema))):
        for position, column in enumerate(batch.columns):
            if (max_exact := MAX_EXACT.get(str(column.type))) is not None and _has_rounded(column, max_exact):
                faults += rounded_numbers(column.to_pylist(), schema.names[position], position, max_exact, first_row)
        first_row += batch.num_rows
    return TextTable(
        columns=tuple(schema.names),
        content=cells,
        source_rows=pa.array(np.arange(1, rows + 1)),
        faults=tuple(faults),
        notes=("The file is Parquet.",),
    )


def _has_rounded(column: pa.Array, max_exact: int) -> bool:
    limits = pc.min_max(column, skip_nulls=True)
    return any(limits[limit].is_valid and abs(limits[limit].as_py()) >= max_exact for limit in ("min", "max"))


def _unreadable(name: str, error: Exception) -> str:
    reason = plain(str(error).splitlines()[0] if str(error) else type(error).__name__)
    return f"{plain(name)}: the Parquet file cannot be read ({of_cell(reason)}); export it again"


def _refuse_large(metadata: pq.FileMetaData, name: str) -> None:
    """A small file can hold a thousand million rows of one value: refused by what the file says of itself."""
    if metadata.num_columns > most_of("parquet_columns"):
        raise ExportError(f"{name}: the file holds {beyond('parquet_columns')}; or export fewer columns")
    if metadata.num_columns * metadata.num_rows > most_of("parquet_cells"):
        raise ExportError(f"{name}: the file holds {beyond('parquet_cells')}; or export fewer columns or rows")
    unpacked = sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
    if unpacked > most_of("parquet_bytes"):
        raise ExportError(f"{name}: the file unpacks to {beyond('parquet_bytes')}; or export fewer columns or rows")


def _as_int16(column: pa.Array) -> pa.Array | None:
    """A column of numbers as int16; None if it is not a column of such numbers."""
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    elif not pa.types.is_integer(column.type):
        return None
    try:
        return pc.cast(column, pa.int16())
    except pa.ArrowInvalid:
        return None


def _text_column(column: pa.Array) -> pa.Array:
    """A column as text. Each distinct value is written once: a column of answers has few."""
    if pa.types.is_integer(column.type):
        return as_text(column)
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    is_single = pa.types.is_float32(column.type) or pa.types.is_float16(column.type)
    texts = pa.array(
        [
            single_number_text(content)
            if is_single and content is not None and math.isfinite(content)
            else value_text(content)
            for content in encoded.dictionary.to_pylist()
        ],
        pa.string(),
    )
    return pc.fill_null(texts.take(encoded.indices), "")
