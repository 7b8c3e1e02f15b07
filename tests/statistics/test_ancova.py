"""Analysis of covariance: against R, where it is undefined, and what must hold whatever the numbers are."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import scipy
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dagster_project.statistics import Ancova, ancova

Said = dict[tuple[str, str], dict[tuple[str, str], float]]
Matrix = NDArray[np.float64]
pytestmark = pytest.mark.filterwarnings("error")


def _moments(groups: Sequence[Matrix]) -> tuple[list[int], list[Matrix], list[Matrix]]:
    """n, means and cross-products of the people of each group, (people, 1 + q) each."""
    empty = groups[0].shape[1]
    means = [group.mean(axis=0) if len(group) else np.full(empty, np.nan) for group in groups]
    centred = [group - mean for group, mean in zip(groups, means, strict=True)]
    return [len(group) for group in groups], means, [group.T @ group for group in centred]


def _moments_of_r(said: dict[tuple[str, str], float]) -> tuple[Matrix, Matrix, Matrix, list[str]]:
    count = 1 + max(int(contrast) for contrast, statistic in said if statistic == "n")
    width = 1 + max(int(statistic.split("_")[1]) for _, statistic in said if statistic.startswith("mean_"))
    means, products = np.empty((count, width)), np.empty((count, width, width))
    for (contrast, statistic), value in said.items():
        kind, *index = statistic.split("_")
        if kind == "mean":
            means[int(contrast), int(index[0])] = value
        if kind == "product":
            products[int(contrast), int(index[0]), int(index[1])] = value
    sizes = np.array([said[str(group), "n"] for group in range(count)])
    return sizes, means, products, [contrast for contrast, statistic in said if statistic == "slope"]


@pytest.mark.slow
def test_everything_is_what_r_says(witness: Callable[[str], Said]) -> None:
    compared = 0
    for sample, said in witness("ancova").items():
        *moments, covariates = _moments_of_r(said)
        for level in (0.95, 0.99):
            fit = ancova(*moments, covariates, level=level)
            expected = {("", "df"): fit.df, ("", "residual_sd"): fit.residual_sd, ("", "slopes_f"): fit.slopes_f}
            expected |= {("", "slopes_df1"): fit.slopes_df[0], ("", "slopes_df2"): fit.slopes_df[1]}
            expected |= {("", "slopes_p"): fit.slopes_p}
            expected |= {(name, "slope"): slope for name, slope in zip(covariates, fit.slopes, strict=True)}
            for group in range(len(fit.mean)):
                for statistic, values in (
                    ("difference", fit.difference), ("se", fit.se), ("t", fit.t), ("p", fit.p),
                    (f"low_{level}", fit.ci_low), (f"high_{level}", fit.ci_high),
                    ("adjusted_mean", fit.mean), ("adjusted_se", fit.mean_se),
                    (f"adjusted_low_{level}", fit.mean_ci_low), (f"adjusted_high_{level}", fit.mean_ci_high),
                ):  # fmt: skip
                    expected[str(group), statistic] = float(values[group])
            for key, value in expected.items():
                if key in said:
                    assert value == pytest.approx(said[key], rel=1e-9, abs=1e-12), (sample, key)
                    compared += 1
                else:
                    assert math.isnan(value), (sample, key)
            assert fit.reason == ("reference group",) + ("",) * (len(fit.mean) - 1)
            assert fit.mean_reason == ("",) * len(fit.mean)
            assert (fit.slopes_reason == "") == (("", "slopes_f") in said)
    assert len(witness("ancova")) == 20
    assert compared > 600


def _data(seed: int, sizes: Sequence[int], q: int) -> list[Matrix]:
    """People of groups: an outcome that depends on q covariates, in units of their own."""
    rng = np.random.default_rng(seed)
    groups = []
    for group, size in enumerate(sizes):
        x = rng.normal(group, 10.0 ** rng.integers(-1, 2, q), (size, q))
        groups.append(np.column_stack([x.sum(axis=1) + rng.normal(3 * group, 2, size), x]))
    return groups


def _gaps(fit: Ancova) -> list[bool]:
    return np.isnan([fit.se, fit.t, fit.p, fit.ci_low, fit.ci_high]).any(axis=0).tolist()


def test_an_empty_group_is_left_out_and_its_reason_says_so() -> None:
    groups = _data(1, (9, 7, 8), 2)
    full = ancova(*_moments(groups), ("pre", "age"))
    empty = ancova(*_moments([groups[0], groups[1][:0], *groups[1:]]), ("pre", "age"))
    assert empty.reason == ("reference group", "nobody in the group", "", "")
    assert empty.mean_reason == ("", "nobody in the group", "", "")
    assert _gaps(empty) == [True, True, False, False]
    assert np.isnan(empty.mean).tolist() == [False, True, False, False]
    assert empty.difference[[2, 3]].tolist() == full.difference[[1, 2]].tolist()
    assert (empty.p[3], empty.df, empty.slopes_p) == (full.p[2], full.df, full.slopes_p)
    turned = ancova(*_moments([groups[0], groups[1][:0], *groups[1:]]), ("pre", "age"), reference=1)
    assert turned.reason == (
        "nobody in the reference group", "reference group", "nobody in the reference group", "nobody in the reference group",
    )  # fmt: skip
    assert _gaps(turned) == [True] * 4
    assert turned.mean_ci_low[3] == empty.mean_ci_low[3]
    nobody = ancova([0, 0], [[np.nan] * 2] * 2, [[[np.nan] * 2] * 2] * 2, ("pre",))
    assert nobody.reason == ("reference group", "nobody in the reference group")
    assert nobody.mean_reason == ("nobody in the group",) * 2
    assert nobody.slopes_reason == "no residual degrees of freedom"


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (lambda x, group: np.full(len(x), 0.1), "covariate 'age' does not vary within the groups"),
        (lambda x, group: np.full(len(x), 1.1 + group), "covariate 'age' does not vary within the groups"),
        (lambda x, group: 1e6 - 0.3 * x, "covariate 'age' is collinear with those before it"),
        (lambda x, group: 5 * group + x / 7, "covariate 'age' is collinear with those before it"),
    ],
)
def test_a_covariate_without_a_slope_is_named(column: Callable[[Matrix, int], Matrix], reason: str) -> None:
    groups = [np.column_stack([rows, column(rows[:, 1], group)]) for group, rows in enumerate(_data(2, (30, 20), 1))]
    fit = ancova(*_moments(groups), ("pre", "age"))
    assert fit.reason == ("reference group", reason)
    assert fit.mean_reason == (reason, reason)
    assert fit.slopes_reason == reason
    assert np.isnan([fit.difference, fit.se, fit.p, fit.mean, fit.mean_se, fit.slopes]).all()


def test_without_residual_df_there_are_estimates_and_no_intervals() -> None:
    fit = ancova(*_moments(_data(3, (2, 2), 2)), ("pre", "age"))
    assert fit.df == 0
    assert fit.mean_reason == ("no residual degrees of freedom",) * 2
    assert fit.reason[1] == fit.slopes_reason == "no residual degrees of freedom"
    assert np.isfinite([*fit.mean, fit.difference[1]]).all()
    assert _gaps(fit) == [True, True]
    fewer = ancova(*_moments(_data(3, (2, 1), 2)), ("pre", "age"))
    assert (fewer.df, fewer.reason[1]) == (-1, "no residual degrees of freedom")
    assert np.isnan([*fewer.mean, fewer.difference[1]]).all()


def test_an_outcome_without_error_has_no_test() -> None:
    exact = [np.column_stack([3 + group + 0.7 * rows[:, 1], rows[:, 1:]]) for group, rows in enumerate(_data(4, (9, 8), 1))]
    constant = [np.column_stack([np.full(len(rows), 0.1), rows[:, 1:]]) for rows in exact]
    for groups, difference in ((exact, 1.0), (constant, 0.0)):
        fit = ancova(*_moments(groups), ("pre",))
        assert fit.difference[1] == pytest.approx(difference, abs=1e-12)
        assert fit.reason[1] == fit.slopes_reason == "no residual variation"
        assert (fit.se[1], fit.residual_sd) == (0, 0)
        assert np.isnan([fit.t[1], fit.p[1], fit.ci_low[1], fit.mean_ci_high[1], fit.slopes_f]).all()


def test_equal_slopes_need_residual_df_and_two_groups_in_which_the_baseline_varies() -> None:
    groups = _data(5, (3, 1), 1)
    assert ancova(*_moments(groups), ("pre",)).slopes_reason == "'pre' varies in fewer than two groups"
    assert ancova(*_moments(_data(5, (2, 2), 1)), ("pre",)).slopes_reason == "no residual degrees of freedom"
    assert ancova(*_moments(_data(5, (5, 5), 0))).slopes_reason == "no covariate"
    for seed in range(10):
        lines = [
            np.column_stack([rows[:, 1] * (group + 0.3), rows[:, 1]]) for group, rows in enumerate(_data(seed, (9, 9), 1))
        ]
        fit = ancova(*_moments(lines), ("pre",))
        assert (fit.slopes_reason, fit.reason[1]) == ("no residual variation", "")


def test_a_single_person_needs_no_cross_products() -> None:
    n, means, products = _moments(_data(6, (8, 1), 1))
    fit = ancova(n, means, [products[0], np.full((2, 2), np.nan)], ("pre",))
    assert fit.p.tolist()[1] == ancova(n, means, products, ("pre",)).p[1]


def test_moments_that_do_not_fit_are_refused() -> None:
    n, means, products = _moments(_data(7, (8, 7), 1))
    with pytest.raises(
        ValueError,
        match=r"^shapes n \(2,\), means \(2, 2\), cross-products \(2, 2, 2\) do not fit 2 covariates;"
        r" give \(g,\), \(g, 3\) and \(g, 3, 3\)$",
    ):
        ancova(n, means, products, ("pre", "age"))
    with pytest.raises(ValueError, match=r"^reference 2 is no group; give an index from 0 to 1$"):
        ancova(n, means, products, ("pre",), reference=2)
    for sizes in ([8, -1], [8, math.nan]):
        with pytest.raises(ValueError, match=r"^a number of people is negative or missing; give 0 for an empty group$"):
            ancova(sizes, means, products, ("pre",))
    message = r"^moments are missing of a group that has people; count only people with outcome and all covariates$"
    with pytest.raises(ValueError, match=message):
        ancova(n, [means[0], [1, math.nan]], products, ("pre",))
    with pytest.raises(ValueError, match=message):
        ancova(n, means, [products[0], np.full((2, 2), np.nan)], ("pre",))
    with pytest.raises(ValueError, match=r"^level 95 is not between 0 and 1; give e\.g\. 0\.95$"):
        ancova(n, means, products, ("pre",), level=95)


_seeds, _sizes = st.integers(0, 10_000), st.integers(3, 30)


@pytest.mark.slow
@given(_seeds, _sizes, _sizes, st.integers(0, 3), st.floats(-1e4, 1e4))
def test_turning_groups_round_turns_the_sign_and_constants_change_nothing(
    seed: int, size: int, other_size: int, q: int, constant: float
) -> None:
    groups, names = _data(seed, (size, other_size), q), ("pre", "age", "income")[:q]
    assume(size + other_size - 2 - q >= 1)
    fit, turned = ancova(*_moments(groups), names), ancova(*_moments(groups), names, reference=1)
    assert turned.difference[0] == -fit.difference[1]
    assert turned.p[0] == fit.p[1]
    assert turned.ci_low[0] == pytest.approx(-fit.ci_high[1])
    shifted = ancova(*_moments([rows + constant for rows in groups]), names)
    tolerance = 1e-6 * float(fit.residual_sd)
    assert shifted.difference[1] == pytest.approx(fit.difference[1], rel=1e-6, abs=tolerance)
    assert shifted.se[1] == pytest.approx(fit.se[1], rel=1e-6)
    assert shifted.mean - constant == pytest.approx(fit.mean, rel=1e-6, abs=1e-6 * (1 + abs(constant)))
    assert fit.mean[1] - fit.mean[0] == pytest.approx(fit.difference[1], rel=1e-9, abs=1e-9)


@pytest.mark.slow
@given(_seeds, _sizes, _sizes)
def test_without_covariates_it_is_the_pooled_t_test(seed: int, size: int, other_size: int) -> None:
    groups = _data(seed, (size, other_size), 0)
    fit = ancova(*_moments(groups))
    pooled = scipy.stats.ttest_ind(groups[1][:, 0], groups[0][:, 0])
    assert (fit.t[1], fit.p[1]) == (pytest.approx(pooled.statistic, rel=1e-9), pytest.approx(pooled.pvalue, rel=1e-9))
    interval = pooled.confidence_interval(0.95)
    assert (fit.ci_low[1], fit.ci_high[1]) == (pytest.approx(interval.low, rel=1e-8), pytest.approx(interval.high, rel=1e-8))


@pytest.mark.slow
@given(_seeds, _sizes, st.integers(1, 2))
def test_with_a_balanced_baseline_it_is_the_unadjusted_difference(seed: int, size: int, q: int) -> None:
    first, second = _data(seed, (size, size), q)
    assume(2 * size - 2 - q >= 1)
    second[:, 1:] = first[::-1, 1:]
    fit = ancova(*_moments([first, second]), ("pre", "age")[:q])
    raw = second[:, 0].mean() - first[:, 0].mean()
    assert fit.difference[1] == pytest.approx(raw, rel=1e-9, abs=1e-9)
    assert fit.se[1] == pytest.approx(fit.residual_sd * math.sqrt(2 / size), rel=1e-9)
    assert fit.mean == pytest.approx([first[:, 0].mean(), second[:, 0].mean()], rel=1e-9, abs=1e-9)


@pytest.mark.slow
@given(_seeds, st.lists(_sizes, min_size=2, max_size=4))
def test_change_as_outcome_gives_the_difference_of_follow_up_as_outcome(seed: int, sizes: list[int]) -> None:
    """With the baseline as a covariate both have the same difference, error and test; only the slope is one less."""
    groups = _data(seed, sizes, 1)
    follow_up = ancova(*_moments(groups), ("pre",))
    change = ancova(*_moments([np.column_stack([rows[:, 0] - rows[:, 1], rows[:, 1]]) for rows in groups]), ("pre",))
    assert change.difference[1:] == pytest.approx(follow_up.difference[1:], rel=1e-8, abs=1e-8)
    assert change.se[1:] == pytest.approx(follow_up.se[1:], rel=1e-7)
    assert change.slopes[0] == pytest.approx(follow_up.slopes[0] - 1, rel=1e-8, abs=1e-8)
