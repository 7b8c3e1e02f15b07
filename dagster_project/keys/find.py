"""Where a study's key is, and that it is the one that made the standing release.

Belongs here: the file and the variable of the key, making a key where nothing has been released. Does not belong here: what
is derived from it (derivation.py), putting another in its place (rotation.py).
"""

import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from dagster_project.keys.derivation import PseudonymKey, key_of
from dagster_project.keys.errors import SettingsError
from dagster_project.keys.private_file import write_private
from dagster_project.keys.rotation import PENDING_ROTATION, Rotation, read_rotation

KEY_FILE = "pseudonym.key"
#: How pseudonyms were derived, for the time in which no release says it: an erasure may have deleted all of them.
DERIVATION_FILE = "pseudonym.derivation"
KEY_VARIABLE = "WAVEHOUSE_PSEUDONYM_KEY"
#: In the place of a manifest that cannot be read: its file.
_DAMAGED = "damaged manifest"


@dataclass(frozen=True)
class KeySources:
    """Where a study's key may come from. home: the folder of all homes. variable: the environment's, if any."""

    study_folder: Path
    home: Path
    study_home: Path
    variable: str | None = field(repr=False)

    @property
    def file(self) -> Path:
        return self.study_home / KEY_FILE

    @property
    def study(self) -> str:
        """The study's name in the derivation: its folder's."""
        return Path(os.path.realpath(self.study_folder)).name


def find_key(sources: KeySources) -> PseudonymKey:
    """The study's key. Raises SettingsError when the newest release was made with another key, or when its key is gone:
    everybody would get a new pseudonym. A new key is made only where nothing has been released."""
    manifest = newest_manifest(sources.study_folder)
    rotation = read_rotation(sources.study_home)
    if rotation is not None:
        return _key_of_rotation(sources, manifest, rotation)
    secret = _secret(sources, manifest)
    if manifest is not None and _DAMAGED in manifest:
        raise SettingsError(
            f"{manifest[_DAMAGED]}: the manifest of the release is damaged, and says how its pseudonyms were made; put the"
            f" file back from a backup, or move {sources.study_folder / 'release'} and {sources.study_folder / 'releases'}"
            " away, then run again"
        )
    key = key_of(secret, manifest, sources.study, _source(sources))
    if manifest is None and (facts := _kept_derivation(sources)) is not None:
        former_key = key_of(secret, facts, sources.study, _source(sources))
        return former_key if former_key.check == facts.get("key_check") else key
    if manifest is not None and manifest.get("key_check") not in (None, key.check):
        raise SettingsError(f"{key.source}: the key of the pseudonyms is another one{_cure(sources, manifest)}")
    return key


def keep_derivation(sources: KeySources, folder: Path) -> None:
    """Write down how pseudonyms are derived, before releases that say it are deleted. folder: the study's home, or
    where it waits to be put there."""
    write_private(folder / DERIVATION_FILE, json.dumps(find_key(sources).facts).encode())


def _kept_derivation(sources: KeySources) -> dict[str, str] | None:
    with suppress(OSError, ValueError):
        content = json.loads((sources.study_home / DERIVATION_FILE).read_text(encoding="utf-8"))
        return content if isinstance(content, dict) else None
    return None


def _source(sources: KeySources) -> str:
    return KEY_VARIABLE if sources.variable else str(sources.file)


def _secret(sources: KeySources, manifest: Mapping[str, str] | None) -> bytes:
    if sources.variable:
        return sources.variable.encode()
    file = sources.file
    if not file.exists():
        if manifest is not None:
            raise SettingsError(f"{file}: the key of the pseudonyms is gone{_cure(sources, manifest)}")
        write_private(file, secrets.token_hex(32).encode(), replaces=False)
    try:
        secret = file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{file}: the key cannot be read ({error.strerror}); check the file") from None
    if not secret.strip():
        raise SettingsError(
            f"{file}: the key is empty; delete the file if nothing was released, else put the key back there"
            if manifest is None
            else f"{file}: the key of the pseudonyms is empty{_cure(sources, manifest)}"
        )
    return secret


def _key_of_rotation(sources: KeySources, manifest: Mapping[str, str] | None, rotation: Rotation) -> PseudonymKey:
    """The new key of a rotation that goes on. Raises SettingsError where it cannot go on."""
    cure = "`wavehouse key rotate --cancel` goes back to the key before"
    words = f"the rotation of the key that was begun at {rotation.begun_at}"
    if rotation.secret is not None:
        if sources.variable:
            raise SettingsError(f"{KEY_VARIABLE}: {words} made a key of its own: unset the variable, or {cure}")
        key = rotation.key(rotation.secret.encode(), str(sources.study_home / PENDING_ROTATION))
    else:
        if not sources.variable:
            raise SettingsError(f"{KEY_VARIABLE}: {words} goes on with the key of this variable: set it, or {cure}")
        key = rotation.key(sources.variable.encode(), KEY_VARIABLE)
    if key.check != rotation.check:
        raise SettingsError(f"{key.source}: {words} goes on with another key: set that one, or {cure}")
    if manifest is None or manifest.get("key_check") not in (rotation.former_check, rotation.check):
        raise SettingsError(f"{sources.study_folder}: {words} was for another release than the standing one; {cure}")
    return key


def _cure(sources: KeySources, manifest: Mapping[str, str]) -> str:
    """What another key than a release's would do, where its own may be, and how to start anew on purpose."""
    file, folder, check = sources.file, sources.study_folder, manifest.get("key_check")
    # Of a release from before check values nobody can tell which key was its own.
    keys = sorted(sources.home.glob(f"*/{KEY_FILE}")) if check else []
    own_key_file = next((path for path in keys if _check_of_file(path, manifest, sources.study) == check), None)
    remedy = f"Put the key back at {file}, or set {KEY_VARIABLE}, or restore an escrow with `wavehouse key restore`"
    if own_key_file == file:
        remedy = f"Unset {KEY_VARIABLE}: the key is in {file}"
    elif own_key_file is not None:  # of a study that was renamed, moved or copied
        remedy = f"Copy the key from {own_key_file} to {file}"
    return (
        f": everybody in release {manifest.get('release', '?')} would get a new pseudonym. {remedy};"
        f" to start anew, move {folder / 'release'} and {folder / 'releases'} away"
    )


def _check_of_file(file: Path, manifest: Mapping[str, str], study: str) -> str | None:
    """The check value of a key file, None if it cannot be read."""
    try:
        return key_of(file.read_bytes(), manifest, study, str(file)).check
    except OSError:
        return None


def newest_manifest(study_folder: Path) -> dict[str, str] | None:
    """The manifest of the current release, else of the newest that is kept; None where nothing has been released."""
    manifests = sorted(study_folder.glob("releases/[!.]*/manifest.json"), reverse=True)
    for file in (study_folder / "release" / "manifest.json", *manifests):
        with suppress(OSError, ValueError):
            content = json.loads(file.read_text(encoding="utf-8"))
            if isinstance(content, dict):
                return content
    # A release whose manifest is damaged stands all the same.
    return {"release": manifests[0].parent.name, _DAMAGED: str(manifests[0])} if manifests else None
