"""Events of Dagster's history that hold a text, taken out of where it lies so that no byte of them remains.

Belongs here: its SQLite files and what steps printed. Does not belong here: what the text is, tables of PostgreSQL
(postgres_history.py).
"""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from dagster_project.dagster_home.history_place import check_history

Match = Callable[[bytes], object]
#: The tables in which a row stands for an asset and outlives its events: only what is remembered of the last is taken out.
ASSET_COLUMNS = {"asset_keys": ("last_materialization", "cached_status_data", "asset_details", "tags")}


def erase_from_history(dagster_home: Path, matches: Match, history: str = "") -> int:
    """Take out of a Dagster home what matches. Returns how many files and tables held it. matches: whether bytes hold the
    text. history: the address of PostgreSQL, where the history lies there.

    Raises ValueError, one line, where a file is open in another program, or PostgreSQL does not answer.
    """
    count = 0
    if history:
        from dagster_project.dagster_home.postgres_history import erase_from_tables

        check_history(history)
        count += erase_from_tables(history, matches)
    for file in sorted(dagster_home.rglob("*")):
        if not file.is_file() or not matches(file.read_bytes()):
            continue
        count += 1
        base = file.with_name(re.sub(r"-(wal|shm|journal)$", "", file.name))
        if base.suffix == ".db" and base.exists():
            try:
                _erase_from_database(base, matches)
            except sqlite3.OperationalError as error:
                raise ValueError(
                    f"{base}: the history of runs cannot be written ({error}); end `wavehouse ui` and other programs that"
                    " have it open; the next command about the study goes on"
                ) from None
        else:  # what a step printed, or a history that was moved aside
            file.unlink()
    return count


def _erase_from_database(file: Path, matches: Match) -> None:
    with closing(sqlite3.connect(file, isolation_level=None, timeout=10)) as connection:
        connection.text_factory = bytes
        tables = [
            name.decode() for (name,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall()
        ]
        connection.execute("begin immediate")
        for table in tables:
            names = [name.decode() for _, name, *_ in connection.execute(f'pragma table_info("{table}")').fetchall()]
            rows = connection.execute(f'select rowid, * from "{table}"').fetchall()
            for rowid, *cells in rows:
                columns = [
                    name for name, cell in zip(names, cells, strict=True) if isinstance(cell, bytes) and matches(cell)
                ]
                if not columns:
                    continue
                if set(columns) <= set(ASSET_COLUMNS.get(table, ())):
                    changes = ", ".join(f'"{name}" = null' for name in columns)
                    connection.execute(f'update "{table}" set {changes} where rowid = ?', [rowid])
                else:
                    connection.execute(f'delete from "{table}" where rowid = ?', [rowid])
        connection.execute("commit")
        connection.execute("vacuum")
        connection.execute("pragma wal_checkpoint(truncate)")
