"""Chains of a search: many candidate data sets side by side, each moved and judged at once with the others.

Belongs here: scores, moments and costs of all chains, annealing. Does not belong here: proposals (moves.py), the order of
phases (search.py).

The cost of a target is log(1 + distance / width) outside the interval of values that print alike: it also attracts distant
scores, and one target that cannot be met does not dominate. Early in a search the widths are stretched, so that no target is
given up too soon. Moments are kept as running sums, so that a move costs the same for any number of people.
"""

import math
import time
from collections.abc import Mapping, Sequence

import numpy as np

from dagster_project.simulate.moves import ALL_PARTS, ALL_WAVES, DRAWS, Proposal, kind_numbers, propose
from dagster_project.simulate.problem import Flags, Floats, Integers, Outcome, Solution
from dagster_project.simulate.tables import Tables, starting_sums

#: The cost of a missing item: less than any missed target's, so that items are left out only where it helps.
_MISSING_ITEM_COST = 0.03
_MISSED_TARGET_COST = 0.2
#: The cost of each person beyond a printed minimum or maximum, and of an end that nobody has.
_BEYOND_END_COST, _MISSING_END_COST = 0.5, 0.7
#: Steps between two looks at temperature, rounding drift and best states.
_BLOCK = 200
TOLERANCE = 1e-9


class Chains:
    """Candidate data sets. sums, counts: chains x parts x people x waves; costs: chains x outcomes."""

    def __init__(self, outcomes: Sequence[Outcome], count: int, rng: np.random.Generator, tries: int = 1) -> None:
        """tries: how many moves are judged at once for each chain, of which it makes the first that it accepts."""
        self.tables = tables = Tables(outcomes)
        self.count, self._rng, self._tries = count, rng, tries
        self._chain = np.repeat(np.arange(count), tries)
        self.sums = starting_sums(tables, count, rng)
        self.counts = np.broadcast_to(tables.items[None, :, None, None], self.sums.shape).copy()
        self._wave: int | None = None
        self._active = np.ones_like(tables.target_low)
        self._judged = np.ones(tables.outcome_count)
        self._softness = 1.0
        self.recompute()

    def choose(self, chains: Integers) -> None:
        """Go on from some chains only, repeated to the same number."""
        chain_numbers = np.resize(chains, self.count)
        self.sums, self.counts = self.sums[chain_numbers], self.counts[chain_numbers]
        self.recompute()

    def focus(self, wave: int | None = None, outcomes: Flags | None = None) -> None:
        """Move and judge one wave only, or judge some outcomes only; all if neither is given."""
        self._wave = wave
        self._active = np.ones_like(self.tables.target_low)
        if wave is not None:
            self._active = (self.tables.target_wave == wave).astype(float)
        self._judged = np.ones(self.tables.outcome_count) if outcomes is None else outcomes.astype(float)
        self.recompute()

    def recompute(self) -> None:
        """All scores, moments and costs from scratch: removes rounding drift and applies a new softness."""
        tables = self.tables
        self._values = np.zeros((self.count, tables.outcome_count, tables.people, tables.waves))
        part_values = self.sums * tables.factor[None, :, None, None] / self.counts
        self._values[:, : tables.part_count] = part_values * tables.is_available
        if tables.has_composite:
            self._values[:, -1] = (self._values[:, : tables.part_count] * tables.share).sum(axis=1)
        outcomes, people = np.arange(tables.outcome_count), np.arange(tables.people)
        self._moments = self._terms(self._values, outcomes[None, :, None], people[None, None, :]).sum(axis=2)
        self.costs = self._costs_of(self._moments, outcomes[None, :])

    def solutions(self, chain: int) -> list[Solution]:
        """A chain's solution for each part."""
        parts = range(self.tables.part_count)
        return [
            Solution(self.sums[chain, p].copy(), self.counts[chain, p].copy(), float(self.costs[chain, p])) for p in parts
        ]

    @property
    def missing_items(self) -> Integers:
        """How many items are left out by those who have a score, by chain."""
        left_out = (self.tables.items[None, :, None, None] - self.counts) * self.tables.is_available
        return np.asarray(left_out.sum(axis=(1, 2, 3)))

    def best(self) -> int:
        """The chain with the lowest cost; among equals, with the fewest missing items."""
        return int(np.lexsort((self.missing_items, self.costs.sum(axis=1).round(9)))[0])

    def anneal(
        self,
        steps: int,
        *,
        softness: float,
        temperature: float,
        shares: Mapping[str, int] | None = None,
        n_wanted: int = 1,
        until: float = math.inf,
    ) -> Floats:
        """Simulated annealing in every chain; each is left in its best state. Returns their costs. n_wanted: as many chains
        that meet all targets end it early, and so does the time `until`, which leaves the best of what there is."""
        kinds = kind_numbers(shares or (ALL_PARTS if self.tables.has_composite else ALL_WAVES))
        lowest, first_costs = np.full(self.count, np.inf), self.costs.sum(axis=1)
        best_sums, best_counts = self.sums.copy(), self.counts.copy()
        for start in range(0, steps, _BLOCK):
            remaining = 1 - start / steps
            self._softness = softness ** max(0.0, 1.3 * remaining - 0.3)
            self.recompute()
            heat = 0.003 + temperature * remaining**3
            draws = self._rng.random((min(_BLOCK, steps - start), DRAWS + 1, len(self._chain)))
            for index, draw in enumerate(draws):
                self._step(draw, kinds, heat)
                if self._softness == 1.0 and index % 5 == 4:
                    totals = self.costs.sum(axis=1)
                    is_better = totals < lowest - TOLERANCE
                    if is_better.any():
                        lowest[is_better] = totals[is_better]
                        best_sums[is_better], best_counts[is_better] = self.sums[is_better], self.counts[is_better]
            if (lowest < TOLERANCE).sum() >= n_wanted:
                break
            if time.time() > until:
                self._softness = 1.0
                self.recompute()
                is_better = self.costs.sum(axis=1) < np.minimum(lowest, first_costs)
                best_sums[is_better], best_counts[is_better] = self.sums[is_better], self.counts[is_better]
                break
        self._softness = 1.0
        self.sums, self.counts = best_sums, best_counts
        self.recompute()
        return np.asarray(self.costs.sum(axis=1))

    def _step(self, draws: Floats, kinds: Integers, heat: float) -> None:
        tables, chain = self.tables, self._chain
        move = propose(tables, self.sums, self.counts, chain, draws[:DRAWS], kinds, self._wave)
        part, people = move.part[:, None], move.people
        outcomes = part
        if tables.has_composite:
            outcomes = np.concatenate((part, np.full_like(part, tables.outcome_count - 1)), axis=1)
        cells = chain[:, None, None], outcomes[:, :, None], people[:, None, :]
        old_values = self._values[cells]
        new_values = old_values.copy()
        new_values[:, 0] = move.sums * tables.factor[part][:, :, None] / move.counts * tables.is_available[part, people]
        if tables.has_composite:
            new_values[:, 1] += (new_values[:, 0] - old_values[:, 0]) * tables.share[part, people]
        terms = self._terms(new_values, *cells[1:]) - self._terms(old_values, *cells[1:])
        terms[:, :, 1] *= move.is_of_two[:, None, None]
        moments = self._moments[chain[:, None], outcomes] + terms.sum(axis=2)
        costs = self._costs_of(moments, outcomes)
        rise = (costs - self.costs[chain[:, None], outcomes]).sum(axis=1) - _MISSING_ITEM_COST * move.extra_answers
        is_made = move.is_valid & (draws[DRAWS] < np.exp(-np.maximum(rise, 0.0) / heat))
        movers = self._first_of_each(is_made)
        if len(movers):
            self._set(movers, move, outcomes, new_values)
            positions = chain[movers][:, None], outcomes[movers]
            self._moments[positions], self.costs[positions] = moments[movers], costs[movers]

    def _first_of_each(self, is_made: Flags) -> Integers:
        """The position of the first accepted move of each chain that accepts one: what is judged after it is of a state that
        is no more."""
        by_chain = is_made.reshape(self.count, self._tries)
        first = by_chain.argmax(axis=1) + np.arange(self.count) * self._tries
        return np.asarray(first[by_chain.any(axis=1)])

    def _set(self, movers: Integers, move: Proposal, outcomes: Integers, values: Floats) -> None:
        """Write the moves of some chains; the second person's only where two move."""
        for position, moves in ((1, movers[move.is_of_two[movers]]), (0, movers)):
            chains, people = self._chain[moves], move.people[moves, position]
            cells = chains, move.part[moves], people
            self.sums[cells], self.counts[cells] = move.sums[moves, position], move.counts[moves, position]
            self._values[chains[:, None], outcomes[moves], people[:, None]] = values[moves, :, position]

    def _terms(self, values: Floats, outcomes: Integers, people: Integers) -> Floats:
        """What people's scores (last axis: waves) add to the moments, along the last axis: sums and sums of squares by wave;
        of changes, and of baselines, by contrast; numbers of people below, at, at and above the ends by wave."""
        tables, waves, contrasts = self.tables, self.tables.waves, self.tables.contrasts
        is_available, is_pair = tables.available[outcomes, people], tables.is_pair[outcomes, people]
        ends = tables.ends[outcomes]
        terms = np.empty((*values.shape[:-1], 6 * waves + 4 * contrasts))
        terms[..., :waves], terms[..., waves : 2 * waves] = values, values * values
        baseline = values[..., tables.baseline]
        change = tables.sign * (baseline - values[..., tables.followup]) * is_pair
        baseline = baseline * is_pair
        column_start = 2 * waves
        for column in (change, change * change, baseline, baseline * baseline):
            terms[..., column_start : column_start + contrasts] = column
            column_start += contrasts
        is_below, is_above = values < ends[..., 0], values > ends[..., 3]
        is_low, is_high = (values <= ends[..., 1]) & ~is_below, (values >= ends[..., 2]) & ~is_above
        for flags in (is_below, is_low, is_high, is_above):
            terms[..., column_start : column_start + waves] = flags * is_available
            column_start += waves
        return terms

    def _costs_of(self, moments: Floats, outcomes: Integers) -> Floats:
        tables, waves = self.tables, self.tables.waves
        statistics = self._statistics(moments, outcomes)
        statistic_numbers = np.broadcast_to(
            tables.target_statistic[outcomes], (*statistics.shape[:-1], tables.target_low.shape[1])
        )
        values = np.take_along_axis(statistics, statistic_numbers, axis=-1)
        distance = np.maximum(np.maximum(tables.target_low[outcomes] - values, values - tables.target_high[outcomes]), 0.0)
        terms = np.log1p(distance / (tables.target_width[outcomes] * self._softness))
        if self._softness == 1.0:
            # In the last phase of a search a near miss counts as a miss.
            terms += _MISSED_TARGET_COST * (distance > 0)
        active = self._active[outcomes]
        ends = moments[..., -4 * waves :].reshape(*moments.shape[:-1], 4, waves)
        beyond = ends[..., 0, :] + ends[..., 3, :]
        is_missing = (ends[..., 1, :] < 0.5).astype(float) + (ends[..., 2, :] < 0.5)
        end_terms = (_BEYOND_END_COST * beyond + _MISSING_END_COST * is_missing) * (tables.wave_n[outcomes] > 0)
        if self._wave is not None:
            end_terms = end_terms[..., self._wave : self._wave + 1]
        return np.asarray(((terms * active).sum(axis=-1) + end_terms.sum(axis=-1)) * self._judged[outcomes])

    def _statistics(self, moments: Floats, outcomes: Integers) -> Floats:
        """Statistics along the last axis: means and SDs by wave, then PAIR_STATISTICS, each by contrast."""
        tables, waves, contrasts = self.tables, self.tables.waves, self.tables.contrasts
        n, pairs = tables.wave_n[outcomes], tables.pair_n[outcomes]
        mean = moments[..., :waves] / np.maximum(n, 1)
        squares = moments[..., waves : 2 * waves] - moments[..., :waves] * mean
        sd = np.sqrt(np.maximum(squares, 0.0) / np.maximum(n - 1, 1))
        change, change_squares, base, base_squares = (
            moments[..., 2 * waves + row * contrasts : 2 * waves + (row + 1) * contrasts] for row in range(4)
        )
        divisor, df = np.maximum(pairs, 1), np.maximum(pairs - 1, 1)
        mean_change, base_mean = change / divisor, base / divisor
        error = np.sqrt(np.maximum(change_squares - change * mean_change, 0.0) / (df * divisor))
        base_sd = np.sqrt(np.maximum(base_squares - base * base_mean, 0.0) / df)
        half = tables.critical_t[outcomes] * error
        columns = (
            mean, sd, mean_change, mean_change - half, mean_change + half, np.abs(mean_change) / np.maximum(error, 1e-12),
            mean_change / np.maximum(base_sd, 1e-12), base_mean, base_sd,
        )  # fmt: skip
        return np.concatenate(columns, axis=-1)
