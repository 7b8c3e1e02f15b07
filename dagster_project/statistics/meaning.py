"""What scores mean: people beyond a cut-off, in named ranges, recovered; means on metrics that scales share.

Belongs here: counts of people by limits that somebody else set, and two linear metrics. Does not belong here: which limits
an instrument has; the error of measurement (measurement.py); intervals of shares (proportions.py).

Scores within 1e-11 of a limit are at the limit.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dagster_project.statistics.change import Floats, _floats, _ratio
from dagster_project.statistics.descriptives import DECIMALS, merged

Side = Literal["at_least", "at_most"]
_SLACK = 10.0**-DECIMALS


@dataclass(frozen=True)
class Midpoint:
    """The cut-off between two distributions, in the score's units. NaN where undefined, `reason` says why."""

    cut_off: float
    reason: str


@dataclass(frozen=True)
class ClinicalChange:
    """How many people of `n` are in each class: recovered, improved (reliably, not recovered), unchanged and deteriorated
    add up to n. unwell: on the bad side of the cut-off at baseline."""

    n: int
    unwell: int
    recovered: int
    improved: int
    unchanged: int
    deteriorated: int


def count_beyond(values: ArrayLike, counts: ArrayLike, cut_off: float, side: Side) -> int:
    """People whose score is at the cut-off or beyond it. values, counts: distinct scores (k,) and people with each; side:
    at_least (the cut-off or more) or at_most (the cut-off or less)."""
    scores, people = merged(values, counts)
    return int(people[_is_beyond(scores, cut_off, side)].sum())


def _is_beyond(scores: Floats, cut_off: float, side: Side) -> NDArray[np.bool_]:
    if side not in ("at_least", "at_most"):
        raise ValueError(
            f"side {side!r} is neither at_least nor at_most; say on which side of the cut-off people are beyond"
        )
    return scores >= cut_off - _SLACK if side == "at_least" else scores <= cut_off + _SLACK


def count_in_bands(values: ArrayLike, counts: ArrayLike, starts: ArrayLike) -> NDArray[np.int64]:
    """People in each range: (b,) counts. values, counts: as count_beyond; starts: the lowest score of each range (b,),
    ascending; a range ends where the next one starts, the last one nowhere. ValueError for a score below the first.
    R: table(cut(x, c(starts, Inf), right = FALSE))."""
    scores, people = merged(values, counts)
    limits = _ascending(starts)
    return np.bincount(_bands_of(scores, limits), weights=people, minlength=limits.size).astype(np.int64)


def band_transitions(baseline: ArrayLike, followup: ArrayLike, counts: ArrayLike, starts: ArrayLike) -> NDArray[np.int64]:
    """People by their range at baseline (rows) and at follow-up (columns): (b, b) counts. baseline, followup, counts:
    distinct pairs (k,) and people with each; starts: as count_in_bands. R: table of both cuts."""
    first, second, people = _pairs(baseline, followup, counts)
    limits = _ascending(starts)
    transitions = np.zeros((limits.size, limits.size))
    np.add.at(transitions, (_bands_of(first, limits), _bands_of(second, limits)), people)
    return transitions.astype(np.int64)


def _ascending(starts: ArrayLike) -> Floats:
    limits = _floats(starts)
    if np.any(np.diff(limits) <= 0):
        raise ValueError("the ranges do not ascend; give their lowest scores from the lowest up")
    return limits


def _bands_of(scores: Floats, limits: Floats) -> NDArray[np.int64]:
    bands = np.searchsorted(limits - _SLACK, scores, side="right") - 1
    if np.any(bands < 0):
        raise ValueError(f"the score {scores[bands < 0][0]:g} lies below the first range, which starts at {limits[0]:g}")
    return np.asarray(bands, dtype=np.int64)


def _pairs(baseline: ArrayLike, followup: ArrayLike, counts: ArrayLike) -> tuple[Floats, Floats, Floats]:
    first, second, people = (
        _floats(numbers) if np.size(numbers) else np.empty(0) for numbers in (baseline, followup, counts)
    )
    if not first.shape == second.shape == people.shape:
        raise ValueError("baseline, followup and counts differ in length; give one count a pair")
    if np.any(people < 0) or np.any(people != np.floor(people)):
        raise ValueError("a count is negative or not whole; give how many people have each pair")
    usable = (people > 0) & np.isfinite(first) & np.isfinite(second)
    return first[usable], second[usable], people[usable]


def weighted_midpoint(mean: float, sd: float, norm_mean: float, norm_sd: float, better_sign: int) -> Midpoint:
    """The score that is as many SDs from the people's mean as from the norm's: (norm SD mean + SD norm mean) / (SD + norm
    SD), criterion c. better_sign: 1 if a high score is good, -1 if a low one is.

    Undefined without an SD, and where the people are on average as well as the norm or better: there is then nothing
    between them to cross. Source: Jacobson and Truax, J Consult Clin Psychol 1991, 59, 12-19.
    """
    _check_sign(better_sign)
    if not np.isfinite([mean, sd]).all():
        return Midpoint(float("nan"), "no SD at baseline")
    if not (norm_mean - mean) * better_sign > _SLACK:
        return Midpoint(float("nan"), "the people are on average as well as the norm at baseline, or better")
    cut_off = _ratio(_floats(norm_sd * mean + sd * norm_mean), _floats(sd + norm_sd))[0]
    return Midpoint(float(cut_off), "" if np.isfinite(cut_off) else "no variation")


def clinical_change(
    baseline: ArrayLike, followup: ArrayLike, counts: ArrayLike, cut_off: float, threshold: float, better_sign: int, *,
    is_well_at: bool,
) -> ClinicalChange:  # fmt: skip
    """Clinically significant change: recovered are people on the bad side of the cut-off at baseline and on the good side
    at follow-up whose score improved by more than the smallest reliable change.

    baseline, followup, counts: distinct pairs of scores (k,) and people with each; threshold: the smallest reliable
    change; better_sign: 1 if a high score is good, -1 if a low one is; is_well_at: whether a score at the cut-off is on
    its good side. Source: Jacobson and Truax, J Consult Clin Psychol 1991, 59, 12-19.
    """
    _check_sign(better_sign)
    first, second, people = _pairs(baseline, followup, counts)
    # How far each score is on the good side.
    margin = _SLACK if is_well_at else -_SLACK
    was_well, is_well = ((scores - cut_off) * better_sign > -margin for scores in (first, second))
    gain = (second - first) * better_sign
    is_better, is_worse = gain > threshold + _SLACK, gain < -threshold - _SLACK
    is_recovered = ~was_well & is_well & is_better
    n, better, recovered, worse = (
        int(people[chosen_pairs].sum())
        for chosen_pairs in (np.ones(first.size, dtype=bool), is_better, is_recovered, is_worse)
    )
    return ClinicalChange(
        n=n, unwell=int(people[~was_well].sum()), recovered=recovered, improved=better - recovered,
        unchanged=n - better - worse, deteriorated=worse,
    )  # fmt: skip


def _check_sign(better_sign: int) -> None:
    if better_sign not in (-1, 1):
        raise ValueError(f"better_sign {better_sign} is neither 1 nor -1; say which end of the scale is good")


def percent_of_maximum(mean: ArrayLike, lowest: ArrayLike, highest: ArrayLike) -> Floats:
    """100 (mean - lowest) / (highest - lowest): a mean in percent of the maximum possible (POMP). NaN without a mean.

    It says how far the mean is along the scale, not how good it is. Source: Cohen, Cohen, Aiken and West, Multivariate
    Behav Res 1999, 34, 315-346.
    """
    low = _floats(lowest)
    return 100 * _ratio(_floats(mean) - low, _floats(highest) - low)


def t_score(mean: ArrayLike, norm_mean: ArrayLike, norm_sd: ArrayLike) -> Floats:
    """50 + 10 (mean - norm mean) / norm SD: a mean on the metric on which the norm has mean 50 and SD 10. NaN without a
    mean. Source: McCall, How to Measure in Education, 1922."""
    return 50 + 10 * _ratio(_floats(mean) - _floats(norm_mean), _floats(norm_sd))
