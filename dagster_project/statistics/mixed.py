"""A linear mixed model of one scale over all waves, by REML, from the moments of missing-data patterns.

Belongs here: the model y_ij = mean of wave j + person i + error_ij with independent normal persons and errors, its
estimates, contrasts and Satterthwaite's degrees of freedom. Does not belong here: other models; imputation.

Everybody with at least one score is included; scores are assumed to be missing at random. With the ratio of both variances
as the only free parameter, all else has a closed form in the patterns' moments, so the cost does not grow with people.
R: lmer(score ~ 0 + wave + (1 | person), REML = TRUE) with lmerTest. Sources: Laird and Ware, Biometrics 1982, 38, 963-974;
Kuznetsova and others, J Stat Softw 2017, 82(13) (degrees of freedom).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

from dagster_project.statistics.change import Floats, _floats, check_level, half_width_fractional_df
from dagster_project.statistics.patterns import Pattern, waves_present

#: The range in which the ratio of the variance between people to that within people is searched.
_LEAST_RATIO, _GREATEST_RATIO = 1e-8, 1e8


@dataclass(frozen=True)
class Estimate:
    """A mean or a contrast: estimate, se, ci_low, ci_high in the scale's units; df after Satterthwaite; t and two-sided p
    against zero. NaN where it cannot be estimated."""

    estimate: float
    se: float
    df: float
    t: float
    p: float
    ci_low: float
    ci_high: float


_NO_ESTIMATE = Estimate(*([float("nan")] * 7))


@dataclass(frozen=True)
class MixedModel:
    """A fitted model. sd_between, sd_within in the scale's units; icc: share of the variance that lies between people;
    means: one a wave; contrasts: one a contrast. reason: why there is no model, or, with numbers, a remark."""

    n_people: int
    n_observations: int
    sd_between: float
    sd_within: float
    icc: float
    log_restricted_likelihood: float
    means: tuple[Estimate, ...]
    contrasts: tuple[Estimate, ...]
    has_converged: bool
    reason: str


def _contrast_weights(contrasts: Sequence[ArrayLike], waves: int) -> list[Floats]:
    """The contrasts as arrays (waves,). Raises ValueError for one of another length, or without any weight."""
    weights = [_floats(contrast) for contrast in contrasts]
    if any(weight.shape != (waves,) for weight in weights):
        raise ValueError(f"a contrast has not one weight for each of the {waves} waves; give as many")
    if any(not weight.any() for weight in weights):
        raise ValueError("a contrast weighs every wave with 0; give at least one weight that is not 0")
    return weights


def mixed_model(patterns: Sequence[Pattern], waves: int, contrasts: Sequence[ArrayLike], level: float = 0.95) -> MixedModel:
    """Fit the model. patterns: moments of the people by the waves they have; waves: how many there are; contrasts: weights,
    each (waves,).

    A wave without people has no mean, and contrasts that use it are NaN. No model, with a reason: no people; nobody with two
    waves, or too few people with two (the variances are not identified); as many means as scores; no variation; a ratio that
    diverges because there is no variation within people. Where people do not differ beyond chance, the variance between
    them is 0, and the degrees of freedom are scores minus means, as in lmerTest.
    """
    check_level(level)
    usable = [pattern for pattern in patterns if pattern.n > 0]
    present = waves_present(usable)
    people = sum(pattern.n for pattern in usable)
    observations = sum(pattern.n * len(pattern.waves) for pattern in usable)
    weights = _contrast_weights(contrasts, waves)
    nan = float("nan")

    def no_model(reason: str) -> MixedModel:
        no_estimates = (_NO_ESTIMATE,) * waves, (_NO_ESTIMATE,) * len(weights)
        return MixedModel(people, observations, nan, nan, nan, nan, *no_estimates, has_converged=False, reason=reason)

    if not usable:
        return no_model("nobody has a score")
    if all(len(pattern.waves) < 2 for pattern in usable):
        return no_model("nobody has a score in two waves")
    if observations <= len(present):
        return no_model("as many means as scores: nothing is left to estimate their spread")
    sums = _Sums(usable, present)
    if not sums.criterion(0.0).residual > sums.least_residual:
        return no_model("no variation")
    if not sums.identifies_variances():
        return no_model("too few people have two waves to estimate both variances")
    ratio = _best_ratio(sums)
    if ratio is None:
        return no_model("the model does not converge: no variation within people")
    fit = _Fit(sums, ratio)
    if not fit.is_curved:
        return no_model("the model does not converge: the likelihood is flat")
    column_of = {wave: column for column, wave in enumerate(present)}

    def estimate(weight: Floats) -> Estimate:
        if any(weight[wave] != 0 and wave not in column_of for wave in range(waves)):
            return _NO_ESTIMATE
        return fit.estimate(np.array([weight[wave] for wave in present]), level)

    return MixedModel(
        n_people=people,
        n_observations=observations,
        sd_between=float(np.sqrt(ratio * fit.variance)),
        sd_within=float(np.sqrt(fit.variance)),
        icc=ratio / (1 + ratio),
        log_restricted_likelihood=fit.log_likelihood,
        means=tuple(estimate(np.eye(waves)[wave]) for wave in range(waves)),
        contrasts=tuple(estimate(weight) for weight in weights),
        has_converged=True,
        reason="people do not differ beyond chance: the variance between them is 0" if ratio == 0 else "",
    )


@dataclass(frozen=True)
class _Criterion:
    """The profiled criterion at a ratio of variances: its value, slope and components."""

    value: float
    slope: float
    residual: float
    information: Floats
    coefficients: Floats


class _Sums:
    """The patterns as arrays, and the REML criterion as a function of the ratio of variances."""

    def __init__(self, patterns: Sequence[Pattern], present: Sequence[int]) -> None:
        column_of = {wave: index for index, wave in enumerate(present)}
        count = len(present)
        self.n = np.array([pattern.n for pattern in patterns], dtype=np.float64)
        self.size = np.array([len(pattern.waves) for pattern in patterns], dtype=np.float64)
        self.member = np.zeros((len(patterns), count))
        means = np.zeros((len(patterns), count))
        self.squares, self.squared_sums = np.zeros(len(patterns)), np.zeros(len(patterns))
        for index, pattern in enumerate(patterns):
            columns = [column_of[wave] for wave in pattern.waves]
            self.member[index, columns] = 1.0
            means[index, columns] = pattern.mean
            self.squares[index] = np.trace(pattern.cross_products)
            self.squared_sums[index] = pattern.cross_products.sum()
        # Means are centred, so that large values do not lose precision.
        weight = self.n @ self.member
        self.centre = (self.n @ (means * self.member)) / weight
        self.means = (means - self.centre) * self.member
        self.degrees = float(self.n @ self.size) - count
        total = float(self.squares.sum() + (self.n[:, None] * self.means**2).sum())
        scale = float(np.abs(self.centre).max(initial=0.0))
        #: A smaller residual is rounding error, not variation.
        self.least_residual = 1e-20 * (total + scale**2 * float(self.n @ self.size))

    def shrinkage(self, ratio: float) -> tuple[Floats, Floats, Floats]:
        """c = ratio / (1 + w ratio) of each pattern, with its first and second derivative by the ratio."""
        determinants = 1 + self.size * ratio
        return ratio / determinants, 1 / determinants**2, -2 * self.size / determinants**3

    def outer(self, factor: Floats) -> Floats:
        """Sum over patterns of factor times the matrix of ones in the pattern's waves."""
        return np.asarray((self.member * factor[:, None]).T @ self.member)

    def identifies_variances(self) -> bool:
        """Whether the design identifies both variances, that is, whether the criterion depends on the ratio.

        Apart from the means, scores have d = scores - means dimensions, of variances within * (1 + ratio * v_i). If all v_i
        are equal, the ratio and the variance within are not identified: for example, one person with both waves among
        people with only the first. sum v_i and sum v_i^2 are the first two derivatives of the log determinants at ratio 0.
        """
        _, slope, curve = self.shrinkage(0.0)
        inverse = 1 / (self.n @ self.member)
        information_slope = inverse[:, None] * self.outer(self.n * slope)
        first = float(self.n @ self.size) - float(np.trace(information_slope))
        second = (
            float(self.n @ self.size**2)
            + float(np.trace(inverse[:, None] * self.outer(self.n * curve)))
            + float(np.sum(information_slope * information_slope.T))
        )
        return second - first**2 / self.degrees > 1e-11 * second

    def criterion(self, ratio: float) -> _Criterion:
        shrink, slope, _ = self.shrinkage(ratio)
        information = np.diag(self.n @ self.member) - self.outer(self.n * shrink)
        row_sums = self.means.sum(axis=1)
        right_side = self.n @ self.means - (self.n * shrink * row_sums) @ self.member
        coefficients = np.linalg.solve(information, right_side)
        residuals = (self.means - coefficients) * self.member
        sums = residuals.sum(axis=1)
        residual = float(
            (self.squares - shrink * self.squared_sums).sum()
            + (self.n * ((residuals**2).sum(axis=1) - shrink * sums**2)).sum()
        )
        determinants = 1 + self.size * ratio
        _, log_determinant = np.linalg.slogdet(information)
        positive_residual = max(residual, 1e-290)
        value = self.degrees * np.log(positive_residual) + float(self.n @ np.log(determinants)) + log_determinant
        residual_slope = -float((slope * (self.squared_sums + self.n * sums**2)).sum())
        information_slope = np.linalg.solve(information, -self.outer(self.n * slope))
        value_slope = (
            self.degrees * residual_slope / positive_residual
            + float(self.n @ (self.size / determinants))
            + float(np.trace(information_slope))
        )
        return _Criterion(float(value), value_slope, residual, information, coefficients)


def _best_ratio(sums: _Sums) -> float | None:
    """The ratio with the least criterion: 0, or where its slope is zero; None when it diverges to infinity."""
    ratios = np.concatenate([[0.0], np.geomspace(_LEAST_RATIO, _GREATEST_RATIO, 65)])
    criteria = [sums.criterion(float(ratio)) for ratio in ratios]
    values = [criterion.value for criterion in criteria]
    best = int(np.argmin(values))
    # Equal to the value at the upper end up to rounding: the ratio has no upper bound.
    if values[-1] - values[best] < 1e-6:
        return None
    # Where the criterion is flat, slopes are more precise than values: they locate the minimum. Of a slope by
    # log(1 + ratio), less than this is rounding error.
    rounding = 1e-12 * float(sums.n @ sums.size)
    falls = [(1 + ratio) * criterion.slope < -rounding for ratio, criterion in zip(ratios, criteria, strict=True)]
    while falls[best] and best < len(ratios) - 1:
        best += 1
    if falls[best]:
        return None
    while best > 0 and not falls[best - 1]:
        best -= 1
    if best == 0 or criteria[best].slope <= 0:
        return float(ratios[best])
    start, stop = float(ratios[best - 1]), float(ratios[best])
    root = scipy.optimize.brentq(lambda ratio: sums.criterion(ratio).slope, start, stop, xtol=1e-15, rtol=1e-14, maxiter=200)
    return float(root)


class _Fit:
    """The estimates at the best ratio, and Satterthwaite's degrees of freedom of a combination of means.

    The variance of the variance parameters is twice the inverse Hessian of the REML deviance by (theta, sigma), theta the
    root of the ratio, as in lmerTest; here by formula instead of by finite differences.
    """

    def __init__(self, sums: _Sums, ratio: float) -> None:
        criterion = sums.criterion(ratio)
        self._sums = sums
        self.variance = criterion.residual / sums.degrees
        self._inverse = np.linalg.inv(criterion.information)
        self._coefficients = criterion.coefficients + sums.centre
        determinants = 1 + sums.size * ratio
        _, log_determinant = np.linalg.slogdet(criterion.information)
        deviance = (
            sums.degrees * (1 + np.log(2 * np.pi * self.variance)) + float(sums.n @ np.log(determinants)) + log_determinant
        )
        self.log_likelihood = -0.5 * float(deviance)
        _, slope, curve = sums.shrinkage(ratio)
        residuals = (sums.means - criterion.coefficients) * sums.member
        row_sums = residuals.sum(axis=1)
        self._information_slope = -sums.outer(sums.n * slope)
        by_slope = self._inverse @ self._information_slope
        weighted_sums = (sums.n * slope * row_sums) @ sums.member
        residual_slope = -float((slope * (sums.squared_sums + sums.n * row_sums**2)).sum())
        residual_curve = -float((curve * (sums.squared_sums + sums.n * row_sums**2)).sum()) - 2 * float(
            weighted_sums @ self._inverse @ weighted_sums
        )
        by_curve = -self._inverse @ sums.outer(sums.n * curve)
        ratio_curve = (
            -float(sums.n @ (sums.size / determinants) ** 2)
            + float(np.trace(by_curve))
            - float(np.trace(by_slope @ by_slope))
            + residual_curve / self.variance
        )
        self._theta, self._sigma = np.sqrt(ratio), np.sqrt(self.variance)
        #: Whether the deviance has a strict minimum here in both parameters, and is not flat.
        self.is_curved = True
        if ratio > 0:
            hessian = np.array(
                [
                    [4 * ratio * ratio_curve, -4 * self._theta * residual_slope / self._sigma**3],
                    [-4 * self._theta * residual_slope / self._sigma**3, 4 * sums.degrees / self.variance],
                ]
            )
            determinant = hessian[0, 0] * hessian[1, 1] - hessian[0, 1] ** 2
            self.is_curved = bool(determinant > 1e-12 * hessian[0, 0] * hessian[1, 1] > 0)
            self._spread = 2 * np.linalg.inv(hessian) if self.is_curved else np.full((2, 2), np.nan)
        else:
            self._spread = np.array([[0.0, 0.0], [0.0, self.variance / (2 * sums.degrees)]])

    def estimate(self, weight: Floats, level: float) -> Estimate:
        value = float(weight @ self._coefficients)
        solved = self._inverse @ weight
        variance = self.variance * float(weight @ solved)
        slope = np.array(
            [-2 * self._theta * self.variance * float(solved @ self._information_slope @ solved), 2 * variance / self._sigma]
        )
        df = float(2 * variance**2 / (slope @ self._spread @ slope))
        se = float(np.sqrt(variance))
        t = value / se
        half_width = half_width_fractional_df(se, df, level)
        return Estimate(value, se, df, t, float(2 * scipy.stats.t.sf(abs(t), df)), value - half_width, value + half_width)
