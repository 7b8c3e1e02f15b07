"""Results in the warehouse: the one table `results.results`, read and written.

Belongs here: which rows an analysis owns, what a run adds to them. Does not belong here: what a result is (results/).
"""

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime

from dagster_project.results import (
    EXTENSION_STATISTICS_TABLE,
    RESULTS_TABLE,
    ExtensionStatisticRow,
    OwnStatistics,
    ResultRow,
)
from dagster_project.stamps import stamp
from dagster_project.study import Study
from dagster_project.warehouse import Warehouse, identifier, literal, replace_rows

#: The run that computed a result: not part of what the result says.
_RUN_COLUMNS = ("run_id", "computed_at")
_FIELDS = ", ".join(field.name for field in fields(ResultRow))


def read_results(warehouse: Warehouse) -> dict[str, ResultRow]:
    """All results by id, as the packages that lay out and compare them want them."""
    rows = warehouse.rows_as(ResultRow, f"select {_FIELDS} from results.results")
    return {row.result_id: row for row in rows}


def read_own_statistics(warehouse: Warehouse) -> OwnStatistics:
    """The statistics of the study's own analyses by analysis and name; none where none was computed yet."""
    table = EXTENSION_STATISTICS_TABLE.name
    is_there = f"select 1 from duckdb_tables() where schema_name = 'results' and table_name = '{table}'"
    if not warehouse.path.exists() or not warehouse.rows(is_there):
        return {}
    rows = warehouse.rows_as(ExtensionStatisticRow, f"from {EXTENSION_STATISTICS_TABLE.full_name}")
    return {(row.analysis, row.statistic): row.registered for row in rows}


def write_results(
    warehouse: Warehouse,
    name: str,
    description: str,
    analyses: Sequence[str],
    results: Sequence[ResultRow],
    computed_from: Sequence[str],
    study: Study,
    run_id: str,
) -> None:
    """Replace the results of some analyses by those of this run, stamped as `name` with what they were computed from.

    description: of the view results.<name>, which shows them.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    table = RESULTS_TABLE.to_arrow(results, plan_hash=study.protocol.plan_hash, run_id=run_id, computed_at=now)
    with warehouse.transaction() as connection:
        stamp(connection, name, computed_from, study, run_id)
        replace_rows(
            connection, "results", "results", table, ("analysis", analyses), key=RESULTS_TABLE.key[0], stamps=_RUN_COLUMNS
        )
        # The asset of these results is a table, too: its rows of the one table of all results.
        view, analysis_list = f"results.{identifier(name)}", ", ".join(map(literal, analyses))
        connection.execute(
            f"create or replace view {view} as select * from results.results where analysis in ({analysis_list})"
        )
        connection.execute(f"comment on view {view} is {literal(description)}")
