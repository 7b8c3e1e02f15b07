"""Tables and figures of a study's own: whether each can be made of the results, recorded beside its models and analyses.

Belongs here: that record. Does not belong here: layout (results/own_tables.py), drawing (report/figures/), models and
analyses (extensions/).
"""

from collections.abc import Sequence

from dagster_project.outcomes.store import read_own_statistics, read_results
from dagster_project.results import (
    EXTENSIONS_TABLE,
    IN_RELEASE,
    LACKING,
    ExtensionRow,
    figure_layouts,
    figure_part,
    own_layouts,
    table_part,
    table_results,
)
from dagster_project.study import Study
from dagster_project.warehouse import Warehouse, replace_rows

OWN_TABLES = "own_tables"


def judge_own_tables(warehouse: Warehouse, study: Study) -> Sequence[ExtensionRow]:
    """Lay out every table and figure of the study's own, and write which the release will lack, and why."""
    if not study.tables.tables and not study.tables.figures:
        return ()
    results = list(read_results(warehouse).values())
    faults = dict(own_layouts(study, table_results(study, results)).faults)
    faults |= figure_layouts(study, results, read_own_statistics(warehouse))[1]
    parts = [(table_part(table.table), "table") for table in study.tables.tables]
    parts += [(figure_part(figure.figure), "figure") for figure in study.tables.figures]
    rows = [ExtensionRow(part, kind, LACKING if part in faults else IN_RELEASE, faults.get(part)) for part, kind in parts]
    with warehouse.transaction() as connection:
        table = EXTENSIONS_TABLE.to_arrow(rows)
        replace_rows(connection, "results", EXTENSIONS_TABLE.name, table, ("kind", ("table", "figure")))
    return rows


def lacking_parts(warehouse: Warehouse) -> list[ExtensionRow]:
    """What the study adds of its own and a release of the file lacks."""
    return warehouse.rows_as(ExtensionRow, f"from results.extensions where state = '{LACKING}' order by part")
