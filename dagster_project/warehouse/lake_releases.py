"""The releases of a study in its lake: each one transaction and one snapshot, with a row in the table `releases`.

Belongs here: copying a released file into the lake, what is published there, what is kept no longer. Does not belong here:
attaching a lake (lake.py), which release may be published (release/).
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path

import duckdb

from dagster_project.warehouse.lake import LAKE_DATABASE, Lake, LakeError
from dagster_project.warehouse.release import create_in_order, without_catalog
from dagster_project.warehouse.working_file import Connection, identifier, literal, rows, rows_as

#: The database name under which the released file is attached.
_SOURCE = "release_to_publish"
#: How long is waited before what failed is done again: in all, longer than a restart of PostgreSQL.
_PAUSES = (0.2, 0.5, 1, 2, 4, 8, 8)
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
    attempts: int = 1
    seconds: float = 0.0


#: Whether a release is to be written, by what is published; raises where it may not be.
Decision = Callable[[Sequence[LakeRelease]], bool]


def read_lake_releases(connection: Connection) -> list[LakeRelease]:
    """The releases in an attached lake, the current one last; none in a lake that was made and not yet filled."""
    try:
        return rows_as(connection, LakeRelease, f"from {LAKE_DATABASE}.main.releases order by snapshot")
    except duckdb.CatalogException:
        return []


def publish_to_lake(
    lake: Lake,
    released_file: Path,
    release: LakeRelease,
    decision: Decision,
    *,
    finish: Callable[[Connection], None] = lambda _: None,
    gone: Callable[[LakeRelease], bool] = lambda _: False,
    pauses: Sequence[float] = _PAUSES,
) -> Publication:
    """Publish a released file as the current state of its study's lake, in one transaction.

    A connection that is lost, a catalogue that restarts or somebody else's publication in between: all of it is done again
    from the start, the decision first, since the release may be there already.

    finish: adds what a file has beside tables and
    views, inside the transaction. gone: which published releases are kept no longer;
    they leave with this publication. Raises LakeError where it cannot be published; the lake is then as it was.
    """
    started = time.monotonic()
    for attempt, pause in enumerate((*pauses, None), 1):
        try:
            with lake.connect(writes=True) as connection:
                return _publish(connection, lake, released_file, release, decision, finish, gone, attempt, started)
        except LakeError as error:
            if error.is_final or pause is None:
                raise
        time.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


def _publish(
    connection: Connection,
    lake: Lake,
    released_file: Path,
    release: LakeRelease,
    decision: Decision,
    finish: Callable[[Connection], None],
    gone: Callable[[LakeRelease], bool],
    attempt: int,
    started: float,
) -> Publication:
    published = read_lake_releases(connection)
    if not decision(published):
        _clean_up(connection, published, release)
        return Publication(published[-1], is_new=False, attempts=attempt, seconds=time.monotonic() - started)
    connection.execute(f"attach {literal(str(released_file))} as {_SOURCE} (read_only)")
    connection.execute("begin")
    # With nothing tried again by itself, a transaction that commits has the number after the snapshot that it began with.
    ((snapshot,),) = connection.execute(f"select id + 1 from {LAKE_DATABASE}.current_snapshot()").fetchall()
    expired = [row for row in read_lake_releases(connection) if gone(row)]
    _copy_tables(connection)
    _copy_views(connection)
    finish(connection)
    _copy_comments(connection)
    row = LakeRelease(**{field.name: getattr(release, field.name) for field in fields(release)} | {"snapshot": snapshot})
    _write_release(connection, row, expired)
    connection.execute(
        f"call {LAKE_DATABASE}.set_commit_message({literal(release.published_by)}, {literal(f'release {release.release}')},"
        f" extra_info => {literal(release.content)})"
    )
    connection.execute("commit")
    connection.execute(f"detach {_SOURCE}")
    _clean_up(connection, read_lake_releases(connection), release)
    names = tuple(dict.fromkeys(row.release for row in expired))
    return Publication(row, is_new=True, expired=names, attempts=attempt, seconds=time.monotonic() - started)


def _names(connection: Connection, function: str, kind: str, database: str) -> dict[tuple[str, str], str]:
    """The tables or views of a database by schema and name, with their SQL."""
    return {
        (schema, name): sql
        for schema, name, sql in connection.execute(
            f"select schema_name, {kind}_name, sql from {function}() where database_name = ? and not internal"
            f" order by schema_name, {kind}_name",
            [database],
        ).fetchall()
    }


def _full_name(database: str, schema: str, name: str) -> str:
    return ".".join(map(identifier, (database, schema, name)))


def _copy_tables(connection: Connection) -> None:
    """Every table of the release, whole; views and what the release has no longer leave first."""
    source, target = (_names(connection, "duckdb_tables", "table", database) for database in (_SOURCE, LAKE_DATABASE))
    source_views = _names(connection, "duckdb_views", "view", _SOURCE)
    for schema, name in _names(connection, "duckdb_views", "view", LAKE_DATABASE):
        connection.execute(f"drop view {_full_name(LAKE_DATABASE, schema, name)}")
    for schema, name in target.keys() - source.keys() - {("main", "releases")}:
        connection.execute(f"drop table {_full_name(LAKE_DATABASE, schema, name)}")
    for schema in sorted({schema for schema, _ in (*source, *source_views)}):
        connection.execute(f"create schema if not exists {identifier(LAKE_DATABASE)}.{identifier(schema)}")
    for schema, name in source:
        connection.execute(
            f"create or replace table {_full_name(LAKE_DATABASE, schema, name)} as from {_full_name(_SOURCE, schema, name)}"
        )


def _copy_views(connection: Connection) -> None:
    views = _names(connection, "duckdb_views", "view", _SOURCE)
    create_in_order(connection, [without_catalog(sql, _SOURCE) for sql in views.values()])


def _copy_comments(connection: Connection) -> None:
    """The descriptions of tables, of their columns and of views; a lake has none for columns of views."""
    for kind in ("table", "view"):
        for schema, name, comment in connection.execute(
            f"select schema_name, {kind}_name, comment from duckdb_{kind}s()"
            " where database_name = ? and comment is not null and not internal",
            [_SOURCE],
        ).fetchall():
            connection.execute(f"comment on {kind} {_full_name(LAKE_DATABASE, schema, name)} is {literal(comment)}")
    for schema, table, column, comment in connection.execute(
        "select schema_name, table_name, column_name, comment from duckdb_columns() as columns"
        " semi join duckdb_tables() as tables using (database_name, schema_name, table_name)"
        " where database_name = ? and columns.comment is not null and not columns.internal",
        [_SOURCE],
    ).fetchall():
        name = f"{_full_name(LAKE_DATABASE, schema, table)}.{identifier(column)}"
        connection.execute(f"comment on column {name} is {literal(comment)}")


def create_without_comments(connection: Connection, sql: str) -> None:
    """Run statements that create macros and describe them, in a lake, where macros have no descriptions."""
    for statement in connection.extract_statements(sql):
        if statement.type != duckdb.StatementType.ALTER:
            connection.execute(statement)


def _write_release(connection: Connection, release: LakeRelease, expired: Sequence[LakeRelease]) -> None:
    """Add the row of a release, and take those out that are kept no longer."""
    table = f"{LAKE_DATABASE}.main.releases"
    columns = ", ".join(f"{identifier(name)} {kind}" for name, (kind, _) in RELEASE_COLUMNS.items())
    if ("main", "releases") not in _names(connection, "duckdb_tables", "table", LAKE_DATABASE):
        connection.execute(f"create table {table} ({columns})")
        connection.execute(f"comment on table {table} is {literal(_RELEASES_COMMENT)}")
        for name, (_, description) in RELEASE_COLUMNS.items():
            connection.execute(f"comment on column {table}.{identifier(name)} is {literal(description)}")
    if expired:
        connection.execute(f"delete from {table} where snapshot in ({', '.join(str(row.snapshot) for row in expired)})")
    values = [getattr(release, name) for name in RELEASE_COLUMNS]
    connection.execute(f"insert into {table} values ({', '.join('?' for _ in values)})", values)


def _clean_up(connection: Connection, published: Sequence[LakeRelease], release: LakeRelease) -> None:
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
    due = "cleanup_all => true" if release.erasures else age
    connection.execute(f"call ducklake_cleanup_old_files({literal(LAKE_DATABASE)}, {due})")
    connection.execute(f"call ducklake_delete_orphaned_files({literal(LAKE_DATABASE)}, {age})")
