"""A search problem as arrays: limits, people, pairs and targets of several outcomes, so that many chains move at once.

Belongs here: what stays the same during a search. Does not belong here: scores and moves (chains.py, moves.py).

Axes: outcomes (parts first, their composite last), people, waves, contrasts. Parts are the outcomes that have a grid.
"""

import math
from collections.abc import Sequence

import numpy as np

from dagster_project.simulate.problem import PAIR_STATISTICS, Flags, Floats, Integers, Outcome, Target

#: Statistics that are computed from moments; minimum and maximum are kept by counting (chains.py).
_MOMENT_STATISTICS = ("mean", "sd")


class Tables:
    """The arrays of a problem. outcomes: the parts, and after them at most one composite of all of them."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        self.parts = [outcome for outcome in outcomes if outcome.grid is not None]
        self.outcome_count, self.part_count = len(outcomes), len(self.parts)
        self.has_composite = self.outcome_count > self.part_count
        self.people, self.waves = outcomes[0].available.shape
        self.available = np.array([outcome.available for outcome in outcomes]).astype(float)
        self.is_available: Integers = self.available[: self.part_count].astype(np.int64)
        self.wave_n = self.available.sum(1)
        self._add_pairs(outcomes)
        self._add_targets(outcomes)
        self._add_grids()
        self._add_people()
        # A composite's score moves by this share of a part's.
        answered_parts = np.maximum(self.available[: self.part_count].sum(0), 1)
        self.share = self.available[: self.part_count] * self.available[-1] / answered_parts

    def _add_pairs(self, outcomes: Sequence[Outcome]) -> None:
        pairs = outcomes[0].pairs
        self.contrasts = len(pairs)
        self.baseline = np.array([pair.baseline for pair in pairs], dtype=np.int64)
        self.followup = np.array([pair.followup for pair in pairs], dtype=np.int64)
        self.sign = np.array([pair.sign for pair in pairs], dtype=float)
        self.is_pair = np.zeros((len(outcomes), self.people, self.contrasts))
        self.critical_t = np.zeros((len(outcomes), self.contrasts))
        for index, outcome in enumerate(outcomes):
            for contrast, pair in enumerate(outcome.pairs):
                self.is_pair[index, list(pair.people), contrast] = 1.0
                self.critical_t[index, contrast] = pair.critical_t if math.isfinite(pair.critical_t) else 0.0
        self.pair_n = self.is_pair.sum(1)

    def _add_targets(self, outcomes: Sequence[Outcome]) -> None:
        """Targets as columns, padded to the same number for each outcome, and the ends that nobody may pass."""
        length = max(1, *(len(outcome.targets) for outcome in outcomes))
        shape = (len(outcomes), length)
        self.target_statistic = np.zeros(shape, dtype=np.int64)
        self.target_low, self.target_high = np.full(shape, -np.inf), np.full(shape, np.inf)
        self.target_width, self.target_wave = np.ones(shape), np.full(shape, -1)
        # By outcome and wave: lowest and highest possible minimum, lowest and highest possible maximum.
        self.ends = np.tile(np.array([-np.inf, np.inf, -np.inf, np.inf]), (len(outcomes), self.waves, 1))
        for index, outcome in enumerate(outcomes):
            for column, target in enumerate(outcome.targets):
                if target.statistic in ("min", "max"):
                    first = 0 if target.statistic == "min" else 2
                    self.ends[index, target.index, first : first + 2] = target.low, target.high
                    continue
                cell = index, column
                self.target_statistic[cell] = self._statistic_index(target)
                self.target_low[cell], self.target_high[cell] = target.low, target.high
                self.target_width[cell] = max(target.high - target.low, 1e-6)
                self.target_wave[cell] = self._last_wave(target)

    def _statistic_index(self, target: Target) -> int:
        if target.statistic in _MOMENT_STATISTICS:
            return int(_MOMENT_STATISTICS.index(target.statistic) * self.waves + target.index)
        position = PAIR_STATISTICS.index(target.statistic)
        return int(len(_MOMENT_STATISTICS) * self.waves + position * self.contrasts + target.index)

    def _last_wave(self, target: Target) -> int:
        """The wave after which a target is decided, when waves are searched in their order."""
        if target.statistic in _MOMENT_STATISTICS:
            return target.index
        baseline, followup = int(self.baseline[target.index]), int(self.followup[target.index])
        return baseline if target.statistic.startswith("base_") else max(baseline, followup)

    def _add_grids(self) -> None:
        """By part: items, factor of a sum, least number of answers; by part, wave and answer count: the limits of a sum."""
        grids = [part.grid for part in self.parts if part.grid is not None]
        self.items = np.array([grid.items for grid in grids])
        self.factor = np.array([grid.items * grid.unit for grid in grids])
        self.minimum_answered = np.array([grid.minimum_answered for grid in grids])
        shape = (self.part_count, self.waves, int(self.items.max()) + 1)
        self.low, self.high = np.zeros(shape, dtype=np.int64), np.full(shape, -1, dtype=np.int64)
        for part, grid in enumerate(grids):
            for count in range(max(1, grid.minimum_answered), grid.items + 1):
                low, high = grid.sum_limits[count]
                sums = np.arange(low, high + 1)
                values = sums * self.factor[part] / count
                for wave in range(self.waves):
                    bottom, top = self.ends[part, wave, 0], self.ends[part, wave, 3]
                    possible_sums = sums[(values >= bottom) & (values <= top)]
                    # Printed ends between which no score lies limit nobody.
                    is_limited = len(possible_sums) or count < grid.items
                    limits = possible_sums if is_limited else sums
                    if len(limits):
                        self.low[part, wave, count], self.high[part, wave, count] = limits[0], limits[-1]

    def _add_people(self) -> None:
        """Cells, people of a wave, and people with scores in the same waves, by part, padded, with their numbers."""
        patterns = [part.available for part in self.parts]
        cells = [np.argwhere(pattern) for pattern in patterns]
        self.cell_count = np.array([len(part_cells) for part_cells in cells])
        self.cells = np.zeros((self.part_count, max(1, int(self.cell_count.max())), 2), dtype=np.int64)
        self.wave_people = np.zeros((self.part_count, self.waves, self.people), dtype=np.int64)
        self.people_alike = np.zeros((self.part_count, self.people, self.people), dtype=np.int64)
        self.alike_count = np.zeros((self.part_count, self.people), dtype=np.int64)
        for part, pattern in enumerate(patterns):
            self.cells[part, : len(cells[part])] = cells[part]
            for wave in range(self.waves):
                people = np.flatnonzero(pattern[:, wave])
                self.wave_people[part, wave, : len(people)] = people
            for person in range(self.people):
                people_alike = _people_alike(pattern, person)
                self.people_alike[part, person, : len(people_alike)] = people_alike
                self.alike_count[part, person] = len(people_alike)


def _people_alike(pattern: Flags, person: int) -> Integers:
    """The others who have scores in the same waves as a person."""
    same_pattern = (
        np.flatnonzero((pattern == pattern[person]).all(axis=1)) if pattern[person].any() else np.zeros(0, dtype=np.int64)
    )
    return np.asarray(same_pattern[same_pattern != person])


def midpoint(targets: Sequence[Target], statistic: str, index: int, default: float) -> float:
    """The middle of a target's interval, or a default where there is none."""
    return next(((t.low + t.high) / 2 for t in targets if (t.statistic, t.index) == (statistic, index)), default)


def starting_sums(tables: Tables, count: int, rng: np.random.Generator) -> Integers:
    """Normal scores with the printed means and SDs, correlated within a person over waves and parts, clipped to the limits:
    chains x parts x people x waves."""
    sums = np.zeros((count, tables.part_count, tables.people, tables.waves), dtype=np.int64)
    person_effects: Floats = rng.normal(size=(count, tables.people))
    for part, outcome in enumerate(tables.parts):
        assert outcome.grid is not None
        items, unit = outcome.grid.items, outcome.grid.unit
        low, high = outcome.grid.sum_limits[items]
        for wave in range(tables.waves):
            mean = midpoint(outcome.targets, "mean", wave, (low + high) / 2 * unit) / unit
            sd = midpoint(outcome.targets, "sd", wave, (high - low) / 6 * unit) / unit
            scores = mean + sd * (0.8 * person_effects + 0.6 * rng.normal(size=(count, tables.people)))
            limits = tables.low[part, wave, items], tables.high[part, wave, items]
            sums[:, part, :, wave] = np.clip(np.rint(scores), *limits)
    return np.asarray(sums * tables.is_available)
