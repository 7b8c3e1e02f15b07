"""Rules on the summary of one group's scores: n, mean, SD, range, quartiles.

Belongs here: arithmetic that holds for any data. Does not belong here: whole answers (grids.py), two waves (pairs.py).
"""

import math
from collections.abc import Iterator
from itertools import pairwise

from dagster_project.audit.assumptions import ScaleFacts
from dagster_project.audit.findings import INCONSISTENT, Finding, RowCells
from dagster_project.audit.intervals import Interval
from dagster_project.audit.rule import Rule

IN_RANGE = Rule(
    "in_range",
    "Mean, quartiles, minimum and maximum lie within the range of the scale.",
    "the number, and the range",
    "the number outside",
    "items 4, aggregate mean, low 1, high 5 | T1: n 20, max 6.0",
)
IN_ORDER = Rule(
    "in_order",
    "Minimum, quartiles, median and maximum rise; the mean lies between minimum and maximum.",
    "two of them",
    "the later",
    "T1: min 4.5, max 3.5",
)
MEAN_OF_RANGE = Rule(
    "mean_of_range",
    "One person has the minimum and one the maximum.",
    "n, mean, minimum and maximum",
    "the mean",
    "T1: n 3, mean 2.0, min 1.0, max 5.0",
    "((n - 1) min + max) / n <= mean <= (min + (n - 1) max) / n",
)
SPREAD_OF_RANGE = Rule(
    "spread",
    "The SD is at most that of everybody at an end, and at least that of one minimum, one maximum and"
    " all others at one point.",
    "n, mean and SD, and a range: of the scale, or minimum and maximum",
    "the SD",
    "T1: n 4, mean 3, sd 1.2, min 1.0, max 5.0",
    "SD² <= (max - mean) (mean - min) n / (n - 1)",
    "Bhatia and Davis 2000, American Mathematical Monthly 107, 353-357",
)
OF_ONE = Rule(
    "of_one",
    "One person has no SD, and a minimum that is the maximum.",
    "n of 1",
    "the SD, or the maximum",
    "T1: n 1, sd 1.0",
)
MEAN_AND_MEDIAN = Rule(
    "mean_and_median",
    "Mean and median are at most an SD apart.",
    "mean, median and SD",
    "the mean",
    "T1: n 4, mean 1.0, sd 0.9, median 3.0",
    "|mean - median| <= SD root((n - 1) / n)",
    "Hotelling and Solomons 1932, Annals of Mathematical Statistics 3, 141-142",
)
MEAN_OF_QUARTILES = Rule(
    "mean_of_quartiles",
    "Quartiles, minimum and maximum bound the mean: a quarter of the values lies at or below the first.",
    "n of 4 or more, mean, a quartile and a range",
    "the mean",
    "T1: n 100, mean 9.0, q3 3.0, max 10.0",
)
IN_BOUNDS = Rule(
    "in_bounds",
    "SDs, percentages and numbers of people are not negative, a percentage is at most 100, a correlation"
    " lies between -1 and 1, and"
    " numbers of people are whole.",
    "the number",
    "the number",
    "T1: n 20, sd -1.0",
)
#: From the lowest to the highest.
_ORDERED = ("min", "q1", "median", "q3", "max")


def in_range(cells: RowCells, facts: ScaleFacts) -> Iterator[Finding]:
    """A note where nobody says whether the score is a sum or a mean, and a number lies outside a mean's range."""
    score_range = facts.score_range
    for name in ("mean", *_ORDERED):
        if name in cells and cells[name].interval.is_disjoint(score_range):
            yield IN_RANGE.finding(
                cells[name],
                f"the {name} {cells[name].text} lies outside the scale's range, {score_range.low:g} to {score_range.high:g}",
                slack=cells[name].interval.gap(score_range),
            )


def in_order(cells: RowCells) -> Iterator[Finding]:
    """Minimum <= quartiles and mean <= maximum. Blames the later number of each pair that is out of order."""
    names = [name for name in _ORDERED if name in cells]
    pairs = [*pairwise(names)]
    pairs += [pair for pair in (("min", "mean"), ("mean", "max")) if set(pair) <= set(cells)]
    for low, high in pairs:
        if cells[low].interval.low > cells[high].interval.high:
            yield IN_ORDER.finding(
                cells[high],
                f"the {low} {cells[low].text} lies above the {high} {cells[high].text}",
                slack=cells[low].interval.gap(cells[high].interval),
            )


def mean_of_range(cells: RowCells) -> Iterator[Finding]:
    """One person has the minimum and one the maximum, so ((n - 1) min + max) / n <= mean <= (min + (n - 1) max) / n. Blames
    the mean."""
    if not {"n", "mean", "min", "max"} <= set(cells) or cells["n"].number < 2:
        return
    n, low, high = cells["n"].number, cells["min"].interval, cells["max"].interval
    if low.low > high.high:
        return  # in_order blames them
    min_mean, max_mean = ((n - 1) * low.low + high.low) / n, (low.high + (n - 1) * high.high) / n
    bounds = Interval(min_mean, max_mean)
    if cells["mean"].interval.is_disjoint(bounds):
        yield MEAN_OF_RANGE.finding(
            cells["mean"],
            f"{n:g} values of which one is {cells['min'].text} and one {cells['max'].text} have a mean of"
            f" ((n - 1) min + max) / n = {min_mean:.4g} to (min + (n - 1) max) / n = {max_mean:.4g}, not"
            f" {cells['mean'].text}",
            slack=cells["mean"].interval.gap(bounds),
        )


def _value_range(cells: RowCells, score_range: Interval) -> Interval:
    """The range of the values: minimum and maximum where they are printed and possible, else the scale's range."""
    low, high = score_range.low, score_range.high
    if "min" in cells and not cells["min"].interval.is_disjoint(score_range):
        low = max(low, cells["min"].interval.low)
    if "max" in cells and not cells["max"].interval.is_disjoint(score_range):
        high = min(high, cells["max"].interval.high)
    return Interval(low, high)


def sd_in_bounds(cells: RowCells, score_range: Interval) -> Iterator[Finding]:
    """SD² <= (max - mean)(mean - min) n / (n - 1) (Bhatia and Davis 2000), and at least that of one minimum, one maximum
    and all others at one point. Blames the SD; a minimum or maximum outside the scale's range is replaced by it."""
    if not {"n", "mean", "sd"} <= set(cells):
        return
    n, mean, sd = cells["n"].number, cells["mean"].interval, cells["sd"].interval
    value_range = _value_range(cells, score_range)
    if mean.is_disjoint(score_range) or n < 2 or value_range.is_empty:
        return  # other rules blame those
    if sd.high < 0:
        return  # in_bounds blames it
    if math.isfinite(value_range.low) and math.isfinite(value_range.high):
        nearest_mean = min(max(value_range.middle, mean.low), mean.high)
        max_sd = math.sqrt(max(0.0, (value_range.high - nearest_mean) * (nearest_mean - value_range.low)) * n / (n - 1))
        if sd.low > max_sd:
            yield SPREAD_OF_RANGE.finding(
                cells["sd"],
                f"{n:g} values from {value_range.low:.4g} to {value_range.high:.4g} with mean {cells['mean'].text} have"
                f" an SD of at most sqrt((max - mean)(mean - min) n / (n - 1)) = {max_sd:.4g}, not {cells['sd'].text}",
                slack=sd.low - max_sd,
            )
            return
    if {"min", "max"} <= set(cells):
        yield from _min_sd(cells, n, mean, sd)


def _min_sd(cells: RowCells, n: float, mean: Interval, sd: Interval) -> Iterator[Finding]:
    low, high = cells["min"].interval, cells["max"].interval
    if low.high >= high.low:
        return
    # One value at each end, as near as rounding allows, and all others at the point that gives the mean.
    nearest_low, nearest_high = low.high, high.low
    candidates = [mean.low, mean.high, min(max((nearest_low + nearest_high) / 2, mean.low), mean.high)]
    min_sd = min(_sd_of_three(n, candidate, nearest_low, nearest_high) for candidate in candidates)
    if sd.high < min_sd:
        yield of_population(
            sd.high >= min_sd * math.sqrt((n - 1) / n),
            SPREAD_OF_RANGE.finding(
                cells["sd"],
                f"{n:g} values of which one is {cells['min'].text} and one {cells['max'].text}, with mean"
                f" {cells['mean'].text}, have an SD of at least {min_sd:.4g}, all others together at one place, not"
                f" {cells['sd'].text}",
                slack=min_sd - sd.high,
            ),
        )


def _sd_of_three(n: float, mean: float, low: float, high: float) -> float:
    """The SD of n values: one low, one high, the others at the point that gives the mean. Where that point lies beyond an
    end, the end moves there: it may lie anywhere in its interval, but no other value lies beyond it."""
    middle_value = (n * mean - low - high) / (n - 2) if n > 2 else mean
    if middle_value < low:
        return abs(high - mean) * math.sqrt(n) / (n - 1)
    if middle_value > high:
        return abs(mean - low) * math.sqrt(n) / (n - 1)
    squares = (low - mean) ** 2 + (high - mean) ** 2 + (n - 2) * (middle_value - mean) ** 2
    return math.sqrt(squares / (n - 1))


#: Statistics that are never below zero.
_NEVER_NEGATIVE = ("n", "count", "percent", "sd", "se", "norm_sd", "sd_change", "sd_baseline", "sd_followup", "df")


def in_bounds(cells: RowCells, *, is_change: bool = False) -> Iterator[Finding]:
    """A percentage beside a change is one of change, and may be anything."""
    for name, cell in cells.items():
        if is_change and name == "percent":
            continue
        interval = cell.interval
        if name in _NEVER_NEGATIVE and interval.high < 0:
            yield IN_BOUNDS.finding(cell, f"the {name} cannot be {cell.text}, below 0", slack=-interval.high)
        elif name in ("df", "df1", "df2") and interval.low == interval.high == 0:
            yield IN_BOUNDS.finding(cell, f"the {name} cannot be {cell.text}, below 1")
        elif name == "percent" and interval.low > 100:
            yield IN_BOUNDS.finding(
                cell,
                f"a share of people cannot be {cell.percent_text}, above 100 %",
                slack=interval.low - 100,
            )
        elif name == "correlation" and interval.min_absolute > 1:
            yield IN_BOUNDS.finding(
                cell,
                f"a correlation cannot be {cell.text}, beyond -1 to 1",
                slack=interval.min_absolute - 1,
            )
        elif name in ("n", "count") and interval.low == interval.high and cell.number != int(cell.number):
            yield IN_BOUNDS.finding(cell, f"{cell.text} is not a whole number of people")


def of_one(cells: RowCells) -> Iterator[Finding]:
    """The SD and the range of one person are zero. Blames the SD, or the maximum."""
    if "n" not in cells or cells["n"].number != 1:
        return
    if "sd" in cells and cells["sd"].interval.low > 0:
        yield OF_ONE.finding(cells["sd"], f"one person has no SD, not {cells['sd'].text}", slack=cells["sd"].interval.low)
    if {"min", "max"} <= set(cells) and cells["min"].interval.high < cells["max"].interval.low:
        yield OF_ONE.finding(
            cells["max"],
            f"one person has one score, so minimum and maximum are the same, not {cells['min'].text} and"
            f" {cells['max'].text}",
            slack=cells["max"].interval.gap(cells["min"].interval),
        )


def mean_and_median(cells: RowCells) -> Iterator[Finding]:
    """|mean - median| <= SD root((n - 1) / n), the SD with n (Hotelling and Solomons 1932). Blames the mean."""
    if not {"mean", "median", "sd"} <= set(cells):
        return
    distance = cells["mean"].interval.minus(cells["median"].interval).min_absolute
    n = cells["n"].number if "n" in cells and cells["n"].number > 1 else math.inf
    max_distance = max(0.0, cells["sd"].interval.high) * (math.sqrt((n - 1) / n) if math.isfinite(n) else 1.0)
    if distance > max_distance:
        # With n in the SD's denominator, the mean may lie farther away.
        finding = MEAN_AND_MEDIAN.finding(
            cells["mean"],
            f"a mean lies within SD root((n - 1) / n) = {max_distance:.4g} of the median {cells['median'].text}, not at"
            f" {cells['mean'].text}",
            slack=distance - max_distance,
        )
        yield of_population(distance <= max(0.0, cells["sd"].interval.high), finding)


def mean_of_quartiles(cells: RowCells, score_range: Interval) -> Iterator[Finding]:
    """A quarter of the values lies at or below the first quartile, half at or below the median, and so on, and the rest at
    or below the maximum: that bounds the mean. Blames the mean. Uses the definition of quartiles that counts the fewest
    values below them."""
    if not {"n", "mean"} <= set(cells) or not {"q1", "median", "q3"} & set(cells) or cells["n"].number < 4:
        return
    n, value_range, mean = int(cells["n"].number), _value_range(cells, score_range), cells["mean"].interval
    quartile_counts = [
        (math.floor(fraction * (n - 1)), name)
        for fraction, name in ((0.25, "q1"), (0.5, "median"), (0.75, "q3"))
        if name in cells
    ]
    max_mean = min_mean = 0.0
    previous = 0
    for people, name in quartile_counts:
        max_mean += (people - previous) * cells[name].interval.high
        previous = people
    max_mean = (max_mean + (n - previous) * value_range.high) / n
    previous = 0
    for people, name in (
        (math.floor((1 - fraction) * (n - 1)), name)
        for fraction, name in ((0.75, "q3"), (0.5, "median"), (0.25, "q1"))
        if name in cells
    ):
        min_mean += (people - previous) * cells[name].interval.low
        previous = people
    min_mean = (min_mean + (n - previous) * value_range.low) / n
    if mean.is_disjoint(Interval(min_mean, max_mean)):
        quartiles = ", ".join(f"{name} {cells[name].text}" for _, name in quartile_counts)
        yield MEAN_OF_QUARTILES.finding(
            cells["mean"],
            f"{n} values with {quartiles} and none beyond {_bounds_text(value_range)} have a mean of at"
            f" {'least ' + f'{min_mean:.4g}' if mean.high < min_mean else 'most ' + f'{max_mean:.4g}'}, each value at its"
            f" bound, not {cells['mean'].text}",
            slack=mean.gap(Interval(min_mean, max_mean)),
        )


def _bounds_text(value_range: Interval) -> str:
    return " or ".join(f"{end:.4g}" for end in (value_range.low, value_range.high) if math.isfinite(end))


def of_population(would_fit: bool, finding: Finding) -> Finding:
    """The finding, softened where an SD with n instead of n - 1 would fit."""
    return (
        finding.softened(INCONSISTENT, "an SD with n instead of n - 1 in its denominator would fit")
        if would_fit
        else finding
    )
