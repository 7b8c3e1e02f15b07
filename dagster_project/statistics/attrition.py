"""Attrition: differences between those who stayed and those who left, from moments and counts.

Belongs here: two independent groups compared at baseline. Does not belong here: missing scores themselves (normal.py,
imputation.py).
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

from dagster_project.statistics.change import Floats, _floats, _ratio, check_level
from dagster_project.statistics.effect_sizes import hedges_factor, noncentral_limits
from dagster_project.statistics.proportions import wilson


@dataclass(frozen=True)
class StandardisedDifference:
    """Differences (first group minus second) in SDs, with intervals; arrays of length k. NaN where undefined, `reason` says
    why."""

    difference: Floats
    ci_low: Floats
    ci_high: Floats
    reason: tuple[str, ...]


@dataclass(frozen=True)
class DifferenceOfShares:
    """Differences in shares (first group minus second), as shares, with intervals; arrays of length k. NaN where undefined,
    `reason` says why."""

    difference: Floats
    ci_low: Floats
    ci_high: Floats
    reason: tuple[str, ...]


def _check_counts(count: Floats, n: Floats) -> None:
    """Raise ValueError unless each count lies between 0 and its n."""
    if np.any((count < 0) | (n < 0) | (count > n)):
        raise ValueError("a count lies outside 0 to its n; give counts of people out of n people")


def standardised_difference(
    n_a: ArrayLike,
    mean_a: ArrayLike,
    sd_a: ArrayLike,
    n_b: ArrayLike,
    mean_b: ArrayLike,
    sd_b: ArrayLike,
    level: float = 0.95,
) -> StandardisedDifference:
    """Hedges' g: difference of both means / pooled SD, times J(n_a + n_b - 2), with the interval that inverts the noncentral
    t (exact for equal variances). Moments of both groups, (k,). Undefined, with a reason: an empty group, fewer than four
    people in total, a missing mean or SD, no variation. A negative n or SD raises ValueError.

    R: effectsize::hedges_g(x, y, pooled_sd = TRUE). Source: Hedges and Olkin, Statistical Methods for Meta-Analysis, 1985,
    ch. 5.
    """
    check_level(level)
    size_a, average_a, deviation_a, size_b, average_b, deviation_b = np.broadcast_arrays(
        *(_floats(moment) for moment in (n_a, mean_a, sd_a, n_b, mean_b, sd_b))
    )
    if np.any((size_a < 0) | (size_b < 0) | (deviation_a < 0) | (deviation_b < 0)):
        raise ValueError("a number of people or an SD is negative; give counts of people and SDs, NaN where there is none")
    df = size_a + size_b - 2
    # A single person has no variance.
    sum_squares_a = np.where(size_a > 1, (size_a - 1) * deviation_a**2, 0.0)
    sum_squares_b = np.where(size_b > 1, (size_b - 1) * deviation_b**2, 0.0)
    is_estimable = (size_a >= 1) & (size_b >= 1) & (df >= 2)
    pooled_sd = np.sqrt(
        _ratio(np.where(is_estimable, sum_squares_a + sum_squares_b, np.nan), np.where(is_estimable, df, np.nan))
    )
    d = _ratio(average_a - average_b, pooled_sd)
    size_root = np.sqrt(_ratio(size_a * size_b, size_a + size_b))
    low, high = noncentral_limits(d * size_root, np.where(is_estimable, df, np.nan), level)
    factor = hedges_factor(np.where(is_estimable, df, np.nan))
    reason = [
        "nobody in one of the groups" if not (people_a >= 1 and people_b >= 1)
        else "too few people" if people_a + people_b < 4
        else "" if np.isfinite(value) else "no variation" if deviation == 0 else "no mean or SD"
        for people_a, people_b, value, deviation in zip(size_a, size_b, d, pooled_sd, strict=True)
    ]  # fmt: skip
    return StandardisedDifference(
        factor * d, factor * _ratio(low, size_root), factor * _ratio(high, size_root), tuple(reason)
    )


def standardised_difference_of_shares(
    count_a: ArrayLike, n_a: ArrayLike, count_b: ArrayLike, n_b: ArrayLike, level: float = 0.95
) -> StandardisedDifference:
    """(p_a - p_b) / root((p_a q_a + p_b q_b) / 2) of two shares, with a large-sample interval by the delta method.

    Undefined without variation in both groups (each share 0 or 1); the raw difference (difference_of_shares) is defined
    there. The variance is the sum over groups of (derivative by the share)^2 p q / n. Source: Austin, Commun Stat Simul
    Comput 2009, 38, 1228-1234.
    """
    check_level(level)
    x_a, size_a, x_b, size_b = np.broadcast_arrays(*(_floats(number) for number in (count_a, n_a, count_b, n_b)))
    _check_counts(x_a, size_a)
    _check_counts(x_b, size_b)
    p_a, p_b = _ratio(x_a, size_a), _ratio(x_b, size_b)
    variance_a, variance_b = p_a * (1 - p_a), p_b * (1 - p_b)
    pooled_sd = np.sqrt((variance_a + variance_b) / 2)
    difference = _ratio(p_a - p_b, pooled_sd)
    # d/dp_a of (p_a - p_b) / s with s^2 = (p_a q_a + p_b q_b) / 2, and the same by p_b.
    slope_a = _ratio(np.ones(p_a.shape), pooled_sd) - _ratio((p_a - p_b) * (1 - 2 * p_a), 4 * pooled_sd**3)
    slope_b = -_ratio(np.ones(p_a.shape), pooled_sd) - _ratio((p_a - p_b) * (1 - 2 * p_b), 4 * pooled_sd**3)
    se = np.sqrt(slope_a**2 * _ratio(variance_a, size_a) + slope_b**2 * _ratio(variance_b, size_b))
    half_width = scipy.stats.norm.ppf((1 + level) / 2) * se
    reason = [
        "nobody in one of the groups"
        if not (people_a >= 1 and people_b >= 1)
        else ""
        if np.isfinite(value)
        else "no variation"
        for people_a, people_b, value in zip(size_a, size_b, difference, strict=True)
    ]
    return StandardisedDifference(difference, difference - half_width, difference + half_width, tuple(reason))


def difference_of_shares(
    count_a: ArrayLike, n_a: ArrayLike, count_b: ArrayLike, n_b: ArrayLike, level: float = 0.95
) -> DifferenceOfShares:
    """p_a - p_b of two independent groups, with Newcombe's hybrid score interval. Counts of people, (k,); shares.

    With Wilson's limits l, u of each share (without continuity correction) the interval goes from
    difference - root((p_a - l_a)^2 + (u_b - p_b)^2) to difference + root((u_a - p_a)^2 + (p_b - l_b)^2). Undefined only
    when a group is empty. R: prop.test(count, n, correct = FALSE)$conf.int of each group, and this formula.
    Source: Newcombe, Stat Med 1998, 17, 873-890, method 10.
    """
    check_level(level)
    x_a, size_a, x_b, size_b = np.broadcast_arrays(*(_floats(number) for number in (count_a, n_a, count_b, n_b)))
    _check_counts(x_a, size_a)
    _check_counts(x_b, size_b)
    p_a, p_b = _ratio(x_a, size_a), _ratio(x_b, size_b)
    low_a, high_a = wilson(x_a, size_a, level)
    low_b, high_b = wilson(x_b, size_b, level)
    difference = p_a - p_b
    reason = tuple("" if np.isfinite(value) else "nobody in one of the groups" for value in difference)
    return DifferenceOfShares(
        difference,
        difference - np.hypot(p_a - low_a, high_b - p_b),
        difference + np.hypot(high_a - p_a, p_b - low_b),
        reason,
    )
