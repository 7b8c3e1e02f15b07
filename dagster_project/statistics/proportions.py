"""Counts and shares. Belongs here: shares of an explicit denominator. Does not belong here: who is in it."""

from numpy.typing import ArrayLike

from dagster_project.statistics.change import Floats, _floats, _ratio


def percent(count: ArrayLike, n: ArrayLike) -> Floats:
    """100 count / n, in percent; NaN where nobody answered (n = 0)."""
    return _ratio(100.0 * _floats(count), _floats(n))
