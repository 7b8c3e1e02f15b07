"""Moves of a search: changes of the scores of one or two people, proposed for every chain at once.

Belongs here: the kinds of moves, and what each proposes. Does not belong here: whether a move is made (chains.py).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dagster_project.simulate.problem import Flags, Floats, Integers
from dagster_project.simulate.tables import Tables

#: change: one score. transfer: one score up, another's down. shift: all waves of a person, so that changes stay. shift_two:
#: another's the opposite way. carry: two people exchange their scores of one wave and keep their changes. swap: two people
#: exchange their scores of one wave. leave_out: an item is left out, or answered again. redraw: any score. end: the lowest
#: or highest score that there may be. exchange: two people exchange all their scores on a part.
KINDS = ("change", "transfer", "shift", "shift_two", "carry", "swap", "leave_out", "redraw", "end", "exchange")
_OF_TWO = ("transfer", "shift_two", "carry", "swap", "exchange")
_SHIFTS = ("shift", "shift_two", "carry")

#: How often each kind is tried: within one wave; in all waves of one part; with all parts of a composite.
WITHIN_WAVE: Mapping[str, int] = {"change": 24, "transfer": 18, "swap": 12, "leave_out": 3, "redraw": 6, "end": 3}
ALL_WAVES: Mapping[str, int] = {**WITHIN_WAVE, "shift": 12, "shift_two": 14, "carry": 8}
ALL_PARTS: Mapping[str, int] = {**ALL_WAVES, "exchange": 20}
EXCHANGES: Mapping[str, int] = {"exchange": 1}

#: Random numbers that a proposal takes for each chain.
DRAWS = 7
_SIZES = 1 + np.floor(-np.log(1 - np.linspace(0, 1, 64, endpoint=False)) * 1.2).astype(np.int64)
_STEP_SIZES = np.concatenate([_SIZES, -_SIZES])


class Proposal(NamedTuple):
    """New sums and answer counts (chains x 2 people x waves) of a part; of the first person only, unless is_of_two."""

    part: Integers
    people: Integers
    sums: Integers
    counts: Integers
    is_of_two: Flags
    is_valid: Flags
    extra_answers: Integers


def kind_numbers(shares: Mapping[str, int]) -> Integers:
    """The kinds by number, each as often as its share."""
    return np.repeat([KINDS.index(kind) for kind in shares], list(shares.values()))


def _is(kind: Integers, names: tuple[str, ...]) -> Flags:
    flags: NDArray[np.bool_] = np.zeros(len(KINDS), dtype=bool)
    flags[[KINDS.index(name) for name in names]] = True
    return np.asarray(flags[kind])


def propose(
    tables: Tables,
    sums: Integers,
    counts: Integers,
    chain: Integers,
    draws: Floats,
    kinds: Integers,
    wave_or_none: int | None,
) -> Proposal:
    """One move for each number of a chain. sums, counts: chains x parts x people x waves. draws: DRAWS x moves, between 0
    and 1."""
    part = (draws[0] * tables.part_count).astype(np.int64)
    kind = kinds[(draws[2] * len(kinds)).astype(np.int64)]
    if wave_or_none is None:
        cells = tables.cells[part, (draws[1] * tables.cell_count[part]).astype(np.int64)]
        first, wave = cells[:, 0], cells[:, 1]
    else:
        wave = np.full_like(part, wave_or_none)
        first = tables.wave_people[part, wave, _position(draws[1], tables.wave_n[part, wave])]
    second = tables.wave_people[part, wave, _position(draws[4], tables.wave_n[part, wave])]
    is_exchange = kind == KINDS.index("exchange")
    alike_count = tables.alike_count[part, first]
    second = np.where(is_exchange, tables.people_alike[part, first, _position(draws[4], alike_count)], second)
    people = np.stack((first, second), axis=1)
    old_sums, old_counts = (array[chain[:, None], part[:, None], people] for array in (sums, counts))

    step, count_step = _steps(tables, draws, kind, part, wave, old_sums, old_counts)
    is_of_two = _is(kind, _OF_TWO)
    direction = np.where(is_of_two[:, None], np.array([1, -1]), np.array([1, 0]))[:, :, None]
    in_wave = np.eye(tables.waves, dtype=np.int64)[wave][:, None, :]
    available = tables.is_available[part[:, None], people]
    moved_waves = np.where(_is(kind, _SHIFTS)[:, None, None], available, in_wave)
    new_sums = old_sums + step[:, None, None] * moved_waves * direction
    new_counts = old_counts + count_step[:, None, None] * in_wave * direction
    new_sums = np.where(is_exchange[:, None, None], old_sums[:, ::-1], new_sums)
    new_counts = np.where(is_exchange[:, None, None], old_counts[:, ::-1], new_counts)

    part_wave = part[:, None, None], np.arange(tables.waves)[None, None, :]
    is_inside = (new_sums >= tables.low[*part_wave, new_counts]) & (new_sums <= tables.high[*part_wave, new_counts])
    is_valid = (is_inside | (available == 0)).all(axis=(1, 2)) & ~(is_of_two & (first == second))
    is_valid &= ~(is_exchange & (alike_count == 0))
    extra_answers = (new_counts - old_counts).sum(axis=(1, 2))
    return Proposal(part, people, new_sums, new_counts, is_of_two, is_valid, extra_answers)


def _position(draws: Floats, lengths: Integers | Floats) -> Integers:
    return np.asarray((draws * lengths).astype(np.int64))


def _steps(
    tables: Tables, draws: Floats, kind: Integers, part: Integers, wave: Integers, sums: Integers, counts: Integers
) -> tuple[Integers, Integers]:
    """By how much the first person's sum and number of answers move (the second's the opposite way, if at all)."""
    chain = np.arange(len(part))
    own_sum, other_sum = sums[chain, 0, wave], sums[chain, 1, wave]
    own_count, other_count = counts[chain, 0, wave], counts[chain, 1, wave]
    low, high = tables.low[part, wave, own_count], tables.high[part, wave, own_count]
    items = tables.items[part]
    fewer = np.maximum(items - 1 - (draws[5] < 0.2), tables.minimum_answered[part])
    new_count = np.where(own_count < items, items, fewer)
    nudge = np.select([draws[6] < 0.6, draws[6] < 0.8], [0, 1], -1)
    step = _STEP_SIZES[(draws[3] * len(_STEP_SIZES)).astype(np.int64)]
    choices = {
        "swap": other_sum - own_sum,
        "carry": other_sum - own_sum,
        "leave_out": np.rint(own_sum * new_count / own_count).astype(np.int64) - own_sum + nudge,
        "redraw": low + (draws[5] * (high - low + 1)).astype(np.int64) - own_sum,
        "end": np.where(draws[5] < 0.5, low, high) - own_sum,
    }
    for name, choice in choices.items():
        step = np.where(kind == KINDS.index(name), choice, step)
    count_step = np.where(kind == KINDS.index("swap"), other_count - own_count, 0)
    count_step = np.where(kind == KINDS.index("leave_out"), new_count - own_count, count_step)
    return step, count_step
