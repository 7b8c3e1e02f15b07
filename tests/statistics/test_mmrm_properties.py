"""What must hold of the mixed model for repeated measures whatever the numbers are."""

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from dagster_project.statistics import Mmrm, fit_mmrm, mixed_model, patterns_of
from dagster_project.statistics.mmrm_covariance import STRUCTURES, Structure, covariance_structure
from dagster_project.statistics.mmrm_design import BASELINES, Baseline
from dagster_project.statistics.mmrm_likelihood import RestrictedLikelihood, people_of_means

Matrix = NDArray[np.float64]
pytestmark = pytest.mark.filterwarnings("error")
nan = math.nan


def _two_groups(seed: int, waves: int, missing: float = 0.0, sizes: tuple[int, int] = (14, 17)) -> list[Matrix]:
    generator = np.random.default_rng(seed)
    groups = []
    for size in sizes:
        scores = 20 + 2 * generator.normal(size=(size, 1)) + generator.normal(size=(size, waves)).cumsum(axis=1)
        scores[generator.random(scores.shape) < missing] = nan
        groups.append(scores)
    return groups


def _all_numbers(model: Mmrm) -> list[float]:
    estimates = [*(estimate for means in model.means for estimate in means), *model.contrasts, *model.slopes]
    return [
        number
        for both in estimates
        for one in (both.satterthwaite, both.kenward_roger)
        for number in (one.estimate, one.se, one.df, one.t, one.p, one.ci_low, one.ci_high)
    ]


@pytest.mark.parametrize("baseline", BASELINES)
@pytest.mark.parametrize("structure", STRUCTURES)
def test_other_labels_of_the_groups_turn_the_signs(baseline: Baseline, structure: Structure) -> None:
    first, second = (patterns_of(group) for group in _two_groups(1, 3, 0.15))
    contrast = [[[0, 0, 1], [0, 0, -1]]]
    model = fit_mmrm([first, second], 3, contrast, baseline=baseline, structure=structure)
    turned = fit_mmrm([second, first], 3, contrast, baseline=baseline, structure=structure)
    for method in ("satterthwaite", "kenward_roger"):
        ours, theirs = getattr(model.contrasts[0], method), getattr(turned.contrasts[0], method)
        assert (ours.estimate, ours.se, ours.df, ours.t, ours.p, ours.ci_low) == pytest.approx(
            (-theirs.estimate, theirs.se, theirs.df, -theirs.t, theirs.p, -theirs.ci_high), rel=1e-6
        )
    assert model.means[0][2].satterthwaite.se == pytest.approx(turned.means[1][2].satterthwaite.se, rel=1e-6)
    assert model.covariance == pytest.approx(turned.covariance, rel=1e-6)


@pytest.mark.parametrize("baseline", BASELINES)
def test_a_constant_shifts_the_means_and_a_factor_is_another_unit(baseline: Baseline) -> None:
    groups = _two_groups(2, 4, 0.15)
    contrasts = [[[0, 0, 0, 1], [0, 0, 0, -1]]]
    original = fit_mmrm([patterns_of(group) for group in groups], 4, contrasts, baseline=baseline)
    shifted = fit_mmrm([patterns_of(group + 1e6) for group in groups], 4, contrasts, baseline=baseline)
    doubled = fit_mmrm([patterns_of(2 * group) for group in groups], 4, contrasts, baseline=baseline)
    for wave in range(1, 4):
        ours, theirs = original.means[1][wave].kenward_roger, shifted.means[1][wave].kenward_roger
        assert (theirs.estimate - 1e6, theirs.se, theirs.df) == pytest.approx((ours.estimate, ours.se, ours.df), rel=1e-6)
    for name, factor in {"estimate": 2, "se": 2, "df": 1, "t": 1, "p": 1, "ci_low": 2, "ci_high": 2}.items():
        value = getattr(original.contrasts[0].kenward_roger, name)
        assert getattr(shifted.contrasts[0].kenward_roger, name) == pytest.approx(value, rel=1e-6)
        assert getattr(doubled.contrasts[0].kenward_roger, name) == pytest.approx(factor * value, rel=1e-6)
    assert shifted.log_restricted_likelihood == pytest.approx(original.log_restricted_likelihood, rel=1e-8)
    assert shifted.covariance == pytest.approx(original.covariance, rel=1e-5)


def test_complete_data_give_arithmetic_means_and_ordinary_t_tests() -> None:
    """Unstructured and free: the means of the cells, and for each contrast the t test of everybody's own combination."""
    groups = _two_groups(3, 3)
    weight = np.array([[1.0, 0, -1], [-1, 0, 1]])
    model = fit_mmrm([patterns_of(group) for group in groups], 3, [weight], baseline="free")
    for group, means in zip(groups, model.means, strict=True):
        assert [mean.satterthwaite.estimate for mean in means] == pytest.approx(list(group.mean(axis=0)), rel=1e-9)
    residuals = [group - group.mean(axis=0) for group in groups]
    pooled = sum(residual.T @ residual for residual in residuals) / 29
    assert model.covariance == pytest.approx(pooled, rel=1e-6)
    change = [group[:, 0] - group[:, 2] for group in groups]
    spread = sum(float(((values - values.mean()) ** 2).sum()) for values in change) / 29
    for estimate in (model.contrasts[0].satterthwaite, model.contrasts[0].kenward_roger):
        assert estimate.estimate == pytest.approx(change[0].mean() - change[1].mean(), rel=1e-9)
        assert estimate.se == pytest.approx(math.sqrt(spread * (1 / 14 + 1 / 17)), rel=1e-6)
        assert estimate.df == pytest.approx(29, rel=1e-6)


def test_two_waves_with_the_baseline_as_covariate_are_the_analysis_of_covariance() -> None:
    """By least squares: adjusted difference, slope, its SE and n - 3 degrees of freedom."""
    groups = _two_groups(4, 2)
    model = fit_mmrm([patterns_of(group) for group in groups], 2, [[[0, -1], [0, 1]]], baseline="covariate")
    base, score = np.concatenate(groups).T
    arm = np.repeat([0.0, 1.0], [14, 17])
    design = np.stack([np.ones(31), arm, base - base.mean()], axis=1)
    coefficients, (squares,), *_ = np.linalg.lstsq(design, score, rcond=None)
    se = np.sqrt(squares / 28 * np.diag(np.linalg.inv(design.T @ design)))
    for ours, index in ((model.contrasts[0], 1), (model.slopes[1], 2), (model.means[0][1], 0)):
        for estimate in (ours.satterthwaite, ours.kenward_roger):
            assert (estimate.estimate, estimate.se) == pytest.approx((coefficients[index], se[index]), rel=1e-9)
            assert estimate.df == pytest.approx(28, rel=1e-6)
    assert model.baseline_reference == pytest.approx(base.mean(), rel=1e-12)
    at_zero = fit_mmrm([patterns_of(group) for group in groups], 2, [], baseline="covariate", baseline_reference=0.0)
    intercept = coefficients[0] - base.mean() * coefficients[2]
    assert at_zero.means[0][1].satterthwaite.estimate == pytest.approx(intercept, rel=1e-9)
    assert math.isnan(at_zero.means[0][0].satterthwaite.estimate)


def test_constrained_means_are_equal_and_need_no_baseline_in_every_group() -> None:
    first, second = _two_groups(5, 3, 0.1)
    second[:, 0] = nan
    model = fit_mmrm([patterns_of(first), patterns_of(second)], 3, [[[0, 0, 1], [0, 0, -1]]], baseline="constrained")
    assert model.reason == "nobody in group 2 has a score in wave 1"
    assert math.isnan(model.means[1][0].satterthwaite.estimate)
    second[:2, 0] = 20, 23
    with_baseline = fit_mmrm([patterns_of(first), patterns_of(second)], 3, [], baseline="constrained")
    assert with_baseline.means[0][0] == with_baseline.means[1][0]


@pytest.mark.slow
def test_a_random_intercept_is_compound_symmetry(scores: dict[tuple[str, str], Matrix]) -> None:
    """In one group, where people differ beyond chance."""
    compared = 0
    for matrix in scores.values():
        patterns = patterns_of(matrix)
        expected = mixed_model(patterns, 3, [(1, -1, 0), (1, 0, -1)])
        if not expected.sd_between > 0:
            continue
        weights = [[[1, -1, 0]], [[1, 0, -1]]]
        model = fit_mmrm([patterns], 3, weights, baseline="free", structure="compound_symmetry")
        assert model.log_restricted_likelihood == pytest.approx(expected.log_restricted_likelihood, rel=1e-9)
        assert model.covariance[0, 1] == pytest.approx(expected.sd_between**2, rel=1e-6)
        for ours, theirs in zip((*model.means[0], *model.contrasts), (*expected.means, *expected.contrasts), strict=True):
            for name in ("estimate", "se", "df", "t", "p", "ci_low", "ci_high"):
                value = getattr(theirs, name)
                unit = theirs.se if name in ("estimate", "ci_low", "ci_high") else abs(value)
                assert getattr(ours.satterthwaite, name) == pytest.approx(value, abs=1e-6 * unit)
        compared += 1
    assert compared >= 20


def test_two_waves_have_one_correlation_whatever_it_is_called() -> None:
    groups = [patterns_of(group) for group in _two_groups(6, 2, 0.2)]
    contrast = [[[1, -1], [-1, 1]]]
    models = {structure: fit_mmrm(groups, 2, contrast, baseline="free", structure=structure) for structure in STRUCTURES}
    for kind, structures in {
        "unstructured": [name for name in STRUCTURES if name.startswith("heterogeneous")],
        "compound_symmetry": ["ar1", "toeplitz"],
    }.items():
        for structure in structures:
            assert _all_numbers(models[structure]) == pytest.approx(_all_numbers(models[kind]), rel=1e-6)


@pytest.mark.slow
def test_people_may_be_split_or_joined_and_cost_nothing() -> None:
    """A pattern in two parts is the same people; a million people have as few moments as thirty."""
    groups = _two_groups(7, 3, 0.2)
    whole = [patterns_of(group) for group in groups]
    parts = [[*patterns_of(group[:6]), *patterns_of(group[6:])] for group in groups]
    many = [
        [replace(pattern, n=pattern.n * 50_000, cross_products=pattern.cross_products * 50_000) for pattern in group]
        for group in whole
    ]
    for baseline in BASELINES:
        contrast = [[[0, 0, 1], [0, 0, -1]]]
        model = fit_mmrm(whole, 3, contrast, baseline=baseline)
        assert _all_numbers(fit_mmrm(parts, 3, contrast, baseline=baseline)) == pytest.approx(
            _all_numbers(model), rel=1e-6, nan_ok=True
        )
        large = fit_mmrm(many, 3, contrast, baseline=baseline)
        assert sum(large.n_people) > 1_000_000
        assert large.has_converged


@pytest.mark.parametrize("structure", STRUCTURES)
def test_derivatives_are_those_of_the_deviance(structure: Structure) -> None:
    """Slope and Hessian against differences of the deviance and of the slope, away from its minimum."""
    people = []
    for index, group in enumerate(_two_groups(8, 4, 0.2)):
        for pattern in patterns_of(group):
            design = np.zeros((len(pattern.waves), 8))
            design[np.arange(len(pattern.waves)), [4 * index + wave for wave in pattern.waves]] = 1
            people.append(people_of_means(pattern.waves, pattern.n, design, pattern.mean, pattern.cross_products))
    data = RestrictedLikelihood(people, 4)
    kind = covariance_structure(structure, 4)
    parameters = kind.start(np.array([3.0, 4, 5, 6])) + 0.1 * np.cos(np.arange(kind.count))
    derivatives = kind.derivatives(parameters)
    likelihood = data.likelihood(derivatives.covariance)
    assert likelihood is not None
    curvature = likelihood.curvature(derivatives)
    for index in range(kind.count):
        step = 1e-5 * np.eye(kind.count)[index]
        upper, lower = (kind.derivatives(parameters + sign * step) for sign in (1, -1))
        sides = [data.likelihood(side.covariance) for side in (upper, lower)]
        assert sides[0] is not None
        assert sides[1] is not None
        assert (sides[0].deviance - sides[1].deviance) / 2e-5 == pytest.approx(curvature.slope[index], rel=1e-5, abs=1e-5)
        slopes = [side.curvature(at).slope for side, at in zip(sides, (upper, lower), strict=True) if side is not None]
        assert (slopes[0] - slopes[1]) / 2e-5 == pytest.approx(curvature.hessian[index], rel=1e-5, abs=1e-5)
