"""What a search looks for: grids of possible scores, pairs of waves, targets, and what a solution misses of them.

Belongs here: the problem and its solutions as values. Does not belong here: which printed number is which target
(targets.py), who answered (patterns.py), searching (search.py).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Statistics of a wave, and of a contrast. The last two are never printed: other printed numbers imply them.
WAVE_STATISTICS = ("mean", "sd", "min", "max")
PAIR_STATISTICS = ("mean_change", "ci95_low", "ci95_high", "abs_t", "d_baseline", "base_mean", "base_sd")


@dataclass(frozen=True)
class Grid:
    """The possible scores: item sums between the lowest and highest of the answered items, then scaled.

    value = sum x items / answer count x unit, where unit is 1 for a sum and 1 / items for a mean, times the scale's factor.
    ranges: the lowest and highest number that an answer to each item counts as.
    """

    ranges: tuple[tuple[int, int], ...]
    minimum_answered: int
    unit: float

    @cached_property
    def items(self) -> int:
        return len(self.ranges)

    @cached_property
    def sum_limits(self) -> tuple[tuple[int, int], ...]:
        """By number of answered items, from 0: the lowest and highest sum that they can have, whichever items they are."""
        lows = sorted((low for low, _ in self.ranges), reverse=True)
        highs = sorted(high for _, high in self.ranges)
        return tuple((sum(lows[:count]), sum(highs[:count])) for count in range(self.items + 1))

    def value(self, total: int, answer_count: int) -> float:
        return total * self.items * self.unit / answer_count


@dataclass(frozen=True)
class Target:
    """A statistic and the interval it should lie in. `index` is the wave or the contrast it belongs to."""

    statistic: str
    index: int
    low: float
    high: float


@dataclass(frozen=True)
class Pairs:
    """One contrast: wave indices, sign of baseline minus follow-up, its people, critical t of the interval."""

    baseline: int
    followup: int
    sign: int
    people: frozenset[int]
    critical_t: float


@dataclass(frozen=True)
class Outcome:
    """What is searched of one scale: its grid (None for a composite, the mean of the others), who has a score (people x
    waves), its pairs by contrast, its targets."""

    grid: Grid | None
    available: Flags
    pairs: Sequence[Pairs]
    targets: Sequence[Target]


@dataclass(frozen=True)
class Solution:
    """Item sums and numbers of answered items (people x waves), and what they cost: 0 when every target is met."""

    sums: Integers
    answer_counts: Integers
    cost: float

    def scores(self, grid: Grid) -> Floats:
        """The scores (people x waves); those of people without a score mean nothing."""
        return self.sums * (grid.items * grid.unit) / self.answer_counts


def missed_targets(scores: Floats, outcome: Outcome) -> list[Target]:
    """The targets that scores miss, computed from scratch."""
    return [target for target in outcome.targets if not target.low <= _statistic(scores, outcome, target) <= target.high]


def _statistic(scores: Floats, outcome: Outcome, target: Target) -> float:
    if target.statistic in WAVE_STATISTICS:
        values = scores[outcome.available[:, target.index], target.index]
        if target.statistic == "sd":
            return float(values.std(ddof=1)) if len(values) > 1 else math.nan
        by_name = {"mean": values.mean, "min": values.min, "max": values.max}
        return float(by_name[target.statistic]()) if len(values) else math.nan
    pair = outcome.pairs[target.index]
    people = sorted(pair.people)
    if len(people) < 2:
        return math.nan
    baseline = scores[people, pair.baseline]
    changes = pair.sign * (baseline - scores[people, pair.followup])
    mean, error = float(changes.mean()), float(changes.std(ddof=1)) / math.sqrt(len(people))
    base_sd = float(baseline.std(ddof=1))
    statistics = {
        "mean_change": mean,
        "ci95_low": mean - pair.critical_t * error,
        "ci95_high": mean + pair.critical_t * error,
        "abs_t": abs(mean) / max(error, 1e-12),
        "d_baseline": mean / max(base_sd, 1e-12),
        "base_mean": float(baseline.mean()),
        "base_sd": base_sd,
    }
    return statistics[target.statistic]
