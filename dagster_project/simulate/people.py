"""The whole simulation, from printed numbers to answers.

Belongs here: the order of the steps, and the report on printed numbers that were not met. Does not belong here: the single
steps.
"""

import dataclasses
import math
import random
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dagster_project.audit import impossible_numbers
from dagster_project.results import PublishedValue, Reproduction, compare
from dagster_project.simulate.characteristics import Fact, printed_by_id, roster_facts, service_facts
from dagster_project.simulate.draws import draw_answers, draw_facts, draw_returns, draw_services
from dagster_project.simulate.errors import SimulationError
from dagster_project.simulate.items import Answer, scale_answers
from dagster_project.simulate.patterns import availability
from dagster_project.simulate.problem import Flags
from dagster_project.simulate.scales import Effort, ScaleScores, search_scales
from dagster_project.simulate.score import moments_of, results_of
from dagster_project.simulate.targets import printed_by_outcome
from dagster_project.study import MEASURES, Groups, Scale, Study

#: The seed of the stand-ins in the example study.
DEFAULT_SEED = 2022


@dataclass(frozen=True)
class StandIns:
    """Stand-in people with their answers and characteristics.

    ids: an identifier per person. respondents: by wave, the people (positions in ids) who returned it.
    answers: by (wave, item code), each returning person's answer code or missing reason.
    facts: by variable, one fact per person. services: by (wave, service), whether each returning person used it.
    reproductions: the verdict on every printed number, computed from the answers.
    was_cut_short: whether the time was over before all searches were.
    """

    ids: tuple[str, ...]
    respondents: Mapping[str, list[int]]
    answers: Mapping[tuple[str, str], Mapping[int, Answer]]
    facts: Mapping[str, Sequence[Fact]]
    services: Mapping[tuple[str, str], Mapping[int, bool]]
    reproductions: tuple[Reproduction, ...]
    was_cut_short: bool = False

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
    minutes: float = math.inf,
) -> StandIns:
    """Find people, item by item, who could have produced a published table. The same seed gives the same people, unless the
    minutes are over before the searches are: then the best so far are taken.

    effort scales the number of search steps; processes affects only the duration. Raises SimulationError if the table
    does not report the number of people.
    """
    until = time.time() + minutes * 60
    impossible = impossible_numbers(published, study)
    printed_numbers = printed_by_outcome(published, study, impossible)
    printed_values = printed_by_id([value for value in published if value not in impossible], study)
    printed_ns = [value.value for value in published if value.statistic == "n" and value.timepoint != "norm"]
    person_count = int(max(printed_ns, default=0))
    if person_count < 1:
        raise SimulationError("the published table prints no n, so the number of people is unknown; add one")
    searched = _without_measures(study)
    participation, available = availability(searched, printed_numbers, person_count, np.random.default_rng(seed))
    wave_counts = [f"{wave.wave} {int(participation[:, i].sum())}" for i, wave in enumerate(study.protocol.waves)]
    progress(f"{person_count} people, {', '.join(wave_counts)}")

    _refuse_shared_items(searched)
    _refuse_steps(searched)
    budget = Effort(effort, processes, until - time.time())
    scores = search_scales(searched, printed_numbers, participation, available, seed, budget, progress)
    return _stand_ins(study, published, impossible, printed_values, participation, scores, seed, person_count, effort, until)


def draw_study(study: Study, person_count: int, seed: int) -> StandIns:
    """People drawn from a study's design alone: its waves, conditions, groups, questionnaires, measures."""
    facts = _drawn_facts(study, person_count, seed)
    respondents = draw_returns(study, facts, person_count, _rng(seed, "returns"))
    answers = draw_answers(study, study.instruments, facts, respondents, _rng(seed, "answers"))
    services = draw_services(study, respondents, _rng(seed, "services"))
    return StandIns(_ids(study, person_count, seed), respondents, answers, facts, services, ())


def _drawn_facts(study: Study, person_count: int, seed: int) -> dict[str, list[Fact]]:
    groups = study.protocol.groups
    arms = groups.variable if isinstance(groups, Groups) and groups.design == "randomised" else None
    return {
        variable.variable: draw_facts(
            variable, person_count, _rng(seed, "facts", variable.variable), is_balanced=variable.variable == arms
        )
        for variable in study.protocol.participant_variables
    }


def _ids(study: Study, person_count: int, seed: int) -> tuple[str, ...]:
    numbers = list(range(1, person_count + 1))
    _rng(seed, "ids").shuffle(numbers)
    initials = "".join(word[0] for word in study.protocol.study.split("_") if word).upper()
    width = max(2, len(str(person_count)))
    return tuple(f"{initials}-{number:0{width}d}" for number in numbers)


def _rng(seed: int, *labels: object) -> random.Random:
    return random.Random(zlib.crc32(f"{seed}/{'/'.join(map(str, labels))}".encode()))


def _without_measures(study: Study) -> Study:
    """The study of its questionnaires alone: measures have no items that could be searched, and are drawn."""
    instruments = tuple(instrument for instrument in study.instruments if instrument.instrument != MEASURES)
    return dataclasses.replace(study, instruments=instruments)


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


def _stand_ins(
    study: Study,
    published: Sequence[PublishedValue],
    impossible: Mapping[PublishedValue, str],
    printed_values: Mapping[str, PublishedValue],
    participation: Flags,
    scores: ScaleScores,
    seed: int,
    person_count: int,
    effort: float,
    until: float,
) -> StandIns:
    waves = [wave.wave for wave in study.protocol.waves]
    respondents = {wave: np.flatnonzero(participation[:, index]).tolist() for index, wave in enumerate(waves)}
    answers: dict[tuple[str, str], dict[int, Answer]] = {}
    for code, solution in scores.solutions.items():
        instrument, scale = study.scales[code]
        assert isinstance(scale, Scale)
        rows = scale_answers(instrument, scale, solution, scores.available[code], participation, _rng(seed, code, "items"))
        for (person, wave), row in rows.items():
            for position, answer in row.items():
                answers.setdefault((waves[wave], instrument.item_code(position)), {})[person] = answer
    drawn_facts = _drawn_facts(study, person_count, seed)
    if study.protocol.measures is not None:
        measures = [study.protocol.measures.instrument]
        answers |= draw_answers(study, measures, drawn_facts, respondents, _rng(seed, "measures"))
    facts = roster_facts(study, printed_values, person_count, _rng(seed, "roster"), effort=effort, until=until)
    # Of what no number is printed nothing is known: it is drawn.
    facts |= {code: drawn_facts[code] for code, values in facts.items() if all(fact is None for fact in values)}
    services = service_facts(study, printed_values, respondents, _rng(seed, "services"))
    moments = moments_of(study, person_count, respondents, answers, facts, services)
    reproductions = compare(published, results_of(study, moments), study, impossible)
    ids = _ids(study, person_count, seed)
    return StandIns(ids, respondents, answers, facts, services, tuple(reproductions), scores.was_cut_short)


def report(stand_ins: StandIns) -> str:
    """How many printed numbers the stand-ins reproduce, and each one that they do not, with the reason."""
    reproductions = stand_ins.reproductions
    met_count = len(reproductions) - len(stand_ins.unmet)
    lines = [f"{met_count} of {len(reproductions)} printed values met by {len(stand_ins.ids)} stand-in people"]
    if stand_ins.was_cut_short:
        lines.append(
            "  the time was over before all searches were: these are the best so far, and the same seed may give others;"
            " more --minutes may meet more"
        )
    for reproduction in stand_ins.unmet:
        status = "impossible" if reproduction.verdict == "impossible" else "not reached"
        lines.append(
            f"  {status}: table {reproduction.table}, {reproduction.label}, {reproduction.timepoint},"
            f" {reproduction.statistic} {reproduction.printed}: {reproduction.reason}"
        )
    return "\n".join(lines)
