"""The search for parameters of which every number of a row prints as it stands.

Belongs here: the search and its parts. Does not belong here: what follows from parameters in a shape (made_families.py).
"""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

import numpy as np
from scipy import optimize, special

Bounds = tuple[float, float]
#: The bounds of a row's numbers, by moment and statistic.
Row = dict[tuple[str, str], Bounds]
Prediction = Callable[[np.ndarray], dict[tuple[str, str], float]]
#: A key of what a prediction must not exceed zero by.
EXCESS = ("", "excess")


def solves(row: Row, predict: Prediction, starts: Iterable[Sequence[float]]) -> bool:
    """Whether parameters give all numbers of the row that predict knows."""
    for start in starts:
        result = optimize.least_squares(
            lambda x: _misfits(row, predict(x)), start, x_scale=np.maximum(np.abs(start), 0.1), max_nfev=60
        )
        if np.abs(result.fun).max() < 1e-6:
            return True
    return False


def _misfits(row: Row, values: dict[tuple[str, str], float]) -> np.ndarray:
    """How far each number is from its bounds, in half their width."""
    misfits = []
    for key, number in values.items():
        if key == EXCESS:
            misfits.append(max(0.0, number))
        elif key in row:
            low, high = _deviates(row[key]) if key[1] == "p" else row[key]
            value = _deviate(number) if key[1] == "p" else number
            half = max((high - low) / 2, 1e-9) if math.isfinite(high - low) else 0.01
            misfits.append(max(0.0, low - value, value - high) / half)
    return np.nan_to_num(np.array(misfits), nan=1e3, posinf=1e3)


def _deviate(p: float) -> float:
    return -float(special.ndtri(max(min(p, 1.0), 1e-300) / 2))


def _deviates(p: Bounds) -> Bounds:
    return _deviate(p[1]), _deviate(p[0]) if p[0] > 0 else math.inf


def p_of_t(t: float, df: float) -> float:
    return 2 * float(special.ndtr(-abs(t)) if math.isinf(df) else special.stdtr(df, -abs(t)))


@lru_cache
def critical(df: float, level: float = 0.95) -> float:
    tail = (1 - level) / 2
    return -float(special.ndtri(tail) if math.isinf(df) else special.stdtrit(df, tail))


def middle(bounds: Bounds) -> float:
    return (bounds[0] + bounds[1]) / 2


def number_of(row: Row, moment: str, statistic: str = "n") -> float:
    return round(middle(row[moment, statistic]))


def moments(row: Row) -> list[str]:
    return list(dict.fromkeys(moment for moment, _ in row))
