"""Whether two groups were alike to begin with: standardised differences of numbers and categories, from moments and counts.

Belongs here: differences of the two samples as such, in the form used for tables of balance. Does not belong here: two
shares, Hedges' g as an estimate of a population's difference (both are in attrition.py).
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

from dagster_project.statistics.attrition import StandardisedDifference
from dagster_project.statistics.change import Floats, _floats, _ratio, check_level


@dataclass(frozen=True)
class CategoryDifference:
    """How far apart the shares of a variable's categories lie in two groups, in SDs: without a sign, 0 where all are equal.
    NaN where undefined, `reason` says why."""

    distance: float
    reason: str


def standardised_difference_of_means(
    n_a: ArrayLike, mean_a: ArrayLike, sd_a: ArrayLike, n_b: ArrayLike, mean_b: ArrayLike, sd_b: ArrayLike,
    level: float = 0.95,
) -> StandardisedDifference:  # fmt: skip
    """(mean_a - mean_b) / root((sd_a^2 + sd_b^2) / 2), without a correction for small samples. Moments of both groups, (k,).

    Both variances weigh the same, whatever the sizes, as in standardised_difference_of_shares; Hedges' g
    (standardised_difference) weighs them by people. Large-sample interval by the delta method, normal quantiles, s the
    denominator: variance = (sd_a^2 / n_a + sd_b^2 / n_b) / s^2 + d^2 (sd_a^4 / (n_a - 1) + sd_b^4 / (n_b - 1)) / (8 s^4).
    Undefined: fewer than two people in a group, no variation in either. A negative n or SD raises ValueError.
    Source: Yang and Dalton, SAS Global Forum 2012, paper 335; the variance: Bonett, Psychol Methods 2008, 13, 99-109.
    """
    check_level(level)
    size_a, average_a, deviation_a, size_b, average_b, deviation_b = np.broadcast_arrays(
        *(_floats(moment) for moment in (n_a, mean_a, sd_a, n_b, mean_b, sd_b))
    )
    if np.any((size_a < 0) | (size_b < 0) | (deviation_a < 0) | (deviation_b < 0)):
        raise ValueError("a number of people or an SD is negative; give counts of people and SDs, NaN where there is none")
    is_estimable = (size_a >= 2) & (size_b >= 2)
    sd = np.where(is_estimable, np.hypot(deviation_a, deviation_b) / np.sqrt(2), np.nan)
    difference = _ratio(average_a - average_b, sd)
    variance_a, variance_b = _ratio(deviation_a, sd) ** 2, _ratio(deviation_b, sd) ** 2
    se = np.sqrt(
        _ratio(variance_a, size_a) + _ratio(variance_b, size_b)
        + difference**2 * (_ratio(variance_a**2, size_a - 1) + _ratio(variance_b**2, size_b - 1)) / 8
    )  # fmt: skip
    half_width = scipy.stats.norm.ppf((1 + level) / 2) * se
    reason = tuple(
        "nobody in one of the groups" if not (people_a >= 1 and people_b >= 1)
        else "one person in one of the groups" if people_a < 2 or people_b < 2
        else "" if np.isfinite(value) else "no variation" if deviation == 0 else "no mean or SD"
        for people_a, people_b, value, deviation in zip(size_a, size_b, difference, sd, strict=True)
    )  # fmt: skip
    return StandardisedDifference(difference, difference - half_width, difference + half_width, reason)


def standardised_difference_of_categories(counts_a: ArrayLike, counts_b: ArrayLike) -> CategoryDifference:
    """Mahalanobis distance of the shares of c categories: root((p_a - p_b)' S^-1 (p_a - p_b)), S the mean of both groups'
    multinomial covariance matrices, both without a category (whichever; the distance is the same).

    counts_a, counts_b: people of each category, (c,), in the same order; categories that nobody has are left out. Of two
    categories it is the size of standardised_difference_of_shares. It has no sign and chance alone makes it greater than 0,
    the more so the more categories there are, so that an interval of the estimate ± its error would not hold near zero:
    there is none here. Undefined: an empty group, everybody in the same category, no category in common (the distance is
    infinite). ValueError: counts that are negative or missing, or not as many in both groups. R: sqrt(mahalanobis(...)).
    Source: Yang and Dalton, SAS Global Forum 2012, paper 335.
    """
    numbers_a, numbers_b = _floats(counts_a), _floats(counts_b)
    if numbers_a.shape != numbers_b.shape or not ((numbers_a >= 0) & (numbers_b >= 0)).all():
        raise ValueError("counts are negative, missing or not as many in both groups; give a count of people per category")
    is_present = numbers_a + numbers_b > 0
    p_a, p_b = (_shares(numbers[is_present]) for numbers in (numbers_a, numbers_b))
    if np.isnan(p_a).any() or np.isnan(p_b).any() or not is_present.any():
        return CategoryDifference(float("nan"), "nobody in one of the groups")
    if p_a.size == 1:
        return CategoryDifference(float("nan"), "no variation")
    if not (p_a * p_b > 0).any():
        return CategoryDifference(float("nan"), "no category in common")
    covariance = (np.diag(p_a) - np.outer(p_a, p_a) + np.diag(p_b) - np.outer(p_b, p_b)) / 2
    gap = (p_a - p_b)[1:]
    return CategoryDifference(float(np.sqrt(gap @ np.linalg.solve(covariance[1:, 1:], gap))), "")


def _shares(counts: Floats) -> Floats:
    return _ratio(counts, np.full(counts.shape, counts.sum()))
