"""The multivariate normal distribution of scores over waves, with missing ones: maximum likelihood by EM, and Little's test.

Belongs here: what rests on the mean vector and covariance matrix of all waves. Does not belong here: imputation, models with
a structure (mixed.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from dagster_project.statistics.change import Floats
from dagster_project.statistics.patterns import Pattern, waves_present

_MOST_STEPS, _TOLERANCE = 20_000, 1e-13
Places = np.ndarray[tuple[int], np.dtype[np.intp]]


@dataclass(frozen=True)
class Normal:
    """Maximum-likelihood mean (k,) and covariance (k, k, denominator n) of the waves that anybody has; waves: their places.
    reason says why there is no estimate; mean and covariance are then empty."""

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

    Not estimable, with a reason: nobody; too few people; two waves without a person who has both; a wave, or a combination
    of waves, without variation; no convergence. R: mvnmle, or lavaan's saturated model with missing = "fiml".
    """
    usable = [pattern for pattern in patterns if pattern.n > 0]
    waves = tuple(waves_present(usable))
    people = sum(pattern.n for pattern in usable)
    empty = np.empty(0)

    def none(reason: str) -> Normal:
        return Normal(waves, empty, empty, people, reason)

    if not usable:
        return none("nobody has a score")
    if people < len(waves) + 2:
        return none("too few people")
    place = {wave: at for at, wave in enumerate(waves)}
    have = [np.array([place[wave] for wave in pattern.waves]) for pattern in usable]
    together = np.zeros((len(waves), len(waves)))
    for pattern, at in zip(usable, have, strict=True):
        together[np.ix_(at, at)] += pattern.n
    if np.any(together < 2):
        return none("two waves have hardly anybody in common")
    sums, squares = np.zeros(len(waves)), np.zeros(len(waves))
    for pattern, at in zip(usable, have, strict=True):
        sums[at] += pattern.n * pattern.mean
    mean = sums / np.diag(together)
    for pattern, at in zip(usable, have, strict=True):
        squares[at] += np.diag(pattern.cross_products) + pattern.n * (pattern.mean - mean[at]) ** 2
    spread = squares / np.diag(together)
    if np.any(spread <= 1e-18 * np.maximum(1.0, mean**2)):
        return none("no variation in a wave")
    # In units of each wave's own spread, so that one tolerance fits all.
    unit = np.sqrt(spread)
    centre, covariance = np.zeros(len(waves)), np.eye(len(waves))
    scaled = [
        ((pattern.mean - mean[at]) / unit[at], pattern.cross_products / np.outer(unit[at], unit[at]), pattern.n)
        for pattern, at in zip(usable, have, strict=True)
    ]
    completions = [Completion(at, len(waves)) for at in have]
    for _ in range(_MOST_STEPS):
        total, products = np.zeros(len(waves)), np.zeros((len(waves), len(waves)))
        for (own, crossed, n), at, completion in zip(scaled, have, completions, strict=True):
            completed, noise = completion.at(covariance)
            away = completed @ (own - centre[at])
            total += n * away
            products += completed @ crossed @ completed.T + n * (np.outer(away, away) + noise)
        step = total / people
        renewed = products / people - np.outer(step, step)
        moved = max(float(np.abs(step).max()), float(np.abs(renewed - covariance).max()))
        centre, covariance = centre + step, (renewed + renewed.T) / 2
        if np.linalg.eigvalsh(covariance)[0] < 1e-10:
            return none("the waves do not vary independently of one another")
        if moved < _TOLERANCE:
            return Normal(waves, mean + unit * centre, covariance * np.outer(unit, unit), people, "")
    return none("the estimate does not converge")


class Completion:
    """Predicting all waves from those that a pattern has."""

    def __init__(self, have: Places, count: int) -> None:
        lacks = np.setdiff1d(np.arange(count), have)
        self._have, self._lacks, self._count = have, lacks, count
        self._of_both = (have[:, None], have)
        self._across = (have[:, None], lacks)
        self._open = (lacks[:, None], lacks)
        self._predicts = np.zeros((count, len(have)))
        self._predicts[have] = np.eye(len(have))
        self._noise = np.zeros((count, count))

    def at(self, covariance: Floats) -> tuple[Floats, Floats]:
        """The matrix (k, w) that predicts all waves, and the covariance (k, k) of what it leaves open."""
        if self._lacks.size:
            across = covariance[self._across]
            slopes = np.linalg.solve(covariance[self._of_both], across).T
            self._predicts[self._lacks] = slopes
            self._noise[self._open] = covariance[self._open] - slopes @ across
        return self._predicts, self._noise


def little_mcar(patterns: Sequence[Pattern]) -> McarTest:
    """Little's test that scores are missing completely at random.

    chi_square = sum over patterns of n (mean - mu)' Sigma^-1 (mean - mu) in the pattern's waves, with maximum-likelihood mu
    and Sigma (denominator n); df = waves of all patterns together, minus waves. People without any score are left out.
    Source: Little, J Am Stat Assoc 1988, 83, 1198-1202.
    """
    usable = [pattern for pattern in patterns if pattern.n > 0]
    nan = float("nan")
    if len(usable) == 1:
        return McarTest(nan, nan, nan, 1, "everybody has a score in the same waves")
    fitted = fit_normal(usable)
    if fitted.reason:
        return McarTest(nan, nan, nan, len(usable), fitted.reason)
    place = {wave: at for at, wave in enumerate(fitted.waves)}
    chi_square = 0.0
    for pattern in usable:
        at = [place[wave] for wave in pattern.waves]
        away = pattern.mean - fitted.mean[at]
        chi_square += pattern.n * float(away @ np.linalg.solve(fitted.covariance[np.ix_(at, at)], away))
    df = sum(len(pattern.waves) for pattern in usable) - len(fitted.waves)
    return McarTest(chi_square, float(df), float(scipy.stats.chi2.sf(chi_square, df)), len(usable), "")
