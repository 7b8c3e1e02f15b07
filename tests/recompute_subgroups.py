"""What differences within subgroups should be, person by person: a part of recompute.py.

Belongs here: least squares with a column for every group in every category, and without them for the F test; the same with the
covariates. Does not belong here: any mart that counted people, the package's code.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from recompute_covariates import Covariates, least_squares, terms_needed
from scipy import stats

Array = np.ndarray[Any, Any]
_NAMES = ("difference", "se", "t", "df", "p", "ci95_low", "ci95_high")
_NOTHING: dict[str, float] = dict.fromkeys(_NAMES, math.nan)


class Subgroups:
    """In what categories groups are compared. study: recompute.py's. groups: whether each person is in a group, by name, the
    reference first."""

    def __init__(self, study: Any, groups: Mapping[str, Array]) -> None:
        self._study, self._groups, self._covariates = study, groups, Covariates(study, groups)
        self._categories = {
            row["variable"]: [entry["category"] for entry in study.categories if entry["variable"] == row["variable"]]
            for row in study._rows("codebook.subgroups", "subgroup_order")
        }

    def results(self) -> Iterator[tuple[str, dict[str, float]]]:
        """Every result by id, without the statistic; NaN where there is no value."""
        study = self._study
        for variable, categories in self._categories.items():
            values = np.array([person[variable] for person in study.people], dtype=object)
            for contrast in study.contrasts:
                sign = 1 if contrast["direction"] == "baseline_minus_followup" else -1
                for scale in study.scales:
                    baseline, followup = study.scores[scale, contrast["baseline"]], study.scores[scale, contrast["followup"]]
                    cells = [is_in & (values == category) for is_in in self._groups.values() for category in categories]
                    cells = [cell & np.isfinite(baseline) & np.isfinite(followup) for cell in cells]
                    counts = np.any(cells, axis=0)
                    change = sign * (baseline - followup)
                    fit = _Fit(change[counts], baseline[counts], [cell[counts] for cell in cells], len(categories), [])
                    yield from self._of_fit(fit, scale, variable, categories, contrast["contrast"])
                    if others := [name for name in self._covariates.variables if name != variable]:
                        known = counts if self._covariates.has_means else counts & self._covariates.is_known
                        columns = [self._covariates.columns(name, known) for name in others]
                        fit = _Fit(change[known], baseline[known], [cell[known] for cell in cells], len(categories), columns)
                        adjusted = self._of_fit(fit, scale, variable, categories, contrast["contrast"])
                        for address, results in adjusted:
                            analysis, rest = address.split("/", 1)
                            yield f"{analysis}_covariate_adjusted/{rest}", results

    def _of_fit(
        self, fit: "_Fit", scale: str, variable: str, categories: list[str], contrast: str
    ) -> Iterator[tuple[str, dict[str, float]]]:
        f, p = fit.overall()
        yield f"change_interaction/{scale}/{variable}/{contrast}", {"f": f, "p_overall": p}
        for order, group in enumerate(self._groups):
            for index, category in enumerate(categories) if order else ():
                address = f"{scale}/{variable}-{category}/{group}/{contrast}"
                within = {(order, index): 1.0, (0, index): -1.0}
                n = {"n": len(fit.change), "n_in_category": fit.people(order, index) + fit.people(0, index)}
                yield f"change_subgroup/{address}", fit.difference(within) | n
                if index:
                    weights = within | {(order, 0): -1.0, (0, 0): 1.0}
                    yield f"change_interaction/{address}", fit.difference(weights) | {"n": len(fit.change)}


class _Fit:
    """change = mean of the cell + slope times baseline + covariates. cells: whether each person is in a group and category.
    covariates: a column each of numbers, of categories one for each that somebody is in."""

    def __init__(
        self, change: Array, baseline: Array, cells: list[Array], n_categories: int, covariates: list[Array]
    ) -> None:
        self.change, self._width = change, n_categories
        self._slopes = np.column_stack([baseline, *covariates])
        slopes = 1 + sum(terms_needed(columns) for columns in covariates)
        self._cells = np.column_stack(cells).astype(float)
        sizes = self._cells.sum(axis=0)
        self._sizes, self._present = sizes, sizes > 0
        self.coefficients, self._inverse, self._rest, rank = least_squares(
            np.column_stack([self._cells, self._slopes]), change
        )
        self._df = len(change) - rank
        within = change - self._cells @ (self._cells.T @ change / np.maximum(sizes, 1))
        self._has_fit = rank == self._present.sum() + slopes
        self._has_error = self._has_fit and self._df >= 1 and self._rest > 1e-9 * float(within @ within)

    def people(self, group: int, category: int) -> int:
        return int(self._sizes[group * self._width + category])

    def difference(self, weights: Mapping[tuple[int, int], float]) -> dict[str, float]:
        vector = np.zeros(self._cells.shape[1] + self._slopes.shape[1])
        for (group, category), weight in weights.items():
            vector[group * self._width + category] = weight
        if not self._has_fit or (vector[: self._cells.shape[1]][~self._present] != 0).any():
            return _NOTHING
        difference = float(vector @ self.coefficients)
        if not self._has_error:
            return _NOTHING | {"difference": difference}
        se = math.sqrt(self._rest / self._df * vector @ self._inverse @ vector)
        half = float(stats.t.ppf(0.975, self._df)) * se
        return {
            "difference": difference, "se": se, "t": difference / se, "df": self._df,
            "p": float(2 * stats.t.sf(abs(difference / se), self._df)), "ci95_low": difference - half,
            "ci95_high": difference + half,
        }  # fmt: skip

    def overall(self) -> tuple[float, float]:
        """F and p that groups and categories add up."""
        if not self._has_error:
            return math.nan, math.nan
        cells = self._cells.reshape(len(self.change), -1, self._width)
        additive = np.column_stack([cells.sum(axis=2), cells.sum(axis=1), self._slopes])
        _, _, rest, rank = least_squares(additive, self.change)
        extra = len(self.change) - self._df - rank
        if extra < 1:
            return math.nan, math.nan
        f = (rest - self._rest) / extra / (self._rest / self._df)
        return f, float(stats.f.sf(f, extra, self._df))
