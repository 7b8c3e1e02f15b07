"""Folders and disks that do not do as they should: files that are written slowly, replaced or gone while they are looked at, a
disk that is full. What a run leaves is what was there.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

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


def _hash_of(release: Path) -> str:
    files = sorted(path for path in release.resolve().rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """A file system of a few megabytes, and a way to resize it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    options = ["mount", "-t", "tmpfs", "tmpfs", str(folder), "-o"]
    if sys.platform != "linux" or shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("mounting a file system needs Linux and root")
    if subprocess.run([*options, "size=400m"], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a file system")

    def resize(megabytes: int) -> Path:
        subprocess.run([*options, f"remount,size={megabytes}m"], check=True)
        return folder

    yield resize
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.slow
def test_a_run_on_a_full_disk_ends_in_one_line_and_the_next_one_succeeds(
    small_copy: Any, small_disk: Callable[[int], Path]
) -> None:
    workspace, _ = small_copy
    folder, root = small_disk(400), workspace.study_folder.parent.parent
    shutil.copytree(root, folder, symlinks=True, dirs_exist_ok=True)
    study, home = (folder / path.relative_to(root) for path in (workspace.study_folder, workspace.settings.home))
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("WAVEHOUSE", "DAGSTER", "DBT"))}
    environment |= {
        "WAVEHOUSE_STUDY": str(study),
        "WAVEHOUSE_HOME": str(home),
        "WAVEHOUSE_PSEUDONYM_KEY": workspace.settings.pseudonym_key,
    }
    _replace(study / _FILE)
    before = _hash_of(study / "release")
    used = shutil.disk_usage(folder).used >> 20
    small_disk(used + 4)

    def run() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "dagster_project.cli", "run"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    full = run()
    assert full.returncode != 0
    assert "Traceback" not in full.stderr
    lines = [line for line in full.stderr.splitlines() if line.startswith(("error:", "wavehouse:")) and "free space" in line]
    assert len(lines) == 1, full.stderr
    assert _hash_of(study / "release") == before
    assert not [path for path in study.rglob("*") if path.name.startswith((".landing-", ".release-"))]
    small_disk(400)
    enough = run()
    assert enough.returncode == 0, enough.stderr
    assert _hash_of(study / "release") != before
