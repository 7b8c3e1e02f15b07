"""Rules on counts and percentages of people. Belongs here: one block of categories. Does not belong here: scores."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dagster_project.audit.findings import INCONSISTENT, NOT_REPRODUCIBLE, NOTE, Cell, Cells, Finding
from dagster_project.audit.intervals import Interval

#: Denominators are looked for up to so many people beyond the block's own.
_FURTHER = 20


@dataclass(frozen=True)
class Denominator:
    """A number of people printed elsewhere in the table, and the words for it."""

    people: float
    words: str


@dataclass(frozen=True)
class Excuse:
    """What may explain a share that is not the count's of n: that n stands on another row, that people are weighted."""

    other_denominator: bool
    weights: bool


def percent_of_count(
    percent: Cell, count: Cell, n: Cell, others: Sequence[Denominator], excuse: Excuse
) -> Iterator[Finding]:
    """A percentage is 100 x count / n of its block. Blames the percentage.

    others: the denominators that are printed elsewhere in the table. Where n stands on another row and another denominator
    fits, the percentage is inconsistent, and the denominator named; and so it is where people may be weighted.
    """
    if n.number <= 0:
        return
    share = 100 * count.number / n.number
    if not Interval(share, share).misses(percent.interval):
        return
    found = Finding(
        percent.value,
        "percent_of_count",
        f"{count.printed} of {n.printed} is 100 x {count.printed} / {n.printed} = {share:.2f} %, not {percent.shown}",
        slack=percent.interval.gap(Interval(share, share)),
    )
    if excuse.other_denominator and (words := _fitting(percent, count, others)):
        found = found.softened(INCONSISTENT, words)
    elif excuse.weights:
        found = found.softened(INCONSISTENT, "people with unequal weights could give it")
    yield found


def _fitting(percent: Cell, count: Cell, others: Sequence[Denominator]) -> str:
    fits = [one for one in others if one.people >= count.number and _is_share(percent, count, one.people)]
    if fits:
        return f"it would be of {fits[0].people:g}, {fits[0].words}"
    sizes = _denominators(percent, count)
    if sizes.low <= sizes.high and math.isfinite(sizes.high):
        return f"it would be of {sizes.low:g}"
    return ""


def counts_within(count: Cell, n: Cell, others: Sequence[Denominator], excuse: Excuse) -> Iterator[Finding]:
    """No more people in a category than in its block. Blames the count; inconsistent where n stands on another row and
    another printed n is large enough."""
    if count.number <= n.number:
        return
    found = Finding(
        count.value,
        "counts_within",
        f"{count.printed} people in the category, but {n.printed} in all",
        slack=count.number - n.number,
    )
    large = [one for one in others if one.people >= count.number]
    if excuse.other_denominator and large:
        found = found.softened(INCONSISTENT, f"it may be of {large[0].people:g}, {large[0].words}")
    yield found


def _denominators(percent: Cell, count: Cell) -> Interval:
    """The whole numbers of people, from the count on, of whom the count is the percentage; empty when there are none."""
    low, high = percent.interval.low, percent.interval.high
    if count.number == 0:
        return Interval(1.0, math.inf) if low <= 0 <= high else Interval(1.0, 0.0)
    if high <= 0:
        return Interval(1.0, 0.0)
    least = max(1, math.ceil(count.number), math.ceil(100 * count.number / high - 1e-9))
    return Interval(float(least), math.inf if low <= 0 else float(math.floor(100 * count.number / low + 1e-9)))


def _is_share(percent: Cell, count: Cell, people: float) -> bool:
    share = 100 * count.number / people
    return not Interval(share, share).misses(percent.interval)


def one_denominator(rows: Sequence[Cells], n: Cell | None) -> Iterator[Finding]:
    """The percentages of a block share a denominator. Names the one that each odd row fits.

    With a printed n the odd percentages are blamed by percent_of_count, and this only says what they would fit. Without one,
    the first odd percentage is blamed: inconsistent, unless the odd rows add up to a block of their own, which is a note.
    What it cannot see: denominators so near that both print alike.
    """
    both = [row for row in rows if {"count", "percent"} <= set(row)]
    if len(both) < 2 or any(row["count"].number < 0 for row in both):
        return
    fits = [_denominators(row["percent"], row["count"]) for row in both]
    if n is not None:
        most = max(n.number, *(row["count"].number for row in both)) + _FURTHER
        fits = [one.meet(Interval(1.0, most)) for one in fits]
    if max(one.low for one in fits) <= min(one.high for one in fits):
        return
    own = n.number if n else _shared(fits)
    if own is None:
        return
    odd = [(row, some) for row, some in zip(both, fits, strict=True) if not some.low <= own <= some.high]
    other = _shared([some for _, some in odd])
    if not odd or other is None:
        return
    fit = [row for row, some in odd if some.low <= other <= some.high]
    named = ", ".join(f"{row['count'].printed} ({row['percent'].shown})" for row in fit)
    fitting = len(both) - len(odd)
    is_two_blocks = len(fit) == len(odd) and all(
        sum(row["count"].number for row in some) == people
        for some, people in ((fit, other), ([row for row in both if row not in fit], own))
    )
    yield Finding(
        fit[0]["percent"].value,
        "one_denominator",
        f"{named} would be of {other:g}, while {fitting} of the block's {len(both)} rows are of {own:g}: the block mixes"
        " denominators",
        NOTE if n is not None or is_two_blocks else INCONSISTENT,
    )


def _shared(sizes: Sequence[Interval]) -> float | None:
    """The least number of people that the most rows allow; None where no row allows any."""
    starts = sorted({one.low for one in sizes if not one.is_empty})
    return max(starts, key=lambda start: sum(one.low <= start <= one.high for one in sizes), default=None)


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


def percent_of_people(percent: Cell, n: Cell, excuse: Excuse) -> Iterator[Finding]:
    """A percentage of n people is 100 x a whole number / n. Blames the percentage; not reproducible where n stands on
    another row, as it may be of something else, and inconsistent where people may be weighted. Cannot see: anything once n
    is so large that every printable percentage is one."""
    if n.number < 1:
        return
    people = percent.interval.times(n.number / 100)
    below, above = math.floor(people.high), math.ceil(people.low)
    if below < above:
        near = [100 * count / n.number for count in (below, above)]
        found = Finding(
            percent.value,
            "percent_of_people",
            f"{below} of {n.printed} is {near[0]:.2f} % and {above} of {n.printed} is {near[1]:.2f} %, so no count gives"
            f" {percent.shown}",
            slack=min(percent.interval.gap(Interval(one, one)) for one in near),
        )
        if excuse.other_denominator:
            found = found.softened(NOT_REPRODUCIBLE, f"it may be of something else than these {n.printed}")
        elif excuse.weights:
            found = found.softened(INCONSISTENT, "people with unequal weights could give it")
        yield found
