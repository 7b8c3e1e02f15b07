"""A released file with its views as tables, for tests that trace many results: the rows are the same, and DuckDB need not put
together a query of a part for each item of the study every time. Nothing else belongs here."""

from pathlib import Path

import duckdb

from dagster_project.results import GatedItem, ScaleItem, ScalePart, trace_sql
from dagster_project.warehouse import Connection, identifier, literal, rows_as


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
    parts = rows_as(connection, ScalePart, "select scale, part from codebook.scale_parts order by scale, part_order")
    items = rows_as(connection, ScaleItem, "select scale, item from codebook.scale_items order by scale, item_order")
    gates = rows_as(connection, GatedItem, "select item, gate from codebook.item_gates order by item, condition_order")
    connection.execute(trace_sql(parts, items, gates))
    return connection
