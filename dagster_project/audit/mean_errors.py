"""Rules on the standard error and the interval of one mean.

Belongs here: both against mean, SD and n. Does not belong here: whether the mean is possible (scores.py), intervals of
changes (change_intervals.py).
"""

import math
from collections.abc import Iterator

from dagster_project.audit.findings import Finding, RowCells
from dagster_project.audit.intervals import Interval
from dagster_project.audit.outcome import Outcome, width
from dagster_project.audit.rule import Rule
from dagster_project.audit.scores import of_population
from dagster_project.audit.student import LEVELS, critical

ERROR_OF_MEAN = Rule(
    "error_of_mean",
    "The standard error of a mean follows from SD and n.",
    "n, SD and SE",
    "the SE",
    "T1: n 25, sd 5.0, se 2.0",
    "SE = SD / root(n)",
)
INTERVAL_OF_MEAN = Rule(
    "interval_of_mean",
    "The interval of a mean contains it, has it in its middle, and is 2 t SE wide.",
    "mean and both ends; for the width also n and SD, or SE",
    "an end",
    "T1: n 25, mean 3.00, sd 1.00, ci_low 1.00, ci_high 5.00",
    "half = t SD / root(n)",
)
#: How far a bootstrap's interval may be off centre, of half its width, and wider, where one is declared; how far other
#: practices change an error or a width, and, of half a width, a middle.
_BOOTSTRAP_SLACK, _BOOTSTRAP_RATIO = 0.35, 1.6
#: The habit of means in the middle of their intervals, which no declared design of changes promises.
CENTRE = "interval_of_mean centre"
_FAR_OFF = 0.5
_ERROR_SCALE, _MIDDLE_SCALE = 0.05, 0.05


def error_of_mean(cells: RowCells) -> Outcome | None:
    if not {"n", "sd", "se"} <= set(cells) or cells["n"].number < 1:
        return None
    n, se = cells["n"].number, cells["se"].interval
    bounds = cells["sd"].interval.times(1 / math.sqrt(n))
    compared = (cells["se"], cells["sd"], cells["n"])
    tolerance = width(bounds, se) / max(_ERROR_SCALE * bounds.high, 1e-12)
    if not se.is_disjoint(bounds):
        return Outcome("error_of_mean", compared, (), tolerance)
    words = f"SD / root(n) = {cells['sd'].text} / root({cells['n'].text}) = {bounds}, not {cells['se'].text}"
    finding = ERROR_OF_MEAN.finding(cells["se"], words, slack=se.gap(bounds))
    finding = of_population(n > 1 and not se.is_disjoint(cells["sd"].interval.times(1 / math.sqrt(n - 1))), finding)
    return Outcome("error_of_mean", compared, (finding,), tolerance, se.gap(bounds) / max(bounds.high, 1e-12))


def interval_of_mean(cells: RowCells, level: int | None, *, is_symmetric: bool) -> Iterator[Outcome]:
    """level: per cent; None where it is not declared, and 90, 95 and 99 are tried. is_symmetric: it is no bootstrap's."""
    if not {"ci_low", "ci_high", "mean"} <= set(cells):
        return
    low, high, mean = (cells[name] for name in ("ci_low", "ci_high", "mean"))
    interval_text = f"{low.text} to {high.text}"
    distance = max(low.interval.low - mean.interval.high, mean.interval.low - high.interval.high)
    compared = (high, low, mean)
    if distance > 0:
        end = high if mean.interval.low > high.interval.high else low
        words = f"the mean {mean.text} lies outside its interval, {interval_text}"
        finding = INTERVAL_OF_MEAN.finding(end, words, slack=distance)
        yield Outcome("interval_of_mean holds", compared, (finding,), is_certain=True)
        return
    yield Outcome("interval_of_mean holds", compared, is_certain=True)
    half, centre = high.interval.minus(low.interval).times(0.5), low.interval.plus(high.interval).times(0.5)
    if not is_symmetric:
        centre = Interval(centre.low - _BOOTSTRAP_SLACK * half.high, centre.high + _BOOTSTRAP_SLACK * half.high)
    findings: tuple[Finding, ...] = ()
    if centre.is_disjoint(mean.interval):
        words = f"the interval {interval_text} has its centre at {centre}, but the mean is {mean.text}"
        findings = (INTERVAL_OF_MEAN.finding(high, words, slack=centre.gap(mean.interval)),)
    tolerance = width(centre, mean.interval) / max(_MIDDLE_SCALE * half.middle, 1e-12)
    misfit = centre.gap(mean.interval) / max(half.middle, 1e-12)
    misfit = misfit if misfit > _FAR_OFF else -1.0
    yield Outcome(CENTRE, compared, findings, tolerance, misfit)
    if not findings:
        slack = 1.0 if is_symmetric else _BOOTSTRAP_RATIO
        yield from _width(cells, Interval(half.low / slack, half.high * slack), (level,) if level else LEVELS)


def _width(cells: RowCells, half: Interval, levels: tuple[int, ...]) -> Iterator[Outcome]:
    if "n" not in cells or cells["n"].number < 2 or not {"sd", "se"} & set(cells):
        return
    n = cells["n"].number
    source = cells["sd" if "sd" in cells else "se"]
    se = source.interval.times(1 / math.sqrt(n)) if "sd" in cells else source.interval
    compared = (cells["ci_high"], cells["ci_low"], source, cells["n"])
    widths = {
        level: [se.times(factor) for factor in (critical(n - 1, level), critical(math.inf, level))] for level in levels
    }
    bounds = [width_by for by_level in widths.values() for width_by in by_level]
    tolerance = min(width(half, width_by) for width_by in bounds) / max(_ERROR_SCALE * half.middle, 1e-12)
    for level, by_level in widths.items():
        habit = f"interval_of_mean width at {level}"
        fits = any(not half.is_disjoint(width_by) for width_by in by_level)
        findings: tuple[Finding, ...] = ()
        if not fits:
            widths_text = ", ".join(f"{by_tried[0]} at {tried} %" for tried, by_tried in widths.items())
            words = (
                f"half the interval {cells['ci_low'].text} to {cells['ci_high'].text} is {half}, but t SD / root(n) with"
                f" {'SD' if 'sd' in cells else 'SE'} {source.text} and n {cells['n'].text} is {widths_text}"
            )
            slack = min(half.gap(width_by) for width_by in bounds)
            findings = (INTERVAL_OF_MEAN.finding(cells["ci_high"], words, slack=slack),)
        fits_any = any(not half.is_disjoint(width_by) for width_by in bounds)
        misfit = -1.0 if fits_any else min(half.gap(width_by) / max(width_by.high, 1e-12) for width_by in by_level)
        yield Outcome(habit, compared, findings, tolerance, misfit)
