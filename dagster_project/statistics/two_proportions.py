"""Two independent groups of people: how often something occurs in each, compared in every usual measure, from counts.

Belongs here: risk ratio, odds ratio, Fisher's exact test, number needed to treat. Does not belong here: the difference of
shares itself (attrition.py has it), two shares of the same people (proportions.py), whether an event is good or bad.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from dagster_project.statistics.attrition import DifferenceOfShares, _check_counts, difference_of_shares
from dagster_project.statistics.change import Floats, _floats, _ratio, check_level

#: R's fisher.test counts a table as no more probable than the observed one up to this relative error.
SAME_PROBABILITY = 1 + 1e-7
EMPTY_GROUP = "nobody in one of the groups"


@dataclass(frozen=True)
class RatioOfShares:
    """Ratios (group by reference), with intervals; arrays of length k. NaN where undefined, `reason` says why."""

    ratio: Floats
    ci_low: Floats
    ci_high: Floats
    reason: tuple[str, ...]


@dataclass(frozen=True)
class NumberNeeded:
    """1 / risk difference, in people: above 0 where the event is more frequent in the group, below 0 where it is less, with
    the interval of the reciprocal limits; arrays of length k. NaN where undefined, `reason` says why."""

    number: Floats
    ci_low: Floats
    ci_high: Floats
    reason: tuple[str, ...]


@dataclass(frozen=True)
class TwoProportions:
    """Two shares compared: their difference, ratio, ratio of odds, Fisher's p (two-sided) and the number needed to treat."""

    risk_difference: DifferenceOfShares
    risk_ratio: RatioOfShares
    odds_ratio: RatioOfShares
    p: Floats
    number_needed: NumberNeeded


def two_proportions(
    count: ArrayLike, n: ArrayLike, reference_count: ArrayLike, reference_n: ArrayLike, level: float = 0.95
) -> TwoProportions:
    """Every measure of k comparisons; count: people with the event, n: people, of each group, (k,).

    The difference has Newcombe's hybrid score interval (difference_of_shares). No half is added to empty cells anywhere.
    ValueError: a count that is not whole or lies outside 0 to its n.
    """
    difference = difference_of_shares(count, n, reference_count, reference_n, level)
    return TwoProportions(
        difference,
        risk_ratio(count, n, reference_count, reference_n, level),
        odds_ratio(count, n, reference_count, reference_n, level),
        fisher_exact(count, n, reference_count, reference_n),
        number_needed(difference),
    )


def risk_ratio(
    count: ArrayLike, n: ArrayLike, reference_count: ArrayLike, reference_n: ArrayLike, level: float = 0.95
) -> RatioOfShares:
    """p_1 / p_2 with Katz's interval: exp(log ratio ± z root(1 / x_1 - 1 / n_1 + 1 / x_2 - 1 / n_2)).

    Without an event in the reference there is no ratio; without one in the group it is 0, without an interval; where
    everybody has the event in both groups it is 1, without an interval. R: by hand in tests/statistics/groups_witness.R.
    Source: Katz et al., Biometrics 1978, 34, 469-474.
    """
    x, size, x_r, size_r = _counts(count, n, reference_count, reference_n)
    ratio = _ratio(_ratio(x, size), _ratio(x_r, size_r))
    variance = _ratio(size - x, size * x) + _ratio(size_r - x_r, size_r * x_r)
    reason = tuple(
        EMPTY_GROUP if not (people >= 1 and people_r >= 1)
        else "no count" if np.isnan(events + events_r)
        else "no event in the reference group: no ratio" if events_r == 0
        else "no event in the group: no interval" if events == 0
        else "an event for everybody in both groups: no interval" if log_variance == 0
        else ""
        for events, people, events_r, people_r, log_variance in zip(x, size, x_r, size_r, variance, strict=True)
    )  # fmt: skip
    return _with_log_interval(ratio, np.where(variance > 0, variance, np.nan), level, reason)


def odds_ratio(
    count: ArrayLike, n: ArrayLike, reference_count: ArrayLike, reference_n: ArrayLike, level: float = 0.95
) -> RatioOfShares:
    """(x_1 / (n_1 - x_1)) / (x_2 / (n_2 - x_2)) with Woolf's interval: exp(log ratio ± z root(sum of 1 / cell)).

    Not the conditional estimate of R's fisher.test. Undefined where its denominator, x_2 (n_1 - x_1), is 0; with another
    cell empty it is 0, without an interval. R: by hand in tests/statistics/groups_witness.R. Source: Woolf, Ann Hum Genet
    1955, 19, 251-253.
    """
    x, size, x_r, size_r = _counts(count, n, reference_count, reference_n)
    cells = (x, size - x, x_r, size_r - x_r)
    ratio = _ratio(cells[0] * cells[3], cells[1] * cells[2])
    variance = np.sum([_ratio(np.ones(x.shape), cell) for cell in cells], axis=0)
    reason = tuple(
        EMPTY_GROUP if not (people >= 1 and people_r >= 1)
        else "no count" if np.isnan(events + events_r)
        else "no event in the reference group: no ratio" if events_r == 0
        else "an event for everybody in the group: no ratio" if events == people
        else "no event in the group: no interval" if events == 0
        else "an event for everybody in the reference group: no interval" if events_r == people_r
        else ""
        for events, people, events_r, people_r in zip(x, size, x_r, size_r, strict=True)
    )  # fmt: skip
    return _with_log_interval(ratio, variance, level, reason)


def fisher_exact(count: ArrayLike, n: ArrayLike, reference_count: ArrayLike, reference_n: ArrayLike) -> Floats:
    """Fisher's exact test, two-sided: the probability, given the margins, of all tables that are no more probable than the
    observed one (up to a relative 1e-7, as in R). p, (k,); 1 where nobody or everybody has the event, NaN without people.

    R: fisher.test(table)$p.value. Source: Fisher, J R Stat Soc 1935, 98, 39-82.
    """
    return np.array([_fisher_p(*cells) for cells in zip(*_counts(count, n, reference_count, reference_n), strict=True)])


def number_needed(difference: DifferenceOfShares) -> NumberNeeded:
    """Number needed to treat: 1 / risk difference, and the reciprocals of its interval's limits, exchanged.

    Where the interval of the difference contains zero (a limit that is zero included) the number's own would run through
    infinity: there is no number, and the reason says from where to where. Source: Altman, BMJ 1998, 317, 1309-1312.
    """
    has_sign = (difference.ci_low > 0) | (difference.ci_high < 0)
    number, low, high = (
        _ratio(np.where(has_sign, 1.0, np.nan), values)
        for values in (difference.difference, difference.ci_high, difference.ci_low)
    )
    reason = tuple(
        text or ("" if is_clear else _through_infinity(lower, upper))
        for text, is_clear, lower, upper in zip(
            difference.reason, has_sign, difference.ci_low, difference.ci_high, strict=True
        )
    )
    return NumberNeeded(number, low, high, reason)


def _through_infinity(low: float, high: float) -> str:
    """How the number needed runs where the risk difference lies between a limit below zero and one above."""
    parts = [f"below {1 / low:.1f}"] * bool(low < 0) + [f"above {1 / high:.1f}"] * bool(high > 0)
    return (
        f"the interval of the risk difference contains zero: the number needed runs through infinity ({' and '.join(parts)})"
    )


def _counts(*counts: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    """Count and n of a group and of the reference, arrays of one length. ValueError unless they are whole and in order."""
    x, size, x_r, size_r = np.broadcast_arrays(*(_floats(number) for number in counts))
    _check_counts(x, size)
    _check_counts(x_r, size_r)
    if any(np.any(np.isfinite(values) & (values != np.floor(values))) for values in (x, size, x_r, size_r)):
        raise ValueError("a count is not a whole number; give counts of people")
    return x, size, x_r, size_r


def _with_log_interval(ratio: Floats, variance: Floats, level: float, reason: tuple[str, ...]) -> RatioOfShares:
    """Ratios with the interval of their logarithm, whose variance is given; none where the ratio is 0."""
    check_level(level)
    half_width = scipy.stats.norm.ppf((1 + level) / 2) * np.sqrt(variance)
    return RatioOfShares(
        ratio, _ratio(ratio, np.exp(half_width)), np.where(np.isnan(half_width), np.nan, ratio * np.exp(half_width)), reason
    )


def _fisher_p(count: float, n: float, reference_count: float, reference_n: float) -> float:
    if not (n >= 1 and reference_n >= 1) or np.isnan(count + reference_count):
        return float("nan")
    events = count + reference_count
    # The logarithm of each possible number's probability, from its ratio to the number before.
    possible = np.arange(max(0.0, events - reference_n), min(n, events) + 1)
    earlier, later = possible[:-1], possible[1:]
    steps = np.log((n - earlier) * (events - earlier)) - np.log(later * (reference_n - events + later))
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    probabilities = np.exp(logs - logs.max())
    probabilities /= probabilities.sum()
    observed = probabilities[int(count - possible[0])]
    return float(min(1.0, probabilities[probabilities <= observed * SAME_PROBABILITY].sum()))
