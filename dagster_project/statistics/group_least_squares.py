"""Least squares of one outcome over independent groups with common slopes of covariates, from the moments of each group.

Belongs here: the moments and what they refuse, the slopes, estimates of weighted means, which covariates have a slope of
their own. Does not belong here: what is compared: groups (ancova.py), categories within groups (interaction.py).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dagster_project.statistics.change import Floats

#: A covariate of which less than this share of its variance within groups is its own counts as collinear (1 - R^2 with the
#: covariates before it), and an outcome of which less than this share is left over counts as explained without error.
OWN_SHARE = 1e-10
#: A variable whose SD within groups is below this share of its mean is constant up to rounding.
ROUNDING = 1e-12
NO_DF = "no residual degrees of freedom"
NO_VARIATION = "no residual variation"


@dataclass(frozen=True)
class GroupMoments:
    """Moments of the groups: n (g,), means (g, 1 + q), cross-products (g, 1 + q, 1 + q), zero for groups without spread."""

    n: Floats
    means: Floats
    products: Floats
    covariates: tuple[str, ...]


@dataclass(frozen=True)
class LeastSquares:
    """Residual df, common slopes (q,), the inverse cross-products of the covariates (q, q), residual sum of squares and
    variance; why there is no variance above 0."""

    df: float
    slopes: Floats
    inverse: NDArray[np.float64]
    residual: float
    variance: float
    reason: str


def checked_moments(
    n: ArrayLike, means: ArrayLike, cross_products: ArrayLike, covariates: tuple[str, ...], reference: int
) -> GroupMoments:
    """The moments with NaN means of empty groups and no spread in groups of fewer than two. ValueError as `ancova` says."""
    sizes = np.asarray(n, dtype=np.float64)
    averages, products = np.array(means, dtype=np.float64), np.array(cross_products, dtype=np.float64)
    width = 1 + len(covariates)
    if sizes.ndim != 1 or averages.shape != (sizes.size, width) or products.shape != (sizes.size, width, width):
        raise ValueError(
            f"shapes n {sizes.shape}, means {averages.shape}, cross-products {products.shape} do not fit {width - 1}"
            f" covariates; give (g,), (g, {width}) and (g, {width}, {width})"
        )
    if not 0 <= reference < sizes.size:
        raise ValueError(f"reference {reference} is no group; give an index from 0 to {sizes.size - 1}")
    if not (sizes >= 0).all():
        raise ValueError("a number of people is negative or missing; give 0 for an empty group")
    averages[sizes < 1], products[sizes < 2] = np.nan, 0.0
    if not np.isfinite(averages[sizes >= 1]).all() or not np.isfinite(products).all():
        raise ValueError("moments are missing of a group that has people; count only people with outcome and all covariates")
    return GroupMoments(sizes, averages, products, covariates)


def overall_means(groups: GroupMoments) -> Floats:
    """The means of all people, (1 + q,); NaN without anybody."""
    is_present = groups.n >= 1
    people = groups.n.sum() if is_present.any() else np.nan
    return np.asarray(groups.n[is_present] @ groups.means[is_present] / people)


def constant_variables(products: NDArray[np.float64], groups: GroupMoments) -> NDArray[np.bool_]:
    """Whether each variable has no spread within the groups but rounding, (1 + q,)."""
    size = np.sqrt(groups.n.sum()) * np.abs(np.where(groups.n[:, None] >= 1, groups.means, 0.0)).max(axis=0)
    return np.asarray(np.sqrt(np.diag(products)) <= ROUNDING * size)


def independent_columns(products: NDArray[np.float64]) -> list[int]:
    """The columns of a cross-product matrix that are not collinear with those before them."""
    scale = np.sqrt(np.diag(products))
    columns: list[int] = []
    for column in np.flatnonzero(scale > 0):
        correlations = products / np.outer(np.where(scale > 0, scale, 1.0), np.where(scale > 0, scale, 1.0))
        with_earlier = correlations[columns, column]
        if 1 - with_earlier @ np.linalg.solve(correlations[np.ix_(columns, columns)], with_earlier) > OWN_SHARE:
            columns.append(int(column))
    return columns


def _covariate_problem(groups: GroupMoments, products: NDArray[np.float64]) -> str:
    """Which covariate has no slope, and why; empty where all have one."""
    is_constant, columns = constant_variables(products, groups), independent_columns(products[1:, 1:])
    for column, name in enumerate(groups.covariates):
        if is_constant[1 + column]:
            return f"covariate '{name}' does not vary within the groups"
        if column not in columns:
            return f"covariate '{name}' is collinear with those before it"
    return ""


def least_squares(groups: GroupMoments) -> LeastSquares:
    """Common slopes and residual variance of the groups that have people.

    NaN and a reason where a covariate has no slope or no degrees of freedom are left. Source: Cochran, Biometrics 1957, 13,
    261-281.
    """
    products, q = groups.products.sum(axis=0), len(groups.covariates)
    df = float(groups.n.sum() - np.count_nonzero(groups.n >= 1) - q)
    problem = NO_DF if df < 0 else _covariate_problem(groups, products)
    if problem:
        return LeastSquares(df, np.full(q, np.nan), np.full((q, q), np.nan), np.nan, np.nan, problem)
    scale = np.sqrt(np.diag(products)[1:])
    inverse = np.linalg.inv(products[1:, 1:] / np.outer(scale, scale)) / np.outer(scale, scale)
    slopes = inverse @ products[1:, 0]
    residual = float(products[0, 0] - slopes @ products[1:, 0])
    if df < 1:
        return LeastSquares(df, slopes, inverse, np.nan, np.nan, NO_DF)
    if residual <= OWN_SHARE * products[0, 0] or constant_variables(products, groups)[0]:
        return LeastSquares(df, slopes, inverse, 0.0, 0.0, NO_VARIATION)
    return LeastSquares(df, slopes, inverse, residual, residual / df, "")


def weighted_means(contrasts: NDArray[np.float64], units: Floats, fit: LeastSquares) -> tuple[Floats, Floats]:
    """Estimates and standard errors of outcomes at contrasts of the means, (g, 1 + q); units: sums of 1 / n, (g,)."""
    distances = contrasts[:, 1:]
    leverage = np.einsum("gi,ij,gj->g", distances, fit.inverse, distances)
    return contrasts[:, 0] - distances @ fit.slopes, np.sqrt(fit.variance * (units + leverage))
