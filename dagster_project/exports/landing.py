"""Landing: the export's file is found in its folder and copied, unchanged, under its SHA-256; the list of arrivals.

Belongs here: everything that touches the file system before a file is read. Does not belong here: the file's content.
"""

import errno
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from dagster_project.exports.errors import ExportError, abbreviated_list, plain, quoted
from dagster_project.exports.names_of_people import refuse_address
from dagster_project.file_modes import set_mode
from dagster_project.readable_files import outside_words, place_outside
from dagster_project.study import Export

_BLOCK_BYTES = 1 << 20
#: The characters of a message that holds paths.
_LONG_WORDS = 400
#: Which file arrived when, a line of JSON each: the working file's own list can be restored from it.
ARRIVALS = "arrivals.jsonl"
#: How a copy is called while it is written.
_PARTIAL = ".landing-"
_LANDED_NAME = re.compile(r"([0-9a-f]{64})(\.[a-z0-9]{1,10})?")
#: A suffix that is safe in every file system; any other is omitted from the landed name.
_SUFFIX = re.compile(r"\.[a-z0-9]{1,10}")


@dataclass(frozen=True)
class LandedFile:
    """A file in the landing folder: its SHA-256 (64 hex digits), its path, its original name, its size in bytes.

    note: what was wrong with an earlier copy and was corrected; "" if nothing was.
    """

    sha256: str
    path: Path
    name: str
    size: int
    note: str = ""


@dataclass(frozen=True)
class Arrival:
    """A file that arrived, for which export, and when (UTC). export and wave are None if only its landed copy is known."""

    export: str | None
    wave: str | None
    sha256: str
    file_name: str
    size: int
    first_seen_at: datetime


def find_files(study_folder: Path, export: Export) -> list[Path]:
    """The files of an export's folder that match its pattern (case-insensitive).

    Versions are ordered oldest first, by the time they were last written; parts by name. Hidden files, the lock files of
    editors, and the file that describes the export's columns are ignored. A missing folder or no file gives an empty list: a
    wave that has not arrived. Raises ExportError if there is more than one file and the protocol does not say what several
    files are, for a broken link, and for a name that is not UTF-8.
    """
    folder = Path(study_folder) / export.folder
    try:
        entries = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        raise ExportError(f"{plain(export.folder)}: cannot be listed ({error.strerror}); check its permissions") from None
    matching_entries = [
        entry
        for entry in entries
        if not entry.name.startswith((".", "~$"))
        and export.takes(entry.name)
        and (export.description is None or entry != Path(study_folder) / export.description)
    ]
    for entry in matching_entries:
        _refuse_unreadable_entry(entry, export)
        refuse_address(entry.name, export.folder)
        if entry.is_symlink() and (target := place_outside(Path(study_folder), entry)) is not None:
            raise ExportError(
                f"{plain(export.folder)}: {quoted(entry.name)} {outside_words(Path(plain(str(target), _LONG_WORDS)))}"
            )
    files = [entry for entry in matching_entries if entry.is_file()]
    if export.files == "versions":
        return sorted(files, key=_modification_order)
    if len(files) > 1 and export.files == "one":
        raise ExportError(
            f"{plain(export.folder)}: {len(files)} files match {plain(export.pattern)}:"
            f" {abbreviated_list([quoted(file.name) for file in files])}; leave the one to use there, or declare"
            " files: versions (or parts)"
        )
    return files


def land(file: Path, landing: Path) -> LandedFile:
    """Copy a file, unchanged and read-only, to `landing`/<sha256><suffix>.

    An existing copy is never overwritten: its content is hashed and must match its name, which costs one more read and
    detects a damaged or edited copy before it is used. Such a copy is renamed within the landing folder, and the file is
    copied again; `note` says so. The source is only read. It is hashed before it is copied and again while it is copied, so
    that a file that is still being written is detected.

    Raises ExportError when the file cannot be read or changes while it is read, or when the landing folder cannot be
    written.
    """
    file, landing = Path(file), Path(landing)
    name = plain(file.name)
    suffix = file.suffix.lower()
    note = ""
    try:
        with file.open("rb") as source:
            sha256, size = _hash_and_copy(source, None)
        landed_path = landing / (sha256 + (suffix if _SUFFIX.fullmatch(suffix) else ""))
        if not is_intact(landed_path, sha256):
            if os.path.lexists(landed_path):
                moved_path = _move_changed_copy(landed_path)
                note = (
                    f"{name}: its landed copy was changed; it was moved to landing/{moved_path.name}, and a new"
                    " copy was made from the export"
                )
            _write_copy(file, landed_path, sha256)
    except OSError as error:
        reason = plain(error.strerror or type(error).__name__)
        raise ExportError(f"{name}: cannot be landed ({reason}); {_remedy(error, landing)}") from None
    return LandedFile(sha256, landed_path, file.name, size, note)


def is_intact(landed_path: Path, sha256: str) -> bool:
    """Whether a landed copy exists and its content matches its SHA-256. Raises OSError when it cannot be read."""
    if not landed_path.is_file():
        return False
    with landed_path.open("rb") as copy:
        return _hash_and_copy(copy, None)[0] == sha256


def append_arrivals(landing: Path, arrivals: Iterable[Arrival]) -> None:
    """Add files to the list of arrivals, which lies beside their copies. Raises ExportError when it cannot be written."""
    lines = [
        json.dumps(vars(arrival) | {"first_seen_at": arrival.first_seen_at.isoformat(timespec="microseconds")})
        for arrival in arrivals
    ]
    if not lines:
        return
    try:
        landing.mkdir(exist_ok=True)
        with (landing / ARRIVALS).open("a", encoding="utf-8") as file:
            # A new line first: a line that a killed run left half written must not spoil the next.
            file.write(("\n" if file.tell() else "") + "\n".join(lines))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ExportError(f"{ARRIVALS}: cannot be written ({error.strerror}); {_remedy(error, landing)}") from None


def read_arrivals(landing: Path) -> list[Arrival]:
    """Every file that ever arrived, oldest first: those in the list of arrivals, and landed copies missing from it."""
    try:
        text = (landing / ARRIVALS).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        text = ""
    except OSError as error:
        raise ExportError(f"{ARRIVALS}: cannot be read ({error.strerror}); {_remedy(error, landing)}") from None
    arrivals: dict[tuple[str | None, str], Arrival] = {}
    for line in text.splitlines():
        if (arrival := _parse_arrival(line)) is not None:
            arrivals.setdefault((arrival.export, arrival.sha256), arrival)
    noted_hashes = {arrival.sha256 for arrival in arrivals.values()}
    for copy in sorted(landing.iterdir()) if landing.is_dir() else ():
        if (name_match := _LANDED_NAME.fullmatch(copy.name)) and name_match[1] not in noted_hashes and copy.is_file():
            stat = copy.stat()
            modified_at = datetime.fromtimestamp(stat.st_mtime, UTC).replace(tzinfo=None)
            arrivals[None, name_match[1]] = Arrival(None, None, name_match[1], copy.name, stat.st_size, modified_at)
    return sorted(arrivals.values(), key=lambda arrival: arrival.first_seen_at)


def replace_arrivals(landing: Path, replacements: Mapping[str, LandedFile | None]) -> None:
    """Let the list of arrivals name other copies, by the SHA-256 of the former; None takes one out.

    Of several arrivals that have become the same file the latest counts: it is the version in use.
    """
    if not (landing / ARRIVALS).exists():
        return
    arrivals: dict[tuple[str | None, str], Arrival] = {}
    for arrival in read_arrivals(landing):
        copy = replacements.get(arrival.sha256)
        if arrival.sha256 in replacements and copy is None:
            continue
        current = arrival if copy is None else replace(arrival, sha256=copy.sha256, size=copy.size)
        arrivals.pop((current.export, current.sha256), None)
        arrivals[current.export, current.sha256] = current
    partial = landing / f".{ARRIVALS}.partial"
    partial.unlink(missing_ok=True)
    lines = [
        json.dumps(vars(arrival) | {"first_seen_at": arrival.first_seen_at.isoformat(timespec="microseconds")})
        for arrival in arrivals.values()
        if arrival.export is not None
    ]
    partial.write_text("\n".join(lines), encoding="utf-8")
    partial.replace(landing / ARRIVALS)


def _parse_arrival(line: str) -> Arrival | None:
    """Read a line of the list of arrivals; None if it is damaged."""
    try:
        content = json.loads(line)
        content["first_seen_at"] = datetime.fromisoformat(content["first_seen_at"])
        arrival = Arrival(**content)
    except (ValueError, TypeError, KeyError):
        return None
    return arrival if _LANDED_NAME.fullmatch(str(arrival.sha256)) else None


def _refuse_unreadable_entry(entry: Path, export: Export) -> None:
    """Refuse an entry that matches and cannot be read as a file: it must not look like an export that has not arrived."""
    folder, name = plain(export.folder), quoted(entry.name)
    try:
        entry.name.encode()
    except UnicodeEncodeError:
        raise ExportError(f"{folder}: the name {name} is not UTF-8; rename the file") from None
    if entry.is_symlink() and not entry.exists():
        raise ExportError(f"{folder}: {name} is a broken link; put the file there, or remove the link")
    if entry.exists() and not (entry.is_file() or entry.is_dir()):
        raise ExportError(f"{folder}: {name} is a pipe or a device, not a file; put the file there")


def _modification_order(file: Path) -> tuple[int, str]:
    try:
        return file.stat().st_mtime_ns, file.name
    except OSError:
        return 0, file.name  # removed since it was listed: reading it will report that


def _move_changed_copy(landed_path: Path) -> Path:
    """Rename a copy whose content does not match its name; the new name says so and cannot be taken for a SHA-256."""
    moved_path = landed_path.with_name(
        f"changed-{landed_path.stem[:16]}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}{landed_path.suffix}"
    )
    landed_path.rename(moved_path)
    return moved_path


def _remedy(error: OSError, landing: Path) -> str:
    """What to do about an error of the file system."""
    folder = plain(str(landing))
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"free space on the disk of {folder}, then run again"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"grant yourself permission to read the file and to write in {folder}"
    if error.errno in (errno.EEXIST, errno.ENOTDIR) and not landing.is_dir():
        return f"{folder} is not a folder; move it elsewhere"
    return "check the file and the landing folder"


def _write_copy(file: Path, landed_path: Path, sha256: str) -> None:
    landed_path.parent.mkdir(exist_ok=True)
    for leftover in landed_path.parent.glob(f"{_PARTIAL}*"):  # of a run that was killed: another one waits for the lock
        leftover.unlink(missing_ok=True)
    handle, temporary_path = tempfile.mkstemp(dir=landed_path.parent, prefix=_PARTIAL)
    try:
        with os.fdopen(handle, "wb") as copy:
            with file.open("rb") as source:
                copied_sha256, _ = _hash_and_copy(source, copy)
            copy.flush()
            os.fsync(copy.fileno())
        if copied_sha256 != sha256:
            raise ExportError(f"{plain(file.name)}: changed while it was read; wait until it is written and run again")
        set_mode(temporary_path, 0o444)
        os.replace(temporary_path, landed_path)
    finally:
        Path(temporary_path).unlink(missing_ok=True)


def _hash_and_copy(source: BinaryIO, target: BinaryIO | None) -> tuple[str, int]:
    """SHA-256 and size of a source, which is also copied to `target` if there is one."""
    digest, size = hashlib.sha256(), 0
    while block := source.read(_BLOCK_BYTES):
        digest.update(block)
        size += len(block)
        if target is not None:
            target.write(block)
    return digest.hexdigest(), size
