"""Student's t, for printed numbers: many single calls, so the special functions are called directly. Belongs here: quantiles
and p. Does not belong here: rules."""

import math
from functools import lru_cache

import scipy

from dagster_project.audit.intervals import Interval

#: Levels of an interval that tables print, in per cent; the usual one first.
LEVELS = (95, 90, 99)


@lru_cache(maxsize=4096)
def critical(df: float, level: int = 95) -> float:
    """The two-sided critical t of `level` per cent with df degrees of freedom; of the normal distribution for infinite
    df."""
    tail = (100 - level) / 200
    return -float(scipy.special.ndtri(tail) if math.isinf(df) else scipy.special.stdtrit(df, tail))


def p_of_t(t: float, df: float) -> float:
    """The two-sided p of |t|; of the normal distribution with infinite df."""
    return math.erfc(abs(t) / math.sqrt(2)) if math.isinf(df) else 2 * float(scipy.special.stdtr(df, -abs(t)))


def t_of_p(p: Interval, df: float) -> Interval:
    """The |t| of a two-sided p with df degrees of freedom; unbounded for a p of 0."""
    return Interval(_abs_t(min(1.0, p.high), df), float("inf") if p.low <= 0 else _abs_t(min(1.0, p.low), df))


def _abs_t(p: float, df: float) -> float:
    return -float(scipy.special.ndtri(p / 2) if math.isinf(df) else scipy.special.stdtrit(df, p / 2))
