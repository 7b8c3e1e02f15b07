"""Landing: which file is taken, and that a landed copy is never touched again."""

import errno
import hashlib
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project.exports import ExportError, find_files, land
from dagster_project.exports import landing as landing_module
from dagster_project.study import Export, Study

ExportOf = Callable[[str], Export]


def _arrive(study: Study, *names: str) -> None:
    folder = study.folder / "raw" / "T1"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text("Code\n", encoding="utf-8")


def test_a_wave_that_has_not_arrived_has_no_files(study: Study, export_of: ExportOf) -> None:
    assert find_files(study.folder, export_of("t1")) == []
    _arrive(study)
    assert find_files(study.folder, export_of("t1")) == []


def test_hidden_and_lock_files_are_passed_over(study: Study, export_of: ExportOf) -> None:
    _arrive(study, ".gitkeep", ".hidden.csv", "~$t1.csv", ".~lock.t1.csv#", "notes.txt", "T1 final (2).CSV")
    (study.folder / "raw" / "T1" / "folder.csv").mkdir()
    assert [file.name for file in find_files(study.folder, export_of("t1"))] == ["T1 final (2).CSV"]


def test_two_files_for_one_export_are_refused_by_name(study: Study, export_of: ExportOf) -> None:
    _arrive(study, "b.csv", "a.csv")
    with pytest.raises(ExportError) as refusal:
        find_files(study.folder, export_of("t1"))
    assert str(refusal.value) == (
        'raw/T1: 2 files match *.csv: "a.csv", "b.csv"; leave the one to use there, or declare files: versions (or parts)'
    )


def test_landing_copies_under_the_hash_and_leaves_the_source(tmp_path: Path) -> None:
    source = tmp_path / "T1; drop table.CSV"
    source.write_bytes(b"Code\r\nPW-1\r\n")
    old_stat = source.stat()
    landed_file = land(source, tmp_path / "landing")
    sha256 = hashlib.sha256(b"Code\r\nPW-1\r\n").hexdigest()
    assert (landed_file.sha256, landed_file.name, landed_file.size) == (sha256, "T1; drop table.CSV", 12)
    assert landed_file.path == tmp_path / "landing" / f"{sha256}.csv"
    assert landed_file.path.read_bytes() == source.read_bytes()
    assert stat.S_IMODE(landed_file.path.stat().st_mode) == 0o444
    assert (source.stat().st_mtime_ns, source.stat().st_mode) == (old_stat.st_mtime_ns, old_stat.st_mode)
    assert list((tmp_path / "landing").iterdir()) == [landed_file.path]


def test_landing_twice_never_writes_again(tmp_path: Path) -> None:
    source = tmp_path / "t1.csv"
    source.write_bytes(b"Code\n")
    first = land(source, tmp_path / "landing")
    old_stat = first.path.stat()
    (tmp_path / "other name.csv").write_bytes(b"Code\n")
    second_copy = land(tmp_path / "other name.csv", tmp_path / "landing")
    assert second_copy.path == first.path
    assert (first.path.stat().st_ino, first.path.stat().st_mtime_ns) == (old_stat.st_ino, old_stat.st_mtime_ns)


def test_a_corrected_export_lands_beside_the_first(tmp_path: Path) -> None:
    source = tmp_path / "t1.csv"
    source.write_bytes(b"one")
    first = land(source, tmp_path / "landing")
    source.write_bytes(b"two")
    second = land(source, tmp_path / "landing")
    assert (first.path.read_bytes(), second.path.read_bytes()) == (b"one", b"two")


@pytest.mark.parametrize("content", [b"edited", b"Code; PW-1", b"", b"Code, PW"])
def test_a_landed_copy_that_was_edited_is_moved_aside_and_made_anew(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "t1.csv"
    source.write_bytes(b"Code, PW-1")
    landed_path = land(source, tmp_path / "landing").path
    landed_path.chmod(0o644)
    landed_path.write_bytes(content)
    second_copy = land(source, tmp_path / "landing")
    (moved_file,) = (tmp_path / "landing").glob("changed-*.csv")
    assert second_copy.note == (
        f"t1.csv: its landed copy was changed; it was moved to landing/{moved_file.name}, and a new copy was made"
        " from the export"
    )
    assert (moved_file.read_bytes(), landed_path.read_bytes()) == (content, b"Code, PW-1")
    assert land(source, tmp_path / "landing").note == ""


def test_a_landing_folder_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    source = tmp_path / "t1.csv"
    source.write_bytes(b"Code\n")
    (tmp_path / "landing").write_text("not a folder")
    with pytest.raises(ExportError) as refusal:
        land(source, tmp_path / "landing")
    folder = tmp_path / "landing"
    assert re.fullmatch(
        rf"t1\.csv: cannot be landed \(.*\); {re.escape(str(folder))} is not a folder; move it elsewhere", str(refusal.value)
    )
    assert folder.read_text() == "not a folder"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs limits on a process")
def test_a_full_disk_is_one_line_and_leaves_nothing_behind(tmp_path: Path) -> None:
    source = tmp_path / "t1.csv"
    source.write_bytes(b"Code\n" * 10_000)
    code = (
        "import resource, signal, sys; from pathlib import Path; from dagster_project.exports import ExportError, land\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        "try: land(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "except ExportError as error: print(error)"
    )
    process = subprocess.run(
        [sys.executable, "-c", code, str(source), str(tmp_path / "landing")], capture_output=True, text=True, check=True
    )
    reason = "t1.csv: cannot be landed (File too large)"
    assert process.stdout == f"{reason}; free space on the disk of {tmp_path / 'landing'}, then run again\n"
    assert list((tmp_path / "landing").iterdir()) == []
    assert land(source, tmp_path / "landing").path.stat().st_size == 50_000


@pytest.mark.parametrize(
    ("number", "cure"),
    [
        (errno.ENOSPC, "free space on the disk of .*/landing, then run again"),
        (errno.EROFS, "grant yourself permission to read the file and to write in "),
        (errno.EACCES, "grant yourself permission to read the file and to write in "),
    ],
)
def test_a_folder_that_cannot_be_written_has_its_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, cure: str
) -> None:
    def refuse(**given: object) -> None:
        raise OSError(number, os.strerror(number))

    (tmp_path / "t1.csv").write_bytes(b"Code\n")
    monkeypatch.setattr(landing_module.tempfile, "mkstemp", refuse)
    with pytest.raises(ExportError, match=rf"^t1\.csv: cannot be landed \({os.strerror(number)}\); {cure}"):
        land(tmp_path / "t1.csv", tmp_path / "landing")


@pytest.mark.skipif(sys.platform == "win32", reason="needs links and pipes")
def test_what_is_no_file_does_not_look_like_a_wave_that_has_not_arrived(study: Study, export_of: ExportOf) -> None:
    _arrive(study)
    folder = study.folder / "raw" / "T1"
    (folder / "t1.csv").symlink_to(folder / "nowhere.csv")
    with pytest.raises(ExportError, match=r'^raw/T1: "t1\.csv" is a broken link; put the file there, or remove'):
        find_files(study.folder, export_of("t1"))
    (folder / "t1.csv").unlink()
    os.mkfifo(folder / "t1.csv")
    with pytest.raises(ExportError, match=r'^raw/T1: "t1\.csv" is a pipe or a device, not a file; put the file there$'):
        find_files(study.folder, export_of("t1"))
    (folder / "t1.csv").unlink()
    (folder / "t1.csv").mkdir()
    assert find_files(study.folder, export_of("t1")) == []


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file system that takes any bytes")
def test_a_name_that_is_no_text_is_refused_and_a_long_one_is_taken(study: Study, export_of: ExportOf) -> None:
    _arrive(study)
    folder = study.folder / "raw" / "T1"
    odd = Path(os.fsdecode(os.fsencode(folder) + b"/t1\xe9.csv"))
    odd.write_text("Code\n", encoding="utf-8")
    with pytest.raises(ExportError, match=r'^raw/T1: the name "t1\\udce9\.csv" is not UTF-8; rename the file$'):
        find_files(study.folder, export_of("t1"))
    odd.unlink()
    _arrive(study, "t" * 251 + ".csv")
    (file,) = find_files(study.folder, export_of("t1"))
    assert land(file, study.folder / "landing").path.name.endswith(".csv")


def test_a_file_that_changes_while_it_is_read_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "t1.csv"
    source.write_bytes(b"half")
    original = landing_module._write_copy

    def grow(file: Path, landed: Path, sha256: str) -> None:
        file.write_bytes(b"half and the rest")
        original(file, landed, sha256)

    monkeypatch.setattr(landing_module, "_write_copy", grow)
    with pytest.raises(ExportError, match=r"^t1\.csv: changed while it was read; wait until it is written and run again$"):
        land(source, tmp_path / "landing")
    assert list((tmp_path / "landing").iterdir()) == []


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(
        ExportError, match=r"^no\\nname\.csv: cannot be landed \(No such file or directory\); check the file"
    ):
        land(tmp_path / "no\nname.csv", tmp_path / "landing")


def test_an_odd_suffix_is_left_out_of_the_landed_name(tmp_path: Path) -> None:
    source = tmp_path / "export.'; drop 😀"
    source.write_bytes(b"x")
    landed_file = land(source, tmp_path / "landing")
    assert landed_file.path.name == landed_file.sha256
