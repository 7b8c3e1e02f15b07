"""Searching scores on their grid that have printed moments: simulated annealing, one cell or person at a time.

Belongs here: the grid, the targets, the search. Does not belong here: which printed number is which target (targets.py),
who answered (patterns.py), answers to single items (items.py).

A state holds, for each person and wave, how many items were answered and their sum. The cost of a target is
log(1 + distance / width) outside the interval of values that print alike: it pulls from afar and lets a hopeless target go.
Early in a search the widths are stretched, so that no target is given up before the others have found their place.
Moments are kept as running sums, so a step costs the same whatever the number of people.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Grid:
    """Scores a person can have: item sums between item_low and item_high times the answered items, then scaled.

    value = sum x items / answered x unit, where unit is 1 for a sum and 1 / items for a mean.
    """

    items: int
    item_low: int
    item_high: int
    minimum_answered: int
    unit: float

    def value(self, total: int, answered: int) -> float:
        return total * self.items * self.unit / answered


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
    """One contrast: wave indices, sign of baseline minus follow-up, the people in it, the critical t of the interval."""

    baseline: int
    followup: int
    sign: int
    people: frozenset[int]
    critical: float


@dataclass(frozen=True)
class Found:
    """The best state of a search: sums and answered items (people x waves), and its cost."""

    sums: Whole
    answered: Whole
    cost: float


#: Cells to set: person, wave, sum, answered items.
Move = list[tuple[int, int, int, int]]
#: A move that takes another one back, and the cost's terms before it.
Undo = tuple[Move, list[float], list[float]]

OF_WAVES = ("mean", "sd", "min", "max")


def wave_statistics(n: int, total: float, squares: float, low: float, high: float) -> dict[str, float]:
    """Mean, SD, minimum and maximum from running sums."""
    if n == 0:
        return {}
    mean = total / n
    found = {"mean": mean, "min": low, "max": high}
    if n > 1:
        found["sd"] = math.sqrt(max(0.0, squares - total * mean) / (n - 1))
    return found


def pair_statistics(
    n: int, critical: float, total: float, squares: float, base_total: float, base_squares: float
) -> dict[str, float]:
    """Mean change, its interval, |t| and the effect size from running sums of the changes and of the baseline."""
    if n < 2:
        return {}
    mean = total / n
    error = math.sqrt(max(0.0, squares - total * mean) / (n - 1) / n)
    base_sd = math.sqrt(max(0.0, base_squares - base_total * base_total / n) / (n - 1))
    return {
        "mean_change": mean,
        "ci95_low": mean - critical * error,
        "ci95_high": mean + critical * error,
        "abs_t": abs(mean) / max(error, 1e-12),
        "d_baseline": mean / max(base_sd, 1e-12),
    }


#: What a missing item costs: less than any missed target, so that few are used and only where they help.
_MISSING_ITEM = 0.01
_MISSED = 0.2


@dataclass
class State:
    """The running sums of one search. Call `recompute` before the first cost and after a new softness."""

    grid: Grid
    available: list[list[bool]]
    pairs: Sequence[Pairs]
    wave_targets: list[list[Target]]
    pair_targets: list[list[Target]]
    sums: list[list[int]]
    answered: list[list[int]]
    softness: float = 1.0
    values: list[list[float]] = field(default_factory=list)
    of_wave: list[list[int]] = field(default_factory=list)
    cells: list[tuple[int, int]] = field(default_factory=list)
    totals: list[float] = field(default_factory=list)
    squares: list[float] = field(default_factory=list)
    moments: list[list[float]] = field(default_factory=list)
    missing: int = 0
    wave_terms: list[float] = field(default_factory=list)
    pair_terms: list[float] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        grid: Grid,
        available: Flags,
        pairs: Sequence[Pairs],
        targets: Sequence[Target],
        sums: list[list[int]],
        answered: list[list[int]],
    ) -> "State":
        """The state of given sums and answered items (people x waves)."""
        state = cls(
            grid=grid,
            available=available.tolist(),
            pairs=pairs,
            wave_targets=[
                [t for t in targets if t.statistic in OF_WAVES and t.index == w] for w in range(available.shape[1])
            ],
            pair_targets=[[t for t in targets if t.statistic not in OF_WAVES and t.index == i] for i in range(len(pairs))],
            sums=sums,
            answered=answered,
        )
        state.recompute()
        return state

    def recompute(self) -> None:
        """All sums and terms from scratch: rids them of drift, and takes up a new softness."""
        people, waves = len(self.sums), len(self.sums[0])
        value = self.grid.value
        self.values = [[value(self.sums[p][w], self.answered[p][w]) for p in range(people)] for w in range(waves)]
        self.of_wave = [[p for p in range(people) if self.available[p][w]] for w in range(waves)]
        self.cells = [(p, w) for w in range(waves) for p in self.of_wave[w]]
        self.totals = [sum(self.values[w][p] for p in self.of_wave[w]) for w in range(waves)]
        self.squares = [sum(self.values[w][p] ** 2 for p in self.of_wave[w]) for w in range(waves)]
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
        self.missing = sum(self.grid.items - self.answered[p][w] for w in range(waves) for p in self.of_wave[w])
        self.wave_terms = [self.wave_term(w) for w in range(waves)]
        self.pair_terms = [self.pair_term(i) for i in range(len(self.pairs))]

    def wave_term(self, wave: int) -> float:
        targets = self.wave_targets[wave]
        if not targets:
            return 0.0
        at = self.values[wave]
        scores = [at[p] for p in self.of_wave[wave]]
        found = wave_statistics(len(scores), self.totals[wave], self.squares[wave], min(scores), max(scores))
        return self._term(targets, found)

    def pair_term(self, index: int) -> float:
        targets = self.pair_targets[index]
        if not targets:
            return 0.0
        pair = self.pairs[index]
        return self._term(targets, pair_statistics(len(pair.people), pair.critical, *self.moments[index]))

    def _term(self, targets: Sequence[Target], found: dict[str, float]) -> float:
        cost, softness = 0.0, self.softness
        # Late in a search a near miss is still a miss.
        miss = _MISSED if softness == 1.0 else 0.0
        for target in targets:
            value = found[target.statistic]
            if value < target.low:
                cost += miss + math.log1p((target.low - value) / ((target.high - target.low) * softness))
            elif value > target.high:
                cost += miss + math.log1p((value - target.high) / ((target.high - target.low) * softness))
        return cost

    def cost(self) -> float:
        """Nothing when every target is met; otherwise the missing items count, too."""
        missed = sum(self.wave_terms) + sum(self.pair_terms)
        return missed + _MISSING_ITEM * self.missing if missed > 0 else 0.0

    def apply(self, move: Move) -> Undo:
        """Make a move and bring the cost's terms up to date; returns what takes it back."""
        before = [(p, w, self.sums[p][w], self.answered[p][w]) for p, w, _, _ in move]
        undo = (before, self.wave_terms[:], self.pair_terms[:])
        waves, pairs = self._change(move)
        for wave in waves:
            self.wave_terms[wave] = self.wave_term(wave)
        for index in pairs:
            self.pair_terms[index] = self.pair_term(index)
        return undo

    def take_back(self, undo: Undo) -> None:
        """Return to the state before the last move."""
        move, self.wave_terms, self.pair_terms = undo
        self._change(move)

    def _change(self, cells: Move) -> tuple[set[int], set[int]]:
        """Set cells and bring the running sums up to date; returns the waves and pairs that were touched."""
        waves, pairs = set(), set()
        for person, wave, total, answered in cells:
            old, new = self.values[wave][person], self.grid.value(total, answered)
            self.missing += self.answered[person][wave] - answered
            self.sums[person][wave], self.answered[person][wave] = total, answered
            self.totals[wave] += new - old
            self.squares[wave] += new * new - old * old
            waves.add(wave)
            for index, pair in enumerate(self.pairs):
                if wave not in (pair.baseline, pair.followup) or person not in pair.people:
                    continue
                moments = self.moments[index]
                if wave == pair.baseline:
                    other = self.values[pair.followup][person]
                    before, after = pair.sign * (old - other), pair.sign * (new - other)
                    moments[2] += new - old
                    moments[3] += new * new - old * old
                else:
                    other = self.values[pair.baseline][person]
                    before, after = pair.sign * (other - old), pair.sign * (other - new)
                moments[0] += after - before
                moments[1] += after * after - before * before
                pairs.add(index)
            self.values[wave][person] = new
        return waves, pairs


def search(
    grid: Grid, available: Flags, pairs: Sequence[Pairs], targets: Sequence[Target], rng: random.Random, *, steps: int
) -> Found:
    """Anneal towards the targets. Stops early when all are met."""
    people, waves = available.shape
    answered = [[grid.items] * waves for _ in range(people)]
    state = State.of(grid, available, pairs, targets, _start(grid, available, targets, rng), answered)
    if not state.cells:
        return Found(np.array(state.sums), np.array(state.answered), 0.0)
    cost = state.cost()
    best = (cost, [row[:] for row in state.sums], [row[:] for row in state.answered])
    temperature = 1.0
    for step in range(steps):
        if step % 500 == 0:
            left = 1 - step / steps
            state.softness, temperature = 100.0 ** max(0.0, 1.3 * left - 0.3), 0.003 + 0.12 * left**3
            state.recompute()
            cost = state.cost()
        move = propose(state, rng)
        if move is None:
            continue
        undo = state.apply(move)
        new = state.cost()
        if new <= cost or rng.random() < math.exp((cost - new) / temperature):
            cost = new
            if state.softness == 1.0 and cost < best[0]:
                best = (cost, [row[:] for row in state.sums], [row[:] for row in state.answered])
                if cost == 0.0:
                    break
        else:
            state.take_back(undo)
    return Found(np.array(best[1]), np.array(best[2]), best[0])


def propose(state: State, rng: random.Random) -> Move | None:
    """A random change of one or two people, or None when it would leave the grid."""
    grid, sums, answered = state.grid, state.sums, state.answered
    person, wave = state.cells[int(rng.random() * len(state.cells))]
    others = state.of_wave[wave]
    other = others[int(rng.random() * len(others))]
    kind = rng.random()
    size = (1 if kind % 0.02 < 0.01 else -1) * (1 + int(-math.log(1.0 - rng.random()) * 1.2))
    move: Move = []
    if kind < 0.30:
        move.append((person, wave, sums[person][wave] + size, answered[person][wave]))
    elif kind < 0.48:
        if person == other:
            return None
        move.append((person, wave, sums[person][wave] + size, answered[person][wave]))
        move.append((other, wave, sums[other][wave] - size, answered[other][wave]))
    elif kind < 0.78:
        # All waves of a person together: the person's changes stay as they are.
        for one, way in ((person, size),) if kind < 0.62 else ((person, size), (other, -size)):
            for at, is_there in enumerate(state.available[one]):
                if is_there:
                    move.append((one, at, sums[one][at] + way, answered[one][at]))
        if kind >= 0.62 and person == other:
            return None
    elif kind < 0.90:
        if person == other:
            return None
        move.append((person, wave, sums[other][wave], answered[other][wave]))
        move.append((other, wave, sums[person][wave], answered[person][wave]))
    elif kind < 0.93:
        if grid.minimum_answered == grid.items:
            return None
        count = grid.items - 1 if rng.random() < 0.2 else grid.items
        move.append((person, wave, round(sums[person][wave] * count / answered[person][wave]), count))
    else:
        count = answered[person][wave]
        move.append((person, wave, rng.randint(count * grid.item_low, count * grid.item_high), count))
    for _, _, total, count in move:
        if not count * grid.item_low <= total <= count * grid.item_high:
            return None
    return move


def _start(grid: Grid, available: Flags, targets: Sequence[Target], rng: random.Random) -> list[list[int]]:
    """Normal scores with the printed means and SDs, alike within a person, cut to the grid."""
    people, waves = available.shape
    middle = {(t.statistic, t.index): (t.low + t.high) / 2 for t in targets}
    low, high = grid.items * grid.item_low, grid.items * grid.item_high
    persons = [rng.gauss(0, 1) for _ in range(people)]
    sums = [[low] * waves for _ in range(people)]
    for wave in range(waves):
        mean = middle.get(("mean", wave), (low + high) / 2 * grid.unit) / grid.unit
        sd = middle.get(("sd", wave), (high - low) / 6 * grid.unit) / grid.unit
        top = min(high, middle.get(("max", wave), high * grid.unit) / grid.unit)
        bottom = max(low, middle.get(("min", wave), low * grid.unit) / grid.unit)
        for person in range(people):
            score = mean + sd * (0.8 * persons[person] + 0.6 * rng.gauss(0, 1))
            sums[person][wave] = max(low, min(high, round(max(bottom, min(top, score)))))
    return sums


def missed_targets(
    found: Found, grid: Grid, available: Flags, pairs: Sequence[Pairs], targets: Sequence[Target]
) -> list[Target]:
    """The targets that a found state misses, from scratch."""
    state = State.of(grid, available, pairs, (), found.sums.tolist(), found.answered.tolist())
    missed = []
    for target in targets:
        if target.statistic in OF_WAVES:
            scores = [state.values[target.index][p] for p in state.of_wave[target.index]]
            value = wave_statistics(
                len(scores), state.totals[target.index], state.squares[target.index], min(scores), max(scores)
            )[target.statistic]
        else:
            pair = pairs[target.index]
            value = pair_statistics(len(pair.people), pair.critical, *state.moments[target.index])[target.statistic]
        if not target.low <= value <= target.high:
            missed.append(target)
    return missed
