"""The covariance matrices that a mixed model for repeated measures may have, as functions of free parameters.

Belongs here: the structures, with first and second derivatives and starting values. Does not belong here: the likelihood;
data.

The unstructured matrix is L L' with the logarithms of L's diagonal as parameters (log-Cholesky: Pinheiro and Bates, Stat
Comput 1996, 6, 289-296), so it is positive definite whatever the parameters are. The others are SDs times correlations: the
logarithms of the SDs (one, or one a wave), and correlations as they are; where these are not positive definite, the fit
takes shorter steps. A correlation may be negative, which a random intercept's cannot. Lags are
counted in waves, also where a person misses some between.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from dagster_project.statistics.change import Floats

Structure = Literal[
    "unstructured",
    "compound_symmetry",
    "heterogeneous_compound_symmetry",
    "ar1",
    "heterogeneous_ar1",
    "toeplitz",
    "heterogeneous_toeplitz",
]
STRUCTURES: tuple[Structure, ...] = get_args(Structure)


@dataclass(frozen=True)
class Derivatives:
    """A covariance (k, k), its first derivatives (q, k, k) and second ones (q, q, k, k) by the parameters."""

    covariance: Floats
    first: Floats
    second: Floats


@dataclass(frozen=True)
class CovarianceStructure:
    """A structure of k waves with q parameters.

    start: the parameters (q,) of independent waves with variances (k,); covariance: the matrix (k, k) at parameters;
    derivatives: the same with its derivatives.
    """

    count: int
    start: Callable[[Floats], Floats]
    covariance: Callable[[Floats], Floats]
    derivatives: Callable[[Floats], Derivatives]


def covariance_structure(structure: Structure, waves: int) -> CovarianceStructure:
    """The structure by its name. Raises ValueError for a name that there is not."""
    if structure not in STRUCTURES:
        raise ValueError(f"there is no covariance structure {structure!r}; give one of {', '.join(STRUCTURES)}")
    if structure == "unstructured":
        return _unstructured(waves)
    correlation = structure.removeprefix("heterogeneous_")
    lag = np.abs(np.subtract.outer(np.arange(waves), np.arange(waves)))
    correlations = _Powers(lag) if correlation == "ar1" else _Bands(lag if correlation == "toeplitz" else np.minimum(lag, 1))
    # Without the prefix, all waves share one SD.
    membership = np.eye(waves) if structure != correlation else np.ones((1, waves))
    return _scaled(membership, correlations)


def _unstructured(waves: int) -> CovarianceStructure:
    rows, columns = np.tril_indices(waves)
    count = len(rows)
    is_diagonal = rows == columns

    def factor(parameters: Floats) -> Floats:
        lower = np.zeros((waves, waves))
        lower[rows, columns] = np.where(is_diagonal, np.exp(np.where(is_diagonal, parameters, 0.0)), parameters)
        return lower

    def covariance(parameters: Floats) -> Floats:
        lower = factor(parameters)
        return np.asarray(lower @ lower.T)

    def derivatives(parameters: Floats) -> Derivatives:
        lower = factor(parameters)
        slopes = np.zeros((count, waves, waves))
        slopes[np.arange(count), rows, columns] = np.where(is_diagonal, lower[rows, columns], 1.0)
        half = slopes @ lower.T
        products = np.einsum("iab,jcb->ijac", slopes, slopes)
        second = products + products.transpose(1, 0, 2, 3)
        # An exponential is its own derivative: the diagonal's second derivatives are its first.
        for index in np.flatnonzero(is_diagonal):
            second[index, index] += half[index] + half[index].T
        return Derivatives(lower @ lower.T, half + half.transpose(0, 2, 1), second)

    def start(variances: Floats) -> Floats:
        return np.asarray(np.where(is_diagonal, np.log(variances[rows]) / 2, 0.0))

    return CovarianceStructure(count, start, covariance, derivatives)


class _Bands:
    """Correlations that are equal in bands: band (k, k) is 0 on the diagonal, and 1, 2, ... where parameter 1, 2, ... is."""

    def __init__(self, band: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> None:
        self._band = band
        self.count = int(band.max(initial=0))
        self._slopes = np.array([band == index + 1 for index in range(self.count)], dtype=np.float64).reshape(
            self.count, *band.shape
        )

    def matrix(self, correlations: Floats) -> Floats:
        return np.concatenate([[1.0], correlations])[self._band]

    def first(self, correlations: Floats) -> Floats:
        return self._slopes

    def second(self, correlations: Floats) -> Floats:
        return np.zeros((self.count, self.count, *self._band.shape))


class _Powers:
    """Correlations that are one parameter to the power of the lag (k, k)."""

    def __init__(self, lag: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> None:
        self._lag = lag
        self.count = min(1, int(lag.max(initial=0)))

    def _power(self, correlations: Floats, exponent: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> Floats:
        return np.asarray(correlations[0] ** np.maximum(exponent, 0))

    def matrix(self, correlations: Floats) -> Floats:
        return self._power(correlations, self._lag) if self.count else np.ones(self._lag.shape)

    def first(self, correlations: Floats) -> Floats:
        if not self.count:
            return np.zeros((0, *self._lag.shape))
        return np.asarray((self._lag * self._power(correlations, self._lag - 1))[None])

    def second(self, correlations: Floats) -> Floats:
        if not self.count:
            return np.zeros((0, 0, *self._lag.shape))
        return np.asarray((self._lag * (self._lag - 1) * self._power(correlations, self._lag - 2))[None, None])


def _scaled(membership: Floats, correlations: _Bands | _Powers) -> CovarianceStructure:
    """SDs times correlations. membership: (s, waves), 1 where a wave has that SD; parameters: log SDs, then correlations."""
    sds = len(membership)
    count = sds + correlations.count
    # The logarithm of a covariance's two SDs changes by this with each log SD: 0, 1, or 2.
    exponents = membership[:, :, None] + membership[:, None, :]

    def scale(parameters: Floats) -> Floats:
        logs = membership.T @ parameters[:sds]
        return np.exp(np.add.outer(logs, logs))

    def covariance(parameters: Floats) -> Floats:
        return np.asarray(scale(parameters) * correlations.matrix(parameters[sds:]))

    def derivatives(parameters: Floats) -> Derivatives:
        product = scale(parameters)
        matrix = product * correlations.matrix(parameters[sds:])
        by_correlation = product * correlations.first(parameters[sds:])
        second = np.zeros((count, count, *matrix.shape))
        second[:sds, :sds] = exponents[:, None] * exponents[None] * matrix
        second[:sds, sds:] = exponents[:, None] * by_correlation[None]
        second[sds:, :sds] = second[:sds, sds:].transpose(1, 0, 2, 3)
        second[sds:, sds:] = product * correlations.second(parameters[sds:])
        return Derivatives(matrix, np.concatenate([exponents * matrix, by_correlation]), second)

    def start(variances: Floats) -> Floats:
        pooled = membership @ variances / membership.sum(axis=1)
        return np.concatenate([np.log(pooled) / 2, np.zeros(correlations.count)])

    return CovarianceStructure(count, start, covariance, derivatives)
