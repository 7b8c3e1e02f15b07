"""The outcome of a rule that was asked of a row.

Belongs here: what was compared, with which result, and how closely. Does not belong here: a rule, how severe a misfit is
where no design is declared (undeclared.py).
"""

import math
from dataclasses import dataclass, replace

from dagster_project.audit.findings import Finding, TableCell
from dagster_project.audit.intervals import Interval
from dagster_project.audit.student import t_of_p

#: The probability that what another practice gives, about normally distributed with the scale of a tolerance, fits by
#: chance.
OF_CHANCE = 0.4


@dataclass(frozen=True)
class Outcome:
    """A rule that was asked of numbers of a row.

    habit: the rule and what it judges, by which rows are compared with one another. cells: the numbers compared, the
    judged one first. tolerance: by how much of what another practice would change it the number may be off unnoticed: the
    less, the more a fit says of the table's practice. misfit: how far a misfit lies beyond that; below zero where only
    a habit of the table makes it one. excess: the same in the unit of the tolerance. is_certain: no practice explains the
    misfit. is_above: the judged number lies above its bounds.
    """

    habit: str
    cells: tuple[TableCell, ...]
    findings: tuple[Finding, ...] = ()
    tolerance: float = float("inf")
    misfit: float = 0.0
    excess: float = float("inf")
    is_certain: bool = False
    is_above: bool = False

    @property
    def chance(self) -> float:
        """How probable a fit is where the table follows another practice."""
        return self.chance_at(1.0)

    def chance_at(self, breadth: float) -> float:
        """The same where that practice changes numbers so many times as much as practices usually do."""
        return min(1.0, OF_CHANCE * self.tolerance / breadth) if math.isfinite(self.tolerance) else 1.0

    @property
    def is_sharp(self) -> bool:
        return self.chance < 1

    def rewritten(self, prefix: str) -> "Outcome":
        """With words before each arithmetic."""
        findings = tuple(replace(finding, arithmetic=prefix + finding.arithmetic) for finding in self.findings)
        return replace(self, findings=findings)


def deviates(p: Interval) -> Interval:
    """The standard normal deviates of a two-sided p; of a p of zero as of the smallest that there is."""
    return t_of_p(Interval(max(1e-300, p.low), max(1e-300, p.high)), math.inf)


#: How far tests of other kinds move the deviate of a p, however small it is: a test of ranks from a t test.
_DEVIATE_SHIFT = 0.07


def p_excess(misfit: float, bounds: Interval, scale: float) -> float:
    """The excess of a p that is so many normal deviates off; scale: by how much of its deviate other practices change it."""
    return misfit / math.hypot(scale * max(deviates(bounds).low, 0.2), _DEVIATE_SHIFT)


def p_tolerance(p: Interval, bounds: Interval, scale: float) -> float:
    """The tolerance of a p: relative, in normal deviates; none where it may be zero."""
    if p.low <= 0 or bounds.low <= 0:
        return math.inf
    deviate_intervals = deviates(p), deviates(bounds)
    return width(*deviate_intervals) / max(scale * max(deviate_intervals[1].middle, 1e-9), 1e-12)


def width(*intervals: Interval) -> float:
    """The widths of intervals, added."""
    return sum(interval.high - interval.low for interval in intervals)
