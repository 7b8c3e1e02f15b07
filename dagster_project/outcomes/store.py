"""Results in the warehouse: the one table `results.results`, read and written.

Belongs here: its columns as stored, which rows an analysis owns. Does not belong here: what a result is (results/).
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import pyarrow as pa

from dagster_project.results import ResultRow
from dagster_project.stamps import stamp
from dagster_project.study import Study
from dagster_project.warehouse import Warehouse, identifier, literal, replace_rows

#: What says when and under which plan a result was computed; the rest of a row is the result itself.
_RUN_COLUMNS = ("run_id", "computed_at")
_RESULTS = pa.schema(
    [
        *((name, pa.string()) for name in ("result_id", "analysis", "outcome", "category", "wave", "contrast", "statistic")),
        ("value", pa.float64()),
        ("n", pa.int64()),
        *((name, pa.string()) for name in ("method", "unit", "printed", "note")),
        *((name, pa.float64()) for name in ("df", "level")),
        *((name, pa.string()) for name in ("role", "family", "plan_hash", "run_id")),
        ("computed_at", pa.timestamp("us")),
    ]
)
_FIELDS = ", ".join(name for name in _RESULTS.names if name not in (*_RUN_COLUMNS, "plan_hash"))


def read_results(warehouse: Warehouse) -> dict[str, ResultRow]:
    """All results by id, as the packages that lay out and compare them want them."""
    rows = warehouse.rows(f"select {_FIELDS} from results.results")
    return {row["result_id"]: ResultRow(**row) for row in rows}


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
    run_columns = {"plan_hash": study.protocol.plan_hash, "run_id": run_id, "computed_at": now}
    table = pa.Table.from_pylist([asdict(row) | run_columns for row in results], schema=_RESULTS)
    with warehouse.transaction() as connection:
        stamp(connection, name, computed_from, study, run_id)
        replace_rows(connection, "results", "results", table, ("analysis", analyses), key="result_id", stamps=_RUN_COLUMNS)
        # The asset of these results is a table, too: its rows of the one table of all results.
        view, analysis_list = f"results.{identifier(name)}", ", ".join(map(literal, analyses))
        connection.execute(
            f"create or replace view {view} as select * from results.results where analysis in ({analysis_list})"
        )
        connection.execute(f"comment on view {view} is {literal(description)}")
