"""Rules on a change against both moments' means and numbers of people.

Belongs here: how many pairs there can be, and what change they can have. Does not belong here: tests and intervals
(change_tests.py, change_intervals.py), effect sizes.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from dagster_project.audit.change_row import ChangeRow, average_sd, change_of, sd_by_correlation
from dagster_project.audit.change_tests import NAMED_STATISTICS
from dagster_project.audit.designs import GROUPS, MODEL, OTHER_DESIGN, group_sizes
from dagster_project.audit.findings import INCONSISTENT, Finding, RowCells
from dagster_project.audit.intervals import Interval
from dagster_project.audit.outcome import Outcome, width
from dagster_project.audit.rule import Rule

PAIRS_IN_WAVES = Rule(
    "pairs_in_waves",
    "There are no more pairs than people at either moment; of two groups, no more people than in both.",
    "n of the change and of a moment",
    "the number of pairs",
    "T1: n 20; T2: n 18; T1-T2: n 19, change 1.0",
)
CHANGE_OF_MEANS = Rule(
    "change_of_means",
    "The change is the difference of the means that the pairs can have at both moments.",
    "the change, and n and mean of both moments",
    "the change",
    "T1: n 20, mean 3.0; T2: n 20, mean 2.6; T1-T2: n 20, change 0.8",
    "(N m - (N - n) max) / n <= mean of n of N people <= (N m - (N - n) min) / n, and at most SD root((N"
    " - 1)(N - n) / (N n)) off",
)
CHANGE_IN_RANGE = Rule(
    "change_in_range",
    "No change exceeds the width of the scale's range.",
    "the change, and the range",
    "the change",
    "items 4, aggregate mean, low 1, high 5 | T1-T2: n 25, change 5.0",
)
PERCENT_OF_CHANGE = Rule(
    "percent_of_change",
    "A percentage beside a change is the change in per cent of the first mean.",
    "the percentage, the change and the mean at its first moment",
    "the percentage",
    "T1: n 30, mean 80.0; T2: n 30, mean 76.0; T1-T2: n 30, change -4.0, percent -50.0",
    "100 change / mean",
)
#: How far an adjustment moves a difference, of its standard error.
_CHANGE_SCALE = 0.05


def pairs_in_waves(row: ChangeRow) -> Outcome | None:
    if "n" not in row.cells or row.design.name in (OTHER_DESIGN, MODEL):
        return None
    cell, sizes = row.cells["n"], group_sizes(row.baseline, row.followup)
    n = cell.number
    if row.design.name == GROUPS:
        if sizes is None:
            return None
        words = f"{cell.text} people in both groups, but they have {sizes[0]:g} and {sizes[1]:g}"
        findings = (PAIRS_IN_WAVES.finding(cell, words, slack=n - sum(sizes)),) if n > sum(sizes) else ()
        return Outcome("pairs_in_waves", (cell, *row.summary_cells("n")), findings, misfit=1.0)
    moments = [moment for moment in row.moments if "n" in moment]
    for moment in moments:
        if n > moment["n"].number:
            words = f"{cell.text} pairs, but only {moment['n'].text} people have a score at {moment['n'].value.timepoint}"
            finding = PAIRS_IN_WAVES.finding(cell, words, slack=n - moment["n"].number)
            return Outcome("pairs_in_waves", (cell, moment["n"]), (finding,), misfit=1.0)
    tolerance = 0.0 if moments and all(moment["n"].number == n for moment in moments) else math.inf
    return Outcome("pairs_in_waves", (cell, *row.summary_cells("n")), (), tolerance) if moments else None


def possible_pairs(pairs: RowCells, baseline: RowCells, followup: RowCells, *, is_printed_n_possible: bool) -> Sequence[int]:
    """The possible numbers of pairs: the printed one, or, when that is impossible, every one that the waves allow."""
    if "n" not in pairs:
        return ()
    if is_printed_n_possible:
        return (int(pairs["n"].number),) if pairs["n"].number >= 2 else ()
    max_pairs = int(min([pairs["n"].number, *(wave["n"].number for wave in (baseline, followup) if "n" in wave)]))
    return range(2, max_pairs + 1)


def change_of_means(row: ChangeRow) -> Outcome | None:
    """Inconsistent where the other sign fits. Cannot detect: most errors once many people are missing."""
    change, bounds = change_of(row.cells), allowed_change(row)
    if change is None or not row.has_change or change.is_empty or bounds is None:
        return None
    if row.sign < 0:
        bounds = bounds.mirrored()
    cells = (row.cells["change"], *row.summary_cells("n", "mean"))
    scale = _error_scale(row)
    tolerance = width(change, bounds) / (_CHANGE_SCALE * scale) if scale else math.inf
    if not change.is_disjoint(bounds) or (row.sign == 0 and not change.is_disjoint(bounds.mirrored())):
        return Outcome("change_of_means", cells, (), tolerance)
    means = f"{row.baseline['mean'].text} and {row.followup['mean'].text}"
    if row.design.name == GROUPS:
        means_text = f"the groups' means are {means}"
    elif row.is_of_everybody:
        means_text = f"the {row.pair_counts[0]:g} pairs are everybody in both waves, whose means are {means}"
    else:
        waves = [_mean_of_pairs(wave, row.pair_counts[0], row.score_range) for wave in row.moments]
        means_text = (
            f"{row.pair_counts[0]:g} of {row.baseline['n'].text} and of {row.followup['n'].text} people, whose"
            f" means are {means},"
            f" can have means of {waves[0]} and {waves[1]}"
        )
    words = f"{means_text}: the change is {bounds}, not {row.cells['change'].text}"
    finding = CHANGE_OF_MEANS.finding(row.cells["change"], words, slack=change.gap(bounds))
    if not change.is_disjoint(bounds.mirrored()):
        finding = finding.softened(INCONSISTENT, "it fits with the opposite sign, unlike the table's other changes")
    misfit = change.gap(bounds) / max(bounds.max_absolute, change.max_absolute, 1e-12)
    excess = change.gap(bounds) / (_CHANGE_SCALE * scale) if scale else math.inf
    return Outcome("change_of_means", cells, (finding,), tolerance, misfit, excess)


def _error_scale(row: ChangeRow) -> float:
    """About the standard error of a difference; 0 where no SD is printed."""
    return sum(
        max(0.0, wave["sd"].interval.high) / math.sqrt(max(1.0, wave["n"].number))
        for wave in row.moments
        if {"n", "sd"} <= set(wave)
    )


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


def allowed_change(row: ChangeRow) -> Interval | None:
    """The bounds of baseline minus follow-up, from both waves' summaries; None where they give none."""
    if row.design.name == GROUPS:
        has_means = all("mean" in moment for moment in row.moments)
        sizes = group_sizes(row.baseline, row.followup)
        if not has_means or (sizes is not None and "n" in row.cells and row.cells["n"].number not in (sum(sizes), *sizes)):
            return None
        return row.baseline["mean"].interval.minus(row.followup["mean"].interval)
    if len(row.pair_counts) != 1 or row.design.name in (OTHER_DESIGN, MODEL):
        return None
    waves = [_mean_of_pairs(wave, row.pair_counts[0], row.score_range) for wave in row.moments]
    if waves[0] is None or waves[1] is None or waves[0].is_empty or waves[1].is_empty:
        return None
    return waves[0].minus(waves[1])


def direction(rows: Sequence[ChangeRow]) -> int:
    """The sign of a table's changes: 1 for baseline minus follow-up, -1 for the reverse, whichever fewer rows contradict; 0
    where it is undecided."""
    contradictions = {1: 0, -1: 0}
    for row in rows:
        change, bounds = change_of(row.cells), allowed_change(row)
        if change is not None and bounds is not None and not change.is_empty:
            contradictions[1] += change.is_disjoint(bounds)
            contradictions[-1] += change.is_disjoint(bounds.mirrored())
    return (contradictions[-1] > contradictions[1]) - (contradictions[-1] < contradictions[1])


def change_in_range(cells: RowCells, score_range: Interval) -> Iterator[Finding]:
    width_of_range = score_range.high - score_range.low
    if "change" in cells and math.isfinite(width_of_range) and cells["change"].interval.min_absolute > width_of_range:
        yield CHANGE_IN_RANGE.finding(
            cells["change"],
            f"a change cannot exceed {width_of_range:g}, the width of the scale's range {score_range.low:g} to"
            f" {score_range.high:g}; {cells['change'].text} does",
            slack=cells["change"].interval.min_absolute - width_of_range,
        )


def percent_of_change(row: ChangeRow) -> Outcome | None:
    """A mean of people's own percentages is another number: the table's other rows decide."""
    first = row.baseline
    if not row.includes("change", "percent") or "mean" not in first or first["mean"].interval.low <= 0:
        return None
    percent, change = row.cells["percent"], row.cells["change"].interval
    bounds = change.divided_by(first["mean"].interval).times(100)
    cells = (percent, row.cells["change"], first["mean"]) if row.has_change else (percent, *row.summary_cells("mean"))
    tolerance = width(percent.interval, bounds) / (0.05 * max(bounds.max_absolute, 1e-12))
    if any(not percent.interval.is_disjoint(candidate) for candidate in (bounds, bounds.mirrored())):
        return Outcome("percent_of_change", cells, (), tolerance)
    words = f"{row.cells['change'].text} of {first['mean'].text} is {bounds} %, not {percent.percent_text}"
    finding = PERCENT_OF_CHANGE.finding(percent, words, slack=percent.interval.absolute.gap(bounds.absolute))
    misfit = percent.interval.absolute.gap(bounds.absolute) / max(bounds.max_absolute, 1e-12)
    return Outcome("percent_of_change", cells, (finding,), tolerance, misfit)


# --- statistics with a formula of their own name ------------------------------------------------------------------------

#: The statistics that a formula needs, the value that they give, and its text.
Terms = Mapping[str, Interval]
_FORMULAS: dict[str, tuple[tuple[str, ...], Callable[[Terms], Interval], str]] = {
    "d_z": (
        ("change", "sd_change"), lambda terms: terms["change"].divided_by(terms["sd_change"]), "change / SD of the changes",
    ),
    "d_baseline": (
        ("change", "sd_baseline"), lambda terms: terms["change"].divided_by(terms["sd_baseline"]),
        "change / SD at baseline of the pairs",
    ),
    "d_av": (
        ("change", "sd_baseline", "sd_followup"),
        lambda terms: terms["change"].divided_by(average_sd(terms["sd_baseline"], terms["sd_followup"])),
        "change / root of the mean variance, or / mean SD,",
    ),
    "sd_change": (
        ("sd_baseline", "sd_followup", "correlation"),
        lambda terms: sd_by_correlation(terms["sd_baseline"], terms["sd_followup"], terms["correlation"]),
        "root(SD1² + SD2² - 2 r SD1 SD2)",
    ),
}  # fmt: skip


def named_statistics(row: ChangeRow) -> Iterator[Outcome]:
    """Statistics whose name gives their formula, printed with all of its terms."""
    cells = {name: cell for name, cell in row.cells.items() if cell.value.row >= 0}
    intervals = {statistic: cell.interval for statistic, cell in cells.items()}
    for statistic, (parts, formula, formula_text) in _FORMULAS.items():
        if statistic not in cells or not set(parts) <= set(cells):
            continue
        bounds, cell = formula(intervals), cells[statistic]
        findings: tuple[Finding, ...] = ()
        if cell.interval.is_disjoint(bounds):
            parts_text = ", ".join(f"{part} {cells[part].text}" for part in parts)
            words = f"{formula_text} is {bounds} ({parts_text}), not {cell.text}"
            findings = (NAMED_STATISTICS.finding(cell, words, slack=cell.interval.gap(bounds)),)
        yield Outcome(
            f"named_statistics of {statistic}", (cell, *(cells[part] for part in parts)), findings, is_certain=True
        )
