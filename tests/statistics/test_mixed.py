"""The mixed model against R on 32 data sets of two to five waves, its refusals, and what must hold whatever the numbers are."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dagster_project.statistics import mixed_model, patterns_of

Matrix = NDArray[np.float64]
Scores = dict[tuple[str, str], Matrix]
Said = dict[tuple[str, str], dict[tuple[str, str], float]]
pytestmark = pytest.mark.filterwarnings("error")


def _agrees(ours: float, theirs: float, tolerance: float, label: object) -> None:
    assert ours == pytest.approx(theirs, rel=tolerance, abs=0, nan_ok=True), label


#: Beside R's exact answer; lmerTest's own differences are finite and lose digits where people lie far apart.
LMERTEST = {"df": 1e-6, "se": 1e-6, "p": 1e-5}


def test_the_mixed_model_is_what_r_says(matrix_of: Callable[..., Matrix], witness: Callable[[str], Said]) -> None:
    """Against the exact likelihood in R to 1e-6, and against lmerTest's own words, whose derivatives are finite differences."""
    fitted, reference_count = 0, 0
    for sample_key, expected in witness("mixed").items():
        matrix = matrix_of(sample_key, expected)
        waves = matrix.shape[1]
        names, weights = [], []
        for first in range(waves):
            for second in range(first + 1, waves):
                names.append(f"t{first + 1}-t{second + 1}")
                weights.append(np.eye(waves)[first] - np.eye(waves)[second])
        if waves == 5:
            names.append("trend")
            weights.append(np.array([-2, -1, 0, 1, 2]) / 10)
        model = mixed_model(patterns_of(matrix), waves, weights)
        assert model.has_converged
        _agrees(model.sd_between, expected["", "sd_between"], 1e-6, sample_key)
        _agrees(model.sd_within, expected["", "sd_within"], 1e-6, sample_key)
        _agrees(model.log_restricted_likelihood, expected["", "log_likelihood"], 1e-9, sample_key)
        names_of_all = [f"mean_{wave + 1}" for wave in range(waves)] + names
        for name, ours in zip(names_of_all, (*model.means, *model.contrasts), strict=True):
            for statistic in ("estimate", "se", "df", "t", "p", "ci_low", "ci_high"):
                _agrees(getattr(ours, statistic), expected[name, statistic], 1e-6, (sample_key, name, statistic))
            if sample_key[1] not in ("people_far_apart", "far_from_zero"):
                for statistic, tolerance in LMERTEST.items():
                    if expected[name, "lmertest_p"] > 1e-12:
                        theirs = expected[name, f"lmertest_{statistic}"]
                        _agrees(getattr(ours, statistic), theirs, tolerance, (sample_key, name, statistic))
                        reference_count += 1
        fitted += 1
    assert fitted == 32
    assert reference_count >= 300


@pytest.mark.parametrize(
    ("matrix", "reason"),
    [
        (np.empty((0, 3)), "nobody has a score"),
        (np.full((4, 3), np.nan), "nobody has a score"),
        ([[1, np.nan, np.nan], [np.nan, 2, np.nan]], "nobody has a score in two waves"),
        ([[1, 2, np.nan]], "as many means as scores: nothing is left to estimate their spread"),
        ([[3, 3, 3], [3, 3, 3]], "no variation"),
        ([[1, 2, 4], [2, 3, 5], [7, 8, 10]], "the model does not converge: no variation within people"),
    ],
)
def test_a_model_that_cannot_be_fitted_is_refused_by_name(matrix: list[list[float]], reason: str) -> None:
    model = mixed_model(patterns_of(np.array(matrix, dtype=float)), 3, [(1, -1, 0)])
    assert (model.reason, model.has_converged) == (reason, False)
    assert math.isnan(model.contrasts[0].estimate)
    assert math.isnan(model.means[0].p)


def test_a_wave_without_anybody_takes_only_its_own_numbers_along() -> None:
    matrix = np.array([[1, 2, np.nan], [4, 3, np.nan], [2, 5, np.nan], [7, np.nan, np.nan]])
    model = mixed_model(patterns_of(matrix), 3, [(1, -1, 0), (1, 0, -1)])
    two = mixed_model(patterns_of(matrix[:, :2]), 2, [(1, -1)])
    assert model.contrasts[0] == two.contrasts[0]
    assert math.isnan(model.contrasts[1].estimate)
    assert math.isnan(model.means[2].estimate)
    assert model.n_observations == 7
    with pytest.raises(ValueError, match=r"^a contrast has not one weight for each of the 3 waves; give as many$"):
        mixed_model(patterns_of(matrix), 3, [(1, -1)])


def test_complete_pairs_give_the_paired_t_test() -> None:
    """With two waves and nobody missing the model is the paired t test, where people differ beyond chance."""
    generator = np.random.default_rng(8)
    base = generator.normal(50, 9, 30)
    pairs = np.stack([base + generator.normal(0, 3, 30), base + 1 + generator.normal(0, 3, 30)], axis=1)
    contrast = mixed_model(patterns_of(pairs), 2, [(1, -1)]).contrasts[0]
    change = pairs[:, 0] - pairs[:, 1]
    assert contrast.estimate == pytest.approx(change.mean(), rel=1e-9)
    assert contrast.se == pytest.approx(change.std(ddof=1) / math.sqrt(30), rel=1e-6)
    assert contrast.df == pytest.approx(29, rel=1e-6)


def test_large_values_lose_no_digits(scores: Scores) -> None:
    matrix = scores["awkward", "prorated"]
    original = mixed_model(patterns_of(matrix), 3, [(1, -1, 0)]).contrasts[0]
    shifted = mixed_model(patterns_of(matrix + 1e6), 3, [(1, -1, 0)]).contrasts[0]
    assert (shifted.estimate, shifted.se, shifted.df, shifted.p) == pytest.approx(
        (original.estimate, original.se, original.df, original.p), rel=1e-6
    )


def test_variances_that_the_design_cannot_tell_apart_are_refused() -> None:
    """One person with both waves beside people with the first alone: any ratio of variances fits as well."""
    nan = math.nan
    model = mixed_model(patterns_of(np.array([[1, 4], [2.5, nan], [7, nan], [3, nan]])), 2, [(1, -1)])
    assert model.reason == "too few people have two waves to estimate both variances"
    with pytest.raises(ValueError, match=r"^a contrast weighs every wave with 0; give at least one weight that is not 0$"):
        mixed_model(patterns_of(np.array([[1.0, 4.0]])), 2, [(0, 0)])


@settings(deadline=None, max_examples=150)
@given(
    st.integers(1, 4).flatmap(
        lambda waves: st.lists(
            st.lists(st.none() | st.integers(0, 3), min_size=waves, max_size=waves), min_size=1, max_size=12
        )
    )
)
def test_any_small_table_has_an_answer_or_a_reason(table: list[list[int | None]]) -> None:
    matrix = np.array([[math.nan if value is None else value for value in row] for row in table], dtype=float)
    waves = matrix.shape[1]
    contrasts = [np.eye(waves)[0] - np.eye(waves)[wave] for wave in range(1, waves)]
    model = mixed_model(patterns_of(matrix), waves, contrasts)
    assert model.has_converged or model.reason
    for estimate in (*model.means, *model.contrasts):
        numbers = (estimate.estimate, estimate.se, estimate.df, estimate.t, estimate.p, estimate.ci_low, estimate.ci_high)
        assert len({math.isnan(number) for number in numbers}) == 1, "a number without its interval"
        assert math.isnan(estimate.df) or estimate.df > 0
