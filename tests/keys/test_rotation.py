"""Rotation: at every moment a study has the old key or the new one, and the next step is said."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from dagster_project.exports import pseudonym
from dagster_project.fieldwork import QueryCell, QueryLog
from dagster_project.keys import KeyFileError, SettingsError, newest_manifest
from dagster_project.keys.rotation import PENDING_ROTATION
from dagster_project.rotation import (
    begin_key_rotation,
    cancel_key_rotation,
    continue_key_rotation,
    finish_key_rotation,
    has_rotation,
    releases_of_former_keys,
)
from dagster_project.settings import Settings, read_settings
from dagster_project.trail import read_lines, trail_file
from dagster_project.warehouse import Warehouse


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "data" / "mood").mkdir(parents=True)
    return read_settings({"WAVEHOUSE_STUDY": str(tmp_path / "data" / "mood"), "WAVEHOUSE_HOME": str(tmp_path / "home")})


def _release(settings: Settings, name: str = "r1") -> None:
    """A release made with the key as it is now, the current one."""
    folder = settings.study_folder / "releases" / name
    folder.mkdir(parents=True)
    facts = {"release": name, **settings.study_key().facts}
    (folder / "manifest.json").write_text(json.dumps(facts), encoding="utf-8")
    pointer = settings.study_folder / "release"
    pointer.unlink(missing_ok=True)
    pointer.symlink_to(folder)


def _kinds(settings: Settings) -> list[str]:
    content = trail_file(settings.study_folder).read_bytes()
    return [line.entry.kind for line in read_lines(content) if line.entry is not None]


def test_a_rotation_ends_with_the_release_that_is_made_with_the_new_key(settings: Settings) -> None:
    old = settings.study_key()
    _release(settings)
    begin_key_rotation(settings)
    new = settings.study_key()
    assert new.source == str(settings.study_home / PENDING_ROTATION)  # where it is until the rotation ends
    assert (new.check, new.study) != (old.check, old.study) and settings.key_file.read_bytes() == old.secret
    finish_key_rotation(settings)  # too early: the standing release is of the old key
    assert has_rotation(settings) and settings.key_file.read_bytes() == old.secret
    _release(settings, "r2")
    # A kill before the end: the new key is used, and the next run ends it.
    assert has_rotation(settings) and settings.study_key().check == new.check
    settings.key_file.write_bytes(new.secret)  # and a kill at the end: the new key is in its place already
    assert settings.study_key().check == new.check
    continue_key_rotation(settings)
    assert not has_rotation(settings) and settings.key_file.read_bytes() == new.secret
    assert settings.study_key().check == new.check
    assert [file for file in settings.study_home.rglob("*") if file.is_file() and old.secret in file.read_bytes()] == []
    assert _kinds(settings) == ["key_rotation_begun", "key_rotated"]
    assert releases_of_former_keys(settings.study_folder, new.check) == ["r1"]


def test_a_rotation_that_is_taken_back_leaves_the_old_key(settings: Settings) -> None:
    old = settings.key()
    _release(settings)
    begin_key_rotation(settings)
    cancel_key_rotation(settings)
    assert settings.key() == old
    with pytest.raises(KeyFileError, match=r"no rotation of the key goes on; there is nothing to take back$"):
        cancel_key_rotation(settings)
    assert _kinds(settings) == ["key_rotation_begun", "key_rotation_cancelled"]


def test_a_rotation_that_cannot_be_read_is_taken_back(settings: Settings) -> None:
    old = settings.key()
    _release(settings)
    begin_key_rotation(settings)
    (settings.study_home / PENDING_ROTATION).write_text("{", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"cannot be read; `wavehouse key rotate --cancel` goes back to the key before$"):
        settings.key()
    cancel_key_rotation(settings)
    assert settings.key() == old


def test_nothing_is_rotated_before_a_release_or_without_the_former_key(settings: Settings) -> None:
    with pytest.raises(
        KeyFileError, match=r"nothing has been released, so nobody has a pseudonym to be changed; `wavehouse run`$"
    ):
        begin_key_rotation(settings)
    _release(settings)
    settings.key_file.unlink()
    with pytest.raises(SettingsError, match="the key of the pseudonyms is gone"):
        begin_key_rotation(settings)
    assert not has_rotation(settings)


def test_another_variable_is_the_new_key_and_the_file_with_the_former_goes(settings: Settings) -> None:
    old = settings.study_key()
    _release(settings)
    new_settings = replace(settings, pseudonym_key="a new key of the environment")
    begin_key_rotation(new_settings)
    assert new_settings.study_key().secret == b"a new key of the environment"
    with pytest.raises(SettingsError, match="goes on with the key of this variable: set it, or `wavehouse key rotate"):
        settings.key()
    with pytest.raises(SettingsError, match=r"^WAVEHOUSE_PSEUDONYM_KEY: .* goes on with another key: set that one"):
        replace(settings, pseudonym_key="a third").key()
    _release(new_settings, "r2")
    finish_key_rotation(new_settings)
    assert not settings.key_file.exists() and new_settings.study_key().check != old.check


def test_a_variable_with_the_former_key_gives_way_to_a_key_in_the_file(settings: Settings) -> None:
    old_settings = replace(settings, pseudonym_key="the former key")
    _release(old_settings)
    begin_key_rotation(old_settings)
    with pytest.raises(SettingsError, match=r"^WAVEHOUSE_PSEUDONYM_KEY: .* made a key of its own: unset the variable"):
        old_settings.key()
    _release(settings, "r2")
    finish_key_rotation(settings)
    assert settings.key_file.exists()
    with pytest.raises(SettingsError, match=r"is another one: .* Unset WAVEHOUSE_PSEUDONYM_KEY: the key is in"):
        old_settings.key()


def test_a_study_of_the_first_derivation_gets_the_newest(settings: Settings) -> None:
    settings.key()
    secret = settings.study_key().secret
    folder = settings.study_folder / "release"
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({"release": "r0"}), encoding="utf-8")
    assert settings.key() == secret
    begin_key_rotation(settings)
    assert settings.study_key().facts["key_derivation"] == "2"
    assert (newest_manifest(settings.study_folder) or {})["release"] == "r0"


def test_a_rotation_for_another_release_is_named(settings: Settings) -> None:
    _release(settings)
    begin_key_rotation(settings)
    (settings.study_folder / "release" / "manifest.json").write_text('{"release": "x", "key_check": "y"}', encoding="utf-8")
    with pytest.raises(
        SettingsError, match="was for another release than the standing one; `wavehouse key rotate --cancel`"
    ):
        settings.key()


def test_the_history_loses_the_former_pseudonyms(settings: Settings) -> None:
    former, other = pseudonym("anna", settings.key()), "P0123456789abcdef"
    _release(settings)
    with Warehouse(settings.warehouse_file).connect() as connection:
        connection.execute("create schema raw; create table raw.roster (participant_id text, respondent text)")
        connection.execute("insert into raw.roster values (?, 'anna')", [former])
    settings.dagster_home.mkdir(parents=True)
    file = settings.dagster_home / "runs.db"
    with closing(sqlite3.connect(file)) as history:
        history.execute("create table events (event text)")
        history.executemany("insert into events values (?)", [(f"{former} has rows 2 and 5",), (f"{other} has row 3",)])
        history.commit()
    begin_key_rotation(settings)
    continue_key_rotation(settings)
    with closing(sqlite3.connect(file)) as history:
        assert history.execute("select event from events").fetchall() == [(f"{other} has row 3",)]
    assert former.encode() not in file.read_bytes() and not settings.warehouse_file.exists()


def test_queries_go_back_with_the_key_where_the_working_file_is_gone(settings: Settings) -> None:
    """The first thing that a run of a rotation does is to delete it; it may end right after."""
    former = pseudonym("anna", settings.key())
    _release(settings)
    with Warehouse(settings.warehouse_file).connect() as connection:
        connection.execute("create schema raw; create table raw.roster (participant_id text, respondent text)")
        connection.execute("insert into raw.roster values (?, 'anna')", [former])
    cell = QueryCell("rejected_answer", "T1", former, "anna", "mood_01", "M1", "7", "outside the anchors", "t1.csv", 4)
    log = QueryLog(settings.study_home / "lists" / "queries.jsonl")
    log.update([cell], datetime(2026, 3, 1))
    before = log.file.read_bytes()
    begin_key_rotation(settings)
    continue_key_rotation(settings)
    assert not settings.warehouse_file.exists() and former.encode() not in log.file.read_bytes()
    cancel_key_rotation(settings)
    assert log.file.read_bytes() == before
