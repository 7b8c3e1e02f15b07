"""Publishing a study's current release in the lake, and what the audit trail says of it.

Belongs here: what the study knows of its releases, and of what is published. Does not belong here: the transaction
(warehouse/), making the release (publish.py).
"""

import getpass
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from dagster_project.keys import SettingsError
from dagster_project.network_folders import network_kind
from dagster_project.release.contents import released_trace_sql
from dagster_project.settings import Settings
from dagster_project.trail import Entry, Fact, Kind, Source, check_writable, record, snapshot
from dagster_project.warehouse import (
    PAUSES,
    Connection,
    Lake,
    LakeError,
    LakeRelease,
    LakeRequest,
    NoLakeError,
    Publication,
    Warehouse,
    find_release,
    publish_to_lake,
    read_lake_releases,
    release_names,
)

_KIND: Kind = "lake_publication"


def lake_of(settings: Settings) -> Lake:
    """The lake of the study. Raises SettingsError where the environment names none, or one that is not safe."""
    if settings.lake is None:
        raise SettingsError(
            "no lake is named: set WAVEHOUSE_LAKE_CATALOG to postgresql://user:password@host:port/database and"
            " WAVEHOUSE_LAKE_DATA to a folder or s3://bucket/prefix"
        )
    lake = Lake(settings.lake, settings.study_folder.name)
    if lake.file is not None and network_kind(lake.file) is not None:
        raise SettingsError(
            f"WAVEHOUSE_LAKE_CATALOG: {lake.file.parent} is on a disk of another machine, where two that write at once would"
            " damage a catalogue in a file; keep the catalogue in PostgreSQL"
        )
    return lake


def publish_current_release(
    settings: Settings, *, allows_older: bool = False, source: Source = "command line", pauses: Sequence[float] = PAUSES
) -> Publication:
    """Publish the study's current release in its lake, unless it is the current one there. To be called under the study's
    lock.

    Raises LakeError for a release older than the published one, unless allows_older, and where another study of the same
    name is published. pauses: seconds before each further attempt.

    A publication that was killed before its entry in the audit trail gets it now.
    """
    lake = lake_of(settings)
    current = find_release(settings.study_folder / "release")
    check_writable(settings.study_folder)
    release = _row(settings, current.manifest)
    entries = snapshot(settings.study_folder).entries
    standing_releases = {*release_names(settings.study_folder), release.release}
    # A trail that was restored from a release ends before that one was made.
    own_releases = standing_releases | {current.manifest.get("previous", release.release)}
    own_releases |= {str(entry.facts.get("release")) for entry in entries if entry.kind in ("release", _KIND)}
    superseded = own_releases - standing_releases
    publication = publish_to_lake(
        LakeRequest(
            lake,
            current.file,
            release,
            frozenset(own_releases),
            frozenset(superseded),
            allows_older=allows_older,
            macros=_trace_macros(current.file),
        ),
        pauses,
    )
    _record(settings, lake, publication, entries, source)
    return publication


def _record(settings: Settings, lake: Lake, publication: Publication, entries: Sequence[Entry], source: Source) -> None:
    """The entry of a publication in the audit trail, unless it is there."""
    facts: dict[str, Fact] = {"release": publication.release.release, "snapshot": publication.release.snapshot}
    facts["lake"] = lake.name
    if not any(entry.kind == _KIND and facts.items() <= dict(entry.facts).items() for entry in entries):
        record(settings, _KIND, facts | {"expired": list(publication.expired)}, source)


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


def _trace_macros(file: Path) -> str:
    with Warehouse(file).connect(read_only=True) as connection:
        if not connection.execute("from duckdb_functions() where function_name = 'trace_of'").fetchall():
            raise LakeError(f"{file}: an earlier version of Wavehouse made this release; `wavehouse run` rebuilds it")
        return released_trace_sql(connection)


def releases_left_in_lake(settings: Settings) -> list[str]:
    """The releases that are published, by the audit trail, and that the study does not keep any more: they leave the lake
    with the next publication."""
    published: dict[str, None] = {}
    for entry in snapshot(settings.study_folder).entries:
        if entry.kind == _KIND:
            published[str(entry.facts.get("release"))] = None
            expired = entry.facts.get("expired")
            for name in expired if isinstance(expired, list) else ():
                published.pop(str(name), None)
    return sorted(published.keys() - set(release_names(settings.study_folder)))


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
