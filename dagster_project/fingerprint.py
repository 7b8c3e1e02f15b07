"""What a run reads and what it leaves, as fingerprints: how a run that would change nothing is told from one that might.

Belongs here: which files make the numbers, their hashes, and the note of the last run that succeeded. Does not belong here:
running anything; importing Dagster, dbt or the study's models, for which a run that changes nothing must not wait.

In doubt there is no note, or another fingerprint, and everything is run.
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

from dagster_project.settings import Settings, key_check
from dagster_project.warehouse.release import current_release

#: What runs themselves write into a study's folder.
_MADE_BY_RUNS = ("landing", "release", "releases", "release.new", "release.old")
#: What programs leave beside the files that a person edits.
_LEFT_BY_PROGRAMS = (".release-", "~$", ".~lock.", ".DS_Store", "__pycache__")
_NOTE = "last_run.json"


@dataclass(frozen=True)
class LastRun:
    """The last run that succeeded: what it read (`inputs`), the release it ended with, and the files that it left.

    key: a keyed hash by which the pseudonyms' key is recognised. day: the day it ran (UTC) where that matters, because waves
    are planned for dates; else None. warnings: the checks that did not hold, a line each. files: by path, size and time of
    last change (ns) of the working file, the landed copies and the release.
    """

    inputs: str
    key: str
    release: str
    day: str | None
    warnings: tuple[str, ...]
    files: dict[str, tuple[int, int]]


def code_files(checkout: Path) -> list[Path]:
    """The files of the checkout that make numbers, tables and pages: this package and the dbt project, sorted."""
    return sorted(path for part in ("dagster_project", "dbt") for path in _files(checkout / part))


@cache
def code_version(checkout: Path) -> str:
    """One hash over the code, for as long as a process has it loaded: another one, other numbers perhaps."""
    digest = hashlib.sha256()
    for path in code_files(checkout):
        digest.update(path.relative_to(checkout).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def inputs_fingerprint(settings: Settings) -> str | None:
    """One hash over the files that a run reads: the study's folder, the code, the libraries.

    None where a file cannot be read, which the run then says.
    """
    digest = hashlib.sha256()
    for part in (platform.python_version().encode(), *_libraries()):
        digest.update(part + b"\n")
    try:
        study = sorted(_files(settings.study_folder, _MADE_BY_RUNS))
        files = [(settings.study_folder, path) for path in study]
        files += [(settings.checkout, path) for path in code_files(settings.checkout)]
        # Hashing lets go of Python's lock, so both cores hash.
        with ThreadPoolExecutor(2) as pool:
            for (root, path), sha256 in zip(files, pool.map(_sha256, (path for _, path in files)), strict=True):
                digest.update(f"{path.relative_to(root).as_posix()}\0{sha256}\n".encode(errors="surrogateescape"))
        # Versions of an export are taken in the order in which they were written.
        for name in _in_order_of_change(study):
            digest.update(f"{name}\n".encode(errors="surrogateescape"))
    except OSError:
        return None
    return digest.hexdigest()


def note_run(settings: Settings, inputs: str, day: str | None, warnings: Sequence[str]) -> None:
    """Note a run that has just succeeded and let go of its files. `inputs` is the fingerprint from before it began."""
    manifest, key = current_release(settings.study_folder), _key_check(settings)
    if manifest is None or key is None:
        return  # somebody has just taken it away
    note = LastRun(inputs, key, manifest["release"], day, tuple(warnings), _left(settings))
    file = settings.warehouse_file.with_name(_NOTE)
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(note), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(file)


def unchanged_since(settings: Settings, inputs: str | None, today: str) -> LastRun | None:
    """The last run that succeeded, if a run over `inputs` today would read the same and all that it left is in place."""
    try:
        note = json.loads(settings.warehouse_file.with_name(_NOTE).read_bytes())
        files = {path: (int(size), int(changed)) for path, (size, changed) in note["files"].items()}
        last = LastRun(**note | {"files": files, "warnings": tuple(note["warnings"])})
        manifest = current_release(settings.study_folder) or {}
        is_in_place = last.files == _left(settings) and last.release == manifest.get("release")
    except (ValueError, TypeError, KeyError, AttributeError, OSError):
        return None
    is_same = last.inputs == inputs and last.key == _key_check(settings) and last.day in (None, today)
    return last if is_same and is_in_place else None


def reads_outside(folder: Path, places: Iterable[str]) -> bool:
    """Whether one of the places that a study declares lies outside its folder, where no fingerprint looks."""
    return any(not Path(os.path.abspath(folder / place)).is_relative_to(os.path.abspath(folder)) for place in places)


def _left(settings: Settings) -> dict[str, tuple[int, int]]:
    """Size and time of change of the files that a run leaves; DuckDB's log, which a killed run leaves, among them."""
    working = settings.warehouse_file
    log = working.with_name(working.name + ".wal")
    left = [*_files(settings.study_folder / "release"), *_files(settings.landing), working, *([log] if log.exists() else [])]
    return {str(path): ((stat := path.stat()).st_size, stat.st_mtime_ns) for path in left}


def _files(folder: Path, without: tuple[str, ...] = ()) -> Iterator[Path]:
    """All files below a folder, through links to folders, too, but for some of its own entries. OSError: one is locked."""

    def refuse(error: OSError) -> None:
        raise error

    for root, folders, names in os.walk(folder, followlinks=True, onerror=refuse):
        if os.path.islink(root) and os.path.realpath(root) in map(os.path.realpath, Path(root).parents):
            folders.clear()  # a link to a folder above
            continue
        skipped = without if Path(root) == folder else ()
        folders[:] = [name for name in folders if name not in skipped and not name.startswith(_LEFT_BY_PROGRAMS)]
        yield from (
            path for name in names if not name.startswith(_LEFT_BY_PROGRAMS) and (path := Path(root, name)).is_file()
        )


def _in_order_of_change(paths: list[Path]) -> list[str]:
    """The names of the files of each folder that has several, oldest first."""
    folders: dict[Path, list[tuple[int, str]]] = {}
    for path in paths:
        folders.setdefault(path.parent, []).append((path.stat().st_mtime_ns, path.name))
    return [name for folder in sorted(folders) for _, name in sorted(folders[folder])]


def _libraries() -> list[bytes]:
    """Names and versions of all installed libraries."""
    places = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    return sorted(name.encode() for place in places for name in os.listdir(place) if name.endswith(".dist-info"))


def _key_check(settings: Settings) -> str | None:
    if settings.pseudonym_key is None and not settings.key_file.exists():
        return None
    return key_check(settings.key())


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
