"""Who left: the raw difference of two shares against R and print, refusals, and what must hold whatever the numbers are."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.statistics.attrition import (
    difference_of_shares,
    standardised_difference,
    standardised_difference_of_shares,
)

Said = dict[tuple[str, str], dict[tuple[str, str], float]]
pytestmark = pytest.mark.filterwarnings("error")


def test_the_difference_of_shares_is_what_r_says(witness: Callable[[str], Said]) -> None:
    compared = 0
    for sample_key, expected in witness("attrition").items():
        for four in {contrast for contrast, _ in expected}:
            for level in (0.95, 0.99):
                result = difference_of_shares(*(float(part) for part in four.split("-")), level=level)
                for name, value in (
                    ("difference", result.difference), (f"low_{level}", result.ci_low), (f"high_{level}", result.ci_high),
                ):  # fmt: skip
                    assert value[0] == pytest.approx(expected[four, name], rel=1e-9, abs=1e-15), (sample_key, four, name)
                    compared += 1
    assert compared >= 30 * 6


def test_the_difference_of_shares_is_what_was_published() -> None:
    """Newcombe 1998, Table II, method 10."""
    result = difference_of_shares([56, 9], [70, 10], [48, 3], [80, 10])
    assert result.ci_low.round(4).tolist() == [0.0524, 0.1705]
    assert result.ci_high.round(4).tolist() == [0.3339, 0.8090]


def test_without_anybody_there_is_no_difference_and_without_variation_there_is() -> None:
    result = difference_of_shares([0, 4], [0, 4], [2, 0], [4, 3])
    assert result.reason == ("nobody in one of the groups", "")
    assert math.isnan(result.ci_low[0])
    assert (result.difference[1], result.ci_high[1]) == (1, 1)
    assert standardised_difference_of_shares(4, 4, 0, 3).reason == ("no variation",)


def test_a_mean_that_is_not_given_is_not_a_lack_of_variation() -> None:
    nan = math.nan
    result = standardised_difference([5, 5, 5], [nan, 1, 1], [1, nan, 0], 5, 1, [1, 1, 0])
    assert result.reason == ("no mean or SD", "no mean or SD", "no variation")


@pytest.mark.parametrize("counts", [(5, 3, 1, 3), (-1, 3, 1, 3), (1, 3, 4, 3)])
def test_a_count_lies_within_its_n(counts: tuple[int, int, int, int]) -> None:
    for method in (difference_of_shares, standardised_difference_of_shares):
        with pytest.raises(ValueError, match=r"^a count lies outside 0 to its n; give counts of people out of n people$"):
            method(*counts)


@pytest.mark.parametrize("moments", [(-3, 1, 1, 5, 1, 1), (3, 1, -1, 5, 1, 1)])
def test_moments_are_not_negative(moments: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"^a number of people or an SD is negative; give counts of people and SDs, NaN"):
        standardised_difference(*moments)


_group = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(_group, _group)
def test_swapping_the_groups_turns_the_difference_round(one: tuple[int, int], other: tuple[int, int]) -> None:
    result, swapped = difference_of_shares(*one, *other), difference_of_shares(*other, *one)
    assert -1 <= result.ci_low[0] <= result.difference[0] <= result.ci_high[0] <= 1
    assert (swapped.ci_low[0], swapped.ci_high[0]) == (-result.ci_high[0], -result.ci_low[0])
    counted_the_other_way = difference_of_shares(one[1] - one[0], one[1], other[1] - other[0], other[1])
    assert counted_the_other_way.ci_low[0] == pytest.approx(-result.ci_high[0], abs=1e-12)
