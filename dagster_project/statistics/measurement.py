"""How well a scale measures: reliability from the covariances of its items, and change beyond the error of measurement.

Belongs here: Cronbach's alpha, omega, item-rest correlations, reliable change. Does not belong here: scoring; the
covariances themselves, which the warehouse takes of people who answered every item.
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
    without: Floats
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
    """standard_error of measurement, standard error of a difference, and the least reliable change, in the score's units."""

    standard_error: float
    standard_error_difference: float
    threshold: float
    reason: str


@dataclass(frozen=True)
class Shares:
    """How many people improved, stayed as they were and worsened."""

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

    Interval: 1 - (1 - alpha) F, F the quantiles of F(n - 1, (n - 1)(k - 1)). Undefined: nobody, one person, one item, no
    variation of the sum. R: psych::alpha, psych::alpha.ci. Sources: Cronbach, Psychometrika 1951, 16, 297-334; Feldt,
    Woodruff and Salih, Appl Psychol Meas 1987, 11, 93-103.
    """
    check_level(level)
    matrix = _matrix(covariance)
    count, nan = len(matrix), float("nan")
    nothing = np.full(count, nan)
    reason = "one item" if count < 2 else _people_reason(matrix, n)
    if not reason and not matrix.sum() > 1e-12 * max(float(np.trace(matrix)), 1e-300):
        reason = "no variation"
    if reason:
        return Alpha(nan, nan, nan, nothing, nothing.copy(), reason)
    alpha = _alpha_of(matrix)
    df = (n - 1, (n - 1) * (count - 1))
    quantiles = scipy.stats.f.ppf([(1 + level) / 2, (1 - level) / 2], *df)
    low, high = 1 - (1 - alpha) * quantiles
    without = [_alpha_of(np.delete(np.delete(matrix, item, 0), item, 1)) for item in range(count)]
    return Alpha(alpha, float(low), float(high), _item_rest(matrix), np.array(without), "")


def _item_rest(matrix: Floats) -> Floats:
    own = np.diag(matrix)
    shared = matrix.sum(axis=1) - own
    rest = matrix.sum() - 2 * matrix.sum(axis=1) + own
    below = own * rest
    usable = below > 1e-24 * max(float(own.max()), 1e-300) ** 2
    return np.where(usable, shared / np.sqrt(np.where(usable, below, 1.0)), np.nan)


def omega_one_factor(covariance: ArrayLike, n: int) -> Omega:
    """Omega total of a one-factor model by maximum likelihood: (sum of loadings)^2 over it plus the sum of unique variances.

    covariance: (k, k) of n people. Refused, with a reason: fewer than three items, no more people than items, an item
    without variation, items that depend on one another, a unique variance at its limit (Heywood case), no convergence.
    R: lavaan::cfa("f =~ …", std.lv = TRUE). Sources: Jöreskog, Psychometrika 1967, 32, 443-482; McDonald, Test Theory, 1999,
    ch. 6.
    """
    matrix = _matrix(covariance)
    count = len(matrix)
    nothing = np.full(count, np.nan)

    def none(reason: str) -> Omega:
        return Omega(float("nan"), nothing, nothing.copy(), reason)

    if count < 3:
        return none("fewer than three items")
    if reason := _people_reason(matrix, n):
        return none(reason)
    if n <= count:
        return none("no more people than items")
    variances = np.diag(matrix)
    if still := [item + 1 for item in range(count) if not variances[item] > 0]:
        return none(f"item {still[0]} of the scale does not vary")
    spread = np.sqrt(variances)
    correlation = matrix / np.outer(spread, spread)
    if np.linalg.eigvalsh(correlation)[0] < 1e-10:
        return none("items depend on one another")
    start = 1 / np.diag(np.linalg.inv(correlation))
    found = scipy.optimize.minimize(
        _misfit, np.log(np.clip(start, 0.05, 0.95)), args=(correlation,), jac=True, method="L-BFGS-B",
        bounds=[(np.log(_LEAST_UNIQUE), np.log(1.5))] * count, options={"maxiter": 2000, "ftol": 1e-15, "gtol": 1e-10},
    )  # fmt: skip
    unique = _polished(np.exp(found.x), correlation)
    if unique is None:
        if np.any(np.exp(found.x) < 2 * _LEAST_UNIQUE):
            return none("Heywood case: an item has no variance of its own")
        return none("the model does not converge")
    loadings = _loadings(unique, correlation)
    if loadings.sum() < 0:
        loadings = -loadings
    raw, own = loadings * spread, unique * variances
    common = float(raw.sum()) ** 2
    return Omega(common / (common + float(own.sum())), raw, own, "")


def _misfit(log_unique: Floats, correlation: Floats) -> tuple[float, Floats]:
    """The likelihood's discrepancy with the loading profiled out, and its gradient by the log unique variances.

    With theta the eigenvalues of psi^-1/2 R psi^-1/2, of which the first belongs to the factor, the discrepancy is the sum
    of theta - log(theta) - 1 over the others.
    """
    unique = np.exp(log_unique)
    root = np.sqrt(unique)
    values, vectors = np.linalg.eigh(correlation / np.outer(root, root))
    others = np.maximum(values[:-1], 1e-300)
    gradient = (vectors[:, :-1] ** 2) @ (1 - others)
    return float((others - np.log(others) - 1).sum()), gradient


def _polished(unique: Floats, correlation: Floats) -> Floats | None:
    """The root of the gradient nearby, to the last digits; None where there is none inside the limits."""
    found = scipy.optimize.root(lambda log_unique: _misfit(log_unique, correlation)[1], np.log(unique), tol=1e-13)
    polished = np.exp(found.x)
    if np.abs(_misfit(found.x, correlation)[1]).max() > 1e-8 or np.any(polished < _LEAST_UNIQUE) or np.any(polished > 1.5):
        return None
    return np.asarray(polished)


def _loadings(unique: Floats, correlation: Floats) -> Floats:
    root = np.sqrt(unique)
    values, vectors = np.linalg.eigh(correlation / np.outer(root, root))
    return np.asarray(root * vectors[:, -1] * np.sqrt(max(float(values[-1]) - 1, 0.0)))


def looks_unreversed(covariance: ArrayLike, n: int, level: float = 0.95) -> list[tuple[int, str]]:
    """Items that go against their scale, as one does that was not reversed: (place from 0, "sure" or "maybe").

    maybe: the item-rest correlation is negative; sure: so is the upper end of its interval (Fisher's z). Needs four people.
    """
    check_level(level)
    matrix = _matrix(covariance)
    if len(matrix) < 2 or n < 4 or not np.isfinite(matrix).all() or not np.diag(matrix).max() > 0:
        return []
    half = scipy.stats.norm.ppf((1 + level) / 2) / np.sqrt(n - 3)
    found = []
    for item, r in enumerate(_item_rest(matrix)):
        if np.isfinite(r) and r < 0:
            found.append((item, "sure" if np.arctanh(max(r, -1 + 1e-15)) + half < 0 else "maybe"))
    return found


def reliable_change(sd_baseline: float, reliability: float, criterion: float = 1.96) -> ReliableChange:
    """The least change that is beyond the error of measurement: criterion times root of 2 times the standard error.

    standard error of measurement = sd_baseline root(1 - reliability). Undefined without an SD or with a reliability outside
    0 to 1. Source: Jacobson and Truax, J Consult Clin Psychol 1991, 59, 12-19.
    """
    nan = float("nan")
    if not np.isfinite(sd_baseline):
        return ReliableChange(nan, nan, nan, "no SD at baseline")
    if abs(reliability) < 1e-12:  # none at all, up to the last digits of its sums
        reliability = 0.0
    if not 0 <= reliability <= 1:
        reason = "no reliability" if not np.isfinite(reliability) else "the reliability lies outside 0 to 1"
        return ReliableChange(nan, nan, nan, reason)
    error = float(sd_baseline * np.sqrt(1 - reliability))
    difference = float(np.sqrt(2) * error)
    return ReliableChange(error, difference, criterion * difference, "")


def share_reliable(values: ArrayLike, counts: ArrayLike, threshold: float, better_sign: int) -> Shares:
    """People whose change exceeds the least reliable change, either way. values, counts: distinct changes; better_sign: 1 if
    a positive change is for the better, -1 if it is for the worse."""
    return _shares(values, counts, better_sign, lambda size: size > threshold + 10.0**-DECIMALS)


def share_by_mcid(values: ArrayLike, counts: ArrayLike, mcid: float, better_sign: int) -> Shares:
    """People who changed by the minimal clinically important difference or more, either way; arguments as share_reliable."""
    return _shares(values, counts, better_sign, lambda size: size >= mcid - 10.0**-DECIMALS)


def _shares(
    values: ArrayLike, counts: ArrayLike, better_sign: int, counts_as: Callable[[Floats], NDArray[np.bool_]]
) -> Shares:
    if better_sign not in (-1, 1):
        raise ValueError(f"better_sign {better_sign} is neither 1 nor -1; say which sign of a change is for the better")
    changes, people = merged(values, counts)
    moved = counts_as(np.abs(changes))
    improved = int(people[moved & (changes * better_sign > 0)].sum())
    worsened = int(people[moved & (changes * better_sign < 0)].sum())
    return Shares(improved, int(people.sum()) - improved - worsened, worsened)
