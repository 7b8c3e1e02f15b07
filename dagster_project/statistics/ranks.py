"""Change by ranks: Wilcoxon's signed-rank test, the Hodges-Lehmann shift with its interval, the rank-biserial correlation.

Belongs here: rank statistics of distinct changes with counts, so that the cost does not grow with people. Does not
belong here: means (change.py), resampling (resampling.py).

Zeros: dropped before ranking, as Wilcoxon did, and from the Walsh averages too. Ties: midranks. Changes that agree to eleven
decimals are ties, so that rounding error creates no false ranks.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from dagster_project.statistics.change import Floats, check_level
from dagster_project.statistics.descriptives import DECIMALS, merged

Whole = NDArray[np.int64]
#: Up to this many changes that are not zero p and interval are exact, above it large-sample.
EXACT_UP_TO = 200


@dataclass(frozen=True)
class SignedRank:
    """n: pairs; n_nonzero: changes that are not zero; w_plus: sum of the ranks of positive changes; p two-sided; shift:
    median of the Walsh averages, with ci_low and ci_high, in the changes' units; rank_biserial: (W+ - W-) / (W+ + W-), -1 to
    1. method: exact or large-sample. NaN where undefined, `reason` says why."""

    n: int
    n_nonzero: int
    w_plus: float
    p: float
    shift: float
    ci_low: float
    ci_high: float
    rank_biserial: float
    method: str
    reason: str


def signed_rank(values: ArrayLike, counts: ArrayLike, level: float = 0.95, exact_up_to: int = EXACT_UP_TO) -> SignedRank:
    """Wilcoxon's signed-rank analysis. values, counts: (m,) distinct changes and how many pairs have each.

    p, exact: from the distribution of W+ over all signs given the midranks (R: exactRankTests::wilcox.exact(x)$p.value,
    without ties wilcox.test(x)$p.value); large-sample: normal, with correction for ties and continuity (wilcox.test(x, exact
    = FALSE)). shift: Hodges and Lehmann's estimate. Interval: the k-th Walsh averages from either end, k the (1 - level) / 2
    quantile of the signed-rank distribution without ties (R: qsignrank; with ties the interval is somewhat wide), at least
    1; there is none with too few changes to reach the level. Large-sample: k from its normal approximation. Source:
    Hollander and Wolfe, Nonparametric Statistical Methods, 2nd ed., 1999, ch. 3; Kerby, Innov Teach 2014, 3:11.IT.3.1
    (rank-biserial).
    """
    check_level(level)
    changes, people = merged(values, counts)
    n, is_nonzero = int(people.sum()), changes != 0
    changes, people = changes[is_nonzero], people[is_nonzero].astype(np.int64)
    nonzero, nan = int(people.sum()), float("nan")
    if nonzero == 0:
        reason = "no pairs" if n == 0 else "every change is zero"
        return SignedRank(n, 0, nan, nan, nan, nan, nan, nan, "", reason)
    positive, ranks, ties = _ranked(changes, people)
    w_plus, total = float(positive @ ranks), nonzero * (nonzero + 1) / 2
    is_exact = nonzero <= exact_up_to
    p = _exact_p(ranks, ties, w_plus) if is_exact else _large_sample_p(nonzero, ties, w_plus)
    grid, unit = _grid(changes)
    ends = _interval_rank(nonzero, level, is_exact)
    last = nonzero * (nonzero + 1) // 2
    middle = {(last + 1) // 2, last // 2 + 1}
    is_reached = 2.0 ** (1 - nonzero) <= 1 - level
    low, high = (unit * _walsh(grid, people, rank) if is_reached else nan for rank in (ends, last + 1 - ends))
    shift = unit * float(np.mean([_walsh(grid, people, rank) for rank in middle]))
    method = f"{'exact' if is_exact else 'large-sample'}, zeros dropped" + (
        ", midranks for ties" if np.any(ties > 1) else ""
    )
    reason = "" if is_reached else f"too few changes that are not zero for a {100 * level:g} % interval"
    return SignedRank(n, nonzero, w_plus, p, shift, low, high, (2 * w_plus - total) / total, method, reason)


def _ranked(changes: Floats, people: Whole) -> tuple[Whole, Floats, Whole]:
    """For each distinct absolute change, ascending: how many are positive, the midrank, and how many there are."""
    sizes, inverse = np.unique(np.abs(changes), return_inverse=True)
    ties = np.bincount(inverse, weights=people, minlength=sizes.size).astype(np.int64)
    positive = np.bincount(inverse, weights=people * (changes > 0), minlength=sizes.size).astype(np.int64)
    ends = np.cumsum(ties)
    return positive, (ends - ties + 1 + ends) / 2, ties


def _exact_p(ranks: Floats, ties: Whole, w_plus: float) -> float:
    """Twice the smaller tail of W+ over all signs; computed on doubled midranks, which are whole numbers."""
    doubled = np.rint(2 * ranks).astype(np.int64)
    chances = np.zeros(int(doubled @ ties) + 1)
    chances[0] = 1.0
    reach = 0
    for rank, count in zip(doubled.tolist(), ties.tolist(), strict=True):
        for _ in range(count):
            chances[: reach + rank + 1] *= 0.5
            unshifted = chances[: reach + 1].copy()
            chances[rank : reach + rank + 1] += unshifted
            reach += rank
    doubled_w_plus = round(2 * w_plus)
    return float(min(1.0, 2 * min(chances[: doubled_w_plus + 1].sum(), chances[doubled_w_plus:].sum())))


def _large_sample_p(nonzero: int, ties: Whole, w_plus: float) -> float:
    size, tied = float(nonzero), ties.astype(np.float64)
    variance = size * (size + 1) * (2 * size + 1) / 24 - float((tied**3 - tied).sum()) / 48
    distance = w_plus - size * (size + 1) / 4
    z = (distance - 0.5 * np.sign(distance)) / np.sqrt(variance)
    return float(min(1.0, 2 * scipy.stats.norm.sf(abs(z))))


def _interval_rank(nonzero: int, level: float, is_exact: bool) -> int:
    """Rank, from either end, of the Walsh average that is a limit of the interval."""
    share, size = (1 - level) / 2, float(nonzero)
    if not is_exact:
        deviation = np.sqrt(size * (size + 1) * (2 * size + 1) / 24)
        return max(1, int(np.floor(size * (size + 1) / 4 + scipy.stats.norm.ppf(share) * deviation)))
    chances = np.zeros(nonzero * (nonzero + 1) // 2 + 1)
    chances[0] = 1.0
    reach = 0
    for rank in range(1, nonzero + 1):
        chances[: reach + rank + 1] *= 0.5
        chances[rank : reach + rank + 1] += chances[: reach + 1].copy()
        reach += rank
    # The smallest q with P(W+ <= q) >= share, as in qsignrank.
    return max(1, int(np.searchsorted(np.cumsum(chances), share * (1 - 1e-12))))


def _grid(changes: Floats) -> tuple[Whole, float]:
    """Changes as whole numbers of a unit: 1e-11, or coarser where they are too large for that."""
    digits = int(np.floor(np.log10(np.abs(changes).max()))) + 1
    unit = 10.0 ** -min(DECIMALS, 15 - max(digits, 0))
    return np.rint(changes / unit).astype(np.int64), unit


def _walsh(grid: Whole, people: Whole, rank: int) -> float:
    """The rank-th smallest (a + b) / 2 over all pairs of people, self-pairs included, by bisection on whole numbers.

    Counting how many lie below a bound takes one search for each distinct change; pairs are never enumerated.
    """
    cumulative = np.concatenate([[0], np.cumsum(people)])

    def at_most(double: int) -> int:
        pairs = int(people @ cumulative[np.searchsorted(grid, double - grid, side="right")])
        selves = int(cumulative[np.searchsorted(grid, double // 2, side="right")])
        return (pairs + selves) // 2

    low, high = 2 * int(grid[0]), 2 * int(grid[-1])
    while low < high:
        middle = (low + high) // 2
        if at_most(middle) >= rank:
            high = middle
        else:
            low = middle + 1
    return low / 2
