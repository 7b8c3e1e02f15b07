"""Scores of all scales of a study that could have produced its printed numbers.

Belongs here: which searches are made, on how many processes, and again with other people where a scale's own pattern of
answering leaves something unmet. Does not belong here: a search (search.py), the patterns (patterns.py).
"""

import dataclasses
import math
import time
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeVar

import numpy as np
import scipy

from dagster_project.simulate.composites import narrow_part_means
from dagster_project.simulate.items import grid_of
from dagster_project.simulate.patterns import scale_availability
from dagster_project.simulate.problem import Flags, Outcome, Pairs, Solution, missed_targets
from dagster_project.simulate.search import ATTEMPTS, search, search_composite
from dagster_project.simulate.targets import PrintedNumbers, scale_targets
from dagster_project.study import Composite, Scale, Study

#: Other patterns of answering that are tried for a scale whose targets are not all met, and how often each.
_OTHER_PATTERNS, _PATTERN_ATTEMPTS = 6, 2
_COMPOSITE_RESTARTS = 2
#: Seconds without a result after which a line of progress is written.
_PATIENCE = 10.0

#: The share of the time after which the searches of single scales end, and after which all do: what is left is for the
#: roster and for answers.
_SCALES_SHARE, _SEARCHES_SHARE = 0.45, 0.88

Progress = Callable[[str], None]
_Input = TypeVar("_Input")
_Output = TypeVar("_Output")


@dataclass(frozen=True)
class Effort:
    """How much is searched. scale: of the number of steps. processes: at once. seconds: after them every search ends with
    the best that it has."""

    scale: float = 1.0
    processes: int = 2
    seconds: float = math.inf


@dataclass(frozen=True)
class ScaleScores:
    """Who has a score on each scale, and the scores: item sums and answer counts by scale (no composites). was_cut_short:
    whether the time was over before all searches were."""

    available: Mapping[str, Flags]
    solutions: Mapping[str, Solution]
    was_cut_short: bool


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
    effort: Effort,
    progress: Progress,
) -> ScaleScores:
    """Search every scale, then every composite with its parts; a scale that is in no composite is searched with other
    people, too, where its own pattern of answering leaves something unmet."""
    numbers = {code: printed_numbers.get(code, PrintedNumbers()) for code in available}
    outcomes = {code: outcome_of(study, code, flags, numbers[code]) for code, flags in available.items()}
    composites = {code: scale for code, (_, scale) in study.scales.items() if isinstance(scale, Composite)}
    parts = {part for composite in composites.values() for part in composite.parts}
    start = time.time()
    scales_until, until = (start + effort.seconds * share for share in (_SCALES_SHARE, _SEARCHES_SHARE))
    solutions: dict[str, list[Solution]] = {}
    with ProcessPoolExecutor(effort.processes) as pool:
        jobs = _scale_jobs(study, outcomes, seed, effort, scales_until)
        first_searches = _in_order(_submitted(pool, _search, jobs), "scales", progress)
        was_cut_short = False
        for job, result in zip(jobs, first_searches, strict=True):
            solutions[job.code] = result.solutions
            was_cut_short |= result.is_cut
            progress(_line(study, job.code, outcomes[job.code], result.solutions[0]))
        # All are begun before any is waited for, so that no process is idle; what takes longest comes first.
        composite_futures = {}
        for code, composite in composites.items():
            members = [outcomes[member] for member in (*composite.parts, code)]
            run = partial(
                search_composite, members, [solutions[part] for part in composite.parts], effort=effort.scale, until=until
            )
            rngs = [generator(seed, code, restart) for restart in range(_COMPOSITE_RESTARTS)]
            composite_futures[code] = _submitted(pool, run, rngs)
        pattern_searches = {}
        for code in [code for code in solutions if code not in parts and solutions[code][0].cost > 0]:
            pattern_outcomes = enumerate(_other_patterns(study, code, participation, numbers[code], seed), start=1)
            jobs = [
                _Job(code, outcome, seed, effort.scale, until, pattern, _PATTERN_ATTEMPTS)
                for pattern, outcome in pattern_outcomes
            ]
            pattern_searches[code] = jobs, _submitted(pool, _search, jobs)
        for code, composite in composites.items():
            best = _best_composite(composite_futures[code], study.scales[code][1].label, progress)
            solutions |= {part: [solution] for part, solution in zip(composite.parts, best, strict=True)}
        for code, (jobs, futures) in pattern_searches.items():
            results = _in_order(futures, study.scales[code][1].label, progress)
            solutions[code], outcomes[code] = _best_pattern(solutions[code], outcomes[code], jobs, results)
            progress(f"{_line(study, code, outcomes[code], solutions[code][0])}, with other people answering")
    return ScaleScores(
        {code: outcome.available for code, outcome in outcomes.items()},
        {code: alternatives[0] for code, alternatives in solutions.items()},
        was_cut_short or time.time() > until,
    )


def _scale_jobs(study: Study, outcomes: Mapping[str, Outcome], seed: int, effort: Effort, until: float) -> "list[_Job]":
    """A search of every scale by itself; the means of a composite's parts on the side that it needs."""
    searched = [code for code, (_, scale) in study.scales.items() if isinstance(scale, Scale) and scale.conversion is None]
    jobs = {code: _Job(code, outcomes[code], seed, effort.scale, until) for code in searched}
    for composite_code, (_, composite) in study.scales.items():
        if isinstance(composite, Composite):
            targets = {part: outcomes[part].targets for part in composite.parts}
            for part, part_targets in narrow_part_means(targets, outcomes[composite_code].targets).items():
                narrowed_outcome = dataclasses.replace(outcomes[part], targets=part_targets)
                jobs[part] = dataclasses.replace(jobs[part], outcome=narrowed_outcome)
    return [
        dataclasses.replace(job, share=min(1.0, effort.processes / (len(jobs) - position)))
        for position, job in enumerate(jobs.values())
    ]


@dataclass(frozen=True)
class _Job:
    code: str
    outcome: Outcome
    seed: int
    effort: float
    until: float
    pattern: int = 0
    attempts: int = ATTEMPTS
    share: float = 1.0


class _Result(NamedTuple):
    """The solutions of a job, none if it was not begun, and whether its time was over before it was done."""

    solutions: list[Solution]
    is_cut: bool


def _search(job: _Job) -> _Result:
    """A search that takes at most its share of the time left, so that none takes that of the searches after it. What would
    begin when the time is over, with something there already, is nothing."""
    seconds_left = job.until - time.time()
    if seconds_left <= 0 and job.pattern:
        return _Result([], True)
    rng = generator(job.seed, job.code, job.pattern)
    until = time.time() + seconds_left * job.share
    solutions = search(job.outcome, rng, effort=job.effort, attempts=job.attempts, until=until)
    return _Result(solutions, time.time() > until)


def _submitted(pool: Executor, function: Callable[[_Input], _Output], jobs: Sequence[_Input]) -> "list[Future[_Output]]":
    return [pool.submit(function, job) for job in jobs]


def _in_order(futures: "Sequence[Future[_Output]]", label: str, progress: Progress) -> Generator[_Output, None, None]:
    """Each job's result, in the order of the jobs, with a line of progress where one is long in coming. Those that nobody
    waits for any more are cancelled."""
    start = time.monotonic()
    try:
        for count, future in enumerate(futures):
            while not wait([future], timeout=_PATIENCE).done:
                seconds = time.monotonic() - start
                progress(f"{label}: {count} of {len(futures)} searches done after {seconds:.0f} s")
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


def _best_pattern(
    alternatives: list[Solution],
    outcome: Outcome,
    jobs: Sequence[_Job],
    results: Generator[_Result, None, None],
) -> tuple[list[Solution], Outcome]:
    """The best of what there is and of searches with other people answering, and its outcome."""
    for job, result in zip(jobs, results, strict=False):
        if result.solutions and result.solutions[0].cost < alternatives[0].cost:
            alternatives, outcome = result.solutions, job.outcome
        if alternatives[0].cost == 0:
            break
    results.close()
    return alternatives, outcome


def _best_composite(
    futures: "Sequence[Future[tuple[list[Solution], float]]]", label: str, progress: Progress
) -> list[Solution]:
    """The best of several searches of a composite with its parts."""
    best: tuple[list[Solution], float] | None = None
    results = _in_order(futures, f"{label} with its parts", progress)
    for number, result in enumerate(results, start=1):
        progress(f"{label} with its parts, search {number} of {len(futures)}: remaining cost {result[1]:.2f}")
        if best is None or result[1] < best[1]:
            best = result
        if best[1] == 0:
            break
    results.close()
    assert best is not None
    return best[0]
