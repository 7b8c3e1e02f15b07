"""The cells of an export read as a run would read them: how many hold a value, and the texts that are none.

Belongs here: counting them. Does not belong here: the rule for a cell (cell_rules.py), identifiers, dates.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.cell_rules import CellRule, cell_rules
from dagster_project.exports.contract_result import ContractResult
from dagster_project.exports.lists import LIST_CURE, is_of_list
from dagster_project.study import MEASURES, PARTICIPANTS, SERVICES, Export, Study, comparable

_WITH_COMMA = re.compile(r"[+-]?[0-9]+(,[0-9]+)+([.][0-9]+)?", re.ASCII)


@dataclass(frozen=True)
class ReadCells:
    """The cells of a block, or of one participant variable, in the accepted rows of a file, read as a run would read them.

    block: the block. name: of the block or of the variable. declared_texts: what its cells may hold besides numbers.
    value_count: how many cells are filled. rejected: the texts that are no answer, with their number.
    columns: of rejected texts that stand in one column alone, its header.
    """

    block: str
    name: str
    declared_texts: frozenset[str]
    value_count: int
    rejected: Counter[str]
    columns: Mapping[str, str] = field(default_factory=dict)


def read_cells(contract_result: ContractResult, study: Study, export: Export) -> list[ReadCells]:
    """Each instrument, the services, and each participant variable of an export. Reads the file's rows batch by batch."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    codes = [code for block in export.blocks for code in study.column_of(block)]
    for batch in contract_result.batches(set(codes)):
        for code in codes:
            cells = batch.column(code)
            if pa.types.is_null(cells.type) or not len(cells):
                continue
            for count in pc.value_counts(cells).to_pylist():
                if count["values"] is not None:
                    counts[code][str(count["values"])] += count["counts"]
    groups = []
    for block in export.blocks:
        rules = cell_rules(study, export, block.block)
        parts = (
            [(code, {code: rule}) for code, rule in rules.items()] if block.block == PARTICIPANTS else [(block.block, rules)]
        )
        columns = study.column_of(block)
        groups += [_block_cells(block.block, name, part, counts, columns) for name, part in parts]
    return groups


def rejected_cure(block: str, texts: Collection[str]) -> str:
    """What to do about texts of a block that are no answers."""
    if any(map(is_of_list, texts)):
        return LIST_CURE
    if any(map(_WITH_COMMA.fullmatch, map(comparable, texts))):
        return (
            'say decimal: "," under the export (or decimal_of_columns) if the comma is the decimal mark, else export the'
            " numbers without it"
        )
    return {
        PARTICIPANTS: "declare these texts under the variable's categories, or correct its limits",
        SERVICES: "declare these texts under used, not_used or special_codes",
        MEASURES: "declare these texts under the measure, labels or special_codes, or correct its limits",
    }.get(block, "declare these texts under labels or special_codes of the export, or correct the anchors")


def _block_cells(
    block: str,
    name: str,
    rules: Mapping[str, CellRule],
    counts: Mapping[str, Counter[str]],
    columns: Mapping[str, str],
) -> ReadCells:
    value_count, rejected, declared_texts = 0, Counter[str](), frozenset[str]()
    columns_of_text: dict[str, set[str]] = defaultdict(set)
    for code, rule in rules.items():
        declared_texts |= rule.texts
        for text, n in counts[code].items():
            value_count += n if comparable(text) else 0
            if not rule.accepts(text):
                rejected[text] += n
                columns_of_text[text].add(columns[code])
    single_columns = {text: next(iter(headers)) for text, headers in columns_of_text.items() if len(headers) == 1}
    return ReadCells(block, name, declared_texts, value_count, rejected, single_columns)
