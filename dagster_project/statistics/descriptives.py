"""Descriptive statistics of one scale in one wave, from the number of people with each score.

Belongs here: descriptive statistics of distinct values with counts, so that the cost does not grow with people. Does
not belong here: comparisons.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

from dagster_project.statistics.change import Floats, _floats, _ratio, check_level

#: Values that agree to this many decimals are equal.
DECIMALS = 11


@dataclass(frozen=True)
class Description:
    """n; mean, sd (denominator n - 1), se, median, q1, q3, min, max in the scale's units; skewness; floor and ceiling:
    shares (0 to 1) at the scale's ends; ci_low, ci_high: t interval of the mean. NaN where undefined, `reason` says why."""

    n: int
    mean: float
    sd: float
    se: float
    median: float
    q1: float
    q3: float
    min: float
    max: float
    skewness: float
    floor: float
    ceiling: float
    ci_low: float
    ci_high: float
    reason: str


def merged(values: ArrayLike, counts: ArrayLike) -> tuple[Floats, Floats]:
    """Distinct values, ascending, rounded to eleven decimals, and how many people have each (at least one)."""
    raw_values = _floats(values) if np.size(values) else np.empty(0)
    people = _floats(counts) if np.size(counts) else np.empty(0)
    if raw_values.shape != people.shape:
        raise ValueError("values and counts differ in length; give one count a value")
    if np.any(people < 0) or np.any(people != np.floor(people)):
        raise ValueError("a count is negative or not whole; give how many people have each value")
    usable = (people > 0) & np.isfinite(raw_values)
    # 0.0 + turns a negative zero into zero
    distinct, inverse = np.unique(0.0 + np.round(raw_values[usable], DECIMALS), return_inverse=True)
    return distinct, np.bincount(inverse, weights=people[usable], minlength=distinct.size).astype(np.float64)


def quantile(values: Floats, counts: Floats, share: float) -> float:
    """The quantile of type 7 (linear between order statistics) of distinct ordered values with counts; NaN without people.

    R: quantile(x, share, type = 7). Source: Hyndman and Fan, Am Stat 1996, 50, 361-365.
    """
    cumulative = np.cumsum(counts)
    if not cumulative.size:
        return float("nan")
    position = share * (cumulative[-1] - 1)
    lower_rank = np.floor(position)
    low, high = (
        values[min(int(np.searchsorted(cumulative, rank, side="right")), values.size - 1)]
        for rank in (lower_rank, lower_rank + 1)
    )
    return float(low + (position - lower_rank) * (high - low))


def describe(values: ArrayLike, counts: ArrayLike, lowest: float, highest: float, level: float = 0.95) -> Description:
    """Describe scores. values, counts: (m,) distinct scores and how many people have each; lowest, highest: the scale's
    ends.

    Quartiles are of type 7. Skewness is the adjusted Fisher-Pearson coefficient G1 (R: e1071::skewness(x, type = 2)), which
    needs three people and variation. R otherwise: mean, sd, quantile, t.test(x)$conf.int.
    """
    check_level(level)
    distinct, people = merged(values, counts)
    n = int(people.sum())
    nan = float("nan")
    if n == 0:
        return Description(0, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, nan, "nobody answered")
    mean = float(people @ distinct / n)
    deviations = distinct - mean
    squares, cubes = float(people @ deviations**2), float(people @ deviations**3)
    sd = float(np.sqrt(squares / (n - 1))) if n > 1 else nan
    se = sd / float(np.sqrt(n)) if n > 1 else nan
    half_width = float(scipy.stats.t.ppf((1 + level) / 2, n - 1)) * se if n > 1 else nan
    skewness = nan
    if n > 2 and distinct.size > 1:
        skewness = float(np.sqrt(n * (n - 1)) / (n - 2) * (cubes / n) / (squares / n) ** 1.5)
    reason = "one person has no SD" if n == 1 else "no variation" if distinct.size == 1 else ""
    if n == 2 and not reason:
        reason = "skewness needs three people"
    median, q1, q3 = (quantile(distinct, people, share) for share in (0.5, 0.25, 0.75))
    floor, ceiling = (float(people[distinct == round(end, DECIMALS)].sum() / n) for end in (lowest, highest))
    return Description(
        n, mean, sd, se, median, q1, q3, float(distinct[0]), float(distinct[-1]), skewness, floor, ceiling,
        mean - half_width, mean + half_width, reason,
    )  # fmt: skip


def t_interval(n: ArrayLike, mean: ArrayLike, sd: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats, Floats]:
    """The standard error of means and the limits of their t intervals, from moments, arrays (k,); NaN below two people.

    R: t.test(x)$conf.int. Without variation both limits are the mean.
    """
    check_level(level)
    size, average, deviation = np.broadcast_arrays(_floats(n), _floats(mean), _floats(sd))
    df = np.where(size >= 2, size - 1, np.nan)
    se = _ratio(deviation, np.sqrt(np.where(size >= 2, size, np.nan)))
    half_width = scipy.stats.t.ppf((1 + level) / 2, df) * se
    return se, average - half_width, average + half_width
