"""Linear growth: scores over time with a line for each group, and lines of their own of people about it, by REML.

Belongs here: the model y = intercept + slope * time of the group + b'x of covariates + (u0 + u1 * time) of the person +
error, with (u0, u1) normal and correlated; its lines, their differences and variance components. Does not belong here: the
likelihood (growth_likelihood.py), its greatest value (growth_fit.py), tests and intervals (growth_inference.py), sums of
people (growth_sums.py), what time is measured in, other shapes than lines.

Everybody with at least one score at a known time is included, where there are covariates everybody with all of them; scores
are taken to be missing at random. R: lmer(score ~ time * group + covariate + (time | person), REML = TRUE) with lmerTest or
pbkrtest. Source: Laird and Ware, Biometrics 1982, 38, 963-974.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dagster_project.statistics.change import Floats, check_level
from dagster_project.statistics.group_least_squares import independent_columns
from dagster_project.statistics.growth_fit import fit_growth_likelihood
from dagster_project.statistics.growth_inference import GROWTH_DF, GrowthDf, GrowthInference, GrowthUnits
from dagster_project.statistics.growth_likelihood import GrowthLikelihood
from dagster_project.statistics.growth_sums import LEAST_SPREAD, TimeSums
from dagster_project.statistics.mixed import Estimate
from dagster_project.statistics.mmrm_covariates import CovariatePattern, slopes_of

NO_ESTIMATE = Estimate(*([float("nan")] * 7))
#: A share of all variation that is less is rounding error.
_LEAST_SHARE = 1e-13
_FLAT = "the model does not converge: the likelihood is flat"


@dataclass(frozen=True)
class GrowthModel:
    """A fitted model. intercepts (at time 0, in scores) and slopes (scores a unit of time): one a group, NaN of a group
    without people, at the means of covariates over the people included; differences: of the slopes of the later groups from
    the first's; levels: of each group's line, one a time that was asked for. covariate_levels, covariate_slopes: what one
    more of each covariate does to level and slope; empty where it does nothing. sd_intercept, sd_slope, correlation: of the
    people's own lines about their group's; the correlation is NaN where one of both SDs is 0. sd_residual: of scores about a
    person's line. is_singular: whether the people's lines vary in fewer than two directions. reason: why there is no model,
    or, with numbers, what is to be said of it.
    """

    n_people: tuple[int, ...]
    n_observations: int
    intercepts: tuple[Estimate, ...]
    slopes: tuple[Estimate, ...]
    differences: tuple[Estimate, ...]
    levels: tuple[tuple[Estimate, ...], ...]
    covariate_levels: tuple[Estimate, ...]
    covariate_slopes: tuple[Estimate, ...]
    sd_intercept: float
    sd_slope: float
    correlation: float
    sd_residual: float
    log_restricted_likelihood: float
    is_singular: bool
    has_converged: bool
    reason: str


def growth_model(
    groups: Sequence[TimeSums],
    centre: float = 0.0,
    level: float = 0.95,
    times: Sequence[float] = (),
    *,
    covariates: Sequence[str] = (),
    has_covariate_slopes: bool = False,
    df: GrowthDf = "satterthwaite",
) -> GrowthModel:
    """Fit the model. groups: the sums of each, the reference first; centre: what was taken off all scores beforehand; times:
    at which the lines' levels are given. covariates: names of those that the sums have, in their order, categories as
    indicators: each moves a person's level, and with has_covariate_slopes the slope too. df: satterthwaite (lmerTest) or
    kenward_roger, with the adjusted standard errors (pbkrtest).

    A group without people is left out. No model, with a reason: nobody; nobody with scores at two times; a group whose
    scores are all at one time; as many coefficients as scores; no variation about the groups' lines, or of people about
    their own; too few scores a person for the variances to be told apart; a covariate without an effect of its own; no
    convergence. ValueError for another df, or sums that have not the covariates.
    """
    check_level(level)
    if df not in GROWTH_DF:
        raise ValueError(f"there are no degrees of freedom {df!r}; give one of {', '.join(GROWTH_DF)}")
    people = tuple(round(float(sums.people.sum())) for sums in groups)
    observations = round(sum(sums.observations for sums in groups))
    empty = _no_model(people, observations, len(times), len(covariates), has_covariate_slopes)
    present = [index for index, count in enumerate(people) if count]
    if not present:
        return replace(empty, reason="nobody has a score at a known time")
    frame = _Frame([groups[index] for index in present], covariates, has_covariate_slopes)
    reason = frame.reason([index + 1 for index in present] if len(groups) > 1 else [])
    if reason:
        return replace(empty, reason=reason)
    likelihood = frame.likelihood()
    if reason := _too_little(likelihood, covariates, len(present)):
        return replace(empty, reason=reason)
    fit = fit_growth_likelihood(likelihood)
    if fit.reason:
        return replace(empty, reason=fit.reason)
    inference = GrowthInference(likelihood, fit, frame.units, df)
    if not inference.is_curved:
        return replace(empty, reason=_FLAT)
    return _model(_Results(inference, frame, present, centre + frame.score_centre, level), empty, times)


def _too_little(likelihood: GrowthLikelihood, covariates: Sequence[str], groups: int) -> str:
    """Why the scores are too few, or vary too little, for a model; nothing where they do not."""
    if likelihood.degrees <= 0:
        return "as many coefficients as scores: nothing is left to estimate their spread"
    columns = independent_columns(likelihood.information(np.zeros((2, 2))))
    for column in range(2 * groups, likelihood.size):
        if column not in columns:
            name = covariates[(column - 2 * groups) % len(covariates)]
            return f"covariate '{name}' is collinear with the lines and what is before it"
    if not likelihood.point(np.zeros((2, 2))).residual > _LEAST_SHARE * likelihood.observations:
        return "no variation about the line"
    if not likelihood.identifies_variances():
        return "too few scores a person to tell the spread of slopes from that of scores"
    about_lines, degrees_about_lines = likelihood.least_squares()
    if not degrees_about_lines:
        return "nobody has scores at three times: own slopes of people cannot be told from error"
    if about_lines <= _LEAST_SHARE * likelihood.observations:
        return "the model does not converge: no variation of scores about people's own lines"
    return ""


def _no_model(
    people: tuple[int, ...], observations: int, times: int, covariates: int, has_covariate_slopes: bool
) -> GrowthModel:
    nan, estimates = float("nan"), (NO_ESTIMATE,) * len(people)
    return GrowthModel(
        n_people=people,
        n_observations=observations,
        intercepts=estimates,
        slopes=estimates,
        differences=estimates[1:],
        levels=((NO_ESTIMATE,) * times,) * len(people),
        covariate_levels=(NO_ESTIMATE,) * covariates,
        covariate_slopes=(NO_ESTIMATE,) * covariates if has_covariate_slopes else (),
        sd_intercept=nan,
        sd_slope=nan,
        correlation=nan,
        sd_residual=nan,
        log_restricted_likelihood=nan,
        is_singular=False,
        has_converged=False,
        reason="",
    )


def _model(results: "_Results", empty: GrowthModel, times: Sequence[float]) -> GrowthModel:
    inference, groups = results.inference, range(len(empty.n_people))
    rank = len(inference.fit.parameters) - 1 if len(inference.fit.parameters) else 0
    deviations = np.sqrt(np.diag(inference.covariance))
    has_both = bool(np.all(deviations > 0))
    correlation = inference.covariance[0, 1] / (deviations[0] * deviations[1]) if has_both else float("nan")
    words = (
        "singular: people do not differ beyond chance in level or slope",
        "singular: the levels and slopes of people vary in one direction only",
        "",
    )
    count = len(empty.covariate_levels)
    return replace(
        empty,
        intercepts=tuple(results.of_line(group, (1.0, 0.0)) for group in groups),
        slopes=tuple(results.of_line(group, (0.0, 1.0)) for group in groups),
        differences=tuple(results.of_line(group, (0.0, 1.0), 0) for group in groups[1:]),
        levels=tuple(tuple(results.of_line(group, (1.0, time)) for time in times) for group in groups),
        covariate_levels=tuple(results.of_covariate(index) for index in range(count)),
        covariate_slopes=tuple(results.of_covariate(count + index) for index in range(len(empty.covariate_slopes))),
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
    """Groups in units in which times, scores and covariates have mean 0 and spread 1, and the way back."""

    def __init__(self, groups: Sequence[TimeSums], covariates: Sequence[str], has_slopes: bool) -> None:
        self._groups, self._has_slopes = groups, has_slopes
        n, first, second = np.sum([sums.people @ sums.times for sums in groups], axis=0)
        #: Taken off the scores, so that sums of squares keep their digits however far from 0 the scores lie.
        self.score_centre = sum(float(sums.scores[:, 0].sum()) for sums in groups) / n
        self._centred = [sums.centred(self.score_centre) for sums in groups]
        square, raw_square = (sum(float(sums.squares.sum()) for sums in parts) / n for parts in (self._centred, groups))
        self._centre = first / n
        variance = second / n - self._centre**2
        self._unit = math.sqrt(variance) if variance > LEAST_SPREAD * second / n else 0.0
        self._score_unit = math.sqrt(square) if square > _LEAST_SHARE * raw_square else 0.0
        self._covariates = slopes_of([[_of_all_times(sums, len(covariates))] for sums in groups], covariates)

    @property
    def units(self) -> GrowthUnits:
        line = np.array([[1.0, -self._centre / self._unit], [0.0, 1 / self._unit]])
        scale = np.diag(1 / self._covariates.scale)
        of_covariates = np.kron(line, scale) if self._has_slopes else scale
        count = 2 * len(self._groups)
        to_units = np.zeros((count + len(of_covariates),) * 2)
        to_units[:count, :count] = np.kron(np.eye(len(self._groups)), line)
        to_units[count:, count:] = of_covariates
        return GrowthUnits(self._unit, self._centre, self._score_unit, to_units)

    def likelihood(self) -> GrowthLikelihood:
        rescaled = [sums.rescaled(self._centre, self._unit, self._score_unit) for sums in self._centred]
        return GrowthLikelihood(rescaled, self._covariates.centre, self._covariates.scale, has_slopes=self._has_slopes)

    def reason(self, numbers: Sequence[int]) -> str:
        """Why there is no model, or nothing. numbers: of the groups, where there are several."""
        if self._unit == 0:
            return "all scores are at one time"
        if self._score_unit == 0:
            return "no variation"
        if not any(np.any(sums.determinants > 0) for sums in self._groups):
            return "nobody has scores at two times"
        for number, sums in zip(numbers, self._groups, strict=False):
            n, first, second = sums.rescaled(self._centre, self._unit, self._score_unit).times.T @ sums.people
            if second * n - first**2 <= LEAST_SPREAD * n**2:
                return f"all scores of group {number} are at one time"
        return self._covariates.reason


def _of_all_times(sums: TimeSums, count: int) -> CovariatePattern:
    """The moments of the covariates of everybody in a group. ValueError where the sums have not as many."""
    covariates, people = sums.covariates, sums.people
    width = 0 if covariates is None else covariates.mean.shape[1]
    if width != count:
        raise ValueError(f"the sums have {width} covariates, and {count} are named; give as many")
    mean, products = np.zeros(0), np.zeros((0, 0))
    if covariates is not None:
        mean = people @ covariates.mean / people.sum()
        deviations = covariates.mean - mean
        products = covariates.products.sum(axis=0) + (deviations * people[:, None]).T @ deviations
    return CovariatePattern(
        (), round(float(people.sum())), np.zeros(0), np.zeros((0, 0)),
        covariate_mean=mean, covariate_products=products, shared_products=np.zeros((count, 0)),
    )  # fmt: skip


class _Results:
    """Estimates of lines and covariates. present: the groups with people; centre: what was taken off all scores."""

    def __init__(
        self, inference: GrowthInference, frame: _Frame, present: Sequence[int], centre: float, level: float
    ) -> None:
        self.inference, self._present, self._centre, self._level = inference, present, centre, level
        self._size = len(frame.units.to_units)

    def of_line(self, group: int, weight: Sequence[float], reference: int | None = None) -> Estimate:
        """A combination of a group's intercept and slope, or its difference from that of the reference."""
        if group not in self._present or (reference is not None and reference not in self._present):
            return NO_ESTIMATE
        weights = np.zeros((len(self._present), 2))
        weights[self._present.index(group)] += weight
        if reference is not None:
            weights[self._present.index(reference)] -= weight
        shift = self._centre * float(weights[:, 0].sum())
        columns: Floats = np.concatenate([weights.reshape(-1), np.zeros(self._size - weights.size)])
        return self.inference.estimate(columns, shift, self._level)

    def of_covariate(self, index: int) -> Estimate:
        """index: of the covariates' columns, those of levels first."""
        columns = np.zeros(self._size)
        columns[2 * len(self._present) + index] = 1.0
        return self.inference.estimate(columns, 0.0, self._level)
