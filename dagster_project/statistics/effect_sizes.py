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
#: Above this |t| SciPy's noncentral t loses digits (1e-4 at 1,000) and does not end (at a million); the mixture that defines
#: it is taken instead. Around here both agree to 1e-12.
_FAR = 250.0
_NODES, _NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(40)
_NODE_WEIGHTS = _NODE_WEIGHTS / _NODE_WEIGHTS.sum()


@dataclass(frozen=True)
class EffectSizes:
    """By name (d_baseline, d_z, d_av, d_rm, g_baseline, g_z, g_av, g_rm) arrays of length k, with the sign of the change.
    NaN where undefined; `reason` says why for an outcome that lacks any of them."""

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
    at, degrees = np.broadcast_arrays(_floats(t), _floats(df))
    limits = []
    for share in ((1 + level) / 2, (1 - level) / 2):
        limit = np.full(at.shape, np.nan)
        usable = np.isfinite(at) & np.isfinite(degrees) & (degrees > 0)
        if usable.any():
            limit[usable] = _noncentrality(at[usable], degrees[usable], share)
        limits.append(limit)
    return limits[0], limits[1]


def _noncentrality(t: Floats, df: Floats, share: float) -> Floats:
    far = np.abs(t) > np.maximum(_FAR, 1.5 * np.sqrt(df))
    found = np.empty(t.shape)
    found[~far] = _noncentrality_near(t[~far], df[~far], share) if not far.all() else []
    for sign, of, here in ((1.0, 1 - share, far & (t > 0)), (-1.0, share, far & (t < 0))):
        if here.any():
            found[here] = sign * _noncentrality_far(np.abs(t[here]), df[here], of)
    return found


def _noncentrality_far(t: Floats, df: Floats, share: float) -> Floats:
    """t is (Z + nc) / S, Z normal and S the root of chi-square / df: nc solves E over Z of P(S < (nc + Z) / t) = share."""

    from scipy.optimize import elementwise  # not a part of scipy.optimize until it is asked for

    def excess(nc: Floats, at: Floats, degrees: Floats) -> NDArray[np.float64]:
        ratio = (nc[..., None] + _NODES) / at[..., None]
        return np.asarray(scipy.stats.chi2.cdf(degrees[..., None] * ratio**2, degrees[..., None]) @ _NODE_WEIGHTS - share)

    middle = t * np.sqrt(scipy.stats.chi2.ppf(share, df) / df)
    found = elementwise.find_root(excess, (0.9 * middle, 1.1 * middle), args=(t, df), tolerances={"xrtol": 1e-14})
    return np.asarray(np.where(found.success, found.x, middle), dtype=np.float64)


def _noncentrality_near(t: Floats, df: Floats, share: float) -> Floats:
    from scipy.optimize import elementwise

    def excess(nc: Floats, at: Floats, degrees: Floats) -> NDArray[np.float64]:
        return np.asarray(scipy.stats.nct.cdf(at, degrees, nc) - share, dtype=np.float64)

    near = scipy.special.nctdtrinc(df, share, t)
    width = 1e-4 * (1 + np.abs(near))
    found = elementwise.find_root(
        excess, (near - width, near + width), args=(t, df), tolerances={"xatol": 1e-15, "xrtol": 1e-14}
    )
    return np.asarray(np.where(found.success, found.x, near), dtype=np.float64)


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
    pairs, mean, sd, before, after, shared = np.broadcast_arrays(
        *(_floats(one) for one in (n, mean_change, sd_change, sd_baseline, sd_followup, covariance))
    )
    enough = pairs >= 2
    mean, sd = np.where(enough, mean, np.nan), np.where(enough, sd, np.nan)
    of_change = d_z(mean, sd)
    r = _ratio(shared, before * after)
    estimates = {
        "d_baseline": d_baseline(mean, before),
        "d_z": of_change,
        "d_av": _ratio(mean, np.sqrt((before**2 + after**2) / 2)),
        "d_rm": of_change * np.sqrt(2 * np.maximum(0.0, 1 - r)),
    }
    errors = _delta_errors(pairs, mean, sd, before, after, shared)
    z = float(scipy.stats.norm.ppf((1 + level) / 2))
    low = {name: estimates[name] - z * error for name, error in errors.items()}
    high = {name: estimates[name] + z * error for name, error in errors.items()}
    low["d_z"], high["d_z"] = _limits_of_d_z(pairs, of_change, level)
    factor = hedges_factor(pairs - 1)
    for name in ("d_baseline", "d_z", "d_av", "d_rm"):
        corrected = "g" + name[1:]
        estimates[corrected] = factor * estimates[name]
        low[corrected], high[corrected] = factor * low[name], factor * high[name]
    names = ("d_baseline", "d_z", "d_av", "d_rm", "g_baseline", "g_z", "g_av", "g_rm")
    reason = [
        "no pairs" if not count >= 1 else "one pair" if count < 2
        else "" if all(np.isfinite(low[name][at]) for name in names)
        else "two pairs: Hedges' correction needs three" if count < 3 and sd[at] > 0
        else "no variation at baseline, at follow-up or of the changes"
        for at, count in enumerate(pairs)
    ]  # fmt: skip
    return EffectSizes(
        {name: estimates[name] for name in names}, {name: low[name] for name in names}, {name: high[name] for name in names},
        tuple(reason),
    )  # fmt: skip


def _limits_of_d_z(pairs: Floats, of_change: Floats, level: float) -> tuple[Floats, Floats]:
    is_small = pairs <= EXACT_UP_TO
    root = np.sqrt(np.where(pairs > 0, pairs, np.nan))
    low, high = noncentral_limits(np.where(is_small, of_change * root, np.nan), pairs - 1, level)
    half = scipy.stats.norm.ppf((1 + level) / 2) * np.sqrt(1 + of_change**2 / 2) / root
    return np.where(is_small, low / root, of_change - half), np.where(is_small, high / root, of_change + half)


def _delta_errors(
    pairs: Floats, mean: Floats, sd: Floats, before: Floats, after: Floats, shared: Floats
) -> dict[str, Floats]:
    """Standard errors of D h(S) for h of d_baseline, d_av and d_rm; S is (variance 1, variance 2, covariance)."""
    one, other = before**2, after**2
    df = np.where(pairs > 1, pairs - 1, np.nan)
    # Covariances of the elements of a sample covariance matrix under normality, times n - 1.
    of_s = (
        (2 * one**2, 2 * shared**2, 2 * one * shared),
        (2 * shared**2, 2 * other**2, 2 * other * shared),
        (2 * one * shared, 2 * other * shared, one * other + shared**2),
    )
    nothing = np.zeros(one.shape)
    average = (one + other) / 2
    r = _ratio(shared, before * after)
    slope_r = (_ratio(-r, 2 * one), _ratio(-r, 2 * other), _ratio(np.ones(one.shape), before * after))
    of_rm = _ratio(np.sqrt(2 * np.maximum(0.0, 1 - r)), sd)
    gradients = {
        "d_baseline": (_ratio(np.ones(one.shape), before), (-_ratio(np.ones(one.shape), 2 * before**3), nothing, nothing)),
        "d_av": (
            _ratio(np.ones(one.shape), np.sqrt(average)),
            (-_ratio(np.ones(one.shape), 4 * average**1.5), -_ratio(np.ones(one.shape), 4 * average**1.5), nothing),
        ),
        "d_rm": (
            of_rm,
            tuple(
                of_rm * (-_ratio(slope, 2 * (1 - r)) - _ratio(np.full(one.shape, step), 2 * sd**2))
                for slope, step in zip(slope_r, (1.0, 1.0, -2.0), strict=True)
            ),
        ),
    }  # fmt: skip
    errors = {}
    for name, (factor, gradient) in gradients.items():
        of_h = sum(gradient[i] * of_s[i][j] * gradient[j] for i in range(3) for j in range(3))
        errors[name] = np.sqrt((factor**2 * sd**2 + mean**2 * np.maximum(0.0, of_h)) / df)
    return errors
