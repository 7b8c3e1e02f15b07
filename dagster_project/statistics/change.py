"""Change within people: the paired t test and effect sizes, from moments of the pairs.

Belongs here: estimates of one contrast. Does not belong here: the direction of the contrast (the caller's `mean_change`
has it already), multiplicity, distributions of single answers.
"""

import math
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PairedT:
    """Paired t test of k outcomes; every field is an array of length k. NaN where undefined, with `reason` saying why.

    t, df, p (two-sided), ci_low and ci_high (of the mean change, in its units).
    """

    t: Floats
    df: Floats
    p: Floats
    ci_low: Floats
    ci_high: Floats
    reason: tuple[str, ...]


def _floats(values: ArrayLike) -> Floats:
    """Numbers as a one-dimensional float array; None is NaN."""
    return np.atleast_1d(np.asarray(values, dtype=np.float64))


def half_width_fractional_df(se: float, df: float, level: float) -> float:
    """Half-width of the interval of an estimate with fractional degrees of freedom: `se` times the quantile of Student's t.

    Infinite below about 0.01 degrees of freedom, where the quantile exceeds 1e150 and SciPy's value is wrong.
    """
    quantile = float(scipy.stats.t.ppf((1 + level) / 2, df))
    upper_tail = float(scipy.stats.t.sf(quantile, df))
    return math.inf if upper_tail > (1 - level) / 2 * 1.000001 else quantile * se


def check_level(level: float) -> None:
    """Raise ValueError unless a level is a share between 0 and 1."""
    if not 0 < level < 1:
        raise ValueError(f"level {level} is not between 0 and 1; give e.g. 0.95")


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Element-wise quotient, NaN where the denominator is zero or undefined, without a warning."""
    result = np.full(np.broadcast(numerator, denominator).shape, np.nan)
    usable = np.isfinite(denominator) & (denominator != 0) & np.isfinite(numerator)
    np.divide(numerator, denominator, out=result, where=usable)
    return result


def paired_t(n: ArrayLike, mean_change: ArrayLike, sd_change: ArrayLike, level: float = 0.95) -> PairedT:
    """Two-sided paired t test and t interval of the mean change.

    n: pairs; mean_change, sd_change (denominator n - 1): in the outcome's units; arrays of length k.
    t = mean_change / (sd_change / sqrt(n)), df = n - 1; interval mean_change ± t(df, (1 + level) / 2) sd_change / sqrt(n).
    Undefined, with a reason: 'no pairs', 'one pair', and 'no variation' (all changes equal), where the interval is the
    mean change itself and t and p do not exist. R: t.test(x, y, paired = TRUE).
    Source: Student, Biometrika 1908, 6(1), 1-25.
    """
    check_level(level)
    pairs, mean, sd = np.broadcast_arrays(_floats(n), _floats(mean_change), _floats(sd_change))
    is_estimable = pairs >= 2
    varies = is_estimable & np.isfinite(sd) & (sd > 0)
    df = np.where(is_estimable, pairs - 1, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        se = np.where(is_estimable, sd / np.sqrt(pairs), np.nan)
    t = np.where(varies, _ratio(mean, se), np.nan)
    p = np.where(varies, 2 * scipy.stats.t.sf(np.abs(t), np.where(is_estimable, df, 1)), np.nan)
    half_width = scipy.stats.t.ppf((1 + level) / 2, np.where(is_estimable, df, 1)) * se
    reason = [
        "no pairs" if not (count >= 1) else "one pair" if count < 2 else "" if has_variation else "no variation"
        for count, has_variation in zip(pairs, varies, strict=True)
    ]
    return PairedT(t=t, df=df, p=p, ci_low=mean - half_width, ci_high=mean + half_width, reason=tuple(reason))


def d_baseline(mean_change: ArrayLike, sd_baseline: ArrayLike) -> Floats:
    """Mean change / SD at baseline of the people in the pair; NaN where that SD is zero or undefined.

    Sign of the change; unit: baseline SDs. Also known as Glass's delta for pairs; Becker, Br J Math Stat Psychol 1988,
    41, 257-278.
    """
    return _ratio(_floats(mean_change), _floats(sd_baseline))


def d_z(mean_change: ArrayLike, sd_change: ArrayLike) -> Floats:
    """Mean change / SD of the changes (= t / sqrt(n)); NaN where that SD is zero or undefined.

    Sign of the change; unit: SDs of the change. Source: Cohen, Statistical Power Analysis, 2nd ed., 1988, ch. 2.3.
    """
    return _ratio(_floats(mean_change), _floats(sd_change))


def correlation(covariance: ArrayLike, sd_x: ArrayLike, sd_y: ArrayLike) -> Floats:
    """Pearson's correlation from the covariance and both SDs (all with denominator n - 1); NaN without variation."""
    return _ratio(_floats(covariance), _floats(sd_x) * _floats(sd_y))
