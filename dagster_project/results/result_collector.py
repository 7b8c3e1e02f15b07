"""Collecting result rows: ids checked, units and decimals as registered, roles and families taken from the plan.

Belongs here: what all analyses share when they write a number. Does not belong here: which numbers an analysis has.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict, Unpack

import numpy as np

from dagster_project.languages import gettext
from dagster_project.results.result_row import ResultRow, result_id
from dagster_project.results.rounding import print_statistic
from dagster_project.results.statistic import Statistic, StudyUnit
from dagster_project.results.statistics_registry import statistic_of
from dagster_project.statistics import percent, wilson
from dagster_project.study import Composite, Study, covariates_of

#: A row of a mart, column to value: dbt's contract of the mart is its type, and each analysis names the columns it reads.
MartRow = Mapping[str, Any]
_INFINITE = "too large to be given: too few degrees of freedom"
#: The level of every interval.
LEVEL = 0.95


def number(value: Any) -> float | None:
    """A finite float, or None."""
    if value is None:
        return None
    float_value = float(value)
    return float_value if math.isfinite(float_value) else None


def _score_unit(study: Study, outcome: str) -> str:
    """The unit of a scale's score; none where the outcome is no scale."""
    if outcome not in study.scales:
        return ""
    _, scale = study.scales[outcome]
    return "points" if not isinstance(scale, Composite) and scale.aggregate == "sum" else "scale points"


def direction_of(study: Study, contrast_id: str) -> str:
    """The declared direction of a contrast in words, e.g. 'T1 minus T2'."""
    return next(contrast for contrast in study.protocol.contrasts if contrast.contrast == contrast_id).in_words


def direction_words(study: Study, contrast_id: str) -> str:
    """A contrast and its direction, e.g. 'T1-T2 is T1 minus T2'."""
    return gettext("{contrast} is {direction}", contrast=contrast_id, direction=direction_of(study, contrast_id))


def planned_analyses(study: Study) -> dict[str, str]:
    """The analysis whose tests a family of the plan is of, by what the family compares (Family.compares). Where covariates
    are declared, the adjusted comparison that was planned is the one with them."""
    has_covariates = bool(covariates_of(study.protocol))
    return {
        "waves": "change", "groups": "change_difference",
        "groups_adjusted": "change_covariate_adjusted" if has_covariates else "change_adjusted",
        "repeated_measures": "mmrm_covariate_adjusted_difference" if has_covariates else "mmrm_difference",
        "growth": "growth_covariate_adjusted_difference" if has_covariates else "growth_difference",
    }  # fmt: skip


class RowFields(TypedDict, total=False):
    """What several numbers of one computation share: keywords of Rows.add. df may be None or of NumPy."""

    category: str | None
    wave: str | None
    contrast: str | None
    note: str | None
    df: Any
    level: float
    role: str
    remark: str
    people_group: str | None
    compared_with: str | None


class Rows:
    """The rows of one analysis, in the order in which they are added."""

    def __init__(self, analysis: str, study: Study) -> None:
        self._analysis = analysis
        compares = [name for name, tested in planned_analyses(study).items() if tested == analysis]
        families = study.protocol.plan.families_of(compares[0]) if compares else ()
        self._families = {test: family for family in families for test in study.protocol.family_tests(family)}
        self._study = study
        self._variables = {variable.variable: variable for variable in study.protocol.participant_variables}
        self.rows: list[ResultRow] = []

    @property
    def has_families(self) -> bool:
        """Whether the plan has families of this analysis's tests."""
        return bool(self._families)

    def add(
        self, outcome: str, name: str, value: Any, n: int | None, method: str = "", *, category: str | None = None,
        wave: str | None = None, contrast: str | None = None, note: str | None = None, df: Any = None,
        level: float | None = None, role: str | None = None, remark: str = "", people_group: str | None = None,
        compared_with: str | None = None,
    ) -> None:  # fmt: skip
        """Add a row of a registered statistic. `note` is used where there is no value and says why, `remark` where there is
        one. Without `method`, it is the statistic's.

        Without `role`, a number of a contrast has the role given in the plan, or is exploratory; any other is descriptive.
        KeyError where the statistic is not registered.
        """
        statistic = statistic_of(self._analysis, name)
        unit, decimals = self._unit_and_decimals(statistic, outcome)
        finite_value = number(value)
        if finite_value is None and value is not None and math.isinf(value):
            note = note or _INFINITE
        is_planned = statistic.is_planned or self._study.protocol.plan.headline in (statistic.name, statistic.limit_of)
        # Slopes have no contrast.
        family = self._families.get((outcome, contrast or "")) if is_planned else None
        if role is None and (contrast is not None or family is not None):
            role = family.role if family is not None else "exploratory"
        self.rows.append(
            ResultRow(
                result_id=result_id(
                    self._analysis, outcome, name, category=category, people_group=people_group, timepoint=wave or contrast
                ),
                analysis=self._analysis, outcome=outcome, category=category, wave=wave, contrast=contrast,
                statistic=name, value=finite_value, n=n, method=method or statistic.method, unit=unit,
                printed=print_statistic(finite_value, decimals, statistic.kind),
                note=(note if finite_value is None else remark) or None,
                df=number(df), level=level, role=role or "descriptive", family=family.family if family is not None else None,
                people_group=people_group, compared_with=compared_with,
            )
        )  # fmt: skip

    def interval(
        self, outcome: str, prefix: str, low: Any, high: Any, n: int | None, method: str, **row_fields: Unpack[RowFields]
    ) -> None:
        """Add both limits of an interval: `<prefix>ci95_low` and `<prefix>ci95_high`."""
        name = f"{prefix}ci{round(100 * row_fields.get('level', LEVEL))}_"
        row_fields.setdefault("level", LEVEL)
        self.add(outcome, name + "low", low, n, method, **row_fields)
        self.add(outcome, name + "high", high, n, method, **row_fields)

    def share(
        self, outcome: str, count: int, n: int, denominator: str, numerator: str, *, percent_method: str = "count / n",
        **row_fields: Unpack[RowFields],
    ) -> None:  # fmt: skip
        """Add how many people a share is of, how many are counted, the percentage and Wilson's interval of it."""
        self.add(outcome, "n", n, n, denominator, **row_fields)
        self.add(outcome, "count", count, n, numerator, **row_fields)
        self.add(outcome, "percent", percent(count, n)[0], n, percent_method, **row_fields)
        low, high = wilson(count, n, LEVEL)
        method = "Wilson's score interval of count / n"
        self.interval(outcome, "", 100 * low[0], 100 * high[0], n, method, **row_fields)

    def _unit_and_decimals(self, statistic: Statistic, outcome: str) -> tuple[str, int]:
        if statistic.unit is StudyUnit.VARIABLE:
            variable = self._variables[outcome]
            return variable.unit or "", variable.decimals
        if statistic.unit is StudyUnit.SCORE:
            return _score_unit(self._study, outcome), statistic.decimals
        if statistic.unit is StudyUnit.SLOPE:
            growth = self._study.protocol.growth
            per_unit = f" per {growth.unit_word}" if growth is not None else ""
            return _score_unit(self._study, outcome) + per_unit, statistic.decimals
        return statistic.unit, statistic.decimals


def weights(study: Study) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
    """The weight of each wave by contrast, in the declared direction: (1, -1, 0) for T1 minus T2 of three waves."""
    waves = [wave.wave for wave in study.protocol.waves]
    contrast_weights = {}
    for contrast in study.protocol.contrasts:
        wave_weights = np.zeros(len(waves))
        sign = contrast.baseline_sign
        wave_weights[waves.index(contrast.baseline)], wave_weights[waves.index(contrast.followup)] = sign, -sign
        contrast_weights[contrast.contrast] = wave_weights
    return contrast_weights


def grouped(rows: Iterable[Any], *keys: str) -> dict[tuple[Any, ...], list[Any]]:
    """Rows grouped by the values of the named columns, in order."""
    groups: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    return groups


def column(moments: Iterable[MartRow], name: str) -> list[float]:
    """A column of some rows of moments; NaN where there is no value."""
    return [math.nan if row.get(name) is None else float(row[name]) for row in moments]
