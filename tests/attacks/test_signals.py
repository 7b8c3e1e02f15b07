"""A run that is asked to end while dbt builds the models."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from child_environment import environment_of

from dagster_project.keys import newest_manifest
from dagster_project.rotation import has_rotation
from dagster_project.settings import Settings
from dagster_project.trail import read_lines, trail_file

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")]


def _started(workspace: Any, words: Sequence[str] = ("run",)) -> subprocess.Popen[str]:
    """A command in a process group of its own. Ctrl-C ends it also where the tests run behind a shell, which ignores it there."""
    environment = environment_of(workspace)
    command = [sys.executable, "-m", "dagster_project.cli", *words]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        start_new_session=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_ended_in_dbt_leaves_the_release_and_the_next_one_heals(
    number: signal.Signals, small_copy: Any, share_parsed_models: Callable[[Settings], None]
) -> None:
    workspace, rerun = small_copy
    share_parsed_models(workspace.settings)
    file = workspace.study_folder / "raw/T1/t1.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("2,1,3,5,6", "2,1,3,6,6"), encoding="utf-8")
    release, values = (workspace.study_folder / "release").resolve(), workspace.values()
    landed = {path.name for path in (workspace.study_folder / "landing").rglob("*")}
    process = _started(workspace)
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if line.startswith("  raw/answers "):
            time.sleep(1)  # the next step is dbt's, and takes seconds
            process.send_signal(number)
            break
    lines += process.stderr.read().splitlines(keepends=True)
    errors = "".join(lines)
    assert process.wait(60) not in (0, -number), errors
    assert not [line for line in lines if line.startswith("  models ") and " done " in line], errors
    assert "Traceback" not in errors
    assert "error: models: dbt build failed: it was ended before it was done\n" in lines, errors
    assert "wavehouse: the run failed; the release is as it was. `wavehouse ui` shows run " in lines[-1], errors
    assert (workspace.study_folder / "release").resolve() == release
    assert workspace.values() == values
    assert landed <= {path.name for path in (workspace.study_folder / "landing").rglob("*")}
    assert rerun().success
    assert workspace.values() != values


def test_a_rotation_of_the_key_that_is_killed_in_its_run_is_finished_by_the_next(
    small_copy: Any, share_parsed_models: Callable[[Settings], None]
) -> None:
    """When the working file has the new pseudonyms already, and the release the former ones."""
    workspace, _ = small_copy
    settings = workspace.settings
    share_parsed_models(settings)
    former = newest_manifest(settings.study_folder) or {}
    people = {row["participant_id"] for row in workspace.released("select participant_id from marts.participants")}
    process = _started(workspace, ["key", "rotate", "--yes"])
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("  results/"):
            os.killpg(process.pid, signal.SIGKILL)
            break
    assert process.wait(60) == -signal.SIGKILL
    assert newest_manifest(settings.study_folder) == former and has_rotation(settings)

    healed = _started(workspace, ["key", "rotate", "--yes"])
    _, errors = healed.communicate()
    new = newest_manifest(settings.study_folder) or {}
    assert new["key_check"] != former["key_check"] and not has_rotation(settings), errors
    assert not people & {
        row["participant_id"] for row in workspace.released("select participant_id from marts.participants")
    }
    files = [path for path in settings.study_home.rglob("*") if path.is_file()]
    assert not [path for path in files if any(person.encode() in path.read_bytes() for person in people)]
    entries = [line.entry for line in read_lines(trail_file(settings.study_folder).read_bytes()) if line.entry is not None]
    kinds = [entry.kind for entry in entries if entry.kind.startswith("key_")]
    assert kinds == ["key_rotation_begun", "key_rotated"]
