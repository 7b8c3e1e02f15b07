"""The mixed model for repeated measures with covariates as SAS printed it: a trial's model, group by wave with race and sex."""

from collections import defaultdict
from collections.abc import Callable

import numpy as np
import pytest
from covariate_patterns import pattern_of_moments

from dagster_project.statistics import CovariatePattern, fit_mmrm
from dagster_project.statistics.mmrm_covariance import covariance_structure
from dagster_project.statistics.mmrm_covariates import slopes_of
from dagster_project.statistics.mmrm_design import Design, design_of
from dagster_project.statistics.mmrm_inference import Inference
from dagster_project.statistics.mmrm_likelihood import RestrictedLikelihood, fit_restricted

Values = dict[tuple[str, str], float]
Said = dict[tuple[str, str], Values]
COVARIATES = ("black", "white", "female")
#: SAS gives means with every category of a covariate alike, however many people are in it.
BALANCED = np.array([1 / 3, 1 / 3, 1 / 2])


def _groups(moments: Values) -> list[list[CovariatePattern]]:
    values: dict[str, dict[str, float]] = defaultdict(dict)
    for (pattern, statistic), value in moments.items():
        values[pattern][statistic] = value
    groups: dict[str, list[CovariatePattern]] = defaultdict(list)
    for key, moment in values.items():
        group, names = key.split("-")
        waves = tuple(int(wave) - 1 for wave in names.split())
        size = range(1, len(waves) + len(COVARIATES) + 1)
        products = np.array([[moment[f"products-{row}-{column}"] for column in size] for row in size])
        mean = np.array([moment[f"mean-{row}"] for row in size])
        groups[group].append(pattern_of_moments(waves, int(moment["n"]), mean, products))
    return [groups[group] for group in ("PBO", "TRT")]


def _weight(design: Design, name: str) -> np.ndarray:
    """The columns of what SAS printed under a name."""
    kind, *numbers = name.rsplit("_", 2 if name.startswith("mean") else 1)
    columns = np.zeros(design.size)
    wave = int(numbers[-1]) - 1
    if kind == "covariate":
        columns[design.first_covariate + wave] = 1 / design.covariates.scale[wave]
    elif kind == "mean":
        columns[design.column_of[int(numbers[0]) - 1, wave]] = 1
        columns[design.first_covariate :] = (BALANCED - design.covariates.centre) / design.covariates.scale
    else:
        columns[design.column_of[1, wave]], columns[design.column_of[0, wave]] = 1, -1
        if kind == "difference_of_changes":
            columns[design.column_of[1, 0]], columns[design.column_of[0, 0]] = -1, 1
    return columns


def test_a_trial_with_covariates_is_what_sas_printed(witness: Callable[[str], Said]) -> None:
    """SAS stops 6e-6 above the least deviance: estimates and SE agree within 0.0003 of an SE, degrees of freedom to the digit."""
    values = witness("mmrm_sas_covariates")
    groups, expected = _groups(values["fev1", "moments"]), values["fev1", "unstructured"]
    model = fit_mmrm(groups, 4, [], baseline="free", covariates=COVARIATES)
    assert (sum(model.n_people), model.n_observations) == (197, 537)
    assert 0 < expected["", "deviance"] + 2 * model.log_restricted_likelihood < 1e-5
    design = design_of(groups, 4, "free", slopes_of(groups, COVARIATES))
    assert design is not None
    data = RestrictedLikelihood(design.people, 4)
    variances = data.pooled_variances()
    assert variances is not None
    inference = Inference(
        data, fit_restricted(data, covariance_structure("unstructured", 4), variances), "observed", design.scale
    )
    checked = 0
    for (name, statistic), theirs in expected.items():
        if statistic.startswith("covariance"):
            row, column = (int(part) - 1 for part in statistic.split("_")[1:])
            unit = float(np.sqrt(model.covariance[row, row] * model.covariance[column, column]))
            assert model.covariance[row, column] == pytest.approx(theirs, abs=3e-4 * unit), statistic
        elif name:
            shift = design.centre if name.startswith("mean") else 0.0
            ours = inference.estimate(_weight(design, name), shift, 0.95).satterthwaite
            # Degrees of freedom are printed as whole numbers; the rest to four decimals.
            tolerance = {"df": 0.55, "t": 0.006 + 2e-4 * abs(theirs)}.get(statistic, 3e-4 * ours.se + 6e-5)
            assert getattr(ours, statistic) == pytest.approx(theirs, abs=tolerance), (name, statistic)
            checked += 1
    assert checked == 6 * 4 + 12 * 6
