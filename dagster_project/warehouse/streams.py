"""Tables written from batches, a row group at a time: none of them is ever whole in memory.

Belongs here: a stream of Arrow batches to a table. Does not belong here: where the batches come from, what they mean.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

import duckdb
import pyarrow as pa

from dagster_project.warehouse.working_file import identifier

#: DuckDB's row group: batches of that size are compressed without being put together again.
_GROUP_ROWS = 122_880


def replace_table_from(
    connection: duckdb.DuckDBPyConnection, schema: str, name: str, batches: Iterable[pa.RecordBatch]
) -> None:
    """Replace one table with a stream of batches (at least one), inside the caller's transaction; rows keep their order.

    Batches have the same columns. A column of whole numbers may become one of text on the way, and stays it: what was
    written until then becomes text too, and null "". Raises whatever the stream raises.
    """
    table = f"{identifier(schema)}.{identifier(name)}"
    groups = _groups(batches)
    group: pa.RecordBatch | None = next(groups)
    kinds: dict[str, pa.DataType] = {}
    while group is not None:
        for field in group.schema:
            if kinds.get(field.name, field.type) != field.type:
                column = identifier(field.name)
                connection.execute(
                    f"alter table {table} alter column {column} type varchar using coalesce(cast({column} as varchar), '')"
                )
        stream = _Alike(group, groups)
        connection.register("incoming", pa.RecordBatchReader.from_batches(group.schema, iter(stream)))
        try:
            how = f"create or replace table {table} as" if not kinds else f"insert into {table}"
            connection.execute(f"{how} select * from incoming")
        except duckdb.Error:
            if stream.error is not None:
                raise stream.error from None
            raise
        finally:
            connection.unregister("incoming")
        kinds = {field.name: field.type for field in group.schema}
        group = stream.next_group


class _Alike:
    """The groups of a stream up to the first with other kinds of columns, which then is `next_group`.

    error: what the stream raised, which DuckDB would pass on as an error of its own.
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
    """The same rows in batches of one row group each, but for the last before the kinds of columns change."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        if held and batch.schema != held[0].schema:
            yield _joined(held)
            held, rows = [], 0
        held.append(batch)
        rows += batch.num_rows
        while rows >= _GROUP_ROWS:
            joined = _joined(held)
            yield joined.slice(0, _GROUP_ROWS)
            rows -= _GROUP_ROWS
            held = [joined.slice(_GROUP_ROWS)]
    if held:
        yield _joined(held)


def _joined(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return pa.concat_batches(batches)
