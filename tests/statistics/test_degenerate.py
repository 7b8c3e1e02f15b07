"""Ten thousand scales at once, most of them degenerate: every number is there or has a reason, and the console stays silent."""

import numpy as np
import pytest
import scipy

from dagster_project.statistics import (
    difference_in_sds,
    difference_of_shares,
    effect_sizes,
    holm,
    mcnemar_exact,
    mean_difference,
    norm_difference,
    paired_difference,
    paired_t,
    reliable_change,
    standardised_difference,
    standardised_difference_of_means,
    standardised_difference_of_shares,
    two_proportions,
    wilson,
)
from dagster_project.statistics.change import half_width_fractional_df

pytestmark = pytest.mark.filterwarnings("error")
SCALES = 10_000


@pytest.fixture(scope="module")
def moments() -> dict[str, np.ndarray]:
    """n from 0 on; SDs of 0; means that are not there, as SQL gives them."""
    generator = np.random.default_rng(11)
    n = generator.integers(0, 6, SCALES).astype(float)
    n[::7] = generator.integers(6, 1_000_000, n[::7].size)
    sd_before, sd_after = generator.choice([0.0, 0.5, 8.0, 1e6], (2, SCALES))
    covariance = sd_before * sd_after * generator.uniform(-1, 1, SCALES)
    change = np.sqrt(np.maximum(sd_before**2 + sd_after**2 - 2 * covariance, 0))
    mean = generator.choice([0.0, -3.0, 1e-9, 1e6], SCALES)
    is_small, is_empty = n < 2, n < 1
    columns = {"n": n, "mean": mean, "change": change, "before": sd_before, "after": sd_after, "shared": covariance}
    for name in ("change", "before", "after", "shared"):
        columns[name][is_small] = np.nan
    columns["mean"][is_empty] = np.nan
    return columns


def _every_gap_has_a_reason(values: np.ndarray, reason: tuple[str, ...]) -> None:
    assert values.shape == (SCALES,)
    has_reason = np.array([bool(text) for text in reason])
    assert not (np.isnan(values) & ~has_reason).any()
    assert not np.isinf(values).any()


def test_changes_of_ten_thousand_scales(moments: dict[str, np.ndarray]) -> None:
    m = moments
    test = paired_t(m["n"], m["mean"], m["change"])
    for values in (test.p, test.ci_low, test.ci_high):
        _every_gap_has_a_reason(values, test.reason)
    assert holm(test.p).shape == (SCALES,)
    sizes = effect_sizes(m["n"], m["mean"], m["change"], m["before"], m["after"], m["shared"])
    assert len(sizes.estimates) == 8
    for name in sizes.estimates:
        for values in (sizes.estimates[name], sizes.ci_low[name], sizes.ci_high[name]):
            _every_gap_has_a_reason(values, sizes.reason)
        usable = np.isfinite(sizes.ci_low[name])
        assert (sizes.ci_low[name][usable] <= sizes.ci_high[name][usable]).all()


def test_groups_and_norms_of_ten_thousand_scales(moments: dict[str, np.ndarray]) -> None:
    m = moments
    norm_n = np.where(np.arange(SCALES) % 3 == 0, np.nan, 500.0)
    norm = norm_difference(m["n"], m["mean"], m["before"], 10.0, 2.0, norm_n, margin=0.5)
    for values in (norm.p, norm.ci_low, norm.ci_high):
        _every_gap_has_a_reason(values, norm.reason)
    groups = standardised_difference(m["n"], m["mean"], m["before"], m["n"][::-1], m["mean"][::-1], m["before"][::-1])
    for values in (groups.difference, groups.ci_low, groups.ci_high):
        _every_gap_has_a_reason(values, groups.reason)


def test_independent_groups_of_ten_thousand_scales(moments: dict[str, np.ndarray]) -> None:
    m, turned = moments, {name: values[::-1] for name, values in moments.items()}
    raw = mean_difference(m["n"], m["mean"], m["change"], turned["n"], turned["mean"], turned["change"])
    for values in (raw.difference, raw.se, raw.t, raw.df, raw.p, raw.ci_low, raw.ci_high):
        _every_gap_has_a_reason(values, raw.reason)
    sds = difference_in_sds(
        m["n"], m["mean"], m["change"], m["before"], turned["n"], turned["mean"], turned["change"], turned["before"]
    )
    for values in (sds.d, sds.se, sds.d_ci_low, sds.d_ci_high, sds.g, sds.g_ci_low, sds.g_ci_high):
        _every_gap_has_a_reason(values, sds.reason)
    balance = standardised_difference_of_means(m["n"], m["mean"], m["before"], turned["n"], turned["mean"], turned["before"])
    for values in (balance.difference, balance.ci_low, balance.ci_high):
        _every_gap_has_a_reason(values, balance.reason)


@pytest.mark.slow
def test_two_proportions_of_ten_thousand_services() -> None:
    generator = np.random.default_rng(13)
    n, reference_n = generator.integers(0, 6, (2, SCALES))
    result = two_proportions(generator.integers(0, n + 1), n, generator.integers(0, reference_n + 1), reference_n)
    for ratio in (result.risk_ratio, result.odds_ratio):
        for values in (ratio.ratio, ratio.ci_low, ratio.ci_high):
            _every_gap_has_a_reason(values, ratio.reason)
        assert (np.isfinite(ratio.ci_low) == [not text for text in ratio.reason]).all()
    needed = result.number_needed
    for values in (needed.number, needed.ci_low, needed.ci_high):
        _every_gap_has_a_reason(values, needed.reason)
    assert (np.isnan(result.p) == ((n == 0) | (reference_n == 0))).all()


def test_counts_of_ten_thousand_services() -> None:
    four = np.random.default_rng(12).integers(0, 4, (4, SCALES)).astype(float)
    four[:, ::3] = 0
    paired = paired_difference(*four)
    for values in (paired.difference, paired.ci_low, paired.ci_high):
        _every_gap_has_a_reason(values, paired.reason)
    assert np.isfinite(mcnemar_exact(four[1], four[2])).all()
    n = four.sum(axis=0)
    low, high = wilson(four[0], n)
    assert (np.isnan(low) == (n == 0)).all()
    assert (low[n > 0] <= high[n > 0]).all()
    for method in (standardised_difference_of_shares, difference_of_shares):
        two = method(four[0], four[0] + four[1], four[2], four[2] + four[3])
        for values in (two.difference, two.ci_low, two.ci_high):
            _every_gap_has_a_reason(values, two.reason)


@pytest.mark.parametrize("df", [300.0, 2.5, 0.2, 0.05, 0.02, 0.009, 0.008, 0.001])
def test_half_an_interval_is_students_quantile_or_infinite(df: float) -> None:
    """Below 0.01 degrees of freedom SciPy gives the same quantile whatever they are."""
    half = half_width_fractional_df(2.0, df, 0.95)
    assert half == np.inf if df < 0.009 else np.isclose(scipy.stats.t.sf(half / 2.0, df), 0.025, rtol=1e-6)


def test_no_reliability_at_all_is_none_whatever_the_last_digit_says() -> None:
    """Items that do not go together at all: alpha is 0, or beside it by the rounding of its sums."""
    result = reliable_change(1.5, 0.0)
    assert reliable_change(1.5, -1e-16) == reliable_change(1.5, 1e-16) == result and result.threshold > 0
    assert reliable_change(1.5, -0.1).reason == "the reliability lies outside 0 to 1"
