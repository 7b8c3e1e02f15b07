"""How often the 95 % intervals of the model of answers over all waves hold the truth.

Two groups of 20 or of 100, four waves, yes or no and three ordered categories; whoever answered yes (or the highest category)
drops out more often, most often in the second group, so that answers are missing at random. Beside the
model's stands Newcombe's risk difference of who answered the last wave, which drop-out biases.

    uv run python tests/benchmarks/answers_coverage.py > tests/benchmarks/answers_coverage.txt
"""

import sys
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from dagster_project.statistics import AnswerPattern, fit_repeated_answers, two_proportions

WAVES, SD = 4, 1.5
#: Logits of a higher answer in each wave, by group.
EFFECTS = np.array([[0.0, 0.1, 0.2, 0.3], [0.0, 0.5, 0.8, 1.0]])
THRESHOLDS = {2: [0.0], 3: [-0.7, 0.9]}
#: The share that drops out after a wave: of lower answers, of the highest, and what the second group has beside it.
LEAVING = (0.05, 0.3, 0.2)


def _answers(random: np.random.Generator, size: int, group: int, categories: int) -> NDArray[np.intp]:
    """The answers of a group, -1 after drop-out."""
    logits = EFFECTS[group] + SD * random.standard_normal((size, 1)) + random.logistic(size=(size, WAVES))
    answers = np.asarray(np.searchsorted(THRESHOLDS[categories], logits), dtype=np.intp)
    has_left = np.zeros(size, dtype=bool)
    for wave in range(1, WAVES):
        was_high = answers[:, wave - 1] == categories - 1
        chance = np.where(was_high, LEAVING[1], LEAVING[0]) + group * LEAVING[2] * was_high
        has_left |= random.random(size) < chance
        answers[has_left, wave] = -1
    return answers


def _patterns(answers: NDArray[np.intp]) -> list[AnswerPattern]:
    rows = Counter(tuple(int(answer) for answer in row) for row in answers)
    return [
        AnswerPattern(
            tuple(wave for wave, answer in enumerate(row) if answer >= 0), tuple(answer for answer in row if answer >= 0), n
        )
        for row, n in rows.items()
    ]


def _true_share(group: int, categories: int) -> float:
    """The population's share of the highest category in the last wave."""
    z = np.linspace(-9, 9, 20001)
    weights = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    return float(weights @ (1 / (1 + np.exp(THRESHOLDS[categories][-1] - EFFECTS[group, -1] - SD * z))))


def main(studies: int) -> None:
    """Print the table."""
    print(f"{studies} studies a row; truth: log odds ratio {EFFECTS[1, -1] - EFFECTS[0, -1]:.2f}; mean error and share held")
    print("categories  a group  no model  no ratio  log odds ratio  held  difference  held  of who answered  held")
    weight = np.zeros((2, WAVES))
    weight[1, -1], weight[0, -1] = 1, -1
    for categories in THRESHOLDS:
        truth = _true_share(1, categories) - _true_share(0, categories)
        for size in (20, 100):
            random = np.random.default_rng(1000 * categories + size)
            errors: dict[str, list[float]] = {"odds": [], "share": [], "answered": []}
            held: Counter[str] = Counter()
            without_model = without_ratio = 0
            for _ in range(studies):
                answers = [_answers(random, size, group, categories) for group in range(2)]
                model = fit_repeated_answers(
                    [_patterns(group) for group in answers], WAVES, categories, [weight], baseline="constrained"
                )
                last = [group[group[:, -1] >= 0, -1] == categories - 1 for group in answers]
                plain = two_proportions(
                    int(last[1].sum()), len(last[1]), int(last[0].sum()), len(last[0]), 0.95
                ).risk_difference
                if np.isfinite(plain.difference[0]):
                    errors["answered"].append(float(plain.difference[0]) - truth)
                    held["answered"] += float(plain.ci_low[0]) <= truth <= float(plain.ci_high[0])
                odds, share = model.contrasts[0], model.differences[1][-1][-1]
                if np.isnan(model.icc):
                    without_model += 1
                    continue
                if np.isnan(odds.ratio):
                    without_ratio += 1
                    continue
                true_log = EFFECTS[1, -1] - EFFECTS[0, -1]
                errors["odds"].append(odds.log_odds_ratio - true_log)
                held["odds"] += np.log(odds.ci_low) <= true_log <= np.log(odds.ci_high)
                errors["share"].append(share.share - truth)
                held["share"] += share.ci_low <= truth <= share.ci_high
            cells = [
                f"{np.mean(errors[name]):+.3f}".rjust(width) + f"{100 * held[name] / len(errors[name]):.1f}".rjust(6)
                for name, width in (("odds", 14), ("share", 10), ("answered", 15))
            ]
            print(f"{categories:10d}  {size:7d}  {without_model:8d}  {without_ratio:8d}  {'  '.join(cells)}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
