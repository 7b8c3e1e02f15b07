"""Releases: finished copies, swapped in whole.

Belongs here: building a release beside the current one, moving the pointer, keeping the last few. Does not belong
here: what a release contains beyond schemas of the working file (the caller fills in the rest).

Each release is a folder below `releases/`, never changed once it has its name. `release` is a symbolic link to the
current one, replaced by one `os.replace`, so a reader sees wholly the old or wholly the new release. Where links are
not allowed (Windows without developer mode), `release` is a folder, exchanged by two renames; a run that was killed
between the two is healed by `recover_release`, which every run calls first.
"""

import filecmp
import json
import os
import re
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import duckdb

from dagster_project.warehouse.working_file import Warehouse, WarehouseError, identifier, literal

MANIFEST = "manifest.json"
_KEPT = 5
#: The name under which a new release's file is attached while it is filled.
_TARGET = "release_to_come"


def copy_schemas(
    working_file: Path, target: Path, schemas: Sequence[str], descriptions: Mapping[str, str] | None = None
) -> None:
    """Copy tables and views of some schemas of the working file into a new DuckDB file, with constraints and comments.

    Each table is read once and written once. Nothing else of the working file reaches the new
    one: a copy of the file itself would carry what was deleted in it, in blocks that are free. descriptions: by
    schema.table.column, schema..column (of any table) or column, the comment of a column that has none.
    """
    with Warehouse(working_file).connect() as connection:
        ((working,),) = connection.execute("select current_database()").fetchall()
        connection.execute(f"attach {literal(str(target))} as {_TARGET}")
        try:
            connection.execute(f"use {_TARGET}")
            listed = ", ".join(map(literal, schemas))
            for schema in schemas:
                connection.execute(f"create schema {identifier(schema)}")
            for schema, table, sql in connection.execute(
                "select schema_name, table_name, sql from duckdb_tables()"
                f" where database_name = ? and schema_name in ({listed}) order by 1, 2",
                [working],
            ).fetchall():
                connection.execute(sql)
                name = f"{identifier(schema)}.{identifier(table)}"
                connection.execute(f"insert into {name} select * from {identifier(working)}.{name}")
            _copy_views(connection, working, listed)
            _copy_comments(connection, working, schemas, descriptions or {})
            connection.execute(f"checkpoint {_TARGET}")
        finally:
            connection.execute(f"use {identifier(working)}")
            connection.execute(f"detach {_TARGET}")


def _copy_views(connection: duckdb.DuckDBPyConnection, working: str, listed: str) -> None:
    waiting = [
        _without_catalog(sql, working)
        for (sql,) in connection.execute(
            f"select sql from duckdb_views() where database_name = ? and schema_name in ({listed}) and not internal"
            " order by schema_name, view_name",
            [working],
        ).fetchall()
    ]
    # A view may stand on views that come later by name.
    while waiting:
        left, last = [], None
        for sql in waiting:
            try:
                connection.execute(sql)
            except duckdb.Error as error:  # of a view that is not there yet: the kind differs with where it is read
                left.append(sql)
                last = error
        if last is not None and len(left) == len(waiting):
            raise last
        waiting = left


def _without_catalog(sql: str, catalog: str) -> str:
    """A view must not name the file it was made in: the release is attached under any name people like. Texts stay."""
    quoted, bare = re.escape(identifier(catalog)), re.escape(catalog)
    return re.sub(rf"('(?:[^']|'')*')|(?:{quoted}|(?<![\w.\"]){bare})\.", lambda match: match[1] or "", sql)


def _copy_comments(
    connection: duckdb.DuckDBPyConnection, working: str, schemas: Sequence[str], descriptions: Mapping[str, str]
) -> None:
    # Asked once and written in one transaction: a question and a commit a column took seconds.
    columns = connection.execute(
        "select schema_name, table_name, column_name, comment from duckdb_columns()"
        " where database_name = ? and not internal",
        [working],
    ).fetchall()
    named = connection.execute(
        "select 'table', schema_name, table_name, comment from duckdb_tables()"
        " where database_name = $1 and comment is not null"
        " union all select 'view', schema_name, view_name, comment from duckdb_views()"
        " where database_name = $1 and comment is not null",
        [working],
    ).fetchall()
    connection.execute("begin")
    for schema, table, column, standing in columns:
        places = (f"{schema}.{table}.{column}", f"{schema}..{column}", column)
        comment = standing or next((descriptions[place] for place in places if place in descriptions), None)
        if schema in schemas and comment is not None:
            name = ".".join(map(identifier, (schema, table, column)))
            connection.execute(f"comment on column {name} is {literal(comment)}")
    for kind, schema, name, comment in named:
        if schema in schemas:
            connection.execute(f"comment on {kind} {identifier(schema)}.{identifier(name)} is {literal(comment)}")
    connection.execute("commit")


def current_release(folder: Path) -> dict[str, str] | None:
    """The manifest of a study folder's current release, or None when there is none."""
    manifest = folder / "release" / MANIFEST
    if not manifest.exists():
        return None
    try:
        content: dict[str, str] | None = json.loads(manifest.read_text(encoding="utf-8"))
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise WarehouseError(
            f"{manifest}: the manifest of the release is damaged; move the folder {manifest.parent.resolve()} away and run"
            " `wavehouse run`: the release before it becomes the current one, and what is new is released again"
        )
    return content


def release_names(folder: Path) -> list[str]:
    """The kept releases of a study folder, oldest first."""
    found = [path for path in (folder / "releases").glob("*") if (path / MANIFEST).exists()]
    return [path.name for path in sorted(found, key=lambda path: (path / MANIFEST).stat().st_mtime_ns)]


def publish_release(
    folder: Path, name: str, manifest: dict[str, str], fill: Callable[[Path], None], *, links: bool = True
) -> Path:
    """Build a release with `fill`, give it its manifest, and make it the current one. Returns its folder.

    Nothing changes for readers until everything is written. `name` is the release's folder name; an earlier release
    of that name is an error of the caller (FileExistsError).
    """
    releases = folder / "releases"
    releases.mkdir(parents=True, exist_ok=True)
    building = releases / f".building-{uuid.uuid4().hex}"
    building.mkdir()
    try:
        fill(building)
        _share(building, folder)
        (building / MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        finished = releases / name
        building.rename(finished)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    _point_at(folder, finished, links=links)
    _forget_old(folder, finished)
    return finished


def _share(building: Path, folder: Path) -> None:
    """Let files that are as in the newest kept release be the same files on disk, where the file system can.

    Such files are never written again: all of a release but the database, which people open, is read-only from here on.
    """
    names = release_names(folder)
    for path in building.rglob("*"):
        if not path.is_file() or path.suffix == ".duckdb":
            continue
        path.chmod(0o444)
        earlier = folder / "releases" / names[-1] / path.relative_to(building) if names else None
        if earlier is not None and earlier.is_file() and filecmp.cmp(earlier, path, shallow=False):
            linked = path.with_name(f".{path.name}.linked")
            # A file system without links, or a file with as many as it can have: then there are two copies.
            with suppress(OSError):
                os.link(earlier, linked)
                linked.chmod(0o444)
                os.replace(linked, path)


def _remove(folder: Path) -> None:
    """Delete a release. Windows refuses to delete what is read-only, so that is taken back first."""
    if os.name == "nt":
        for path in folder.rglob("*"):
            path.chmod(0o666)
    shutil.rmtree(folder)


def _point_at(folder: Path, finished: Path, *, links: bool) -> None:
    pointer = folder / "release"
    link = folder / f".release-{uuid.uuid4().hex}"
    try:
        if not links or (pointer.is_dir() and not pointer.is_symlink()):
            raise OSError("links are not to be used here")
        os.symlink(Path("releases") / finished.name, link, target_is_directory=True)
    except (OSError, NotImplementedError):
        new, old = folder / "release.new", folder / "release.old"
        for leftover in (new, old):
            shutil.rmtree(leftover, ignore_errors=True)
        partial = folder / f".release-{uuid.uuid4().hex}"
        shutil.copytree(finished, partial)
        partial.rename(new)
        if pointer.exists():
            pointer.rename(old)
        new.rename(pointer)
        shutil.rmtree(old, ignore_errors=True)
        return
    os.replace(link, pointer)


def recover_release(folder: Path) -> None:
    """Finish or undo what a killed run left behind, and point at the newest kept release when `release` is gone.

    Harmless when all is well. Raises WarehouseError for a `release` that is somebody's own file or folder.
    """
    pointer, new, old = folder / "release", folder / "release.new", folder / "release.old"
    if not pointer.exists() and not pointer.is_symlink():
        for candidate in (new, old):
            if (candidate / MANIFEST).exists():
                candidate.rename(pointer)
                break
    for leftover in (*folder.glob(".release-*"), *(folder / "releases").glob(".building-*")):
        if leftover.is_symlink():
            leftover.unlink()
        else:
            shutil.rmtree(leftover, ignore_errors=True)
    if (pointer / MANIFEST).exists():
        return
    if pointer.exists():
        raise WarehouseError(f"{pointer}: this is no release (it has no {MANIFEST}); move it away, then run again")
    # The link was deleted, or leads to a release that was: people read the newest that is left until there is a new one.
    if kept := release_names(folder):
        _point_at(folder, folder / "releases" / kept[-1], links=True)


def _forget_old(folder: Path, current: Path) -> None:
    """Keep the last few releases. One that a reader still holds open on Windows stays until the next run."""
    finished = [folder / "releases" / name for name in release_names(folder)]
    for path in finished[:-_KEPT]:
        if path != current:
            with suppress(OSError):
                _remove(path)
