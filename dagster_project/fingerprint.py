"""Fingerprints of a run's inputs and outputs, to recognise a run that would change nothing.

Belongs here: which files determine the numbers, their hashes, and the note on the last successful run. Does not belong
here: running anything; importing Dagster, dbt or the study's models, which would slow down a run that changes nothing.

In case of doubt there is no note, or the fingerprint differs, and everything is run.
"""

import hashlib
import json
import os
import platform
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from dagster_project.settings import Settings
from dagster_project.trail import TRAIL_FILE
from dagster_project.warehouse.release import current_release

#: Names of files and folders that runs write into a study's folder.
_RUN_OUTPUTS = (
    "landing", "release", "releases", "release.new", "release.old", "public", "public_releases", "public.new", "public.old",
    "disclosure_report", TRAIL_FILE,
)  # fmt: skip
#: What an installed package holds beside its own modules (places.py), and what dbt leaves in the folder of its project.
_INSTALLED_PARTS = ("dbt", "data")
_DBT_OUTPUTS = ("target", "logs", ".user.yml")
#: Prefixes of temporary files that programs leave beside the files that a person edits.
_TEMPORARY_PREFIXES = (".release-", ".pull-", ".erasing-", "~$", ".~lock.", ".DS_Store", "__pycache__")
_NOTE = "last_run.json"
#: In the study's home: what the public releases printed (release/public.py).
LEDGER = "public_ledger.json"


@dataclass(frozen=True)
class LastRun:
    """The last successful run: the fingerprint of its inputs, the release it ended with, and its output files.

    key: a keyed hash that identifies the pseudonyms' key. day: the day it ran (UTC) if waves are planned
    for dates, else None. warnings: the checks that failed, a line each. files: by path, size and modification time (ns) of
    the working file, the landed copies, the releases and the public ledger.
    """

    inputs: str
    key: str
    release: str
    day: str | None
    warnings: tuple[str, ...]
    files: dict[str, tuple[int, int]]


def code_files(settings: Settings) -> list[tuple[str, Path]]:
    """The files that determine numbers, tables and pages: this package and the dbt project, sorted by name.

    The names are those of a clone, so that an installed package has the same version as the clone that it was built from.
    """
    return _code_files(settings.package_folder, settings.dbt_folder)


def code_version(settings: Settings) -> str:
    """One hash over the code, for as long as a process has it loaded: another one, other numbers perhaps."""
    return _code_version(settings.package_folder, settings.dbt_folder)


def _code_files(package: Path, dbt_project: Path) -> list[tuple[str, Path]]:
    parts = ((package, "dagster_project", _INSTALLED_PARTS), (dbt_project, "dbt", _DBT_OUTPUTS))
    return sorted(
        (f"{name}/{path.relative_to(folder).as_posix()}", path)
        for folder, name, excluded in parts
        for path in _files(folder, excluded)
    )


@cache
def _code_version(package: Path, dbt_project: Path) -> str:
    digest = hashlib.sha256()
    for name, path in _code_files(package, dbt_project):
        digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def study_files(study_folder: Path) -> list[Path]:
    """The files of a study's folder that people put there, sorted. Raises OSError if one cannot be read."""
    return sorted(_files(study_folder, _RUN_OUTPUTS))


def inputs_fingerprint(settings: Settings) -> str | None:
    """One hash over everything that a run reads: the study's folder, the code, the libraries.

    None if a file cannot be read, which the run then reports.
    """
    digest = hashlib.sha256()
    for version in (platform.python_version().encode(), *_libraries()):
        digest.update(version + b"\n")
    if settings.target != "file":  # a release that is not in this lake yet is published there
        digest.update(f"{settings.target}\0{settings.lake}\n".encode())
    try:
        own_files = study_files(settings.study_folder)
        files = [(path.relative_to(settings.study_folder).as_posix(), path) for path in own_files]
        files += code_files(settings)
        # Hashing releases Python's global lock, so that two threads run in parallel.
        with ThreadPoolExecutor(2) as pool:
            for (name, _), sha256 in zip(files, pool.map(_sha256, (path for _, path in files)), strict=True):
                digest.update(f"{name}\0{sha256}\n".encode(errors="surrogateescape"))
        # The order of modification matters: versions of an export are loaded in that order.
        for name in _in_order_of_change(own_files):
            digest.update(f"{name}\n".encode(errors="surrogateescape"))
    except OSError:
        return None
    return digest.hexdigest()


def record_run(settings: Settings, inputs: str, day: str | None, warnings: Sequence[str]) -> None:
    """Record a run that has just succeeded and closed its files. `inputs` is the fingerprint from before it started."""
    manifest, key = current_release(settings.study_folder), _key_check(settings)
    if manifest is None or key is None:
        return  # the release or the key has just been removed
    note = LastRun(inputs, key, manifest["release"], day, tuple(warnings), _output_files(settings))
    file = settings.warehouse_file.with_name(_NOTE)
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(note), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(file)


def unchanged_since(settings: Settings, inputs: str | None, today: str) -> LastRun | None:
    """The last successful run, if a run over `inputs` today would read the same and all its output files are unchanged."""
    try:
        note = json.loads(settings.warehouse_file.with_name(_NOTE).read_bytes())
        files = {path: (int(size), int(modified)) for path, (size, modified) in note["files"].items()}
        last = LastRun(**note | {"files": files, "warnings": tuple(note["warnings"])})
        manifest = current_release(settings.study_folder) or {}
        is_in_place = last.files == _output_files(settings) and last.release == manifest.get("release")
    except (ValueError, TypeError, KeyError, AttributeError, OSError):
        return None
    is_same = last.inputs == inputs and last.key == _key_check(settings) and last.day in (None, today)
    return last if is_same and is_in_place else None


def has_paths_outside(folder: Path, paths: Iterable[str]) -> bool:
    """Whether one of the paths that a study declares lies outside its folder, which the fingerprint does not cover."""
    return any(not Path(os.path.abspath(folder / path)).is_relative_to(os.path.abspath(folder)) for path in paths)


def _output_files(settings: Settings) -> dict[str, tuple[int, int]]:
    """Size and modification time of a run's output files, including DuckDB's log, which a killed run leaves."""
    working_file = settings.warehouse_file
    log = working_file.with_name(working_file.name + ".wal")
    paths = [*_files(settings.study_folder / "release"), *_files(settings.landing), working_file]
    for folder in (settings.study_folder / "public", settings.study_folder / "disclosure_report"):
        paths += _files(folder) if folder.is_dir() else ()  # none where the study declares none
    paths += [path for path in (log, working_file.with_name(LEDGER)) if path.exists()]
    return {str(path): ((stat := path.stat()).st_size, stat.st_mtime_ns) for path in paths}


def _files(folder: Path, excluded: tuple[str, ...] = ()) -> Iterator[Path]:
    """All files below a folder, also through links, except some of its own entries. OSError: one cannot be read."""

    def raise_error(error: OSError) -> None:
        raise error

    for root, folders, names in os.walk(folder, followlinks=True, onerror=raise_error):
        if os.path.islink(root) and os.path.realpath(root) in map(os.path.realpath, Path(root).parents):
            folders.clear()  # a link to a folder above
            continue
        skipped = excluded if Path(root) == folder else ()
        folders[:] = [name for name in folders if name not in skipped and not name.startswith(_TEMPORARY_PREFIXES)]
        names = [name for name in names if name not in skipped and not name.startswith(_TEMPORARY_PREFIXES)]
        yield from (path for name in names if (path := Path(root, name)).is_file())


def _in_order_of_change(paths: list[Path]) -> list[str]:
    """The names of the files of each folder, oldest first."""
    folders: dict[Path, list[tuple[int, str]]] = {}
    for path in paths:
        folders.setdefault(path.parent, []).append((path.stat().st_mtime_ns, path.name))
    return [name for folder in sorted(folders) for _, name in sorted(folders[folder])]


def _libraries() -> list[bytes]:
    """The names and versions of all installed libraries."""
    folders = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    return sorted(name.encode() for folder in folders for name in os.listdir(folder) if name.endswith(".dist-info"))


def _key_check(settings: Settings) -> str | None:
    if settings.pseudonym_key is None and not settings.key_file.exists():
        return None
    return settings.study_key().check


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
