"""Rules on the moments, or groups, of one score against each other.

Belongs here: spreads, means and numbers of people that are unlike each other beyond what one measure has. Does not belong
here: what follows exactly (change_means.py, totals.py).

A measure may be so by its nature: several such rows of a table are no slip, and a lone one is not reproducible at most.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import permutations

from dagster_project.audit.change_row import ChangeRow
from dagster_project.audit.findings import Finding, RowCells
from dagster_project.audit.outcome import Outcome
from dagster_project.audit.rule import Rule

UNLIKE_MOMENTS = Rule(
    "unlike_moments",
    "The SDs of one measure are of one size, and its means not eight SDs apart.",
    "n of 8 or more and SD of two moments or groups; for means also these",
    "the SD that looks like a standard error, or the number that is far from the others",
    "A: n 50, mean 20.1, sd 6.4; B: n 49, mean 21.0, sd 0.9",
    "SD1 / SD2 is neither 8 or more, nor about root(n) and 3.5 or more",
)
NUMBER_OF_PAIRS = Rule(
    "number_of_pairs",
    "Where the pairs of a table's other scores are everybody at both moments, those of one score are not far fewer.",
    "n of the pairs and of both moments, in three rows or more",
    "the number that differs",
    "T1: n 60, mean 3.0; T2: n 60, mean 3.1; T1-T2: n 30, change -0.1",
)
_MIN_SD_RATIO, _MIN_ERROR_RATIO, _ERROR_SHARE = 8.0, 3.5, 0.4
#: Of fewer people, SDs may differ so by chance.
_MIN_PEOPLE = 8
_MAX_DISTANCE = 8.0
#: So many SDs below another mean, and at so small a share of it, people may be at the end of a scale and differ less.
_END_DISTANCE, _END_SHARE = 0.5, 0.5
#: From this ratio of numbers of people on it is no loss of single answers.
_MIN_PEOPLE_RATIO = 1.2


def unlike_moments(moments: Sequence[RowCells]) -> Iterator[Outcome]:
    with_sd = [
        cells for cells in moments
        if {"n", "sd"} <= set(cells) and cells["sd"].interval.low > 0 and cells["n"].number >= _MIN_PEOPLE
    ]  # fmt: skip
    if len(with_sd) < 2:
        return
    sds = tuple(cells["sd"] for cells in with_sd)
    yield Outcome("unlike_moments of sd", sds, _like_error(with_sd), 0.1, 1.0)
    with_mean = [cells for cells in with_sd if "mean" in cells]
    if len(with_mean) >= 2:
        yield Outcome(
            "unlike_moments of mean", tuple(cells["mean"] for cells in with_mean), _distant_means(with_mean), 0.1, 1.0
        )


def _like_error(moments: Sequence[RowCells]) -> tuple[Finding, ...]:
    for large, small in permutations(moments, 2):
        ratio = large["sd"].interval.low / small["sd"].interval.high
        root = math.sqrt(small["n"].number)
        words = f"the SDs {large['sd'].text} and {small['sd'].text} of one measure differ {ratio:.3g}-fold"
        if ratio >= _MIN_ERROR_RATIO and abs(ratio / root - 1) <= _ERROR_SHARE and not _is_at_an_end(large, small):
            error_words = f"{words}, about root(n) = {root:.3g}: {small['sd'].text} looks like a standard error"
            return (UNLIKE_MOMENTS.finding(small["sd"], error_words),)
        if ratio >= _MIN_SD_RATIO:
            return (UNLIKE_MOMENTS.finding(large["sd"], words),)
    return ()


def _is_at_an_end(large: RowCells, small: RowCells) -> bool:
    """Whether the mean of the small SD is so much lower that those people may all be near the low end of the scale."""
    if not {"mean"} <= set(large) & set(small):
        return False
    large_mean, small_mean = large["mean"].number, small["mean"].number
    is_far = abs(large_mean - small_mean) >= _END_DISTANCE * large["sd"].interval.high
    return is_far and abs(small_mean) <= _END_SHARE * abs(large_mean)


def _distant_means(moments: Sequence[RowCells]) -> tuple[Finding, ...]:
    sd = max(cells["sd"].interval.high for cells in moments)
    for large, small in permutations(moments, 2):
        distance = abs(large["mean"].number - small["mean"].number)
        if distance > _MAX_DISTANCE * sd and abs(large["mean"].number) > abs(small["mean"].number):
            words = (
                f"the means {large['mean'].text} and {small['mean'].text} of one measure are {distance / sd:.3g} SDs apart"
            )
            return (UNLIKE_MOMENTS.finding(large["mean"], words),)
    return ()


def number_of_pairs(row: ChangeRow) -> Outcome | None:
    sizes = row.summary_cells("n")
    if "n" not in row.cells or len(sizes) < 2 or row.cells["n"].number < 1:
        return None
    cells = (row.cells["n"], *sizes)
    numbers = [cell.number for cell in cells]
    if min(numbers) == max(numbers):
        return Outcome("number_of_pairs", cells, (), 0.1)
    if numbers[0] == sum(numbers[1:]) or max(numbers) < _MIN_PEOPLE_RATIO * min(numbers):
        return None
    words = f"{cells[0].text} pairs of {sizes[0].text} and {sizes[1].text} people"
    return Outcome("number_of_pairs", cells, (NUMBER_OF_PAIRS.finding(cells[0], words),), 0.1, -1.0)
