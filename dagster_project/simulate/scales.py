"""Scores of all scales of a study that could have produced its printed numbers.

Belongs here: which searches are made, on how many processes, and again with other people where a scale's own pattern of
answering leaves something unmet. Does not belong here: a search (search.py), the patterns (patterns.py).
"""

import math
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
import scipy

from dagster_project.simulate.composites import narrow_part_means
from dagster_project.simulate.items import grid_of
from dagster_project.simulate.patterns import scale_availability
from dagster_project.simulate.problem import Flags, Outcome, Pairs, Solution, missed_targets
from dagster_project.simulate.search import search, search_composite
from dagster_project.simulate.targets import PrintedNumbers, scale_targets
from dagster_project.study import Composite, Scale, Study

#: Other patterns of answering that are tried for a scale whose targets are not all met.
_OTHER_PATTERNS = 6
_COMPOSITE_RESTARTS = 2
#: Seconds without a result after which a line of progress is written.
_PATIENCE = 10.0

Progress = Callable[[str], None]
_Input = TypeVar("_Input")
_Output = TypeVar("_Output")


@dataclass(frozen=True)
class ScaleScores:
    """Who has a score on each scale, and the scores: item sums and answer counts by scale (no composites)."""

    available: Mapping[str, Flags]
    solutions: Mapping[str, Solution]


def outcome_of(study: Study, code: str, available: Flags, numbers: PrintedNumbers) -> Outcome:
    """What is searched of a scale, given who has a score."""
    waves = [wave.wave for wave in study.protocol.waves]
    pairs = []
    for contrast in study.protocol.contrasts:
        baseline, followup = waves.index(contrast.baseline), waves.index(contrast.followup)
        people = frozenset(np.flatnonzero(available[:, baseline] & available[:, followup]).tolist())
        critical_t = float(scipy.stats.t.isf(0.025, len(people) - 1)) if len(people) > 1 else math.inf
        pairs.append(Pairs(baseline, followup, contrast.baseline_sign, people, critical_t))
    grid = None if isinstance(study.scales[code][1], Composite) else grid_of(study, code)
    return Outcome(grid, available, pairs, scale_targets(numbers, study, [len(pair.people) for pair in pairs]))


def search_scales(
    study: Study,
    printed_numbers: Mapping[str, PrintedNumbers],
    participation: Flags,
    available: Mapping[str, Flags],
    seed: int,
    effort: float,
    processes: int,
    progress: Progress,
) -> ScaleScores:
    """Search every scale, then every composite with its parts; a scale that is in no composite is searched with other
    people, too, where its own pattern of answering leaves something unmet."""
    numbers = {code: printed_numbers.get(code, PrintedNumbers()) for code in available}
    outcomes = {code: outcome_of(study, code, flags, numbers[code]) for code, flags in available.items()}
    composites = {code: scale for code, (_, scale) in study.scales.items() if isinstance(scale, Composite)}
    parts = {part for composite in composites.values() for part in composite.parts}
    searched = [code for code, (_, scale) in study.scales.items() if isinstance(scale, Scale) and scale.conversion is None]
    pool_jobs = {code: _Job(code, outcomes[code], seed, effort) for code in searched}
    for composite_code, composite in composites.items():
        targets = {part: outcomes[part].targets for part in composite.parts}
        for part, part_targets in narrow_part_means(targets, outcomes[composite_code].targets).items():
            narrowed_outcome = Outcome(outcomes[part].grid, available[part], outcomes[part].pairs, part_targets)
            pool_jobs[part] = _Job(part, narrowed_outcome, seed, effort)
    solutions: dict[str, list[Solution]] = {}
    with ProcessPoolExecutor(processes) as pool:
        first_searches = _in_order(pool, _search, list(pool_jobs.values()), "scales", progress)
        for code, alternatives in zip(pool_jobs, first_searches, strict=True):
            solutions[code] = alternatives
            progress(_line(study, code, outcomes[code], alternatives[0]))
        unmet = [code for code in searched if code not in parts and solutions[code][0].cost > 0]
        for code in unmet:
            other_outcomes = _other_patterns(study, code, participation, numbers[code], seed)
            jobs = [_Job(code, outcome, seed, effort, index) for index, outcome in enumerate(other_outcomes, start=1)]
            more_searches = _in_order(pool, _search, jobs, study.scales[code][1].label, progress)
            for job, alternatives in zip(jobs, more_searches, strict=False):
                if alternatives[0].cost < solutions[code][0].cost:
                    solutions[code], outcomes[code] = alternatives, job.outcome
                if alternatives[0].cost == 0:
                    break
            progress(f"{_line(study, code, outcomes[code], solutions[code][0])}, with other people answering")
        for code, composite in composites.items():
            members = [outcomes[member] for member in (*composite.parts, code)]
            pools = [solutions[part] for part in composite.parts]
            best = _search_composite(pool, study, code, members, pools, seed, effort, progress)
            solutions |= {part: [solution] for part, solution in zip(composite.parts, best, strict=True)}
    return ScaleScores(
        {code: outcome.available for code, outcome in outcomes.items()},
        {code: alternatives[0] for code, alternatives in solutions.items()},
    )


@dataclass(frozen=True)
class _Job:
    code: str
    outcome: Outcome
    seed: int
    effort: float
    pattern: int = 0


def _search(job: _Job) -> list[Solution]:
    return search(job.outcome, generator(job.seed, job.code, job.pattern), effort=job.effort)


def _in_order(
    pool: Executor, function: Callable[[_Input], _Output], jobs: Sequence[_Input], label: str, progress: Progress
) -> Iterator[_Output]:
    """Each job's result, in the order of the jobs, with a line of progress where one is long in coming. Those that nobody
    waits for any more are cancelled."""
    futures = [pool.submit(function, job) for job in jobs]
    start = time.monotonic()
    try:
        for count, future in enumerate(futures):
            while not wait([future], timeout=_PATIENCE).done:
                seconds = time.monotonic() - start
                progress(f"{label}: {count} of {len(jobs)} searches done after {seconds:.0f} s")
            yield future.result()
    finally:
        for future in futures:
            future.cancel()


def generator(seed: int, *labels: object) -> np.random.Generator:
    """Random numbers of a seed and a purpose."""
    return np.random.default_rng([seed, zlib.crc32("/".join(map(str, labels)).encode())])


def _line(study: Study, code: str, outcome: Outcome, solution: Solution) -> str:
    assert outcome.grid is not None
    n_missed = len(missed_targets(solution.scores(outcome.grid), outcome))
    return f"{study.scales[code][1].label}: {len(outcome.targets) - n_missed} of {len(outcome.targets)} targets met"


def _other_patterns(study: Study, code: str, participation: Flags, numbers: PrintedNumbers, seed: int) -> Iterator[Outcome]:
    """The same scale with other people answering it, as many as are printed."""
    for index in range(1, _OTHER_PATTERNS + 1):
        rng = generator(seed, code, "pattern", index)
        available = scale_availability(study, code, numbers, participation, rng, index - 1)
        if available is not None:
            yield outcome_of(study, code, available, numbers)


def _search_composite(
    pool: Executor,
    study: Study,
    code: str,
    outcomes: Sequence[Outcome],
    part_solutions: Sequence[Sequence[Solution]],
    seed: int,
    effort: float,
    progress: Progress,
) -> list[Solution]:
    """The best of several searches of a composite with its parts."""
    label = study.scales[code][1].label
    rngs = [generator(seed, code, restart) for restart in range(_COMPOSITE_RESTARTS)]
    run_search = partial(search_composite, outcomes, part_solutions, effort=effort)
    best: tuple[list[Solution], float] | None = None
    for number, result in enumerate(_in_order(pool, run_search, rngs, f"{label} with its parts", progress), start=1):
        progress(f"{label} with its parts, search {number} of {_COMPOSITE_RESTARTS}: remaining cost {result[1]:.2f}")
        if best is None or result[1] < best[1]:
            best = result
        if best[1] == 0:
            break
    assert best is not None
    return best[0]
