"""Maximum likelihood with missing waves and Little's test against R, and what cannot be estimated."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from dagster_project.statistics import fit_normal, impute_change, little_mcar, patterns_of

Matrix = NDArray[np.float64]
Said = dict[tuple[str, str], dict[tuple[str, str], float]]
pytestmark = pytest.mark.filterwarnings("error")


def _agrees(ours: float, theirs: float, tolerance: float, place: object) -> None:
    assert ours == pytest.approx(theirs, rel=tolerance, abs=0, nan_ok=True), place


def test_maximum_likelihood_and_littles_test_are_what_r_says(
    matrix_of: Callable[..., Matrix], witness: Callable[[str], Said]
) -> None:
    """R's EM goes person by person, and lavaan stands beside it where it answers."""
    compared = 0
    for place, said in witness("normal").items():
        of = {name: value for (kind, name), value in said.items() if kind != "data"}
        matrix = matrix_of(place, said)
        patterns = patterns_of(matrix)
        fitted, test = fit_normal(patterns), little_mcar(patterns)
        assert fitted.reason == test.reason == ""
        spread = np.sqrt(np.diag(fitted.covariance))
        for one in range(matrix.shape[1]):
            _agrees(fitted.mean[one], of[f"mean_{one + 1}"], 1e-6, place)
            for other in range(one, matrix.shape[1]):
                theirs = of[f"covariance_{one + 1}_{other + 1}"]
                assert fitted.covariance[one, other] == pytest.approx(theirs, abs=1e-6 * spread[one] * spread[other]), place
        assert (test.n_patterns, test.df) == (of["patterns"], of["df"])
        _agrees(test.chi_square, of["chi_square"], 1e-6, place)
        _agrees(test.p, of["p"], 1e-5, place)
        if "lavaan_chi_square" in of:
            _agrees(test.chi_square, of["lavaan_chi_square"], 1e-4, place)
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
    found = impute_change(patterns, 2, [(1, -1)], seed=1)
    assert (found.reason, found.contrasts[0].reason) == (reason, reason)
    assert math.isnan(found.contrasts[0].p)


def test_littles_test_of_one_pattern_has_no_answer() -> None:
    test = little_mcar(patterns_of(np.random.default_rng(1).normal(size=(9, 3))))
    assert (test.n_patterns, test.reason) == (1, "everybody has a score in the same waves")
    assert little_mcar([]).reason == "nobody has a score"
