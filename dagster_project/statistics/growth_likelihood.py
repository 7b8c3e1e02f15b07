"""The restricted likelihood of straight lines over time, of people with lines of their own, and where it is greatest.

Belongs here: sums of people with the same times, the criterion with its derivatives, the search for its minimum, also where
the people's lines do not vary in every direction. Does not belong here: units, tests and intervals (growth.py).

A person's scores y are normal with mean Z b and covariance s^2 V, V = I + Z D Z', Z = (1, time), b the line of the person's
group. With W = Z'Z (2, 2) all of it follows from W and Z'y, whatever the times: log |V| = log |I + W D|, and with
K = (I + W D)^-1, C = Z'V^-1 Z = K W and Z'V^-1 y = K Z'y (Woodbury, Memorandum Report 42, Princeton, 1950). D = L L', L
lower triangular, profiled over b and s^2. Sources: Laird and Ware, Biometrics 1982, 38, 963-974; Lindstrom and Bates, J Am
Stat Assoc 1988, 83, 1014-1022. Sums over people are those of arrays: a step costs some hundred passes over them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dagster_project.statistics.change import Floats

_MOST_STEPS, _MOST_HALVINGS = 200, 60
#: Twice what the criterion would still fall, by its quadratic form, of one score: below the first it is rounding error;
#: above the second the search has not ended at a minimum.
_LEAST_DECREMENT, _GREATEST_DECREMENT = 1e-20, 1e-9
#: A person whose times spread less than this share of their squares has scores at one time only.
LEAST_SPREAD = 1e-13
#: Of the eigenvalues of D in units of the errors' variance and of the spread of times: less is none.
_LEAST_EIGENVALUE = 1e-9
#: A root of D beyond this is no variation within people.
_GREATEST_ROOT = 1e7
#: Entries (0, 0), (0, 1), (1, 1) of a symmetric matrix, and where each entry of a matrix finds them.
_EXPANDED = np.array([0, 1, 1, 2])
#: The entries of L: its two columns, the second below its diagonal 0.
_ENTRIES = np.array([[[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [1.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]])
Tensor = NDArray[np.float64]


@dataclass(frozen=True)
class TimeSums:
    """Sums of people with the same times, a row each, of one group.

    people: (m,) how many in each row; times: (m, 3) of a person n, sum t, sum t^2; scores: (m, 2) over people sum y, sum
    t y; products: (m, 3) over people (sum y)^2, (sum y)(sum t y), (sum t y)^2; squares: (m,) over people sum y^2.
    """

    people: Floats
    times: Tensor
    scores: Tensor
    products: Tensor
    squares: Floats

    @property
    def observations(self) -> float:
        return float(self.people @ self.times[:, 0])

    def centred(self, score: float) -> "TimeSums":
        """The same with scores y - score."""
        people, (n, total, _), (y, ty) = self.people, self.times.T, self.scores.T
        yy, yty, tyty = self.products.T
        products = [
            yy - 2 * score * n * y + people * (score * n) ** 2,
            yty - score * (total * y + n * ty) + people * score**2 * n * total,
            tyty - 2 * score * total * ty + people * (score * total) ** 2,
        ]
        scores = np.column_stack([y - people * score * n, ty - people * score * total])
        squares = self.squares - 2 * score * y + people * score**2 * n
        return TimeSums(people, self.times, scores, np.column_stack(products), squares)

    def rescaled(self, centre: float, unit: float, score_unit: float) -> "TimeSums":
        """The same with time (t - centre) / unit and scores y / score_unit."""
        n, total, square = self.times.T
        determinant = n * square - total**2
        determinant = np.where(determinant > LEAST_SPREAD * n * square, determinant, 0.0)
        first = (total - centre * n) / unit
        # By way of |W|, which knows who has scores at one time only: a centre taken off would leave rounding error.
        times = np.column_stack([n, first, (first**2 + determinant / unit**2) / n])
        y, ty = self.scores.T
        yy, yty, tyty = self.products.T
        scores = np.column_stack([y, (ty - centre * y) / unit]) / score_unit
        products = np.column_stack([yy, (yty - centre * yy) / unit, (tyty - 2 * centre * yty + centre**2 * yy) / unit**2])
        return TimeSums(self.people, times, scores, products / score_unit**2, self.squares / score_unit**2)


@dataclass(frozen=True)
class Point:
    """The criterion at a D, of one or all groups: log_determinants: sum log |I + W D| + log |sum C| of each group; residual:
    sum e' (I + Z D Z')^-1 e; their slopes: (2, 2), gradients by D."""

    log_determinants: float
    residual: float
    determinant_slope: Floats
    residual_slope: Floats
    coefficients: list[Floats]
    covariances: list[Floats]
    parts: "list[_GroupPoint]"

    def hessians(self, directions: Sequence[Floats]) -> tuple[Floats, Floats]:
        """Second derivatives (q, q) of log_determinants and of residual by D in q symmetric directions."""
        of_parts = [part.hessians(directions) for part in self.parts]
        return sum(first for first, _ in of_parts), sum(second for _, second in of_parts)  # type: ignore[return-value]


class _Group:
    """The sums of one group as arrays by entry."""

    def __init__(self, sums: TimeSums) -> None:
        self.sums = sums
        n, first, second = sums.times.T
        determinant = n * second - first**2
        #: |W|, 0 where all of a person's times are one.
        self.determinant = np.where(determinant > LEAST_SPREAD * n * second, determinant, 0.0)

    def point(self, d: Floats) -> "_GroupPoint":
        return _GroupPoint(self, d)

    def least_squares(self) -> float:
        """The sum of squares about each person's own line."""
        sums = self.sums
        n, first, second = sums.times.T
        yy, yty, tyty = sums.products.T
        has_line = self.determinant > 0
        level = yy / n
        line = np.divide(second * yy - 2 * first * yty + n * tyty, self.determinant, out=level.copy(), where=has_line)
        return float(np.sum(sums.squares - line))

    @property
    def degrees_about_lines(self) -> float:
        return float(self.sums.people @ (self.sums.times[:, 0] - 1 - (self.determinant > 0)))


class _GroupPoint:
    """One group at a D: each row's C and e, kept as sums of their products."""

    def __init__(self, group: _Group, d: Floats) -> None:
        sums, k = group.sums, group.sums.people
        n, first, second = sums.times.T
        d00, d01, d11 = float(d[0, 0]), float(d[0, 1]), float(d[1, 1])
        # W D, and K = (I + W D)^-1 by its adjugate
        a, b = n * d00 + first * d01, n * d01 + first * d11
        c, e = first * d00 + second * d01, first * d01 + second * d11
        size = d00 * d11 - d01**2
        determinant = 1 + a + e + group.determinant * size
        k00, k01, k10, k11 = (1 + e) / determinant, -b / determinant, -c / determinant, (1 + a) / determinant
        share = group.determinant / determinant
        self.c = np.column_stack(
            [n / determinant + share * d11, first / determinant - share * d01, second / determinant + share * d00]
        )
        self.weight = k
        total = k @ self.c
        self.information = total[_EXPANDED].reshape(2, 2)
        self.coefficient_covariance = np.linalg.inv(self.information)
        y, ty = sums.scores.T
        right_side = np.array([np.sum(k00 * y + k01 * ty), np.sum(k10 * y + k11 * ty)])
        self.coefficients = self.coefficient_covariance @ right_side
        # q = Z'(y - Z b), summed and its products summed over the people of a row
        b0, b1 = self.coefficients
        fit0, fit1 = n * b0 + first * b1, first * b0 + second * b1
        yy, yty, tyty = sums.products.T
        q0, q1 = y - k * fit0, ty - k * fit1
        q00 = yy - 2 * y * fit0 + k * fit0**2
        q01 = yty - y * fit1 - ty * fit0 + k * fit0 * fit1
        q11 = tyty - 2 * ty * fit1 + k * fit1**2
        # D K, symmetric
        h00, h01, h11 = d00 * k00 + d01 * k10, d00 * k01 + d01 * k11, d01 * k01 + d11 * k11
        squares = sums.squares - 2 * (b0 * y + b1 * ty) + k * (b0 * fit0 + b1 * fit1)
        self.residual = float(np.sum(squares - h00 * q00 - 2 * h01 * q01 - h11 * q11))
        self.errors = np.column_stack([k00 * q0 + k01 * q1, k10 * q0 + k11 * q1])
        self.error_products = np.column_stack(
            [
                k00**2 * q00 + 2 * k00 * k01 * q01 + k01**2 * q11,
                k00 * k10 * q00 + (k00 * k11 + k01 * k10) * q01 + k01 * k11 * q11,
                k10**2 * q00 + 2 * k10 * k11 * q01 + k11**2 * q11,
            ]
        )
        self.log_determinants = float(k @ np.log(determinant)) + float(np.linalg.slogdet(self.information)[1])
        self.pairs = self._expanded((self.c * k[:, None]).T @ self.c, 2)
        self.determinant_slope = self.information - np.einsum("abcd,bc->ad", self.pairs, self.coefficient_covariance)
        self.residual_slope = -self.error_products.sum(axis=0)[_EXPANDED].reshape(2, 2)

    @staticmethod
    def _expanded(tensor: Tensor, order: int) -> Tensor:
        """Entries of symmetric matrices in each of `order` axes as matrices, two axes each."""
        return np.asarray(tensor[np.ix_(*([_EXPANDED] * order))].reshape((2,) * (2 * order)))

    def information_slopes(self, directions: Sequence[Floats]) -> list[Floats]:
        """The derivative of sum C by D in each direction: - sum C A C."""
        return [-np.einsum("abcd,bc->ad", self.pairs, direction) for direction in directions]

    def hessians(self, directions: Sequence[Floats]) -> tuple[Floats, Floats]:
        count = len(directions)
        flat = (self.c[:, :, None] * self.c[:, None, :]).reshape(len(self.c), 9)
        triples = self._expanded(((flat * self.weight[:, None]).T @ self.c).reshape(3, 3, 3), 3)
        errors_pairs = self._expanded(self.error_products.T @ self.c, 2)
        errors_c = (self.c.T @ self.errors)[_EXPANDED].reshape(2, 2, 2)
        slopes = self.information_slopes(directions)
        shifts = [np.einsum("abc,bc->a", errors_c, direction) for direction in directions]
        of_determinants, of_residual = np.zeros((count, count)), np.zeros((count, count))
        for row, first in enumerate(directions):
            for column, second in enumerate(directions):
                of_determinants[row, column] = (
                    -np.einsum("abcd,bc,da->", self.pairs, first, second)
                    - np.trace(self.coefficient_covariance @ slopes[row] @ self.coefficient_covariance @ slopes[column])
                    + 2 * np.einsum("abcdef,bc,de,fa->", triples, first, second, self.coefficient_covariance)
                )
                of_residual[row, column] = (
                    2 * np.einsum("abcd,bc,da->", errors_pairs, first, second)
                    - 2 * shifts[row] @ self.coefficient_covariance @ shifts[column]
                )
        return (of_determinants + of_determinants.T) / 2, (of_residual + of_residual.T) / 2

    def expected(self, directions: Sequence[Floats]) -> tuple[Floats, Floats]:
        """What the criterion's curvature by D comes to on average (q, q), and its product with that of the variance (q,)."""
        triples = self._expanded(
            (((self.c[:, :, None] * self.c[:, None, :]).reshape(len(self.c), 9) * self.weight[:, None]).T @ self.c).reshape(
                3, 3, 3
            ),
            3,
        )
        slopes = self.information_slopes(directions)
        of_d = np.array(
            [
                [
                    np.einsum("abcd,bc,da->", self.pairs, first, second)
                    - 2 * np.einsum("abcdef,bc,de,fa->", triples, first, second, self.coefficient_covariance)
                    + np.trace(self.coefficient_covariance @ slopes[row] @ self.coefficient_covariance @ slopes[column])
                    for column, second in enumerate(directions)
                ]
                for row, first in enumerate(directions)
            ]
        )
        with_variance = np.array([np.sum(self.determinant_slope * direction) for direction in directions])
        return of_d, with_variance


def lower_triangular(parameters: Floats) -> Floats:
    """L (2, 2) of its entries (0, 0), (1, 0), (1, 1), or without the last."""
    return np.asarray(np.tensordot(parameters, _ENTRIES[: len(parameters)], axes=1))


def directions_of(parameters: Floats) -> list[Floats]:
    """The derivatives of D = L L' by the entries of L."""
    lower = lower_triangular(parameters)
    return [entry @ lower.T + lower @ entry.T for entry in _ENTRIES[: len(parameters)]]


def second_directions_of(count: int) -> Tensor:
    """The second derivatives (q, q, 2, 2) of D by q entries of L."""
    entries = _ENTRIES[:count]
    product = np.einsum("iab,jcb->ijac", entries, entries)
    return np.asarray(product + product.transpose(0, 1, 3, 2))


class GrowthLikelihood:
    """The criterion of several groups: (scores - coefficients) log residual + log determinants, as a function of D."""

    def __init__(self, groups: Sequence[TimeSums]) -> None:
        self._groups = [_Group(sums) for sums in groups]
        self.observations = sum(sums.observations for sums in groups)
        self.degrees = self.observations - 2 * len(groups)

    def point(self, d: Floats) -> Point:
        parts = [group.point(d) for group in self._groups]
        return Point(
            log_determinants=sum(part.log_determinants for part in parts),
            residual=sum(part.residual for part in parts),
            determinant_slope=np.sum([part.determinant_slope for part in parts], axis=0),
            residual_slope=np.sum([part.residual_slope for part in parts], axis=0),
            coefficients=[part.coefficients for part in parts],
            covariances=[part.coefficient_covariance for part in parts],
            parts=parts,
        )

    def value(self, point: Point) -> float:
        return self.degrees * float(np.log(max(point.residual, 1e-290))) + point.log_determinants

    def slope(self, point: Point) -> Floats:
        """The gradient (2, 2) by D."""
        return self.degrees * point.residual_slope / point.residual + point.determinant_slope

    def least_squares(self) -> tuple[float, float]:
        """The sum of squares about each person's own line, and its degrees of freedom."""
        return sum(group.least_squares() for group in self._groups), sum(group.degrees_about_lines for group in self._groups)

    def identifies_variances(self) -> bool:
        """Whether D and the errors' variance have an effect of their own on the criterion, where people differ."""
        directions = directions_of(np.array([1.0, 0.0, 1.0]))
        parts = [part.expected(directions) for part in self.point(np.eye(2)).parts]
        with_variance = np.sum([second for _, second in parts], axis=0)
        information = np.sum([first for first, _ in parts], axis=0) - np.outer(with_variance, with_variance) / self.degrees
        size = np.diag(np.sum([first for first, _ in parts], axis=0))
        return bool(np.all(size > 0)) and bool(np.linalg.eigvalsh(information / np.sqrt(np.outer(size, size)))[0] > 1e-9)


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
    """Newton's method on the entries of L, with the Hessian's eigenvalues made positive, each step halved until it helps."""
    parameters = np.asarray(start, dtype=np.float64)
    point = _point_of(likelihood, parameters)
    value, decrement = likelihood.value(point), np.inf
    for _ in range(_MOST_STEPS):
        gradient, hessian = _derivatives(likelihood, point, parameters)
        values, vectors = np.linalg.eigh(hessian)
        values = np.maximum(np.abs(values), 1e-10 * max(float(np.abs(values).max()), 1e-10))
        step = -vectors @ ((vectors.T @ gradient) / values)
        decrement = -float(step @ gradient)
        if decrement < _LEAST_DECREMENT * likelihood.observations:
            break
        length = min(1.0, 2.0 * max(1.0, float(np.linalg.norm(parameters))) / float(np.linalg.norm(step)))
        for _ in range(_MOST_HALVINGS):
            candidate = parameters + length * step
            candidate_point = _point_of(likelihood, candidate)
            candidate_value = likelihood.value(candidate_point)
            if candidate_point.residual > 0 and candidate_value <= value - 1e-4 * length * decrement + 1e-14 * abs(value):
                break
            length /= 2
        else:
            break
        parameters, point, value = candidate, candidate_point, candidate_value
        if float(np.abs(parameters).max()) > _GREATEST_ROOT:
            return GrowthFit(parameters, point, "the model does not converge: no variation within people about their lines")
    reason = "" if decrement < _GREATEST_DECREMENT * likelihood.observations else "the model does not converge"
    return GrowthFit(parameters, point, reason)


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
