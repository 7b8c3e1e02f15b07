"""Independent groups: means, shares and categories against R and print, what is undefined, and what must hold for any numbers."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.statistics import (
    CategoryDifference,
    difference_in_sds,
    fisher_exact,
    hedges_factor,
    mean_difference,
    odds_ratio,
    risk_ratio,
    standardised_difference,
    standardised_difference_of_categories,
    standardised_difference_of_means,
    standardised_difference_of_shares,
    two_proportions,
)

Said = dict[tuple[str, str], dict[tuple[str, str], float]]
pytestmark = pytest.mark.filterwarnings("error")
LEVELS = (0.95, 0.99)
NAN = math.nan


@pytest.fixture
def groups(witness: Callable[[str], Said]) -> Callable[[str], dict[str, dict[str, float]]]:
    """Of a data set of the witness: scale to statistic to value."""

    def of(dataset: str) -> dict[str, dict[str, float]]:
        said = witness("groups")
        return {
            scale: {statistic: value for (_, statistic), value in values.items()}
            for (source, scale), values in said.items()
            if source == dataset
        }

    return of


def _inputs(said: dict[str, float], *names: str) -> list[float]:
    return [said[f"input_{name}{group}"] for group in (1, 2) for name in names]


def test_differences_of_change_are_what_r_says(groups: Callable[[str], dict[str, dict[str, float]]]) -> None:
    samples = groups("means")
    assert len(samples) == 9
    for name, said in samples.items():
        for level in LEVELS:
            raw = mean_difference(*_inputs(said, "n", "mean", "sd"), level=level)
            sds = difference_in_sds(*_inputs(said, "n", "mean", "sd", "baseline"), level=level)
            balance = standardised_difference_of_means(*_inputs(said, "n", "pre_mean", "baseline"), level=level)
            for statistic, value in (
                ("difference", raw.difference), ("se", raw.se), ("t", raw.t), ("df", raw.df), ("p", raw.p),
                (f"low_{level}", raw.ci_low), (f"high_{level}", raw.ci_high),
                ("d", sds.d), ("d_se", sds.se), ("g", sds.g),
                (f"d_low_{level}", sds.d_ci_low), (f"d_high_{level}", sds.d_ci_high),
                (f"g_low_{level}", sds.g_ci_low), (f"g_high_{level}", sds.g_ci_high),
                ("balance", balance.difference),
                (f"balance_low_{level}", balance.ci_low), (f"balance_high_{level}", balance.ci_high),
            ):  # fmt: skip
                assert value[0] == pytest.approx(said[statistic], rel=1e-9, abs=1e-12), (name, statistic)
            assert (raw.reason, sds.reason, balance.reason) == (("",), ("",), ("",))


def test_the_error_of_d_comes_to_morris_in_large_groups(groups: Callable[[str], dict[str, dict[str, float]]]) -> None:
    """Equal variances, 20 to 10,000 a group: the ratio to the exact variance of g goes to 1 as 1 / n."""
    samples = groups("morris")
    assert len(samples) == 24
    for name, said in samples.items():
        n, delta, rho = map(float, name.split("-"))
        sd_change = math.sqrt(2 * (1 - rho))
        se = difference_in_sds(n, delta, sd_change, 1, n, 0, sd_change, 1).se[0]
        variance = (hedges_factor(2 * n - 2)[0] * se) ** 2
        assert variance == pytest.approx(said["variance"], rel=2 / n), name
        assert abs(variance / said["variance"] - 1) > 0.5 / n, name


def test_effect_sizes_of_training_are_what_was_published() -> None:
    """Morris 2008, Table 5, d_ppc2 of five studies of training, from the means and SDs that he gives."""
    before, after = np.array([30.6, 23.5, 0.5, 53.4, 35.6]), np.array([38.5, 26.8, 0.7, 75.9, 36.0])
    sd_before, sd_after = np.array([15.0, 3.1, 0.1, 14.5, 4.7]), np.array([11.6, 4.1, 0.1, 4.4, 4.6])
    control, control_after = np.array([23.1, 24.9, 0.6, 55.7, 34.8]), np.array([19.7, 25.3, 0.6, 60.7, 33.4])
    sd_control, sd_control_after = np.array([13.8, 4.1, 0.2, 17.3, 3.1]), np.array([14.8, 3.3, 0.2, 17.9, 6.9])
    r = np.array([0.47, 0.64, 0.77, 0.89, 0.44])
    result = difference_in_sds(
        [20, 50, 9, 10, 14], after - before, np.sqrt(sd_before**2 + sd_after**2 - 2 * r * sd_before * sd_after), sd_before,
        [20, 42, 9, 11, 14], control_after - control,
        np.sqrt(sd_control**2 + sd_control_after**2 - 2 * r * sd_control * sd_control_after), sd_control,
    )  # fmt: skip
    assert result.g.round(2).tolist() == [0.77, 0.80, 1.20, 1.05, 0.44]
    assert result.reason == ("",) * 5


def test_shares_are_what_r_says(groups: Callable[[str], dict[str, dict[str, float]]]) -> None:
    samples, tables, numbers = groups("counts"), 0, 0
    for name, said in samples.items():
        four = [float(part) for part in name.replace("1e+05", "100000").split("-")]
        x_1, n_1, x_2, n_2 = four
        for level in LEVELS:
            result = two_proportions(*four, level=level)
            expected = {"fisher": result.p, "difference": result.risk_difference.difference}
            expected |= {
                f"difference_low_{level}": result.risk_difference.ci_low,
                f"difference_high_{level}": result.risk_difference.ci_high,
            }
            if min(x_1, n_1 - x_1, x_2, n_2 - x_2) > 0:
                tables += 1
                for measure, ratio in (("risk_ratio", result.risk_ratio), ("odds_ratio", result.odds_ratio)):
                    expected |= {measure: ratio.ratio, f"{measure}_low_{level}": ratio.ci_low}
                    expected |= {f"{measure}_high_{level}": ratio.ci_high}
                    assert ratio.reason == ("",)
            needed = result.number_needed
            assert (f"number_{level}" in said) == np.isfinite(needed.number[0]) == (needed.reason == ("",))
            if needed.reason == ("",):
                numbers += 1
                expected |= {f"number_{level}": needed.number, f"number_low_{level}": needed.ci_low}
                expected |= {f"number_high_{level}": needed.ci_high}
            for statistic, value in expected.items():
                assert value[0] == pytest.approx(said[statistic], rel=1e-9, abs=1e-15), (name, statistic)
    assert len(samples) == 17
    assert min(tables, numbers) >= 10


def test_a_ratio_goes_as_far_as_it_is_defined() -> None:
    counts = ([0, 3, 10, 0, 4, 4, 0], [10, 10, 10, 4, 10, 4, 0], [3, 0, 3, 0, 20, 7, 1], [20, 20, 20, 7, 20, 7, 2])
    risks, odds = risk_ratio(*counts), odds_ratio(*counts)
    assert risks.reason == (
        "no event in the group: no interval", "no event in the reference group: no ratio", "",
        "no event in the reference group: no ratio", "", "an event for everybody in both groups: no interval",
        "nobody in one of the groups",
    )  # fmt: skip
    assert np.isfinite(risks.ratio).tolist() == [True, False, True, False, True, True, False]
    assert np.isfinite(risks.ci_low).tolist() == [not reason for reason in risks.reason]
    assert np.isfinite(risks.ci_high).tolist() == [not reason for reason in risks.reason]
    assert (risks.ratio[0], risks.ratio[5]) == (0, 1)
    assert odds.reason == (
        "no event in the group: no interval", "no event in the reference group: no ratio",
        "an event for everybody in the group: no ratio", "no event in the reference group: no ratio",
        "an event for everybody in the reference group: no interval", "an event for everybody in the group: no ratio",
        "nobody in one of the groups",
    )  # fmt: skip
    assert odds.ratio[[0, 4]].tolist() == [0, 0]
    assert np.isnan(odds.ratio).tolist() == [False, True, True, True, False, True, True]
    assert np.isnan(odds.ci_low).all()
    assert fisher_exact(*counts)[[3, 5]].tolist() == [1, 1]
    assert np.isnan(fisher_exact(*counts)[6])


def test_a_count_that_is_not_there_is_not_an_event_of_nobody() -> None:
    for ratio in (risk_ratio([NAN, 1], 5, [2, NAN], 5), odds_ratio([NAN, 1], 5, [2, NAN], 5)):
        assert ratio.reason == ("no count", "no count")
        assert np.isnan([ratio.ratio, ratio.ci_low, ratio.ci_high]).all()
    assert np.isnan(fisher_exact([NAN, 1], 5, [2, NAN], 5)).all()


def test_a_number_needed_that_may_be_infinite_says_so() -> None:
    result = two_proportions([10, 0], [40, 0], [8, 1], [40, 4])
    low, high = result.risk_difference.ci_low[0], result.risk_difference.ci_high[0]
    assert low < 0 < high
    assert np.isnan([result.number_needed.number, result.number_needed.ci_low, result.number_needed.ci_high]).all()
    assert result.number_needed.reason == (
        "the interval of the risk difference contains zero: the number needed runs through infinity"
        f" (below {1 / low:.1f} and above {1 / high:.1f})",
        "nobody in one of the groups",
    )


def test_physicians_and_aspirin() -> None:
    """Published: Physicians' Health Study, N Engl J Med 1989, 321, 129-135, as in Agresti, Categorical Data Analysis, 2.1:
    189 of 11,034 with placebo, 104 of 11,037 with aspirin; ratio of odds 1.83 (1.44 to 2.33), relative risk 1.82 (1.43 to
    2.31)."""
    result = two_proportions(189, 11034, 104, 11037)
    odds, risk = result.odds_ratio, result.risk_ratio
    assert [round(float(value[0]), 2) for value in (odds.ratio, odds.ci_low, odds.ci_high)] == [1.83, 1.44, 2.33]
    assert [round(float(value[0]), 2) for value in (risk.ratio, risk.ci_low, risk.ci_high)] == [1.82, 1.43, 2.31]


def test_groups_of_nobody_of_one_and_without_variation() -> None:
    sizes, reference = [0, 1, 5, 5, 5, 5, 5, NAN], [5, 5, 0, 1, 5, 5, 5, 5]
    sds, reference_sds = [NAN, NAN, 2, 2, 0, 0, 2, 2], [2, 2, NAN, NAN, 0, 2, NAN, 2]
    raw = mean_difference(sizes, [NAN, 1, 1, 1, 1, 1, 1, 1], sds, reference, [0, 0, NAN, 0, 0, 0, 0, 0], reference_sds)
    assert raw.reason == (
        "nobody in the group", "one person in the group", "nobody in the reference group", "one person in the reference group",
        "no variation in either group", "", "no mean or SD", "nobody in the group",
    )  # fmt: skip
    assert np.isfinite(raw.difference).tolist() == [False, True, False, True, True, True, True, False]
    for values in (raw.t, raw.p, raw.ci_low, raw.ci_high):
        assert np.isfinite(values).tolist() == [not reason for reason in raw.reason]
    assert (raw.se[4], raw.df[5]) == (0, 4)


def test_an_effect_size_needs_variation_at_baseline_and_of_the_changes() -> None:
    result = difference_in_sds(
        [0, 1, 5, 5, 5, 5], 1, [NAN, NAN, 2, 0, 0, 2], [NAN, NAN, 0, 2, 2, 0], [5, 5, 5, 5, 5, 5], 0, [2, 2, 2, 0, 2, 2],
        [2, 2, 0, 2, 2, 2],
    )  # fmt: skip
    assert result.reason == (
        "nobody in the group", "one person in the group", "no variation at baseline", "no variation of the changes", "", "",
    )  # fmt: skip
    assert np.isfinite(result.d).tolist() == [False, False, False, True, True, True]
    assert np.isfinite(result.d_ci_low).tolist() == [not reason for reason in result.reason]
    assert np.isfinite(result.g_ci_high).tolist() == [not reason for reason in result.reason]
    assert result.d[3] == 0.5


def test_balance_of_means_needs_two_in_each_group() -> None:
    result = standardised_difference_of_means([0, 1, 5, 5, 5], 1, [NAN, NAN, 0, 2, NAN], [5, 5, 5, 5, 5], 0, [2, 2, 0, 0, 1])
    assert result.reason == (
        "nobody in one of the groups", "one person in one of the groups", "no variation", "", "no mean or SD",
    )  # fmt: skip
    assert result.difference[3] == pytest.approx(1 / math.sqrt(2))


@pytest.mark.parametrize("moments", [(-3, 1, 1, 5, 1, 1), (3, 1, 1, 5, 1, -1)])
def test_moments_are_not_negative(moments: tuple[float, ...]) -> None:
    message = r"^a number of people or an SD is negative; give counts of people and SDs, NaN where there is none$"
    for method in (mean_difference, standardised_difference_of_means):
        with pytest.raises(ValueError, match=message):
            method(*moments)
    with pytest.raises(ValueError, match=message):
        difference_in_sds(5, 1, 1, 1, 5, 1, 1, -1)


def test_a_count_is_whole_and_lies_within_its_n() -> None:
    for method in (two_proportions, risk_ratio, odds_ratio, fisher_exact):
        with pytest.raises(ValueError, match=r"^a count lies outside 0 to its n; give counts of people out of n people$"):
            method(5, 3, 1, 3)
    for method in (risk_ratio, odds_ratio, fisher_exact, two_proportions):
        with pytest.raises(ValueError, match=r"^a count is not a whole number; give counts of people$"):
            method(1.5, 3, 1, 3)


def test_distances_of_categories_are_what_r_says(groups: Callable[[str], dict[str, dict[str, float]]]) -> None:
    samples = groups("categories")
    assert len(samples) == 6
    for name, said in samples.items():
        counts = [[float(count) for count in group.split("-")] for group in name.split("/")]
        result = standardised_difference_of_categories(*counts)
        assert result.distance == pytest.approx(said["distance"], rel=1e-9, abs=1e-12), name
        assert result.reason == ""


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        (([0, 0, 0], [1, 2, 3]), "nobody in one of the groups"),
        (([0, 0], [0, 0]), "nobody in one of the groups"),
        (([0, 4, 0], [0, 2, 0]), "no variation"),
        (([3, 4, 0], [0, 0, 5]), "no category in common"),
    ],
)
def test_categories_without_a_distance(counts: tuple[list[int], list[int]], reason: str) -> None:
    result = standardised_difference_of_categories(*counts)
    assert math.isnan(result.distance)
    assert result.reason == reason


@pytest.mark.parametrize("counts", [([1, 2], [1, 2, 3]), ([1, -2], [1, 2]), ([1, NAN], [1, 2])])
def test_counts_of_categories_are_as_many(counts: tuple[list[float], list[float]]) -> None:
    with pytest.raises(
        ValueError,
        match=r"^counts are negative, missing or not as many in both groups; give a count of people per category$",
    ):
        standardised_difference_of_categories(*counts)


_number = st.floats(-1e3, 1e3)
_sd = st.floats(1e-2, 1e3)
_moments = st.tuples(st.integers(2, 500), _number, _sd, _sd)


@pytest.mark.slow
@given(_moments, _moments, st.floats(-1e3, 1e3))
def test_turning_groups_round_turns_the_sign_and_a_constant_changes_nothing(
    first: tuple[float, ...], second: tuple[float, ...], constant: float
) -> None:
    raw, turned = mean_difference(*first[:3], *second[:3]), mean_difference(*second[:3], *first[:3])
    assert (turned.difference, turned.t, turned.df, turned.p) == (-raw.difference, -raw.t, raw.df, raw.p)
    assert (turned.ci_low, turned.ci_high) == (-raw.ci_high, -raw.ci_low)
    sds, turned_sds = difference_in_sds(*first, *second), difference_in_sds(*second, *first)
    assert turned_sds.g_ci_low[0] == pytest.approx(-sds.g_ci_high[0], rel=1e-9, abs=1e-12)
    assert turned_sds.d[0] == pytest.approx(-sds.d[0], rel=1e-9)
    n, mean, *spread = first
    n_r, mean_r, *spread_r = second
    shifted = difference_in_sds(n, mean + constant, *spread, n_r, mean_r + constant, *spread_r)
    assert shifted.d[0] * spread[1] == pytest.approx(sds.d[0] * spread[1], rel=1e-9, abs=1e-9 * (1 + 1e3 * spread[1]))
    assert (sds.d_ci_low <= sds.d) & (sds.d <= sds.d_ci_high)


_group = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.slow
@given(_group, _group)
def test_turning_groups_round_inverts_the_ratios(first: tuple[int, int], second: tuple[int, int]) -> None:
    result, turned = two_proportions(*first, *second), two_proportions(*second, *first)
    assert turned.p[0] == pytest.approx(result.p[0], rel=1e-9)
    for ratio, inverse in ((result.risk_ratio, turned.risk_ratio), (result.odds_ratio, turned.odds_ratio)):
        if ratio.reason == ("",):
            assert inverse.ratio[0] * ratio.ratio[0] == pytest.approx(1, rel=1e-9)
            assert inverse.ci_low[0] * ratio.ci_high[0] == pytest.approx(1, rel=1e-9)
        assert (ratio.reason == ("",)) == np.isfinite(ratio.ci_low[0])
    needed, turned_needed = result.number_needed, turned.number_needed
    if needed.reason == ("",):
        assert turned_needed.number[0] == pytest.approx(-needed.number[0])
        assert needed.ci_low[0] <= needed.number[0] <= needed.ci_high[0]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), min_size=2, max_size=6))
def test_the_order_of_categories_and_groups_does_not_matter(counts: list[tuple[int, int]]) -> None:
    first, second = zip(*counts, strict=True)
    result = standardised_difference_of_categories(first, second)
    assert result.reason == ("" if sum(first) else "nobody in one of the groups")
    if result.reason:
        return
    order = np.random.default_rng(len(counts)).permutation(len(counts))
    turned = standardised_difference_of_categories(np.array(second)[order], np.array(first)[order])
    assert turned.distance == pytest.approx(result.distance, rel=1e-6, abs=1e-7)


@given(st.integers(1, 29), st.integers(1, 29))
def test_two_categories_are_two_shares(count: int, other_count: int) -> None:
    result = standardised_difference_of_categories([count, 30 - count], [other_count, 30 - other_count])
    shares = standardised_difference_of_shares(count, 30, other_count, 30)
    assert result == CategoryDifference(pytest.approx(abs(shares.difference[0]), abs=1e-12), "")


@pytest.mark.slow
@given(st.integers(2, 200), _number, _sd, _number, _sd)
def test_balance_of_groups_of_equal_size_is_hedges_g_without_its_correction(
    n: int, mean: float, sd: float, other_mean: float, other_sd: float
) -> None:
    result = standardised_difference_of_means(n, mean, sd, n, other_mean, other_sd)
    pooled = math.sqrt((sd**2 + other_sd**2) / 2)
    assert result.difference[0] == pytest.approx((mean - other_mean) / pooled, rel=1e-9, abs=1e-12)
    g = standardised_difference(n, mean, sd, n, other_mean, other_sd).difference[0]
    assert abs(g) <= abs(result.difference[0])
