"""Tests and intervals of a fitted model of growth, after Satterthwaite and after Kenward and Roger.

Belongs here: the estimate of one combination of coefficients, with its interval; variance components in the units of time
and scores. Does not belong here: the likelihood (growth_likelihood.py), which combinations are asked for (growth.py).

- Satterthwaite: the variance of the parameters (entries of L, sigma) is twice the inverse Hessian of the REML deviance, as
  in lmerTest; here by formula instead of by finite differences.
- Kenward and Roger: parameters are the entries of s^2 D and s^2, in which the covariance is linear, and their variance is
  twice the inverse of that Hessian's expectation, as in pbkrtest, also where D lies at the edge. With C the covariance of
  the coefficients, C becomes C + 2 C {sum W_ij (Q_ij - P_i C P_j)} C; the degrees of freedom of a single combination are
  Satterthwaite's with the same W.

Sources: Kuznetsova and others, J Stat Softw 2017, 82(13); Kenward and Roger, Biometrics 1997, 53, 983-997; Halekoh and
Hojsgaard, J Stat Softw 2014, 59(9).
"""

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import scipy

from dagster_project.statistics.change import Floats, half_width_fractional_df
from dagster_project.statistics.growth_fit import GrowthFit
from dagster_project.statistics.growth_likelihood import (
    GroupPoint,
    GrowthLikelihood,
    directions_of,
    lower_triangular,
    second_directions_of,
)
from dagster_project.statistics.growth_sums import Tensor
from dagster_project.statistics.mixed import Estimate

GrowthDf = Literal["satterthwaite", "kenward_roger"]
GROWTH_DF: tuple[GrowthDf, ...] = get_args(GrowthDf)
#: The entries of a symmetric matrix (2, 2).
_BASIS = np.array([[[1.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]])
#: The least eigenvalue of an information in units of its diagonal: less is flat.
_LEAST_CURVATURE = 1e-12


@dataclass(frozen=True)
class GrowthUnits:
    """What times, scores and coefficients are fitted in. to_units: (p, p) takes coefficients as fitted to those of time and
    covariates, but for the unit of scores."""

    unit: float
    centre: float
    score_unit: float
    to_units: Tensor


class GrowthInference:
    """Estimates of combinations of coefficients."""

    def __init__(self, likelihood: GrowthLikelihood, fit: GrowthFit, units: GrowthUnits, df: GrowthDf) -> None:
        point, degrees = fit.point, likelihood.degrees
        self.fit, self._units = fit, units
        self._variance = point.residual / degrees
        self.variance = self._variance * units.score_unit**2
        lower = lower_triangular(fit.parameters) if len(fit.parameters) else np.zeros((2, 2))
        line = np.array([[1.0, -units.centre / units.unit], [0.0, 1 / units.unit]]) @ lower
        self.covariance = self.variance * line @ line.T
        self.log_likelihood = -0.5 * (
            degrees * (math.log(2 * math.pi * self.variance) + 1)
            + point.log_determinants
            - 2 * float(np.linalg.slogdet(units.to_units)[1])
        )
        if df == "satterthwaite":
            hessian, self._gradients = _observed(likelihood, fit)
            self._adjusted = self._variance * point.covariance
        else:
            hessian, self._gradients, products = _expected(likelihood, fit)
        roots = np.sqrt(np.maximum(np.diag(hessian), 1e-300))
        relative = hessian / np.outer(roots, roots)
        self.is_curved = bool(np.isfinite(relative).all() and np.linalg.eigvalsh(relative)[0] > _LEAST_CURVATURE)
        if not self.is_curved:
            return
        self._spread = 2 * np.linalg.inv(relative) / np.outer(roots, roots)
        if df == "kenward_roger":
            covariance, gradients = point.covariance, self._gradients
            bias = np.einsum("ij,ijpq->pq", self._spread, products) - np.einsum(
                "ij,ipa,ab,jbq->pq", self._spread, gradients, covariance, gradients, optimize=True
            )
            self._adjusted = self._variance * (covariance + 2 * covariance @ bias @ covariance)

    def estimate(self, weights: Floats, shift: float, level: float) -> Estimate:
        """The combination weights (p,) of coefficients, and shift."""
        weight, point = weights @ self._units.to_units, self.fit.point
        solved = point.covariance @ weight
        share = float(weight @ solved)
        gradient = np.array([float(solved @ slope @ solved) for slope in -self._gradients])
        # The variance is that of the errors times the share: the last parameter may be the errors' own.
        df = float(2 * share**2 / (gradient @ self._spread @ gradient))
        value = float(weight @ point.coefficients) * self._units.score_unit + shift
        se = math.sqrt(max(float(weight @ self._adjusted @ weight), 0.0)) * self._units.score_unit
        t = value / se
        half_width = half_width_fractional_df(se, df, level)
        p = float(2 * scipy.stats.t.sf(abs(t), df))
        return Estimate(value, se, df, t, p, value - half_width, value + half_width)


def _observed(likelihood: GrowthLikelihood, fit: GrowthFit) -> tuple[Floats, Tensor]:
    """The deviance's Hessian (q + 1, q + 1) by the entries of L and the errors' SD, where that is 1, and the gradients
    (q + 1, p, p) of the information."""
    point, degrees = fit.point, likelihood.degrees
    variance, directions = point.residual / degrees, directions_of(fit.parameters)
    count = len(directions)
    hessian = np.zeros((count + 1, count + 1))
    if count:
        of_determinants, of_residual = point.hessians(directions)
        slope = point.determinant_slope + point.residual_slope / variance
        second = np.einsum("ab,ijab->ij", slope, second_directions_of(count))
        hessian[:count, :count] = of_determinants + of_residual / variance + second
        by_residual = [float(np.sum(point.residual_slope * direction)) for direction in directions]
        hessian[:count, count] = hessian[count, :count] = -2 * np.array(by_residual) / variance
    hessian[count, count] = 4 * degrees
    # With the errors' SD at 1 the information is sum M'CM / SD^2, whose slope by the SD is - 2 sum M'CM.
    information = np.linalg.inv(point.covariance)
    return hessian, np.array([*point.information_slopes(directions), -2 * information])


def _expected(likelihood: GrowthLikelihood, fit: GrowthFit) -> tuple[Floats, Tensor, Tensor]:
    """The expected Hessian (4, 4) of the deviance by the entries of the people's covariance and the errors' variance, where
    that is 1; P_i (4, p, p), and Q_ij (4, 4, p, p)."""
    point, size = fit.point, likelihood.size
    lower = lower_triangular(fit.parameters) if len(fit.parameters) else np.zeros((2, 2))
    information, slopes, products = np.zeros((4, 4)), np.zeros((4, size, size)), np.zeros((4, 4, size, size))
    for part in point.parts:
        of_part, slopes_of_part, products_of_part = _of_part(part, lower @ lower.T)
        information += of_part
        slopes[part.block] -= slopes_of_part
        products[part.block] += products_of_part
    solved = slopes @ point.covariance
    information -= 2 * np.einsum("pq,ijqp->ij", point.covariance, products)
    information += np.einsum("ipq,jqp->ij", solved, solved)
    return information, slopes, products


def _of_part(part: GroupPoint, d: Floats) -> tuple[Floats, Tensor, Tensor]:
    """Of one group: sums of tr(V^-1 V_i V^-1 V_j), and of X'V^-1 V_i V^-1 X and X'V^-1 V_i V^-1 V_j V^-1 X."""
    c = _matrices(part.c[0], part.c[1], part.c[1], part.c[2])
    k = _matrices(*part.k)
    squared = c @ k.transpose(0, 2, 1)
    cubed = k @ squared
    people, rows = part.rows.people, part.rows
    of_basis = [c @ basis for basis in _BASIS]
    information, products = np.zeros((4, 4)), np.zeros((4, 4, rows.width, rows.width))
    for row, first in enumerate(of_basis):
        for column, second in enumerate(of_basis):
            product = first @ second
            information[row, column] = people @ np.trace(product, axis1=1, axis2=2)
            products[row, column] = rows.sandwich(_entries(product @ c))
        information[row, 3] = information[3, row] = people @ np.einsum("ab,mba->m", _BASIS[row], squared)
        products[row, 3] = products[3, row] = rows.sandwich(_entries(first @ squared))
    information[3, 3] = people @ (rows.times[:, 0] - np.einsum("ab,mba->m", d, c + k @ c))
    products[3, 3] = rows.sandwich(_entries(cubed))
    slopes = [rows.sandwich(_entries(first @ c)) for first in of_basis]
    return information, np.array([*slopes, rows.sandwich(_entries(squared))]), products


def _matrices(first: Floats, second: Floats, third: Floats, last: Floats) -> Tensor:
    """(m, 2, 2) of their entries."""
    return np.stack([np.stack([first, second], axis=1), np.stack([third, last], axis=1)], axis=1)


def _entries(matrices: Tensor) -> tuple[Floats, Floats, Floats]:
    """The entries of the symmetric part of (m, 2, 2)."""
    return matrices[:, 0, 0], (matrices[:, 0, 1] + matrices[:, 1, 0]) / 2, matrices[:, 1, 1]
