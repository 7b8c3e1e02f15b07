"""Which test and interval a row's numbers may come from.

Belongs here: designs, levels, and the degrees of freedom that each allows. Does not belong here: rules (pairs.py).

A design that is declared can be held to its arithmetic. One that is not is taken as a paired t test at 95 % first; where
that does not fit, two independent groups and other levels are tried before anything is said.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dagster_project.audit.findings import Cells
from dagster_project.audit.intervals import Interval
from dagster_project.audit.student import LEVELS

PAIRED, GROUPS, OTHER = "paired", "groups", "other"
#: What a reader may declare. paired: the same people at both moments, two-sided t. groups: two independent groups, named by
#: the contrast's parts, pooled or Welch's t. other: a model, an adjusted p, ranks, a bootstrap.
DESIGNS = (PAIRED, GROUPS, OTHER)


@dataclass(frozen=True)
class Design:
    """What is declared of a row. level: of its intervals, in per cent; None where nobody says."""

    name: str | None = None
    level: int | None = None

    @property
    def levels(self) -> tuple[int, ...]:
        """The levels to try, the usual one first: 95 of a design that is declared without one."""
        if self.level is not None:
            return (self.level,)
        return LEVELS if self.name is None else LEVELS[:1]


#: Nothing is declared.
UNDECLARED = Design()


@dataclass(frozen=True)
class Way:
    """One way to a test and its interval. is_paired: the standard error is the SD of the changes / root(n)."""

    dfs: Interval
    level: int
    words: str
    is_paired: bool = False

    @property
    def shown(self) -> str:
        """Degrees of freedom and, where it is not the usual one, the level."""
        low, high = self.dfs.low, self.dfs.high
        df = f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"
        return f"{df} df" + ("" if self.level == LEVELS[0] else f" at {self.level} %")


#: For what does not depend on degrees of freedom.
ANY_WAY = Way(Interval(math.inf, math.inf), LEVELS[0], "")


def ways(
    design: Design, pairs: Cells, baseline: Cells, followup: Cells, counts: Sequence[int]
) -> tuple[list[Way], list[Way]]:
    """The ways that a row is held to, one of which must fit; and those that excuse it where its design is not declared.

    counts: the numbers of pairs to reckon with.
    """
    if design.name == OTHER:
        return [], []
    levels = design.levels
    printed = pairs["df"].interval if "df" in pairs and pairs["df"].interval.low > 0 else None
    if printed is not None and printed.low == printed.high and design.name != PAIRED:
        # Welch's and a model's degrees of freedom are often printed as whole numbers.
        near = Interval(max(0.5, printed.low - 0.5), printed.high + 0.5)
        printed = printed if printed.low in [n - 1 for n in counts] else near
    if design.name == GROUPS:
        return _of_groups(levels, printed, pairs, baseline, followup), []
    usual = [Way(Interval(n - 1, n - 1), levels[0], "a paired t test", True) for n in counts]
    if printed is not None and (not usual or (design.name is None and all(printed != way.dfs for way in usual))):
        usual = [Way(printed, levels[0], "a t test with the printed df", not counts)]
    if design.name == PAIRED:
        return usual, []
    others = [Way(way.dfs, level, f"{way.words} at {level} %", way.is_paired) for way in usual for level in levels[1:]]
    if printed is None:
        others += _of_groups(levels, None, pairs, baseline, followup)
    return usual, others


def _of_groups(levels: Sequence[int], printed: Interval | None, pairs: Cells, baseline: Cells, followup: Cells) -> list[Way]:
    both = group_sizes(baseline, followup)
    if printed is not None:
        dfs = [printed]
    elif both is not None and min(both) >= 2:
        pooled = float(sum(both) - 2)
        dfs = [Interval(pooled, pooled), Interval(float(min(both) - 1), pooled)]
    elif "n" in pairs and pairs["n"].number > 2:
        # n may count both groups, or each. Welch's df are at least those of the smaller group, taken as a quarter of all.
        n = pairs["n"].number
        dfs = [Interval(n - 2, n - 2), Interval(2 * n - 2, 2 * n - 2)]
        dfs += [Interval(max(1.0, n / 4 - 1), n - 2), Interval(n - 1, 2 * n - 2)]
    else:
        dfs = []
    return [
        Way(one, level, "two independent groups" + ("" if level == LEVELS[0] else f" at {level} %"))
        for level in levels
        for one in dfs
    ]


def group_sizes(baseline: Cells, followup: Cells) -> tuple[float, float] | None:
    """How many people both moments have, where both are printed."""
    return (baseline["n"].number, followup["n"].number) if "n" in baseline and "n" in followup else None
