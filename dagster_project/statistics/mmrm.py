"""The mixed model for repeated measures of one scale over all waves and groups, by REML, from the moments of missing-data
patterns.

Belongs here: the model with a mean for each group and wave and one covariance of the waves for all groups, what it refuses,
its adjusted means and contrasts. Does not belong here: covariance structures (mmrm_covariance.py), the treatments of the
baseline (mmrm_design.py), covariates (mmrm_covariates.py), the likelihood (mmrm_likelihood.py), standard errors and degrees
of freedom (mmrm_inference.py); a random intercept (mixed.py).

Everybody with at least one score is included; scores are assumed to be missing at random. R: nlme::gls(score ~ 0 +
group:wave, correlation = corSymm(form = ~ wave | person), weights = varIdent(form = ~ 1 | wave), method = "REML"); SAS: PROC
MIXED with REPEATED wave / TYPE=UN. Sources: Mallinckrodt and others, Drug Inf J 2008, 42, 303-319; Liang and Zeger, Sankhya
B 2000, 62, 134-148 (baseline as an outcome with equal means).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from dagster_project.statistics.change import Floats, check_level
from dagster_project.statistics.mixed import _NO_ESTIMATE
from dagster_project.statistics.mmrm_covariance import Structure, covariance_structure
from dagster_project.statistics.mmrm_covariates import covariate_without_slope, slopes_of
from dagster_project.statistics.mmrm_design import BASELINES, Baseline, Design, design_of, included_patterns
from dagster_project.statistics.mmrm_inference import INFORMATION, Inference, Information, MmrmEstimate
from dagster_project.statistics.mmrm_likelihood import RestrictedFit, RestrictedLikelihood, fit_restricted
from dagster_project.statistics.patterns import Pattern

_NO_ESTIMATES = MmrmEstimate(_NO_ESTIMATE, _NO_ESTIMATE)


@dataclass(frozen=True)
class Mmrm:
    """A fitted model. n_people: those included, one number a group; means: for each group, one a wave (at the reference of
    the baseline where it is a covariate, and none in the first wave then; at the means of covariates over the people
    included); contrasts: one a contrast; slopes: of the baseline, one a wave, empty unless it is a covariate;
    covariate_slopes: one a covariate, in the scale's units by the covariate's.

    covariance: (k, k) in the scale's units squared, rows and columns in the order of covariance_waves (indices from 0);
    empty without a model; n_covariance_parameters: how many it was made of. baseline_reference: NaN unless the baseline is a
    covariate. reason: why there is no model, or, with numbers, a remark.
    """

    n_people: tuple[int, ...]
    n_observations: int
    means: tuple[tuple[MmrmEstimate, ...], ...]
    contrasts: tuple[MmrmEstimate, ...]
    slopes: tuple[MmrmEstimate, ...]
    covariate_slopes: tuple[MmrmEstimate, ...]
    baseline_reference: float
    covariance_waves: tuple[int, ...]
    covariance: Floats
    n_covariance_parameters: int
    log_restricted_likelihood: float
    has_converged: bool
    reason: str


def fit_mmrm(
    groups: Sequence[Sequence[Pattern]],
    waves: int,
    contrasts: Sequence[ArrayLike],
    *,
    baseline: Baseline,
    structure: Structure = "unstructured",
    information: Information = "observed",
    baseline_reference: float | None = None,
    covariates: Sequence[str] = (),
    level: float = 0.95,
) -> Mmrm:
    """Fit the model. groups: for each group the moments of its people by the waves they have; waves: how many there are;
    contrasts: weights, each (groups, waves), of the means.

    baseline: 'free', the first wave is an outcome as every other; 'constrained', its mean is the same in all groups;
    'covariate', it has a slope on each later wave, people without it or without a later score are left out, and contrasts
    give it no weight. baseline_reference: the baseline at which means are then given, by default the mean of the people
    included. information: 'observed' as in SAS, or 'expected' as in pbkrtest, for the degrees of freedom and Kenward-Roger's
    SE. covariates: names of those whose moments the patterns have (CovariatePattern), q of them: each has one slope in all
    waves and groups; categories are indicators.

    A group's wave without people has no mean, and contrasts that use it are NaN. No model, with a reason (groups and waves
    are counted from 1): a group without people; a wave that nobody has a score in; no variation; too few people for the
    means, the slopes or the covariance; a covariate without variation or a slope of its own; a covariance that becomes
    singular; no convergence. Raises ValueError for a contrast
    of another shape or without any weight, and for words that are not among those above.
    """
    _check(waves, baseline, information, baseline_reference, level)
    kind = covariance_structure(structure, waves - (baseline == "covariate"))
    weights = _contrast_weights(contrasts, len(groups), waves, baseline)
    patterns = included_patterns(groups, baseline)
    outcomes = tuple(range(1 if baseline == "covariate" else 0, waves))

    def no_model(reason: str) -> Mmrm:
        return _no_model(reason, patterns, outcomes, waves, (len(weights), kind.count, len(covariates)))

    reason = _people_missing(patterns, waves, baseline, structure)
    slopes = None if reason else slopes_of(patterns, covariates)
    design = None if slopes is None else design_of(patterns, waves, baseline, slopes)
    if design is None or design.covariates.reason:
        return no_model(reason or (design.covariates.reason if design else "no variation"))
    data = RestrictedLikelihood(design.people, len(outcomes))
    reason, variances = _variances(data, design, covariates)
    if reason:
        return no_model(reason)
    fit = fit_restricted(data, kind, variances)
    if fit.reason:
        return no_model(fit.reason)
    reference = design.baseline_mean if baseline_reference is None else baseline_reference
    results = _Results(design, Inference(data, fit, information, design.scale), reference, level)
    return _model(design, data, fit, results, weights, waves)


def _check(waves: int, baseline: str, information: str, baseline_reference: float | None, level: float) -> None:
    check_level(level)
    if baseline not in BASELINES:
        raise ValueError(f"the baseline cannot be {baseline!r}; give one of {', '.join(BASELINES)}")
    if information not in INFORMATION:
        raise ValueError(f"there is no information {information!r}; give one of {', '.join(INFORMATION)}")
    if baseline_reference is not None and baseline != "covariate":
        raise ValueError("a baseline_reference is given, but the baseline is no covariate; leave it out")
    if waves < (2 if baseline == "covariate" else 1):
        raise ValueError(f"there are {waves} waves; give one, or, where the baseline is a covariate, two or more")


def _contrast_weights(contrasts: Sequence[ArrayLike], groups: int, waves: int, baseline: Baseline) -> list[Floats]:
    """The contrasts as arrays (groups, waves). Raises ValueError for those that the model has no estimate of."""
    weights = [np.asarray(contrast, dtype=np.float64) for contrast in contrasts]
    for weight in weights:
        if weight.shape != (groups, waves):
            raise ValueError(f"a contrast has not one weight for each of {groups} groups and {waves} waves; give as many")
        if not weight.any():
            raise ValueError("a contrast weighs every mean with 0; give at least one weight that is not 0")
        if baseline == "covariate" and weight[:, 0].any():
            raise ValueError(
                "a contrast weighs the first wave, which is a covariate; give it 0: a change has the same contrast"
            )
        if baseline == "constrained" and not weight[:, 1:].any() and abs(weight[:, 0].sum()) < 1e-12:
            raise ValueError("a contrast compares groups in the first wave, where their means are constrained; leave it out")
    return weights


def _people_missing(patterns: Sequence[Sequence[Pattern]], waves: int, baseline: Baseline, structure: Structure) -> str:
    """Why there are too few people for a model, without a look at their scores; '' where there may be enough."""
    score = "a score in the first wave and a later one" if baseline == "covariate" else "a score"
    if not any(patterns):
        return f"nobody has {score}"
    for index, group in enumerate(patterns):
        if not group:
            return f"nobody in group {index + 1} has {score}"
    first_outcome = 1 if baseline == "covariate" else 0
    pairs = np.zeros((waves, waves), dtype=np.intp)
    for pattern in (pattern for group in patterns for pattern in group):
        pairs[np.ix_(pattern.waves, pattern.waves)] += pattern.n
    for wave in range(first_outcome, waves):
        if pairs[wave, wave] == 0:
            return f"nobody has a score in wave {wave + 1}"
    if structure != "unstructured":
        return ""
    for first in range(first_outcome, waves):
        for second in range(first + 1, waves):
            if pairs[first, second] == 0:
                return f"nobody has a score in both wave {first + 1} and wave {second + 1}: their covariance is not known"
    people = sum(pattern.n for group in patterns for pattern in group)
    needed = len(patterns) + waves
    return f"too few people for an unstructured covariance: {people}, where {needed} are needed" if people < needed else ""


def _variances(data: RestrictedLikelihood, design: Design, covariates: Sequence[str]) -> tuple[str, Floats]:
    """Each wave's variance about its means, or why there is none."""
    if data.degrees <= 0:
        return "as many means as scores: nothing is left to estimate their spread", np.empty(0)
    variances = data.pooled_variances()
    if variances is None:
        aliased = covariate_without_slope(data.column_products(), design.first_covariate, covariates)
        return aliased or "the baseline varies too little within groups for a slope on each wave", np.empty(0)
    for wave, variance in zip(design.waves, variances, strict=True):
        if not variance > 1e-20 * (1 + (design.centre / design.scale) ** 2):
            return f"no variation in wave {wave + 1} within groups", np.empty(0)
    return "", variances


def _no_model(
    reason: str,
    patterns: Sequence[Sequence[Pattern]],
    outcomes: tuple[int, ...],
    waves: int,
    counts: tuple[int, int, int],
) -> Mmrm:
    """counts: of contrasts, parameters of the covariance and covariates."""
    contrasts, parameters, covariates = counts
    return Mmrm(
        n_people=tuple(sum(pattern.n for pattern in group) for group in patterns),
        n_observations=sum(pattern.n * len(set(pattern.waves) & set(outcomes)) for group in patterns for pattern in group),
        means=((_NO_ESTIMATES,) * waves,) * len(patterns),
        contrasts=(_NO_ESTIMATES,) * contrasts,
        slopes=(_NO_ESTIMATES,) * (waves if len(outcomes) < waves else 0),
        covariate_slopes=(_NO_ESTIMATES,) * covariates,
        baseline_reference=float("nan"),
        covariance_waves=outcomes,
        covariance=np.empty((0, 0)),
        n_covariance_parameters=parameters,
        log_restricted_likelihood=float("nan"),
        has_converged=False,
        reason=reason,
    )


class _Results:
    """Estimates in the scale's units of combinations of means."""

    def __init__(self, design: Design, inference: Inference, reference: float, level: float) -> None:
        self._design, self._inference, self._level = design, inference, level
        self.reference = reference

    def of_means(self, weight: Floats) -> MmrmEstimate:
        """weight: (groups, waves)."""
        design = self._design
        columns = np.zeros(design.size)
        for group, wave in zip(*np.nonzero(weight), strict=True):
            cell = int(group), int(wave)
            if cell not in design.column_of:
                return _NO_ESTIMATES
            columns[design.column_of[cell]] += weight[cell]
            if design.slope_of:
                distance = (self.reference - design.baseline_mean) / design.scale
                columns[design.slope_of[cell[1]]] += weight[cell] * distance
        return self._inference.estimate(columns, design.centre * float(weight.sum()), self._level)

    def of_slope(self, wave: int) -> MmrmEstimate:
        if wave not in self._design.slope_of:
            return _NO_ESTIMATES
        return self._inference.slope(np.eye(self._design.size)[self._design.slope_of[wave]], self._level)

    def of_covariates(self) -> tuple[MmrmEstimate, ...]:
        columns = np.eye(self._design.size)[self._design.first_covariate :]
        scales = self._design.covariates.scale
        return tuple(
            self._inference.slope(column, self._level, float(scale)) for column, scale in zip(columns, scales, strict=True)
        )


def _model(
    design: Design, data: RestrictedLikelihood, fit: RestrictedFit, results: _Results, weights: Sequence[Floats], waves: int
) -> Mmrm:
    groups = len(design.n_people)

    def of_cell(group: int, wave: int) -> MmrmEstimate:
        weight = np.zeros((groups, waves))
        weight[group, wave] = 1.0
        return results.of_means(weight)

    empty = [
        f"nobody in group {group + 1} has a score in wave {wave + 1}"
        for group in range(groups)
        for wave in design.waves
        if (group, wave) not in design.column_of
    ]
    # Slopes of scores on scores have no unit: their columns do not scale.
    unit = 2 * (data.degrees + len(design.slope_of)) * float(np.log(design.scale))
    unit += 2 * float(np.log(design.covariates.scale).sum())
    return Mmrm(
        n_people=design.n_people,
        n_observations=data.observations,
        means=tuple(tuple(of_cell(group, wave) for wave in range(waves)) for group in range(groups)),
        contrasts=tuple(results.of_means(weight) for weight in weights),
        slopes=tuple(results.of_slope(wave) for wave in range(waves)) if design.slope_of else (),
        covariate_slopes=results.of_covariates(),
        baseline_reference=results.reference,
        covariance_waves=design.waves,
        covariance=fit.derivatives.covariance * design.scale**2,
        n_covariance_parameters=len(fit.derivatives.first),
        log_restricted_likelihood=-0.5 * (fit.curvature.deviance + unit),
        has_converged=True,
        reason="; ".join(empty),
    )
