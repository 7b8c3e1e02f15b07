"""Tables as a study has them: without columns that no result fills, without tables that nothing fills, in the long form
where they are too wide, numbered in order.

Belongs here: leaving out and numbering. Does not belong here: layout (main_tables.py and its neighbours).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from dagster_project.results.column_lengths import fitting_across
from dagster_project.results.main_tables import Row, Table


def with_existing_columns(table: Table) -> Table:
    """The table without the columns in which no cell shows a result or a text. A result without a value is shown."""
    filled_rows = [row for row in table.rows if row.cells]
    kept_columns = [
        index
        for index in range(len(table.columns))
        if any(row.cells[index].text or row.cells[index].result_ids for row in filled_rows)
    ]
    if len(kept_columns) == len(table.columns) or not kept_columns:
        return table
    rows = tuple(
        Row(row.label, tuple(row.cells[index] for index in kept_columns)) if row.cells else row for row in table.rows
    )
    return replace(table, columns=tuple(table.columns[index] for index in kept_columns), rows=rows)


def existing_tables(tables: Iterable[Table]) -> list[Table]:
    """The tables that show something, without their empty columns, and in the long form where they do not fit across."""
    return [
        fitting_across(with_existing_columns(table))
        for table in tables
        if any(cell.text for row in table.rows for cell in row.cells)
    ]


def numbered(tables: Sequence[Table], prefix: str = "") -> list[Table]:
    """The tables with numbers from 1 on, e.g. S1, S2 with the prefix S."""
    return [replace(table, number=f"{prefix}{number}") for number, table in enumerate(tables, start=1)]
