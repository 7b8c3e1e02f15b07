"""The audit asset: our own results and the published table under one set of rules, before anything is released.

Belongs here: the edge of that. Does not belong here: a rule (audit/).
"""

import dagster as dg
import pyarrow as pa

from dagster_project.audit import (
    FINDINGS_COLUMNS,
    NOTE,
    SEVERITIES,
    audit_published,
    audit_results,
    finding_row,
    findings_markdown,
)
from dagster_project.defs.outcomes.assets import OUTCOMES, published_values, read_results
from dagster_project.defs.stamps import stamp
from dagster_project.defs.study_run import StudyRun
from dagster_project.settings import Settings, read_settings
from dagster_project.warehouse import Warehouse, replace_table

_TYPES = {"text": pa.string(), "whole": pa.int64(), "number": pa.float64()}


@dg.definitions
def defs() -> dg.Definitions:
    return build(read_settings())


def build(settings: Settings) -> dg.Definitions:
    """The audit of one study."""
    key = dg.AssetKey(["results", "audit"])

    @dg.asset(
        key=key,
        deps=[dg.AssetKey("codebook"), *(dg.AssetKey(["results", name]) for name in OUTCOMES)],
        group_name="outcomes",
        kinds={"python", "duckdb"},
        owners=["team:statistics"],
        description="Arithmetic that any results table must obey, asked of our own results and of the published table.",
        check_specs=[
            dg.AssetCheckSpec(
                "own_results_agree", asset=key, blocking=True, description="No result contradicts another, or its own text."
            ),
            dg.AssetCheckSpec("published_agree", asset=key, description="No published number contradicts another."),
        ],
    )
    def audit(study_run: dg.ResourceParam[StudyRun]) -> dg.MaterializeResult:
        warehouse = Warehouse(settings.warehouse_file)
        study = study_run.study()
        own = audit_results(read_results(warehouse).values(), study)
        published = audit_published(published_values(study), study)
        rows = [finding_row(one, "results", result_id) for result_id, one in own]
        rows += [finding_row(one, "published") for one in published]
        schema = pa.schema([(name, _TYPES[kind]) for name, (kind, _) in FINDINGS_COLUMNS.items()])
        with warehouse.transaction() as connection:
            connection.execute("create schema if not exists results")
            replace_table(connection, "results", "findings", pa.Table.from_pylist(rows, schema=schema))
            stamp(connection, "audit", OUTCOMES, study, study_run.run_id)
        counts = {one: sum(found.severity == one for found in published) for one in SEVERITIES}
        against = [(result_id, one) for result_id, one in own if one.severity != NOTE]
        return dg.MaterializeResult(
            metadata={
                "findings": dg.MetadataValue.md(findings_markdown(rows)),
                "findings on our own results": len(own),
                **{f"published: {severity}": count for severity, count in counts.items()},
            },
            check_results=[
                dg.AssetCheckResult(
                    check_name="own_results_agree",
                    passed=not against,
                    severity=dg.AssetCheckSeverity.ERROR,
                    description=f"{len(against)} results: {against[0][0]}: {against[0][1].arithmetic}"
                    if against
                    else "No result contradicts another.",
                ),
                dg.AssetCheckResult(
                    check_name="published_agree",
                    passed=not any(counts[one] for one in SEVERITIES if one != NOTE),
                    severity=dg.AssetCheckSeverity.WARN,
                    description="published numbers: " + ", ".join(f"{count} {one}" for one, count in counts.items()),
                ),
            ],
        )

    return dg.Definitions(assets=[audit])
