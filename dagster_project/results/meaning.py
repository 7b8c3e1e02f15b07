"""What scores mean in each wave: people beyond the cut-offs and in the named ranges that an instrument declares, and means
on metrics that scales share.

Belongs here: which numbers these analyses have. Does not belong here: formulas (statistics/meaning.py); pairs of waves
(clinical_change.py). A scale that declares nothing has no rows, but for its percent of the maximum possible.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from dagster_project.languages import gettext, plain
from dagster_project.results.describe import undefined_reason
from dagster_project.results.result_collector import MartRow, RowFields, Rows, grouped
from dagster_project.results.result_row import ResultRow
from dagster_project.statistics import count_beyond, count_in_bands, percent, percent_of_maximum, t_score
from dagster_project.study import Bands, CutOff, Study


def caseness_results(score_counts: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """People at or beyond each cut-off in each wave, of those with a score. score_counts: scale, wave, score, n. The
    category is the cut-off's code."""
    counts = grouped(score_counts, "scale", "wave")
    rows = Rows("caseness", study)
    for code, (_, scale) in study.scales.items():
        for cut_off in scale.cut_offs:
            for wave in study.protocol.waves:
                values, people = _arrays(counts.get((code, wave.wave), []))
                n = int(people.sum())
                count = count_beyond(values, people, cut_off.value, cut_off.direction)
                row_fields: RowFields = {"category": cut_off.code, "wave": wave.wave, "note": undefined_reason(n)}
                method = f"people at {cut_off_words(cut_off)} ({cut_off.source})"
                rows.share(code, count, n, "people with a score", method, percent_method=f"{method} / n", **row_fields)
    return rows.rows


def cut_off_words(cut_off: CutOff) -> str:
    """A cut-off and what it means, e.g. '10 or more: major depression is likely'."""
    if cut_off.direction == "at_least":
        return gettext("{value} or more: {meaning}", value=plain(cut_off.value), meaning=cut_off.meaning)
    return gettext("{value} or less: {meaning}", value=plain(cut_off.value), meaning=cut_off.meaning)


def band_words(bands: Bands) -> list[str]:
    """Each range in words, e.g. 'mild, 5 to below 10'."""
    *steps, last = bands.steps
    words = [
        gettext("{range}, {low} to below {high}", range=step.label, low=plain(step.low), high=plain(next_step.low))
        for step, next_step in zip(steps, bands.steps[1:], strict=True)
    ]
    return [*words, gettext("{range}, {low} or more", range=last.label, low=plain(last.low))]


def band_results(score_counts: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """People in each named range of a scale in each wave, of those with a score. score_counts: as caseness_results. The
    category is the range's code."""
    counts = grouped(score_counts, "scale", "wave")
    rows = Rows("bands", study)
    for code, (_, scale) in study.scales.items():
        if (bands := scale.bands) is None:
            continue
        for wave in study.protocol.waves:
            values, people = _arrays(counts.get((code, wave.wave), []))
            n = int(people.sum())
            band_counts = count_in_bands(values, people, [step.low for step in bands.steps])
            rows.add(code, "n", n, n, "people with a score", wave=wave.wave)
            for band, words, count in zip(bands.codes, band_words(bands), band_counts, strict=True):
                row_fields: RowFields = {"category": band, "wave": wave.wave, "note": undefined_reason(n)}
                method = f"people in the range {words} ({bands.source})"
                rows.add(code, "count", count, n, method, **row_fields)
                rows.add(code, "percent", percent(count, n)[0], n, f"{method} / n", **row_fields)
    return rows.rows


def common_metric_results(scale_moments: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Each mean in percent of the maximum possible, and as a T score of each norm of the scale. scale_moments: scale, wave,
    n, mean. The category of a T score is the norm's sample, none of the main norm."""
    moments = {(row["scale"], row["wave"]): row for row in scale_moments}
    rows = Rows("common_metric", study)
    for code, (instrument, scale) in study.scales.items():
        lowest, highest = instrument.score_range(scale)
        for wave in study.protocol.waves:
            row = moments.get((code, wave.wave), {})
            n, mean = int(row.get("n", 0)), row.get("mean")
            mean = math.nan if mean is None else mean
            row_fields: RowFields = {"wave": wave.wave, "note": undefined_reason(n)}
            if scale.has_ends:
                method = f"mean on the scale from {lowest:g} (0 %) to {highest:g} (100 %); {scale.better_in_words}"
                percentage = percent_of_maximum(mean, lowest, highest)[0]
                rows.add(code, "percent_of_maximum", percentage, n, method, **row_fields)
            for entry in study.norms.of_scale(code):
                method = f"mean where the norm has mean 50 and SD 10: {entry.words}"
                score = t_score(mean, entry.norm.mean, entry.norm.sd)[0]
                row_fields["category"] = entry.category
                rows.add(code, "t_score", score, n, method, **row_fields)
    return rows.rows


def _arrays(counts: Sequence[MartRow]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    values = np.array([row["score"] for row in counts], dtype=np.float64)
    return values, np.array([row["n"] for row in counts], dtype=np.float64)
