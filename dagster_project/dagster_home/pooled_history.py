"""Dagster's history in SQLite, with each of its databases opened once for a process instead of once for each event.

Belongs here: how the event log is connected to. Does not belong here: what is logged. DAGSTER_HOME's dagster.yaml names this
class; a home with an older dagster.yaml goes on with Dagster's own, over the same files.

A run logs some 500 events. Dagster opens a database, commits and closes it for each, twice for most of them, and SQLite
waits for the disk each time and copies its log back whenever the last connection closes. The modules below are private to
Dagster, which is pinned; its documentation names them in dagster.yaml.
"""

import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as db
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData

#: Runs whose databases stay open; the UI reads many.
_OPEN_RUNS = 4


class PooledHistory(DagsterSqliteStorage):
    """Dagster's SQLite storage with a pooled event log."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage = PooledEventLog(os.path.join(base_dir, "history", "runs", ""))

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> "PooledHistory":
        return cls.from_local(inst_data=inst_data, **config_value)


class PooledEventLog(SqliteEventLogStorage):
    """Dagster's SQLite event log: one file a run and one over all runs, each with one open connection."""

    def __init__(self, base_dir: str) -> None:
        self._engines: OrderedDict[str, db.Engine] = OrderedDict()
        self._tables: set[str] = set()
        super().__init__(base_dir)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[db.Connection]:
        if shard not in self._initialized_dbs:
            with super()._connect(shard):  # makes the file where there is none
                pass
        with self._db_lock:
            with self._engine(shard).connect() as connection, connection.begin():
                yield connection
            if shard != INDEX_SHARD_NAME:
                # Who watches a run is told by a change of its file; the commit went into SQLite's log beside it.
                os.utime(self.path_for_shard(shard))

    def has_table(self, table_name: str) -> bool:
        # Dagster opens the database anew and asks it for every event of a check. No table goes but with its file (`wipe`).
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def _engine(self, shard: str) -> db.Engine:
        if shard not in self._engines:
            engine = db.create_engine(
                self.conn_string_for_shard(shard),
                poolclass=db.StaticPool,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
            db.event.listen(engine, "connect", _relax)
            self._engines[shard] = engine
        self._engines.move_to_end(shard)
        runs = [name for name in self._engines if name != INDEX_SHARD_NAME]
        for name in runs[:-_OPEN_RUNS]:
            self._engines.pop(name).dispose()
        return self._engines[shard]

    def _close(self) -> None:
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()

    def wipe(self) -> None:
        self._close()
        self._tables.clear()
        super().wipe()

    def dispose(self) -> None:
        super().dispose()
        self._close()


def _relax(connection: Any, record: object) -> None:
    # With a write-ahead log, a power cut may take the last events, and never damages the file.
    connection.execute("pragma synchronous = normal")
