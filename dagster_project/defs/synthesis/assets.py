"""The joint display asset: propositions judged by the results of this run, beside the coded interviews.

Belongs here: the edge of that. Does not belong here: judging (synthesis/).
"""

from collections.abc import Sequence

import dagster as dg
import pyarrow as pa

from dagster_project.defs.outcomes.assets import OUTCOMES, read_results
from dagster_project.defs.stamps import SEGMENTS, stamp
from dagster_project.defs.study_run import StudyRun
from dagster_project.defs.synthesis.segments import read_segments
from dagster_project.settings import Settings, read_settings
from dagster_project.study import StudyError
from dagster_project.synthesis import (
    DISPLAY_COLUMNS,
    JointRow,
    SynthesisError,
    display_markdown,
    display_tables,
    joint_display,
    read_propositions,
)
from dagster_project.warehouse import Warehouse, replace_table

_TYPES = {"text": pa.string(), "whole": pa.int64(), "flag": pa.bool_(), "day": pa.date32()}


@dg.definitions
def defs() -> dg.Definitions:
    return build(read_settings())


def build(settings: Settings) -> dg.Definitions:
    """The joint display of one study."""
    key = dg.AssetKey(["results", "joint_display"])

    @dg.asset(
        key=key,
        deps=[
            dg.AssetKey("codebook"),
            dg.AssetKey(["raw", "segments"]),
            *(dg.AssetKey(["results", name]) for name in OUTCOMES),
        ],
        group_name="synthesis",
        kinds={"python", "duckdb", "yaml"},
        owners=["team:synthesis"],
        description="Propositions: what the numbers say of each claim, what the interviews say, and what people judged.",
        check_specs=[
            dg.AssetCheckSpec("claims_hold", asset=key, description="Every claim that can be tested is borne out."),
            dg.AssetCheckSpec("judgements_current", asset=key, description="Judgements were made of the evidence as it is."),
        ],
    )
    def joint(study_run: dg.ResourceParam[StudyRun]) -> dg.MaterializeResult:
        warehouse = Warehouse(settings.warehouse_file)
        study = study_run.study()
        try:
            declared = read_propositions(study)
            display: Sequence[JointRow] = ()
            if declared is not None:
                segments, codes = read_segments(warehouse)
                display = joint_display(declared, read_results(warehouse), segments, study, codes)
        except (StudyError, SynthesisError) as error:
            raise dg.Failure(str(error), allow_retries=False) from None
        rows = display_tables(display)
        with warehouse.transaction() as connection:
            stamp(connection, "joint_display", (SEGMENTS, *OUTCOMES), study, study_run.run_id)
            for name, columns in DISPLAY_COLUMNS.items():
                schema = pa.schema([(column, _TYPES[kind]) for column, (kind, _) in columns.items()])
                replace_table(connection, "results", name, pa.Table.from_pylist(rows[name], schema=schema))
        said = display_markdown(display) if display else "The study declares no propositions."
        return dg.MaterializeResult(
            metadata={
                "joint display": dg.MetadataValue.md(said),
                "propositions": len(display),
                "claims": sum(len(row.claims) for row in display),
            },
            check_results=_checks(display),
        )

    return dg.Definitions(assets=[joint])


def _checks(display: Sequence[JointRow]) -> list[dg.AssetCheckResult]:
    claims = [claim for row in display for claim in row.claims]
    against = [claim for claim in claims if claim.verdict in ("contradicted", "not supported")]
    doubts = "; ".join(f"{row.proposition}: {doubt}" for row in display for doubt in row.doubts)
    named = "; ".join(f"{claim.claim_id} is {claim.verdict}" for claim in against)
    return [
        dg.AssetCheckResult(
            check_name="claims_hold",
            passed=not against,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"{len(against)} of {len(claims)} claims are not borne out: {named}"
            if against
            else f"{len(claims)} claims; all that can be tested are borne out",
            metadata={claim.claim_id: claim.reason for claim in against},
        ),
        dg.AssetCheckResult(
            check_name="judgements_current",
            passed=not doubts,
            severity=dg.AssetCheckSeverity.WARN,
            description=doubts or "Every judgement was made of the evidence as it is.",
        ),
    ]
