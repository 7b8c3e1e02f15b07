"""Imputation against an independent sampler in R and against the likelihood; refusals; data that hardly determine anything."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from dagster_project.statistics import fit_normal, impute_change, patterns_of, pool

Matrix = NDArray[np.float64]
Scores = dict[tuple[str, str], Matrix]
Said = dict[tuple[str, str], dict[tuple[str, str], float]]
pytestmark = pytest.mark.filterwarnings("error")
UNSETTLED = "too few people in common: a drawn covariance matrix is not positive definite"


@pytest.fixture(scope="module")
def said(witness: Callable[[str], Said]) -> Said:
    return witness("description")


def _agrees(ours: float, theirs: float, tolerance: float, label: object) -> None:
    assert ours == pytest.approx(theirs, rel=tolerance, abs=0, nan_ok=True), label


@pytest.mark.slow
def test_imputation_agrees_with_augmentation_person_by_person(scores: Scores, witness: Callable[[str], Said]) -> None:
    """Within four Monte Carlo standard errors, R's own among them: of the estimate root(b / m), of the total variance
    root((var_u + var_b) / m) with the covariance of both at its most, of fmi by the delta method from b and u."""
    draws, compared = 2000, 0
    for sample_key, values in witness("imputation").items():
        patterns = patterns_of(scores[sample_key])
        ours = impute_change(patterns, 3, [(1, -1, 0), (1, 0, -1)], imputations=draws, seed=1)
        for contrast, result in zip(("t1-t2", "t1-t3"), ours.contrasts, strict=True):
            expected = {name: value for (value_contrast, name), value in values.items() if value_contrast == contrast}
            error_factor = 1 / draws + 1 / expected["ess"]
            assert result.estimate == pytest.approx(expected["q"], abs=4 * math.sqrt(expected["b"] * error_factor)), (
                sample_key,
                contrast,
            )
            of_u, of_b = math.sqrt(expected["var_u"] * error_factor), math.sqrt(expected["var_b"] * error_factor)
            total = expected["u"] + expected["b"]
            assert result.se**2 == pytest.approx(total * (1 + expected["b"] / total / draws), abs=4 * (of_u + of_b)), (
                sample_key,
                contrast,
            )
            # fmi is (r + 2 / (df + 3)) / (r + 1) with r = b / u, so 1 - fmi is (1 - 2 / (df + 3)) u / total.
            share = 1 - (1 - result.fmi) / (1 - 2 / (result.df + 3))
            slack = (expected["u"] * of_b + expected["b"] * of_u) / total**2
            assert share == pytest.approx(expected["b"] / total, abs=4 * slack + 1 / draws), (sample_key, contrast)
            compared += 1
    assert compared == 10


def test_with_many_people_it_is_the_likelihoods_answer() -> None:
    """Posterior mean and maximum likelihood differ by less than the SE / root(n), beyond the draws."""
    generator = np.random.default_rng(5)
    people = 20_000
    base = generator.normal(50, 8, (people, 1))
    matrix = base + generator.normal([0, 1, 3], 5, (people, 3))
    matrix[matrix[:, 0] < generator.normal(46, 8, people), 2] = np.nan
    matrix[generator.random(people) < 0.2, 1] = np.nan
    patterns = patterns_of(matrix)
    result = impute_change(patterns, 3, [(1, 0, -1)], imputations=400, seed=1).contrasts[0]
    mean = fit_normal(patterns).mean
    draws = 4 * result.se * math.sqrt(result.fmi / 400)
    assert result.estimate == pytest.approx(mean[0] - mean[2], abs=draws + result.se / math.sqrt(people) * 4)


def test_what_was_not_planned_is_not_filled_in() -> None:
    """Half of the people are planned for two waves only and differ from the others. The contrast of the third is of the others,
    each missing score at its expectation; the contrast of the first two is of everybody."""
    generator = np.random.default_rng(3)
    people = 4_000
    base = generator.normal(50, 8, (people, 1))
    matrix = base + generator.normal([0, 1, 3], 5, (people, 3))
    is_short = matrix[:, 0] > 50
    matrix[is_short, 2] = np.nan
    matrix[~is_short & (generator.random(people) < 0.3), 2] = np.nan
    of_all = patterns_of(matrix[~is_short])
    of_two = [replace(pattern, planned=(0, 1)) for pattern in patterns_of(matrix[is_short])]
    result = impute_change([*of_all, *of_two], 3, [(-1, 0, 1), (-1, 1, 0)], imputations=400, seed=1)
    assert result.planned_people == ((~is_short).sum(), people)
    fitted = fit_normal([*of_all, *of_two])
    completed = matrix[~is_short].copy()
    slopes = np.linalg.solve(fitted.covariance[:2, :2], fitted.covariance[:2, 2])
    is_missing = np.isnan(completed[:, 2])
    completed[is_missing, 2] = fitted.mean[2] + (completed[is_missing, :2] - fitted.mean[:2]) @ slopes
    expected = (completed[:, 2] - completed[:, 0]).mean()
    third, second = result.contrasts
    assert third.estimate == pytest.approx(expected, abs=4 * third.se * math.sqrt(third.fmi / 400) + third.se / 10)
    assert second.estimate == pytest.approx((matrix[:, 1] - matrix[:, 0]).mean(), abs=1e-9)
    filled = impute_change(patterns_of(matrix), 3, [(-1, 0, 1)], imputations=400, seed=1).contrasts[0]
    assert abs(filled.estimate - third.estimate) > 10 * third.se
    # A contrast that is planned for nobody has a reason.
    nobody = impute_change([replace(pattern, planned=(0, 1)) for pattern in of_all], 3, [(-1, 0, 1)], seed=1)
    assert nobody.contrasts[0].reason == "fewer than two people for whom both waves were planned"


@pytest.mark.slow
def test_hardly_anybody_in_common_is_a_reason_and_never_an_exception() -> None:
    """Where two waves share two to five people, draws may leave the range of covariance matrices."""
    generator = np.random.default_rng(7)
    unsettled = answered_count = 0
    for _ in range(60):
        matrix = np.round(generator.normal(5, 1, (22, 1)) + generator.normal(0, 0.5, (22, 3)))
        matrix[generator.random((22, 3)) < 0.65] = np.nan
        result = impute_change(patterns_of(matrix), 3, [(1, 0, -1)], seed=1)
        unsettled += result.reason == UNSETTLED
        answered_count += not result.reason
        assert math.isnan(result.contrasts[0].p) == bool(result.reason or result.contrasts[0].reason)
        assert result.reason == result.contrasts[0].reason
    assert unsettled > 0
    assert answered_count > 0


def test_a_baseline_measure_without_weight_helps_and_is_not_contrasted(scores: Scores) -> None:
    """A covariate is a column of its own with weight 0: one that says nothing leaves the answer, one that says all tells it."""
    matrix = scores["large", "continuous"]
    noise = np.random.default_rng(1).normal(size=(len(matrix), 1))
    plain = impute_change(patterns_of(matrix), 3, [(1, 0, -1)], imputations=400, seed=1).contrasts[0]
    with_noise = impute_change(
        patterns_of(np.hstack([matrix, noise])), 4, [(1, 0, -1, 0)], imputations=400, seed=1
    ).contrasts[0]
    # An unrelated column still moves the regression of this sample, by less than an SE.
    assert with_noise.estimate == pytest.approx(plain.estimate, abs=plain.se / 2)
    full = matrix[np.isfinite(matrix).all(axis=1)]
    incomplete = full.copy()
    incomplete[: len(full) // 2, 2] = np.nan
    proxy = full[:, 2:] + 0.01 * noise[: len(full)]
    with_proxy = impute_change(patterns_of(np.hstack([incomplete, proxy])), 4, [(1, 0, -1, 0)], seed=1).contrasts[0]
    assert with_proxy.estimate == pytest.approx((full[:, 0] - full[:, 2]).mean(), abs=0.01)
    assert with_proxy.riv < 1e-3


def test_a_wave_alone_is_its_pooled_mean() -> None:
    matrix = np.random.default_rng(3).normal(size=(9, 2))
    results = impute_change(patterns_of(matrix), 2, [(1, 0), (0, 1)], seed=1).contrasts
    assert [result.estimate for result in results] == pytest.approx(matrix.mean(axis=0), rel=1e-12)


def test_pooling_refuses_what_is_no_variance_and_says_what_is_undefined() -> None:
    for variances, df in (([1, -1], 9), ([1, 1], 0), ([1, 1], math.nan), ([1, 1], math.inf)):
        with pytest.raises(ValueError, match=r"^a variance is negative or df_complete is not a positive number; give those"):
            pool([1, 2], variances, df)
    assert pool([1, math.nan], [1, 1], 9).reason == "a completed data set has no estimate"
    assert pool([1, 1], [0, 0], 9).reason == "no variation"


@pytest.mark.parametrize(("imputations", "seed"), [(-1, 1), (0, 1), (1, 1), (5, -1)])
def test_draws_need_two_data_sets_and_a_seed(imputations: int, seed: int) -> None:
    patterns = patterns_of(np.random.default_rng(1).normal(size=(9, 2)))
    with pytest.raises(
        ValueError, match=rf"^imputations {imputations} or seed {seed}: give two data sets or more, and a seed"
    ):
        impute_change(patterns, 2, [(1, -1)], imputations=imputations, seed=seed)


def test_pooling_is_what_mice_says(said: Said) -> None:
    for count in ("5", "50"):
        expected = said["pool", count]
        result = pool(*([expected[str(index), letter] for index in range(1, int(count) + 1)] for letter in "QU"), 31)
        _agrees(result.estimate, expected["", "estimate"], 1e-12, count)
        _agrees(result.se**2, expected["", "variance"], 1e-12, count)
        _agrees(result.df, expected["", "df"], 1e-9, count)
        _agrees(result.riv, expected["", "riv"], 1e-9, count)
        _agrees(result.fmi, expected["", "fmi"], 1e-9, count)
    with pytest.raises(ValueError, match=r"^pooling needs as many variances as estimates, and two or more"):
        pool([1], [1], 5)


@pytest.mark.slow
def test_imputation_agrees_with_mice_and_with_the_likelihood(scores: Scores, said: Said) -> None:
    """Up to the draws: estimates within four Monte Carlo standard errors (variance between / m, of both), SEs within 6 %."""
    for sample_key in (("awkward", "prorated"), ("example", "wellbeing"), ("example", "emotional_exhaustion")):
        expected = said[sample_key]
        ours = impute_change(patterns_of(scores[sample_key]), 3, [(1, -1, 0)], imputations=2000, seed=1).contrasts[0]
        slack = 4 * math.sqrt(2 * expected["mice", "between"] / 2000)
        assert ours.estimate == pytest.approx(expected["mice", "estimate"], abs=slack + 0.02 * ours.se), sample_key
        assert ours.se == pytest.approx(expected["mice", "se"], rel=0.06), sample_key
    patterns = patterns_of(scores["large", "continuous"])
    ours = impute_change(patterns, 3, [(1, 0, -1)], imputations=1000, seed=1).contrasts[0]
    mean = fit_normal(patterns).mean
    assert ours.estimate == pytest.approx(mean[0] - mean[2], abs=4 * ours.se * math.sqrt(ours.fmi / 1000) + 0.02 * ours.se)


def test_drawing_moments_is_drawing_people(scores: Scores) -> None:
    """The moments of one pattern's completed scores have the mean and spread that people drawn one by one have."""
    from dagster_project.statistics.imputation import _Part

    matrix = scores["awkward", "prorated"]
    people = matrix[np.isfinite(matrix[:, 0]) & np.isnan(matrix[:, 1]) & np.isfinite(matrix[:, 2])]
    (pattern,) = patterns_of(people)
    generator = np.random.default_rng(4)
    mu, sigma = np.array([50.0, 52, 55]), np.array([[90.0, 60, 50], [60, 100, 55], [50, 55, 80]])
    chains = 20_000
    part = _Part(pattern, np.array(pattern.waves), 3)
    means, products = part.draw(generator, np.tile(mu, (chains, 1)), np.tile(sigma, (chains, 1, 1)))
    observed, n = [0, 2], len(people)
    slopes = np.linalg.solve(sigma[np.ix_(observed, observed)], sigma[observed, 1])
    residual_sd = math.sqrt(sigma[1, 1] - slopes @ sigma[observed, 1])
    values = mu[1] + (people[:, observed] - mu[observed]) @ slopes + residual_sd * generator.standard_normal((chains, n))
    centred = people[:, observed] - people[:, observed].mean(axis=0)
    one_by_one = {
        "mean": values.mean(axis=1),
        "squares": ((values - values.mean(axis=1, keepdims=True)) ** 2).sum(axis=1),
        "with the first": values @ centred[:, 0],
    }
    together = {"mean": means[:, 1], "squares": products[:, 1, 1], "with the first": products[:, 1, 0]}
    for name, theirs in one_by_one.items():
        error = theirs.std() / math.sqrt(chains)
        assert together[name].mean() == pytest.approx(theirs.mean(), abs=6 * error), name
        assert together[name].std() == pytest.approx(theirs.std(), rel=0.04), name


def test_without_anything_missing_imputation_is_the_paired_mean() -> None:
    matrix = np.random.default_rng(2).normal(size=(12, 2))
    result = impute_change(patterns_of(matrix), 2, [(1, -1)], seed=1).contrasts[0]
    change = matrix[:, 0] - matrix[:, 1]
    assert result.estimate == pytest.approx(change.mean(), rel=1e-12)
    assert result.se == pytest.approx(change.std(ddof=1) / math.sqrt(12), rel=1e-12)
    assert (result.riv, result.df) == (0, 12 / 14 * 11)


def test_imputation_is_the_same_in_any_order_and_other_with_another_seed(scores: Scores) -> None:
    matrix = scores["awkward", "prorated"]
    patterns = patterns_of(matrix)
    result = impute_change(patterns, 3, [(1, -1, 0)], seed=5)
    assert impute_change(patterns[::-1], 3, [(1, -1, 0)], seed=5) == result
    assert impute_change(patterns, 3, [(1, -1, 0)], seed=6) != result
    shuffled = impute_change(patterns_of(np.random.default_rng(1).permutation(matrix)), 3, [(1, -1, 0)], seed=5)
    assert shuffled.contrasts[0].estimate == pytest.approx(result.contrasts[0].estimate, rel=1e-9)
