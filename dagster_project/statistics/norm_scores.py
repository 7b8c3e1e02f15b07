"""Scores of people against norms of people like them: means of T scores, and medians of percentiles.

Belongs here: sums over people who are compared with different norms, from how many people have which score. Does not belong
here: a mean against one norm (norms.py); who is compared with which norm.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dagster_project.statistics.change import Floats, _floats
from dagster_project.statistics.descriptives import merged, quantile, t_interval


@dataclass(frozen=True)
class NormScores:
    """Of n people the mean T score, its SD and interval, and the mean z with its interval, z = (T - 50) / 10. values,
    people: distinct T scores, ascending, and people with each. NaN where undefined, `reason` says why."""

    n: int
    mean: float
    sd: float
    ci_low: float
    ci_high: float
    z: float
    z_ci_low: float
    z_ci_high: float
    values: Floats
    people: Floats
    reason: str


def norm_scores(
    scores: ArrayLike, counts: ArrayLike, norm_means: ArrayLike, norm_sds: ArrayLike, level: float = 0.95
) -> NormScores:
    """The mean of T = 50 + 10 (score - norm mean) / norm SD, each person's by the norm of their own stratum, with the t
    interval of a mean.

    scores, counts: (k,) scores and how many people have each in a stratum; norm_means, norm_sds: (k,) of that stratum. The
    norms are taken as known. R: t.test(50 + 10 * (x - mean) / sd). Source of T: McCall, How to Measure in Education, 1922.
    """
    sds = _floats(norm_sds) if np.size(norm_sds) else np.empty(0)
    if np.any(sds <= 0):
        raise ValueError("a norm's SD is not above 0; give the SD of a norm that has variation")
    z_scores = (_floats(scores) - _floats(norm_means)) / sds if sds.size else sds
    values, people = merged(50 + 10 * z_scores, counts)
    n, nan = int(people.sum()), float("nan")
    if n == 0:
        return NormScores(0, nan, nan, nan, nan, nan, nan, nan, values, people, "nobody has a score and a norm")
    mean = float(people @ values / n)
    sd = float(np.sqrt(people @ (values - mean) ** 2 / (n - 1))) if n > 1 else nan
    _, low, high = (float(limit[0]) for limit in t_interval([n], [mean], [sd], level))
    z, z_low, z_high = ((limit - 50) / 10 for limit in (mean, low, high))
    return NormScores(n, mean, sd, low, high, z, z_low, z_high, values, people, "" if n > 1 else "one person has no SD")


@dataclass(frozen=True)
class PercentileSummary:
    """Of n people median and quartiles of percentiles; NaN without people, `reason` says so. values, people: distinct
    percentiles, ascending, and people with each."""

    n: int
    median: float
    q1: float
    q3: float
    values: Floats
    people: Floats
    reason: str


def percentile_summary(percentiles: ArrayLike, counts: ArrayLike) -> PercentileSummary:
    """Median and quartiles (type 7) of people's percentiles. percentiles, counts: (k,) percentiles and how many people have
    each; NaN is no percentile. R: quantile(x, c(.5, .25, .75), type = 7)."""
    values, people = merged(percentiles, counts)
    n = int(people.sum())
    median, q1, q3 = (quantile(values, people, share) for share in (0.5, 0.25, 0.75))
    return PercentileSummary(n, median, q1, q3, values, people, "" if n else "nobody has a percentile")
