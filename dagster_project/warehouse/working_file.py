"""The working file: opened for one block and closed, written only inside a transaction.

Belongs here: connecting, replacing and reading tables. Does not belong here: releases (release.py), SQL about answers.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

#: Extensions are never fetched: the project works without a network.
_SETTINGS = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}

#: An open file; what the functions below take.
Connection = duckdb.DuckDBPyConnection

#: Files that `Warehouse.kept_open` holds in this thread.
_KEPT = threading.local()


class WarehouseError(ValueError):
    """The DuckDB file cannot be used as asked. The message is one line with the cure."""


def identifier(name: str) -> str:
    """A name quoted for SQL, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text quoted for SQL, whatever it holds."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True)
class Warehouse:
    """A DuckDB file. People never open it while a run may write: they read the release."""

    path: Path

    @contextmanager
    def connect(self, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the file for one block. Raises WarehouseError when another process holds it or it is not DuckDB's."""
        if not read_only:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        elif not self.path.exists():
            raise WarehouseError(f"{self.path}: there is no warehouse yet; run `wavehouse run` first")
        kept = getattr(_KEPT, "files", {}).get(self.path)
        if kept is not None:
            with kept.cursor() as cursor:
                yield cursor
            return
        try:
            connection = duckdb.connect(str(self.path), read_only=read_only, config=dict(_SETTINGS))
        except duckdb.IOException as error:
            first = str(error).splitlines()[0]
            cure = "close the program that holds it, then run again" if "lock" in first.lower() else "check the file"
            raise WarehouseError(f"{self.path}: cannot be opened ({first}); {cure}") from None
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Open the file for writing once for one block: all that this thread opens inside shares it.

        Opening reads the whole catalogue, which holds a column an item; a step that opens the file five times waits for it.
        """
        with self.connect() as connection:
            _KEPT.files = {**getattr(_KEPT, "files", {}), self.path: connection}
            try:
                yield
            finally:
                del _KEPT.files[self.path]

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the file and run one block in one transaction: all of it is written, or nothing."""
        with self.connect() as connection:
            connection.begin()
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def replace_tables(self, schema: str, tables: Mapping[str, pa.Table]) -> None:
        """Replace whole tables of one schema in one transaction. Each keeps its Arrow types."""
        with self.transaction() as connection:
            connection.execute(f"create schema if not exists {identifier(schema)}")
            for name, table in tables.items():
                replace_table(connection, schema, name, table)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """The rows of a query as dictionaries: for small results (moments, results), never for answers."""
        with self.connect(read_only=True) as connection:
            return rows(connection, sql, parameters)


def rows(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """The rows of a query as dictionaries."""
    cursor = connection.execute(sql, list(parameters))
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def replace_table(connection: duckdb.DuckDBPyConnection, schema: str, name: str, table: pa.Table) -> None:
    """Replace one table with an Arrow table, inside the caller's transaction."""
    connection.register("incoming", table)
    try:
        connection.execute(f"create or replace table {identifier(schema)}.{identifier(name)} as select * from incoming")
    finally:
        connection.unregister("incoming")


def replace_rows(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    name: str,
    table: pa.Table,
    where: tuple[str, Sequence[str]],
    *,
    key: str | None = None,
    stamps: Sequence[str] = (),
) -> None:
    """Replace the rows of a shared table whose column has one of some values (`where`), inside the caller's transaction.

    With `key`, a row that says the same as the row it replaces keeps that row's `stamps` (who computed it, when), so
    that running again over unchanged answers changes nothing.
    """
    full_name = f"{identifier(schema)}.{identifier(name)}"
    column, values = where
    connection.register("incoming", table)
    try:
        connection.execute(f"create schema if not exists {identifier(schema)}")
        connection.execute(f"create table if not exists {full_name} as select * from incoming limit 0")
        # A file made by an earlier version of the code may lack a column.
        for name, kind in connection.execute("select column_name, column_type from (describe incoming)").fetchall():
            connection.execute(f"alter table {full_name} add column if not exists {identifier(name)} {kind}")
        source = "select * from incoming"
        if key is not None:
            same = " and ".join(
                f"old.{identifier(field)} is not distinct from new.{identifier(field)}"
                for field in table.column_names
                if field not in stamps
            )
            kept = ", ".join(f"coalesce(old.{identifier(s)}, new.{identifier(s)}) as {identifier(s)}" for s in stamps)
            source = f"select new.* replace ({kept}) from incoming as new left join {full_name} as old on {same}"
        connection.execute(f"create or replace temporary table replacement as {source}")
        connection.execute(f"delete from {full_name} where {identifier(column)} in (select unnest(?))", [list(values)])
        connection.execute(f"insert into {full_name} by name select * from replacement")
        connection.execute("drop table replacement")
    finally:
        connection.unregister("incoming")
