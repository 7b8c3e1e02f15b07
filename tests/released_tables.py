"""A released file with its views as tables, for tests that trace many results: the rows are the same, and DuckDB need not put
together a query of a part for each item of the study every time. Nothing else belongs here."""

from pathlib import Path

import duckdb

from dagster_project.release.contents import add_trace
from dagster_project.warehouse import Connection, identifier, literal


def released_tables(file: Path) -> Connection:
    """An open database in memory with all that a released file holds, and its macro `trace`."""
    connection = duckdb.connect()
    connection.execute(f"attach {literal(str(file))} as released (read_only)")
    relations = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'released'"
        " union all select schema_name, view_name from duckdb_views() where database_name = 'released' and not internal"
    ).fetchall()
    for schema in sorted({schema for schema, _ in relations}):
        connection.execute(f"create schema if not exists {identifier(schema)}")
    connection.execute("use released")
    for schema, name in relations:
        table = f"{identifier(schema)}.{identifier(name)}"
        connection.execute(f"create table memory.{table} as from released.{table}")
    connection.execute("use memory; detach released")
    add_trace(connection)
    return connection
