"""The search: planted tables are met, chains keep their moments, what cannot be met is left nearest."""

import time

import numpy as np
import pytest
import scipy

from dagster_project.simulate.chains import Chains
from dagster_project.simulate.moves import DRAWS, KINDS, kind_numbers
from dagster_project.simulate.problem import Grid, Outcome, Pairs, Target, missed_targets
from dagster_project.simulate.search import search, search_composite
from dagster_project.simulate.targets import implied_targets

_GRID = Grid(((0, 6),) * 5, 4, 1.0)
_PEOPLE = 24


def _outcome(seed: int, decimals: int = 2) -> Outcome:
    """A made-up scale in three waves with drop-out, and targets that are its own rounded statistics."""
    rng = np.random.default_rng(seed)
    level = rng.normal(15, 5, size=(_PEOPLE, 1))
    scores = np.clip(np.rint(level + rng.normal(0, 3, size=(_PEOPLE, 3))), 0, 30)
    available = np.ones((_PEOPLE, 3), dtype=bool)
    available[rng.choice(_PEOPLE, 6, replace=False), 1] = False
    available[rng.choice(_PEOPLE, 8, replace=False), 2] = False
    half = 0.5 * 10.0**-decimals
    pairs, targets = [], []
    for wave in range(3):
        values = scores[available[:, wave], wave]
        numbers = {"mean": values.mean(), "sd": values.std(ddof=1), "min": values.min(), "max": values.max()}
        targets += [Target(name, wave, round(x, decimals) - half, round(x, decimals) + half) for name, x in numbers.items()]
    for index, followup in enumerate((1, 2)):
        people = np.flatnonzero(available[:, 0] & available[:, followup])
        change = scores[people, 0] - scores[people, followup]
        critical_t = float(scipy.stats.t.isf(0.025, len(people) - 1))
        error = change.std(ddof=1) / np.sqrt(len(people))
        numbers = {
            "mean_change": change.mean(),
            "ci95_low": change.mean() - critical_t * error,
            "ci95_high": change.mean() + critical_t * error,
            "d_baseline": change.mean() / scores[people, 0].std(ddof=1),
        }
        targets += [Target(name, index, round(x, decimals) - half, round(x, decimals) + half) for name, x in numbers.items()]
        pairs.append(Pairs(0, followup, 1, frozenset(people.tolist()), critical_t))
    return Outcome(_GRID, available, pairs, targets)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_planted_table_is_met(seed: int) -> None:
    outcome = _outcome(seed)
    solutions = search(outcome, np.random.default_rng(seed), effort=0.6)
    assert [missed_targets(solution.scores(_GRID), outcome) for solution in solutions[:3]] == [[]] * len(solutions[:3])
    for solution in solutions:
        counts, sums = solution.answer_counts[outcome.available], solution.sums[outcome.available]
        assert ((counts >= 4) & (counts <= 5) & (sums >= 0) & (sums <= 6 * counts)).all()


@pytest.mark.slow
def test_what_cannot_be_met_is_missed_alone() -> None:
    outcome = _outcome(4, decimals=1)
    impossible = Target("mean", 0, 40.0, 41.0)
    targets = [impossible if (t.statistic, t.index) == ("mean", 0) else t for t in outcome.targets]
    (solution,) = search(Outcome(_GRID, outcome.available, outcome.pairs, targets), np.random.default_rng(1), effort=0.05)
    missed = missed_targets(solution.scores(_GRID), Outcome(_GRID, outcome.available, outcome.pairs, targets))
    assert impossible in missed
    assert solution.cost > 0


@pytest.mark.parametrize("has_composite", [False, True])
@pytest.mark.parametrize("tries", [1, 7])
def test_running_moments_are_those_of_the_scores(has_composite: bool, tries: int) -> None:
    """Moments that moves kept up to date equal those computed anew, for every kind of move."""
    parts = [_outcome(seed) for seed in (5, 6)]
    available = parts[0].available & parts[1].available
    composite = Outcome(None, available, parts[0].pairs, ())
    chains = Chains([*parts, composite] if has_composite else parts[:1], 30, np.random.default_rng(1), tries)
    shares = {kind: 1 for kind in KINDS if kind != "exchange" or has_composite}
    sums = chains.sums.copy()
    for wave in (None, 1):
        chains.focus(wave=wave)
        chains.anneal(150, softness=1.0, temperature=5.0, shares=shares)
        kept_up, costs = chains._moments.copy(), chains.costs.copy()
        chains.recompute()
        assert chains._moments == pytest.approx(kept_up, rel=1e-9, abs=1e-7)
        assert chains.costs == pytest.approx(costs, abs=1e-7)
    assert (chains.sums != sums).any()


def test_what_later_waves_imply_holds_for_the_people_they_came_from() -> None:
    for seed in range(1, 30):
        outcome = _outcome(seed)
        rng = np.random.default_rng(seed)
        level = rng.normal(15, 5, size=(_PEOPLE, 1))
        scores = np.clip(np.rint(level + rng.normal(0, 3, size=(_PEOPLE, 3))), 0, 30)
        implied = implied_targets(outcome)
        assert {target.statistic for target in implied} >= {"base_mean"}
        assert missed_targets(scores, Outcome(_GRID, outcome.available, outcome.pairs, implied)) == []


@pytest.mark.slow
def test_parts_meet_their_own_targets_and_those_of_their_mean() -> None:
    parts = [_outcome(seed, decimals=1) for seed in (7, 8)]
    available = parts[0].available & parts[1].available
    found = [search(part, np.random.default_rng(2), effort=0.4) for part in parts]
    planted = (found[0][0].scores(_GRID) + found[1][0].scores(_GRID)) / 2
    sd = planted[available[:, 0], 0].std(ddof=1)
    composite = Outcome(None, available, parts[0].pairs, [Target("sd", 0, sd - 0.005, sd + 0.005)])
    both = [Outcome(part.grid, available, [], [t for t in part.targets if t.statistic in ("mean", "sd")]) for part in parts]
    composite = Outcome(None, available, [], composite.targets)
    rng = np.random.default_rng(3)
    shuffled = [[solution] for (solution, *_) in found]
    solutions, cost = search_composite([*both, composite], shuffled, rng, effort=0.05)
    mean = (solutions[0].scores(_GRID) + solutions[1].scores(_GRID)) / 2
    missed = [missed_targets(solution.scores(_GRID), part) for solution, part in zip(solutions, both, strict=True)]
    assert (cost == 0) == (missed == [[], []] and missed_targets(mean, composite) == [])
    assert missed_targets(mean, composite) == []


def test_of_moves_judged_at_once_a_chain_makes_the_first_that_it_accepts() -> None:
    """Chains that judge several moves at once make at most one a step each, and never a rise when they are cold."""
    chains = Chains([_outcome(9)], 20, np.random.default_rng(4), tries=16)
    for _ in range(40):
        sums, costs = chains.sums.copy(), chains.costs.sum(axis=1)
        draws = np.random.default_rng(int(costs.sum() * 1e6)).random((DRAWS + 1, 20 * 16))
        chains._step(draws, kind_numbers({"change": 1}), 1e-12)
        assert ((chains.sums != sums).sum(axis=(1, 2, 3)) <= 1).all()
        assert (chains.costs.sum(axis=1) <= costs + 1e-9).all()
    several = Chains([_outcome(9)], 20, np.random.default_rng(4), tries=16)
    single = Chains([_outcome(9)], 20, np.random.default_rng(4))
    for number in range(40):
        draws = np.random.default_rng(number).random((DRAWS + 1, 20 * 16))
        several._step(draws, kind_numbers({"change": 1}), 1e-12)
        single._step(draws[:, ::16], kind_numbers({"change": 1}), 1e-12)
    assert several.costs.sum() < single.costs.sum()


@pytest.mark.parametrize("softness", [1.0, 50.0])
@pytest.mark.slow
def test_a_search_whose_time_is_over_is_no_worse_than_its_start(softness: float) -> None:
    chains = Chains([_outcome(10)], 20, np.random.default_rng(5))
    costs = chains.costs.sum(axis=1)
    chains.anneal(100_000, softness=softness, temperature=3.0, until=time.time())
    assert (chains.costs.sum(axis=1) <= costs + 1e-9).all()
    assert len(search(_outcome(10), np.random.default_rng(1), until=time.time())) >= 1
