"""The decimal point of a number, by its column and its row.

Belongs here: a number without decimals beside others that have them. Does not belong here: the note on a column whose
decimals differ (notes.py).
"""

from collections.abc import Iterator, Sequence

from dagster_project.audit.findings import INCONSISTENT, RowCells, TableCell
from dagster_project.audit.layout import TableLayout
from dagster_project.audit.outcome import Outcome
from dagster_project.audit.rule import Rule
from dagster_project.results.rounding import printed_decimals

LOST_POINT = Rule(
    "lost_point",
    "A number without decimals, in a column and a row that have them, is not far above its column.",
    "four numbers or more of a column, and another number of the row",
    "the number without decimals",
    "",
)
#: Of whole numbers, or below one.
_WHOLE = ("n", "count", "df", "df1", "df2", "p")
_MIN_OTHERS = 3
#: How far above all others of its column it is, and how far it may be with its point: the farther, the farther.
_RATIOS = ((25.0, 5.0), (5.0, 1.5))
#: Statistics of a test or an effect, which are printed with decimals whatever the measure.
_ALWAYS_DECIMAL = ("t", "f", "z", "chi2", "es", "correlation", "or", "rr", "hr", "irr")


def lost_points(layout: TableLayout) -> Iterator[Outcome]:
    """Only misfits: no number is called checked because it has a point."""
    rows = {id(cell): cells for row in layout for cells in row.moments.values() for cell in cells.values()}
    for (_, _, statistic), column in layout.columns.items():
        if statistic not in _WHOLE:
            for cell in column:
                has_decimals = statistic in _ALWAYS_DECIMAL or _has_decimals(cell, rows.get(id(cell), {}))
                if _is_whole(cell) and has_decimals:
                    yield from _outcome(cell, [neighbour for neighbour in column if neighbour is not cell])


def _outcome(cell: TableCell, column: Sequence[TableCell]) -> Iterator[Outcome]:
    decimal_counts = {_decimals(neighbour) for neighbour in column}
    largest = max((abs(neighbour.number) for neighbour in column), default=0.0)
    if len(column) < _MIN_OTHERS or len(decimal_counts) != 1 or decimal_counts == {0} or largest == 0:
        return
    n_decimals = decimal_counts.pop()
    repaired = cell.number / 10**n_decimals
    if not any(
        abs(cell.number) > ratio * largest and abs(repaired) <= repaired_ratio * largest for ratio, repaired_ratio in _RATIOS
    ):
        return
    words = (
        f"{cell.text} has no decimals and is {abs(cell.number) / largest:.3g} times the largest of the column's"
        f" {len(column)} other numbers, which have {n_decimals}: {repaired:.{n_decimals}f} would be among them"
    )
    yield Outcome("lost_point", (cell,), (LOST_POINT.finding(cell, words, severity=INCONSISTENT),))


def _has_decimals(cell: TableCell, row: RowCells) -> bool:
    """Whether another number of the row has decimals."""
    return any(neighbour is not cell and name not in _WHOLE and _decimals(neighbour) for name, neighbour in row.items())


def _is_whole(cell: TableCell) -> bool:
    return not cell.text.strip().startswith(("<", ">", "≤", "≥")) and _decimals(cell) == 0


def _decimals(cell: TableCell) -> int:
    return printed_decimals(cell.text.strip().lstrip("<>≤≥ "))
