"""The history that keeps its databases open: the same files as Dagster's own, read by it at any time, also after a kill."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from dagster_project.dagster_home.pooled_history import PooledEventLog, PooledHistory
from dagster_project.places import DAGSTER_SETTINGS

_LOGS = """
import os, sys
import dagster as dg
@dg.asset
def release(context):
    for number in range(20):
        context.log_event(dg.AssetObservation("release", metadata={"number": number}))
    if sys.argv[1:]:
        os.kill(os.getpid(), 9)
with dg.DagsterInstance.get() as instance:
    for _ in range(6):
        print(dg.materialize([release], instance=instance).run_id)
"""


@pytest.fixture(name="home")
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(DAGSTER_SETTINGS, tmp_path / "dagster.yaml")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return tmp_path


def _run_in(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _LOGS, *words]
    return subprocess.run(command, env=os.environ | {"DAGSTER_HOME": str(home)}, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_an_older_home_reads_what_the_pooled_history_wrote_and_the_other_way_round(home: Path) -> None:
    first = _run_in(home).stdout.split()
    assert len(first) == 6
    (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", encoding="utf-8")
    with dg.DagsterInstance.get() as instance:
        assert type(instance.event_log_storage) is SqliteEventLogStorage
        assert len(instance.fetch_observations(dg.AssetKey("release"), limit=1000).records) == 6 * 20
        assert {run.run_id for run in instance.get_runs()} == set(first)
    second = _run_in(home).stdout.split()
    shutil.copy(DAGSTER_SETTINGS, home / "dagster.yaml")
    with dg.DagsterInstance.get() as instance:
        storage = instance.event_log_storage
        assert type(storage) is PooledEventLog
        assert len(instance.fetch_observations(dg.AssetKey("release"), limit=1000).records) == 12 * 20
        for run in (*first, *second):
            assert [entry.dagster_event.event_type_value for entry in instance.all_logs(run) if entry.dagster_event][-1] == (
                "PIPELINE_SUCCESS"
            )
        # Of many runs, few stay open.
        assert len(storage._engines) == 5
        instance.wipe()
        assert instance.get_runs() == []
        assert _run_in(home).returncode == 0
        assert len(instance.fetch_observations(dg.AssetKey("release"), limit=1000).records) == 6 * 20


@pytest.mark.slow
def test_what_a_killed_run_logged_is_there(home: Path) -> None:
    assert _run_in(home, "killed").returncode == -signal.SIGKILL
    with dg.DagsterInstance.get() as instance:
        assert len(instance.fetch_observations(dg.AssetKey("release"), limit=1000).records) == 20


@pytest.mark.slow
def test_who_watches_a_run_is_told_while_it_goes_on(home: Path) -> None:
    """The UI follows a run by its file's changes; with an open connection SQLite would not touch that file for long."""
    writer = PooledHistory.from_local(str(home)).event_log_storage
    reader = SqliteEventLogStorage(str(home / "history" / "runs"))
    was_heard = threading.Event()
    with dg.DagsterInstance.get() as instance:
        run = dg.materialize([_nothing], instance=instance).run_id
        entry = instance.all_logs(run)[0]
    reader.watch(run, None, lambda event, cursor: was_heard.set())
    try:
        assert not was_heard.wait(0.5)
        writer.store_event(entry)
        assert was_heard.wait(10)
    finally:
        reader.dispose()
        writer.dispose()


@dg.asset
def _nothing() -> None: ...
