"""Two DuckDB files beside one another: which rows of a table differ.

Belongs here: the comparison by key. Does not belong here: what a difference means (results/release_diff.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from dagster_project.warehouse.working_file import _SETTINGS, Warehouse, WarehouseError, identifier, refusal_of

#: More changed rows than this are counted, not carried: a diff is for people.
MOST_ROWS = 10_000


@dataclass(frozen=True)
class ChangedRow:
    """One row that differs. key: its key columns; before and after: the other columns, None where the row is not there."""

    key: Mapping[str, Any]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True)
class TableChanges:
    """The rows of a table that differ between two files, in the order of their keys, and how many there are in all."""

    rows: tuple[ChangedRow, ...]
    count: int


def changed_rows(
    old: Path, new: Path, table: tuple[str, str], key: Sequence[str], ignored: Sequence[str] = ()
) -> TableChanges:
    """Compare a table of two files by key, over the columns that either file has; a column that one lacks is null there.

    A file that lacks the table counts as one without rows. Both files are only read. At most MOST_ROWS rows are carried.
    Raises WarehouseError when a file is not there or cannot be opened.
    """
    for path in (old, new):
        if not path.exists():
            raise WarehouseError(f"{path}: there is no such file to compare; check the release's name")
    # A process cannot hold a file for writing and attach it elsewhere.
    with Warehouse(old).let_go(), Warehouse(new).let_go(), duckdb.connect(config=dict(_SETTINGS)) as connection:
        for name, path in (("old", old), ("new", new)):
            _attach(connection, name, path)
        columns = {name: _columns(connection, name, table) for name in ("old", "new")}
        everything = list(dict.fromkeys([*columns["old"], *columns["new"]]))
        others = [column for column in everything if column not in (*key, *ignored)]
        if not everything:
            return TableChanges((), 0)
        sides = ", ".join(_side(name, table, key, others, columns[name]) for name in ("old", "new"))
        on = " and ".join(f"o.{identifier(column)} = n.{identifier(column)}" for column in key)
        keys = ", ".join(f"coalesce(o.{identifier(c)}, n.{identifier(c)}) as {identifier(c)}" for c in key)
        differs = " or ".join(f"o.{identifier(column)} is distinct from n.{identifier(column)}" for column in others)
        both = ", ".join(f"{side}.{identifier(column)}" for side in ("o", "n") for column in others)
        query = (
            f"with {sides} select {keys}, o.is_there, n.is_there, {both or 'null'}, count(*) over () as total"
            f" from old_side as o full join new_side as n on {on}"
            f" where o.is_there is null or n.is_there is null or {differs or 'false'}"
            f" order by {', '.join(str(place + 1) for place in range(len(key)))} limit {MOST_ROWS}"
        )
        try:
            found = connection.execute(query).fetchall()
        except duckdb.IOException:
            connection.close()
            _refuse_damaged([path for name, path in (("old", old), ("new", new)) if columns[name]], table)
            raise
    changed = []
    for row in found:
        place = len(key)
        was, is_now = row[place], row[place + 1]
        values = row[place + 2 : -1]
        before, after = values[: len(others)], values[len(others) :]
        changed.append(
            ChangedRow(
                dict(zip(key, row[:place], strict=True)),
                dict(zip(others, before, strict=True)) if was else None,
                dict(zip(others, after, strict=True)) if is_now else None,
            )
        )
    return TableChanges(tuple(changed), found[0][-1] if found else 0)


def _attach(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    text = str(path).replace("'", "''")
    try:
        connection.execute(f"attach '{text}' as {name} (read_only)")
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        unknown = WarehouseError(f"{path}: cannot be compared ({reason}); check the file")
        raise refusal_of(path, str(error)) or unknown from None


def _refuse_damaged(paths: Sequence[Path], table: tuple[str, str]) -> None:
    """Read a table of each file by itself: DuckDB does not say which of two files is damaged."""
    for path in paths:
        with Warehouse(path).connect(read_only=True) as connection:
            connection.execute(f"select sum(hash(t)) from {'.'.join(map(identifier, table))} as t").fetchall()


def _columns(connection: duckdb.DuckDBPyConnection, database: str, table: tuple[str, str]) -> dict[str, str]:
    return dict(
        connection.execute(
            "select column_name, data_type from duckdb_columns()"
            " where database_name = ? and schema_name = ? and table_name = ? order by column_index",
            [database, *table],
        ).fetchall()
    )


def _side(name: str, table: tuple[str, str], key: Sequence[str], others: Sequence[str], columns: Mapping[str, str]) -> str:
    if not columns:
        empty = ", ".join(f"null as {identifier(column)}" for column in (*key, *others))
        return f"{name}_side as (select {empty}, true as is_there where false)"
    selected = ", ".join(
        identifier(column) if column in columns else f"null as {identifier(column)}" for column in (*key, *others)
    )
    place = f"{name}.{identifier(table[0])}.{identifier(table[1])}"
    return f"{name}_side as (select {selected}, true as is_there from {place})"
