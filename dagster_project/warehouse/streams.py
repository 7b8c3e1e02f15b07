"""Tables written from batches, a row group at a time: no table is ever completely in memory.

Belongs here: writing a stream of Arrow batches to a table. Does not belong here: where batches come from, what they mean.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

import duckdb
import pyarrow as pa

from dagster_project.warehouse.working_file import identifier

#: The size of DuckDB's row groups: batches of this size are compressed without being merged first.
_GROUP_ROWS = 122_880


def replace_table_from_batches(
    connection: duckdb.DuckDBPyConnection, schema: str, name: str, batches: Iterable[pa.RecordBatch]
) -> None:
    """Replace one table with a stream of batches (at least one), inside the caller's transaction; rows keep their order.

    Batches have the same columns. A column of integers may become text in a later batch and then stays text: the rows
    written so far are converted, null to "". Raises whatever the stream raises.
    """
    table = f"{identifier(schema)}.{identifier(name)}"
    groups = _groups(batches)
    group: pa.RecordBatch | None = next(groups)
    types: dict[str, pa.DataType] = {}
    while group is not None:
        for field in group.schema:
            if types.get(field.name, field.type) != field.type:
                column = identifier(field.name)
                connection.execute(
                    f"alter table {table} alter column {column} type varchar using coalesce(cast({column} as varchar), '')"
                )
        stream = _UniformGroups(group, groups)
        connection.register("incoming", pa.RecordBatchReader.from_batches(group.schema, iter(stream)))
        try:
            statement = f"create or replace table {table} as" if not types else f"insert into {table}"
            connection.execute(f"{statement} select * from incoming")
        except duckdb.Error:
            if stream.error is not None:
                raise stream.error from None
            raise
        finally:
            connection.unregister("incoming")
        types = {field.name: field.type for field in group.schema}
        group = stream.next_group


class _UniformGroups:
    """The groups of a stream up to the first with other column types, which becomes `next_group`.

    error: the stream's own exception, which DuckDB would wrap in one of its own.
    """

    def __init__(self, first: pa.RecordBatch, groups: Iterator[pa.RecordBatch]) -> None:
        self._first, self._groups = first, groups
        self.next_group: pa.RecordBatch | None = None
        self.error: Exception | None = None

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        try:
            for group in chain((self._first,), self._groups):
                if group.schema != self._first.schema:
                    self.next_group = group
                    return
                yield group
        except Exception as error:
            self.error = error
            raise


def _groups(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of one row group each, except the last one before the column types change."""
    pending: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        if pending and batch.schema != pending[0].schema:
            yield _concatenated(pending)
            pending, rows = [], 0
        pending.append(batch)
        rows += batch.num_rows
        while rows >= _GROUP_ROWS:
            combined = _concatenated(pending)
            yield combined.slice(0, _GROUP_ROWS)
            rows -= _GROUP_ROWS
            pending = [combined.slice(_GROUP_ROWS)]
    if pending:
        yield _concatenated(pending)


def _concatenated(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return pa.concat_batches(batches)
