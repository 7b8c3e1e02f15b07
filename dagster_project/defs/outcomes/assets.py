"""The outcomes: moments read from the marts, estimates computed, rows of `results` written, compared with the paper.

Belongs here: the edges of those computations. Does not belong here: a formula (statistics/), a table's layout (results/).
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pyarrow as pa

from dagster_project.audit import find_impossible
from dagster_project.defs.stamps import MARTS, stamp
from dagster_project.defs.study_run import StudyRun
from dagster_project.results import (
    PublishedValue,
    ResultRow,
    ResultsError,
    Table,
    attrition_results,
    change_results,
    characteristics_results,
    compare,
    flow_results,
    further_tables,
    imputation_results,
    item_results,
    leaver_results,
    measurement_results,
    mixed_results,
    norm_results,
    pattern_results,
    read_published,
    rejected_results,
    reliable_change_results,
    service_change_results,
    service_results,
    stability_results,
    summarise,
    summary_results,
    table_change,
    table_characteristics,
    table_service_use,
    table_summary,
    to_markdown,
)
from dagster_project.settings import Settings, read_settings
from dagster_project.study import Study
from dagster_project.warehouse import Warehouse, replace_rows, replace_table

#: What says when and under which plan a result was computed; the rest of a row is the result itself.
_STAMPS = ("run_id", "computed_at")
_RESULT = pa.schema(
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
Read = Callable[[str], list[dict[str, Any]]]


@dataclass(frozen=True)
class _Outcome:
    """One asset of results: what it reads, what it computes, and which of the tables show it.

    reads: marts. follows: other outcomes whose results it reads. analyses: the analyses whose rows it owns. warning: a check
    of its own, which warns and blocks nothing.
    """

    name: str
    description: str
    reads: tuple[str, ...]
    compute: Callable[[Study, Read], list[ResultRow]]
    analyses: tuple[str, ...]
    table: str
    follows: tuple[str, ...] = ()
    warning: "_Warning | None" = None


@dataclass(frozen=True)
class _Warning:
    """A check that names results whose note begins with words to look into. otherwise: what it says without any."""

    check: str
    description: str
    statistic: str
    notes: tuple[str, ...]
    otherwise: str

    def result(self, results: Sequence[ResultRow]) -> dg.AssetCheckResult:
        found = [row for row in results if row.statistic == self.statistic and (row.note or "").startswith(self.notes)]
        named = "; ".join(_named(row) for row in found[:5])
        more = f" (and {len(found) - 5} more)" if len(found) > 5 else ""
        return dg.AssetCheckResult(
            check_name=self.check,
            passed=not found,
            severity=dg.AssetCheckSeverity.WARN,
            description=named + more if found else self.otherwise,
            metadata={"results": [row.result_id for row in found]},
        )


def _named(row: ResultRow) -> str:
    where = row.wave or row.contrast
    value = f"{row.printed}, " if row.value is not None else ""
    return f"{row.category or row.outcome}{f' ({where})' if where else ''}: {value}{row.note}"


_OUTCOMES = (
    _Outcome(
        "characteristics", "Table 1: who the people are.", ("category_counts", "number_moments"),
        lambda study, read: characteristics_results(read("category_counts"), read("number_moments"), study),
        ("characteristics",), "characteristics",
    ),
    _Outcome(
        "service_use", "Table 2: services used.", ("service_counts",),
        lambda study, read: service_results(read("service_counts"), study),
        ("service_use",), "service_use",
    ),
    _Outcome(
        "service_change", "Use of services in two waves, of the same people.", ("service_pairs",),
        lambda study, read: service_change_results(read("service_pairs"), study),
        ("service_change",), "service_change",
    ),
    _Outcome(
        "summary", "Table 3: each scale in each wave.", ("scale_moments", "score_counts", "score_ledger"),
        lambda study, read: summary_results(read("scale_moments"), read("score_counts"), read("score_ledger"), study),
        ("summary", "norm"), "summary",
    ),
    _Outcome(
        "norm_difference", "Each scale in each wave against its norm, with equivalence.", ("scale_moments",),
        lambda study, read: norm_results(read("scale_moments"), study),
        ("norm_difference",), "norm_difference",
    ),
    _Outcome(
        "change", "Table 4: change over time, with intervals, named effect sizes, ranks, resampling, multiplicity.",
        ("change_moments", "change_counts"),
        lambda study, read: change_results(read("change_moments"), read("change_counts"), study),
        ("change",), "effect_sizes",
    ),
    _Outcome(
        "mixed", "All waves at once: a mixed model of each scale.", ("pattern_moments",),
        lambda study, read: mixed_results(read("pattern_moments"), study),
        ("mixed",), "all_waves",
        warning=_Warning(
            "models_converge", "Every scale's model converges.", "icc", ("the model does not converge",),
            "Every model converges.",
        ),
    ),
    _Outcome(
        "measurement", "How well the scales measure, and change beyond the error of measurement.",
        ("item_moments", "change_counts", "change_moments"),
        lambda study, read: [
            *measurement_results(read("item_moments"), study),
            *reliable_change_results(read("change_counts"), read("change_moments"), read("item_moments"), study),
        ],
        ("measurement", "reliable_change"), "measurement",
        warning=_Warning(
            "items_keyed", "No item looks as though it had not been reversed, or had one answer.", "item_rest",
            ("looks as though", "everybody gave"),
            "Every item goes with the others of its scale.",
        ),
    ),
    _Outcome(
        "items", "How each item was answered in each wave.", ("item_counts",),
        lambda study, read: item_results(read("item_counts"), study),
        ("items",), "measurement",
    ),
    _Outcome(
        "missing", "Who is missing: the study's flow, returns, who left, patterns, Little's test.",
        ("study_flow", "score_ledger", "leaver_moments", "pattern_moments", "rejected_counts"),
        lambda study, read: [
            *flow_results(read("study_flow"), study),
            *rejected_results(read("rejected_counts"), study),
            *attrition_results(read("score_ledger"), study),
            *leaver_results(read("leaver_moments"), study),
            *pattern_results(read("pattern_moments"), read("score_ledger"), study),
        ],
        ("flow", "rejected", "attrition", "leavers", "missingness"), "missing",
    ),
    _Outcome(
        "imputation", "Each contrast by multiple imputation: a sensitivity analysis.", ("pattern_moments",),
        lambda study, read: imputation_results(read("pattern_moments"), study),
        ("imputation",), "stability",
    ),
    _Outcome(
        "stability", "Whether other ways to the same question give the same answer.", (),
        lambda study, read: stability_results([ResultRow(**row) for row in read("results")], study),
        ("stability",), "stability", follows=("change", "mixed", "imputation"),
    ),
)  # fmt: skip
#: The names of the assets that write results.
OUTCOMES = tuple(one.name for one in _OUTCOMES)
_FIELDS = ", ".join(name for name in _RESULT.names if name not in (*_STAMPS, "plan_hash"))


@dg.definitions
def defs() -> dg.Definitions:
    return build(read_settings())


def read_results(warehouse: Warehouse) -> dict[str, ResultRow]:
    """All results by id, as the packages that lay out and compare them want them."""
    return {row["result_id"]: ResultRow(**row) for row in warehouse.rows(f"select {_FIELDS} from results.results")}


def laid_out(study: Study, results: Sequence[ResultRow]) -> list[Table]:
    """Every table of a study: Tables 1 to 4, and those one step behind them."""
    tables = [lay_out(study, results) for lay_out in (table_characteristics, table_service_use, table_summary, table_change)]
    return [*tables, *further_tables(study, results)]


def build(settings: Settings) -> dg.Definitions:
    """The outcomes of one study."""
    return dg.Definitions(assets=[*(_outcome(settings, one) for one in _OUTCOMES), _reproduction(settings)])


def published_values(study: Study) -> tuple[PublishedValue, ...]:
    """The printed numbers of the published table; none where the protocol declares no table."""
    if study.protocol.published is None:
        return ()
    try:
        return read_published(study.folder / study.protocol.published.file)
    except (ResultsError, OSError) as error:
        raise dg.Failure(str(error), allow_retries=False) from None


def _outcome(settings: Settings, one: _Outcome) -> dg.AssetsDefinition:
    warehouse = Warehouse(settings.warehouse_file)
    key = dg.AssetKey(["results", one.name])
    warning = one.warning

    def read(table: str) -> list[dict[str, Any]]:
        if table == "results":
            return warehouse.rows(f"select {_FIELDS} from results.results")
        return warehouse.rows(f"select * from marts.{table} order by all")

    @dg.asset(
        key=key,
        deps=[
            dg.AssetKey("codebook"),
            *(dg.AssetKey(["marts", mart]) for mart in one.reads),
            *(dg.AssetKey(["results", name]) for name in one.follows),
        ],
        group_name="outcomes",
        kinds={"python", "scipy", "duckdb"},
        owners=["team:statistics"],
        description=one.description,
        check_specs=[
            dg.AssetCheckSpec("ids_unique", asset=key, blocking=True, description="Each result has its own id."),
            dg.AssetCheckSpec("values_or_notes", asset=key, blocking=True, description="A result without a value says why."),
            *([dg.AssetCheckSpec(warning.check, asset=key, description=warning.description)] if warning else []),
        ],
    )
    def outcome(study_run: dg.ResourceParam[StudyRun]) -> dg.MaterializeResult:
        study = study_run.study()
        results = one.compute(study, read)
        _write(warehouse, one, results, study, study_run.run_id)
        checks = [*_checks(results), *([warning.result(results)] if warning else [])]
        return dg.MaterializeResult(metadata=_metadata(one, study, results), check_results=checks)

    return outcome


def _write(warehouse: Warehouse, one: _Outcome, results: Sequence[ResultRow], study: Study, run_id: str) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    computed = {"plan_hash": study.protocol.plan_hash, "run_id": run_id, "computed_at": now}
    table = pa.Table.from_pylist([asdict(row) | computed for row in results], schema=_RESULT)
    with warehouse.transaction() as connection:
        stamp(connection, one.name, (MARTS, *one.follows), study, run_id)
        replace_rows(connection, "results", "results", table, ("analysis", one.analyses), key="result_id", stamps=_STAMPS)


def _metadata(one: _Outcome, study: Study, results: Sequence[ResultRow]) -> dict[str, Any]:
    # A table of its own for each contrast is named after it.
    every = laid_out(study, results)
    tables = [table for table in every if table.name == one.table or table.name.startswith(f"{one.table}_")]
    shown = [f"**{table.title}**\n\n{to_markdown(table)}" for table in tables]
    return {
        "table": dg.MetadataValue.md("\n\n".join(shown) or "Nothing to show."),
        "results": len(results),
        "without a value": sum(row.value is None for row in results),
        "analysis plan": study.protocol.plan_hash,
        "read from": ", ".join([f"marts.{mart}" for mart in one.reads] + [f"results/{name}" for name in one.follows]),
    }


def _checks(results: Sequence[ResultRow]) -> list[dg.AssetCheckResult]:
    ids = [row.result_id for row in results]
    twice = sorted({one for one in ids if ids.count(one) > 1}) if len(set(ids)) < len(ids) else []
    silent = [row.result_id for row in results if row.value is None and not row.note]
    return [
        dg.AssetCheckResult(
            check_name="ids_unique",
            passed=not twice,
            severity=dg.AssetCheckSeverity.ERROR,
            description=f"{twice[0]} stands twice" if twice else f"{len(results)} results, each with its own id",
        ),
        dg.AssetCheckResult(
            check_name="values_or_notes",
            passed=not silent,
            severity=dg.AssetCheckSeverity.ERROR,
            description=f"{silent[0]} has neither a value nor a note" if silent else "No result is silent.",
        ),
    ]


def _reproduction(settings: Settings) -> dg.AssetsDefinition:
    key = dg.AssetKey(["results", "reproduction"])
    analyses = ("characteristics", "service_use", "summary", "change")

    @dg.asset(
        key=key,
        deps=[dg.AssetKey(["results", name]) for name in analyses],
        group_name="outcomes",
        kinds={"python", "duckdb"},
        owners=["team:statistics"],
        description="Every printed number of the published tables beside the warehouse's, with a verdict.",
        check_specs=[
            dg.AssetCheckSpec("nothing_differs", asset=key, description="Every possible printed number is reproduced.")
        ],
    )
    def reproduction(study_run: dg.ResourceParam[StudyRun]) -> dg.MaterializeResult:
        study = study_run.study()
        warehouse = Warehouse(settings.warehouse_file)
        published = published_values(study)
        found = compare(published, read_results(warehouse), study, find_impossible(published, study))
        schema = pa.schema([(name, _ARROW[kind]) for name, kind in _REPRODUCTION])
        table = pa.Table.from_pylist([asdict(entry) for entry in found], schema=schema)
        with warehouse.transaction() as connection:
            connection.execute("create schema if not exists results")
            replace_table(connection, "results", "reproduction", table)
            stamp(connection, "reproduction", analyses, study, study_run.run_id)
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
