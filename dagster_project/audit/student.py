"""Student's t, for printed numbers: many single calls, so the special functions are asked directly. Rules do not belong
here."""

from functools import lru_cache

from scipy import special

from dagster_project.audit.intervals import Interval


@lru_cache(maxsize=4096)
def critical(n: int) -> float:
    """The t beyond which 2.5 % of the distribution with n - 1 df lie."""
    return -float(special.stdtrit(n - 1, 0.025))


def p_of_t(t: float, df: float) -> float:
    """The two-sided p of |t|."""
    return 2 * float(special.stdtr(df, -abs(t)))


def t_of_p(p: Interval, n: int) -> Interval:
    """The |t| that p stands for with n - 1 df; p at 0 has no upper bound."""
    high = float("inf") if p.low <= 0 else -float(special.stdtrit(n - 1, min(1.0, p.low) / 2))
    return Interval(-float(special.stdtrit(n - 1, min(1.0, p.high) / 2)), high)
