"""Numbers of pairs that printed numbers allow: checked against every sum that whole answers can have."""

import itertools
import math

import pytest
import scipy

from dagster_project.simulate.pair_numbers import allows_pairs, finest_step
from dagster_project.simulate.problem import Grid, Target

_EXACT = 1e-7


def _targets(change: str, low: str, high: str, p: str, n: int) -> list[Target]:
    """The intervals of a printed change, interval and p, each half a unit of the last digit wide on either side."""
    intervals = {
        name: (float(text) - 0.5 * 10.0 ** -len(text.split(".")[1]), float(text) + 0.5 * 10.0 ** -len(text.split(".")[1]))
        for name, text in (("mean_change", change), ("ci95_low", low), ("ci95_high", high), ("p", p))
    }
    p_low, p_high = intervals.pop("p")
    ts = (scipy.stats.t.isf(p_high / 2, n - 1), scipy.stats.t.isf(p_low / 2, n - 1))
    return [Target(name, 0, *ends) for name, ends in intervals.items()] + [Target("abs_t", 0, *map(float, ts))]


def test_the_finest_step_divides_every_difference_of_two_scores() -> None:
    grid = Grid(((1, 5),) * 5, 4, 1 / 5)
    step = finest_step(grid)
    scores = [grid.value(total, count) for count in (4, 5) for total in range(count, 5 * count + 1)]
    steps = {(first - second) / step for first, second in itertools.product(scores, scores)}
    assert all(math.isclose(number, round(number), abs_tol=1e-9) for number in steps)
    assert math.gcd(*(round(number) for number in steps)) == 1


@pytest.mark.parametrize(
    ("items", "minimum_answered", "is_possible"), [(4, 4, False), (4, 3, True), (5, 5, False), (6, 6, True)]
)
def test_21_pairs_with_a_change_of_0_37_need_a_missing_item_of_four(
    items: int, minimum_answered: int, is_possible: bool
) -> None:
    """0.37 (-0.03, 0.76), p 0.069: 30 / 84 and 31 / 84 lie on either side of what the interval and p allow."""
    grid = Grid(((1, 5),) * items, minimum_answered, 1 / items)
    targets = _targets("0.37", "-0.03", "0.76", "0.069", 21)
    assert allows_pairs(targets, grid, 21) is is_possible
    # Every whole number of steps, with a grid of standard errors: nothing is between the change and its error but t.
    factor, ends = float(scipy.stats.t.isf(0.025, 20)), {target.statistic: target for target in targets}
    possible = []
    for total in range(1000):
        change = total * finest_step(grid) / 21
        if not 0.36 < change < 0.38:
            continue
        for error in (0.18 + 0.00001 * index for index in range(1500)):
            values = {
                "mean_change": change,
                "ci95_low": change - factor * error,
                "ci95_high": change + factor * error,
                "abs_t": change / error,
            }
            if all(ends[name].low - _EXACT <= value <= ends[name].high + _EXACT for name, value in values.items()):
                possible.append(total)
                break
    assert bool(possible) is is_possible


def test_a_p_of_nearly_one_allows_few_numbers_of_pairs() -> None:
    """0.00 (-0.38, 0.38), p 0.982: with one of five items missing no number of pairs has such a mean, with two some have."""
    for minimum_answered, allowed in ((5, []), (4, []), (3, [16, 5])):
        grid = Grid(((1, 5),) * 5, minimum_answered, 1 / 5)
        numbers = [n for n in range(18, 1, -1) if allows_pairs(_targets("0.00", "-0.38", "0.38", "0.982", n), grid, n)]
        assert numbers == allowed


def test_without_a_printed_change_any_number_of_pairs_will_do() -> None:
    grid = Grid(((1, 5),), 1, 1.0)
    assert allows_pairs([], grid, 2)
    assert not allows_pairs([], grid, 1)
