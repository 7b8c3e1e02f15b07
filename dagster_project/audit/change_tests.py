"""Rules on t, df, p, F and the standard error of a change: each by whichever others are printed.

Belongs here: arithmetic of one test. Does not belong here: which tests a design allows (designs.py), formulas for t
(change_row.py), tests without a change (probabilities.py).
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dagster_project.audit.change_row import Bounds, ChangeRow, Words, half_width_text, se_by_interval, t_formulas
from dagster_project.audit.designs import ADJUSTED, ANY_TEST, BOOTSTRAP, GROUPS, MODEL, ONE_SIDED, RANKS, TTest
from dagster_project.audit.findings import INCONSISTENT, Finding, TableCell
from dagster_project.audit.intervals import Interval
from dagster_project.audit.outcome import Outcome, deviates, p_excess, p_tolerance, width
from dagster_project.audit.rule import Rule
from dagster_project.audit.student import p_of_t, t_of_p

P_OF_INTERVAL = Rule(
    "p_of_interval",
    "Change and interval, or SD, or both moments' SDs, give t, and t gives p.",
    "p and a change with its interval, its SE, the SD of the changes and n, or n and SD of both moments",
    "p",
    "T1-T2: n 25, ci_low -1.0, ci_high 2.0, p .001",
    "p = 2 P(T > |t|), with n - 1, n1 + n2 - 2, Welch's or the printed df",
    "Welch 1947, Biometrika 34, 28-35",
)
ERROR_OF_CHANGE = Rule(
    "error_of_change",
    "SE and SD of the changes follow from the interval and from each other.",
    "two of interval, SE, and SD of the changes with n",
    "the SE, or the SD of the changes",
    "T1-T2: n 25, sd_change 5.0, se 2.0",
    "SE = SD / root(n); half an interval is t SE",
)
NAMED_STATISTICS = Rule(
    "named_statistics",
    "t, df, F, p, effect sizes and the SD of changes follow by their formulas from what is beside them.",
    "the number and all terms of one of its formulas",
    "the result of the formula",
    "T1-T2: change 1.0, se 0.5, t 5.0",
    "t = change / SE; F = t²; d_z = t / root(n); d_z = change / SD of the changes",
)
TWO_MOMENTS = Rule(
    "statistics_of_summaries",
    "t and F of two groups, or of the same people twice, follow from n, mean and SD of both.",
    "n, mean and SD of both, and t or F; of the same people exactly with r, else as bounds",
    "t, or F",
    "A: n 35, mean 23.46, sd 3.53; B: n 10, mean 27.77, sd 3.68; A - B: n 45, change -4.31, t 1.96",
    "t = (M1 - M2) / SE, SE pooled, Welch's, or root(SD1² + SD2² - 2 r SD1 SD2) / root(n)",
    "Welch 1947, Biometrika 34, 28-35",
)
SIGN_OF_T = Rule(
    "sign_of_t",
    "t has the sign of its change, unless all t of a table are printed without sign.",
    "t and the change",
    "t",
    "T1-T2: n 25, change 1.0, t -2.0",
)
P_IN_BOUNDS = Rule("p_in_bounds", "A probability lies between 0 and 1.", "p", "p", "T1-T2: change 1, p 1.2")
#: How far, relative, other practices change t, or the deviate of a p.
_T_SCALE = 0.05
#: A family of tests that adjusts p is not larger.
_MAX_FAMILY = 50.0


#: Sources from which a statistic follows by definition, whatever the method.
_DEFINITIONS = ("t", "se", "sd_change")


@dataclass(frozen=True)
class _Check:
    """A statistic and its bounds under a t test; None where the test implies none. source: which formula."""

    rule: Rule
    statistic: str
    source: str
    bounds: Bounds
    description: Callable[[TTest, Interval], str]
    needs_df: bool = True


def t_test_outcomes(row: ChangeRow) -> Iterator[Outcome]:
    """Change, interval, standard error, SDs, t, df and p agree. Blames the first of these that is printed: p; t; F; the
    standard error or SD of the changes. Inconsistent where half of a p, or the normal distribution instead of t, would
    fit."""
    blamed_statistics: set[str] = set()
    confirmed: set[str] = set()
    for check in _checks(row):
        # What the row's own interval, SE or t confirm is not blamed for the moments' SDs, which are judged by the interval.
        if check.statistic in blamed_statistics or (check.source == "sds" and check.statistic in confirmed):
            continue
        outcome = _outcome_of(check, row)
        if outcome is not None:
            if not outcome.findings and outcome.is_sharp:
                confirmed.add(check.statistic)
            blamed_statistics |= {finding.value.statistic for finding in outcome.findings}
            yield outcome


_SOURCE_CELLS = {
    "interval": ("ci_low", "ci_high", "change", "df"),
    "sd_change": ("change", "sd_change", "n"),
    "se": ("change", "se", "df"),
    "sds": ("change", "correlation"),
    "t": ("t", "df"),
    "width": ("ci_low", "ci_high"),
    "n": ("n",),
}


def _outcome_of(check: _Check, row: ChangeRow) -> Outcome | None:
    tests = list(row.tests) if check.needs_df else [ANY_TEST]
    cell = row.cells[check.statistic]
    interval = cell.interval.absolute if check.statistic in ("t", "d_z") else cell.interval
    bounds_by_test = [(test, bounds) for test in tests if (bounds := check.bounds(test)) is not None]
    if not bounds_by_test:
        return None
    is_p = check.statistic == "p"
    intervals = [practised for _, candidate in bounds_by_test for practised in _practised(candidate, row, is_p=is_p)]
    names = _SOURCE_CELLS[check.source] if "df" in row.cells or not check.needs_df else (*_SOURCE_CELLS[check.source], "n")
    sources = [row.cells[name] for name in dict.fromkeys(names) if name in row.cells and name != check.statistic]
    if check.source == "sds" or not row.has_change:
        sources += row.summary_cells("n", "mean", "sd")
    cells = (cell, *(source for source in sources if source.value.row >= 0))
    habit = f"{check.rule.name} of {check.statistic} by {check.source}"
    distances = [_distance(interval, candidate, is_p=is_p) for candidate in intervals]
    tolerance = min(_tolerance(interval, candidate, is_p=is_p) for candidate in intervals)
    nearest = min(range(len(intervals)), key=distances.__getitem__)
    if any(not interval.is_disjoint(candidate) for candidate in intervals):
        return Outcome(habit, cells, (), tolerance)
    test, by_test = min(bounds_by_test, key=lambda pair: _distance(interval, pair[1], is_p=is_p))
    words = f"{check.description(test, by_test)}, not {cell.text}"
    finding = check.rule.finding(cell, words, slack=interval.gap(intervals[nearest]))
    if is_p:
        finding = _softened_p(finding, interval, [pair[0] for pair in bounds_by_test], [pair[1] for pair in bounds_by_test])
    is_certain = is_p and check.source == "t" and _is_beyond_any_df(row.cells["t"], interval)
    is_above = interval.low > intervals[nearest].high
    # One-sided, a p above .5 is of a change in the other direction than was asked: no excuse for a single number.
    misfit = min(distances[:1] if ONE_SIDED in row.design.practices and is_p else distances)
    excess = p_excess(misfit, intervals[nearest], _T_SCALE) if is_p else misfit / _T_SCALE
    if check.source in _DEFINITIONS and not (is_p and row.design.name == MODEL and "df" not in row.cells):
        excess = math.inf
    if is_p and interval.high >= 1:
        excess = 0.0  # what adjusting makes of any large p
    return Outcome(habit, cells, (finding,), tolerance, misfit, excess, is_certain, is_above)


def _practised(bounds: Interval, row: ChangeRow, *, is_p: bool) -> list[Interval]:
    """The bounds of a p that the declared practices allow."""
    practices = row.design.practices
    if not is_p:
        return [bounds]
    if RANKS in practices or BOOTSTRAP in practices:
        z = [t_of_p(Interval(max(1e-300, end), max(1e-300, end)), math.inf).low for end in (bounds.high, bounds.low)]
        return [Interval(p_of_t(z[1] * 1.5 + 1, math.inf), p_of_t(max(0.0, z[0] / 1.5 - 1), math.inf))]
    if ADJUSTED in practices:
        return [Interval(bounds.low, min(1.0, bounds.high * _MAX_FAMILY))]
    if ONE_SIDED in practices:
        return [bounds.times(0.5), Interval(1 - bounds.high / 2, 1 - bounds.low / 2)]
    return [bounds]


def _distance(interval: Interval, bounds: Interval, *, is_p: bool) -> float:
    """How far a number lies from its bounds: relative, for a p in standard normal deviates."""
    if is_p:
        return deviates(interval).gap(deviates(bounds))
    nearest_end = bounds.high if interval.low > bounds.high else bounds.low
    return interval.gap(bounds) / max(abs(nearest_end), 0.2 if math.isfinite(nearest_end) else 1.0)


def _tolerance(interval: Interval, bounds: Interval, *, is_p: bool) -> float:
    if not (bounds.is_bounded and interval.is_bounded):
        return math.inf
    if is_p:
        return p_tolerance(interval, bounds, _T_SCALE)
    return width(interval, bounds) / (_T_SCALE * max(abs(bounds.middle), 1e-12))


def _is_beyond_any_df(t: TableCell, p: Interval) -> bool:
    """Whether p is below half of what the normal distribution gives, the least of all: no test has it, one-sided or of any
    df."""
    return p.high < 0.5 * p_of_t(t.interval.max_absolute, math.inf) * 0.9


def _softened_p(finding: Finding, p: Interval, tests: list[TTest], bounds: list[Interval]) -> Finding:
    if not all(p.is_disjoint(p_bounds.times(0.5)) for p_bounds in bounds):
        return finding.softened(INCONSISTENT, "half of that, a one-sided p, would fit")
    # The t that gives the p, and then the normal distribution's p of it.
    for test, p_bounds in zip(tests, bounds, strict=True):
        sizes = [
            t_of_p(Interval(end, end), test.dfs.low).low if end > 0 else math.inf for end in (p_bounds.low, p_bounds.high)
        ]
        if not p.is_disjoint(Interval(p_of_t(sizes[0], math.inf), p_of_t(sizes[1], math.inf))):
            return finding.softened(INCONSISTENT, "the normal distribution instead of t would fit")
    return finding


def _checks(row: ChangeRow) -> Iterator[_Check]:
    formulas = list(t_formulas(row))
    if "p" in row.cells:
        if "t" in row.cells:
            t = row.cells["t"]
            yield _Check(
                NAMED_STATISTICS, "p", "t", _p_of(lambda _: t.interval.absolute),
                lambda test, bounds: f"t = {t.text} with {test.df_text} has p {bounds}",
            )  # fmt: skip
        for source, t_bounds, t_words in formulas:
            yield _Check(P_OF_INTERVAL, "p", source, _p_of(t_bounds), _p_words(t_bounds, t_words))
    for statistic, power in (("t", 1), ("f", 2)):
        for source, t_bounds, t_words in formulas if statistic in row.cells and _is_f_of_two(row, statistic) else ():
            yield _Check(
                TWO_MOMENTS if source == "sds" else NAMED_STATISTICS, statistic, source, _power_of(t_bounds, power),
                _power_words(t_words, power), source != "se",
            )  # fmt: skip
    if row.includes("df", "n") and row.design.name not in (GROUPS, MODEL):
        n = row.cells["n"].number
        yield _Check(
            NAMED_STATISTICS, "df", "n", lambda _: Interval(n - 1, n - 1),
            lambda _, bounds: f"n - 1 is {bounds} (n {row.cells['n'].text})",
        )  # fmt: skip
    yield from _error_checks(row)


def _is_f_of_two(row: ChangeRow, statistic: str) -> bool:
    return statistic != "f" or "df1" not in row.cells or row.cells["df1"].number == 1


def _error_checks(row: ChangeRow) -> Iterator[_Check]:
    cells = row.cells
    n = cells["n"].number if "n" in cells else 0.0
    if row.includes("ci_low", "ci_high") and BOOTSTRAP not in row.design.practices:
        text = half_width_text(cells)
        if "se" in cells:
            yield _Check(
                ERROR_OF_CHANGE, "se", "width", lambda test: se_by_interval(cells, test),
                lambda test, bounds: f"{text}, and over t with {test.df_text} {bounds}, the SE",
            )  # fmt: skip
        if "sd_change" in cells and n >= 1:
            yield _Check(
                ERROR_OF_CHANGE, "sd_change", "width",
                lambda test: se_by_interval(cells, test).times(math.sqrt(n)) if test.is_paired else None,
                lambda test, bounds: f"{text}, over t with {test.df_text} and times root(n) {bounds}, the SD of the changes",
            )  # fmt: skip
    if row.includes("se", "sd_change") and n >= 1:
        by_sd = cells["sd_change"].interval.times(1 / math.sqrt(n))
        yield _Check(
            ERROR_OF_CHANGE, "se", "sd_change", lambda test: by_sd if test.is_paired else None,
            lambda _, bounds: f"SE = {cells['sd_change'].text} / root({cells['n'].text}) = {bounds}",
        )  # fmt: skip
    if row.includes("t", "d_z") and n >= 1:
        by_t = cells["t"].interval.absolute.times(1 / math.sqrt(n))
        yield _Check(
            NAMED_STATISTICS, "d_z", "t", lambda test: by_t if test.is_paired else None,
            lambda _, bounds: f"d_z = t / root(n) = {cells['t'].text} / root({cells['n'].text}) = {bounds} in size",
        )  # fmt: skip


def _power_of(t_bounds: Bounds, power: int) -> Bounds:
    def bounds(test: TTest) -> Interval | None:
        t = t_bounds(test)
        return None if t is None else Interval(t.low**power, t.high**power)

    return bounds


def _power_words(t_words: Words, power: int) -> Callable[[TTest, Interval], str]:
    return lambda test, bounds: f"{t_words(test)}{', and F = t²' if power == 2 else ''} = {bounds}"


def _p_of(t_bounds: Bounds) -> Bounds:
    def p_bounds(test: TTest) -> Interval | None:
        # t and its p by the same df: both depend on them where t comes from an interval.
        ps = []
        for single in test.single_dfs:
            t = t_bounds(single)
            if t is None:
                return None
            ps += [p_of_t(end, single.dfs.low) for end in (t.low, t.high)]
        return Interval(max(0.0, min(ps) - 1e-12), max(ps) + 1e-12)

    return p_bounds


def _p_words(t_bounds: Bounds, t_words: Words) -> Callable[[TTest, Interval], str]:
    return lambda test, bounds: (
        f"{t_words(test)} = {t_bounds(test)}, which has p {bounds} by the t distribution with {test.df_text}"
    )


def sign_of_t(row: ChangeRow) -> Iterator[Outcome]:
    """Of t and z."""
    for name in ("t", "z"):
        if name not in row.cells or "change" not in row.cells:
            continue
        cell, change = row.cells[name], row.cells["change"].interval
        if not row.has_change:
            yield from _sign_by_means(row, cell)
            continue
        is_opposite = (cell.interval.low > 0 and change.high < 0) or (cell.interval.high < 0 and change.low > 0)
        words = f"the sign of {cell.text} is not that of the change, {row.cells['change'].text}"
        findings = (SIGN_OF_T.finding(cell, words, severity=INCONSISTENT),) if is_opposite else ()
        yield Outcome("sign_of_t", (cell, row.cells["change"]), findings, 0.5, 1.0)


def _sign_by_means(row: ChangeRow, t: TableCell) -> Iterator[Outcome]:
    """The sign against the difference of the means, whichever way round the table takes it: its other rows decide."""
    difference = row.cells["change"].interval
    if difference.low <= 0 <= difference.high or t.interval.low <= 0 <= t.interval.high:
        return
    is_same = (difference.low > 0) == (t.interval.low > 0)
    words = (
        f"the sign of {t.text} is not that of {row.cells['change'].text} = {difference}, unlike that of the table's other t"
    )
    for habit, fits in (("first less second", is_same), ("second less first", not is_same)):
        findings = () if fits else (SIGN_OF_T.finding(t, words, severity=INCONSISTENT),)
        yield Outcome(f"sign_of_t by {habit}", (t, *row.summary_cells("mean")), findings, 0.1, -1.0)


def p_in_bounds(p: TableCell) -> Iterator[Finding]:
    if p.interval.is_disjoint(Interval(0.0, 1.0)):
        yield P_IN_BOUNDS.finding(p, f"a probability cannot be {p.text}", slack=p.interval.gap(Interval(0, 1)))
