"""Effect sizes, ranks, resampling and multiplicity against R, and what must hold whatever the numbers are."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from dagster_project.statistics import (
    bca,
    benjamini_hochberg,
    effect_sizes,
    hedges_factor,
    holm,
    noncentral_limits,
    resampling,
    sign_flip,
    signed_rank,
)
from dagster_project.statistics import ranks as ranks_module

Matrix = NDArray[np.float64]
Scores = dict[tuple[str, str], Matrix]
Said = dict[tuple[str, str], dict[tuple[str, str], float]]
pytestmark = pytest.mark.filterwarnings("error")
CONTRASTS = {"t1-t2": 1, "t1-t3": 2}


def _pairs(matrix: Matrix, later: int) -> Matrix:
    both_waves = matrix[:, [0, later]]
    return both_waves[np.isfinite(both_waves).all(axis=1)]


def _agrees(ours: float, theirs: float, tolerance: float, label: object) -> None:
    assert ours == pytest.approx(theirs, rel=tolerance, abs=0, nan_ok=True), label


def test_effect_sizes_and_their_intervals_are_what_r_says(scores: Scores, witness: Callable[[str], Said]) -> None:
    compared = 0
    for sample_key, expected in witness("inference").items():
        for contrast, later in CONTRASTS.items():
            if (contrast, "d_z") not in expected:
                continue
            pairs = _pairs(scores[sample_key], later)
            change = pairs[:, 0] - pairs[:, 1]
            result = effect_sizes(
                len(pairs), change.mean(), change.std(ddof=1), pairs[:, 0].std(ddof=1), pairs[:, 1].std(ddof=1),
                np.cov(pairs.T)[0, 1],
            )  # fmt: skip
            assert result.reason == ("",)
            for name in result.estimates:
                _agrees(result.estimates[name][0], expected[contrast, name], 1e-9, (sample_key, contrast, name))
                _agrees(result.ci_low[name][0], expected[contrast, f"{name}_low"], 1e-9, (sample_key, contrast, name))
                _agrees(result.ci_high[name][0], expected[contrast, f"{name}_high"], 1e-9, (sample_key, contrast, name))
                compared += 3
    assert compared >= 24 * 40


def test_ranks_and_exact_permutations_are_what_r_says(scores: Scores, witness: Callable[[str], Said]) -> None:
    compared = 0
    for sample_key, expected in witness("inference").items():
        for contrast, later in CONTRASTS.items():
            if (contrast, "w_plus") not in expected:
                continue
            pairs = _pairs(scores[sample_key], later)
            change, weights = pairs[:, 0] - pairs[:, 1], np.ones(len(pairs))
            ours = signed_rank(change, weights)
            for name, value in (
                ("w_plus", ours.w_plus), ("rank_biserial", ours.rank_biserial), ("wilcoxon_p", ours.p), ("shift", ours.shift),
                ("shift_low", ours.ci_low), ("shift_high", ours.ci_high), ("sign_flip_p", sign_flip(change, weights, 1).p),
                ("acceleration", bca(change, weights, 1, draws=999).acceleration),
            ):  # fmt: skip
                if (contrast, name) in expected:
                    _agrees(value, expected[contrast, name], 1e-9, (sample_key, contrast, name))
                    compared += 1
    assert compared >= 7 * 50


def test_multiplicity_is_what_was_published(witness: Callable[[str], Said]) -> None:
    expected = witness("inference")["published", "benjamini_hochberg_1995"]
    p = [expected[str(index), "p"] for index in range(1, 16)]
    assert holm(p) == pytest.approx([expected[str(index), "p_holm"] for index in range(1, 16)], rel=1e-12)
    assert benjamini_hochberg(p) == pytest.approx([expected[str(index), "p_bh"] for index in range(1, 16)], rel=1e-12)
    assert (holm(p) <= 0.05).sum() == 3
    assert (benjamini_hochberg(p) <= 0.05).sum() == 4
    shuffled = np.array([0.03, math.nan, 0.01, 0.02])
    assert holm(shuffled) == pytest.approx([0.04, math.nan, 0.03, 0.04], nan_ok=True)
    with pytest.raises(ValueError, match=r"^a p value lies outside 0 to 1; give p values$"):
        holm([0.1, 1.5])


#: Student's sleep data (Biometrika 1908): extra hours with the first drug minus the second.
SLEEP = np.array([-1.2, -2.4, -1.3, -1.3, 0, -1, -1.8, -0.8, -4.6, -1.4])
#: Hollander and Wolfe's depression scale factors of nine patients, first visit minus second.
DEPRESSION = np.array([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]) - np.array(
    [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
)


def test_published_examples() -> None:
    depression = signed_rank(DEPRESSION, np.ones(9))
    assert (depression.w_plus, depression.p) == (40, 0.0390625)
    assert (depression.shift, depression.ci_low, depression.ci_high) == pytest.approx((0.46, 0.010, 0.786), abs=1e-9)
    # R 4.2.2: wilcox.exact(sleep)$p.value; all nine changes that are not zero have one sign: 2 / 2^9.
    sleep = signed_rank(SLEEP, np.ones(10))
    assert (sleep.n, sleep.n_nonzero, sleep.p, sleep.rank_biserial) == (10, 9, 2 / 2**9, -1)
    assert sign_flip(SLEEP, np.ones(10), 1).p == 2 / 2**9
    # Cohen's d_z of the sleep data, and Hedges' J(9) as his table prints it.
    assert SLEEP.mean() / SLEEP.std(ddof=1) == pytest.approx(-1.284558, abs=1e-6)
    assert hedges_factor(9)[0] == pytest.approx(0.9139, abs=2e-4)


@pytest.mark.slow
def test_draws_agree_with_what_is_exact() -> None:
    """Monte Carlo within four standard errors of enumeration; the bootstrap near the normal interval when changes are many."""
    generator = np.random.default_rng(3)
    changes = generator.normal(0.5, 1, 18)
    exact = sign_flip(changes, np.ones(18), 1)
    assert exact.method == "exact, over all signs"
    sampled = sign_flip(np.concatenate([changes, generator.normal(0, 1e-6, 4)]), np.ones(22), 1, draws=20_000)
    assert sampled.method == "20000 draws, seed 1"
    assert sampled.p == pytest.approx(exact.p, abs=4 * math.sqrt(exact.p * (1 - exact.p) / 20_000) + 1e-3)
    large_sample = generator.normal(0, 1, 2000)
    result = bca(large_sample, np.ones(2000), 5, draws=20_000)
    half = 1.96 * large_sample.std(ddof=1) / math.sqrt(2000)
    assert (result.ci_low, result.ci_high) == pytest.approx(
        (large_sample.mean() - half, large_sample.mean() + half), abs=0.05 * half
    )


def test_with_many_pairs_the_closed_forms_agree_with_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skewed changes: within four standard errors of 40,000 draws, in the units of the mean's SE, where a plain normal
    interval is not; and a million pairs cost what their distinct changes cost."""
    values = np.arange(30) ** 2 / 10
    for n in (400, 20_000):
        counts = np.random.default_rng(5).multinomial(n - 30, 0.6 ** np.arange(30) * 0.4 / (1 - 0.6**30)) + 1
        monkeypatch.setattr(resampling, "DRAWN_UP_TO", n)
        result = bca(values, counts, 7, draws=40_000)
        flipped = sign_flip(values - values @ counts / n + 0.02, counts, 7, draws=40_000)
        monkeypatch.setattr(resampling, "DRAWN_UP_TO", n - 1)
        closed = bca(values, counts, 7)
        assert (result.method, closed.method) == (
            "40000 replicates, seed 7",
            "large-sample form with the changes' skewness",
        )
        mean = values @ counts / n
        se = math.sqrt(counts @ (values - mean) ** 2) / n
        # The quantile of order 0.025 of 40,000 draws is off by 0.0134 SE; the rest shrinks as 1 / n.
        slack = 4 * 0.0134 + 30 / n
        for ours, theirs, z in ((closed.ci_low, result.ci_low, -1.96), (closed.ci_high, result.ci_high, 1.96)):
            assert abs(ours - theirs) / se < slack
            assert n > 400 or abs(mean + z * se - theirs) / se > slack
        assert closed.z0 == closed.acceleration == result.acceleration
        p = sign_flip(values - mean + 0.02, counts, 7).p
        assert p == pytest.approx(flipped.p, abs=4 * math.sqrt(p * (1 - p) / 40_000) + 1 / math.sqrt(n) / 10)
    assert resampling.DRAWN_UP_TO == 19_999
    counts = np.full(30, 10**6 // 30)
    assert bca(values, counts, 1) == bca(values, counts, 2)


def test_a_table_of_counts_is_the_same_as_its_people(scores: Scores) -> None:
    pairs = _pairs(scores["large", "discrete"], 1)
    change = pairs[:, 0] - pairs[:, 1]
    values, counts = np.unique(change, return_counts=True)
    shuffled = np.random.default_rng(1).permutation(change)
    for method in (signed_rank, lambda v, c: sign_flip(v, c, 7), lambda v, c: bca(v, c, 7, draws=999)):
        assert method(values, counts) == method(shuffled, np.ones(len(shuffled)))


def test_float_noise_makes_no_false_ranks() -> None:
    noisy = np.array([0.1 + 0.2, 0.3, -0.3, 1.0, 1.0 + 1e-13, 0.7 - 0.7, 2.0])
    assert signed_rank(noisy, np.ones(7)) == signed_rank(np.round(noisy, 6), np.ones(7))
    assert sign_flip(noisy, np.ones(7), 1).p == sign_flip(np.round(noisy, 6), np.ones(7), 1).p


def test_above_the_declared_n_the_large_sample_form_is_near_the_exact_one() -> None:
    change = np.random.default_rng(2).normal(0.15, 1, ranks_module.EXACT_UP_TO)
    exact, large = signed_rank(change, np.ones(len(change))), signed_rank(change, np.ones(len(change)), exact_up_to=1)
    assert exact.method.startswith("exact")
    assert large.method.startswith("large-sample")
    assert large.p == pytest.approx(exact.p, rel=0.02)
    assert (large.ci_low, large.ci_high) == pytest.approx((exact.ci_low, exact.ci_high), abs=0.01)


@pytest.mark.parametrize(
    ("values", "reason", "permuted", "bootstrapped"),
    [
        ([], "no pairs", "no pairs", "no pairs"),
        ([0.0, 0.0, 0.0], "every change is zero", "every change is zero", "no variation"),
        ([2.0], "too few changes that are not zero for a 95 % interval", "", "one pair"),
        ([1.0] * 5, "too few changes that are not zero for a 95 % interval", "", "no variation"),
        ([1.0] * 6, "", "", "no variation"),
    ],
)
def test_degenerate_changes_have_a_defined_answer(
    values: list[float], reason: str, permuted: str, bootstrapped: str
) -> None:
    weights = np.ones(len(values))
    assert signed_rank(values, weights).reason == reason
    assert sign_flip(values, weights, 1).reason == permuted
    assert bca(values, weights, 1).reason == bootstrapped


def test_degenerate_effect_sizes_have_a_defined_answer() -> None:
    nan = math.nan
    result = effect_sizes(
        [0, 1, 2, 5, 5, 5, 2e6], [nan, 1, 1, 1, 0, 1, 0.1], [nan, nan, 1, 0, 0, 1, 1], [nan, nan, 1, 1, 0, 0, 1],
        [nan, nan, 1, 1, 0, 1, 1], [nan, nan, 0.5, 1, 0, 0, 0.5],
    )  # fmt: skip
    still = "no variation at baseline, at follow-up or of the changes"
    assert result.reason == (
        "no pairs", "one pair", "two pairs: Hedges' correction needs three", still, still, still, ""
    )  # fmt: skip
    assert np.isfinite(result.estimates["d_baseline"]).tolist() == [False, False, True, True, False, False, True]
    assert np.isfinite(result.ci_low["d_z"]).tolist() == [False, False, True, False, False, True, True]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(-9, 9), min_size=1, max_size=30))
def test_turning_every_change_round_turns_the_answer_round(changes: list[int]) -> None:
    weights = np.ones(len(changes))
    result, mirrored = signed_rank(changes, weights), signed_rank([-change for change in changes], weights)
    assert (result.p, result.shift, result.ci_low, result.rank_biserial) == pytest.approx(
        (mirrored.p, -mirrored.shift, -mirrored.ci_high, -mirrored.rank_biserial), nan_ok=True, abs=1e-12
    )
    assert sign_flip(changes, weights, 1).p == pytest.approx(sign_flip([-c for c in changes], weights, 1).p, nan_ok=True)


@settings(deadline=None, max_examples=40)
@given(st.floats(-60, 60), st.integers(1, 5000))
def test_noncentral_limits_enclose_and_follow_t(t: float, df: int) -> None:
    low, high = noncentral_limits([t], [df])
    wide_low, wide_high = noncentral_limits([t], [df], 0.99)
    assert wide_low[0] < low[0] < high[0] < wide_high[0]
    turned_low, turned_high = noncentral_limits([-t], [df])
    assert (turned_low[0], turned_high[0]) == pytest.approx((-high[0], -low[0]), rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("df", [1, 2, 5, 31, 1_000, 40_000])
def test_noncentral_limits_are_seamless_where_the_way_to_them_changes(df: int) -> None:
    """Both ways agree on either side of the seam; far out a limit is t times a root of chi-square over df."""
    seam = max(250.0, 1.5 * math.sqrt(df))
    lower, upper = (noncentral_limits(seam * factor, df) for factor in (1 - 1e-9, 1 + 1e-9))
    for lower_limit, upper_limit in zip(lower, upper, strict=True):
        assert lower_limit == pytest.approx(upper_limit, rel=1e-8)
    low, high = noncentral_limits([1e9, -1e9], df)
    ends = 1e9 * np.sqrt(stats.chi2.ppf([0.025, 0.975], df) / df)
    assert [low[0], high[0]] == pytest.approx(ends, rel=1e-6)
    assert [-high[1], -low[1]] == pytest.approx(ends, rel=1e-6)
