"""The protocol in the codebook: the study, its waves, contrasts, analysis plan, assumptions and missing reasons.

Belongs here: one function a table. Does not belong here: instruments, exports, participants.
"""

import pyarrow as pa

from dagster_project.study.careless import WHOLE_SHEET, judged_blocks, least_run
from dagster_project.study.codebook.columns import FLAG, NUMBER, TEXT, WHOLE, codebook_table
from dagster_project.study.covariates import covariates_of, imputes_covariates, subgroups_of, terms_of
from dagster_project.study.export import MISSING_REASONS
from dagster_project.study.extensions import hashes_of_extensions
from dagster_project.study.groups import Groups
from dagster_project.study.growth import far_off_days
from dagster_project.study.sensitivity import all_scenarios
from dagster_project.study.study import Study


def extension_files_table(study: Study) -> pa.Table:
    """The files of what the study adds of its own."""
    return codebook_table({"file": TEXT, "sha256": TEXT}, sorted(hashes_of_extensions(study.definitions).items()))


def study_table(study: Study) -> pa.Table:
    protocol = study.protocol
    return codebook_table(
        {"study": TEXT, "title": TEXT, "source": TEXT, "licence": TEXT, "stand_in": TEXT} | {"shows_people": FLAG},
        [
            (
                *(protocol.study, protocol.title, protocol.source, protocol.licence, protocol.stand_in),
                protocol.shows_people,
            )
        ],
    )


def waves_table(study: Study) -> pa.Table:
    return codebook_table(
        {"wave": TEXT, "wave_order": WHOLE, "label": TEXT, "month": NUMBER, "far_off_days": NUMBER},
        [
            (wave.wave, order, wave.label, wave.month, far_off_days(wave.month - study.protocol.waves[0].month))
            for order, wave in enumerate(study.protocol.waves, start=1)
        ],
    )


def planned_for_table(study: Study) -> pa.Table:
    """For whom waves and blocks are planned: a row for each category of each variable of each condition."""
    of_every_block = {wave.wave: not study.protocol.conditions_of(wave).has_block_for_all for wave in study.protocol.waves}
    return codebook_table(
        {"wave": TEXT, "block": TEXT, "variable": TEXT, "category": TEXT, "planned_if_unknown": TEXT}
        | {"unplanned_answers": TEXT, "is_of_every_block": FLAG, "condition_order": WHOLE},
        [
            (
                *(condition.wave, condition.block, variable, category, condition.if_unknown, condition.unplanned_answers),
                *(of_every_block[condition.wave], order),
            )
            for order, condition in enumerate(study.protocol.conditions, start=1)
            for variable, categories in condition.categories.items()
            for category in categories
        ],
    )


def contrasts_table(study: Study) -> pa.Table:
    return codebook_table(
        {"contrast": TEXT, "contrast_order": WHOLE, "baseline": TEXT, "followup": TEXT, "direction": TEXT}
        | {"baseline_sign": WHOLE},
        [
            (contrast.contrast, order, contrast.baseline, contrast.followup, contrast.direction, contrast.baseline_sign)
            for order, contrast in enumerate(study.protocol.contrasts, start=1)
        ],
    )


def groups_table(study: Study) -> pa.Table:
    """The groups that are compared, the reference first; empty where everybody is one group."""
    groups = study.protocol.groups
    variable = groups.variable if isinstance(groups, Groups) else None
    model = (
        (groups.repeated_measures.covariance, groups.repeated_measures.df) if isinstance(groups, Groups) else (None, None)
    )
    return codebook_table(
        {"people_group": TEXT, "group_order": WHOLE, "label": TEXT, "is_reference": FLAG, "variable": TEXT}
        | {"repeated_measures_baseline": TEXT, "repeated_measures_covariance": TEXT, "repeated_measures_df": TEXT},
        [
            (group.category, order, group.label, order == 1, variable, study.protocol.repeated_measures_baseline, *model)
            for order, group in enumerate(study.protocol.compared_groups, start=1)
        ],
    )


def covariates_table(study: Study) -> pa.Table:
    """The terms with which covariates enter a model; empty where none are declared."""
    terms = [term for variable in covariates_of(study.protocol) for term in terms_of(variable)]
    if_missing = "mean" if imputes_covariates(study.protocol) else "left_out"
    return codebook_table(
        {"term": TEXT, "term_order": WHOLE, "variable": TEXT, "category": TEXT, "if_missing": TEXT},
        [(term.term, order, term.variable, term.category, if_missing) for order, term in enumerate(terms, start=1)],
    )


def subgroups_table(study: Study) -> pa.Table:
    """The variables whose categories are subgroups; empty where none are declared."""
    return codebook_table(
        {"variable": TEXT, "subgroup_order": WHOLE},
        [(variable.variable, order) for order, variable in enumerate(subgroups_of(study.protocol), start=1)],
    )


def scenarios_table(study: Study) -> pa.Table:
    """What missing scores are taken to be in comparisons of groups; empty where no sensitivity analysis is declared."""
    sensitivity = study.protocol.sensitivity
    better_signs = [scale.better_sign for _, scale in study.scales.values()]
    scenarios = all_scenarios(sensitivity, better_signs) if sensitivity is not None else ()
    unit, groups = (sensitivity.delta_unit, sensitivity.delta_groups) if sensitivity is not None else (None, None)
    return codebook_table(
        {
            "scenario": TEXT, "scenario_order": WHOLE, "label": TEXT, "imputation": TEXT, "delta": NUMBER,
            "delta_unit": TEXT, "delta_groups": TEXT,
        },
        [
            (
                scenario.scenario, order, scenario.label, scenario.method, scenario.delta or None,
                unit if scenario.delta else None, groups if scenario.delta else None,
            )
            for order, scenario in enumerate(scenarios, start=1)
        ],
    )  # fmt: skip


def growth_table(study: Study) -> pa.Table:
    """The model of growth: the time that it counts in, and how it is fitted; empty where none is declared."""
    growth = study.protocol.growth
    return codebook_table(
        {"time": TEXT, "unit": TEXT, "days_per_unit": NUMBER, "df": TEXT, "covariate_effects": TEXT},
        [(growth.time, growth.unit, growth.days_per_unit, growth.df, growth.covariate_effects)]
        if growth is not None
        else [],
    )


def visit_windows_table(study: Study) -> pa.Table:
    """The waves with a visit window; empty where none is declared."""
    return codebook_table(
        {"wave": TEXT, "earliest_day": WHOLE, "latest_day": WHOLE},
        [
            (wave.wave, wave.days_from_baseline.earliest, wave.days_from_baseline.latest)
            for wave in study.protocol.waves
            if wave.days_from_baseline is not None
        ],
    )


def careless_table(study: Study) -> pa.Table:
    """The blocks whose answers are judged for signs of carelessness, and the whole sheet where its time is, with their
    limits; empty where none are declared."""
    careless = study.protocol.careless
    blocks = judged_blocks(careless, study.instruments)
    rows: list[tuple[object, ...]] = [
        (
            *(block.instrument, order, block.item_count, careless.least_items, least_run(block, careless)),
            *(careless.most_sd, None, careless.source),
        )
        for order, block in enumerate(blocks, start=1)
        if careless is not None
    ]
    if careless is not None and careless.least_seconds_per_item is not None:
        limits = (None, careless.least_seconds_per_item, careless.source)
        rows.append((WHOLE_SHEET, len(blocks) + 1, None, 1, None, *limits))
    return codebook_table(
        {"block": TEXT, "block_order": WHOLE, "items_total": WHOLE, "least_answers": WHOLE, "least_run": WHOLE}
        | {"most_sd": NUMBER, "least_seconds_per_item": NUMBER, "source": TEXT},
        rows,
    )


def plan_table(study: Study) -> pa.Table:
    plan = study.protocol.plan
    return codebook_table(
        {
            "plan_hash": TEXT,
            "headline": TEXT,
            "alpha": NUMBER,
            "norm_margin": NUMBER,
            "seed": WHOLE,
            "resamples": WHOLE,
            "imputations": WHOLE,
        },
        [
            (
                study.protocol.plan_hash,
                plan.headline,
                plan.alpha,
                plan.norm_margin,
                plan.seed,
                plan.resamples,
                plan.imputations,
            )
        ],
    )


def plan_tests_table(study: Study) -> pa.Table:
    return codebook_table(
        {"family": TEXT, "role": TEXT, "scale": TEXT, "contrast": TEXT},
        [
            (family.family, family.role, scale, contrast)
            for family in study.protocol.plan.families_of("waves")
            for scale, contrast in study.protocol.family_tests(family)
        ],
    )


def assumptions_table(study: Study) -> pa.Table:
    rows = [("study", assumption.about, assumption.statement) for assumption in study.protocol.assumptions]
    rows += [
        (instrument.instrument, assumption.about, assumption.statement)
        for instrument in study.instruments
        for assumption in instrument.assumptions
    ]
    return codebook_table({"declared_by": TEXT, "about": TEXT, "statement": TEXT}, rows)


def missing_reasons_table() -> pa.Table:
    return codebook_table(
        {"missing_reason": TEXT, "number": WHOLE},
        [(reason, -number) for number, reason in enumerate(MISSING_REASONS, start=1)],
    )
