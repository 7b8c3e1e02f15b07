"""The releases of a study in its lake: each one transaction and one snapshot, with a row in the table `releases`.

Belongs here: one attempt at copying a released file into the lake, whether it may be, what is kept no longer. Does not
belong here: attaching a lake (lake.py), doing it again (lake_process.py), what a study knows of its releases (release/).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb

from dagster_project.warehouse.lake import LAKE_DATABASE, Lake, LakeError
from dagster_project.warehouse.lake_tables import (
    SOURCE_DATABASE,
    copied_from,
    copy_schemas_to_lake,
    full_name,
    relations,
)
from dagster_project.warehouse.working_file import Connection, identifier, literal, rows, rows_as

#: For how long whoever reads what is to be deleted may go on.
_HOUSEKEEPING_DAYS = 1


@dataclass(frozen=True)
class LakeRelease:
    """A row of the lake's table `releases`. Columns are described by RELEASE_COLUMNS."""

    release: str
    snapshot: int
    study: str
    content: str
    definitions: str
    key_check: str | None
    erasures: int
    released_at: datetime
    published_at: datetime
    published_by: str
    wavehouse: str


RELEASE_COLUMNS = {
    "release": ("varchar", "The release's name, as in its manifest."),
    "snapshot": ("bigint", "The snapshot of the lake that holds it: attach it with SNAPSHOT_VERSION."),
    "study": ("varchar", "The study's folder."),
    "content": ("varchar", "The release's fingerprint: the same exports, definitions and results have the same."),
    "definitions": ("varchar", "The hash of the study's definitions."),
    "key_check": ("varchar", "A check value of the key that its pseudonyms were made with."),
    "erasures": ("integer", "How many erasures were carried out before it was made."),
    "released_at": ("timestamp", "When it was made, in UTC."),
    "published_at": ("timestamp", "When it was published, in UTC."),
    "published_by": ("varchar", "Who published it: WAVEHOUSE_USER, or the operating system's user."),
    "wavehouse": ("varchar", "The version of Wavehouse that published it."),
}
_RELEASES_COMMENT = "The releases that are kept here, a row each time that one was published. The last snapshot is current."


@dataclass(frozen=True)
class Publication:
    """What publishing came to. is_new: whether there was anything to publish. expired: releases that are here no longer."""

    release: LakeRelease
    is_new: bool
    expired: tuple[str, ...] = ()


@dataclass(frozen=True)
class LakeRequest:
    """What is to be published, and by whom: all that one attempt needs to know.

    own_releases: of the study, by its audit trail. superseded: those of them that are kept no longer. macros: SQL that
    creates what a released file has beside tables and views.
    """

    lake: Lake
    file: Path
    release: LakeRelease
    own_releases: frozenset[str] = frozenset()
    superseded: frozenset[str] = frozenset()
    allows_older: bool = False
    macros: str = ""


def read_lake_releases(connection: Connection) -> list[LakeRelease]:
    """The releases in an attached lake, the current one last; none in a lake that was made and not yet filled."""
    try:
        return rows_as(connection, LakeRelease, f"from {LAKE_DATABASE}.main.releases order by snapshot")
    except duckdb.CatalogException:
        return []


def publish_once(request: LakeRequest) -> Publication:
    """Publish a released file as the current state of its study's lake, in one transaction, unless it is that already.

    Raises LakeError where it may not be published, or cannot be this time; the lake is then as it was.
    """
    with request.lake.connect(writes=True) as connection:
        published = read_lake_releases(connection)
        if not is_to_be_written(request, published):
            _clean_up(connection, published)
            return Publication(published[-1], is_new=False)
        with copied_from(connection, request.file):
            # With nothing tried again by itself, a transaction that commits has the number after the one it began with.
            ((snapshot,),) = connection.execute(f"select id + 1 from {LAKE_DATABASE}.current_snapshot()").fetchall()
            expired = [row for row in read_lake_releases(connection) if row.release in request.superseded]
            copy_schemas_to_lake(connection)
            _create_macros(connection, request.macros)
            _copy_comments(connection)
            release = replace(request.release, snapshot=snapshot)
            _write_release(connection, release, expired)
            words = (literal(text) for text in (release.published_by, f"release {release.release}"))
            connection.execute(
                f"call {LAKE_DATABASE}.set_commit_message({', '.join(words)}, extra_info => {literal(release.content)})"
            )
        _clean_up(connection, read_lake_releases(connection))
        return Publication(release, is_new=True, expired=tuple(dict.fromkeys(row.release for row in expired)))


def is_to_be_written(request: LakeRequest, published: Sequence[LakeRelease]) -> bool:
    """Whether the release goes in front of what is published. Raises LakeError where that is somebody else's, or newer."""
    if not published:
        return True
    release, current = request.release, published[-1]
    if (current.release, current.content) == (release.release, release.content):
        return False
    if current.release not in request.own_releases:
        key = "" if current.key_check == release.key_check else ", with pseudonyms of another key"
        raise LakeError(
            f"{request.lake}: holds release {current.release} of another study named {current.study}{key}: this study's"
            " audit trail does not know it; give the study's folder another name, or name another lake in"
            " WAVEHOUSE_LAKE_CATALOG"
        )
    if release.released_at < current.released_at and not request.allows_older:
        raise LakeError(
            f"{request.lake}: release {release.release} is older than {current.release}, which is published; --older puts it"
            " in front all the same"
        )
    return True


def _copy_comments(connection: Connection) -> None:
    """The descriptions of tables, of their columns and of views; a lake has none for columns of views."""
    for kind in ("table", "view"):
        for schema, name, comment in connection.execute(
            f"select schema_name, {kind}_name, comment from duckdb_{kind}s()"
            " where database_name = ? and comment is not null and not internal",
            [SOURCE_DATABASE],
        ).fetchall():
            connection.execute(f"comment on {kind} {full_name(LAKE_DATABASE, schema, name)} is {literal(comment)}")
    for schema, table, column, comment in connection.execute(
        "select schema_name, table_name, column_name, comment from duckdb_columns() as columns"
        " semi join duckdb_tables() as tables using (database_name, schema_name, table_name)"
        " where database_name = ? and columns.comment is not null and not columns.internal",
        [SOURCE_DATABASE],
    ).fetchall():
        name = f"{full_name(LAKE_DATABASE, schema, table)}.{identifier(column)}"
        connection.execute(f"comment on column {name} is {literal(comment)}")


def _create_macros(connection: Connection, sql: str) -> None:
    """Run statements that create macros and describe them; in a lake macros have no descriptions."""
    for statement in connection.extract_statements(sql):
        if statement.type != duckdb.StatementType.ALTER:
            connection.execute(statement)


def _write_release(connection: Connection, release: LakeRelease, expired: Sequence[LakeRelease]) -> None:
    """Add the row of a release, and take those out that are kept no longer."""
    table = f"{LAKE_DATABASE}.main.releases"
    columns = ", ".join(f"{identifier(name)} {kind}" for name, (kind, _) in RELEASE_COLUMNS.items())
    if ("main", "releases") not in relations(connection, "table", LAKE_DATABASE):
        connection.execute(f"create table {table} ({columns})")
        connection.execute(f"comment on table {table} is {literal(_RELEASES_COMMENT)}")
        for name, (_, description) in RELEASE_COLUMNS.items():
            connection.execute(f"comment on column {table}.{identifier(name)} is {literal(description)}")
    if expired:
        connection.execute(f"delete from {table} where snapshot in ({', '.join(str(row.snapshot) for row in expired)})")
    values = [getattr(release, name) for name in RELEASE_COLUMNS]
    connection.execute(f"insert into {table} values ({', '.join('?' for _ in values)})", values)


def _clean_up(connection: Connection, published: Sequence[LakeRelease]) -> None:
    """What no kept release needs is deleted: snapshots that are no release, and files that a killed publisher left.

    A day later, so that whoever reads them meanwhile comes to an end; at once in a study from which somebody was erased.
    """
    current = max(row.snapshot for row in published)
    releases = {row.snapshot for row in published}
    ids = [row["snapshot_id"] for row in rows(connection, f"select snapshot_id from {LAKE_DATABASE}.snapshots()")]
    superfluous = [number for number in ids if number not in releases and number < current]
    if superfluous:
        connection.execute(f"call ducklake_expire_snapshots({literal(LAKE_DATABASE)}, versions => {superfluous})")
    age = f"older_than => now() - interval {_HOUSEKEEPING_DAYS} day"
    due = "cleanup_all => true" if published[-1].erasures else age
    connection.execute(f"call ducklake_cleanup_old_files({literal(LAKE_DATABASE)}, {due})")
    connection.execute(f"call ducklake_delete_orphaned_files({literal(LAKE_DATABASE)}, {age})")
