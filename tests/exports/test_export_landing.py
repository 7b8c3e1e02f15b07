"""Landing: which file is taken, and that a landed copy is never touched again."""

import hashlib
import stat
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
    before = source.stat()
    landed = land(source, tmp_path / "landing")
    sha256 = hashlib.sha256(b"Code\r\nPW-1\r\n").hexdigest()
    assert (landed.sha256, landed.name, landed.size) == (sha256, "T1; drop table.CSV", 12)
    assert landed.path == tmp_path / "landing" / f"{sha256}.csv"
    assert landed.path.read_bytes() == source.read_bytes()
    assert stat.S_IMODE(landed.path.stat().st_mode) == 0o444
    assert (source.stat().st_mtime_ns, source.stat().st_mode) == (before.st_mtime_ns, before.st_mode)
    assert list((tmp_path / "landing").iterdir()) == [landed.path]


def test_landing_twice_never_writes_again(tmp_path: Path) -> None:
    source = tmp_path / "t1.csv"
    source.write_bytes(b"Code\n")
    first = land(source, tmp_path / "landing")
    before = first.path.stat()
    (tmp_path / "other name.csv").write_bytes(b"Code\n")
    again = land(tmp_path / "other name.csv", tmp_path / "landing")
    assert again.path == first.path
    assert (first.path.stat().st_ino, first.path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_corrected_export_lands_beside_the_first(tmp_path: Path) -> None:
    source = tmp_path / "t1.csv"
    source.write_bytes(b"one")
    first = land(source, tmp_path / "landing")
    source.write_bytes(b"two")
    second = land(source, tmp_path / "landing")
    assert (first.path.read_bytes(), second.path.read_bytes()) == (b"one", b"two")


@pytest.mark.parametrize("content", [b"edited", b"Code; PW-1"])
def test_a_landed_copy_that_was_edited_is_refused(tmp_path: Path, content: bytes) -> None:
    source = tmp_path / "t1.csv"
    source.write_bytes(b"Code, PW-1")
    landed = land(source, tmp_path / "landing").path
    landed.chmod(0o644)
    landed.write_bytes(content)
    with pytest.raises(ExportError, match=r"^t1\.csv: its landed copy [0-9a-f]{64}\.csv was changed after landing; move"):
        land(source, tmp_path / "landing")
    assert landed.read_bytes() == content


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
    landed = land(source, tmp_path / "landing")
    assert landed.path.name == landed.sha256
