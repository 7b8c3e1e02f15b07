"""Runs of Dagster's history that are old: which they are, and taking them out with what their steps printed.

Belongs here: the history's runs, and its files. Does not belong here: how long a study keeps them (retention/).
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.dagster_home.folder import open_dagster_home
from dagster_project.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

#: The tag by which a run is known as a study's, since several may have runs in one history: the name of the study's home.
HOME_TAG = "wavehouse/home"


@dataclass(frozen=True)
class FinishedRun:
    """A run that has ended."""

    run_id: str
    ended_at: datetime
    is_success: bool


class RunHistory:
    """The runs of one study in a Dagster home.

    open_instance: Dagster's instance of the home, opened where it is asked for. home_name: the name of the study's home.
    is_alone: no other study uses the history, so that runs without a tag are this one's, too. is_in_files: the history lies
    in the home, not in PostgreSQL, which gives space back by itself.
    """

    def __init__(
        self,
        open_instance: "Callable[[], AbstractContextManager[dg.DagsterInstance]]",
        dagster_home: Path,
        home_name: str,
        *,
        is_alone: bool,
        is_in_files: bool = True,
    ) -> None:
        self._open_instance = open_instance
        self._dagster_home = dagster_home
        self._home_name = home_name
        self._is_alone = is_alone
        self._is_in_files = is_in_files

    def finished_runs(self) -> list[FinishedRun]:
        """The study's finished runs, newest first."""
        runs: list[FinishedRun] = []
        if self._is_in_files and not (self._dagster_home / "history").is_dir():
            return runs
        default = self._home_name if self._is_alone else None
        with self._open_instance() as instance:
            records = instance.get_run_records()
        for record in records:
            run = record.dagster_run
            if run.is_finished and run.tags.get(HOME_TAG, default) == self._home_name:
                ended_at = datetime.fromtimestamp(record.end_time or record.update_timestamp.timestamp(), UTC)
                runs.append(FinishedRun(run.run_id, ended_at, run.is_success))
        return sorted(runs, key=lambda run: run.ended_at, reverse=True)

    def delete_runs(self, run_ids: Sequence[str]) -> list[str]:
        """Take runs out of the history, with what their steps printed. Returns those that are gone."""
        with self._open_instance() as instance:
            for run_id in run_ids:
                if instance.has_run(run_id):
                    instance.delete_run(run_id)
        for run_id in run_ids:
            for file in (self._dagster_home / "history" / "runs").glob(f"{run_id}.db*"):
                with suppress(OSError):  # open elsewhere, on Windows: its events are gone from it
                    file.unlink()
            shutil.rmtree(self._dagster_home / "storage" / run_id, ignore_errors=True)
        for file in (self._dagster_home / "history" / "runs.db", self._dagster_home / "history" / "runs" / "index.db"):
            _give_back_space(file)
        return list(run_ids)


def history_of_home(settings: Settings, *, is_alone: bool) -> RunHistory:
    """A study's history outside of a run. Where there is none yet, none is made."""

    @contextmanager
    def open_instance() -> "Iterator[dg.DagsterInstance]":
        open_dagster_home(settings)
        import dagster as dg

        with dg.DagsterInstance.get() as instance:
            yield instance

    return RunHistory(
        open_instance,
        settings.dagster_home,
        settings.study_home.name,
        is_alone=is_alone,
        is_in_files=not settings.history,
    )


def _give_back_space(file: Path) -> None:
    """Overwrite what was deleted from a file; one that is in use is left for the next time."""
    if file.exists():
        with (
            suppress(sqlite3.OperationalError),
            closing(sqlite3.connect(file, isolation_level=None, timeout=1)) as connection,
        ):
            connection.execute("vacuum")
            connection.execute("pragma wal_checkpoint(truncate)")
