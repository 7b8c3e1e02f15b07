"""Stand-in people: the whole simulation, from printed numbers to answers.

Belongs here: the order of the steps, and the honest account of what was not met. Does not belong here: any one step.
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

from dagster_project.audit import find_impossible
from dagster_project.results import PublishedValue, Reproduction, compare
from dagster_project.simulate.characteristics import Fact, printed_by_id, roster_facts, service_facts
from dagster_project.simulate.composites import lean, meet_composite
from dagster_project.simulate.errors import SimulationError
from dagster_project.simulate.items import Answer, scale_answers
from dagster_project.simulate.patterns import availability
from dagster_project.simulate.score import moments_of, results_of
from dagster_project.simulate.search import Flags, Found, Grid, Pairs, Target, missed_targets, search
from dagster_project.simulate.targets import Printed, printed_by_outcome, scale_targets
from dagster_project.study import Composite, Scale, Study

#: The seed of the committed example.
DEFAULT_SEED = 2022
_STEPS, _RESTARTS, _COMPOSITE_RESTARTS = 1_500_000, 3, 4


@dataclass(frozen=True)
class StandIns:
    """People who could have answered so.

    ids: an identifier a person. returned: by wave, the people (positions in ids) who returned it.
    answers: by (wave, item code), each returning person's answer code or missing reason.
    facts: by variable, one fact a person. services: by (wave, service), whether each returning person used it.
    reproductions: the verdict on every printed number, scored again from the answers.
    """

    ids: tuple[str, ...]
    returned: Mapping[str, list[int]]
    answers: Mapping[tuple[str, str], Mapping[int, Answer]]
    facts: Mapping[str, Sequence[Fact]]
    services: Mapping[tuple[str, str], Mapping[int, bool]]
    reproductions: tuple[Reproduction, ...]

    @property
    def unmet(self) -> tuple[Reproduction, ...]:
        """The printed numbers that these people do not give."""
        return tuple(one for one in self.reproductions if one.verdict != "reproduced")


def simulate_study(
    study: Study,
    published: Sequence[PublishedValue],
    seed: int,
    progress: Callable[[str], None] = lambda line: None,
    effort: float = 1.0,
    processes: int = 2,
) -> StandIns:
    """Find people, item by item, who could have produced a published table. The same seed gives the same people.

    effort scales the number of steps; processes only changes how long it takes. Raises SimulationError when the table
    says nothing of how many people there are.
    """
    impossible = find_impossible(published, study)
    printed = printed_by_outcome(published, study, impossible)
    by_id = printed_by_id([value for value in published if value not in impossible], study)
    count = int(max([v.value for v in published if v.statistic == "n" and v.timepoint != "norm"], default=0))
    if count < 1:
        raise SimulationError("the published table prints no n, so the number of people is unknown; add one")
    returned, available = availability(study, printed, count, np.random.default_rng(seed))
    progress(
        f"{count} people, {', '.join(f'{w.wave} {int(returned[:, i].sum())}' for i, w in enumerate(study.protocol.waves))}"
    )

    pairs = {code: _pairs(study, flags) for code, flags in available.items()}
    targets = {
        code: scale_targets(printed.get(code, Printed()), study, [len(pair.people) for pair in pairs[code]])
        for code in available
    }
    leaning = _leaning(study, targets)
    _refuse_shared_items(study)
    steps = max(2_000, round(_STEPS * effort))
    jobs = [
        _Job(code, _grid(study, code), available[code], pairs[code], leaning[code], seed, steps, _RESTARTS)
        for code, (_, scale) in study.scales.items()
        if isinstance(scale, Scale) and scale.conversion is None
    ]
    found: dict[str, Found] = {}
    with ProcessPoolExecutor(processes) as pool:
        for job, (result, missed) in zip(jobs, pool.map(_run, jobs), strict=True):
            found[job.code] = result
            progress(f"{study.scales[job.code][1].label}: {len(job.targets) - missed} of {len(job.targets)} targets met")
        found = _composed(study, found, available, pairs, targets, seed, steps // 2, progress, pool)
    return _finish(study, published, impossible, by_id, returned, available, found, seed, count, steps)


@dataclass(frozen=True)
class _Job:
    code: str
    grid: Grid
    available: Flags
    pairs: Sequence[Pairs]
    targets: Sequence[Target]
    seed: int
    steps: int
    restarts: int


def _run(job: _Job) -> tuple[Found, int]:
    """The best of several searches of one scale: fewest targets missed, then least cost."""
    best: tuple[tuple[int, float], Found] | None = None
    for restart in range(job.restarts):
        rng = _rng(job.seed, job.code, restart)
        found = search(job.grid, job.available, job.pairs, job.targets, rng, steps=job.steps)
        missed = len(missed_targets(found, job.grid, job.available, job.pairs, job.targets))
        if best is None or (missed, found.cost) < best[0]:
            best = ((missed, found.cost), found)
        if missed == 0:
            break
    assert best is not None
    return best[1], best[0][0]


def _rng(seed: int, *what: object) -> random.Random:
    return random.Random(zlib.crc32(f"{seed}/{'/'.join(map(str, what))}".encode()))


def _grid(study: Study, code: str) -> Grid:
    instrument, scale = study.scales[code]
    assert isinstance(scale, Scale)
    items = len(scale.items)
    unit = 1.0 if scale.aggregate == "sum" else 1.0 / items
    return Grid(items, instrument.anchors.low, instrument.anchors.high, instrument.minimum_items(scale), unit)


def _pairs(study: Study, available: Flags) -> list[Pairs]:
    waves = [wave.wave for wave in study.protocol.waves]
    pairs = []
    for contrast in study.protocol.contrasts:
        first, last = waves.index(contrast.baseline), waves.index(contrast.followup)
        people = frozenset(np.flatnonzero(available[:, first] & available[:, last]).tolist())
        critical = float(scipy.stats.t.isf(0.025, len(people) - 1)) if len(people) > 1 else math.inf
        pairs.append(Pairs(first, last, contrast.baseline_sign, people, critical))
    return pairs


def _refuse_shared_items(study: Study) -> None:
    """Each scale is searched by itself, so two searched scales cannot share an item."""
    for instrument in study.instruments:
        taken: dict[int, str] = {}
        for scale in instrument.scales:
            for position in scale.items if scale.conversion is None else ():
                if position in taken:
                    raise SimulationError(
                        f"{instrument.instrument}: scales {taken[position]} and {scale.scale} share item {position};"
                        " stand-ins can only be found for scales without a common item"
                    )
                taken[position] = scale.scale


def _leaning(study: Study, targets: dict[str, list[Target]]) -> dict[str, list[Target]]:
    for code, (_, scale) in study.scales.items():
        if isinstance(scale, Composite):
            targets = targets | lean({part: targets[part] for part in scale.parts}, targets[code])
    return targets


def _composed(
    study: Study,
    found: dict[str, Found],
    available: Mapping[str, Flags],
    pairs: Mapping[str, Sequence[Pairs]],
    targets: Mapping[str, Sequence[Target]],
    seed: int,
    steps: int,
    progress: Callable[[str], None],
    pool: Executor,
) -> dict[str, Found]:
    """Change parts together with their composites, so that these are met, too: the best of several searches."""
    found = dict(found)
    for code, (_, scale) in study.scales.items():
        if not isinstance(scale, Composite):
            continue
        meet = partial(
            _meet,
            {part: _grid(study, part) for part in scale.parts},
            {part: found[part] for part in scale.parts},
            {one: available[one] for one in (*scale.parts, code)},
            {one: pairs[one] for one in (*scale.parts, code)},
            {one: targets[one] for one in (*scale.parts, code)},
            code,
            seed,
            steps,
        )
        best: tuple[dict[str, Found], float] | None = None
        for restart, (changed, cost) in enumerate(pool.map(meet, range(_COMPOSITE_RESTARTS)), start=1):
            if best is None or cost < best[1]:
                best = (changed, cost)
            progress(f"{scale.label} with its parts, search {restart} of {_COMPOSITE_RESTARTS}: {cost:.2f} away")
        if best is not None:
            found |= best[0]
    return found


def _meet(
    grids: Mapping[str, Grid],
    found: Mapping[str, Found],
    available: Mapping[str, Flags],
    pairs: Mapping[str, Sequence[Pairs]],
    targets: Mapping[str, Sequence[Target]],
    code: str,
    seed: int,
    steps: int,
    restart: int,
) -> tuple[dict[str, Found], float]:
    rng = _rng(seed, code, restart)
    return meet_composite(grids, found, available, available[code], pairs, targets, code, rng, steps=steps)


def _finish(
    study: Study,
    published: Sequence[PublishedValue],
    impossible: Mapping[PublishedValue, str],
    by_id: Mapping[str, PublishedValue],
    returned: Flags,
    available: Mapping[str, Flags],
    found: Mapping[str, Found],
    seed: int,
    count: int,
    steps: int,
) -> StandIns:
    waves = [wave.wave for wave in study.protocol.waves]
    who = {wave: np.flatnonzero(returned[:, index]).tolist() for index, wave in enumerate(waves)}
    answers: dict[tuple[str, str], dict[int, Answer]] = {}
    for code, one in found.items():
        instrument, scale = study.scales[code]
        assert isinstance(scale, Scale)
        rows = scale_answers(instrument, scale, one, available[code], returned, _rng(seed, code, "items"))
        for (person, wave), row in rows.items():
            for position, answer in row.items():
                answers.setdefault((waves[wave], instrument.item_code(position)), {})[person] = answer
    facts = roster_facts(study, by_id, count, _rng(seed, "roster"), steps=min(steps, 200_000))
    services = service_facts(study, by_id, who, _rng(seed, "services"))
    moments = moments_of(study, count, who, answers, facts, services)
    reproductions = compare(published, results_of(study, moments), study, impossible)
    numbers = list(range(1, count + 1))
    _rng(seed, "ids").shuffle(numbers)
    initials = "".join(word[0] for word in study.protocol.study.split("_")).upper()
    width = max(2, len(str(count)))
    ids = tuple(f"{initials}-{number:0{width}d}" for number in numbers)
    return StandIns(ids, who, answers, facts, services, tuple(reproductions))


def report(stand_ins: StandIns) -> str:
    """How many printed numbers the stand-ins give, and each one that they do not, with the reason."""
    found = stand_ins.reproductions
    met = len(found) - len(stand_ins.unmet)
    lines = [f"{met} of {len(found)} printed values met by {len(stand_ins.ids)} stand-in people"]
    for one in stand_ins.unmet:
        word = "impossible" if one.verdict == "impossible" else "not reached"
        lines.append(
            f"  {word}: table {one.table}, {one.label}, {one.timepoint}, {one.statistic} {one.printed}: {one.reason}"
        )
    return "\n".join(lines)
