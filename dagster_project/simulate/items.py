"""Item answers from scores: each item sum is distributed over its items.

Belongs here: distributing sums, leaving items unanswered, the reasons why. Does not belong here: finding the sums.
"""

import random
from collections.abc import Sequence

from dagster_project.simulate.problem import Flags, Grid, Solution
from dagster_project.study import Instrument, Scale, Study

#: An answer code, or the reason why the answer is missing.
Answer = int | float | str
BLANK, REFUSAL = "blank", "refused"


def spread_sum(total: int, ranges: Sequence[tuple[int, int]], easiness: list[float], rng: random.Random) -> list[int]:
    """An integer in each range, which add up to `total`, scattered around its share of it; easier items are higher."""
    lowest, highest = sum(low for low, _ in ranges), sum(high for _, high in ranges)
    share = (total - lowest) / (highest - lowest)
    answers = [
        max(low, min(high, round(low + share * (high - low) + ease + rng.gauss(0, 0.45))))
        for (low, high), ease in zip(ranges, easiness, strict=True)
    ]
    while (difference := total - sum(answers)) != 0:
        step = 1 if difference > 0 else -1
        movable = [i for i, (low, high) in enumerate(ranges) if low <= answers[i] + step <= high]
        answers[rng.choice(movable)] += step
    return answers


def _answer_of(instrument: Instrument, scale: Scale, position: int, item_score: int) -> int:
    """The lowest answer that counts as a number."""
    scored_answers = instrument.scored_answers(position, scale)
    return int(instrument.anchors_of(position).answers[scored_answers.index(item_score)])


def whole_range(instrument: Instrument, position: int) -> tuple[int, int]:
    """The lowest and highest number that an answer to an item counts as: whole numbers (stand-ins have no decimals)."""
    low, high = instrument.scored_range(position)
    return int(low), int(high)


def grid_of(study: Study, code: str) -> Grid:
    """The possible scores of a scale."""
    instrument, scale = study.scales[code]
    assert isinstance(scale, Scale)
    ranges = tuple(whole_range(instrument, position) for position in scale.items)
    unit = (1.0 if scale.aggregate == "sum" else 1.0 / len(ranges)) * scale.multiply
    return Grid(ranges, instrument.minimum_items(scale), unit)


def scale_answers(
    instrument: Instrument, scale: Scale, solution: Solution, available: Flags, participation: Flags, rng: random.Random
) -> dict[tuple[int, int], dict[int, Answer]]:
    """Answers by (person, wave), each by item position, for everybody who returned the wave.

    A person without a score answered too few items; a person with a score lacks exactly the items that were prorated.
    """
    ranges = {position: whole_range(instrument, position) for position in scale.items}
    easiness = {position: rng.gauss(0, 0.25 + 0.05 * (high - low)) * 0.5 for position, (low, high) in ranges.items()}
    answers: dict[tuple[int, int], dict[int, Answer]] = {}
    people, waves = available.shape
    for person in range(people):
        for wave in range(waves):
            if not participation[person, wave]:
                continue
            positions = list(scale.items)
            if available[person, wave]:
                count = int(solution.answer_counts[person, wave])
                total = int(solution.sums[person, wave])
            else:
                # Whoever has no score answered few items of the scale, most often none.
                maximum = instrument.minimum_items(scale) - 1
                count = 0 if rng.random() < 0.7 else rng.randint(0, maximum)
                total = sum(rng.randint(*ranges[position]) for position in positions[:count])
            left_out = set(rng.sample(positions, len(positions) - count))
            answered_positions = [position for position in positions if position not in left_out]
            item_easiness = [easiness[position] for position in answered_positions]
            item_ranges = [ranges[position] for position in answered_positions]
            # Without a score the sum was drawn before the items: other items may have other limits.
            lowest, highest = (sum(ends) for ends in zip(*item_ranges, strict=True)) if count else (0, 0)
            total = max(lowest, min(highest, total))
            item_scores = spread_sum(total, item_ranges, item_easiness, rng) if count else []
            row: dict[int, Answer] = {
                position: _answer_of(instrument, scale, position, item_score)
                for position, item_score in zip(answered_positions, item_scores, strict=True)
            }
            reason = REFUSAL if rng.random() < 0.15 else BLANK
            row.update(dict.fromkeys(left_out, reason))
            answers[person, wave] = row
    return answers
