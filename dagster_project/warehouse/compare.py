"""Two DuckDB files beside one another: which rows of a table differ, and how many cells.

Belongs here: the comparison by key, in SQL. Does not belong here: which tables are compared (defs/release/diff.py), what a
difference means (results/release_diff.py).

Rows of results are carried; rows of people are counted where they lie, or written out one after the other on demand.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.warehouse.working_file import Connection, Warehouse, WarehouseError, identifier, literal, refusal_of

#: The name under which the earlier file is attached beside the later one.
_OLD = "earlier_release"
_BATCH = 10_000


@dataclass(frozen=True)
class ChangedRow:
    """One row that differs. key: its key columns; before and after: the other columns, None where the row is not there."""

    key: Mapping[str, Any]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True)
class CellCounts:
    """The cells of one value of `by` (a wave) that differ. rows: how many rows have one; cells: name to how many, if any."""

    by: str
    rows: int
    cells: Mapping[str, int]


@dataclass(frozen=True)
class Cell:
    """A cell of a wide table. columns: those that say what it holds; has_value: an SQL expression over them, true where the
    cell holds something of its own. A row that only one file has differs in the cells that do."""

    columns: tuple[str, ...]
    has_value: str


@dataclass(frozen=True)
class WideTable:
    """A table of people to compare. key: what a row is one of; cells are counted by the last of it, a text. cells: by name.
    old and new: the SQL that gives its key and its cells' columns in either file (TwoFiles.select)."""

    key: tuple[str, ...]
    cells: Mapping[str, Cell]
    old: str
    new: str


class TwoFiles:
    """An earlier and a later file, open side by side and only read."""

    def __init__(self, connection: Connection, old: str, new: str) -> None:
        self._connection = connection
        self._names = {"old": old, "new": new}

    def columns(self, side: str, schema: str, table: str) -> dict[str, str]:
        """Columns and types of a table or view of one file ('old' or 'new'), in order; none where there is no such table."""
        return dict(
            self._connection.execute(
                "select column_name, data_type from duckdb_columns()"
                " where database_name = ? and schema_name = ? and table_name = ? order by column_index",
                [self._names[side], schema, table],
            ).fetchall()
        )

    def rows(self, side: str, sql: str) -> list[tuple[Any, ...]]:
        """What one file answers, for small answers. sql names its tables as {0}.schema.table."""
        found: list[tuple[Any, ...]] = self._connection.execute(sql.format(identifier(self._names[side]))).fetchall()
        return found

    def changed_rows(self, schema: str, table: str, key: Sequence[str], ignored: Sequence[str] = ()) -> list[ChangedRow]:
        """The rows of a small table that differ, by key, over the columns that either file has; one that it lacks is null.

        A file that lacks the table counts as one without rows.
        """
        columns = {side: self.columns(side, schema, table) for side in self._names}
        everything = list(dict.fromkeys([*columns["old"], *columns["new"]]))
        others = [column for column in everything if column not in (*key, *ignored)]
        if not everything:
            return []
        sides = ", ".join(self._side(side, schema, table, [*key, *others], columns[side]) for side in self._names)
        keys = ", ".join(f"coalesce(o.{identifier(c)}, n.{identifier(c)}) as {identifier(c)}" for c in key)
        differs = " or ".join(f"o.{identifier(column)} is distinct from n.{identifier(column)}" for column in others)
        both = ", ".join(f"{side}.{identifier(column)}" for side in ("o", "n") for column in others)
        found = self._connection.execute(
            f"with {sides} select {keys}, o.is_there, n.is_there, {both or 'null'}"
            f" from old_side as o full join new_side as n on {_equal('o', 'n', key)}"
            f" where o.is_there is null or n.is_there is null or {differs or 'false'}"
            f" order by {', '.join(str(place + 1) for place in range(len(key)))}"
        ).fetchall()
        changed = []
        for row in found:
            was, is_now, *values = row[len(key) :]
            before, after = values[: len(others)], values[len(others) :]
            changed.append(
                ChangedRow(
                    dict(zip(key, row[: len(key)], strict=True)),
                    dict(zip(others, before, strict=True)) if was else None,
                    dict(zip(others, after, strict=True)) if is_now else None,
                )
            )
        return changed

    def count_one_sided(self, schema: str, table: str, key: str) -> tuple[int, int]:
        """How many rows of a table only the old file has, and how many only the new one, by a key without duplicates."""
        both = [f"select {identifier(key)} as key from {self._place(side, schema, table)}" for side in ("old", "new")]
        ((went, came),) = self._connection.execute(
            f"select count(*) filter (where n.key is null), count(*) filter (where o.key is null)"
            f" from ({both[0]}) as o full join ({both[1]}) as n on o.key = n.key"
        ).fetchall()
        return went, came

    def select(self, side: str, schema: str, table: str, columns: Sequence[str], where: str = "true") -> str:
        """The SQL of some columns of a table or view of one file; a column that it lacks is null there."""
        known = self.columns(side, schema, table)
        selected = ", ".join(_column(column, known) for column in columns)
        return f"select {selected} from {self._place(side, schema, table)} where {where}"

    def count_cells(self, wide: WideTable) -> list[CellCounts]:
        """How many cells of a wide table differ, by the last column of its key, in order. Nothing of a person is carried."""
        changed = self._changed_keys(wide)
        if changed is None:
            return []
        differs = {name: _differs(cell) for name, cell in wide.cells.items()}
        any_of = " or ".join(f"({condition})" for condition in differs.values())
        counts = ", ".join(f"count(*) filter (where {condition})" for condition in differs.values())
        by = identifier(wide.key[-1])
        counted = self._connection.execute(
            f"select c.{by}, count(*) filter (where {any_of}), {counts} from {_beside(changed, wide)} group by 1 order by 1"
        ).fetchall()
        named = [(by, rows, dict(zip(differs, cells, strict=True))) for by, rows, *cells in counted]
        return [CellCounts(by, rows, {name: n for name, n in cells.items() if n}) for by, rows, cells in named if rows]

    def list_cells(self, wide: WideTable, shown: WideTable, words: Mapping[str, str]) -> Iterator[tuple[Any, ...]]:
        """Each cell that differs: its key, its name, what it was and is.

        wide: where rows that differ are looked for. shown: the same rows as people read them. words: the SQL of a cell's
        text by its name, its columns named as row.column.
        """
        changed = self._changed_keys(wide)
        if changed is None:
            return
        # Only the rows that differ are laid out for people, once.
        self._connection.execute(f"create or replace temporary table shown as {_laid_out(changed, shown, words)}")
        keys = ", ".join(map(identifier, shown.key))
        for place, name in enumerate(shown.cells):
            columns = f"{keys}, {literal(name)}, before_{place}, after_{place}"
            cursor = self._connection.execute(f"select {columns} from shown where differs_{place} order by {keys}")
            while batch := cursor.fetchmany(_BATCH):
                yield from batch

    def list_one_sided(self, schema: str, table: str, key: str) -> Iterator[tuple[Any, bool]]:
        """The keys that only one file has, in order; true where it is the new one."""
        both = [f"select {identifier(key)} as key from {self._place(side, schema, table)}" for side in ("old", "new")]
        cursor = self._connection.execute(
            f"select coalesce(o.key, n.key), o.key is null from ({both[0]}) as o full join ({both[1]}) as n on o.key = n.key"
            " where o.key is null or n.key is null order by 1"
        )
        while batch := cursor.fetchmany(_BATCH):
            yield from batch

    def _changed_keys(self, wide: WideTable) -> str | None:
        """The name of a temporary table with the keys of the rows that differ; None where none does.

        A checksum of each value of the last key column is compared first, so that a wave that is as it was costs one scan of
        either file and no join.
        """
        if not wide.cells:
            return None
        values = ", ".join(map(identifier, dict.fromkeys(column for cell in wide.cells.values() for column in cell.columns)))
        keys, by = ", ".join(map(identifier, wide.key)), identifier(wide.key[-1])
        sums = [
            f"select {by}, count(*) as n, bit_xor(hash({keys}, {values})) as content from ({source}) group by 1"
            for source in (wide.old, wide.new)
        ]
        moved = [
            row[0]
            for row in self._connection.execute(
                f"select coalesce(o.{by}, n.{by}) from ({sums[0]}) as o full join ({sums[1]}) as n on o.{by} = n.{by}"
                " where o.n is distinct from n.n or o.content is distinct from n.content"
            ).fetchall()
        ]
        if not moved:
            return None
        both = [
            f"select {keys}, hash({values}) as content from ({source}) where {by} in ({', '.join(map(literal, moved))})"
            for source in (wide.old, wide.new)
        ]
        either = ", ".join(f"coalesce(o.{identifier(c)}, n.{identifier(c)}) as {identifier(c)}" for c in wide.key)
        self._connection.execute(
            f"create or replace temporary table changed as select {either} from ({both[0]}) as o full join ({both[1]}) as n"
            f" on {_equal('o', 'n', wide.key)} where o.content is distinct from n.content"
        )
        return "changed"

    def _side(self, side: str, schema: str, table: str, wanted: Sequence[str], known: Mapping[str, str]) -> str:
        if not known:
            empty = ", ".join(f"null as {identifier(column)}" for column in wanted)
            return f"{side}_side as (select {empty}, true as is_there where false)"
        selected = ", ".join(_column(column, known) for column in wanted)
        return f"{side}_side as (select {selected}, true as is_there from {self._place(side, schema, table)})"

    def _place(self, side: str, schema: str, table: str) -> str:
        return ".".join(map(identifier, (self._names[side], schema, table)))


@contextmanager
def two_files(old: Path, new: Path) -> Iterator[TwoFiles]:
    """Open an earlier and a later file side by side. Neither is written.

    Raises WarehouseError when a file is not there or cannot be opened.
    """
    for path in (old, new):
        if not path.exists():
            raise WarehouseError(f"{path}: there is no such file to compare; check the release's name")
    if old.samefile(new):
        raise WarehouseError(f"{new}: a release does not differ from itself; name two")
    with Warehouse(new).connect(read_only=True) as connection:
        ((name,),) = connection.execute("select current_database()").fetchall()
        try:
            connection.execute(f"attach {literal(str(old))} as {_OLD} (read_only)")
        except duckdb.Error as error:
            unknown = WarehouseError(f"{old}: cannot be compared ({str(error).splitlines()[0]}); check the file")
            raise refusal_of(old, str(error)) or unknown from None
        try:
            yield TwoFiles(connection, _OLD, name)
        except duckdb.Error:
            # DuckDB does not say which of two files is damaged. The older one is read by itself; if it is whole, `connect`
            # says it of the one that is open.
            _read_through(old)
            raise
        finally:
            connection.execute(f"detach {_OLD}")


def _read_through(path: Path) -> None:
    with Warehouse(path).connect(read_only=True) as connection:
        for schema, table in connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
        ).fetchall():
            connection.execute(f"select sum(hash(t)) from {identifier(schema)}.{identifier(table)} as t").fetchall()


def _beside(changed: str, wide: WideTable) -> str:
    """The from clause of changed keys (c) with their rows in the old file (o) and in the new one (n)."""
    sides = [
        f"left join (select *, true as is_there from ({source})) as {alias} on {_equal('c', alias, wide.key)}"
        for alias, source in (("o", wide.old), ("n", wide.new))
    ]
    return f"{changed} as c {' '.join(sides)}"


def _laid_out(changed: str, shown: WideTable, words: Mapping[str, str]) -> str:
    columns = [f"c.{identifier(column)}" for column in shown.key]
    for place, (name, cell) in enumerate(shown.cells.items()):
        for side, when in (("o", "before"), ("n", "after")):
            columns.append(f"case when {side}.is_there then {words[name].replace('row.', f'{side}.')} end as {when}_{place}")
        columns.append(f"{_differs(cell)} as differs_{place}")
    return f"select {', '.join(columns)} from {_beside(changed, shown)}"


def _differs(cell: Cell) -> str:
    both = " or ".join(f"o.{identifier(column)} is distinct from n.{identifier(column)}" for column in cell.columns)
    old, new = (cell.has_value.replace("row.", f"{side}.") for side in ("o", "n"))
    return f"case when o.is_there is null then {new} when n.is_there is null then {old} else {both} end"


def _equal(left: str, right: str, columns: Sequence[str]) -> str:
    return " and ".join(f"{left}.{identifier(column)} = {right}.{identifier(column)}" for column in columns)


def _column(column: str, known: Mapping[str, str]) -> str:
    return identifier(column) if column in known else f"null as {identifier(column)}"
