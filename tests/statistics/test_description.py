"""Descriptives, shares, norms, reliability, who left, missing data and imputation against R, and what must hold anyway."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dagster_project.statistics import (
    cronbach_alpha,
    describe,
    looks_unreversed,
    mcnemar_exact,
    norm_difference,
    omega_one_factor,
    paired_difference,
    percent,
    reliable_change,
    share_by_mcid,
    share_reliable,
    standardised_difference,
    standardised_difference_of_shares,
    wilson,
)

Matrix = NDArray[np.float64]
Scores = dict[tuple[str, str], Matrix]
Said = dict[tuple[str, str], dict[tuple[str, str], float]]
pytestmark = pytest.mark.filterwarnings("error")
WAVES = ("t1", "t2", "t3")


@pytest.fixture(scope="module")
def said(witness: Callable[[str], Said]) -> Said:
    return witness("description")


def _agrees(ours: float, theirs: float, tolerance: float, label: object) -> None:
    assert ours == pytest.approx(theirs, rel=tolerance, abs=1e-13, nan_ok=True), label


def test_descriptives_are_what_r_says(scores: Scores, said: Said) -> None:
    for sample_key, matrix in scores.items():
        for index, wave in enumerate(WAVES):
            values = matrix[np.isfinite(matrix[:, index]), index]
            ours = describe(values, np.ones(len(values)), 1, 5)
            for name in (
                "n",
                "mean",
                "sd",
                "se",
                "median",
                "q1",
                "q3",
                "min",
                "max",
                "skewness",
                "floor",
                "ceiling",
                "ci_low",
                "ci_high",
            ):
                assert getattr(ours, name) == pytest.approx(said[sample_key][wave, name], rel=1e-9, abs=1e-11), (
                    sample_key,
                    wave,
                    name,
                )


def test_a_table_of_counts_describes_its_people(scores: Scores) -> None:
    values = scores["large", "discrete"][:, 0]
    distinct, counts = np.unique(values, return_counts=True)
    assert describe(distinct, counts, 5, 25) == describe(values, np.ones(400), 5, 25)


def test_norms_are_what_r_says(scores: Scores, said: Said) -> None:
    for sample_key, matrix in scores.items():
        for index, wave in enumerate(WAVES):
            values, expected = matrix[np.isfinite(matrix[:, index]), index], said[sample_key]
            norm = (expected[wave, "norm_mean"], expected[wave, "norm_sd"])
            welch = norm_difference(len(values), values.mean(), values.std(ddof=1), *norm, 40, margin=0.5)
            result = norm_difference(len(values), values.mean(), values.std(ddof=1), *norm, math.nan)
            for name, value in (
                ("welch_t", welch.t), ("welch_df", welch.df), ("welch_p", welch.p), ("tost", welch.p_equivalence),
                ("welch_low", welch.ci_low + norm[0]), ("welch_high", welch.ci_high + norm[0]),
                ("one_t", result.t), ("one_p", result.p),
            ):  # fmt: skip
                theirs = expected[wave, name] + (norm[0] if name in ("welch_low", "welch_high") else 0)
                _agrees(
                    value[0], theirs, 1e-9 if name[-2:] != "_t" or abs(theirs) > 1e-6 else 1e-6, (sample_key, wave, name)
                )
            assert welch.ci_low_sd[0] == pytest.approx(welch.ci_low[0] / norm[1])
            assert (welch.method[0][:5], result.method[0][:3]) == ("Welch", "one")


def test_a_mean_at_its_norm_is_similar_only_if_the_interval_says_so() -> None:
    result = norm_difference([200, 8], [50, 50], [10, 10], [50, 50], [10, 10], [math.nan, math.nan], margin=0.5)
    assert result.p_equivalence[0] < 0.001
    assert result.p_equivalence[1] > 0.05
    # Two one-sided tests at 5 % are the 90 % interval inside the margin.
    narrow = norm_difference([30, 30], [52, 53], [10, 10], [50, 50], [10, 10], [500, 500], level=0.9, margin=0.5)
    is_inside = (narrow.ci_low_sd > -0.5) & (narrow.ci_high_sd < 0.5)
    assert is_inside.tolist() == (narrow.p_equivalence < 0.05).tolist()
    with pytest.raises(ValueError, match=r"^margin 0 is not above 0; give it in norm SDs, e\.g\. 0\.5$"):
        norm_difference(3, 1, 1, 1, 1, 9, margin=0)


def test_shares_are_what_r_says(said: Said) -> None:
    for (kind, name), expected in said.items():
        if kind == "shares":
            for (n, statistic), value in expected.items():
                low, high = wilson(float(name), float(n))
                _agrees((low if statistic == "wilson_low" else high)[0], value, 1e-9, (name, n))
        elif kind == "discordant":
            for (discordant, _), value in expected.items():
                _agrees(mcnemar_exact(float(name), float(discordant))[0], value, 1e-9, (name, discordant))
        elif kind == "paired":
            result = paired_difference(*(float(part) for part in name.split("-")))
            _agrees(result.ci_low[0], expected["", "low"], 1e-9, name)
            _agrees(result.ci_high[0], expected["", "high"], 1e-9, name)
            assert result.ci_low[0] <= result.difference[0] <= result.ci_high[0]
        elif kind == "two shares":
            difference = standardised_difference_of_shares(*(float(part) for part in name.split("-")))
            _agrees(difference.difference[0], expected["", "difference"], 1e-9, name)
            if ("", "half") in expected:
                _agrees(difference.ci_high[0] - difference.difference[0], expected["", "half"], 1e-8, name)
    assert math.isnan(wilson(0, 0)[0][0])
    assert paired_difference(0, 0, 0, 0).reason == ("nobody answered in both",)


def test_those_who_left_are_what_r_says(scores: Scores, said: Said) -> None:
    compared = 0
    for sample_key, matrix in scores.items():
        if ("left", "g") not in said[sample_key]:
            continue
        first, is_there = matrix[:, 0], np.isfinite(matrix[:, 2])
        groups = [group[np.isfinite(group)] for group in (first[is_there], first[~is_there])]
        moments = [(len(group), group.mean(), group.std(ddof=1)) for group in groups]
        result = standardised_difference(*moments[0], *moments[1])
        for name, value in (("g", result.difference), ("g_low", result.ci_low), ("g_high", result.ci_high)):
            _agrees(value[0], said[sample_key]["left", name], 1e-9, (sample_key, name))
        compared += 1
    assert compared >= 20
    nan = math.nan
    two = standardised_difference(
        [0, 1, 3, 1], [nan, 4, 2, 4], [nan, nan, 0, nan], [4, 5, 3, 1], [1, 2, 2, 1], [1, 1, 0, nan]
    )
    assert two.reason == ("nobody in one of the groups", "", "no variation", "too few people")
    assert standardised_difference_of_shares(0, 4, 0, 3).reason == ("no variation",)


def test_reliability_is_what_r_says(items: Scores, said: Said) -> None:
    for sample_key, matrix in items.items():
        expected, covariance = said[sample_key], np.cov(matrix.T)
        assert len(matrix) == expected["items", "n"]
        alpha, omega = cronbach_alpha(covariance, len(matrix)), omega_one_factor(covariance, len(matrix))
        for name, value in (("alpha", alpha.alpha), ("alpha_low", alpha.ci_low), ("alpha_high", alpha.ci_high)):
            _agrees(value, expected["items", name], 1e-9, (sample_key, name))
        for item in range(matrix.shape[1]):
            _agrees(alpha.item_rest[item], expected["items", f"item_rest_{item + 1}"], 1e-9, (sample_key, item))
            _agrees(alpha.alpha_if_deleted[item], expected["items", f"without_{item + 1}"], 1e-9, (sample_key, item))
        _agrees(omega.omega, expected["items", "omega"], 1e-6, sample_key)
    assert looks_unreversed(np.cov(items["awkward", "one_item_turned"].T), 24) == [(3, "sure")]
    assert looks_unreversed(np.cov(items["large", "eight"].T), 366) == []


def test_a_turned_item_is_found_and_turned_back() -> None:
    generator = np.random.default_rng(6)
    answers = generator.normal(size=(60, 1)) + generator.normal(size=(60, 5))
    answers[:, 2] *= -1
    assert [item for item, _ in looks_unreversed(np.cov(answers.T), 60)] == [2]
    answers[:, 2] *= -1
    assert looks_unreversed(np.cov(answers.T), 60) == []


@pytest.mark.parametrize(
    ("covariance", "n", "of_alpha", "of_omega"),
    [
        (np.full((3, 3), np.nan), 0, "nobody answered all items", "nobody answered all items"),
        (np.full((3, 3), np.nan), 1, "one person answered all items", "one person answered all items"),
        ([[2.0]], 9, "one item", "fewer than three items"),
        (np.zeros((3, 3)), 9, "no variation", "item 1 of the scale does not vary"),
        (np.ones((3, 3)), 9, "", "items depend on one another"),
        (np.eye(3) + 1, 3, "", "no more people than items"),
        ([[1, 0.8, 0.8], [0.8, 1, 0.6], [0.8, 0.6, 1]], 40, "", "Heywood case: an item has no variance of its own"),
    ],
)
def test_degenerate_reliability_has_a_defined_answer(
    covariance: list[list[float]], n: int, of_alpha: str, of_omega: str
) -> None:
    assert cronbach_alpha(covariance, n).reason == of_alpha
    assert omega_one_factor(covariance, n).reason == of_omega


def test_reliable_change_is_what_was_published() -> None:
    """Jacobson and Truax 1991, p. 14: SD 7.5, reliability .80, from 47.5 to 32.5: S_diff 4.74, RC -3.16."""
    result = reliable_change(7.5, 0.80)
    assert round(result.standard_error_difference, 2) == 4.74
    assert round((32.5 - 47.5) / result.standard_error_difference, 2) == -3.16
    changes, counts = [-15.0, -9.0, 0.0, 9.29, 9.31, 12.0], [1, 2, 3, 1, 1, 4]
    shares = share_reliable(changes, counts, result.threshold, better_sign=-1)
    assert (shares.improved, shares.unchanged, shares.worsened) == (1, 6, 5)
    important = share_by_mcid(changes, counts, 9.0, better_sign=1)
    assert (important.improved, important.unchanged, important.worsened) == (6, 3, 3)
    assert reliable_change(math.nan, 0.8).reason == "no SD at baseline"
    assert reliable_change(2, -0.2).reason == "the reliability lies outside 0 to 1"
    assert reliable_change(2, math.nan).reason == "no reliability"


def test_degenerate_descriptions_have_a_defined_answer() -> None:
    assert describe([], [], 1, 5).reason == "nobody answered"
    assert describe([3], [1], 1, 5).reason == "one person has no SD"
    assert describe([3], [4], 1, 5).reason == "no variation"
    assert describe([1, 5], [1, 1], 1, 5).reason == "skewness needs three people"
    assert (describe([1, 5], [1, 3], 1, 5).floor, describe([1, 5], [1, 3], 1, 5).ceiling) == (0.25, 0.75)
    assert norm_difference([0, 1, 5], [math.nan, 2, 2], [math.nan, math.nan, 0], 1, 2, math.nan).reason == (
        "nobody answered", "one person has no SD", "no variation",
    )  # fmt: skip
    assert math.isnan(percent(0, 0)[0])
    with pytest.raises(ValueError, match=r"^a count is negative or not whole; give how many people have each value$"):
        describe([1], [-1], 1, 5)
    with pytest.raises(ValueError, match=r"^values and counts differ in length; give one count a value$"):
        describe([1, 2], [1], 1, 5)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 40), min_size=2, max_size=60))
def test_quartiles_lie_in_order_and_turn_with_the_scale(values: list[int]) -> None:
    weights = np.ones(len(values))
    result, mirrored = describe(values, weights, 0, 40), describe([40 - value for value in values], weights, 0, 40)
    assert result.min <= result.q1 <= result.median <= result.q3 <= result.max
    assert (mirrored.median, mirrored.q1, mirrored.floor) == pytest.approx(
        (40 - result.median, 40 - result.q3, result.ceiling)
    )
    assert np.percentile(values, [25, 50, 75]) == pytest.approx([result.q1, result.median, result.q3])


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 400), st.floats(0, 1))
def test_wilson_stays_inside_and_encloses_the_share(n: int, share: float) -> None:
    count = round(share * n)
    low, high = wilson(count, n)
    assert 0 <= low[0] <= count / n <= high[0] <= 1


@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e3])
def test_an_item_whose_others_sum_up_alike_for_everybody_has_no_correlation(unit: float) -> None:
    """In R cor(c(2, 2, 1), c(7, 7, 7)) is NA. What is left of the sum's variance is rounding."""
    answers = np.array([[2, 2, 3, 2], [2, 2, 2, 3], [3, 1, 2, 2]])
    deviations = answers - answers.mean(axis=0)
    of_items = cronbach_alpha(unit * deviations.T @ deviations / 2, 3).item_rest
    assert np.isnan(of_items[1])
    expected = [np.corrcoef(answers[:, item], answers.sum(axis=1) - answers[:, item])[0, 1] for item in (0, 2, 3)]
    assert of_items[[0, 2, 3]] == pytest.approx(expected, rel=1e-9)
