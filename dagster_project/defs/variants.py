"""The variants of a study: the same models, built anew under each variant's definitions.

Belongs here: the asset. Does not belong here: building a variant (models/variants.py), its results (results/variants.py).
"""

import dagster as dg

from dagster_project.defs.steps import fails_in_one_line
from dagster_project.markdown import markdown_table
from dagster_project.models.project import DbtProject
from dagster_project.models.variants import build_variants
from dagster_project.study import variant_changes
from dagster_project.study_run import StudyRun
from dagster_project.variant_marts import VARIANT_MARTS

#: What a variant is compared with, and whose exports it is made of.
_MAIN = (
    "answers",
    "change_moments",
    "group_change_moments",
    "group_covariate_moments",
    "participants",
    "return_states",
    "scale_scores",
)


@dg.asset(
    key=dg.AssetKey(VARIANT_MARTS),
    deps=[dg.AssetKey("codebook"), *(dg.AssetKey(["marts", mart]) for mart in _MAIN)],
    group_name="outcomes",
    kinds={"dbt", "duckdb"},
    owners=["team:statistics"],
    description="Scores, people and moments under each variant of the definitions; nothing in a study without variants.",
)
def variant_marts(study_run: dg.ResourceParam[StudyRun], dbt: dg.ResourceParam[DbtProject]) -> dg.MaterializeResult:
    with fails_in_one_line():
        build_variants(study_run, dbt)
        study = study_run.study()
        changes = [
            (variant.variant, change.subject, change.in_main_analysis, change.in_variant)
            for variant in study.protocol.variants
            for change in variant_changes(study, variant)
        ]
        table = markdown_table(("variant", "changes", "from", "to"), changes) if changes else "No variants are declared."
        return dg.MaterializeResult(metadata={"variants": dg.MetadataValue.md(table)})
