"""Correlations of what lies behind ordered answers, and reliability from them.

Belongs here: polychoric correlations from counts of pairs of answers, alpha and omega of these. Does not belong here: alpha
and omega of the answers themselves (measurement.py); counting pairs, which the warehouse does.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from dagster_project.statistics.change import Floats
from dagster_project.statistics.measurement import omega_one_factor

#: A correlation farther from 0 than this is no estimate: the likelihood rises up to 1.
_LARGEST = 1 - 1e-6
_LEAST_PROBABILITY = 1e-300


@dataclass(frozen=True)
class Polychoric:
    """A polychoric correlation. NaN where there is none, `reason` says why."""

    rho: float
    reason: str


@dataclass(frozen=True)
class OrdinalReliability:
    """Alpha and omega of polychoric correlations, NaN where there is none, with the reason of each."""

    alpha: float
    omega: float
    alpha_reason: str
    omega_reason: str


def bivariate_normal_cdf(x: ArrayLike, y: ArrayLike, rho: float) -> Floats:
    """P(X <= x, Y <= y) of two standard normal numbers with correlation rho, between -1 and 1; x and y of one shape,
    infinite ones among them.

    By Owen's T function, to about 1e-15. R: mnormt::pmnorm. Source: Owen, Ann Math Stat 1956, 27, 1075-1090.
    """
    first, second = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
    marginals = scipy.special.ndtr(first), scipy.special.ndtr(second)
    finite = np.isfinite(first) & np.isfinite(second)
    h, k = np.where(finite, first, 1.0), np.where(finite, second, 1.0)
    root = np.sqrt(1 - rho**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope_h, slope_k = (k / h - rho) / root, (h / k - rho) / root
    both_zero = (h == 0) & (k == 0)
    slope_h, slope_k = np.where(both_zero, 0.0, slope_h), np.where(both_zero, 0.0, slope_k)
    is_opposite = (h * k < 0) | ((h * k == 0) & (h + k < 0))
    probability = (
        (scipy.special.ndtr(h) + scipy.special.ndtr(k)) / 2
        - scipy.special.owens_t(h, slope_h)
        - scipy.special.owens_t(k, slope_k)
        - np.where(is_opposite, 0.5, 0.0)
    )
    probability = np.where(both_zero, 0.25 + np.arcsin(rho) / (2 * np.pi), probability)
    # Where one of them is infinite, the other decides, or nothing is below.
    one_sided = np.where(np.isposinf(first), marginals[1], np.where(np.isposinf(second), marginals[0], 0.0))
    return np.asarray(np.where(finite, probability, one_sided))


def _thresholds(margin: Floats) -> Floats:
    """Where the normal variable behind an item passes from one answer to the next, with both infinite ends."""
    shares = np.cumsum(margin)[:-1] / margin.sum()
    return np.concatenate(([-np.inf], scipy.special.ndtri(shares), [np.inf]))


def _density(x: Floats, y: Floats, rho: float) -> Floats:
    finite = np.isfinite(x) & np.isfinite(y)
    h, k = np.where(finite, x, 0.0), np.where(finite, y, 0.0)
    exponent = -(h**2 - 2 * rho * h * k + k**2) / (2 * (1 - rho**2))
    return np.where(finite, np.exp(exponent) / (2 * np.pi * np.sqrt(1 - rho**2)), 0.0)


def _cells(corners: Floats) -> Floats:
    """What lies in each cell of a grid, from what lies below and left of its corners."""
    return np.diff(np.diff(corners, axis=0), axis=1)


def polychoric(counts: ArrayLike) -> Polychoric:
    """The correlation of two normal variables that show as ordered answers.

    counts: (answers, answers of the other), how many people gave both. In two steps: thresholds from the margins, then the
    correlation of the greatest likelihood; cells without people stay empty. Undefined: an item with a single answer, nobody,
    or a likelihood that rises up to 1 or -1. R: lavaan::lavCor, psych::polychoric(correct = 0). Source: Olsson,
    Psychometrika 1979, 44, 443-460.
    """
    table = np.asarray(counts, dtype=np.float64)
    if table.ndim != 2 or np.any(table < 0):
        raise ValueError("counts is a table of people by both answers, none of them negative")
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if not table.size:
        return Polychoric(float("nan"), "nobody answered all items")
    if min(table.shape) < 2:
        return Polychoric(float("nan"), "an item has the same answer from everybody")
    x, y = np.meshgrid(_thresholds(table.sum(axis=1)), _thresholds(table.sum(axis=0)), indexing="ij")

    def slope(rho: float) -> float:
        """The derivative of the log-likelihood."""
        probabilities = np.maximum(_cells(bivariate_normal_cdf(x, y, rho)), _LEAST_PROBABILITY)
        return float((table * _cells(_density(x, y, rho)) / probabilities)[table > 0].sum())

    # From where the likelihood is the greatest on a grid, so that a root is a top.
    grid = np.linspace(-0.999, 0.999, 41)
    heights = [_log_likelihood(table, x, y, rho) for rho in grid]
    best = int(np.argmax(heights))
    low = -_LARGEST if best == 0 else float(grid[best - 1])
    high = _LARGEST if best == len(grid) - 1 else float(grid[best + 1])
    if not slope(low) > 0 > slope(high):
        return Polychoric(float("nan"), "two items are answered as one: their likelihood has no top below 1")
    return Polychoric(float(scipy.optimize.brentq(slope, low, high, xtol=1e-13, rtol=1e-13)), "")


def _log_likelihood(table: Floats, x: Floats, y: Floats, rho: float) -> float:
    probabilities = np.maximum(_cells(bivariate_normal_cdf(x, y, rho)), _LEAST_PROBABILITY)
    return float((table * np.log(probabilities))[table > 0].sum())


def ordinal_reliability(tables: Sequence[Sequence[NDArray[np.float64]]], n: int) -> OrdinalReliability:
    """Alpha and omega of the polychoric correlations of k items: k / (k - 1) (1 - k / sum of R), and omega of one factor by
    maximum likelihood on R.

    tables: row i has the counts of item i with each later item, keyed in the scale's direction, of the n people who answered
    all of them. Both are of the normal variables behind the answers, not of the score. R: psych::alpha, lavaan::cfa of
    lavCor. Source: Zumbo, Gadermann and Zeisser, J Mod Appl Stat Methods 2007, 6, 21-29.
    """
    count, nan = len(tables) + 1, float("nan")
    correlations = np.eye(count)
    for row, of_item in enumerate(tables):
        for offset, table in enumerate(of_item, start=1):
            estimate = polychoric(table)
            if estimate.reason:
                return OrdinalReliability(nan, nan, estimate.reason, estimate.reason)
            correlations[row, row + offset] = correlations[row + offset, row] = estimate.rho
    if count < 2:
        return OrdinalReliability(nan, nan, "one item", "one item")
    total = float(correlations.sum())
    has_alpha = total > 0
    alpha = count / (count - 1) * (1 - count / total) if has_alpha else nan
    omega = omega_one_factor(correlations, n)
    return OrdinalReliability(alpha, omega.omega, "" if has_alpha else "the items do not go together", omega.reason)
