"""The audit trail of a study that runs: what a run records, what a release holds of it, and a key that is rotated.

The small study runs once for all tests; the second run here is after an edited definition and a corrected export, the third
ends a rotation of the key.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from dagster_project.cli import main
from dagster_project.exports import pseudonym
from dagster_project.keys import key_check, newest_manifest
from dagster_project.rotation import has_rotation
from dagster_project.trail import (
    Entry,
    TrailError,
    chain_faults,
    read_lines,
    record,
    release_faults,
    released_trails,
    trail_file,
)
from dagster_project.trail.runs import RunTrail
from dagster_project.warehouse import release_names


@dataclass
class Story:
    """The study after the second run. first: its trail after the first."""

    workspace: Any
    first: list[Entry]
    second: list[Entry]


def _entries(workspace: Any) -> list[Entry]:
    lines = read_lines(trail_file(workspace.study_folder).read_bytes())
    assert chain_faults(lines) == []
    return [line.entry for line in lines if line.entry is not None]


def _point_to(workspace: Any, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("WAVEHOUSE_STUDY", str(workspace.study_folder))
    environment.setenv("WAVEHOUSE_HOME", str(workspace.settings.home))
    environment.setenv("DAGSTER_HOME", str(workspace.settings.dagster_home))
    environment.setenv("WAVEHOUSE_PSEUDONYM_KEY", workspace.settings.pseudonym_key)
    environment.setenv("WAVEHOUSE_USER", "Data Manager")


@pytest.fixture(scope="module")
def story(
    small_run: tuple[Any, Any], copy_of: Callable[[Any, Path], Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Story]:
    workspace = copy_of(small_run[0], tmp_path_factory.mktemp("trail"))
    first = _entries(workspace)
    file = workspace.study_folder / "raw/T1/t1.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("B,04/02/2020,2", "B,04/02/2020,77"), encoding="utf-8")
    definitions = workspace.study_folder / "study.yaml"
    text = definitions.read_text(encoding="utf-8").replace(
        "    respondent: Person\n    answered_on", "    respondent: Person\n    respondents: {Dora: D}\n    answered_on"
    )
    definitions.write_text(f"rejected_share: 0.5\n{text}disclosure: {{minimum: 12}}\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as environment:
        _point_to(workspace, environment)
        assert main(["run", "--quiet"]) == 0
        yield Story(workspace, first, _entries(workspace)[len(first) :])


def test_a_first_run_records_what_it_read_and_released(story: Story) -> None:
    kinds = [entry.kind for entry in story.first]
    assert kinds == ["run_started", "definitions", "mapping", "inputs", "release", "public_release", "run_ended"]
    by_kind: dict[str, Any] = {entry.kind: entry.facts for entry in story.first}
    assert set(by_kind["inputs"]["exports"]) == {"roster", "t1", "t2"}
    ended = by_kind["run_ended"]
    assert (ended["outcome"], ended["failed_steps"], ended["is_new_release"]) == ("succeeded", [], True)
    assert ended["definitions"] == by_kind["definitions"]["hash"]
    assert ended["release"] == by_kind["release"]["release"]
    assert re.fullmatch("[0-9a-f]{64}", str(ended["code"])) and ended["version"]


def test_a_second_run_records_who_changed_what(story: Story) -> None:
    by_kind: dict[str, Any] = {entry.kind: entry.facts for entry in story.second}
    assert list(by_kind) == [
        "run_started",
        "definitions",
        "mapping",
        "disclosure",
        "inputs",
        "release",
        "public_release",
        "run_ended",
    ]
    assert {(entry.person, entry.source) for entry in story.second} == {("Data Manager", "command line")}
    definitions = by_kind["definitions"]
    assert definitions["changed"] == ["study.yaml"]
    assert by_kind["mapping"] == {
        "export": "t1",
        "former": {"identifiers": 0, "labels": 1},
        "current": {"identifiers": 1, "labels": 1},
    }
    disclosure = by_kind["disclosure"]
    assert disclosure["former"]["minimum"] == 10 and disclosure["current"]["minimum"] == 12
    (export,) = by_kind["inputs"]["exports"].items()
    assert (export[0], export[1]["change"], len(export[1]["added"]), len(export[1]["removed"])) == ("t1", "replaced", 1, 1)


def test_the_keys_that_were_changed_are_named_without_identifiers(story: Story) -> None:
    """`respondents` holds identifiers: the key above it is named."""
    keys: list[Any] = [entry.facts["keys"] for entry in story.second if entry.kind == "definitions"]
    assert set(keys[0]) == {
        "study.yaml: disclosure.minimum",
        "study.yaml: exports.t1.respondents",
        "study.yaml: rejected_share",
    }
    content = trail_file(story.workspace.study_folder).read_text(encoding="utf-8")
    assert "Dora" not in content and not re.search("P[0-9a-f]{16}", content)
    assert not re.search(r"t1\.csv|t2\.txt|roster\.csv", content), "names of exports' files may name people"


def test_a_release_holds_the_trail_as_it_was_made_with_and_is_verified_alone(
    story: Story, capsys: Any, tmp_path: Path
) -> None:
    workspace = story.workspace
    copy = tmp_path / "sent"
    shutil.copytree(workspace.release, copy)
    assert main(["log", "--verify", "--release", str(copy)]) == 0
    made_with = [*story.first, *story.second][:-3]  # until the entry of the release
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["trail_entries"], manifest["trail_head"]) == (str(len(made_with)), made_with[-1].hash)
    assert f"the audit trail is whole: {len(made_with)} entries, in agreement with 1 release; the last hash is " in (
        capsys.readouterr().out
    )
    package = json.loads((copy / "datapackage.json").read_text(encoding="utf-8"))
    (resource,) = [entry for entry in package["resources"] if entry["path"] == "audit_trail.jsonl"]
    assert (resource["mediatype"], resource["encoding"]) == ("application/jsonl", "utf-8")
    rows = workspace.released("select entry, kind, person, hash, facts from results.audit_trail order by entry")
    assert [(row["entry"], row["kind"], row["person"], row["hash"]) for row in rows] == [
        (entry.entry, entry.kind, entry.person, entry.hash) for entry in made_with
    ]
    assert [json.loads(row["facts"]) for row in rows] == [entry.facts for entry in made_with]
    file = copy / "audit_trail.jsonl"
    file.chmod(0o644)
    file.write_bytes(file.read_bytes().replace(b"Data Manager", b"Somebody Else"))
    assert main(["log", "--verify", "--release", str(copy)]) == 1
    assert "was changed" in capsys.readouterr().out


def test_verification_compares_with_all_kept_releases(story: Story, capsys: Any) -> None:
    folder, file = story.workspace.study_folder, trail_file(story.workspace.study_folder)
    content = file.read_bytes()
    lines = content.splitlines(keepends=True)
    assert release_faults(read_lines(content), released_trails(folder)) == []
    assert len(released_trails(folder)) == 2
    newest = release_names(folder)[-1]
    try:
        file.write_bytes(b"".join(lines[:8]))
        assert main(["log", "--verify"]) == 1
        count = len(lines) - 3
        assert capsys.readouterr().out == (
            f"the trail was cut off: it ends at entry 8; release {newest} was made when it had {count}\n"
        )
        # All of it written anew, with right hashes: only the releases can tell.
        previous, forged = "0" * 64, []
        for line in lines:
            entry = json.loads(line)
            entry |= {"previous": previous, "hash": "", "os_user": "nobody" if entry["entry"] >= 4 else entry["os_user"]}
            sealed, text = Entry(**entry).sealed()
            previous = sealed.hash
            forged.append(text + b"\n")
        file.write_bytes(b"".join(forged))
        assert chain_faults(read_lines(file.read_bytes())) == []
        assert main(["log", "--verify"]) == 1
        assert capsys.readouterr().out.splitlines() == [
            f"the trail is another one than release {name} was made with: they differ from entry 4 on"
            for name in release_names(folder)
        ]
    finally:
        file.write_bytes(content)
    head = _entries(story.workspace)[-1].hash
    assert main(["log", "--verify", "--head", head]) == 0
    assert main(["log", "--verify", "--head", "0" * 64]) == 1
    assert "no entry has the hash 000" in capsys.readouterr().out


def test_a_run_that_changes_nothing_adds_no_entry(story: Story, capsys: Any) -> None:
    before = trail_file(story.workspace.study_folder).read_bytes()
    assert main(["run", "--quiet"]) == 0
    assert trail_file(story.workspace.study_folder).read_bytes() == before


def test_a_trail_that_is_not_the_studys_own_stops_a_run_and_every_entry(
    story: Story, capsys: Any, tmp_path: Path, workspace_of: Callable[[Path], Any]
) -> None:
    """Another study's file in its place, an earlier state of its own, as from a backup; moved away, it goes on from the
    release."""
    folder, file = story.workspace.study_folder, trail_file(story.workspace.study_folder)
    content = file.read_bytes()
    other = workspace_of(folder)
    for number in range(30):
        record(other.settings, "export", {"release": str(number)})
    newest, count = release_names(folder)[-1], len(content.splitlines()) - 3
    faults = {
        trail_file(other.study_folder).read_bytes(): (
            f"the trail is another one than release {newest} was made with: they differ from entry 1 on"
        ),
        b"".join(content.splitlines(keepends=True)[:3]): (
            f"the trail was cut off: it ends at entry 3; release {newest} was made when it had {count}"
        ),
    }
    try:
        for text, fault in faults.items():
            file.write_bytes(text)
            for command in (["run"], ["run", "--again"], ["export", "--format", "csv", "--out", str(tmp_path / "clean")]):
                assert main(command) == 2
                assert capsys.readouterr().err == (
                    f"wavehouse: {file}: {fault}; put the study's own file back, or move this one away: then it goes on from the"
                    " copy in the release\n"
                )
                assert file.read_bytes() == text
            with pytest.raises(TrailError, match="put the study's own file back"):
                RunTrail(story.workspace.settings, "a run of the UI", "ui").begin(None)
        file.unlink()
        RunTrail(story.workspace.settings, "a run", "ui").begin(None)
        assert [entry.kind for entry in _entries(story.workspace)[-2:]] == ["trail_restored", "run_started"]
    finally:
        file.write_bytes(content)


def test_what_leaves_the_study_is_recorded_and_shown(story: Story, tmp_path: Path, capsys: Any) -> None:
    assert main(["export", "--format", "csv", "--out", str(tmp_path / "clean")]) == 0
    assert main(["trace", "summary/mood_total/T1/n", "--names"]) == 0
    capsys.readouterr()
    for arguments, refusal in (
        (["--head", "0" * 64], "--head is asked with --verify; add it"),
        (["--last", "0"], "--last 0: name how many entries are shown, 1 or more"),
    ):
        assert main(["log", *arguments]) == 2
        assert capsys.readouterr().err == f"wavehouse: wavehouse log: {refusal}\n"
    assert main(["log", "--last", "2"]) == 0
    exported, named = capsys.readouterr().out.splitlines()
    assert "Data Manager" in exported and ": export: release " in exported and "formats csv" in exported
    assert ": names shown: command trace; result summary/mood_total/T1/n; is of one no" in named
    assert main(["log", "--json", "--last", "1"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["kind"], entry["facts"]["command"]) == ("names_shown", "trace")


def test_a_trail_that_is_gone_goes_on_from_the_release(story: Story, tmp_path: Path) -> None:
    file = trail_file(story.workspace.study_folder)
    content = file.read_bytes()
    try:
        file.unlink()
        assert main(["export", "--format", "csv", "--out", str(tmp_path / "clean")]) == 0
        entries = _entries(story.workspace)
        assert [entry.kind for entry in entries[-2:]] == ["trail_restored", "export"]
        assert release_faults(read_lines(file.read_bytes()), released_trails(story.workspace.study_folder)) == []
    finally:
        file.write_bytes(content)


def test_a_rotation_ends_with_the_next_run_and_joins_nobody(
    story: Story, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, settings = story.workspace, story.workspace.settings
    old_key, old_values = settings.key(), workspace.values()
    old_people = {row["participant_id"] for row in workspace.released("select participant_id from marts.participants")}
    queries = settings.study_home / "lists" / "queries.jsonl"
    assert old_people & set(re.findall("P[0-9a-f]{16}", queries.read_text(encoding="utf-8")))
    with monkeypatch.context() as patch:
        patch.setattr("dagster_project.run.run_everything", lambda *_, **__: 1)
        assert main(["key", "rotate", "--yes"]) == 1
    assert "the key is not rotated yet: the release is of the former one." in capsys.readouterr().err
    assert has_rotation(settings) and (newest_manifest(workspace.study_folder) or {})["key_check"] == key_check(old_key)
    assert main(["run", "--quiet"]) == 2
    assert "made a key of its own: unset the variable" in capsys.readouterr().err
    monkeypatch.delenv("WAVEHOUSE_PSEUDONYM_KEY")
    assert main(["run", "--quiet"]) == 0
    assert not has_rotation(settings) and settings.key_file.exists()
    # Everybody has another pseudonym; every number stands.
    people = {row["participant_id"] for row in workspace.released("select participant_id from marts.participants")}
    assert len(people) == len(old_people) and not people & old_people
    values = workspace.values()
    assert values.keys() == old_values.keys()
    assert [name for name in values if values[name] != old_values[name] and values[name] == values[name]] == []
    diff = workspace.released(
        "select kind, what, after from results.release_diff where to_release = (select max(to_release) from results.release_diff)"
    )
    assert diff == [
        {
            "kind": "rule",
            "what": "the key of the pseudonyms",
            "after": "a new key: people, answers and scores are not compared",
        }
    ]
    capsys.readouterr()
    assert main(["diff"]) == 0
    assert "the key of the pseudonyms" in capsys.readouterr().out
    assert main(["diff", "--list-answers"]) == 2
    assert "have pseudonyms of different keys, so that nobody of one is known in the other" in capsys.readouterr().err
    # Nothing that stays computes a former pseudonym: only the kept releases hold them.
    queried = set(re.findall("P[0-9a-f]{16}", queries.read_text(encoding="utf-8")))
    assert queried and queried <= people
    files = [
        file.relative_to(settings.home).as_posix()
        for file in settings.study_home.rglob("*")
        if file.is_file() and any(person.encode() in file.read_bytes() for person in old_people)
    ]
    assert files == []
    new_key = replace(settings, pseudonym_key=None).key()
    roster = workspace.working("select participant_id, respondent from raw.roster")
    assert {row["participant_id"] for row in roster} == {pseudonym(row["respondent"], new_key) for row in roster}
    kinds = [entry.kind for entry in _entries(workspace)]
    assert [kind for kind in kinds if kind.startswith("key")] == ["key_rotation_begun", "key_rotated"]
