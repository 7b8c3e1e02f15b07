"""All tables of schema `codebook`.

Belongs here: their names and order. Does not belong here: their rows.
"""

import pyarrow as pa

from dagster_project.study.codebook.exports import (
    answer_texts_table,
    decimal_marks_table,
    wave_exports_table,
    wave_items_table,
)
from dagster_project.study.codebook.instruments import (
    instruments_table,
    item_answers_table,
    item_gates_table,
    items_table,
    ordinal_scales_table,
    scale_bands_table,
    scale_conversions_table,
    scale_cut_offs_table,
    scale_items_table,
    scale_minimums_table,
    scale_parts_table,
    scales_table,
)
from dagster_project.study.codebook.norms import (
    norm_limits_table,
    norm_percentiles_table,
    norm_strata_table,
    norms_table,
    person_norms_table,
)
from dagster_project.study.codebook.participants import (
    category_texts_table,
    measure_categories_table,
    participant_categories_table,
    participant_special_codes_table,
    participant_variables_table,
    services_table,
)
from dagster_project.study.codebook.protocol import (
    assumptions_table,
    careless_table,
    contrasts_table,
    covariates_table,
    extension_files_table,
    groups_table,
    growth_table,
    missing_reasons_table,
    plan_table,
    plan_tests_table,
    planned_for_table,
    scenarios_table,
    study_table,
    subgroups_table,
    visit_windows_table,
    waves_table,
)
from dagster_project.study.codebook.variants import (
    variant_people_table,
    variant_scale_items_table,
    variant_scales_table,
    variants_table,
)
from dagster_project.study.study import Study


def codebook_tables(study: Study) -> dict[str, pa.Table]:
    """Every table of schema `codebook` by name. A subject without entries gives an empty table with its columns."""
    return {
        "study": study_table(study),
        "extension_files": extension_files_table(study),
        "waves": waves_table(study),
        "planned_for": planned_for_table(study),
        "contrasts": contrasts_table(study),
        "groups": groups_table(study),
        "covariates": covariates_table(study),
        "subgroups": subgroups_table(study),
        "scenarios": scenarios_table(study),
        "growth": growth_table(study),
        "visit_windows": visit_windows_table(study),
        "careless": careless_table(study),
        "plan": plan_table(study),
        "plan_tests": plan_tests_table(study),
        "instruments": instruments_table(study),
        "items": items_table(study),
        "item_answers": item_answers_table(study),
        "item_gates": item_gates_table(study),
        "wave_items": wave_items_table(study),
        "wave_exports": wave_exports_table(study),
        "decimal_marks": decimal_marks_table(study),
        "answer_texts": answer_texts_table(study),
        "missing_reasons": missing_reasons_table(),
        "scales": scales_table(study),
        "scale_items": scale_items_table(study),
        "scale_parts": scale_parts_table(study),
        "ordinal_scales": ordinal_scales_table(study),
        "scale_minimums": scale_minimums_table(study),
        "scale_conversions": scale_conversions_table(study),
        "scale_bands": scale_bands_table(study),
        "scale_cut_offs": scale_cut_offs_table(study),
        "services": services_table(study),
        "measure_categories": measure_categories_table(study),
        "participant_variables": participant_variables_table(study),
        "participant_categories": participant_categories_table(study),
        "category_texts": category_texts_table(study),
        "participant_special_codes": participant_special_codes_table(study),
        "norms": norms_table(study),
        "norm_strata": norm_strata_table(study),
        "person_norms": person_norms_table(study),
        "norm_percentiles": norm_percentiles_table(study),
        "norm_limits": norm_limits_table(study),
        "variants": variants_table(study),
        "variant_people": variant_people_table(study),
        "variant_scales": variant_scales_table(study),
        "variant_scale_items": variant_scale_items_table(study),
        "assumptions": assumptions_table(study),
    }
