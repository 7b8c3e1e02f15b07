"""Rules on the interval of an effect size.

Belongs here: whether an interval is that of the effect size or of the change, and what it must hold. Does not belong here:
the effect size itself (effects.py).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from dagster_project.audit.change_row import ChangeRow, half_width
from dagster_project.audit.designs import BOOTSTRAP, GROUPS, group_sizes
from dagster_project.audit.findings import Finding, RowCells, TableCell
from dagster_project.audit.intervals import Interval
from dagster_project.audit.outcome import Outcome, width
from dagster_project.audit.rule import Rule

INTERVAL_OF_EFFECT = Rule(
    "interval_of_effect",
    "The interval of an effect size holds it, about in its middle, and is about as wide as n allows.",
    "the effect size and both ends; for the width also n of both groups",
    "the effect size, or the upper end",
    "A: n 30, mean 12.0, sd 4.0; B: n 30, mean 10.0, sd 4.0; A - B: d 0.50, ci_low 0.30, ci_high 1.10",
    "about d ± 1.96 root(1 / n1 + 1 / n2 + d² / (2 (n1 + n2)))",
    "Hedges and Olkin 1985, Statistical Methods for Meta-Analysis",
)
#: An effect size's own interval is a little askew, and there are several formulas of its width.
_ASKEW, _WIDTH_SHARE = 0.2, 0.2
#: When intervals are of effect sizes by habit: so many rows, and so few others for each of them.
_MIN_FITTING_ROWS, _MAX_OTHER_SHARE = 3, 0.34


def with_effect_interval(cells: RowCells, difference: Interval | None) -> dict[str, TableCell]:
    """The cells, the ends as es_low and es_high where they are the effect size's: it lies between them, and the change,
    printed or by the means, is not their middle."""
    result = dict(cells)
    if not {"es", "ci_low", "ci_high"} <= set(cells):
        return result
    low, high, es = (cells[name].interval for name in ("ci_low", "ci_high", "es"))
    centre = low.plus(high).times(0.5)
    change = cells["change"].interval if "change" in cells else difference
    is_of_change = change is not None and any(
        not centre.is_disjoint(Interval(side.low - 1e-9, side.high + 1e-9)) for side in (change, change.mirrored())
    )
    half = half_width(cells).middle
    is_near = centre.gap(es) <= 0.5 * half
    if is_near and not is_of_change and ("change" not in cells or centre.gap(cells["change"].interval) > half):
        return _of_effect(result)
    return result


def _of_effect(cells: RowCells) -> dict[str, TableCell]:
    return {{"ci_low": "es_low", "ci_high": "es_high"}.get(name, name): cell for name, cell in cells.items()}


def with_usual_intervals(rows: Sequence[ChangeRow]) -> list[ChangeRow]:
    """Where the intervals of most rows are their effect sizes', with no change printed, those of the others are, too."""
    unprinted = [row for row in rows if "es" in row.cells and not row.has_change]
    fits = sum(row.includes("es_low", "es_high") for row in unprinted)
    odd_rows = [row for row in unprinted if row.includes("ci_low", "ci_high")]
    if fits < _MIN_FITTING_ROWS or len(odd_rows) > _MAX_OTHER_SHARE * fits:
        return list(rows)
    return [replace(row, cells=_of_effect(row.cells)) if row in odd_rows else row for row in rows]


def interval_of_effect(row: ChangeRow) -> Iterator[Outcome]:
    if not row.includes("es", "es_low", "es_high"):
        return
    es, low, high = (row.cells[name] for name in ("es", "es_low", "es_high"))
    distance = max(low.interval.low - es.interval.high, es.interval.low - high.interval.high)
    findings: tuple[Finding, ...] = ()
    if distance > 0:
        words = f"the effect size {es.text} lies outside its own interval, {low.text} to {high.text}"
        findings = (INTERVAL_OF_EFFECT.finding(es, words, slack=distance),)
    yield Outcome("interval_of_effect holds", (es, low, high), findings, is_certain=True)
    if findings or BOOTSTRAP in row.design.practices:
        return
    half = high.interval.minus(low.interval).times(0.5)
    centre = low.interval.plus(high.interval).times(0.5)
    askew = centre.gap(es.interval) / max(half.middle, 1e-12)
    tolerance = width(centre, es.interval) / max(_ASKEW * half.middle, 1e-12)
    if askew > _ASKEW:
        words = f"the interval {low.text} to {high.text} has its centre at {centre}, far from the effect size {es.text}"
        findings = (INTERVAL_OF_EFFECT.finding(high, words, slack=centre.gap(es.interval)),)
    yield Outcome("interval_of_effect centre", (high, low, es), findings, tolerance, askew)
    sizes = group_sizes(row.baseline, row.followup)
    if row.design.name == GROUPS and sizes is not None and min(sizes) >= 2 and not findings:
        d = es.interval.middle
        expected = 1.96 * math.sqrt(1 / sizes[0] + 1 / sizes[1] + d * d / (2 * sum(sizes)))
        bounds = Interval(expected * (1 - _WIDTH_SHARE), expected * (1 + _WIDTH_SHARE))
        if half.is_disjoint(bounds):
            words = (
                f"half the interval {low.text} to {high.text} is {half}, but with {sizes[0]:g} and {sizes[1]:g} people about"
            )
            findings = (INTERVAL_OF_EFFECT.finding(high, f"{words} {expected:.3g}", slack=half.gap(bounds)),)
        tolerance = width(half) / (_WIDTH_SHARE * expected)
        cells = (high, low, es, *row.summary_cells("n"))
        yield Outcome("interval_of_effect width", cells, findings, tolerance, half.gap(bounds) / expected)
