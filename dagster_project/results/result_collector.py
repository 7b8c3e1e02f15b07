"""Making result rows: names checked, numbers printed, the plan looked up.

Belongs here: what all analyses do alike when they write a number down. Does not belong here: which numbers an analysis has.
"""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from dagster_project.results.result_row import ResultRow, result_id
from dagster_project.results.rounding import print_statistic
from dagster_project.study import Composite, Study

_INFINITE = "too large for any number: hardly any degrees of freedom"
#: The level of every interval.
LEVEL = 0.95


def number(value: Any) -> float | None:
    """A finite float, or None."""
    if value is None:
        return None
    found = float(value)
    return found if math.isfinite(found) else None


def unit_of(study: Study, code: str) -> str:
    """The unit of a scale's score."""
    _, scale = study.scales[code]
    return "points" if not isinstance(scale, Composite) and scale.aggregate == "sum" else "scale points"


def direction_of(study: Study, contrast_id: str) -> str:
    """The declared direction of a contrast in words, e.g. 'T1 minus T2'."""
    return next(contrast for contrast in study.protocol.contrasts if contrast.contrast == contrast_id).in_words


#: What a family plans of a change, with the headline effect size: the paired t test and its interval. The rest explores.
_PLANNED = ("n", "mean_change", "ci95_low", "ci95_high", "t", "df", "p", "p_holm", "p_bh")


class Rows:
    """The rows of one analysis, in the order in which they are added."""

    def __init__(self, analysis: str, study: Study) -> None:
        self._analysis = analysis
        self._families = {
            test: family for family in study.protocol.plan.families for test in study.protocol.tests_of(family)
        }
        self._headline = study.protocol.plan.headline
        self.rows: list[ResultRow] = []

    def add(
        self, outcome: str, statistic: str, value: Any, n: int | None, method: str, unit: str = "", *,
        category: str | None = None, wave: str | None = None, contrast: str | None = None, note: str | None = None,
        df: Any = None, level: float | None = None, role: str | None = None, decimals: int | None = None, remark: str = "",
    ) -> None:  # fmt: skip
        """One row. `note` says why there is no value, `remark` something about the value there is.

        Without `role`, a number of a contrast has the role that the plan gives it, or explores; any other is descriptive.
        """
        found = number(value)
        if found is None and value is not None and math.isinf(value):
            note = note or _INFINITE
        is_planned = self._analysis == "change" and (statistic in _PLANNED or statistic.startswith(self._headline))
        family = self._families.get((outcome, contrast)) if contrast is not None and is_planned else None
        if role is None and contrast is not None:
            role = family.role if family is not None else "exploratory"
        self.rows.append(
            ResultRow(
                result_id=result_id(self._analysis, outcome, statistic, category=category, when=wave or contrast),
                analysis=self._analysis, outcome=outcome, category=category, wave=wave, contrast=contrast,
                statistic=statistic, value=found, n=n, method=method, unit=unit,
                printed=print_statistic(statistic, found, decimals), note=(note if found is None else remark) or None,
                df=number(df), level=level, role=role or "descriptive", family=family.family if family is not None else None,
            )
        )  # fmt: skip

    def interval(
        self, outcome: str, prefix: str, low: Any, high: Any, n: int | None, method: str, unit: str = "", **more: Any
    ) -> None:
        """Both ends of an interval: `<prefix>ci95_low` and `<prefix>ci95_high`."""
        name = f"{prefix}ci{round(100 * more.get('level', LEVEL))}_"
        more.setdefault("level", LEVEL)
        self.add(outcome, name + "low", low, n, method, unit, **more)
        self.add(outcome, name + "high", high, n, method, unit, **more)


def weights(study: Study) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
    """Contrast to the weight of each wave, in the declared direction: (1, -1, 0) for T1 minus T2 of three waves."""
    waves = [wave.wave for wave in study.protocol.waves]
    found = {}
    for contrast in study.protocol.contrasts:
        weight = np.zeros(len(waves))
        sign = contrast.baseline_sign
        weight[waves.index(contrast.baseline)], weight[waves.index(contrast.followup)] = sign, -sign
        found[contrast.contrast] = weight
    return found


def grouped(rows: Iterable[Any], *keys: str) -> dict[tuple[Any, ...], list[Any]]:
    """Rows by the values of some of their columns, in order."""
    found: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        found.setdefault(tuple(row[key] for key in keys), []).append(row)
    return found
