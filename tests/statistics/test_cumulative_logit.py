"""The likelihood of cumulative logits: its derivatives against differences, its integral against another rule."""

import math

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from dagster_project.statistics.cumulative_logit import CumulativeLikelihood, Sheets, fit_cumulative

pytestmark = pytest.mark.filterwarnings("error")


def _sheets(categories: int, seed: int = 3) -> list[Sheets]:
    """Two groups in three waves, some without an answer; the first wave has one effect for both."""
    random = np.random.default_rng(seed)
    sheets = []
    for columns in ([0, 1, 2], [0, 3, 4]):
        answers = random.integers(-1, categories, (25, 3))
        answers[:4] = [[0, 0, 0], [categories - 1] * 3, [0, -1, -1], [-1, 0, categories - 1]]
        answers = answers[(answers >= 0).any(axis=1)]
        sheets.append(Sheets(answers, random.integers(1, 6, len(answers)).astype(float), np.array(columns)))
    return sheets


def _parameters(categories: int, sd: float) -> list[float]:
    return [*np.linspace(-1, 1, categories - 1), 0.3, -0.2, 0.8, 0.4, sd]


@pytest.mark.parametrize("categories", [2, 3, 5])
@pytest.mark.parametrize("sd", [0.0, 0.4, 2.0, 6.0])
def test_the_integral_is_that_of_another_rule(categories: int, sd: float) -> None:
    """Gauss and Legendre's in 72 pieces, probabilities as differences of the distribution function."""
    parameters = np.array(_parameters(categories, sd))
    sheets = _sheets(categories)
    thresholds = np.array([-math.inf, *parameters[: categories - 1], math.inf])
    effects = np.array([0.0, *parameters[categories - 1 : -1]])
    nodes, weights = np.polynomial.legendre.leggauss(40)
    z = (np.arange(-9, 9, 0.25)[:, None] + (nodes + 1) / 8).ravel()
    measure = np.tile(weights / 8, 72) * norm.pdf(z)
    total = 0.0
    for group in sheets:
        for answers, n in zip(group.answers, group.n, strict=True):
            product = np.ones_like(z)
            for answer, column in zip(answers, group.columns, strict=True):
                eta = effects[column] + sd * z
                if answer >= 0:
                    product *= expit(thresholds[answer + 1] - eta) - expit(thresholds[answer] - eta)
            total += float(n) * math.log(float(measure @ product))
    value = CumulativeLikelihood(sheets, 5, categories).curvature(parameters).log_likelihood
    assert value == pytest.approx(total, rel=1e-11)


@pytest.mark.parametrize("categories", [2, 3, 5])
def test_derivatives_are_those_of_differences(categories: int) -> None:
    likelihood = CumulativeLikelihood(_sheets(categories), 5, categories)
    parameters, width = np.array(_parameters(categories, 1.3)), 1e-5
    curvature = likelihood.curvature(parameters)
    for index, direction in enumerate(np.eye(likelihood.size)):
        ends = [likelihood.curvature(parameters + sign * width * direction) for sign in (1, -1)]
        slope = (ends[0].log_likelihood - ends[1].log_likelihood) / (2 * width)
        assert curvature.gradient[index] == pytest.approx(slope, rel=1e-6, abs=1e-6)
        bend = (ends[0].gradient - ends[1].gradient) / (2 * width)
        assert curvature.second[index] == pytest.approx(bend, rel=1e-6, abs=1e-5)


def test_at_the_maximum_the_gradient_is_0() -> None:
    likelihood = CumulativeLikelihood(_sheets(3), 5, 3)
    fit = fit_cumulative(likelihood)
    assert not fit.reason
    assert likelihood.curvature(fit.parameters).gradient == pytest.approx(np.zeros(likelihood.size), abs=1e-8)
