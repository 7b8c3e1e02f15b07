"""Ratios: odds ratios, risk ratios, hazard ratios, rate ratios. Their scale is the logarithm's, their null is 1.

Belongs here: a ratio's row as an estimate's row on the log scale. Does not belong here: the rules, which are those of any
estimate (change_intervals.py, change_tests.py).
"""

import math
from collections.abc import Mapping
from dataclasses import replace

from dagster_project.audit.findings import RowCells, TableCell
from dagster_project.audit.intervals import Interval

#: What stands before arithmetic on the log scale.
LOG_WORDS = "a ratio's scale is the natural logarithm: "
RATIOS = ("or", "rr", "hr", "irr")
_ENDS = ("ci_low", "ci_high")


def is_ratio(cells: RowCells) -> bool:
    return any(name in cells for name in RATIOS)


def on_log_scale(cells: Mapping[str, TableCell]) -> dict[str, TableCell]:
    """The ratio as a change, its interval and it as logarithms; an end that may be zero is left out. A standard error is
    left out: tables print that of the ratio, or of its logarithm."""
    result = {name: cell for name, cell in cells.items() if name not in (*RATIOS, *_ENDS, "se", "change", "estimate")}
    for name in (*RATIOS, *_ENDS):
        if name in cells and cells[name].interval.low > 0 and cells[name].interval.is_bounded:
            interval = cells[name].interval
            logs = Interval(math.log(interval.low), math.log(interval.high))
            result["change" if name in RATIOS else name] = replace(cells[name], interval=logs)
    return result
