"""Several files of one export: corrected versions, a pinned one, parts of a wave, one that is refused."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from dagster_project.exports import ExportError
from dagster_project.raw.load import load_export
from dagster_project.study import read_study
from dagster_project.warehouse import Warehouse

pytestmark = pytest.mark.slow

FIRST = "Person,Date,M1,M2,M3,D1,D2,D3,D4,GP?\nA,03/02/2020,4,5,2,1,3,5,6,Yes\nB,04/02/2020,2,,4,0,0,6,5,No\n"
SECOND = FIRST.replace("2,,4", "2,1,4")


def _declare(workspace: Any, line: str) -> None:
    protocol = workspace.study_folder / "study.yaml"
    text = protocol.read_text(encoding="utf-8")
    protocol.write_text(text.replace("    folder: raw/T1\n", f"    folder: raw/T1\n    {line}\n"), encoding="utf-8")


def _put(workspace: Any, name: str, text: str, seconds: int = 0) -> Path:
    file: Path = workspace.study_folder / "raw/T1" / name
    file.write_text(text, encoding="utf-8")
    os.utime(file, (1_600_000_000 + seconds, 1_600_000_000 + seconds))
    return file


def _load(workspace: Any) -> dict[str, Any]:
    study = read_study(workspace.study_folder)
    export = next(export for export in study.protocol.exports if export.export == "t1")
    return load_export(workspace.settings, study, export, Warehouse(workspace.settings.warehouse_file))


def _versions(workspace: Any) -> list[tuple[Any, ...]]:
    rows = workspace.working(
        "select file_name, verdict, is_in_use, table_name, sha256 from raw.versions order by first_seen_at, file_name"
    )
    return [(row["file_name"], row["verdict"], row["is_in_use"], row["table_name"], row["sha256"]) for row in rows]


def _second_mood(workspace: Any, table: str) -> list[str]:
    """The cells of an item as text: where all of them are whole numbers they are kept as such, and null is blank."""
    text = "coalesce(cast(mood_02 as varchar), '') as mood_02"
    return [row["mood_02"] for row in workspace.working(f'select {text} from raw."{table}" order by source_row')]


def test_a_file_that_is_replaced_stays_readable(small_workspace: Any) -> None:
    _put(small_workspace, "t1.csv", FIRST)
    assert _load(small_workspace).versions == 1
    _put(small_workspace, "t1.csv", SECOND)
    loaded = _load(small_workspace)
    assert (loaded.versions, loaded.is_unchanged) == (2, False)
    (_, _, old_in_use, old_table, old), (_, _, new_in_use, new_table, new) = _versions(small_workspace)
    assert (old_in_use, old_table, new_in_use, new_table) == (False, f"t1@{old[:8]}", True, "t1")
    assert _second_mood(small_workspace, "t1") == ["5", "1"]
    assert _second_mood(small_workspace, old_table) == ["5", ""]
    landed = {
        file.name: file.read_text(encoding="utf-8") for file in (small_workspace.study_folder / "landing").glob("*.csv")
    }
    assert landed == {f"{old}.csv": FIRST, f"{new}.csv": SECOND}
    assert _load(small_workspace).is_unchanged is True

    _put(small_workspace, "t1.csv", FIRST)
    assert _load(small_workspace).versions == 2
    assert _second_mood(small_workspace, "t1") == ["5", ""]
    assert _second_mood(small_workspace, f"t1@{new[:8]}") == ["5", "1"]
    assert [row[2:4] for row in _versions(small_workspace)] == [(True, "t1"), (False, f"t1@{new[:8]}")]


def test_the_newest_of_several_versions_is_used_or_the_pinned_one(small_workspace: Any) -> None:
    _put(small_workspace, "t1 corrected.csv", SECOND, seconds=60)
    _put(small_workspace, "t1.csv", FIRST)
    with pytest.raises(
        ExportError, match=r"^raw/T1: 2 files match \*\.csv: .*; leave the one to use there, or declare files"
    ):
        _load(small_workspace)
    _declare(small_workspace, "files: versions")
    assert _load(small_workspace).record.file_name == "t1 corrected.csv"
    # Somebody opens the old file and saves it as it was: it is no newer for that.
    _put(small_workspace, "t1.csv", FIRST, seconds=600)
    assert (loaded := _load(small_workspace)).record.file_name == "t1 corrected.csv"
    assert loaded.is_unchanged is True
    _put(small_workspace, "t1 again.csv", FIRST.replace("4,5,2", "1,1,1"), seconds=-600)
    assert _load(small_workspace).record.file_name == "t1 again.csv"
    (old,) = [row[4] for row in _versions(small_workspace) if row[0] == "t1.csv"]
    _declare(small_workspace, f'pin: "{old[:10]}"')
    assert _load(small_workspace).record.file_name == "t1.csv"
    assert _second_mood(small_workspace, "t1") == ["5", ""]
    (small_workspace.study_folder / "raw/T1/t1.csv").unlink()
    assert _load(small_workspace).is_unchanged is True


def test_a_pin_that_fits_no_file_is_refused(small_workspace: Any) -> None:
    _declare(small_workspace, 'pin: "0123456789"')
    with pytest.raises(
        ExportError, match=r"^raw/T1: no landed file's SHA-256 begins with the pinned 0123456789; correct pin in"
    ):
        _load(small_workspace)


def test_a_refused_version_is_remembered_and_the_rows_in_use_stay(small_workspace: Any) -> None:
    _put(small_workspace, "t1.csv", FIRST)
    _load(small_workspace)
    _put(small_workspace, "t1.csv", FIRST.replace("M2", "Mood"))
    message = 't1.csv: T1: column "M2" (mood_02) is missing; correct the export, the protocol, or declare it under absent'
    for _ in range(2):
        with pytest.raises(ExportError) as refusal:
            _load(small_workspace)
        assert str(refusal.value) == message
    assert [row[1:3] for row in _versions(small_workspace)] == [("accepted", True), ("refused", False)]
    assert small_workspace.working("select message from raw.versions where verdict = 'refused'") == [{"message": message}]
    assert _second_mood(small_workspace, "t1") == ["5", ""]


def test_parts_of_a_wave_are_one_wave(small_workspace: Any) -> None:
    header, one, other = FIRST.splitlines()
    (small_workspace.study_folder / "raw/T1/t1.csv").unlink()
    _declare(small_workspace, "files: parts")
    _put(small_workspace, "north.csv", f"{header}\n{one}\n")
    _put(small_workspace, "south.csv", f"{header}\n{other}\n")
    loaded = _load(small_workspace)
    assert (loaded.record.file_name, loaded.record.rows_in_file, loaded.record.rows_accepted) == (
        "north.csv, south.csv",
        2,
        2,
    )
    rows = small_workspace.working("select respondent, mood_01, source_row, source_file from raw.t1 order by respondent")
    assert [(row["respondent"], row["mood_01"], row["source_row"]) for row in rows] == [("A", 4, 2), ("B", 2, 2)]
    assert len({row["source_file"] for row in rows}) == 2
    _put(small_workspace, "west.csv", f"{header}\n{other}\n")
    with pytest.raises(ExportError) as refusal:
        _load(small_workspace)
    assert str(refusal.value) == (
        "T1: participant 'B' is in several parts: south.csv row 2, west.csv row 2; keep one row of each participant"
    )


def _forget(workspace: Any) -> None:
    """Delete the working file, as somebody does who has been told that it is damaged."""
    workspace.settings.warehouse_file.unlink()


def _history(workspace: Any) -> list[dict[str, Any]]:
    return workspace.working("select export, wave, sha256, file_name, size, first_seen_at from raw.versions order by all")


def test_which_file_arrived_when_outlives_the_working_file(small_workspace: Any) -> None:
    for text in (FIRST, SECOND, FIRST.replace("Yes", "No")):
        _put(small_workspace, "t1.csv", text)
        _load(small_workspace)
    before = _history(small_workspace)
    assert len(before) == 3
    _forget(small_workspace)
    assert _load(small_workspace).versions == 3
    assert _history(small_workspace) == before
    # Half a line, of a run that was killed while it wrote, and lines that are nothing spoil no other.
    arrivals = small_workspace.study_folder / "landing" / "arrivals.jsonl"
    with arrivals.open("a", encoding="utf-8") as file:
        file.write('\n{"export": "t1", "sha\n[]\nnull\n{"export": 1}')
    _put(small_workspace, "t1.csv", FIRST.replace("Yes", ""))
    _load(small_workspace)
    before = _history(small_workspace)
    _forget(small_workspace)
    _load(small_workspace)
    assert _history(small_workspace) == before
    assert len(before) == 4


def test_the_newest_version_stays_the_newest_without_the_working_file(small_workspace: Any) -> None:
    """Files come in the order in which they arrived, not in that of their times or names."""
    _declare(small_workspace, "files: versions")
    _put(small_workspace, "t1.csv", FIRST, seconds=100)
    _load(small_workspace)
    _put(small_workspace, "a corrected one.csv", SECOND, seconds=50)
    assert _load(small_workspace).record.file_name == "a corrected one.csv"
    _forget(small_workspace)
    assert _load(small_workspace).record.file_name == "a corrected one.csv"


def test_a_clock_that_was_set_back_does_not_make_an_old_version_the_newest(small_workspace: Any) -> None:
    _declare(small_workspace, "files: versions")
    _put(small_workspace, "t1.csv", FIRST)
    _load(small_workspace)
    with Warehouse(small_workspace.settings.warehouse_file).transaction() as connection:
        connection.execute("update raw.versions set first_seen_at = first_seen_at + interval 1 day")
    _put(small_workspace, "t1 again.csv", SECOND)
    assert _load(small_workspace).record.file_name == "t1 again.csv"


def test_of_a_study_from_before_the_list_landed_copies_are_known_as_such(small_workspace: Any) -> None:
    for text in (FIRST, SECOND):
        _put(small_workspace, "t1.csv", text)
        _load(small_workspace)
    before = _history(small_workspace)
    landing = small_workspace.study_folder / "landing"
    # A working file that stands gives the list.
    (landing / "arrivals.jsonl").unlink()
    _load(small_workspace)
    _forget(small_workspace)
    _load(small_workspace)
    assert _history(small_workspace) == before
    # Without both, landing still tells what there was and when; which export a copy was for is known once it is there.
    _forget(small_workspace)
    (landing / "arrivals.jsonl").unlink()
    _load(small_workspace)
    first = min(before, key=lambda row: row["first_seen_at"])
    orphan, in_use = small_workspace.working("select * from raw.versions order by first_seen_at")
    assert (orphan["export"], orphan["file_name"], orphan["is_in_use"]) == (None, f"{first['sha256']}.csv", False)
    assert orphan["message"].startswith("known from landing only: ")
    assert abs((orphan["first_seen_at"] - first["first_seen_at"]).total_seconds()) < 5
    assert (in_use["export"], in_use["file_name"], in_use["is_in_use"]) == ("t1", "t1.csv", True)


def test_a_landed_copy_that_was_changed_is_put_right_and_said(small_workspace: Any) -> None:
    _put(small_workspace, "t1.csv", FIRST)
    sha256 = _load(small_workspace).record.sha256
    landed = small_workspace.study_folder / "landing" / f"{sha256}.csv"
    for damage in ("edited", "deleted", "folder"):
        landed.chmod(0o644)
        landed.unlink()
        if damage == "edited":
            landed.write_text(SECOND, encoding="utf-8")
        elif damage == "folder":
            landed.mkdir()
        loaded = _load(small_workspace)
        assert (loaded.record.sha256, loaded.is_unchanged) == (sha256, True)
        assert landed.read_text(encoding="utf-8") == FIRST
        assert bool(loaded.notes) == (damage != "deleted")
    _forget(small_workspace)
    assert _load(small_workspace).versions == 1
    assert _second_mood(small_workspace, "t1") == ["5", ""]


def test_a_pinned_copy_that_was_changed_is_refused(small_workspace: Any) -> None:
    _put(small_workspace, "t1.csv", FIRST)
    sha256 = _load(small_workspace).record.sha256
    _put(small_workspace, "t1.csv", SECOND)
    _load(small_workspace)
    _declare(small_workspace, f"pin: {sha256[:12]}")
    landed = small_workspace.study_folder / "landing" / f"{sha256}.csv"
    landed.chmod(0o644)
    landed.write_text(SECOND, encoding="utf-8")
    with pytest.raises(ExportError) as refusal:
        _load(small_workspace)
    assert str(refusal.value) == (
        f"raw/T1: the landed copy {sha256}.csv, which is pinned, was changed after landing; move it away and put the file it"
        " was made of into the export's folder, or correct pin in the protocol"
    )
    shutil.move(landed, small_workspace.study_folder / "changed.csv")
    _put(small_workspace, "t1.csv", FIRST)
    assert _load(small_workspace).record.sha256 == sha256
