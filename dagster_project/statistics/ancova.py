"""Analysis of covariance: groups compared at equal covariates, by least squares from the moments of each group.

Belongs here: one outcome, independent groups, common slopes, and whether the slopes are equal. Does not belong here:
unadjusted differences (group_difference.py), people with waves missing (mixed.py, imputation.py), which covariates a study
has.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

from dagster_project.statistics.change import Floats, check_level
from dagster_project.statistics.group_least_squares import (
    NO_DF,
    NO_VARIATION,
    OWN_SHARE,
    GroupMoments,
    LeastSquares,
    checked_moments,
    independent_columns,
    least_squares,
    overall_means,
    weighted_means,
)


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
    groups = checked_moments(n, means, cross_products, tuple(covariates), reference)
    fit = least_squares(groups)
    contrasts = groups.means - groups.means[reference]
    units = np.divide(1.0, groups.n, out=np.full(groups.n.shape, np.nan), where=groups.n >= 1)
    units_difference = units + units[reference]
    contrasts[reference], units_difference[reference] = np.nan, np.nan
    difference, se = weighted_means(contrasts, units_difference, fit)
    mean, mean_se = weighted_means(groups.means - overall_means(groups), units, fit)
    mean += overall_means(groups)[0]
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


def _equal_slopes(groups: GroupMoments, fit: LeastSquares) -> tuple[float, tuple[float, float], float, str]:
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
    columns = independent_columns(larger)
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
