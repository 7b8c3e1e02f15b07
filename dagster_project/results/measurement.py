"""Reliability of the scales in this sample, and change beyond the error of measurement.

Belongs here: which numbers reliability and reliable change have. Does not belong here: formulas (statistics/), scoring.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dagster_project.results.result_collector import LEVEL, MartRow, Rows, grouped
from dagster_project.results.result_row import ResultRow
from dagster_project.statistics import (
    Shares,
    cronbach_alpha,
    looks_unreversed,
    omega_one_factor,
    reliable_change,
    share_by_mcid,
    share_reliable,
    wilson,
)
from dagster_project.study import Composite, Contrast, GivenScale, Instrument, Scale, Study

_COMPLETE = "people who answered all items of the scale"


def measurement_results(item_moments: Iterable[MartRow], study: Study) -> list[ResultRow]:
    """Alpha, omega and item-rest correlations of each scale that consists of items, in each wave. item_moments: scale, wave,
    item, other_item, n, covariance."""
    item_pairs = grouped(item_moments, "scale", "wave")
    rows = Rows("measurement", study)
    for code, (instrument, scale) in study.scales.items():
        if isinstance(scale, Composite) or scale.is_given:
            continue
        items = [instrument.item_code(position) for position in scale.items]
        for wave in study.protocol.waves:
            n, covariance = _covariance(items, item_pairs.get((code, wave.wave), []))
            rows.add(code, "n", n, n, _COMPLETE, wave=wave.wave)
            alpha = cronbach_alpha(covariance, n, LEVEL)
            rows.add(code, "alpha", alpha.alpha, n, "Cronbach's alpha, raw", note=alpha.reason, wave=wave.wave)
            method = "interval of alpha after Feldt"
            rows.interval(code, "alpha_", alpha.ci_low, alpha.ci_high, n, method, note=alpha.reason, wave=wave.wave)
            omega = omega_one_factor(covariance, n)
            method = "omega of one factor, maximum likelihood"
            rows.add(code, "omega", omega.omega, n, method, note=omega.reason, remark=omega.reason, wave=wave.wave)
            unreversed_items = dict(looks_unreversed(covariance, n))
            for index, item in enumerate(items):
                certainty = unreversed_items.get(index)
                is_constant = n > 1 and covariance[index, index] == 0
                rows.add(
                    code, "item_rest", alpha.item_rest[index], n, "correlation of the item with the sum of the others",
                    category=item,
                    note="everybody gave the same answer" if is_constant else alpha.reason or "the others do not vary",
                    remark=f"appears not to have been reversed ({certainty})" if certainty else "", wave=wave.wave,
                )  # fmt: skip
    return rows.rows


def _covariance(items: Sequence[str], pairs: Sequence[MartRow]) -> tuple[int, NDArray[np.float64]]:
    index_of = {item: index for index, item in enumerate(items)}
    covariance = np.full((len(items), len(items)), math.nan)
    for pair in pairs:
        row, column = index_of[pair["item"]], index_of[pair["other_item"]]
        value = math.nan if pair["covariance"] is None else pair["covariance"]
        covariance[row, column] = covariance[column, row] = value
    return (int(pairs[0]["n"]) if pairs else 0), covariance


def reliable_change_results(
    change_counts: Iterable[MartRow], change_moments: Iterable[MartRow], item_moments: Iterable[MartRow], study: Study
) -> list[ResultRow]:
    """Who changed by more than the error of measurement (Jacobson and Truax, with alpha at baseline of the contrast), and
    by the minimal important change, where the instrument states one."""
    counts_by_comparison = grouped(change_counts, "contrast", "scale")
    moments_by_comparison = {(row["contrast"], row["scale"]): row for row in change_moments}
    item_pairs = grouped(item_moments, "scale", "wave")
    rows = Rows("reliable_change", study)
    for contrast in study.protocol.contrasts:
        for code, (instrument, scale) in study.scales.items():
            if isinstance(scale, Composite):
                continue
            counts = counts_by_comparison.get((contrast.contrast, code), [])
            values = np.array([row["change"] for row in counts], dtype=np.float64)
            people = np.array([row["n"] for row in counts], dtype=np.float64)
            n = int(people.sum())
            reliability = _reliability(instrument, scale, contrast, item_pairs)
            better = _better_sign(scale, contrast)
            if reliability is not None:
                sd = moments_by_comparison.get((contrast.contrast, code), {}).get("sd_baseline")
                reliable = reliable_change(math.nan if sd is None else sd, reliability.value)
                note = reliable.reason or reliability.reason or "no pairs"
                method = f"1.96 times the standard error of a difference, {reliability.words}"
                rows.add(code, "threshold", reliable.threshold, n, method, note=note, contrast=contrast.contrast)
                if math.isfinite(reliable.threshold) and n and better:
                    shares = share_reliable(values, people, reliable.threshold, better)
                    _shares(rows, code, "", shares, n, "reliably", contrast.contrast)
            if scale.importance is not None and n:
                shares = share_by_mcid(values, people, scale.importance.change, better)
                method = f"by {scale.importance.change:g} points or more ({scale.importance.source})"
                _shares(rows, code, "important_", shares, n, method, contrast.contrast)
                low, high = wilson(shares.improved, n, LEVEL)
                rows.interval(
                    code, "percent_important_improved_", 100 * low[0], 100 * high[0], n,
                    "Wilson's score interval of count / n", contrast=contrast.contrast,
                )  # fmt: skip
    return rows.rows


@dataclass(frozen=True)
class _Reliability:
    """A scale's reliability. words: where it is from. reason: why it has no value."""

    value: float
    words: str
    reason: str = ""


def _reliability(
    instrument: Instrument, scale: Scale, contrast: Contrast, item_pairs: Mapping[tuple[str, ...], Sequence[MartRow]]
) -> _Reliability | None:
    """Alpha at baseline; of a score without items what its source says, None where nothing is declared."""
    if isinstance(scale, GivenScale):
        if (published := scale.reliability) is None:
            return None
        return _Reliability(published.value, f"published reliability {published.value:g} ({published.source})")
    items = [instrument.item_code(position) for position in scale.items]
    n, covariance = _covariance(items, item_pairs.get((scale.scale, contrast.baseline), []))
    alpha = cronbach_alpha(covariance, n, LEVEL)
    return _Reliability(alpha.alpha, f"alpha at {contrast.baseline}", alpha.reason)


def _better_sign(scale: Scale, contrast: Contrast) -> int:
    """The sign of an improvement, in the declared direction of the contrast."""
    return -contrast.baseline_sign * scale.better_sign


def _shares(rows: Rows, code: str, prefix: str, shares: Shares, n: int, criterion: str, contrast: str) -> None:
    for name in ("improved", "unchanged", "worsened"):
        count = getattr(shares, name)
        method = f"people who {'did not change' if name == 'unchanged' else name} {criterion}"
        rows.add(code, f"count_{prefix}{name}", count, n, method, contrast=contrast)
        rows.add(code, f"percent_{prefix}{name}", 100 * count / n, n, f"{method} / n", contrast=contrast)
