"""Meeting a composite's printed numbers without touching its parts.

Belongs here: exchanging whole profiles of a part between people with the same pattern of answering. Does not belong here:
finding the parts' scores (search.py).

The parts' own moments do not change when two people exchange all their scores on a part; the composite's do.
"""

import math
import random
from collections.abc import Mapping, Sequence

import numpy as np

from dagster_project.simulate.search import Flags, Floats, Pairs, Target, pair_statistics, wave_statistics


def exchange_profiles(
    profiles: Mapping[str, Floats],
    available: Mapping[str, Flags],
    composite_available: Flags,
    pairs: Sequence[Pairs],
    targets: Sequence[Target],
    rng: random.Random,
    *,
    steps: int,
) -> tuple[dict[str, list[int]], float]:
    """Who takes whose profile on each part, and the cost left.

    profiles: scores (people x waves) by part. Returns, by part, the person whose profile each person takes.
    """
    parts = list(profiles)
    people, waves = composite_available.shape
    takes = {part: list(range(people)) for part in parts}
    scores = {part: profiles[part].tolist() for part in parts}
    groups = {part: _groups(available[part]) for part in parts}
    choices = [(part, group) for part in parts for group in groups[part] if len(group) > 1]
    count = np.sum([available[part] for part in parts], axis=0).tolist()
    totals = np.sum([np.where(available[part], profiles[part], 0.0) for part in parts], axis=0).tolist()
    there = {part: available[part].tolist() for part in parts}
    of_wave = [np.flatnonzero(composite_available[:, wave]).tolist() for wave in range(waves)]

    def cost(softness: float) -> float:
        found: dict[tuple[str, int], float] = {}
        value = [[totals[p][w] / count[p][w] if count[p][w] else 0.0 for p in range(people)] for w in range(waves)]
        for wave in range(waves):
            at = [value[wave][p] for p in of_wave[wave]]
            if at:
                moments = wave_statistics(len(at), sum(at), sum(x * x for x in at), min(at), max(at))
                found.update({(name, wave): number for name, number in moments.items()})
        for index, pair in enumerate(pairs):
            base = [value[pair.baseline][p] for p in pair.people]
            change = [pair.sign * (value[pair.baseline][p] - value[pair.followup][p]) for p in pair.people]
            sums = (sum(change), sum(x * x for x in change), sum(base), sum(x * x for x in base))
            for name, number in pair_statistics(len(base), pair.critical, *sums).items():
                found[name, index] = number
        total = 0.0
        for target in targets:
            distance = target.distance(found[target.statistic, target.index])
            if distance > 0:
                total += math.log1p(distance / softness) + (0.2 if softness == 1.0 else 0.0)
        return total

    softness, temperature = 1.0, 1.0
    standing = cost(1.0)
    best = (standing, {part: order[:] for part, order in takes.items()})
    for step in range(steps if choices else 0):
        if step % 500 == 0:
            left = 1 - step / steps
            softness, temperature = 60.0 ** max(0.0, 1.3 * left - 0.3), 0.003 + 0.1 * left**3
            standing = cost(softness)
        part, group = choices[int(rng.random() * len(choices))]
        one, other = rng.sample(group, 2)
        _exchange(part, one, other, takes, scores, totals, there)
        new = cost(softness)
        if new <= standing or rng.random() < math.exp((standing - new) / temperature):
            standing = new
            if softness == 1.0 and new < best[0]:
                best = (new, {name: order[:] for name, order in takes.items()})
                if new == 0.0:
                    break
        else:
            _exchange(part, one, other, takes, scores, totals, there)
    return best[1], best[0]


def _exchange(
    part: str,
    one: int,
    other: int,
    takes: dict[str, list[int]],
    scores: dict[str, list[list[float]]],
    totals: list[list[float]],
    there: dict[str, list[list[bool]]],
) -> None:
    rows = scores[part]
    for wave, is_there in enumerate(there[part][one]):
        if is_there:
            difference = rows[other][wave] - rows[one][wave]
            totals[one][wave] += difference
            totals[other][wave] -= difference
    rows[one], rows[other] = rows[other], rows[one]
    takes[part][one], takes[part][other] = takes[part][other], takes[part][one]


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
