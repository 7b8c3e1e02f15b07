"""Variants in the codebook: what each changes, and the scoring rules that hold in it.

Belongs here: one function a table. Does not belong here: computing a score, people.
"""

import pyarrow as pa

from dagster_project.study.codebook.columns import NUMBER, TEXT, WHOLE, answer_type, codebook_table
from dagster_project.study.codebook.instruments import scale_items_table, scales_table
from dagster_project.study.study import Study
from dagster_project.study.variant_study import variant_changes, variant_study


def variants_table(study: Study) -> pa.Table:
    """Each change of each variant, people first."""
    return codebook_table(
        {
            "variant": TEXT,
            "variant_order": WHOLE,
            "title": TEXT,
            "subject": TEXT,
            "in_main_analysis": TEXT,
            "in_variant": TEXT,
        },
        [
            (variant.variant, order, variant.label, change.subject, change.in_main_analysis, change.in_variant)
            for order, variant in enumerate(study.protocol.variants, start=1)
            for change in variant_changes(study, variant)
        ],
    )


def variant_people_table(study: Study) -> pa.Table:
    """Whom each variant keeps, by category or limit. Who meets all rules of a variant is kept."""
    rows: list[tuple[str, str, str, str | None, float | None, str | None]] = []
    for variant in study.protocol.variants:
        for rule in variant.people:
            key = "only" if rule.only else "without"
            rows += [(variant.variant, rule.variable, key, category, None, rule.if_unknown) for category in rule.categories]
            for key, limit in (("minimum", rule.minimum), ("maximum", rule.maximum)):
                rows += [(variant.variant, rule.variable, key, None, limit, rule.if_unknown)] if limit is not None else []
    columns = {"variant": TEXT, "variable": TEXT, "keeps": TEXT, "category": TEXT, "people_limit": NUMBER}
    return codebook_table(columns | {"if_unknown": TEXT}, rows)


def variant_scales_table(study: Study) -> pa.Table:
    """How each scale is scored in each variant."""
    columns = ("scale", "items_total", "minimum_answered", "rule")
    rows = []
    for variant in study.protocol.variants:
        for row in scales_table(variant_study(study, variant)).select(columns).to_pylist():
            rows.append((variant.variant, *row.values()))
    return codebook_table(
        {"variant": TEXT, "scale": TEXT, "items_total": WHOLE, "minimum_answered": WHOLE, "rule": TEXT}, rows
    )


def variant_scale_items_table(study: Study) -> pa.Table:
    """The items of each scale in each variant, and how they are turned there."""
    rows = []
    for variant in study.protocol.variants:
        for row in scale_items_table(variant_study(study, variant)).to_pylist():
            rows.append((variant.variant, *row.values()))
    columns = {"variant": TEXT, "scale": TEXT, "item": TEXT, "item_order": WHOLE}
    return codebook_table(columns | {"turned_from": answer_type(study.has_decimal_answers)}, rows)
