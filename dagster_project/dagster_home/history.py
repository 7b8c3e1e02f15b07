"""Dagster's files of runs and events under DAGSTER_HOME: what is damaged is moved aside, what cannot be used is said.

Belongs here: looking at these SQLite files and moving them. Does not belong here: what is in them, which is Dagster's.
The history of runs is all that they hold: data, exports and releases do not depend on them.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.dagster_home.history_place import postgres_fault

#: What SQLite says when a file is in use, cannot be written or is of another version of Dagster, and what helps.
_CURES = {
    "database is locked": "it is open in another program; close it, then run again",
    "readonly database": "grant yourself write permission for this folder",
    "disk is full": "free space on the disk, then run again",
    "disk I/O error": "free space on the disk and check it, then run again",
    "unable to open database file": "grant yourself write permission for this folder",
}
_OUTDATED = ("no such column", "no such table", "has no column named")


def move_damaged_aside(dagster_home: Path) -> list[str]:
    """Move each damaged file to a name that says so; Dagster makes a new one. Returns a line for each."""
    return [
        f"{file}: the history of runs was damaged ({fault}) and was moved to {_set_aside(file).name}: it begins anew; data"
        " and releases are whole"
        for file in sorted(dagster_home.rglob("*.db"))
        if (fault := _fault(file)) is not None
    ]


def history_fault(error: BaseException, dagster_home: Path) -> str | None:
    """What an error says about the history to a person, with the cure; None if it is about something else."""
    for cause in _chain(error):
        text = str(cause)
        if type(cause).__module__.partition(".")[0] == "psycopg2":
            return postgres_fault(cause)
        if not isinstance(cause, sqlite3.Error) and "sqlite3." not in text:
            continue
        for words, cure in _CURES.items():
            if words in text:
                return f"{dagster_home}: the history of runs cannot be used ({words}); {cure}"
        if any(words in text for words in _OUTDATED):
            return (
                f"{dagster_home}: the history of runs was written by another version of Dagster; bring it up to date with"
                f" `DAGSTER_HOME={dagster_home} dagster instance migrate`, or move the folder away: a new history begins"
            )
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    visited: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in visited:
        visited.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _fault(file: Path) -> str | None:
    """What is wrong with a SQLite file; None for a whole one, an empty one, which is new, and one that is in use."""
    if file.is_dir():
        return "a folder has its name"
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            (answer,) = connection.execute("pragma quick_check(1)").fetchone()
    except sqlite3.OperationalError:
        return None
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if answer == "ok" else str(answer).splitlines()[-1]


def _set_aside(file: Path) -> Path:
    """Move a file with its journals: a new file must not take them for its own."""
    damaged = file.with_name(f"{file.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
    for ending in ("-wal", "-shm", "-journal"):
        journal = file.with_name(file.name + ending)
        if journal.exists():
            journal.rename(damaged.with_name(damaged.name + ending))
    return file.rename(damaged)
