"""Rules on change: n, change, interval, p, its test's statistics, and both moments' summaries.

Belongs here: arithmetic of two moments, or of two groups where the design says so. Does not belong here: which designs there
are (designs.py), which cells belong together (engine.py), effect sizes without a name (effects.py).

Where several numbers contradict one another, a rule blames the one that its docstring names.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dagster_project.audit.designs import ANY_WAY, GROUPS, OTHER, Design, Way, group_sizes
from dagster_project.audit.findings import INCONSISTENT, Cell, Cells, Finding
from dagster_project.audit.intervals import Interval
from dagster_project.audit.student import critical, p_of_t, t_of_p


@dataclass(frozen=True)
class Asked:
    """A rule that could be asked of a row. findings: against the design that the row is held to. other: the design that fits
    instead, where none is declared. is_by_habit: told only where the table's other rows fit."""

    rule: str
    findings: tuple[Finding, ...] = ()
    other: str = ""
    is_by_habit: bool = False


# --- the number of pairs -----------------------------------------------------------------------------------------------


def pairs_in_waves(pairs: Cells, baseline: Cells, followup: Cells, design: Design) -> Asked | None:
    """No more pairs than people in either wave; of two groups, no more people than both have. Blames the number of pairs."""
    if "n" not in pairs or design.name == OTHER:
        return None
    n, both = pairs["n"].number, group_sizes(baseline, followup)
    if design.name == GROUPS:
        if both is None:
            return None
        found = Finding(
            pairs["n"].value,
            "pairs_in_waves",
            f"{pairs['n'].printed} people in both groups, but they have {both[0]:g} and {both[1]:g}",
            slack=n - sum(both),
        )
        return Asked("pairs_in_waves", (found,) if n > sum(both) else ())
    waves = [wave for wave in (baseline, followup) if "n" in wave]
    for wave in waves:
        if n > wave["n"].number:
            found = Finding(
                pairs["n"].value,
                "pairs_in_waves",
                f"{pairs['n'].printed} pairs, but only {wave['n'].printed} people have a score at"
                f" {wave['n'].value.timepoint}",
                slack=n - wave["n"].number,
            )
            is_sum = both is not None and n == sum(both)
            return Asked("pairs_in_waves", (found,), "two independent groups" if is_sum else "")
    return Asked("pairs_in_waves") if waves else None


def possible_pairs(pairs: Cells, baseline: Cells, followup: Cells, *, is_printed_n_possible: bool) -> Sequence[int]:
    """The numbers of pairs to reckon with: the printed one, or, when that is impossible, every one that the waves allow."""
    if "n" not in pairs:
        return ()
    if is_printed_n_possible:
        return (int(pairs["n"].number),) if pairs["n"].number >= 2 else ()
    most = int(min([pairs["n"].number, *(wave["n"].number for wave in (baseline, followup) if "n" in wave)]))
    return range(2, most + 1)


# --- the interval ------------------------------------------------------------------------------------------------------


def interval_ends(pairs: Cells) -> Iterator[Finding]:
    """An interval's lower end lies below its upper end. Blames the upper end. An interval that does not lie about its change
    either is left to interval_around_change, which tells the end."""
    if not {"ci_low", "ci_high"} <= set(pairs):
        return
    change = change_of(pairs)
    if change is not None and change.is_empty:
        return
    if pairs["ci_low"].interval.low > pairs["ci_high"].interval.high:
        yield Finding(
            pairs["ci_high"].value,
            "interval_ends",
            f"the interval's lower end {pairs['ci_low'].printed} lies above its upper end {pairs['ci_high'].printed}",
            slack=pairs["ci_low"].interval.low - pairs["ci_high"].interval.high,
        )


def interval_around_change(pairs: Cells, ways: Sequence[Way]) -> Asked | None:
    """A t interval lies symmetrically about the change. Blames the end that does not fit the change and p; without p, or
    when neither end alone fits, both ends."""
    if not {"change", "ci_low", "ci_high"} <= set(pairs):
        return None
    change, low, high = (pairs[name].interval for name in ("change", "ci_low", "ci_high"))
    centre = low.plus(high).times(0.5)
    if not centre.misses(change):
        return Asked("interval_around_change")
    from_low, from_high = change.times(2).minus(low), change.times(2).minus(high)
    arithmetic = (
        f"the interval {pairs['ci_low'].printed} to {pairs['ci_high'].printed} has its centre at {centre}, but the change is"
        f" {pairs['change'].printed}"
    )
    p = pairs["p"].interval if "p" in pairs else None
    low_fits, high_fits = (
        p is not None and any(not _half_width(change, p, way).misses(half) for way in ways)
        for half in (change.minus(low), high.minus(change))
    )
    found = []
    if not high_fits:
        found.append(
            Finding(
                pairs["ci_high"].value,
                "interval_around_change",
                f"{arithmetic}; mirrored at the change, the upper end would be {from_low}",
                slack=high.gap(from_low),
            )
        )
    if not low_fits:
        found.append(
            Finding(
                pairs["ci_low"].value,
                "interval_around_change",
                f"{arithmetic}; mirrored at the change, the lower end would be {from_high}",
                slack=low.gap(from_high),
            )
        )
    return Asked("interval_around_change", tuple(found))


def _half_width(change: Interval, p: Interval, way: Way) -> Interval:
    """Half width = |change| x t(df, .975) / t(df, p)."""
    df = way.dfs.low
    t = t_of_p(p, df)
    low = change.smallest_size * critical(df, way.level) / t.high if math.isfinite(t.high) else 0.0
    return Interval(low, change.largest_size * critical(df, way.level) / t.low if t.low > 0 else float("inf"))


def change_of(pairs: Cells) -> Interval | None:
    """The change as narrowly as change and interval say it; the interval's centre where the change is not printed."""
    centre = None
    if {"ci_low", "ci_high"} <= set(pairs):
        centre = pairs["ci_low"].interval.plus(pairs["ci_high"].interval).times(0.5)
    if "change" not in pairs:
        return centre
    return pairs["change"].interval.meet(centre) if centre is not None else pairs["change"].interval


def error_of(pairs: Cells, n: int, level: int = 95) -> Interval | None:
    """The standard error of a change of n pairs: of the interval's width, or as printed."""
    if {"ci_low", "ci_high"} <= set(pairs):
        return _half(pairs).times(1 / critical(n - 1, level))
    if "sd_change" in pairs:
        return pairs["sd_change"].interval.times(1 / math.sqrt(n))
    return None


def _half(pairs: Cells) -> Interval:
    width = pairs["ci_high"].interval.minus(pairs["ci_low"].interval)
    return Interval(max(0.0, width.low), width.high).times(0.5)


def _centre_over_half(pairs: Cells) -> Interval | None:
    """The size of centre / half width. Both are made of the same ends, so it is taken at the corners of what the ends and
    the change allow, where a ratio of sums is least and greatest; None where the width may be nothing or nothing is
    allowed."""
    low, high = pairs["ci_low"].interval, pairs["ci_high"].interval
    # Sum and difference of the ends. A sum that the change says is taken as said: beside ends of 1e15 it would be lost.
    corners = [(a + b, b - a) for a in (low.low, low.high) for b in (high.low, high.high)]
    if "change" in pairs:
        change = pairs["change"].interval
        corners = [(total, width) for total, width in corners if 2 * change.low <= total <= 2 * change.high]
        for total in (2 * change.low, 2 * change.high):
            corners += [(total, total - 2 * a) for a in (low.low, low.high) if high.low <= total - a <= high.high]
            corners += [(total, 2 * b - total) for b in (high.low, high.high) if low.low <= total - b <= low.high]
    if not corners or any(width <= 0 for _, width in corners):
        return None
    ratios = [total / width for total, width in corners]
    return Interval(min(ratios), max(ratios)).size


# --- the test ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Check:
    """A number and what it can be, by the way that the test was done; None where that way says nothing of it."""

    rule: str
    name: str
    allowed: Callable[[Way], Interval | None]
    words: Callable[[Way, Interval], str]
    needs_df: bool = True
    is_by_habit: bool = False


def tests(pairs: Cells, usual: Sequence[Way], others: Sequence[Way], design: Design) -> Iterator[Asked]:
    """Change, interval, standard error, SD of the changes, t, df and p beside one another. Blames, of those that are
    printed, p first; else t; else the standard error or SD of the changes.

    Inconsistent where half of a p, or the normal distribution instead of t, would fit.
    """
    blamed: set[str] = set()
    for check in _checks(pairs, design):
        asked = _ask(check, pairs, usual, others)
        if asked is None or check.name in blamed:
            continue
        blamed |= {one.value.statistic for one in asked.findings}
        yield asked


def _ask(check: _Check, pairs: Cells, usual: Sequence[Way], others: Sequence[Way]) -> Asked | None:
    asked_of = f"{check.rule} of {check.name}"
    ways = list(usual) if check.needs_df else [ANY_WAY]
    cell = pairs[check.name]
    one = cell.interval.size if check.name in ("t", "d_z") else cell.interval
    allowed = [check.allowed(way) for way in ways]
    if not allowed or any(some is None for some in allowed):
        return None
    found = [some for some in allowed if some is not None]
    if not all(one.misses(some) for some in found):
        return Asked(asked_of)
    at = min(range(len(found)), key=lambda number: one.gap(found[number]))
    finding = Finding(
        cell.value, check.rule, f"{check.words(ways[at], found[at])}, not {cell.printed}", slack=one.gap(found[at])
    )
    if check.name == "p":
        finding = _of_another_p(finding, one, ways, found)
    for way in others if check.needs_df else ():
        some = check.allowed(way)
        if some is not None and not one.misses(some):
            return Asked(asked_of, (finding,), way.words, is_by_habit=check.is_by_habit)
    return Asked(asked_of, (finding,), is_by_habit=check.is_by_habit)


def _of_another_p(found: Finding, p: Interval, ways: Sequence[Way], allowed: Sequence[Interval]) -> Finding:
    if not all(p.misses(one.times(0.5)) for one in allowed):
        return found.softened(INCONSISTENT, "half of that, a one-sided p, would fit")
    # The t that gives the p, and then the normal distribution's p of it.
    for way, one in zip(ways, allowed, strict=True):
        sizes = [t_of_p(Interval(end, end), way.dfs.low).low if end > 0 else math.inf for end in (one.low, one.high)]
        if not p.misses(Interval(p_of_t(sizes[0], math.inf), p_of_t(sizes[1], math.inf))):
            return found.softened(INCONSISTENT, "the normal distribution instead of t would fit")
    return found


def _checks(pairs: Cells, design: Design) -> Iterator[_Check]:
    has_interval = {"ci_low", "ci_high"} <= set(pairs)
    change = change_of(pairs)
    if change is not None and change.is_empty:
        change = pairs["change"].interval if "change" in pairs else None
    sources = list(_sources(pairs, change, has_interval))
    if "p" in pairs:
        for ratio, said in sources:
            yield _Check("p_of_interval", "p", _p_by(ratio), _p_words(ratio, said))
        if "t" in pairs:
            size = pairs["t"].interval.size
            yield _Check(
                "named_statistics",
                "p",
                _p_by(lambda _: size),
                lambda way, one: f"t = {pairs['t'].printed} with {way.shown} has p {one}",
            )
    if "t" in pairs:
        for ratio, said in sources:
            yield _Check(
                "named_statistics",
                "t",
                ratio,
                lambda way, one, said=said: f"{said(way)} = {one}",  # type: ignore[misc]
            )
        if change is not None and "se" in pairs:
            error = pairs["se"].interval
            if error.low > 0:
                yield _Check(
                    "named_statistics",
                    "t",
                    lambda _: change.size.over(error),
                    lambda _, one: f"t = change / SE = {change} / {pairs['se'].printed} = {one} in size",
                    needs_df=False,
                )
    if "df" in pairs and "n" in pairs:
        n = pairs["n"].number
        yield _Check(
            "named_statistics",
            "df",
            lambda way: Interval(n - 1, n - 1) if way.is_paired or design.name != GROUPS else None,
            lambda _, one: f"n - 1 is {one} (n {pairs['n'].printed})",
            is_by_habit=True,
        )
    if has_interval:
        half = _half(pairs)
        shown = f"half the interval {pairs['ci_low'].printed} to {pairs['ci_high'].printed} is {half}"

        def error_by(way: Way) -> Interval:
            return Interval(half.low / critical(way.dfs.low, way.level), half.high / critical(way.dfs.high, way.level))

        if "se" in pairs:
            yield _Check(
                "error_of_change", "se", error_by, lambda way, one: f"{shown}, and over t with {way.shown} {one}, the SE"
            )
        if "sd_change" in pairs and "n" in pairs:
            root = math.sqrt(max(pairs["n"].number, 0))
            yield _Check(
                "error_of_change",
                "sd_change",
                lambda way: error_by(way).times(root) if way.is_paired else None,
                lambda way, one: f"{shown}, over t with {way.shown} and times root(n) {one}, the SD of the changes",
            )
    if {"se", "sd_change", "n"} <= set(pairs) and pairs["n"].number >= 1:
        by_sd = pairs["sd_change"].interval.times(1 / math.sqrt(pairs["n"].number))
        yield _Check(
            "error_of_change",
            "se",
            lambda way: by_sd if way.is_paired else None,
            lambda _, one: f"SE = {pairs['sd_change'].printed} / root({pairs['n'].printed}) = {one}",
        )
    if {"t", "d_z", "n"} <= set(pairs) and pairs["n"].number >= 1:
        by_t = pairs["t"].interval.size.times(1 / math.sqrt(pairs["n"].number))
        yield _Check(
            "named_statistics",
            "d_z",
            lambda way: by_t if way.is_paired else None,
            lambda _, one: f"d_z = t / root(n) = {pairs['t'].printed} / root({pairs['n'].printed}) = {one} in size",
        )


_Ratio = Callable[[Way], Interval | None]


def _sources(pairs: Cells, change: Interval | None, has_interval: bool) -> Iterator[tuple[_Ratio, Callable[[Way], str]]]:
    """Each way to |t|, with its words."""
    if has_interval:
        over = _centre_over_half(pairs)
        half = _half(pairs)

        def by_interval(way: Way) -> Interval | None:
            if over is None:
                return None
            ends = sorted((critical(way.dfs.low, way.level), critical(way.dfs.high, way.level)))
            return Interval(over.low * ends[0], over.high * ends[1])

        def said(way: Way) -> str:
            factor = critical(way.dfs.low, way.level)
            what = f"a change of {change} with the interval" if "change" in pairs else f"the centre {change} of the interval"
            return (
                f"{what} {pairs['ci_low'].printed} to {pairs['ci_high'].printed}, half of which is {half} = {factor:.4g} x"
                " SE"
                f" ({way.shown}), so SE is {half.times(1 / factor)} and t = change / SE"
            )

        yield by_interval, said
    if change is None:
        return
    size = change.size
    if "sd_change" in pairs and "n" in pairs and pairs["sd_change"].interval.low > 0 and pairs["n"].number >= 1:
        error = pairs["sd_change"].interval.times(1 / math.sqrt(pairs["n"].number))
        yield (
            lambda way: size.over(error) if way.is_paired else None,
            lambda _: (
                f"t = change / (SD of the changes / root(n)) = {change} / ({pairs['sd_change'].printed} /"
                f" root({pairs['n'].printed}))"
            ),
        )
    if "se" in pairs and "t" not in pairs and pairs["se"].interval.low > 0:
        printed = pairs["se"].interval
        yield lambda _: size.over(printed), lambda _: f"t = change / SE = {change} / {pairs['se'].printed}"


def _p_by(ratio: _Ratio) -> _Ratio:
    def allowed(way: Way) -> Interval | None:
        t = ratio(way)
        if t is None:
            return None
        found = [p_of_t(end, df) for end in (t.low, t.high) for df in {way.dfs.low, way.dfs.high}]
        return Interval(min(found) - 1e-12, max(found) + 1e-12)

    return allowed


def _p_words(ratio: _Ratio, said: Callable[[Way], str]) -> Callable[[Way, Interval], str]:
    return lambda way, one: f"{said(way)} = {ratio(way)}, which has p {one} by the t distribution with {way.shown}"


def sign_of_t(pairs: Cells) -> Asked | None:
    """t has the sign of its change. Blames t."""
    change = change_of(pairs)
    if "t" not in pairs or change is None or change.is_empty:
        return None
    t = pairs["t"].interval
    found = Finding(
        pairs["t"].value,
        "sign_of_t",
        f"the sign of {pairs['t'].printed} is not that of the change, {change}",
        INCONSISTENT,
    )
    is_other = (t.low > 0 and change.high < 0) or (t.high < 0 and change.low > 0)
    return Asked("sign_of_t", (found,) if is_other else ())


def p_beside_interval(pairs: Cells, design: Design) -> Asked | None:
    """An interval holds zero where p is above 1 - level, and only there. For rows that say neither n nor df. Blames p."""
    if not {"p", "ci_low", "ci_high"} <= set(pairs):
        return None
    p, low, high = (pairs[name].interval for name in ("p", "ci_low", "ci_high"))
    alphas = [(100 - level) / 100 for level in design.levels]
    shown = f"the interval {pairs['ci_low'].printed} to {pairs['ci_high'].printed}"
    found = None
    if low.high < 0 < high.low and p.high < min(alphas) - 1e-9:
        found = f"{shown} holds zero, so p is above {min(alphas):g}, not {pairs['p'].printed}"
    elif (low.low > 0 or high.high < 0) and p.low > max(alphas) + 1e-9:
        found = f"{shown} does not hold zero, so p is below {max(alphas):g}, not {pairs['p'].printed}"
    return Asked("p_beside_interval", (Finding(pairs["p"].value, "p_beside_interval", found),) if found else ())


def sd_of_changes(pairs: Cells, baseline: Cells, followup: Cells, usual: Sequence[Way], design: Design) -> Asked | None:
    """Of the same people in both waves, the SD of the changes lies between the difference and the sum of both SDs. Blames
    the SD of the changes; where only an interval says it, the interval's upper end."""
    if "n" not in pairs or any(
        not {"n", "sd"} <= set(wave) or wave["n"].number != pairs["n"].number for wave in (baseline, followup)
    ):
        return None
    first, second = baseline["sd"].interval, followup["sd"].interval
    if first.high < 0 or second.high < 0 or pairs["n"].number < 2:
        return None
    allowed = Interval(first.minus(second).smallest_size, first.high + second.high)
    n = pairs["n"].number
    if "sd_change" in pairs:
        name, one = "sd_change", pairs["sd_change"].interval
        said = pairs["sd_change"].printed
    elif {"ci_low", "ci_high"} <= set(pairs) and any(way.is_paired for way in usual):
        half = _half(pairs)
        factors = [critical(n - 1, level) for level in design.levels]
        name = "ci_high"
        one = Interval(half.low / max(factors), half.high / min(factors)).times(math.sqrt(n))
        said = f"{one}, as the interval {pairs['ci_low'].printed} to {pairs['ci_high'].printed} says it"
    else:
        return None
    if not one.misses(allowed):
        return Asked("sd_of_changes")
    found = Finding(
        pairs[name].value,
        "sd_of_changes",
        f"the same {n:g} people with SDs of {baseline['sd'].printed} and {followup['sd'].printed} have changes with an SD of"
        f" |SD1 - SD2| to SD1 + SD2 = {allowed}, not {said}",
        slack=one.gap(allowed),
    )
    return Asked("sd_of_changes", (found,), _groups_error(pairs, baseline, followup, design))


def _groups_error(pairs: Cells, baseline: Cells, followup: Cells, design: Design) -> str:
    """Whether the interval is as wide as that of two groups."""
    if not {"ci_low", "ci_high"} <= set(pairs):
        return ""
    sizes = group_sizes(baseline, followup)
    assert sizes is not None  # asked of rows with both
    error = Interval(
        *(
            math.sqrt(sum(max(0.0, sd) ** 2 / n for sd, n in zip(sds, sizes, strict=True)))
            for sds in (
                (baseline["sd"].interval.low, followup["sd"].interval.low),
                (baseline["sd"].interval.high, followup["sd"].interval.high),
            )
        )
    )
    dfs = (min(sizes) - 1, sum(sizes) - 2)
    fits = any(
        not _half(pairs).misses(Interval(error.low * critical(dfs[1], level), error.high * critical(dfs[0], level)))
        for level in design.levels
    )
    return "two independent groups" if fits else ""


def error_of_groups(pairs: Cells, baseline: Cells, followup: Cells, design: Design) -> Asked | None:
    """Of two groups, an interval is 2 t x root(SD1² / n1 + SD2² / n2) wide (Welch), or so with the pooled SD. Blames the
    upper end."""
    sizes = group_sizes(baseline, followup)
    if sizes is None or min(sizes) < 2 or not {"ci_low", "ci_high"} <= set(pairs):
        return None
    if not all("sd" in one and one["sd"].interval.low >= 0 for one in (baseline, followup)):
        return None
    if "n" in pairs and pairs["n"].number not in (sum(sizes), *(sizes if sizes[0] == sizes[1] else ())):
        return None  # of fewer people than the groups' SDs are
    first, second, n, m = baseline["sd"].interval, followup["sd"].interval, *sizes
    welch = [math.sqrt(a * a / n + b * b / m) for a, b in ((first.low, second.low), (first.high, second.high))]
    pooled = [
        math.sqrt(((n - 1) * a * a + (m - 1) * b * b) / (n + m - 2) * (1 / n + 1 / m))
        for a, b in ((first.low, second.low), (first.high, second.high))
    ]
    factors = (critical(n + m - 2, design.levels[0]), critical(min(n, m) - 1, design.levels[0]))
    allowed = Interval(
        min(welch[0] * factors[0], pooled[0] * factors[0]), max(welch[1] * factors[1], pooled[1] * factors[0])
    )
    half = _half(pairs)
    if not half.misses(allowed):
        return Asked("error_of_groups")
    return Asked(
        "error_of_groups",
        (
            Finding(
                pairs["ci_high"].value,
                "error_of_groups",
                f"two groups of {n:g} and {m:g} with SDs of {baseline['sd'].printed} and {followup['sd'].printed} have"
                " half an"
                f" interval of t x root(SD1² / n1 + SD2² / n2), or with the pooled SD, = {allowed}, not {half}",
                slack=half.gap(allowed),
            ),
        ),
    )


# --- both moments' means -----------------------------------------------------------------------------------------------


def change_of_means(
    pairs: Cells, baseline: Cells, followup: Cells, possible: Interval, sign: int, *, is_groups: bool
) -> Asked | None:
    """The change is the difference of the means that the pairs have in both waves; and n of N people have a mean near that
    of all: (N m - (N - n) max) / n <= mean of the pairs <= (N m - (N - n) min) / n, and
    |mean of the pairs - m| <= SD root((N - 1)(N - n) / (N n)). Of two groups it is the difference of their means. Blames the
    change; inconsistent where the other sign fits.

    sign: 1 where a change is baseline minus follow-up, -1 where it is the reverse, 0 where either may be. Cannot see: much,
    once many are missing.
    """
    change = change_of(pairs)
    allowed = allowed_change(pairs, baseline, followup, possible, is_groups=is_groups)
    if change is None or "change" not in pairs or change.is_empty or allowed is None:
        return None
    if sign < 0:
        allowed = allowed.mirrored()
    if not change.misses(allowed) or (sign == 0 and not change.misses(allowed.mirrored())):
        return Asked("change_of_means")
    means = f"{baseline['mean'].printed} and {followup['mean'].printed}"
    if is_groups:
        who = f"the groups' means are {means}"
    else:
        n = pairs["n"].number
        waves = [_mean_of_pairs(wave, n, possible) for wave in (baseline, followup)]
        who = (
            f"the {n:g} pairs are everybody in both waves, whose means are {means}"
            if all(wave["n"].number == n for wave in (baseline, followup))
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
    return Asked("change_of_means", (found,))


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


def allowed_change(
    pairs: Cells, baseline: Cells, followup: Cells, possible: Interval, *, is_groups: bool
) -> Interval | None:
    """Baseline minus follow-up, as both waves' summaries allow it; None where they say nothing."""
    if is_groups:
        both = "mean" in baseline and "mean" in followup
        sizes = group_sizes(baseline, followup)
        if not both or (sizes is not None and "n" in pairs and pairs["n"].number not in (sum(sizes), *sizes)):
            return None
        return baseline["mean"].interval.minus(followup["mean"].interval)
    if "n" not in pairs or pairs["n"].number < 1:
        return None
    waves = [_mean_of_pairs(wave, pairs["n"].number, possible) for wave in (baseline, followup)]
    if waves[0] is None or waves[1] is None or waves[0].is_empty or waves[1].is_empty:
        return None
    return waves[0].minus(waves[1])


def directions(rows: Sequence[tuple[Cells, Cells, Cells, Interval, bool]]) -> int:
    """Which way a table takes change: 1 for baseline minus follow-up, -1 for the reverse, whichever fewer rows contradict;
    0 where it cannot be told. rows: pairs, baseline, follow-up, possible scores, whether they are groups."""
    against = {1: 0, -1: 0}
    for pairs, baseline, followup, possible, is_groups in rows:
        change, allowed = change_of(pairs), allowed_change(pairs, baseline, followup, possible, is_groups=is_groups)
        if change is not None and allowed is not None and not change.is_empty:
            against[1] += change.misses(allowed)
            against[-1] += change.misses(allowed.mirrored())
    return (against[-1] > against[1]) - (against[-1] < against[1])


def change_in_range(pairs: Cells, possible: Interval) -> Iterator[Finding]:
    """No change is larger than the scale is wide. Blames the change."""
    width = possible.high - possible.low
    if "change" in pairs and math.isfinite(width) and pairs["change"].interval.smallest_size > width:
        yield Finding(
            pairs["change"].value,
            "change_in_range",
            f"nobody can change by more than the scale's {possible.low:g} to {possible.high:g}, a width of {width:g}; not by"
            f" {pairs['change'].printed}",
            slack=pairs["change"].interval.smallest_size - width,
        )


# --- statistics that are made of others by name ------------------------------------------------------------------------

#: statistic: the cells it is made of, the value that they give, and the words for it.
Made = tuple[tuple[str, ...], Callable[[Mapping[str, Interval]], Interval], str]


def _ratio(first: str, second: str) -> Callable[[Mapping[str, Interval]], Interval]:
    return lambda of: of[first].over(of[second])


_MADE: dict[str, tuple[Made, ...]] = {
    "d_z": ((("change", "sd_change"), _ratio("change", "sd_change"), "change / SD of the changes"),),
    "d_baseline": ((("change", "sd_baseline"), _ratio("change", "sd_baseline"), "change / SD at baseline of the pairs"),),
    "d_av": (
        (
            ("change", "sd_baseline", "sd_followup"),
            lambda of: of["change"].over(average_sd(of["sd_baseline"], of["sd_followup"])),
            "change / root of the mean variance, or / mean SD,",
        ),
    ),
    "sd_change": (
        (("sd_baseline", "sd_followup", "correlation"), lambda of: _sd_of_change(of), "root(SD1² + SD2² - 2 r SD1 SD2)"),
    ),
}


def average_sd(first: Interval, second: Interval) -> Interval:
    """The average of two SDs: the root of their mean variance (Cumming 2012), or their mean, which is a little less (Lakens
    2013)."""
    low = (max(first.low, 0) + max(second.low, 0)) / 2
    return Interval(low, math.sqrt((first.high**2 + second.high**2) / 2))


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


def named_statistics(pairs: Cells) -> Iterator[Finding]:
    """Statistics that are printed beside all that they are made of by their name: effect sizes, and the SD of the changes of
    both SDs and their correlation. Blames the one that is made of the others."""
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
