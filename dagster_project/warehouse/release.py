"""Releases: finished copies, swapped in whole.

Belongs here: building a release beside the current one, moving the pointer, keeping the last few. Does not belong
here: what a release contains beyond schemas of the working file (the caller fills in the rest).

Each release is a folder below `releases/`, never changed once it has its name. `release` is a symbolic link to the
current one, replaced by one `os.replace`, so a reader sees wholly the old or wholly the new release. Where links are
not allowed (Windows without developer mode), `release` is a folder, exchanged by two renames; a run that was killed
between the two is healed by `recover_release`, which every run calls first.
"""

import json
import os
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import duckdb

from dagster_project.warehouse.working_file import _SETTINGS, identifier, literal

MANIFEST = "manifest.json"
_KEPT = 5


def copy_schemas(
    working_file: Path, target: Path, schemas: Sequence[str], descriptions: Mapping[str, str] | None = None
) -> None:
    """Copy tables and views of some schemas of the working file into a new DuckDB file, with their columns' comments.

    descriptions: by schema.table.column, schema..column (of any table) or column, the comment of a column that has none.
    """
    with duckdb.connect(str(target), config=dict(_SETTINGS)) as connection:
        connection.execute(f"attach {literal(str(working_file))} as working (read_only)")
        for schema in schemas:
            connection.execute(f"create schema {identifier(schema)}")
            tables = connection.execute(
                "select table_name from duckdb_tables() where database_name = 'working' and schema_name = ?"
                " order by table_name",
                [schema],
            ).fetchall()
            for (table,) in tables:
                name = f"{identifier(schema)}.{identifier(table)}"
                connection.execute(f"create table {name} as select * from working.{name}")
        for schema in schemas:
            views = connection.execute(
                "select view_name, sql from duckdb_views() where database_name = 'working' and schema_name = ?"
                " and not internal order by view_name",
                [schema],
            ).fetchall()
            for _, sql in views:
                # A view must not name the file it was made in: the release is attached under any name people like.
                connection.execute(sql.replace(f"{identifier(working_file.stem)}.", "").replace(f"{working_file.stem}.", ""))
        _copy_comments(connection, schemas, descriptions or {})
        connection.execute("detach working")
        connection.execute("checkpoint")


def _copy_comments(connection: duckdb.DuckDBPyConnection, schemas: Sequence[str], descriptions: Mapping[str, str]) -> None:
    # Asked once and written in one transaction: a question and a commit a column took seconds.
    columns = connection.execute(
        "select schema_name, table_name, column_name, comment from duckdb_columns()"
        " where database_name = 'working' and not internal"
    ).fetchall()
    connection.execute("begin")
    for schema, table, column, standing in columns:
        places = (f"{schema}.{table}.{column}", f"{schema}..{column}", column)
        comment = standing or next((descriptions[place] for place in places if place in descriptions), None)
        if schema in schemas and comment is not None:
            name = ".".join(map(identifier, (schema, table, column)))
            connection.execute(f"comment on column {name} is {literal(comment)}")
    connection.execute("commit")


def current_release(folder: Path) -> dict[str, str] | None:
    """The manifest of a study folder's current release, or None when there is none."""
    manifest = folder / "release" / MANIFEST
    if not manifest.exists():
        return None
    content: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8"))
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
        (building / MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        finished = releases / name
        building.rename(finished)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    _point_at(folder, finished, links=links)
    _forget_old(folder, finished)
    return finished


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
    """Finish or undo what a killed run left behind. Harmless when nothing was left."""
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


def _forget_old(folder: Path, current: Path) -> None:
    """Keep the last few releases. One that a reader still holds open on Windows stays until the next run."""
    finished = [folder / "releases" / name for name in release_names(folder)]
    for path in finished[:-_KEPT]:
        if path != current:
            with suppress(OSError):
                shutil.rmtree(path)
