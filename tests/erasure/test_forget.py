"""`wavehouse forget`: afterwards a study is one that never had the person, whatever interrupted the erasure."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from dagster_project.cli import main
from dagster_project.erasure import (
    ErasureError,
    Journal,
    files_with,
    finish_erasure,
    pattern_of,
    person_of,
    plan_erasure,
    prepare,
    read_receipts,
)
from dagster_project.exports import ExportError, contract_of_file, pseudonym
from dagster_project.exports.suppression import refuse_erased
from dagster_project.keys import begin_rotation
from dagster_project.keys.derivation import key_of
from dagster_project.settings import Settings
from dagster_project.study import read_study
from dagster_project.trail import chain_faults, read_lines, trail_file

_KEY = "a key for tests"
_PERSON = "erase.me@example.org"
_SHEET = (
    ("Person", "Date", "M1", "M2", "M3", "D1", "D2", "D3", "D4", "GP?"),
    ("A", "03/02/2020", "4", "very much", "2", "1", "3", "5", "6", "Yes"),
    (_PERSON, "07/02/2020", "1", "1", "1", "4", "6", "6", "6", "No"),
    ("B", "04/02/2020", "2", "", "4", "0", "0", "6", "5", "No"),
    ("C", "04/02/2020", "3", "3", "-9", "2", "4", "", "1", ""),
)


@pytest.fixture
def wavehouse(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The command, about a workspace."""

    def call(workspace: Any, *words: str) -> int:
        monkeypatch.setenv("WAVEHOUSE_STUDY", str(workspace.study_folder))
        monkeypatch.setenv("WAVEHOUSE_HOME", str(workspace.settings.home))
        monkeypatch.setenv("WAVEHOUSE_PSEUDONYM_KEY", _KEY)
        monkeypatch.delenv("DAGSTER_HOME", raising=False)
        return main(words)

    return call


def _add_person(study_folder: Path) -> None:
    """One person more in every export of the small study: a workbook, UTF-16 with CRLF, and a text with decimal commas."""
    raw = study_folder / "raw"
    (raw / "T1" / "t1.csv").unlink()
    with xlsxwriter.Workbook(str(raw / "T1" / "t1.xlsx")) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate(_SHEET):
            sheet.write_row(row, 0, cells)
    protocol = study_folder / "study.yaml"
    text = protocol.read_text(encoding="utf-8")
    t1 = 'folder: raw/T1\n    pattern: "*.csv"\n    reader: delimited'
    assert t1 in text
    protocol.write_text(text.replace(t1, 'folder: raw/T1\n    pattern: "*.xlsx"\n    reader: excel'), encoding="utf-8")
    t2 = raw / "T2" / "t2.txt"
    lines = t2.read_bytes().decode("utf-16").splitlines()
    t2.write_bytes("\r\n".join([*lines[:2], f"{_PERSON}\treal\t1\t2\t5\t6\t6\t6\t6", *lines[2:], ""]).encode("utf-16"))
    roster = raw / "roster" / "roster.csv"
    roster.write_text(f"{roster.read_text(encoding='utf-8')}{_PERSON};North;77,7\n", encoding="utf-8")


def _files_that_match(folder: Path, *texts: str) -> list[str]:
    pattern = pattern_of(texts)
    return sorted(
        str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file() and pattern.search(file.read_bytes())
    )


def test_afterwards_the_study_never_had_the_person(
    workspace_of: Callable[[Path], Any],
    small_run: tuple[Any, Any],
    share_parsed_models: Callable[[Settings], None],
    wavehouse: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    workspace = workspace_of(small_run[0].study_folder)
    _add_person(workspace.study_folder)
    share_parsed_models(workspace.settings)
    assert wavehouse(workspace, "run", "--quiet") == 0
    settings, folder = workspace.settings, workspace.study_folder.parent.parent
    alias = pseudonym(_PERSON, _KEY.encode())
    _note_in_history(settings, f"the roster holds {_PERSON}, in the marts {alias}")
    (release,) = [path.name for path in (workspace.study_folder / "releases").iterdir()]
    former_t2 = (workspace.study_folder / "raw/T2/t2.txt").read_bytes()
    traces = _files_that_match(folder, _PERSON, alias)
    assert {"data/small_study/raw/T2/t2.txt", "data/small_study/raw/roster/roster.csv"} < set(traces)
    assert any("history" in trace for trace in traces)
    assert workspace.values() != small_run[0].values()
    capsys.readouterr()

    assert wavehouse(workspace, "forget", _PERSON, "--because", "withdrew consent on 3 March", "--yes", "--quiet") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        "will be removed for good:",
        "  raw/roster/roster.csv, and its copy in landing: 1 row of this person",
        "  raw/T1/t1.xlsx, and its copy in landing: 1 row of this person",
        "  raw/T2/t2.txt, and its copy in landing: 1 row of this person",
    ]
    assert lines[4].startswith(f"  release {release}: deleted, with its ")
    assert "nothing below the study's folder, its home and Dagster's holds this person any more" in lines

    assert _files_that_match(folder, _PERSON, alias, "77,7") == []
    row = f"{_PERSON}\treal\t1\t2\t5\t6\t6\t6\t6\r\n".encode("utf-16-le")
    assert (workspace.study_folder / "raw/T2/t2.txt").read_bytes() == former_t2.replace(row, b"")
    _assert_same_values(workspace.values(), small_run[0].values())
    assert workspace.released("select count(*) as n from results.release_diff") == [{"n": 0}]
    (receipt,) = read_receipts(settings.study_home)
    assert (receipt.because, receipt.releases[0].release) == ("withdrew consent on 3 March", release)
    assert [change.rows for change in receipt.files] == [1] * 6
    trail = read_lines(trail_file(workspace.study_folder).read_bytes())
    assert chain_faults(trail) == []
    (entry,) = [line.entry for line in trail if line.entry is not None and line.entry.kind == "erasure"]
    assert (entry.facts["receipt"], entry.facts["rows"], entry.facts["releases"]) == (receipt.erasure, 6, [release])
    assert '"erasures": "1"' in (workspace.release / "manifest.json").read_text(encoding="utf-8")

    assert wavehouse(workspace, "forget", _PERSON, "--because", "again", "--yes") == 2
    assert capsys.readouterr().err == f"wavehouse: {_PERSON!r} is in no export and in no release\n"
    _add_row_again(workspace)


def _assert_same_values(values: dict[str, float | None], expected: dict[str, float | None]) -> None:
    assert values.keys() == expected.keys()
    for result_id, value in expected.items():
        assert values[result_id] == value or (value != value and values[result_id] != values[result_id]), result_id


def _add_row_again(workspace: Any) -> None:
    """An export that brings the person back is refused by its row."""
    roster = workspace.study_folder / "raw" / "roster" / "roster.csv"
    roster.write_text(f"{roster.read_text(encoding='utf-8')}{_PERSON};North;77,7\n", encoding="utf-8")
    study = read_study(workspace.study_folder)
    result = contract_of_file(roster, roster.name, study, study.protocol.exports[0])
    with pytest.raises(ExportError) as refusal:
        refuse_erased(workspace.settings.study_home, result)
    (receipt,) = read_receipts(workspace.settings.study_home)
    assert str(refusal.value) == (
        f"roster.csv: row 6 is of a person who withdrew and was erased on {receipt.erased_at[:10]}; have it deleted where the"
        " export comes from, and take it out here with `wavehouse forget` and the row's identifier"
    )


def _note_in_history(settings: Settings, text: str) -> None:
    """An event such as an earlier version wrote, with what a table holds of people."""
    import dagster as dg

    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        instance.report_runless_asset_event(dg.AssetMaterialization("roster", metadata={"preview": text}))


def _erase(workspace: Any, identifier: str) -> Journal | None:
    settings, study = workspace.settings, read_study(workspace.study_folder)
    prepare(settings, plan_erasure(settings, study, person_of(study, identifier, settings.key())), "a test")
    return finish_erasure(settings, print)


def test_killed_at_any_change_the_next_command_finishes(small_copy: tuple[Any, Any], tmp_path: Path) -> None:
    """Nothing is changed before all is prepared, and all is done after it."""
    workspace = small_copy[0]
    script = Path(__file__).with_name("kill_at_each_change.py")
    parameters = (workspace.study_folder, workspace.settings.home, "B", tmp_path / "kills", 14)
    process = subprocess.run(
        [sys.executable, str(script), *map(str, parameters)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(str(folder) for folder in Path(__file__).parents[1:3])},
    )
    assert process.returncode == 0, process.stderr
    states = [re.sub(r"^\d+ ", "", line) for line in process.stdout.splitlines()]
    order = ["not begun untouched", "begun erased", "not begun erased"]
    assert set(states) <= set(order), process.stdout
    assert states == sorted(states, key=order.index)
    assert states.count("begun erased") >= 3


def test_who_is_not_known_is_refused(small_copy: tuple[Any, Any], wavehouse: Callable[..., int], capsys: Any) -> None:
    workspace = small_copy[0]
    for words, message in (
        (("b", "--because", "x"), "'b' is in no export and in no release (did you mean 'B'?)"),
        (("B", "--because", "B asked"), "--because names the person; the receipt must not: leave the identifier out"),
        (("B", "--because", " "), "--because is blank; say why, e.g. --because 'withdrew consent on 3 March'"),
    ):
        assert wavehouse(workspace, "forget", *words, "--yes") == 2
        assert capsys.readouterr().err == f"wavehouse: {message}\n"


def test_rows_that_are_set_aside_and_versions_of_earlier_days(small_copy: tuple[Any, Any]) -> None:
    """D has a row that is set aside; of the roster only the landed version of an earlier day holds D."""
    workspace = small_copy[0]
    settings = workspace.settings
    roster = workspace.study_folder / "raw" / "roster" / "roster.csv"
    study = read_study(workspace.study_folder)
    (arrival,) = [path for path in settings.landing.glob("*.csv") if path.read_bytes() == roster.read_bytes()]
    lines = roster.read_bytes().splitlines(keepends=True)
    roster.write_bytes(b"".join(line for line in lines if not line.startswith(b"D;")))
    plan = plan_erasure(settings, study, person_of(study, "D", settings.key()))
    assert [(file.name, file.source_rows) for file in plan.affected_files] == [
        ("raw/T2/t2.txt", (5,)),
        (f"landing/{arrival.name}", (5,)),
    ]
    assert len(plan.releases) == 1
    _erase(workspace, "D")
    assert not arrival.exists()
    assert not workspace.release.exists()
    assert not settings.warehouse_file.exists()
    landed = [path for path in settings.landing.glob("*.csv") if path.read_bytes() == roster.read_bytes()]
    assert len(landed) == 1


def test_a_person_of_the_roster_alone(small_copy: tuple[Any, Any]) -> None:
    workspace = small_copy[0]
    roster = workspace.study_folder / "raw" / "roster" / "roster.csv"
    former = roster.read_bytes()
    roster.write_bytes(former + b"E;North;50\n")
    study = read_study(workspace.study_folder)
    plan = plan_erasure(workspace.settings, study, person_of(study, "E", workspace.settings.key()))
    assert [file.name for file in plan.affected_files] == ["raw/roster/roster.csv"]
    assert plan.releases == ()
    _erase(workspace, "E")
    assert roster.read_bytes() == former
    assert workspace.release.exists()


def test_a_release_of_a_former_key_goes_unless_its_files_are_without_the_person(small_copy: tuple[Any, Any]) -> None:
    workspace = small_copy[0]
    settings, study = workspace.settings, read_study(workspace.study_folder)
    roster = workspace.study_folder / "raw" / "roster" / "roster.csv"
    roster.write_bytes(roster.read_bytes() + b"E;North;50\n")
    (release,) = [path.name for path in (workspace.study_folder / "releases").iterdir()]
    secret = "another key, as after a rotation"
    settings = replace(settings, pseudonym_key=secret)
    manifest = workspace.study_folder / "release" / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    current = workspace.study_folder / "releases" / "99990101T000000-of-the-new-key"
    current.mkdir()
    new_facts = key_of(secret.encode(), content, workspace.study_folder.name, "").facts
    (current / "manifest.json").write_text(json.dumps(content | new_facts | {"release": current.name}), encoding="utf-8")
    (workspace.study_folder / "release").unlink()
    (workspace.study_folder / "release").symlink_to(Path("releases") / current.name)

    def releases_with(identifier: str) -> list[str]:
        plan = plan_erasure(settings, study, person_of(study, identifier, settings.key()))
        return [removed.release for removed in plan.releases]

    assert files_with([workspace.study_folder / "releases"], [pseudonym("B", settings.key())]) == []
    assert releases_with("B") == [release]
    assert releases_with("E") == []
    for path in settings.landing.glob("*.csv"):  # what the release was made from is not there any more: nobody can tell
        path.unlink()
    assert releases_with("E") == [release]


def test_nobody_is_erased_while_the_key_is_rotated(
    small_copy: tuple[Any, Any], wavehouse: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = small_copy[0]
    begin_rotation(workspace.settings.study_home, "small_study", None, None)
    assert wavehouse(workspace, "forget", "B", "--because", "x", "--yes") == 2
    assert capsys.readouterr().err == (
        f"wavehouse: {workspace.study_folder}: a rotation of the key goes on; end it with `wavehouse run`, or take it back"
        " with `wavehouse key rotate --cancel`, first\n"
    )


def test_a_file_that_cannot_be_written_leaves_everything(small_copy: tuple[Any, Any]) -> None:
    workspace = small_copy[0]
    t1 = workspace.study_folder / "raw" / "T1" / "t1.csv"
    t1.write_bytes(t1.read_bytes().replace(b"Person", b"Someone"))
    former = {path: path.read_bytes() for path in workspace.study_folder.rglob("*") if path.is_file()}
    with pytest.raises(ErasureError) as refusal:
        _erase(workspace, "B")
    assert str(refusal.value) == (
        '"raw/T1/t1.csv": the column "Person" of export t1 is not there, so nobody can say whose its rows are; put the right'
        " file there, or move it away"
    )
    assert {path: path.read_bytes() for path in workspace.study_folder.rglob("*") if path.is_file()} == former


def test_the_spelling_of_an_export_is_not_the_person(small_workspace: Any) -> None:
    protocol = small_workspace.study_folder / "study.yaml"
    text = protocol.read_text(encoding="utf-8")
    protocol.write_text(
        text.replace('pattern: "*.txt"', 'pattern: "*.txt"\n    respondents: {"B-2": "B"}'), encoding="utf-8"
    )
    study = read_study(small_workspace.study_folder)
    assert person_of(study, " B", b"key").spellings == ("B", "B-2")
    with pytest.raises(ErasureError) as refusal:
        person_of(study, "B-2", b"key")
    assert str(refusal.value) == "'B-2' is what export t2 writes for 'B'; name the person as the roster does"


def test_the_only_person_leaves_files_with_headers(small_copy: tuple[Any, Any]) -> None:
    workspace = small_copy[0]
    raw = workspace.study_folder / "raw"
    shutil.rmtree(raw / "T2")
    for file in (raw / "T1" / "t1.csv", raw / "roster" / "roster.csv"):
        header, *_ = file.read_text(encoding="utf-8").splitlines(keepends=True)
        person = [line for line in file.read_text(encoding="utf-8").splitlines(keepends=True) if line.startswith("B")]
        file.write_text(header + person[0], encoding="utf-8")
    _erase(workspace, "B")
    assert (raw / "roster" / "roster.csv").read_text(encoding="utf-8") == "Person;Site;Age\n"
    assert (raw / "T1" / "t1.csv").read_text(encoding="utf-8") == "Person,Date,M1,M2,M3,D1,D2,D3,D4,GP?\n"


def test_copies_that_nobody_declares_and_texts_of_errors_go_too(small_copy: tuple[Any, Any]) -> None:
    """Of an export that is declared no more, of any file, a copy that somebody changed, what a killed run was writing, a damaged
    working file and whole texts of errors."""
    workspace = small_copy[0]
    settings, landing = workspace.settings, workspace.settings.landing
    raw = workspace.study_folder / "raw"
    roster = raw / "roster" / "roster.csv"
    _add_person_to_roster(roster)
    without, with_person = "Person;Site\nA;North\n", f"Person;Site\nA;North\n{_PERSON};South\n"
    landed = {
        text: _land_undeclared(landing, text) for text in (without, with_person, f"to whom: {_PERSON}\n", "to whom?\n")
    }
    changed = [landing / f"changed-0123456789abcdef-2026010{day}T000000000000.csv" for day in (1, 2)]
    changed[0].write_text(with_person.replace("A;North", "A;South"), encoding="utf-8")
    changed[1].write_text(without, encoding="utf-8")
    (landing / ".landing-x1").write_text(with_person, encoding="utf-8")
    damaged = settings.study_home / "warehouse.damaged-20260101T000000000000.duckdb"
    damaged.write_text(_PERSON, encoding="utf-8")
    settings.error_folder.mkdir(exist_ok=True)
    (settings.error_folder / "0123456789ab.txt").write_text("Could not convert '77,7'", encoding="utf-8")

    journal = _erase(workspace, _PERSON)
    assert journal is not None
    assert _files_that_match(workspace.study_folder.parent.parent, _PERSON, "77,7") == []
    assert sorted(path for path in landed.values() if path.exists()) == sorted([landed[without], landed["to whom?\n"]])
    assert [path.exists() for path in changed] == [False, True]
    assert not damaged.exists()
    (receipt,) = read_receipts(settings.study_home)
    assert receipt.error_texts == 1
    assert [(change.file, change.sha256 is None, change.rows) for change in receipt.files] == [
        ("raw/roster/roster.csv", False, 1),
        (f"landing/{landed[with_person].name}", False, 1),
        (f"landing/{landed[f'to whom: {_PERSON}' + chr(10)].name}", True, 0),
        (f"landing/{changed[0].name}", True, 0),
    ]


def test_of_a_short_identifier_a_copy_that_nobody_can_read_goes_too(small_copy: tuple[Any, Any]) -> None:
    workspace = small_copy[0]
    landing = workspace.settings.landing
    readable = _land_undeclared(landing, "Person;Site\nA;North\n")
    unreadable = _land_undeclared(landing, "to whom: A\n")
    _erase(workspace, "B")
    assert readable.exists()
    assert not unreadable.exists()


def _add_person_to_roster(roster: Path) -> None:
    roster.write_text(f"{roster.read_text(encoding='utf-8')}{_PERSON};North;77,7\n", encoding="utf-8")


def _land_undeclared(landing: Path, text: str) -> Path:
    path = landing / f"{hashlib.sha256(text.encode()).hexdigest()}.csv"
    path.write_bytes(text.encode())
    return path
