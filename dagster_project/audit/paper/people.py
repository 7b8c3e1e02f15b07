"""The number of people of a cell, from its column's head.

Belongs here: the people whom a row of missing answers takes from that number, and rows that it is not of. Does not belong
here: numbers of people in cells (slots.py), headings (shape.py).
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from dagster_project.audit.paper.cells import CellReading
from dagster_project.audit.paper.row_groups import is_of_missing
from dagster_project.audit.paper.shape import StubRow, TableShape


class ColumnPeople:
    """The numbers of people in a table's heads."""

    def __init__(self, shape: TableShape, readings: Mapping[tuple[int, int], CellReading]) -> None:
        self._heads = shape.columns
        self._strata = _sections_of_strata(shape.rows)
        self._missing = _missing_people(shape.rows, readings)

    def people_below(self, section: str, column: int) -> str:
        """The number in a column's head, without those who are missing below a heading."""
        people, missing = self._heads[column].people, self._missing.get((section, column), 0)
        if section in self._strata:
            return ""
        return str(int(people) - missing) if people and 0 < missing < int(people) else people


def _sections_of_strata(rows: Iterable[StubRow]) -> set[str]:
    """Headings below which a statistic stands more than once, as where a table repeats its rows for each stratum: the number
    in a column's head is of all strata."""
    counts = Counter((row.section, row.stub[-1]) for row in rows if row.section and row.form and row.stub)
    return {section for (section, _), count in counts.items() if count > 1}


def _missing_people(rows: Iterable[StubRow], readings: Mapping[tuple[int, int], CellReading]) -> dict[tuple[str, int], int]:
    """By heading and column, how many people a row such as N-Miss takes from the number in the column's head."""
    missing: dict[tuple[str, int], int] = {}
    for row in rows:
        if not row.section or not is_of_missing(row):
            continue
        for column in row.cells:
            pieces = readings[row.index, column].pieces
            if pieces and pieces[0].is_whole and len(pieces[0].numbers) == 1 and not pieces[0].is_percent:
                missing[row.section, column] = int(pieces[0].numbers[0])
    return missing
