"""Where the restricted likelihood of a model of growth is greatest.

Belongs here: the search for the minimum of its criterion, also where the people's lines do not vary in every direction. Does
not belong here: the criterion and its derivatives (growth_likelihood.py).
"""

from dataclasses import dataclass

import numpy as np

from dagster_project.statistics.change import Floats
from dagster_project.statistics.growth_likelihood import (
    GrowthLikelihood,
    Point,
    directions_of,
    lower_triangular,
    second_directions_of,
)

_MOST_STEPS, _MOST_HALVINGS = 200, 60
#: Twice what the criterion would still fall, by its quadratic form, of one score: below the first it is rounding error;
#: above the second the search has not ended at a minimum.
_LEAST_DECREMENT, _GREATEST_DECREMENT = 1e-20, 1e-9
#: Of the eigenvalues of D in units of the errors' variance and of the spread of times: less is none.
_LEAST_EIGENVALUE = 1e-9
#: A root of D beyond this is no variation within people.
_GREATEST_ROOT = 1e7


@dataclass(frozen=True)
class GrowthFit:
    """Where the criterion is least. parameters: (r,) entries of L: 3, 2 of people whose lines vary in one direction only, or
    none. reason: why there is no minimum."""

    parameters: Floats
    point: Point
    reason: str


def fit_growth_likelihood(likelihood: GrowthLikelihood) -> GrowthFit:
    """Newton's method from no variation up: D gets a further direction where the criterion falls into it."""
    fit = _from_no_variation(likelihood)
    full = _search(likelihood, np.array([0.5, 0.0, 0.5]))
    is_lower = not full.reason and likelihood.value(full.point) < likelihood.value(fit.point) - 1e-9
    if is_lower or fit.reason:
        fit = full
    return _at_the_edge(likelihood, fit)


def _from_no_variation(likelihood: GrowthLikelihood) -> GrowthFit:
    point = likelihood.point(np.zeros((2, 2)))
    values, vectors = np.linalg.eigh(likelihood.slope(point))
    if values[0] >= -1e-9 * likelihood.observations:
        return GrowthFit(np.zeros(0), point, "")
    fit = _search(likelihood, 0.3 * vectors[:, 0])
    if fit.reason:
        return fit
    normal = np.array([-fit.parameters[1], fit.parameters[0]])
    normal /= np.linalg.norm(normal)
    if float(normal @ likelihood.slope(fit.point) @ normal) >= -1e-9 * likelihood.observations:
        return fit
    d = np.outer(fit.parameters, fit.parameters) + 0.05 * np.outer(normal, normal)
    lower = np.linalg.cholesky(d)
    return _search(likelihood, np.array([lower[0, 0], lower[1, 0], lower[1, 1]]))


def _at_the_edge(likelihood: GrowthLikelihood, fit: GrowthFit) -> GrowthFit:
    """The fit, in as few parameters as its D has directions."""
    if len(fit.parameters) < 3:
        return fit
    lower = lower_triangular(fit.parameters)
    values, vectors = np.linalg.eigh(lower @ lower.T)
    if values[0] > _LEAST_EIGENVALUE * max(1.0, float(values[1])):
        return fit
    line = vectors[:, 1] * np.sqrt(max(float(values[1]), 0.0))
    return _search(likelihood, line)


def _search(likelihood: GrowthLikelihood, start: Floats) -> GrowthFit:
    """Newton's method on the entries of L, with the Hessian's eigenvalues made positive, each step halved until it helps.

    Where the criterion has hardly anything left to fall, its value is rounding and the gradient knows better: whole steps,
    as long as they bring the end closer.
    """
    parameters = np.asarray(start, dtype=np.float64)
    point = _point_of(likelihood, parameters)
    decrement, last_decrement = np.inf, np.inf
    tolerance, greatest_tolerance = (share * likelihood.observations for share in (_LEAST_DECREMENT, _GREATEST_DECREMENT))
    for _ in range(_MOST_STEPS):
        gradient, hessian = _derivatives(likelihood, point, parameters)
        values, vectors = np.linalg.eigh(hessian)
        values = np.maximum(np.abs(values), 1e-10 * max(float(np.abs(values).max()), 1e-10))
        step = -vectors @ ((vectors.T @ gradient) / values)
        last_decrement, decrement = decrement, -float(step @ gradient)
        if decrement < tolerance or (decrement < greatest_tolerance and decrement > last_decrement / 4):
            break
        length = 1.0 if decrement < greatest_tolerance else _helpful_length(likelihood, point, parameters, step, decrement)
        if not length:
            break
        parameters = parameters + length * step
        point = _point_of(likelihood, parameters)
        if float(np.abs(parameters).max()) > _GREATEST_ROOT:
            return GrowthFit(parameters, point, "the model does not converge: no variation within people about their lines")
    reason = "" if decrement < greatest_tolerance else "the model does not converge"
    return GrowthFit(parameters, point, reason)


def _helpful_length(likelihood: GrowthLikelihood, point: Point, parameters: Floats, step: Floats, decrement: float) -> float:
    """How much of a step makes the criterion fall; 0 if nothing does."""
    value = likelihood.value(point)
    length = min(1.0, 2.0 * max(1.0, float(np.linalg.norm(parameters))) / float(np.linalg.norm(step)))
    for _ in range(_MOST_HALVINGS):
        candidate = _point_of(likelihood, parameters + length * step)
        has_fallen = likelihood.value(candidate) <= value - 1e-4 * length * decrement + 1e-14 * abs(value)
        if candidate.residual > 0 and has_fallen:
            return length
        length /= 2
    return 0.0


def _point_of(likelihood: GrowthLikelihood, parameters: Floats) -> Point:
    lower = lower_triangular(parameters)
    return likelihood.point(lower @ lower.T)


def _derivatives(likelihood: GrowthLikelihood, point: Point, parameters: Floats) -> tuple[Floats, Floats]:
    """The criterion's gradient (q,) and Hessian (q, q) by the entries of L."""
    directions = directions_of(parameters)
    slope = likelihood.slope(point)
    gradient = np.array([np.sum(slope * direction) for direction in directions])
    of_determinants, of_residual = point.hessians(directions)
    by_residual = np.array([np.sum(point.residual_slope * direction) for direction in directions]) / point.residual
    hessian = (
        likelihood.degrees * (of_residual / point.residual - np.outer(by_residual, by_residual))
        + of_determinants
        + np.einsum("ab,ijab->ij", slope, second_directions_of(len(parameters)))
    )
    return gradient, (hessian + hessian.T) / 2
