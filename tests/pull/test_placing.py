"""A pulled file among the raw exports: replaced in one step, while no run reads it, and no earlier file is lost."""

import hashlib
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from survey_services import SurveyServer

from dagster_project.exports import look, read_arrivals
from dagster_project.exports.arrivals import Memory
from dagster_project.pull import PullError, pull_study
from dagster_project.rehearsal.fit import check_study
from dagster_project.study import read_study
from dagster_project.study_lock import study_lock


@pytest.fixture
def pulling(study_of: Any) -> Any:
    return study_of("redcap_api")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_what_is_replaced_before_any_run_saw_it_is_in_landing(pulling: Any, server: SurveyServer) -> None:
    first = server.content
    assert pulling.pull().state == "arrived"
    server.content += b"P3,start_arm_1,1,1,2\n"
    assert pulling.pull().message == "raw/T1/t1.csv: 4 rows, changed (3 before)"
    edited = pulling.file.read_bytes().replace(b"P3", b"P4")
    pulling.file.write_bytes(edited)
    assert pulling.pull().state == "arrived"  # what somebody wrote into the file is no answer of the service
    assert pulling.pull().state == "unchanged"
    arrivals = read_arrivals(pulling.settings.landing)
    assert [(arrival.export, arrival.sha256) for arrival in arrivals] == [
        ("t1", _digest(content)) for content in (first, edited)
    ]
    copies = [(pulling.settings.landing / f"{arrival.sha256}.csv").read_bytes() for arrival in arrivals]
    assert (copies, pulling.file.read_bytes()) == ([first, edited], server.content)


def test_the_file_is_not_replaced_while_a_run_reads_it(pulling: Any, server: SurveyServer) -> None:
    assert pulling.pull().state == "arrived"
    before = pulling.file.read_bytes()
    server.content += b"P3,start_arm_1,1,1,2\n"
    lines: list[str] = []
    states: list[str] = []

    def pull() -> None:
        study = read_study(pulling.folder)
        (outcome,) = pull_study(pulling.settings, study, {"SURVEY_SECRET": pulling.secret}, report=lines.append)
        states.append(outcome.state)

    with study_lock(pulling.settings.lock_file, "run-of-everything"):
        thread = threading.Thread(target=pull)
        thread.start()
        while not lines and thread.is_alive():
            time.sleep(0.02)
        assert pulling.file.read_bytes() == before
    thread.join(10)
    assert lines[0].startswith("waiting for run run-of-e (process ")
    assert (states, pulling.file.read_bytes()) == (["arrived"], server.content)


def test_a_file_of_another_name_is_asked_about_before_anything_is_sent(pulling: Any, server: SurveyServer) -> None:
    pulling.file.parent.mkdir(parents=True)
    (pulling.file.parent / "by hand.csv").write_bytes(server.content)
    assert pulling.pull().message == (
        'raw/T1: "by hand.csv" is there, and what is pulled would be a second file, t1.csv; move the one away, or declare'
        " files: versions (or parts)"
    )
    assert not server.asked
    pulling.declare(files="versions")
    assert pulling.pull().state == "arrived"


def test_a_folder_that_cannot_be_written_is_one_line(pulling: Any, server: SurveyServer) -> None:
    pulling.file.parent.parent.mkdir(parents=True)
    pulling.file.parent.write_text("a file where the folder belongs")
    assert pulling.pull().message == "raw/T1/t1.csv: cannot be written (File exists); check the folder and the disk"
    pulling.file.parent.unlink()
    pulling.file.mkdir(parents=True)
    assert pulling.pull().message == "raw/T1/t1.csv is a folder; move it away"


def test_what_a_killed_pull_left_behind_is_no_export_and_is_removed(pulling: Any) -> None:
    pulling.file.parent.mkdir(parents=True)
    old, young = (pulling.file.parent / f".pull-{name}.csv" for name in ("0", "1"))
    for leftover in (old, young):
        leftover.write_text("half an answer")
    os.utime(old, (time.time() - 2 * 86400,) * 2)
    assert pulling.pull().state == "arrived"
    assert sorted(path.name for path in pulling.file.parent.iterdir()) == [young.name, "t1.csv"]
    study = read_study(pulling.folder)
    assert look(study, Memory(), {}).undeclared_files == ()


def test_check_asks_nobody_and_says_what_is_not_there_yet(pulling: Any, server: SurveyServer) -> None:
    findings = [(finding.subject, finding.message) for finding in check_study(read_study(pulling.folder))]
    message = "no export has arrived in raw/T1 (*); `wavehouse pull` brings it from REDCap"
    assert findings == [("roster", message), ("T1", message)]  # both read the one file
    assert not server.asked


def test_names_that_are_no_exports_are_refused(pulling: Any, tmp_path: Path) -> None:
    study = read_study(pulling.folder)
    with pytest.raises(PullError, match="no export 't9' declares a source; those that do are t1"):
        pull_study(pulling.settings, study, {}, only=["t9"])
    small = read_study(Path(__file__).parents[1] / "small_study")
    with pytest.raises(PullError, match=r"no export declares a source; docs/how-to/pull\.md says how one is declared"):
        pull_study(pulling.settings, small, {})
