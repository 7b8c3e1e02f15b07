"""Groups compared after imputation within groups: against R, the complete data, and one another; refusals and reasons."""

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from dagster_project.statistics import (
    Comparison,
    CompletedPair,
    GroupImputation,
    Method,
    Pattern,
    ancova,
    imputations_needed,
    mean_difference,
    patterns_of,
    pooled_difference,
    pooled_sd,
    reference_distribution,
    tipping_point,
)

Matrix = NDArray[np.float64]
Values = dict[tuple[str, str], float]
Said = dict[tuple[str, str], Values]
pytestmark = pytest.mark.filterwarnings("error")
METHODS: tuple[Method, ...] = ("missing_at_random", "jump_to_reference", "copy_increments")
ANALYSES = {"welch": False, "ancova": True}


@pytest.fixture(scope="module")
def said(witness: Callable[[str], Said]) -> Said:
    return witness("sensitivity")


def _matrix(values: dict[str, float], name: str) -> Matrix:
    cells = {tuple(map(int, key.split("-")[1:])): value for key, value in values.items() if key.startswith(f"{name}-")}
    return np.array(
        [
            [cells[row, column] for column in range(1, 1 + max(cell[1] for cell in cells))]
            for row in range(1, 1 + max(cell[0] for cell in cells))
        ]
    )


def _by_contrast(values: Values) -> dict[str, dict[str, float]]:
    contrasts: dict[str, dict[str, float]] = defaultdict(dict)
    for (contrast, statistic), value in values.items():
        contrasts[contrast][statistic] = value
    return contrasts


def _patterns(values: Values) -> list[list[Pattern]]:
    groups: dict[str, list[Pattern]] = defaultdict(list)
    for label, moments in _by_contrast(values).items():
        group, waves = label.split("-")
        mean, products = _matrix(moments, "mean")[0], _matrix(moments, "products")
        groups[group].append(Pattern(tuple(int(wave) - 1 for wave in waves.split()), int(moments["n"]), mean, products))
    return [groups[group] for group in sorted(groups)]


def test_people_after_their_last_score_are_as_two_regressions_in_r_say(said: Said) -> None:
    inputs = _by_contrast(said["conditional", "inputs"])
    own, reference = (
        (_matrix(inputs[name], "mean")[0], _matrix(inputs[name], "covariance")) for name in ("group", "reference")
    )
    compared = 0
    for method in METHODS:
        for label, values in _by_contrast(said["conditional", method]).items():
            waves = [int(wave) - 1 for wave in label.split()]
            absent = [wave for wave in range(4) if wave not in waves]
            mean, covariance = reference_distribution(*own, *reference, max(waves), method)
            slopes = np.linalg.solve(covariance[np.ix_(waves, waves)], covariance[np.ix_(waves, absent)]).T
            expected = mean[absent] + slopes @ (_matrix(values, "scores")[0] - mean[waves])
            assert expected == pytest.approx(_matrix(values, "mean")[0], rel=1e-12), (method, label)
            spread = covariance[np.ix_(absent, absent)] - slopes @ covariance[np.ix_(waves, absent)]
            assert spread == pytest.approx(_matrix(values, "covariance"), rel=1e-10, abs=1e-10), (method, label)
            compared += 1
    assert compared == 24


def test_pooled_differences_are_what_mice_makes_of_r_s_tests(said: Said) -> None:
    moments: dict[str, list[dict[str, float]]] = defaultdict(list)
    for label, values in _by_contrast(said["pooled", "moments"]).items():
        moments[label.split("-")[0]].append(values)
    pairs = [
        CompletedPair(
            int(sets[0]["n"]), 1, np.array([_matrix(values, "mean")[0] for values in sets]),
            np.array([_matrix(values, "products") for values in sets]), 0.0, np.zeros((len(sets), 2)), "",
        )
        for _, sets in sorted(moments.items())
    ]  # fmt: skip
    for name, is_adjusted in ANALYSES.items():
        result, expected = pooled_difference(Comparison(pairs, 1, 1, is_adjusted)), said["pooled", name]
        ours = {
            "estimate": result.pooled.estimate, "variance": result.pooled.se**2, "df": result.pooled.df,
            "fmi": result.pooled.fmi, "p": result.pooled.p, "error": result.error, "p_error": result.p_error,
        }  # fmt: skip
        for statistic, value in ours.items():
            assert value == pytest.approx(expected["2", statistic], rel=1e-9), (name, statistic)
    # The other direction is the same with the other sign.
    down, up = (pooled_difference(Comparison(pairs, 1, sign, True)).pooled for sign in (1, -1))
    assert (up.estimate, up.se, up.p) == pytest.approx((-down.estimate, down.se, down.p), rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("dataset", ["balanced", "tiny", "BtheB", "fdd"])
def test_the_whole_is_that_of_augmentation_person_by_person(said: Said, dataset: str) -> None:
    """Within four Monte Carlo standard errors, R's own among them, as in test_imputation."""
    draws, delta = 3000, said[dataset, "delta"]["", "delta"]
    groups = _patterns(said[dataset, "patterns"])
    last = max(wave for pattern in groups[0] for wave in pattern.waves)
    imputation = GroupImputation(groups, imputations=draws, seed=1)
    compared = 0
    for label, expected in _by_contrast(said[dataset, "whole"]).items():
        scenario, name = label.split()
        method: Method = "missing_at_random" if scenario == "delta" else scenario  # type: ignore[assignment]
        comparison = Comparison(imputation.pairs(0, last, method), 1, 1, ANALYSES[name])
        if scenario == "delta":
            comparison = comparison.shifted([0.0, *(delta for _ in groups[1:])])
        estimates, variances, _, reason = comparison.estimates()
        assert reason == ""
        error_factor = 1 / draws + 1 / expected["ess"]
        assert estimates.mean() == pytest.approx(expected["q"], abs=4 * math.sqrt(expected["b"] * error_factor)), label
        of_u, of_b = math.sqrt(expected["var_u"] * error_factor), math.sqrt(expected["var_b"] * error_factor)
        assert variances.mean() == pytest.approx(expected["u"], abs=4 * of_u), label
        assert estimates.var(ddof=1) == pytest.approx(expected["b"], abs=4 * of_b), label
        result = pooled_difference(comparison)
        assert result.error == pytest.approx(math.sqrt(expected["b"] / draws), rel=0.2), label
        compared += 1
    assert compared == 8


def _scores(n: int, fall: float, seed: int, drop: float = 0.15, gaps: float = 0.1, waves: int = 4) -> Matrix:
    generator = np.random.default_rng(seed)
    matrix = generator.normal(20, 5, (n, 1)) - fall * np.arange(waves) + generator.normal(0, 3, (n, waves))
    for wave in range(1, waves):
        matrix[generator.random(n) < drop, wave:] = np.nan
    matrix[generator.random(n) < gaps, 1] = np.nan
    return matrix


def _groups(seed: int = 3) -> list[Matrix]:
    return [_scores(60, 0.3, seed), _scores(45, 1.8, seed + 1, 0.2), _scores(38, 1.2, seed + 2)]


def _imputed(matrices: list[Matrix], imputations: int = 60, seed: int = 5) -> GroupImputation:
    return GroupImputation([patterns_of(matrix) for matrix in matrices], imputations=imputations, seed=seed)


def test_with_nothing_missing_every_scenario_is_the_analysis_of_the_complete_data() -> None:
    matrices = [matrix[np.isfinite(matrix).all(axis=1)] for matrix in _groups()]
    imputation = _imputed(matrices)
    changes = [matrix[:, 3] - matrix[:, 0] for matrix in matrices]
    moments = [
        (len(matrix), [change.mean(), matrix[:, 0].mean()], np.cov(change, matrix[:, 0]) * (len(matrix) - 1))
        for matrix, change in zip(matrices, changes, strict=True)
    ]
    model = ancova(*zip(*moments, strict=True), ["the score at baseline"])  # type: ignore[arg-type]
    summaries = [(len(change), change.mean(), change.std(ddof=1)) for change in changes]
    welch = mean_difference(*summaries[1], *summaries[0])
    for method in METHODS:
        pairs = imputation.pairs(0, 3, method)
        for is_adjusted in (False, True):
            comparison = Comparison(pairs, 1, -1, is_adjusted)
            result = pooled_difference(comparison)
            if is_adjusted:
                expected = (model.difference[1], model.se[1], model.df, model.p[1], model.ci_low[1], model.ci_high[1])
            else:
                expected = (
                    welch.difference[0], welch.se[0], welch.df[0], welch.p[0], welch.ci_low[0], welch.ci_high[0],
                )  # fmt: skip
            pooled = result.pooled
            ours = (pooled.estimate, pooled.se, pooled.df, pooled.p, pooled.ci_low, pooled.ci_high)
            assert ours == pytest.approx(expected, rel=1e-12)
            assert (result.n_imputed, pooled.fmi, result.error, result.p_error) == (0, 0.0, 0.0, 0.0)
            assert pooled_difference(comparison.shifted([0.0, 3.0, 3.0])) == result
            point = tipping_point(comparison, [False, True, True], -1, 25.0)
            assert (math.isnan(point.delta), point.reason) == (True, "nobody's score at follow-up is imputed")


def test_a_delta_of_zero_changes_nothing_and_any_other_what_it_does_person_by_person() -> None:
    imputation = _imputed(_groups())
    for is_adjusted in (False, True):
        comparison = Comparison(imputation.pairs(0, 3, "missing_at_random"), 1, 1, is_adjusted)
        assert pooled_difference(comparison.shifted([0.0, 0.0, 0.0])) == pooled_difference(comparison)
    # People who are there anyway: their moments, shifted, are those of shifted people.
    generator = np.random.default_rng(2)
    people = generator.normal(10, 2, (40, 2))
    is_imputed = np.arange(40) < 13
    centred = people - people.mean(axis=0)
    pair = CompletedPair(
        40, 13, people.mean(axis=0)[None], (centred.T @ centred)[None], 13 / 40, centred[is_imputed].sum(axis=0)[None], ""
    )
    people[is_imputed, 1] += 1.7
    shifted, centred = pair.shifted(1.7), people - people.mean(axis=0)
    assert shifted.mean[0] == pytest.approx(people.mean(axis=0), rel=1e-13)
    assert shifted.cross_products[0] == pytest.approx(centred.T @ centred, rel=1e-13)
    several = pair.shifted(np.array([0.0, 1.7]))
    assert (several.mean[0] == pair.mean).all()
    assert (several.cross_products[1] == shifted.cross_products).all()


def test_a_group_that_is_like_the_reference_goes_on_like_itself() -> None:
    """With the same scores in both groups, up to the draws; and before the last score nothing is of the reference."""
    matrix = _scores(400, 1.0, 9)
    imputation = _imputed([matrix, matrix], imputations=200)
    at_random = pooled_difference(Comparison(imputation.pairs(0, 3, "missing_at_random"), 1, 1, False))
    for method in METHODS[1:]:
        result = pooled_difference(Comparison(imputation.pairs(0, 3, method), 1, 1, False))
        assert result.pooled.estimate == pytest.approx(at_random.pooled.estimate, abs=0.15)
    # Only the second wave is missing, in people who came back: the reference has no say.
    matrices = _groups()
    for order in range(3):
        matrices[order] = np.where(np.arange(4) == 1, matrices[order], _scores(len(matrices[order]), 1.0, order, 0.0, 0.0))
    imputation = _imputed(matrices)
    same = {pooled_difference(Comparison(imputation.pairs(0, 1, method), 1, 1, True)).pooled.estimate for method in METHODS}
    assert len(same) == 1


@pytest.mark.slow
def test_seed_and_number_of_data_sets_make_the_numbers() -> None:
    first, again, other = (
        pooled_difference(Comparison(_imputed(_groups(), seed=seed).pairs(0, 3, "copy_increments"), 2, 1, True))
        for seed in (5, 5, 6)
    )
    assert first == again
    assert first != other
    assert abs(first.pooled.estimate - other.pooled.estimate) < 5 * math.hypot(first.error, other.error)
    for imputations, seed in ((1, 1), (5, -1)):
        with pytest.raises(
            ValueError,
            match=rf"^imputations {imputations} or seed {seed}: give two data sets or more, and a seed of 0 or more",
        ):
            GroupImputation([], imputations=imputations, seed=seed)


def test_the_more_is_missing_the_more_data_sets_are_drawn(said: Said) -> None:
    compared = 0
    for (dataset, fmi), values in said.items():
        for (pilot, error), needed in values.items() if dataset == "needed" else ():
            assert imputations_needed([math.nan, 0.01, float(fmi)], int(pilot), float(error)) == needed, (fmi, pilot, error)
            compared += 1
    assert compared == 16
    assert imputations_needed([], 50) == imputations_needed([math.nan, 0.0], 50) == 2
    assert imputations_needed([1.0], 50) == 201


@pytest.mark.parametrize("is_adjusted", [False, True])
@pytest.mark.slow
def test_at_the_tipping_point_p_is_alpha_and_before_it_below(is_adjusted: bool) -> None:
    comparison = Comparison(_imputed(_groups()).pairs(0, 3, "missing_at_random"), 1, 1, is_adjusted)
    is_shifted = [False, True, True]
    for alpha in (0.05, 0.01):
        point = tipping_point(comparison, is_shifted, 1, 25.0, alpha)
        assert point.reason == ""
        assert point.delta > 0
        for share in (0.2, 0.5, 0.99, 1.0):
            shifted = comparison.shifted([0.0, share * point.delta, share * point.delta])
            p = pooled_difference(shifted).pooled.p
            assert p == pytest.approx(alpha, rel=1e-9) if share == 1 else p < alpha
    assert tipping_point(comparison, is_shifted, -1, 1.0).reason == "p stays below 0.05 up to a shift by 1"
    assert tipping_point(comparison, is_shifted, 1, 25.0, 1e-12).reason == (
        "p is not below 1e-12 without a shift: there is nothing to tip"
    )
    assert tipping_point(comparison, is_shifted, 1, math.nan).reason == (
        "no variation at baseline: there is no range to look in"
    )
    # Downwards the sign is in the shift.
    mirrored = [-matrix for matrix in _groups()]
    of_mirror = Comparison(_imputed(mirrored).pairs(0, 3, "missing_at_random"), 1, 1, is_adjusted)
    assert tipping_point(of_mirror, is_shifted, -1, 25.0).delta < 0


@pytest.mark.slow
def test_what_cannot_be_completed_or_compared_has_a_reason() -> None:
    full, gaps = _scores(30, 1.0, 1, 0.0, 0.0), _scores(30, 1.0, 2, 0.3)
    few = np.array([[20.0, 18, 17, 16], [22, 19, np.nan, np.nan], [21, np.nan, 17, 15], [25, 21, 20, np.nan]])
    never = gaps.copy()
    never[:, 3] = np.nan
    cases: list[tuple[list[Matrix], str, str]] = [
        ([full, few], "missing_at_random", "group 2: too few people"),
        ([few, gaps], "missing_at_random", "group 1: too few people"),
        ([full, never], "missing_at_random", "group 2: nobody has a score in one of the waves"),
        ([full[:0], gaps], "missing_at_random", "nobody in the reference group"),
        ([full, gaps[:0]], "jump_to_reference", "nobody in the group"),
        ([full[:, :1], gaps], "jump_to_reference", "group 1: nobody has a score in one of the waves"),
    ]
    for matrices, method, reason in cases:
        for is_adjusted in (False, True):
            padded = [np.hstack([matrix, np.full((len(matrix), 4 - matrix.shape[1]), np.nan)]) for matrix in matrices]
            comparison = Comparison(_imputed(padded).pairs(0, 3, method), 1, 1, is_adjusted)  # type: ignore[arg-type]
            result = pooled_difference(comparison)
            assert result.pooled.reason == reason, (reason, is_adjusted)
            assert math.isnan(result.pooled.p)
            assert tipping_point(comparison, [False, True], 1, 9.0).reason == result.pooled.reason
    # A group without gaps needs no distribution, however few its people are.
    pairs = _imputed([full[:2], gaps]).pairs(0, 3, "missing_at_random")
    assert pooled_difference(Comparison(pairs, 1, 1, False)).pooled.reason == ""
    pairs = _imputed([full[:2], gaps]).pairs(0, 3, "jump_to_reference")
    assert pooled_difference(Comparison(pairs, 1, 1, False)).pooled.reason == "group 1: too few people"


def test_degenerate_scores_have_estimates_and_reasons_as_the_complete_analyses_have() -> None:
    same = np.column_stack([np.arange(12.0), np.arange(12.0) + 3])
    pairs = _imputed([same, same[:7] + np.array([0, 1])]).pairs(0, 1, "missing_at_random")
    welch, adjusted = (pooled_difference(Comparison(pairs, 1, -1, is_adjusted)) for is_adjusted in (False, True))
    assert welch.pooled.reason == "no variation in either group"
    assert adjusted.pooled.reason == "no residual variation"
    assert (welch.pooled.estimate, adjusted.pooled.estimate) == pytest.approx((1.0, 1.0))
    constant = np.column_stack([np.full(9, 5.0), np.arange(9.0)])
    pairs = _imputed([constant, constant]).pairs(0, 1, "missing_at_random")
    result = pooled_difference(Comparison(pairs, 1, 1, True))
    assert result.pooled.reason == "covariate 'the score at baseline' does not vary within the groups"
    single = _imputed([same[:1], same[:1] + 1]).pairs(0, 1, "missing_at_random")
    assert pooled_difference(Comparison(single, 1, 1, False)).pooled.reason == "one person in the group"
    assert pooled_difference(Comparison(single, 1, 1, True)).pooled.reason == "no residual degrees of freedom"


def test_who_was_not_planned_for_a_wave_is_not_filled_in() -> None:
    matrices = _groups()
    plain = [patterns_of(matrix) for matrix in matrices]
    groups = [[*patterns, replace(patterns[0], planned=(0, 1))] for patterns in plain]
    pairs = GroupImputation(groups, imputations=20, seed=1).pairs(0, 3, "missing_at_random")
    assert [pair.n for pair in pairs] == [sum(pattern.n for pattern in patterns) for patterns in plain]
    pairs = GroupImputation(groups, imputations=20, seed=1).pairs(0, 1, "missing_at_random")
    assert [pair.n for pair in pairs] == [sum(pattern.n for pattern in patterns) for patterns in groups]


def test_the_sd_within_groups_is_that_of_residuals() -> None:
    matrices = [matrix[:, 0] for matrix in _groups()]
    residuals = np.concatenate([values - values.mean() for values in matrices])
    expected = math.sqrt((residuals**2).sum() / (len(residuals) - 3))
    assert pooled_sd([patterns_of(matrix) for matrix in _groups()], 0) == pytest.approx(expected, rel=1e-12)
    constant = [patterns_of(np.full((people, 1), 0.1)) for people in (3, 7)]
    assert pooled_sd([[*constant[0], *constant[1]], constant[1]], 0) == 0.0
    assert math.isnan(pooled_sd([patterns_of(matrix[:1]) for matrix in _groups()], 0))
