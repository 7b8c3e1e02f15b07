"""From printed numbers to targets of the search.

Belongs here: gathering a scale's printed numbers and the interval each stands for. Does not belong here: searching.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import scipy

from dagster_project.results.published import PublishedValue
from dagster_project.results.reproduction import published_result_id
from dagster_project.results.rounding import printed_interval
from dagster_project.simulate.search import Target
from dagster_project.study import Study

#: Keeps a found value off the open end of the interval, where the last binary digit would decide how it prints.
_INSIDE = 1e-7
#: Lets a value on the closed end in, such as 2.75 that prints as 2.8.
_ON_EDGE = 1e-12


@dataclass
class Printed:
    """The printed numbers of one outcome by (statistic, wave or contrast), without those that are impossible."""

    values: dict[tuple[str, str], PublishedValue] = field(default_factory=dict)

    def number(self, statistic: str, when: str) -> float | None:
        value = self.values.get((statistic, when))
        return None if value is None else value.value


def printed_by_outcome(
    published: Iterable[PublishedValue], study: Study, impossible: Mapping[PublishedValue, str]
) -> dict[str, Printed]:
    """Printed numbers of scales, gathered by scale code. Impossible ones are left out: nothing may pull towards them."""
    gathered: dict[str, Printed] = {}
    for value in published:
        one = published_result_id(value, study)
        if one is None or value in impossible:
            continue
        analysis, outcome, *rest = one.split("/")
        if analysis in ("summary", "change"):
            gathered.setdefault(outcome, Printed()).values[rest[1], rest[0]] = value
    return gathered


def scale_targets(printed: Printed, study: Study, pair_counts: Sequence[int]) -> list[Target]:
    """Targets of one scale. pair_counts: the number of pairs of each contrast, which p depends on."""
    targets = []
    for index, wave in enumerate(study.protocol.waves):
        for statistic in ("mean", "sd", "min", "max"):
            if (value := printed.values.get((statistic, wave.wave))) is not None:
                targets.append(Target(statistic, index, *inside(value.printed)))
    for index, contrast in enumerate(study.protocol.contrasts):
        if pair_counts[index] < 2:
            continue
        for statistic in ("mean_change", "ci95_low", "ci95_high", "d_baseline"):
            if (value := printed.values.get((statistic, contrast.contrast))) is not None:
                targets.append(Target(statistic, index, *inside(value.printed)))
        if (value := printed.values.get(("p", contrast.contrast))) is not None:
            low, high = inside(value.printed)
            df = pair_counts[index] - 1
            t_high = float(scipy.stats.t.isf(low / 2, df)) if low > 0 else 1e3
            targets.append(Target("abs_t", index, float(scipy.stats.t.isf(min(1.0, high) / 2, df)), t_high))
    return targets


def inside(printed: str) -> tuple[float, float]:
    """The interval of values that print as this text, a little inside its open end."""
    low, high = printed_interval(printed)
    # Half is rounded away from zero: the end nearer to zero prints as this number, the other does not.
    if low + high > 0:
        return low - _ON_EDGE, high - _INSIDE
    return low + _INSIDE, high + _ON_EDGE
