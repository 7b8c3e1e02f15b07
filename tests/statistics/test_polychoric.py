"""Polychoric correlations and reliability from them, against R, at the limits, and what must hold for any table."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dagster_project.statistics import bivariate_normal_cdf, ordinal_reliability, polychoric

Said = dict[tuple[str, str], dict[tuple[str, str], float]]
Counts = NDArray[np.float64]
pytestmark = pytest.mark.filterwarnings("error")


def _counts(first: Counts, second: Counts) -> Counts:
    table = np.zeros((int(first.max()) + 1, int(second.max()) + 1))
    np.add.at(table, (first.astype(int), second.astype(int)), 1)
    return table


def _tables(answers: Counts) -> list[list[Counts]]:
    items = answers.shape[1]
    return [[_counts(answers[:, i], answers[:, j]) for j in range(i + 1, items)] for i in range(items - 1)]


@pytest.mark.parametrize(("name", "items"), [("five", 6), ("skew", 5), ("yes", 4)])
def test_correlations_alpha_and_omega_are_what_r_says(witness: Callable[[str], Said], name: str, items: int) -> None:
    said = witness("ordinal")["made", name]
    answers = np.array([[said[f"{i}-{j}", "data"] for j in range(1, items + 1)] for i in range(1, 301)])
    for i, j in itertools.combinations(range(items), 2):
        estimate = polychoric(_counts(answers[:, i], answers[:, j]))
        assert estimate.rho == pytest.approx(said[f"{i + 1}-{j + 1}", "polychoric"], abs=1e-7)
        assert estimate.reason == ""
    assert said["", "lavaan_differs_by"] < 1e-7
    reliability = ordinal_reliability(_tables(answers), 300)
    assert reliability.alpha == pytest.approx(said["", "alpha"], rel=1e-6)
    assert reliability.omega == pytest.approx(said["", "omega"], rel=1e-6)


def test_probabilities_of_two_normal_numbers_are_those_of_scipy() -> None:
    points = [-math.inf, -2.3, -0.4, 0.0, 0.7, 1.9, math.inf]
    for rho in (-0.95, -0.3, 0.0, 0.6, 0.999):
        for x, y in itertools.product(points, points):
            theirs = scipy.stats.multivariate_normal.cdf([x, y], cov=[[1, rho], [rho, 1]]) if x > -math.inf < y else 0.0
            assert bivariate_normal_cdf([x], [y], rho)[0] == pytest.approx(theirs, abs=1e-12), (x, y, rho)


def test_what_has_no_correlation_has_a_reason() -> None:
    assert polychoric(np.zeros((3, 3))).reason == "nobody answered all items"
    assert polychoric([[3, 4, 5]]).reason == "an item has the same answer from everybody"
    # An answer that nobody gave is none.
    assert polychoric([[3, 0, 5], [4, 0, 2]]) == polychoric([[3, 5], [4, 2]])
    top = "two items are answered as one: their likelihood has no top below 1"
    assert polychoric([[5, 0], [0, 7]]).reason == top
    assert polychoric([[0, 5], [7, 0]]).reason == top
    assert math.isnan(polychoric([[5, 0], [0, 7]]).rho)
    with pytest.raises(ValueError, match=r"^counts is a table of people by both answers, none of them negative$"):
        polychoric([[1, -1], [2, 3]])
    assert ordinal_reliability([], 9).alpha_reason == "one item"
    tied = ordinal_reliability([[np.array([[5.0, 0], [0, 7]])]], 12)
    assert (tied.alpha_reason, tied.omega_reason) == (top, top)
    two = ordinal_reliability([[np.array([[5.0, 3], [2, 7]])]], 17)
    rho = polychoric([[5, 3], [2, 7]]).rho
    assert two.alpha == pytest.approx(2 * rho / (1 + rho))
    assert (math.isnan(two.omega), two.omega_reason) == (True, "fewer than three items")
    # Two items that go against each other by more than they are alike.
    against = ordinal_reliability([[np.array([[1.0, 9], [9, 1]])]], 20)
    assert against.alpha == pytest.approx(2 * polychoric([[1, 9], [9, 1]]).rho / (1 + polychoric([[1, 9], [9, 1]]).rho))


@given(st.lists(st.lists(st.integers(1, 60), min_size=3, max_size=3), min_size=2, max_size=4))
@pytest.mark.slow
def test_a_correlation_does_not_depend_on_which_item_comes_first_and_turns_with_its_answers(counts: list[list[int]]) -> None:
    table = np.array(counts, dtype=float)
    rho = polychoric(table).rho
    assert -1 < rho < 1
    assert polychoric(table.T).rho == pytest.approx(rho, abs=1e-8)
    assert polychoric(table[::-1]).rho == pytest.approx(-rho, abs=1e-8)
    assert polychoric(7 * table).rho == pytest.approx(rho, abs=1e-8)
