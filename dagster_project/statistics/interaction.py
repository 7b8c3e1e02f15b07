"""Whether groups differ alike in each category of people: differences within categories, and the differences of these.

Belongs here: one outcome, groups by categories, covariates with common slopes. Does not belong here: which categories a
study looks at, a single difference (ancova.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from dagster_project.statistics.change import Floats, check_level
from dagster_project.statistics.group_least_squares import (
    GroupMoments,
    LeastSquares,
    checked_moments,
    least_squares,
    weighted_means,
)


@dataclass(frozen=True)
class Estimates:
    """Differences in the outcome's units with se, t, p (two-sided) and interval, arrays (g, c). NaN where undefined; reason
    says why, by group and category."""

    difference: Floats
    se: Floats
    t: Floats
    p: Floats
    ci_low: Floats
    ci_high: Floats
    reason: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Interaction:
    """differences: of each group and category, group minus reference group in that category. interactions: the same minus
    that of the first category. df: residual degrees of freedom of all of them. f, f_df, f_p: F test that the differences
    are the same in all categories, of all groups together, (numerator, denominator) df; f_reason: why not."""

    differences: Estimates
    interactions: Estimates
    df: float
    f: float
    f_df: tuple[float, float]
    f_p: float
    f_reason: str


def interaction(
    n: ArrayLike, means: ArrayLike, cross_products: ArrayLike, covariates: Sequence[str] = (), level: float = 0.95
) -> Interaction:
    """outcome ~ group * category + covariates with common slopes, ordinary least squares.

    n: people of each group and category with outcome and covariates, (g, c), the reference group first; means: of
    (outcome, covariates ...), (g, c, 1 + q); cross_products: sums of products of deviations from the cell's own means,
    (g, c, 1 + q, 1 + q), NaN allowed where n < 2. covariates: their q names.

    Every cell has a mean of its own; what they share is slopes and error. With W the sum of the cross-products and weights
    w of the cells, an estimate is sum w (mean_y - b' mean_x), its variance s^2 (sum w^2 / n + d' W_xx^-1 d), d the weighted
    means of the covariates. The F test is of all contrasts of cells that are zero where group and category add up; cells
    without people have no part in it. Undefined, with a reason: a cell without people; what leaves `ancova` without any.

    R: lm(y ~ group * category + x), anova with lm(y ~ group + category + x). Measured coverage of the 95 % intervals with 20
    and with 100 a group: tests/benchmarks/coverage.txt. Source: Cochran, Biometrics 1957, 13, 261-281.
    """
    check_level(level)
    sizes = np.asarray(n, dtype=np.float64)
    if sizes.ndim != 2:
        raise ValueError(f"n has shape {sizes.shape}; give people by group and category, (g, c)")
    averages, products = np.asarray(means, dtype=np.float64), np.asarray(cross_products, dtype=np.float64)
    cells = checked_moments(
        sizes.ravel(),
        averages.reshape(sizes.size, -1),
        products.reshape(sizes.size, *products.shape[2:]),
        tuple(covariates),
        0,
    )
    fit = least_squares(cells)
    g, c = sizes.shape
    cell_weights = np.eye(g * c).reshape(g, c, g * c)
    weights = cell_weights - cell_weights[0]
    people = sizes >= 1
    reasons = [[_cell_reason(people, group, category) or fit.reason for category in range(c)] for group in range(g)]
    interaction_reasons = [[_interaction_reason(reasons[group], category) for category in range(c)] for group in range(g)]
    return Interaction(
        _contrasts(weights, cells, fit, reasons, level),
        _contrasts(weights - weights[:, :1], cells, fit, interaction_reasons, level),
        fit.df, *_f_test(cells, fit, (g, c)),
    )  # fmt: skip


def _cell_reason(people: NDArray[np.bool_], group: int, category: int) -> str:
    if group == 0:
        return "reference group"
    for has_people, words in ((people[0, category], "reference group"), (people[group, category], "group")):
        if not has_people:
            return f"nobody of the {words} in the category"
    return ""


def _interaction_reason(reasons: Sequence[str], category: int) -> str:
    """Why a difference is not compared with that of the first category. reasons: of the differences of a group."""
    if category == 0:
        return "first category"
    return reasons[category] or ("nobody to compare with in the first category" if reasons[0] else "")


def _contrasts(
    weights: NDArray[np.float64], cells: GroupMoments, fit: LeastSquares, reasons: Sequence[Sequence[str]], level: float
) -> Estimates:
    """Estimates of weights of the cells, (g, c, g c)."""
    shape = weights.shape[:2]
    flat = weights.reshape(-1, weights.shape[2])
    is_empty = cells.n < 1
    units = (flat**2) @ np.divide(1.0, cells.n, out=np.zeros(cells.n.shape), where=~is_empty)
    difference, se = weighted_means(flat @ np.where(is_empty[:, None], 0.0, cells.means), units, fit)
    is_undefined = (np.abs(flat) @ is_empty > 0) | ~np.abs(flat).any(axis=1)
    difference[is_undefined], se[is_undefined] = np.nan, np.nan
    has_error = fit.variance > 0
    quantile = float(scipy.stats.t.ppf((1 + level) / 2, fit.df)) if has_error else np.nan
    t = difference / se if has_error else np.full(difference.shape, np.nan)
    p = 2 * scipy.stats.t.sf(np.abs(t), fit.df)
    low, high = difference - quantile * se, difference + quantile * se
    return Estimates(
        difference.reshape(shape), se.reshape(shape), t.reshape(shape), p.reshape(shape), low.reshape(shape),
        high.reshape(shape), tuple(map(tuple, reasons)),
    )  # fmt: skip


def _f_test(cells: GroupMoments, fit: LeastSquares, shape: tuple[int, int]) -> tuple[float, tuple[float, float], float, str]:
    """F, its degrees of freedom, p and why not: of the contrasts that are zero in every sum of group and category."""
    undefined = np.nan, (np.nan, np.nan), np.nan
    if fit.reason:
        return *undefined, fit.reason
    g, c = shape
    present = np.flatnonzero(cells.n >= 1)
    additive = np.column_stack([np.repeat(np.eye(g), c, axis=0), np.tile(np.eye(c), (g, 1))])[present]
    contrasts = scipy.linalg.null_space(additive.T).T
    if not len(contrasts):
        return *undefined, "fewer than two groups with people in two categories"
    means = cells.means[present]
    estimates = contrasts @ (means[:, 0] - means[:, 1:] @ fit.slopes)
    distances = contrasts @ means[:, 1:]
    covariance = fit.variance * ((contrasts / cells.n[present]) @ contrasts.T + distances @ fit.inverse @ distances.T)
    extra = float(len(contrasts))
    f = float(estimates @ np.linalg.solve(covariance, estimates)) / extra
    return f, (extra, fit.df), float(scipy.stats.f.sf(f, extra, fit.df)), ""
