"""Rules on a test's statistic and its p where no change stands beside them: chi-square, z, F, t, and r with n.

Belongs here: the distribution of a statistic. Does not belong here: tests of a change (change_tests.py).
"""

import math
from collections.abc import Callable, Iterator, Sequence

import scipy

from dagster_project.audit.designs import ADJUSTED, ONE_SIDED, RANKS
from dagster_project.audit.findings import Finding, RowCells, TableCell
from dagster_project.audit.intervals import Interval
from dagster_project.audit.outcome import Outcome, deviates, p_tolerance
from dagster_project.audit.rule import Rule
from dagster_project.audit.student import p_of_t

P_OF_STATISTIC = Rule(
    "p_of_statistic",
    "A test's statistic gives its p.",
    "p, and chi-square with df, z, F with both df, or r with n",
    "p",
    "Group: chi2 5.20, df 1, p .223",
    "p = P(chi² > x), 2 P(Z > |z|), P(F > f), or 2 P(T > |r| root((n - 2) / (1 - r²)))",
    "Nuijten et al. 2016, Behavior Research Methods 48, 1205-1226",
)
F_OF_GROUPS = Rule(
    "f_of_groups",
    "F of several groups follows from their n, means and SDs.",
    "n, mean and SD of all groups, and F",
    "F",
    "A: n 20, mean 10.0, sd 2.0; B: n 20, mean 12.0, sd 2.0; C: n 20, mean 14.0, sd 2.0; All: f 2.00, df1 2, df2 57",
    "F = [sum n (M - M_all)² / (k - 1)] / [sum (n - 1) SD² / (N - k)], or Welch's",
)
DF_OF_GROUPS = Rule(
    "df_of_groups",
    "Where they are so in the table's other rows, the second degrees of freedom of F are the people less the groups.",
    "F with df2, and n of all groups, in three rows or more",
    "df2",
    "A: n 20, mean 10.0, sd 2.0; B: n 20, mean 12.0, sd 2.0; C: n 20, mean 14.0, sd 2.0; All: f 30.00, df1 2, df2 75",
    "df2 = N - k",
)
#: How probable it is, in the scale of an outcome, that degrees of freedom of other people are these.
_DF_TOLERANCE = 0.1
#: A smaller p may be a permutation's.
_SMALL_P = 0.005
#: How far, relative, another test changes the deviate of a p.
_T_SCALE = 0.05


def p_of_statistic(cells: RowCells, practices: frozenset[str], *, has_change: bool) -> Iterator[Outcome]:
    """Cannot detect: a p of another test, such as Fisher's, which is therefore judged by the table's other rows."""
    if "p" not in cells or {ADJUSTED, RANKS} & practices:
        return
    for name, source, p_of, words in _distributions(cells, has_change=has_change):
        interval = cells[name].interval.absolute
        bounds = Interval(p_of(interval.high) - 1e-12, p_of(interval.low) + 1e-12)
        if ONE_SIDED in practices:
            bounds = bounds.times(0.5)
        p = cells["p"]
        compared = (p, *(cells[part] for part in source))
        tolerance = p_tolerance(p.interval, bounds, _T_SCALE)
        findings: tuple[Finding, ...] = ()
        if p.interval.is_disjoint(bounds):
            findings = (P_OF_STATISTIC.finding(p, f"{words} has p {bounds}, not {p.text}", slack=p.interval.gap(bounds)),)
        is_above = p.interval.low > bounds.high
        misfit = deviates(p.interval).gap(deviates(bounds))
        # No practice makes a p of r smaller than the one-sided one: others, and fewer people, make it larger.
        smallest = bounds.low if ONE_SIDED in practices else bounds.low / 2
        is_certain = bool(findings) and name == "correlation" and p.interval.high < smallest and smallest > _SMALL_P
        yield Outcome(
            f"p_of_statistic of {name}", compared, findings, tolerance, misfit, is_certain=is_certain, is_above=is_above
        )


_Distribution = tuple[str, tuple[str, ...], Callable[[float], float], str]


def _distributions(cells: RowCells, *, has_change: bool) -> Iterator[_Distribution]:
    if {"chi2", "df"} <= set(cells) and cells["df"].number >= 1:
        df = cells["df"].number
        words = f"chi-square {cells['chi2'].text} with {cells['df'].text} df"
        yield "chi2", ("chi2", "df"), lambda x: float(scipy.special.chdtrc(df, x)), words
    if "z" in cells:
        yield "z", ("z",), lambda z: p_of_t(z, math.inf), f"z = {cells['z'].text}"
    if {"f", "df1", "df2"} <= set(cells) and min(cells["df1"].number, cells["df2"].number) > 0:
        df1, df2 = cells["df1"].number, cells["df2"].number
        words = f"F = {cells['f'].text} with {cells['df1'].text} and {cells['df2'].text} df"
        yield "f", ("f", "df1", "df2"), lambda f: float(scipy.special.fdtrc(df1, df2, f)), words
    if {"correlation", "n"} <= set(cells) and not has_change and cells["n"].number > 2 and "t" not in cells:
        n = cells["n"].number

        def p_of_r(r: float) -> float:
            return 0.0 if r >= 1 else p_of_t(r * math.sqrt((n - 2) / (1 - r * r)), n - 2)

        words = f"r = {cells['correlation'].text} of {cells['n'].text} people, t(n - 2) = r root((n - 2) / (1 - r²)),"
        yield "correlation", ("correlation", "n"), p_of_r, words


def f_of_groups(test: RowCells, groups: Sequence[RowCells]) -> Iterator[Outcome]:
    """groups: the row's other moments, with n, mean and SD."""
    if "f" not in test or len(groups) < 2 or any(group["n"].number < 2 for group in groups):
        return
    sizes = [group["n"].number for group in groups]
    people, k = sum(sizes), len(groups)
    if "df1" in test and test["df1"].number != k - 1:
        return
    if "df2" in test and test["df2"].interval.low == test["df2"].interval.high:
        compared = (test["df2"], *(group["n"] for group in groups))
        df_misfits: tuple[Finding, ...] = ()
        if test["df2"].number != people - k:
            words = f"{' + '.join(group['n'].text for group in groups)} - {k} = {people - k:g}, not {test['df2'].text}"
            df_misfits = (DF_OF_GROUPS.finding(test["df2"], words, slack=abs(test["df2"].number - people + k)),)
        yield Outcome("df_of_groups", compared, df_misfits, _DF_TOLERANCE, -1.0)
        if df_misfits:
            return
    bounds = _f_bounds([(group["n"].number, group["mean"].interval, group["sd"].interval) for group in groups])
    f = test["f"]
    cells: tuple[TableCell, ...] = (f, *(group[name] for group in groups for name in ("n", "mean", "sd")))
    tolerance = (f.interval.high - f.interval.low + bounds.high - bounds.low) / (0.1 * max(bounds.middle, 1e-12))
    if not f.interval.is_disjoint(bounds):
        yield Outcome("f_of_groups", cells, (), tolerance)
        return
    welch = _welch_f([(group["n"].number, group["mean"].interval, group["sd"].interval) for group in groups])
    if welch is not None and not f.interval.is_disjoint(welch):
        yield Outcome("f_of_groups", cells, ())
        return
    words = f"{k} groups with these n, means and SDs have F = {bounds}, not {f.text}"
    finding = F_OF_GROUPS.finding(f, words, slack=f.interval.gap(bounds))
    yield Outcome("f_of_groups", cells, (finding,), tolerance, f.interval.gap(bounds) / max(bounds.middle, 0.2))


def _f_bounds(groups: list[tuple[float, Interval, Interval]]) -> Interval:
    people, k = sum(n for n, _, _ in groups), len(groups)
    mean = sum(n * m.middle for n, m, _ in groups) / people
    between = sum(n * (m.middle - mean) ** 2 for n, m, _ in groups)
    slack = sum(n * ((m.high - m.low) * abs(m.middle - mean) + ((m.high - m.low) / 2) ** 2) for n, m, _ in groups)
    squares_within = [sum((n - 1) * max(0.0, sd) ** 2 for n, sd in ends) for ends in (
        [(n, s.low) for n, _, s in groups], [(n, s.high) for n, _, s in groups])]  # fmt: skip
    factor = (people - k) / (k - 1)
    low = max(0.0, between - slack) / squares_within[1] if squares_within[1] > 0 else 0.0
    return Interval(factor * low, factor * (between + slack) / squares_within[0] if squares_within[0] > 0 else math.inf)


def _welch_f(groups: list[tuple[float, Interval, Interval]]) -> Interval | None:
    """F of groups whose variances are not one; about, as the middle of each mean, and both ends of the SDs."""
    if min(sd.low for _, _, sd in groups) <= 0:
        return None
    fs = []
    for end in ("low", "high"):
        weights = [n / getattr(sd, end) ** 2 for n, _, sd in groups]
        total, k = sum(weights), len(groups)
        mean = sum(weight * m.middle for weight, (_, m, _) in zip(weights, groups, strict=True)) / total
        between = [
            sum(
                weight * max(0.0, abs(m.middle - mean) + side * (m.high - m.low) / 2) ** 2
                for weight, (_, m, _) in zip(weights, groups, strict=True)
            )
            for side in (-1, 1)
        ]
        unevenness = sum((1 - weight / total) ** 2 / (n - 1) for weight, (n, _, _) in zip(weights, groups, strict=True))
        fs += [part / (k - 1) / (1 + 2 * (k - 2) / (k * k - 1) * unevenness) for part in between]
    return Interval(min(fs), max(fs))
