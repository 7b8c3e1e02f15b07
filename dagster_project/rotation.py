"""Another key for a study: what is deleted and renamed when its pseudonyms change, and the end of it.

Belongs here: beginning, taking back and ending a rotation of a study, with its entries in the audit trail. Does not belong
here: the file of a rotation (keys/rotation.py), running the study again (commands/key.py).
"""

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Literal

from dagster_project.dagster_home.erasure import erase_from_history
from dagster_project.erasure.plan import MADE_BY_RUNS, QUERY_LOG
from dagster_project.exports import composed, pseudonym
from dagster_project.fieldwork import QueryLog
from dagster_project.file_modes import delete
from dagster_project.keys import (
    KEY_VARIABLE,
    KeyFileError,
    Rotation,
    SettingsError,
    begin_rotation,
    cancel_rotation,
    finish_cancellation,
    finish_rotation,
    is_cancellation_unfinished,
    newest_manifest,
    read_cancelled_rotation,
    read_rotation,
)
from dagster_project.keys.derivation import key_of
from dagster_project.settings import Settings
from dagster_project.trail import Fact, Facts, Source, record, snapshot
from dagster_project.warehouse import Warehouse, WarehouseError

_PSEUDONYM = re.compile(rb"P[0-9a-f]{16}")
_PEOPLE = "select distinct participant_id, respondent from raw.roster where respondent is not null"


def begin_key_rotation(settings: Settings) -> Rotation:
    """Make a new key, to be called under the study's lock: of the environment's variable if that holds another one than the
    standing release was made with, else a random one. What earlier runs made of the former pseudonyms is deleted, but
    releases; data queries go over to the new ones.

    Raises KeyFileError where nothing has been released, and SettingsError without the former key.
    """
    manifest = newest_manifest(settings.study_folder)
    if manifest is None:
        raise KeyFileError(
            f"{settings.study_folder}: nothing has been released, so nobody has a pseudonym to be changed; `wavehouse run`"
        )
    sources = settings.key_sources
    variable = settings.pseudonym_key.encode() if settings.pseudonym_key else None
    check = manifest.get("key_check")
    if variable is None or key_of(variable, manifest, sources.study, KEY_VARIABLE).check == check:
        settings.study_key()  # the former one must be there: else a rotation would hide that it is lost
        variable = None
    rotation = begin_rotation(settings.study_home, sources.study, check, variable)
    _record_once(settings, "key_rotation_begun", rotation)
    return rotation


def _record_once(
    settings: Settings,
    kind: Literal["key_rotation_begun", "key_rotation_cancelled", "key_rotated"],
    rotation: Rotation,
    source: Source = "command line",
    **facts: Fact,
) -> None:
    """The entry of a rotation in the audit trail, unless a command that was killed has added it."""
    entries = snapshot(settings.study_folder).entries
    if not any(entry.kind == kind and entry.facts.get("check") == rotation.check for entry in entries):
        checks: Facts = {"former_check": rotation.former_check, "check": rotation.check}
        record(settings, kind, {**checks, **facts}, source)


def move_to_new_key(settings: Settings, key: bytes, former_key: bytes | None = None) -> None:
    """Delete what runs made of the former pseudonyms, take them out of the history, and rename the people of data queries.
    It can be done again. former_key: tells of people in queries, where the working file is gone already."""
    log = QueryLog(settings.study_home / QUERY_LOG)
    names = _names(settings)
    if former_key is not None:
        names = _names_in_queries(log, former_key) | names
    pseudonyms = {former: pseudonym(name, key) for former, name in names.items()}
    log.rename_people(pseudonyms)
    if former_pseudonyms := {former.encode() for former, current in pseudonyms.items() if former != current}:

        def has_pseudonym(text: bytes) -> bool:
            return not former_pseudonyms.isdisjoint(_PSEUDONYM.findall(text))

        erase_from_history(settings.dagster_home, has_pseudonym, settings.history)
    for pattern in MADE_BY_RUNS:
        for file in sorted(settings.study_home.glob(pattern)):
            delete(file)


def _names(settings: Settings) -> dict[str, str]:
    """The identifiers of the roster by pseudonym, from the working file."""
    if not settings.warehouse_file.exists():
        return {}
    try:
        rows = Warehouse(settings.warehouse_file).rows(_PEOPLE)
    except WarehouseError:
        return {}  # damaged: queries of the former pseudonyms are closed by the run, and asked anew
    return {row["participant_id"]: composed(row["respondent"].strip()) for row in rows}


def _names_in_queries(log: QueryLog, key: bytes) -> dict[str, str]:
    """The identifiers in a log of queries by pseudonym, as far as exports write them as the roster does."""
    cells = [entry.cell for entry in log.entries() if entry.cell is not None]
    names = {cell.participant_id: composed(cell.respondent.strip()) for cell in cells if cell.respondent is not None}
    return {former: name for former, name in names.items() if former is not None and pseudonym(name, key) == former}


def finish_key_rotation(settings: Settings, source: Source = "command line") -> None:
    """End a rotation if the standing release was made with the new key."""
    manifest = newest_manifest(settings.study_folder) or {}

    def write_down(rotation: Rotation) -> None:
        _record_once(settings, "key_rotation_begun", rotation, source)
        _record_once(settings, "key_rotated", rotation, source, release=manifest.get("release"))

    finish_rotation(settings.study_home, settings.key_file, manifest.get("key_check"), write_down)


def continue_key_rotation(settings: Settings) -> None:
    """Before a run: end a rotation whose release is there already or that was taken back, else make way for the new
    pseudonyms."""
    finish_key_rotation(settings)
    finish_key_cancellation(settings)
    if (rotation := read_rotation(settings.study_home)) is not None:
        _record_once(settings, "key_rotation_begun", rotation)
        move_to_new_key(settings, settings.key())


def cancel_key_rotation(settings: Settings) -> None:
    """Go back to the former key. Raises KeyFileError where no rotation goes on."""
    with suppress(SettingsError):  # what was begun cannot be read
        finish_key_rotation(settings)
    if not cancel_rotation(settings.study_home) and not is_cancellation_unfinished(settings.study_home):
        raise KeyFileError(f"{settings.study_folder}: no rotation of the key goes on; there is nothing to take back")
    finish_key_cancellation(settings)


def finish_key_cancellation(settings: Settings) -> None:
    """Do what is left to be done of a rotation that was taken back: add its entries to the audit trail, each once, and
    delete what runs made of its pseudonyms."""
    home = settings.study_home
    if not is_cancellation_unfinished(home):
        return
    rotation = read_cancelled_rotation(home)
    if rotation is not None:
        _record_once(settings, "key_rotation_begun", rotation)
        _record_once(settings, "key_rotation_cancelled", rotation)
    else:  # which one it was, nobody can read
        kinds = [entry.kind for entry in snapshot(settings.study_folder).entries if entry.kind.startswith("key_rotat")]
        if kinds[-1:] != ["key_rotation_cancelled"]:
            record(settings, "key_rotation_cancelled", {})
    move_to_new_key(settings, settings.key(), _key_of(settings, rotation))
    finish_cancellation(home)


def _key_of(settings: Settings, rotation: Rotation | None) -> bytes | None:
    """The new key of a rotation, where it is known."""
    secret = settings.pseudonym_key if rotation is None or rotation.secret is None else rotation.secret
    if rotation is None or not secret:
        return None
    key = rotation.key(secret.encode(), "")
    return key.derived if key.check == rotation.check else None


def has_rotation(settings: Settings) -> bool:
    return read_rotation(settings.study_home) is not None


def releases_of_former_keys(study_folder: Path, check: str) -> list[str]:
    """The kept releases whose pseudonyms are of another key than this one."""
    names = []
    for file in sorted((study_folder / "releases").glob("[!.]*/manifest.json")):
        try:
            is_former = json.loads(file.read_text(encoding="utf-8")).get("key_check") != check
        except (OSError, ValueError, AttributeError):
            is_former = True
        if is_former:
            names.append(file.parent.name)
    return names
