"""Rules on the summary of one group's scores: n, mean, SD, range, quartiles.

Belongs here: arithmetic that holds for any data. Does not belong here: whole answers (grids.py), two waves (pairs.py).
"""

import math
from collections.abc import Iterator
from itertools import pairwise

from dagster_project.audit.findings import IMPOSSIBLE, INCONSISTENT, NOT_REPRODUCIBLE, Cells, Finding
from dagster_project.audit.intervals import Interval
from dagster_project.audit.student import LEVELS, critical

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
        return  # in_bounds blames it
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
        yield of_population(
            sd.high >= least * math.sqrt((n - 1) / n),
            Finding(
                cells["sd"].value,
                "spread",
                f"{n:g} values of which one is {cells['min'].printed} and one {cells['max'].printed}, with mean"
                f" {cells['mean'].printed}, have an SD of at least {least:.4g}, all others together at one place, not"
                f" {cells['sd'].printed}",
                slack=least - sd.high,
            ),
        )


def _sd_of_three(n: float, mean: float, low: float, high: float) -> float:
    """The SD of n values: one low, one high, the others where they give the mean. Where that is beyond an end, that end
    joins them: an end is printed, so it may lie anywhere in its interval, but no other value lies beyond it."""
    others = (n * mean - low - high) / (n - 2) if n > 2 else mean
    if others < low:
        return abs(high - mean) * math.sqrt(n) / (n - 1)
    if others > high:
        return abs(mean - low) * math.sqrt(n) / (n - 1)
    squares = (low - mean) ** 2 + (high - mean) ** 2 + (n - 2) * (others - mean) ** 2
    return math.sqrt(squares / (n - 1))


def error_of_mean(cells: Cells) -> Iterator[Finding]:
    """SE = SD / root(n). Blames the SE."""
    if not {"n", "sd", "se"} <= set(cells) or cells["n"].number < 1:
        return
    n, se = cells["n"].number, cells["se"].interval
    allowed = cells["sd"].interval.times(1 / math.sqrt(n))
    if se.misses(allowed):
        found = Finding(
            cells["se"].value,
            "error_of_mean",
            f"SD / root(n) = {cells['sd'].printed} / root({cells['n'].printed}) = {allowed}, not {cells['se'].printed}",
            slack=se.gap(allowed),
        )
        yield of_population(n > 1 and not se.misses(cells["sd"].interval.times(1 / math.sqrt(n - 1))), found)


#: Statistics that are never below zero.
_NEVER_NEGATIVE = ("n", "count", "percent", "sd", "se", "norm_sd", "sd_change", "sd_baseline", "sd_followup", "df")


def in_bounds(cells: Cells) -> Iterator[Finding]:
    """Spreads, shares and numbers of people are not negative, a percentage is 100 at most, a correlation lies between -1 and
    1, people are whole. Blames the number itself."""
    for name, cell in cells.items():
        one = cell.interval
        if name in _NEVER_NEGATIVE and one.high < 0:
            yield Finding(cell.value, "in_bounds", f"the {name} cannot be {cell.printed}, below 0", slack=-one.high)
        elif name == "percent" and one.low > 100:
            yield Finding(
                cell.value, "in_bounds", f"a share of people cannot be {cell.shown}, above 100 %", slack=one.low - 100
            )
        elif name == "correlation" and one.smallest_size > 1:
            yield Finding(
                cell.value,
                "in_bounds",
                f"a correlation cannot be {cell.printed}, beyond -1 to 1",
                slack=one.smallest_size - 1,
            )
        elif name in ("n", "count") and one.low == one.high and cell.number != int(cell.number):
            yield Finding(cell.value, "in_bounds", f"{cell.printed} is no whole number of people")


def of_one(cells: Cells) -> Iterator[Finding]:
    """One person has no spread. Blames the SD, or the maximum."""
    if "n" not in cells or cells["n"].number != 1:
        return
    if "sd" in cells and cells["sd"].interval.low > 0:
        yield Finding(
            cells["sd"].value, "of_one", f"one person has no SD, not {cells['sd'].printed}", slack=cells["sd"].interval.low
        )
    if {"min", "max"} <= set(cells) and cells["min"].interval.high < cells["max"].interval.low:
        yield Finding(
            cells["max"].value,
            "of_one",
            f"one person has one score, so minimum and maximum are the same, not {cells['min'].printed} and"
            f" {cells['max'].printed}",
            slack=cells["max"].interval.gap(cells["min"].interval),
        )


def mean_and_median(cells: Cells) -> Iterator[Finding]:
    """|mean - median| <= SD root((n - 1) / n), the SD with n (Hotelling and Solomons 1932). Blames the mean."""
    if not {"mean", "median", "sd"} <= set(cells):
        return
    apart = cells["mean"].interval.minus(cells["median"].interval).smallest_size
    n = cells["n"].number if "n" in cells and cells["n"].number > 1 else math.inf
    most = max(0.0, cells["sd"].interval.high) * (math.sqrt((n - 1) / n) if math.isfinite(n) else 1.0)
    if apart > most:
        # With n in the SD's denominator already, the mean may lie farther away.
        found = Finding(
            cells["mean"].value,
            "mean_and_median",
            f"a mean lies within SD root((n - 1) / n) = {most:.4g} of the median {cells['median'].printed}, not at"
            f" {cells['mean'].printed}",
            slack=apart - most,
        )
        yield of_population(apart <= max(0.0, cells["sd"].interval.high), found)


def mean_of_quartiles(cells: Cells, possible: Interval) -> Iterator[Finding]:
    """A quarter of the values lies at or below the first quartile, half at or below the median, and so on, each value at
    most at its quartile and the rest at most at the maximum: that bounds the mean. Blames the mean. By the definition of
    quartiles that counts the fewest values below them."""
    if not {"n", "mean"} <= set(cells) or not {"q1", "median", "q3"} & set(cells) or cells["n"].number < 4:
        return
    n, ends, mean = int(cells["n"].number), _ends(cells, possible), cells["mean"].interval
    held = [
        (math.floor(part * (n - 1)), name) for part, name in ((0.25, "q1"), (0.5, "median"), (0.75, "q3")) if name in cells
    ]
    most = least = 0.0
    before = 0
    for people, name in held:
        most += (people - before) * cells[name].interval.high
        before = people
    most = (most + (n - before) * ends.high) / n
    before = 0
    for people, name in (
        (math.floor((1 - part) * (n - 1)), name)
        for part, name in ((0.75, "q3"), (0.5, "median"), (0.25, "q1"))
        if name in cells
    ):
        least += (people - before) * cells[name].interval.low
        before = people
    least = (least + (n - before) * ends.low) / n
    if mean.misses(Interval(least, most)):
        quartiles = ", ".join(f"{name} {cells[name].printed}" for _, name in held)
        yield Finding(
            cells["mean"].value,
            "mean_of_quartiles",
            f"{n} values with {quartiles} and none beyond {_bound(ends)} have a mean of at"
            f" {'least ' + f'{least:.4g}' if mean.high < least else 'most ' + f'{most:.4g}'}, each value at its bound, not"
            f" {cells['mean'].printed}",
            slack=mean.gap(Interval(least, most)),
        )


def _bound(ends: Interval) -> str:
    return " or ".join(f"{end:.4g}" for end in (ends.low, ends.high) if math.isfinite(end))


def interval_of_mean(cells: Cells, level: int | None) -> Iterator[Finding]:
    """The interval of a mean lies about it, and is 2 t SD / root(n) wide. Blames the ends. level: per cent; None where
    nobody says, and 90, 95 and 99 are tried."""
    if not {"ci_low", "ci_high", "mean"} <= set(cells):
        return
    low, high, mean = (cells[name].interval for name in ("ci_low", "ci_high", "mean"))
    shown = f"{cells['ci_low'].printed} to {cells['ci_high'].printed}"
    if mean.high < low.low or mean.low > high.high:
        yield Finding(
            cells["ci_high" if mean.low > high.high else "ci_low"].value,
            "interval_of_mean",
            f"the mean {cells['mean'].printed} lies outside its interval, {shown}",
            INCONSISTENT if level is None else IMPOSSIBLE,
            max(low.low - mean.high, mean.low - high.high),
        )
        return
    if not {"n", "sd"} <= set(cells) or cells["n"].number < 2:
        return
    n, sd, half = cells["n"].number, cells["sd"].interval, high.minus(low).times(0.5)
    factors = {one: (critical(n - 1, one), critical(math.inf, one)) for one in ((level,) if level else LEVELS)}
    if any(not half.misses(sd.times(factor / math.sqrt(n))) for some in factors.values() for factor in some):
        return
    of_t = {one: sd.times(some[0] / math.sqrt(n)) for one, some in factors.items()}
    said = ", ".join(f"{width} at {one} %" for one, width in of_t.items())
    yield Finding(
        cells["ci_high"].value,
        "interval_of_mean",
        f"half the interval {shown} is {half}, but t SD / root(n) with SD {cells['sd'].printed} and n {cells['n'].printed}"
        " is"
        f" {said}",
        NOT_REPRODUCIBLE if level is None else IMPOSSIBLE,
        min(half.gap(width) for width in of_t.values()),
    )


def of_population(would_fit: bool, found: Finding) -> Finding:
    """Softened where the SD with n instead of n - 1 would fit."""
    return found.softened(INCONSISTENT, "an SD with n instead of n - 1 in its denominator would fit") if would_fit else found
