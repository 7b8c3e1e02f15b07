"""Dagster's history of runs: damaged files are moved aside, those that cannot be used have one line with the cure."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dagster_project.dagster_home.history import history_fault, move_damaged_aside


def _history(home: Path) -> Path:
    file = home / "history" / "runs.db"
    file.parent.mkdir(parents=True)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("create table runs (run_id text, body text)")
        connection.executemany("insert into runs values (?, ?)", [(str(number), "x" * 500) for number in range(500)])
        connection.commit()
    return file


def _flip(file: Path, start: int, length: int) -> None:
    content = bytearray(file.read_bytes())
    content[start : start + length] = bytes(255 - byte for byte in content[start : start + length])
    file.write_bytes(content)


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a header with flipped bytes": lambda file: _flip(file, 0, 16),
    "pages with flipped bytes": lambda file: _flip(file, 8192, 8192),
    "a text": lambda file: file.write_text("hello" * 1000),
    "a file cut short": lambda file: os.truncate(file, 20_000),
    "a folder": _folder,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_moved_aside_and_named(damage: Callable[[Path], object], tmp_path: Path) -> None:
    file = _history(tmp_path)
    whole = file.with_name("index.db")
    whole.write_bytes(file.read_bytes())
    damage(file)
    file.with_name("runs.db-wal").write_bytes(b"of the damaged file")
    (line,) = move_damaged_aside(tmp_path)
    (damaged_file,) = file.parent.glob("runs.db.damaged-*[0-9]")
    assert line.startswith(f"{file}: the history of runs was damaged (")
    assert line.endswith(f") and was moved to {damaged_file.name}: it begins anew; data and releases are whole")
    assert "\n" not in line
    assert not [
        path for path in file.parent.iterdir() if path.name.startswith("runs.db") and damaged_file.name not in path.name
    ]
    assert whole.exists()
    assert move_damaged_aside(tmp_path) == []


@pytest.mark.slow
def test_whole_empty_and_held_files_stay(tmp_path: Path) -> None:
    file = _history(tmp_path)
    file.with_name("new.db").write_bytes(b"")
    with closing(sqlite3.connect(file)) as holder:
        holder.execute("begin exclusive")
        assert move_damaged_aside(tmp_path) == []
        with closing(sqlite3.connect(file, timeout=0)) as connection, pytest.raises(sqlite3.OperationalError) as error:
            connection.execute("select * from runs")
        holder.rollback()
    assert history_fault(error.value, tmp_path) == (
        f"{tmp_path}: the history of runs cannot be used (database is locked); it is open in another program; close it,"
        " then run again"
    )
    assert move_damaged_aside(tmp_path) == []
    assert move_damaged_aside(tmp_path / "not there") == []


def test_a_history_of_another_version_says_how_to_bring_it_up_to_date(tmp_path: Path) -> None:
    with closing(sqlite3.connect(_history(tmp_path))) as connection, pytest.raises(sqlite3.OperationalError) as outdated:
        connection.execute("select backfill_id from runs")
    error = RuntimeError("the instance cannot be used")
    error.__cause__ = outdated.value
    line = history_fault(error, tmp_path)
    assert line is not None
    assert f"`DAGSTER_HOME={tmp_path} dagster instance migrate`, or move the folder away" in line
    assert history_fault(RuntimeError("database is locked, says somebody else"), tmp_path) is None
