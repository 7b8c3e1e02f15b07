"""Landing: the export's file found in its folder and copied, unchanged, under its SHA-256; which file arrived when.

Belongs here: everything that touches the file system before a file is read. Does not belong here: what is in the file.
"""

import errno
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO

from dagster_project.exports.errors import ExportError, listed, plain, quoted
from dagster_project.study import Export

_BLOCK = 1 << 20
#: Which file arrived when, a line of JSON each: the working file's own list can be made from it again.
ARRIVALS = "arrivals.jsonl"
_LANDED = re.compile(r"([0-9a-f]{64})(\.[a-z0-9]{1,10})?")
#: A suffix that is safe in any file system; any other is left out of the landed name.
_SUFFIX = re.compile(r"\.[a-z0-9]{1,10}")


@dataclass(frozen=True)
class LandedFile:
    """A file in the landing folder: its SHA-256 (64 hex digits), its path, the name it came with, its size in bytes.

    note: what was wrong with its copy and has been put right; "" if nothing was.
    """

    sha256: str
    path: Path
    name: str
    size: int
    note: str = ""


@dataclass(frozen=True)
class Arrival:
    """A file that arrived: for which export, when (UTC). export and wave are None where only its landed copy is known."""

    export: str | None
    wave: str | None
    sha256: str
    file_name: str
    size: int
    first_seen_at: datetime


def find_files(study_folder: Path, export: Export) -> list[Path]:
    """The files of an export's folder that match its pattern (upper and lower case alike).

    Versions come oldest first, by the time they were last written; parts by name. Hidden files and the lock files of
    editors are passed over. A missing folder or no file gives an empty list: a wave that has not arrived. Raises
    ExportError when there is more than one file and the protocol does not say what several files are, for a link that
    leads nowhere, and for a name that is no text.
    """
    folder = Path(study_folder) / export.folder
    try:
        entries = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        raise ExportError(f"{plain(export.folder)}: cannot be listed ({error.strerror}); check its permissions") from None
    matching = [
        entry
        for entry in entries
        if not entry.name.startswith((".", "~$")) and fnmatchcase(entry.name.lower(), export.pattern.lower())
    ]
    for entry in matching:
        _refuse_odd(entry, export)
    files = [entry for entry in matching if entry.is_file()]
    if export.files == "versions":
        return sorted(files, key=_last_written)
    if len(files) > 1 and export.files == "one":
        raise ExportError(
            f"{plain(export.folder)}: {len(files)} files match {plain(export.pattern)}:"
            f" {listed([quoted(file.name) for file in files])}; leave the one to use there, or declare files: versions (or"
            " parts)"
        )
    return files


def land(file: Path, landing: Path) -> LandedFile:
    """Copy a file, unchanged, to `landing`/<sha256><suffix>, read-only, and say where it is.

    A copy that is there already is never written again: its content is hashed and must be what its name says, which
    costs one more read and finds a damaged or edited copy before it is used. Such a copy is moved aside in the landing
    folder, and the file is copied anew; `note` says so. The source is only read. It is hashed before the copy is made and
    the copy is hashed while it is made, so a file that is still being written is noticed.

    Raises ExportError when the file cannot be read or changes while it is read, or when the landing folder cannot be
    written.
    """
    file, landing = Path(file), Path(landing)
    name = plain(file.name)
    suffix = file.suffix.lower()
    note = ""
    try:
        with file.open("rb") as source:
            sha256, size = _copy(source, None)
        landed = landing / (sha256 + (suffix if _SUFFIX.fullmatch(suffix) else ""))
        if not is_whole(landed, sha256):
            if os.path.lexists(landed):
                aside = _set_aside(landed)
                note = (
                    f"{name}: its landed copy was changed after landing; it was moved to landing/{aside.name}, and the copy"
                    " was made anew from the export"
                )
            _write_copy(file, landed, sha256)
    except OSError as error:
        reason = plain(error.strerror or type(error).__name__)
        raise ExportError(f"{name}: cannot be landed ({reason}); {_cure(error, landing)}") from None
    return LandedFile(sha256, landed, file.name, size, note)


def is_whole(landed: Path, sha256: str) -> bool:
    """Whether a landed copy is there and its content is what its name says. Raises OSError when it cannot be read."""
    if not landed.is_file():
        return False
    with landed.open("rb") as copy:
        return _copy(copy, None)[0] == sha256


def note_arrivals(landing: Path, arrivals: Iterable[Arrival]) -> None:
    """Write down which files arrived, beside their copies. Raises ExportError when that cannot be written."""
    lines = [
        json.dumps(vars(arrival) | {"first_seen_at": arrival.first_seen_at.isoformat(timespec="microseconds")})
        for arrival in arrivals
    ]
    if not lines:
        return
    try:
        landing.mkdir(parents=True, exist_ok=True)
        with (landing / ARRIVALS).open("a", encoding="utf-8") as file:
            # A line that a killed run left half written spoils no other.
            file.write(("\n" if file.tell() else "") + "\n".join(lines))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise ExportError(f"{ARRIVALS}: cannot be written ({error.strerror}); {_cure(error, landing)}") from None


def noted_arrivals(landing: Path) -> list[Arrival]:
    """Every file that ever arrived, oldest first: as written down, and landed copies of which nothing is written."""
    try:
        text = (landing / ARRIVALS).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        text = ""
    except OSError as error:
        raise ExportError(f"{ARRIVALS}: cannot be read ({error.strerror}); {_cure(error, landing)}") from None
    found: dict[tuple[str | None, str], Arrival] = {}
    for line in text.splitlines():
        if (arrival := _arrival(line)) is not None:
            found.setdefault((arrival.export, arrival.sha256), arrival)
    written = {arrival.sha256 for arrival in found.values()}
    for copy in sorted(landing.iterdir()) if landing.is_dir() else ():
        if (name := _LANDED.fullmatch(copy.name)) and name[1] not in written and copy.is_file():
            stat = copy.stat()
            seen = datetime.fromtimestamp(stat.st_mtime, UTC).replace(tzinfo=None)
            found[None, name[1]] = Arrival(None, None, name[1], copy.name, stat.st_size, seen)
    return sorted(found.values(), key=lambda arrival: arrival.first_seen_at)


def _arrival(line: str) -> Arrival | None:
    """A line of the list of arrivals; None for one that is damaged."""
    try:
        content = json.loads(line)
        content["first_seen_at"] = datetime.fromisoformat(content["first_seen_at"])
        arrival = Arrival(**content)
    except (ValueError, TypeError, KeyError):
        return None
    return arrival if _LANDED.fullmatch(str(arrival.sha256)) else None


def _refuse_odd(entry: Path, export: Export) -> None:
    """A file that could be the export and cannot be read as one must not look like an export that has not arrived."""
    folder, name = plain(export.folder), quoted(entry.name)
    try:
        entry.name.encode()
    except UnicodeEncodeError:
        raise ExportError(f"{folder}: the name {name} is not UTF-8; rename the file") from None
    if entry.is_symlink() and not entry.exists():
        raise ExportError(f"{folder}: {name} is a link that leads nowhere; put the file there, or remove the link")
    if entry.exists() and not (entry.is_file() or entry.is_dir()):
        raise ExportError(f"{folder}: {name} is no file but a pipe or a device; put the file there")


def _last_written(file: Path) -> tuple[int, str]:
    try:
        return file.stat().st_mtime_ns, file.name
    except OSError:
        return 0, file.name  # gone since it was listed: reading it says so


def _set_aside(landed: Path) -> Path:
    """Move a copy that is not what its name says to a name that says so, and is no SHA-256's beginning."""
    aside = landed.with_name(f"changed-{landed.stem[:16]}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}{landed.suffix}")
    landed.rename(aside)
    return aside


def _cure(error: OSError, landing: Path) -> str:
    """What to do about an error of the file system."""
    where = plain(str(landing))
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return "free space on the disk, then run again"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"give yourself the right to read the file and to write in {where}"
    if error.errno in (errno.EEXIST, errno.ENOTDIR) and not landing.is_dir():
        return f"{where} is no folder: move it away"
    return "check the file and the landing folder"


def _write_copy(file: Path, landed: Path, sha256: str) -> None:
    landed.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=landed.parent, prefix=".landing-")
    try:
        with os.fdopen(handle, "wb") as copy:
            with file.open("rb") as source:
                copied, _ = _copy(source, copy)
            copy.flush()
            os.fsync(copy.fileno())
        if copied != sha256:
            raise ExportError(f"{plain(file.name)}: changed while it was read; wait until it is written and run again")
        os.chmod(temporary, 0o444)
        os.replace(temporary, landed)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _copy(source: BinaryIO, target: BinaryIO | None) -> tuple[str, int]:
    """SHA-256 and size of what was read; written to `target` on the way, if there is one."""
    digest, size = hashlib.sha256(), 0
    while block := source.read(_BLOCK):
        digest.update(block)
        size += len(block)
        if target is not None:
            target.write(block)
    return digest.hexdigest(), size
