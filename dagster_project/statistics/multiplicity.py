"""Adjusting p values for the family of tests they belong to. Belongs here: adjusted p values. Does not belong here: what a
family is (the protocol defines it)."""

import numpy as np
from numpy.typing import ArrayLike

from dagster_project.statistics.change import Floats, _floats


def holm(p: ArrayLike) -> Floats:
    """Holm's step-down adjusted p values, in the order given; NaN stays NaN and does not count as a test.

    With p sorted, p_(i) becomes the greatest of (m - j + 1) p_(j), j <= i, at most 1. Controls the family-wise error rate
    whatever the dependence. R: p.adjust(p, "holm"). Source: Holm, Scand J Stat 1979, 6, 65-70.
    """
    return _adjusted(p, is_step_down=True)


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """Benjamini and Hochberg's adjusted p values, in the order given; NaN stays NaN and does not count as a test.

    With p sorted, p_(i) becomes the least of m p_(j) / j, j >= i, at most 1. Controls the false discovery rate of
    independent tests. R: p.adjust(p, "BH"). Source: Benjamini and Hochberg, J R Stat Soc B 1995, 57, 289-300.
    """
    return _adjusted(p, is_step_down=False)


def _adjusted(p: ArrayLike, *, is_step_down: bool) -> Floats:
    p_values = _floats(p)
    if np.any((p_values < 0) | (p_values > 1)):
        raise ValueError("a p value lies outside 0 to 1; give p values")
    result = np.full(p_values.shape, np.nan)
    finite_indices = np.flatnonzero(np.isfinite(p_values))
    count = finite_indices.size
    if not count:
        return result
    order = finite_indices[np.argsort(p_values[finite_indices], kind="stable")]
    if is_step_down:
        adjusted = np.maximum.accumulate((count - np.arange(count)) * p_values[order])
    else:
        ratios = count / np.arange(1, count + 1) * p_values[order]
        adjusted = np.minimum.accumulate(ratios[::-1])[::-1]
    result[order] = np.minimum(adjusted, 1.0)
    return result
