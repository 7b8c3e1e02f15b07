"""What is said where the process that publishes ends without an answer, and what is tried again."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from dagster_project.lake_address import LakeAddress, PostgresAddress
from dagster_project.warehouse import Lake, LakeError, LakeRelease, LakeRequest, lake_process

_DAY = datetime(2026, 1, 1)
_ROW = LakeRelease("r1", -1, "mood", "c", "d", "k", 0, _DAY, _DAY, "a test", "0")
_LAKE = Lake(LakeAddress(PostgresAddress("db", 5432, "lake", "u", "secret-word"), "/data"), "mood")
_WHERE = "study_mood in PostgreSQL at db:5432/lake, data in /data"


def _with_process(monkeypatch: pytest.MonkeyPatch, code: str) -> list[int]:
    """Other code in the place of the process that publishes. Gives a list that has an entry for each time it was started."""
    starts: list[int] = []
    run = subprocess.run

    def started(_: list[str], **options: object) -> "subprocess.CompletedProcess[bytes]":
        starts.append(len(starts))
        return run([sys.executable, "-c", code], **options)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(lake_process.subprocess, "run", started)
    return starts


def test_a_process_that_is_ended_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    starts = _with_process(monkeypatch, "import os; os.abort()")
    with pytest.raises(LakeError) as refusal:
        lake_process.publish_to_lake(LakeRequest(_LAKE, Path("none"), _ROW), pauses=(0, 0))
    assert str(refusal.value) == (
        f"{_WHERE}: the connection was lost; the release before is as it was, or this one is published whole: `wavehouse publish`"
        " says which"
    )
    assert len(starts) == 3


def test_a_mistake_in_the_program_is_said_once_without_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    starts = _with_process(monkeypatch, "raise RuntimeError('at secret-word')")
    with pytest.raises(LakeError) as refusal:
        lake_process.publish_to_lake(LakeRequest(_LAKE, Path("none"), _ROW), pauses=(0, 0))
    assert str(refusal.value) == f"{_WHERE}: publishing failed (RuntimeError: at ***); report this line"
    assert len(starts) == 1
