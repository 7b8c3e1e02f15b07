"""Who counts in groups compared with missing scores imputed, and by how much these are shifted, from the answers and the
roster of a release: a part of recompute.py.

Belongs here: counts and deltas, person by person. Does not belong here: imputed numbers, which random draws go into; any
mart that counted people, the package's code.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Results = Iterator[tuple[str, dict[str, float]]]
#: The analyses, and whether one needs the people of all groups.
_ANALYSES = {"mi_group_difference": False, "mi_group_adjusted": True}


class Sensitivity:
    """study: recompute.py's, with a row a person. is_in: who is in which group, the reference first."""

    def __init__(self, study: Any, is_in: Mapping[str, Array]) -> None:
        self._study, self._is_in = study, is_in
        self._scenarios = study._rows("codebook.scenarios", "scenario_order")
        self._better = {row["scale"]: row["better"] for row in study._rows("codebook.scales", "scale_order")}

    def results(self) -> Results:
        reference, *groups = self._is_in
        for contrast in self._study.contrasts if self._scenarios else ():
            for scale in self._study.scales:
                for group in groups:
                    for analysis, is_of_all in _ANALYSES.items():
                        members = list(self._is_in) if is_of_all else [reference, group]
                        counts = self._counts(scale, contrast, members)
                        for row in self._of_scale(scale):
                            address = f"{analysis}/{scale}/{row['scenario']}/{group}/{contrast['contrast']}"
                            yield address, counts | self._delta(scale, contrast, row)

    def _of_scale(self, scale: str) -> list[Mapping[str, Any]]:
        """The scenarios of a scale: shifts both ways only where it has no good end."""
        is_open = self._better[scale] == "neither"
        return [
            row for row in self._scenarios
            if row["delta"] is None or (row["scenario"].split("_")[0] != "worse") == is_open
        ]  # fmt: skip

    def _counts(self, scale: str, contrast: Mapping[str, Any], members: list[str]) -> dict[str, float]:
        study = self._study
        ends = (contrast["baseline"], contrast["followup"])
        is_member = np.logical_or.reduce([self._is_in[name] for name in members])
        has_any = np.logical_or.reduce([np.isfinite(study.scores[scale, wave]) for wave in study.waves])
        has_both = np.logical_and.reduce([np.isfinite(study.scores[scale, wave]) for wave in ends])
        # A wave that does not ask the scale is planned for nobody and left out by nobody.
        planned = [study.planned_scale(scale, wave) if study.is_asked(scale, wave) else has_any for wave in ends]
        counted = is_member & has_any & planned[0] & planned[1]
        return {"n": int(counted.sum()), "n_imputed": int((counted & ~has_both).sum())}

    def _delta(self, scale: str, contrast: Mapping[str, Any], scenario: Mapping[str, Any]) -> dict[str, float]:
        if scenario["delta"] is None:
            return {}
        direction = scenario["scenario"].split("_")[0]
        sign = {"higher": 1, "lower": -1, "worse": -1 if self._better[scale] == "high" else 1}[direction]
        unit = self._sd(scale, contrast["baseline"]) if scenario["delta_unit"] == "baseline_sd" else 1.0
        return {"delta": sign * scenario["delta"] * unit}

    def _sd(self, scale: str, wave: str) -> float:
        """Of residuals from the group's mean, of the groups with two scores or more."""
        scores = self._study.scores[scale, wave]
        values = [scores[is_in & np.isfinite(scores)] for is_in in self._is_in.values()]
        residuals = [group - group.mean() for group in values if len(group) > 1]
        df = sum(len(group) - 1 for group in residuals)
        sd = math.sqrt(sum(float((group**2).sum()) for group in residuals) / df) if df else math.nan
        return sd if sd > 0 else math.nan
