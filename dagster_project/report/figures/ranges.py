"""What the panel of a scale spans.

Belongs here: that range, and its words. Does not belong here: drawing.
"""

from collections.abc import Mapping

from dagster_project.languages import gettext
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
    kinds = {scale.has_ends for scale in scales}
    if any(scale.better_sign for scale in scales):
        if kinds == {False}:
            return gettext("Each panel spans the numbers that people had; an arrow shows the better direction.")
        if False in kinds:
            return gettext(
                "Each panel spans the possible scores of its scale, of a number those that people had; an arrow shows the"
                " better direction."
            )
        return gettext("Each panel spans the possible scores of its scale; an arrow shows the better direction.")
    if kinds == {False}:
        return gettext("Each panel spans the numbers that people had.")
    if False in kinds:
        return gettext("Each panel spans the possible scores of its scale, of a number those that people had.")
    return gettext("Each panel spans the possible scores of its scale.")
