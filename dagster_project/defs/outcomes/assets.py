"""The outcomes: moments read from the marts, estimates computed, rows of `results` written, compared with the paper.

Belongs here: the edges of those computations. Does not belong here: a formula (statistics/), a table's layout (results/).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pyarrow as pa

from dagster_project.audit import find_impossible
from dagster_project.results import (
    Reproduction,
    ResultRow,
    ResultsError,
    Table,
    change_results,
    characteristics_results,
    compare,
    read_published,
    service_results,
    summarise,
    summary_results,
    table_change,
    table_characteristics,
    table_service_use,
    table_summary,
    to_markdown,
)
from dagster_project.settings import Settings, read_settings
from dagster_project.study import Study, StudyError, read_study
from dagster_project.warehouse import Warehouse, replace_rows, replace_table

_STAMPS = ("run_id", "computed_at")
_RESULT = pa.schema(
    [
        *((name, pa.string()) for name in ("result_id", "analysis", "outcome", "category", "wave", "contrast", "statistic")),
        ("value", pa.float64()),
        ("n", pa.int64()),
        *((name, pa.string()) for name in ("method", "unit", "printed", "note", "run_id")),
        ("computed_at", pa.timestamp("us")),
    ]
)


@dg.definitions
def defs() -> dg.Definitions:
    return build(read_settings())


def read_results(warehouse: Warehouse) -> dict[str, ResultRow]:
    """All results by id, as the packages that lay out and compare them want them."""
    fields = ", ".join(name for name in _RESULT.names if name not in _STAMPS)
    return {row["result_id"]: ResultRow(**row) for row in warehouse.rows(f"select {fields} from results.results")}


def build(settings: Settings) -> dg.Definitions:
    """The outcomes of one study."""
    warehouse = Warehouse(settings.warehouse_file)

    def moments(table: str) -> list[dict[str, Any]]:
        return warehouse.rows(f"select * from marts.{table}")

    computed = [
        _outcome(
            settings, "characteristics", "Table 1: who the people are.", ["category_counts", "number_moments"],
            lambda study: characteristics_results(moments("category_counts"), moments("number_moments"), study),
            table_characteristics,
        ),
        _outcome(
            settings, "service_use", "Table 2: services used.", ["service_counts"],
            lambda study: service_results(moments("service_counts"), study),
            table_service_use,
        ),
        _outcome(
            settings, "summary", "Table 3: each scale in each wave, beside its norm.", ["scale_moments"],
            lambda study: summary_results(moments("scale_moments"), study),
            table_summary,
        ),
        _outcome(
            settings, "change", "Table 4: change over time, with intervals and effect sizes.", ["change_moments"],
            lambda study: change_results(moments("change_moments"), study),
            table_change,
        ),
    ]  # fmt: skip
    return dg.Definitions(assets=[*computed, _reproduction(settings)])


def _study(settings: Settings) -> Study:
    try:
        return read_study(settings.study_folder)
    except StudyError as error:
        raise dg.Failure(str(error), allow_retries=False) from None


def _outcome(
    settings: Settings,
    name: str,
    description: str,
    marts: Sequence[str],
    compute: Callable[[Study], list[ResultRow]],
    lay_out: Callable[[Study, Iterable[ResultRow]], Table],
) -> dg.AssetsDefinition:
    deps = [dg.AssetKey(["marts", mart]) for mart in marts]

    @dg.asset(
        key=["results", name],
        deps=[dg.AssetKey("codebook"), *deps],
        group_name="outcomes",
        kinds={"python", "scipy", "duckdb"},
        owners=["team:statistics"],
        pool="warehouse",
        description=description,
        check_specs=[
            dg.AssetCheckSpec(
                "ids_unique", asset=["results", name], blocking=True, description="Each result has its own id."
            )
        ],
    )
    def outcome(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        study = _study(settings)
        results = compute(study)
        ids = [row.result_id for row in results]
        stamp = {"run_id": context.run.run_id, "computed_at": datetime.now(UTC).replace(tzinfo=None)}
        table = pa.Table.from_pylist([asdict(row) | stamp for row in results], schema=_RESULT)
        analyses = sorted({row.analysis for row in results} | {name})
        with Warehouse(settings.warehouse_file).transaction() as connection:
            replace_rows(connection, "results", "results", table, ("analysis", analyses), key="result_id", stamps=_STAMPS)
        twice = sorted({result_id for result_id in ids if ids.count(result_id) > 1}) if len(set(ids)) < len(ids) else []
        return dg.MaterializeResult(
            metadata={
                "table": dg.MetadataValue.md(to_markdown(lay_out(study, results))),
                "results": len(results),
                "without a value": sum(row.value is None for row in results),
                "read from": ", ".join(f"marts.{mart}" for mart in marts),
            },
            check_results=[
                dg.AssetCheckResult(
                    check_name="ids_unique",
                    passed=not twice,
                    severity=dg.AssetCheckSeverity.ERROR,
                    description=f"{twice[0]} stands twice" if twice else f"{len(results)} results, each with its own id",
                )
            ],
        )

    return outcome


def _reproduction(settings: Settings) -> dg.AssetsDefinition:
    key = dg.AssetKey(["results", "reproduction"])
    analyses = ("characteristics", "service_use", "summary", "change")

    @dg.asset(
        key=key,
        deps=[dg.AssetKey(["results", name]) for name in analyses],
        group_name="outcomes",
        kinds={"python", "duckdb"},
        owners=["team:statistics"],
        pool="warehouse",
        description="Every printed number of the published tables beside the warehouse's, with a verdict.",
        check_specs=[
            dg.AssetCheckSpec("nothing_differs", asset=key, description="Every possible printed number is reproduced.")
        ],
    )
    def reproduction() -> dg.MaterializeResult:
        study = _study(settings)
        warehouse = Warehouse(settings.warehouse_file)
        found: list[Reproduction] = []
        if study.protocol.published is not None:
            try:
                published = read_published(study.folder / study.protocol.published.file)
            except (ResultsError, OSError) as error:
                raise dg.Failure(str(error), allow_retries=False) from None
            found = compare(published, read_results(warehouse), study, find_impossible(published, study))
        schema = pa.schema([(name, _ARROW[kind]) for name, kind in _REPRODUCTION])
        table = pa.Table.from_pylist([asdict(entry) for entry in found], schema=schema)
        with warehouse.transaction() as connection:
            connection.execute("create schema if not exists results")
            replace_table(connection, "results", "reproduction", table)
        counts = {verdict: sum(e.verdict == verdict for e in found) for verdict in ("reproduced", "impossible", "differs")}
        return dg.MaterializeResult(
            metadata={
                "summary": dg.MetadataValue.md(summarise(found) if found else "No published table is declared."),
                "printed values": len(found),
                **counts,
            },
            check_results=[
                dg.AssetCheckResult(
                    check_name="nothing_differs",
                    passed=counts["differs"] == 0,
                    severity=dg.AssetCheckSeverity.WARN,
                    description=f"{counts['reproduced']} of {len(found)} printed values reproduced,"
                    f" {counts['impossible']} impossible, {counts['differs']} differ",
                )
            ],
        )

    return reproduction


_ARROW = {"text": pa.string(), "whole": pa.int64(), "number": pa.float64()}
_REPRODUCTION = (
    ("line", "whole"),
    ("table", "text"),
    ("row", "whole"),
    ("section", "text"),
    ("label", "text"),
    ("timepoint", "text"),
    ("statistic", "text"),
    ("printed", "text"),
    ("result_id", "text"),
    ("computed", "number"),
    ("computed_printed", "text"),
    ("verdict", "text"),
    ("reason", "text"),
)
