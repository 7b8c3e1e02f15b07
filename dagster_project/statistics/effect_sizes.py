"""Effect sizes of change within people, each with its own name and interval, from moments of the pairs.

Belongs here: standardised mean changes, Hedges' correction, their intervals. Does not belong here: tests (change.py), ranks.

With D the mean change (in the declared direction) and sd_1, sd_2 the SDs of baseline and follow-up of the n pairs:

    d_baseline = D / sd_1                            Becker, Br J Math Stat Psychol 1988, 41, 257-278
    d_z        = D / SD of the changes               Cohen, Statistical Power Analysis, 2nd ed., 1988, ch. 2.3
    d_av       = D / root((sd_1^2 + sd_2^2) / 2)     Bonett, Psychol Methods 2008, 13, 99-109
    d_rm       = d_z root(2 (1 - r))                 Morris and DeShon, Psychol Methods 2002, 7, 105-125
    g_...      = J(n - 1) d_..., J(m) = gamma(m / 2) / (root(m / 2) gamma((m - 1) / 2))
                                                     Hedges, J Educ Stat 1981, 6, 107-128

Intervals. d_z: exact under normal changes, by inverting the noncentral t distribution (Cumming and Finch, Educ Psychol Meas
2001, 61, 532-574). The others: delta method under bivariate normality. Each is D h(S) with S the covariance matrix of both
waves, D and S are independent, so its variance is h^2 Var(D) + D^2 (dh)' Var(S) dh, with n - 1 in both (for d_baseline
sd_change^2 / (sd_1^2 (n - 1)) + d^2 / (2 (n - 1)), for d_av Bonett's) and normal quantiles. Measured coverage of the 95 %
intervals under normal errors: 95.2 to 95.9 % at n = 20, 95.3 to 95.7 % at n = 200 (tests/benchmarks/coverage.txt). Those of
g are those of d times J.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from dagster_project.statistics.change import Floats, _floats, _ratio, check_level, d_baseline, d_z

#: Above this many pairs the interval of d_z is the large-sample one: d_z ± z root(1 / n + d_z^2 / (2 n)).
EXACT_UP_TO = 100_000
#: Above this |t| SciPy's noncentral t loses precision (1e-4 at 1,000) and does not terminate (at a million); the defining
#: mixture is used instead. Near this value both agree to 1e-12.
_LARGE_T = 250.0
_NODES, _NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(40)
_NODE_WEIGHTS = _NODE_WEIGHTS / _NODE_WEIGHTS.sum()


@dataclass(frozen=True)
class EffectSizes:
    """By name (d_baseline, d_z, d_av, d_rm, g_baseline, g_z, g_av, g_rm) arrays of length k, with the sign of the change.
    NaN where undefined; `reason` says why where any of them is undefined."""

    estimates: dict[str, Floats]
    ci_low: dict[str, Floats]
    ci_high: dict[str, Floats]
    reason: tuple[str, ...]


def hedges_factor(df: ArrayLike) -> Floats:
    """Hedges' exact correction J(df); NaN below two degrees of freedom. R: exp(lgamma(df/2) - log(sqrt(df/2)) -
    lgamma((df-1)/2))."""
    degrees = _floats(df)
    usable = np.where(degrees > 1, degrees, np.nan)
    return np.asarray(
        np.exp(scipy.special.gammaln(usable / 2) - scipy.special.gammaln((usable - 1) / 2)) / np.sqrt(usable / 2)
    )


def noncentral_limits(t: ArrayLike, df: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """The noncentrality parameters at which t is the upper and the lower (1 - level) / 2 quantile: (low, high).

    R: uniroot(function(nc) pt(t, df, nc) - 0.975, …)$root and the same with 0.025. NaN where t or df is.
    """
    check_level(level)
    t_values, degrees = np.broadcast_arrays(_floats(t), _floats(df))
    limits = []
    for share in ((1 + level) / 2, (1 - level) / 2):
        limit = np.full(t_values.shape, np.nan)
        usable = np.isfinite(t_values) & np.isfinite(degrees) & (degrees > 0)
        if usable.any():
            limit[usable] = _noncentrality(t_values[usable], degrees[usable], share)
        limits.append(limit)
    return limits[0], limits[1]


def _noncentrality(t: Floats, df: Floats, share: float) -> Floats:
    is_large = np.abs(t) > np.maximum(_LARGE_T, 1.5 * np.sqrt(df))
    noncentrality = np.empty(t.shape)
    noncentrality[~is_large] = _noncentrality_scipy(t[~is_large], df[~is_large], share) if not is_large.all() else []
    for sign, tail_share, mask in ((1.0, 1 - share, is_large & (t > 0)), (-1.0, share, is_large & (t < 0))):
        if mask.any():
            noncentrality[mask] = sign * _noncentrality_mixture(np.abs(t[mask]), df[mask], tail_share)
    return noncentrality


def _noncentrality_mixture(t: Floats, df: Floats, share: float) -> Floats:
    """t is (Z + nc) / S, Z normal and S the root of chi-square / df: nc solves E over Z of P(S < (nc + Z) / t) = share."""

    from scipy.optimize import elementwise  # scipy.optimize does not import this submodule itself

    def excess(nc: Floats, t_value: Floats, degrees: Floats) -> NDArray[np.float64]:
        ratio = (nc[..., None] + _NODES) / t_value[..., None]
        return np.asarray(scipy.stats.chi2.cdf(degrees[..., None] * ratio**2, degrees[..., None]) @ _NODE_WEIGHTS - share)

    middle = t * np.sqrt(scipy.stats.chi2.ppf(share, df) / df)
    root = elementwise.find_root(excess, (0.9 * middle, 1.1 * middle), args=(t, df), tolerances={"xrtol": 1e-14})
    return np.asarray(np.where(root.success, root.x, middle), dtype=np.float64)


def _noncentrality_scipy(t: Floats, df: Floats, share: float) -> Floats:
    from scipy.optimize import elementwise

    def excess(nc: Floats, t_value: Floats, degrees: Floats) -> NDArray[np.float64]:
        return np.asarray(scipy.stats.nct.cdf(t_value, degrees, nc) - share, dtype=np.float64)

    approximation = scipy.special.nctdtrinc(df, share, t)
    width = 1e-4 * (1 + np.abs(approximation))
    root = elementwise.find_root(
        excess, (approximation - width, approximation + width), args=(t, df), tolerances={"xatol": 1e-15, "xrtol": 1e-14}
    )
    return np.asarray(np.where(root.success, root.x, approximation), dtype=np.float64)


def effect_sizes(
    n: ArrayLike, mean_change: ArrayLike, sd_change: ArrayLike, sd_baseline: ArrayLike, sd_followup: ArrayLike,
    covariance: ArrayLike, level: float = 0.95,
) -> EffectSizes:  # fmt: skip
    """Every effect size of k outcomes, with intervals. Moments of the pairs, (k,), with denominators n - 1.

    Undefined: without pairs or with one; d_z without variation of the changes; d_baseline without variation at baseline;
    d_av without any; d_rm unless both waves and the changes vary; g below three pairs. R: formulas in
    tests/statistics/inference_witness.R.
    """
    check_level(level)
    pairs, mean, sd, sd_1, sd_2, covariances = np.broadcast_arrays(
        *(_floats(moment) for moment in (n, mean_change, sd_change, sd_baseline, sd_followup, covariance))
    )
    is_estimable = pairs >= 2
    mean, sd = np.where(is_estimable, mean, np.nan), np.where(is_estimable, sd, np.nan)
    change_d_z = d_z(mean, sd)
    r = _ratio(covariances, sd_1 * sd_2)
    estimates = {
        "d_baseline": d_baseline(mean, sd_1),
        "d_z": change_d_z,
        "d_av": _ratio(mean, np.sqrt((sd_1**2 + sd_2**2) / 2)),
        "d_rm": change_d_z * np.sqrt(2 * np.maximum(0.0, 1 - r)),
    }
    errors = _delta_errors(pairs, mean, sd, sd_1, sd_2, covariances)
    z = float(scipy.stats.norm.ppf((1 + level) / 2))
    low = {name: estimates[name] - z * error for name, error in errors.items()}
    high = {name: estimates[name] + z * error for name, error in errors.items()}
    low["d_z"], high["d_z"] = _limits_of_d_z(pairs, change_d_z, level)
    factor = hedges_factor(pairs - 1)
    for name in ("d_baseline", "d_z", "d_av", "d_rm"):
        corrected = "g" + name[1:]
        estimates[corrected] = factor * estimates[name]
        low[corrected], high[corrected] = factor * low[name], factor * high[name]
    names = ("d_baseline", "d_z", "d_av", "d_rm", "g_baseline", "g_z", "g_av", "g_rm")
    reason = [
        "no pairs" if not count >= 1 else "one pair" if count < 2
        else "" if all(np.isfinite(low[name][index]) for name in names)
        else "two pairs: Hedges' correction needs three" if count < 3 and sd[index] > 0
        else "no variation at baseline, at follow-up or of the changes"
        for index, count in enumerate(pairs)
    ]  # fmt: skip
    return EffectSizes(
        {name: estimates[name] for name in names}, {name: low[name] for name in names}, {name: high[name] for name in names},
        tuple(reason),
    )  # fmt: skip


def _limits_of_d_z(pairs: Floats, estimate: Floats, level: float) -> tuple[Floats, Floats]:
    is_small = pairs <= EXACT_UP_TO
    root = np.sqrt(np.where(pairs > 0, pairs, np.nan))
    low, high = noncentral_limits(np.where(is_small, estimate * root, np.nan), pairs - 1, level)
    half_width = scipy.stats.norm.ppf((1 + level) / 2) * np.sqrt(1 + estimate**2 / 2) / root
    return np.where(is_small, low / root, estimate - half_width), np.where(is_small, high / root, estimate + half_width)


def _delta_errors(
    pairs: Floats, mean: Floats, sd: Floats, sd_1: Floats, sd_2: Floats, covariance: Floats
) -> dict[str, Floats]:
    """Standard errors of D h(S) for h of d_baseline, d_av and d_rm; S is (variance 1, variance 2, covariance)."""
    variance_1, variance_2 = sd_1**2, sd_2**2
    df = np.where(pairs > 1, pairs - 1, np.nan)
    # Covariances of the elements of a sample covariance matrix under normality, times n - 1.
    covariance_of_s = (
        (2 * variance_1**2, 2 * covariance**2, 2 * variance_1 * covariance),
        (2 * covariance**2, 2 * variance_2**2, 2 * variance_2 * covariance),
        (2 * variance_1 * covariance, 2 * variance_2 * covariance, variance_1 * variance_2 + covariance**2),
    )
    zeros = np.zeros(variance_1.shape)
    mean_variance = (variance_1 + variance_2) / 2
    r = _ratio(covariance, sd_1 * sd_2)
    slope_r = (_ratio(-r, 2 * variance_1), _ratio(-r, 2 * variance_2), _ratio(np.ones(variance_1.shape), sd_1 * sd_2))
    d_rm_factor = _ratio(np.sqrt(2 * np.maximum(0.0, 1 - r)), sd)
    gradients = {
        "d_baseline": (
            _ratio(np.ones(variance_1.shape), sd_1),
            (-_ratio(np.ones(variance_1.shape), 2 * sd_1**3), zeros, zeros),
        ),
        "d_av": (
            _ratio(np.ones(variance_1.shape), np.sqrt(mean_variance)),
            (
                -_ratio(np.ones(variance_1.shape), 4 * mean_variance**1.5),
                -_ratio(np.ones(variance_1.shape), 4 * mean_variance**1.5),
                zeros,
            ),
        ),
        "d_rm": (
            d_rm_factor,
            tuple(
                d_rm_factor * (-_ratio(slope, 2 * (1 - r)) - _ratio(np.full(variance_1.shape, step), 2 * sd**2))
                for slope, step in zip(slope_r, (1.0, 1.0, -2.0), strict=True)
            ),
        ),
    }  # fmt: skip
    errors = {}
    for name, (factor, gradient) in gradients.items():
        variance_of_h = sum(gradient[i] * covariance_of_s[i][j] * gradient[j] for i in range(3) for j in range(3))
        errors[name] = np.sqrt((factor**2 * sd**2 + mean**2 * np.maximum(0.0, variance_of_h)) / df)
    return errors
