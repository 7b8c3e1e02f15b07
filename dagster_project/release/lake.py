"""Publishing a study's current release in the lake: whether it may be, and what the audit trail says of it.

Belongs here: that decision, which published releases are kept. Does not belong here: the transaction (warehouse/), making
the release (publish.py).
"""

import getpass
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from dagster_project.keys import SettingsError
from dagster_project.release.contents import released_trace_sql
from dagster_project.settings import Settings
from dagster_project.study_lock import is_on_network
from dagster_project.trail import Entry, Facts, Source, check_writable, record, snapshot
from dagster_project.warehouse import (
    Connection,
    Lake,
    LakeError,
    LakeRelease,
    NoLakeError,
    Publication,
    Warehouse,
    create_without_comments,
    find_release,
    publish_to_lake,
    read_lake_releases,
    release_names,
)

_KIND = "lake_publication"


def lake_of(settings: Settings) -> Lake:
    """The lake of the study. Raises SettingsError where the environment names none, or one that is not safe."""
    if settings.lake is None:
        raise SettingsError(
            "no lake is named: set WAVEHOUSE_LAKE_CATALOG to postgresql://user:password@host:port/database and"
            " WAVEHOUSE_LAKE_DATA to a folder or s3://bucket/prefix"
        )
    lake = Lake(settings.lake, settings.study_folder.name)
    if lake.file is not None and is_on_network(lake.file):
        raise SettingsError(
            f"WAVEHOUSE_LAKE_CATALOG: {lake.file.parent} is on a disk of another machine, where two that write at once would"
            " damage a catalogue in a file; keep the catalogue in PostgreSQL"
        )
    return lake


def publish_current_release(
    settings: Settings, *, allows_older: bool = False, source: Source = "command line"
) -> Publication:
    """Publish the study's current release in its lake, unless it is the current one there. To be called under the study's
    lock.

    Raises LakeError for a release older than the published one, unless allows_older, and where another study of the same
    name is published. A publication that was killed before its entry in the audit trail gets it now.
    """
    lake = lake_of(settings)
    current = find_release(settings.study_folder / "release")
    if not Warehouse(current.file).rows("from duckdb_functions() where function_name = 'traced_rows'"):
        raise LakeError(f"{current.file}: an earlier version of Wavehouse made this release; `wavehouse run` rebuilds it")
    check_writable(settings.study_folder)
    release = _row(settings, current.manifest)
    entries = snapshot(settings.study_folder).entries
    publication = publish_to_lake(
        lake,
        current.file,
        release,
        lambda published: _is_to_be_written(lake, release, published, entries, allows_older=allows_older),
        finish=_add_trace,
        gone=_Gone(settings.study_folder, entries, release.release),
    )
    facts: Facts = {"release": release.release, "snapshot": publication.release.snapshot, "lake": lake.name}
    if not any(entry.kind == _KIND and entry.facts == facts | {"expired": entry.facts.get("expired")} for entry in entries):
        record(settings, _KIND, facts | {"expired": list(publication.expired)}, source)
    return publication


def _row(settings: Settings, manifest: Mapping[str, str]) -> LakeRelease:
    return LakeRelease(
        release=manifest["release"],
        snapshot=-1,  # known once it is written
        study=settings.study_folder.name,
        content=manifest["fingerprint"],
        definitions=manifest["definitions"],
        key_check=manifest.get("key_check"),
        erasures=int(manifest.get("erasures", "0")),
        released_at=datetime.fromisoformat(manifest["released_at"]).astimezone(UTC).replace(tzinfo=None),
        published_at=datetime.now(UTC).replace(tzinfo=None),
        published_by=settings.user or getpass.getuser(),
        wavehouse=version("wavehouse"),
    )


def _is_to_be_written(
    lake: Lake,
    release: LakeRelease,
    published: Sequence[LakeRelease],
    entries: Sequence[Entry],
    *,
    allows_older: bool,
) -> bool:
    """Whether the release goes in front of what is published. Raises LakeError where that is somebody else's, or newer."""
    if not published:
        return True
    current = published[-1]
    if (current.release, current.content) == (release.release, release.content):
        return False
    if current.release not in _releases_of(entries):
        key = "" if current.key_check == release.key_check else ", with pseudonyms of another key"
        raise LakeError(
            f"{lake}: holds release {current.release} of another study named {current.study}{key}: this study's audit trail"
            " does not know it; give the study's folder another name, or name another lake in WAVEHOUSE_LAKE_CATALOG"
        )
    if release.released_at < current.released_at and not allows_older:
        raise LakeError(
            f"{lake}: release {release.release} is older than {current.release}, which is published; --older puts it in"
            " front all the same"
        )
    return True


def _releases_of(entries: Sequence[Entry]) -> set[object]:
    """The releases that a study has made, by its audit trail."""
    return {entry.facts.get("release") for entry in entries if entry.kind == "release"}


class _Gone:
    """Whether a published release is kept no longer: the study made it, and its folder of releases has it no more."""

    def __init__(self, study_folder: Path, entries: Sequence[Entry], current: str) -> None:
        self._dropped = _releases_of(entries) - {*release_names(study_folder), current}

    def __call__(self, row: LakeRelease) -> bool:
        return row.release in self._dropped


def _add_trace(connection: Connection) -> None:
    create_without_comments(connection, released_trace_sql(connection))


@contextmanager
def opened_in_lake(lake: Lake, prefix: str) -> Iterator[Connection]:
    """A published release, for reading: by the beginning of its name, or the current one. It stays that one, whatever is
    published meanwhile. Raises LakeError where none is meant, or several are."""
    with lake.connect() as connection:
        published = read_lake_releases(connection)
    if not published:
        raise NoLakeError(f"{lake}: nothing of this study is published there; `wavehouse publish`")
    names = dict.fromkeys(row.release for row in published if row.release.startswith(prefix))
    if prefix and len(names) != 1:
        count = "no release begins" if not names else f"{len(names)} releases begin"
        names_in_lake = ", ".join(dict.fromkeys(row.release for row in published))
        raise LakeError(f"{lake}: {count} with {prefix!r}; the kept ones are {names_in_lake}")
    snapshot_number = max(row.snapshot for row in published if row.release in names) if prefix else published[-1].snapshot
    with lake.connect(snapshot=snapshot_number) as connection:
        yield connection
