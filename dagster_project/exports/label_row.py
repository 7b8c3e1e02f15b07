"""A further header row below the header, which would be taken for a person.

Belongs here: finding it. Does not belong here: reading header rows that are declared or known of a tool (header_rows.py),
rows that repeat the header word by word (columns.py).
"""

import re

import numpy as np
import pyarrow as pa

from dagster_project.exports.cell_rules import CellRule
from dagster_project.exports.columns import ColumnMatch
from dagster_project.exports.errors import abbreviated_list, quoted
from dagster_project.exports.headers import loose_header_key
from dagster_project.exports.lists import ListReader, column_rules
from dagster_project.exports.table import TextTable
from dagster_project.study import READERS, Export, Study
from dagster_project.withholding import of_cells

_MAX_ROWS = 5
_MIN_SPELLED = 2
_COMPARED_ROWS = 50
#: A number, a date or a time: what rows of labels do not have.
_FIGURES = re.compile(r"[0-9.,:;/+\-\sTZ%]*[0-9][0-9.,:;/+\-\sTZ%]*", re.ASCII)


def label_row_problem(table: TextTable, columns: ColumnMatch, study: Study, export: Export, reasons: pa.Array) -> str | None:
    """What is wrong if the first rows that are not set aside look like a header; None if they do not.

    They do if they have no figures but in columns of answers, an identifier unlike those below, and either spell their
    columns' names, or hold in every column of answers a text that is none, where most other rows hold answers. reasons: of
    the rows that are set aside.
    """
    rules = {
        position: rule
        for block in export.blocks
        for code, rule in column_rules(study, export, block.block).items()
        if (column := columns.canonical.get(code)) is not None and (position := columns.position(column)) is not None
    }
    respondents = columns.cells(export.respondent)
    suspects: list[int] = []
    row_indices = np.flatnonzero(reasons.is_null().to_numpy(zero_copy_only=False))
    for row_index in row_indices[:_MAX_ROWS].tolist():
        if not _looks_like_header(table, row_index, rules) or _is_named_like_others(respondents, row_index):
            break
        suspects.append(row_index)
    if not suspects:
        return None
    lines = [table.source_rows[row_index].as_py() for row_index in suspects]
    texts = [quoted(cell) for cell in table.row(suspects[0]) if cell.strip()][:3]
    cells = of_cells(abbreviated_list(texts), texts)
    rows_words = f"row {lines[0]} looks" if len(lines) == 1 else f"rows {lines[0]} to {lines[-1]} look"
    return f"{rows_words} like a header and not like a person ({cells}, …); {_cure(export, len(suspects))}"


def _looks_like_header(table: TextTable, row_index: int, rules: dict[int, CellRule | ListReader]) -> bool:
    cells = table.row(row_index)
    filled_cells = [(column, cell.strip()) for column, cell in zip(table.columns, cells, strict=True) if cell.strip()]
    other_cells = [cell.strip() for position, cell in enumerate(cells) if position not in rules]
    typed = [position for position in rules if cells[position].strip()]
    if any(_FIGURES.fullmatch(cell) for cell in other_cells) or any(
        rules[position].accepts(cells[position]) for position in typed
    ):
        return False
    if sum(loose_header_key(column) == loose_header_key(cell) for column, cell in filled_cells) >= _MIN_SPELLED:
        return True
    return (
        len(typed) > 0
        and len(filled_cells) > _MIN_SPELLED
        and _others_are_answers(table, row_index, {position: rules[position] for position in typed})
    )


def _is_named_like_others(respondents: pa.ChunkedArray | None, row_index: int) -> bool:
    """Whether the row's identifier has digits and letters where one of the next rows has them (P1 and P2)."""
    if respondents is None:
        return False
    shape, *other_shapes = map(_shape, respondents.slice(row_index, _COMPARED_ROWS).to_pylist())
    return "0" in shape and shape in other_shapes


def _shape(identifier_text: str) -> str:
    """The text with 0 for digits and a for letters, each once for several: P-001 is a-0."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "0", identifier_text.strip()))


def _others_are_answers(table: TextTable, row_index: int, rules: dict[int, CellRule | ListReader]) -> bool:
    """Whether most filled cells of these columns below a row are answers."""
    n_accepted = n_filled = 0
    for (_, rule), column in zip(sorted(rules.items()), table.texts(sorted(rules)).columns, strict=True):
        for count in column.slice(row_index + 1).value_counts().to_pylist():
            if count["values"].strip():
                n_filled += count["counts"]
                n_accepted += count["counts"] if rule.accepts(count["values"]) else 0
    return 2 * n_accepted > n_filled


def _cure(export: Export, n_rows: int) -> str:
    if "label_rows" not in READERS[export.reader].layout:
        return "delete it, or set it aside by a rule under set_aside"
    tool = ", reader: qualtrics if Qualtrics wrote it" if export.reader in ("excel", "delimited") else ""
    return (
        f"say label_rows: {export.label_rows + n_rows} under the export if it describes the columns, header_rows:"
        f" {export.header_rows + n_rows} if it is part of their names{tool}"
    )
