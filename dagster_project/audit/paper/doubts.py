"""Cells and columns that cannot be what their heading says.

Belongs here: the questions that they ask. Does not belong here: what a heading says (heads.py), holding a cell against it
(slots.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from dagster_project.audit.paper.cells import CellReading
from dagster_project.audit.paper.grid import PaperCell
from dagster_project.audit.paper.shape import TableShape
from dagster_project.audit.paper.slots import SlotReading

_WHOLE = ("n", "count", "missing")
#: So much of a workbook's percentages are below one where it holds shares.
_SHARE = 1.0
#: Of so many numbers half must be probabilities for a column to be one of p.
_MIN_OF_COLUMN = 2


def doubtful(slots: SlotReading, cell: PaperCell) -> SlotReading | None:
    """A question where a number cannot be what its heading says."""
    for number in slots.numbers:
        relation = number.text[:1] if number.text[:1] in "<>≤≥" else ""
        if relation and number.statistic not in ("p", "level"):
            return SlotReading(question=f"{number.text} is a bound, not a number")
        digits = number.text.lstrip("<>≤≥")
        if number.statistic in _WHOLE and not digits.isdigit():
            return SlotReading(question=f"{number.text} is no number of people, which its heading says it is")
        if number.statistic == "p" and digits.isdigit() and int(digits) > 1:
            return SlotReading(question=f"{number.text} is no probability, which its heading says it is")
        if number.statistic == "percent" and cell.is_number and 0 < float(digits) <= _SHARE and "." in digits:
            return SlotReading(question=f"{number.text} in a workbook: a share of 1, or per cent? write it as printed")
        if abs(float(digits)) >= 1e15:
            return SlotReading(question=f"{number.text} is no number as tables print it")
    return None


def name_statistics_of_groups(shape: TableShape, readings: Mapping[tuple[int, int], CellReading]) -> None:
    """Gives columns their name back that are called like a number of people ('Obs') and hold two numbers a cell, as a
    column without a statistic in its head does: they are groups."""
    counts: dict[int, list[int]] = {column: [] for column in shape.columns}
    for (_, column), reading in readings.items():
        counts[column] += [len(reading.pieces)] if reading.has_numbers else []
    are_pairs = {column: 2 * sum(count > 1 for count in of_column) > len(of_column) for column, of_column in counts.items()}
    if not any(are_pairs[column] and head.path and not head.form for column, head in shape.columns.items()):
        return
    for column, head in shape.columns.items():
        if head.form == ("n",) and are_pairs[column]:
            shape.columns[column] = replace(head, form=(), path=(*head.path, head.text.split(" N=")[0].strip()))


def column_questions(columns: Iterable[int], readings: Mapping[tuple[int, int], CellReading]) -> dict[int, tuple[str, str]]:
    """By column, what its numbers cannot be, and the question that its cells then ask.

    p: of numbers most of which are no probabilities ('Supplied p values' may be a model's name). a/b: of pairs of which
    the first is larger in one: they are no a of b ('injected/transferred').
    """
    by_column: dict[int, list[CellReading]] = {column: [] for column in columns}
    for (_, column), reading in readings.items():
        if reading.has_numbers and column in by_column:
            by_column[column].append(reading)
    questions = {}
    for column, column_readings in by_column.items():
        lone = [float(reading.pieces[0].numbers[0]) for reading in column_readings if len(reading.pieces[0].numbers) == 1]
        pairs = [
            [float(number) for number in piece.numbers]
            for reading in column_readings for piece in reading.pieces if piece.between == "/"
        ]  # fmt: skip
        if any(first > second for first, second in pairs):
            questions[column] = ("/", "a/b: a of b cannot be in all rows of its column; write what each of the two is")
        elif len(lone) >= _MIN_OF_COLUMN and 2 * sum(not 0 <= number <= 1 for number in lone) >= len(lone):
            questions[column] = ("p", "most numbers of its column are no probabilities, which its heading says they are")
    return questions
