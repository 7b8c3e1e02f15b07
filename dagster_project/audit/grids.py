"""Rules on whole answers: the means and SDs that sums of whole numbers can have.

Belongs here: GRIM, GRIMMER, DEBIT and whole ends. Does not belong here: prorated scores, which lie on no grid, so that these
rules do not apply.

GRIM: Brown and Heathers 2017, Social Psychological and Personality Science 8(4), 363-369. GRIMMER: Anaya 2016, PeerJ
Preprints 4:e2400v1, with Allard's bounds (2018). DEBIT: Heathers and Brown 2019. Each reports nothing where every printed
value is possible.
"""

import math
from collections.abc import Iterator

from dagster_project.audit.findings import Finding, RowCells, TableCell
from dagster_project.audit.intervals import Interval
from dagster_project.audit.rule import Rule
from dagster_project.audit.scores import of_population

GRIM = Rule(
    "grim",
    "The mean of n whole answers, times n and the number of items, is a whole number (GRIM).",
    "n and mean, and the number of items",
    "the mean",
    "items 7, aggregate sum, low 0, high 6 | T1: n 12, mean 20.55",
    "mean n items is whole",
    "Brown and Heathers 2017, Social Psychological and Personality Science 8, 363-369",
)
GRIMMER = Rule(
    "grimmer",
    "The squares of whole answers add up to a whole number, even where their sum is (GRIMMER).",
    "n, mean and SD, and the number of items",
    "the SD",
    "items 7, aggregate sum, low 0, high 6 | T1: n 4, mean 2.00, sd 1.53",
    "(n - 1) SD² + sum² / n is whole, and as even as the sum",
    "Anaya 2016, PeerJ Preprints 4:e2400v1; Allard 2018",
)
DEBIT = Rule(
    "debit",
    "The SD of zeros and ones follows from their mean (DEBIT).",
    "n, mean and SD of one item from 0 to 1",
    "the SD",
    "items 1, aggregate mean, low 0, high 1 | T1: n 10, mean 0.30, sd 0.44",
    "SD = root(mean (1 - mean) n / (n - 1))",
    "Heathers and Brown 2019, DEBIT",
)
WHOLE_ENDS = Rule(
    "whole_ends",
    "A minimum or maximum is one person's score, so a whole number of steps.",
    "it, and the number of items",
    "it",
    "items 4, aggregate mean, low 1, high 5 | T1: max 4.30",
)
#: GRIMMER is skipped where more sums than this fit the printed mean.
_MAX_TOTALS = 10_000


def can_detect(cells: RowCells, steps: int) -> bool:
    """Whether there are numbers that n whole answers cannot have: n is not so large that every printed mean is possible."""
    if not {"n", "mean"} <= set(cells) or cells["n"].number < 1:
        return False
    mean = cells["mean"].interval
    return cells["n"].number * steps * (mean.high - mean.low) < 1


def grim(cells: RowCells, steps: int) -> Iterator[Finding]:
    """mean x n x steps is a whole number. steps: how many equal steps a point of the score has, e.g. the items of a mean
    score, 1 for a sum. Blames the mean. Cannot detect: errors once n is so large that every printed mean is possible."""
    if not {"n", "mean"} <= set(cells) or cells["n"].number < 1:
        return
    n_steps = cells["n"].number * steps
    total = cells["mean"].interval.times(n_steps)
    if math.floor(total.high) < math.ceil(total.low):
        lower, upper = math.floor(total.low), math.ceil(total.high)
        nearest = min((lower / n_steps, upper / n_steps), key=lambda mean: abs(mean - cells["mean"].number))
        denominator_text = f"{cells['n'].text}" if steps == 1 else f"({cells['n'].text} x {steps})"
        yield GRIM.finding(
            cells["mean"],
            f"the mean of {cells['n'].text} {_scores_text(steps)} is a whole number over {denominator_text}: {lower} /"
            f" {n_steps:g} = {lower / n_steps:.6g} or {upper} / {n_steps:g} ="
            f" {upper / n_steps:.6g}, not {cells['mean'].text}",
            slack=cells["mean"].interval.gap(Interval(nearest, nearest)),
        )


def _scores_text(steps: int) -> str:
    return "whole scores" if steps == 1 else f"means of {steps} whole answers"


def grimmer(cells: RowCells, steps: int) -> Iterator[Finding]:
    """The squares of whole numbers add up to a whole number that is even when their sum is. Blames the SD. For few people
    only: with many, every printed SD is possible."""
    if not {"n", "mean", "sd"} <= set(cells):
        return
    n, mean, sd = int(cells["n"].number), cells["mean"].interval.times(steps), cells["sd"].interval.times(steps)
    if n < 2 or sd.low < 0:
        return
    totals = range(math.ceil(mean.low * n), math.floor(mean.high * n) + 1)
    if not totals or len(totals) > _MAX_TOTALS or any(_has_squares(n, total, sd, n - 1) for total in totals):
        return
    total = totals[0]
    low, high = _squares(n, total, sd, n - 1)
    finding = GRIMMER.finding(
        cells["sd"],
        f"{n} {_scores_text(steps)} with mean {cells['mean'].text} add up to {total}"
        + (f" (in steps of 1 / {steps})" if steps > 1 else "")
        + f", and their squares to (n - 1) SD² + ({total})² / {n} = {low:.7g} to {high:.7g} for an SD that prints"
        f" {cells['sd'].text}; the squares of whole numbers add up to a whole number as"
        f" {'odd' if total % 2 else 'even'} as"
        f" {total}, and none lies there" + (f", nor for the sums up to {totals[-1]}" if len(totals) > 1 else ""),
    )
    yield of_population(any(_has_squares(n, total, sd, n) for total in totals), finding)


def _squares(n: int, total: int, sd: Interval, divisor: int) -> tuple[float, float]:
    """The sums of squares that the SD allows. divisor: n - 1, or n for a population SD."""
    return divisor * max(0.0, sd.low) ** 2 + total**2 / n, divisor * sd.high**2 + total**2 / n


def _has_squares(n: int, total: int, sd: Interval, divisor: int) -> bool:
    low, high = _squares(n, total, sd, divisor)
    lowest, highest = math.ceil(low - 1e-9), math.floor(high + 1e-9)
    return (lowest if (lowest - total) % 2 == 0 else lowest + 1) <= highest


def debit(cells: RowCells) -> Iterator[Finding]:
    """The SD of zeros and ones is root(mean (1 - mean) n / (n - 1)). Blames the SD."""
    if not {"n", "mean", "sd"} <= set(cells) or cells["n"].number < 2:
        return
    n, mean = cells["n"].number, cells["mean"].interval.intersection(Interval(0.0, 1.0))
    if mean.is_empty:
        return
    mean_values = [mean.low, mean.high, *([0.5] if mean.low <= 0.5 <= mean.high else [])]
    sds = [math.sqrt(m * (1 - m) * n / (n - 1)) for m in mean_values]
    bounds = Interval(min(sds), max(sds))
    if cells["sd"].interval.is_disjoint(bounds):
        finding = DEBIT.finding(
            cells["sd"],
            f"the SD of {n:g} zeros and ones with mean {cells['mean'].text} is root(mean (1 - mean) n / (n - 1)) ="
            f" {bounds}, not {cells['sd'].text}",
            slack=cells["sd"].interval.gap(bounds),
        )
        yield of_population(not cells["sd"].interval.is_disjoint(bounds.times(math.sqrt((n - 1) / n))), finding)


def whole_ends(cells: RowCells, steps: int) -> Iterator[Finding]:
    """A minimum or maximum is one person's score, a whole number of steps. Blames it."""
    for name in ("min", "max"):
        if name in cells:
            yield from _whole_end(cells[name], name, steps)


def _whole_end(cell: TableCell, name: str, steps: int) -> Iterator[Finding]:
    steps_interval = cell.interval.times(steps)
    if math.floor(steps_interval.high) < math.ceil(steps_interval.low):
        lower, upper = math.floor(steps_interval.low), math.ceil(steps_interval.high)
        yield WHOLE_ENDS.finding(
            cell,
            f"the {name} is one person's score, {lower} / {steps} = {lower / steps:.4g} or {upper} / {steps} ="
            f" {upper / steps:.4g}, not {cell.text}",
            slack=min(cell.interval.gap(Interval(end / steps, end / steps)) for end in (lower, upper)),
        )
