"""Search for scores with the printed moments: simulated annealing on the grid of possible scores.

Belongs here: the grid, the targets, the search. Does not belong here: which printed number is which target (targets.py),
who answered (patterns.py), answers to single items (items.py).

A state holds, for each person and wave, how many items were answered and their sum. The cost of a target is
log(1 + distance / width) outside the interval of values that print alike: it also attracts distant scores, and one target
that cannot be met does not dominate. Early in a search the widths are stretched, so that no target is given up too soon.
Moments are kept as running sums, so that a step need not recompute them over all people.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


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

    def distance(self, value: float) -> float:
        """How far outside the interval a value is, in widths of the interval."""
        return max(self.low - value, value - self.high, 0.0) / max(self.high - self.low, 1e-6)


@dataclass(frozen=True)
class Pairs:
    """One contrast: wave indices, sign of baseline minus follow-up, its people, critical t of the interval."""

    baseline: int
    followup: int
    sign: int
    people: frozenset[int]
    critical_t: float


@dataclass(frozen=True)
class Solution:
    """The best state of a search: item sums and numbers of answered items (people x waves), and its cost."""

    sums: Integers
    answer_counts: Integers
    cost: float


#: Cells to set: person, wave, item sum, number of answered items.
Move = list[tuple[int, int, int, int]]
#: The move that reverts another one, and the cost terms before that one.
Undo = tuple[Move, list[float], list[float]]

WAVE_STATISTICS = ("mean", "sd", "min", "max")


def wave_statistics(n: int, total: float, squares: float, low: float, high: float) -> dict[str, float]:
    """Mean, SD, minimum and maximum from running sums."""
    if n == 0:
        return {}
    mean = total / n
    statistics = {"mean": mean, "min": low, "max": high}
    if n > 1:
        statistics["sd"] = math.sqrt(max(0.0, squares - total * mean) / (n - 1))
    return statistics


def pair_statistics(
    n: int, critical_t: float, total: float, squares: float, base_total: float, base_squares: float
) -> dict[str, float]:
    """Mean change, its confidence interval, |t| and the effect size from running sums of the changes and of the baseline."""
    if n < 2:
        return {}
    mean = total / n
    standard_error = math.sqrt(max(0.0, squares - total * mean) / (n - 1) / n)
    base_sd = math.sqrt(max(0.0, base_squares - base_total * base_total / n) / (n - 1))
    return {
        "mean_change": mean,
        "ci95_low": mean - critical_t * standard_error,
        "ci95_high": mean + critical_t * standard_error,
        "abs_t": abs(mean) / max(standard_error, 1e-12),
        "d_baseline": mean / max(base_sd, 1e-12),
    }


#: The cost of a missing item: less than any missed target's, so that items are left out only where it helps.
_MISSING_ITEM_COST = 0.01
_MISSED_TARGET_COST = 0.2


@dataclass
class State:
    """The running sums of one search. Call `recompute` before the first cost and after a new softness."""

    grid: Grid
    available: list[list[bool]]
    pairs: Sequence[Pairs]
    wave_targets: list[list[Target]]
    pair_targets: list[list[Target]]
    sums: list[list[int]]
    answer_counts: list[list[int]]
    softness: float = 1.0
    values: list[list[float]] = field(default_factory=list)
    people_by_wave: list[list[int]] = field(default_factory=list)
    cells: list[tuple[int, int]] = field(default_factory=list)
    totals: list[float] = field(default_factory=list)
    squares: list[float] = field(default_factory=list)
    moments: list[list[float]] = field(default_factory=list)
    missing_items: int = 0
    wave_terms: list[float] = field(default_factory=list)
    pair_terms: list[float] = field(default_factory=list)

    @classmethod
    def from_sums(
        cls,
        grid: Grid,
        available: Flags,
        pairs: Sequence[Pairs],
        targets: Sequence[Target],
        sums: list[list[int]],
        answer_counts: list[list[int]],
    ) -> "State":
        """The state with given item sums and numbers of answered items (people x waves)."""
        state = cls(
            grid=grid,
            available=available.tolist(),
            pairs=pairs,
            wave_targets=[
                [t for t in targets if t.statistic in WAVE_STATISTICS and t.index == w] for w in range(available.shape[1])
            ],
            pair_targets=[
                [t for t in targets if t.statistic not in WAVE_STATISTICS and t.index == i] for i in range(len(pairs))
            ],
            sums=sums,
            answer_counts=answer_counts,
        )
        state.recompute()
        return state

    def recompute(self) -> None:
        """Compute all sums and terms from scratch: removes rounding drift and applies a new softness."""
        people, waves = len(self.sums), len(self.sums[0])
        value = self.grid.value
        self.values = [[value(self.sums[p][w], self.answer_counts[p][w]) for p in range(people)] for w in range(waves)]
        self.people_by_wave = [[p for p in range(people) if self.available[p][w]] for w in range(waves)]
        self.cells = [(p, w) for w in range(waves) for p in self.people_by_wave[w]]
        self.totals = [sum(self.values[w][p] for p in self.people_by_wave[w]) for w in range(waves)]
        self.squares = [sum(self.values[w][p] ** 2 for p in self.people_by_wave[w]) for w in range(waves)]
        self.moments = []
        for pair in self.pairs:
            base, follow = self.values[pair.baseline], self.values[pair.followup]
            changes = [pair.sign * (base[p] - follow[p]) for p in pair.people]
            self.moments.append(
                [
                    sum(changes),
                    sum(c * c for c in changes),
                    sum(base[p] for p in pair.people),
                    sum(base[p] ** 2 for p in pair.people),
                ]
            )
        self.missing_items = sum(self.grid.items - self.answer_counts[p][w] for p, w in self.cells)
        self.wave_terms = [self.wave_term(w) for w in range(waves)]
        self.pair_terms = [self.pair_term(i) for i in range(len(self.pairs))]

    def wave_term(self, wave: int) -> float:
        targets = self.wave_targets[wave]
        if not targets:
            return 0.0
        values = self.values[wave]
        scores = [values[p] for p in self.people_by_wave[wave]]
        statistics = wave_statistics(len(scores), self.totals[wave], self.squares[wave], min(scores), max(scores))
        return self._term(targets, statistics)

    def pair_term(self, index: int) -> float:
        targets = self.pair_targets[index]
        if not targets:
            return 0.0
        pair = self.pairs[index]
        return self._term(targets, pair_statistics(len(pair.people), pair.critical_t, *self.moments[index]))

    def _term(self, targets: Sequence[Target], statistics: dict[str, float]) -> float:
        cost, softness = 0.0, self.softness
        # In the last phase of a search a near miss counts as a miss.
        miss_cost = _MISSED_TARGET_COST if softness == 1.0 else 0.0
        for target in targets:
            value = statistics[target.statistic]
            if value < target.low:
                cost += miss_cost + math.log1p((target.low - value) / ((target.high - target.low) * softness))
            elif value > target.high:
                cost += miss_cost + math.log1p((value - target.high) / ((target.high - target.low) * softness))
        return cost

    def cost(self) -> float:
        """0 when every target is met; otherwise the missing items count, too."""
        target_cost = sum(self.wave_terms) + sum(self.pair_terms)
        return target_cost + _MISSING_ITEM_COST * self.missing_items if target_cost > 0 else 0.0

    def apply(self, move: Move) -> Undo:
        """Make a move and update the cost terms. Returns what reverts it."""
        previous_cells = [(p, w, self.sums[p][w], self.answer_counts[p][w]) for p, w, _, _ in move]
        undo = (previous_cells, self.wave_terms[:], self.pair_terms[:])
        waves, pairs = self._set_cells(move)
        for wave in waves:
            self.wave_terms[wave] = self.wave_term(wave)
        for index in pairs:
            self.pair_terms[index] = self.pair_term(index)
        return undo

    def revert(self, undo: Undo) -> None:
        """Return to the state before the last move."""
        move, self.wave_terms, self.pair_terms = undo
        self._set_cells(move)

    def _set_cells(self, cells: Move) -> tuple[set[int], set[int]]:
        """Set cells and update the running sums. Returns the indices of the waves and pairs that were affected."""
        waves, pairs = set(), set()
        for person, wave, total, answer_count in cells:
            old, new = self.values[wave][person], self.grid.value(total, answer_count)
            self.missing_items += self.answer_counts[person][wave] - answer_count
            self.sums[person][wave], self.answer_counts[person][wave] = total, answer_count
            self.totals[wave] += new - old
            self.squares[wave] += new * new - old * old
            waves.add(wave)
            for index, pair in enumerate(self.pairs):
                if wave not in (pair.baseline, pair.followup) or person not in pair.people:
                    continue
                moments = self.moments[index]
                if wave == pair.baseline:
                    followup = self.values[pair.followup][person]
                    old_change, new_change = pair.sign * (old - followup), pair.sign * (new - followup)
                    moments[2] += new - old
                    moments[3] += new * new - old * old
                else:
                    baseline = self.values[pair.baseline][person]
                    old_change, new_change = pair.sign * (baseline - old), pair.sign * (baseline - new)
                moments[0] += new_change - old_change
                moments[1] += new_change * new_change - old_change * old_change
                pairs.add(index)
            self.values[wave][person] = new
        return waves, pairs


def search(
    grid: Grid, available: Flags, pairs: Sequence[Pairs], targets: Sequence[Target], rng: random.Random, *, steps: int
) -> Solution:
    """Minimise the cost by simulated annealing. Stops early when all targets are met."""
    people, waves = available.shape
    answer_counts = [[grid.items] * waves for _ in range(people)]
    state = State.from_sums(grid, available, pairs, targets, _starting_sums(grid, available, targets, rng), answer_counts)
    if not state.cells:
        return Solution(np.array(state.sums), np.array(state.answer_counts), 0.0)
    cost = state.cost()
    best = (cost, [row[:] for row in state.sums], [row[:] for row in state.answer_counts])
    temperature = 1.0
    for step in range(steps):
        if step % 500 == 0:
            remaining_share = 1 - step / steps
            state.softness, temperature = 100.0 ** max(0.0, 1.3 * remaining_share - 0.3), 0.003 + 0.12 * remaining_share**3
            state.recompute()
            cost = state.cost()
        move = propose(state, rng)
        if move is None:
            continue
        undo = state.apply(move)
        new_cost = state.cost()
        if new_cost <= cost or rng.random() < math.exp((cost - new_cost) / temperature):
            cost = new_cost
            if state.softness == 1.0 and cost < best[0]:
                best = (cost, [row[:] for row in state.sums], [row[:] for row in state.answer_counts])
                if cost == 0.0:
                    break
        else:
            state.revert(undo)
    return Solution(np.array(best[1]), np.array(best[2]), best[0])


def propose(state: State, rng: random.Random) -> Move | None:
    """A random change of one or two people, or None if it would leave the grid."""
    grid, sums, answer_counts = state.grid, state.sums, state.answer_counts
    person, wave = state.cells[int(rng.random() * len(state.cells))]
    wave_people = state.people_by_wave[wave]
    partner = wave_people[int(rng.random() * len(wave_people))]
    kind = rng.random()
    size = (1 if kind % 0.02 < 0.01 else -1) * (1 + int(-math.log(1.0 - rng.random()) * 1.2))
    move: Move = []
    if kind < 0.30:
        move.append((person, wave, sums[person][wave] + size, answer_counts[person][wave]))
    elif kind < 0.48:
        if person == partner:
            return None
        move.append((person, wave, sums[person][wave] + size, answer_counts[person][wave]))
        move.append((partner, wave, sums[partner][wave] - size, answer_counts[partner][wave]))
    elif kind < 0.78:
        # Shift all waves of a person together: changes between waves stay the same.
        for mover, shift in ((person, size),) if kind < 0.62 else ((person, size), (partner, -size)):
            for each_wave, is_there in enumerate(state.available[mover]):
                if is_there:
                    move.append((mover, each_wave, sums[mover][each_wave] + shift, answer_counts[mover][each_wave]))
        if kind >= 0.62 and person == partner:
            return None
    elif kind < 0.90:
        if person == partner:
            return None
        move.append((person, wave, sums[partner][wave], answer_counts[partner][wave]))
        move.append((partner, wave, sums[person][wave], answer_counts[person][wave]))
    elif kind < 0.93:
        if grid.minimum_answered == grid.items:
            return None
        count = grid.items - 1 if rng.random() < 0.2 else grid.items
        move.append((person, wave, round(sums[person][wave] * count / answer_counts[person][wave]), count))
    else:
        count = answer_counts[person][wave]
        move.append((person, wave, rng.randint(*grid.sum_limits[count]), count))
    for _, _, total, count in move:
        low, high = grid.sum_limits[count]
        if not low <= total <= high:
            return None
    return move


def _starting_sums(grid: Grid, available: Flags, targets: Sequence[Target], rng: random.Random) -> list[list[int]]:
    """Normal scores with the printed means and SDs, correlated within a person, clipped to the grid."""
    people, waves = available.shape
    midpoints = {(t.statistic, t.index): (t.low + t.high) / 2 for t in targets}
    low, high = grid.sum_limits[grid.items]
    person_effects = [rng.gauss(0, 1) for _ in range(people)]
    sums = [[low] * waves for _ in range(people)]
    for wave in range(waves):
        mean = midpoints.get(("mean", wave), (low + high) / 2 * grid.unit) / grid.unit
        sd = midpoints.get(("sd", wave), (high - low) / 6 * grid.unit) / grid.unit
        top = min(high, midpoints.get(("max", wave), high * grid.unit) / grid.unit)
        bottom = max(low, midpoints.get(("min", wave), low * grid.unit) / grid.unit)
        for person in range(people):
            score = mean + sd * (0.8 * person_effects[person] + 0.6 * rng.gauss(0, 1))
            sums[person][wave] = max(low, min(high, round(max(bottom, min(top, score)))))
    return sums


def missed_targets(
    solution: Solution, grid: Grid, available: Flags, pairs: Sequence[Pairs], targets: Sequence[Target]
) -> list[Target]:
    """The targets that a solution misses, computed from scratch."""
    state = State.from_sums(grid, available, pairs, (), solution.sums.tolist(), solution.answer_counts.tolist())
    misses = []
    for target in targets:
        if target.statistic in WAVE_STATISTICS:
            scores = [state.values[target.index][p] for p in state.people_by_wave[target.index]]
            value = wave_statistics(
                len(scores), state.totals[target.index], state.squares[target.index], min(scores), max(scores)
            )[target.statistic]
        else:
            pair = pairs[target.index]
            value = pair_statistics(len(pair.people), pair.critical_t, *state.moments[target.index])[target.statistic]
        if not target.low <= value <= target.high:
            misses.append(target)
    return misses
