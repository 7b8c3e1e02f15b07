"""The outcomes: estimates computed from the marts, compared with the paper, audited, and drawn.

Belongs here: an asset for each entry of the list of analyses, and those that stand on their results. Does not belong here:
what an analysis reads and computes (outcomes/), a formula (statistics/), a table's layout (results/).
"""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from dagster_project.audit import findings_markdown
from dagster_project.defs.steps import check_result, fails_in_one_line
from dagster_project.outcomes.analyses import (
    OUTCOME_NAMES,
    OUTCOMES,
    RESULT_CHECKS,
    compute_outcome,
    data_version,
    outcome_tables,
    result_checks,
)
from dagster_project.outcomes.figures import draw_study, figures_markdown
from dagster_project.outcomes.findings import audit_checks, audit_study
from dagster_project.outcomes.outcome import Outcome
from dagster_project.outcomes.reproduction import (
    PUBLISHED_OUTCOMES,
    compare_with_published,
    reproduction_check,
    verdict_counts,
)
from dagster_project.results import EXTENSIONS, ResultRow, summarise
from dagster_project.study import Study
from dagster_project.study_run import StudyRun

_STATISTICIANS = ["team:statistics"]


def _key(name: str) -> dg.AssetKey:
    return dg.AssetKey(["results", name])


#: With what the study adds of its own.
RESULT_KEYS = (*(_key(name) for name in OUTCOME_NAMES), dg.AssetKey(EXTENSIONS))


def _outcome_asset(outcome: Outcome) -> dg.AssetsDefinition:
    key, warning = _key(outcome.name), outcome.warning

    @dg.asset(
        key=key,
        deps=[
            dg.AssetKey("codebook"),
            *(dg.AssetKey(["marts", mart]) for mart in outcome.reads),
            *map(_key, outcome.follows),
            *map(dg.AssetKey, outcome.stands_on),
        ],
        group_name="outcomes",
        kinds={"python", "scipy", "duckdb"},
        owners=_STATISTICIANS,
        description=outcome.description,
        check_specs=[
            *(dg.AssetCheckSpec(name, asset=key, blocking=True, description=words) for name, words in RESULT_CHECKS.items()),
            *([dg.AssetCheckSpec(warning.check, asset=key, description=warning.description)] if warning else []),
        ],
    )
    def results(study_run: dg.ResourceParam[StudyRun]) -> dg.MaterializeResult:
        with fails_in_one_line():
            study = study_run.study()
            rows = compute_outcome(outcome, study_run.warehouse, study, study_run.run_id)
            checks = [check_result(check) for check in result_checks(outcome, rows)]
            version = dg.DataVersion(data_version(rows))
            return dg.MaterializeResult(data_version=version, metadata=_metadata(outcome, study, rows), check_results=checks)

    return results


def _metadata(outcome: Outcome, study: Study, results: Sequence[ResultRow]) -> dict[str, Any]:
    sources = (
        [f"marts.{mart}" for mart in outcome.reads] + [f"results/{name}" for name in outcome.follows] + [*outcome.stands_on]
    )
    return {
        "table": dg.MetadataValue.md(outcome_tables(outcome, study, results)),
        "results": len(results),
        "without a value": sum(row.value is None for row in results),
        "analysis plan": study.protocol.plan_hash,
        "read from": ", ".join(sources),
    }


@dg.asset(
    key=_key("reproduction"),
    deps=[_key(name) for name in PUBLISHED_OUTCOMES],
    group_name="outcomes",
    kinds={"python", "duckdb"},
    owners=_STATISTICIANS,
    description="Every printed number of the published tables beside the warehouse's, with a verdict.",
    check_specs=[
        dg.AssetCheckSpec(
            "nothing_differs", asset=_key("reproduction"), description="Every possible printed number is reproduced."
        )
    ],
)
def reproduction(study_run: dg.ResourceParam[StudyRun]) -> dg.MaterializeResult:
    with fails_in_one_line():
        reproductions = compare_with_published(study_run.warehouse, study_run.study(), study_run.run_id)
        return dg.MaterializeResult(
            metadata={
                "summary": dg.MetadataValue.md(
                    summarise(reproductions) if reproductions else "No published table is declared."
                ),
                "printed values": len(reproductions),
                **verdict_counts(reproductions),
            },
            check_results=[check_result(reproduction_check(reproductions))],
        )


@dg.asset(
    key=_key("audit"),
    deps=[dg.AssetKey("codebook"), *RESULT_KEYS],
    group_name="outcomes",
    kinds={"python", "duckdb"},
    owners=_STATISTICIANS,
    description="Arithmetic that any results table must obey, asked of our own results and of the published table.",
    check_specs=[
        dg.AssetCheckSpec(
            "own_results_agree",
            asset=_key("audit"),
            blocking=True,
            description="No result contradicts another, or its own text.",
        ),
        dg.AssetCheckSpec("published_agree", asset=_key("audit"), description="No published number contradicts another."),
    ],
)
def audit(study_run: dg.ResourceParam[StudyRun]) -> dg.MaterializeResult:
    with fails_in_one_line():
        findings = audit_study(study_run.warehouse, study_run.study(), study_run.run_id)
        return dg.MaterializeResult(
            metadata={
                "findings": dg.MetadataValue.md(findings_markdown(findings.rows)),
                "findings on our own results": len(findings.own_findings),
                **{f"published: {severity}": count for severity, count in findings.counts.items()},
            },
            check_results=[check_result(check) for check in audit_checks(findings)],
        )


@dg.asset(
    key=_key("figures"),
    deps=[
        dg.AssetKey("codebook"),
        *(dg.AssetKey(["marts", mart]) for mart in ("scale_scores", "participants")),
        *RESULT_KEYS,
    ],
    group_name="release",
    kinds={"python", "duckdb"},
    owners=["team:data-management"],
    description="Scores over time, effect sizes, returns and reasons, answers to each item, as SVG with alt text.",
)
def figures(study_run: dg.ResourceParam[StudyRun]) -> dg.MaterializeResult:
    with fails_in_one_line():
        drawings = draw_study(study_run.warehouse, study_run.study(), study_run.run_id)
        return dg.MaterializeResult(
            metadata={"figures": dg.MetadataValue.md(figures_markdown(drawings)), "drawn": len(drawings)}
        )


OUTCOME_ASSETS = [*(_outcome_asset(outcome) for outcome in OUTCOMES), reproduction, audit, figures]
