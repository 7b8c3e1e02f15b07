"""The likelihood of a cumulative logit model with a random intercept, from counts of people with the same answers.

Belongs here: the probabilities of answers and their derivatives, the integral over the random intercept, its maximum. Does
not belong here: groups and waves as columns, answers without a finite estimate, shares, odds (repeated_answers.py).

An answer in category c of 0 to C - 1 has the probability F(threshold[c] - eta) - F(threshold[c - 1] - eta), F the
logistic distribution and eta = effect of the column + SD times z, z standard normal of each person; of two categories that
is a logistic regression of the higher one. The integral over z is a trapezoidal sum: the integrand is analytic and falls at
least as fast as exp(-z^2 / 2) from its mode, since each answer's logarithm is concave, so that the sum converges
geometrically, also for people with the same answer in all waves, for whom Gauss-Hermite nodes at the mode converge slowly.
One grid serves all people. Source of the sum: Trefethen and Weideman, SIAM Rev 2014, 56, 385-458.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dagster_project.statistics.change import Floats

#: How far the grid reaches beyond the modes: what lies further is below exp(-8.5^2 / 2), some 2e-16.
_REACH = 8.5
#: Width of the steps in which modes are looked for.
_COARSE = 0.25
#: The longest step of the grid, and the step times the SD: the error of the log likelihood is then below 1e-10.
_LONGEST_STEP, _STEP_TIMES_SD = 0.5, 0.4
_MOST_ITERATIONS = 100
#: What a step promises, to the log likelihood, below which there is none; below the second, times the log likelihood, a sum
#: of it does not tell a gain from rounding, and Newton's step is taken as it is.
_LEAST_GAIN, _ROUNDING = 1e-20, 1e-10
#: The SD of the random intercept from which on it is taken to have no finite estimate.
_LARGEST_SD = 30.0
#: The absolute value of an effect or threshold, in SDs of the answers' latent distribution, from which on it has none.
_LARGEST_EFFECT = 20.0
#: Numbers in the memory of one step.
_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Sheets:
    """The people of a group by what they answered. answers: (patterns, waves), the category, -1 without an answer; n: people
    of each pattern; columns: of the effects, one a wave."""

    answers: NDArray[np.intp]
    n: Floats
    columns: NDArray[np.intp]


@dataclass(frozen=True)
class Curvature:
    """The log likelihood at some parameters, its gradient and matrix of second derivatives."""

    log_likelihood: float
    gradient: Floats
    second: Floats


@dataclass(frozen=True)
class CumulativeFit:
    """Parameters at the maximum (thresholds, effects of columns but the first, SD) and their covariance; the SD is 0, with
    a row and column of zeros, where that is the maximum. reason: why there is none."""

    parameters: Floats
    covariance: Floats
    log_likelihood: float
    reason: str = ""


def category_probabilities(parameters: Floats, categories: int, effect: float, z: Floats) -> tuple[Floats, Floats, Floats]:
    """The logarithm of the probability of each category (categories, z) of a person with each z, and its first and second
    derivatives by u and l, eta's distances from the thresholds above and below: (3 and 2, categories, z) as
    (u, l) and (uu, ll, ul)."""
    thresholds = parameters[: categories - 1]
    eta = effect + parameters[-1] * z
    to_upper = thresholds[:, None] - eta
    log_cdf, log_tail = -np.logaddexp(0.0, -to_upper), -np.logaddexp(0.0, to_upper)
    logarithm = np.zeros((categories, len(z)))
    logarithm[:-1] += log_cdf
    logarithm[1:] += log_tail
    first, second = np.zeros((2, categories, len(z))), np.zeros((3, categories, len(z)))
    slope = np.exp(log_cdf + log_tail)
    first[0, :-1], first[1, 1:] = np.exp(log_tail), -np.exp(log_cdf)
    second[0, :-1] = second[1, 1:] = -slope
    if categories > 2:
        width = np.diff(thresholds)[:, None]
        logarithm[1:-1] += np.log(-np.expm1(-width))
        ratio = 1 / np.expm1(width)
        first[0, 1:-1] += ratio
        first[1, 1:-1] -= ratio
        bend = ratio * (1 + ratio)
        second[0, 1:-1] -= bend
        second[1, 1:-1] -= bend
        second[2, 1:-1] += bend
    return logarithm, first, second


def grid_step(sd: float) -> float:
    """The step of the sum over z."""
    return min(_LONGEST_STEP, _STEP_TIMES_SD / abs(sd)) if sd else _LONGEST_STEP


def normal_grid(sd: float) -> tuple[Floats, Floats]:
    """A grid over z and the weights of the standard normal distribution on it."""
    step = grid_step(sd)
    count = int(np.ceil(_REACH / step))
    z: Floats = step * np.arange(-count, count + 1, dtype=np.float64)
    return z, np.asarray(step / np.sqrt(2 * np.pi) * np.exp(-(z**2) / 2), dtype=np.float64)


class CumulativeLikelihood:
    """The likelihood of some groups' answers. columns: how many effects there are; the first is 0."""

    def __init__(self, groups: Sequence[Sheets], columns: int, categories: int) -> None:
        self._groups, self._columns, self.categories = groups, columns, categories
        self._choices = [_choices(group, categories) for group in groups]

    @property
    def size(self) -> int:
        """How many parameters there are."""
        return self.categories - 1 + self._columns

    def start(self) -> Floats:
        """Parameters to begin with: those of answers that are alike in all columns, and no random intercept."""
        counts = np.zeros(self.categories)
        for group in self._groups:
            for wave in range(group.answers.shape[1]):
                has_answer = group.answers[:, wave] >= 0
                np.add.at(counts, group.answers[has_answer, wave], group.n[has_answer])
        cumulative = np.cumsum(counts)[:-1] / counts.sum()
        return np.concatenate([np.log(cumulative / (1 - cumulative)), np.zeros(self._columns)])

    def curvature(self, parameters: Floats) -> Curvature:
        """The log likelihood and its derivatives."""
        total = Curvature(0.0, np.zeros(self.size), np.zeros((self.size, self.size)))
        for group, choices in zip(self._groups, self._choices, strict=True):
            part = self._of_group(parameters, group, choices)
            total = Curvature(
                total.log_likelihood + part.log_likelihood, total.gradient + part.gradient, total.second + part.second
            )
        return total

    def _effects(self, parameters: Floats) -> Floats:
        return np.concatenate([[0.0], parameters[self.categories - 1 : -1]])

    def _of_group(self, parameters: Floats, group: Sheets, choices: Floats) -> Curvature:
        z, step = self._grid(parameters, group, choices)
        waves = len(group.columns)
        effects = self._effects(parameters)[group.columns]
        parts = [category_probabilities(parameters, self.categories, float(effect), z) for effect in effects]
        logarithms = np.array([part[0] for part in parts]).reshape(waves * self.categories, -1)
        gradients, seconds = self._by_parameter(parts, group.columns, z)
        gradient, second, log_likelihood = np.zeros(self.size), np.zeros((self.size, self.size)), 0.0
        rows = max(1, _AT_ONCE // (len(z) * self.size))
        for first in range(0, len(group.n), rows):
            block, n = choices[first : first + rows], group.n[first : first + rows]
            terms = block @ logarithms - z**2 / 2
            top = terms.max(axis=1)
            weights = np.exp(terms - top[:, None])
            sums = weights.sum(axis=1)
            log_likelihood += float(n @ (top + np.log(sums * (step / np.sqrt(2 * np.pi)))))
            weights /= sums[:, None]
            of_people = (block @ gradients.reshape(len(gradients), -1)).reshape(len(block), len(z), self.size)
            means = np.einsum("pz,pzq->pq", weights, of_people)
            gradient += n @ means
            by_choice = block.T @ (weights * n[:, None])
            second += np.tensordot(by_choice, seconds, axes=([0, 1], [0, 1]))
            roots = of_people * np.sqrt(weights * n[:, None])[:, :, None]
            flat = roots.reshape(-1, self.size)
            second += flat.T @ flat - (means * n[:, None]).T @ means
        return Curvature(log_likelihood, gradient, second)

    def _grid(self, parameters: Floats, group: Sheets, choices: Floats) -> tuple[Floats, float]:
        """The grid of z, that reaches beyond each pattern's mode, and its step."""
        sd = abs(float(parameters[-1]))
        # The derivative of the logarithm of an answer by eta lies between -1 and 1.
        furthest = sd * len(group.columns) + _COARSE
        coarse = np.arange(-furthest, furthest + _COARSE, _COARSE)
        effects = self._effects(parameters)[group.columns]
        logarithms = np.concatenate(
            [category_probabilities(parameters, self.categories, float(effect), coarse)[0] for effect in effects]
        )
        rows = max(1, _AT_ONCE // len(coarse))
        modes = [
            coarse[np.argmax(choices[first : first + rows] @ logarithms - coarse**2 / 2, axis=1)]
            for first in range(0, len(choices), rows)
        ]
        low, high = (float(end(np.concatenate(modes))) for end in (np.min, np.max))
        step = grid_step(sd)
        reach = _REACH + _COARSE
        return np.arange(low - reach, high + reach + step, step), step

    def _by_parameter(
        self, parts: Sequence[tuple[Floats, Floats, Floats]], columns: NDArray[np.intp], z: Floats
    ) -> tuple[Floats, Floats]:
        """Derivatives by the parameters: (choices, z, parameters) and (choices, z, parameters, parameters)."""
        categories, size = self.categories, self.size
        gradients = np.zeros((len(columns) * categories, len(z), size))
        seconds = np.zeros((len(columns) * categories, len(z), size, size))
        for wave, (column, (_, first, second)) in enumerate(zip(columns, parts, strict=True)):
            for category in range(categories):
                upper, lower = (np.zeros((len(z), size)) for _ in range(2))
                for side, threshold in ((upper, category), (lower, category - 1)):
                    if 0 <= threshold < categories - 1:
                        side[:, threshold] = 1.0
                        if column:
                            side[:, categories - 2 + column] = -1.0
                        side[:, -1] = -z
                row = wave * categories + category
                by_upper, by_lower = first[:, category]
                gradients[row] = by_upper[:, None] * upper + by_lower[:, None] * lower
                mixed = np.einsum("z,zi,zj->zij", second[2, category], upper, lower)
                seconds[row] = (
                    np.einsum("z,zi,zj->zij", second[0, category], upper, upper)
                    + np.einsum("z,zi,zj->zij", second[1, category], lower, lower)
                    + mixed + mixed.transpose(0, 2, 1)
                )  # fmt: skip
        return gradients, seconds


def fit_cumulative(likelihood: CumulativeLikelihood) -> CumulativeFit:
    """The maximum of the likelihood, by Newton's method; where several are there, the higher of those from an SD of 0 and
    from one of 1 or 2."""
    flat_fit = _ascend(likelihood, likelihood.start(), has_sd=False)
    if flat_fit.reason:
        return flat_fit
    is_edge = likelihood.curvature(flat_fit.parameters).second[-1, -1] <= 0
    start = flat_fit.parameters.copy()
    start[-1] = 2.0 if is_edge else 1.0
    start[:-1] *= np.sqrt(1 + 0.35 * start[-1] ** 2)
    fit = _ascend(likelihood, start, has_sd=True)
    if is_edge and (fit.reason or fit.log_likelihood <= flat_fit.log_likelihood + 1e-9):
        return flat_fit
    return fit


def _ascend(likelihood: CumulativeLikelihood, parameters: Floats, *, has_sd: bool) -> CumulativeFit:
    """Newton's method from some parameters. has_sd: whether the SD moves; else it stays 0."""
    free = slice(None) if has_sd else slice(0, -1)
    curvature = likelihood.curvature(parameters)
    gain = float("inf")
    for _ in range(_MOST_ITERATIONS):
        step = _step(-curvature.second[free, free], curvature.gradient[free])
        gain = float(step @ curvature.gradient[free])
        if gain < _LEAST_GAIN:
            break
        improvement = _next_point(likelihood, parameters, step, curvature, gain)
        if improvement is None:
            break
        parameters, curvature = improvement
        if reason := _without_end(parameters, likelihood.categories):
            return CumulativeFit(parameters, np.empty(0), curvature.log_likelihood, reason)
    if gain > _ROUNDING * max(1.0, abs(curvature.log_likelihood)):
        return CumulativeFit(parameters, np.empty(0), curvature.log_likelihood, "the model does not converge")
    return _at_maximum(likelihood, parameters, curvature, free)


def _at_maximum(likelihood: CumulativeLikelihood, parameters: Floats, curvature: Curvature, free: slice) -> CumulativeFit:
    if free.stop is None and parameters[-1] < 0:
        parameters = np.append(parameters[:-1], -parameters[-1])
        curvature = likelihood.curvature(parameters)
    information = -curvature.second[free, free]
    roots = np.linalg.eigvalsh(information)
    if not roots[0] > 1e-10 * roots[-1]:
        reason = "answers do not tell the parameters of the model apart"
        return CumulativeFit(parameters, np.empty(0), curvature.log_likelihood, reason)
    covariance = np.zeros((likelihood.size, likelihood.size))
    covariance[free, free] = np.linalg.inv(information)
    return CumulativeFit(parameters, covariance, curvature.log_likelihood)


def _step(information: Floats, gradient: Floats) -> Floats:
    """Newton's step; where the likelihood is not concave, along the eigenvectors by the size of its curvature."""
    values, vectors = np.linalg.eigh(information)
    sizes = np.maximum(np.abs(values), 1e-8 * max(1.0, float(np.abs(values).max())))
    return np.asarray(vectors @ ((vectors.T @ gradient) / sizes), dtype=np.float64)


def _next_point(
    likelihood: CumulativeLikelihood, parameters: Floats, step: Floats, curvature: Curvature, gain: float
) -> tuple[Floats, Curvature] | None:
    """The parameters after a step, or after half of it and so on, where the likelihood is higher; None without any.
    gain: what the step promises."""
    rounding = _ROUNDING * max(1.0, abs(curvature.log_likelihood))
    loss = rounding if gain < rounding else 0.0
    share = min(1.0, 5.0 / float(np.abs(step).max()))
    for _ in range(40):
        candidate = parameters.copy()
        candidate[: len(step)] += share * step
        if np.all(np.diff(candidate[: likelihood.categories - 1]) > 0) and abs(candidate[-1]) <= 2 * _LARGEST_SD:
            candidate_curvature = likelihood.curvature(candidate)
            if candidate_curvature.log_likelihood > curvature.log_likelihood - loss:
                return candidate, candidate_curvature
        share /= 2
    return None


def _without_end(parameters: Floats, categories: int) -> str:
    """Why some parameter has no finite estimate, or ''."""
    sd = abs(float(parameters[-1]))
    if sd > _LARGEST_SD:
        return (
            "a person's answers differ too little between waves: the variance of the random intercept has no finite estimate"
        )
    if np.abs(parameters[:-1]).max(initial=0.0) > _LARGEST_EFFECT * np.sqrt(1 + 0.35 * sd**2):
        return "groups and waves share too few of the answers: an odds ratio has no finite estimate"
    return ""


def _choices(group: Sheets, categories: int) -> Floats:
    """Which category of which wave each pattern has: (patterns, waves times categories), 1 or 0."""
    patterns, waves = group.answers.shape
    choices = np.zeros((patterns, waves * categories))
    rows, columns = np.nonzero(group.answers >= 0)
    choices[rows, columns * categories + group.answers[rows, columns]] = 1.0
    return choices
