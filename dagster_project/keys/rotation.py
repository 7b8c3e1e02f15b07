"""Changing the key: what a rotation has begun and not yet finished.

A rotation is a file in the study's home that holds the new key, written in one step. From then on runs use the new key,
while the standing release is of the old one; the release that is made with it ends the rotation: the new key takes the old
one's place, and the old one is nowhere. Killed anywhere, a study has the one or the other, and the next run goes on.

Belongs here: that file. Does not belong here: finding the key (find.py), running the study again (commands/).
"""

import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.keys.derivation import BY_STUDY, PLAIN, PseudonymKey
from dagster_project.keys.errors import SettingsError
from dagster_project.keys.private_file import PARTIAL_PREFIX, write_private

PENDING_ROTATION = "rotation.pending"
#: What the file is called from the moment a rotation is taken back until nothing of it is left.
CANCELLED_ROTATION = "rotation.cancelled"


@dataclass(frozen=True)
class Rotation:
    """A rotation on its way. former_check: the check value of the standing release, None if it has none. check: of the new
    key. study: the name in its derivation. secret: the new key; None where the environment gives it."""

    former_check: str | None
    check: str
    study: str
    secret: str | None = field(repr=False)
    begun_at: str

    def key(self, secret: bytes, source: str) -> PseudonymKey:
        return PseudonymKey(secret, BY_STUDY, self.study, source)


def read_rotation(study_home: Path) -> Rotation | None:
    """The rotation that goes on, None if there is none. Raises SettingsError where its file cannot be read."""
    file = study_home / PENDING_ROTATION
    try:
        return Rotation(**json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        raise SettingsError(
            f"{file}: what a rotation of the key has begun cannot be read; `wavehouse key rotate --cancel` goes back to the"
            " key before"
        ) from None


def begin_rotation(study_home: Path, study: str, former_check: str | None, variable: bytes | None) -> Rotation:
    """Begin a rotation to a new random key, or to the one that the environment gives."""
    secret = None if variable is not None else secrets.token_hex(32)
    key = PseudonymKey(variable if variable is not None else (secret or "").encode(), BY_STUDY, study, "")
    begun_at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    rotation = Rotation(former_check, key.check, study, secret, begun_at)
    write_private(study_home / PENDING_ROTATION, json.dumps(asdict(rotation)).encode())
    return rotation


def finish_rotation(
    study_home: Path, key_file: Path, release_check: str | None, write_down: Callable[[Rotation], None]
) -> None:
    """Put the new key in the old one's place if the standing release was made with it. write_down: called with the rotation
    before nothing tells of it any more; after a kill a second time."""
    rotation = read_rotation(study_home)
    if rotation is None or release_check != rotation.check:
        return
    if rotation.secret is not None:
        write_private(key_file, rotation.secret.encode())
    elif _is_former(key_file, rotation):
        key_file.unlink()
    write_down(rotation)
    for leftover in study_home.glob(f"{PARTIAL_PREFIX}*"):  # a key that a killed command was writing
        leftover.unlink()
    (study_home / PENDING_ROTATION).unlink()


def _is_former(key_file: Path, rotation: Rotation) -> bool:
    """Whether the key file holds the key of the release before, which the environment's has replaced."""
    try:
        secret = key_file.read_bytes()
    except OSError:
        return False
    checks = {PseudonymKey(secret, derivation, rotation.study, "").check for derivation in (PLAIN, BY_STUDY)}
    return rotation.former_check in checks and rotation.check not in checks


def cancel_rotation(study_home: Path) -> bool:
    """Take back what a rotation has begun, in one step: the key before is in its place still. Its file stays beside, under
    another name, until what follows is done. Returns whether there was any."""
    with suppress(FileNotFoundError):
        (study_home / PENDING_ROTATION).replace(study_home / CANCELLED_ROTATION)
        return True
    return False


def is_cancellation_unfinished(study_home: Path) -> bool:
    """Whether a rotation was taken back, and not everything done that follows."""
    return (study_home / CANCELLED_ROTATION).exists()


def read_cancelled_rotation(study_home: Path) -> Rotation | None:
    """The rotation that was taken back; None where nobody can read what it was."""
    with suppress(OSError, ValueError, TypeError):
        return Rotation(**json.loads((study_home / CANCELLED_ROTATION).read_text(encoding="utf-8")))
    return None


def finish_cancellation(study_home: Path) -> None:
    """Nothing is left to be done of a rotation that was taken back."""
    (study_home / CANCELLED_ROTATION).unlink()
