"""What growth over time and the days of answers should be, person by person: a part of recompute.py.

Belongs here: days from dates, and lines by generalised least squares with each person's own covariance matrix, made of the variances
that the release says. Does not belong here: how those variances are found, any mart that counted people, the package's code.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Results = Iterator[tuple[str, dict[str, float]]]
_ERRORS = ("intercept_se", "slope_se", "se", "t")
_COMPONENTS = ("sd_intercept", "sd_slope", "correlation", "sd_residual")


class Growth:
    """Who answered when. study: recompute.py's. groups: whether each person is in a group, by name, the reference first."""

    def __init__(self, study: Any, groups: Mapping[str, Array]) -> None:
        self._study, self._groups = study, groups
        declared = study._rows("codebook.growth")
        self._growth = declared[0] if declared else None
        self._windows = {row["wave"]: row for row in study._rows("codebook.visit_windows")}
        rows = study._rows("codebook.waves", "wave_order")
        self._planned_days = {row["wave"]: (row["month"] - rows[0]["month"]) * 365.25 / 12 for row in rows}
        index = {row["participant_id"]: number for number, row in enumerate(study.people)}
        dates: dict[str, list[Any]] = {wave: [None] * len(index) for wave in study.waves}
        for row in study._rows("marts.answer_sheets"):
            if row["is_returned"]:
                dates[row["wave"]][index[row["participant_id"]]] = row["answered_on"]
        self._dates = dates
        components = study._rows(
            "(select result_id, value from results.results where analysis in ('growth', 'growth_by_group', 'growth_covariate_adjusted'))"
        )
        self._components = {row["result_id"]: row["value"] for row in components}
        terms = study._rows("codebook.covariates", "term_order")
        terms_of_people = [
            np.array([_term(person[row["variable"]], row["category"]) for person in study.people], dtype=float)
            for row in terms
        ]
        self._is_known = (
            np.all([np.isfinite(term) for term in terms_of_people], axis=0) if terms else np.empty(0, dtype=bool)
        )
        has_means = any(row["if_missing"] == "mean" for row in terms)
        self._covariates = [_with_mean(term) if has_means else term for term in terms_of_people]
        self._days = {
            wave: np.array([self._day(wave, person) for person in range(len(index))], dtype=float) for wave in study.waves
        }

    def _day(self, wave: str, person: int) -> float:
        date, baseline = self._dates[wave][person], self._dates[self._study.waves[0]][person]
        return float((date - baseline).days) if date is not None and baseline is not None and date >= baseline else math.nan

    def results(self) -> Results:
        """Every result by id, without the statistic; NaN where there is no value."""
        if self._windows or (self._growth is not None and self._growth["time"] == "answered_on"):
            yield from self._answer_days()
        if self._growth is not None:
            # Kenward and Roger's standard errors are another witness's: here are those that the variances give.
            left_out = _ERRORS if self._growth["df"] == "kenward_roger" else ()
            for address, values in self._lines():
                yield address, {name: value for name, value in values.items() if name not in left_out}

    def _answer_days(self) -> Results:
        for order, wave in enumerate(self._study.waves):
            returned, days = self._study.returned[wave], self._days[wave]
            known = days[np.isfinite(days)]
            has_date = np.array([date is not None for date in self._dates[wave]], dtype=bool)
            has_baseline = np.array([date is not None for date in self._dates[self._study.waves[0]]], dtype=bool)
            counts: dict[str, float] = {"n": int(returned.sum()), "n_dated": len(known)}
            counts["n_no_date"] = int((returned & ~has_date).sum())
            if wave in self._windows:
                first, last = self._windows[wave]["earliest_day"], self._windows[wave]["latest_day"]
                counts["n_early"], counts["n_late"] = int((known < first).sum()), int((known > last).sum())
                counts["n_in_window"] = int(((known >= first) & (known <= last)).sum())
            if order:
                counts["n_no_baseline_date"] = int((returned & has_date & ~has_baseline).sum())
                counts["n_before_baseline"] = int((returned & has_date & has_baseline & np.isnan(days)).sum())
                planned = self._planned_days[wave]
                counts["n_far_off"] = int((np.abs(known - planned) > max(180, planned / 2)).sum())
                counts |= {"mean": known.mean() if len(known) else math.nan}
                counts["sd"] = known.std(ddof=1) if len(known) > 1 else math.nan
                counts["min"], counts["max"] = (known.min(), known.max()) if len(known) else (math.nan, math.nan)
            yield f"answer_days/returns/{wave}", counts

    def _times(self, wave: str) -> Array:
        assert self._growth is not None
        if self._growth["time"] == "answered_on":
            return np.asarray(self._days[wave] / self._growth["days_per_unit"])
        return np.full(len(self._study.people), self._planned_days[wave] / self._growth["days_per_unit"])

    def _lines(self) -> Results:
        study, everybody = self._study, np.ones(len(self._study.people), dtype=bool)
        for scale in study.scales:
            times = np.column_stack([self._times(wave) for wave in study.waves])
            scores = np.column_stack([study.scores[scale, wave] for wave in study.waves])
            times = np.where(np.isfinite(scores), times, math.nan)
            scores = np.where(np.isfinite(times), scores, math.nan)
            (line, variance), counts = self._fit("growth", scale, times, scores, [everybody])
            yield f"growth/{scale}", counts | _named(line[0], variance[0])
            yield from self._levels(f"growth/{scale}", line[0])
            if not self._groups:
                continue
            members = list(self._groups.values())
            (line, variance), counts = self._fit("growth_by_group", scale, times, scores, members)
            yield f"growth_by_group/{scale}", {"n_observations": counts["n_observations"]}
            for order, (name, is_in) in enumerate(self._groups.items()):
                own = {"n": int((np.isfinite(scores).any(axis=1) & is_in).sum())}
                yield f"growth_by_group/{scale}/{name}", own | _named(line[order], variance[order])
                yield from self._levels(f"growth_by_group/{scale}/{name}", line[order])
                if order:
                    se = math.sqrt(variance[order][1, 1] + variance[0][1, 1])
                    difference = line[order][1] - line[0][1]
                    n = {"n": counts["n"], "difference": difference, "se": se, "t": difference / se}
                    yield f"growth_difference/{scale}/{name}", n
            yield from self._adjusted_lines(scale, times, scores)

    def _adjusted_lines(self, scale: str, times: Array, scores: Array) -> Results:
        """Lines of the groups and coefficients of covariates together, by generalised least squares."""
        if not self._covariates:
            return
        covariates = np.column_stack(self._covariates)
        has_all, is_timed = np.isfinite(covariates).all(axis=1), np.isfinite(scores).any(axis=1)
        members = list(self._groups.values())
        in_model = has_all & is_timed & np.any(members, axis=0)
        n_unknown = int((is_timed & ~self._is_known & np.any(members, axis=0)).sum())
        analysis = "growth_covariate_adjusted"
        if not in_model.any():
            yield f"{analysis}/{scale}", {"n_observations": 0, "n_covariate_unknown": n_unknown}
            return
        centred = covariates - covariates[in_model].mean(axis=0)
        deviations = [column / column[in_model].std() for column in centred.T if column[in_model].std() > 0]
        moves_slopes = self._growth is not None and self._growth["covariate_effects"] == "level_and_slope"
        spread, error = self._variances(analysis, scale)
        width = 2 * len(members) + len(deviations) * (2 if moves_slopes else 1)
        information, right_side = np.zeros((width, width)), np.zeros(width)
        for person in np.flatnonzero(in_model):
            known = np.isfinite(scores[person])
            line = np.column_stack([np.ones(known.sum()), times[person, known]])
            design = np.zeros((known.sum(), width))
            group = next(order for order, is_in in enumerate(members) if is_in[person])
            design[:, 2 * group : 2 * group + 2] = line
            own = np.array([column[person] for column in deviations])
            effects = [own, own * line[:, 1:]] if moves_slopes else [own]
            design[:, 2 * len(members) :] = np.column_stack(
                [np.broadcast_to(part, (len(line), len(own))) for part in effects]
            )
            weighted = np.linalg.solve(line @ spread @ line.T + error**2 * np.eye(known.sum()), design)
            information += design.T @ weighted
            right_side += weighted.T @ scores[person, known]
        variance = _inverse(information)
        line = (np.where(np.isnan(variance), 0, variance) @ right_side + 0 * np.diag(variance))[: 2 * len(members)].reshape(
            -1, 2
        )
        yield (
            f"{analysis}/{scale}",
            {
                "n_observations": int(np.isfinite(scores[in_model]).sum()),
                "n_covariate_unknown": n_unknown,
            },
        )
        for order, (name, is_in) in enumerate(self._groups.items()):
            own = variance[2 * order : 2 * order + 2, 2 * order : 2 * order + 2]
            yield f"{analysis}/{scale}/{name}", {"n": int((in_model & is_in).sum())} | _named(line[order], own)
            yield from self._levels(f"{analysis}/{scale}/{name}", line[order])
            if order:
                weight = np.zeros(width)
                weight[2 * order + 1], weight[1] = 1, -1
                difference, se = line[order][1] - line[0][1], math.sqrt(weight @ variance @ weight)
                n = {"n": int(in_model.sum()), "difference": difference, "se": se, "t": difference / se}
                yield f"{analysis}_difference/{scale}/{name}", n

    def _variances(self, analysis: str, scale: str) -> tuple[Array, float]:
        """The covariance of people's own lines and the SD of scores about them, as the release says."""
        values = [self._components.get(f"{analysis}/{scale}/{name}") for name in _COMPONENTS]
        level, slope, correlation, error = (math.nan if value is None else value for value in values)
        covariance = 0.0 if 0 in (level, slope) else correlation * level * slope
        return np.array([[level**2, covariance], [covariance, slope**2]]), error

    def _levels(self, address: str, line: Array) -> Results:
        assert self._growth is not None
        for wave, days in self._planned_days.items():
            weight = np.array([1, days / self._growth["days_per_unit"]])
            yield f"{address}/{wave}", {"level": float(weight @ line)}

    def _fit(
        self, analysis: str, scale: str, times: Array, scores: Array, groups: Sequence[Array]
    ) -> tuple[tuple[list[Array], list[Array]], dict[str, float]]:
        """Each group's line (2,) with its covariance (2, 2), at the variances that the release says."""
        spread, error = self._variances(analysis, scale)
        lines: list[Array] = []
        variances: list[Array] = []
        has_any = np.isfinite(scores).any(axis=1) & np.any(groups, axis=0)
        for is_in in groups:
            information, right_side = np.zeros((2, 2)), np.zeros(2)
            for person in np.flatnonzero(np.isfinite(scores).any(axis=1) & is_in):
                known = np.isfinite(scores[person])
                design = np.column_stack([np.ones(known.sum()), times[person, known]])
                weighted = np.linalg.solve(design @ spread @ design.T + error**2 * np.eye(known.sum()), design)
                information += design.T @ weighted
                right_side += weighted.T @ scores[person, known]
            # Nobody with scores, as a variant may leave: no line.
            variances.append(
                np.linalg.inv(information)
                if np.linalg.matrix_rank(np.nan_to_num(information)) == 2
                else np.full((2, 2), math.nan)
            )
            lines.append(variances[-1] @ right_side)
        counts: dict[str, float] = {"n": int(has_any.sum()), "n_observations": int(np.isfinite(scores[has_any]).sum())}
        return (lines, variances), counts


def _term(value: Any, category: str | None) -> float:
    """A person's value of a covariate's term; NaN where the covariate is not known."""
    if value is None:
        return math.nan
    return float(value) if category is None else float(value == category)


def _with_mean(term: Array) -> Array:
    """The term with its mean over the roster where it is not known."""
    known = np.isfinite(term)
    return np.where(known, term, term[known].mean()) if known.any() else term


def _inverse(matrix: Array) -> Array:
    """The inverse, as if without the rows and columns of groups without people, which are NaN; all of it where there is none."""
    inverse = np.full_like(matrix, math.nan)
    present = np.flatnonzero(np.diag(matrix) != 0)
    part = matrix[np.ix_(present, present)]
    if np.isfinite(part).all() and np.linalg.matrix_rank(part) == len(part):
        inverse[np.ix_(present, present)] = np.linalg.inv(part)
    return inverse


def _named(line: Array, variance: Array) -> dict[str, float]:
    return {
        "intercept": float(line[0]), "slope": float(line[1]),
        "intercept_se": math.sqrt(variance[0, 0]), "slope_se": math.sqrt(variance[1, 1]),
    }  # fmt: skip
