"""Whether numbers between printed quartiles can have a printed mean and SD. Belongs here: that search. Does not belong here:
other families (made_families.py)."""

import math

import numpy as np
from scipy import optimize

_NAMES = ("min", "q1", "median", "q3", "max")
#: So many points of each quarter may hold values.
_N_POINTS = 25


def is_summary_possible(n: float, bounds: dict[str, tuple[float, float]]) -> bool:
    """A quarter of the values lies in each quarter, give or take one; among all ways to lay them, the least and the largest
    SD of the printed mean are asked for."""
    lows, highs = [bounds[name][0] for name in _NAMES], [bounds[name][1] for name in _NAMES]
    if n < 4 or any(low > high for low, high in zip(lows, highs[1:], strict=False)):
        return False
    points = [np.linspace(lows[quarter], max(highs[quarter + 1], lows[quarter]), _N_POINTS) for quarter in range(4)]
    xs = np.concatenate(points)
    share = np.kron(np.eye(4), np.ones(_N_POINTS))
    limits = [((n - 4) / 4 / n, (n + 4) / 4 / n)] * 4
    # An end holds a value.
    inequalities = np.vstack([share, -share, -np.eye(len(xs))[[0, -1]], xs, -xs])
    mean = bounds["mean"]
    right = [*(high for _, high in limits), *(-low for low, _ in limits), -1 / n, -1 / n, mean[1], -mean[0]]
    for sign in (1, -1):
        result = optimize.linprog(
            sign * (xs - sum(mean) / 2) ** 2,
            A_ub=inequalities,
            b_ub=right,
            A_eq=np.ones((1, len(xs))),
            b_eq=[1.0],
            bounds=(0, 1),
        )
        if result.status != 0:
            return False
        sd = math.sqrt(max(0.0, sign * result.fun) * n / (n - 1))
        if sign * (sd - bounds["sd"][1 if sign == 1 else 0]) > 1e-9:
            return False
    return True
