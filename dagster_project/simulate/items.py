"""Item answers from scores: each item sum is distributed over its items.

Belongs here: distributing sums, leaving items unanswered, the reasons why. Does not belong here: finding the sums.
"""

import random

from dagster_project.simulate.search import Flags, Solution
from dagster_project.study import Instrument, Scale

#: An answer code, or the reason why the answer is missing.
Answer = int | str
BLANK, REFUSAL = "blank", "refused"


def spread_sum(total: int, count: int, low: int, high: int, easiness: list[float], rng: random.Random) -> list[int]:
    """`count` integers between low and high that add up to `total`, scattered around its mean; easier items are higher."""
    mean = total / count
    answers = [max(low, min(high, round(mean + ease + rng.gauss(0, 0.45)))) for ease in easiness]
    while (difference := total - sum(answers)) != 0:
        step = 1 if difference > 0 else -1
        movable = [i for i, answer in enumerate(answers) if low <= answer + step <= high]
        answers[rng.choice(movable)] += step
    return answers


def scale_answers(
    instrument: Instrument, scale: Scale, solution: Solution, available: Flags, participation: Flags, rng: random.Random
) -> dict[tuple[int, int], dict[int, Answer]]:
    """Answers by (person, wave), each by item position, for everybody who returned the wave.

    A person without a score answered too few items; a person with a score lacks exactly the items that were prorated.
    """
    low, high = instrument.anchors.low, instrument.anchors.high
    easiness = {position: rng.gauss(0, 0.25 + 0.05 * (high - low)) * 0.5 for position in scale.items}
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
                total = sum(rng.randint(low, high) for _ in range(count))
            left_out = set(rng.sample(positions, len(positions) - count))
            answered_positions = [position for position in positions if position not in left_out]
            item_easiness = [easiness[position] for position in answered_positions]
            item_scores = spread_sum(total, count, low, high, item_easiness, rng) if count else []
            row: dict[int, Answer] = {
                # Reverse-keying is its own inverse: it also turns an item score back into the answer.
                position: instrument.scored_answer(position, item_score)
                for position, item_score in zip(answered_positions, item_scores, strict=True)
            }
            reason = REFUSAL if rng.random() < 0.15 else BLANK
            row.update(dict.fromkeys(left_out, reason))
            answers[person, wave] = row
    return answers
