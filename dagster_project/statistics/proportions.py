"""Counts and shares. Belongs here: shares of an explicit denominator, their intervals, two shares of the same people. Does
not belong here: who belongs to a denominator."""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

from dagster_project.statistics.change import Floats, _floats, _ratio, check_level


def percent(count: ArrayLike, n: ArrayLike) -> Floats:
    """100 count / n, in percent; NaN where nobody answered (n = 0)."""
    return _ratio(100.0 * _floats(count), _floats(n))


def wilson(count: ArrayLike, n: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Wilson's score interval of count / n, without continuity correction: (low, high), shares; NaN where n is 0.

    Counts are whole, so coverage cannot be 95 % at every share: 97.7 % at a share of 0.3 of 20 people, 94.8 % of 200
    (tests/benchmarks/coverage.txt). R: prop.test(count, n, correct = FALSE)$conf.int. Source: Wilson, J Am Stat Assoc 1927,
    22, 209-212.
    """
    check_level(level)
    z = float(scipy.stats.norm.ppf((1 + level) / 2))
    x, size = np.broadcast_arrays(_floats(count), _floats(n))
    denominator = np.where(size > 0, size, np.nan)
    share = x / denominator
    centre = (share + z * z / (2 * denominator)) / (1 + z * z / denominator)
    half_width = (
        z / (1 + z * z / denominator) * np.sqrt(share * (1 - share) / denominator + z * z / (4 * denominator * denominator))
    )
    # At the ends the formula gives 0 and 1 only up to rounding.
    low = np.where(x == 0, np.where(np.isnan(denominator), np.nan, 0.0), centre - half_width)
    high = np.where(x == size, np.where(np.isnan(denominator), np.nan, 1.0), centre + half_width)
    return low, high


def mcnemar_exact(yes_no: ArrayLike, no_yes: ArrayLike) -> Floats:
    """McNemar's exact test, two-sided: whether one kind of discordant answer is more likely. p; 1 without discordance.

    Twice the lower binomial tail of the smaller count out of both at 1/2, at most 1. R: binom.test(b, b + c)$p.value.
    Source: McNemar, Psychometrika 1947, 12, 153-157.
    """
    count_yes_no, count_no_yes = np.broadcast_arrays(_floats(yes_no), _floats(no_yes))
    return np.asarray(
        np.minimum(1.0, 2 * scipy.stats.binom.cdf(np.minimum(count_yes_no, count_no_yes), count_yes_no + count_no_yes, 0.5))
    )


@dataclass(frozen=True)
class PairedDifference:
    """Difference of two shares of the same people (first minus second), arrays of length k, with its interval."""

    difference: Floats
    ci_low: Floats
    ci_high: Floats
    method: str
    reason: tuple[str, ...]


def paired_difference(
    yes_yes: ArrayLike, yes_no: ArrayLike, no_yes: ArrayLike, no_no: ArrayLike, level: float = 0.95
) -> PairedDifference:
    """(yes_no - no_yes) / n, with the interval of Bonett and Price: Wald's after adding one to each discordant count.

    yes_yes, yes_no, no_yes, no_no: counts of the fourfold table of the same people. With p = (count + 1) / (n + 2) of each
    discordant count the interval is p12 - p21 ± z root((p12 + p21 - (p12 - p21)^2) / (n + 2)), cut at -1 and 1.
    Its 95 % interval covers 97.0 % of the time with 20 people and 95.3 % with 200 (tests/benchmarks/coverage.txt).
    Source: Bonett and Price, J Educ Behav Stat 2012, 37, 479-488.
    """
    check_level(level)
    counts = np.broadcast_arrays(*(_floats(count) for count in (yes_yes, yes_no, no_yes, no_no)))
    n = counts[0] + counts[1] + counts[2] + counts[3]
    denominator = np.where(n > 0, n, np.nan)
    share_yes_no, share_no_yes = (counts[1] + 1) / (denominator + 2), (counts[2] + 1) / (denominator + 2)
    half_width = scipy.stats.norm.ppf((1 + level) / 2) * np.sqrt(
        (share_yes_no + share_no_yes - (share_yes_no - share_no_yes) ** 2) / (denominator + 2)
    )
    return PairedDifference(
        difference=(counts[1] - counts[2]) / denominator,
        ci_low=np.maximum(-1.0, share_yes_no - share_no_yes - half_width),
        ci_high=np.minimum(1.0, share_yes_no - share_no_yes + half_width),
        method="Bonett and Price's adjusted Wald interval",
        reason=tuple("" if size > 0 else "nobody answered in both" for size in n),
    )
