"""Kills in the midst of a swap and of a rotation of the key: each moment leaves the old state or the new one, and what comes after
finishes it. Kills of whole runs are in tests/benchmarks/kill_runs.py, of erasures in tests/erasure."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from killed_changes import is_killed_at

from dagster_project.keys import newest_manifest
from dagster_project.release.public import make_public
from dagster_project.release.public_entry import PENDING_ENTRY, add_intended_entry, intend_entry
from dagster_project.rotation import (
    begin_key_rotation,
    cancel_key_rotation,
    continue_key_rotation,
    finish_key_rotation,
    has_rotation,
)
from dagster_project.settings import Settings, read_settings
from dagster_project.trail import Entry, chain_faults, read_lines, trail_file
from dagster_project.warehouse import current_release, publish_release, recover_release, release_names

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
TESTS = Path(__file__).parents[1]


def _publish(folder: Path, name: str, *, links: bool) -> None:
    def fill(building: Path) -> None:
        for part in ("page.html", "tables/one.csv", "tables/two.csv"):
            (building / part).parent.mkdir(exist_ok=True)
            (building / part).write_text(f"{part} of {name}", encoding="utf-8")

    publish_release(folder, name, {"release": name}, fill, links=links)


def _sound_trail(study_folder: Path, kind: str) -> list[Entry]:
    """The entries whose kind begins so, of a trail whose chain is whole."""
    lines = read_lines(trail_file(study_folder).read_bytes())
    assert chain_faults(lines) == []
    return [line.entry for line in lines if line.entry is not None and line.entry.kind.startswith(kind)]


def _pages(folder: Path) -> set[str]:
    """Whose the files of the current release are."""
    files = [path for path in (folder / "release").rglob("*") if path.is_file()]
    assert len(files) == 4
    return {
        json.loads(file.read_text("utf-8"))["release"] if file.suffix == ".json" else file.read_text("utf-8").split()[-1]
        for file in files
    }


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.slow
def test_a_swap_of_releases_that_is_killed_anywhere_leaves_one_of_them_whole(tmp_path: Path, *, links: bool) -> None:
    """Where links are not allowed, there is a moment without the folder: the next run finds it again."""
    number, states = 0, []
    while True:
        number += 1
        folder = tmp_path / str(number)
        folder.mkdir()
        _publish(folder, "r1", links=links)
        if not is_killed_at(number, lambda folder=folder: _publish(folder, "r2", links=links)):  # type: ignore[misc]
            break
        if links:
            assert _pages(folder) in ({"r1"}, {"r2"})
        recover_release(folder)
        (state,) = _pages(folder)
        states.append(state)
        recover_release(folder)
        assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []
        assert not [path.name for path in (folder / "releases").iterdir() if path.name.startswith(".")]
        assert (current_release(folder) or {})["release"] in release_names(folder)
        shutil.rmtree(folder)
    # Leading the link to the new one is the last change.
    assert states == sorted(states) and set(states) == ({"r1"} if links else {"r1", "r2"})
    assert _pages(folder) == {"r2"}
    assert number > 10


def test_a_public_release_that_is_killed_anywhere_is_the_former_or_the_new_one(small_copy: Any, tmp_path: Path) -> None:
    workspace, _ = small_copy
    script = Path(__file__).with_name("public_release_kills.py")
    process = subprocess.run(
        [sys.executable, str(script), str(workspace.study_folder.parents[1]), str(tmp_path / "kills"), "7"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)])},
    )
    assert process.returncode == 0, process.stderr
    lines = [line.split()[1:] for line in process.stdout.splitlines()]
    assert {tuple(line) for line in lines} == {("former", "new", "1", "1"), ("new", "new", "1", "1")}, process.stdout
    assert lines == sorted(lines)


def test_the_entry_of_a_public_release_is_added_once_whenever_it_is_killed(tmp_path: Path) -> None:
    """At each change: of a release that took the former one's place there is an
    entry, of one that did not there is none."""
    number, states = 0, []
    while True:
        number += 1
        study_folder = tmp_path / str(number) / "data" / "mood"
        settings = read_settings(
            {"WAVEHOUSE_STUDY": str(study_folder), "WAVEHOUSE_HOME": str(tmp_path / str(number) / "home")}
        )

        def publish(name: str, settings: Settings = settings) -> None:
            building = settings.study_folder / "public_releases" / f".building-{name}"
            building.mkdir(parents=True)
            manifest = {"release": name, "released_at": f"2026-01-0{name[1]}"}
            (building / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
            intend_entry(settings, manifest, 12, 3)
            make_public(building, settings.study_folder / "public", name)
            add_intended_entry(settings, manifest, "ui")

        publish("r1")
        if not is_killed_at(number, lambda publish=publish: publish("r2")):  # type: ignore[misc]
            break
        manifest = json.loads((study_folder / "public" / "manifest.json").read_text(encoding="utf-8"))
        states.append(manifest["release"])
        for _ in range(2):
            add_intended_entry(settings, manifest, "ui")
        entries = _sound_trail(study_folder, "public_release")
        assert [entry.facts["release"] for entry in entries] == (["r1"] if states[-1] == "r1" else ["r1", "r2"]), number
        assert {entry.source for entry in entries} == {"ui"}
        assert not (settings.study_home / PENDING_ENTRY).exists()
    assert states == sorted(states) and set(states) == {"r1", "r2"}
    assert number > 8


@pytest.fixture
def settings_of(tmp_path: Path) -> Callable[[str], Settings]:
    def make(name: str) -> Settings:
        folder = tmp_path / name / "data" / "mood"
        folder.mkdir(parents=True)
        settings = read_settings({"WAVEHOUSE_STUDY": str(folder), "WAVEHOUSE_HOME": str(tmp_path / name / "home")})
        _release_with_key(settings, "r1")
        lists = settings.study_home / "lists"
        lists.mkdir()
        for file in (lists / "reminders.csv", settings.study_home / "run.log", settings.warehouse_file):
            file.write_text("of the former pseudonyms", encoding="utf-8")
        return settings

    return make


def _release_with_key(settings: Settings, name: str) -> None:
    publish_release(settings.study_folder, name, {"release": name} | settings.study_key().facts, lambda building: None)


def _rotate(settings: Settings) -> None:
    """What `wavehouse key rotate` and the run in it do with the key: what the run makes is a release with it."""
    finish_key_rotation(settings)
    if not has_rotation(settings):
        begin_key_rotation(settings)
    continue_key_rotation(settings)
    _release_with_key(settings, f"r{len(release_names(settings.study_folder)) + 1}")
    finish_key_rotation(settings)


@pytest.mark.slow
def test_a_rotation_that_is_killed_anywhere_has_one_key_and_is_finished(settings_of: Callable[[str], Settings]) -> None:
    """Every entry stands in the audit trail once, and no file holds the former key when it is done."""
    number = 0
    while True:
        number += 1
        settings = settings_of(str(number))
        former = settings.study_key()
        if not is_killed_at(number, lambda settings=settings: _rotate(settings)):  # type: ignore[misc]
            break
        key = settings.study_key()  # there is one, of the standing release or of the rotation
        check = (newest_manifest(settings.study_folder) or {}).get("key_check")
        assert check == former.check or key.check == check
        if (newest_manifest(settings.study_folder) or {})["release"] == "r1":
            _rotate(settings)
        else:
            continue_key_rotation(settings)
        assert not has_rotation(settings)
        new = settings.study_key()
        assert new.check != former.check
        assert (newest_manifest(settings.study_folder) or {})["key_check"] == new.check
        assert settings.key_file.read_bytes() == new.secret
        home = [file for file in settings.study_home.rglob("*") if file.is_file()]
        assert [file.name for file in home if former.secret in file.read_bytes()] == []
        assert [file for file in home if new.secret in file.read_bytes()] == [settings.key_file]
        assert [file.name for file in home if b"of the former pseudonyms" in file.read_bytes()] == []
        entries = _sound_trail(settings.study_folder, "key_")
        assert [entry.kind for entry in entries] == ["key_rotation_begun", "key_rotated"], number
        assert [entry.facts["check"] for entry in entries] == [new.check] * 2
    assert number > 20


@pytest.mark.parametrize("repeats", [True, False])
def test_a_rotation_whose_taking_back_is_killed_anywhere_is_taken_back(
    settings_of: Callable[[str], Settings], *, repeats: bool
) -> None:
    """By the same command again, or by the next run; with one entry in the audit trail, and nothing left of the new key."""
    number, kill_states = 0, set()
    while True:
        number += 1
        settings = settings_of(str(number))
        former = settings.study_key()
        begin_key_rotation(settings)
        new = settings.study_key()
        if not is_killed_at(number, lambda settings=settings: cancel_key_rotation(settings)):  # type: ignore[misc]
            break
        kill_states.add(has_rotation(settings))
        if has_rotation(settings) or repeats:
            assert settings.study_key().check == (new.check if has_rotation(settings) else former.check)
            cancel_key_rotation(settings)
        else:
            continue_key_rotation(settings)
        assert settings.study_key() == former
        home = [file for file in settings.study_home.rglob("*") if file.is_file()]
        assert [file.name for file in home if new.secret in file.read_bytes()] == []
        assert [file.name for file in home if b"of the former pseudonyms" in file.read_bytes()] == []
        entries = _sound_trail(settings.study_folder, "key_")
        assert [entry.kind for entry in entries] == ["key_rotation_begun", "key_rotation_cancelled"], number
        assert [entry.facts["check"] for entry in entries] == [new.check] * 2
    assert kill_states == {True, False} and number > 5
