"""Checks of the models whose message must name the cell: what dbt's own tests cannot say. Nothing else belongs here."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from dagster_project.defs.study_run import STUDY_RUN, StudyRun
from dagster_project.exports import quoted
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

    @dg.asset_check(
        asset=dg.AssetKey(["staging", "rejected_answers"]),
        additional_deps=[dg.AssetKey(["marts", "rejected_counts"])],
        blocking=True,
        description="No instrument in a wave, and no variable of the roster, has more values rejected than allowed.",
    )
    def few_rejected_answers(study_run: dg.ResourceParam[StudyRun]) -> dg.AssetCheckResult:
        allowed = study_run.study().protocol.rejected_share
        warehouse = Warehouse(settings.warehouse_file)
        blocks = [row for row in warehouse.rows(_REJECTED_COUNTS) if row["rejected"] > allowed * row["given"]]
        texts = warehouse.rows(_REJECTED_TEXTS) if blocks else []
        lines = [_too_many(row, texts, allowed) for row in blocks]
        more = f" (and {len(lines) - 1} more)" if len(lines) > 1 else ""
        return dg.AssetCheckResult(
            passed=not lines,
            severity=dg.AssetCheckSeverity.ERROR,
            description=lines[0] + more if lines else f"At most {100 * allowed:g} % of any block's values were rejected.",
            metadata={"blocks": dg.MetadataValue.md("\n".join(f"- {line}" for line in lines) or "none")},
        )

    return dg.Definitions(asset_checks=[no_rejected_answers, few_rejected_answers])


def _too_many(block: Mapping[str, Any], texts: Sequence[Mapping[str, Any]], allowed: float) -> str:
    """One line: the block, how many of its values were rejected, the commonest texts, the cure."""
    mine = [row for row in texts if (row["wave"], row["block"]) == (block["wave"], block["block"])]
    common = ", ".join(f"{quoted(row['answer_text'])} ({row['n']} times)" for row in mine[:3])
    share = 100 * block["rejected"] / block["given"]
    cure = (
        "declare these texts under labels or special_codes of the export, or correct the anchors"
        if block["wave"]
        else "declare these texts under the variable's categories, or correct its limits"
    )
    return (
        f"{block['wave'] or 'roster'}, {block['block']}: {block['rejected']} of {block['given']} values were rejected"
        f" ({share:.0f} %, more than {100 * allowed:g} %): {common}; {cure};"
        " rejected_share in study.yaml says how many may be"
    )


_REJECTED_COUNTS = "select wave, block, given, rejected from marts.rejected_counts where rejected > 0 order by rejected desc"
_REJECTED_TEXTS = """
    select rejected.wave, coalesce(items.instrument, rejected.item) as block, rejected.answer_text, count(*) as n
    from staging.rejected_answers as rejected
    left join codebook.items as items on rejected.wave is not null and rejected.item = items.item
    group by rejected.wave, coalesce(items.instrument, rejected.item), rejected.answer_text
    order by n desc, rejected.answer_text
"""


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
