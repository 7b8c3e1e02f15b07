"""Rules on whole answers: the means and SDs that sums of whole numbers can have.

Belongs here: GRIM, GRIMMER, DEBIT and whole ends. Does not belong here: prorated scores; they lie on no grid, and these
rules must not be asked.

GRIM: Brown and Heathers 2017, Social Psychological and Personality Science 8(4), 363-369. GRIMMER: Anaya 2016, PeerJ
Preprints 4:e2400v1, with Allard's bounds (2018). DEBIT: Heathers and Brown 2019. Each is silent where every printable value
is possible.
"""

import math
from collections.abc import Iterator

from dagster_project.audit.findings import Cell, Cells, Finding
from dagster_project.audit.intervals import Interval
from dagster_project.audit.scores import of_population

#: So many sums or more that a printed mean may stand for are not tried.
_MANY = 10_000


def grim(cells: Cells, steps: int) -> Iterator[Finding]:
    """mean x n x steps is a whole number. steps: how many equal steps a point of the score has, e.g. the items of a mean
    score, 1 for a sum. Blames the mean. Cannot see: means of so many people that every printable mean is one."""
    if not {"n", "mean"} <= set(cells) or cells["n"].number < 1:
        return
    parts = cells["n"].number * steps
    total = cells["mean"].interval.times(parts)
    if math.floor(total.high) < math.ceil(total.low):
        below, above = math.floor(total.low), math.ceil(total.high)
        near = min((below / parts, above / parts), key=lambda one: abs(one - cells["mean"].number))
        of = f"{cells['n'].printed}" if steps == 1 else f"({cells['n'].printed} x {steps})"
        yield Finding(
            cells["mean"].value,
            "grim",
            f"the mean of {cells['n'].printed} {_scores(steps)} is a whole number over {of}: {below} / {parts:g} ="
            f" {below / parts:.6g} or {above} / {parts:g} = {above / parts:.6g}, not {cells['mean'].printed}",
            slack=cells["mean"].interval.gap(Interval(near, near)),
        )


def _scores(steps: int) -> str:
    return "whole scores" if steps == 1 else f"means of {steps} whole answers"


def grimmer(cells: Cells, steps: int) -> Iterator[Finding]:
    """The squares of whole numbers add up to a whole number that is even when their sum is. Blames the SD. Asked only of few
    people: with many, every printable SD is possible."""
    if not {"n", "mean", "sd"} <= set(cells):
        return
    n, mean, sd = int(cells["n"].number), cells["mean"].interval.times(steps), cells["sd"].interval.times(steps)
    if n < 2 or sd.low < 0:
        return
    totals = range(math.ceil(mean.low * n), math.floor(mean.high * n) + 1)
    if not totals or len(totals) > _MANY or any(_has_squares(n, total, sd, n - 1) for total in totals):
        return
    total = totals[0]
    low, high = _squares(n, total, sd, n - 1)
    found = Finding(
        cells["sd"].value,
        "grimmer",
        f"{n} {_scores(steps)} with mean {cells['mean'].printed} add up to {total}"
        + (f" (in steps of 1 / {steps})" if steps > 1 else "")
        + f", and their squares to (n - 1) SD² + ({total})² / {n} = {low:.7g} to {high:.7g} for an SD that prints"
        f" {cells['sd'].printed}; the squares of whole numbers add up to a whole number as"
        f" {'odd' if total % 2 else 'even'} as"
        f" {total}, and none lies there" + (f", nor for the sums up to {totals[-1]}" if len(totals) > 1 else ""),
    )
    yield of_population(any(_has_squares(n, total, sd, n) for total in totals), found)


def _squares(n: int, total: int, sd: Interval, divisor: int) -> tuple[float, float]:
    """The sums of squares that the SD allows; divisor: n - 1, or n of a population's SD."""
    return divisor * max(0.0, sd.low) ** 2 + total**2 / n, divisor * sd.high**2 + total**2 / n


def _has_squares(n: int, total: int, sd: Interval, divisor: int) -> bool:
    low, high = _squares(n, total, sd, divisor)
    least, most = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    return (least if (least - total) % 2 == 0 else least + 1) <= most


def debit(cells: Cells) -> Iterator[Finding]:
    """The SD of zeros and ones is root(mean (1 - mean) n / (n - 1)). Blames the SD."""
    if not {"n", "mean", "sd"} <= set(cells) or cells["n"].number < 2:
        return
    n, mean = cells["n"].number, cells["mean"].interval.meet(Interval(0.0, 1.0))
    if mean.is_empty:
        return
    places = [mean.low, mean.high, *([0.5] if mean.low <= 0.5 <= mean.high else [])]
    found = [math.sqrt(place * (1 - place) * n / (n - 1)) for place in places]
    allowed = Interval(min(found), max(found))
    if cells["sd"].interval.misses(allowed):
        blamed = Finding(
            cells["sd"].value,
            "debit",
            f"the SD of {n:g} zeros and ones with mean {cells['mean'].printed} is root(mean (1 - mean) n / (n - 1)) ="
            f" {allowed}, not {cells['sd'].printed}",
            slack=cells["sd"].interval.gap(allowed),
        )
        yield of_population(not cells["sd"].interval.misses(allowed.times(math.sqrt((n - 1) / n))), blamed)


def whole_ends(cells: Cells, steps: int) -> Iterator[Finding]:
    """A minimum or maximum is some person's score, a whole number of steps. Blames it."""
    for name in ("min", "max"):
        if name in cells:
            yield from _whole(cells[name], name, steps)


def _whole(cell: Cell, name: str, steps: int) -> Iterator[Finding]:
    inside = cell.interval.times(steps)
    if math.floor(inside.high) < math.ceil(inside.low):
        below, above = math.floor(inside.low), math.ceil(inside.high)
        yield Finding(
            cell.value,
            "whole_ends",
            f"the {name} is one person's score, {below} / {steps} = {below / steps:.4g} or {above} / {steps} ="
            f" {above / steps:.4g}, not {cell.printed}",
            slack=min(cell.interval.gap(Interval(end / steps, end / steps)) for end in (below, above)),
        )
