"""Tables and views of a DuckDB file, copied into a lake: inside the caller's transaction.

Belongs here: copying schemas. Does not belong here: which release that is (lake_releases.py), attaching a lake (lake.py).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dagster_project.warehouse.lake import LAKE_DATABASE, Lake
from dagster_project.warehouse.release import create_in_order, without_catalog
from dagster_project.warehouse.working_file import Connection, identifier, literal

#: The database name under which a file is attached.
SOURCE_DATABASE = "file_to_copy"


@contextmanager
def copied_from(connection: Connection, file: Path) -> Iterator[None]:
    """Attach a file for one transaction in the lake: all of it is written, or nothing."""
    connection.execute(f"attach {literal(str(file))} as {SOURCE_DATABASE} (read_only)")
    connection.execute("begin")
    yield
    connection.execute("commit")
    connection.execute(f"detach {SOURCE_DATABASE}")


def copy_schemas_to_lake(connection: Connection, schemas: Sequence[str] | None = None) -> None:
    """Every table and view of schemas of the attached file, all by default; what the file has no longer leaves."""
    tables, target_tables = (
        relations(connection, "table", database, schemas) for database in (SOURCE_DATABASE, LAKE_DATABASE)
    )
    views = relations(connection, "view", SOURCE_DATABASE, schemas)
    for schema, name in relations(connection, "view", LAKE_DATABASE, schemas):
        connection.execute(f"drop view {full_name(LAKE_DATABASE, schema, name)}")
    for schema, name in target_tables.keys() - tables.keys() - {("main", "releases")}:
        connection.execute(f"drop table {full_name(LAKE_DATABASE, schema, name)}")
    schema_names = {schema for schema, _ in (*tables, *views)}
    for schema in {schema for schema, _ in target_tables} - schema_names - {"main"}:
        connection.execute(f"drop schema {identifier(LAKE_DATABASE)}.{identifier(schema)}")
    for schema in sorted(schema_names):
        connection.execute(f"create schema if not exists {identifier(LAKE_DATABASE)}.{identifier(schema)}")
    for schema, name in tables:
        connection.execute(
            f"create or replace table {full_name(LAKE_DATABASE, schema, name)} as"
            f" from {full_name(SOURCE_DATABASE, schema, name)}"
        )
    create_in_order(connection, [without_catalog(sql, SOURCE_DATABASE) for sql in views.values()])


def copy_to_lake(lake: Lake, file: Path, schemas: Sequence[str]) -> None:
    """Copy schemas of a file into a lake, in one transaction."""
    with lake.connect(writes=True) as connection, copied_from(connection, file):
        copy_schemas_to_lake(connection, schemas)


def forget_earlier_states(lake: Lake) -> None:
    """Of a lake in which nothing but its current state is kept: earlier ones leave, and their files at once."""
    database = literal(LAKE_DATABASE)
    with lake.connect(writes=True) as connection:
        connection.execute(f"call ducklake_expire_snapshots({database}, older_than => now())")
        connection.execute(f"call ducklake_cleanup_old_files({database}, cleanup_all => true)")


def relations(
    connection: Connection, kind: str, database: str, schemas: Sequence[str] | None = None
) -> dict[tuple[str, str], str]:
    """The tables or views of a database by schema and name, with their SQL."""
    condition = "" if schemas is None else f" and schema_name in ({', '.join(map(literal, schemas))})"
    return {
        (schema, name): sql
        for schema, name, sql in connection.execute(
            f"select schema_name, {kind}_name, sql from duckdb_{kind}s() where database_name = ? and not internal{condition}"
            f" order by schema_name, {kind}_name",
            [database],
        ).fetchall()
    }


def full_name(database: str, schema: str, name: str) -> str:
    return ".".join(map(identifier, (database, schema, name)))
