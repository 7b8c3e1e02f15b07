"""The mixed model for repeated measures against R on four data sets, and against SAS."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from dagster_project.statistics import Mmrm, MmrmEstimate, Pattern, fit_mmrm, patterns_of
from dagster_project.statistics.mmrm_covariance import STRUCTURES, covariance_structure
from dagster_project.statistics.mmrm_design import BASELINES
from dagster_project.statistics.mmrm_inference import INFORMATION, Inference, Information
from dagster_project.statistics.mmrm_likelihood import People, RestrictedLikelihood, fit_restricted, people_of_means

Matrix = NDArray[np.float64]
Values = dict[tuple[str, str], float]
Said = dict[tuple[str, str], Values]
Groups = list[list[Pattern]]
pytestmark = pytest.mark.filterwarnings("error")
nan = math.nan


def _groups_of(values: Said, dataset: str) -> Groups:
    """The patterns of a data set's groups: of the data, or of the moments, that stand in a file of witnesses."""
    if (dataset, "data") in values:
        cells: dict[str, dict[tuple[int, int], float]] = defaultdict(dict)
        for (group, cell), value in values[dataset, "data"].items():
            row, column = cell.split("-")
            cells[group][int(row), int(column)] = value
        return [patterns_of(_matrix(cells[group])) for group in sorted(cells)]
    moments: dict[str, dict[str, float]] = defaultdict(dict)
    for (pattern, statistic), value in values[dataset, "moments"].items():
        moments[pattern][statistic] = value
    groups: dict[str, list[Pattern]] = defaultdict(list)
    for key, moment in moments.items():
        group, waves = key.split("-")
        size = range(1, len(waves.split()) + 1)
        products = [[moment[f"products-{row}-{column}"] for column in size] for row in size]
        mean = np.array([moment[f"mean-{row}"] for row in size])
        seen = tuple(int(wave) - 1 for wave in waves.split())
        groups[group].append(Pattern(seen, int(moment["n"]), mean, np.array(products)))
    return [groups[group] for group in sorted(groups)]


def _matrix(cells: dict[tuple[int, int], float]) -> Matrix:
    rows, columns = sorted({row for row, _ in cells}), sorted({column for _, column in cells})
    return np.array([[cells[row, column] for column in columns] for row in rows])


def _waves_of(groups: Groups) -> int:
    return 1 + max(wave for group in groups for pattern in group for wave in pattern.waves)


def _weights(name: str, groups: Groups, waves: int) -> Matrix:
    """A contrast by R's name for it; the last wave is the last that the last group has."""
    weight = np.zeros((len(groups), waves))
    last = max(wave for pattern in groups[-1] for wave in pattern.waves)
    if name.startswith("difference_of"):
        weight[-1, last], weight[-1, 0], weight[0, last], weight[0, 0] = 1, -1, -1, 1
    elif name.startswith("difference"):
        weight[-1, int(name.split("_")[1]) - 1], weight[0, int(name.split("_")[1]) - 1] = 1, -1
    else:
        weight[-1, last], weight[-1, 0] = 1, -1
    return weight


def _estimates(model: Mmrm, contrasts: Sequence[str], names: Sequence[str]) -> dict[str, MmrmEstimate]:
    """Every estimate that R has, by R's name for it."""
    estimates = dict(zip(contrasts, model.contrasts, strict=True))
    for name in names:
        kind, *numbers = name.split("_")
        if kind == "mean":
            estimates[name] = model.means[0 if numbers[0] == "all" else int(numbers[0]) - 1][int(numbers[1]) - 1]
        elif kind == "slope":
            estimates[name] = model.slopes[int(numbers[0]) - 1]
    return estimates


def _fitted(values: Said, key: tuple[str, str], information: Information) -> tuple[Mmrm, dict[str, MmrmEstimate]]:
    baseline, structure = key[1].split(" ")
    groups = _groups_of(values, key[0])
    names = [name for name in dict.fromkeys(name for name, _ in values[key]) if name]
    contrasts = [name for name in names if not name.startswith(("mean", "slope"))]
    waves = _waves_of(groups)
    assert baseline in BASELINES
    assert structure in STRUCTURES
    model = fit_mmrm(
        groups,
        waves,
        [_weights(name, groups, waves) for name in contrasts],
        baseline=baseline,
        structure=structure,
        information=information,
    )
    assert model.has_converged, (key, model.reason)
    return model, _estimates(model, contrasts, names)


@pytest.mark.slow
def test_the_model_is_what_r_says(witness: Callable[[str], Said]) -> None:
    """Against a likelihood that goes person by person, with numerical derivatives: likelihood, covariance, estimates, SE and
    df of both kinds with both kinds of information."""
    values = witness("mmrm")
    fits = [key for key in values if key[1] not in ("data", "moments")]
    compared = 0
    for key in fits:
        for information in INFORMATION:
            model, estimates = _fitted(values, key, information)
            expected = values[key]
            assert model.log_restricted_likelihood == pytest.approx(expected["", "log_likelihood"], rel=1e-9), key
            assert sum(model.n_people) == expected["", "people"], key
            assert model.n_observations == expected["", "scores"], key
            for (name, statistic), theirs in expected.items():
                if statistic.startswith("covariance"):
                    row, column = (int(part) - 1 for part in statistic.split("_")[1:])
                    unit = math.sqrt(model.covariance[row, row] * model.covariance[column, column])
                    assert model.covariance[row, column] == pytest.approx(theirs, abs=1e-6 * unit), (key, statistic)
                elif statistic == "reference":
                    assert model.baseline_reference == pytest.approx(theirs, rel=1e-9)
                elif statistic == "estimate":
                    estimate = estimates[name].satterthwaite
                    assert estimate.estimate == pytest.approx(theirs, abs=1e-6 * estimate.se), (key, name)
                elif statistic.startswith(information):
                    _agrees_with_r(
                        estimates[name], statistic.removeprefix(f"{information}_"), theirs, (key, name, statistic)
                    )
                    compared += 1
    assert len(fits) == 34
    assert compared > 2500


def _agrees_with_r(ours: MmrmEstimate, statistic: str, theirs: float, label: object) -> None:
    method = next(method for method in ("satterthwaite", "kenward_roger") if statistic.startswith(method))
    estimate = getattr(ours, method)
    value = getattr(estimate, statistic.removeprefix(f"{method}_"))
    if statistic.endswith(("ci_low", "ci_high")):
        assert value == pytest.approx(theirs, abs=1e-6 * estimate.se), label
    elif not statistic.endswith("_p"):
        assert value == pytest.approx(theirs, rel=1e-6), label
    elif theirs > 1e-12:
        assert value == pytest.approx(theirs, rel=1e-5), label


@pytest.mark.slow
def test_the_model_is_what_gls_emmeans_lmertest_and_pbkrtest_say(witness: Callable[[str], Said]) -> None:
    """gls stops before the sixth digit of a standard error, its likelihood agrees; pbkrtest has the expected information."""
    values = witness("mmrm")
    counts: dict[str, int] = defaultdict(int)
    for key in (key for key in values if key[1] not in ("data", "moments")):
        observed, expected = (_fitted(values, key, information)[1] for information in ("observed", "expected"))
        likelihood = _fitted(values, key, "observed")[0].log_restricted_likelihood
        for (name, statistic), theirs in values[key].items():
            package, *rest = statistic.split("_")
            if package not in ("gls", "emmeans", "lmertest", "pbkrtest", "lmer"):
                continue
            counts[package] += 1
            if statistic.endswith("log_likelihood"):
                assert likelihood == pytest.approx(theirs, rel=1e-9), (key, statistic)
                continue
            ours = expected[name].kenward_roger if package == "pbkrtest" else observed[name].satterthwaite
            if rest == ["estimate"]:
                assert ours.estimate == pytest.approx(theirs, abs=1e-4 * ours.se), (key, name, statistic)
            else:
                tolerance = 3e-5 if package in ("gls", "emmeans") else 1e-6
                assert getattr(ours, rest[0]) == pytest.approx(theirs, rel=tolerance), (key, name, statistic)
    assert counts["gls"] > 400
    assert counts["emmeans"] >= 28
    assert counts["lmertest"] >= 100
    assert counts["pbkrtest"] >= 100


def test_all_seven_structures_are_what_sas_printed(witness: Callable[[str], Said]) -> None:
    """PROC MIXED with the mean of a group the same in all waves, a design that the engine takes as any other. SAS stops earlier:
    its deviance is above ours by up to 1e-5, and the rest agrees as far as that goes."""
    values = witness("mmrm_sas")
    people: list[People] = []
    for group, patterns in enumerate(_groups_of(values, "fev1")):
        for pattern in patterns:
            design = np.stack([np.ones(len(pattern.waves)), np.full(len(pattern.waves), group)], axis=1)
            people.append(people_of_means(pattern.waves, pattern.n, design, pattern.mean, pattern.cross_products))
    data = RestrictedLikelihood(people, 4)
    variances = data.pooled_variances()
    assert data.observations == 537
    assert variances is not None
    for structure in STRUCTURES:
        expected = values["fev1", structure]
        fit = fit_restricted(data, covariance_structure(structure, 4), variances)
        estimate = Inference(data, fit, "observed", 1.0).estimate(np.array([0.0, 1.0]), 0.0, 0.95).kenward_roger
        assert fit.reason == ""
        assert -1e-8 < expected["", "deviance"] - fit.curvature.deviance < 2e-5, structure
        assert estimate.estimate == pytest.approx(expected["TRT-PBO", "estimate"], rel=1e-4), structure
        for statistic in ("se", "df", "t", "ci_low", "ci_high"):
            theirs = expected["TRT-PBO", statistic]
            assert getattr(estimate, statistic) == pytest.approx(theirs, rel=5e-4), (structure, statistic)
    assert len(STRUCTURES) == 7
