"""Rules on counts and percentages of people. Belongs here: one block of categories. Does not belong here: scores."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dagster_project.audit.findings import INCONSISTENT, NOT_REPRODUCIBLE, NOTE, Finding, RowCells, TableCell
from dagster_project.audit.intervals import Interval

#: Denominators are searched up to this many people above the block's n.
_EXTRA_PEOPLE = 20


@dataclass(frozen=True)
class Denominator:
    """A number of people printed elsewhere in the table, and what it counts."""

    size: float
    description: str


@dataclass(frozen=True)
class Excuse:
    """Why a percentage may not be 100 x count / n: the n is printed on another row, or people are weighted."""

    is_n_elsewhere: bool
    may_be_weighted: bool


def percent_of_count(
    percent: TableCell, count: TableCell, n: TableCell, denominators: Sequence[Denominator], excuse: Excuse
) -> Iterator[Finding]:
    """A percentage is 100 x count / n of its block. Blames the percentage.

    denominators: those printed elsewhere in the table. The finding is inconsistent where n is printed on another row and
    another denominator fits, which it then names, or where people may be weighted.
    """
    if n.number <= 0:
        return
    share = 100 * count.number / n.number
    if not Interval(share, share).is_disjoint(percent.interval):
        return
    finding = Finding(
        percent.value,
        "percent_of_count",
        f"{count.text} of {n.text} is 100 x {count.text} / {n.text} = {share:.2f} %, not {percent.percent_text}",
        slack=percent.interval.gap(Interval(share, share)),
    )
    if excuse.is_n_elsewhere and (reason := _fitting_denominator(percent, count, denominators)):
        finding = finding.softened(INCONSISTENT, reason)
    elif excuse.may_be_weighted:
        finding = finding.softened(INCONSISTENT, "weighted data could give it")
    yield finding


def _fitting_denominator(percent: TableCell, count: TableCell, denominators: Sequence[Denominator]) -> str:
    matches = [
        denominator
        for denominator in denominators
        if denominator.size >= count.number and _is_share(percent, count, denominator.size)
    ]
    if matches:
        return f"it fits the denominator {matches[0].size:g}, {matches[0].description}"
    sizes = _denominators(percent, count)
    if sizes.low <= sizes.high and math.isfinite(sizes.high):
        return f"it fits the denominator {sizes.low:g}"
    return ""


def counts_within(count: TableCell, n: TableCell, denominators: Sequence[Denominator], excuse: Excuse) -> Iterator[Finding]:
    """A category has no more people than its block. Blames the count; inconsistent where n is printed on another row and
    another printed n is large enough."""
    if count.number <= n.number:
        return
    finding = Finding(
        count.value,
        "counts_within",
        f"{count.text} people in the category, but {n.text} in all",
        slack=count.number - n.number,
    )
    large_enough = [denominator for denominator in denominators if denominator.size >= count.number]
    if excuse.is_n_elsewhere and large_enough:
        finding = finding.softened(
            INCONSISTENT, f"its denominator may be {large_enough[0].size:g}, {large_enough[0].description}"
        )
    yield finding


def _denominators(percent: TableCell, count: TableCell) -> Interval:
    """The denominators, not below the count, that give the percentage; empty when there are none."""
    low, high = percent.interval.low, percent.interval.high
    if count.number == 0:
        return Interval(1.0, math.inf) if low <= 0 <= high else Interval(1.0, 0.0)
    if high <= 0:
        return Interval(1.0, 0.0)
    lowest = max(1, math.ceil(count.number), math.ceil(100 * count.number / high - 1e-9))
    return Interval(float(lowest), math.inf if low <= 0 else float(math.floor(100 * count.number / low + 1e-9)))


def _is_share(percent: TableCell, count: TableCell, denominator: float) -> bool:
    share = 100 * count.number / denominator
    return not Interval(share, share).is_disjoint(percent.interval)


def one_denominator(rows: Sequence[RowCells], n: TableCell | None) -> Iterator[Finding]:
    """The percentages of a block share a denominator. Names the denominator that the odd rows fit.

    With a printed n, percent_of_count blames the odd percentages, and this is a note. Without one, the first odd percentage
    is blamed: inconsistent, or a note where the odd rows add up to a block of their own.
    Cannot detect: denominators so close that both give the same printed percentage.
    """
    complete_rows = [row for row in rows if {"count", "percent"} <= set(row)]
    if len(complete_rows) < 2 or any(row["count"].number < 0 for row in complete_rows):
        return
    sizes_by_row = [_denominators(row["percent"], row["count"]) for row in complete_rows]
    if n is not None:
        max_people = max(n.number, *(row["count"].number for row in complete_rows)) + _EXTRA_PEOPLE
        sizes_by_row = [sizes.intersection(Interval(1.0, max_people)) for sizes in sizes_by_row]
    if max(sizes.low for sizes in sizes_by_row) <= min(sizes.high for sizes in sizes_by_row):
        return
    block_size = n.number if n else _commonest_size(sizes_by_row)
    if block_size is None:
        return
    odd_rows = [
        (row, sizes)
        for row, sizes in zip(complete_rows, sizes_by_row, strict=True)
        if not sizes.low <= block_size <= sizes.high
    ]
    odd_size = _commonest_size([sizes for _, sizes in odd_rows])
    if not odd_rows or odd_size is None:
        return
    fitting_rows = [row for row, sizes in odd_rows if sizes.low <= odd_size <= sizes.high]
    rows_text = ", ".join(f"{row['count'].text} ({row['percent'].percent_text})" for row in fitting_rows)
    usual_rows = len(complete_rows) - len(odd_rows)
    is_two_blocks = len(fitting_rows) == len(odd_rows) and all(
        sum(row["count"].number for row in group) == people
        for group, people in (
            (fitting_rows, odd_size),
            ([row for row in complete_rows if row not in fitting_rows], block_size),
        )
    )
    yield Finding(
        fitting_rows[0]["percent"].value,
        "one_denominator",
        f"{rows_text} fit{'s' if len(fitting_rows) == 1 else ''} the denominator {odd_size:g}, while {usual_rows} of the"
        f" block's {len(complete_rows)} rows fit {block_size:g}: the block uses more than one denominator",
        NOTE if n is not None or is_two_blocks else INCONSISTENT,
    )


def _commonest_size(sizes: Sequence[Interval]) -> float | None:
    """The smallest denominator that fits the most rows; None where no row has one."""
    candidates = sorted({interval.low for interval in sizes if not interval.is_empty})
    return max(
        candidates, key=lambda candidate: sum(interval.low <= candidate <= interval.high for interval in sizes), default=None
    )


def block_sum(rows: Sequence[RowCells], n: TableCell | None) -> Iterator[Finding]:
    """The counts of exclusive categories add up to n at most. A note: a person may be in more than one category."""
    counts = [row["count"] for row in rows if "count" in row]
    total = sum(count.number for count in counts)
    if n is not None and len(counts) > 1 and total > n.number:
        sum_text = " + ".join(count.text for count in counts)
        yield Finding(
            counts[0].value,
            "block_sum",
            f"{sum_text} = {total:g} in the block, of {n.text} people: one person must be in more than one category",
            NOTE,
        )


def percent_of_people(percent: TableCell, n: TableCell, excuse: Excuse) -> Iterator[Finding]:
    """A percentage of n people is 100 x a whole number / n. Blames the percentage; not reproducible where n is printed on
    another row, as the denominator may be another, and inconsistent where people may be weighted. Cannot detect: anything
    once n is so large that every printed percentage is possible."""
    if n.number < 1:
        return
    count_interval = percent.interval.times(n.number / 100)
    lower, upper = math.floor(count_interval.high), math.ceil(count_interval.low)
    if lower < upper:
        nearest_shares = [100 * count / n.number for count in (lower, upper)]
        finding = Finding(
            percent.value,
            "percent_of_people",
            f"{lower} of {n.text} is {nearest_shares[0]:.2f} % and {upper} of {n.text} is {nearest_shares[1]:.2f} %, so no"
            f" count gives {percent.percent_text}",
            slack=min(percent.interval.gap(Interval(share, share)) for share in nearest_shares),
        )
        if excuse.is_n_elsewhere:
            finding = finding.softened(NOT_REPRODUCIBLE, f"its denominator may not be these {n.text}")
        elif excuse.may_be_weighted:
            finding = finding.softened(INCONSISTENT, "weighted data could give it")
        yield finding
