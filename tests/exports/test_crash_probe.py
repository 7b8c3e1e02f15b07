"""A statistics file that crashes the library is told from one that it cannot read, and from the next one."""

import threading
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

from dagster_project.exports import ExportError, crash_probe
from dagster_project.exports.labelled import read_with


def _written(file: Path) -> Path:
    pyreadstat.write_sav(pd.DataFrame({"id": ["a"], "mood": [3.0]}), str(file))
    return file


def test_each_file_has_its_own_answer_also_behind_a_crash(tmp_path: Path) -> None:
    good = _written(tmp_path / "ein Blatt\nTäglich.sav")
    bad = tmp_path / "bad.sav"
    bad.write_bytes(b"no statistics file")
    assert crash_probe.column_count(good, "read_sav") == 2
    assert crash_probe.column_count(bad, "read_sav") == 0, "an error is no crash"
    process = crash_probe._PROBE._process
    assert process is not None
    process.kill()
    process.wait()
    assert crash_probe.column_count(good, "read_sav") == 2
    assert crash_probe._PROBE._process is not process


@pytest.mark.slow
def test_a_process_that_dies_over_a_file_is_a_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is known that crashes the library as it is today: the process ends as it would over such a one."""
    dies = "    if path.endswith('crash.sav'): __import__('os').abort()\n    try:"
    monkeypatch.setattr(crash_probe, "_ANSWERS", crash_probe._ANSWERS.replace("    try:", dies))
    monkeypatch.setattr(crash_probe, "_PROBE", crash_probe._Probe())
    good, crash = _written(tmp_path / "a.sav"), _written(tmp_path / "crash.sav")
    assert [crash_probe.column_count(file, "read_sav") for file in (good, crash, crash, good)] == [2, None, None, 2]
    with pytest.raises(
        ExportError,
        match=r"^x: the SPSS file is damaged \(the library that reads it crashes, or is not done after 30"
        r" seconds\); export it again$",
    ):
        read_with(crash, "x", "SPSS", "read_sav", None)


def test_threads_share_it(tmp_path: Path) -> None:
    file, answers = _written(tmp_path / "a.sav"), []
    threads = [threading.Thread(target=lambda: answers.append(crash_probe.column_count(file, "read_sav"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [2] * 8
