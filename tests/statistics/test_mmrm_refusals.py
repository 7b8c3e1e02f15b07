"""What the mixed model for repeated measures refuses, and any small table."""

import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dagster_project.statistics import Mmrm, fit_mmrm, patterns_of
from dagster_project.statistics.mmrm_covariance import STRUCTURES, Structure
from dagster_project.statistics.mmrm_design import BASELINES, Baseline
from dagster_project.statistics.mmrm_inference import Information

Matrix = NDArray[np.float64]
pytestmark = pytest.mark.filterwarnings("error")
nan = math.nan


EMPTY: Matrix = np.empty((0, 3))
SOME = np.array([[1, 2, 4], [2, 3, 3], [4, 3, 6], [3, 5, 4], [2, 2, 5]], dtype=float)
NO_THIRD = np.array([[1, 2, nan], [2, 3, nan], [4, 3, nan], [3, 5, nan]])


@pytest.mark.parametrize(
    ("groups", "baseline", "structure", "reason"),
    [
        ([EMPTY], "free", "unstructured", "nobody has a score"),
        ([SOME, EMPTY], "free", "unstructured", "nobody in group 2 has a score"),
        ([SOME, SOME[:, :1]], "covariate", "ar1", "nobody in group 2 has a score in the first wave and a later one"),
        ([NO_THIRD, NO_THIRD], "free", "ar1", "nobody has a score in wave 3"),
        (
            [np.array([[1, 2, nan], [2, 3, nan], [4, 3, nan], [3, nan, 5], [2, nan, 6], [2, nan, 7]])],
            "free",
            "unstructured",
            "nobody has a score in both wave 2 and wave 3: their covariance is not known",
        ),
        ([SOME[:3]], "free", "unstructured", "too few people for an unstructured covariance: 3, where 4 are needed"),
        ([SOME, SOME[:1] + 1], "covariate", "unstructured", None),
        ([np.full((9, 3), 7.0)], "free", "unstructured", "no variation"),
        ([SOME * [1, 0, 1]], "free", "heterogeneous_ar1", "no variation in wave 2 within groups"),
        ([SOME[:1]], "free", "ar1", "as many means as scores: nothing is left to estimate their spread"),
        (
            [SOME * [0, 1, 1]],
            "covariate",
            "ar1",
            "the baseline varies too little within groups for a slope on each wave",
        ),
        (
            [np.array([[1, 2, 3], [2, 4, 6], [4, 8, 12], [3, 6, 9], [7, 14, 21]])],
            "free",
            "unstructured",
            "the covariance is singular: the waves do not vary independently of one another",
        ),
        (
            [np.array([[1, nan, nan], [2, nan, nan], [nan, 1, nan], [nan, 4, nan], [nan, nan, 1], [nan, nan, 3]])],
            "free",
            "compound_symmetry",
            "too few people have the same waves to estimate the covariance",
        ),
    ],
)
def test_a_model_that_cannot_be_fitted_is_refused_by_name(
    groups: list[Matrix], baseline: Baseline, structure: Structure, reason: str | None
) -> None:
    weight = np.zeros((len(groups), 3))
    weight[0, 1:] = 1, -1
    model = fit_mmrm([patterns_of(group) for group in groups], 3, [weight], baseline=baseline, structure=structure)
    if reason is None:
        assert model.has_converged
        return
    assert (model.reason, model.has_converged, model.covariance.size) == (reason, False, 0)
    assert math.isnan(model.contrasts[0].satterthwaite.estimate)
    assert math.isnan(model.means[0][1].kenward_roger.p)


def test_what_cannot_be_asked_is_refused() -> None:
    """Every message whole."""
    groups = [patterns_of(SOME), patterns_of(SOME + 1)]

    def refusal(**changed: object) -> str:
        arguments: dict[str, object] = {"groups": groups, "waves": 3, "contrasts": [], "baseline": "free"} | changed
        with pytest.raises(ValueError) as raised:
            fit_mmrm(**arguments)  # type: ignore[arg-type]
        return str(raised.value)

    assert refusal(baseline="first") == "the baseline cannot be 'first'; give one of free, constrained, covariate"
    assert refusal(information="both") == "there is no information 'both'; give one of observed, expected"
    assert refusal(level=95) == "level 95 is not between 0 and 1; give e.g. 0.95"
    assert refusal(structure="diagonal") == (
        "there is no covariance structure 'diagonal'; give one of unstructured, compound_symmetry, "
        "heterogeneous_compound_symmetry, ar1, heterogeneous_ar1, toeplitz, heterogeneous_toeplitz"
    )
    assert refusal(baseline_reference=3.0) == "a baseline_reference is given, but the baseline is no covariate; leave it out"
    assert refusal(waves=1, baseline="covariate") == (
        "there are 1 waves; give one, or, where the baseline is a covariate, two or more"
    )
    assert refusal(contrasts=[(1, 0, -1)]) == (
        "a contrast has not one weight for each of 2 groups and 3 waves; give as many"
    )
    assert refusal(contrasts=[np.zeros((2, 3))]) == (
        "a contrast weighs every mean with 0; give at least one weight that is not 0"
    )
    assert refusal(contrasts=[[[1, 0, -1], [0, 0, 0]]], baseline="covariate") == (
        "a contrast weighs the first wave, which is a covariate; give it 0: a change has the same contrast"
    )
    assert refusal(contrasts=[[[1, 0, 0], [-1, 0, 0]]], baseline="constrained") == (
        "a contrast compares groups in the first wave, where their means are constrained; leave it out"
    )


def test_a_cell_without_anybody_takes_only_its_own_numbers_along() -> None:
    second = SOME + np.array([0, 1, 2])
    second[:, 2] = nan
    difference = [[[0, 1, 0], [0, -1, 0]], [[0, 0, 1], [0, 0, -1]]]
    model = fit_mmrm([patterns_of(SOME), patterns_of(second)], 3, difference, baseline="free", structure="ar1")
    assert model.reason == "nobody in group 2 has a score in wave 3"
    assert model.has_converged
    assert not math.isnan(model.contrasts[0].kenward_roger.p)
    assert math.isnan(model.contrasts[1].satterthwaite.estimate)
    assert math.isnan(model.means[1][2].satterthwaite.se)


def _all_numbers(model: Mmrm) -> list[float]:
    estimates = [*(estimate for means in model.means for estimate in means), *model.contrasts, *model.slopes]
    return [
        number
        for both in estimates
        for one in (both.satterthwaite, both.kenward_roger)
        for number in (one.estimate, one.se, one.df, one.t, one.p, one.ci_low, one.ci_high)
    ]


TABLES = st.integers(1, 4).flatmap(
    lambda waves: st.lists(
        st.lists(st.lists(st.none() | st.integers(0, 3), min_size=waves, max_size=waves), min_size=1, max_size=9),
        min_size=1,
        max_size=3,
    )
)


@pytest.mark.slow
@settings(deadline=None, max_examples=150)
@given(TABLES, st.sampled_from(STRUCTURES), st.sampled_from(BASELINES), st.sampled_from(get_args(Information)))
def test_any_small_table_has_an_answer_or_a_reason(
    tables: list[list[list[int | None]]], structure: Structure, baseline: Baseline, information: Information
) -> None:
    matrices = [
        np.array([[nan if value is None else value for value in row] for row in table], dtype=float) for table in tables
    ]
    waves = matrices[0].shape[1]
    if waves == 1 and baseline == "covariate":
        baseline = "free"
    weight = np.zeros((len(matrices), waves))
    weight[0, -1] = 1
    groups = [patterns_of(matrix) for matrix in matrices]
    model = fit_mmrm(groups, waves, [weight], baseline=baseline, structure=structure, information=information)
    assert model.has_converged or model.reason
    numbers = np.array(_all_numbers(model)).reshape(-1, 7)
    assert all(np.isnan(row).all() or not np.isnan(row).any() for row in numbers), "a number without its interval"
    assert all(np.isnan(row[2]) or (row[2] > 0 and row[1] > 0) for row in numbers)
