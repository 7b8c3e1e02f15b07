"""Releases: immutable copies of results, published atomically.

Belongs here: building a release beside the current one, making it current, deleting one. Does not belong here: what a
release contains beyond schemas of the working file (the caller adds the rest), how many are kept (retention/).

Each release is a folder below `releases/`, never changed once it has its name. `release` is a symbolic link to the
current one, replaced by one `os.replace`, so that a reader sees either the old or the new release. Where links are
not allowed (Windows without developer mode), `release` is a folder, exchanged by two renames; a run that was killed
between the two is repaired by `recover_release`, which every run calls first.
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

from dagster_project.file_modes import delete, set_mode
from dagster_project.warehouse.working_file import Warehouse, WarehouseError, identifier, in_transaction, literal

MANIFEST = "manifest.json"
#: The format of what is released, in its manifest (1 where that says none): one more whenever readers of earlier
#: versions would misread a release.
RELEASE_FORMAT = 1
#: The database name under which a new release's file is attached while it is filled.
_TARGET_DATABASE = "release_to_come"


def copy_schemas(
    working_file: Path,
    target: Path,
    schemas: Sequence[str],
    descriptions: Mapping[str, str] | None = None,
    left_out: Mapping[str, str] | None = None,
) -> None:
    """Copy the tables and views of schemas of the working file into a new DuckDB file, with constraints and comments.

    Nothing else reaches the new file: a copy of the file itself would still contain deleted data in its free blocks.
    descriptions: by schema.table.column, schema..column (of any table) or column, the comment of a column that has none.
    left_out: by schema.table, a condition in SQL on the rows that are not copied.
    """
    with Warehouse(working_file).connect() as connection:
        ((source,),) = connection.execute("select current_database()").fetchall()
        connection.execute(f"attach {literal(str(target))} as {_TARGET_DATABASE}")
        try:
            connection.execute(f"use {_TARGET_DATABASE}")
            # Written at once: each statement of its own would wait for the disk.
            with in_transaction(connection):
                _copy_tables(connection, source, schemas, left_out or {})
                _copy_views(connection, source, schemas)
                _copy_comments(connection, source, schemas, descriptions or {})
            connection.execute(f"checkpoint {_TARGET_DATABASE}")
        finally:
            connection.execute(f"use {identifier(source)}")
            connection.execute(f"detach {_TARGET_DATABASE}")


def _copy_tables(
    connection: duckdb.DuckDBPyConnection, source: str, schemas: Sequence[str], left_out: Mapping[str, str]
) -> None:
    for schema in schemas:
        connection.execute(f"create schema {identifier(schema)}")
    for schema, table, sql in connection.execute(
        "select schema_name, table_name, sql from duckdb_tables()"
        f" where database_name = ? and schema_name in ({_schema_list(schemas)}) order by 1, 2",
        [source],
    ).fetchall():
        connection.execute(sql)
        name = f"{identifier(schema)}.{identifier(table)}"
        condition = left_out.get(f"{schema}.{table}")
        clause = f" where not coalesce({condition}, false)" if condition is not None else ""
        connection.execute(f"insert into {name} select * from {identifier(source)}.{name}{clause}")


def _schema_list(schemas: Sequence[str]) -> str:
    return ", ".join(map(literal, schemas))


def _copy_views(connection: duckdb.DuckDBPyConnection, source: str, schemas: Sequence[str]) -> None:
    # As they were made: of those by name many would have to be tried again, after the views that they read.
    create_in_order(
        connection,
        [
            without_catalog(sql, source)
            for (sql,) in connection.execute(
                "select sql from duckdb_views() where database_name = ? and not internal"
                f" and schema_name in ({_schema_list(schemas)}) order by view_oid",
                [source],
            ).fetchall()
        ],
    )


def create_in_order(connection: duckdb.DuckDBPyConnection, statements: Sequence[str]) -> None:
    """Create views or macros in whatever order they can be: one may depend on others that come later by name."""
    pending = list(statements)
    while pending:
        failed, last_error = [], None
        for sql in pending:
            try:
                connection.execute(sql)
            except duckdb.Error as error:  # a view that does not exist yet: the class of error varies
                failed.append(sql)
                last_error = error
        if last_error is not None and len(failed) == len(pending):
            raise last_error
        pending = failed


def without_catalog(sql: str, catalog: str) -> str:
    """Remove the database name from a view's SQL, since users may attach the release under any name. Literals stay."""
    quoted, bare = re.escape(identifier(catalog)), re.escape(catalog)
    return re.sub(rf"('(?:[^']|'')*')|(?:{quoted}|(?<![\w.\"]){bare})\.", lambda match: match[1] or "", sql)


def _copy_comments(
    connection: duckdb.DuckDBPyConnection, source: str, schemas: Sequence[str], descriptions: Mapping[str, str]
) -> None:
    # One query and one text of all statements: a query for each column would take seconds.
    columns = connection.execute(
        "select schema_name, table_name, column_name, comment from duckdb_columns()"
        " where database_name = ? and not internal",
        [source],
    ).fetchall()
    table_comments = connection.execute(
        "select 'table', schema_name, table_name, comment from duckdb_tables()"
        " where database_name = $1 and comment is not null"
        " union all select 'view', schema_name, view_name, comment from duckdb_views()"
        " where database_name = $1 and comment is not null",
        [source],
    ).fetchall()
    statements = []
    for schema, table, column, own_comment in columns:
        keys = (f"{schema}.{table}.{column}", f"{schema}..{column}", column)
        comment = own_comment or next((descriptions[key] for key in keys if key in descriptions), None)
        if schema in schemas and comment is not None:
            name = ".".join(map(identifier, (schema, table, column)))
            statements.append(f"comment on column {name} is {literal(comment)}")
    for kind, schema, name, comment in table_comments:
        if schema in schemas:
            statements.append(f"comment on {kind} {identifier(schema)}.{identifier(name)} is {literal(comment)}")
    if statements:
        connection.execute("; ".join(statements))


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


def state_of_release(folder: Path, run_id: str) -> str:
    """In words, whether a run that did not end well has made a study's release, or left it as it was."""
    if not folder.exists():
        return "the study's folder is gone, and its release is not seen; connect its drive again or put it back"
    try:
        release = current_release(folder)
    except WarehouseError:
        return "the release is as it was"  # damaged, which the next run says
    if release is None:
        return "there is no release yet"
    return "its release is made" if release.get("run_id") == run_id else "the release is as it was"


def release_names(folder: Path) -> list[str]:
    """The names of a study folder's releases, oldest first."""
    folders = [path for path in (folder / "releases").glob("[!.]*") if (path / MANIFEST).exists()]
    return [path.name for path in sorted(folders, key=lambda path: (path / MANIFEST).stat().st_mtime_ns)]


def publish_release(
    folder: Path, name: str, manifest: dict[str, str], fill: Callable[[Path], None], *, links: bool = True
) -> Path:
    """Build a release with `fill`, write its manifest, and make it the current one. Returns its folder.

    Nothing changes for readers until everything is written. `name` is the release's folder name; a name that
    is already taken is an error of the caller (FileExistsError).
    """
    releases = folder / "releases"
    releases.mkdir(exist_ok=True)
    building = releases / f".building-{uuid.uuid4().hex}"
    building.mkdir()
    try:
        fill(building)
        _link_unchanged_files(building, folder)
        (building / MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        release = releases / name
        building.rename(release)
    except BaseException as error:
        if isinstance(error, Exception) and not building.exists():
            raise WarehouseError(
                f"{releases}: was gone while a release was written to it; connect its drive again or put it back, then run"
                " again"
            ) from error
        shutil.rmtree(building, ignore_errors=True)
        raise
    make_current(folder / "release", release, links=links)
    return release


def _link_unchanged_files(building: Path, folder: Path) -> None:
    """Replace files that are identical in the newest release by hard links to it, where the file system allows.

    All files of a release become read-only, except the database, which people open.
    """
    names = release_names(folder)
    for path in building.rglob("*"):
        if not path.is_file() or path.suffix == ".duckdb":
            continue
        set_mode(path, 0o444)
        earlier = folder / "releases" / names[-1] / path.relative_to(building) if names else None
        if earlier is not None and earlier.is_file() and filecmp.cmp(earlier, path, shallow=False):
            linked = path.with_name(f".{path.name}.linked")
            # Without hard links, or beyond their maximum number, there are two copies.
            with suppress(OSError):
                os.link(earlier, linked)
                set_mode(linked, 0o444)
                os.replace(linked, path)


def make_current(pointer: Path, target: Path, *, links: bool = True, replaces_folder: bool = False) -> None:
    """Let the pointer lead to the finished folder: a link, replaced in one step, or where links are not allowed a copy,
    exchanged by two renames. replaces_folder: a folder in the place of the link is moved away once; else it is
    exchanged."""
    new, old = (pointer.with_name(f"{pointer.name}.{ending}") for ending in ("new", "old"))
    link = pointer.with_name(f".release-{uuid.uuid4().hex}")
    is_folder = pointer.is_dir() and not pointer.is_symlink()
    try:
        if not links or (is_folder and not replaces_folder):
            raise OSError("links are not to be used here")
        os.symlink(os.path.relpath(target, pointer.parent), link, target_is_directory=True)
    except (OSError, NotImplementedError):
        for leftover in (new, old):
            shutil.rmtree(leftover, ignore_errors=True)
        partial = pointer.with_name(f".release-{uuid.uuid4().hex}")
        shutil.copytree(target, partial)
        partial.rename(new)
        if pointer.exists():
            pointer.rename(old)
        new.rename(pointer)
        shutil.rmtree(old, ignore_errors=True)
        return
    if is_folder:
        shutil.rmtree(old, ignore_errors=True)
        pointer.rename(old)
    os.replace(link, pointer)
    if is_folder:
        shutil.rmtree(old, ignore_errors=True)


def recover_pointer(pointer: Path) -> None:
    """Undo or finish what a run that was killed between two renames left; nothing where the pointer is there."""
    if pointer.exists() or pointer.is_symlink():
        return
    for ending in ("new", "old"):
        candidate = pointer.with_name(f"{pointer.name}.{ending}")
        if (candidate / MANIFEST).exists():
            candidate.rename(pointer)
            return


def recover_release(folder: Path) -> None:
    """Finish or undo what a killed run left behind, and make the newest release current if `release` is missing.

    Does nothing if all is well. Raises WarehouseError if `release` is a file or folder that is not a release.
    """
    pointer = folder / "release"
    recover_pointer(pointer)
    for leftover in (*folder.glob(".release-*"), *(folder / "releases").glob(".building-*")):
        if leftover.is_symlink():
            leftover.unlink()
        else:
            shutil.rmtree(leftover, ignore_errors=True)
    if (pointer / MANIFEST).exists():
        return
    if pointer.exists():
        raise WarehouseError(f"{pointer}: this is not a release ({MANIFEST} is missing); move it away, then run again")
    # The link or its target was deleted: the newest remaining release becomes current until there is a new one.
    if names := release_names(folder):
        make_current(pointer, folder / "releases" / names[-1])


def delete_release(folder: Path, name: str) -> None:
    """Delete a release that is not the current one. Raises OSError if one of its files is open, on Windows.

    It loses its name first: a kill leaves no half release, and what is left then goes with the next run (recover_release).
    """
    release = folder / "releases" / name
    unnamed = release.with_name(f".building-{name}")
    if release.exists():
        release.rename(unnamed)
    delete(unnamed)
