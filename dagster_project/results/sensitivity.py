"""Groups compared with missing scores imputed within each group, and under departures from missing at random.

Belongs here: which numbers these analyses have, by what name and method. Does not belong here: imputation and pooling
(statistics/), which scenarios there are (study/sensitivity.py), imputation of everybody as one group (missing.py). Without
a declared sensitivity analysis there are no rows.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from dagster_project.results.change import seed_of
from dagster_project.results.result_collector import LEVEL, MartRow, RowFields, Rows, grouped
from dagster_project.results.result_row import ResultRow
from dagster_project.results.waves import patterns_from
from dagster_project.statistics import (
    Comparison,
    GroupImputation,
    Pattern,
    Pooled,
    PooledDifference,
    imputations_needed,
    pooled_difference,
    pooled_sd,
    tipping_point,
)
from dagster_project.study import AT_RANDOM, Contrast, Scenario, Sensitivity, Study, directions_of, scenarios_of

#: The analyses: change compared as change_difference does, and adjusted for the score at baseline as change_adjusted does.
ANALYSES = {"mi_group_difference": False, "mi_group_adjusted": True}
#: In how many SDs within groups at baseline a tipping point is looked for.
MOST_SDS = 5.0
_NO_SD = "no variation at baseline"
_MODELS = {
    False: "means compared without taking variances to be equal (Welch)",
    True: "analysis of covariance of all groups with the score at baseline",
}


@dataclass(frozen=True)
class _Case:
    """One comparison: the group (its index, the reference is 0), contrast, scenario, and whether it is adjusted."""

    group: int
    contrast: Contrast
    scenario: Scenario
    is_adjusted: bool


def sensitivity_results(group_pattern_moments: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Each scale, contrast, group and scenario, in both analyses. group_pattern_moments: people_group, and as
    marts.pattern_moments."""
    sensitivity = study.protocol.sensitivity
    if sensitivity is None:
        return []
    groups = [group.category for group in study.protocol.compared_groups]
    by_group = {key[0]: rows for key, rows in grouped(group_pattern_moments, "people_group").items()}
    patterns_of = {group: patterns_from(by_group.get(group, []), study) for group in groups}
    rows = {is_adjusted: Rows(analysis, study) for analysis, is_adjusted in ANALYSES.items()}
    for scale in study.scales:
        of_scale = _ScaleSensitivity(study, sensitivity, scale, [patterns_of[group][scale] for group in groups])
        for case in of_scale.cases():
            of_scale.add(rows[case.is_adjusted], case)
    return [row for analysis_rows in rows.values() for row in analysis_rows.rows]


class _ScaleSensitivity:
    """The comparisons of one scale. patterns: of each group, the reference first."""

    def __init__(self, study: Study, sensitivity: Sensitivity, scale: str, patterns: Sequence[Sequence[Pattern]]) -> None:
        self._study, self._sensitivity, self._scale, self._patterns = study, sensitivity, scale, patterns
        self._groups = [group.category for group in study.protocol.compared_groups]
        self._waves = [wave.wave for wave in study.protocol.waves]
        self._better_sign = study.scales[scale][1].better_sign
        self._scenarios = scenarios_of(sensitivity, self._better_sign)
        self._seed = seed_of(study, "mi_group_difference", scale)
        is_all = sensitivity.delta_groups == "all"
        self._is_shifted = [is_all or index > 0 for index in range(len(self._groups))]
        self._imputation = self._imputed(study.protocol.plan.imputations)
        pilot = [self._difference(case).pooled.fmi for case in self.cases()]
        needed = imputations_needed(pilot, self._imputation.imputations)
        if needed > self._imputation.imputations:
            self._imputation = self._imputed(needed)
        self._method = (
            f"{self._imputation.imputations} imputations within groups (multivariate normal), seed {self._seed}, Rubin's"
            " rules, Barnard-Rubin df"
        )

    def _imputed(self, imputations: int) -> GroupImputation:
        return GroupImputation(self._patterns, imputations=imputations, seed=self._seed)

    def cases(self) -> Iterator[_Case]:
        """Every comparison, missing at random before what departs from it."""
        for contrast in self._study.protocol.contrasts:
            for group in range(1, len(self._groups)):
                for scenario in self._scenarios:
                    for is_adjusted in ANALYSES.values():
                        yield _Case(group, contrast, scenario, is_adjusted)

    @cached_property
    def _baseline_sds(self) -> list[float]:
        """SD within groups of each wave's scores."""
        return [pooled_sd(self._patterns, wave) for wave in range(len(self._waves))]

    def _sd(self, contrast: Contrast) -> float:
        return self._baseline_sds[self._waves.index(contrast.baseline)]

    def _delta(self, case: _Case) -> float:
        """The shift of imputed follow-ups in the scale's units, with its sign; NaN in SDs where there are none."""
        unit = self._sd(case.contrast) if self._sensitivity.delta_unit == "baseline_sd" else 1.0
        return case.scenario.sign * case.scenario.delta * unit if unit > 0 else math.nan

    def _comparison(self, case: _Case) -> Comparison:
        ends = [self._waves.index(wave) for wave in (case.contrast.baseline, case.contrast.followup)]
        pairs = self._imputation.pairs(ends[0], ends[1], case.scenario.method)  # type: ignore[arg-type]
        comparison = Comparison(pairs, case.group, case.contrast.baseline_sign, case.is_adjusted)
        if not case.scenario.delta or math.isnan(self._delta(case)):
            return comparison
        return comparison.shifted([self._delta(case) * is_shifted for is_shifted in self._is_shifted])

    def _difference(self, case: _Case) -> PooledDifference:
        difference = pooled_difference(self._comparison(case), LEVEL)
        if not case.scenario.delta or math.isfinite(self._delta(case)):
            return difference
        no_shift = Pooled(*(math.nan,) * 9, _NO_SD)
        return replace(difference, pooled=no_shift, error=math.nan, p_error=math.nan)

    def _in_words(self, reason: str) -> str:
        """A reason with the codes of groups in place of their numbers."""
        return re.sub(r"\bgroup (\d+)", lambda match: f"group {self._groups[int(match[1]) - 1]}", reason)

    def add(self, rows: Rows, case: _Case) -> None:
        """The numbers of one comparison, and with missing at random the tipping points that start from it."""
        fields: RowFields = {
            "contrast": case.contrast.contrast, "people_group": self._groups[case.group], "compared_with": self._groups[0],
            "role": "exploratory",
        }  # fmt: skip
        self._add_difference(rows, case, {**fields, "category": case.scenario.scenario})
        if self._sensitivity.tipping_point and case.scenario.scenario == AT_RANDOM:
            for word, sign in directions_of(self._better_sign):
                self._add_tipping_point(rows, case, sign, {**fields, "category": word})

    def _add_difference(self, rows: Rows, case: _Case, fields: RowFields) -> None:
        scale, difference = self._scale, self._difference(case)
        pooled, n = difference.pooled, difference.n
        words = f"change ({case.contrast.in_words}), group minus reference, {_MODELS[case.is_adjusted]}"
        method = f"{words}; {case.scenario.label}; {self._method}"
        reason = self._in_words(pooled.reason)
        fields = {**fields, "df": pooled.df, "note": reason}
        rows.add(scale, "n", n, n, "people of the compared groups with any score for whom both waves were planned", **fields)
        rows.add(scale, "n_imputed", difference.n_imputed, n, "those of them of whom a score is imputed", **fields)
        rows.add(scale, "imputations", self._imputation.imputations, n, "data sets, alike for all scenarios", **fields)
        if case.scenario.delta:
            shift_fields: RowFields = {**fields, "note": _NO_SD}
            rows.add(scale, "delta", self._delta(case), n, "added to imputed scores at follow-up", **shift_fields)
        rows.add(scale, "difference", pooled.estimate, n, method, **fields)
        rows.add(scale, "monte_carlo_error", difference.error, n, "of the difference, over data sets drawn anew", **fields)
        rows.add(scale, "se", pooled.se, n, f"standard error; {self._method}", **fields)
        rows.add(scale, "df", pooled.df, n, "Barnard and Rubin's degrees of freedom", **fields)
        rows.add(scale, "t", pooled.t, n, method, **fields)
        rows.add(scale, "p", pooled.p, n, f"{method}, two-sided", **fields)
        rows.add(scale, "p_monte_carlo_error", difference.p_error, n, "of p, jackknife over data sets", **fields)
        rows.interval(scale, "", pooled.ci_low, pooled.ci_high, n, f"95 % interval of the {method}", **fields)
        rows.add(scale, "fmi", pooled.fmi, n, "fraction of missing information", **fields)

    def _add_tipping_point(self, rows: Rows, case: _Case, sign: int, fields: RowFields) -> None:
        """The tipping point in one direction. sign: of the shift."""
        sd, alpha = self._sd(case.contrast), self._study.protocol.plan.alpha
        comparison = self._comparison(case)
        point = tipping_point(comparison, self._is_shifted, sign, MOST_SDS * sd, alpha)
        n = sum(pair.n for pair in comparison.members)
        note = self._in_words(point.reason)
        fields = {**fields, "note": note + (f" ({MOST_SDS:g} SDs at baseline)" if note.startswith("p stays below") else "")}
        shifted = "all groups" if all(self._is_shifted) else "all groups but the reference"
        method = (
            f"smallest shift of imputed scores at follow-up of {shifted} at which p reaches {alpha:g};"
            f" {_MODELS[case.is_adjusted]}; {self._method}"
        )
        rows.add(self._scale, "tipping_point", point.delta, n, method, **fields)
        rows.add(self._scale, "tipping_point_sd", point.delta / sd if sd > 0 else None, n, f"in SDs; {method}", **fields)
