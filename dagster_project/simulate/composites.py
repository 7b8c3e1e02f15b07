"""Meeting a composite's printed numbers together with those of its parts.

Belongs here: exchanging whole profiles of a part between people with the same pattern of answering, and moving parts and
composite together. Does not belong here: finding the parts' scores in the first place (search.py).

The parts' own moments do not change when two people exchange all their scores on a part; the composite's do.
"""

import math
import random
from collections.abc import Mapping, Sequence

import numpy as np

from dagster_project.simulate.search import (
    Flags,
    Found,
    Grid,
    Pairs,
    State,
    Target,
    pair_statistics,
    propose,
    wave_statistics,
)

#: The share of moves of the second search that exchange profiles; the others move one part's scores.
_EXCHANGES = 0.15
#: What a missed target of the composite costs beyond its distance: what a part's costs (search.py).
_MISSED = 0.2


def meet_composite(
    grids: Mapping[str, Grid],
    found: Mapping[str, Found],
    available: Mapping[str, Flags],
    composite_available: Flags,
    pairs: Mapping[str, Sequence[Pairs]],
    targets: Mapping[str, Sequence[Target]],
    composite: str,
    rng: random.Random,
    *,
    steps: int,
) -> tuple[dict[str, Found], float]:
    """The parts' scores changed so that the composite's targets are met, too, and the cost left of all.

    First whole profiles change hands, which leaves the parts as they are; then parts and composite move together.
    found: by part. pairs and targets: by part, and under `composite`.
    """
    parts = list(found)
    states = {
        part: State.of(
            grids[part],
            available[part],
            pairs[part],
            targets[part],
            found[part].sums.tolist(),
            found[part].answered.tolist(),
        )
        for part in parts
    }
    whole = _Whole(states, composite_available, pairs[composite], targets[composite])
    _exchange_profiles(states, whole, rng, steps)
    cost = _move_together(states, whole, rng, steps * 4)
    return {
        part: Found(np.array(state.sums), np.array(state.answered), state.cost()) for part, state in states.items()
    }, cost


class _Whole:
    """The composite's scores and cost while its parts change."""

    def __init__(
        self, states: Mapping[str, State], available: Flags, pairs: Sequence[Pairs], targets: Sequence[Target]
    ) -> None:
        people, waves = available.shape
        self.pairs = pairs
        self.of_wave = [np.flatnonzero(available[:, wave]).tolist() for wave in range(waves)]
        self.count = [[sum(s.available[p][w] for s in states.values()) for p in range(people)] for w in range(waves)]
        self._wave_targets = [t for t in targets if t.statistic in ("mean", "sd", "min", "max")]
        self._pair_targets = [t for t in targets if t.statistic not in ("mean", "sd", "min", "max")]
        self.values = [[0.0] * people for _ in range(waves)]
        self.recompute(states)

    def recompute(self, states: Mapping[str, State]) -> None:
        """All scores from scratch."""
        for wave, counts in enumerate(self.count):
            for person, count in enumerate(counts):
                parts = [s.values[wave][person] for s in states.values() if s.available[person][wave]]
                self.values[wave][person] = sum(parts) / count if count else 0.0

    def add(self, person: int, wave: int, difference: float) -> None:
        """A part's score changed by this much."""
        self.values[wave][person] += difference / self.count[wave][person]

    def cost(self, softness: float) -> float:
        """As a part's: the logarithm of the distance from each target, in widths, and more for one that is missed."""
        found: dict[tuple[str, int], float] = {}
        for wave, people in enumerate(self.of_wave):
            if people:
                values = self.values[wave]
                at = [values[p] for p in people]
                moments = wave_statistics(len(at), sum(at), sum([x * x for x in at]), min(at), max(at))
                found.update({(name, wave): number for name, number in moments.items()})
        for index, pair in enumerate(self.pairs):
            before, after = self.values[pair.baseline], self.values[pair.followup]
            base = [before[p] for p in pair.people]
            change = [pair.sign * (before[p] - after[p]) for p in pair.people]
            sums = (sum(change), sum([x * x for x in change]), sum(base), sum([x * x for x in base]))
            for name, number in pair_statistics(len(base), pair.critical, *sums).items():
                found[name, index] = number
        total = 0.0
        for targets in (self._wave_targets, self._pair_targets):
            for target in targets:
                distance = target.distance(found[target.statistic, target.index])
                if distance > 0:
                    total += math.log1p(distance / softness) + (_MISSED if softness == 1.0 else 0.0)
        return total


def _exchange_profiles(states: Mapping[str, State], whole: _Whole, rng: random.Random, steps: int) -> None:
    """Anneal over who has whose profile on each part; leaves the best found."""
    choices = _choices(states)
    softness, temperature, standing = 1.0, 1.0, whole.cost(1.0)
    best = (standing, _copied(states))
    for step in range(steps if choices else 0):
        if step % 500 == 0:
            left = 1 - step / steps
            softness, temperature = 60.0 ** max(0.0, 1.3 * left - 0.3), 0.003 + 0.1 * left**3
            whole.recompute(states)
            standing = whole.cost(softness)
        part, group = choices[int(rng.random() * len(choices))]
        one, other = rng.sample(group, 2)
        _exchange(states[part], whole, one, other)
        new = whole.cost(softness)
        if new <= standing or rng.random() < math.exp((standing - new) / temperature):
            standing = new
            if softness == 1.0 and new < best[0]:
                best = (new, _copied(states))
                if new == 0.0:
                    break
        else:
            _exchange(states[part], whole, one, other)
    _restore(states, whole, best[1])


def _move_together(states: Mapping[str, State], whole: _Whole, rng: random.Random, steps: int) -> float:
    """Anneal over the parts' scores, with their targets and the composite's in one cost; leaves the best found."""
    choices, parts = _choices(states), [part for part, state in states.items() if state.cells]
    standing = sum(state.cost() for state in states.values()) + whole.cost(1.0)
    best = (standing, _copied(states))
    temperature, softness = 1.0, 1.0
    for step in range(steps if parts and best[0] > 0 else 0):
        if step % 500 == 0:
            left = 1 - step / steps
            softness, temperature = 10.0 ** max(0.0, 1.3 * left - 0.3), 0.003 + 0.05 * left**2
            for state in states.values():
                state.softness = softness
                state.recompute()
            whole.recompute(states)
            own = {part: state.cost() for part, state in states.items()}
            others = whole.cost(softness)
            standing = sum(own.values()) + others
        if choices and rng.random() < _EXCHANGES:
            part, group = choices[int(rng.random() * len(choices))]
            one, other = rng.sample(group, 2)
            _exchange(states[part], whole, one, other)
            new_others = whole.cost(softness)
            new = standing - others + new_others
            if new <= standing or rng.random() < math.exp((standing - new) / temperature):
                standing, others = new, new_others
            else:
                _exchange(states[part], whole, one, other)
                continue
        else:
            part = parts[int(rng.random() * len(parts))]
            state = states[part]
            move = propose(state, rng)
            if move is None:
                continue
            before = [(p, w, state.values[w][p]) for p, w, _, _ in move]
            undo = state.apply(move)
            new_own = state.cost()
            # Most moves already cost the part more than the composite could win.
            if new_own - own[part] > others and rng.random() >= math.exp((own[part] + others - new_own) / temperature):
                state.take_back(undo)
                continue
            for p, w, old in before:
                whole.add(p, w, state.values[w][p] - old)
            new_others = whole.cost(softness)
            new = standing - own[part] - others + new_own + new_others
            if new <= standing or rng.random() < math.exp((standing - new) / temperature):
                standing, others = new, new_others
                own[part] = new_own
            else:
                for p, w, old in before:
                    whole.add(p, w, old - state.values[w][p])
                state.take_back(undo)
                continue
        if softness == 1.0 and standing < best[0] - 1e-9:
            best = (standing, _copied(states))
            if standing < 1e-9:
                break
    _restore(states, whole, best[1])
    return best[0]


def _copied(states: Mapping[str, State]) -> dict[str, tuple[list[list[int]], list[list[int]]]]:
    return {part: ([row[:] for row in state.sums], [row[:] for row in state.answered]) for part, state in states.items()}


def _restore(
    states: Mapping[str, State], whole: _Whole, kept: Mapping[str, tuple[list[list[int]], list[list[int]]]]
) -> None:
    for part, (sums, answered) in kept.items():
        state = states[part]
        state.sums, state.answered, state.softness = sums, answered, 1.0
        state.recompute()
    whole.recompute(states)


def _exchange(state: State, whole: _Whole, one: int, other: int) -> None:
    """Two people with the same pattern of answering exchange all their scores on a part; the part's moments stay."""
    for wave, is_there in enumerate(state.available[one]):
        if is_there:
            values = state.values[wave]
            difference = values[other] - values[one]
            whole.add(one, wave, difference)
            whole.add(other, wave, -difference)
            values[one], values[other] = values[other], values[one]
    state.sums[one], state.sums[other] = state.sums[other], state.sums[one]
    state.answered[one], state.answered[other] = state.answered[other], state.answered[one]


def _choices(states: Mapping[str, State]) -> list[tuple[str, list[int]]]:
    """Parts, each with a group of people who have the same pattern of answering it."""
    return [
        (part, group) for part, state in states.items() for group in _groups(np.array(state.available)) if len(group) > 1
    ]


def _groups(available: Flags) -> list[list[int]]:
    """People with the same pattern of answering."""
    groups: dict[tuple[bool, ...], list[int]] = {}
    for person, row in enumerate(available.tolist()):
        if any(row):
            groups.setdefault(tuple(row), []).append(person)
    return list(groups.values())


def lean(targets_of_parts: Mapping[str, Sequence[Target]], targets: Sequence[Target]) -> dict[str, list[Target]]:
    """The parts' targets, with their means narrowed to the side that the composite's printed mean asks for."""
    leaning = {part: list(own) for part, own in targets_of_parts.items()}
    for target in targets:
        if target.statistic not in ("mean", "mean_change"):
            continue
        same = [
            (part, index)
            for part, own in leaning.items()
            for index, one in enumerate(own)
            if (one.statistic, one.index) == (target.statistic, target.index)
        ]
        if not same:
            continue
        middle = sum((leaning[part][index].low + leaning[part][index].high) / 2 for part, index in same) / len(same)
        if target.low <= middle <= target.high:
            continue
        for part, index in same:
            one = leaning[part][index]
            keep = 0.4 * (one.high - one.low)
            narrowed = (one.low, one.low + keep) if middle > target.high else (one.high - keep, one.high)
            leaning[part][index] = Target(one.statistic, one.index, *narrowed)
    return leaning
