"""What an erasure will change: files without the person's rows, releases, lists and what is made of the exports.

Belongs here: finding all of it, before anything is changed. Does not belong here: changing it (prepared.py, carry_out.py).
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dagster_project.erasure.errors import ErasureError
from dagster_project.erasure.other_copies import CHANGED_COPIES, PARTIAL_COPIES, CopyRows, rows_of_copy
from dagster_project.erasure.people import Person, identifiers_of, rows_of_person, unknown_person
from dagster_project.erasure.receipts import RemovedRelease
from dagster_project.erasure.search import files_with, texts_to_search
from dagster_project.exports import ExportError, find_files, read_arrivals
from dagster_project.fieldwork import QueryLog
from dagster_project.settings import Settings
from dagster_project.study import Export, Study
from dagster_project.warehouse import Warehouse, WarehouseError, current_release, release_names

#: Of a study's home, what a run makes anew, and what is left of earlier runs: damaged working files, whole texts of errors.
MADE_BY_RUNS = (
    "warehouse.duckdb*",
    "warehouse.damaged-*",
    "variant*.duckdb*",
    "errors/*.txt",
    "last_run.json",
    "taken.json",
    "run.log",
    "lists/*.csv",
    "lists/*.html",
)
#: Of a study's home, what a run makes anew and is deleted only where it holds the person.
_MADE_OF_CODE = "dbt"
QUERY_LOG = "lists/queries.jsonl"
_SOURCES = "select distinct source_file from marts.exports where source_file is not null"


@dataclass(frozen=True)
class AffectedFile:
    """A file that holds the person. paths: the export itself and its landed copy. export: how it is read.

    source_rows: the person's. export: None for a landed version that no export has any more, and that cannot be read by the
    export's declaration, or that no declaration reads; it is deleted whole.
    """

    sha256: str
    paths: tuple[Path, ...]
    export: Export | None
    name: str
    source_rows: tuple[int, ...]


@dataclass(frozen=True)
class ErasurePlan:
    """All that an erasure will change. folders: releases that hold the person, whole. files: what runs make anew."""

    person: Person
    affected_files: tuple[AffectedFile, ...]
    releases: tuple[RemovedRelease, ...]
    folders: tuple[Path, ...]
    files: tuple[Path, ...]
    queries: tuple[str, ...]
    pins: tuple[str, ...] = field(default=())


def plan_erasure(settings: Settings, study: Study, person: Person) -> ErasurePlan:
    """Look at every file of a study. Raises ErasureError for a person who is nowhere, and for a file that cannot be read."""
    identifiers: list[str] = []
    sources: set[str] = set()
    affected = tuple(_affected_files(settings, study, person, identifiers, sources))
    check, innocent_sources = settings.study_key().check, sources - {file.sha256 for file in affected}
    releases = tuple(_releases_with(settings.study_folder, person, check, innocent_sources))
    log = QueryLog(settings.study_home / QUERY_LOG)
    queries = tuple(sorted(log.queries_about(person.pseudonym, person.spellings)))
    if not (affected or releases or queries):
        raise unknown_person(person.identifier, sorted(set(identifiers)))
    return ErasurePlan(
        person=person,
        affected_files=affected,
        releases=releases,
        folders=tuple(_release_folders(settings.study_folder, {release.release for release in releases})),
        files=(*_files_of_runs(settings.study_home, person), *sorted(settings.landing.glob(PARTIAL_COPIES))),
        queries=queries,
        pins=tuple(
            export.export
            for export in study.protocol.exports
            if export.pin is not None and any(file.sha256.startswith(export.pin) for file in affected)
        ),
    )


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _affected_files(
    settings: Settings, study: Study, person: Person, identifiers: list[str], sources: set[str]
) -> Iterator[AffectedFile]:
    """Exports and landed copies with rows of the person, each content once. identifiers: gets everybody's. sources: gets the
    SHA-256 of all that were looked at."""
    paths: dict[str, list[Path]] = defaultdict(list)
    exports: dict[str, list[Export]] = defaultdict(list)
    names: dict[str, str] = {}
    for export in study.protocol.exports:
        for file in find_files(study.folder, export):
            sha256 = sha256_of(file)
            exports[sha256].append(export)
            names[sha256] = f"{export.folder}/{file.name}"
            if file.resolve() not in paths[sha256]:
                paths[sha256].append(file.resolve())
    current = set(paths)
    by_code = {export.export: export for export in study.protocol.exports}
    copies = {path.name.split(".")[0]: path for path in settings.landing.glob("*") if not path.name.startswith(".")}
    for arrival in read_arrivals(settings.landing):
        if arrival.sha256 not in copies:
            continue
        if copies[arrival.sha256] not in paths[arrival.sha256]:
            paths[arrival.sha256].append(copies[arrival.sha256])
        names.setdefault(arrival.sha256, f"landing/{copies[arrival.sha256].name}")
        declared_export = by_code.get(arrival.export or "")
        if declared_export is not None and declared_export not in exports[arrival.sha256]:
            exports[arrival.sha256].append(declared_export)
    for copy in sorted(settings.landing.glob(CHANGED_COPIES)):
        paths[sha256_of(copy)].append(copy)
        names.setdefault(sha256_of(copy), f"landing/{copy.name}")
    pins = tuple(export.pin for export in study.protocol.exports if export.pin is not None)
    for sha256, files in paths.items():
        is_used = sha256 in current or sha256.startswith(pins)
        if exports[sha256]:
            sources.add(sha256)
            affected = _affected(sha256, files, exports[sha256], names[sha256], study, person, identifiers, is_used=is_used)
            if affected is not None:
                yield affected
        elif (copy_rows := rows_of_copy(files[0], names[sha256], study, person)) is not None:
            # A copy that somebody changed is no version of anything: it goes whole.
            is_changed = all(path.match(CHANGED_COPIES) for path in files)
            rows = CopyRows(None) if is_changed else copy_rows
            yield AffectedFile(sha256, tuple(files), rows.export, names[sha256], rows.source_rows)


def _affected(
    sha256: str, paths: list[Path], exports: list[Export], name: str, study: Study, person: Person, identifiers: list[str],
    *, is_used: bool,
) -> AffectedFile | None:  # fmt: skip
    source_rows: set[int] = set()
    try:
        for export in exports:
            if export.repeat_of is not None and not is_used:
                raise ErasureError(f"{name}: an earlier file of a repeat group")
            texts = identifiers_of(paths[0], name, study, export)
            identifiers += texts[0].unique().to_pylist()
            source_rows.update(rows_of_person(texts, person))
    except (ErasureError, ExportError):
        if is_used:
            raise
        return AffectedFile(sha256, tuple(paths), None, name, ())
    if not source_rows:
        return None
    return AffectedFile(sha256, tuple(paths), exports[0], name, tuple(sorted(source_rows)))


def _releases_with(folder: Path, person: Person, check: str, innocent_sources: set[str]) -> Iterator[RemovedRelease]:
    """The releases that hold the person. A folder of a release that is no link counts as that release.

    check: of the key. innocent_sources: the SHA-256 of files without the person.
    """
    for name in release_names(folder):
        release_folder = folder / "releases" / name
        if _has_pseudonym(release_folder, person, check, innocent_sources):
            yield _removed_release(name, release_folder)
    pointer = folder / "release"
    if pointer.is_dir() and not pointer.is_symlink() and _has_pseudonym(pointer, person, check, innocent_sources):
        manifest = current_release(folder) or {}
        if not (folder / "releases" / manifest.get("release", "")).is_dir():
            yield _removed_release(manifest.get("release", "release"), pointer)


def _has_pseudonym(release_folder: Path, person: Person, check: str, innocent_sources: set[str]) -> bool:
    """Whether a release holds the person. Nobody knows the pseudonym in one that was made with a former key: it holds the
    person unless all files that it was made from are known, and without them."""
    if files_with([release_folder], [person.pseudonym]):
        return True
    if _key_check(release_folder) == check:
        return False
    try:
        rows = Warehouse(release_folder / "warehouse.duckdb").rows(_SOURCES)
    except (OSError, WarehouseError):
        return True
    return not rows or any(row["source_file"] not in innocent_sources for row in rows)


def _key_check(release_folder: Path) -> str | None:
    """The check value of the key that a release was made with; None where it does not say so."""
    try:
        manifest = json.loads((release_folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return manifest.get("key_check") if isinstance(manifest, dict) else None


def _removed_release(name: str, folder: Path) -> RemovedRelease:
    manifest: dict[str, str] = {}
    count: int | None = None
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        count = int(Warehouse(folder / "warehouse.duckdb").rows("select count(*) as n from results.results")[0]["n"])
    except (OSError, ValueError, WarehouseError):
        pass  # damaged: it is deleted all the same
    facts = (manifest.get("released_at"), manifest.get("fingerprint"), manifest.get("definitions"))
    return RemovedRelease(name, *facts, count)


def _release_folders(folder: Path, names: set[str]) -> Iterator[Path]:
    """What is deleted: the pointer first, so that nobody meets half a release."""
    manifest = folder / "release" / "manifest.json"
    if names and (folder / "release").exists():
        current = current_release(folder) if manifest.exists() else None
        if current is None or current.get("release") in names:
            yield folder / "release"
    for name in sorted(names):
        if (folder / "releases" / name).is_dir():
            yield folder / "releases" / name
    yield from (*folder.glob("releases/.building-*"), *folder.glob(".release-*"))
    yield from (folder / name for name in ("release.new", "release.old") if (folder / name).exists())


def _files_of_runs(home: Path, person: Person) -> Iterator[Path]:
    for glob in MADE_BY_RUNS:
        yield from (path for path in sorted(home.glob(glob)) if path.is_file())
    yield from files_with([home / _MADE_OF_CODE], texts_to_search(person.pseudonym, person.spellings))
