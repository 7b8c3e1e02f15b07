"""Comparison of two DuckDB files: which rows of a table differ, and how many cells.

Belongs here: the comparison by key, in SQL. Does not belong here: which tables are compared (release/diff.py), what a
difference means (results/release_diff.py).

Rows of results are fetched; rows of people are counted inside DuckDB, or streamed one by one on demand.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.warehouse.working_file import (
    Connection,
    Warehouse,
    WarehouseError,
    identifier,
    literal,
    other_version_error,
    warehouse_error,
)

#: The database name under which the earlier file is attached.
_OLD_DATABASE = "earlier_release"
_BATCH = 10_000


#: Columns of a row of any table, which its caller names.
RowValues = Mapping[str, Any]


class IncomparableError(WarehouseError):
    """Two files that versions of Wavehouse wrote which have too little in common."""


@dataclass(frozen=True)
class ChangedRow:
    """One row that differs. key: its key columns; old and new values: the other columns, None if the file lacks the row."""

    key: RowValues
    old_values: RowValues | None
    new_values: RowValues | None


@dataclass(frozen=True)
class CellCounts:
    """How many cells differ for one value of `by` (a wave). rows: number of rows with one; cells: number by name, if any."""

    group: str
    rows: int
    cells: Mapping[str, int]


@dataclass(frozen=True)
class Cell:
    """A cell of a wide table. columns: those that make up its value; has_value: an SQL expression over them, true where the
    cell has a value. A row that only one file has differs in the cells that have one."""

    columns: tuple[str, ...]
    has_value: str


@dataclass(frozen=True)
class WideTable:
    """A table of people to compare. key: its key columns; cells are counted by the last one, a text. cells: by name.
    old and new: the SQL that selects the key and the cells' columns in each file (FilePair.select). stamps: the SQL that
    selects, in each, the last key with what its rows were made from; where that is the same, so are the rows."""

    key: tuple[str, ...]
    cells: Mapping[str, Cell]
    old: str
    new: str
    stamps: tuple[str, str] | None = None


class FilePair:
    """An earlier and a later file, both open for reading."""

    def __init__(self, connection: Connection, old: str, new: str) -> None:
        self._connection = connection
        self._names = {"old": old, "new": new}
        #: Columns and types by side, schema and table: asked once of each file, whose catalogue has a column for each item.
        self._types: dict[str, dict[tuple[str, str], dict[str, str]]] = {}

    def columns(self, side: str, schema: str, table: str) -> dict[str, str]:
        """Columns and types of a table or view of one file ('old' or 'new'), in order; empty if there is no such table."""
        if side not in self._types:
            tables = self._types[side] = {}
            for table_schema, name, column, data_type in self._connection.execute(
                "select schema_name, table_name, column_name, data_type from duckdb_columns()"
                " where database_name = ? order by schema_name, table_name, column_index",
                [self._names[side]],
            ).fetchall():
                tables.setdefault((table_schema, name), {})[column] = data_type
        return self._types[side].get((schema, table), {})

    def rows(self, side: str, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query on one file, for small results. sql names its tables as {0}.schema.table."""
        result: list[tuple[Any, ...]] = self._connection.execute(sql.format(identifier(self._names[side]))).fetchall()
        return result

    def changed_rows(
        self, schema: str, table: str, key: Sequence[str], ignored_columns: Sequence[str] = ()
    ) -> list[ChangedRow]:
        """The rows of a small table that differ, by key, over the columns of both files; a column that a file lacks is null.

        A file without the table counts as one without rows.
        """
        columns = {side: self.columns(side, schema, table) for side in self._names}
        column_names = list(dict.fromkeys([*columns["old"], *columns["new"]]))
        value_columns = [column for column in column_names if column not in (*key, *ignored_columns)]
        if not column_names:
            return []
        side_queries = ", ".join(
            self._side_query(side, schema, table, [*key, *value_columns], columns[side]) for side in self._names
        )
        keys = ", ".join(f"coalesce(o.{identifier(c)}, n.{identifier(c)}) as {identifier(c)}" for c in key)
        differs = " or ".join(f"o.{identifier(column)} is distinct from n.{identifier(column)}" for column in value_columns)
        # A part of the key may be null, as in rules that hold for everything.
        same_key = " and ".join(f"o.{identifier(column)} is not distinct from n.{identifier(column)}" for column in key)
        value_pairs = ", ".join(f"{side}.{identifier(column)}" for side in ("o", "n") for column in value_columns)
        rows = self._connection.execute(
            f"with {side_queries} select {keys}, o.is_there, n.is_there, {value_pairs or 'null'}"
            f" from old_side as o full join new_side as n on {same_key}"
            f" where o.is_there is null or n.is_there is null or {differs or 'false'}"
            f" order by {', '.join(str(index + 1) for index in range(len(key)))}"
        ).fetchall()
        changed_rows = []
        for row in rows:
            is_in_old, is_in_new, *values = row[len(key) :]
            width = len(value_columns)
            old_values, new_values = values[:width], values[width : 2 * width]
            changed_rows.append(
                ChangedRow(
                    dict(zip(key, row[: len(key)], strict=True)),
                    dict(zip(value_columns, old_values, strict=True)) if is_in_old else None,
                    dict(zip(value_columns, new_values, strict=True)) if is_in_new else None,
                )
            )
        return changed_rows

    def count_one_sided(self, schema: str, table: str, key: str) -> tuple[int, int]:
        """How many rows of a table only the old file has, and how many only the new one, by a key without duplicates."""
        old, new = (self._key_query(side, schema, table, key) for side in ("old", "new"))
        ((old_only, new_only),) = self._connection.execute(
            f"select count(*) filter (where n.key is null), count(*) filter (where o.key is null)"
            f" from ({old}) as o full join ({new}) as n on o.key = n.key"
        ).fetchall()
        return old_only, new_only

    def select(self, side: str, schema: str, table: str, columns: Sequence[str], condition: str = "true") -> str:
        """The SQL that selects columns of a table or view of one file; a column that it lacks is null."""
        types = self.columns(side, schema, table)
        select_list = ", ".join(_column(column, types) for column in columns)
        return f"select {select_list} from {self._qualified_name(side, schema, table)} where {condition}"

    def count_cells(self, wide: WideTable) -> list[CellCounts]:
        """How many cells of a wide table differ, by the last column of its key, in order. No row of a person is fetched."""
        changed_keys = self._changed_keys(wide)
        if changed_keys is None:
            return []
        differs = {name: _differs(cell) for name, cell in wide.cells.items()}
        any_differs = " or ".join(f"({condition})" for condition in differs.values())
        cell_counts = ", ".join(f"count(*) filter (where {condition})" for condition in differs.values())
        groups = self._connection.execute(
            f"select c.{identifier(wide.key[-1])}, count(*) filter (where {any_differs}), {cell_counts}"
            f" from {_from_clause(changed_keys, wide)} group by 1 order by 1"
        ).fetchall()
        return [
            CellCounts(group, row_count, {name: n for name, n in zip(differs, counts, strict=True) if n})
            for group, row_count, *counts in groups
            if row_count
        ]

    def list_cells(self, wide: WideTable, readable: WideTable, cell_texts: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
        """Each cell that differs: its key, its name, its old and new text.

        wide: the table that is compared. readable: the same rows in readable form. cell_texts: by name, the SQL of a cell's
        text, with its columns named as row.column.
        """
        changed_keys = self._changed_keys(wide)
        if changed_keys is None:
            return
        # The readable form is computed only for the rows that differ, once.
        cells_query = _cells_query(changed_keys, readable, cell_texts)
        self._connection.execute(f"create or replace temporary table shown as {cells_query}")
        keys = ", ".join(map(identifier, readable.key))
        for index, name in enumerate(readable.cells):
            columns = f"{keys}, {literal(name)}, before_{index}, after_{index}"
            cursor = self._connection.execute(f"select {columns} from shown where differs_{index} order by {keys}")
            while batch := cursor.fetchmany(_BATCH):
                yield from batch

    def list_one_sided(self, schema: str, table: str, key: str) -> Iterator[tuple[Any, bool]]:
        """The keys that only one file has, in order, each with True if that is the new file."""
        old, new = (self._key_query(side, schema, table, key) for side in ("old", "new"))
        cursor = self._connection.execute(
            f"select coalesce(o.key, n.key), o.key is null from ({old}) as o full join ({new}) as n on o.key = n.key"
            " where o.key is null or n.key is null order by 1"
        )
        while batch := cursor.fetchmany(_BATCH):
            yield from batch

    def _changed_keys(self, wide: WideTable) -> str | None:
        """The name of a temporary table with the keys of the rows that differ; None if no row does.

        Stamps are compared first, where both files have them, then a checksum for each value of the last key column, so that
        an unchanged wave costs one scan of each file at most, and no join.
        """
        if not wide.cells:
            return None
        condition = "true"
        if wide.stamps is not None:
            old, new = wide.stamps
            difference_query = f"(({old}) except ({new})) union (({new}) except ({old}))"
            group_names = {row[0] for row in self._connection.execute(difference_query).fetchall()}
            condition = (
                f"{identifier(wide.key[-1])} in ({', '.join(map(literal, sorted(group_names)))})" if group_names else "false"
            )
        values = ", ".join(map(identifier, dict.fromkeys(column for cell in wide.cells.values() for column in cell.columns)))
        keys, group = ", ".join(map(identifier, wide.key)), identifier(wide.key[-1])
        old_sums, new_sums = (
            f"select {group}, count(*) as n, bit_xor(hash({keys}, {values})) as content from ({source})"
            f" where {condition} group by 1"
            for source in (wide.old, wide.new)
        )
        changed_groups = [
            row[0]
            for row in self._connection.execute(
                f"select coalesce(o.{group}, n.{group})"
                f" from ({old_sums}) as o full join ({new_sums}) as n on o.{group} = n.{group}"
                " where o.n is distinct from n.n or o.content is distinct from n.content"
            ).fetchall()
        ]
        if not changed_groups:
            return None
        group_list = ", ".join(map(literal, changed_groups))
        old_hashes, new_hashes = (
            f"select {keys}, hash({values}) as content from ({source}) where {group} in ({group_list})"
            for source in (wide.old, wide.new)
        )
        key_columns = ", ".join(f"coalesce(o.{identifier(c)}, n.{identifier(c)}) as {identifier(c)}" for c in wide.key)
        self._connection.execute(
            f"create or replace temporary table changed as select {key_columns}"
            f" from ({old_hashes}) as o full join ({new_hashes}) as n on {_equal('o', 'n', wide.key)}"
            " where o.content is distinct from n.content"
        )
        return "changed"

    def _side_query(self, side: str, schema: str, table: str, columns: Sequence[str], types: Mapping[str, str]) -> str:
        if not types:
            empty = ", ".join(f"null as {identifier(column)}" for column in columns)
            return f"{side}_side as (select {empty}, true as is_there where false)"
        select_list = ", ".join(_column(column, types) for column in columns)
        return f"{side}_side as (select {select_list}, true as is_there from {self._qualified_name(side, schema, table)})"

    def _key_query(self, side: str, schema: str, table: str, key: str) -> str:
        return f"select {identifier(key)} as key from {self._qualified_name(side, schema, table)}"

    def _qualified_name(self, side: str, schema: str, table: str) -> str:
        return ".".join(map(identifier, (self._names[side], schema, table)))


@contextmanager
def open_file_pair(old: Path, new: Path) -> Iterator[FilePair]:
    """Open an earlier and a later file for reading.

    Raises WarehouseError if a file is missing or cannot be opened.
    """
    for path in (old, new):
        if not path.exists():
            raise WarehouseError(f"{path}: there is no such file to compare; check the release's name")
    if old.samefile(new):
        raise WarehouseError(f"{new}: both names are the same release; name two different ones")
    with Warehouse(new).connect(read_only=True) as connection:
        ((name,),) = connection.execute("select current_database()").fetchall()
        try:
            connection.execute(f"attach {literal(str(old))} as {_OLD_DATABASE} (read_only)")
        except duckdb.Error as error:
            fallback = WarehouseError(f"{old}: cannot be compared ({str(error).splitlines()[0]}); check the file")
            raise warehouse_error(old, str(error)) or fallback from None
        try:
            yield FilePair(connection, _OLD_DATABASE, name)
        except duckdb.Error as error:
            # DuckDB does not say which of the two files is damaged. The older one is read through separately, which raises
            # if it is damaged; if not, `connect` attributes the error to the newer one.
            _read_through(old)
            if (refusal := other_version_error(old, error)) is not None:
                raise IncomparableError(
                    f"{old}: cannot be compared with {new}: one of them has no {refusal.part}, since another version of"
                    " Wavehouse wrote it; compare releases of one version"
                ) from None
            raise
        finally:
            connection.execute(f"detach {_OLD_DATABASE}")


def _read_through(path: Path) -> None:
    with Warehouse(path).connect(read_only=True) as connection:
        for schema, table in connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
        ).fetchall():
            connection.execute(f"select sum(hash(t)) from {identifier(schema)}.{identifier(table)} as t").fetchall()


def _from_clause(changed_keys: str, wide: WideTable) -> str:
    """The from clause that joins the changed keys (c) to their rows in the old file (o) and the new one (n)."""
    sides = [
        f"left join (select *, true as is_there from ({source})) as {alias} on {_equal('c', alias, wide.key)}"
        for alias, source in (("o", wide.old), ("n", wide.new))
    ]
    return f"{changed_keys} as c {' '.join(sides)}"


def _cells_query(changed_keys: str, readable: WideTable, cell_texts: Mapping[str, str]) -> str:
    columns = [f"c.{identifier(column)}" for column in readable.key]
    for index, (name, cell) in enumerate(readable.cells.items()):
        for side, prefix in (("o", "before"), ("n", "after")):
            text = cell_texts[name].replace("row.", f"{side}.")
            columns.append(f"case when {side}.is_there then {text} end as {prefix}_{index}")
        columns.append(f"{_differs(cell)} as differs_{index}")
    return f"select {', '.join(columns)} from {_from_clause(changed_keys, readable)}"


def _differs(cell: Cell) -> str:
    columns_differ = " or ".join(
        f"o.{identifier(column)} is distinct from n.{identifier(column)}" for column in cell.columns
    )
    old, new = (cell.has_value.replace("row.", f"{side}.") for side in ("o", "n"))
    return f"case when o.is_there is null then {new} when n.is_there is null then {old} else {columns_differ} end"


def _equal(left_alias: str, right_alias: str, columns: Sequence[str]) -> str:
    return " and ".join(f"{left_alias}.{identifier(column)} = {right_alias}.{identifier(column)}" for column in columns)


def _column(column: str, types: Mapping[str, str]) -> str:
    return identifier(column) if column in types else f"null as {identifier(column)}"
