"""What a file says that the codes of its items stand for, beside what the instrument makes of them.

Belongs here: codes that are labelled from another number than the anchors, and items that are labelled the other way round
and would be turned twice. Does not belong here: codes labelled as no answer (declared_missing.py), labels that changed
between waves (proposals.py).
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from dagster_project.exports.cell_rules import CellRule, cell_rules
from dagster_project.exports.declared_missing import labelled_as_none
from dagster_project.exports.headers import HeaderTexts
from dagster_project.exports.table import TextTable
from dagster_project.study import PARTICIPANTS, SERVICES, Anchors, ColumnBlock, Export, Study, comparable, number_in

#: Labels of fewer codes say little of how the others are counted.
_MIN_LABELS = 3
_Labels = Mapping[int, str]


def code_label_questions(table: TextTable, study: Study, export: Export) -> Iterator[str]:
    """A line for each block with columns whose labels tell of other codes than the protocol takes their cells for, and one
    for each column of an item that would be turned twice. Labels are not repeated.

    Codes that the protocol declares under labels are what it says they are.
    """
    if not table.value_labels:
        return
    for block in export.blocks:
        if block.block not in (SERVICES, PARTICIPANTS):
            yield from _questions_of(block, table, study, export)


def _questions_of(block: ColumnBlock, table: TextTable, study: Study, export: Export) -> Iterator[str]:
    header_text = HeaderTexts(table.columns)
    instrument, rules = study.instrument(block.block), cell_rules(study, export, block.block)
    positions = {code: position for position, code in enumerate(study.block_codes(block.block), start=1)}
    columns = {code: column for code, column in study.column_of(block).items() if not study.takes_texts_only(code)}
    labels_of = {
        code: labels for code, column in columns.items() if (labels := _undeclared_labels(table, column, rules[code]))
    }
    shifted = {
        code: shift
        for code, labels in labels_of.items()
        if (shift := _shift(labels, instrument.anchors_of(positions[code]))) is not None
    }
    for code, shift in list(shifted.items())[:1]:
        labels, further = labels_of[code], f" (and {len(shifted) - 1} more)" if len(shifted) > 1 else ""
        answers = _declaration(block.block, {label: label - shift for label in labels})
        yield (
            f"column {header_text(columns[code])}{further}: the file labels the codes {min(labels)} to {max(labels)}, and"
            f" the anchors of {code} are {instrument.anchors_of(positions[code])}; say under labels of the export what its"
            f" codes stand for: {answers}, or each for itself if only the labels are wrong; or correct the anchors"
        )
    for code in labels_of.keys() - shifted.keys():
        sum_of_ends = int(instrument.anchors_of(positions[code]).low + instrument.anchors_of(positions[code]).high)
        if positions[code] in instrument.reversed and _is_turned(code, labels_of, sum_of_ends):
            turned_codes = {label: sum_of_ends - label for label in labels_of[code]}
            answers = _declaration(block.block, turned_codes, positions[code])
            yield (
                f"column {header_text(columns[code])}: the file labels the codes of {code} the other way round than those of"
                f" most items of {block.block}, and {code} is reversed, so that its answers would be turned twice; say under"
                f" labels of the export what its codes stand for: {answers}, or each for itself if only the labels are wrong"
            )


def _declaration(block: str, codes: Mapping[int, int], position: int | None = None) -> str:
    items = "" if position is None else f" items: [{position}],"
    labels = ", ".join(f'"{code}": {codes[code]}' for code in sorted(codes))
    return f"[{{blocks: [{block}],{items} labels: {{{labels}}}}}]"


def _undeclared_labels(table: TextTable, column: str, rule: CellRule) -> dict[int, str]:
    """The labels of whole codes one after the other, the longest such row, without those of no answers; empty if they are
    few, if the protocol says what one of them is, or if no cell holds one of the codes."""
    labels = {
        int(number): comparable(label).casefold()
        for code, label in table.value_labels.get(column, {}).items()
        if code not in labelled_as_none(table, column)
        and code not in table.special_codes.get(column, ())
        and (number := number_in(code, ".")) is not None
        and number.is_integer()
    }
    rows: list[list[int]] = [[]]
    for previous, code in pairwise([None, *sorted(labels)]):
        if code is not None:
            rows = [*rows[:-1], [*rows[-1], code]] if previous == code - 1 else [*rows, [code]]
    longest = max(rows, key=len)
    if len(longest) < _MIN_LABELS or any(str(code) in rule.texts for code in longest):
        return {}
    cells = set(table.texts([table.columns.index(column)]).column(0).unique().to_pylist())
    is_coded = any(number_in(cell, rule.decimal_mark) in labels for cell in cells)
    return {code: labels[code] for code in longest} if is_coded else {}


def _shift(labels: _Labels, anchors: Anchors) -> int | None:
    """By how much labelled codes lie off the anchors, if there are as many of them as of answers."""
    shift = min(labels) - anchors.low
    is_as_long = max(labels) - min(labels) == anchors.high - anchors.low
    return int(shift) if is_as_long and shift != 0 and anchors.decimals == 0 else None


def _is_turned(code: str, labels_of: Mapping[str, _Labels], sum_of_ends: int) -> bool:
    """Whether an item's labels are those of most of the other items, in the opposite order."""
    labels = labels_of[code]
    turned_labels = {sum_of_ends - number: label for number, label in labels.items()}
    neighbours = [item_labels for name, item_labels in labels_of.items() if name != code]
    return turned_labels != labels and 2 * neighbours.count(turned_labels) > len(neighbours)
