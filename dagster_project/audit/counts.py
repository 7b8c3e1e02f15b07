"""Rules on counts and percentages of people. Belongs here: one block of categories. Does not belong here: scores."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dagster_project.audit.findings import INCONSISTENT, NOT_REPRODUCIBLE, NOTE, Finding, RowCells, TableCell
from dagster_project.audit.intervals import Interval

#: Denominators are looked for up to so many people beyond the block's own.
_EXTRA_PEOPLE = 20


@dataclass(frozen=True)
class Denominator:
    """A number of people printed elsewhere in the table, and the words for it."""

    people: float
    words: str


@dataclass(frozen=True)
class Excuse:
    """What may explain a share that is not the count's of n: that n stands on another row, that people are weighted."""

    is_n_elsewhere: bool
    may_be_weighted: bool


def percent_of_count(
    percent: TableCell, count: TableCell, n: TableCell, denominators: Sequence[Denominator], excuse: Excuse
) -> Iterator[Finding]:
    """A percentage is 100 x count / n of its block. Blames the percentage.

    others: the denominators that are printed elsewhere in the table. Where n stands on another row and another denominator
    fits, the percentage is inconsistent, and the denominator named; and so it is where people may be weighted.
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
    if excuse.is_n_elsewhere and (words := _fitting_denominator(percent, count, denominators)):
        finding = finding.softened(INCONSISTENT, words)
    elif excuse.may_be_weighted:
        finding = finding.softened(INCONSISTENT, "people with unequal weights could give it")
    yield finding


def _fitting_denominator(percent: TableCell, count: TableCell, denominators: Sequence[Denominator]) -> str:
    matches = [
        denominator
        for denominator in denominators
        if denominator.people >= count.number and _is_share(percent, count, denominator.people)
    ]
    if matches:
        return f"it would be of {matches[0].people:g}, {matches[0].words}"
    sizes = _denominators(percent, count)
    if sizes.low <= sizes.high and math.isfinite(sizes.high):
        return f"it would be of {sizes.low:g}"
    return ""


def counts_within(count: TableCell, n: TableCell, denominators: Sequence[Denominator], excuse: Excuse) -> Iterator[Finding]:
    """No more people in a category than in its block. Blames the count; inconsistent where n stands on another row and
    another printed n is large enough."""
    if count.number <= n.number:
        return
    finding = Finding(
        count.value,
        "counts_within",
        f"{count.text} people in the category, but {n.text} in all",
        slack=count.number - n.number,
    )
    large_enough = [denominator for denominator in denominators if denominator.people >= count.number]
    if excuse.is_n_elsewhere and large_enough:
        finding = finding.softened(INCONSISTENT, f"it may be of {large_enough[0].people:g}, {large_enough[0].words}")
    yield finding


def _denominators(percent: TableCell, count: TableCell) -> Interval:
    """The whole numbers of people, from the count on, of whom the count is the percentage; empty when there are none."""
    low, high = percent.interval.low, percent.interval.high
    if count.number == 0:
        return Interval(1.0, math.inf) if low <= 0 <= high else Interval(1.0, 0.0)
    if high <= 0:
        return Interval(1.0, 0.0)
    lowest = max(1, math.ceil(count.number), math.ceil(100 * count.number / high - 1e-9))
    return Interval(float(lowest), math.inf if low <= 0 else float(math.floor(100 * count.number / low + 1e-9)))


def _is_share(percent: TableCell, count: TableCell, people: float) -> bool:
    share = 100 * count.number / people
    return not Interval(share, share).is_disjoint(percent.interval)


def one_denominator(rows: Sequence[RowCells], n: TableCell | None) -> Iterator[Finding]:
    """The percentages of a block share a denominator. Names the one that each odd row fits.

    With a printed n the odd percentages are blamed by percent_of_count, and this only says what they would fit. Without one,
    the first odd percentage is blamed: inconsistent, unless the odd rows add up to a block of their own, which is a note.
    What it cannot see: denominators so near that both print alike.
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
        f"{rows_text} would be of {odd_size:g}, while {usual_rows} of the block's {len(complete_rows)} rows are of"
        f" {block_size:g}: the block mixes denominators",
        NOTE if n is not None or is_two_blocks else INCONSISTENT,
    )


def _commonest_size(sizes: Sequence[Interval]) -> float | None:
    """The least number of people that the most rows allow; None where no row allows any."""
    starts = sorted({interval.low for interval in sizes if not interval.is_empty})
    return max(starts, key=lambda start: sum(interval.low <= start <= interval.high for interval in sizes), default=None)


def block_sum(rows: Sequence[RowCells], n: TableCell | None) -> Iterator[Finding]:
    """Categories that exclude one another hold no more people than there are. A note: people may be in more than one."""
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
    """A percentage of n people is 100 x a whole number / n. Blames the percentage; not reproducible where n stands on
    another row, as it may be of something else, and inconsistent where people may be weighted. Cannot see: anything once n
    is so large that every printable percentage is one."""
    if n.number < 1:
        return
    people = percent.interval.times(n.number / 100)
    lower, upper = math.floor(people.high), math.ceil(people.low)
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
            finding = finding.softened(NOT_REPRODUCIBLE, f"it may be of something else than these {n.text}")
        elif excuse.may_be_weighted:
            finding = finding.softened(INCONSISTENT, "people with unequal weights could give it")
        yield finding
