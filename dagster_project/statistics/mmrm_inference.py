"""Degrees of freedom and standard errors of a fitted mixed model for repeated measures, after Satterthwaite and after
Kenward and Roger.

Belongs here: the estimate of one combination of coefficients, with its interval. Does not belong here: fitting; what the
coefficients mean.

W, the variance of the covariance parameters, is twice the inverse Hessian of the restricted deviance: as observed (SAS's
PROC MIXED) or its expectation (R's pbkrtest).

- Satterthwaite: df = 2 v^2 / (g' W g), v = l' C l the variance of the combination l and g its slope by the parameters.
- Kenward and Roger: C becomes C + 2 C {sum W_ij (Q_ij - P_i C P_j)} C, without the term with second derivatives of the
  covariance (SAS: DDFM=KENWARDROGER(FIRSTORDER)), so that no result depends on how the covariance is parametrised. The
  omitted term is zero where the covariance is written as linear in its parameters, as the unstructured one and compound
  symmetry can be. The degrees of freedom of a single combination are Satterthwaite's, with the same W.

Sources: Satterthwaite, Biometrics Bull 1946, 2, 110-114; Kenward and Roger, Biometrics 1997, 53, 983-997; Harville and
Jeske, J Am Stat Assoc 1992, 87, 724-731.
"""

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import scipy

from dagster_project.statistics.change import Floats, half_width_fractional_df
from dagster_project.statistics.mixed import Estimate
from dagster_project.statistics.mmrm_likelihood import RestrictedFit, RestrictedLikelihood

Information = Literal["observed", "expected"]
INFORMATION: tuple[Information, ...] = get_args(Information)


@dataclass(frozen=True)
class MmrmEstimate:
    """A mean or a contrast with the same value twice: satterthwaite has the model's SE, kenward_roger the adjusted one."""

    satterthwaite: Estimate
    kenward_roger: Estimate


class Inference:
    """Estimates of combinations of coefficients. scale: the unit of the fitted scores, in units of the results."""

    def __init__(self, data: RestrictedLikelihood, fit: RestrictedFit, information: Information, scale: float) -> None:
        hessian = fit.curvature.hessian if information == "observed" else fit.curvature.expected_hessian
        roots = np.sqrt(np.diag(hessian))
        self._parameter_spread = 2 * np.linalg.inv(hessian / np.outer(roots, roots)) / np.outer(roots, roots)
        self._spread = fit.likelihood.coefficient_covariance
        self._coefficients = fit.likelihood.coefficients
        self._slopes = fit.likelihood.information_slopes(fit.derivatives.first)
        self._adjusted_spread = self._spread + 2 * self._spread @ self._bias(data, fit) @ self._spread
        self._scale = scale

    def _bias(self, data: RestrictedLikelihood, fit: RestrictedFit) -> Floats:
        """sum W_ij (Q_ij - P_i C P_j), (p, p)."""
        weighted_slopes = np.tensordot(self._parameter_spread, self._slopes, axes=1)
        bias = -np.einsum("ipq,qr,irs->ps", weighted_slopes, self._spread, self._slopes, optimize=True)
        for group, inverse in zip(data.sets, fit.likelihood.inverses, strict=True):
            relative = inverse @ fit.derivatives.first[:, group.columns[:, None], group.columns]
            weighted = np.tensordot(self._parameter_spread, relative, axes=1)
            middle = np.einsum("iab,ibc->ac", relative, weighted) @ inverse
            bias += np.einsum("rap,ab,rbq->pq", group.design, middle, group.design, optimize=True)
        return np.asarray(bias)

    def estimate(self, weight: Floats, shift: float, level: float) -> MmrmEstimate:
        """The combination weight (p,) of means, plus a shift that is known."""
        return self._estimate(weight, self._scale, shift, level)

    def slope(self, weight: Floats, level: float, regressor_scale: float | None = None) -> MmrmEstimate:
        """The combination weight (p,) of slopes: of scores on scores, which have no unit, or on a regressor fitted in a unit
        of this size."""
        return self._estimate(weight, 1.0 if regressor_scale is None else self._scale / regressor_scale, 0.0, level)

    def _estimate(self, weight: Floats, scale: float, shift: float, level: float) -> MmrmEstimate:
        value = float(weight @ self._coefficients) * scale + shift
        solved = self._spread @ weight
        variance = float(weight @ solved)
        slope = -np.einsum("p,ipq,q->i", solved, self._slopes, solved)
        df = 2 * variance**2 / float(slope @ self._parameter_spread @ slope)
        adjusted = float(weight @ self._adjusted_spread @ weight)
        return MmrmEstimate(
            _estimate(value, scale * math.sqrt(variance), df, level),
            _estimate(value, scale * math.sqrt(max(adjusted, 0.0)), df, level),
        )


def _estimate(value: float, se: float, df: float, level: float) -> Estimate:
    t = value / se
    half_width = half_width_fractional_df(se, df, level)
    return Estimate(value, se, df, t, float(2 * scipy.stats.t.sf(abs(t), df)), value - half_width, value + half_width)
