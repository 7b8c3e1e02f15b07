"""The restricted likelihood of straight lines over time, of people with lines of their own.

Belongs here: the criterion with its derivatives. Does not belong here: its minimum (growth_fit.py), sums and covariates of
people (growth_sums.py), units (growth.py), tests and intervals (growth_inference.py).

A person's scores y are normal with mean Z b and covariance s^2 V, V = I + Z D Z', Z = (1, time), b the line of the person's
group, moved by the person's covariates: M b of all coefficients b. With W = Z'Z (2, 2) all of it follows from W and Z'y,
whatever the times: log |V| = log |I + W D|, and with K = (I + W D)^-1, C = Z'V^-1 Z = K W and Z'V^-1 y = K Z'y (Woodbury,
Memorandum Report 42, Princeton, 1950). D = L L', L lower triangular, profiled over b and s^2. Sources: Laird and Ware,
Biometrics 1982, 38, 963-974; Lindstrom and Bates, J Am Stat Assoc 1988, 83, 1014-1022. Sums over people are those of arrays:
a step costs some hundred passes over them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dagster_project.statistics.change import Floats
from dagster_project.statistics.growth_sums import Entries, GrowthRows, Pair, Tensor, TimeSums, growth_rows

#: Entries (0, 0), (0, 1), (1, 1) of a symmetric matrix, and where each entry of a matrix finds them.
_EXPANDED = np.array([0, 1, 1, 2])
#: The entries of L: its two columns, the second below its diagonal 0.
_ENTRIES = np.array([[[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [1.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]])


@dataclass(frozen=True)
class Point:
    """The criterion at a D. log_determinants: sum log |I + W D| + log |sum M'CM|; residual: sum e' (I + Z D Z')^-1 e;
    their slopes: (2, 2), gradients by D; coefficients (p,) and covariance (p, p), in units of the errors' variance: of the
    lines of all groups, then of covariates; information_basis: (3, p, p), sum M'CECM of each basis matrix."""

    log_determinants: float
    residual: float
    determinant_slope: Floats
    residual_slope: Floats
    coefficients: Floats
    covariance: Floats
    information_basis: Tensor
    parts: "list[GroupPoint]"

    def information_slopes(self, directions: Sequence[Floats]) -> list[Floats]:
        """The derivative of sum M'CM by D in each direction: - sum M'CACM."""
        return [-np.tensordot(_in_basis(direction), self.information_basis, axes=1) for direction in directions]

    def hessians(self, directions: Sequence[Floats]) -> tuple[Floats, Floats]:
        """Second derivatives (q, q) of log_determinants and of residual by D in q symmetric directions."""
        pairs, triples, error_pairs = self._tensors()
        shifts = self._summed([part.shifts() for part in self.parts])
        slopes = [direction @ self.covariance for direction in self.information_slopes(directions)]
        of_shifts = [_in_basis(direction) @ shifts for direction in directions]
        count = len(directions)
        of_determinants, of_residual = np.zeros((count, count)), np.zeros((count, count))
        for row, first in enumerate(directions):
            for column, second in enumerate(directions):
                of_determinants[row, column] = np.einsum("abcd,bc,da->", 2 * triples - pairs, first, second) - np.sum(
                    slopes[row] * slopes[column].T
                )
                of_residual[row, column] = (
                    2 * np.einsum("abcd,bc,da->", error_pairs, first, second)
                    - 2 * of_shifts[row] @ self.covariance @ of_shifts[column]
                )
        return (of_determinants + of_determinants.T) / 2, (of_residual + of_residual.T) / 2

    def expected(self, directions: Sequence[Floats]) -> tuple[Floats, Floats]:
        """What the criterion's curvature by D comes to on average (q, q), and its product with that of the variance (q,)."""
        pairs, triples, _ = self._tensors()
        slopes = [direction @ self.covariance for direction in self.information_slopes(directions)]
        of_d = [
            [
                np.einsum("abcd,bc,da->", pairs - 2 * triples, first, second) + np.sum(slopes[row] * slopes[column].T)
                for column, second in enumerate(directions)
            ]
            for row, first in enumerate(directions)
        ]
        return np.array(of_d), np.array([np.sum(self.determinant_slope * direction) for direction in directions])

    def _tensors(self) -> tuple[Tensor, Tensor, Tensor]:
        """(2, 2, 2, 2): sums of C C over people, of CVC C, and of e e' C."""
        pairs, triples, error_pairs = (
            sum(tensors) for tensors in zip(*(part.tensors() for part in self.parts), strict=True)
        )
        return np.asarray(pairs), np.asarray(triples), np.asarray(error_pairs)

    def _summed(self, of_parts: Sequence[Tensor]) -> Tensor:
        total = np.zeros((3, len(self.coefficients)))
        for part, values in zip(self.parts, of_parts, strict=True):
            total[:, part.columns] += values
        return total


class GroupPoint:
    """One group at a D: each row's C, and with the coefficients its errors e, kept as sums of their products."""

    def __init__(self, rows: GrowthRows, columns: NDArray[np.intp], d: Floats) -> None:
        self.rows, self.columns = rows, columns
        #: Of matrices (..., p, p) of all coefficients, these people's own.
        self.block = (..., columns[:, None], columns)
        n, first, second = rows.times.T
        d00, d01, d11 = float(d[0, 0]), float(d[0, 1]), float(d[1, 1])
        # W D, and K = (I + W D)^-1 by its adjugate
        a, b = n * d00 + first * d01, n * d01 + first * d11
        c, e = first * d00 + second * d01, first * d01 + second * d11
        size = d00 * d11 - d01**2
        determinant = 1 + a + e + rows.determinants * size
        self.k = k00, k01, k10, k11 = (1 + e) / determinant, -b / determinant, -c / determinant, (1 + a) / determinant
        share = rows.determinants / determinant
        self.c = (n / determinant + share * d11, first / determinant - share * d01, second / determinant + share * d00)
        # D K, symmetric
        self._h = d00 * k00 + d01 * k10, d00 * k01 + d01 * k11, d01 * k01 + d11 * k11
        self.log_determinants = float(rows.people @ np.log(determinant))
        self.information = rows.sandwich(self.c)
        y, ty = rows.scores.T
        self.right_side = rows.total(k00 * y + k01 * ty, k10 * y + k11 * ty)

    def fit(self, coefficients: Floats, covariance: Floats) -> None:
        """Errors at the coefficients (p,) of all groups, and the row's spread by their covariance (p, p)."""
        rows, weight = self.rows, self.rows.weight
        n, first, second = rows.times.T
        y, ty = rows.scores.T
        # q = Z'(y - Z b), summed and its products summed over the people of a row
        b0, b1 = rows.lines(coefficients[self.columns])
        fit0, fit1 = n * b0 + first * b1, first * b0 + second * b1
        yy, yty, tyty = rows.products.T
        q0, q1 = y - weight * fit0, ty - weight * fit1
        q00 = yy - 2 * y * fit0 + weight * fit0**2
        q01 = yty - y * fit1 - ty * fit0 + weight * fit0 * fit1
        q11 = tyty - 2 * ty * fit1 + weight * fit1**2
        h00, h01, h11 = self._h
        squares = rows.squares - 2 * (b0 * y + b1 * ty) + weight * (b0 * fit0 + b1 * fit1)
        self.residual = float(np.sum(squares - h00 * q00 - 2 * h01 * q01 - h11 * q11))
        k00, k01, k10, k11 = self.k
        self._errors = k00 * q0 + k01 * q1, k10 * q0 + k11 * q1
        self._error_products = np.column_stack(
            [
                k00**2 * q00 + 2 * k00 * k01 * q01 + k01**2 * q11,
                k00 * k10 * q00 + (k00 * k11 + k01 * k10) * q01 + k01 * k11 * q11,
                k10**2 * q00 + 2 * k10 * k11 * q01 + k11**2 * q11,
            ]
        )
        self.residual_slope = -self._error_products.sum(axis=0)[_EXPANDED].reshape(2, 2)
        self._spread = np.column_stack(_covariance_product(self.c, rows.variances(covariance[self.block])))
        of_determinants = rows.people @ np.column_stack(self.c) - weight @ self._spread
        self.determinant_slope = of_determinants[_EXPANDED].reshape(2, 2)

    def information_basis(self) -> Tensor:
        """(3, p, p): the sum of M'CECM of each basis matrix."""
        c0, c1, c2 = self.c
        entries: list[Entries] = [
            (c0 * c0, c0 * c1, c1 * c1), (2 * c0 * c1, c0 * c2 + c1 * c1, 2 * c1 * c2), (c1 * c1, c1 * c2, c2 * c2),
        ]  # fmt: skip
        return np.array([self.rows.sandwich(values) for values in entries])

    def shifts(self) -> Tensor:
        """(3, p): the sum of M'CEe of each basis matrix."""
        (c0, c1, c2), (e0, e1) = self.c, self._errors
        vectors: list[Pair] = [(c0 * e0, c1 * e0), (c0 * e1 + c1 * e0, c1 * e1 + c2 * e0), (c1 * e1, c2 * e1)]
        return np.array([self.rows.total(*vector) for vector in vectors])

    def tensors(self) -> tuple[Tensor, Tensor, Tensor]:
        c = np.column_stack(self.c)
        pairs = (c * self.rows.people[:, None]).T @ c
        triples = (self._spread * self.rows.weight[:, None]).T @ c
        return _expanded(pairs), _expanded(triples), _expanded(self._error_products.T @ c)


def _expanded(tensor: Tensor) -> Tensor:
    """(3, 3) entries of two symmetric matrices as (2, 2, 2, 2)."""
    return np.asarray(tensor[np.ix_(_EXPANDED, _EXPANDED)].reshape(2, 2, 2, 2))


def _covariance_product(c: Entries, v: Entries) -> Entries:
    """C V C by its entries."""
    (c0, c1, c2), (v0, v1, v2) = c, v
    u00, u01, u10, u11 = c0 * v0 + c1 * v1, c0 * v1 + c1 * v2, c1 * v0 + c2 * v1, c1 * v1 + c2 * v2
    return u00 * c0 + u01 * c1, u00 * c1 + u01 * c2, u10 * c1 + u11 * c2


def _in_basis(direction: Floats) -> Floats:
    """A symmetric matrix (2, 2) as its share of each basis matrix."""
    return np.array([direction[0, 0], direction[0, 1], direction[1, 1]])


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
    """The criterion of several groups: (scores - coefficients) log residual + log determinants, as a function of D.

    groups: the sums of each; centre, scale: (q,) of covariates, one for each that the sums have; has_slopes: as in
    growth_rows.
    """

    def __init__(
        self,
        groups: Sequence[TimeSums],
        centre: Floats | None = None,
        scale: Floats | None = None,
        *,
        has_slopes: bool = False,
    ) -> None:
        self._sums = groups
        no_covariates = np.zeros(0)
        self.rows = [
            growth_rows(
                sums,
                no_covariates if centre is None else centre,
                no_covariates if scale is None else scale,
                has_slopes=has_slopes,
            )
            for sums in groups
        ]
        lines = 2 * len(groups)
        self.size = lines + self.rows[0].width - 2
        common_columns = np.arange(lines, self.size)
        self.columns = [
            np.concatenate([[2 * group, 2 * group + 1], common_columns]).astype(np.intp) for group in range(len(groups))
        ]
        self.observations = sum(sums.observations for sums in groups)
        self.degrees = self.observations - self.size

    def information(self, d: Floats) -> Floats:
        """(p, p): the sum of M'CM."""
        return self._information([GroupPoint(*part, d) for part in zip(self.rows, self.columns, strict=True)])

    def _information(self, parts: Sequence[GroupPoint]) -> Floats:
        information = np.zeros((self.size, self.size))
        for part in parts:
            information[part.block] += part.information
        return information

    def point(self, d: Floats) -> Point:
        parts = [GroupPoint(*part, d) for part in zip(self.rows, self.columns, strict=True)]
        information, right_side = self._information(parts), np.zeros(self.size)
        for part in parts:
            right_side[part.columns] += part.right_side
        covariance = np.asarray(np.linalg.inv(information), dtype=np.float64)
        coefficients = covariance @ right_side
        basis = np.zeros((3, self.size, self.size))
        for part in parts:
            part.fit(coefficients, covariance)
            basis[part.block] += part.information_basis()
        return Point(
            log_determinants=sum(part.log_determinants for part in parts) + float(np.linalg.slogdet(information)[1]),
            residual=sum(part.residual for part in parts),
            determinant_slope=np.sum([part.determinant_slope for part in parts], axis=0),
            residual_slope=np.sum([part.residual_slope for part in parts], axis=0),
            coefficients=coefficients,
            covariance=covariance,
            information_basis=basis,
            parts=parts,
        )

    def value(self, point: Point) -> float:
        return self.degrees * float(np.log(max(point.residual, 1e-290))) + point.log_determinants

    def slope(self, point: Point) -> Floats:
        """The gradient (2, 2) by D."""
        return self.degrees * point.residual_slope / point.residual + point.determinant_slope

    def least_squares(self) -> tuple[float, float]:
        """The sum of squares about each person's own line, and its degrees of freedom."""
        about_lines = [sums.about_lines() for sums in self._sums]
        return sum(squares for squares, _ in about_lines), sum(degrees for _, degrees in about_lines)

    def identifies_variances(self) -> bool:
        """Whether D and the errors' variance have an effect of their own on the criterion, where people differ."""
        of_d, with_variance = self.point(np.eye(2)).expected(directions_of(np.array([1.0, 0.0, 1.0])))
        information = of_d - np.outer(with_variance, with_variance) / self.degrees
        size = np.diag(of_d)
        return bool(np.all(size > 0)) and bool(np.linalg.eigvalsh(information / np.sqrt(np.outer(size, size)))[0] > 1e-9)
