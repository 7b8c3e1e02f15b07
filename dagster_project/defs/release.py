"""The release asset: a finished copy that people read, swapped in whole when every blocking check has passed.

Belongs here: the asset. Does not belong here: what is checked before, and what is in it (release/).
"""

from collections.abc import Iterator

import dagster as dg

from dagster_project.defs.outcomes import RESULT_KEYS
from dagster_project.defs.steps import check_result, fails_in_one_line, step_failure
from dagster_project.outcomes.extension_tables import OWN_TABLES
from dagster_project.release.publish import one_truth, publish_study
from dagster_project.release.truth import STANDING_ON_OUTCOMES, contradictions
from dagster_project.report.checklists import read_answers
from dagster_project.study_run import StudyRun

_MARTS = (
    "answer_codes", "answer_days", "answer_sheets", "answers", "careless_counts", "careless_signs", "category_answers",
    "category_counts", "category_pairs", "change_counts", "change_moments", "code_counts", "counted_people",
    "counted_profiles", "exclusions", "exports", "gate_contradictions", "group_answer_patterns", "group_category_answers",
    "group_category_counts", "group_change_moments", "group_covariate_growth_moments", "group_covariate_moments",
    "group_covariate_pattern_moments", "group_flow", "group_number_moments", "group_pattern_moments", "group_scale_moments",
    "group_service_counts",
    "group_subgroup_covariate_moments", "group_subgroup_moments", "growth_moments", "item_counts", "item_moments",
    "item_pairs", "leaver_moments", "measure_values", "missing_answers", "norm_score_counts", "norm_scores",
    "number_moments", "participant_values", "participants", "pattern_moments", "person_profiles", "person_strata",
    "planned_waves", "rejected_counts", "return_states", "returns", "scale_moments", "scale_scores", "score_changes",
    "score_counts", "score_ledger", "score_pairs", "score_profiles", "scores", "service_counts", "service_pairs",
    "service_use", "study_flow", "unplanned_answers", "visit_counts", "wave_stamps",
)  # fmt: skip


@dg.asset(
    deps=[
        dg.AssetKey("codebook"),
        # Its check on how much was rejected blocks a release.
        dg.AssetKey(["staging", "rejected_answers"]),
        *(dg.AssetKey(["marts", mart]) for mart in _MARTS),
        *RESULT_KEYS,
        dg.AssetKey(OWN_TABLES),
        *(dg.AssetKey(["results", name]) for name in STANDING_ON_OUTCOMES),
    ],
    group_name="release",
    kinds={"duckdb", "csv", "html"},
    owners=["team:data-management"],
    description="What people read: marts, results and codebook as one DuckDB file, its tables as CSV and as a page.",
    check_specs=[
        dg.AssetCheckSpec(
            "one_truth",
            asset="release",
            blocking=True,
            description="All that is released was computed from the same exports by the same definitions.",
        )
    ],
)
def release(
    study_run: dg.ResourceParam[StudyRun],
) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult]:
    with fails_in_one_line():
        read_answers(study_run.study())  # what is wrong with them is said before anything else
        # Asked before anything is published, and not by a step of its own: nothing may come between.
        problems = contradictions(study_run.warehouse, study_run.study())
        yield check_result(one_truth(problems))
        if problems:
            raise step_failure(problems[0])
        published = publish_study(study_run)
        folder = published.folder
        yield dg.MaterializeResult(
            data_version=dg.DataVersion(published.fingerprint),
            metadata={
                "folder": dg.MetadataValue.path(str(folder)),
                "database": dg.MetadataValue.path(str(folder / "warehouse.duckdb")),
                "page": dg.MetadataValue.path(str(folder / "index.html")),
                "is new": published.is_new,
                "what changed": dg.MetadataValue.md(published.changes),
                "fingerprint": published.fingerprint,
            },
        )
