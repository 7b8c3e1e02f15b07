"""Cells that contradict an instrument's gates: each named, and a rule for answers to items that were not to be asked.

Nothing else belongs here.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dagster_project.checks import Check, first_few
from dagster_project.raw.file_names import joined_files
from dagster_project.study import ANSWERED_CURE
from dagster_project.warehouse import Warehouse
from dagster_project.withholding import of_cell

_CELLS = f"""
    select files.file_name, cells.source_row, cells.wave, cells.item, cells.answer, cells.contradiction, cells.treatment,
        wave_items.export_column
    from marts.gate_contradictions as cells
    {joined_files("cells")}
    left join codebook.wave_items as wave_items on cells.wave = wave_items.wave and cells.item = wave_items.item
    order by cells.wave, cells.source_row, cells.item
"""
_TREATMENTS = {"keep": "kept", "set_aside": "set aside", "undeclared": "undeclared"}


@dataclass(frozen=True)
class ContradictingCell:
    """A cell of an export that contradicts a gate. answer: None where a special code says that it was not asked."""

    file_name: str | None
    source_row: int
    wave: str
    item: str
    answer: int | None
    contradiction: str
    treatment: str
    export_column: str | None


def gates_agree(warehouse: Warehouse) -> Check:
    """Whether no cell contradicts the gates; the first that do, by cell."""
    cells = warehouse.rows_as(ContradictingCell, _CELLS)
    message = first_few([_cell_line(cell) for cell in cells], 3, " in marts.gate_contradictions") or "No cell does."
    counts = Counter(f"{cell.contradiction}, {_TREATMENTS[cell.treatment]}" for cell in cells)
    return Check("gates_agree", not cells, message, is_warning=True, facts=dict(counts))


def contradictions_declared(warehouse: Warehouse) -> Check:
    """Whether the study says what answers are that stand in items which were not to be asked."""
    cells = [cell for cell in warehouse.rows_as(ContradictingCell, _CELLS) if cell.treatment == "undeclared"]
    lines = [
        f"{wave}, {item}: {n} answered it though it was not to be asked; {ANSWERED_CURE}"
        for (wave, item), n in Counter((cell.wave, cell.item) for cell in cells).items()
    ]
    message = first_few(lines, 1) or "Every such answer is kept or set aside by declaration."
    return Check("contradictions_declared", not cells, message, facts=_facts(lines))


def _facts(lines: Sequence[str]) -> dict[str, str]:
    return {"items": "\n".join(f"- {line}" for line in lines) or "none"}


def _cell_line(cell: ContradictingCell) -> str:
    cell_words = f"{cell.file_name} row {cell.source_row}, column {cell.export_column} ({cell.item})"
    if cell.answer is None:
        return f"{cell_words}: a special code says that it was not asked, other answers that it was"
    treatment = _TREATMENTS[cell.treatment]
    return f"{cell_words}: answered {of_cell(str(cell.answer))}, though other answers say that it was not asked; {treatment}"
