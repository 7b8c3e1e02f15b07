"""Search for scores with the printed moments, in phases that each leave little to decide.

Belongs here: the order of the phases, how long each takes. Does not belong here: moves and costs (moves.py, chains.py), what
a problem is (problem.py), which printed number is which target (targets.py).

A printed table says much of a wave once the waves before it are there: given the baseline scores, a follow-up has to meet a
sum, a sum of squares and a sum of products. So the waves are searched one after another, each with the targets that it
decides. What later waves imply for the baseline (the SD of the people of a pair, by change and effect size; their mean, by
that of the follow-up) stands among its targets. All waves move together only where that leaves something unmet. Many chains
are moved side by side; those that meet a phase go on to the next.

A search that is given a time to end by (seconds as of time.time) ends then with the best that it has.
"""

import dataclasses
import math
import time
from collections.abc import Sequence

import numpy as np

from dagster_project.simulate.chains import TOLERANCE, Chains
from dagster_project.simulate.moves import ALL_PARTS, EXCHANGES, WITHIN_WAVE
from dagster_project.simulate.problem import Outcome, Solution
from dagster_project.simulate.targets import implied_targets

_CHAINS = 192
_WAVE_STEPS, _TOGETHER_STEPS, ATTEMPTS = 2_500, 2_500, 4
#: A composite has fewer chains, each longer: its parts and itself have some 150 targets together, so that few moves are
#: accepted. Several are therefore judged at once for each chain.
_COMPOSITE_CHAINS, _COMPOSITE_TRIES = 24, 12
_EXCHANGE_STEPS, _ROUND_STEPS, _ROUNDS = 2_700, 5_300, 10
#: The share of chains that go on where none meets all targets.
_SHARE_GOING_ON = 5


def search(
    outcome: Outcome,
    rng: np.random.Generator,
    *,
    effort: float = 1.0,
    attempts: int = ATTEMPTS,
    until: float = math.inf,
) -> list[Solution]:
    """Solutions of one scale, the best first: all meet every target, or there is one, the nearest of several attempts.

    effort scales the number of steps.
    """
    if not outcome.available.any():
        return Chains([outcome], 1, rng).solutions(0)
    problem = dataclasses.replace(outcome, targets=[*outcome.targets, *implied_targets(outcome)])
    nearest: Solution | None = None
    for attempt in range(1, attempts + 1):
        chains = Chains([problem], _CHAINS, rng)
        search_waves(chains, round(_WAVE_STEPS * effort * (1 + attempt) / 2), until)
        if chains.costs.min() > TOLERANCE:
            _go_on(chains)
            chains.anneal(round(_TOGETHER_STEPS * effort), softness=5.0, temperature=0.04, until=until)
        successes = np.flatnonzero(chains.costs[:, 0] < TOLERANCE)
        if len(successes):
            order = successes[np.argsort(chains.missing_items[successes], kind="stable")]
            return [chains.solutions(int(chain))[0] for chain in order]
        candidate = chains.solutions(chains.best())[0]
        if nearest is None or candidate.cost < nearest.cost:
            nearest = candidate
        if time.time() > until:
            break
    assert nearest is not None
    return [nearest]


def search_waves(chains: Chains, steps: int, until: float) -> None:
    """Search the waves one after another; the chains that meet a wave's targets go on."""
    for wave in range(chains.tables.waves):
        if chains.tables.wave_n[0, wave] == 0:
            continue
        chains.focus(wave=wave)
        chains.anneal(steps, softness=30.0, temperature=0.12, shares=WITHIN_WAVE, n_wanted=chains.count // 2, until=until)
        _go_on(chains)
    chains.focus()


def _go_on(chains: Chains) -> None:
    costs = chains.costs.sum(axis=1)
    successes = np.flatnonzero(costs < TOLERANCE)
    chains.choose(
        successes if len(successes) else np.argsort(costs, kind="stable")[: max(1, chains.count // _SHARE_GOING_ON)]
    )


def search_composite(
    outcomes: Sequence[Outcome],
    part_solutions: Sequence[Sequence[Solution]],
    rng: np.random.Generator,
    *,
    effort: float = 1.0,
    until: float = math.inf,
) -> tuple[list[Solution], float]:
    """Change the parts' scores so that the composite's targets are met, too. Returns a solution for each part, and the cost.

    First whole profiles are exchanged between people with scores in the same waves, which leaves the parts' moments as they
    are; then all scores may change. outcomes: the parts, then the composite. part_solutions: several for each part.
    """
    chains = Chains(outcomes, _COMPOSITE_CHAINS, rng, _COMPOSITE_TRIES)
    for part, solutions in enumerate(part_solutions):
        solution_numbers = rng.integers(len(solutions), size=chains.count)
        chains.sums[:, part] = np.array([solutions[index].sums for index in solution_numbers])
        chains.counts[:, part] = np.array([solutions[index].answer_counts for index in solution_numbers])
    is_composite = np.arange(len(outcomes)) == len(outcomes) - 1
    chains.focus(outcomes=is_composite)
    steps = round(_EXCHANGE_STEPS * effort)
    chains.anneal(steps, softness=60.0, temperature=0.1, shares=EXCHANGES, n_wanted=chains.count, until=until)
    chains.focus()
    softness, temperature = 4.0, 0.05
    for _ in range(_ROUNDS):
        if chains.costs.sum(axis=1).min() < TOLERANCE or time.time() > until:
            break
        _go_on(chains)
        chains.anneal(
            round(_ROUND_STEPS * effort), softness=softness, temperature=temperature, shares=ALL_PARTS, until=until
        )
        softness, temperature = 2.0, 0.04
    best = chains.best()
    cost = float(chains.costs[best].sum())
    return chains.solutions(best), cost if cost > TOLERANCE else 0.0
