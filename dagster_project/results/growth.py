"""Linear growth of each scale: slopes over time of everybody and of each group, and differences of slopes.

Belongs here: which numbers the model has, by what name and method. Does not belong here: the model (statistics/growth.py);
covariates in it (growth_covariates.py); when people answered (answer_days.py).
"""

import math
import re
from collections.abc import Iterable, Sequence

from dagster_project.results.change import NO_P, PlannedTest
from dagster_project.results.group_differences import adjusted_families
from dagster_project.results.result_collector import LEVEL, MartRow, RowFields, Rows, column, grouped, planned_analyses
from dagster_project.results.result_row import ResultRow
from dagster_project.statistics import Estimate, GrowthModel, TimeSums, growth_model, time_sums
from dagster_project.study import Growth, Study

_NO_CORRELATION = "people do not differ in level or in slope, so that the two have no correlation"
_NO_LINE = "nobody of the group has a score at a known time"
_NO_DIFFERENCE = "nobody of one of the groups has a score at a known time"


def growth_results(growth_moments: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Each scale's models, of everybody and, where there are groups, with a line for each; none where no growth is declared.
    growth_moments: rows of marts.growth_moments."""
    growth = study.protocol.growth
    if growth is None:
        return []
    by_scale = {key[0]: rows for key, rows in grouped(growth_moments, "scale").items()}
    overall, by_group = Rows("growth", study), Rows("growth_by_group", study)
    differences = Rows("growth_difference", study)
    groups = [group.category for group in study.protocol.compared_groups]
    times, tests = planned_times(study, growth), dict[tuple[str, str], list[PlannedTest]]()
    for scale in study.scales:
        moments = by_scale.get(scale, [])
        centre = float(moments[0]["centre"]) if moments else 0.0
        of_everybody = growth_model([_sums(moments, growth)], centre, LEVEL, times, df=growth.df)
        ScaleGrowth(scale, study, of_everybody).add_everybody(overall)
        if groups:
            of_groups = {key[0]: rows for key, rows in grouped(moments, "people_group").items()}
            sums = [_sums(of_groups.get(group, []), growth) for group in groups]
            model = ScaleGrowth(scale, study, growth_model(sums, centre, LEVEL, times, df=growth.df), groups)
            model.add_groups(by_group)
            tests[scale, ""] = model.add_differences(differences)
    if planned_analyses(study)["growth"] == "growth_difference":
        adjusted_families(differences, study, "growth", "the difference of slopes", tests)
    return [*overall.rows, *by_group.rows, *differences.rows]


def planned_times(study: Study, growth: Growth) -> list[float]:
    """The planned time of each wave, in the declared unit."""
    return [growth.planned_time(wave.month - study.protocol.waves[0].month) for wave in study.protocol.waves]


def _sums(moments: Sequence[MartRow], growth: Growth) -> TimeSums:
    """The sums of a group with time in the declared unit."""
    unit = growth.days_per_unit

    def columns(names: Sequence[str], powers: Sequence[int]) -> list[tuple[float, ...]]:
        values = [column(moments, name) for name in names]
        rows = zip(*values, strict=True)
        return [tuple(value / unit**power for value, power in zip(row, powers, strict=True)) for row in rows]

    return time_sums(
        column(moments, "n"),
        columns(("scores", "days", "squared_days"), (0, 1, 2)),
        columns(("score_sum", "product_sum"), (0, 1)),
        columns(("score_score", "score_product", "product_product"), (0, 1, 2)),
        column(moments, "square_sum"),
    )


class ScaleGrowth:
    """The numbers of one scale's model. groups: the reference first; none of a model of everybody. adjustment: what is said
    of covariates."""

    def __init__(
        self, scale: str, study: Study, model: GrowthModel, groups: Sequence[str] = (), adjustment: str = ""
    ) -> None:
        self._scale, self._model, self._groups = scale, model, groups
        self._waves = [wave.wave for wave in study.protocol.waves]
        growth = study.protocol.growth
        time, df = (growth.time_in_words, growth.df_in_words) if growth is not None else ("", "")
        self._planned = {outcome for family in study.protocol.plan.families_of("growth") for outcome in family.outcomes}
        self._n = sum(model.n_people)
        self._reason = model.reason
        if not model.reason.startswith("covariate"):  # whose name may have a number of its own
            self._reason = re.sub(r"\bgroup (\d+)", lambda match: f"group {groups[int(match[1]) - 1]}", model.reason)
        #: Why there is no number at all; what is said of a model that there is, is no reason.
        self._no_model = "" if model.has_converged else self._reason
        lines = "a line for each group" if groups else "one line"
        self._method = (
            f"linear growth by REML: {lines},{adjustment} time in {time}, random intercepts and slopes of people,"
            f" correlated; {df}"
        )

    def add_everybody(self, rows: Rows) -> None:
        model, fields = self._model, RowFields(note=self._no_model)
        rows.add(self._scale, "n", self._n, self._n, "people with a score at a known time", remark=self._reason)
        rows.add(self._scale, "n_observations", model.n_observations, self._n, "scores at a known time")
        self._add_line(rows, model.intercepts[0], model.slopes[0], self._n, fields)
        self._add_levels(rows, model.levels[0], fields)
        self._add_test(rows, model.slopes[0], RowFields(note=self._no_model or NO_P, role="exploratory"))
        self._add_components(rows)

    def add_groups(self, rows: Rows) -> None:
        model = self._model
        rows.add(self._scale, "n_observations", model.n_observations, self._n, "scores at a known time of all groups")
        lines = zip(self._groups, model.n_people, model.intercepts, model.slopes, model.levels, strict=True)
        for group, n, intercept, slope, levels in lines:
            method = "people of the group with a score at a known time"
            rows.add(self._scale, "n", n, n, method, people_group=group, remark=self._reason)
            fields = RowFields(people_group=group, note=self._no_model or _NO_LINE)
            self._add_line(rows, intercept, slope, self._n, fields)
            self._add_levels(rows, levels, fields)
        self._add_components(rows)

    def add_differences(self, rows: Rows) -> list[PlannedTest]:
        """Each group's slope against that of the reference, and the tests of these."""
        tests = []
        for group, estimate in zip(self._groups[1:], self._model.differences, strict=True):
            fields = RowFields(
                people_group=group, compared_with=self._groups[0], note=self._no_model or _NO_DIFFERENCE, df=estimate.df
            )
            if self._scale not in self._planned or not rows.has_families:
                fields["role"] = "exploratory"
            rows.add(self._scale, "n", self._n, self._n, "people of all groups in the model", **fields)
            method = f"slope of the group minus that of the reference; {self._method}"
            rows.add(self._scale, "difference", estimate.estimate, self._n, method, **fields)
            rows.add(self._scale, "se", estimate.se, self._n, f"standard error of the {method}", **fields)
            low, high = estimate.ci_low, estimate.ci_high
            rows.interval(self._scale, "", low, high, self._n, f"95 % interval of the {method}", **fields)
            self._add_test(rows, estimate, fields)
            test_fields: RowFields = {**fields, "note": fields["note"] or NO_P}
            tests.append(PlannedTest(self._scale, estimate.p, self._n, test_fields))
        return tests

    def _add_line(self, rows: Rows, intercept: Estimate, slope: Estimate, n: int, fields: RowFields) -> None:
        for name, estimate in (("intercept", intercept), ("slope", slope)):
            line_fields = RowFields(**{**fields, "df": estimate.df, "role": "exploratory"})
            rows.add(self._scale, name, estimate.estimate, n, f"{name}; {self._method}", **line_fields)
            rows.add(
                self._scale, f"{name}_se", estimate.se, n, f"standard error of the {name}; {self._method}", **line_fields
            )
            method = f"95 % interval of the {name}; {self._method}"
            rows.interval(self._scale, f"{name}_", estimate.ci_low, estimate.ci_high, n, method, **line_fields)

    def _add_levels(self, rows: Rows, levels: Sequence[Estimate], fields: RowFields) -> None:
        for wave, estimate in zip(self._waves, levels, strict=True):
            level_fields = RowFields(**{**fields, "wave": wave, "df": estimate.df})
            method = f"level of the line at the wave's planned time; {self._method}"
            rows.add(self._scale, "level", estimate.estimate, self._n, method, **level_fields)
            low, high = estimate.ci_low, estimate.ci_high
            rows.interval(self._scale, "level_", low, high, self._n, f"95 % interval of the {method}", **level_fields)

    def _add_test(self, rows: Rows, estimate: Estimate, fields: RowFields) -> None:
        for name, value in (("t", estimate.t), ("df", estimate.df), ("p", estimate.p)):
            test_fields = RowFields(**{**fields, "df": estimate.df})
            rows.add(self._scale, name, value, self._n, f"test that the slope is 0; {self._method}", **test_fields)

    def _add_components(self, rows: Rows) -> None:
        model = self._model
        remark = self._reason if model.is_singular else ""
        words = {
            "sd_intercept": "SD of people's own levels at time 0",
            "sd_slope": "SD of people's own slopes",
            "correlation": "correlation of people's own levels and slopes",
            "sd_residual": "SD of scores about people's own lines",
        }
        for name, method in words.items():
            value = getattr(model, name)
            has_none = name == "correlation" and math.isnan(value) and model.has_converged
            note = _NO_CORRELATION if has_none else self._no_model
            rows.add(self._scale, name, value, self._n, f"{method}; {self._method}", note=note, remark=remark)
