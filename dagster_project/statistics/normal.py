"""The multivariate normal distribution of scores over waves, with missing ones: maximum likelihood by EM, and Little's test.

Belongs here: what is computed from the mean vector and covariance matrix of all waves. Does not belong here: imputation,
structured models (mixed.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from dagster_project.statistics.change import Floats
from dagster_project.statistics.patterns import Pattern, by_plan, waves_present

_MOST_STEPS, _TOLERANCE = 20_000, 1e-13
WaveIndices = np.ndarray[tuple[int], np.dtype[np.intp]]


@dataclass(frozen=True)
class Normal:
    """Maximum-likelihood mean (k,) and covariance (k, k, denominator n) of the waves in which anybody has a score;
    waves: their indices. reason says why there is no estimate; mean and covariance are then empty."""

    waves: tuple[int, ...]
    mean: Floats
    covariance: Floats
    n_people: int
    reason: str


@dataclass(frozen=True)
class McarTest:
    """Little's test: chi_square, df, p; n_patterns: patterns of waves. NaN where undefined, `reason` says why."""

    chi_square: float
    df: float
    p: float
    n_patterns: int
    reason: str


def fit_normal(patterns: Sequence[Pattern]) -> Normal:
    """Fit by EM from the moments of patterns (Little and Rubin, Statistical Analysis with Missing Data, 3rd ed., 2020, ch.
    11.2).

    Not estimable, with a reason: no people; too few people; two waves that nobody has both of; a wave, or a combination of
    waves, without variation; no convergence. R: mvnmle, or lavaan's saturated model with missing = "fiml".
    """
    usable = [pattern for pattern in patterns if pattern.n > 0]
    waves = tuple(waves_present(usable))
    people = sum(pattern.n for pattern in usable)
    empty = np.empty(0)

    def no_estimate(reason: str) -> Normal:
        return Normal(waves, empty, empty, people, reason)

    if not usable:
        return no_estimate("nobody has a score")
    if people < len(waves) + 2:
        return no_estimate("too few people")
    index_of = {wave: index for index, wave in enumerate(waves)}
    pattern_columns = [np.array([index_of[wave] for wave in pattern.waves]) for pattern in usable]
    pair_counts = np.zeros((len(waves), len(waves)))
    for pattern, columns in zip(usable, pattern_columns, strict=True):
        pair_counts[np.ix_(columns, columns)] += pattern.n
    if np.any(pair_counts < 2):
        return no_estimate("two waves have hardly anybody in common")
    sums, squares = np.zeros(len(waves)), np.zeros(len(waves))
    for pattern, columns in zip(usable, pattern_columns, strict=True):
        sums[columns] += pattern.n * pattern.mean
    mean = sums / np.diag(pair_counts)
    for pattern, columns in zip(usable, pattern_columns, strict=True):
        squares[columns] += np.diag(pattern.cross_products) + pattern.n * (pattern.mean - mean[columns]) ** 2
    variances = squares / np.diag(pair_counts)
    if np.any(variances <= 1e-18 * np.maximum(1.0, mean**2)):
        return no_estimate("no variation in a wave")
    # Standardised by the SD of each wave, so that one tolerance suits all.
    sds = np.sqrt(variances)
    centre, covariance = np.zeros(len(waves)), np.eye(len(waves))
    scaled = [
        (
            (pattern.mean - mean[columns]) / sds[columns],
            pattern.cross_products / np.outer(sds[columns], sds[columns]),
            pattern.n,
        )
        for pattern, columns in zip(usable, pattern_columns, strict=True)
    ]
    completions = [Completion(columns, len(waves)) for columns in pattern_columns]
    for _ in range(_MOST_STEPS):
        total, products = _expectation(scaled, pattern_columns, completions, centre, covariance)
        step = total / people
        new_covariance = products / people - np.outer(step, step)
        largest_step = max(float(np.abs(step).max()), float(np.abs(new_covariance - covariance).max()))
        centre, covariance = centre + step, (new_covariance + new_covariance.T) / 2
        if np.linalg.eigvalsh(covariance)[0] < 1e-10:
            return no_estimate("the waves do not vary independently of one another")
        if largest_step < _TOLERANCE:
            return Normal(waves, mean + sds * centre, covariance * np.outer(sds, sds), people, "")
    return no_estimate("the estimate does not converge")


def _expectation(
    scaled: Sequence[tuple[Floats, Floats, int]],
    pattern_columns: Sequence[WaveIndices],
    completions: Sequence["Completion"],
    centre: Floats,
    covariance: Floats,
) -> tuple[Floats, Floats]:
    """The E step: the expected sums (k,) and products (k, k) of everybody's deviations from the centre in all k waves.

    scaled: mean, cross products and number of people of each pattern, in the columns of its waves.
    """
    total, products = np.zeros(len(centre)), np.zeros_like(covariance)
    for (scaled_mean, scaled_products, n), columns, completion in zip(scaled, pattern_columns, completions, strict=True):
        prediction, residual_covariance = completion.predict(covariance)
        deviation = prediction @ (scaled_mean - centre[columns])
        total += n * deviation
        products += prediction @ scaled_products @ prediction.T + n * (np.outer(deviation, deviation) + residual_covariance)
    return total, products


class Completion:
    """Predicts all waves from the observed waves of a pattern."""

    def __init__(self, observed: WaveIndices, count: int) -> None:
        missing = np.setdiff1d(np.arange(count), observed)
        self._observed, self._missing, self._count = observed, missing, count
        self._observed_block = (observed[:, None], observed)
        self._observed_by_missing = (observed[:, None], missing)
        self._missing_block = (missing[:, None], missing)
        self._prediction = np.zeros((count, len(observed)))
        self._prediction[observed] = np.eye(len(observed))
        self._residual_covariance = np.zeros((count, count))

    def predict(self, covariance: Floats) -> tuple[Floats, Floats]:
        """The matrix (k, w) that predicts all waves, and the residual covariance (k, k)."""
        if self._missing.size:
            cross_covariance = covariance[self._observed_by_missing]
            slopes = np.linalg.solve(covariance[self._observed_block], cross_covariance).T
            self._prediction[self._missing] = slopes
            self._residual_covariance[self._missing_block] = covariance[self._missing_block] - slopes @ cross_covariance
        return self._prediction, self._residual_covariance


def little_mcar(patterns: Sequence[Pattern]) -> McarTest:
    """Little's test that scores are missing completely at random.

    chi_square = sum over patterns of n (mean - mu)' Sigma^-1 (mean - mu) in the pattern's waves, with maximum-likelihood mu
    and Sigma (denominator n); df = waves of all patterns together, minus waves. People without any score are left out. What
    was not planned is not missing: people for whom other waves were planned are a group of their own, with their own mu and
    Sigma, and chi_square and df are sums over the groups.
    Source: Little, J Am Stat Assoc 1988, 83, 1198-1202.
    """
    groups = by_plan([pattern for pattern in patterns if pattern.n > 0])
    if len(groups) > 1:
        return _sum_of_tests([_test_of_group(group) for group in groups if len(group) > 1], sum(map(len, groups)))
    return _test_of_group(groups[0] if groups else [])


def _sum_of_tests(tests: Sequence[McarTest], n_patterns: int) -> McarTest:
    """The test of several groups of people. tests: of those with several patterns; a single pattern has nothing to test."""
    nan = float("nan")
    if not tests:
        return McarTest(nan, nan, nan, n_patterns, "everybody has a score in the waves planned for them, or misses the same")
    for test in tests:
        if test.reason:
            return McarTest(nan, nan, nan, n_patterns, f"{test.reason}, of those for whom the same waves were planned")
    chi_square, df = sum(test.chi_square for test in tests), sum(test.df for test in tests)
    return McarTest(chi_square, df, float(scipy.stats.chi2.sf(chi_square, df)), n_patterns, "")


def _test_of_group(usable: Sequence[Pattern]) -> McarTest:
    nan = float("nan")
    if len(usable) == 1:
        return McarTest(nan, nan, nan, 1, "everybody has a score in the same waves")
    fitted = fit_normal(usable)
    if fitted.reason:
        return McarTest(nan, nan, nan, len(usable), fitted.reason)
    index_of = {wave: index for index, wave in enumerate(fitted.waves)}
    chi_square = 0.0
    for pattern in usable:
        columns = [index_of[wave] for wave in pattern.waves]
        deviation = pattern.mean - fitted.mean[columns]
        chi_square += pattern.n * float(deviation @ np.linalg.solve(fitted.covariance[np.ix_(columns, columns)], deviation))
    df = sum(len(pattern.waves) for pattern in usable) - len(fitted.waves)
    return McarTest(chi_square, float(df), float(scipy.stats.chi2.sf(chi_square, df)), len(usable), "")
