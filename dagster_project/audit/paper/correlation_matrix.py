"""A matrix of correlations as papers print it: a triangle whose columns are the rows' numbers or names.

Belongs here: which columns of a table are a matrix's, and what each of its cells is of. Does not belong here: taking cells
apart (cells.py), whether the correlations are possible together (audit/correlations.py).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dagster_project.audit.paper.cells import CellReading
from dagster_project.audit.paper.shape import TableShape

_WORD = re.compile(r"correlation|korrelation|corr[ée]lation|intercorr", re.IGNORECASE)
_NUMBERED = re.compile(r"\s*\(?(\d{1,2})[.):]?\s*(.*)")
_PEOPLE = re.compile(r"\bN\s*=\s*(\d[\d,]*)")
_MIN_VARIABLES = 3


@dataclass(frozen=True)
class CorrelationMatrix:
    """variables: by column, what its correlations are with. diagonal: cells of a variable with itself. people: as the title
    or a note says, for all."""

    variables: Mapping[int, str] = field(default_factory=dict)
    diagonal: frozenset[tuple[int, int]] = frozenset()
    people: str = ""


def correlation_matrix(shape: TableShape, readings: Mapping[tuple[int, int], CellReading]) -> CorrelationMatrix:
    """The matrix of a table, whose columns' heads it fills in; without columns where it has none."""
    names = {row.index: row.names[-1] for row in shape.rows if row.names and row.names[-1]}
    order = list(names)
    columns: dict[int, int] = {}
    for column, head in shape.columns.items():
        index = _row_of(head.text, names, order) if not head.form else None
        if index is not None:
            columns[column] = index
    texts = [shape.table.title, *shape.notes]
    if len(columns) < 2 or len(order) < _MIN_VARIABLES or len(set(columns.values())) < len(columns):
        return CorrelationMatrix()
    values = {
        (row, column): float(reading.pieces[0].numbers[0])
        for (row, column), reading in readings.items()
        if column in columns and reading.has_numbers and reading.pieces[0].numbers
    }
    is_triangle = len({
        (order.index(row) > order.index(columns[column]))
        for row, column in values if row in names and row != columns[column]
    }) == 1  # fmt: skip
    if not values or max(map(abs, values.values())) > 1 or not (is_triangle or any(_WORD.search(text) for text in texts)):
        return CorrelationMatrix()
    for column in columns:
        shape.columns[column] = replace(shape.columns[column], form=("correlation",), path=())
    people = {match.replace(",", "") for text in texts for match in _PEOPLE.findall(text)}
    return CorrelationMatrix(
        {column: plain_name(names[index]) for column, index in columns.items()},
        frozenset((index, column) for column, index in columns.items()),
        people.pop() if len(people) == 1 else "",
    )


def plain_name(name: str) -> str:
    """A variable's name without its number."""
    match = _NUMBERED.fullmatch(name)
    return match[2] if match and match[2] else name


def _row_of(head: str, names: Mapping[int, str], order: list[int]) -> int | None:
    """The row that a column's head names, by number or by name."""
    match = _NUMBERED.fullmatch(head)
    if match and not match[2]:
        numbers = {number: index for index, name in names.items() if (number := _number_of(name))}
        if numbers:
            return numbers.get(match[1])
        return order[int(match[1]) - 1] if 0 < int(match[1]) <= len(order) else None
    head_name = plain_name(head).casefold()
    return next((index for index, name in names.items() if head_name and plain_name(name).casefold() == head_name), None)


def _number_of(name: str) -> str:
    match = _NUMBERED.fullmatch(name)
    return match[1] if match and match[2] else ""
