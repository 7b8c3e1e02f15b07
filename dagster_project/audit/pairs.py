"""Rules on change: n, change, interval, p, its test's statistics, and both moments' summaries.

Belongs here: arithmetic of two moments, or of two groups where the design says so. Does not belong here: which designs there
are (designs.py), which cells belong together (layout.py), effect sizes without a name (effects.py).

Where several numbers contradict one another, a rule blames the one that its docstring names.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dagster_project.audit.designs import ANY_TEST, GROUPS, OTHER_DESIGN, Design, TTest, group_sizes
from dagster_project.audit.findings import INCONSISTENT, Finding, RowCells, TableCell
from dagster_project.audit.intervals import Interval
from dagster_project.audit.student import critical, p_of_t, t_of_p


@dataclass(frozen=True)
class RuleOutcome:
    """The outcome of a rule that applied to a row. findings: against the design that the row is checked by.
    alternative_design: one that fits instead, where none is declared. only_if_usual: reported only where the table's other
    rows fit."""

    rule: str
    findings: tuple[Finding, ...] = ()
    alternative_design: str = ""
    only_if_usual: bool = False


# --- the number of pairs -----------------------------------------------------------------------------------------------


def pairs_in_waves(pairs: RowCells, baseline: RowCells, followup: RowCells, design: Design) -> RuleOutcome | None:
    """There are no more pairs than people in either wave; for two groups, no more people than in both. Blames the number of
    pairs."""
    if "n" not in pairs or design.name == OTHER_DESIGN:
        return None
    n, sizes = pairs["n"].number, group_sizes(baseline, followup)
    if design.name == GROUPS:
        if sizes is None:
            return None
        finding = Finding(
            pairs["n"].value,
            "pairs_in_waves",
            f"{pairs['n'].text} people in both groups, but they have {sizes[0]:g} and {sizes[1]:g}",
            slack=n - sum(sizes),
        )
        return RuleOutcome("pairs_in_waves", (finding,) if n > sum(sizes) else ())
    waves = [wave for wave in (baseline, followup) if "n" in wave]
    for wave in waves:
        if n > wave["n"].number:
            finding = Finding(
                pairs["n"].value,
                "pairs_in_waves",
                f"{pairs['n'].text} pairs, but only {wave['n'].text} people have a score at {wave['n'].value.timepoint}",
                slack=n - wave["n"].number,
            )
            is_sum = sizes is not None and n == sum(sizes)
            return RuleOutcome("pairs_in_waves", (finding,), "two independent groups" if is_sum else "")
    return RuleOutcome("pairs_in_waves") if waves else None


def possible_pairs(pairs: RowCells, baseline: RowCells, followup: RowCells, *, is_printed_n_possible: bool) -> Sequence[int]:
    """The possible numbers of pairs: the printed one, or, when that is impossible, every one that the waves allow."""
    if "n" not in pairs:
        return ()
    if is_printed_n_possible:
        return (int(pairs["n"].number),) if pairs["n"].number >= 2 else ()
    max_pairs = int(min([pairs["n"].number, *(wave["n"].number for wave in (baseline, followup) if "n" in wave)]))
    return range(2, max_pairs + 1)


# --- the interval ------------------------------------------------------------------------------------------------------


def interval_ends(pairs: RowCells) -> Iterator[Finding]:
    """An interval's lower end lies below its upper end. Blames the upper end. An interval that does not contain its change
    either is left to interval_around_change, which finds the wrong end."""
    if not {"ci_low", "ci_high"} <= set(pairs):
        return
    change = change_of(pairs)
    if change is not None and change.is_empty:
        return
    if pairs["ci_low"].interval.low > pairs["ci_high"].interval.high:
        yield Finding(
            pairs["ci_high"].value,
            "interval_ends",
            f"the interval's lower end {pairs['ci_low'].text} lies above its upper end {pairs['ci_high'].text}",
            slack=pairs["ci_low"].interval.low - pairs["ci_high"].interval.high,
        )


def interval_around_change(pairs: RowCells, t_tests: Sequence[TTest]) -> RuleOutcome | None:
    """A t interval is symmetrical about the change. Blames the end that does not fit the change and p; without p, or
    when neither end alone fits, both ends."""
    if not {"change", "ci_low", "ci_high"} <= set(pairs):
        return None
    change, low, high = (pairs[name].interval for name in ("change", "ci_low", "ci_high"))
    centre = low.plus(high).times(0.5)
    if not centre.is_disjoint(change):
        return RuleOutcome("interval_around_change")
    mirrored_low, mirrored_high = change.times(2).minus(low), change.times(2).minus(high)
    arithmetic = (
        f"the interval {pairs['ci_low'].text} to {pairs['ci_high'].text} has its centre at {centre}, but the change is"
        f" {pairs['change'].text}"
    )
    p = pairs["p"].interval if "p" in pairs else None
    low_fits, high_fits = (
        p is not None and any(not _half_width_by_p(change, p, test).is_disjoint(half) for test in t_tests)
        for half in (change.minus(low), high.minus(change))
    )
    findings = []
    if not high_fits:
        findings.append(
            Finding(
                pairs["ci_high"].value,
                "interval_around_change",
                f"{arithmetic}; symmetry about the change gives an upper end of {mirrored_low}",
                slack=high.gap(mirrored_low),
            )
        )
    if not low_fits:
        findings.append(
            Finding(
                pairs["ci_low"].value,
                "interval_around_change",
                f"{arithmetic}; symmetry about the change gives a lower end of {mirrored_high}",
                slack=low.gap(mirrored_high),
            )
        )
    return RuleOutcome("interval_around_change", tuple(findings))


def _half_width_by_p(change: Interval, p: Interval, test: TTest) -> Interval:
    """Half width = |change| x t(df, .975) / t(df, p)."""
    df = test.dfs.low
    t = t_of_p(p, df)
    low = change.min_absolute * critical(df, test.level) / t.high if math.isfinite(t.high) else 0.0
    return Interval(low, change.max_absolute * critical(df, test.level) / t.low if t.low > 0 else float("inf"))


def change_of(pairs: RowCells) -> Interval | None:
    """The change, narrowed by its interval's centre; that centre where the change is not printed."""
    centre = None
    if {"ci_low", "ci_high"} <= set(pairs):
        centre = pairs["ci_low"].interval.plus(pairs["ci_high"].interval).times(0.5)
    if "change" not in pairs:
        return centre
    return pairs["change"].interval.intersection(centre) if centre is not None else pairs["change"].interval


def se_of_change(pairs: RowCells, n: int, level: int = 95) -> Interval | None:
    """The standard error of a change of n pairs, from the interval's width or the SD of the changes."""
    if {"ci_low", "ci_high"} <= set(pairs):
        return _half_width(pairs).times(1 / critical(n - 1, level))
    if "sd_change" in pairs:
        return pairs["sd_change"].interval.times(1 / math.sqrt(n))
    return None


def _half_width(pairs: RowCells) -> Interval:
    width = pairs["ci_high"].interval.minus(pairs["ci_low"].interval)
    return Interval(max(0.0, width.low), width.high).times(0.5)


def _centre_over_half(pairs: RowCells) -> Interval | None:
    """The size of centre / half width. Both depend on the same ends, so the ratio is evaluated at the corners of what the
    ends and the change allow, where it is smallest and largest; None where the width may be zero or no value is
    possible."""
    low, high = pairs["ci_low"].interval, pairs["ci_high"].interval
    # Sum and difference of the ends. The change's own sum is used directly: it would be lost in rounding with ends of 1e15.
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
    return Interval(min(ratios), max(ratios)).absolute


# --- the test ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Check:
    """A statistic and its bounds under a t test; None where the test implies none."""

    rule: str
    statistic: str
    bounds: Callable[[TTest], Interval | None]
    description: Callable[[TTest, Interval], str]
    needs_df: bool = True
    only_if_usual: bool = False


def t_test_outcomes(
    pairs: RowCells, usual_tests: Sequence[TTest], other_tests: Sequence[TTest], design: Design
) -> Iterator[RuleOutcome]:
    """Change, interval, standard error, SD of the changes, t, df and p agree. Blames the first of these that is printed: p;
    t; the standard error or SD of the changes.

    Inconsistent where half of a p, or the normal distribution instead of t, would fit.
    """
    blamed_statistics: set[str] = set()
    for check in _checks(pairs, design):
        outcome = _outcome_of(check, pairs, usual_tests, other_tests)
        if outcome is None or check.statistic in blamed_statistics:
            continue
        blamed_statistics |= {finding.value.statistic for finding in outcome.findings}
        yield outcome


def _outcome_of(
    check: _Check, pairs: RowCells, usual_tests: Sequence[TTest], other_tests: Sequence[TTest]
) -> RuleOutcome | None:
    rule_name = f"{check.rule} of {check.statistic}"
    t_tests = list(usual_tests) if check.needs_df else [ANY_TEST]
    cell = pairs[check.statistic]
    interval = cell.interval.absolute if check.statistic in ("t", "d_z") else cell.interval
    bounds_or_none = [check.bounds(test) for test in t_tests]
    if not bounds_or_none or any(candidate is None for candidate in bounds_or_none):
        return None
    bounds = [candidate for candidate in bounds_or_none if candidate is not None]
    if not all(interval.is_disjoint(candidate) for candidate in bounds):
        return RuleOutcome(rule_name)
    nearest = min(range(len(bounds)), key=lambda index: interval.gap(bounds[index]))
    finding = Finding(
        cell.value,
        check.rule,
        f"{check.description(t_tests[nearest], bounds[nearest])}, not {cell.text}",
        slack=interval.gap(bounds[nearest]),
    )
    if check.statistic == "p":
        finding = _softened_p(finding, interval, t_tests, bounds)
    for test in other_tests if check.needs_df else ():
        candidate = check.bounds(test)
        if candidate is not None and not interval.is_disjoint(candidate):
            return RuleOutcome(rule_name, (finding,), test.description, only_if_usual=check.only_if_usual)
    return RuleOutcome(rule_name, (finding,), only_if_usual=check.only_if_usual)


def _softened_p(finding: Finding, p: Interval, t_tests: Sequence[TTest], bounds: Sequence[Interval]) -> Finding:
    if not all(p.is_disjoint(p_bounds.times(0.5)) for p_bounds in bounds):
        return finding.softened(INCONSISTENT, "half of that, a one-sided p, would fit")
    # The t that gives the p, and then the normal distribution's p of it.
    for test, p_bounds in zip(t_tests, bounds, strict=True):
        sizes = [
            t_of_p(Interval(end, end), test.dfs.low).low if end > 0 else math.inf for end in (p_bounds.low, p_bounds.high)
        ]
        if not p.is_disjoint(Interval(p_of_t(sizes[0], math.inf), p_of_t(sizes[1], math.inf))):
            return finding.softened(INCONSISTENT, "the normal distribution instead of t would fit")
    return finding


def _checks(pairs: RowCells, design: Design) -> Iterator[_Check]:
    has_interval = {"ci_low", "ci_high"} <= set(pairs)
    change = change_of(pairs)
    if change is not None and change.is_empty:
        change = pairs["change"].interval if "change" in pairs else None
    t_formulas = list(_t_formulas(pairs, change, has_interval))
    if "p" in pairs:
        for t_bounds, t_words in t_formulas:
            yield _Check("p_of_interval", "p", _p_of(t_bounds), _p_words(t_bounds, t_words))
        if "t" in pairs:
            abs_t = pairs["t"].interval.absolute
            yield _Check(
                "named_statistics",
                "p",
                _p_of(lambda _: abs_t),
                lambda test, bounds: f"t = {pairs['t'].text} with {test.df_text} has p {bounds}",
            )
    if "t" in pairs:
        for t_bounds, t_words in t_formulas:
            yield _Check(
                "named_statistics",
                "t",
                t_bounds,
                lambda test, bounds, t_words=t_words: f"{t_words(test)} = {bounds}",  # type: ignore[misc]
            )
        if change is not None and "se" in pairs:
            printed_se = pairs["se"].interval
            if printed_se.low > 0:
                yield _Check(
                    "named_statistics",
                    "t",
                    lambda _: change.absolute.divided_by(printed_se),
                    lambda _, bounds: f"t = change / SE = {change} / {pairs['se'].text} = {bounds} in size",
                    needs_df=False,
                )
    if "df" in pairs and "n" in pairs:
        n = pairs["n"].number
        yield _Check(
            "named_statistics",
            "df",
            lambda test: Interval(n - 1, n - 1) if test.is_paired or design.name != GROUPS else None,
            lambda _, bounds: f"n - 1 is {bounds} (n {pairs['n'].text})",
            only_if_usual=True,
        )
    if has_interval:
        half_width = _half_width(pairs)
        half_text = f"half the interval {pairs['ci_low'].text} to {pairs['ci_high'].text} is {half_width}"

        def se_by(test: TTest) -> Interval:
            return Interval(
                half_width.low / critical(test.dfs.low, test.level), half_width.high / critical(test.dfs.high, test.level)
            )

        if "se" in pairs:
            yield _Check(
                "error_of_change",
                "se",
                se_by,
                lambda test, bounds: f"{half_text}, and over t with {test.df_text} {bounds}, the SE",
            )
        if "sd_change" in pairs and "n" in pairs:
            root = math.sqrt(max(pairs["n"].number, 0))
            yield _Check(
                "error_of_change",
                "sd_change",
                lambda test: se_by(test).times(root) if test.is_paired else None,
                lambda test, bounds: (
                    f"{half_text}, over t with {test.df_text} and times root(n) {bounds}, the SD of the changes"
                ),
            )
    if {"se", "sd_change", "n"} <= set(pairs) and pairs["n"].number >= 1:
        by_sd = pairs["sd_change"].interval.times(1 / math.sqrt(pairs["n"].number))
        yield _Check(
            "error_of_change",
            "se",
            lambda test: by_sd if test.is_paired else None,
            lambda _, bounds: f"SE = {pairs['sd_change'].text} / root({pairs['n'].text}) = {bounds}",
        )
    if {"t", "d_z", "n"} <= set(pairs) and pairs["n"].number >= 1:
        by_t = pairs["t"].interval.absolute.times(1 / math.sqrt(pairs["n"].number))
        yield _Check(
            "named_statistics",
            "d_z",
            lambda test: by_t if test.is_paired else None,
            lambda _, bounds: f"d_z = t / root(n) = {pairs['t'].text} / root({pairs['n'].text}) = {bounds} in size",
        )


_TBounds = Callable[[TTest], Interval | None]


def _t_formulas(
    pairs: RowCells, change: Interval | None, has_interval: bool
) -> Iterator[tuple[_TBounds, Callable[[TTest], str]]]:
    """Each formula for |t|, with its text."""
    if has_interval:
        centre_over_half = _centre_over_half(pairs)
        half_width = _half_width(pairs)

        def by_interval(test: TTest) -> Interval | None:
            if centre_over_half is None:
                return None
            ends = sorted((critical(test.dfs.low, test.level), critical(test.dfs.high, test.level)))
            return Interval(centre_over_half.low * ends[0], centre_over_half.high * ends[1])

        def interval_words(test: TTest) -> str:
            factor = critical(test.dfs.low, test.level)
            change_text = (
                f"a change of {change} with the interval" if "change" in pairs else f"the centre {change} of the interval"
            )
            return (
                f"{change_text} {pairs['ci_low'].text} to {pairs['ci_high'].text}, half of which is {half_width} ="
                f" {factor:.4g} x SE ({test.df_text}), so SE is {half_width.times(1 / factor)} and t = change / SE"
            )

        yield by_interval, interval_words
    if change is None:
        return
    abs_change = change.absolute
    if "sd_change" in pairs and "n" in pairs and pairs["sd_change"].interval.low > 0 and pairs["n"].number >= 1:
        se_by_sd = pairs["sd_change"].interval.times(1 / math.sqrt(pairs["n"].number))
        yield (
            lambda test: abs_change.divided_by(se_by_sd) if test.is_paired else None,
            lambda _: (
                f"t = change / (SD of the changes / root(n)) = {change} / ({pairs['sd_change'].text} /"
                f" root({pairs['n'].text}))"
            ),
        )
    if "se" in pairs and "t" not in pairs and pairs["se"].interval.low > 0:
        se = pairs["se"].interval
        yield lambda _: abs_change.divided_by(se), lambda _: f"t = change / SE = {change} / {pairs['se'].text}"


def _p_of(t_bounds: _TBounds) -> _TBounds:
    def p_bounds(test: TTest) -> Interval | None:
        t = t_bounds(test)
        if t is None:
            return None
        ps = [p_of_t(end, df) for end in (t.low, t.high) for df in {test.dfs.low, test.dfs.high}]
        return Interval(min(ps) - 1e-12, max(ps) + 1e-12)

    return p_bounds


def _p_words(t_bounds: _TBounds, t_words: Callable[[TTest], str]) -> Callable[[TTest, Interval], str]:
    return lambda test, bounds: (
        f"{t_words(test)} = {t_bounds(test)}, which has p {bounds} by the t distribution with {test.df_text}"
    )


def sign_of_t(pairs: RowCells) -> RuleOutcome | None:
    """t has the sign of its change. Blames t."""
    change = change_of(pairs)
    if "t" not in pairs or change is None or change.is_empty:
        return None
    t = pairs["t"].interval
    finding = Finding(
        pairs["t"].value,
        "sign_of_t",
        f"the sign of {pairs['t'].text} is not that of the change, {change}",
        INCONSISTENT,
    )
    is_opposite = (t.low > 0 and change.high < 0) or (t.high < 0 and change.low > 0)
    return RuleOutcome("sign_of_t", (finding,) if is_opposite else ())


def p_beside_interval(pairs: RowCells, design: Design) -> RuleOutcome | None:
    """An interval contains zero exactly where p is above 1 - level. For rows with neither n nor df. Blames p."""
    if not {"p", "ci_low", "ci_high"} <= set(pairs):
        return None
    p, low, high = (pairs[name].interval for name in ("p", "ci_low", "ci_high"))
    alphas = [(100 - level) / 100 for level in design.levels]
    interval_text = f"the interval {pairs['ci_low'].text} to {pairs['ci_high'].text}"
    arithmetic = None
    if low.high < 0 < high.low and p.high < min(alphas) - 1e-9:
        arithmetic = f"{interval_text} holds zero, so p is above {min(alphas):g}, not {pairs['p'].text}"
    elif (low.low > 0 or high.high < 0) and p.low > max(alphas) + 1e-9:
        arithmetic = f"{interval_text} does not hold zero, so p is below {max(alphas):g}, not {pairs['p'].text}"
    return RuleOutcome(
        "p_beside_interval", (Finding(pairs["p"].value, "p_beside_interval", arithmetic),) if arithmetic else ()
    )


def sd_of_changes(
    pairs: RowCells, baseline: RowCells, followup: RowCells, usual_tests: Sequence[TTest], design: Design
) -> RuleOutcome | None:
    """For the same people in both waves, the SD of the changes lies between the difference and the sum of both SDs. Blames
    the SD of the changes; where it is derived from an interval, the interval's upper end."""
    if "n" not in pairs or any(
        not {"n", "sd"} <= set(wave) or wave["n"].number != pairs["n"].number for wave in (baseline, followup)
    ):
        return None
    baseline_sd, followup_sd = baseline["sd"].interval, followup["sd"].interval
    if baseline_sd.high < 0 or followup_sd.high < 0 or pairs["n"].number < 2:
        return None
    bounds = Interval(baseline_sd.minus(followup_sd).min_absolute, baseline_sd.high + followup_sd.high)
    n = pairs["n"].number
    if "sd_change" in pairs:
        statistic, sd = "sd_change", pairs["sd_change"].interval
        sd_text = pairs["sd_change"].text
    elif {"ci_low", "ci_high"} <= set(pairs) and any(test.is_paired for test in usual_tests):
        half_width = _half_width(pairs)
        factors = [critical(n - 1, level) for level in design.levels]
        statistic = "ci_high"
        sd = Interval(half_width.low / max(factors), half_width.high / min(factors)).times(math.sqrt(n))
        sd_text = f"{sd}, as the interval {pairs['ci_low'].text} to {pairs['ci_high'].text} says it"
    else:
        return None
    if not sd.is_disjoint(bounds):
        return RuleOutcome("sd_of_changes")
    finding = Finding(
        pairs[statistic].value,
        "sd_of_changes",
        f"the same {n:g} people with SDs of {baseline['sd'].text} and {followup['sd'].text} have changes with an SD of"
        f" |SD1 - SD2| to SD1 + SD2 = {bounds}, not {sd_text}",
        slack=sd.gap(bounds),
    )
    return RuleOutcome("sd_of_changes", (finding,), _fitting_alternative(pairs, baseline, followup, design))


def _fitting_alternative(pairs: RowCells, baseline: RowCells, followup: RowCells, design: Design) -> str:
    """Names two independent groups where the interval is as wide as theirs."""
    if not {"ci_low", "ci_high"} <= set(pairs):
        return ""
    sizes = group_sizes(baseline, followup)
    assert sizes is not None  # only rows with both come here
    se = Interval(
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
        not _half_width(pairs).is_disjoint(Interval(se.low * critical(dfs[1], level), se.high * critical(dfs[0], level)))
        for level in design.levels
    )
    return "two independent groups" if fits else ""


def error_of_groups(pairs: RowCells, baseline: RowCells, followup: RowCells, design: Design) -> RuleOutcome | None:
    """For two groups, an interval is 2 t x root(SD1² / n1 + SD2² / n2) wide (Welch), or as with the pooled SD. Blames the
    upper end."""
    sizes = group_sizes(baseline, followup)
    if sizes is None or min(sizes) < 2 or not {"ci_low", "ci_high"} <= set(pairs):
        return None
    if not all("sd" in wave and wave["sd"].interval.low >= 0 for wave in (baseline, followup)):
        return None
    if "n" in pairs and pairs["n"].number not in (sum(sizes), *(sizes if sizes[0] == sizes[1] else ())):
        return None  # fewer people than the groups' SDs are of
    baseline_sd, followup_sd, n1, n2 = baseline["sd"].interval, followup["sd"].interval, *sizes
    welch = [
        math.sqrt(a * a / n1 + b * b / n2)
        for a, b in ((baseline_sd.low, followup_sd.low), (baseline_sd.high, followup_sd.high))
    ]
    pooled = [
        math.sqrt(((n1 - 1) * a * a + (n2 - 1) * b * b) / (n1 + n2 - 2) * (1 / n1 + 1 / n2))
        for a, b in ((baseline_sd.low, followup_sd.low), (baseline_sd.high, followup_sd.high))
    ]
    factors = (critical(n1 + n2 - 2, design.levels[0]), critical(min(n1, n2) - 1, design.levels[0]))
    bounds = Interval(min(welch[0] * factors[0], pooled[0] * factors[0]), max(welch[1] * factors[1], pooled[1] * factors[0]))
    half_width = _half_width(pairs)
    if not half_width.is_disjoint(bounds):
        return RuleOutcome("error_of_groups")
    return RuleOutcome(
        "error_of_groups",
        (
            Finding(
                pairs["ci_high"].value,
                "error_of_groups",
                f"two groups of {n1:g} and {n2:g} with SDs of {baseline['sd'].text} and {followup['sd'].text} have"
                " half an"
                f" interval of t x root(SD1² / n1 + SD2² / n2), or with the pooled SD, = {bounds}, not {half_width}",
                slack=half_width.gap(bounds),
            ),
        ),
    )


# --- both moments' means -----------------------------------------------------------------------------------------------


def change_of_means(
    pairs: RowCells, baseline: RowCells, followup: RowCells, score_range: Interval, sign: int, *, is_groups: bool
) -> RuleOutcome | None:
    """The change is the difference of the pairs' means in both waves, and the mean of n of N people is bounded:
    (N m - (N - n) max) / n <= mean of the pairs <= (N m - (N - n) min) / n, and
    |mean of the pairs - m| <= SD root((N - 1)(N - n) / (N n)). For two groups it is the difference of their means. Blames
    the change; inconsistent where the other sign fits.

    sign: 1 where a change is baseline minus follow-up, -1 for the reverse, 0 for either. Cannot detect: most errors once
    many people are missing.
    """
    change = change_of(pairs)
    bounds = allowed_change(pairs, baseline, followup, score_range, is_groups=is_groups)
    if change is None or "change" not in pairs or change.is_empty or bounds is None:
        return None
    if sign < 0:
        bounds = bounds.mirrored()
    if not change.is_disjoint(bounds) or (sign == 0 and not change.is_disjoint(bounds.mirrored())):
        return RuleOutcome("change_of_means")
    means = f"{baseline['mean'].text} and {followup['mean'].text}"
    if is_groups:
        means_text = f"the groups' means are {means}"
    else:
        n = pairs["n"].number
        waves = [_mean_of_pairs(wave, n, score_range) for wave in (baseline, followup)]
        means_text = (
            f"the {n:g} pairs are everybody in both waves, whose means are {means}"
            if all(wave["n"].number == n for wave in (baseline, followup))
            else f"{n:g} of {baseline['n'].text} and of {followup['n'].text} people, whose means are {means}, can have"
            f" means of {waves[0]} and {waves[1]}"
        )
    finding = Finding(
        pairs["change"].value,
        "change_of_means",
        f"{means_text}: the change is {bounds}, not {pairs['change'].text}",
        slack=change.gap(bounds),
    )
    if not change.is_disjoint(bounds.mirrored()):
        finding = finding.softened(INCONSISTENT, "it fits with the opposite sign, unlike the table's other changes")
    return RuleOutcome("change_of_means", (finding,))


def _mean_of_pairs(wave: RowCells, n: float, score_range: Interval) -> Interval | None:
    """The possible means of n of a wave's people."""
    if not {"n", "mean"} <= set(wave) or n > wave["n"].number or n < 1:
        return None
    wave_n, mean = wave["n"].number, wave["mean"].interval
    n_missing = wave_n - n
    if n_missing == 0:
        return mean
    low, high = score_range.low, score_range.high
    for name, is_low in (("min", True), ("max", False)):
        if name in wave and not wave[name].interval.is_disjoint(score_range):
            low, high = (wave[name].interval.low, high) if is_low else (low, wave[name].interval.high)
    bounds = Interval(
        max(low, (wave_n * mean.low - n_missing * high) / n), min(high, (wave_n * mean.high - n_missing * low) / n)
    )
    if "sd" in wave and wave_n > 1 and wave["sd"].interval.high >= 0:
        max_distance = wave["sd"].interval.high * math.sqrt((wave_n - 1) * n_missing / (wave_n * n))
        by_sd = Interval(mean.low - max_distance, mean.high + max_distance)
        # An impossible SD must not make the change impossible, too.
        if not by_sd.is_disjoint(mean) and max_distance < high - low:
            bounds = bounds.intersection(by_sd)
    return bounds


def allowed_change(
    pairs: RowCells, baseline: RowCells, followup: RowCells, score_range: Interval, *, is_groups: bool
) -> Interval | None:
    """The bounds of baseline minus follow-up, from both waves' summaries; None where they give none."""
    if is_groups:
        has_means = "mean" in baseline and "mean" in followup
        sizes = group_sizes(baseline, followup)
        if not has_means or (sizes is not None and "n" in pairs and pairs["n"].number not in (sum(sizes), *sizes)):
            return None
        return baseline["mean"].interval.minus(followup["mean"].interval)
    if "n" not in pairs or pairs["n"].number < 1:
        return None
    waves = [_mean_of_pairs(wave, pairs["n"].number, score_range) for wave in (baseline, followup)]
    if waves[0] is None or waves[1] is None or waves[0].is_empty or waves[1].is_empty:
        return None
    return waves[0].minus(waves[1])


def directions(rows: Sequence[tuple[RowCells, RowCells, RowCells, Interval, bool]]) -> int:
    """The sign of a table's changes: 1 for baseline minus follow-up, -1 for the reverse, whichever fewer rows contradict; 0
    where it is undecided. rows: pairs, baseline, follow-up, score range, whether they are groups."""
    contradictions = {1: 0, -1: 0}
    for pairs, baseline, followup, score_range, is_groups in rows:
        change, bounds = change_of(pairs), allowed_change(pairs, baseline, followup, score_range, is_groups=is_groups)
        if change is not None and bounds is not None and not change.is_empty:
            contradictions[1] += change.is_disjoint(bounds)
            contradictions[-1] += change.is_disjoint(bounds.mirrored())
    return (contradictions[-1] > contradictions[1]) - (contradictions[-1] < contradictions[1])


def change_in_range(pairs: RowCells, score_range: Interval) -> Iterator[Finding]:
    """No change exceeds the width of the scale's range. Blames the change."""
    width = score_range.high - score_range.low
    if "change" in pairs and math.isfinite(width) and pairs["change"].interval.min_absolute > width:
        yield Finding(
            pairs["change"].value,
            "change_in_range",
            f"a change cannot exceed {width:g}, the width of the scale's range {score_range.low:g} to"
            f" {score_range.high:g}; {pairs['change'].text} does",
            slack=pairs["change"].interval.min_absolute - width,
        )


# --- statistics with a formula of their own name ------------------------------------------------------------------------

#: The statistics that a formula needs, the value that they give, and its text.
Formula = tuple[tuple[str, ...], Callable[[Mapping[str, Interval]], Interval], str]


def _ratio(first: str, second: str) -> Callable[[Mapping[str, Interval]], Interval]:
    return lambda intervals: intervals[first].divided_by(intervals[second])


_FORMULAS: dict[str, tuple[Formula, ...]] = {
    "d_z": ((("change", "sd_change"), _ratio("change", "sd_change"), "change / SD of the changes"),),
    "d_baseline": ((("change", "sd_baseline"), _ratio("change", "sd_baseline"), "change / SD at baseline of the pairs"),),
    "d_av": (
        (
            ("change", "sd_baseline", "sd_followup"),
            lambda intervals: intervals["change"].divided_by(average_sd(intervals["sd_baseline"], intervals["sd_followup"])),
            "change / root of the mean variance, or / mean SD,",
        ),
    ),
    "sd_change": (
        (
            ("sd_baseline", "sd_followup", "correlation"),
            lambda intervals: _sd_of_change(intervals),
            "root(SD1² + SD2² - 2 r SD1 SD2)",
        ),
    ),
}


def average_sd(first: Interval, second: Interval) -> Interval:
    """The average of two SDs: the root of their mean variance (Cumming 2012), or their mean, which is a little less (Lakens
    2013)."""
    low = (max(first.low, 0) + max(second.low, 0)) / 2
    return Interval(low, math.sqrt((first.high**2 + second.high**2) / 2))


def _sd_of_change(intervals: Mapping[str, Interval]) -> Interval:
    baseline_sd, followup_sd, r = intervals["sd_baseline"], intervals["sd_followup"], intervals["correlation"]
    variances = [
        a * a + b * b - 2 * c * a * b
        for a in (baseline_sd.low, baseline_sd.high)
        for b in (followup_sd.low, followup_sd.high)
        for c in (r.low, r.high)
    ]
    # The least lies inside where one SD is r times the other.
    slack = (baseline_sd.high - baseline_sd.low + followup_sd.high - followup_sd.low) * (baseline_sd.high + followup_sd.high)
    return Interval(math.sqrt(max(0.0, min(variances) - slack)), math.sqrt(max(0.0, max(variances) + slack)))


def named_statistics(pairs: RowCells) -> Iterator[Finding]:
    """Statistics whose name gives their formula, printed with all of its terms: effect sizes, and the SD of the changes from
    both SDs and their correlation. Blames the result of the formula."""
    intervals = {statistic: cell.interval for statistic, cell in pairs.items()}
    for statistic, formulas in _FORMULAS.items():
        for parts, value, formula_text in formulas:
            if statistic not in pairs or not set(parts) <= set(pairs):
                continue
            bounds = value(intervals)
            if pairs[statistic].interval.is_disjoint(bounds):
                parts_text = ", ".join(f"{part} {pairs[part].text}" for part in parts)
                yield Finding(
                    pairs[statistic].value,
                    "named_statistics",
                    f"{formula_text} is {bounds} ({parts_text}), not {pairs[statistic].text}",
                    slack=pairs[statistic].interval.gap(bounds),
                )


def p_in_bounds(p: TableCell) -> Iterator[Finding]:
    """A probability lies between 0 and 1. Blames it."""
    if p.interval.is_disjoint(Interval(0.0, 1.0)):
        yield Finding(p.value, "p_in_bounds", f"a probability cannot be {p.text}", slack=p.interval.gap(Interval(0, 1)))
