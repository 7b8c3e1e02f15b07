"""Rules on a column of everybody beside its groups: numbers, means and SDs of a total.

Belongs here: a total of groups. Does not belong here: categories of one column (blocks.py).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from dagster_project.audit.findings import Finding, RowCells
from dagster_project.audit.intervals import Interval
from dagster_project.audit.outcome import Outcome, width
from dagster_project.audit.rule import Rule

TOTAL_OF_GROUPS = Rule(
    "total_of_groups",
    "Numbers of people in a total are the sums of the groups'; its mean is theirs, weighted by n.",
    "the number in the total and in all of its groups; for a mean also n",
    "the total's number",
    "Women: n 40, mean 50.0; Men: n 60, mean 60.0; Total: n 100, mean 65.0",
    "M = sum n M_group / N",
)
SD_OF_TOTAL = Rule(
    "sd_of_total",
    "The SD of a total follows from the groups' n, means and SDs.",
    "n, mean and SD of the total and of all groups",
    "the total's SD",
    "Women: n 40, mean 50.0, sd 5.0; Men: n 60, mean 60.0, sd 5.0; Total: n 100, mean 56.0, sd 3.0",
    "(N - 1) SD² = sum (n - 1) SD_group² + sum n (M_group - M)²",
)
#: So large a share of a group may have no such number, and of all people be in no group.
_MAX_MISSING, _MAX_UNGROUPED = 0.2, 0.05
#: How a column of everybody is called.
_TOTAL_NAMES = frozenset(
    ("total", "all", "overall", "everybody", "everyone", "all participants", "total sample", "full sample")
)


def total_name(moments: Mapping[str, RowCells]) -> str | None:
    """The moment that is a total of the others."""
    return next((moment for moment in moments if moment.strip().casefold() in _TOTAL_NAMES), None)


def total_of_groups(total: RowCells, groups: Sequence[RowCells], *, is_n_of_columns: bool) -> Iterator[Outcome]:
    """groups: all other columns of a row, each with n where the total has one. Judged only where the groups are all: their
    n, or the counts, add up. is_n_of_columns: some of them may have no such number: the mean's weights are others."""
    if len(groups) < 2:
        return
    has_all_n = "n" in total and all("n" in group for group in groups)
    n_outcome = _sum_of(total, groups, "n") if has_all_n else None
    if n_outcome is not None:
        yield n_outcome
        if n_outcome.findings:
            return
    if "count" in total and all("count" in group for group in groups):
        outcome = _sum_of(total, groups, "count")
        if outcome is not None:
            yield outcome
    if n_outcome is None or sum(group["n"].number for group in groups) <= 0:
        return
    if "mean" in total and all("mean" in group for group in groups):
        outcome = _mean(total, groups)
        if outcome.findings and is_n_of_columns and _is_mean_of_fewer(total, groups):
            yield replace(outcome, findings=(), tolerance=math.inf)
            return
        yield outcome
        if {"mean", "sd"} <= set(total) and all({"mean", "sd"} <= set(group) for group in groups):
            yield from _sd(total, groups, is_n_of_columns=is_n_of_columns)


def _sum_of(total: RowCells, groups: Sequence[RowCells], name: str) -> Outcome | None:
    cells = (total[name], *(group[name] for group in groups))
    if any(cell.interval.low != cell.interval.high for cell in cells):
        return None
    people = sum(cell.number for cell in cells[1:])
    findings: tuple[Finding, ...] = ()
    if people < total[name].number <= people / (1 - _MAX_UNGROUPED):
        return None  # few people are in no group that is shown
    if name == "count" and 0 < abs(people - total[name].number) <= len(groups) / 2:
        return None  # weighted counts are rounded, each by itself
    if people != total[name].number:
        words = f"{' + '.join(cell.text for cell in cells[1:])} = {people:g}, not {total[name].text}"
        findings = (TOTAL_OF_GROUPS.finding(total[name], words, slack=abs(people - total[name].number)),)
    return Outcome(f"total_of_groups of {name}", cells, findings, 0.0, 1.0)


def _mean(total: RowCells, groups: Sequence[RowCells]) -> Outcome:
    people = sum(group["n"].number for group in groups)
    bounds = Interval(
        *(sum(group["n"].number * end for group, end in zip(groups, ends, strict=True)) / people for ends in (
            [group["mean"].interval.low for group in groups], [group["mean"].interval.high for group in groups]))
    )  # fmt: skip
    cells = (total["mean"], *(group[name] for group in groups for name in ("n", "mean")))
    findings: tuple[Finding, ...] = ()
    scale = max(group["mean"].interval.high for group in groups) - min(group["mean"].interval.low for group in groups)
    if total["mean"].interval.is_disjoint(bounds):
        sum_text = " + ".join(f"{group['n'].text} x {group['mean'].text}" for group in groups)
        words = f"({sum_text}) / {people:g} = {bounds}, not {total['mean'].text}"
        findings = (TOTAL_OF_GROUPS.finding(total["mean"], words, slack=total["mean"].interval.gap(bounds)),)
    tolerance = width(bounds, total["mean"].interval) / max(0.1 * scale, 1e-12)
    return Outcome("total_of_groups of mean", cells, findings, tolerance, 1.0)


def _is_mean_of_fewer(total: RowCells, groups: Sequence[RowCells]) -> bool:
    """Whether a total's mean is that of groups in which some people have no number."""
    return all(
        _lowest_mean([(sign * end, group["n"].number) for group, end in zip(groups, ends, strict=True)]) <= sign * goal
        for sign, goal, ends in (
            (1, total["mean"].interval.high, [group["mean"].interval.low for group in groups]),
            (-1, total["mean"].interval.low, [group["mean"].interval.high for group in groups]),
        )
    )


def _lowest_mean(means: Sequence[tuple[float, float]]) -> float:
    """Of groups with their n, where in some of them people are missing: in those of the highest means."""
    ordered = sorted(means)
    weights = [
        [n if index < count else (1 - _MAX_MISSING) * n for index, (_, n) in enumerate(ordered)]
        for count in range(len(ordered) + 1)
    ]
    return min(
        sum(weight * mean for weight, (mean, _) in zip(row, ordered, strict=True)) / max(sum(row), 1e-12) for row in weights
    )


def _sd(total: RowCells, groups: Sequence[RowCells], *, is_n_of_columns: bool) -> Iterator[Outcome]:
    """A pooled SD, without the differences of the groups, is a practice, and fits."""
    sizes = [group["n"].number for group in groups]
    if sum(sizes) < 3 or min(sizes) < 1:
        return
    bounds, pooled = _sd_bounds(groups, sizes)
    sd = total["sd"].interval
    cells = (total["sd"], *(group[name] for group in groups for name in ("n", "mean", "sd")))
    findings: tuple[Finding, ...] = ()
    tolerance = width(bounds, sd) / max(0.02 * bounds.high, 1e-12)
    if sd.is_disjoint(bounds) and sd.is_disjoint(pooled):
        if is_n_of_columns and not sd.is_disjoint(_sd_of_fewer(groups, sizes)):
            tolerance = math.inf
        else:
            words = f"the groups' SDs and means give the total an SD of {bounds}, not {total['sd'].text}"
            findings = (SD_OF_TOTAL.finding(total["sd"], words, slack=sd.gap(bounds)),)
    yield Outcome("sd_of_total", cells, findings, tolerance, sd.gap(bounds) / max(bounds.high, 1e-12))


def _sd_of_fewer(groups: Sequence[RowCells], sizes: Sequence[float]) -> Interval:
    """What a total's SD can be where some people of its groups have no number: in the first few groups, or in the last."""
    parts = range(len(sizes) + 1)
    fewer = [
        [max(2.0, n * (1 - _MAX_MISSING)) if (index < count) == is_first else n for index, n in enumerate(sizes)]
        for count in parts
        for is_first in (True, False)
    ]
    bounds = [_sd_bounds(groups, row)[0] for row in fewer]
    return Interval(min(bound.low for bound in bounds), max(bound.high for bound in bounds))


def _sd_bounds(groups: Sequence[RowCells], sizes: Sequence[float]) -> tuple[Interval, Interval]:
    """The SD of groups together, and the SD within them."""
    n_all = sum(sizes)
    mean = sum(n * group["mean"].interval.middle for group, n in zip(groups, sizes, strict=True)) / n_all
    squares = [0.0, 0.0]
    for group, n in zip(groups, sizes, strict=True):
        sd, group_mean = group["sd"].interval, group["mean"].interval
        distance, slack = abs(group_mean.middle - mean), (group_mean.high - group_mean.low) / 2
        squares[0] += (n - 1) * max(0.0, sd.low) ** 2 + n * max(0.0, distance - 2 * slack) ** 2
        squares[1] += (n - 1) * sd.high**2 + n * (distance + 2 * slack) ** 2
    squares_within = [sum((n - 1) * max(0.0, end) ** 2 for n, end in zip(sizes, ends, strict=True)) for ends in (
        [group["sd"].interval.low for group in groups], [group["sd"].interval.high for group in groups])]  # fmt: skip
    df = max(1.0, n_all - len(groups))
    return (
        Interval(math.sqrt(squares[0] / (n_all - 1)), math.sqrt(squares[1] / (n_all - 1))),
        Interval(math.sqrt(squares_within[0] / df), math.sqrt(squares_within[1] / df)),
    )
