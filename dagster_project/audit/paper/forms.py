"""Which form a table's row has where several are possible: 'n (%) or M (SD)', or none is named.

Belongs here: deciding by the row's own numbers. Does not belong here: holding one cell against a form (slots.py).
"""

from collections.abc import Sequence

from dagster_project.audit.paper.cells import CellReading
from dagster_project.audit.paper.slots import Form

#: So much of a percentage may be off, in its last digit, before a count is none: rounding, and a few missing people.
_SLACK = 0.6
#: A habit shows in so many cells.
_MIN_CELLS = 3


def form_of_row(readings: Sequence[tuple[CellReading, str]], forms: Sequence[Form]) -> Form:
    """The one form of a row's cells, each with its column's number of people; () where it cannot be said.

    One of several forms is taken where a row's cells have its shape, or where whole numbers with brackets are counts
    by their
    percentages of the column's people.
    """
    cells = [(reading, people) for reading, people in readings if reading.has_numbers]
    candidates = [form for form in dict.fromkeys(forms) if all(_has_shape(reading, form) for reading, _ in cells)]
    if len(candidates) < 2:
        return candidates[0] if candidates else ()
    counts = [form for form in candidates if form[0] in ("count", "n")]
    means = [form for form in candidates if form not in counts]
    if counts and means:
        if not all(reading.pieces[0].is_whole for reading, _ in cells):
            return means[0] if len(means) == 1 else ()
        percentages = [is_percentage(reading, people) for reading, people in cells]
        if any(percentages) and None not in percentages and all(percentages):
            return counts[0]
        return ()
    return ()


def is_habit_of_counts(readings: Sequence[tuple[CellReading, str]]) -> bool:
    """Whether a table's cells a (b), of which nothing says what they are, are n (%) by the numbers of people in its
    heads."""
    verdicts = [
        is_percentage(reading, people)
        for reading, people in readings
        if len(reading.pieces) == 2 and reading.pieces[0].is_whole and reading.pieces[1].bracket == "("
    ]
    certain = [verdict for verdict in verdicts if verdict is not None]
    return len(certain) >= _MIN_CELLS and all(certain)


def is_percentage(reading: CellReading, people: str) -> bool | None:
    """Whether a (b) is a count with its percentage of so many people; None where the number of people is not known."""
    if not people or len(reading.pieces) != 2 or any(len(piece.numbers) != 1 for piece in reading.pieces):
        return None
    count, percent = (float(piece.numbers[0]) for piece in reading.pieces)
    decimals = len(reading.pieces[1].numbers[0].partition(".")[2])
    return bool(abs(100 * count / float(people) - percent) <= _SLACK * 10**-decimals)


def _has_shape(reading: CellReading, form: Form) -> bool:
    """Whether a cell's marks allow a form: n (%) has no range and no ±."""
    pieces = [piece for piece in reading.pieces if not piece.statistic]
    if not pieces:
        return True
    is_count = form[0] in ("count", "n")
    if any(piece.bracket == "±" for piece in pieces) and (is_count or form[1:] not in (("sd",), ("se",))):
        return False
    if any(piece.is_percent for piece in pieces) or any(piece.between == "/" for piece in pieces):
        return is_count
    if any(len(piece.numbers) == 2 for piece in pieces):
        return any(name in ("ci", "iqr", "range") for name in form)
    if len(pieces) == 1:
        return True
    return form[-1] not in ("ci", "range")
