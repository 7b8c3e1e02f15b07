"""Adding an entry to a study's audit trail: one function, whatever it is about.

Belongs here: the kinds of entries, who did it, the file and its lock. Does not belong here: the text of an entry (chain.py),
what a run has to say (runs.py).
"""

import getpass
import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from dagster_project.study_lock import lock_file_of_handle, unlock_file_of_handle
from dagster_project.trail.chain import GENESIS, TORN, Entry, Facts, TrailError, head_of, parse_line, read_lines

if TYPE_CHECKING:
    from dagster_project.settings import Settings

#: In a study's folder, and in each release.
TRAIL_FILE = "audit_trail.jsonl"
Kind = Literal[
    "run_started", "run_ended", "inputs", "definitions", "pin", "mapping", "wave_removed", "blinding", "unblinding",
    "disclosure", "release", "public_release", "lake_publication", "pull", "export",
    "names_shown", "query", "erasure", "retention", "key_rotation_begun", "key_rotation_cancelled", "key_rotated",
    "key_escrow", "key_restored", "trail_restored", "torn_line",
]  # fmt: skip
#: Each kind with what it records.
KINDS: dict[Kind, str] = {
    "run_started": "a run began: which steps",
    "run_ended": "a run ended: how, by which inputs, definitions and code, and with which release",
    "inputs": "the files in use of an export are others: new, replaced, or taken back; by SHA-256",
    "definitions": "definitions were changed: which files, and which keys in them",
    "pin": "an export's version was pinned, another one was, or the pin was taken out",
    "mapping": "identifiers of an export were declared to be others of the roster: how many",
    "wave_removed": "a wave was taken out of the protocol",
    "blinding": "groups were concealed",
    "unblinding": "groups that were concealed are named",
    "disclosure": "what the public release may show was declared, or changed",
    "release": "a release was made: its fingerprint, the hash of its manifest, the rules that changed",
    "public_release": "a public release was made: how many numbers it holds, and how many of them are hidden",
    "lake_publication": "a release was published in a lake: which, and as which snapshot",
    "pull": "exports were brought from their services",
    "export": "the clean data set was written for other programs",
    "names_shown": "people were shown by their identifiers",
    "query": "a data query was answered, closed or opened again",
    "erasure": "a person was erased; the receipt of this name says why",
    "retention": "data whose time is over were deleted, or their time was changed",
    "key_rotation_begun": "a new key of the pseudonyms was made; the next release is made with it",
    "key_rotation_cancelled": "a rotation that had not ended was taken back",
    "key_rotated": "a release was made with the new key, and the former one deleted",
    "key_escrow": "a copy of the key was written under a passphrase",
    "key_restored": "the key was put back from an escrow",
    "trail_restored": "the trail was gone; it goes on from the copy in a release",
    "torn_line": "the line before is torn: who wrote it was killed",
}
Source = Literal["command line", "ui", "sensor", "schedule", "python"]
_PSEUDONYM = re.compile(r"\bP[0-9a-f]{16}\b")
_NAME_LENGTH = 100
_POLL_SECONDS = 0.01
_BLOCK_BYTES = 1 << 20


def trail_file(study_folder: Path) -> Path:
    return study_folder / TRAIL_FILE


def record(settings: "Settings", kind: Kind, facts: Facts, source: Source = "command line") -> Entry:
    """Add an entry to the study's audit trail, on disk when this returns.

    facts: JSON; no identifier or pseudonym of a participant, no name of an export's file, no text of a cell:
    entries are never changed, also not when a person is erased. Raises TrailError where it cannot be written,
    and ValueError for a kind that is none and for a pseudonym.
    """
    if kind not in get_args(Kind):
        raise ValueError(f"{kind!r} is no kind of entry; kinds are {', '.join(KINDS)}")
    if _PSEUDONYM.search(str(facts)):
        raise ValueError(f"an entry of kind {kind} would name a participant by pseudonym; entries name nobody")
    with _refusals(trail_file(settings.study_folder)) as file:
        handle = _open(file)
        with _locked(handle):
            return _append(handle, settings, kind, facts, source)


def check_writable(study_folder: Path) -> None:
    """Raises TrailError where an entry could not be added: what would leave no trace is not begun."""
    with _refusals(trail_file(study_folder)) as file:
        handle = _open(file)
        with _locked(handle):
            if size := os.fstat(handle).st_size:
                _last_entry(handle, size, file)


@contextmanager
def _refusals(file: Path) -> Iterator[Path]:
    try:
        yield file
    except OSError as error:
        if not file.parent.exists():
            raise TrailError(
                f"{file.parent}: the study's folder is gone, and its audit trail cannot be written; connect its drive again"
                " or put it back, then do it again"
            ) from None
        raise TrailError(
            f"{file}: the audit trail cannot be written ({error.strerror or type(error).__name__}); grant yourself"
            " permission or free space, then do it again"
        ) from None


def _open(file: Path) -> int:
    return os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o640)


@contextmanager
def _locked(handle: int) -> Iterator[None]:
    """Hold the file for one block, and close it."""
    while not lock_file_of_handle(handle):
        time.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        unlock_file_of_handle(handle)


def _append(handle: int, settings: "Settings", kind: Kind, facts: Facts, source: Source) -> Entry:
    size = os.fstat(handle).st_size
    prefix = b""
    if size == 0:
        last = _restore(handle, settings, source)
    else:
        last, tail = _last_entry(handle, size, trail_file(settings.study_folder))
        if tail is not None:
            prefix = b"\n"
            if parse_line(tail) is None:
                torn: Facts = {"bytes": len(tail), "sha256": hashlib.sha256(tail).hexdigest()}
                last, line = _next(last, settings, TORN, torn, source)
                prefix += line + b"\n"
    entry, line = _next(last, settings, kind, facts, source)
    _write(handle, prefix + line + b"\n")
    return entry


def _restore(handle: int, settings: "Settings", source: Source) -> Entry | None:
    """Where the trail is gone and a release has a copy: go on from it, and say so. Returns the last entry."""
    release = settings.study_folder / "release"
    with suppress(OSError):
        content = (release / TRAIL_FILE).read_bytes()
        last = head_of(read_lines(content))
        if last is not None:
            facts: Facts = {"release": release.resolve().name, "entries": last.entry}
            entry, line = _next(last, settings, "trail_restored", facts, source)
            _write(handle, content.removesuffix(b"\n") + b"\n" + line + b"\n")
            return entry
    return None


def _last_entry(handle: int, size: int, file: Path) -> tuple[Entry | None, bytes | None]:
    """The last whole entry, and the text of a last line without its end, if there is one. Raises TrailError where there are
    lines, and none is an entry."""
    start = max(0, size - _BLOCK_BYTES)
    while True:
        os.lseek(handle, start, os.SEEK_SET)
        content = _bytes_of(handle, size - start)
        lines = read_lines(content if start == 0 else content.partition(b"\n")[2])
        last = head_of(lines)
        if last is not None or start == 0:
            tail = None if content.endswith(b"\n") else lines[-1].text if lines else content
            if last is None and tail is None:
                raise TrailError(
                    f"{file}: no line of the audit trail is an entry as it was written; put the file back from a backup, or"
                    " move it away: then it goes on from the copy in the release"
                )
            return last, tail
        start = 0


def _next(last: Entry | None, settings: "Settings", kind: str, facts: Facts, source: str) -> tuple[Entry, bytes]:
    entry = Entry(
        entry=1 if last is None else last.entry + 1,
        time=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        kind=kind,
        os_user=_os_user(),
        person=_in_a_line(settings.user),
        source=source,
        facts=facts,
        previous=GENESIS if last is None else last.hash,
    )
    return entry.sealed()


def _os_user() -> str:
    try:
        return _in_a_line(getpass.getuser())
    except (OSError, KeyError, ImportError):  # a container's user that no list of users has
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"


def _in_a_line(name: str) -> str:
    return " ".join("".join(character if character.isprintable() else " " for character in name).split())[:_NAME_LENGTH]


def _bytes_of(handle: int, length: int) -> bytes:
    parts = []
    while length > 0 and (part := os.read(handle, length)):
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _write(handle: int, content: bytes) -> None:
    """All of it, at the end, on disk; or nothing, where the disk is full: what was begun is taken back."""
    size = os.fstat(handle).st_size
    try:
        while content:
            content = content[os.write(handle, content) :]
        os.fsync(handle)
    except OSError:
        with suppress(OSError):
            os.ftruncate(handle, size)
        raise
