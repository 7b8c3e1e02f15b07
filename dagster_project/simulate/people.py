"""The whole simulation, from printed numbers to answers.

Belongs here: the order of the steps, and the report on printed numbers that were not met. Does not belong here: the single
steps.
"""

import math
import random
import zlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import scipy

from dagster_project.audit import impossible_numbers
from dagster_project.results import PublishedValue, Reproduction, compare
from dagster_project.simulate.characteristics import Fact, printed_by_id, roster_facts, service_facts
from dagster_project.simulate.composites import meet_composite, narrow_part_means
from dagster_project.simulate.errors import SimulationError
from dagster_project.simulate.items import Answer, scale_answers, whole_range
from dagster_project.simulate.patterns import availability
from dagster_project.simulate.score import moments_of, results_of
from dagster_project.simulate.search import Flags, Grid, Pairs, Solution, Target, missed_targets, search
from dagster_project.simulate.targets import PrintedNumbers, printed_by_outcome, scale_targets
from dagster_project.study import Composite, Scale, Study

#: The seed of the stand-ins in the example study.
DEFAULT_SEED = 2022
_STEPS, _RESTARTS, _COMPOSITE_RESTARTS = 1_500_000, 3, 4


@dataclass(frozen=True)
class StandIns:
    """Stand-in people with their answers and characteristics.

    ids: an identifier per person. respondents: by wave, the people (positions in ids) who returned it.
    answers: by (wave, item code), each returning person's answer code or missing reason.
    facts: by variable, one fact per person. services: by (wave, service), whether each returning person used it.
    reproductions: the verdict on every printed number, computed from the answers.
    """

    ids: tuple[str, ...]
    respondents: Mapping[str, list[int]]
    answers: Mapping[tuple[str, str], Mapping[int, Answer]]
    facts: Mapping[str, Sequence[Fact]]
    services: Mapping[tuple[str, str], Mapping[int, bool]]
    reproductions: tuple[Reproduction, ...]

    @property
    def unmet(self) -> tuple[Reproduction, ...]:
        """The printed numbers that these people do not reproduce."""
        return tuple(reproduction for reproduction in self.reproductions if reproduction.verdict != "reproduced")


def simulate_study(
    study: Study,
    published: Sequence[PublishedValue],
    seed: int,
    progress: Callable[[str], None] = lambda line: None,
    effort: float = 1.0,
    processes: int = 2,
) -> StandIns:
    """Find people, item by item, who could have produced a published table. The same seed gives the same people.

    effort scales the number of search steps; processes affects only the duration. Raises SimulationError if the table
    does not report the number of people.
    """
    impossible = impossible_numbers(published, study)
    printed_numbers = printed_by_outcome(published, study, impossible)
    printed_values = printed_by_id([value for value in published if value not in impossible], study)
    printed_ns = [value.value for value in published if value.statistic == "n" and value.timepoint != "norm"]
    person_count = int(max(printed_ns, default=0))
    if person_count < 1:
        raise SimulationError("the published table prints no n, so the number of people is unknown; add one")
    participation, available = availability(study, printed_numbers, person_count, np.random.default_rng(seed))
    wave_counts = [f"{wave.wave} {int(participation[:, i].sum())}" for i, wave in enumerate(study.protocol.waves)]
    progress(f"{person_count} people, {', '.join(wave_counts)}")

    pairs = {code: _pairs(study, flags) for code, flags in available.items()}
    targets = {
        code: scale_targets(printed_numbers.get(code, PrintedNumbers()), study, [len(pair.people) for pair in pairs[code]])
        for code in available
    }
    narrowed_targets = _narrowed_targets(study, targets)
    _refuse_shared_items(study)
    _refuse_steps(study)
    steps = max(2_000, round(_STEPS * effort))
    jobs = [
        _SearchJob(code, _grid(study, code), available[code], pairs[code], narrowed_targets[code], seed, steps, _RESTARTS)
        for code, (_, scale) in study.scales.items()
        if isinstance(scale, Scale) and scale.conversion is None
    ]
    solutions: dict[str, Solution] = {}
    with ProcessPoolExecutor(processes) as pool:
        for job, (solution, missed_count) in zip(jobs, pool.map(_search_scale, jobs), strict=True):
            solutions[job.code] = solution
            label, target_count = study.scales[job.code][1].label, len(job.targets)
            progress(f"{label}: {target_count - missed_count} of {target_count} targets met")
        solutions = _meet_composites(study, solutions, available, pairs, targets, seed, steps // 2, progress, pool)
    return _stand_ins(
        study, published, impossible, printed_values, participation, available, solutions, seed, person_count, steps
    )


@dataclass(frozen=True)
class _SearchJob:
    code: str
    grid: Grid
    available: Flags
    pairs: Sequence[Pairs]
    targets: Sequence[Target]
    seed: int
    steps: int
    restarts: int


def _search_scale(job: _SearchJob) -> tuple[Solution, int]:
    """The best of several searches of one scale (fewest misses, then lowest cost), and its number of misses."""
    best: tuple[tuple[int, float], Solution] | None = None
    for restart in range(job.restarts):
        rng = _rng(job.seed, job.code, restart)
        solution = search(job.grid, job.available, job.pairs, job.targets, rng, steps=job.steps)
        missed_count = len(missed_targets(solution, job.grid, job.available, job.pairs, job.targets))
        if best is None or (missed_count, solution.cost) < best[0]:
            best = ((missed_count, solution.cost), solution)
        if missed_count == 0:
            break
    assert best is not None
    return best[1], best[0][0]


def _rng(seed: int, *labels: object) -> random.Random:
    return random.Random(zlib.crc32(f"{seed}/{'/'.join(map(str, labels))}".encode()))


def _grid(study: Study, code: str) -> Grid:
    instrument, scale = study.scales[code]
    assert isinstance(scale, Scale)
    ranges = tuple(whole_range(instrument, position) for position in scale.items)
    unit = (1.0 if scale.aggregate == "sum" else 1.0 / len(ranges)) * scale.multiply
    return Grid(ranges, instrument.minimum_items(scale), unit)


def _pairs(study: Study, available: Flags) -> list[Pairs]:
    waves = [wave.wave for wave in study.protocol.waves]
    pairs = []
    for contrast in study.protocol.contrasts:
        baseline, followup = waves.index(contrast.baseline), waves.index(contrast.followup)
        people = frozenset(np.flatnonzero(available[:, baseline] & available[:, followup]).tolist())
        critical_t = float(scipy.stats.t.isf(0.025, len(people) - 1)) if len(people) > 1 else math.inf
        pairs.append(Pairs(baseline, followup, contrast.baseline_sign, people, critical_t))
    return pairs


def _refuse_shared_items(study: Study) -> None:
    """Raise SimulationError if two scales share an item: each is searched separately."""
    for instrument in study.instruments:
        owners: dict[int, str] = {}
        for scale in instrument.scales:
            for position in scale.items if scale.conversion is None else ():
                if position in owners:
                    raise SimulationError(
                        f"{instrument.instrument}: scales {owners[position]} and {scale.scale} share item {position};"
                        " stand-ins can only be found for scales without a common item"
                    )
                owners[position] = scale.scale


def _refuse_steps(study: Study) -> None:
    """Raise SimulationError if answers do not count as every whole number of a range, or scores are rounded or of skips."""
    for instrument in study.instruments:
        if instrument.asked_if:
            raise SimulationError(
                f"{instrument.instrument}: some of its items are asked only after certain answers to others (asked_if);"
                " stand-ins can only be found where every item is asked"
            )
        for scale in instrument.scales:
            if scale.conversion is None and (scale.rounded or any(map(instrument.has_steps, scale.items))):
                raise SimulationError(
                    f"{instrument.instrument}: {scale.scale} is rounded, or its answers do not count as every whole number"
                    " of a range; stand-ins can only be found for scales without such steps"
                )
        if sums := [composite.scale for composite in instrument.composites if composite.aggregate == "sum"]:
            raise SimulationError(
                f"{instrument.instrument}: {sums[0]} is a sum of scales; stand-ins can only be found for means of scales"
            )


def _narrowed_targets(study: Study, targets: dict[str, list[Target]]) -> dict[str, list[Target]]:
    for code, (_, scale) in study.scales.items():
        if isinstance(scale, Composite):
            targets = targets | narrow_part_means({part: targets[part] for part in scale.parts}, targets[code])
    return targets


def _meet_composites(
    study: Study,
    solutions: dict[str, Solution],
    available: Mapping[str, Flags],
    pairs: Mapping[str, Sequence[Pairs]],
    targets: Mapping[str, Sequence[Target]],
    seed: int,
    steps: int,
    progress: Callable[[str], None],
    pool: Executor,
) -> dict[str, Solution]:
    """Search parts together with their composites, so that these are met, too: the best of several searches."""
    solutions = dict(solutions)
    for code, (_, scale) in study.scales.items():
        if not isinstance(scale, Composite):
            continue
        members = (*scale.parts, code)
        run_search = partial(
            _search_composite,
            {part: _grid(study, part) for part in scale.parts},
            {part: solutions[part] for part in scale.parts},
            {member: available[member] for member in members},
            {member: pairs[member] for member in members},
            {member: targets[member] for member in members},
            code,
            seed,
            steps,
        )
        best: tuple[dict[str, Solution], float] | None = None
        for restart, (part_solutions, cost) in enumerate(pool.map(run_search, range(_COMPOSITE_RESTARTS)), start=1):
            if best is None or cost < best[1]:
                best = (part_solutions, cost)
            progress(f"{scale.label} with its parts, search {restart} of {_COMPOSITE_RESTARTS}: remaining cost {cost:.2f}")
        if best is not None:
            solutions |= best[0]
    return solutions


def _search_composite(
    grids: Mapping[str, Grid],
    solutions: Mapping[str, Solution],
    available: Mapping[str, Flags],
    pairs: Mapping[str, Sequence[Pairs]],
    targets: Mapping[str, Sequence[Target]],
    code: str,
    seed: int,
    steps: int,
    restart: int,
) -> tuple[dict[str, Solution], float]:
    rng = _rng(seed, code, restart)
    return meet_composite(grids, solutions, available, available[code], pairs, targets, code, rng, steps=steps)


def _stand_ins(
    study: Study,
    published: Sequence[PublishedValue],
    impossible: Mapping[PublishedValue, str],
    printed_values: Mapping[str, PublishedValue],
    participation: Flags,
    available: Mapping[str, Flags],
    solutions: Mapping[str, Solution],
    seed: int,
    person_count: int,
    steps: int,
) -> StandIns:
    waves = [wave.wave for wave in study.protocol.waves]
    respondents = {wave: np.flatnonzero(participation[:, index]).tolist() for index, wave in enumerate(waves)}
    answers: dict[tuple[str, str], dict[int, Answer]] = {}
    for code, solution in solutions.items():
        instrument, scale = study.scales[code]
        assert isinstance(scale, Scale)
        rows = scale_answers(instrument, scale, solution, available[code], participation, _rng(seed, code, "items"))
        for (person, wave), row in rows.items():
            for position, answer in row.items():
                answers.setdefault((waves[wave], instrument.item_code(position)), {})[person] = answer
    facts = roster_facts(study, printed_values, person_count, _rng(seed, "roster"), steps=min(steps, 200_000))
    services = service_facts(study, printed_values, respondents, _rng(seed, "services"))
    moments = moments_of(study, person_count, respondents, answers, facts, services)
    reproductions = compare(published, results_of(study, moments), study, impossible)
    numbers = list(range(1, person_count + 1))
    _rng(seed, "ids").shuffle(numbers)
    initials = "".join(word[0] for word in study.protocol.study.split("_")).upper()
    width = max(2, len(str(person_count)))
    ids = tuple(f"{initials}-{number:0{width}d}" for number in numbers)
    return StandIns(ids, respondents, answers, facts, services, tuple(reproductions))


def report(stand_ins: StandIns) -> str:
    """How many printed numbers the stand-ins reproduce, and each one that they do not, with the reason."""
    reproductions = stand_ins.reproductions
    met_count = len(reproductions) - len(stand_ins.unmet)
    lines = [f"{met_count} of {len(reproductions)} printed values met by {len(stand_ins.ids)} stand-in people"]
    for reproduction in stand_ins.unmet:
        status = "impossible" if reproduction.verdict == "impossible" else "not reached"
        lines.append(
            f"  {status}: table {reproduction.table}, {reproduction.label}, {reproduction.timepoint},"
            f" {reproduction.statistic} {reproduction.printed}: {reproduction.reason}"
        )
    return "\n".join(lines)
