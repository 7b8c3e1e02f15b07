"""Tables as a study has them: without what a wave does not ask, columns that no result fills and tables that nothing fills,
in the long form where they are too wide, numbered in order.

Belongs here: leaving out and numbering. Does not belong here: layout (main_tables.py and its neighbours).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from dagster_project.results.column_lengths import fitting_across
from dagster_project.results.main_tables import Row, Table
from dagster_project.results.result_row import ResultRow
from dagster_project.study import Study


def table_results(study: Study, results: Iterable[ResultRow]) -> list[ResultRow]:
    """The results that tables show: all but those of a measure in a wave that does not ask it, or in a contrast with one.
    There is nobody and nothing in these, and no cell says so."""
    ends = {contrast.contrast: (contrast.baseline, contrast.followup) for contrast in study.protocol.contrasts}

    def is_asked(row: ResultRow) -> bool:
        waves = ends.get(row.contrast, ()) if row.contrast is not None else (row.wave,) if row.wave is not None else ()
        return all(study.asks(row.outcome, wave) for wave in waves)

    return [row for row in results if is_asked(row)]


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
