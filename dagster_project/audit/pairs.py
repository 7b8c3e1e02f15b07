"""Rules on change in the same people: n, change, interval, p, effect size, and both waves' summaries.

Belongs here: arithmetic of paired data. Does not belong here: which cells belong together (engine.py).

Where several numbers contradict one another, a rule blames the one that its docstring names.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from dagster_project.audit.findings import INCONSISTENT, Cell, Cells, Finding
from dagster_project.audit.intervals import Interval
from dagster_project.audit.student import critical, p_of_t, t_of_p


def pairs_in_waves(pairs: Cells, baseline: Cells, followup: Cells) -> Iterator[Finding]:
    """No more pairs than people in either wave. Blames the number of pairs."""
    for wave in (baseline, followup):
        if "n" in pairs and "n" in wave and pairs["n"].number > wave["n"].number:
            yield Finding(
                pairs["n"].value,
                "pairs_in_waves",
                f"{pairs['n'].printed} pairs, but only {wave['n'].printed} people have a score at"
                f" {wave['n'].value.timepoint}",
                slack=pairs["n"].number - wave["n"].number,
            )
            return


def possible_pairs(pairs: Cells, baseline: Cells, followup: Cells, *, is_printed_n_possible: bool) -> Sequence[int]:
    """The numbers of pairs to reckon with: the printed one, or, when that is impossible, every one that the waves allow."""
    if "n" not in pairs:
        return ()
    if is_printed_n_possible:
        return (int(pairs["n"].number),) if pairs["n"].number >= 2 else ()
    most = int(min([pairs["n"].number, *(wave["n"].number for wave in (baseline, followup) if "n" in wave)]))
    return range(2, most + 1)


def interval_around_change(pairs: Cells, counts: Sequence[int]) -> Iterator[Finding]:
    """A t interval lies symmetrically about the change. Blames the end that does not fit the change and p; without p, or
    when neither end alone fits, both ends."""
    if not {"change", "ci_low", "ci_high"} <= set(pairs):
        return
    change, low, high = (pairs[name].interval for name in ("change", "ci_low", "ci_high"))
    centre = low.plus(high).times(0.5)
    if not centre.misses(change):
        return
    from_low, from_high = change.times(2).minus(low), change.times(2).minus(high)
    arithmetic = (
        f"the interval {pairs['ci_low'].printed} to {pairs['ci_high'].printed} has its centre at {centre}, but the change is"
        f" {pairs['change'].printed}"
    )
    p = pairs["p"].interval if "p" in pairs else None
    low_fits, high_fits = (
        p is not None and any(not _half_width(change, p, n).misses(half) for n in counts)
        for half in (change.minus(low), high.minus(change))
    )
    if not high_fits:
        yield Finding(
            pairs["ci_high"].value,
            "interval_around_change",
            f"{arithmetic}; mirrored at the change, the upper end would be {from_low}",
            slack=high.gap(from_low),
        )
    if not low_fits:
        yield Finding(
            pairs["ci_low"].value,
            "interval_around_change",
            f"{arithmetic}; mirrored at the change, the lower end would be {from_high}",
            slack=low.gap(from_high),
        )


def _half_width(change: Interval, p: Interval, n: int) -> Interval:
    """Half width = |change| x t(n - 1, .975) / t(n - 1, p)."""
    t = t_of_p(p, n)
    low = change.smallest_size * critical(n) / t.high if math.isfinite(t.high) else 0.0
    return Interval(low, change.largest_size * critical(n) / t.low if t.low > 0 else float("inf"))


def change_of(pairs: Cells) -> Interval | None:
    """The change as narrowly as change and interval say it."""
    if "change" not in pairs:
        return None
    change = pairs["change"].interval
    if {"ci_low", "ci_high"} <= set(pairs):
        change = change.meet(pairs["ci_low"].interval.plus(pairs["ci_high"].interval).times(0.5))
    return change


def error_of(pairs: Cells, n: int) -> Interval | None:
    """The standard error of the change: of the interval's width, or as printed."""
    if {"ci_low", "ci_high"} <= set(pairs):
        width = pairs["ci_high"].interval.minus(pairs["ci_low"].interval)
        return Interval(max(0.0, width.low), width.high).times(1 / (2 * critical(n)))
    if "sd_change" in pairs:
        return pairs["sd_change"].interval.times(1 / math.sqrt(n))
    return None


def p_of_interval(pairs: Cells, counts: Sequence[int]) -> Iterator[Finding]:
    """t = change / standard error, and the interval says the standard error. Blames p; inconsistent where half or double of
    it, or the normal distribution instead of t, would fit."""
    change = change_of(pairs)
    if change is None or "p" not in pairs or change.is_empty or not counts:
        return
    p = pairs["p"].interval
    allowed, normal = [], []
    for n in counts:
        error = error_of(pairs, n)
        if error is None or error.low <= 0:
            return
        t = Interval(change.smallest_size / error.high, change.largest_size / error.low)
        allowed.append(Interval(p_of_t(t.high, n - 1), p_of_t(t.low, n - 1)))
        normal.append(Interval(math.erfc(t.high / math.sqrt(2)), math.erfc(t.low / math.sqrt(2))))
    if not all(p.misses(one) for one in allowed):
        return
    nearest = min(allowed, key=p.gap)
    found = Finding(
        pairs["p"].value,
        "p_of_interval",
        f"a change of {change} with the interval {pairs['ci_low'].printed} to {pairs['ci_high'].printed} has p {nearest}"
        f" by the t distribution with {counts[-1] - 1} df, not {pairs['p'].printed}"
        if {"ci_low", "ci_high"} <= set(pairs)
        else f"a change of {change} with an SD of {pairs['sd_change'].printed} has p {nearest} by the t distribution with"
        f" {counts[-1] - 1} df, not {pairs['p'].printed}",
        slack=p.gap(nearest),
    )
    for words, others in (
        ("half of it, a one-sided p, would fit", [one.times(0.5) for one in allowed]),
        ("the normal distribution instead of t would fit", normal),
    ):
        if not all(p.misses(one) for one in others):
            yield found.softened(INCONSISTENT, words)
            return
    yield found


def change_of_means(pairs: Cells, baseline: Cells, followup: Cells, possible: Interval, sign: int) -> Iterator[Finding]:
    """The change is the difference of the means that the pairs have in both waves; and n of N people have a mean near that
    of all: (N m - (N - n) max) / n <= mean of the pairs <= (N m - (N - n) min) / n, and
    |mean of the pairs - m| <= SD root((N - 1)(N - n) / (N n)). Blames the change; inconsistent where the other sign fits.

    sign: 1 where a change is baseline minus follow-up, -1 where it is the reverse, 0 where either may be. Cannot see: much,
    once many are missing.
    """
    change = change_of(pairs)
    allowed = _allowed_change(pairs, baseline, followup, possible)
    if change is None or change.is_empty or allowed is None:
        return
    waves = [_mean_of_pairs(wave, pairs["n"].number, possible) for wave in (baseline, followup)]
    if sign < 0:
        allowed = allowed.mirrored()
    if not change.misses(allowed) or (sign == 0 and not change.misses(allowed.mirrored())):
        return
    n = pairs["n"].number
    is_everybody = all(wave["n"].number == n for wave in (baseline, followup))
    means = f"{baseline['mean'].printed} and {followup['mean'].printed}"
    who = (
        f"the {n:g} pairs are everybody in both waves, whose means are {means}"
        if is_everybody
        else f"{n:g} of {baseline['n'].printed} and of {followup['n'].printed} people, whose means are {means}, can have"
        f" means of {waves[0]} and {waves[1]}"
    )
    found = Finding(
        pairs["change"].value,
        "change_of_means",
        f"{who}: the change is {allowed}, not {pairs['change'].printed}",
        slack=change.gap(allowed),
    )
    if not change.misses(allowed.mirrored()):
        found = found.softened(INCONSISTENT, "taken the other way round it would fit, unlike the table's other changes")
    yield found


def _mean_of_pairs(wave: Cells, n: float, possible: Interval) -> Interval | None:
    """What the mean of n of a wave's people can be."""
    if not {"n", "mean"} <= set(wave) or n > wave["n"].number or n < 1:
        return None
    everybody, mean = wave["n"].number, wave["mean"].interval
    rest = everybody - n
    if rest == 0:
        return mean
    low, high = possible.low, possible.high
    for name, is_low in (("min", True), ("max", False)):
        if name in wave and not wave[name].interval.misses(possible):
            low, high = (wave[name].interval.low, high) if is_low else (low, wave[name].interval.high)
    found = Interval(max(low, (everybody * mean.low - rest * high) / n), min(high, (everybody * mean.high - rest * low) / n))
    if "sd" in wave and everybody > 1 and wave["sd"].interval.high >= 0:
        away = wave["sd"].interval.high * math.sqrt((everybody - 1) * rest / (everybody * n))
        by_sd = Interval(mean.low - away, mean.high + away)
        # An SD that no data can have must not condemn the change as well.
        if not by_sd.misses(mean) and away < high - low:
            found = found.meet(by_sd)
    return found


def _allowed_change(pairs: Cells, baseline: Cells, followup: Cells, possible: Interval) -> Interval | None:
    """Baseline minus follow-up, as both waves' summaries allow it; None where they say nothing."""
    if "n" not in pairs or pairs["n"].number < 1:
        return None
    waves = [_mean_of_pairs(wave, pairs["n"].number, possible) for wave in (baseline, followup)]
    if waves[0] is None or waves[1] is None or waves[0].is_empty or waves[1].is_empty:
        return None
    return waves[0].minus(waves[1])


def directions(rows: Sequence[tuple[Cells, Cells, Cells, Interval]]) -> int:
    """Which way a table takes change: 1 for baseline minus follow-up, -1 for the reverse, whichever fewer rows contradict;
    0 where it cannot be told. rows: pairs, baseline, follow-up, possible scores."""
    against = {1: 0, -1: 0}
    for pairs, baseline, followup, possible in rows:
        change, allowed = change_of(pairs), _allowed_change(pairs, baseline, followup, possible)
        if change is not None and allowed is not None and not change.is_empty:
            against[1] += change.misses(allowed)
            against[-1] += change.misses(allowed.mirrored())
    return (against[-1] > against[1]) - (against[-1] < against[1])


#: statistic: the cells it is made of, the value that they give, and the words for it.
Made = tuple[tuple[str, ...], Callable[[Mapping[str, Interval]], Interval], str]


def _difference(first: str, second: str) -> Callable[[Mapping[str, Interval]], Interval]:
    return lambda of: of[first].minus(of[second])


def _ratio(first: str, second: str) -> Callable[[Mapping[str, Interval]], Interval]:
    return lambda of: of[first].over(of[second])


_ROOT_N: Callable[[Interval], Interval] = lambda n: Interval(math.sqrt(max(n.low, 0)), math.sqrt(max(n.high, 0)))  # noqa: E731
_MADE: dict[str, tuple[Made, ...]] = {
    "df": ((("n",), lambda of: Interval(of["n"].low - 1, of["n"].high - 1), "n - 1"),),
    "t": ((("change", "sd_change", "n"), lambda of: _t(of), "change / (SD of the changes / root(n))"),),
    "d_z": ((("change", "sd_change"), _ratio("change", "sd_change"), "change / SD of the changes"),),
    "d_baseline": ((("change", "sd_baseline"), _ratio("change", "sd_baseline"), "change / SD at baseline of the pairs"),),
    "d_av": ((("change", "sd_baseline", "sd_followup"), lambda of: _d_av(of), "change / root of the mean variance"),),
    "sd_change": (
        (("sd_baseline", "sd_followup", "correlation"), lambda of: _sd_of_change(of), "root(SD1² + SD2² - 2 r SD1 SD2)"),
    ),
    "p": ((("t", "df"), lambda of: _p(of), "P(|T| >= |t|) with df degrees of freedom"),),
}  # fmt: skip


def _t(of: Mapping[str, Interval]) -> Interval:
    return of["change"].over(of["sd_change"].times(1 / _ROOT_N(of["n"]).high)) if of["n"].high > 0 else _ANYTHING


_ANYTHING = Interval(float("-inf"), float("inf"))


def _d_av(of: Mapping[str, Interval]) -> Interval:
    first, second = of["sd_baseline"], of["sd_followup"]
    low = math.sqrt((max(first.low, 0) ** 2 + max(second.low, 0) ** 2) / 2)
    return of["change"].over(Interval(low, math.sqrt((first.high**2 + second.high**2) / 2)))


def _sd_of_change(of: Mapping[str, Interval]) -> Interval:
    first, second, r = of["sd_baseline"], of["sd_followup"], of["correlation"]
    found = [
        a * a + b * b - 2 * c * a * b
        for a in (first.low, first.high)
        for b in (second.low, second.high)
        for c in (r.low, r.high)
    ]
    # The least lies inside where one SD is r times the other.
    slack = (first.high - first.low + second.high - second.low) * (first.high + second.high)
    return Interval(math.sqrt(max(0.0, min(found) - slack)), math.sqrt(max(0.0, max(found) + slack)))


def _p(of: Mapping[str, Interval]) -> Interval:
    size, df = of["t"].size, of["df"]
    if df.low <= 0:
        return _ANYTHING
    found = [p_of_t(t, freedom) for t in (size.low, size.high) for freedom in (df.low, df.high)]
    return Interval(min(found) - 1e-12, max(found) + 1e-12)


def named_statistics(pairs: Cells) -> Iterator[Finding]:
    """Statistics that are printed beside all that they are made of: t, df, p, SD of the changes, named effect sizes. Blames
    the one that is made of the others."""
    intervals = {name: cell.interval for name, cell in pairs.items()}
    for name, ways in _MADE.items():
        for parts, value, words in ways:
            if name not in pairs or not set(parts) <= set(pairs):
                continue
            allowed = value(intervals)
            if pairs[name].interval.misses(allowed):
                shown = ", ".join(f"{part} {pairs[part].printed}" for part in parts)
                yield Finding(
                    pairs[name].value,
                    "named_statistics",
                    f"{words} is {allowed} ({shown}), not {pairs[name].printed}",
                    slack=pairs[name].interval.gap(allowed),
                )


def p_in_bounds(p: Cell) -> Iterator[Finding]:
    """A probability lies between 0 and 1. Blames it."""
    if p.interval.misses(Interval(0.0, 1.0)):
        yield Finding(p.value, "p_in_bounds", f"a probability cannot be {p.printed}", slack=p.interval.gap(Interval(0, 1)))
