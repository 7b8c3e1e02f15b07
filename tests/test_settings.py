"""Where a study's files lie on this machine, that no two studies share them, and that no key is made beside a release."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from dagster_project.keys import KEY_FILE, SettingsError, key_check
from dagster_project.settings import OWNER, Settings, home_of_study, read_settings

Make = Callable[..., Settings]


@pytest.fixture
def settings_of(tmp_path: Path) -> Make:
    """The settings of a study folder below tmp_path, which is made."""

    def make(study: str = "data/mood", key: str = "") -> Settings:
        (tmp_path / study).mkdir(parents=True, exist_ok=True)
        return read_settings(
            {
                "WAVEHOUSE_STUDY": str(tmp_path / study),
                "WAVEHOUSE_HOME": str(tmp_path / "home"),
                "WAVEHOUSE_PSEUDONYM_KEY": key,
            }
        )

    return make


def _release(settings: Settings, facts: Mapping[str, str], name: str = "20260101T000000-aa-bb") -> None:
    """A release whose manifest says this of its key."""
    folder = settings.study_folder / "releases" / name
    folder.mkdir(parents=True)
    manifest = {"release": name} | facts
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (settings.study_folder / "release").symlink_to(folder)


def test_a_key_is_made_once_for_its_owner_only(settings_of: Make) -> None:
    settings = settings_of()
    key = settings.key()
    assert len(key) == 64
    assert settings.key() == settings_of().key() == key
    file = settings.study_home / KEY_FILE
    assert file.read_bytes() == settings.study_key().secret != key
    assert os.name == "nt" or file.stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in file.parent.iterdir()) == [KEY_FILE, OWNER]


def test_a_check_value_tells_keys_apart_and_is_no_pseudonym() -> None:
    assert key_check(b"a") != key_check(b"b")
    assert len(key_check(b"a")) == 16


def test_a_lost_key_is_refused_while_a_release_stands(settings_of: Make) -> None:
    settings = settings_of()
    key = settings.key()
    _release(settings, settings.study_key().facts)
    file = settings.study_home / KEY_FILE
    old_file = file.rename(file.with_name("kept"))
    with pytest.raises(SettingsError) as refusal:
        settings.key()
    folder = settings.study_folder
    assert str(refusal.value) == (
        f"{file}: the key of the pseudonyms is gone: everybody in release 20260101T000000-aa-bb would get a new pseudonym."
        f" Put the key back at {file}, or set WAVEHOUSE_PSEUDONYM_KEY, or restore an escrow with `wavehouse key restore`; to start anew, move {folder / 'release'} and"
        f" {folder / 'releases'} away"
    )
    assert not file.exists()
    # Each of the three cures works.
    assert settings_of(key=old_file.read_text(encoding="ascii")).key() == key
    old_file.rename(file)
    assert settings.key() == key
    file.unlink()
    (folder / "release").rename(folder / "old release")
    with pytest.raises(SettingsError, match="is gone"):  # a kept release is one, too
        settings.key()
    (folder / "releases").rename(folder / "old releases")
    assert settings.key() != key


@pytest.mark.parametrize("content", ["", "\n", "another key"])
def test_another_key_than_the_releases_is_refused(settings_of: Make, content: str) -> None:
    settings = settings_of()
    _release(settings, settings.study_key().facts)
    file = settings.study_home / KEY_FILE
    file.write_text(content, encoding="ascii")
    reason = "another one" if content.strip() else "empty"
    with pytest.raises(
        SettingsError, match=f"the key of the pseudonyms is {reason}: everybody in release .* Put the key back"
    ):
        settings.key()


def test_a_wrong_variable_beside_the_right_file_is_named(settings_of: Make) -> None:
    settings = settings_of()
    key = settings.key()
    _release(settings, settings.study_key().facts)
    with pytest.raises(SettingsError, match=r"^WAVEHOUSE_PSEUDONYM_KEY: the key of the pseudonyms is another one: .* Unset"):
        settings_of(key="another").key()
    assert settings_of(key=settings.key_file.read_text(encoding="ascii")).key() == key


def test_a_release_from_before_check_values_takes_the_key_that_is_there_but_no_new_one(settings_of: Make) -> None:
    settings = settings_of()
    secret = settings.study_key().secret
    _release(settings, {})
    assert settings.key() == secret
    (settings.study_home / KEY_FILE).unlink()
    with pytest.raises(SettingsError, match="the key of the pseudonyms is gone"):
        settings.key()


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b"null"])
def test_a_release_with_a_damaged_manifest_stands_all_the_same(settings_of: Make, content: bytes) -> None:
    settings = settings_of()
    _release(settings, settings.study_key().facts)
    (settings.study_folder / "release" / "manifest.json").write_bytes(content)
    (settings.study_home / KEY_FILE).unlink()
    with pytest.raises(SettingsError, match="is gone: everybody in release 20260101T000000-aa-bb would"):
        settings.key()


def test_an_empty_key_before_any_release_says_what_to_do(settings_of: Make) -> None:
    settings = settings_of()
    file = settings.study_home / KEY_FILE
    file.write_bytes(b"")
    with pytest.raises(SettingsError, match="the key is empty; delete the file if nothing was released"):
        settings.key()
    file.unlink()
    file.mkdir()
    with pytest.raises(SettingsError, match=r"the key cannot be read \(.*\); check the file$"):
        settings.key()


def test_two_study_folders_of_one_name_share_nothing(settings_of: Make) -> None:
    first, second = settings_of("a/mood"), settings_of("b/mood")
    assert first.study_home.name == "mood"
    assert second.study_home.name.startswith("mood-")
    assert len(second.study_home.name) == len("mood-") + 8
    assert first.warehouse_file != second.warehouse_file
    assert first.dbt_target != second.dbt_target
    assert first.key() != second.key()
    assert [settings.study_home for settings in (settings_of("a/mood"), settings_of("b/mood"))] == [
        first.study_home,
        second.study_home,
    ]


def test_a_study_that_is_called_like_anothers_home_gets_its_own(settings_of: Make) -> None:
    first, second = settings_of("a/mood"), settings_of("b/mood")
    homes = [first.study_home, second.study_home]
    third = settings_of(f"a/{homes[1].name}")
    assert third.study_folder.name == homes[1].name
    assert third.study_home not in homes


def test_a_home_from_before_goes_to_the_study_that_asks_first(settings_of: Make, tmp_path: Path) -> None:
    (tmp_path / "home" / "mood").mkdir(parents=True)
    (tmp_path / "home" / "mood" / KEY_FILE).write_bytes(b"an old key")
    assert settings_of("a/mood").study_key().secret == b"an old key"
    assert settings_of("b/mood").study_key().secret != b"an old key"


def test_a_checkout_that_is_moved_keeps_its_homes(settings_of: Make, tmp_path: Path) -> None:
    settings = settings_of("checkout/data/mood")
    home = home_of_study(tmp_path / "checkout/.wavehouse", settings.study_folder)
    assert home == tmp_path / "checkout/.wavehouse/mood"
    shutil.copytree(tmp_path / "checkout", tmp_path / "copy")
    assert home_of_study(tmp_path / "copy/.wavehouse", tmp_path / "copy/data/mood") == tmp_path / "copy/.wavehouse/mood"


def test_the_same_folder_by_a_link_is_the_same_study(settings_of: Make, tmp_path: Path) -> None:
    settings = settings_of("data/mood")
    home = settings.study_home
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "mood").symlink_to(settings.study_folder)
    assert home_of_study(tmp_path / "home", tmp_path / "link" / "mood") == home


@pytest.mark.parametrize("new", ["elsewhere/mood", "data/feelings"])
def test_a_study_that_was_moved_or_renamed_is_told_where_its_key_is(settings_of: Make, tmp_path: Path, new: str) -> None:
    settings = settings_of("data/mood")
    key = settings.key()
    _release(settings, settings.study_key().facts)
    (tmp_path / new).parent.mkdir(exist_ok=True)
    settings.study_folder.rename(tmp_path / new)
    new_settings = settings_of(new)
    assert new_settings.study_home != settings.study_home
    with pytest.raises(SettingsError) as refusal:
        new_settings.key()
    source, target = settings.study_home / KEY_FILE, new_settings.study_home / KEY_FILE
    assert f" Copy the key from {source} to {target}; to start anew" in str(refusal.value)
    shutil.copy(source, target)
    assert new_settings.key() == key


def test_a_home_whose_owner_was_not_written_for_a_full_disk_is_still_the_studys(tmp_path: Path) -> None:
    """The disk was full at the first command: the file stayed behind empty, and the next command took another home."""
    study, home = tmp_path / "data" / "mood", tmp_path / "home"
    (home / "mood").mkdir(parents=True)
    (home / "mood" / OWNER).write_bytes(b"")
    assert home_of_study(home, study) == home / "mood"
    assert (home / "mood" / OWNER).read_text(encoding="utf-8") == "../data/mood"
    assert [path.name for path in (home / "mood").iterdir()] == [OWNER]
    assert home_of_study(home, tmp_path / "elsewhere" / "mood").name.startswith("mood-")
