"""Landing: the export's file found in its folder and copied, unchanged, under its SHA-256.

Belongs here: everything that touches the file system before a file is read. Does not belong here: what is in the file.
"""

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO

from dagster_project.exports.errors import ExportError, listed, plain, quoted
from dagster_project.study import Export

_BLOCK = 1 << 20
#: A suffix that is safe in any file system; any other is left out of the landed name.
_SUFFIX = re.compile(r"\.[a-z0-9]{1,10}")


@dataclass(frozen=True)
class LandedFile:
    """A file in the landing folder: its SHA-256 (64 hex digits), its path, the name it came with, its size in bytes."""

    sha256: str
    path: Path
    name: str
    size: int


def find_files(study_folder: Path, export: Export) -> list[Path]:
    """The files of an export's folder that match its pattern (upper and lower case alike).

    Versions come oldest first, by the time they were last written; parts by name. Hidden files and the lock files of
    editors are passed over. A missing folder or no file gives an empty list: a wave that has not arrived. Raises
    ExportError when there is more than one file and the protocol does not say what several files are.
    """
    folder = Path(study_folder) / export.folder
    try:
        entries = sorted(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        raise ExportError(f"{plain(export.folder)}: cannot be listed ({error.strerror}); check its permissions") from None
    files = [
        entry
        for entry in entries
        if not entry.name.startswith((".", "~$"))
        and fnmatchcase(entry.name.lower(), export.pattern.lower())
        and entry.is_file()
    ]
    if export.files == "versions":
        return sorted(files, key=lambda file: (file.stat().st_mtime_ns, file.name))
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
    costs one more read and finds a damaged or edited copy before it is used. The source is only read. It is hashed
    before the copy is made and the copy is hashed while it is made, so a file that is still being written is noticed.

    Raises ExportError when the file cannot be read or changes while it is read, when the landing folder cannot be
    written, or when the copy that is there is damaged.
    """
    file, landing = Path(file), Path(landing)
    name = plain(file.name)
    suffix = file.suffix.lower()
    try:
        with file.open("rb") as source:
            sha256, size = _copy(source, None)
        landed = landing / (sha256 + (suffix if _SUFFIX.fullmatch(suffix) else ""))
        if not landed.exists():
            _write_copy(file, landed, sha256)
            return LandedFile(sha256, landed, file.name, size)
        with landed.open("rb") as copy:
            found, _ = _copy(copy, None)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ExportError(f"{name}: cannot be landed ({plain(reason)}); check the file and the landing folder") from None
    if found != sha256:
        raise ExportError(
            f"{name}: its landed copy {landed.name} was changed after landing; move that copy away and run again"
        )
    return LandedFile(sha256, landed, file.name, size)


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
