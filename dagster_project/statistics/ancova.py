"""Analysis of covariance: groups compared at equal covariates, by least squares from the moments of each group.

Belongs here: one outcome, independent groups, common slopes, and whether the slopes are equal. Does not belong here:
unadjusted differences (group_difference.py), people with waves missing (mixed.py, imputation.py), which covariates a study
has.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from dagster_project.statistics.change import Floats, check_level

#: A covariate of which less than this share of its variance within groups is its own counts as collinear (1 - R^2 with the
#: covariates before it), and an outcome of which less than this share is left over counts as explained without error.
OWN_SHARE = 1e-10
#: A variable whose SD within groups is below this share of its mean is constant up to rounding.
ROUNDING = 1e-12
NO_DF = "no residual degrees of freedom"
NO_VARIATION = "no residual variation"


@dataclass(frozen=True)
class Ancova:
    """Per group, in the order of the input, arrays of length g: the adjusted difference (group minus reference; NaN for the
    reference itself, whose reason is 'reference group'), its se, t, p (two-sided) and interval; the adjusted mean at the
    overall mean of the covariates, its se and interval. In the outcome's units. NaN where undefined: `reason` says why for
    differences, `mean_reason` for means.

    df: residual degrees of freedom; residual_sd; slopes (q,): common slope of each covariate; slopes_f, slopes_df, slopes_p:
    F test that the slope of the baseline is the same in all groups, (numerator, denominator) df; slopes_reason: why not.
    """

    difference: Floats
    se: Floats
    t: Floats
    p: Floats
    ci_low: Floats
    ci_high: Floats
    reason: tuple[str, ...]
    mean: Floats
    mean_se: Floats
    mean_ci_low: Floats
    mean_ci_high: Floats
    mean_reason: tuple[str, ...]
    df: float
    residual_sd: float
    slopes: Floats
    slopes_f: float
    slopes_df: tuple[float, float]
    slopes_p: float
    slopes_reason: str


@dataclass(frozen=True)
class _Groups:
    """Moments of the groups: n (g,), means (g, 1 + q), cross-products (g, 1 + q, 1 + q), zero for groups without spread."""

    n: Floats
    means: Floats
    products: Floats
    covariates: tuple[str, ...]


@dataclass(frozen=True)
class _Fit:
    """Residual df, common slopes (q,), the inverse cross-products of the covariates (q, q), residual sum of squares and
    variance; why there is no variance above 0."""

    df: float
    slopes: Floats
    inverse: NDArray[np.float64]
    residual: float
    variance: float
    reason: str


def ancova(
    n: ArrayLike, means: ArrayLike, cross_products: ArrayLike, covariates: Sequence[str] = (), reference: int = 0,
    level: float = 0.95,
) -> Ancova:  # fmt: skip
    """outcome ~ group + covariates with common slopes, ordinary least squares.

    n: people of each group with outcome and all covariates, (g,); means: of (outcome, covariates ...), (g, 1 + q);
    cross_products: sums of products of deviations from the group's own means, (g, 1 + q, 1 + q), NaN allowed where n < 2.
    covariates: their q names, the baseline first; categories as dummies, one fewer than there are categories (their mean is
    a share: adjusted means are those of a group with the shares of all people, where emmeans by default weighs both values
    of a dummy alike). reference: index of the reference group.

    With W the sum of the cross-products, b = W_xx^-1 W_xy and df = N - g - q, the variance of an adjusted difference is
    s^2 (1 / n_g + 1 / n_r + c' W_xx^-1 c), c the difference of the covariates' means. Groups without anybody are left out.
    Undefined, with a reason: an empty group; a covariate that is constant within the groups or collinear with those before
    it (it is named; the caller leaves it out and says so); no residual df or no residual variation (estimates, no
    intervals). ValueError: shapes that do not agree, a negative n, moments missing of a group that has people.

    R: lm(y ~ group + x), emmeans(model, "group", cov.keep = character(0)), anova(model, lm(y ~ group * baseline + x)).
    Measured coverage of the 95 % interval with 20 and with 100 a group: tests/benchmarks/coverage.txt. Source: Cochran,
    Biometrics 1957, 13, 261-281.
    """
    check_level(level)
    groups = _checked(n, means, cross_products, tuple(covariates), reference)
    fit = _least_squares(groups)
    contrasts = groups.means - groups.means[reference]
    units = np.divide(1.0, groups.n, out=np.full(groups.n.shape, np.nan), where=groups.n >= 1)
    units_difference = units + units[reference]
    contrasts[reference], units_difference[reference] = np.nan, np.nan
    difference, se = _estimates(contrasts, units_difference, fit)
    mean, mean_se = _estimates(groups.means - _overall(groups), units, fit)
    mean += _overall(groups)[0]
    has_error = fit.variance > 0
    quantile = float(scipy.stats.t.ppf((1 + level) / 2, fit.df)) if has_error else np.nan
    t = difference / se if has_error else np.full(difference.shape, np.nan)
    reasons = [fit.reason if people >= 1 else "nobody in the group" for people in groups.n]
    no_reference = "" if groups.n[reference] >= 1 else "nobody in the reference group"
    return Ancova(
        difference, se, t, 2 * scipy.stats.t.sf(np.abs(t), fit.df), difference - quantile * se, difference + quantile * se,
        tuple("reference group" if index == reference else no_reference or text for index, text in enumerate(reasons)),
        mean, mean_se, mean - quantile * mean_se, mean + quantile * mean_se, tuple(reasons),
        fit.df, float(np.sqrt(fit.variance)), fit.slopes, *_equal_slopes(groups, fit),
    )  # fmt: skip


def _checked(
    n: ArrayLike, means: ArrayLike, cross_products: ArrayLike, covariates: tuple[str, ...], reference: int
) -> _Groups:
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
    return _Groups(sizes, averages, products, covariates)


def _overall(groups: _Groups) -> Floats:
    """The means of all people, (1 + q,); NaN without anybody."""
    is_present = groups.n >= 1
    people = groups.n.sum() if is_present.any() else np.nan
    return np.asarray(groups.n[is_present] @ groups.means[is_present] / people)


def _is_constant(products: NDArray[np.float64], groups: _Groups) -> NDArray[np.bool_]:
    """Whether each variable has no spread within the groups but rounding, (1 + q,)."""
    size = np.sqrt(groups.n.sum()) * np.abs(np.where(groups.n[:, None] >= 1, groups.means, 0.0)).max(axis=0)
    return np.asarray(np.sqrt(np.diag(products)) <= ROUNDING * size)


def _independent(products: NDArray[np.float64]) -> list[int]:
    """The columns of a cross-product matrix that are not collinear with those before them."""
    scale = np.sqrt(np.diag(products))
    columns: list[int] = []
    for column in np.flatnonzero(scale > 0):
        correlations = products / np.outer(np.where(scale > 0, scale, 1.0), np.where(scale > 0, scale, 1.0))
        with_earlier = correlations[columns, column]
        if 1 - with_earlier @ np.linalg.solve(correlations[np.ix_(columns, columns)], with_earlier) > OWN_SHARE:
            columns.append(int(column))
    return columns


def _covariate_problem(groups: _Groups, products: NDArray[np.float64]) -> str:
    """Which covariate has no slope, and why; empty where all have one."""
    is_constant, columns = _is_constant(products, groups), _independent(products[1:, 1:])
    for column, name in enumerate(groups.covariates):
        if is_constant[1 + column]:
            return f"covariate '{name}' does not vary within the groups"
        if column not in columns:
            return f"covariate '{name}' is collinear with those before it"
    return ""


def _least_squares(groups: _Groups) -> _Fit:
    """Common slopes and residual variance of the groups that have people."""
    products, q = groups.products.sum(axis=0), len(groups.covariates)
    df = float(groups.n.sum() - np.count_nonzero(groups.n >= 1) - q)
    problem = NO_DF if df < 0 else _covariate_problem(groups, products)
    if problem:
        return _Fit(df, np.full(q, np.nan), np.full((q, q), np.nan), np.nan, np.nan, problem)
    scale = np.sqrt(np.diag(products)[1:])
    inverse = np.linalg.inv(products[1:, 1:] / np.outer(scale, scale)) / np.outer(scale, scale)
    slopes = inverse @ products[1:, 0]
    residual = float(products[0, 0] - slopes @ products[1:, 0])
    if df < 1:
        return _Fit(df, slopes, inverse, np.nan, np.nan, NO_DF)
    if residual <= OWN_SHARE * products[0, 0] or _is_constant(products, groups)[0]:
        return _Fit(df, slopes, inverse, 0.0, 0.0, NO_VARIATION)
    return _Fit(df, slopes, inverse, residual, residual / df, "")


def _estimates(contrasts: NDArray[np.float64], units: Floats, fit: _Fit) -> tuple[Floats, Floats]:
    """Estimates and standard errors of outcomes at contrasts of the means, (g, 1 + q); units: sums of 1 / n, (g,)."""
    distances = contrasts[:, 1:]
    leverage = np.einsum("gi,ij,gj->g", distances, fit.inverse, distances)
    return contrasts[:, 0] - distances @ fit.slopes, np.sqrt(fit.variance * (units + leverage))


def _equal_slopes(groups: _Groups, fit: _Fit) -> tuple[float, tuple[float, float], float, str]:
    """F, its degrees of freedom, p and the reason of the test that the baseline's slope is the same in all groups.

    The larger model has a slope of the baseline for every group in which it varies; the other covariates stay in common.
    """
    undefined = np.nan, (np.nan, np.nan), np.nan
    if not groups.covariates or fit.reason:
        return *undefined, fit.reason or "no covariate"
    g, q = groups.n.size, len(groups.covariates)
    larger, towards = np.zeros((g + q - 1, g + q - 1)), np.zeros(g + q - 1)
    larger[range(g), range(g)], towards[:g] = groups.products[:, 1, 1], groups.products[:, 1, 0]
    larger[:g, g:], larger[g:, :g] = groups.products[:, 1, 2:], groups.products[:, 1, 2:].T
    larger[g:, g:], towards[g:] = groups.products[:, 2:, 2:].sum(axis=0), groups.products[:, 2:, 0].sum(axis=0)
    columns = _independent(larger)
    slopes = np.linalg.solve(larger[np.ix_(columns, columns)], towards[columns])
    total = float(groups.products[:, 0, 0].sum())
    residual = total - float(slopes @ towards[columns])
    extra, df = float(len(columns) - q), fit.df + q - len(columns)
    if extra < 1:
        return *undefined, f"'{groups.covariates[0]}' varies in fewer than two groups"
    if df < 1 or residual <= OWN_SHARE * total:
        return *undefined, NO_DF if df < 1 else NO_VARIATION
    f = (fit.residual - residual) / extra / (residual / df)
    return f, (extra, df), float(scipy.stats.f.sf(f, extra, df)), ""
