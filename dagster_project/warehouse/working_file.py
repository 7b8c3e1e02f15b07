"""The working file: opened for one block at a time, written only inside a transaction.

Belongs here: connecting, replacing and reading tables, renaming a damaged file. Does not belong here: releases
(release.py), SQL about answers.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, cast, get_type_hints

import duckdb
import pyarrow as pa

from dagster_project.memory import MEMORY_VARIABLE, memory_limit

#: The type of a row: a dataclass, a named tuple or a typed dictionary.
Row = TypeVar("Row")
#: An open DuckDB file.
Connection = duckdb.DuckDBPyConnection
#: What DuckDB raises for SQL that it cannot run.
QueryError = duckdb.Error

#: DuckDB's messages when another process holds the file ("lock" alone would also match "block").
_LOCKED = re.compile(r"Could not set lock on file|being used by another process")
#: Its messages about damage: flipped bytes, a truncated file, another kind of file.
_DAMAGED = re.compile(r"Corrupt database file|Failed to deserialize")
_DAMAGED_BY_NAME = re.compile(
    r"is not a valid DuckDB database file|Could not read enough bytes from file|Is a directory"
    r"|database file with version number|sqlite_scanner"
)
_FULL = re.compile(r"No space left on device|disk is full|File too large|not enough space", re.IGNORECASE)
_DENIED = re.compile(r"Permission denied|Read-only file system|Access is denied", re.IGNORECASE)
_OUT_OF_MEMORY = re.compile(r"Out of Memory Error")
_OTHER_SETTINGS = re.compile(r"different configuration than existing connections")
#: Its messages about a table, macro or column that a query names and the file does not have.
_ABSENT = (
    re.compile(
        r"^Catalog Error: (?P<kind>Table|View|Schema|Table Function|Scalar Function) with name (?P<name>\S+) does not exist"
    ),
    re.compile(r'^Binder Error: Referenced column "(?P<name>[^"]+)" not found in FROM clause'),
    re.compile(r'^Binder Error: Table "[^"]+" does not have a column named "(?P<name>[^"]+)"'),
    re.compile(r'^Binder Error: Column "(?P<name>[^"]+)" in \w+ list not found'),
)
_HOLDER = re.compile(r"held in (.*? \(PID \d+\))")
_MANIFEST = "manifest.json"

#: Connections that `Warehouse.kept_open` holds in this process.
_OPEN_CONNECTIONS: dict[Path, Connection] = {}


class WarehouseError(ValueError):
    """The DuckDB file cannot be used. The message is one line that says how to fix it."""


class LockedFileError(WarehouseError):
    """Another process holds the DuckDB file."""


class DamagedFileError(WarehouseError):
    """The DuckDB file is damaged. A working file has been renamed: the next run rebuilds it.

    fault: what is wrong, and what was done about it.
    """

    def __init__(self, fault: str, cure: str) -> None:
        super().__init__(f"{fault}; {cure}")
        self.fault = fault


class OtherVersionError(WarehouseError):
    """The DuckDB file lacks what this version of Wavehouse reads, since another version wrote it.

    part: what it lacks. fault: the same, in DuckDB's words where DuckDB says so.
    """

    def __init__(self, path: Path, part: str, fault: str) -> None:
        is_released = (path.parent / _MANIFEST).exists()
        subject, cure = ("release", "makes a new one") if is_released else ("file", "brings it up to date")
        super().__init__(f"{path}: has no {part}: another version of Wavehouse wrote this {subject}; `wavehouse run` {cure}")
        self.part, self.fault = part, fault


class MissingColumnError(WarehouseError):
    """The rows of a query have no column of this name. `Warehouse.connect` says of which file."""


def connection_settings() -> dict[str, str]:
    """How every DuckDB connection is opened. dbt/profiles.yml must hold exactly the same settings.

    Extensions are never downloaded: the project works without a network. Data beyond the memory limit go to disk.
    """
    return {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "memory_limit": memory_limit(),
    }


@contextmanager
def in_transaction(connection: Connection) -> Iterator[None]:
    """Run one block in one transaction of an open connection: either all changes are written, or none."""
    connection.begin()
    try:
        yield
    except BaseException:
        with suppress(duckdb.Error):  # where the file cannot be written the transaction is gone already
            connection.rollback()
        raise
    connection.commit()


def identifier(name: str) -> str:
    """A name quoted for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text quoted for SQL."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True)
class Warehouse:
    """A DuckDB file. People never open it while a run may write: they read the release."""

    path: Path

    @contextmanager
    def connect(self, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the file for one block.

        Raises WarehouseError if another process holds the file, or it cannot be read or written; DamagedFileError if it is
        damaged, which may become apparent only inside the block. A working file is then renamed, so that a run rebuilds it.
        OtherVersionError if a file that is only read lacks what a query names; a file that is kept open is of this version.
        """
        if not read_only:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        elif not self.path.exists():
            raise WarehouseError(f"{self.path}: there is no warehouse yet; run `wavehouse run` first")
        if (open_connection := _OPEN_CONNECTIONS.get(self.path)) is not None:
            with open_connection.cursor() as cursor:
                try:
                    yield cursor
                except duckdb.Error as error:
                    if (refusal := warehouse_error(self.path, str(error))) is None:
                        raise
                    raise refusal from None
            return
        connection = _open(self.path, read_only=read_only)
        try:
            yield connection
        except duckdb.Error as error:
            connection.close()  # before a damaged file is renamed
            refusal = warehouse_error(self.path, str(error))
            if refusal is None and read_only:
                refusal = other_version_error(self.path, error)
            if refusal is None:
                raise
            raise refusal from None
        except MissingColumnError as error:
            raise other_version_error(self.path, error) or error from None
        finally:
            connection.close()

    def prepare(self, *, is_expected: bool) -> str | None:
        """Make sure that a run can use the file. Returns a message on what was wrong and what was done about it, or None.

        is_expected: there is a release, so that a missing file is reported. Raises WarehouseError for what a run cannot
        repair.
        """
        if self.path.is_symlink() and not self.path.exists():
            return f"{self.path}: the link was broken and was renamed to {set_aside(self.path).name}: the file is rebuilt"
        if not self.path.exists():
            set_aside(self.path)  # renames the log of a file that is missing
            return f"{self.path}: the working file was missing: it is rebuilt from the exports" if is_expected else None
        try:
            with self.connect():
                return None
        except DamagedFileError as error:
            if self.path.exists():
                raise
            return f"{error.fault}: it is rebuilt from the exports"

    def can_be_read(self) -> bool:
        """Whether DuckDB can open the file and read its catalogue: no if another process writes it or it is damaged."""
        try:
            with self.connect(read_only=True) as connection:
                connection.execute("select count(*) from duckdb_columns()").fetchone()
        except (WarehouseError, duckdb.Error):
            return False
        return True

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Keep the file open for writing for one block: all connections of this process inside it share it, in any thread.

        Opening reads the whole catalogue, which has a column for each item, and would take time if a run did it often.
        DuckDB shares the file with all connections to the same path with the same settings, including dbt's.
        """
        if self.path in _OPEN_CONNECTIONS:
            yield
            return
        with self.connect() as connection:
            _OPEN_CONNECTIONS[self.path] = connection
            try:
                yield
            finally:
                _OPEN_CONNECTIONS.pop(self.path).close()

    @contextmanager
    def let_go(self) -> Iterator[None]:
        """Close a file that is kept open for one block, so that something else can read it; otherwise do nothing."""
        if self.path not in _OPEN_CONNECTIONS:
            yield
            return
        _OPEN_CONNECTIONS.pop(self.path).close()
        try:
            yield
        finally:
            _OPEN_CONNECTIONS[self.path] = _open(self.path)

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the file and run one block in one transaction: either all changes are written, or none."""
        with self.connect() as connection, in_transaction(connection):
            yield connection

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

    def rows_as(self, row_type: type[Row], sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """The rows of a query as `row_type`, as the function of this name gives them."""
        with self.connect(read_only=True) as connection:
            return rows_as(connection, row_type, sql, parameters)


def warehouse_error(path: Path, message: str) -> WarehouseError | None:
    """The error for a DuckDB message about a file, with how to fix it; None if the message is about something else.

    A damaged working file is renamed: no data are lost, because all of it comes from the exports.
    """
    for line in map(str.strip, message.splitlines()):
        if _LOCKED.search(line):
            holder = _HOLDER.search(line)
            program = f"another program, {holder[1]}" if holder else "another program"
            return LockedFileError(f"{path}: is open in {program}; close it, then run again")
        if _DAMAGED.search(line) or (_DAMAGED_BY_NAME.search(line) and (str(path) in line or "sqlite" in line)):
            return _damaged(path, line)
        if _FULL.search(line):
            return WarehouseError(f"{path}: cannot be written ({line}); free space on the disk, then run again")
        if _OUT_OF_MEMORY.search(line):
            return WarehouseError(
                f"{path}: {memory_limit()} of memory are too little for this study; give more by {MEMORY_VARIABLE}, such as"
                " 4GB"
            )
        if _DENIED.search(line) and str(path) in line:
            return WarehouseError(
                f"{path}: cannot be opened ({line}); grant yourself read and write permission for it and its folder"
            )
    return None


def other_version_error(path: Path, error: duckdb.Error | MissingColumnError) -> OtherVersionError | None:
    """The error for a query that names what a file does not have; None if the error is about something else."""
    fault = str(error).splitlines()[0]
    if isinstance(error, MissingColumnError):
        return OtherVersionError(path, fault.removeprefix("no "), fault)
    for pattern in _ABSENT:
        if match := pattern.search(fault):
            kind = match.groupdict().get("kind", "column").lower()
            return OtherVersionError(path, f"{kind} {match['name']}", fault)
    return None


def _damaged(path: Path, reason: str) -> DamagedFileError:
    if (path.parent / _MANIFEST).exists():
        return DamagedFileError(
            f"{path}: the released file is damaged ({reason})",
            f"move the folder {path.parent.resolve()} away and run `wavehouse run`: the release before it becomes the"
            " current one, and what is new is released again",
        )
    try:
        moved_path = set_aside(path)
    except OSError as error:
        return DamagedFileError(
            f"{path}: the working file is damaged ({reason}) and cannot be moved aside ({error.strerror})",
            "move it away and run `wavehouse run`: it is rebuilt from the exports",
        )
    return DamagedFileError(
        f"{path}: the working file was damaged ({reason}) and was moved to {moved_path.name}",
        "run again: it is rebuilt from the exports",
    )


def set_aside(path: Path) -> Path:
    """Rename a damaged file and its write-ahead log to names that say so. Nothing is deleted."""
    now = datetime.now(UTC)
    moved_path = path.with_name(f"{path.stem}.damaged-{now:%Y%m%dT%H%M%S%f}{path.suffix}")
    if path.exists() or path.is_symlink():
        path.rename(moved_path)
    log = path.with_name(path.name + ".wal")
    if log.exists():
        log.rename(moved_path.with_name(moved_path.name + ".wal"))
    return moved_path


def _open(path: Path, *, read_only: bool = False) -> Connection:
    try:
        return duckdb.connect(str(path), read_only=read_only, config=dict(connection_settings()))
    except duckdb.Error as error:
        if read_only and _OTHER_SETTINGS.search(str(error)):
            # Somebody's own connection in the same process, as in a notebook: what is read by it is the same.
            with suppress(duckdb.Error):
                return duckdb.connect(str(path), read_only=True)
            raise WarehouseError(f"{path}: is open in this program with other settings; close that connection") from None
        first_line = str(error).splitlines()[0]
        unexplained = WarehouseError(f"{path}: cannot be opened ({first_line}); check the file")
        raise warehouse_error(path, str(error)) or unexplained from None


def damaged_files(path: Path) -> set[Path]:
    """The damaged versions of a working file that were renamed."""
    return set(path.parent.glob(f"{path.stem}.damaged-*{path.suffix}"))


def rows(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """The rows of a query as dictionaries."""
    cursor = connection.execute(sql, list(parameters))
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def rows_as(
    connection: duckdb.DuckDBPyConnection, row_type: type[Row], sql: str, parameters: Sequence[Any] = ()
) -> list[Row]:
    """The rows of a query as `row_type`, whose fields are named as columns of the query; its other columns are left out.

    Raises MissingColumnError for a field that is no column, as in a file that an earlier version of the code wrote.
    """
    cursor = connection.execute(sql, list(parameters))
    names = [column[0] for column in cursor.description or ()]
    fields = list(get_type_hints(row_type))
    if absent := [field for field in fields if field not in names]:
        raise MissingColumnError(f"no column {', '.join(absent)} for {row_type.__name__}")
    indexes = {field: names.index(field) for field in fields}
    make_row = cast(Callable[..., Row], row_type)
    return [make_row(**{field: values[index] for field, index in indexes.items()}) for values in cursor.fetchall()]


def arrow_table(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
    """The rows of a query as an Arrow table: for what people analyse, answers among it."""
    return connection.execute(sql, list(parameters)).to_arrow_table()


def replace_table(connection: duckdb.DuckDBPyConnection, schema: str, name: str, table: pa.Table) -> None:
    """Replace one table by an Arrow table, inside the caller's transaction."""
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
    row_filter: tuple[str, Sequence[str]],
    *,
    key: str | None = None,
    stamps: Sequence[str] = (),
) -> None:
    """Replace the rows of a shared table whose column has one of the values of `row_filter` (column, values).

    Runs inside the caller's transaction. With `key`, a row equal to the row it replaces keeps that row's `stamps` (who
    computed it, when), so that another run over unchanged answers changes nothing.
    """
    full_name = f"{identifier(schema)}.{identifier(name)}"
    filter_column, filter_values = row_filter
    connection.register("incoming", table)
    try:
        connection.execute(f"create schema if not exists {identifier(schema)}")
        connection.execute(f"create table if not exists {full_name} as select * from incoming limit 0")
        # A file written by an earlier version of the code may lack a column.
        for field, kind in connection.execute("select column_name, column_type from (describe incoming)").fetchall():
            connection.execute(f"alter table {full_name} add column if not exists {identifier(field)} {kind}")
        source = "select * from incoming"
        if key is not None:
            is_same = " and ".join(
                f"old.{identifier(field)} is not distinct from new.{identifier(field)}"
                for field in table.column_names
                if field not in stamps
            )
            stamp_columns = ", ".join(
                f"coalesce(old.{identifier(stamp)}, new.{identifier(stamp)}) as {identifier(stamp)}" for stamp in stamps
            )
            source = f"select new.* replace ({stamp_columns}) from incoming as new left join {full_name} as old on {is_same}"
        connection.execute(f"create or replace temporary table replacement as {source}")
        connection.execute(
            f"delete from {full_name} where {identifier(filter_column)} in (select unnest(?))", [list(filter_values)]
        )
        connection.execute(f"insert into {full_name} by name select * from replacement")
        connection.execute("drop table replacement")
    finally:
        connection.unregister("incoming")
