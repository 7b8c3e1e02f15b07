"""Dagster's history in PostgreSQL, at the address that WAVEHOUSE_HISTORY gives.

Belongs here: the storage that a home's dagster.yaml names, its connections, and taking texts out of its tables. Does not
belong here: the address (history_place.py). It needs the packages of `wavehouse[server]`.

dagster.yaml holds no address, so that no password is in a file, or in the arguments of a process that Dagster starts.
"""

import os
from collections.abc import Mapping
from typing import Any

import sqlalchemy as db
from dagster._core.storage.event_log.schema import SqlEventLogStorageMetadata
from dagster._core.storage.runs.schema import RunStorageSqlMetadata
from dagster._core.storage.schedules.schema import ScheduleStorageSqlMetadata
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage

from dagster_project.dagster_home.erasure import ASSET_COLUMNS, Match
from dagster_project.dagster_home.history_place import HISTORY_VARIABLE, history_url, postgres_fault

#: A database may hold other tables as well.
_DAGSTER_TABLES = frozenset(
    {
        *RunStorageSqlMetadata.tables,
        *SqlEventLogStorageMetadata.tables,
        *ScheduleStorageSqlMetadata.tables,
    }
)
_BATCH = 1000


class PostgresHistory(DagsterPostgresStorage):
    """Dagster's storage in PostgreSQL, its address taken from the environment."""

    def __init__(self, inst_data: ConfigurableClassData | None = None) -> None:
        url = history_url(os.environ.get(HISTORY_VARIABLE, ""))
        super().__init__(url, inst_data=inst_data)
        # Dagster opens a connection for each of the 500 events of a run, and a password is made to be slow to check.
        for storage in (self._run_storage, self._event_log_storage, self._schedule_storage):
            storage._engine = db.create_engine(
                url, isolation_level="AUTOCOMMIT", pool_size=1, max_overflow=20, pool_recycle=1800, pool_pre_ping=True
            )

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "PostgresHistory":
        return cls(inst_data=inst_data)


def erase_from_tables(address: str, matches: Match) -> int:
    """Take out of the history's tables what matches. Returns how many tables held it.

    Rows that match are deleted, and what is remembered of an asset is emptied; tables are then written anew, so that no
    deleted row stays in their files. What PostgreSQL keeps elsewhere (its write-ahead log, backups) is out of reach.
    """
    engine = db.create_engine(history_url(address), poolclass=db.NullPool)
    try:
        tables = [name for name in db.inspect(engine).get_table_names() if name in _DAGSTER_TABLES]
        erased_tables = []
        for table in tables:  # runs of other studies wait for one table at a time
            with engine.begin() as connection:
                erased_tables += [table] if _erase_from_table(connection, table, matches) else []
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in erased_tables:
                connection.exec_driver_sql(f'vacuum full "{table}"')
    except db.exc.OperationalError as error:
        raise ValueError(postgres_fault(error)) from None
    finally:
        engine.dispose()
    return len(erased_tables)


def _erase_from_table(connection: db.Connection, table: str, matches: Match) -> bool:
    """Whether a table held what matches. Its rows are read in batches: a history may be larger than memory."""
    connection.exec_driver_sql(f'lock table "{table}" in share row exclusive mode')
    changes: dict[str, str] = {}
    query = db.text(f'select ctid::text as row_place, t.* from "{table}" t').execution_options(yield_per=_BATCH)
    rows = connection.execute(query)
    for row in rows.mappings():
        columns = [name for name, cell in row.items() if name != "row_place" and matches(_bytes_of(cell))]
        if columns and set(columns) <= set(ASSET_COLUMNS.get(table, ())):
            emptied = ", ".join(f'"{name}" = null' for name in columns)
            changes[row["row_place"]] = f'update "{table}" set {emptied} where ctid = cast(:row_place as tid)'
        elif columns:
            changes[row["row_place"]] = f'delete from "{table}" where ctid = cast(:row_place as tid)'
    for row_place, change in changes.items():
        connection.execute(db.text(change), {"row_place": row_place})
    return bool(changes)


def _bytes_of(cell: object) -> bytes:
    return bytes(cell) if isinstance(cell, (bytes, memoryview)) else str(cell).encode()
