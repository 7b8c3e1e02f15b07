"""A matrix of correlations as papers and programs print it: a triangle whose columns are the rows' numbers or names.

Belongs here: which columns of a table are a matrix's, what each of its cells is of, and what its stars say of p. Does not
belong here: taking cells apart (cells.py), whether the correlations are possible together (audit/correlations.py).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from dagster_project.audit.paper.cells import CellReading
from dagster_project.audit.paper.shape import StubRow, TableShape
from dagster_project.audit.paper.slots import Number

_WORD = re.compile(r"correlation|korrelation|corr[ée]lation|intercorr", re.IGNORECASE)
_NUMBERED = re.compile(r"\s*\(?(\d{1,2})[.):]?\s*(.*)")
_PEOPLE = re.compile(r"\bN\s*=\s*(\d[\d,]*)")
_STARS = re.compile(r"(?<!\*)\*{1,3}(?!\*)")
#: '*p < .05', '**. Correlation is significant at the 0.01 level'.
_LEGEND = re.compile(
    r"(?<!\*)(\*{1,3})(?!\*)[.:]?\}?\s*(?:p|correlations?[\w ]{0,30}?at the)?\s*[<≤=]?\s*(0?\.\d+)", re.IGNORECASE
)
_ONE_SIDED = re.compile(r"one[- ](?:sided|tailed)|1-tailed", re.IGNORECASE)
_MIN_VARIABLES = 3


@dataclass(frozen=True)
class CorrelationMatrix:
    """variables: by column, what its correlations are with. diagonal: cells of a variable with itself. people: as the title
    or a note says, for all. levels: by stars, the level that p is below. is_stacked: other rows hold p, N or the ends of
    intervals."""

    variables: Mapping[int, str] = field(default_factory=dict)
    diagonal: frozenset[tuple[int, int]] = frozenset()
    people: str = ""
    levels: Mapping[str, str] = field(default_factory=dict)
    is_stacked: bool = False

    def cell(self, row: StubRow, column: int, numbers: Sequence[Number], text: str) -> tuple[list[Number], Sequence[Number]]:
        """The people of a cell's correlation, and its numbers with what its stars say; of a variable with itself its
        reliability, if anything."""
        if (row.index, column) in self.diagonal:
            is_alpha = row.form in ((), ("correlation",)) and not self.is_stacked
            return [], [Number("alpha", number.text) for number in numbers if is_alpha and float(number.text) != 1]
        if not any(number.statistic == "correlation" for number in numbers):
            return [], numbers
        p = self._p_of(text)
        return [Number("n", self.people)] if self.people else [], [*numbers, Number("p", p)] if p else numbers

    def _p_of(self, text: str) -> str:
        """What a cell's stars say of its p; '' where the table has none, or p in rows of its own."""
        if not self.levels or self.is_stacked:
            return ""
        stars = _STARS.search(text)
        if stars is None:
            return f">{max(self.levels.values(), key=float)}"
        return f"<{self.levels[stars[0]]}" if stars[0] in self.levels else ""


def correlation_matrix(shape: TableShape, readings: Mapping[tuple[int, int], CellReading]) -> CorrelationMatrix:
    """The matrix of a table, whose columns' heads it fills in; without columns where it has none."""
    names = {row.index: row.names[-1] for row in shape.rows if row.names and row.names[-1]}
    is_stacked = any(row.form == ("correlation",) for row in shape.rows)
    order = list({plain_name(name).casefold(): index for index, name in reversed(names.items())}.values())[::-1]
    columns: dict[int, int] = {}
    for column, head in shape.columns.items():
        index = _row_of(head.text, {index: names[index] for index in order}, order) if not head.form else None
        if index is not None:
            columns[column] = index
    texts = [shape.table.title, *shape.notes]
    min_variables = 2 if is_stacked else _MIN_VARIABLES
    if len(columns) < 2 or len(order) < min_variables or len(set(columns.values())) < len(columns):
        return CorrelationMatrix()
    first_of = {index: order[_position(names[index], names, order)] for index in names}
    of_r = {row.index for row in shape.rows if row.form == ("correlation",) or not (is_stacked or row.form)}
    values = {
        (row, column): float(reading.pieces[0].numbers[0])
        for (row, column), reading in readings.items()
        if column in columns and row in of_r and row in first_of and reading.has_numbers and reading.pieces[0].numbers
    }
    is_triangle = len({
        (order.index(first_of[row]) > order.index(columns[column]))
        for row, column in values if first_of[row] != columns[column]
    }) == 1  # fmt: skip
    is_named = is_triangle or is_stacked or any(_WORD.search(text) for text in texts)
    if not values or max(map(abs, values.values())) > 1 or not is_named:
        return CorrelationMatrix()
    for column in columns:
        shape.columns[column] = replace(shape.columns[column], form=("correlation",), path=())
    people = {match.replace(",", "") for text in texts for match in _PEOPLE.findall(text)}
    return CorrelationMatrix(
        {column: plain_name(names[index]) for column, index in columns.items()},
        frozenset((index, column) for column, first in columns.items() for index in names if first_of[index] == first),
        people.pop() if len(people) == 1 else "",
        _levels(texts, shape.rows),
        is_stacked,
    )


def _levels(texts: Iterable[str], rows: Iterable[StubRow]) -> dict[str, str]:
    """The levels of a legend of stars; none where it is one-sided, or no cell has stars."""
    texts = list(texts)
    has_stars = any(_STARS.search(cell.text) for row in rows for cell in row.cells.values())
    if not has_stars or any(_ONE_SIDED.search(text) for text in texts):
        return {}
    return {stars: level for text in texts for stars, level in _LEGEND.findall(text)}


def _position(name: str, names: Mapping[int, str], order: list[int]) -> int:
    """The place of a row's variable among the variables."""
    plain = plain_name(name).casefold()
    return next(number for number, index in enumerate(order) if plain_name(names[index]).casefold() == plain)


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
