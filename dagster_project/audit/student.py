"""Student's t, for printed numbers: many single calls, so the special functions are asked directly. Rules do not belong
here."""

import math
from functools import lru_cache

import scipy

from dagster_project.audit.intervals import Interval

#: Levels of an interval that tables print, in per cent; the usual one first.
LEVELS = (95, 90, 99)


@lru_cache(maxsize=4096)
def critical(df: float, level: int = 95) -> float:
    """The t that the middle `level` per cent of the distribution with df degrees of freedom lie within; of the normal
    distribution with infinite df."""
    tail = (100 - level) / 200
    return -float(scipy.special.ndtri(tail) if math.isinf(df) else scipy.special.stdtrit(df, tail))


def p_of_t(t: float, df: float) -> float:
    """The two-sided p of |t|; of the normal distribution with infinite df."""
    return math.erfc(abs(t) / math.sqrt(2)) if math.isinf(df) else 2 * float(scipy.special.stdtr(df, -abs(t)))


def t_of_p(p: Interval, df: float) -> Interval:
    """The |t| that p stands for with df degrees of freedom; p at 0 has no upper bound."""
    return Interval(_t(min(1.0, p.high), df), float("inf") if p.low <= 0 else _t(min(1.0, p.low), df))


def _t(p: float, df: float) -> float:
    return -float(scipy.special.ndtri(p / 2) if math.isinf(df) else scipy.special.stdtrit(df, p / 2))
