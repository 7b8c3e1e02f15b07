"""What the panel of a scale spans.

Belongs here: that range, and its words. Does not belong here: drawing.
"""

from collections.abc import Mapping

from dagster_project.results import ResultRow, result_id
from dagster_project.study import Study

#: The direction in which a scale gets better.
BETTER_ARROWS = {"high": "↑", "low": "↓", "neither": ""}


def panel_range(study: Study, results: Mapping[str, ResultRow], code: str) -> tuple[float, float]:
    """The possible scores of a scale; of a number, whose limits are far away, the lowest and the highest that people had."""
    instrument, scale = study.scales[code]
    if not scale.has_ends:
        rows = [
            results.get(result_id("summary", code, statistic, timepoint=wave.wave))
            for statistic in ("min", "max")
            for wave in study.protocol.waves
        ]
        values = [row.value for row in rows if row is not None and row.value is not None]
        if values and min(values) < max(values):
            return min(values), max(values)
    return instrument.score_range(scale)


def panel_words(study: Study) -> str:
    """The sentence of a figure on what its panels span."""
    scales = [study.scales[code][1] for code in study.protocol.outcomes]
    has_numbers = any(not scale.has_ends for scale in scales)
    words = "Each panel spans the possible scores of its scale"
    if has_numbers:
        words += ", of a number those that people had" if any(scale.has_ends for scale in scales) else ""
        words = words if any(scale.has_ends for scale in scales) else "Each panel spans the numbers that people had"
    return words + ("; an arrow shows the better direction." if any(scale.better_sign for scale in scales) else ".")
