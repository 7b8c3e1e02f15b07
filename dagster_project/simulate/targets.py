"""Search targets from printed numbers.

Belongs here: grouping a scale's printed numbers, and the interval of values that each stands for. Does not belong here:
searching.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import scipy

from dagster_project.results.published import PublishedValue
from dagster_project.results.reproduction import published_result_id
from dagster_project.results.rounding import printed_interval
from dagster_project.simulate.problem import Outcome, Target
from dagster_project.study import Study

#: Keeps values away from the open end of the interval, where the last binary digit would decide how they print.
_OPEN_END_MARGIN = 1e-7
#: Admits a value on the closed end, such as 2.75, which prints as 2.8.
_CLOSED_END_TOLERANCE = 1e-12


@dataclass
class PrintedNumbers:
    """The printed numbers of one outcome by (statistic, wave or contrast), without impossible ones."""

    values: dict[tuple[str, str], PublishedValue] = field(default_factory=dict)

    def number(self, statistic: str, timepoint: str) -> float | None:
        value = self.values.get((statistic, timepoint))
        return None if value is None else value.value


def printed_by_outcome(
    published: Iterable[PublishedValue], study: Study, impossible: Mapping[PublishedValue, str]
) -> dict[str, PrintedNumbers]:
    """Printed numbers by scale code. Impossible ones are left out, so that the search does not aim at them."""
    by_outcome: dict[str, PrintedNumbers] = {}
    for value in published:
        result_id = published_result_id(value, study)
        if result_id is None or value in impossible:
            continue
        analysis, outcome, *details = result_id.split("/")
        if analysis in ("summary", "change"):
            by_outcome.setdefault(outcome, PrintedNumbers()).values[details[1], details[0]] = value
    return by_outcome


def scale_targets(numbers: PrintedNumbers, study: Study, pair_counts: Sequence[int]) -> list[Target]:
    """Targets of one scale. pair_counts: the number of pairs of each contrast, on which p depends."""
    targets = []
    for index, wave in enumerate(study.protocol.waves):
        for statistic in ("mean", "sd", "min", "max"):
            if (value := numbers.values.get((statistic, wave.wave))) is not None:
                targets.append(Target(statistic, index, *target_interval(value.printed)))
    for index, contrast in enumerate(study.protocol.contrasts):
        if pair_counts[index] < 2:
            continue
        for statistic in ("mean_change", "ci95_low", "ci95_high", "d_baseline"):
            if (value := numbers.values.get((statistic, contrast.contrast))) is not None:
                targets.append(Target(statistic, index, *target_interval(value.printed)))
        if (value := numbers.values.get(("p", contrast.contrast))) is not None:
            low, high = target_interval(value.printed)
            df = pair_counts[index] - 1
            t_high = float(scipy.stats.t.isf(low / 2, df)) if low > 0 else 1e3
            targets.append(Target("abs_t", index, float(scipy.stats.t.isf(min(1.0, high) / 2, df)), t_high))
    return targets


def implied_targets(outcome: Outcome) -> list[Target]:
    """What a contrast's printed numbers imply for the baseline scores of its people: their SD, by change and effect size and
    by the SDs of the changes and of the follow-up; their mean, by the change and the follow-up's mean."""
    intervals = {(target.statistic, target.index): (target.low, target.high) for target in outcome.targets}
    implied = []
    for index, pair in enumerate(outcome.pairs):
        n, n_followup = len(pair.people), int(outcome.available[:, pair.followup].sum())
        if n < 2:
            continue
        change, sd_change = _change_and_sd(intervals, index, pair.critical_t, n)
        bounds = [_sd_by_effect_size(change, intervals.get(("d_baseline", index), _UNLIMITED))]
        if (followup_sd := intervals.get(("sd", pair.followup))) is not None:
            highest = followup_sd[1] * math.sqrt((n_followup - 1) / (n - 1))
            # Whoever is in no pair may be the one who makes the SD of the rest small.
            lowest = followup_sd[0] if n == n_followup else 0.0
            bounds.append((max(0.0, lowest - sd_change[1], sd_change[0] - highest), highest + sd_change[1]))
        low, high = max(low for low, _ in bounds), min(high for _, high in bounds)
        if 0.0 <= low < high < math.inf:
            implied.append(Target("base_sd", index, low, high))
        followup_mean = intervals.get(("mean", pair.followup))
        if followup_mean is None or (n < n_followup and ("sd", pair.followup) not in intervals):
            continue
        distance = math.sqrt((n_followup - 1) * (n_followup - n) / (n_followup * n))
        distance *= followup_sd[1] if followup_sd is not None else 0.0
        ends = sorted(pair.sign * end for end in change)
        low, high = followup_mean[0] - distance + ends[0], followup_mean[1] + distance + ends[1]
        if low < high < math.inf:
            implied.append(Target("base_mean", index, low, high))
    return implied


_Ends = tuple[float, float]
_UNLIMITED: _Ends = (-math.inf, math.inf)


def _change_and_sd(intervals: Mapping[tuple[str, int], _Ends], index: int, critical_t: float, n: int) -> tuple[_Ends, _Ends]:
    """The mean change, narrowed by its interval's centre, and the SD of the changes, by that interval's width."""
    change = intervals.get(("mean_change", index), _UNLIMITED)
    low, high = intervals.get(("ci95_low", index), _UNLIMITED), intervals.get(("ci95_high", index), _UNLIMITED)
    change = max(change[0], (low[0] + high[0]) / 2), min(change[1], (low[1] + high[1]) / 2)
    factor = math.sqrt(n) / critical_t / 2
    return change, (max(0.0, (high[0] - low[1]) * factor), (high[1] - low[0]) * factor)


def _sd_by_effect_size(change: _Ends, effect_size: _Ends) -> _Ends:
    """SD = change / effect size, where neither may be zero."""
    sizes = [
        sorted((abs(low), abs(high))) if low * high > 0 else [0.0, max(abs(low), abs(high))]
        for low, high in (change, effect_size)
    ]
    (change_low, change_high), (size_low, size_high) = sizes
    return (change_low / size_high if size_high > 0 else 0.0), (change_high / size_low if size_low > 0 else math.inf)


def target_interval(text: str) -> tuple[float, float]:
    """The interval of values that print as this text, shortened slightly at its open end."""
    low, high = printed_interval(text)
    # Halves are rounded away from zero: the end nearer to zero prints as this number, the other end does not.
    if low + high > 0:
        return low - _CLOSED_END_TOLERANCE, high - _OPEN_END_MARGIN
    return low + _OPEN_END_MARGIN, high + _CLOSED_END_TOLERANCE
