"""Search for part scores that meet a composite's printed numbers as well as their own.

Belongs here: exchanging whole profiles of a part between people with the same pattern of missing scores, and searching
parts and composite together. Does not belong here: finding the parts' scores in the first place (search.py).

When two people exchange all their scores on a part, the part's moments stay the same and the composite's change.
"""

import math
import random
from collections.abc import Mapping, Sequence

import numpy as np

from dagster_project.simulate.search import (
    WAVE_STATISTICS,
    Flags,
    Grid,
    Pairs,
    Solution,
    State,
    Target,
    pair_statistics,
    propose,
    wave_statistics,
)

#: The share of moves of the second search that exchange profiles; the others change scores of one part.
_EXCHANGES = 0.15
#: The cost of a missed target beyond its distance, the same as for a part (search.py).
_MISSED_TARGET_COST = 0.2

#: By part: item sums and numbers of answered items (people x waves).
_Snapshot = dict[str, tuple[list[list[int]], list[list[int]]]]


def meet_composite(
    grids: Mapping[str, Grid],
    solutions: Mapping[str, Solution],
    available: Mapping[str, Flags],
    composite_available: Flags,
    pairs: Mapping[str, Sequence[Pairs]],
    targets: Mapping[str, Sequence[Target]],
    composite_code: str,
    rng: random.Random,
    *,
    steps: int,
) -> tuple[dict[str, Solution], float]:
    """Change the parts' scores so that the composite's targets are met, too. Returns the solutions and the total cost.

    First whole profiles are exchanged, which leaves the parts' moments as they are; then all scores may change.
    solutions: by part. pairs and targets: by part, and under `composite_code`.
    """
    parts = list(solutions)
    states = {
        part: State.from_sums(
            grids[part],
            available[part],
            pairs[part],
            targets[part],
            solutions[part].sums.tolist(),
            solutions[part].answer_counts.tolist(),
        )
        for part in parts
    }
    composite = _Composite(states, composite_available, pairs[composite_code], targets[composite_code])
    _exchange_profiles(states, composite, rng, steps)
    cost = _move_together(states, composite, rng, steps * 4)
    return {
        part: Solution(np.array(state.sums), np.array(state.answer_counts), state.cost()) for part, state in states.items()
    }, cost


class _Composite:
    """The composite's scores and cost for the current state of its parts."""

    def __init__(
        self, states: Mapping[str, State], available: Flags, pairs: Sequence[Pairs], targets: Sequence[Target]
    ) -> None:
        people, waves = available.shape
        self.pairs = pairs
        self.people_by_wave = [np.flatnonzero(available[:, wave]).tolist() for wave in range(waves)]
        self.part_counts = [
            [sum(state.available[person][wave] for state in states.values()) for person in range(people)]
            for wave in range(waves)
        ]
        self._wave_targets = [target for target in targets if target.statistic in WAVE_STATISTICS]
        self._pair_targets = [target for target in targets if target.statistic not in WAVE_STATISTICS]
        self.values = [[0.0] * people for _ in range(waves)]
        self.recompute(states)

    def recompute(self, states: Mapping[str, State]) -> None:
        """Compute all scores from scratch."""
        for wave, counts in enumerate(self.part_counts):
            for person, count in enumerate(counts):
                parts = [state.values[wave][person] for state in states.values() if state.available[person][wave]]
                self.values[wave][person] = sum(parts) / count if count else 0.0

    def add(self, person: int, wave: int, difference: float) -> None:
        """Update the composite score after a part's score changed by `difference`."""
        self.values[wave][person] += difference / self.part_counts[wave][person]

    def cost(self, softness: float) -> float:
        """The same cost as for a part: log of the distance from each target, in widths, and an extra for each miss."""
        statistics: dict[tuple[str, int], float] = {}
        for wave, people in enumerate(self.people_by_wave):
            if people:
                values = self.values[wave]
                scores = [values[person] for person in people]
                moments = wave_statistics(len(scores), sum(scores), sum([x * x for x in scores]), min(scores), max(scores))
                statistics.update({(name, wave): number for name, number in moments.items()})
        for index, pair in enumerate(self.pairs):
            baseline_values, followup_values = self.values[pair.baseline], self.values[pair.followup]
            baseline = [baseline_values[person] for person in pair.people]
            changes = [pair.sign * (baseline_values[person] - followup_values[person]) for person in pair.people]
            sums = (sum(changes), sum([x * x for x in changes]), sum(baseline), sum([x * x for x in baseline]))
            for name, number in pair_statistics(len(baseline), pair.critical_t, *sums).items():
                statistics[name, index] = number
        total = 0.0
        for targets in (self._wave_targets, self._pair_targets):
            for target in targets:
                distance = target.distance(statistics[target.statistic, target.index])
                if distance > 0:
                    total += math.log1p(distance / softness) + (_MISSED_TARGET_COST if softness == 1.0 else 0.0)
        return total


def _exchange_profiles(states: Mapping[str, State], composite: _Composite, rng: random.Random, steps: int) -> None:
    """Simulated annealing over exchanges of profiles; leaves the best state."""
    choices = _choices(states)
    softness, temperature, current_cost = 1.0, 1.0, composite.cost(1.0)
    best = (current_cost, _snapshot(states))
    for step in range(steps if choices else 0):
        if step % 500 == 0:
            remaining_share = 1 - step / steps
            softness, temperature = 60.0 ** max(0.0, 1.3 * remaining_share - 0.3), 0.003 + 0.1 * remaining_share**3
            composite.recompute(states)
            current_cost = composite.cost(softness)
        part, group = choices[int(rng.random() * len(choices))]
        first, second = rng.sample(group, 2)
        _exchange(states[part], composite, first, second)
        new_cost = composite.cost(softness)
        if new_cost <= current_cost or rng.random() < math.exp((current_cost - new_cost) / temperature):
            current_cost = new_cost
            if softness == 1.0 and new_cost < best[0]:
                best = (new_cost, _snapshot(states))
                if new_cost == 0.0:
                    break
        else:
            _exchange(states[part], composite, first, second)
    _restore(states, composite, best[1])


def _move_together(states: Mapping[str, State], composite: _Composite, rng: random.Random, steps: int) -> float:
    """Simulated annealing over the parts' scores, with all targets in one cost; leaves the best state."""
    choices, parts = _choices(states), [part for part, state in states.items() if state.cells]
    current_cost = sum(state.cost() for state in states.values()) + composite.cost(1.0)
    best = (current_cost, _snapshot(states))
    temperature, softness = 1.0, 1.0
    for step in range(steps if parts and best[0] > 0 else 0):
        if step % 500 == 0:
            remaining_share = 1 - step / steps
            softness, temperature = 10.0 ** max(0.0, 1.3 * remaining_share - 0.3), 0.003 + 0.05 * remaining_share**2
            for state in states.values():
                state.softness = softness
                state.recompute()
            composite.recompute(states)
            part_costs = {part: state.cost() for part, state in states.items()}
            composite_cost = composite.cost(softness)
            current_cost = sum(part_costs.values()) + composite_cost
        if choices and rng.random() < _EXCHANGES:
            part, group = choices[int(rng.random() * len(choices))]
            first, second = rng.sample(group, 2)
            _exchange(states[part], composite, first, second)
            new_composite_cost = composite.cost(softness)
            new_cost = current_cost - composite_cost + new_composite_cost
            if new_cost <= current_cost or rng.random() < math.exp((current_cost - new_cost) / temperature):
                current_cost, composite_cost = new_cost, new_composite_cost
            else:
                _exchange(states[part], composite, first, second)
                continue
        else:
            part = parts[int(rng.random() * len(parts))]
            state = states[part]
            move = propose(state, rng)
            if move is None:
                continue
            old_values = [(p, w, state.values[w][p]) for p, w, _, _ in move]
            undo = state.apply(move)
            new_part_cost = state.cost()
            # Most moves already cost the part more than the composite could gain.
            gain = part_costs[part] + composite_cost - new_part_cost
            if new_part_cost - part_costs[part] > composite_cost and rng.random() >= math.exp(gain / temperature):
                state.revert(undo)
                continue
            for p, w, old in old_values:
                composite.add(p, w, state.values[w][p] - old)
            new_composite_cost = composite.cost(softness)
            new_cost = current_cost - part_costs[part] - composite_cost + new_part_cost + new_composite_cost
            if new_cost <= current_cost or rng.random() < math.exp((current_cost - new_cost) / temperature):
                current_cost, composite_cost = new_cost, new_composite_cost
                part_costs[part] = new_part_cost
            else:
                for p, w, old in old_values:
                    composite.add(p, w, old - state.values[w][p])
                state.revert(undo)
                continue
        if softness == 1.0 and current_cost < best[0] - 1e-9:
            best = (current_cost, _snapshot(states))
            if current_cost < 1e-9:
                break
    _restore(states, composite, best[1])
    return best[0]


def _snapshot(states: Mapping[str, State]) -> _Snapshot:
    return {
        part: ([row[:] for row in state.sums], [row[:] for row in state.answer_counts]) for part, state in states.items()
    }


def _restore(states: Mapping[str, State], composite: _Composite, snapshot: _Snapshot) -> None:
    for part, (sums, answer_counts) in snapshot.items():
        state = states[part]
        state.sums, state.answer_counts, state.softness = sums, answer_counts, 1.0
        state.recompute()
    composite.recompute(states)


def _exchange(state: State, composite: _Composite, first: int, second: int) -> None:
    """Exchange all scores on a part between two people with the same pattern; the part's moments stay the same."""
    for wave, is_there in enumerate(state.available[first]):
        if is_there:
            values = state.values[wave]
            difference = values[second] - values[first]
            composite.add(first, wave, difference)
            composite.add(second, wave, -difference)
            values[first], values[second] = values[second], values[first]
    state.sums[first], state.sums[second] = state.sums[second], state.sums[first]
    state.answer_counts[first], state.answer_counts[second] = state.answer_counts[second], state.answer_counts[first]


def _choices(states: Mapping[str, State]) -> list[tuple[str, list[int]]]:
    """Parts, each with a group of people who have scores on it in the same waves."""
    return [
        (part, group) for part, state in states.items() for group in _groups(np.array(state.available)) if len(group) > 1
    ]


def _groups(available: Flags) -> list[list[int]]:
    """Groups of people who have scores in the same waves."""
    groups: dict[tuple[bool, ...], list[int]] = {}
    for person, row in enumerate(available.tolist()):
        if any(row):
            groups.setdefault(tuple(row), []).append(person)
    return list(groups.values())


def narrow_part_means(
    part_targets: Mapping[str, Sequence[Target]], composite_targets: Sequence[Target]
) -> dict[str, list[Target]]:
    """The parts' targets, with the intervals of means narrowed to the side that the composite's mean requires."""
    narrowed_targets = {part: list(targets) for part, targets in part_targets.items()}
    for composite_target in composite_targets:
        if composite_target.statistic not in ("mean", "mean_change"):
            continue
        matches = [
            (part, index)
            for part, targets in narrowed_targets.items()
            for index, target in enumerate(targets)
            if (target.statistic, target.index) == (composite_target.statistic, composite_target.index)
        ]
        if not matches:
            continue
        midpoints = [(narrowed_targets[part][index].low + narrowed_targets[part][index].high) / 2 for part, index in matches]
        middle = sum(midpoints) / len(matches)
        if composite_target.low <= middle <= composite_target.high:
            continue
        for part, index in matches:
            target = narrowed_targets[part][index]
            width = 0.4 * (target.high - target.low)
            is_lower_side = middle > composite_target.high
            interval = (target.low, target.low + width) if is_lower_side else (target.high - width, target.high)
            narrowed_targets[part][index] = Target(target.statistic, target.index, *interval)
    return narrowed_targets
