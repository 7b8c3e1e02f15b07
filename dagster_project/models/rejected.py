"""Rejected answers: each named by its cell, and how many of a block may be. Nothing else belongs here."""

from collections.abc import Sequence
from dataclasses import dataclass

from dagster_project.checks import Check, first_few
from dagster_project.exports import quoted, rejected_cure
from dagster_project.raw.file_names import joined_files
from dagster_project.study import CONCEALED_TEXT, PARTICIPANTS, Study
from dagster_project.warehouse import Warehouse
from dagster_project.withholding import of_cell

_REJECTED_COUNTS = "select wave, block, given, rejected from marts.rejected_counts where rejected > 0 order by rejected desc"
_REJECTED_TEXTS = """
    select rejected.wave, coalesce(items.instrument, rejected.item) as block, rejected.answer_text, count(*) as n
    from staging.rejected_answers as rejected
    left join codebook.items as items on rejected.wave is not null and rejected.item = items.item
    group by rejected.wave, coalesce(items.instrument, rejected.item), rejected.answer_text
    order by n desc, rejected.answer_text
"""
_REJECTED_CELLS = f"""
    select files.file_name, rejected.source_row, rejected.item, rejected.answer_text, rejected.reason,
        coalesce(wave_items.export_column, variables.export_column, times.duration_column) as export_column
    from staging.rejected_answers as rejected
    {joined_files("rejected")}
    left join codebook.wave_items as wave_items on rejected.wave = wave_items.wave and rejected.item = wave_items.item
    left join codebook.participant_variables as variables on rejected.wave is null and rejected.item = variables.variable
    left join codebook.wave_exports as times on rejected.item = 'duration' and files.table_name = times.table_name
    order by rejected.wave, rejected.source_row, rejected.item
"""


@dataclass(frozen=True)
class RejectedBlock:
    """An instrument in a wave, or a variable of the roster (no wave), with how many of its values were rejected."""

    wave: str | None
    block: str
    given: int
    rejected: int


@dataclass(frozen=True)
class RejectedText:
    """A text that was rejected in a block n times."""

    wave: str | None
    block: str
    answer_text: str
    n: int


@dataclass(frozen=True)
class RejectedCell:
    """A cell of an export whose text was rejected."""

    file_name: str | None
    source_row: int
    item: str
    answer_text: str
    reason: str
    export_column: str | None


def no_rejected_answers(warehouse: Warehouse, study: Study) -> Check:
    """Whether every answer lies inside its declared anchors, labels and special codes; the first that do not, by cell. A
    text that tells a concealed group is not said."""
    concealed = study.protocol.concealed_variable
    cells = [
        f"{cell.file_name} row {cell.source_row}, column {cell.export_column} ({cell.item}):"
        f" {CONCEALED_TEXT if cell.item == concealed else of_cell(repr(cell.answer_text))} is {cell.reason}"
        for cell in warehouse.rows_as(RejectedCell, _REJECTED_CELLS)
    ]
    message = first_few(cells, 3, " in staging.rejected_answers") or "Every answer fits."
    return Check("no_rejected_answers", not cells, message, is_warning=True, facts={"rejected answers": len(cells)})


def few_rejected_answers(warehouse: Warehouse, study: Study) -> Check:
    """Whether no instrument in a wave, and no variable of the roster, has more values rejected than the study allows."""
    limit = study.protocol.rejected_share
    counts = warehouse.rows_as(RejectedBlock, _REJECTED_COUNTS)
    blocks = [block for block in counts if block.rejected > limit * block.given]
    texts = warehouse.rows_as(RejectedText, _REJECTED_TEXTS) if blocks else []
    lines = [_too_many(block, texts, limit, study.protocol.concealed_variable) for block in blocks]
    message = first_few(lines, 1) or f"At most {100 * limit:g} % of any block's values were rejected."
    facts = {"blocks": "\n".join(f"- {line}" for line in lines) or "none"}
    return Check("few_rejected_answers", not lines, message, facts=facts)


def _too_many(block: RejectedBlock, texts: Sequence[RejectedText], limit: float, concealed: str | None) -> str:
    """One line: the block, how many of its values were rejected, the commonest texts, the cure."""
    block_texts = [text for text in texts if (text.wave, text.block) == (block.wave, block.block)]
    common = ", ".join(f"{of_cell(quoted(text.answer_text))} ({text.n} times)" for text in block_texts[:3])
    if block.wave is None and block.block == concealed:
        common = CONCEALED_TEXT
    share = 100 * block.rejected / block.given
    cure = rejected_cure(block.block if block.wave else PARTICIPANTS, [text.answer_text for text in block_texts])
    return (
        f"{block.wave or 'roster'}, {block.block}: {block.rejected} of {block.given} values were rejected"
        f" ({share:.0f} %, more than {100 * limit:g} %): {common}; {cure};"
        " rejected_share in study.yaml says how many may be"
    )
