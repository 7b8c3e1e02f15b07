"""Checks of the models whose message must name the cell: what dbt's own tests cannot say. Nothing else belongs here."""

import dagster as dg

from dagster_project.defs.study_run import STUDY_RUN
from dagster_project.settings import Settings, read_settings
from dagster_project.warehouse import Warehouse


@dg.definitions
def defs() -> dg.Definitions:
    return build(read_settings())


def build(settings: Settings) -> dg.Definitions:
    """Checks of one study's models."""

    @dg.asset_check(
        asset=dg.AssetKey(["staging", "rejected_answers"]),
        required_resource_keys={STUDY_RUN},
        description="No answer lies outside its declared anchors, labels and special codes.",
    )
    def no_rejected_answers() -> dg.AssetCheckResult:
        rejected = Warehouse(settings.warehouse_file).rows(REJECTED)
        lines = [
            f"{r['file_name']} row {r['source_row']}, column {r['export_column']} ({r['item']}):"
            f" {r['answer_text']!r} is {r['reason']}"
            for r in rejected
        ]
        more = f" (and {len(lines) - 3} more in staging.rejected_answers)" if len(lines) > 3 else ""
        return dg.AssetCheckResult(
            passed=not lines,
            severity=dg.AssetCheckSeverity.WARN,
            description="; ".join(lines[:3]) + more if lines else "Every answer fits.",
            metadata={"rejected answers": len(lines)},
        )

    return dg.Definitions(asset_checks=[no_rejected_answers])


REJECTED = """
    select versions.file_name, rejected.source_row, rejected.item, rejected.answer_text, rejected.reason,
        coalesce(wave_items.export_column, variables.export_column) as export_column
    from staging.rejected_answers as rejected
    left join (select sha256, wave, min(file_name) as file_name from raw.versions group by sha256, wave) as versions
        on rejected.source_file = versions.sha256 and rejected.wave is not distinct from versions.wave
    left join codebook.wave_items as wave_items on rejected.wave = wave_items.wave and rejected.item = wave_items.item
    left join codebook.participant_variables as variables on rejected.wave is null and rejected.item = variables.variable
    order by rejected.wave, rejected.source_row, rejected.item
"""
