"""A disk that is full: every command and every step of a run ends in one line that names it, what was there stays, and with room the
next run heals.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from child_environment import clean_environment

from dagster_project.cli import main
from dagster_project.settings import OWNER, read_settings
from dagster_project.trail import TrailError, chain_faults, read_lines, record, trail_file

pytestmark = pytest.mark.slow


def _hash_of(folder: Path) -> str:
    files = sorted(path for path in folder.resolve().rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()


@dataclass
class SmallDisk:
    """A file system of its own in a folder."""

    folder: Path
    covered_folders: list[Path] = field(default_factory=list)

    def mount(self) -> None:
        options = ["mount", "-t", "tmpfs", "tmpfs", str(self.folder), "-o", "size=400m"]
        if subprocess.run(options, check=False, capture_output=True).returncode:
            pytest.skip("this machine lets nobody mount a file system")

    def take_over(self, folder: Path) -> None:
        """Let it be the disk of a folder that is there, with what is in it."""
        shutil.copytree(folder, self.folder, symlinks=True, dirs_exist_ok=True)
        subprocess.run(["mount", "--bind", str(self.folder), str(folder)], check=True)
        self.covered_folders.append(folder)

    def leave(self, kilobytes: int) -> None:
        """Let so much of it be free."""
        size = (shutil.disk_usage(self.folder).used >> 10) + kilobytes
        subprocess.run(["mount", "-o", f"remount,size={size}k", str(self.folder)], check=True)

    def fill(self, study: Path) -> None:
        """Leave no room, nor any in the last block of the study's audit trail."""
        self.leave(0)
        settings = read_settings({"WAVEHOUSE_STUDY": str(study), "WAVEHOUSE_HOME": str(self.folder)})
        with pytest.raises(TrailError, match="No space left on device"):
            for _ in range(100):
                record(settings, "query", {})


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    if sys.platform != "linux" or shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("mounting a file system needs Linux and root")
    disk = SmallDisk(tmp_path / "disk")
    disk.folder.mkdir()
    disk.mount()
    yield disk
    for folder in disk.covered_folders:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
    subprocess.run(["umount", "--lazy", str(disk.folder)], check=True)


@dataclass
class Layout:
    """A copy of the study that ran, with an export that has changed since. study, home, history: where its parts lie."""

    study: Path
    home: Path
    history: Path
    environment: dict[str, str]

    def run(self) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "dagster_project.cli", "run"]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)


def _lay_out(workspace: Any, disk: Path, elsewhere: Path, parts: tuple[str, ...]) -> Layout:
    """parts: those that lie on the small disk."""
    folders = {part: (disk if part in parts else elsewhere) / part for part in ("study", "home", "history", "tmp")}
    study = folders["study"] / workspace.study_folder.name
    shutil.copytree(workspace.study_folder, study, symlinks=True)
    shutil.copytree(workspace.settings.home, folders["home"])
    for part in ("history", "tmp"):
        folders[part].mkdir(parents=True)
    (folders["home"] / study.name / OWNER).unlink()  # a home knows its study by its place
    environment = clean_environment()
    environment |= {
        "WAVEHOUSE_STUDY": str(study),
        "WAVEHOUSE_HOME": str(folders["home"]),
        "DAGSTER_HOME": str(folders["history"]),
        "TMPDIR": str(folders["tmp"]),
        "WAVEHOUSE_PSEUDONYM_KEY": workspace.settings.pseudonym_key,
    }
    export = study / "raw/T1/t1.csv"
    export.write_text(export.read_text(encoding="utf-8").replace(",4,", ",3,", 1), encoding="utf-8")
    return Layout(study, folders["home"], folders["history"], environment)


@pytest.mark.parametrize(
    ("parts", "kilobytes"),
    [
        (("study", "home", "history", "tmp"), 4000),  # in the history of runs
        (("study",), 0),  # in the audit trail, before the first step
    ],
    ids=["history", "audit trail"],
)
def test_a_run_on_a_full_disk_ends_in_one_line_and_the_next_one_succeeds(
    parts: tuple[str, ...], kilobytes: int, small_copy: Any, small_disk: SmallDisk, tmp_path: Path
) -> None:
    workspace, _ = small_copy
    layout = _lay_out(workspace, small_disk.folder, tmp_path / "elsewhere", parts)
    study, landing = layout.study, layout.study / "landing"
    release, public = _hash_of(study / "release"), _hash_of(study / "public")
    landed = {path.name: path.read_bytes() for path in landing.iterdir()}
    if kilobytes:
        small_disk.leave(kilobytes)
    else:
        small_disk.fill(study)

    full = layout.run()
    assert full.returncode != 0
    assert "Traceback" not in full.stderr
    lines = [line for line in full.stderr.splitlines() if line.startswith(("error:", "wavehouse:")) and "free space" in line]
    assert len(lines) == 1, full.stderr
    assert str(small_disk.folder) in lines[0]
    assert (_hash_of(study / "release"), _hash_of(study / "public")) == (release, public)
    assert all((landing / name).read_bytes().startswith(content) for name, content in landed.items())
    assert not [path for path in study.rglob("*") if path.name.startswith((".landing-", ".release-", ".building-"))]
    small_disk.leave(400_000)
    enough = layout.run()
    assert enough.returncode == 0, enough.stderr
    assert _hash_of(study / "release") != release
    assert chain_faults(read_lines(trail_file(study).read_bytes())) == []


@pytest.mark.parametrize("part", ["home/small_study", "study/small_study/releases"])
def test_a_full_disk_of_one_folder_alone_is_named_and_nothing_is_released(
    part: str, small_copy: Any, small_disk: SmallDisk, tmp_path: Path
) -> None:
    """Of the working file, or of the releases: all else has room."""
    workspace, _ = small_copy
    layout = _lay_out(workspace, tmp_path, tmp_path / "elsewhere", ())
    folder = tmp_path / "elsewhere" / part
    release, public = _hash_of(layout.study / "release"), _hash_of(layout.study / "public")
    small_disk.take_over(folder)
    small_disk.leave(300 if part.startswith("home") else 0)

    full = layout.run()
    assert full.returncode == 1 and "Traceback" not in full.stderr
    lines = [line for line in full.stderr.splitlines() if line.startswith("error:")]
    assert len(lines) == 1 and "No space left on device" in lines[0] and "free space" in lines[0], full.stderr
    assert str(folder) in lines[0]
    assert (_hash_of(layout.study / "release"), _hash_of(layout.study / "public")) == (release, public)
    small_disk.leave(400_000)
    enough = layout.run()
    assert enough.returncode == 0, enough.stderr
    assert _hash_of(layout.study / "release") != release


#: Commands that write nothing, and those that do.
_READ = (("log", "--verify"), ("check",), ("contract",), ("key", "show"), ("trace", "summary/mood_total/T1/n"))
_WRITTEN = (
    ("run",), ("run", "--again"), ("queries",), ("reminders",), ("export", "--format", "csv", "--out", "{disk}/clean"),
    ("export", "--format", "sav", "--out", "{disk}/clean"), ("trace", "summary/mood_total/T1/n", "--names"),
    ("key", "escrow", "{disk}/key.escrow"), ("key", "rotate", "--yes"), ("forget", "B", "--because", "x", "--yes"),
    ("retention",), ("dpia", "--out", "{disk}/assessment.md"),
)  # fmt: skip


def test_every_command_on_a_full_disk_says_so_and_changes_nothing(
    small_copy: Any,
    small_disk: SmallDisk,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    workspace, _ = small_copy
    layout = _lay_out(workspace, small_disk.folder, tmp_path / "elsewhere", ("study", "home", "history", "tmp"))
    for name, value in (layout.environment | {"WAVEHOUSE_PASSPHRASE": "a long passphrase of an escrow"}).items():
        monkeypatch.setenv(name, value)
    small_disk.fill(layout.study)

    def state() -> dict[str, bytes]:
        files = (path for path in small_disk.folder.rglob("*") if path.is_file() and path.name != "audit_trail.jsonl")
        return {str(path): path.read_bytes() for path in files}

    before, trail = state(), trail_file(layout.study).read_bytes()
    for words in _READ:
        assert main(words) == 0, (words, capsys.readouterr().err)
    capsys.readouterr()
    for words in _WRITTEN:
        code = main([word.format(disk=small_disk.folder) for word in words])
        errors = capsys.readouterr().err.splitlines()
        assert code == 2, words
        assert len(errors) == 1 and "No space left on device" in errors[0] and "free space" in errors[0], (words, errors)
        assert str(small_disk.folder) in errors[0], (words, errors)
        after = state()
        assert {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)} == set(), words
    assert trail_file(layout.study).read_bytes().startswith(trail)
    small_disk.leave(400_000)
    assert main(["export", "--format", "csv", "--out", f"{small_disk.folder}/clean"]) == 0
    assert main(["log", "--verify"]) == 0
