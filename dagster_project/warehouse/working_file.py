"""The working file: opened for one block and closed, written only inside a transaction.

Belongs here: connecting, replacing and reading tables, moving a damaged file aside. Does not belong here: releases
(release.py), SQL about answers.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

#: Extensions are never fetched: the project works without a network. What does not fit into the memory goes to disk: a
#: study of any size leaves room for other programs. dbt/profiles.yml says the same, to the letter.
_SETTINGS = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "memory_limit": "1800MB"}

#: An open file; what the functions below take.
Connection = duckdb.DuckDBPyConnection

#: How DuckDB says that another process holds the file: the words, not "lock", which stands in "block", too.
_HELD = re.compile(r"Could not set lock on file|being used by another process")
#: How it says that the file is not what it wrote: flipped bytes, an end that is missing, another kind of file.
_DAMAGED = re.compile(r"Corrupt database file|Failed to deserialize")
_DAMAGED_BY_NAME = re.compile(
    r"is not a valid DuckDB database file|Could not read enough bytes from file|Is a directory"
    r"|database file with version number|sqlite_scanner"
)
_FULL = re.compile(r"No space left on device|disk is full|File too large|not enough space", re.IGNORECASE)
_DENIED = re.compile(r"Permission denied|Read-only file system|Access is denied", re.IGNORECASE)
_HOLDER = re.compile(r"held in (.*? \(PID \d+\))")
_MANIFEST = "manifest.json"

#: Files that `Warehouse.kept_open` holds in this process.
_KEPT: dict[Path, Connection] = {}


class WarehouseError(ValueError):
    """The DuckDB file cannot be used as asked. The message is one line with the cure."""


class HeldFileError(WarehouseError):
    """Another process holds the DuckDB file."""


class DamagedFileError(WarehouseError):
    """The DuckDB file is damaged. A working file has been moved aside: the next run makes it anew.

    fault: what is wrong, and what was done about it.
    """

    def __init__(self, fault: str, cure: str) -> None:
        super().__init__(f"{fault}; {cure}")
        self.fault = fault


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
        """Open the file for one block.

        Raises WarehouseError when another process holds the file, or it cannot be read or written; DamagedFileError when it
        is damaged, which may show in the midst of the block. A working file is moved aside then, so that a run rebuilds it.
        """
        if not read_only:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        elif not self.path.exists():
            raise WarehouseError(f"{self.path}: there is no warehouse yet; run `wavehouse run` first")
        if (kept := _KEPT.get(self.path)) is not None:
            with kept.cursor() as cursor:
                try:
                    yield cursor
                except duckdb.Error as error:
                    if (refusal := refusal_of(self.path, str(error))) is None:
                        raise
                    raise refusal from None
            return
        connection = _open(self.path, read_only=read_only)
        try:
            yield connection
        except duckdb.Error as error:
            connection.close()  # before a damaged file is moved
            if (refusal := refusal_of(self.path, str(error))) is None:
                raise
            raise refusal from None
        finally:
            connection.close()

    def prepare(self, *, is_expected: bool) -> str | None:
        """Make sure that a run can use the file. Returns what was wrong with it and what becomes of that, if anything was.

        is_expected: a release stands, so that a missing file is worth a word. Raises WarehouseError for what a run cannot
        heal.
        """
        if self.path.is_symlink() and not self.path.exists():
            return f"{self.path}: the link led nowhere and was moved to {set_aside(self.path).name}: the file is made anew"
        if not self.path.exists():
            set_aside(self.path)  # a log of changes to the file that is gone
            return f"{self.path}: the working file was missing: it is rebuilt from the exports" if is_expected else None
        try:
            with self.connect():
                return None
        except DamagedFileError as error:
            if self.path.exists():
                raise
            return f"{error.fault}: it is rebuilt from the exports"

    def can_be_read(self) -> bool:
        """Whether DuckDB opens the file and reads its catalogue: not so while another process writes it, or when damaged."""
        try:
            with self.connect(read_only=True) as connection:
                connection.execute("select count(*) from duckdb_columns()").fetchone()
        except (WarehouseError, duckdb.Error):
            return False
        return True

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Open the file for writing once for one block: all that this process opens inside shares it, in any thread.

        Opening reads the whole catalogue, which holds a column an item; a run that opens the file fifty times waits for it.
        DuckDB itself shares it with whoever connects to the same path with the same settings, so dbt's connection does, too.
        """
        if self.path in _KEPT:
            yield
            return
        with self.connect() as connection:
            _KEPT[self.path] = connection
            try:
                yield
            finally:
                _KEPT.pop(self.path).close()

    @contextmanager
    def let_go(self) -> Iterator[None]:
        """Close a file that is kept open for one block, in which something else reads it; nothing if it is not kept."""
        if self.path not in _KEPT:
            yield
            return
        _KEPT.pop(self.path).close()
        try:
            yield
        finally:
            _KEPT[self.path] = _open(self.path)

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


def refusal_of(path: Path, message: str) -> WarehouseError | None:
    """What a message of DuckDB about a file says to a person, with the cure; None if it is about something else.

    A working file that is damaged is moved aside: nothing in it is lost, for all of it comes from the exports.
    """
    for line in map(str.strip, message.splitlines()):
        if _HELD.search(line):
            holder = _HOLDER.search(line)
            program = f"another program, {holder[1]}" if holder else "another program"
            return HeldFileError(f"{path}: is held by {program}; close the program that holds it, then run again")
        if _DAMAGED.search(line) or (_DAMAGED_BY_NAME.search(line) and (str(path) in line or "sqlite" in line)):
            return _damaged(path, line)
        if _FULL.search(line):
            return WarehouseError(f"{path}: cannot be written ({line}); free space on the disk, then run again")
        if _DENIED.search(line) and str(path) in line:
            return WarehouseError(
                f"{path}: cannot be opened ({line}); give yourself the right to read and write it and its folder"
            )
    return None


def _damaged(path: Path, reason: str) -> DamagedFileError:
    if (path.parent / _MANIFEST).exists():
        return DamagedFileError(
            f"{path}: the released file is damaged ({reason})",
            f"move the folder {path.parent.resolve()} away and run `wavehouse run`: the release before it becomes the"
            " current one, and what is new is released again",
        )
    try:
        aside = set_aside(path)
    except OSError as error:
        return DamagedFileError(
            f"{path}: the working file is damaged ({reason}) and cannot be moved aside ({error.strerror})",
            "move it away and run `wavehouse run`: it is rebuilt from the exports",
        )
    return DamagedFileError(
        f"{path}: the working file was damaged ({reason}) and was moved to {aside.name}",
        "run again: it is rebuilt from the exports",
    )


def set_aside(path: Path) -> Path:
    """Move a damaged file, with its log of what was not yet written into it, to a name that says so. Nothing is deleted."""
    now = datetime.now(UTC)
    aside = path.with_name(f"{path.stem}.damaged-{now:%Y%m%dT%H%M%S%f}{path.suffix}")
    if path.exists() or path.is_symlink():
        path.rename(aside)
    log = path.with_name(path.name + ".wal")
    if log.exists():
        log.rename(aside.with_name(aside.name + ".wal"))
    return aside


def _open(path: Path, *, read_only: bool = False) -> Connection:
    try:
        return duckdb.connect(str(path), read_only=read_only, config=dict(_SETTINGS))
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        unknown = WarehouseError(f"{path}: cannot be opened ({first}); check the file")
        raise refusal_of(path, str(error)) or unknown from None


def damaged_files(path: Path) -> set[Path]:
    """The damaged files that were moved aside for a working file."""
    return set(path.parent.glob(f"{path.stem}.damaged-*{path.suffix}"))


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
