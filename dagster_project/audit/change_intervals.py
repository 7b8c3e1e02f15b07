"""Rules on the interval of a change or an estimate.

Belongs here: its ends, its centre, its width against both moments' SDs. Does not belong here: t and p (change_tests.py).
"""

import math
from collections.abc import Iterator

from dagster_project.audit.change_row import (
    ChangeRow,
    change_of,
    half_width,
    se_of_two,
)
from dagster_project.audit.designs import ADJUSTED, BOOTSTRAP, GROUPS, ONE_SIDED, RANKS, TTest
from dagster_project.audit.findings import Finding, RowCells
from dagster_project.audit.intervals import Interval
from dagster_project.audit.outcome import Outcome, width
from dagster_project.audit.rule import Rule
from dagster_project.audit.student import critical, t_of_p

INTERVAL_ENDS = Rule(
    "interval_ends",
    "The lower end of an interval lies below its upper end.",
    "both ends",
    "the upper end",
    "T1-T2: n 20, ci_low 2.0, ci_high 0.0",
)
ESTIMATE_IN_INTERVAL = Rule(
    "estimate_in_interval",
    "An estimate lies within its own interval, by any method.",
    "an estimate and both ends",
    "the estimate",
    "A - B: change 0.035, ci_low 0.104, ci_high 0.176",
)
INTERVAL_AROUND_CHANGE = Rule(
    "interval_around_change",
    "A t interval lies as far below the change as above it; that of a ratio on the log scale.",
    "the change and both ends",
    "the end that is off by the change and p; both ends without p",
    "T1-T2: n 20, change 2.00, ci_low 0.50, ci_high 4.90",
    "(lower end + upper end) / 2 = change",
)
P_BESIDE_INTERVAL = Rule(
    "p_beside_interval",
    "An interval contains zero exactly where p is above 1 - its level.",
    "p and both ends, neither n nor df",
    "p",
    "T1-T2: ci_low -1.0, ci_high 2.0, p <.001",
)
SD_OF_CHANGES = Rule(
    "sd_of_changes",
    "Of the same people the SD of the changes lies between |SD1 - SD2| and SD1 + SD2.",
    "n and SD of both moments, all of the pairs, and the SD of the changes or their interval",
    "the SD of the changes, or the upper end of the interval that it is derived from",
    "T1: n 25, mean 3, sd 1.0; T2: n 25, mean 2, sd 1.0; T1-T2: n 25, change 1.0, sd_change 9.0",
    "SD² = SD1² + SD2² - 2 r SD1 SD2",
)
ERROR_OF_GROUPS = Rule(
    "error_of_groups",
    "The interval of a difference of two groups is 2 t SE wide.",
    "n and SD of both groups, and both ends",
    "the upper end",
    "A: n 6, mean 12, sd 3.5; B: n 6, mean 10, sd 9.8; A vs B: n 12, change 2.0, ci_low -2.70, ci_high 6.70",
    "SE = root(SD1² / n1 + SD2² / n2), or with the pooled SD",
)
#: Of half a width: how far a bootstrap's centre may lie from the change where one is declared; how far a bootstrap moves a
#: centre; of a width: how far other methods change it.
_BOOTSTRAP_SLACK = 0.35
_CENTRE_SCALE, _WIDTH_SCALE = 0.04, 0.04
#: Of few people a bootstrap's interval is off its centre by more: by so much of half a width, over root(n).
_FEW_SCALE = 0.35


def interval_ends(cells: RowCells) -> Iterator[Finding]:
    """An interval that does not contain its change either is left to interval_around_change, which finds the wrong end."""
    if not {"ci_low", "ci_high"} <= set(cells):
        return
    change = change_of(cells)
    if change is not None and change.is_empty:
        return
    low, high = cells["ci_low"], cells["ci_high"]
    if low.interval.low > high.interval.high:
        words = f"the interval's lower end {low.text} lies above its upper end {high.text}"
        yield INTERVAL_ENDS.finding(high, words, slack=low.interval.low - high.interval.high)


def estimate_in_interval(row: ChangeRow) -> Outcome | None:
    """For rows whose interval need not be symmetrical."""
    if not row.includes("change", "ci_low", "ci_high") or not row.has_change:
        return None
    change, low, high = (row.cells[name] for name in ("change", "ci_low", "ci_high"))
    distance = max(low.interval.low - change.interval.high, change.interval.low - high.interval.high)
    findings: tuple[Finding, ...] = ()
    if distance > 0:
        words = f"the estimate {change.text} lies outside its own interval, {low.text} to {high.text}"
        findings = (ESTIMATE_IN_INTERVAL.finding(change, words, slack=distance),)
    return Outcome("estimate_in_interval", (change, low, high), findings, is_certain=True)


def interval_around_change(row: ChangeRow) -> Outcome | None:
    if not row.includes("change", "ci_low", "ci_high"):
        return None
    cells = row.cells
    change, low, high = (cells[name].interval for name in ("change", "ci_low", "ci_high"))
    centre, half = low.plus(high).times(0.5), half_width(cells)
    if BOOTSTRAP in row.design.practices:
        slack = _BOOTSTRAP_SLACK * half.high
        centre = Interval(centre.low - slack, centre.high + slack)
    n = min(
        (cell.number for cell in (*[cells[name] for name in ("n",) if name in cells], *row.summary_cells("n"))), default=0.0
    )
    scale = math.hypot(_CENTRE_SCALE, _FEW_SCALE / math.sqrt(n) if n > 0 else 0.0) * max(half.middle, 1e-12)
    compared = (cells["ci_high"], cells["ci_low"], cells["change"])
    tolerance = width(centre, change) / scale
    if not centre.is_disjoint(change):
        return Outcome("interval_around_change", compared, (), tolerance)
    mirrored_low, mirrored_high = change.times(2).minus(low), change.times(2).minus(high)
    arithmetic = (
        f"the interval {cells['ci_low'].text} to {cells['ci_high'].text} has its centre at {centre}, but the change is"
        f" {cells['change'].text}"
    )
    p = cells["p"].interval if "p" in cells else None
    low_fits, high_fits = (
        p is not None and any(not _half_width_by_p(change, p, test).is_disjoint(part) for test in row.tests)
        for part in (change.minus(low), high.minus(change))
    )
    findings = []
    if not high_fits:
        words = f"{arithmetic}; symmetry about the change gives an upper end of {mirrored_low}"
        findings.append(INTERVAL_AROUND_CHANGE.finding(cells["ci_high"], words, slack=high.gap(mirrored_low)))
    if not low_fits:
        words = f"{arithmetic}; symmetry about the change gives a lower end of {mirrored_high}"
        findings.append(INTERVAL_AROUND_CHANGE.finding(cells["ci_low"], words, slack=low.gap(mirrored_high)))
    is_outside = change.high < low.low or change.low > high.high
    return Outcome(
        "interval_around_change", compared, tuple(findings), tolerance, centre.gap(change) / max(half.middle, 1e-12),
        centre.gap(change) / scale, is_outside,
    )  # fmt: skip


def _half_width_by_p(change: Interval, p: Interval, test: TTest) -> Interval:
    """Half width = |change| x t(df, .975) / t(df, p)."""
    df = test.dfs.low
    t = t_of_p(p, df)
    low = change.min_absolute * critical(df, test.level) / t.high if math.isfinite(t.high) and t.high > 0 else 0.0
    return Interval(low, change.max_absolute * critical(df, test.level) / t.low if t.low > 0 else float("inf"))


def p_beside_interval(row: ChangeRow) -> Outcome | None:
    """For rows with neither n nor df."""
    if not row.includes("p", "ci_low", "ci_high") or {BOOTSTRAP, RANKS, ADJUSTED, ONE_SIDED} & row.design.practices:
        return None
    p, low, high = (row.cells[name].interval for name in ("p", "ci_low", "ci_high"))
    alpha = (100 - row.design.levels[0]) / 100
    interval_text = f"the interval {row.cells['ci_low'].text} to {row.cells['ci_high'].text}"
    arithmetic = None
    if low.high < 0 < high.low and p.high < alpha - 1e-9:
        arithmetic = f"{interval_text} holds zero, so p is above {alpha:g}, not {row.cells['p'].text}"
    elif (low.low > 0 or high.high < 0) and p.low > alpha + 1e-9:
        arithmetic = f"{interval_text} does not hold zero, so p is below {alpha:g}, not {row.cells['p'].text}"
    cells = tuple(row.cells[name] for name in ("p", "ci_low", "ci_high"))
    findings = (P_BESIDE_INTERVAL.finding(cells[0], arithmetic),) if arithmetic else ()
    return Outcome("p_beside_interval", cells, findings)


def sd_of_changes(row: ChangeRow) -> Outcome | None:
    if not row.is_of_everybody or row.pair_counts[0] < 2 or row.design.name == GROUPS:
        return None
    if not all("sd" in moment and moment["sd"].interval.high >= 0 for moment in row.moments):
        return None
    first, second, n = row.baseline["sd"].interval, row.followup["sd"].interval, row.pair_counts[0]
    bounds = Interval(first.minus(second).min_absolute, first.high + second.high)
    if "sd_change" in row.cells:
        cell, sd = row.cells["sd_change"], row.cells["sd_change"].interval
        sd_text = cell.text
    elif (
        row.includes("ci_low", "ci_high")
        and any(test.is_paired for test in row.tests)
        and BOOTSTRAP not in row.design.practices
    ):
        factor = critical(n - 1, row.design.levels[0])
        cell, sd = row.cells["ci_high"], half_width(row.cells).times(math.sqrt(n) / factor)
        sd_text = f"{sd}, as the interval {row.cells['ci_low'].text} to {row.cells['ci_high'].text} says it"
    else:
        return None
    cells = (cell, *row.summary_cells("n", "sd"))
    if not sd.is_disjoint(bounds):
        return Outcome("sd_of_changes", cells)
    finding = SD_OF_CHANGES.finding(
        cell,
        f"the same {n:g} people with SDs of {row.baseline['sd'].text} and {row.followup['sd'].text} have"
        f" changes with an SD of"
        f" |SD1 - SD2| to SD1 + SD2 = {bounds}, not {sd_text}",
        slack=sd.gap(bounds),
    )
    return Outcome("sd_of_changes", cells, (finding,), misfit=sd.gap(bounds) / max(bounds.high, 1e-12))


def error_of_groups(row: ChangeRow) -> Outcome | None:
    if not row.includes("ci_low", "ci_high") or BOOTSTRAP in row.design.practices:
        return None
    errors = [(test, se_of_two(row, test)) for test in row.tests if test.is_pooled is not None]
    sizes = [cell.number for cell in row.summary_cells("n")]
    if "n" in row.cells and row.cells["n"].number not in (sum(sizes), *sizes[:1]):
        return None  # fewer people than the groups' SDs are of
    widths = [
        Interval(se.low * critical(test.dfs.high, test.level), se.high * critical(test.dfs.low, test.level))
        for test, se in errors
        if se is not None
    ]
    if not widths:
        return None
    half = half_width(row.cells)
    cells = (row.cells["ci_high"], row.cells["ci_low"], *row.summary_cells("n", "sd"))
    tolerance = min(width(half, bounds) for bounds in widths) / (_WIDTH_SCALE * max(half.middle, 1e-12))
    if not all(half.is_disjoint(bounds) for bounds in widths):
        return Outcome("error_of_groups", cells, (), tolerance)
    hull = Interval(min(bounds.low for bounds in widths), max(bounds.high for bounds in widths))
    if not half.is_disjoint(hull):
        return None  # between pooled and Welch
    words = (
        f"two groups of {row.baseline['n'].text} and {row.followup['n'].text} with SDs of {row.baseline['sd'].text} and"
        f" {row.followup['sd'].text} have half an interval of t x root(SD1² / n1 + SD2² / n2), or with the"
        f" pooled SD, = {hull},"
        f" not {half}"
    )
    finding = ERROR_OF_GROUPS.finding(cells[0], words, slack=half.gap(hull))
    misfit = half.gap(hull) / max(hull.middle, 1e-12)
    return Outcome("error_of_groups", cells, (finding,), tolerance, misfit, misfit / _WIDTH_SCALE)
