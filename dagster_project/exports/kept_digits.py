"""Whole numbers of more digits than a format keeps: the identifiers of two people can become one.

Belongs here: from which size on that is so, and the faults of a column. Does not belong here: workbooks, which show 15
digits (excel.py), text that a spreadsheet has rounded (identifiers.py).
"""

from collections.abc import Iterator, Sequence

import numpy as np

from dagster_project.exports.errors import quoted
from dagster_project.exports.table import CellFault
from dagster_project.withholding import of_cell

#: The largest whole number up to which a number of 8, 4 or 2 bytes keeps every one.
MAX_EXACT = {"double": 2**53, "float": 2**24, "halffloat": 2**11}


def rounded_numbers(
    values: Sequence[object] | np.ndarray,
    column: str,
    position: int,
    max_exact: int = MAX_EXACT["double"],
    first_row: int = 1,
) -> Iterator[CellFault]:
    """A fault for each number of a column that may have lost digits. first_row: the number of the first value's row."""
    for index, value in enumerate(values):
        if isinstance(value, float) and max_exact <= abs(value) < float("inf"):
            yield CellFault(
                position,
                first_row + index,
                f"row {first_row + index}: column {quoted(column)} holds the number {of_cell(f'{value:.15G}')}, and the"
                f" file keeps {len(str(max_exact)) - 1} digits of it; export the column as text",
                is_rounded=True,
            )
