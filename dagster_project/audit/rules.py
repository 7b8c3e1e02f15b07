"""The rules: one function each, printed cells in, findings out.

Belongs here: arithmetic that holds for any data. Does not belong here: which cells belong together (published.py).

Every rule reckons with the rounding of each printed number and stays silent when it lacks a cell. Where several numbers
contradict one another, it blames the one that the docstring names.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

from scipy import stats

from dagster_project.audit.findings import Finding
from dagster_project.audit.intervals import Interval
from dagster_project.results.published import PublishedValue

Cells = Mapping[str, PublishedValue]


def _interval(cells: Cells, name: str) -> Interval | None:
    return Interval.printed(cells[name].printed) if name in cells else None


def percent_of_count(percent: PublishedValue, count: PublishedValue, n: PublishedValue) -> Iterator[Finding]:
    """A percentage is 100 x count / n of its block. Blames the percentage."""
    if n.value <= 0:
        return
    share = 100 * count.value / n.value
    if not Interval.printed(percent.printed).low <= share <= Interval.printed(percent.printed).high:
        yield Finding(
            percent,
            "percent_of_count",
            f"{count.printed} of {n.printed} is 100 x {count.printed} / {n.printed} = {share:.2f} %,"
            f" not {percent.printed} %",
        )


def in_range(cells: Cells, possible: Interval) -> Iterator[Finding]:
    """Mean, minimum and maximum lie within the scale's range. Blames the one outside."""
    for name in ("mean", "min", "max"):
        if name in cells and Interval.printed(cells[name].printed).misses(possible):
            yield Finding(
                cells[name],
                "in_range",
                f"the {name} {cells[name].printed} lies outside the scale's range, {possible.low:g} to {possible.high:g}",
            )


def spread(cells: Cells, possible: Interval) -> Iterator[Finding]:
    """SD² <= (max - mean)(mean - min) n / (n - 1) (Bhatia and Davis 2000). Blames the SD; a minimum or maximum outside the
    scale's range is replaced by the range."""
    if not {"n", "mean", "sd"} <= set(cells):
        return
    n, mean, sd = cells["n"].value, Interval.printed(cells["mean"].printed), Interval.printed(cells["sd"].printed)
    if mean.misses(possible):
        return  # in_range blames the mean
    printed_low, printed_high = _interval(cells, "min"), _interval(cells, "max")
    low, high = possible.low, possible.high
    if printed_low is not None and not printed_low.misses(possible):
        low = max(low, printed_low.low)
    if printed_high is not None and not printed_high.misses(possible):
        high = min(high, printed_high.high)
    if n < 2 or not (math.isfinite(low) and math.isfinite(high)) or low > high:
        return
    best = min(max((low + high) / 2, mean.low), mean.high)
    most = math.sqrt(max(0.0, (high - best) * (best - low)) * n / (n - 1))
    if sd.low > most:
        yield Finding(
            cells["sd"],
            "spread",
            f"{n:g} values from {low:.4g} to {high:.4g} with mean {cells['mean'].printed} have an SD of at most"
            f" sqrt((max - mean)(mean - min) n / (n - 1)) = {most:.4g}, not {cells['sd'].printed}",
        )


def pairs_in_waves(pairs: Cells, baseline: Cells, followup: Cells) -> Iterator[Finding]:
    """No more pairs than people in either wave. Blames the number of pairs."""
    for wave in (baseline, followup):
        if "n" in pairs and "n" in wave and pairs["n"].value > wave["n"].value:
            yield Finding(
                pairs["n"],
                "pairs_in_waves",
                f"{pairs['n'].printed} pairs, but only {wave['n'].printed} people have a score at {wave['n'].timepoint}",
            )
            return


def possible_pairs(pairs: Cells, baseline: Cells, followup: Cells, *, is_printed_n_possible: bool) -> Sequence[int]:
    """The numbers of pairs to reckon with: the printed one, or, when that is impossible, every one that the waves allow."""
    if "n" not in pairs:
        return ()
    if is_printed_n_possible:
        return (int(pairs["n"].value),) if pairs["n"].value >= 2 else ()
    most = int(min([pairs["n"].value, *(wave["n"].value for wave in (baseline, followup) if "n" in wave)]))
    return range(2, most + 1)


def interval_around_change(pairs: Cells, counts: Sequence[int]) -> Iterator[Finding]:
    """A t interval lies symmetrically about the change. Blames the end that does not fit the change and p; without p, or
    when neither end alone fits, both ends."""
    change, low, high = (_interval(pairs, name) for name in ("change", "ci_low", "ci_high"))
    if change is None or low is None or high is None:
        return
    centre = Interval((low.low + high.low) / 2, (low.high + high.high) / 2)
    if not centre.misses(change):
        return
    from_low = Interval(2 * change.low - low.high, 2 * change.high - low.low)
    from_high = Interval(2 * change.low - high.high, 2 * change.high - high.low)
    arithmetic = (
        f"the interval {pairs['ci_low'].printed} to {pairs['ci_high'].printed} has its centre at {centre}, but the change is"
        f" {pairs['change'].printed}"
    )
    p = _interval(pairs, "p")
    low_fits = p is not None and any(
        _halves_meet(change, p, Interval(change.low - low.high, change.high - low.low), n) for n in counts
    )
    high_fits = p is not None and any(
        _halves_meet(change, p, Interval(high.low - change.high, high.high - change.low), n) for n in counts
    )
    if not high_fits:
        yield Finding(
            pairs["ci_high"],
            "interval_around_change",
            f"{arithmetic}; mirrored at the change, the upper end would be {from_low}",
        )
    if not low_fits:
        yield Finding(
            pairs["ci_low"],
            "interval_around_change",
            f"{arithmetic}; mirrored at the change, the lower end would be {from_high}",
        )


def _halves_meet(change: Interval, p: Interval, half: Interval, n: int) -> bool:
    """Whether a half width fits the change and p: half width = |change| x t(n - 1, .975) / t(n - 1, p)."""
    return not _half_width(change, p, n).misses(half)


def _t_of_p(p: Interval, n: int) -> Interval:
    """The |t| that p stands for; p at 0 has no upper bound."""
    high = float("inf") if p.low <= 0 else float(stats.t.isf(p.low / 2, n - 1))
    return Interval(float(stats.t.isf(min(1.0, p.high) / 2, n - 1)), high)


def _half_width(change: Interval, p: Interval, n: int) -> Interval:
    t = _t_of_p(p, n)
    critical = float(stats.t.isf(0.025, n - 1))
    low = change.smallest_size * critical / t.high if math.isfinite(t.high) else 0.0
    high = change.largest_size * critical / t.low if t.low > 0 else float("inf")
    return Interval(low, high)


def _change(pairs: Cells) -> Interval | None:
    """The change as narrowly as change and interval say it."""
    change, low, high = (_interval(pairs, name) for name in ("change", "ci_low", "ci_high"))
    if change is not None and low is not None and high is not None:
        change = change.meet(Interval((low.low + high.low) / 2, (low.high + high.high) / 2))
    return change


def _error(pairs: Cells, n: int) -> Interval | None:
    """The standard error of the change that the interval says."""
    low, high = _interval(pairs, "ci_low"), _interval(pairs, "ci_high")
    if low is None or high is None:
        return None
    critical = float(stats.t.isf(0.025, n - 1))
    return Interval(max(0.0, high.low - low.high) / 2 / critical, (high.high - low.low) / 2 / critical)


def p_of_interval(pairs: Cells, counts: Sequence[int]) -> Iterator[Finding]:
    """t = change / standard error, and the interval says the standard error. Blames p."""
    change, p = _change(pairs), _interval(pairs, "p")
    if change is None or p is None or change.is_empty or not counts:
        return
    allowed = []
    for n in counts:
        error = _error(pairs, n)
        if error is None or error.low <= 0:
            return
        t = Interval(change.smallest_size / error.high, change.largest_size / error.low)
        allowed.append(Interval(2 * float(stats.t.sf(t.high, n - 1)), 2 * float(stats.t.sf(t.low, n - 1))))
    if all(p.misses(one) for one in allowed):
        nearest = min(allowed, key=lambda one: max(one.low - p.high, p.low - one.high))
        yield Finding(
            pairs["p"],
            "p_of_interval",
            f"a change of {change} with the interval {pairs['ci_low'].printed} to {pairs['ci_high'].printed} has p {nearest}"
            f" by the t distribution with {counts[-1] - 1} df, not {pairs['p'].printed}",
        )


def _change_by_p(pairs: Cells, change: Interval, n: int) -> Interval:
    """The change narrowed by p and the interval's width: |change| = t(p) x standard error."""
    p, error = _interval(pairs, "p"), _error(pairs, n)
    if p is None or error is None:
        return change
    t = _t_of_p(p, n)
    size = Interval(t.low * error.low, t.high * error.high)
    by_p = [change.meet(size), change.meet(Interval(-size.high, -size.low))]
    met = [one for one in by_p if not one.is_empty]
    return Interval(min(one.low for one in met), max(one.high for one in met)) if met else change


def effect_size(pairs: Cells, counts: Sequence[int], baseline: Cells, possible: Interval) -> Iterator[Finding]:
    """|effect size| = |change| / SD at baseline of the pairs, and that SD cannot exceed what all people at baseline leave:
    (n_pairs - 1) SD² <= (n - 1) SD_all². Blames the effect size."""
    change, es = _change(pairs), _interval(pairs, "es")
    n_all, sd_all = baseline.get("n"), _interval(baseline, "sd")
    if change is None or change.is_empty or es is None or n_all is None or not counts:
        return
    widest = (possible.high - possible.low) / 2
    smallest = float("inf")
    shown = ""
    for n in counts:
        most = widest * math.sqrt(n / (n - 1))
        if sd_all is not None and sd_all.low <= widest * math.sqrt(n_all.value / (n_all.value - 1)):
            most = min(most, sd_all.high * math.sqrt((n_all.value - 1) / (n - 1)))
        narrowed = _change_by_p(pairs, change, n)
        least = narrowed.smallest_size / most
        if least < smallest:
            smallest = least
            shown = (
                f"a change of {narrowed} (by change, interval and p) over the largest SD that {n} of"
                f" {n_all.printed} people can have, {most:.3g}, is at least {least:.3g}"
            )
    if smallest > es.largest_size:
        yield Finding(pairs["es"], "effect_size", f"{shown} in size, not {pairs['es'].printed}")
    elif (es.low > 0 and change.high < 0) or (es.high < 0 and change.low > 0):
        yield Finding(
            pairs["es"],
            "effect_size",
            f"the sign of {pairs['es'].printed} is not that of the change, {pairs['change'].printed}",
        )
