"""The analyses: which marts each reads, what it computes, and which of the tables show it.

Belongs here: that list, and the checks on what an analysis computed. Does not belong here: a formula (statistics/), a
table's layout (results/), Dagster (defs/outcomes.py makes an asset of each entry).
"""

import hashlib
from collections.abc import Sequence

from dagster_project.checks import Check
from dagster_project.outcomes.outcome import NoteWarning, Outcome, Source
from dagster_project.outcomes.store import write_results
from dagster_project.results import (
    OF_EACH_VARIANT,
    ResultRow,
    Table,
    adjusted_change_results,
    adjusted_growth_results,
    adjusted_repeated_measures_results,
    adjusted_subgroup_results,
    answer_days_results,
    attrition_results,
    band_change_results,
    band_results,
    careless_results,
    caseness_results,
    category_change_results,
    category_difference_results,
    category_results,
    change_difference_results,
    change_results,
    characteristics_difference_results,
    characteristics_results,
    clinical_change_results,
    common_metric_results,
    covariate_adjusted_results,
    existing_tables,
    flow_results,
    group_category_results,
    group_change_results,
    group_characteristics_results,
    group_flow_results,
    group_service_results,
    group_summary_results,
    group_tables,
    growth_results,
    imputation_results,
    item_results,
    leaver_results,
    measurement_results,
    mixed_results,
    norm_results,
    numbered,
    ordinal_results,
    pattern_results,
    person_norm_results,
    rejected_results,
    reliable_change_results,
    repeated_answers_results,
    repeated_measures_results,
    sensitivity_results,
    service_change_results,
    service_difference_results,
    service_results,
    stability_results,
    subgroup_results,
    summary_results,
    supplementary_tables,
    table_categories,
    table_change,
    table_characteristics,
    table_results,
    table_service_use,
    table_summary,
    to_markdown,
    unplanned_results,
    variant_analysis,
    variant_results,
)
from dagster_project.stamps import MARTS
from dagster_project.study import Study
from dagster_project.variant_marts import VARIANT_MARTS
from dagster_project.warehouse import Warehouse

OUTCOMES = (
    Outcome(
        "characteristics", "Who the people are.", ("category_counts", "number_moments"),
        lambda study, source: characteristics_results(source.mart("category_counts"), source.mart("number_moments"), study),
        ("characteristics",), "characteristics",
    ),
    Outcome(
        "service_use", "Services used.", ("service_counts",),
        lambda study, source: service_results(source.mart("service_counts"), study),
        ("service_use",), "service_use",
    ),
    Outcome(
        "service_change", "Use of services in two waves, of the same people.", ("service_pairs",),
        lambda study, source: service_change_results(source.mart("service_pairs"), study),
        ("service_change",), "service_change",
    ),
    Outcome(
        "categories", "Questions of yes or no and with categories: answers in each wave, and from wave to wave.",
        ("category_answers", "category_pairs"),
        lambda study, source: [
            *category_results(source.mart("category_answers"), study),
            *category_change_results(source.mart("category_pairs"), study),
        ],
        ("categories", "category_change"), "categories",
    ),
    Outcome(
        "summary", "Each scale in each wave.", ("scale_moments", "score_counts", "score_ledger"),
        lambda study, source: summary_results(
            source.mart("scale_moments"), source.mart("score_counts"), source.mart("score_ledger"), study
        ),
        ("summary", "norm"), "summary",
    ),
    Outcome(
        "norm_difference", "Each scale in each wave against its norm, with equivalence.", ("scale_moments",),
        lambda study, source: norm_results(source.mart("scale_moments"), study),
        ("norm_difference",), "norm_difference",
    ),
    Outcome(
        "change", "Change over time, with intervals, named effect sizes, ranks, resampling, multiplicity.",
        ("change_moments", "change_counts"),
        lambda study, source: change_results(source.mart("change_moments"), source.mart("change_counts"), study),
        ("change",), "effect_sizes",
    ),
    Outcome(
        "mixed", "All waves at once: a mixed model of each scale.", ("pattern_moments",),
        lambda study, source: mixed_results(source.mart("pattern_moments"), study),
        ("mixed",), "all_waves",
        warning=NoteWarning(
            "models_converge", "Every scale's model converges.", "icc", ("the model does not converge",),
            "Every model converges.",
        ),
    ),
    Outcome(
        "measurement", "How well the scales measure, and change beyond the error of measurement.",
        ("item_moments", "item_pairs", "change_counts", "change_moments"),
        lambda study, source: [
            *measurement_results(source.mart("item_moments"), study),
            *ordinal_results(source.mart("item_pairs"), study),
            *reliable_change_results(
                source.mart("change_counts"), source.mart("change_moments"), source.mart("item_moments"), study
            ),
        ],
        ("measurement", "reliable_change"), "measurement",
        warning=NoteWarning(
            "items_keyed", "No item appears not to have been reversed, and none has the same answer from everybody.",
            "item_rest",
            ("appears not to have been reversed", "everybody gave"),
            "Every item goes with the others of its scale.",
        ),
    ),
    Outcome(
        "meaning", "What scores mean: cut-offs, named ranges, recovery, common metrics.",
        ("score_counts", "scale_moments", "score_pairs", "change_moments"),
        lambda study, source: [
            *caseness_results(source.mart("score_counts"), study),
            *band_results(source.mart("score_counts"), study),
            *common_metric_results(source.mart("scale_moments"), study),
            *band_change_results(source.mart("score_pairs"), study),
            *clinical_change_results(
                source.mart("score_pairs"), source.mart("change_moments"), source.mart("scale_moments"), source.results(),
                study,
            ),
        ],
        ("caseness", "bands", "common_metric", "band_change", "clinical_change"), "meaning", follows=("measurement",),
    ),
    Outcome(
        "person_norms", "People's scores against norms of people like them.", ("norm_score_counts",),
        lambda study, source: person_norm_results(source.mart("norm_score_counts"), study),
        ("norm_strata", "norm_scores", "norm_limits", "percentiles", "percentile_limits"), "person_norms",
    ),
    Outcome(
        "items", "How each item was answered in each wave.", ("item_counts",),
        lambda study, source: item_results(source.mart("item_counts"), study),
        ("items",), "measurement",
    ),
    Outcome(
        "careless", "Sheets with signs of careless answers; nobody is excluded by them.", ("careless_counts",),
        lambda study, source: careless_results(source.mart("careless_counts"), study),
        ("careless",), "careless",
    ),
    Outcome(
        "missing", "Who is missing: the study's flow, returns, who left, patterns, Little's test.",
        ("study_flow", "unplanned_answers", "score_ledger", "leaver_moments", "pattern_moments", "rejected_counts"),
        lambda study, source: [
            *flow_results(source.mart("study_flow"), study),
            *unplanned_results(source.mart("unplanned_answers"), study),
            *rejected_results(source.mart("rejected_counts"), study),
            *attrition_results(source.mart("score_ledger"), study),
            *leaver_results(source.mart("leaver_moments"), study),
            *pattern_results(source.mart("pattern_moments"), source.mart("score_ledger"), study),
        ],
        ("flow", "rejected", "attrition", "leavers", "missingness"), "missing",
    ),
    Outcome(
        "imputation", "Each contrast by multiple imputation: a sensitivity analysis.", ("pattern_moments",),
        lambda study, source: imputation_results(source.mart("pattern_moments"), study),
        ("imputation",), "stability",
    ),
    Outcome(
        "groups", "Each group of people: who they are, returns, scores, change, answers.",
        (
            "group_category_counts", "group_number_moments", "group_flow", "group_scale_moments", "group_change_moments",
            "group_service_counts", "group_category_answers",
        ),
        lambda study, source: [
            *group_characteristics_results(source.mart("group_category_counts"), source.mart("group_number_moments"), study),
            *group_flow_results(source.mart("group_flow"), study),
            *group_summary_results(source.mart("group_scale_moments"), study),
            *group_change_results(source.mart("group_change_moments"), study),
            *group_service_results(source.mart("group_service_counts"), study),
            *group_category_results(source.mart("group_category_answers"), study),
        ],
        (
            "characteristics_by_group", "flow_by_group", "summary_by_group", "change_by_group", "service_use_by_group",
            "categories_by_group",
        ), "summary_by_group",
    ),
    Outcome(
        "group_differences", "Groups compared with the reference: at the start, in their change, in their answers.",
        (
            "group_category_counts", "group_number_moments", "group_change_moments", "group_covariate_moments",
            "group_subgroup_moments", "group_subgroup_covariate_moments", "group_service_counts", "group_category_answers",
        ),
        lambda study, source: [
            *characteristics_difference_results(
                source.mart("group_category_counts"), source.mart("group_number_moments"), study
            ),
            *change_difference_results(source.mart("group_change_moments"), study),
            *adjusted_change_results(source.mart("group_change_moments"), study),
            *covariate_adjusted_results(
                source.mart("group_covariate_moments"), source.mart("group_change_moments"), study
            ),
            *subgroup_results(source.mart("group_subgroup_moments"), study),
            *adjusted_subgroup_results(source.mart("group_subgroup_covariate_moments"), study),
            *service_difference_results(source.mart("group_service_counts"), study),
            *category_difference_results(source.mart("group_category_answers"), study),
        ],
        (
            "characteristics_difference", "change_difference", "change_adjusted", "change_covariate_adjusted",
            "change_subgroup", "change_interaction", "change_subgroup_covariate_adjusted",
            "change_interaction_covariate_adjusted", "service_difference", "category_difference",
        ), "change_by_group",
    ),
    Outcome(
        "repeated_measures", "Groups compared over all waves at once: the mixed model for repeated measures.",
        ("group_pattern_moments", "group_covariate_pattern_moments"),
        lambda study, source: [
            *repeated_measures_results(source.mart("group_pattern_moments"), study),
            *adjusted_repeated_measures_results(
                source.mart("group_covariate_pattern_moments"), source.mart("group_pattern_moments"), study
            ),
        ],
        ("mmrm", "mmrm_difference", "mmrm_covariate_adjusted", "mmrm_covariate_adjusted_difference"), "repeated_measures",
    ),
    Outcome(
        "repeated_answers", "Answers of groups compared over all waves at once: mixed models.", ("group_answer_patterns",),
        lambda study, source: repeated_answers_results(source.mart("group_answer_patterns"), study),
        ("glmm", "glmm_difference"), "answers_model",
    ),
    Outcome(
        "sensitivity", "Groups compared with missing scores imputed within groups, and under declared departures from that.",
        ("group_pattern_moments",),
        lambda study, source: sensitivity_results(source.mart("group_pattern_moments"), study),
        ("mi_group_difference", "mi_group_adjusted"), "sensitivity",
    ),
    Outcome(
        "answer_days", "When waves were answered, in days from people's baseline.", ("visit_counts",),
        lambda study, source: answer_days_results(source.mart("visit_counts"), study),
        ("answer_days",), "answer_days",
    ),
    Outcome(
        "growth", "Slopes over time: linear growth of everybody and of each group.",
        ("growth_moments", "group_covariate_growth_moments"),
        lambda study, source: [
            *growth_results(source.mart("growth_moments"), study),
            *adjusted_growth_results(source.mart("group_covariate_growth_moments"), source.mart("growth_moments"), study),
        ],
        (
            "growth", "growth_by_group", "growth_difference", "growth_covariate_adjusted",
            "growth_covariate_adjusted_difference",
        ), "growth",
        warning=NoteWarning(
            "growth_converges", "Every scale's model of growth converges.", "slope", ("the model does not converge",),
            "Every model of growth converges.",
        ),
    ),
    Outcome(
        "stability", "Whether other methods agree with the paired t test.", (),
        lambda study, source: stability_results(list(source.results().values()), study),
        ("stability",), "stability", follows=("change", "mixed", "imputation"),
    ),
    Outcome(
        "variants", "Change and differences of change under each variant, and what depends on it.", (),
        lambda study, source: variant_results(source.variants(), source.results(), study),
        ("variants", *map(variant_analysis, OF_EACH_VARIANT)), "variants", follows=("change", "group_differences"),
        stands_on=(VARIANT_MARTS,),
    ),
)  # fmt: skip
#: The names of the assets that write results.
OUTCOME_NAMES = tuple(outcome.name for outcome in OUTCOMES)
#: The checks that each of them has: what they ask.
RESULT_CHECKS = {
    "ids_unique": "Each result has its own id.",
    "values_or_notes": "A result without a value says why.",
}


def compute_outcome(outcome: Outcome, warehouse: Warehouse, study: Study, run_id: str) -> list[ResultRow]:
    """Compute an outcome's results from the marts and write them."""
    results = outcome.compute(study, Source(warehouse))
    computed_from = (MARTS, *outcome.follows, *outcome.stands_on)
    write_results(warehouse, outcome.name, outcome.description, outcome.analyses, results, computed_from, study, run_id)
    return results


def result_checks(outcome: Outcome, results: Sequence[ResultRow]) -> list[Check]:
    """Whether each result has its own id, and a value or a reason; and the outcome's own check."""
    ids = [row.result_id for row in results]
    repeated_ids = sorted({result_id for result_id in ids if ids.count(result_id) > 1}) if len(set(ids)) < len(ids) else []
    silent = [row.result_id for row in results if row.value is None and not row.note]
    unique = f"{repeated_ids[0]} occurs twice" if repeated_ids else f"{len(results)} results, each with its own id"
    reasons = f"{silent[0]} has neither a value nor a note" if silent else "Every result has a value or a reason."
    return [
        Check("ids_unique", not repeated_ids, unique),
        Check("values_or_notes", not silent, reasons),
        *([outcome.warning.result(results)] if outcome.warning else []),
    ]


def data_version(results: Sequence[ResultRow]) -> str:
    """The same for the same results, whoever computed them, and when."""
    return hashlib.sha256(repr(list(results)).encode()).hexdigest()


def all_tables(study: Study, results: Sequence[ResultRow]) -> list[Table]:
    """Every table that a study has: the main ones and those of groups from 1 on, those one step behind them from S1 on."""
    layouts = (table_characteristics, table_service_use, table_categories, table_summary, table_change)
    in_tables = table_results(study, results)
    tables = [lay_out(study, in_tables) for lay_out in layouts]
    main_tables = numbered(existing_tables([*tables, *group_tables(study, in_tables)]))
    return [*main_tables, *supplementary_tables(study, in_tables)]


def outcome_tables(outcome: Outcome, study: Study, results: Sequence[ResultRow]) -> str:
    """The tables that show an outcome, in Markdown."""
    # A table of its own for each contrast is named after it.
    names = (outcome.table, f"{outcome.table}_")
    tables = [table for table in all_tables(study, results) if table.name == names[0] or table.name.startswith(names[1])]
    return "\n\n".join(f"**{table.title}**\n\n{to_markdown(table)}" for table in tables) or "Nothing to show."
