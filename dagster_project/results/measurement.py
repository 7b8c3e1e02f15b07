"""How well the scales measure in these people, and change beyond the error of measurement.

Belongs here: which numbers reliability and reliable change have. Does not belong here: formulas (statistics/), scoring.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dagster_project.results.result_collector import LEVEL, Rows, grouped, unit_of
from dagster_project.results.result_row import ResultRow
from dagster_project.statistics import (
    Shares,
    cronbach_alpha,
    looks_unreversed,
    omega_one_factor,
    reliable_change,
    share_by_mcid,
    share_reliable,
)
from dagster_project.study import Composite, Contrast, Scale, Study

Moments = Mapping[str, Any]
_COMPLETE = "people who answered all items of the scale"


def measurement_results(item_moments: Iterable[Moments], study: Study) -> list[ResultRow]:
    """Alpha, omega and item-rest correlations of each scale that is made of items, in each wave. item_moments: scale, wave,
    item, other_item, n, covariance."""
    found = grouped(item_moments, "scale", "wave")
    rows = Rows("measurement", study)
    for code, (instrument, scale) in study.scales.items():
        if isinstance(scale, Composite):
            continue
        items = [instrument.item_code(position) for position in scale.items]
        for wave in study.protocol.waves:
            n, covariance = _covariance(items, found.get((code, wave.wave), []))
            place: dict[str, Any] = {"wave": wave.wave}
            rows.add(code, "n", n, n, _COMPLETE, "people", **place)
            alpha = cronbach_alpha(covariance, n, LEVEL)
            rows.add(code, "alpha", alpha.alpha, n, "Cronbach's alpha, raw", note=alpha.reason, **place)
            words = "interval of alpha after Feldt"
            rows.interval(code, "alpha_", alpha.ci_low, alpha.ci_high, n, words, note=alpha.reason, **place)
            omega = omega_one_factor(covariance, n)
            words = "omega of one factor, maximum likelihood"
            rows.add(code, "omega", omega.omega, n, words, note=omega.reason, remark=omega.reason, **place)
            unlike = dict(looks_unreversed(covariance, n))
            for at, item in enumerate(items):
                certainty = unlike.get(at)
                is_fixed = n > 1 and covariance[at, at] == 0
                rows.add(
                    code, "item_rest", alpha.item_rest[at], n, "correlation of the item with the sum of the others",
                    category=item,
                    note="everybody gave the same answer" if is_fixed else alpha.reason or "the others do not vary",
                    remark=f"looks as though it had not been reversed ({certainty})" if certainty else "", **place,
                )  # fmt: skip
    return rows.rows


def _covariance(items: Sequence[str], pairs: Sequence[Moments]) -> tuple[int, NDArray[np.float64]]:
    place = {item: at for at, item in enumerate(items)}
    covariance = np.full((len(items), len(items)), math.nan)
    for pair in pairs:
        one, other = place[pair["item"]], place[pair["other_item"]]
        value = math.nan if pair["covariance"] is None else pair["covariance"]
        covariance[one, other] = covariance[other, one] = value
    return (int(pairs[0]["n"]) if pairs else 0), covariance


def reliable_change_results(
    change_counts: Iterable[Moments], change_moments: Iterable[Moments], item_moments: Iterable[Moments], study: Study
) -> list[ResultRow]:
    """Who changed by more than the error of measurement (Jacobson and Truax, with alpha at baseline of the contrast), and
    by the least change that matters, where the instrument states one."""
    counted = grouped(change_counts, "contrast", "scale")
    moments = {(row["contrast"], row["scale"]): row for row in change_moments}
    items_of = grouped(item_moments, "scale", "wave")
    rows = Rows("reliable_change", study)
    for contrast in study.protocol.contrasts:
        for code, (instrument, scale) in study.scales.items():
            if isinstance(scale, Composite):
                continue
            counts = counted.get((contrast.contrast, code), [])
            values = np.array([row["change"] for row in counts], dtype=np.float64)
            people = np.array([row["n"] for row in counts], dtype=np.float64)
            n = int(people.sum())
            place: dict[str, Any] = {"contrast": contrast.contrast}
            items = [instrument.item_code(position) for position in scale.items]
            answered, covariance = _covariance(items, items_of.get((code, contrast.baseline), []))
            alpha = cronbach_alpha(covariance, answered, LEVEL)
            sd = moments.get((contrast.contrast, code), {}).get("sd_baseline")
            least = reliable_change(math.nan if sd is None else sd, alpha.alpha)
            note = least.reason or alpha.reason or "no pairs"
            words = f"1.96 times the standard error of a difference, alpha at {contrast.baseline}"
            rows.add(code, "threshold", least.threshold, n, words, unit_of(study, code), note=note, **place)
            better = _better_sign(scale, contrast)
            if math.isfinite(least.threshold) and n:
                _shares(rows, code, "", share_reliable(values, people, least.threshold, better), n, "reliably", place)
            if scale.importance is not None and n:
                shares = share_by_mcid(values, people, scale.importance.change, better)
                words = f"by {scale.importance.change:g} points or more ({scale.importance.source})"
                _shares(rows, code, "important_", shares, n, words, place)
    return rows.rows


def _better_sign(scale: Scale, contrast: Contrast) -> int:
    """The sign of a change for the better, in the declared direction of the contrast."""
    return -contrast.baseline_sign if scale.better == "high" else contrast.baseline_sign


def _shares(rows: Rows, code: str, prefix: str, shares: Shares, n: int, how: str, place: dict[str, Any]) -> None:
    for name in ("improved", "unchanged", "worsened"):
        count = getattr(shares, name)
        words = f"people who {'did not change' if name == 'unchanged' else name} {how}"
        rows.add(code, f"count_{prefix}{name}", count, n, words, "people", **place)
        rows.add(code, f"percent_{prefix}{name}", 100 * count / n, n, f"{words} / n", "%", **place)
