"""Folders that do not do as they should: files that are written slowly, replaced or gone while they are looked at. A full disk is
in test_full_disk.py, the real daemon in test_daemon.py.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project.exports import Memory, look
from dagster_project.study import Study, read_study

SMALL = Path(__file__).parents[1] / "small_study"
_FILE = "raw/T1/t1.csv"
_DEAD, _FAR = 0, 4_000_000_000  # 1970, 2096


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return read_study(Path(shutil.copytree(SMALL, tmp_path / "study")))


def _append(file: Path) -> None:
    with file.open("a", encoding="utf-8") as stream:
        stream.write("E,03/02/2020,4,5,2,1,3,5,6,Yes\n")


def _replace(file: Path, old: str = ",4,", new: str = ",3,") -> None:
    """A file of the same size and date, as a copy that keeps dates leaves it."""
    times, content = (file.stat().st_atime_ns, file.stat().st_mtime_ns), file.read_text(encoding="utf-8")
    other = file.with_name(".new")
    other.write_text(content.replace(old, new, 1), encoding="utf-8")
    os.utime(other, ns=times)
    other.replace(file)
    assert file.read_text(encoding="utf-8") != content


def _replace_twice(file: Path) -> None:
    _replace(file)
    _replace(file, ",5,", ",2,")


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (_append, "unsettled"),
        (_replace, "unsettled"),
        (_replace_twice, "unsettled"),
        (lambda file: file.unlink(), "gone"),
        (lambda file: os.utime(file, (_DEAD, _DEAD)), "unsettled"),
        (lambda file: os.utime(file, (_FAR, _FAR)), "unsettled"),
    ],
    ids=["slow write", "replaced with its date", "replaced twice", "deleted", "of 1970", "of 2096"],
)
@pytest.mark.skipif(os.name == "nt", reason="Windows tells no time of a replacement")
def test_a_file_that_changes_between_two_looks_starts_nothing(
    change: Callable[[Path], object], state: str, study: Study
) -> None:
    file = study.folder / _FILE
    settled = look(study, look(study, Memory(), {}).memory, {})
    assert "t1" in settled.changed_exports
    change(file)
    after = look(study, Memory.from_text(settled.memory.to_text()), settled.digests)
    assert after.changed_exports == ()
    assert after.unsettled_files == ((_FILE,) if state == "unsettled" else ())
    # One look later it is what it is: content decides.
    digest = look(study, after.memory, settled.digests).digests.get("t1")
    content = file.read_bytes() if file.exists() else None
    assert digest == (None if content is None else hashlib.sha256(hashlib.sha256(content).hexdigest().encode()).hexdigest())
