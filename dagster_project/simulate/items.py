"""From scores to answers: each item sum is spread over its items.

Belongs here: spreading sums, leaving out answers, special codes of a refusal. Does not belong here: finding the sums.
"""

import random

from dagster_project.simulate.search import Flags, Found
from dagster_project.study import Instrument, Scale

#: An answer code, or the reason why there is none.
Answer = int | str
BLANK, REFUSED = "blank", "refused"


def spread(total: int, count: int, low: int, high: int, difficulty: list[float], rng: random.Random) -> list[int]:
    """`count` whole numbers between low and high that add up to `total`, near its mean, easier items higher."""
    mean = total / count
    answers = [max(low, min(high, round(mean + hard + rng.gauss(0, 0.45)))) for hard in difficulty]
    while (missing := total - sum(answers)) != 0:
        way = 1 if missing > 0 else -1
        movable = [i for i, answer in enumerate(answers) if low <= answer + way <= high]
        answers[rng.choice(movable)] += way
    return answers


def scale_answers(
    instrument: Instrument, scale: Scale, found: Found, available: Flags, returned: Flags, rng: random.Random
) -> dict[tuple[int, int], dict[int, Answer]]:
    """Answers by (person, wave), each by item position, for everybody who returned the wave.

    A person without a score left too many items blank; a person with one left out exactly the items that were prorated.
    """
    low, high = instrument.anchors.low, instrument.anchors.high
    difficulty = {position: rng.gauss(0, 0.25 + 0.05 * (high - low)) * 0.5 for position in scale.items}
    answers: dict[tuple[int, int], dict[int, Answer]] = {}
    people, waves = available.shape
    for person in range(people):
        for wave in range(waves):
            if not returned[person, wave]:
                continue
            positions = list(scale.items)
            if available[person, wave]:
                count = int(found.answered[person, wave])
                total = int(found.sums[person, wave])
            else:
                # A person who gave up on a scale answered few of its items, most often none.
                most = instrument.minimum_items(scale) - 1
                count = 0 if rng.random() < 0.7 else rng.randint(0, most)
                total = sum(rng.randint(low, high) for _ in range(count))
            left_out = set(rng.sample(positions, len(positions) - count))
            given = [position for position in positions if position not in left_out]
            keyed = spread(total, count, low, high, [difficulty[one] for one in given], rng) if count else []
            row: dict[int, Answer] = {
                # What counts as this answer was given as its mirror image: turning twice gives the same back.
                position: instrument.keyed(position, answer)
                for position, answer in zip(given, keyed, strict=True)
            }
            reason = REFUSED if rng.random() < 0.15 else BLANK
            row.update(dict.fromkeys(left_out, reason))
            answers[person, wave] = row
    return answers
