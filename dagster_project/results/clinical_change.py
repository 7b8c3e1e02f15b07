"""What change means: people who moved from one named range to another, and clinically significant change.

Belongs here: which numbers these analyses have. Does not belong here: formulas (statistics/meaning.py); the smallest
reliable change and the least change that matters (measurement.py). A scale that declares nothing has no rows.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dagster_project.results.meaning import band_words, cut_off_words
from dagster_project.results.result_collector import MartRow, RowFields, Rows, grouped, number
from dagster_project.results.result_row import ResultRow, result_id
from dagster_project.statistics import ClinicalChange, band_transitions, clinical_change, weighted_midpoint
from dagster_project.study import Composite, Contrast, GivenScale, ScaleNorm, Score, Study

#: What becomes of people; the last four add up to n.
CLASSES = ("unwell", "recovered", "improved", "unchanged", "deteriorated")
_WORDS = {
    "unwell": "people on the bad side of the cut-off at {baseline}",
    "recovered": "people who crossed the cut-off to the good side and improved reliably",
    "improved": "people who improved reliably and did not cross the cut-off to the good side",
    "unchanged": "people who did not change reliably",
    "deteriorated": "people who deteriorated reliably",
}
_NO_PAIRS = "nobody has both scores"


def norm_category(entry: ScaleNorm) -> str:
    """The category of the cut-off between the study's people and a norm's: norm of the main norm, norm-SAMPLE of others."""
    return "norm" if entry.category is None else f"norm-{entry.category}"


def band_change_results(score_pairs: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """How many people went from each named range to each, in each contrast, of those with both scores. score_pairs:
    contrast, scale, baseline, followup, n. The category is both ranges' codes, that of the baseline first."""
    pairs = grouped(score_pairs, "contrast", "scale")
    rows = Rows("band_change", study)
    for code, (_, scale) in study.scales.items():
        if (bands := scale.bands) is None:
            continue
        words = band_words(bands)
        for contrast in study.protocol.contrasts:
            arrays = _arrays(pairs.get((contrast.contrast, code), []))
            n = int(arrays[2].sum())
            rows.add(code, "n", n, n, "people with both scores", contrast=contrast.contrast)
            transitions = band_transitions(*arrays, [step.low for step in bands.steps])
            for (first, second), count in np.ndenumerate(transitions):
                rows.add(
                    code, "count", count, n,
                    f"people in the range {words[first]} at {contrast.baseline} and {words[second]} at {contrast.followup}"
                    f" ({bands.source})",
                    category=f"{bands.codes[first]}_to_{bands.codes[second]}", contrast=contrast.contrast,
                )  # fmt: skip
    return rows.rows


def clinical_change_results(
    score_pairs: Iterable[MartRow], change_moments: Iterable[MartRow], scale_moments: Iterable[MartRow],
    results: Mapping[str, ResultRow], study: Study,
) -> list[ResultRow]:  # fmt: skip
    """Clinically significant change by each cut-off that a scale declares, and by the midpoint between everybody at
    baseline and each norm, of those with both scores.

    score_pairs: as band_change_results. change_moments: contrast, scale, n. scale_moments: scale, wave, n, mean, sd.
    results: by id, with the thresholds of reliable change. The category is the cut-off's code, or that of norm_category.
    """
    pairs = grouped(score_pairs, "contrast", "scale")
    pair_counts = {(row["contrast"], row["scale"]): int(row["n"]) for row in change_moments}
    moments = {(row["scale"], row["wave"]): row for row in scale_moments}
    rows = Rows("clinical_change", study)
    for code, (_, scale) in study.scales.items():
        midpoints: dict[str, list[Criterion]] = {}
        for contrast in study.protocol.contrasts:
            key, wave = (contrast.contrast, code), contrast.baseline
            if wave not in midpoints:
                midpoints[wave] = [
                    criterion
                    for entry in study.norms.of_scale(code)
                    if (criterion := _add_midpoint(rows, scale, code, entry, wave, moments.get((code, wave), {})))
                ]
            threshold, reason = _threshold(results, code, scale, contrast)
            n = pair_counts.get(key, 0)
            for criterion in (*_cut_off_criteria(scale), *midpoints[wave]):
                reasoned = replace(criterion, reason=(criterion.reason or reason) if n else _NO_PAIRS)
                _of_criterion(rows, code, contrast, reasoned, pairs.get(key, []), threshold, n)
    return rows.rows


@dataclass(frozen=True)
class Criterion:
    """A cut-off that recovery crosses. category: in ids; better_sign: 1 if a high score is good, -1 if a low one is;
    is_well_at: whether a score at it is on its good side; reason: why nobody can be counted; is_declared: by the
    instrument."""

    category: str
    value: float
    better_sign: int
    is_well_at: bool
    method: str
    reason: str = ""
    is_declared: bool = False


def _cut_off_criteria(scale: Score) -> Iterator[Criterion]:
    for cut_off in scale.cut_offs if scale.better_sign else ():
        method = f"declared cut-off, {cut_off_words(cut_off)} ({cut_off.source})"
        is_well_at = cut_off.is_on_good_side(scale.better_sign)
        yield Criterion(cut_off.code, cut_off.value, scale.better_sign, is_well_at, method, is_declared=True)


def _add_midpoint(rows: Rows, scale: Score, code: str, entry: ScaleNorm, wave: str, moments: MartRow) -> Criterion | None:
    """The midpoint between everybody at a baseline and a norm, added to the rows; None where the norm is not of healthy
    people, or nobody says whether it is, which is then asked about in the row."""
    norm, sample = entry.norm, entry.sample
    if sample.healthy is False or not scale.better_sign:
        return None
    n, category = int(moments.get("n", 0)), norm_category(entry)
    method = f"criterion c, the midpoint between everybody at {wave} and the norm: {entry.words}"
    row_fields: RowFields = {"category": category, "wave": wave}
    if sample.healthy is None:
        row_fields["note"] = (
            f"norms.yaml does not say whether sample {sample.sample} stands for people without the problem; add"
            " healthy: true or healthy: false to it"
        )
        rows.add(code, "midpoint", None, n, method, **row_fields)
        return None
    mean, sd = (number(moments.get(name)) for name in ("mean", "sd"))
    midpoint = weighted_midpoint(
        math.nan if mean is None else mean, math.nan if sd is None else sd, norm.mean, norm.sd, scale.better_sign
    )
    row_fields["note"] = midpoint.reason
    rows.add(code, "midpoint", midpoint.cut_off, n, method, **row_fields)
    return Criterion(category, midpoint.cut_off, scale.better_sign, False, method, midpoint.reason)


def _threshold(results: Mapping[str, ResultRow], code: str, scale: Score, contrast: Contrast) -> tuple[float, str]:
    """The smallest reliable change, NaN without one, and why."""
    if isinstance(scale, Composite):
        return math.nan, "no reliability: the score is made of other scales"
    if isinstance(scale, GivenScale) and scale.reliability is None:
        return math.nan, "no reliability: declare it for the score, under measures: reliability: {value, source}"
    row = results.get(result_id("reliable_change", code, "threshold", timepoint=contrast.contrast))
    if row is None or row.value is None:
        return math.nan, (row.note if row is not None else None) or "no reliability"
    return row.value, ""


def _of_criterion(
    rows: Rows, code: str, contrast: Contrast, criterion: Criterion, pairs: Sequence[MartRow], threshold: float, n: int
) -> None:
    row_fields: RowFields = {"category": criterion.category, "contrast": contrast.contrast, "note": criterion.reason}
    rows.add(code, "n", n, n, "people with both scores", **row_fields)
    if criterion.is_declared:
        rows.add(code, "cut_off", criterion.value, n, criterion.method, **row_fields)
    classes: ClinicalChange | None = None
    if not criterion.reason:
        classes = clinical_change(
            *_arrays(pairs), criterion.value, threshold, criterion.better_sign, is_well_at=criterion.is_well_at
        )
    for name in CLASSES:
        count = getattr(classes, name) if classes is not None else None
        method = f"{_WORDS[name].format(baseline=contrast.baseline)}; {criterion.method}"
        rows.add(code, f"count_{name}", count, n, method, **row_fields)
        share = 100 * count / n if count is not None else None
        rows.add(code, f"percent_{name}", share, n, f"{method} / n", **row_fields)


def _arrays(pairs: Sequence[MartRow]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    baseline, followup, people = (
        np.array([row[name] for row in pairs], dtype=np.float64) for name in ("baseline", "followup", "n")
    )
    return baseline, followup, people
