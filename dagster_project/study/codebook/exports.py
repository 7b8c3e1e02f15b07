"""Exports in the codebook: which column of which export holds an item, and what its texts stand for.

Belongs here: one function a table. Does not belong here: reading an export.
"""

from typing import Any

import pyarrow as pa

from dagster_project.study.codebook.columns import NUMBER, TEXT, WHOLE, answer_type, codebook_table
from dagster_project.study.export import Export
from dagster_project.study.study import SERVICES, Study


def wave_items_table(study: Study) -> pa.Table:
    """Whether each wave asks each item, and in which column of which of its exports."""
    codes = [
        code
        for block in (*(instrument.instrument for instrument in study.instruments), SERVICES)
        for code in study.block_codes(block)
    ]
    rows: list[tuple[Any, ...]] = []
    for wave in study.protocol.waves:
        exports = [export for export in study.protocol.wave_exports if export.wave == wave.wave]
        columns: dict[str, tuple[str | None, str, int]] = {}
        for part, export in enumerate(exports, start=1):
            columns |= {code: (column, "asked", part) for code, column in study.export_columns(export).items()}
            columns |= {code: (None, "column_absent", part) for block in export.blocks for code in block.absent}
        not_in_wave = (None, "not_in_wave", 1 if len(exports) == 1 else None)
        rows += [(wave.wave, code, *columns.get(code, not_in_wave)) for code in codes]
    return codebook_table({"wave": TEXT, "item": TEXT, "export_column": TEXT, "status": TEXT, "part": WHOLE}, rows)


def wave_exports_table(study: Study) -> pa.Table:
    """Which table of schema raw holds which part of a wave."""
    wave_orders = {wave.wave: order for order, wave in enumerate(study.protocol.waves, start=1)}
    return codebook_table(
        {"wave": TEXT, "wave_order": WHOLE, "part": WHOLE, "table_name": TEXT, "decimal_mark": TEXT}
        | {"duration_column": TEXT, "duration_unit": TEXT, "duration_mark": TEXT},
        [
            (
                *(export.wave, wave_orders[export.wave], study.protocol.part_number(export), export.table, export.decimal),
                *_duration(export),
            )
            for export in study.protocol.wave_exports
            if export.wave is not None
        ],
    )


def _duration(export: Export) -> tuple[str | None, str | None, str | None]:
    """The column with the time that a sheet took, its unit and its decimal mark. The time of a repeat group is in that of
    its submission."""
    if export.duration is None:
        return None, "of_submission" if export.repeat_of is not None else None, None
    column = export.duration.column
    return column, export.duration.unit, export.decimal_mark_of(column)


def decimal_marks_table(study: Study) -> pa.Table:
    """The decimal marks of items whose column has another than its export."""
    return codebook_table(
        {"wave": TEXT, "item": TEXT, "decimal_mark": TEXT},
        [
            (export.wave, code, mark)
            for export in study.protocol.wave_exports
            for code, column in study.export_columns(export).items()
            if (mark := export.decimal_mark_of(column)) != export.decimal
        ],
    )


def answer_texts_table(study: Study) -> pa.Table:
    """The texts of an export that stand for an answer code or a missing reason."""
    rows: list[tuple[Any, ...]] = []
    for export in study.protocol.wave_exports:
        for block in export.blocks:
            columns = study.column_of(block)
            for position, code in enumerate(study.block_codes(block.block), start=1):
                for text, meaning in study.answer_texts(export, block.block, position).items() if code in columns else ():
                    answer, reason = (None, meaning) if isinstance(meaning, str) else (meaning, None)
                    rows.append((export.wave, code, text, answer, reason, None, None))
                for codes, reason in export.special_ranges_of(block.block, position).items() if code in columns else ():
                    rows.append((export.wave, code, codes.text, None, reason, codes.low, codes.high))
    texts_columns = {"wave": TEXT, "item": TEXT, "answer_text": TEXT, "code": answer_type(study.has_decimal_answers)}
    return codebook_table(texts_columns | {"missing_reason": TEXT, "low": NUMBER, "high": NUMBER}, rows)
