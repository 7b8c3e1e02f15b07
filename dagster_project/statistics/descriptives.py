"""One scale in one wave: where scores lie and how they are spread, from how many people have which score.

Belongs here: descriptive statistics of a table of distinct values with counts, so that cost does not grow with people. Does
not belong here: comparisons.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

from dagster_project.statistics.change import Floats, _floats, check_level

#: Decimals to which values are one and the same.
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
    """Distinct values in order, rounded to eleven decimals, and how many people have each; those nobody has are left out."""
    given, people = _floats(values) if np.size(values) else np.empty(0), _floats(counts) if np.size(counts) else np.empty(0)
    if given.shape != people.shape:
        raise ValueError("values and counts differ in length; give one count a value")
    if np.any(people < 0) or np.any(people != np.floor(people)):
        raise ValueError("a count is negative or not whole; give how many people have each value")
    usable = (people > 0) & np.isfinite(given)
    # 0.0 + turns a negative zero into zero
    distinct, place = np.unique(0.0 + np.round(given[usable], DECIMALS), return_inverse=True)
    return distinct, np.bincount(place, weights=people[usable], minlength=distinct.size).astype(np.float64)


def quantile(values: Floats, counts: Floats, share: float) -> float:
    """The quantile of type 7 (linear between order statistics) of distinct ordered values with counts; NaN of nobody.

    R: quantile(x, share, type = 7). Source: Hyndman and Fan, Am Stat 1996, 50, 361-365.
    """
    ends = np.cumsum(counts)
    if not ends.size:
        return float("nan")
    at = share * (ends[-1] - 1)
    below = np.floor(at)
    low, high = (values[min(int(np.searchsorted(ends, one, side="right")), values.size - 1)] for one in (below, below + 1))
    return float(low + (at - below) * (high - low))


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
    half = float(scipy.stats.t.ppf((1 + level) / 2, n - 1)) * se if n > 1 else nan
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
        mean - half, mean + half, reason,
    )  # fmt: skip
