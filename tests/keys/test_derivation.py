"""The derivation of the key: no two studies' pseudonyms can be joined, and no standing release's people get other ones."""

import hashlib
import hmac
import json
from dataclasses import replace
from pathlib import Path

import pytest

from dagster_project.exports import pseudonym
from dagster_project.keys import SettingsError, keep_derivation, key_check
from dagster_project.keys.derivation import BY_STUDY
from dagster_project.settings import Settings, read_settings

SECRET = "a secret of two studies"


def _settings(folder: Path, study: str) -> Settings:
    (folder / "data" / study).mkdir(parents=True, exist_ok=True)
    return read_settings(
        {
            "WAVEHOUSE_STUDY": str(folder / "data" / study),
            "WAVEHOUSE_HOME": str(folder / "home"),
            "WAVEHOUSE_PSEUDONYM_KEY": SECRET,
        }
    )


def _release(settings: Settings, manifest: object) -> None:
    folder = settings.study_folder / "release"
    folder.mkdir(exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_the_same_person_of_two_studies_with_one_key_has_pseudonyms_that_cannot_be_joined(tmp_path: Path) -> None:
    keys = [_settings(tmp_path, study).key() for study in ("mood", "sleep")]
    assert len({pseudonym("B17", key) for key in keys} | {pseudonym("B17", SECRET.encode())}) == 3


def test_the_derivation_is_an_hmac_of_the_studys_name(tmp_path: Path) -> None:
    """Another program can compute it: HMAC-SHA256 in hex."""
    text = b"wavehouse\0key of the pseudonyms of a study\0mood"
    derived = hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest().encode()
    assert _settings(tmp_path, "mood").key() == derived


def test_a_release_of_the_first_derivation_keeps_its_pseudonyms(tmp_path: Path) -> None:
    settings = _settings(tmp_path, "mood")
    _release(settings, {"release": "r", "key_check": key_check(SECRET.encode())})
    assert settings.key() == SECRET.encode()
    assert settings.study_key().facts == {"key_check": key_check(SECRET.encode()), "key_derivation": "1"}


def test_a_renamed_study_keeps_the_name_that_its_release_was_derived_by(tmp_path: Path) -> None:
    settings = _settings(tmp_path, "mood")
    key = settings.key()
    _release(settings, {"release": "r", **settings.study_key().facts})
    settings.study_folder.rename(tmp_path / "data" / "feelings")
    assert _settings(tmp_path, "feelings").key() == key


def test_a_release_whose_manifest_is_damaged_does_not_choose_the_derivation(tmp_path: Path) -> None:
    settings = _settings(tmp_path, "mood")
    folder = settings.study_folder / "releases" / "r"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(SettingsError) as refusal:
        settings.key()
    assert str(refusal.value) == (
        f"{folder / 'manifest.json'}: the manifest of the release is damaged, and says how its pseudonyms were made; put the"
        f" file back from a backup, or move {settings.study_folder / 'release'} and {settings.study_folder / 'releases'} away,"
        " then run again"
    )


def test_neither_a_key_nor_its_sources_are_shown_by_their_text(tmp_path: Path) -> None:
    settings = _settings(tmp_path, "mood")
    assert SECRET not in repr(settings.study_key()) + repr(settings.key_sources)


def test_pseudonyms_stay_where_an_erasure_has_deleted_every_release(tmp_path: Path) -> None:
    settings = _settings(tmp_path, "mood")
    _release(settings, {"release": "r", "key_check": key_check(SECRET.encode())})
    keep_derivation(settings.key_sources, settings.study_home)
    (settings.study_folder / "release" / "manifest.json").unlink()
    assert settings.key() == SECRET.encode()
    # Of another key it says nothing: a study that starts anew has the newest derivation.
    assert replace(settings, pseudonym_key="another").study_key().derivation == BY_STUDY
