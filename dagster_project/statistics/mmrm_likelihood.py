"""The restricted likelihood of scores over waves with one covariance matrix, from moments of missing-data patterns, and
where it is greatest.

Belongs here: moments of people with the same waves and design, the deviance with its derivatives, the search for its
minimum. Does not belong here: what the columns of the design mean; tests and intervals.

A person's scores y are normal with mean X b and covariance V, the rows and columns of Sigma of the person's waves. Sums over
people of X' A X, X' A y and y' A y have the same value over a few rows in place of all people, so the cost does not grow
with people. Deviance: sum log |V| + log |sum X' V^-1 X| + sum e' V^-1 e + (scores - columns) log 2 pi, e = y - X b at the
best b. Sources: Patterson and Thompson, Biometrika 1971, 58, 545-554; Lindstrom and Bates, J Am Stat Assoc 1988, 83,
1014-1022.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dagster_project.statistics.change import Floats
from dagster_project.statistics.mmrm_covariance import CovarianceStructure, Derivatives

Indices = np.ndarray[tuple[int], np.dtype[np.intp]]
_MOST_STEPS, _MOST_HALVINGS = 200, 50
#: Twice what the deviance would still fall, by its quadratic form: less is rounding error; where the search must end, more
#: is no minimum.
_LEAST_DECREMENT, _GREATEST_DECREMENT = 1e-18, 1e-11
#: A correlation matrix with a smaller eigenvalue is singular; below the second it is on its way there, if the search ends.
_LEAST_EIGENVALUE, _SMALL_EIGENVALUE = 1e-9, 1e-4


@dataclass(frozen=True)
class People:
    """The moments of people with the same waves. columns: (w,) their waves' rows of Sigma; n: people; design: (r, w, p) and
    scores: (r, w), rows with the sums of squares and products of these people's own; remainder: (w, w) what these rows lack
    of the scores' sums of products."""

    columns: tuple[int, ...]
    n: int
    design: Floats
    scores: Floats
    remainder: Floats


def people_of_means(columns: tuple[int, ...], n: int, design: Floats, mean: Floats, cross_products: Floats) -> People:
    """People who all have the same design (w, p). mean: (w,) of their scores, cross_products: (w, w)."""
    root = np.sqrt(n)
    return People(columns, n, (root * design)[None], (root * mean)[None], cross_products)


def _without_empty_columns(design: Floats) -> tuple[Floats, Indices]:
    columns = np.flatnonzero(design.any(axis=(0, 1)))
    return design[:, :, columns], columns


@dataclass(frozen=True)
class Curvature:
    """The deviance at a covariance, with its slope (q,), Hessian (q, q) and the Hessian's expectation (q, q)."""

    deviance: float
    slope: Floats
    hessian: Floats
    expected_hessian: Floats


@dataclass(frozen=True)
class _WaveSet:
    """Everybody with the same waves: rows of designs (r, w, p), scores (r, w), and the sum of remainders (w, w). dense: the
    designs without their empty columns, and which columns are left."""

    columns: Indices
    n: int
    design: Floats
    scores: Floats
    remainder: Floats
    dense: tuple[tuple[Floats, Indices], ...]


class RestrictedLikelihood:
    """The deviance of people as a function of the covariance of `waves` waves, for a design of p columns."""

    def __init__(self, people: Sequence[People], waves: int) -> None:
        members: dict[tuple[int, ...], list[People]] = {}
        for part in people:
            if part.n > 0:
                members.setdefault(part.columns, []).append(part)
        self.waves = waves
        self.sets = [
            _WaveSet(
                columns=np.array(columns),
                n=sum(part.n for part in parts),
                design=np.concatenate([part.design for part in parts]),
                scores=np.concatenate([part.scores for part in parts]),
                remainder=np.sum([part.remainder for part in parts], axis=0),
                dense=tuple(_without_empty_columns(part.design) for part in parts),
            )
            for columns, parts in sorted(members.items())
        ]
        self.size = self.sets[0].design.shape[2]
        self.observations = sum(group.n * len(group.columns) for group in self.sets)
        self.degrees = self.observations - self.size

    def likelihood(self, covariance: Floats) -> "Likelihood | None":
        """The likelihood at a covariance (k, k); None where it is not positive definite, or the design's columns depend."""
        try:
            np.linalg.cholesky(covariance)
            return Likelihood(self, covariance)
        except np.linalg.LinAlgError:
            return None

    def column_products(self) -> Floats:
        """The sums of products (p, p) of the design's columns."""
        return np.asarray(sum(np.tensordot(group.design, group.design, axes=([0, 1], [0, 1])) for group in self.sets))

    def pooled_variances(self) -> Floats | None:
        """Each wave's residual variance (k,) about the means of least squares: 0 where there are as many means as scores.
        None where the design's columns depend on one another."""
        if not _is_positive(self.column_products(), 1e-10):
            return None
        likelihood = Likelihood(self, np.eye(self.waves))
        squares, counts = np.zeros(self.waves), np.zeros(self.waves)
        for group, residual, leverage in zip(self.sets, likelihood.residuals, likelihood.leverages, strict=True):
            squares[group.columns] += np.diag(residual)
            counts[group.columns] += group.n - np.diag(leverage)
        return np.divide(squares, counts, out=np.zeros(self.waves), where=counts > 1e-9)


class Likelihood:
    """The likelihood at one covariance: coefficients (p,), their covariance (p, p), the deviance and its derivatives."""

    def __init__(self, data: RestrictedLikelihood, covariance: Floats) -> None:
        self._data = data
        self.inverses = [np.linalg.inv(covariance[np.ix_(group.columns, group.columns)]) for group in data.sets]
        information, right_side = np.zeros((data.size, data.size)), np.zeros(data.size)
        for group, inverse in zip(data.sets, self.inverses, strict=True):
            weighted = inverse @ group.design
            information += np.tensordot(group.design, weighted, axes=([0, 1], [0, 1]))
            right_side += np.einsum("rwp,rw->p", weighted, group.scores)
        lower = np.linalg.cholesky((information + information.T) / 2)
        half = np.linalg.inv(lower)
        self.coefficient_covariance = half.T @ half
        self.coefficients = self.coefficient_covariance @ right_side
        self.errors = [group.scores - group.design @ self.coefficients for group in data.sets]
        self.residuals = [group.remainder + errors.T @ errors for group, errors in zip(data.sets, self.errors, strict=True)]
        self.leverages = [
            np.tensordot(group.design @ self.coefficient_covariance, group.design, axes=([0, 2], [0, 2]))
            for group in data.sets
        ]
        self.deviance = data.degrees * np.log(2 * np.pi) + 2 * float(np.log(np.diag(lower)).sum())
        for group, inverse, residual in zip(data.sets, self.inverses, self.residuals, strict=True):
            self.deviance += float(np.sum(inverse * residual)) - group.n * float(np.linalg.slogdet(inverse)[1])

    def information_slopes(self, first: Floats) -> Floats:
        """The derivatives (q, p, p) of the coefficients' information by the parameters."""
        slopes = np.zeros((len(first), self._data.size, self._data.size))
        for group, inverse in zip(self._data.sets, self.inverses, strict=True):
            block = first[:, group.columns[:, None], group.columns]
            for design, columns in group.dense:
                weighted = inverse @ design
                slopes[:, columns[:, None], columns] -= (
                    weighted.transpose(0, 2, 1)[:, None] @ block @ weighted[:, None]
                ).sum(axis=0)
        return slopes

    def curvature(self, derivatives: Derivatives) -> Curvature:
        """The deviance's derivatives by the parameters of a covariance with these derivatives."""
        first, data = derivatives.first, self._data
        count = len(first)
        gradient = np.zeros((data.waves, data.waves))
        hessian, expected = np.zeros((count, count)), np.zeros((count, count))
        shifts = np.zeros((count, data.size))
        parts = zip(data.sets, self.inverses, self.residuals, self.leverages, self.errors, strict=True)
        for group, inverse, residual, leverage, errors in parts:
            block = (group.columns[:, None], group.columns)
            total = inverse @ (residual + leverage)
            gradient[block] += group.n * inverse - total @ inverse
            relative = inverse @ first[:, block[0], block[1]]
            size = len(group.columns)
            flipped = relative.transpose(0, 2, 1).reshape(count, -1)
            hessian += (relative @ (2 * total - group.n * np.eye(size))).reshape(count, -1) @ flipped.T
            expected += (relative @ (group.n * np.eye(size) - 2 * inverse @ leverage)).reshape(count, -1) @ flipped.T
            shifts += np.einsum("rap,iab,rb->ip", inverse @ group.design, first[:, block[0], block[1]], errors @ inverse)
        slope = np.einsum("iab,ab->i", first, gradient)
        shares = self.coefficient_covariance @ self.information_slopes(first)
        overlap = shares.reshape(count, -1) @ shares.transpose(0, 2, 1).reshape(count, -1).T
        hessian += (
            np.einsum("ijab,ab->ij", derivatives.second, gradient)
            - 2 * shifts @ self.coefficient_covariance @ shifts.T
            - overlap
        )
        expected += overlap
        return Curvature(self.deviance, slope, (hessian + hessian.T) / 2, (expected + expected.T) / 2)


@dataclass(frozen=True)
class RestrictedFit:
    """Where the deviance is least. reason: why there is no fit; the rest is then where the search ended."""

    likelihood: Likelihood
    derivatives: Derivatives
    curvature: Curvature
    reason: str


def fit_restricted(data: RestrictedLikelihood, structure: CovarianceStructure, variances: Floats) -> RestrictedFit:
    """Newton's method on the deviance, by its expected Hessian (Fisher scoring) where its own is not positive definite.

    variances: (k,) positive ones to start from.
    No fit, with a reason: a covariance that the design does not identify; one that becomes singular; no convergence.
    """
    parameters = structure.start(variances)
    derivatives = structure.derivatives(parameters)
    likelihood = Likelihood(data, derivatives.covariance)
    curvature = likelihood.curvature(derivatives)
    if not _is_positive(curvature.expected_hessian, 1e-10):
        reason = "too few people have the same waves to estimate the covariance"
        return RestrictedFit(likelihood, derivatives, curvature, reason)
    reason, decrement = "the model does not converge", np.inf
    for _ in range(_MOST_STEPS):
        newton = next((kind for kind in (curvature.hessian, curvature.expected_hessian) if _is_positive(kind, 1e-10)), None)
        if newton is None:
            break
        step = -_solved(newton, curvature.slope)
        decrement = -float(step @ curvature.slope)
        if decrement < _LEAST_DECREMENT * data.degrees:
            break
        longer = _improving_step(data, structure, parameters, step, likelihood.deviance, decrement)
        if longer is None:
            break
        parameters, likelihood = longer
        derivatives = structure.derivatives(parameters)
        curvature = likelihood.curvature(derivatives)
        if _least_eigenvalue(derivatives.covariance) < _LEAST_EIGENVALUE:
            break
    if decrement < _GREATEST_DECREMENT:
        reason = ""
    if _least_eigenvalue(derivatives.covariance) < (_SMALL_EIGENVALUE if reason else 10 * _LEAST_EIGENVALUE):
        reason = "the covariance is singular: the waves do not vary independently of one another"
    elif not reason and not _is_positive(curvature.hessian, 1e-10):
        reason = "the model does not converge: the likelihood is flat"
    return RestrictedFit(likelihood, derivatives, curvature, reason)


def _improving_step(
    data: RestrictedLikelihood,
    structure: CovarianceStructure,
    parameters: Floats,
    step: Floats,
    deviance: float,
    decrement: float,
) -> tuple[Floats, Likelihood] | None:
    """The step, halved until the deviance falls by a part of what its slope promises; None where no step lowers it."""
    length = min(1.0, 5.0 / float(np.abs(step).max()))
    for _ in range(_MOST_HALVINGS):
        candidate = parameters + length * step
        likelihood = data.likelihood(structure.covariance(candidate))
        if likelihood is not None and likelihood.deviance <= deviance - 1e-4 * length * decrement + 1e-12 * abs(deviance):
            return candidate, likelihood
        length /= 2
    return None


def _scaled_to_unit(matrix: Floats) -> tuple[Floats, Floats]:
    """The matrix with a diagonal of 1, and the roots of its own diagonal."""
    roots = np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    return matrix / np.outer(roots, roots), roots


def _is_positive(matrix: Floats, tolerance: float) -> bool:
    """Whether a symmetric matrix is positive definite, whatever the units of its rows are."""
    if not np.all(np.isfinite(matrix)) or np.any(np.diag(matrix) <= 0):
        return False
    return _least_eigenvalue(matrix) > tolerance


def _least_eigenvalue(matrix: Floats) -> float:
    """The least eigenvalue of a matrix scaled to a diagonal of 1."""
    return float(np.linalg.eigvalsh(_scaled_to_unit(matrix)[0])[0])


def _solved(matrix: Floats, right_side: Floats) -> Floats:
    """matrix^-1 right_side for a positive definite matrix, without its units' influence."""
    unit, roots = _scaled_to_unit(matrix)
    return np.asarray(np.linalg.solve(unit, right_side / roots) / roots)
