"""Rules on the summary of one group's scores: n, mean, SD, range, quartiles.

Belongs here: arithmetic that holds for any data. Does not belong here: whole answers (grids.py), two waves (pairs.py).
"""

import math
from collections.abc import Iterator
from itertools import pairwise

from dagster_project.audit.findings import Cells, Finding
from dagster_project.audit.intervals import Interval

#: In the order in which they lie on the line.
_ORDERED = ("min", "q1", "median", "q3", "max")


def in_range(cells: Cells, possible: Interval) -> Iterator[Finding]:
    """Mean, quartiles, minimum and maximum lie within the scale's range. Blames the one outside."""
    for name in ("mean", *_ORDERED):
        if name in cells and cells[name].interval.misses(possible):
            yield Finding(
                cells[name].value,
                "in_range",
                f"the {name} {cells[name].printed} lies outside the scale's range, {possible.low:g} to {possible.high:g}",
                slack=cells[name].interval.gap(possible),
            )


def in_order(cells: Cells) -> Iterator[Finding]:
    """Minimum <= quartiles and mean <= maximum. Blames the later one of the first two that are out of order."""
    found = [name for name in _ORDERED if name in cells]
    pairs = [*pairwise(found)]
    pairs += [pair for pair in (("min", "mean"), ("mean", "max")) if set(pair) <= set(cells)]
    for low, high in pairs:
        if cells[low].interval.low > cells[high].interval.high:
            yield Finding(
                cells[high].value,
                "in_order",
                f"the {low} {cells[low].printed} lies above the {high} {cells[high].printed}",
                slack=cells[low].interval.gap(cells[high].interval),
            )


def mean_of_range(cells: Cells) -> Iterator[Finding]:
    """One person has the minimum and one the maximum, so ((n - 1) min + max) / n <= mean <= (min + (n - 1) max) / n. Blames
    the mean."""
    if not {"n", "mean", "min", "max"} <= set(cells) or cells["n"].number < 2:
        return
    n, low, high = cells["n"].number, cells["min"].interval, cells["max"].interval
    if low.low > high.high:
        return  # in_order blames them
    least, most = ((n - 1) * low.low + high.low) / n, (low.high + (n - 1) * high.high) / n
    allowed = Interval(least, most)
    if cells["mean"].interval.misses(allowed):
        yield Finding(
            cells["mean"].value,
            "mean_of_range",
            f"{n:g} values of which one is {cells['min'].printed} and one {cells['max'].printed} have a mean of"
            f" ((n - 1) min + max) / n = {least:.4g} to (min + (n - 1) max) / n = {most:.4g}, not {cells['mean'].printed}",
            slack=cells["mean"].interval.gap(allowed),
        )


def _ends(cells: Cells, possible: Interval) -> Interval:
    """What the values lie between: minimum and maximum where they are printed and possible, else the scale's range."""
    low, high = possible.low, possible.high
    if "min" in cells and not cells["min"].interval.misses(possible):
        low = max(low, cells["min"].interval.low)
    if "max" in cells and not cells["max"].interval.misses(possible):
        high = min(high, cells["max"].interval.high)
    return Interval(low, high)


def spread(cells: Cells, possible: Interval) -> Iterator[Finding]:
    """SD² <= (max - mean)(mean - min) n / (n - 1) (Bhatia and Davis 2000), and at least what one minimum and one maximum
    with all others between them leave. Blames the SD; a minimum or maximum outside the scale's range is replaced by it."""
    if not {"n", "mean", "sd"} <= set(cells):
        return
    n, mean, sd = cells["n"].number, cells["mean"].interval, cells["sd"].interval
    ends = _ends(cells, possible)
    if mean.misses(possible) or n < 2 or ends.is_empty:
        return  # other rules blame those
    if sd.high < 0:
        yield Finding(cells["sd"].value, "spread", f"an SD cannot be {cells['sd'].printed}", slack=-sd.high)
        return
    if math.isfinite(ends.low) and math.isfinite(ends.high):
        best = min(max(ends.middle, mean.low), mean.high)
        most = math.sqrt(max(0.0, (ends.high - best) * (best - ends.low)) * n / (n - 1))
        if sd.low > most:
            yield Finding(
                cells["sd"].value,
                "spread",
                f"{n:g} values from {ends.low:.4g} to {ends.high:.4g} with mean {cells['mean'].printed} have an SD of at"
                f" most sqrt((max - mean)(mean - min) n / (n - 1)) = {most:.4g}, not {cells['sd'].printed}",
                slack=sd.low - most,
            )
            return
    if {"min", "max"} <= set(cells):
        yield from _least_spread(cells, n, mean, sd)


def _least_spread(cells: Cells, n: float, mean: Interval, sd: Interval) -> Iterator[Finding]:
    low, high = cells["min"].interval, cells["max"].interval
    if low.high >= high.low:
        return
    # One at each end, as near as rounding allows, and the others all at the one place that gives the mean.
    near, far = low.high, high.low
    centres = [mean.low, mean.high, min(max((near + far) / 2, mean.low), mean.high)]
    least = min(_sd_of_three(n, centre, near, far) for centre in centres)
    if sd.high < least:
        yield Finding(
            cells["sd"].value,
            "spread",
            f"{n:g} values of which one is {cells['min'].printed} and one {cells['max'].printed}, with mean"
            f" {cells['mean'].printed}, have an SD of at least {least:.4g}, all others together at one place, not"
            f" {cells['sd'].printed}",
            slack=least - sd.high,
        )


def _sd_of_three(n: float, mean: float, low: float, high: float) -> float:
    """The SD of n values: one low, one high, the others where they give the mean."""
    others = (n * mean - low - high) / (n - 2) if n > 2 else mean
    squares = (low - mean) ** 2 + (high - mean) ** 2 + (n - 2) * (others - mean) ** 2
    return math.sqrt(squares / (n - 1))


def error_of_mean(cells: Cells) -> Iterator[Finding]:
    """SE = SD / root(n). Blames the SE."""
    if not {"n", "sd", "se"} <= set(cells) or cells["n"].number < 1:
        return
    allowed = cells["sd"].interval.times(1 / math.sqrt(cells["n"].number))
    if cells["se"].interval.misses(allowed):
        yield Finding(
            cells["se"].value,
            "error_of_mean",
            f"SD / root(n) = {cells['sd'].printed} / root({cells['n'].printed}) = {allowed}, not {cells['se'].printed}",
            slack=cells["se"].interval.gap(allowed),
        )
