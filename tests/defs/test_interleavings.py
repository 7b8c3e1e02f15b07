"""Runs that get in each other's way, in two fixed orders that once released wrong numbers. Random orders by hand:
tests/benchmarks/interleavings.py."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from child_environment import environment_of
from recompute import recompute

_FILE = Path(__file__).parents[1] / "benchmarks/interleavings.py"
_SPEC = importlib.util.spec_from_file_location("interleavings", _FILE)
assert _SPEC is not None and _SPEC.loader is not None
interleavings = importlib.util.module_from_spec(_SPEC)
sys.modules["interleavings"] = interleavings
_SPEC.loader.exec_module(interleavings)

#: "fairly" is a label that an edit declares; the small study's own definitions do not know it.
ANSWERS = """Person,Date,M1,M2,M3,D1,D2,D3,D4,GP?
A,03/02/2020,4,very much,2,1,3,5,6,Yes
B,04/02/2020,2,,4,0,0,6,5,No
C,04/02/2020,3,fairly,-9,2,4,,1,
"""
OTHERS = ANSWERS.replace("A,03/02/2020,4", "A,03/02/2020,1")


def _problems(file: Path, exports: Any, protocol: Any = None) -> list[str]:
    """What is wrong with a released file: results, typed answers and, given a protocol, definitions."""
    found = [str(difference) for difference in recompute(file).differences]
    with duckdb.connect(str(file), read_only=True) as connection:
        found += exports.unlike(connection)
        found += protocol.said_by(connection) if protocol is not None else []
    return found


def _remembered(workspace: Any, *contents: str) -> Any:
    """The exports of a workspace; the last of the contents stands at T1."""
    exports = interleavings.Exports(workspace.study_folder)
    for content in contents:
        exports.put("t1", content.encode())
    return exports


def test_stale_codebook_a_run_of_the_sensor_scores_by_the_definitions_as_they_are(
    small_copy: Any, definitions_of: Callable[[Any], dg.Definitions]
) -> None:
    """Definitions changed, then an export arrived: the sensor's run left the codebook out, and released 9.33 for 7.83."""
    workspace, _ = small_copy

    def definitions() -> dg.Definitions:
        return definitions_of(workspace)

    def tick(cursor: str | None) -> tuple[list[dg.RunRequest], str | None]:
        repository = definitions().get_repository_def()
        with dg.DagsterInstance.ephemeral() as instance:
            context = dg.build_sensor_context(instance=instance, cursor=cursor, repository_def=repository)
            data = repository.get_sensor_def("new_exports").evaluate_tick(context)
        return list(data.run_requests or []), data.cursor

    cursor = None
    for _ in range(2):
        _, cursor = tick(cursor)
    protocol = interleavings.Protocol(reversed=(2,))
    protocol.write(workspace.study_folder)
    exports = _remembered(workspace, ANSWERS)
    requests: list[dg.RunRequest] = []
    for _ in range(2):
        asked, cursor = tick(cursor)
        requests += asked
    (request,) = requests
    job = definitions().resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(
            instance=instance, asset_selection=request.asset_selection, tags=request.tags, raise_on_error=False
        )
    assert result.success
    # A 4 + (6 - 5) + 2, B 3 / 2 of 2 + 4, C 3 / 2 of 3 + (6 - 4)
    assert workspace.values()["summary/mood_total/T1/mean"] == pytest.approx((7 + 9 + 7.5) / 3)
    assert _problems(workspace.release / "warehouse.duckdb", exports, protocol) == []


def _wavehouse(workspace: Any, log: Path) -> subprocess.Popen[bytes]:
    environment = environment_of(workspace)
    command = [sys.executable, "-m", "dagster_project.cli", "run"]
    with log.open("wb") as file:
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=file, start_new_session=True)


def _wait_for(process: subprocess.Popen[bytes], log: Path, step: str, seconds: float) -> None:
    """Until a run says that a step is done, has ended, or the seconds are over."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and process.poll() is None:
        if any(line.split()[:2] == [step, "done"] for line in log.read_text(encoding="utf-8").splitlines()):
            return
        time.sleep(0.02)


@pytest.mark.skipif(os.name == "nt", reason="stops a process with a signal")
def test_mixed_release_two_runs_at_once_release_no_mixture(small_copy: Any, tmp_path: Path) -> None:
    """Runs that took turns step by step released results of other scores than the released ones."""
    workspace, _ = small_copy
    interleavings.Protocol().write(workspace.study_folder)
    exports = _remembered(workspace, ANSWERS)
    standing = os.readlink(workspace.release)
    logs = [tmp_path / "first.log", tmp_path / "second.log"]
    first = _wavehouse(workspace, logs[0])
    processes = [first]
    try:
        _wait_for(first, logs[0], "models", 300)
        assert first.poll() is None, logs[0].read_text(encoding="utf-8")
        os.killpg(first.pid, signal.SIGSTOP)
        protocol = interleavings.Protocol(reversed=(2,), very_much=4)
        protocol.write(workspace.study_folder)
        exports.put("t1", OTHERS.encode())
        processes.append(_wavehouse(workspace, logs[1]))
        # The second reads the new definitions, or waits for the first, which does not go on by itself.
        _wait_for(processes[1], logs[1], "codebook", 20)
        os.killpg(first.pid, signal.SIGCONT)
        for process in processes:
            process.wait(timeout=300)
    finally:
        for process in processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    made = [folder for folder in (workspace.study_folder / "releases").iterdir() if folder.name != Path(standing).name]
    said = {log.name: log.read_text(encoding="utf-8") for log in logs}
    assert made, said
    problems = {folder.name: _problems(folder / "warehouse.duckdb", exports) for folder in made}
    assert {name: found for name, found in problems.items() if found} == {}
    assert processes[1].returncode == 0, said
    # The second began after the edits, so that its release is of them.
    assert _problems(workspace.release / "warehouse.duckdb", exports, protocol) == []
    # A 1 + (6 - 4) + 2, B 3 / 2 of 2 + 4, C 3 / 2 of 3 + (6 - 4)
    assert workspace.values()["summary/mood_total/T1/mean"] == pytest.approx((5 + 9 + 7.5) / 3)
