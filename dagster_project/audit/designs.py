"""Which test and interval a row's numbers may come from.

Belongs here: designs, levels, and the degrees of freedom that each allows. Does not belong here: rules (pairs.py).

A declared design is checked by its arithmetic. An undeclared one is taken as a paired t test at 95 % first; where that does
not fit, two independent groups and other levels are tried before anything is reported.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dagster_project.audit.findings import RowCells
from dagster_project.audit.intervals import Interval
from dagster_project.audit.student import LEVELS

PAIRED, GROUPS, OTHER_DESIGN = "paired", "groups", "other"
#: What a user may declare. paired: the same people at both moments, two-sided t. groups: two independent groups, named by
#: the contrast's parts, pooled or Welch's t. other: a model, an adjusted p, ranks, a bootstrap.
DESIGNS = (PAIRED, GROUPS, OTHER_DESIGN)


@dataclass(frozen=True)
class Design:
    """The declared design of a row. level: of its intervals, in per cent; None where it is not declared."""

    name: str | None = None
    level: int | None = None

    @property
    def levels(self) -> tuple[int, ...]:
        """The levels to try, the usual one first; 95 for a design that is declared without a level."""
        if self.level is not None:
            return (self.level,)
        return LEVELS if self.name is None else LEVELS[:1]


UNDECLARED = Design()


@dataclass(frozen=True)
class TTest:
    """A t test that a row may come from. dfs: its possible degrees of freedom. level: of its interval, per cent. is_paired:
    its standard error is the SD of the changes / root(n)."""

    dfs: Interval
    level: int
    description: str
    is_paired: bool = False

    @property
    def df_text(self) -> str:
        """The degrees of freedom and, unless it is the usual one, the level."""
        low, high = self.dfs.low, self.dfs.high
        df = f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"
        return f"{df} df" + ("" if self.level == LEVELS[0] else f" at {self.level} %")


#: For checks that do not depend on degrees of freedom.
ANY_TEST = TTest(Interval(math.inf, math.inf), LEVELS[0], "")


def t_tests(
    design: Design, pairs: RowCells, baseline: RowCells, followup: RowCells, pair_counts: Sequence[int]
) -> tuple[list[TTest], list[TTest]]:
    """The tests of which one must fit the row; and those that excuse a misfit where its design is not declared.

    pair_counts: the possible numbers of pairs.
    """
    if design.name == OTHER_DESIGN:
        return [], []
    levels = design.levels
    printed_df = pairs["df"].interval if "df" in pairs and pairs["df"].interval.low > 0 else None
    if printed_df is not None and printed_df.low == printed_df.high and design.name != PAIRED:
        # Welch's and a model's degrees of freedom are often printed as whole numbers.
        rounded_df = Interval(max(0.5, printed_df.low - 0.5), printed_df.high + 0.5)
        printed_df = printed_df if printed_df.low in [n - 1 for n in pair_counts] else rounded_df
    if design.name == GROUPS:
        return _group_tests(levels, printed_df, pairs, baseline, followup), []
    usual_tests = [TTest(Interval(n - 1, n - 1), levels[0], "a paired t test", True) for n in pair_counts]
    if printed_df is not None and (
        not usual_tests or (design.name is None and all(printed_df != test.dfs for test in usual_tests))
    ):
        usual_tests = [TTest(printed_df, levels[0], "a t test with the printed df", not pair_counts)]
    if design.name == PAIRED:
        return usual_tests, []
    other_tests = [
        TTest(test.dfs, level, f"{test.description} at {level} %", test.is_paired)
        for test in usual_tests
        for level in levels[1:]
    ]
    if printed_df is None:
        other_tests += _group_tests(levels, None, pairs, baseline, followup)
    return usual_tests, other_tests


def _group_tests(
    levels: Sequence[int], printed_df: Interval | None, pairs: RowCells, baseline: RowCells, followup: RowCells
) -> list[TTest]:
    sizes = group_sizes(baseline, followup)
    if printed_df is not None:
        dfs = [printed_df]
    elif sizes is not None and min(sizes) >= 2:
        pooled = float(sum(sizes) - 2)
        dfs = [Interval(pooled, pooled), Interval(float(min(sizes) - 1), pooled)]
    elif "n" in pairs and pairs["n"].number > 2:
        # n may count both groups, or each. Welch's df are at least those of the smaller group, taken as a quarter of all.
        n = pairs["n"].number
        dfs = [Interval(n - 2, n - 2), Interval(2 * n - 2, 2 * n - 2)]
        dfs += [Interval(max(1.0, n / 4 - 1), n - 2), Interval(n - 1, 2 * n - 2)]
    else:
        dfs = []
    return [
        TTest(df, level, "two independent groups" + ("" if level == LEVELS[0] else f" at {level} %"))
        for level in levels
        for df in dfs
    ]


def group_sizes(baseline: RowCells, followup: RowCells) -> tuple[float, float] | None:
    """The numbers of people at both moments, where both are printed."""
    return (baseline["n"].number, followup["n"].number) if "n" in baseline and "n" in followup else None
