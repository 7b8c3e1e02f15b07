"""Two independent groups of people: the difference of their means, raw and in SDs at baseline, from moments of each group.

Belongs here: a group against a reference group, most often in their changes. Does not belong here: adjustment for covariates
(ancova.py), shares (two_proportions.py), whether groups were alike at baseline (balance.py, attrition.py).
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from dagster_project.statistics.change import Floats, _floats, _ratio, check_level
from dagster_project.statistics.effect_sizes import hedges_factor


@dataclass(frozen=True)
class MeanDifference:
    """Differences of means (group minus reference), in the units of the means; arrays of length k. NaN where undefined,
    `reason` says why. t, df, p (two-sided) and the interval are Welch's."""

    difference: Floats
    se: Floats
    t: Floats
    df: Floats
    p: Floats
    ci_low: Floats
    ci_high: Floats
    reason: tuple[str, ...]


@dataclass(frozen=True)
class DifferenceInSds:
    """Differences of mean change (group minus reference) in pooled SDs at baseline; arrays of length k. d: as it is; g:
    times Hedges' correction; se: standard error of d. NaN where undefined; `reason` says why if any of them is."""

    d: Floats
    se: Floats
    d_ci_low: Floats
    d_ci_high: Floats
    g: Floats
    g_ci_low: Floats
    g_ci_high: Floats
    reason: tuple[str, ...]


def mean_difference(
    n: ArrayLike, mean: ArrayLike, sd: ArrayLike,
    reference_n: ArrayLike, reference_mean: ArrayLike, reference_sd: ArrayLike, level: float = 0.95,
) -> MeanDifference:  # fmt: skip
    """Difference of two independent means (group minus reference) with Welch's t test and interval.

    n: people; mean, sd (denominator n - 1): in the outcome's units; of each group, (k,). With v = sd^2 / n of each group,
    se = root(v_1 + v_2) and df = (v_1 + v_2)^2 / (v_1^2 / (n_1 - 1) + v_2^2 / (n_2 - 1)), also where a single group does not
    vary. The difference needs somebody in each group, everything else two people in each ('one person in the group').
    'no variation in either group': se is 0, df is 0 / 0, and there is neither test nor interval. A negative n or SD raises
    ValueError. R: t.test(x, y). Source: Welch, Biometrika 1947, 34, 28-35.
    """
    check_level(level)
    size, average, deviation, size_r, average_r, deviation_r = _arrays(
        n, mean, sd, reference_n, reference_mean, reference_sd
    )
    _check_not_negative(size, deviation, size_r, deviation_r)
    root_v, root_v_r = _standard_error(size, deviation), _standard_error(size_r, deviation_r)
    se = np.hypot(root_v, root_v_r)
    df = welch_df(size, root_v, size_r, root_v_r)
    difference = np.where((size >= 1) & (size_r >= 1), average - average_r, np.nan)
    t = _ratio(difference, se)
    p = 2 * scipy.stats.t.sf(np.abs(t), df)
    half_width = scipy.stats.t.ppf((1 + level) / 2, df) * se
    reason = tuple(
        _reason_of_sizes(people, people_r)
        or ("" if np.isfinite(test) else "no variation in either group" if error == 0 else "no mean or SD")
        for people, people_r, test, error in zip(size, size_r, t, se, strict=True)
    )
    return MeanDifference(difference, se, t, df, p, difference - half_width, difference + half_width, reason)


def difference_in_sds(
    n: ArrayLike, mean_change: ArrayLike, sd_change: ArrayLike, sd_baseline: ArrayLike,
    reference_n: ArrayLike, reference_mean_change: ArrayLike, reference_sd_change: ArrayLike,
    reference_sd_baseline: ArrayLike, level: float = 0.95,
) -> DifferenceInSds:  # fmt: skip
    """Difference of mean change (group minus reference) / pooled SD at baseline: d, and g = J(n_1 + n_2 - 2) d.

    Moments of the people with both waves, of each group, (k,), SDs with denominator n - 1. The pooled SD is
    s = root(((n_1 - 1) s_1^2 + (n_2 - 1) s_2^2) / (n_1 + n_2 - 2)). g is Morris's d_ppc2 with Hedges' exact J in place of
    1 - 3 / (4 df - 1). Interval: d ± t(df, (1 + level) / 2) se, df Welch's of the changes. Under normality the difference
    and s are independent, so that by the delta method, without any two variances being equal (sd: of the changes),
    se^2 = (sd_1^2 / n_1 + sd_2^2 / n_2) / s^2 + d^2 ((n_1 - 1) s_1^4 + (n_2 - 1) s_2^4) / (2 (n_1 + n_2 - 2)^2 s^4).
    The interval of g is that of d times J. It is wide rather than short: tests/benchmarks/coverage.txt. Undefined: without
    two people in each group, without variation at baseline; without variation of the changes there is no interval.

    R: formulas in tests/statistics/groups_witness.R. Source: Morris, Organ Res Methods 2008, 11, 364-386 (d_ppc2, and its
    variance under equal variances, to which se^2 comes in large groups).
    """
    check_level(level)
    size, average, deviation, sd_1, size_r, average_r, deviation_r, sd_2 = _arrays(
        n, mean_change, sd_change, sd_baseline,
        reference_n, reference_mean_change, reference_sd_change, reference_sd_baseline,
    )  # fmt: skip
    _check_not_negative(size, deviation, sd_1, size_r, deviation_r, sd_2)
    df = np.where((size >= 2) & (size_r >= 2), size + size_r - 2, np.nan)
    share = _ratio(size - 1, df)
    pooled = np.hypot(np.sqrt(share) * sd_1, np.sqrt(1 - share) * sd_2)
    d = _ratio(average - average_r, pooled)
    root_v, root_v_r = _standard_error(size, deviation), _standard_error(size_r, deviation_r)
    relative_sd = np.hypot(np.sqrt(share) * _ratio(sd_1, pooled) ** 2, np.sqrt(1 - share) * _ratio(sd_2, pooled) ** 2)
    se = np.hypot(_ratio(np.hypot(root_v, root_v_r), pooled), d * relative_sd / np.sqrt(2 * df))
    half_width = scipy.stats.t.ppf((1 + level) / 2, welch_df(size, root_v, size_r, root_v_r)) * se
    factor = hedges_factor(df)
    low, high = d - half_width, d + half_width
    reason = tuple(
        _reason_of_sizes(people, people_r)
        or ("" if np.isfinite(limit) else "no variation at baseline" if deviation_pooled == 0
            else "no variation of the changes" if error == 0 else "no mean or SD")
        for people, people_r, limit, deviation_pooled, error in zip(
            size, size_r, low, pooled, np.hypot(root_v, root_v_r), strict=True
        )
    )  # fmt: skip
    return DifferenceInSds(d, se, low, high, factor * d, factor * low, factor * high, reason)


def welch_df(n: Floats, standard_error: Floats, reference_n: Floats, reference_standard_error: Floats) -> Floats:
    """Welch's degrees of freedom from the standard errors of both means, (k,) each; NaN without variation."""
    se = np.hypot(standard_error, reference_standard_error)
    share, share_r = _ratio(standard_error, se) ** 2, _ratio(reference_standard_error, se) ** 2
    return _ratio(np.ones(share.shape), _ratio(share**2, n - 1) + _ratio(share_r**2, reference_n - 1))


def _arrays(*moments: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    """Moments as arrays of one length."""
    return tuple(np.broadcast_arrays(*(_floats(moment) for moment in moments)))


def _check_not_negative(*sizes_and_sds: Floats) -> None:
    """Raise ValueError where a number of people or an SD is negative."""
    if any(np.any(values < 0) for values in sizes_and_sds):
        raise ValueError("a number of people or an SD is negative; give counts of people and SDs, NaN where there is none")


def _standard_error(n: Floats, sd: Floats) -> Floats:
    """SD / root(n) of at least two people; NaN of fewer."""
    return _ratio(sd, np.sqrt(np.where(n >= 2, n, np.nan)))


def _reason_of_sizes(n: float, reference_n: float) -> str:
    """Why groups of these sizes cannot be compared; empty where they can be."""
    for size, group in ((n, "group"), (reference_n, "reference group")):
        if not size >= 1:
            return f"nobody in the {group}"
    for size, group in ((n, "group"), (reference_n, "reference group")):
        if size < 2:
            return f"one person in the {group}"
    return ""
