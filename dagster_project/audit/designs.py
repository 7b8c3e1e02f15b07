"""Which test and interval a row's numbers may come from.

Belongs here: designs, practices, levels, and the degrees of freedom that each allows. Does not belong here: rules.

A declared design is checked by its arithmetic. Where none is declared, each design that the row allows is tried, and the
table's other rows decide what a misfit means (undeclared.py).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dagster_project.audit.findings import RowCells
from dagster_project.audit.intervals import Interval
from dagster_project.audit.student import LEVELS

PAIRED, GROUPS, MODEL, OTHER_DESIGN = "paired", "groups", "model", "other"
#: What a user may declare. paired: the same people at both moments, two-sided t. groups: two independent groups, named by
#: the contrast's parts, pooled or Welch's t. model: an estimate with its standard error, of 3 degrees of freedom or more
#: (ANCOVA, mixed, clusters, regression). other: anything else.
DESIGNS = (PAIRED, GROUPS, MODEL, OTHER_DESIGN)
#: What may be declared beside a design, for a table or a row.
WEIGHTED, BOOTSTRAP, ONE_SIDED, RANKS, ADJUSTED, CUT_OFF, STANDARD_ERRORS = (
    "weighted", "bootstrap", "one-sided", "ranks", "adjusted", "cut", "se",
)  # fmt: skip
PRACTICES = {
    WEIGHTED: "percentages and means are of weighted people",
    BOOTSTRAP: "intervals come from a bootstrap, so that they need not be symmetrical",
    ONE_SIDED: "p is one-sided",
    RANKS: "p comes from a test of ranks or from an exact test",
    ADJUSTED: "p is adjusted for several tests",
    CUT_OFF: "numbers are cut off instead of rounded",
    STANDARD_ERRORS: "what is called an SD is a standard error",
}
#: Fewer degrees of freedom than a model's interval has, and those of large samples.
MIN_MODEL_DF, _LARGE_DFS = 3.0, (200.0, 20.0)


@dataclass(frozen=True)
class Design:
    """The declared design of a row. level: of its intervals, in per cent; None where it is not declared. min_df: of a
    model."""

    name: str | None = None
    level: int | None = None
    practices: frozenset[str] = frozenset()
    min_df: float = MIN_MODEL_DF

    @property
    def levels(self) -> tuple[int, ...]:
        """The levels to try, the usual one first; 95 for a design that is declared without a level."""
        if self.level is not None:
            return (self.level,)
        return LEVELS if self.name is None else LEVELS[:1]

    @property
    def description(self) -> str:
        words = {
            PAIRED: "a paired t test",
            GROUPS: "two independent groups",
            MODEL: "a model's estimate, standard error and p",
        }
        text = words.get(self.name or "", "")
        if self.level not in (None, LEVELS[0]):
            text += f" at {self.level} %"
        return text + (" with one-sided p" if ONE_SIDED in self.practices else "")

    @property
    def has_few_df(self) -> bool:
        """Whether it is a model that may have hardly any degrees of freedom."""
        return self.name == MODEL and self.min_df <= MIN_MODEL_DF

    def hypotheses(self) -> "Iterator[Design]":
        """The designs that an undeclared or partly declared one may be, the usual ones first."""
        names = (PAIRED, GROUPS, MODEL) if self.name is None else (MODEL,)
        levels = LEVELS if self.level is None else (self.level,)
        for practices in (self.practices, self.practices | {ONE_SIDED}):
            for level in levels if practices == self.practices else levels[:1]:
                for name in names:
                    for min_df in (*_LARGE_DFS, MIN_MODEL_DF) if name == MODEL else (MIN_MODEL_DF,):
                        yield Design(name, level, practices, min_df)
            if ONE_SIDED in self.practices:
                return


UNDECLARED = Design()


@dataclass(frozen=True)
class TTest:
    """A t test that a row may come from. dfs: its possible degrees of freedom. level: of its interval, per cent. is_paired:
    its standard error is the SD of the changes / root(n). is_pooled: None where it is of no two groups."""

    dfs: Interval
    level: int
    description: str
    is_paired: bool = False
    is_pooled: bool | None = None

    @property
    def df_text(self) -> str:
        """The degrees of freedom and, unless it is the usual one, the level."""
        low, high = self.dfs.low, self.dfs.high
        df = f"{low:.4g}" if low == high else f"{low:.4g} or more" if math.isinf(high) else f"{low:.4g} to {high:.4g}"
        return f"{df} df" + ("" if self.level == LEVELS[0] else f" at {self.level} %")

    @property
    def single_dfs(self) -> "tuple[TTest, ...]":
        """The same test with the least and with the most degrees of freedom."""
        ends = dict.fromkeys((self.dfs.low, self.dfs.high))
        return tuple(replace(self, dfs=Interval(end, end)) for end in ends)


#: For checks that do not depend on degrees of freedom.
ANY_TEST = TTest(Interval(math.inf, math.inf), LEVELS[0], "")


def t_tests(
    design: Design, pairs: RowCells, baseline: RowCells, followup: RowCells, pair_counts: Sequence[int]
) -> list[TTest]:
    """The tests of which one must fit the row. pair_counts: the possible numbers of pairs."""
    if design.name in (OTHER_DESIGN, None):
        return []
    level = design.levels[0]
    printed_df = pairs["df"].interval if "df" in pairs and pairs["df"].interval.low > 0 else None
    if printed_df is not None and printed_df.low == printed_df.high and design.name != PAIRED:
        # Welch's and a model's degrees of freedom are often printed as whole numbers.
        printed_df = Interval(max(0.5, printed_df.low - 0.5), printed_df.high + 0.5)
    if design.name == GROUPS:
        return _group_tests(level, printed_df, pairs, baseline, followup)
    if design.name == MODEL:
        return [TTest(printed_df or Interval(design.min_df, math.inf), level, design.description)]
    tests = [TTest(Interval(n - 1, n - 1), level, "a paired t test", True) for n in pair_counts]
    if printed_df is not None and not tests:
        tests = [TTest(printed_df, level, "a t test with the printed df", not pair_counts)]
    return tests


def _group_tests(
    level: int, printed_df: Interval | None, pairs: RowCells, baseline: RowCells, followup: RowCells
) -> list[TTest]:
    sizes = group_sizes(baseline, followup)
    dfs: list[tuple[Interval, bool | None]]
    if sizes is not None and min(sizes) >= 2:
        pooled = Interval(float(sum(sizes) - 2), float(sum(sizes) - 2))
        welch = _welch_df(baseline, followup, sizes)
        dfs = [(pooled, True), (welch, False)]
        if printed_df is not None:
            dfs = [(printed_df, is_pooled) for _, is_pooled in dfs]
    elif printed_df is not None:
        dfs = [(printed_df, None)]
    elif "n" in pairs and pairs["n"].number > 2:
        # n may count both groups, or each. Welch's df are at least those of the smaller group, taken as a quarter of all.
        n = pairs["n"].number
        ends = ((n - 2, n - 2), (2 * n - 2, 2 * n - 2), (max(1.0, n / 4 - 1), n - 2), (n - 1, 2 * n - 2))
        dfs = [(Interval(*end), None) for end in ends]
    else:
        dfs = []
    return [TTest(df, level, "two independent groups", False, is_pooled) for df, is_pooled in dfs]


def _welch_df(baseline: RowCells, followup: RowCells, sizes: tuple[float, float]) -> Interval:
    """Satterthwaite's degrees of freedom: by the SDs where both are printed and not zero."""
    min_df, max_df = float(min(sizes) - 1), float(sum(sizes) - 2)
    if not all("sd" in wave and wave["sd"].interval.low > 0 for wave in (baseline, followup)):
        return Interval(min_df, max_df)
    dfs = []
    for first in (baseline["sd"].interval.low, baseline["sd"].interval.high):
        for second in (followup["sd"].interval.low, followup["sd"].interval.high):
            a, b = first**2 / sizes[0], second**2 / sizes[1]
            dfs.append((a + b) ** 2 / (a * a / (sizes[0] - 1) + b * b / (sizes[1] - 1)))
    # The most lies inside where both groups' shares allow it.
    return Interval(max(min_df, min(dfs) - 0.01), min(max_df, max(dfs) + 0.5))


def group_sizes(baseline: RowCells, followup: RowCells) -> tuple[float, float] | None:
    """The numbers of people at both moments, where both are printed."""
    return (baseline["n"].number, followup["n"].number) if "n" in baseline and "n" in followup else None
