"""The mixed model for repeated measures of each scale: groups compared over all waves at once.

Belongs here: which numbers the model has, by what name and method. Does not belong here: the model (statistics/mmrm.py);
covariates in it (repeated_covariates.py); models of everybody as one group (waves.py).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dagster_project.results.change import NO_P, PlannedTest
from dagster_project.results.group_differences import add_test, adjusted_families
from dagster_project.results.result_collector import (
    LEVEL,
    MartRow,
    RowFields,
    Rows,
    direction_of,
    grouped,
    planned_analyses,
)
from dagster_project.results.result_row import ResultRow
from dagster_project.results.waves import patterns_from
from dagster_project.statistics import Estimate, MmrmEstimate, Pattern, fit_mmrm
from dagster_project.study import Groups, RepeatedBaseline, RepeatedMeasures, Study, imputes_covariates

_BASELINES = {
    "constrained": "the first wave with one mean for all groups",
    "free": "the first wave with a mean for each group",
    "covariate": "adjusted for the score in the first wave",
}
_DF = {"kenward_roger": "Kenward and Roger's", "satterthwaite": "Satterthwaite's"}


@dataclass(frozen=True)
class _Compared:
    """What is compared at one moment: the weights (waves,) of a group's means; those of the reference have the other sign.

    row_fields: the moment; words: what the difference is of.
    """

    weights: NDArray[np.float64]
    row_fields: RowFields
    words: str


def repeated_measures_results(group_pattern_moments: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Each scale's model: means of each group and wave, and each group against the reference at each later wave and in each
    contrast, of everybody with at least one score. group_pattern_moments: people_group, and as marts.pattern_moments."""
    definition = study.protocol.groups
    if not isinstance(definition, Groups):
        return []
    groups = [group.category for group in study.protocol.compared_groups]
    by_group = {key[0]: rows for key, rows in grouped(group_pattern_moments, "people_group").items()}
    patterns_of = {group: patterns_from(by_group.get(group, []), study) for group in groups}
    means, differences = Rows("mmrm", study), Rows("mmrm_difference", study)
    tests: dict[tuple[str, str], list[PlannedTest]] = {}
    for scale in study.scales:
        model = ScaleModel(study, definition.repeated_measures, scale, [patterns_of[group][scale] for group in groups])
        model.add_means(means)
        for contrast, test in model.add_differences(differences):
            tests.setdefault((scale, contrast), []).append(test)
    if planned_analyses(study)["repeated_measures"] == "mmrm_difference":
        words = "the difference in the mixed model for repeated measures"
        adjusted_families(differences, study, "repeated_measures", words, tests)
    return [*means.rows, *differences.rows]


@dataclass(frozen=True)
class Adjustment:
    """Covariates of a model. names: of the terms, as many as each pattern has moments of; words: what the method says."""

    names: tuple[str, ...] = ()
    words: str = ""


#: No covariates.
UNADJUSTED = Adjustment()


def treated_baseline(study: Study, patterns: Sequence[Sequence[Pattern]]) -> RepeatedBaseline:
    """How a model of these patterns treats its first wave: as declared, where it is the study's first of several."""
    scored = _scored_waves(patterns)
    # Only the study's first wave is a baseline.
    has_baseline = scored[:1] == [0] and len(scored) > 1
    return study.protocol.repeated_measures_baseline if has_baseline else "free"


class ScaleModel:
    """The model of one scale. patterns: of each group, the reference first."""

    def __init__(
        self,
        study: Study,
        definition: RepeatedMeasures,
        scale: str,
        patterns: Sequence[Sequence[Pattern]],
        adjustment: Adjustment = UNADJUSTED,
    ) -> None:
        self._scale, self._df = scale, definition.df
        self._groups = [group.category for group in study.protocol.compared_groups]
        self._waves = [wave.wave for wave in study.protocol.waves]
        self._scored = _scored_waves(patterns)
        self._needs_covariates = bool(adjustment.names) and not imputes_covariates(study.protocol)
        self._baseline = treated_baseline(study, patterns)
        self._compared = _compared(study, self._scored, self._baseline)
        contrasts = [
            np.vstack([sign * item.weights for sign in _signs(group, len(patterns))])
            for item in self._compared
            for group in range(1, len(patterns))
        ]
        self._model = fit_mmrm(
            [[_on_waves(pattern, self._scored) for pattern in group] for group in patterns],
            max(len(self._scored), 1), contrasts, baseline=self._baseline, structure=definition.covariance,
            covariates=adjustment.names, level=LEVEL,
        )  # fmt: skip
        self._n = sum(self._model.n_people)
        self._reason = self._in_words(self._model.reason)
        self._method = (
            f"mixed model for repeated measures by REML: {definition.covariance_in_words} covariance,"
            f" {_BASELINES[self._baseline]},{adjustment.words} {_DF[definition.df]} degrees of freedom"
        )

    @property
    def n_people(self) -> int:
        """How many people are in the model."""
        return self._n

    def add_means(self, rows: Rows) -> None:
        """How many people and scores, and the estimated mean of each group and wave."""
        model, scale, n = self._model, self._scale, self._n
        rows.add(scale, "n", n, n, "people of all groups in the model", remark=self._reason)
        rows.add(scale, "n_observations", model.n_observations, n, "scores in the model")
        for group, group_means in zip(self._groups, model.means, strict=True):
            for wave, estimates in zip(self._scored, group_means, strict=False):
                if self._baseline == "covariate" and wave == 0:
                    continue
                mean = self._estimate(estimates)
                note = self._reason or "nobody of the group has a score in this wave"
                fields: RowFields = {
                    "people_group": group, "wave": self._waves[wave], "df": mean.df, "note": note,
                }  # fmt: skip
                rows.add(scale, "mean", mean.estimate, n, f"estimated mean; {self._method}", **fields)
                rows.add(scale, "se", mean.se, n, f"standard error of the estimated mean; {self._method}", **fields)
                method = f"interval of the estimated mean; {self._method}"
                rows.interval(scale, "", mean.ci_low, mean.ci_high, n, method, **fields)

    def add_differences(self, rows: Rows) -> Iterator[tuple[str, PlannedTest]]:
        """Each group against the reference; gives the tests of contrasts, each with its contrast."""
        estimates = iter(self._model.contrasts)
        for item in self._compared:
            for group in self._groups[1:]:
                estimate = self._estimate(next(estimates))
                note = self._reason or "nobody of one of the groups has a score in one of the waves"
                fields: RowFields = {
                    **item.row_fields, "people_group": group, "compared_with": self._groups[0], "note": note,
                }  # fmt: skip
                test = self._add_difference(rows, estimate, f"{item.words}; {self._method}", fields)
                if (contrast := item.row_fields.get("contrast")) is not None:
                    yield contrast, test

    def _add_difference(self, rows: Rows, estimate: Estimate, method: str, fields: RowFields) -> PlannedTest:
        scale, n = self._scale, self._n
        rows.add(scale, "difference", estimate.estimate, n, method, **fields)
        rows.add(scale, "df", estimate.df, n, method, **fields)
        fields = {**fields, "df": estimate.df}
        add_test(rows, scale, n, method, fields, estimate.se, estimate.t, estimate.p)
        rows.interval(scale, "", estimate.ci_low, estimate.ci_high, n, f"95 % interval of the {method}", **fields)
        test_fields: RowFields = {**fields, "note": fields["note"] or NO_P}
        return PlannedTest(scale, estimate.p, n, test_fields)

    def _in_words(self, reason: str) -> str:
        """A reason with the names of groups and waves in place of their numbers. A covariate's name may have its own."""
        if reason.startswith("covariate"):
            return reason
        if reason.startswith("nobody") and self._needs_covariates:
            reason += ", of people with every covariate known"
        by_group = re.sub(r"\bgroup (\d+)", lambda match: f"group {self._groups[int(match[1]) - 1]}", reason)
        return re.sub(r"\bwave (\d+)", lambda match: self._waves[self._scored[int(match[1]) - 1]], by_group)

    def _estimate(self, estimates: MmrmEstimate) -> Estimate:
        return estimates.kenward_roger if self._df == "kenward_roger" else estimates.satterthwaite


def _scored_waves(patterns: Sequence[Sequence[Pattern]]) -> list[int]:
    return sorted({wave for group in patterns for pattern in group for wave in pattern.waves})


def _signs(group: int, groups: int) -> list[int]:
    """1 for the group, -1 for the reference, 0 for the others."""
    return [1 if index == group else -1 if index == 0 else 0 for index in range(groups)]


def _on_waves(pattern: Pattern, scored: Sequence[int]) -> Pattern:
    """A pattern with its waves counted among those that anybody has a score in."""
    return replace(pattern, waves=tuple(scored.index(wave) for wave in pattern.waves))


def _compared(study: Study, scored: Sequence[int], baseline: str) -> list[_Compared]:
    """What groups are compared in: their means at each wave, but for a baseline that is not compared, and their changes."""
    waves = [wave.wave for wave in study.protocol.waves]
    compared = []
    for wave in scored:
        if wave == 0 and baseline != "free":
            continue
        weights = np.array([float(column_wave == wave) for column_wave in scored])
        words = f"mean at {waves[wave]} of the group minus that of the reference"
        compared.append(_Compared(weights, {"wave": waves[wave], "role": "exploratory"}, words))
    for contrast in study.protocol.contrasts:
        ends = [waves.index(contrast.baseline), waves.index(contrast.followup)]
        if not set(ends) <= set(scored):
            continue
        sign = contrast.baseline_sign
        weights = np.array([float(sign * ((wave == ends[0]) - (wave == ends[1]))) for wave in scored])
        if baseline == "covariate" and ends[0] == 0:
            # The same baseline in all groups: the difference of changes is that of the later wave.
            weights[scored.index(0)] = 0.0
        words = f"change ({direction_of(study, contrast.contrast)}) of the group minus that of the reference"
        compared.append(_Compared(weights, {"contrast": contrast.contrast}, words))
    return compared
