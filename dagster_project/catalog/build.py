"""The catalogue's file: the tables of all releases under one another, written whole or not at all.

Belongs here: building the file, and leaving out what cannot be read. Does not belong here: what is in the tables
(tables.py).
"""

import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dagster_project.catalog.instruments import SCALE_STATISTICS_VIEW
from dagster_project.catalog.releases import CatalogedRelease, LeftOut, releases_of
from dagster_project.catalog.tables import CATALOG_TABLES, LEFT_OUT, RELEASES, SOURCE, CatalogTable
from dagster_project.file_modes import set_mode
from dagster_project.table_spec import TableSpec
from dagster_project.warehouse import Connection, Warehouse, WarehouseError, literal, replace_table


@dataclass(frozen=True)
class Catalog:
    """A catalogue that was made: its file, the releases in it, and the studies that it has nothing of."""

    file: Path
    releases: Sequence[CatalogedRelease]
    left_out: Sequence[LeftOut]


def build_catalog(paths: Iterable[Path], file: Path, *, is_public: bool) -> Catalog:
    """Make the catalogue of the studies' current releases as a DuckDB file, in the place of one that is there.

    paths: study folders, or releases. What has no release that can be taken is left out, and named in the catalogue. Raises
    WarehouseError where the file's place holds something else, or nothing can be taken.
    """
    candidates, left_out = releases_of(paths, is_public=is_public)
    releases: list[CatalogedRelease] = []
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".catalog-", dir=file.parent) as temporary:
        partial = Path(temporary) / file.name
        if file.exists() and not _is_catalog(file, partial):
            raise WarehouseError(f"{file}: this file is no catalogue, and is not replaced; give another name with --out")
        for release in candidates:
            try:
                _add(partial, release)
                releases.append(release)
            except WarehouseError as error:
                left_out.append(LeftOut(release.path, str(error)))
        if not releases:
            reasons = "; ".join(entry.reason for entry in left_out)
            raise WarehouseError(f"no release can be taken into a catalogue: {reasons}" if reasons else "no study was given")
        _finish(partial, left_out)
        set_mode(partial, 0o444)
        os.replace(partial, file)
    return Catalog(file, releases, left_out)


def _add(partial: Path, release: CatalogedRelease) -> None:
    """Add a release's rows: of all tables, or of none."""
    with Warehouse(partial).connect() as connection:
        for table in CATALOG_TABLES:
            connection.execute(table.spec.create_sql())
        connection.execute(RELEASES.create_sql())
        if not release.is_public:
            _attach(connection, release)
        connection.begin()
        try:
            for table in CATALOG_TABLES:
                _add_rows(connection, table, release)
            _add_release(connection, release)
        except Exception as error:
            connection.rollback()
            raise WarehouseError(
                f"{release.path}: the release cannot be read ({' '.join(str(error).split())}); take another copy of it,"
                " or run the study again"
            ) from None
        else:
            connection.commit()
        finally:
            if not release.is_public:
                connection.execute(f"detach {SOURCE}")


def _attach(connection: Connection, release: CatalogedRelease) -> None:
    try:
        connection.execute(f"attach {literal(str(release.database))} as {SOURCE} (read_only)")
    except Exception as error:
        raise WarehouseError(
            f"{release.path}: the release cannot be opened ({' '.join(str(error).split())}); take another copy of it"
        ) from None


def _add_rows(connection: Connection, table: CatalogTable, release: CatalogedRelease) -> None:
    query = table.public_query if release.is_public else table.team_query
    if query is None:
        return
    parameters = {"study": release.study, "release": release.release}
    for name, path in (("results", release.results_file), ("codebook", release.codebook_file)):
        if f"${name}" in query:
            parameters[name] = str(path)
    insert = f"insert into {table.spec.name} by name select $study as study, $release as release, * from ({query})"
    connection.execute(insert, parameters)


def _add_release(connection: Connection, release: CatalogedRelease) -> None:
    title = f"(select any_value(title) from {SOURCE}.codebook.study)" if not release.is_public else "null"
    manifest = release.manifest
    connection.execute(
        f"insert into {RELEASES.name} select $study, $release, {title}, $kind, $released_at, $format, $definitions, $folder",
        {
            "study": release.study,
            "release": release.release,
            "kind": "public" if release.is_public else "team",
            "released_at": manifest["released_at"],
            "format": int(manifest.get("format", "1")),
            "definitions": manifest.get("definitions"),
            "folder": str(release.folder),
        },
    )


def _finish(partial: Path, left_out: Sequence[LeftOut]) -> None:
    """What is said about the catalogue as a whole: what it lacks, the view of scales, the words of its columns."""
    with Warehouse(partial).transaction() as connection:
        rows = LEFT_OUT.to_arrow({"folder": str(entry.path), "reason": entry.reason} for entry in left_out)
        replace_table(connection, LEFT_OUT.schema, LEFT_OUT.name, rows)
        connection.execute(SCALE_STATISTICS_VIEW)
        for spec in (RELEASES, LEFT_OUT, *(table.spec for table in CATALOG_TABLES)):
            _comment(connection, spec)


def _comment(connection: Connection, spec: TableSpec) -> None:
    connection.execute(f"comment on table {spec.name} is {literal(spec.description)}")
    for column in spec.columns:
        connection.execute(f"comment on column {spec.name}.{column.name} is {literal(column.description)}")


def _is_catalog(file: Path, partial: Path) -> bool:
    """Whether a file is a catalogue, looked at from another one: what cannot be opened stays as it is."""
    with Warehouse(partial).connect() as connection:
        try:
            connection.execute(f"attach {literal(str(file))} as present_file (read_only)")
            names = connection.execute("select table_name from duckdb_tables() where database_name = 'present_file'")
            tables = {str(name) for (name,) in names.fetchall()}
            connection.execute("detach present_file")
        except Exception:
            return False
    return {RELEASES.name, LEFT_OUT.name} <= tables
