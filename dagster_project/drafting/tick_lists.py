"""Columns whose cells are lists: all choices that a person ticked, with something between them.

Belongs here: knowing such a column by its cells. Does not belong here: splitting a declared list (exports/lists.py), the
YAML (export_text.py).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from dagster_project.drafting.answers import SpecialCode, missing_reason
from dagster_project.drafting.columns import MISSING_MARKS, ColumnFacts
from dagster_project.exports import pieces_between
from dagster_project.study import LINE_BREAK, SPACE

#: The separators in the order in which they are tried: what stands in a choice's own text comes last.
_ORDER = (LINE_BREAK, ";", "|", ",", SPACE)
_MIN_LISTS, _MAX_CHOICES, _MAX_LENGTH = 2, 20, 200
#: How many of all parts may occur once, as what people type themselves does.
_MAX_SHARE_TYPED = 0.25
#: Words are separated by blanks, too: a list of that kind is made of names without blanks, in many combinations.
_NAME = re.compile(r"[\w.-]+")
_MIN_COMBINATIONS = 6
_EXCLUSIVE = re.compile(
    r"none\b.*|no(?:thing)?(?: of| ne)\b.*|nothing\b.*|keine?[rs]?\b.*|nichts\b.*|aucune?\b.*", re.IGNORECASE
)


@dataclass(frozen=True)
class TickList:
    """What the cells of a column list. separators: by the table's index. choices: the texts, the commonest first. exclusive:
    choices that stand alone by their words. n_typed: texts that occur once. n_blank: blank cells, by the table's index."""

    separators: Mapping[int, str]
    choices: tuple[str, ...]
    exclusive: tuple[str, ...]
    special_codes: tuple[SpecialCode, ...]
    n_typed: int
    n_blank: Mapping[int, int]


def find_tick_list(columns: Mapping[int, ColumnFacts]) -> TickList | None:
    """What the cells of one column list, over all tables that have it; None if they are no lists in any of them."""
    lists = {index: parts for index, column in columns.items() if (parts := _parts_of(column)) is not None}
    if not lists:
        return None
    usual_separator = Counter(separator for separator, _ in lists.values()).most_common(1)[0][0]
    counts = Counter[str]()
    for index, column in columns.items():
        cells = lists[index][1] if index in lists else _split(column, usual_separator)
        for cell_parts, n in cells:
            counts.update({part: n for part in cell_parts})
    choices = [text for text, n in counts.most_common() if n > 1]
    special_codes = tuple(
        SpecialCode(text, missing_reason(text) or "blank", "it says so", counts[text])
        for text in choices
        if text in MISSING_MARKS or missing_reason(text)
    )
    special = {code.text for code in special_codes}
    exclusive = tuple(text for text in choices if _EXCLUSIVE.fullmatch(text) and text not in special)
    return TickList(
        {index: lists[index][0] if index in lists else usual_separator for index in columns},
        tuple(text for text in choices if text not in special and text not in exclusive),
        exclusive,
        special_codes,
        sum(n == 1 for n in counts.values()),
        {index: column.row_count - column.n_filled for index, column in columns.items()},
    )


def _parts_of(column: ColumnFacts) -> tuple[str, list[tuple[list[str], int]]] | None:
    """The separator of a column's cells and the parts of each different cell with their number; None for no lists."""
    if column.is_numeric:
        return None
    for separator in _ORDER:
        parts = _split(column, separator)
        if _are_lists(parts, separator):
            return separator, parts
    return None


def _split(column: ColumnFacts, separator: str) -> list[tuple[list[str], int]]:
    """The parts of each different cell, and how many cells hold it. A part in brackets goes on with the one before it, and
    one in lower case that stands behind nothing else does, where that begins with a capital ("Yes, often")."""
    spans = {text: [*pieces_between(text, separator)] for text in column.counts}
    counts, pairs = Counter[str](), Counter[tuple[str, str]]()
    for text, pieces in spans.items():
        parts = [text[start:end] for start, end in pieces]
        counts.update({part: column.counts[text] for part in parts})
        pairs.update({pair: column.counts[text] for pair in pairwise(parts)})
    cells = []
    for text, pieces in spans.items():
        joined_spans: list[tuple[int, int]] = []
        previous = ""
        for start, end in pieces:
            part = text[start:end]
            beginning = text[slice(*joined_spans[-1])] if joined_spans else ""
            is_in_brackets = beginning.count("(") > beginning.count(")")
            goes_on = part[:1].islower() and pairs[previous, part] == counts[part] > 2 and beginning[:1].isupper()
            if is_in_brackets or goes_on:
                joined_spans[-1] = (joined_spans[-1][0], end)
            else:
                joined_spans.append((start, end))
            previous = part
        cells.append(([text[start:end] for start, end in joined_spans], column.counts[text]))
    return cells


def _are_lists(cells: Iterable[tuple[list[str], int]], separator: str) -> bool:
    cells = [(parts, n) for parts, n in cells if parts]
    counts = Counter[str]()
    for parts, n in cells:
        counts.update({part: n for part in parts})
    choices = [text for text, n in counts.items() if n > 1]
    n_lists = sum(n for parts, n in cells if len(parts) > 1)
    n_double = sum(n for parts, n in cells if len({*parts}) < len(parts))
    n_typed = sum(1 for n in counts.values() if n == 1)
    if n_lists < _MIN_LISTS or not 2 <= len(choices) <= _MAX_CHOICES or max(map(len, choices)) > _MAX_LENGTH:
        return False
    if n_typed > _MAX_SHARE_TYPED * counts.total() or n_double > 0.05 * sum(n for _, n in cells):
        return False
    combinations = {frozenset(parts) & {*choices} for parts, _ in cells} - {frozenset()}
    if separator == SPACE:
        is_of_names = all(_NAME.fullmatch(text) for text in choices)
        has_many = len(combinations) >= max(_MIN_COMBINATIONS, len(choices) + 2)
        return is_of_names and has_many and max(len(parts) for parts, _ in cells) > 2
    return len(combinations) >= len(choices)
