"""Reliability of a scale from the covariances of its items, and change beyond the error of measurement.

Belongs here: Cronbach's alpha, omega, item-rest correlations, reliable change. Does not belong here: scoring; the
covariances themselves, which the warehouse computes from the people who answered every item.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from dagster_project.statistics.change import Floats, check_level
from dagster_project.statistics.descriptives import DECIMALS, merged

_LEAST_UNIQUE = 1e-3


@dataclass(frozen=True)
class Alpha:
    """alpha with its interval; item_rest: (k,) correlation of each item with the sum of the others; without: (k,) alpha of
    the other items. NaN where undefined, `reason` says why."""

    alpha: float
    ci_low: float
    ci_high: float
    item_rest: Floats
    alpha_if_deleted: Floats
    reason: str


@dataclass(frozen=True)
class Omega:
    """omega total of one factor; loadings and unique variances, (k,), on the items' scale. NaN where there is none."""

    omega: float
    loadings: Floats
    uniquenesses: Floats
    reason: str


@dataclass(frozen=True)
class ReliableChange:
    """Standard error of measurement, of a difference, and threshold: the smallest reliable change; in the score's units."""

    standard_error: float
    standard_error_difference: float
    threshold: float
    reason: str


@dataclass(frozen=True)
class Shares:
    """How many people improved, did not change, and worsened."""

    improved: int
    unchanged: int
    worsened: int


def _matrix(covariance: ArrayLike) -> Floats:
    matrix = np.asarray(covariance, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError("a covariance matrix is square; give one row and column an item")
    return matrix


def _people_reason(matrix: Floats, n: int) -> str:
    if n < 1:
        return "nobody answered all items"
    if n < 2:
        return "one person answered all items"
    return "" if np.isfinite(matrix).all() else "covariances are missing"


def _alpha_of(matrix: Floats) -> float:
    count, total = len(matrix), float(matrix.sum())
    return count / (count - 1) * (1 - float(np.trace(matrix)) / total) if count > 1 and total > 0 else float("nan")


def cronbach_alpha(covariance: ArrayLike, n: int, level: float = 0.95) -> Alpha:
    """Cronbach's alpha k / (k - 1) (1 - trace / sum) of an item covariance matrix (k, k) of n people, with Feldt's interval.

    Interval: 1 - (1 - alpha) F, F the quantiles of F(n - 1, (n - 1)(k - 1)). Undefined: no people, one person, one item, no
    variation of the sum. R: psych::alpha, psych::alpha.ci. Sources: Cronbach, Psychometrika 1951, 16, 297-334; Feldt,
    Woodruff and Salih, Appl Psychol Meas 1987, 11, 93-103.
    """
    check_level(level)
    matrix = _matrix(covariance)
    count, nan = len(matrix), float("nan")
    undefined = np.full(count, nan)
    reason = "one item" if count < 2 else _people_reason(matrix, n)
    if not reason and not matrix.sum() > 1e-12 * max(float(np.trace(matrix)), 1e-300):
        reason = "no variation"
    if reason:
        return Alpha(nan, nan, nan, undefined, undefined.copy(), reason)
    alpha = _alpha_of(matrix)
    low, high = feldt_interval(alpha, n, count, level)
    alphas_if_deleted = [_alpha_of(np.delete(np.delete(matrix, item, 0), item, 1)) for item in range(count)]
    return Alpha(alpha, low, high, _item_rest(matrix), np.array(alphas_if_deleted), "")


def feldt_interval(alpha: float, n: int, item_count: int, level: float = 0.95) -> tuple[float, float]:
    """Feldt's interval of alpha of n people and so many items, as in cronbach_alpha; two people and two items at least."""
    quantiles = scipy.stats.f.ppf([(1 + level) / 2, (1 - level) / 2], n - 1, (n - 1) * (item_count - 1))
    low, high = 1 - (1 - alpha) * quantiles
    return float(low), float(high)


def _item_rest(matrix: Floats) -> Floats:
    variances = np.diag(matrix)
    covariances = matrix.sum(axis=1) - variances
    rest_variances = matrix.sum() - 2 * matrix.sum(axis=1) + variances
    # The rest's variance is a difference of sums: of a rest that is the same for everybody rounding is left of it.
    usable = np.minimum(variances, rest_variances) > 1e-12 * np.abs(matrix).sum()
    return np.where(usable, covariances / np.sqrt(np.where(usable, variances * rest_variances, 1.0)), np.nan)


def omega_one_factor(covariance: ArrayLike, n: int) -> Omega:
    """Omega total of a one-factor model by maximum likelihood: (sum of loadings)^2 over it plus the sum of unique variances.

    covariance: (k, k) of n people. Undefined, with a reason: fewer than three items, no more people than items, an item
    without variation, items that depend on one another, a unique variance at its limit (Heywood case), no convergence.
    R: lavaan::cfa("f =~ …", std.lv = TRUE). Sources: Jöreskog, Psychometrika 1967, 32, 443-482; McDonald, Test Theory, 1999,
    ch. 6.
    """
    matrix = _matrix(covariance)
    count = len(matrix)
    undefined = np.full(count, np.nan)

    def no_omega(reason: str) -> Omega:
        return Omega(float("nan"), undefined, undefined.copy(), reason)

    if count < 3:
        return no_omega("fewer than three items")
    if reason := _people_reason(matrix, n):
        return no_omega(reason)
    if n <= count:
        return no_omega("no more people than items")
    variances = np.diag(matrix)
    if constant_items := [item + 1 for item in range(count) if not variances[item] > 0]:
        return no_omega(f"item {constant_items[0]} of the scale does not vary")
    sds = np.sqrt(variances)
    correlation = matrix / np.outer(sds, sds)
    if np.linalg.eigvalsh(correlation)[0] < 1e-10:
        return no_omega("items depend on one another")
    start = 1 / np.diag(np.linalg.inv(correlation))
    solution = scipy.optimize.minimize(
        _misfit, np.log(np.clip(start, 0.05, 0.95)), args=(correlation,), jac=True, method="L-BFGS-B",
        bounds=[(np.log(_LEAST_UNIQUE), np.log(1.5))] * count, options={"maxiter": 2000, "ftol": 1e-15, "gtol": 1e-10},
    )  # fmt: skip
    uniquenesses = _refined(np.exp(solution.x), correlation)
    if uniquenesses is None:
        if np.any(np.exp(solution.x) < 2 * _LEAST_UNIQUE):
            return no_omega("Heywood case: an item has no variance of its own")
        return no_omega("the model does not converge")
    loadings = _loadings(uniquenesses, correlation)
    if loadings.sum() < 0:
        loadings = -loadings
    raw_loadings, raw_uniquenesses = loadings * sds, uniquenesses * variances
    common = float(raw_loadings.sum()) ** 2
    return Omega(common / (common + float(raw_uniquenesses.sum())), raw_loadings, raw_uniquenesses, "")


def _misfit(log_unique: Floats, correlation: Floats) -> tuple[float, Floats]:
    """The likelihood's discrepancy with the loading profiled out, and its gradient by the log unique variances.

    With theta the eigenvalues of psi^-1/2 R psi^-1/2, the largest of which belongs to the factor, the discrepancy is the
    sum of theta - log(theta) - 1 over the others.
    """
    uniquenesses = np.exp(log_unique)
    root = np.sqrt(uniquenesses)
    values, vectors = np.linalg.eigh(correlation / np.outer(root, root))
    residual_values = np.maximum(values[:-1], 1e-300)
    gradient = (vectors[:, :-1] ** 2) @ (1 - residual_values)
    return float((residual_values - np.log(residual_values) - 1).sum()), gradient


def _refined(uniquenesses: Floats, correlation: Floats) -> Floats | None:
    """The nearby root of the gradient at full precision; None where there is none within the limits."""
    solution = scipy.optimize.root(lambda log_unique: _misfit(log_unique, correlation)[1], np.log(uniquenesses), tol=1e-13)
    refined = np.exp(solution.x)
    if np.abs(_misfit(solution.x, correlation)[1]).max() > 1e-8 or np.any(refined < _LEAST_UNIQUE) or np.any(refined > 1.5):
        return None
    return np.asarray(refined)


def _loadings(uniquenesses: Floats, correlation: Floats) -> Floats:
    root = np.sqrt(uniquenesses)
    values, vectors = np.linalg.eigh(correlation / np.outer(root, root))
    return np.asarray(root * vectors[:, -1] * np.sqrt(max(float(values[-1]) - 1, 0.0)))


def looks_unreversed(covariance: ArrayLike, n: int, level: float = 0.95) -> list[tuple[int, str]]:
    """Items that correlate negatively with the rest of their scale, as unreversed items do: (index, "sure" or "maybe").

    maybe: the item-rest correlation is negative; sure: so is the upper limit of its interval (Fisher's z). Needs 4 people.
    """
    check_level(level)
    matrix = _matrix(covariance)
    if len(matrix) < 2 or n < 4 or not np.isfinite(matrix).all() or not np.diag(matrix).max() > 0:
        return []
    half_width = scipy.stats.norm.ppf((1 + level) / 2) / np.sqrt(n - 3)
    suspects = []
    for item, r in enumerate(_item_rest(matrix)):
        if np.isfinite(r) and r < 0:
            suspects.append((item, "sure" if np.arctanh(max(r, -1 + 1e-15)) + half_width < 0 else "maybe"))
    return suspects


def reliable_change(sd_baseline: float, reliability: float, criterion: float = 1.96) -> ReliableChange:
    """The smallest change beyond the error of measurement: criterion times root of 2 times the standard error.

    standard error of measurement = sd_baseline root(1 - reliability). Undefined without an SD or with a reliability outside
    0 to 1. Source: Jacobson and Truax, J Consult Clin Psychol 1991, 59, 12-19.
    """
    nan = float("nan")
    if not np.isfinite(sd_baseline):
        return ReliableChange(nan, nan, nan, "no SD at baseline")
    if abs(reliability) < 1e-12:  # zero up to rounding
        reliability = 0.0
    if not 0 <= reliability <= 1:
        reason = "no reliability" if not np.isfinite(reliability) else "the reliability lies outside 0 to 1"
        return ReliableChange(nan, nan, nan, reason)
    standard_error = float(sd_baseline * np.sqrt(1 - reliability))
    standard_error_difference = float(np.sqrt(2) * standard_error)
    return ReliableChange(standard_error, standard_error_difference, criterion * standard_error_difference, "")


def share_reliable(values: ArrayLike, counts: ArrayLike, threshold: float, better_sign: int) -> Shares:
    """People whose change exceeds the smallest reliable change, either way. values, counts: distinct changes; better_sign: 1
    if a positive change is an improvement, -1 if it is a deterioration."""
    return _shares(values, counts, better_sign, lambda size: size > threshold + 10.0**-DECIMALS)


def share_by_mcid(values: ArrayLike, counts: ArrayLike, mcid: float, better_sign: int) -> Shares:
    """People who changed by the minimal clinically important difference or more; arguments as share_reliable."""
    return _shares(values, counts, better_sign, lambda size: size >= mcid - 10.0**-DECIMALS)


def _shares(
    values: ArrayLike, counts: ArrayLike, better_sign: int, counts_as: Callable[[Floats], NDArray[np.bool_]]
) -> Shares:
    if better_sign not in (-1, 1):
        raise ValueError(f"better_sign {better_sign} is neither 1 nor -1; say which sign of a change is for the better")
    changes, people = merged(values, counts)
    has_changed = counts_as(np.abs(changes))
    improved = int(people[has_changed & (changes * better_sign > 0)].sum())
    worsened = int(people[has_changed & (changes * better_sign < 0)].sum())
    return Shares(improved, int(people.sum()) - improved - worsened, worsened)
