"""What steps print is kept to the last line, and a run's own lines come to the terminal whole."""

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.places import DAGSTER_SETTINGS

_RUN = """
import logging, subprocess, sys
import dagster as dg
from dagster_project.dagster_home.progress import progress_logger

@dg.asset
def talks():
    subprocess.run([sys.executable, "-c", "print('a child says')"], check=True)
    for number in range(2000):
        print("line", number)
    print("the last complaint", file=sys.stderr)

job = dg.Definitions(assets=[talks], loggers={"progress": progress_logger}).resolve_implicit_global_asset_job_def()
with dg.DagsterInstance.get() as instance:
    assert job.execute_in_process(instance=instance, run_config={"loggers": {"progress": {"config": {}}}}).success
print("after the run")
print("warning: after the run", file=sys.stderr)
"""


@pytest.mark.slow
def test_what_steps_print_is_in_the_runs_files_and_the_terminal_has_the_runs_lines_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    (tmp_path / "dagster.yaml").write_bytes(DAGSTER_SETTINGS.read_bytes())
    ran = subprocess.run(
        [sys.executable, "-c", _RUN],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert ran.stdout == "after the run\n"
    step, warning = ran.stderr.splitlines()
    assert step.split()[:2] == ["talks", "done"]
    assert warning == "warning: after the run"

    with dg.DagsterInstance.get() as instance:
        (run,) = instance.get_runs()
        (captured,) = (
            instance.compute_log_manager.get_log_data(
                [run.run_id, "compute_logs", record.event_log_entry.dagster_event.logs_captured_data.file_key]
            )
            for record in instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.LOGS_CAPTURED).records
        )
    assert captured.stdout == b"a child says\n" + b"".join(b"line %d\n" % number for number in range(2000))
    assert captured.stderr == b"the last complaint\n"
