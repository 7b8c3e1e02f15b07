"""Linear growth: scores over time with a line for each group, and lines of their own of people about it, by REML.

Belongs here: the model y = intercept + slope * time of the group + (u0 + u1 * time) of the person + error, with (u0, u1)
normal and correlated; its lines, their differences, variance components and Satterthwaite's degrees of freedom. Does not
belong here: the likelihood and its search (growth_likelihood.py), what time is measured in, other shapes than lines.

Everybody with at least one score at a known time is included; scores are taken to be missing at random. R: lmer(score ~ time
* group + (time | person), REML = TRUE) with lmerTest. Sources: Laird and Ware, Biometrics 1982, 38, 963-974; Kuznetsova and
others, J Stat Softw 2017, 82(13) (degrees of freedom).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy
from numpy.typing import ArrayLike

from dagster_project.statistics.change import Floats, check_level, half_width_fractional_df
from dagster_project.statistics.growth_likelihood import (
    LEAST_SPREAD,
    GrowthFit,
    GrowthLikelihood,
    Point,
    TimeSums,
    directions_of,
    fit_growth_likelihood,
    lower_triangular,
    second_directions_of,
)
from dagster_project.statistics.mixed import Estimate

NO_ESTIMATE = Estimate(*([float("nan")] * 7))
#: A share of all variation that is less is rounding error.
_LEAST_SHARE = 1e-13


@dataclass(frozen=True)
class GrowthModel:
    """A fitted model. intercepts (at time 0, in scores) and slopes (scores a unit of time): one a group, NaN of a group
    without people; differences: of the slopes of the later groups from the first's; levels: of each group's line, one a time
    that was asked for. sd_intercept, sd_slope, correlation: of the people's own lines about their group's; the correlation
    is NaN where one of both SDs is 0. sd_residual: of scores about a person's line. is_singular: whether the people's lines
    vary in fewer than two directions. reason: why there is no model, or, with numbers, what is to be said of it.
    """

    n_people: tuple[int, ...]
    n_observations: int
    intercepts: tuple[Estimate, ...]
    slopes: tuple[Estimate, ...]
    differences: tuple[Estimate, ...]
    levels: tuple[tuple[Estimate, ...], ...]
    sd_intercept: float
    sd_slope: float
    correlation: float
    sd_residual: float
    log_restricted_likelihood: float
    is_singular: bool
    has_converged: bool
    reason: str


def time_sums(people: ArrayLike, times: ArrayLike, scores: ArrayLike, products: ArrayLike, squares: ArrayLike) -> TimeSums:
    """The sums of one group as arrays; shapes as in TimeSums, of m rows. Raises ValueError for other shapes."""
    count = np.asarray(people, dtype=np.float64).reshape(-1)
    rows = len(count)
    arrays: list[Floats] = []
    for name, values, width in (("times", times, 3), ("scores", scores, 2), ("products", products, 3)):
        array = np.asarray(values, dtype=np.float64).reshape(rows, -1) if rows else np.zeros((0, width))
        if array.shape != (rows, width):
            raise ValueError(f"{name} have the shape {array.shape}; give ({rows}, {width})")
        arrays.append(array)
    of_times, of_scores, of_products = arrays
    return TimeSums(count, of_times, of_scores, of_products, np.asarray(squares, dtype=np.float64).reshape(rows))


def sums_of_people(person: ArrayLike, time: ArrayLike, score: ArrayLike) -> TimeSums:
    """The sums of scores in long form, a row a score: a row for each person."""
    codes, index = np.unique(np.asarray(person), return_inverse=True)
    t, y = np.asarray(time, dtype=np.float64), np.asarray(score, dtype=np.float64)

    def total(values: Floats) -> Floats:
        return np.bincount(index, weights=values, minlength=len(codes)).astype(np.float64)

    sum_y, sum_ty = total(y), total(t * y)
    return TimeSums(
        people=np.ones(len(codes)),
        times=np.column_stack([total(np.ones_like(t)), total(t), total(t**2)]),
        scores=np.column_stack([sum_y, sum_ty]),
        products=np.column_stack([sum_y**2, sum_y * sum_ty, sum_ty**2]),
        squares=total(y**2),
    )


def growth_model(
    groups: Sequence[TimeSums], centre: float = 0.0, level: float = 0.95, times: Sequence[float] = ()
) -> GrowthModel:
    """Fit the model. groups: the sums of each, the reference first; centre: what was taken off all scores beforehand; times:
    at which the lines' levels are given.

    A group without people is left out. No model, with a reason: nobody; nobody with scores at two times; a group whose
    scores are all at one time; as many coefficients as scores; no variation about the groups' lines, or of people about
    their own; too few scores a person for the variances to be told apart; no convergence.
    """
    check_level(level)
    people = tuple(round(float(sums.people.sum())) for sums in groups)
    observations = round(sum(sums.observations for sums in groups))
    empty = _no_model(people, observations, len(times))
    present = [index for index, count in enumerate(people) if count]
    if not present:
        return replace(empty, reason="nobody has a score at a known time")
    frame = _Frame([groups[index] for index in present])
    reason = frame.reason([index + 1 for index in present] if len(groups) > 1 else [])
    if reason:
        return replace(empty, reason=reason)
    likelihood = GrowthLikelihood(frame.rescaled)
    if likelihood.degrees <= 0:
        return replace(empty, reason="as many coefficients as scores: nothing is left to estimate their spread")
    if not likelihood.point(np.zeros((2, 2))).residual > _LEAST_SHARE * likelihood.observations:
        return replace(empty, reason="no variation about the line")
    if not likelihood.identifies_variances():
        return replace(empty, reason="too few scores a person to tell the spread of slopes from that of scores")
    about_lines, degrees_about_lines = likelihood.least_squares()
    if not degrees_about_lines:
        return replace(empty, reason="nobody has scores at three times: own slopes of people cannot be told from error")
    if about_lines <= _LEAST_SHARE * likelihood.observations:
        return replace(empty, reason="the model does not converge: no variation of scores about people's own lines")
    fit = fit_growth_likelihood(likelihood)
    if fit.reason:
        return replace(empty, reason=fit.reason)
    inference = _Inference(likelihood, fit, frame)
    if not inference.is_curved:
        return replace(empty, reason="the model does not converge: the likelihood is flat")
    return _model(inference, empty, present, centre + frame.score_centre, level, times)


def _no_model(people: tuple[int, ...], observations: int, times: int) -> GrowthModel:
    nan, estimates = float("nan"), (NO_ESTIMATE,) * len(people)
    return GrowthModel(
        people,
        observations,
        estimates,
        estimates,
        estimates[1:],
        ((NO_ESTIMATE,) * times,) * len(people),
        nan,
        nan,
        nan,
        nan,
        nan,
        is_singular=False,
        has_converged=False,
        reason="",
    )


def _model(
    inference: "_Inference", empty: GrowthModel, present: Sequence[int], centre: float, level: float, times: Sequence[float]
) -> GrowthModel:
    def estimate(group: int, weight: Sequence[float], reference: int | None = None, shift: float = 0.0) -> Estimate:
        if group not in present or (reference is not None and reference not in present):
            return NO_ESTIMATE
        weights = np.zeros((len(present), 2))
        weights[present.index(group)] += weight
        if reference is not None:
            weights[present.index(reference)] -= weight
        return inference.estimate(weights, shift, level)

    groups = range(len(empty.n_people))
    rank = len(inference.fit.parameters) - 1 if len(inference.fit.parameters) else 0
    deviations = np.sqrt(np.diag(inference.covariance))
    has_both = bool(np.all(deviations > 0))
    correlation = inference.covariance[0, 1] / (deviations[0] * deviations[1]) if has_both else float("nan")
    words = (
        "singular: people do not differ beyond chance in level or slope",
        "singular: the levels and slopes of people vary in one direction only",
        "",
    )
    return replace(
        empty,
        intercepts=tuple(estimate(group, (1.0, 0.0), shift=centre) for group in groups),
        slopes=tuple(estimate(group, (0.0, 1.0)) for group in groups),
        differences=tuple(estimate(group, (0.0, 1.0), 0) for group in groups[1:]),
        levels=tuple(tuple(estimate(group, (1.0, time), shift=centre) for time in times) for group in groups),
        sd_intercept=float(deviations[0]),
        sd_slope=float(deviations[1]),
        correlation=float(np.clip(correlation, -1.0, 1.0)),
        sd_residual=math.sqrt(inference.variance),
        log_restricted_likelihood=inference.log_likelihood,
        is_singular=rank < 2,
        has_converged=True,
        reason=words[rank],
    )


class _Frame:
    """Groups in units in which times and scores have mean 0 and spread 1, and the way back."""

    def __init__(self, groups: Sequence[TimeSums]) -> None:
        self.groups = groups
        n, first, second = np.sum([sums.people @ sums.times for sums in groups], axis=0)
        #: Taken off the scores, so that sums of squares keep their digits however far from 0 the scores lie.
        self.score_centre = sum(float(sums.scores[:, 0].sum()) for sums in groups) / n
        centred = [sums.centred(self.score_centre) for sums in groups]
        square, raw_square = (sum(float(sums.squares.sum()) for sums in parts) / n for parts in (centred, groups))
        self.centre = first / n
        variance = second / n - self.centre**2
        self.unit = math.sqrt(variance) if variance > LEAST_SPREAD * second / n else 0.0
        self.score_unit = math.sqrt(square) if square > _LEAST_SHARE * raw_square else 0.0
        #: Takes an intercept and a slope in these units to those of time and score; without the scores' unit.
        self.back = np.array([[1.0, -self.centre / self.unit], [0.0, 1 / self.unit]]) if self.unit else np.eye(2)
        self.rescaled = (
            [sums.rescaled(self.centre, self.unit, self.score_unit) for sums in centred] if self._is_usable else []
        )

    @property
    def _is_usable(self) -> bool:
        return self.unit > 0 and self.score_unit > 0

    def reason(self, numbers: Sequence[int]) -> str:
        """Why there is no model, or nothing. numbers: of the groups, where there are several."""
        if self.unit == 0:
            return "all scores are at one time"
        if self.score_unit == 0:
            return "no variation"
        determinants = [sums.times[:, 0] * sums.times[:, 2] - sums.times[:, 1] ** 2 for sums in self.rescaled]
        sizes = [sums.times[:, 0] * sums.times[:, 2] for sums in self.rescaled]
        if not any(
            bool(np.any(determinant > LEAST_SPREAD * size)) for determinant, size in zip(determinants, sizes, strict=True)
        ):
            return "nobody has scores at two times"
        for number, sums in zip(numbers, self.rescaled, strict=False):
            n, first, second = sums.people @ sums.times
            if second * n - first**2 <= LEAST_SPREAD * n**2:
                return f"all scores of group {number} are at one time"
        return ""


class _Inference:
    """Estimates of combinations of the groups' lines, and Satterthwaite's degrees of freedom.

    The variance of the parameters is twice the inverse Hessian of the REML deviance by (entries of L, sigma), as in
    lmerTest; here by formula instead of by finite differences.
    """

    def __init__(self, likelihood: GrowthLikelihood, fit: GrowthFit, frame: _Frame) -> None:
        point, degrees = fit.point, likelihood.degrees
        self.fit, self._frame = fit, frame
        self._variance = point.residual / degrees
        sigma = math.sqrt(self._variance)
        self.variance = self._variance * frame.score_unit**2
        lower = frame.back @ lower_triangular(fit.parameters) if len(fit.parameters) else np.zeros((2, 2))
        self.covariance = self.variance * lower @ lower.T
        self.log_likelihood = -0.5 * (
            degrees * (math.log(2 * math.pi * self.variance) + 1)
            + point.log_determinants
            + 2 * len(point.covariances) * math.log(frame.unit)
        )
        directions = directions_of(fit.parameters)
        count = len(directions)
        hessian = np.zeros((count + 1, count + 1))
        if count:
            of_determinants, of_residual = point.hessians(directions)
            slope = point.determinant_slope + point.residual_slope / self._variance
            hessian[:count, :count] = (
                of_determinants + of_residual / self._variance + np.einsum("ab,ijab->ij", slope, second_directions_of(count))
            )
            by_residual = [float(np.sum(point.residual_slope * direction)) for direction in directions]
            hessian[:count, count] = hessian[count, :count] = -2 * np.array(by_residual) / sigma**3
        hessian[count, count] = 4 * degrees / self._variance
        roots = np.sqrt(np.maximum(np.diag(hessian), 1e-300))
        self.is_curved = bool(np.linalg.eigvalsh(hessian / np.outer(roots, roots))[0] > 1e-12)
        self._spread = 2 * np.linalg.inv(hessian) if self.is_curved else np.full_like(hessian, np.nan)
        self._sigma, self._directions, self._point = sigma, directions, point

    def estimate(self, weights: Floats, shift: float, level: float) -> Estimate:
        """The combination weights (groups, 2) of the groups' intercepts and slopes, and shift."""
        point: Point = self._point
        value, share, slopes = 0.0, 0.0, np.zeros(len(self._directions))
        for weight, coefficients, part in zip(weights @ self._frame.back, point.coefficients, point.parts, strict=True):
            solved = part.coefficient_covariance @ weight
            value += float(weight @ coefficients)
            share += float(weight @ solved)
            slopes -= [float(solved @ slope @ solved) for slope in part.information_slopes(self._directions)]
        variance = self._variance * share
        gradient = np.array([*(self._variance * slopes), 2 * self._sigma * share])
        df = float(2 * variance**2 / (gradient @ self._spread @ gradient))
        estimate, se = value * self._frame.score_unit + shift, math.sqrt(variance) * self._frame.score_unit
        t = estimate / se
        half_width = half_width_fractional_df(se, df, level)
        p = float(2 * scipy.stats.t.sf(abs(t), df))
        return Estimate(estimate, se, df, t, p, estimate - half_width, estimate + half_width)
