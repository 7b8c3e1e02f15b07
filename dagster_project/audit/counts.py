"""Rules on counts and percentages of people. Belongs here: one block of categories. Does not belong here: scores."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from dagster_project.audit.findings import INCONSISTENT, NOTE, Cell, Cells, Finding
from dagster_project.audit.intervals import Interval

#: Denominators are looked for up to so many people beyond the block's own.
_FURTHER = 20


def percent_of_count(percent: Cell, count: Cell, n: Cell) -> Iterator[Finding]:
    """A percentage is 100 x count / n of its block. Blames the percentage."""
    if n.number <= 0:
        return
    share = 100 * count.number / n.number
    if Interval(share, share).misses(percent.interval):
        yield Finding(
            percent.value,
            "percent_of_count",
            f"{count.printed} of {n.printed} is 100 x {count.printed} / {n.printed} = {share:.2f} %,"
            f" not {percent.printed} %",
            slack=percent.interval.gap(Interval(share, share)),
        )


def counts_within(count: Cell, n: Cell) -> Iterator[Finding]:
    """No more people in a category than in its block. Blames the count."""
    if count.number > n.number:
        yield Finding(
            count.value, "counts_within", f"{count.printed} of {n.printed} people", slack=count.number - n.number
        )  # fmt: skip


def one_denominator(rows: Sequence[Cells], n: Cell | None) -> Iterator[Finding]:
    """The percentages of a block share a denominator. Names the one that each odd row fits.

    With a printed n the odd percentages are blamed by percent_of_count, and this only says what they would fit. Without one,
    the first odd percentage is blamed: inconsistent. What it cannot see: denominators so near that both print alike.
    """
    both = [row for row in rows if {"count", "percent"} <= set(row)]
    if len(both) < 2 or any(row["count"].number < 0 for row in both):
        return
    most = int(max([n.number if n else 0, *(row["count"].number for row in both)])) + _FURTHER
    if n is None:
        largest = max(
            (100 * row["count"].number / row["percent"].interval.low for row in both if row["percent"].interval.low > 0),
            default=0,
        )
        most = max(most, int(largest) + 1)
    fits = [{size for size in range(max(1, int(row["count"].number)), most + 1) if _is_share(row, size)} for row in both]
    if set.intersection(*fits):
        return
    counts = Counter(size for some in fits for size in some)
    own = int(n.number) if n else min(size for size, count in counts.items() if count == max(counts.values()))
    odd = [(row, some) for row, some in zip(both, fits, strict=True) if own not in some]
    others = Counter(size for _, some in odd for size in some)
    if not others or not odd:
        return
    other = min(size for size, count in others.items() if count == max(others.values()))
    fit = [row for row, some in odd if other in some]
    named = ", ".join(f"{row['count'].printed} ({row['percent'].printed} %)" for row in fit)
    fitting = len(both) - len(odd)
    yield Finding(
        fit[0]["percent"].value,
        "one_denominator",
        f"{named} would be of {other}, while {fitting} of the block's {len(both)} rows are of {own}: the block mixes"
        " denominators",
        NOTE if n is not None else INCONSISTENT,
    )


def _is_share(row: Cells, size: int) -> bool:
    share = 100 * row["count"].number / size
    return not Interval(share, share).misses(row["percent"].interval)


def block_sum(rows: Sequence[Cells], n: Cell | None) -> Iterator[Finding]:
    """Categories that exclude one another hold no more people than there are. A note: people may be in more than one."""
    counts = [row["count"] for row in rows if "count" in row]
    total = sum(count.number for count in counts)
    if n is not None and len(counts) > 1 and total > n.number:
        added = " + ".join(count.printed for count in counts)
        yield Finding(
            counts[0].value,
            "block_sum",
            f"{added} = {total:g} in the block, of {n.printed} people: one person must be in more than one category",
            NOTE,
        )


def percent_of_people(percent: Cell, n: Cell) -> Iterator[Finding]:
    """A percentage of n people is 100 x a whole number / n. Blames the percentage. Cannot see: anything once n is so large
    that every printable percentage is one."""
    if n.number < 1:
        return
    people = percent.interval.times(n.number / 100)
    below, above = math.floor(people.high), math.ceil(people.low)
    if below < above:
        near = [100 * count / n.number for count in (below, above)]
        yield Finding(
            percent.value,
            "percent_of_people",
            f"{below} of {n.printed} is {near[0]:.2f} % and {above} of {n.printed} is {near[1]:.2f} %, so no count gives"
            f" {percent.printed} %",
            slack=min(percent.interval.gap(Interval(one, one)) for one in near),
        )
