"""People drawn from a study's declared design, where no printed number says what they are or answered.

Belongs here: who is in which group and returned which wave, facts, answers to items and to measures of any kind. Does not
belong here: people who are found by a search (scales.py, characteristics.py).

The people are plausible, not real: each has a level that shows in all of the answers, with noise in each wave; groups do
not differ, so that whatever a rehearsal finds between them is chance. Some leave, some leave an item out.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.special import ndtr

from dagster_project.simulate.characteristics import Fact
from dagster_project.simulate.items import BLANK, Answer
from dagster_project.study import Anchors, Instrument, ParticipantVariable, Study

#: The share of those planned for a wave who return it, by its place; of the later ones, so much of the share before.
_FIRST_RETURN, _NEXT_RETURN = 0.97, 0.88
_LEFT_OUT, _USED_SERVICE = 0.02, 0.25
#: How much of an answer is the person's level, and how much the wave's and the item's noise.
_LEVEL, _WAVE_NOISE, _ITEM_NOISE = 0.7, 0.4, 0.6

Facts = Mapping[str, Sequence[Fact]]
Answers = dict[tuple[str, str], dict[int, Answer]]


def draw_facts(variable: ParticipantVariable, count: int, rng: random.Random, *, is_balanced: bool) -> list[Fact]:
    """A fact per person. is_balanced: as many people in each category, as an allocation to arms makes them."""
    if variable.kind == "category":
        codes = [category.category for category in variable.categories]
        drawn_codes = [codes[person % len(codes)] if is_balanced else rng.choice(codes) for person in range(count)]
        rng.shuffle(drawn_codes)
        return list(drawn_codes)
    low = 0.0 if variable.minimum is None else variable.minimum
    high = max(low + 100.0, low * 2) if variable.maximum is None else variable.maximum
    return [float(round(low + (high - low) * min(0.95, max(0.02, rng.gauss(0.35, 0.15))))) for _ in range(count)]


def draw_returns(study: Study, facts: Facts, count: int, rng: random.Random) -> dict[str, list[int]]:
    """By wave, the people who returned it: some of those for whom it is planned, fewer in each wave."""
    returns_by_wave: dict[str, list[int]] = {}
    for order, wave in enumerate(study.protocol.waves):
        share = _FIRST_RETURN * _NEXT_RETURN**order
        conditions = study.protocol.conditions_of(wave)
        planned = [person for person in range(count) if conditions.is_planned_for(_categories(facts, person))]
        returns_by_wave[wave.wave] = [person for person in planned if rng.random() < share]
    return returns_by_wave


def _categories(facts: Facts, person: int) -> dict[str, str | None]:
    return {code: fact if isinstance(fact := values[person], str) else None for code, values in facts.items()}


def draw_services(
    study: Study, returns: Mapping[str, list[int]], rng: random.Random
) -> dict[tuple[str, str], dict[int, bool]]:
    """By (wave, service), whether each person who returned the wave used it."""
    use = study.protocol.service_use
    return {
        (wave, service.service): {person: rng.random() < _USED_SERVICE for person in returns[wave]}
        for wave in (use.waves if use else ())
        for service in (use.services if use else ())
    }


@dataclass(frozen=True)
class _Sheet:
    """One person's answering of one instrument in one wave. level: with the wave's noise."""

    wave: str
    person: int
    level: float


def draw_answers(
    study: Study, instruments: Sequence[Instrument], facts: Facts, returns: Mapping[str, list[int]], rng: random.Random
) -> Answers:
    """Answers to items and measures by (wave, code) and person; blocks that are not planned for a person stay blank, and
    items that other answers say are not asked."""
    count = max((person + 1 for people in returns.values() for person in people), default=0)
    levels = [rng.gauss(0, 1) for _ in range(count)]
    answers: Answers = {}
    for wave in study.protocol.waves:
        conditions = study.protocol.conditions_of(wave).blocks
        for person in returns[wave.wave]:
            categories = _categories(facts, person)
            unplanned = {entry.block for entry in conditions if not entry.is_planned_for(categories)}
            codes: dict[str, Answer] = {}
            for instrument in instruments:
                if instrument.instrument not in unplanned:
                    level = _LEVEL * levels[person] + _WAVE_NOISE * rng.gauss(0, 1)
                    codes |= _sheet(study, instrument, wave.wave, level, rng)
            # An item that is not asked by the answers to others is left blank.
            for gate in study.gates.values():
                if gate.item in codes and gate.is_asked(codes) is False:
                    codes[gate.item] = BLANK
            for code, answer in codes.items():
                answers.setdefault((wave.wave, code), {})[person] = answer
    return answers


def _sheet(study: Study, instrument: Instrument, wave: str, level: float, rng: random.Random) -> dict[str, Answer]:
    codes: dict[str, Answer] = {}
    for position in range(1, instrument.item_count + 1):
        code = instrument.item_code(position)
        measure = study.measures.get(code)
        if measure is not None and not measure.is_asked_in(wave):
            continue
        is_reversed = _is_reversed(instrument, position)
        share = float(ndtr((-level if is_reversed else level) + _ITEM_NOISE * rng.gauss(0, 1)))
        codes[code] = BLANK if rng.random() < _LEFT_OUT else answer_at(instrument.anchors_of(position), share)
    return codes


def answer_at(anchors: Anchors, share: float) -> int | float:
    """The answer that lies at a share of the way from the lowest to the highest; with two decimals where any may be."""
    if anchors.are_rounded:
        return round(anchors.low + share * (anchors.high - anchors.low), 2)
    if anchors.codes is None:
        step = 10**anchors.decimals
        number = round((anchors.low + share * (anchors.high - anchors.low)) * step) / step
        return int(number) if number == int(number) else number
    answer = anchors.codes[min(len(anchors.codes) - 1, int(share * len(anchors.codes)))]
    return int(answer) if answer == int(answer) else answer


def _is_reversed(instrument: Instrument, position: int) -> bool:
    """Whether a high answer lowers the scale that holds the item."""
    for scale in instrument.scales:
        if position in scale.items and instrument.anchors_of(position).answer_count <= 100:
            scored = instrument.scored_answers(position, scale)
            return scored[0] > scored[-1]
    return False
