"""Differences of change between groups in completed data sets, pooled; how many data sets that takes; the tipping point.

Belongs here: what is computed from completed pairs of waves (group_imputation.py). Does not belong here: imputation itself;
groups compared without it (group_difference.py, ancova.py).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from dagster_project.statistics.change import Floats, _floats, half_width_fractional_df
from dagster_project.statistics.group_difference import _reason_of_sizes, welch_df
from dagster_project.statistics.group_imputation import CompletedPair
from dagster_project.statistics.group_least_squares import NO_DF, NO_VARIATION, OWN_SHARE, ROUNDING
from dagster_project.statistics.imputation import Pooled, pool, rubin

Array = NDArray[np.float64]
#: In how many steps a tipping point is looked for before it is searched.
_STEPS = 400
#: How many data sets are left out at once, a row each: all of thousands would fill the memory.
_LEFT_OUT_AT_ONCE = 64
_NAN = float("nan")


@dataclass(frozen=True)
class PooledDifference:
    """A difference of change (group minus reference). n, n_imputed: people in the comparison, and those of them of whom a
    score is imputed. error, p_error: Monte Carlo standard errors of the estimate and of p, 0 where nothing is imputed."""

    pooled: Pooled
    n: int
    n_imputed: int
    error: float
    p_error: float


@dataclass(frozen=True)
class TippingPoint:
    """The shift of imputed follow-ups at which p reaches alpha, with its sign, in the scale's units; NaN with a reason."""

    delta: float
    reason: str


@dataclass(frozen=True)
class Comparison:
    """What is compared in completed pairs of groups, the reference first.

    group: index of the group; sign: of the baseline in a change, 1 for baseline - follow-up; is_adjusted: for the score at
    baseline, in an analysis of covariance of all groups; otherwise two means of change are compared, without taking
    variances to be equal (Welch).
    """

    pairs: Sequence[CompletedPair]
    group: int
    sign: int
    is_adjusted: bool

    def shifted(self, deltas: Sequence[Array | float]) -> "Comparison":
        """The same with each group's imputed follow-ups shifted. deltas: one a group, alike in shape."""
        pairs = [pair.shifted(delta) for pair, delta in zip(self.pairs, deltas, strict=True)]
        return Comparison(pairs, self.group, self.sign, self.is_adjusted)

    @property
    def members(self) -> list[CompletedPair]:
        """The pairs of the groups that the comparison needs."""
        return list(self.pairs) if self.is_adjusted else [self.pairs[0], self.pairs[self.group]]

    @property
    def n_imputed(self) -> int:
        return sum(pair.n_imputed for pair in self.members)

    def estimates(self) -> tuple[Array, Array, Array, str]:
        """Of each data set the difference and its sampling variance, (..., m), the degrees of freedom of complete data,
        (...), and why there are none. Degrees of freedom that differ between data sets (Welch's) are averaged."""
        sizes = _reason_of_sizes(self.pairs[self.group].n, self.pairs[0].n)
        is_empty = sizes.startswith("nobody")
        reason = sizes if is_empty or not self.is_adjusted else ""
        reason = reason or next((pair.reason for pair in self.members if pair.reason), "")
        if reason:
            no_values = np.full((1, 2), _NAN)
            return no_values, no_values, no_values[:, 0], reason
        return self._covariance() if self.is_adjusted else self._welch()

    def _welch(self) -> tuple[Array, Array, Array, str]:
        weights = self.sign * np.array([1.0, -1.0])
        reference, group = self.members
        means = [pair.mean @ weights for pair in (group, reference)]
        errors = []
        for pair in (group, reference):
            squares = np.einsum("i,...ij,j->...", weights, pair.cross_products, weights)
            # Equal changes leave rounding of the scores' own spread.
            is_rounding = squares <= OWN_SHARE * np.trace(pair.cross_products, axis1=-2, axis2=-1)
            errors.append(np.sqrt(np.where(is_rounding, 0.0, squares) / (pair.n - 1) / pair.n))
        variances = errors[0] ** 2 + errors[1] ** 2
        sizes = [np.full(errors[0].shape, float(pair.n)) for pair in (group, reference)]
        df = welch_df(sizes[0], errors[0], sizes[1], errors[1]).mean(axis=-1)
        reason = "no variation in either group" if not (variances > 0).all() else ""
        return means[0] - means[1], variances, df, reason

    def _covariance(self) -> tuple[Array, Array, Array, str]:
        """Analysis of covariance of all groups with one slope of the baseline (see ancova)."""
        present = [pair for pair in self.pairs if pair.n >= 1]
        df = float(sum(pair.n for pair in present) - len(present) - 1)
        turn = np.array([[self.sign, -self.sign], [1.0, 0.0]])
        products = sum((turn @ pair.cross_products @ turn.T for pair in present), np.zeros(()))
        means = {index: pair.mean @ turn.T for index, pair in enumerate(self.pairs) if pair.n >= 1}
        size = max(float(np.abs(mean).max()) for mean in means.values())
        of_change, with_baseline, of_baseline = products[..., 0, 0], products[..., 0, 1], products[..., 1, 1]
        distance = means[self.group] - means[0]
        no_values = np.full(of_change.shape, _NAN)
        no_df = np.full(of_change.shape[:-1], df)
        if df < 0 or np.any(np.sqrt(of_baseline) <= ROUNDING * size * math.sqrt(sum(pair.n for pair in present))):
            reason = NO_DF if df < 0 else "covariate 'the score at baseline' does not vary within the groups"
            return no_values, no_values, no_df, reason
        slope = with_baseline / of_baseline
        residual = of_change - slope * with_baseline
        difference = distance[..., 0] - slope * distance[..., 1]
        if df < 1 or np.any(residual <= OWN_SHARE * of_change):
            return difference, no_values, no_df, NO_DF if df < 1 else NO_VARIATION
        units = 1 / self.pairs[self.group].n + 1 / self.pairs[0].n
        return difference, residual / df * (units + distance[..., 1] ** 2 / of_baseline), no_df, ""


def pooled_difference(comparison: Comparison, level: float = 0.95) -> PooledDifference:
    """The difference pooled over the data sets by Rubin's rules, degrees of freedom after Barnard and Rubin.

    The degrees of freedom of complete data are those of the analysis: people - groups - 1 adjusted, else the mean of Welch's
    over the data sets. Where nobody's score is imputed it is the analysis of the complete data, exactly. Monte Carlo errors
    are those of the jackknife over data sets, of the estimate root(variance between / m).
    Source: White, Royston and Wood, Stat Med 2011, 30, 377-399 (sec. 7). R: mice::pool.scalar.
    """
    n = sum(pair.n for pair in comparison.members)
    estimates, variances, df_complete, reason = comparison.estimates()
    difference, variance, df = np.ravel(estimates), np.ravel(variances), float(np.ravel(df_complete)[0])
    if reason:
        value = float(difference[0]) if not comparison.n_imputed else float(difference.mean())
        pooled = Pooled(value, *(_NAN,) * 8, reason)
        return PooledDifference(pooled, n, comparison.n_imputed, _NAN, _NAN)
    if not comparison.n_imputed:
        return PooledDifference(_complete(float(difference[0]), float(variance[0]), df, level), n, 0, 0.0, 0.0)
    pooled = pool(difference, variance, df, level)
    error, p_error = _jackknife(difference, variance, df)
    return PooledDifference(pooled, n, comparison.n_imputed, error, p_error)


def _complete(difference: float, variance: float, df: float, level: float) -> Pooled:
    """The test of one data set that nothing is missing in."""
    se = math.sqrt(variance)
    half_width, t = half_width_fractional_df(se, df, level), difference / se
    p = float(2 * scipy.stats.t.sf(abs(t), df))
    return Pooled(difference, se, df, t, p, difference - half_width, difference + half_width, 0.0, 0.0, "")


def _p(estimates: Array, variances: Array, df_complete: Array | float) -> Floats:
    """Two-sided p of pooled estimates, (...)."""
    value, total, df, _ = rubin(estimates, variances, df_complete)
    return np.asarray(2 * scipy.stats.t.sf(np.abs(value) / np.sqrt(total), df))


def _jackknife(estimates: Floats, variances: Floats, df: float) -> tuple[float, float]:
    """Monte Carlo standard errors of the pooled estimate and of its p, each data set left out in turn; NaN of two."""
    m = estimates.size
    if m < 3:
        return float(np.sqrt(np.var(estimates, ddof=1) / m)), _NAN
    p = np.empty(m)
    for start in range(0, m, _LEFT_OUT_AT_ONCE):
        left_out = np.arange(start, min(start + _LEFT_OUT_AT_ONCE, m))
        rows = np.arange(m - 1) + (np.arange(m - 1) >= left_out[:, None])
        p[left_out] = _p(estimates[rows], variances[rows], df)
    return float(np.sqrt(np.var(estimates, ddof=1) / m)), float(np.sqrt((m - 1) / m * np.sum((p - p.mean()) ** 2)))


def imputations_needed(fmi: Sequence[float], pilot: int, error: float = 0.05) -> int:
    """How many data sets keep the coefficient of variation of every standard error at `error`, were they drawn anew.

    m = 1 + (f / error)^2 / 2, f the upper limit of the 95 % interval of the largest fraction of missing information, from a
    pilot of `pilot` data sets: logit f = logit fmi + 1.96 root(2 / pilot). 2 at least. fmi: NaN where there is none.
    Source: von Hippel, Sociol Methods Res 2020, 49, 699-718; the interval: Harel, Stat Methodol 2007, 4, 75-89.
    """
    fractions = [share for share in fmi if share > 0]
    if not fractions:
        return 2
    largest = max(fractions)
    upper = 1.0
    if largest < 1:
        logit = math.log(largest / (1 - largest)) + float(scipy.stats.norm.ppf(0.975)) * math.sqrt(2 / pilot)
        upper = 1 / (1 + math.exp(-logit))
    return max(2, math.ceil(1 + (upper / error) ** 2 / 2))


def tipping_point(
    comparison: Comparison, is_shifted: Sequence[bool], direction: int, limit: float, alpha: float = 0.05
) -> TippingPoint:
    """The smallest shift of imputed follow-ups at which p is no longer below alpha.

    is_shifted: which groups'; direction: 1 or -1, of the shift; limit: how far it is looked for, in the scale's units. Every
    shift is of the same data sets, so that p is a smooth function of it; it is scanned in 400 steps, and the first step in
    which p reaches alpha is searched. None, with a reason: no difference to begin with; nothing to shift; p at or above
    alpha without any shift; p below alpha up to the limit.
    Source: Yan, Lee and Li, J Biopharm Stat 2009, 19, 1085-1098.
    """
    estimates, variances, df, reason = comparison.estimates()
    if reason:
        return TippingPoint(_NAN, reason)
    members = [
        (pair, shifts) for index, (pair, shifts) in enumerate(zip(comparison.pairs, is_shifted, strict=True))
        if comparison.is_adjusted or index in (0, comparison.group)
    ]  # fmt: skip
    if not any(shifts and pair.imputed_share > 0 for pair, shifts in members):
        return TippingPoint(_NAN, "nobody's score at follow-up is imputed")
    if not limit > 0:
        return TippingPoint(_NAN, "no variation at baseline: there is no range to look in")

    def p_at(deltas: Floats) -> Floats:
        shifted = comparison.shifted([direction * deltas * shifts for shifts in is_shifted])
        estimates, variances, df, reason = shifted.estimates()
        return np.full(deltas.shape, _NAN) if reason else _p(estimates, variances, df)

    if not _p(estimates, variances, df) < alpha:
        return TippingPoint(_NAN, f"p is not below {alpha:g} without a shift: there is nothing to tip")
    steps = np.linspace(0.0, limit, _STEPS + 1)
    is_past = p_at(steps) >= alpha
    if not is_past.any():
        return TippingPoint(_NAN, f"p stays below {alpha:g} up to a shift by {limit:.3g}")
    index = int(np.argmax(is_past))
    root = scipy.optimize.brentq(
        lambda delta: float(p_at(_floats(delta))[0]) - alpha, steps[index - 1], steps[index], xtol=1e-12 * limit, rtol=1e-12
    )
    return TippingPoint(direction * float(root), "")
