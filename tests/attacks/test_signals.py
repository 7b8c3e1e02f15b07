"""A run that is asked to end while dbt builds the models."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from child_environment import environment_of

from dagster_project.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")]


def _started(workspace: Any) -> subprocess.Popen[str]:
    environment = environment_of(workspace)
    command = [sys.executable, "-m", "dagster_project.cli", "run"]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


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
