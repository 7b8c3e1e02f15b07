"""Putting a pulled file among the raw exports: whole or not at all, and never over a file of which there is no copy.

Belongs here: names, copies and the one step in which a file is replaced. Does not belong here: what is in the file.
"""

import filecmp
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.exports import Arrival, append_arrivals, find_files, land, quoted, read_arrivals
from dagster_project.pull.errors import PullError
from dagster_project.settings import Settings
from dagster_project.study import Export
from dagster_project.study_lock import study_lock

_PREFIX = ".pull-"
#: A temporary file that is older is of a process that was killed.
_MAX_AGE_SECONDS = 24 * 3600


def target_of(settings: Settings, export: Export) -> Path:
    """Where an export's pulled file belongs. Raises PullError where it would be a second file of an export of one."""
    target = settings.study_folder / export.folder / (export.pulled_name or "")
    if target.is_dir():
        raise PullError(f"{export.folder}/{target.name} is a folder; move it away")
    other_files = [file.name for file in find_files(settings.study_folder, export) if file.name != target.name]
    if other_files and export.files == "one":
        raise PullError(
            f"{export.folder}: {quoted(other_files[0])} is there, and what is pulled would be a second file,"
            f" {target.name}; move the one away, or declare files: versions (or parts)"
        )
    return target


@contextmanager
def temporary_file(target: Path) -> Iterator[Path]:
    """A name beside a file, for what is to take its place. What is left there at the end is removed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for leftover in target.parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if time.time() - leftover.stat().st_mtime > _MAX_AGE_SECONDS:
                leftover.unlink()
    temporary = target.with_name(f"{_PREFIX}{secrets.token_hex(8)}{target.suffix}")
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def is_same(temporary: Path, target: Path) -> bool:
    """Whether the file in place has the same content. Of Parquet, which another version of its library writes otherwise,
    the tables are compared."""
    if not target.is_file():
        return False
    if filecmp.cmp(temporary, target, shallow=False):
        return True
    return target.suffix == ".parquet" and _is_same_table(temporary, target)


def _is_same_table(temporary: Path, target: Path) -> bool:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return bool(pq.read_table(temporary).equals(pq.read_table(target)))
    except (pa.ArrowException, OSError, ValueError):
        return False  # what is in place is no Parquet


def put_in_place(
    temporary: Path, target: Path, settings: Settings, export: Export, report: Callable[[str], None] | None
) -> None:
    """Replace a file in one step, while no run of the study reads it. The file before it is landed first, if no run has."""
    with temporary.open("r+b") as file:
        os.fsync(file.fileno())
    with study_lock(settings.lock_file, "pull", report=report):
        if is_same(temporary, target):
            return  # another pull was faster
        if target.is_file():
            _keep_copy(target, settings, export)
            os.chmod(temporary, target.stat().st_mode & 0o777)
        os.replace(temporary, target)


def _keep_copy(file: Path, settings: Settings, export: Export) -> None:
    copy = land(file, settings.landing)
    is_noted = any(
        arrival.export == export.export and arrival.sha256 == copy.sha256 for arrival in read_arrivals(settings.landing)
    )
    if not is_noted:
        now = datetime.now(UTC).replace(tzinfo=None)
        arrival = Arrival(export.export, export.wave, copy.sha256, copy.name, copy.size, now)
        append_arrivals(settings.landing, [arrival])
