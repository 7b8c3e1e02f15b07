"""Comparison with a norm: distances, differences with intervals, equivalence. Belongs here: one mean against a published
mean, SD and n. Does not belong here: which norm belongs to which scale."""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

from dagster_project.statistics.change import Floats, _floats, _ratio, check_level
from dagster_project.statistics.group_difference import welch_df


def norm_distance(mean: ArrayLike, norm_mean: ArrayLike, norm_sd: ArrayLike) -> Floats:
    """(mean - norm mean) / norm SD: how many of the norm's SDs a mean lies above the norm. NaN where there is no norm."""
    return _ratio(_floats(mean) - _floats(norm_mean), _floats(norm_sd))


@dataclass(frozen=True)
class NormDifference:
    """Means against norms; arrays of length k. difference, se, ci_low, ci_high in raw units; the same in norm SDs with _sd;
    p two-sided; p_equivalence: the greater of both one-sided p against the margin (NaN without one). method: Welch or
    one-sample. NaN where undefined, `reason` says why."""

    difference: Floats
    se: Floats
    df: Floats
    t: Floats
    p: Floats
    ci_low: Floats
    ci_high: Floats
    difference_sd: Floats
    ci_low_sd: Floats
    ci_high_sd: Floats
    p_equivalence: Floats
    method: tuple[str, ...]
    reason: tuple[str, ...]


def norm_difference(
    n: ArrayLike, mean: ArrayLike, sd: ArrayLike, norm_mean: ArrayLike, norm_sd: ArrayLike, norm_n: ArrayLike,
    level: float = 0.95, margin: float | None = None,
) -> NormDifference:  # fmt: skip
    """Means against norms by Welch's test from the norm's mean, SD and n; by the one-sample t test where n is not known
    (NaN).

    n, mean, sd: of our people (k,); norm_mean, norm_sd, norm_n: of the norm (k,). The norm SD is taken as known when the
    difference is put in norm SDs. margin, in norm SDs: two one-sided t tests that |difference| < margin (Schuirmann,
    J Pharmacokinet Biopharm 1987, 15, 657-680). Without variation (SD 0) and without a norm's n there is no standard error.
    R: t.test(x, y) from the moments of both; t.test(x, mu = norm). Source: Welch, Biometrika 1947, 34, 28-35.
    """
    check_level(level)
    if margin is not None and not margin > 0:
        raise ValueError(f"margin {margin} is not above 0; give it in norm SDs, e.g. 0.5")
    sizes, means, sds, norm_means, norm_sds, norm_sizes = np.broadcast_arrays(
        *(_floats(moment) for moment in (n, mean, sd, norm_mean, norm_sd, norm_n))
    )
    if np.any(norm_sizes < 2):
        raise ValueError("a norm's SD is of two people at least; give norm_n of 2 or more, or NaN where it is not known")
    is_estimable = sizes >= 2
    is_welch = np.isfinite(norm_sizes)
    with np.errstate(divide="ignore", invalid="ignore"):
        sample_se_squared = np.where(is_estimable, sds**2 / sizes, np.nan)
        norm_se_squared = np.where(is_welch, norm_sds**2 / norm_sizes, 0.0)
        se = np.sqrt(sample_se_squared + norm_se_squared)
        of_both = welch_df(sizes, np.sqrt(sample_se_squared), norm_sizes, np.sqrt(norm_se_squared))
        df = np.where(is_welch, of_both, np.where(is_estimable, sizes - 1, np.nan))
    difference = means - norm_means
    varies = np.isfinite(se) & (se > 0)
    usable_df = np.where(np.isfinite(df) & (df > 0), df, 1.0)
    t = np.where(varies, _ratio(difference, se), np.nan)
    p = np.where(varies, 2 * scipy.stats.t.sf(np.abs(t), usable_df), np.nan)
    half_width = np.where(
        np.isfinite(se), scipy.stats.t.ppf((1 + level) / 2, usable_df) * np.where(np.isfinite(se), se, 0.0), np.nan
    )
    low, high = difference - half_width, difference + half_width
    p_equivalence = np.full(difference.shape, np.nan)
    if margin is not None:
        bound = margin * norm_sds
        p_above = scipy.stats.t.sf(_ratio(difference + bound, se), usable_df)
        p_below = scipy.stats.t.cdf(_ratio(difference - bound, se), usable_df)
        p_equivalence = np.where(varies, np.maximum(p_above, p_below), np.nan)
    return NormDifference(
        difference=difference, se=se, df=df, t=t, p=p, ci_low=low, ci_high=high,
        difference_sd=_ratio(difference, norm_sds),
        ci_low_sd=_ratio(low, norm_sds), ci_high_sd=_ratio(high, norm_sds),
        p_equivalence=p_equivalence, method=tuple(map(_test_used, is_welch)),
        reason=tuple(map(_why_undefined, sizes, varies)),
    )  # fmt: skip


def _why_undefined(count: float, has_variation: bool) -> str:
    if not count >= 1:
        return "nobody answered"
    if count < 2:
        return "one person has no SD"
    return "" if has_variation else "no variation"


def _test_used(is_welch: bool) -> str:
    if is_welch:
        return "Welch's t test against the norm's mean, SD and n"
    return "one-sample t test against the norm's mean"
