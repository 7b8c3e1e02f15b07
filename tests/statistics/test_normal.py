"""Maximum likelihood with missing waves and Little's test against R, and what cannot be estimated."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import scipy
from numpy.typing import NDArray

from dagster_project.statistics import fit_normal, impute_change, little_mcar, patterns_of

Matrix = NDArray[np.float64]
Said = dict[tuple[str, str], dict[tuple[str, str], float]]
pytestmark = pytest.mark.filterwarnings("error")


def _agrees(ours: float, theirs: float, tolerance: float, label: object) -> None:
    assert ours == pytest.approx(theirs, rel=tolerance, abs=0, nan_ok=True), label


def test_maximum_likelihood_and_littles_test_are_what_r_says(
    matrix_of: Callable[..., Matrix], witness: Callable[[str], Said]
) -> None:
    """R's EM goes person by person, and lavaan stands beside it where it answers."""
    compared = 0
    for sample_key, values in witness("normal").items():
        expected = {name: value for (kind, name), value in values.items() if kind != "data"}
        matrix = matrix_of(sample_key, values)
        patterns = patterns_of(matrix)
        fitted, test = fit_normal(patterns), little_mcar(patterns)
        assert fitted.reason == test.reason == ""
        sds = np.sqrt(np.diag(fitted.covariance))
        for first in range(matrix.shape[1]):
            _agrees(fitted.mean[first], expected[f"mean_{first + 1}"], 1e-6, sample_key)
            for second in range(first, matrix.shape[1]):
                theirs = expected[f"covariance_{first + 1}_{second + 1}"]
                assert fitted.covariance[first, second] == pytest.approx(theirs, abs=1e-6 * sds[first] * sds[second]), (
                    sample_key
                )
        assert (test.n_patterns, test.df) == (expected["patterns"], expected["df"])
        _agrees(test.chi_square, expected["chi_square"], 1e-6, sample_key)
        _agrees(test.p, expected["p"], 1e-5, sample_key)
        if "lavaan_chi_square" in expected:
            _agrees(test.chi_square, expected["lavaan_chi_square"], 1e-4, sample_key)
        compared += 1
    assert compared == 30


@pytest.mark.parametrize(
    ("matrix", "reason"),
    [
        (np.empty((0, 2)), "nobody has a score"),
        ([[1, 2], [2, 3], [4, 1]], "too few people"),
        ([[1, np.nan]] * 3 + [[np.nan, 2]] * 3, "two waves have hardly anybody in common"),
        ([[1, 2], [1, 3], [1, 5], [1, np.nan], [np.nan, 3]], "no variation in a wave"),
        ([[1, 2], [2, 4], [3, 6], [4, 8], [np.nan, 3]], "the waves do not vary independently of one another"),
    ],
)
def test_what_cannot_be_estimated_is_said(matrix: list[list[float]], reason: str) -> None:
    patterns = patterns_of(np.array(matrix, dtype=float))
    assert fit_normal(patterns).reason == reason
    result = impute_change(patterns, 2, [(1, -1)], seed=1)
    assert (result.reason, result.contrasts[0].reason) == (reason, reason)
    assert math.isnan(result.contrasts[0].p)


def test_littles_test_of_one_pattern_has_no_answer() -> None:
    test = little_mcar(patterns_of(np.random.default_rng(1).normal(size=(9, 3))))
    assert (test.n_patterns, test.reason) == (1, "everybody has a score in the same waves")
    assert little_mcar([]).reason == "nobody has a score"


def test_people_for_whom_other_waves_were_planned_are_a_group_of_their_own() -> None:
    generator = np.random.default_rng(2)
    matrix = generator.normal(5, 1, (60, 1)) + generator.normal(0, 1, (60, 3))
    matrix[generator.random((60, 3)) < 0.2] = np.nan
    matrix[30:, 2] = np.nan
    of_all, of_two = patterns_of(matrix[:30]), patterns_of(matrix[30:, :2])
    of_two = [replace(pattern, planned=(0, 1)) for pattern in of_two]
    test = little_mcar([*of_all, *of_two])
    singles = [little_mcar(of_all), little_mcar(of_two)]
    assert test.chi_square == pytest.approx(sum(single.chi_square for single in singles), rel=1e-12)
    assert test.df == sum(single.df for single in singles)
    assert test.p == pytest.approx(scipy.stats.chi2.sf(test.chi_square, test.df), rel=1e-12)
    complete = replace(of_two[-1], n=9)
    assert little_mcar([*of_all, complete]).chi_square == pytest.approx(singles[0].chi_square, rel=1e-12)
    everybody_complete = [replace(complete, planned=None), complete]
    reason = "everybody has a score in the waves planned for them, or misses the same"
    assert (little_mcar(everybody_complete).reason, little_mcar(everybody_complete).n_patterns) == (reason, 2)
