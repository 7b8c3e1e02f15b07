"""`wavehouse pull` as a person types it, and the job and schedule in Dagster."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from survey_services import SECRET, SurveyServer, page

from dagster_project.cli import main
from dagster_project.defs.pull import pull_definitions
from dagster_project.exports import look
from dagster_project.exports.arrivals import Memory
from dagster_project.study import read_study


@pytest.fixture
def pulling(study_of: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    made = study_of("redcap_api")
    monkeypatch.setenv("WAVEHOUSE_HOME", str(made.settings.home))
    monkeypatch.setenv("SURVEY_SECRET", SECRET)
    return made


def test_the_command_says_what_arrived_and_what_did_not(
    pulling: Any, server: SurveyServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pull", str(pulling.folder)]) == 0
    assert capsys.readouterr().out == "  t1      raw/T1/t1.csv: 3 rows, new\n"
    assert main(["pull", "--study", str(pulling.folder), "--only", "t1"]) == 0
    assert capsys.readouterr().out == "  t1      raw/T1/t1.csv: 3 rows, as before\n"
    server.always(page("Down for maintenance", 500))
    assert main(["pull", str(pulling.folder)]) == 1
    error = capsys.readouterr().err.splitlines()
    assert error == [
        f'error: t1: REDCap ({server.url.removeprefix("http://")}) answers with an error (500: a web page "Down for'
        ' maintenance"); see what it says, or pull again later',
        "wavehouse: 1 of 1 exports not pulled; their files are as they were",
    ]
    assert main(["pull", str(pulling.folder), "--only", "T1"]) == 2
    assert capsys.readouterr().err == "wavehouse: no export 'T1' declares a source; those that do are t1\n"


@pytest.mark.slow
def test_without_the_extra_the_command_says_how_to_install_it(pulling: Any) -> None:
    hidden = "import sys; sys.modules['requests'] = None; from dagster_project.cli import main; sys.exit(main(sys.argv[1:]))"
    process = subprocess.run(
        [sys.executable, "-c", hidden, "pull", str(pulling.folder)], capture_output=True, text=True, check=False
    )
    assert process.stderr.splitlines()[0] == (
        "error: t1: pulling needs the package requests, which comes with the extra pull; install it with `uv sync --extra"
        " pull` or `pip install -e '.[pull]'`"
    )
    assert process.returncode == 1


@pytest.mark.slow
@pytest.mark.parametrize("words", [("check", "--help"), ("pull", "--help"), ("check",)])
def test_no_other_command_loads_the_client(words: tuple[str, ...], pulling: Any) -> None:
    code = "import sys; from dagster_project.cli import main\ntry: main(sys.argv[1:])\nfinally: print('requests' in sys.modules)"
    environment = os.environ | {"WAVEHOUSE_STUDY": str(pulling.folder)}
    process = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, env=environment, check=False
    )
    assert process.stdout.splitlines()[-1] == "False", process.stderr


@pytest.fixture
def history(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    (tmp_path / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster")) as instance:
        yield instance


def _pull(pulling: Any, history: dg.DagsterInstance) -> tuple[bool, str]:
    """Whether a run of the job succeeded, and all that Dagster keeps of it."""
    study = read_study(pulling.folder)
    job = pull_definitions(pulling.settings, study).resolve_job_def("pull")
    result = job.execute_in_process(instance=history, raise_on_error=False)
    events = "\n".join(str(entry) for entry in history.all_logs(result.run_id))
    return result.success, events


@pytest.mark.slow
def test_the_job_pulls_and_the_sensor_sees_only_what_is_new(
    pulling: Any, server: SurveyServer, history: dg.DagsterInstance, capfd: pytest.CaptureFixture[str]
) -> None:
    def new_exports(memory: Memory, release: dict[str, str]) -> tuple[Memory, dict[str, str], tuple[str, ...]]:
        """What the sensor finds with two looks, as it takes for a file to be settled."""
        study = read_study(pulling.folder)
        second = look(study, look(study, memory, release).memory, release)
        return second.memory, dict(second.digests), second.changed_exports

    assert _pull(pulling, history)[0]
    memory, digests, changed = new_exports(Memory(), {})
    assert "t1" in changed
    assert _pull(pulling, history)[0]
    memory, digests, changed = new_exports(memory, digests)
    assert changed == ()
    server.content += b"P3,start_arm_1,1,1,2\n"
    assert _pull(pulling, history)[0]
    assert new_exports(memory, digests)[2] == ("roster", "t1")

    server.always(page(f"Wrong {SECRET}", 403))
    success, events = _pull(pulling, history)
    assert not success
    assert "does not accept what SURVEY_SECRET holds, or does not allow this export (403: a web page" in events
    kept = "".join(
        path.read_text(errors="replace") for path in (pulling.folder.parents[1]).rglob("*") if path.is_file()
    ) + "".join(capfd.readouterr())
    assert SECRET not in events + kept


def test_a_study_without_sources_has_no_job_and_a_watched_one_pulls_every_night(pulling: Any) -> None:
    small = read_study(Path(__file__).parents[1] / "small_study")
    assert not (pull_definitions(pulling.settings, small).jobs or ())
    (schedule,) = pull_definitions(pulling.settings, read_study(pulling.folder)).schedules or ()
    assert (schedule.cron_schedule, schedule.default_status) == ("0 2 * * *", dg.DefaultScheduleStatus.STOPPED)
