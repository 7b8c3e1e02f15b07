"""Covariates in the mixed model for repeated measures: against R on four data sets, what must hold whatever the numbers are, and
what has no slope."""

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from covariate_patterns import Matrix, covariate_patterns_of, pattern_of_moments

from dagster_project.statistics import CovariatePattern, Mmrm, MmrmEstimate, ancova, fit_mmrm, patterns_of
from dagster_project.statistics.mmrm_covariance import STRUCTURES
from dagster_project.statistics.mmrm_design import BASELINES, Baseline
from dagster_project.statistics.mmrm_inference import INFORMATION, Information

Values = dict[tuple[str, str], float]
Groups = list[list[CovariatePattern]]
pytestmark = pytest.mark.filterwarnings("error")
DATASETS = ("balanced", "uneven", "tiny", "beat_the_blues")
nan = float("nan")


def _groups_of(values: dict[tuple[str, str], Values], dataset: str) -> Groups:
    if (dataset, "data") in values:
        scores, covariates = (_rows(values[dataset, part]) for part in ("data", "covariates"))
        return [covariate_patterns_of(scores[group], covariates[group]) for group in sorted(scores)]
    moments: dict[str, dict[str, float]] = defaultdict(dict)
    for (pattern, statistic), value in values[dataset, "moments"].items():
        moments[pattern][statistic] = value
    groups: dict[str, list[CovariatePattern]] = defaultdict(list)
    for key, moment in moments.items():
        group, names = key.split("-")
        waves = tuple(int(wave) - 1 for wave in names.split())
        size = range(1, len(waves) + 3)
        products = np.array([[moment[f"products-{row}-{column}"] for column in size] for row in size])
        mean = np.array([moment[f"mean-{row}"] for row in size])
        groups[group].append(pattern_of_moments(waves, int(moment["n"]), mean, products))
    return [groups[group] for group in sorted(groups)]


def _rows(cells: Values) -> dict[str, Matrix]:
    """The people of each group, a row each."""
    people: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for (group, cell), value in cells.items():
        people[group][int(cell.split("-")[0])].append(value)
    return {group: np.array(list(rows.values())) for group, rows in people.items()}


def _weight(name: str, groups: int, waves: int) -> Matrix:
    weight = np.zeros((groups, waves))
    if name == "difference_of_changes":
        weight[-1, -1], weight[-1, 0], weight[0, -1], weight[0, 0] = 1, -1, -1, 1
    elif name == "change":
        weight[-1, -1], weight[-1, 0] = 1, -1
    else:
        wave = int(name.split("_")[1]) - 1
        weight[-1, wave], weight[0, wave] = 1, -1
    return weight


def _fitted(groups: Groups, key: tuple[str, str], names: Sequence[str], information: Information) -> tuple[Mmrm, dict]:
    baseline, structure = key[1].split(" ")
    assert baseline in BASELINES
    assert structure in STRUCTURES
    waves = 1 + max(wave for group in groups for pattern in group for wave in pattern.waves)
    contrasts = [name for name in names if name.startswith(("difference", "change"))]
    count = len(groups[0][0].covariate_mean)
    model = fit_mmrm(
        groups, waves, [_weight(name, len(groups), waves) for name in contrasts],
        baseline=baseline, structure=structure, information=information, covariates=[f"x{order}" for order in range(count)],
    )  # fmt: skip
    assert model.has_converged, (key, model.reason)
    estimates: dict[str, MmrmEstimate] = dict(zip(contrasts, model.contrasts, strict=True))
    for name in names:
        kind, *numbers = name.split("_")
        if kind == "mean":
            estimates[name] = model.means[int(numbers[0]) - 1][int(numbers[1]) - 1]
        elif kind in ("slope", "covariate"):
            estimates[name] = (model.slopes if kind == "slope" else model.covariate_slopes)[int(numbers[0]) - 1]
    return model, estimates


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_model_is_what_r_says(witness: Callable[[str], dict[tuple[str, str], Values]], dataset: str) -> None:
    """A likelihood that goes person by person to 1e-6; gls and emmeans, which stop earlier, as far as they go; lmerTest with the
    observed information, pbkrtest with the expected one."""
    values = witness("mmrm_covariates")
    groups = _groups_of(values, dataset)
    tolerance = {"gls": 3e-5, "emmeans": 3e-5, "lmertest": 1e-6, "pbkrtest": 1e-6, "observed": 1e-6, "expected": 1e-6}
    counts: dict[str, int] = defaultdict(int)
    for key in (key for key in values if key[0] == dataset and " " in key[1]):
        expected = values[key]
        names = [name for name in dict.fromkeys(name for name, _ in expected) if name]
        fits = {information: _fitted(groups, key, names, information) for information in INFORMATION}
        model = fits["observed"][0]
        assert (sum(model.n_people), model.n_observations) == (expected["", "people"], expected["", "scores"])
        for (name, statistic), theirs in expected.items():
            package, *rest = statistic.split("_")
            counts[package] += 1
            if "likelihood" in statistic:
                assert model.log_restricted_likelihood == pytest.approx(theirs, rel=1e-9), (key, statistic)
            elif name:
                fit = fits["expected" if package in ("expected", "pbkrtest") else "observed"][1][name]
                ours = fit.kenward_roger if package == "pbkrtest" or "kenward" in rest else fit.satterthwaite
                if statistic.endswith("estimate"):
                    within = 1e-6 if package in ("estimate", "lmertest") else 1e-4
                    assert ours.estimate == pytest.approx(theirs, abs=within * ours.se), (key, name, statistic)
                else:
                    number = getattr(ours, statistic.rsplit("_", 1)[1])
                    assert number == pytest.approx(theirs, rel=tolerance[package]), (key, name, statistic)
    assert counts["observed"] > 50
    assert counts["gls"] > 25
    assert counts["pbkrtest"] > 25
    assert counts["emmeans"] >= 8


def _people(seed: int, sizes: tuple[int, ...] = (20, 23), waves: int = 3) -> list[tuple[Matrix, Matrix]]:
    generator = np.random.default_rng(seed)
    groups = []
    for size in sizes:
        covariates = generator.normal(size=(size, 2)) * [12, 0.3] + [44, 2]
        levels = 20 + covariates @ [0.1, 2] + generator.normal(size=size)
        scores = levels[:, None] + generator.normal(size=(size, waves)).cumsum(axis=1)
        scores[generator.random(scores.shape) < 0.15] = nan
        groups.append((scores, np.asarray(covariates)))
    return groups


def _model(groups: Sequence[tuple[Matrix, Matrix]], baseline: Baseline) -> Mmrm:
    patterns = [covariate_patterns_of(*group) for group in groups]
    contrasts = [[[0, 0, -1], [0, 0, 1]]]
    return fit_mmrm(patterns, 3, contrasts, baseline=baseline, covariates=["age", "dose"])


@pytest.mark.parametrize("baseline", BASELINES)
def test_other_units_and_origins_of_covariates_change_their_slopes_alone(baseline: Baseline) -> None:
    groups = _people(3)
    model = _model(groups, baseline)
    turned = _model([(scores, covariates * [1e-6, -1e5] + [3e3, 7]) for scores, covariates in groups], baseline)
    for ours, theirs in zip([*model.contrasts, *model.means[1][1:]], [*turned.contrasts, *turned.means[1][1:]], strict=True):
        for method in ("satterthwaite", "kenward_roger"):
            first, second = getattr(ours, method), getattr(theirs, method)
            assert (first.estimate, first.se, first.df) == pytest.approx((second.estimate, second.se, second.df), rel=1e-6)
    slopes = [slope.satterthwaite.estimate for slope in turned.covariate_slopes]
    assert [slope.satterthwaite.estimate for slope in model.covariate_slopes] == pytest.approx(
        [slopes[0] * 1e-6, slopes[1] * -1e5], rel=1e-6
    )


def test_of_one_later_wave_with_the_baseline_as_a_covariate_it_is_the_analysis_of_covariance() -> None:
    groups = [(scores[:, :2][np.isfinite(scores[:, :2]).all(axis=1)], covariates[np.isfinite(scores[:, :2]).all(axis=1)])
              for scores, covariates in _people(4)]  # fmt: skip
    patterns = [covariate_patterns_of(*group) for group in groups]
    model = fit_mmrm(patterns, 2, [[[0, -1], [0, 1]]], baseline="covariate", covariates=["age", "dose"])
    terms = [np.column_stack([scores[:, 1], scores[:, 0], covariates]) for scores, covariates in groups]
    means = [rows.mean(axis=0) for rows in terms]
    products = [(rows - mean).T @ (rows - mean) for rows, mean in zip(terms, means, strict=True)]
    expected = ancova([len(rows) for rows in terms], means, products, ["baseline", "age", "dose"])
    ours = model.contrasts[0].kenward_roger
    assert (ours.estimate, ours.se, ours.df, ours.p) == pytest.approx(
        (expected.difference[1], expected.se[1], expected.df, expected.p[1]), rel=1e-9
    )
    assert model.means[1][1].satterthwaite.estimate == pytest.approx(expected.mean[1], rel=1e-9)


def test_a_covariate_without_a_slope_of_its_own_is_named() -> None:
    groups = _people(5)

    def reason(change: Callable[[Matrix, Matrix], Matrix], baseline: Baseline = "constrained") -> str:
        model = _model([(scores, change(scores, covariates)) for scores, covariates in groups], baseline)
        assert not model.has_converged
        assert np.isnan(model.contrasts[0].kenward_roger.p)
        assert len(model.covariate_slopes) == 2
        return model.reason

    assert reason(lambda _, covariates: covariates * [1, 0] + [0, 0.1]) == (
        "covariate 'dose' does not vary within the groups"
    )
    # Also where a baseline in common would tell it from the groups' means.
    by_group = iter([1.0, 2.0])
    assert reason(lambda _, covariates: covariates * [0, 1] + [next(by_group), 0]) == (
        "covariate 'age' does not vary within the groups"
    )
    assert reason(lambda _, covariates: covariates[:, [0, 0]] * [1, -3] + [0, 9]) == (
        "covariate 'dose' is collinear with those before it"
    )
    as_baseline = [
        (scores[np.isfinite(scores[:, 0])], covariates[np.isfinite(scores[:, 0])]) for scores, covariates in groups
    ]
    model = _model(
        [(scores, np.column_stack([covariates[:, 0], scores[:, 0]])) for scores, covariates in as_baseline], "covariate"
    )
    assert model.reason == "covariate 'dose' is collinear with the means of groups and waves and what is before it"
    # Whoever has one value has a score in one wave, whoever has the other in another: only the waves' means tell them apart.
    scores = np.array([[1, nan], [2, nan], [3, nan], [nan, 3], [nan, 5], [nan, 9]])
    first = np.isfinite(scores[:, :1]).astype(float)
    model = fit_mmrm(
        [covariate_patterns_of(scores, first)] * 2, 2, [], baseline="free", structure="ar1", covariates=["first"]
    )
    assert model.reason == "covariate 'first' is collinear with the means of groups and waves and what is before it"


def test_patterns_without_the_moments_of_covariates_are_refused() -> None:
    groups = _people(6)
    with pytest.raises(ValueError, match=r"^a pattern has not the moments of 1 covariates; give a CovariatePattern$"):
        fit_mmrm([patterns_of(scores) for scores, _ in groups], 3, [], baseline="free", covariates=["age"])
    with pytest.raises(ValueError, match=r"^a pattern has not the moments of 1 covariates; give a CovariatePattern$"):
        fit_mmrm([covariate_patterns_of(*group) for group in groups], 3, [], baseline="free", covariates=["age"])
