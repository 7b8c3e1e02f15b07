"""Search targets from printed numbers.

Belongs here: grouping a scale's printed numbers, and the interval of values that each stands for. Does not belong here:
searching.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import scipy

from dagster_project.results.published import PublishedValue
from dagster_project.results.reproduction import published_result_id
from dagster_project.results.rounding import printed_interval
from dagster_project.simulate.search import Target
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


def target_interval(text: str) -> tuple[float, float]:
    """The interval of values that print as this text, shortened slightly at its open end."""
    low, high = printed_interval(text)
    # Halves are rounded away from zero: the end nearer to zero prints as this number, the other end does not.
    if low + high > 0:
        return low - _CLOSED_END_TOLERANCE, high - _OPEN_END_MARGIN
    return low + _OPEN_END_MARGIN, high + _CLOSED_END_TOLERANCE
