"""Numbers of pairs that the printed change, interval and p allow, where the printed number itself is impossible.

Belongs here: that arithmetic. Does not belong here: who the pairs are (patterns.py).

A mean change of n people is a whole number of steps over n: a step is the finest difference that two scores of the grid can
have. With few people and a thin interval there may be none.
"""

import math
from collections.abc import Sequence

import scipy

from dagster_project.simulate.problem import Grid, Target


def finest_step(grid: Grid) -> float:
    """The step of which all differences of two scores are whole multiples, whichever items they lack."""
    counts = range(max(1, grid.minimum_answered), grid.items + 1)
    return grid.items * grid.unit / math.lcm(*counts)


def allows_pairs(targets: Sequence[Target], grid: Grid, n: int) -> bool:
    """Whether n pairs can have a mean change and a standard error that meet a contrast's targets for n pairs."""
    if n < 2:
        return False
    ends = {target.statistic: (target.low, target.high) for target in targets}
    if "mean_change" not in ends:
        return True
    step, factor = finest_step(grid) / n, float(scipy.stats.t.isf(0.025, n - 1))
    low, high = ends["mean_change"]
    return any(
        _has_error(index * step, ends, factor)
        for index in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
    )


def _has_error(change: float, ends: dict[str, tuple[float, float]], factor: float) -> bool:
    """Whether some standard error gives a change the printed interval and p."""
    low, high = 0.0, math.inf
    if "ci95_low" in ends:
        low, high = max(low, (change - ends["ci95_low"][1]) / factor), min(high, (change - ends["ci95_low"][0]) / factor)
    if "ci95_high" in ends:
        low, high = max(low, (ends["ci95_high"][0] - change) / factor), min(high, (ends["ci95_high"][1] - change) / factor)
    if "abs_t" in ends:
        smallest, largest = ends["abs_t"]
        low = max(low, abs(change) / largest)
        high = min(high, abs(change) / smallest) if smallest > 0 else high
    return low <= high
