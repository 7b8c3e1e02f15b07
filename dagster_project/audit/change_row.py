"""A change, or a difference of two groups, with both moments' summaries, and what follows from them.

Belongs here: change, half width, standard errors and their words, each from whichever numbers are printed. Does not belong
here: rules that judge a number by them (change_intervals.py, change_tests.py, change_means.py).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from dagster_project.audit.designs import GROUPS, PAIRED, UNDECLARED, Design, TTest, group_sizes
from dagster_project.audit.findings import RowCells, TableCell
from dagster_project.audit.intervals import UNBOUNDED, Interval
from dagster_project.audit.student import critical
from dagster_project.results.published import PublishedValue

#: Bounds by a test, None where it implies none; and their words.
Bounds = Callable[[TTest], Interval | None]
Words = Callable[[TTest], str]


@dataclass(frozen=True)
class ChangeRow:
    """One score's change. cells: of the change. pair_counts: the possible numbers of pairs. sign: 1 where a change is
    baseline minus follow-up, -1 for the reverse, 0 for either. tests: those that its design
    allows. is_of_times: both moments are called like times, not like groups. has_other_design: the row does not fit the
    paired t test that would give an SD of the changes."""

    cells: RowCells
    baseline: RowCells = field(default_factory=dict)
    followup: RowCells = field(default_factory=dict)
    score_range: Interval = UNBOUNDED
    design: Design = UNDECLARED
    sign: int = 0
    pair_counts: Sequence[int] = ()
    tests: Sequence[TTest] = ()
    has_other_design: bool = False
    is_of_times: bool = False

    def excluding(self, values: set[PublishedValue]) -> "ChangeRow":
        """Without blamed numbers, which must not be used against others."""
        return replace(self, cells={name: cell for name, cell in self.cells.items() if cell.value not in values})

    def includes(self, *statistics: str) -> bool:
        return set(statistics) <= set(self.cells)

    @property
    def moments(self) -> tuple[RowCells, RowCells]:
        return self.baseline, self.followup

    @property
    def has_change(self) -> bool:
        """Whether the change is printed, not derived."""
        return "change" in self.cells and self.cells["change"].value.row >= 0

    @property
    def is_of_everybody(self) -> bool:
        """Whether all pairs are everybody at both moments."""
        return len(self.pair_counts) == 1 and all(
            "n" in moment and moment["n"].number == self.pair_counts[0] for moment in self.moments
        )

    def summary_cells(self, *statistics: str) -> tuple[TableCell, ...]:
        return tuple(moment[name] for moment in self.moments for name in statistics if name in moment)


def derived_change(row: ChangeRow) -> TableCell | None:
    """The difference of both moments' means, where it is the change: of two groups, and of everybody at both moments. Its
    row number is below zero."""
    if not all("mean" in moment for moment in row.moments):
        return None
    if not (row.design.name == GROUPS or (row.design.name == PAIRED and row.is_of_everybody)):
        return None
    difference = row.baseline["mean"].interval.minus(row.followup["mean"].interval)
    if row.sign < 0:
        difference = difference.mirrored()
    if row.sign == 0 and row.includes("ci_low", "ci_high"):
        centre = row.cells["ci_low"].interval.plus(row.cells["ci_high"].interval).times(0.5)
        if difference.mirrored().gap(centre) < difference.gap(centre):
            difference = difference.mirrored()
    text = f"{row.baseline['mean'].text} - {row.followup['mean'].text}"
    mean = row.baseline["mean"].value
    return TableCell(replace(mean, row=-1, statistic="change", printed=text, value=difference.middle), difference)


def change_of(cells: RowCells) -> Interval | None:
    """The change, narrowed by its interval's centre; that centre where the change is not printed."""
    centre = None
    if {"ci_low", "ci_high"} <= set(cells):
        centre = cells["ci_low"].interval.plus(cells["ci_high"].interval).times(0.5)
    if "change" not in cells:
        return centre
    return cells["change"].interval.intersection(centre) if centre is not None else cells["change"].interval


def half_width(cells: RowCells) -> Interval:
    width = cells["ci_high"].interval.minus(cells["ci_low"].interval)
    return Interval(max(0.0, width.low), width.high).times(0.5)


def half_width_text(cells: RowCells) -> str:
    return f"half the interval {cells['ci_low'].text} to {cells['ci_high'].text} is {half_width(cells)}"


def se_by_interval(cells: RowCells, test: TTest) -> Interval:
    """The standard error by the interval's width."""
    width = half_width(cells)
    return Interval(width.low / critical(test.dfs.low, test.level), width.high / critical(test.dfs.high, test.level))


def se_of_change(cells: RowCells, n: int, level: int = 95) -> Interval | None:
    """The standard error of a change of n pairs, from the interval's width or the SD of the changes."""
    if {"ci_low", "ci_high"} <= set(cells):
        return half_width(cells).times(1 / critical(n - 1, level))
    if "sd_change" in cells:
        return cells["sd_change"].interval.times(1 / math.sqrt(n))
    return None


def centre_over_half(cells: RowCells) -> Interval | None:
    """The size of centre / half width. Both depend on the same ends, so the ratio is evaluated at the corners of what the
    ends and the change allow, where it is smallest and largest; None where the width may be zero or no value is
    possible."""
    low, high = cells["ci_low"].interval, cells["ci_high"].interval
    # Sum and difference of the ends. The change's own sum is used directly: it would be lost in rounding with ends of 1e15.
    corners = [(a + b, b - a) for a in (low.low, low.high) for b in (high.low, high.high)]
    if "change" in cells:
        change = cells["change"].interval
        corners = [(total, width) for total, width in corners if 2 * change.low <= total <= 2 * change.high]
        for total in (2 * change.low, 2 * change.high):
            corners += [(total, total - 2 * a) for a in (low.low, low.high) if high.low <= total - a <= high.high]
            corners += [(total, 2 * b - total) for b in (high.low, high.high) if low.low <= total - b <= low.high]
    if not corners or any(width <= 0 for _, width in corners):
        return None
    ratios = [total / width for total, width in corners]
    return Interval(min(ratios), max(ratios)).absolute


def average_sd(first: Interval, second: Interval) -> Interval:
    """The average of two SDs: the root of their mean variance (Cumming 2012), or their mean, which is a little less (Lakens
    2013)."""
    low = (max(first.low, 0) + max(second.low, 0)) / 2
    return Interval(low, math.sqrt((first.high**2 + second.high**2) / 2))


def sd_by_correlation(first: Interval, second: Interval, r: Interval) -> Interval:
    """root(SD1² + SD2² - 2 r SD1 SD2)."""
    variances = [
        a * a + b * b - 2 * c * a * b
        for a in (first.low, first.high)
        for b in (second.low, second.high)
        for c in (r.low, r.high)
    ]
    # The least lies inside where one SD is r times the other.
    slack = (first.high - first.low + second.high - second.low) * (first.high + second.high) if min(variances) < 0 else 0.0
    if first.low <= r.high * second.high and second.low <= r.high * first.high:
        slack = max(slack, (first.high - first.low) ** 2 + (second.high - second.low) ** 2)
    return Interval(math.sqrt(max(0.0, min(variances) - slack)), math.sqrt(max(0.0, max(variances) + slack)))


def se_of_two(row: ChangeRow, test: TTest) -> Interval | None:
    """The standard error by both moments' SDs and numbers: pooled, Welch's, or of the same people, whose correlation is
    printed or lies between -1 and 1."""
    sizes = group_sizes(row.baseline, row.followup)
    if (
        sizes is None
        or min(sizes) < 2
        or not all("sd" in moment and moment["sd"].interval.low >= 0 for moment in row.moments)
    ):
        return None
    first, second = (moment["sd"].interval for moment in row.moments)
    if test.is_pooled is not None:
        ends = [
            _pooled_se(a, b, sizes) if test.is_pooled else math.sqrt(a * a / sizes[0] + b * b / sizes[1])
            for a, b in ((first.low, second.low), (first.high, second.high))
        ]
        return Interval(ends[0], ends[1])
    if not (test.is_paired and row.is_of_everybody):
        return None
    if "correlation" in row.cells:
        sd = sd_by_correlation(first, second, row.cells["correlation"].interval.intersection(Interval(-1.0, 1.0)))
    else:
        sd = Interval(first.minus(second).min_absolute, first.high + second.high)
    return sd.times(1 / math.sqrt(row.pair_counts[0]))


def _pooled_se(first: float, second: float, sizes: tuple[float, float]) -> float:
    n1, n2 = sizes
    return math.sqrt(((n1 - 1) * first**2 + (n2 - 1) * second**2) / (n1 + n2 - 2) * (1 / n1 + 1 / n2))


def se_of_two_words(row: ChangeRow, test: TTest) -> str:
    sds = f"{row.baseline['sd'].text} and {row.followup['sd'].text}"
    sizes = f"{row.baseline['n'].text} and {row.followup['n'].text}"
    if test.is_pooled is not None:
        return f"with the {'pooled SD' if test.is_pooled else 'variances'} of SDs {sds} of {sizes} people"
    source = f"r {row.cells['correlation'].text}" if "correlation" in row.cells else "any correlation"
    return f"with SDs {sds} of the same {row.baseline['n'].text} people and {source}"


def t_formulas(row: ChangeRow) -> Iterator[tuple[str, Bounds, Words]]:
    """Each formula for |t|, with its name and text."""
    cells, change = row.cells, change_of(row.cells)
    if row.includes("ci_low", "ci_high") and (change is None or not change.is_empty):
        ratio = centre_over_half(cells)
        yield "interval", lambda test: _t_by_interval(ratio, test), lambda test: _interval_words(row, test)
    if change is None or change.is_empty:
        change = cells["change"].interval if "change" in cells else None
    if change is None:
        return
    abs_change = change.absolute
    if row.includes("sd_change", "n") and cells["sd_change"].interval.low > 0 and cells["n"].number >= 1:
        se_by_sd = cells["sd_change"].interval.times(1 / math.sqrt(cells["n"].number))
        words = (
            f"t = change / (SD of the changes / root(n)) = {change} / ({cells['sd_change'].text} / root({cells['n'].text}))"
        )
        yield "sd_change", lambda test: abs_change.divided_by(se_by_sd) if test.is_paired else None, lambda _: words
    if "se" in cells and cells["se"].interval.low > 0:
        yield (
            "se",
            lambda _: abs_change.divided_by(cells["se"].interval),
            lambda _: f"t = change / SE = {change} / {cells['se'].text}",
        )
    if any(se_of_two(row, test) is not None for test in row.tests):
        yield "sds", lambda test: _t_by_sds(row, abs_change, test), lambda test: _sds_words(row, change, test)


def _t_by_interval(ratio: Interval | None, test: TTest) -> Interval | None:
    if ratio is None:
        return None
    ends = sorted((critical(test.dfs.low, test.level), critical(test.dfs.high, test.level)))
    return Interval(ratio.low * ends[0], ratio.high * ends[1])


def _interval_words(row: ChangeRow, test: TTest) -> str:
    factor, change = critical(test.dfs.low, test.level), change_of(row.cells)
    change_text = (
        f"a change of {change} with the interval" if "change" in row.cells else f"the centre {change} of the interval"
    )
    return (
        f"{change_text} {row.cells['ci_low'].text} to {row.cells['ci_high'].text}, half of which is"
        f" {half_width(row.cells)} ="
        f" {factor:.4g} x SE ({test.df_text}), so SE is {half_width(row.cells).times(1 / factor)} and t = change / SE"
    )


def _t_by_sds(row: ChangeRow, abs_change: Interval, test: TTest) -> Interval | None:
    se = se_of_two(row, test)
    if se is None or se.high <= 0:
        return None
    return Interval(abs_change.low / se.high, abs_change.high / se.low if se.low > 0 else math.inf)


def _sds_words(row: ChangeRow, change: Interval, test: TTest) -> str:
    source = f"a change of {change}" if row.has_change else f"a difference of {row.cells['change'].text} = {change}"
    return f"{source} {se_of_two_words(row, test)} has SE {se_of_two(row, test)}, and t = change / SE"
