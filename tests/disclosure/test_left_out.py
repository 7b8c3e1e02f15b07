"""Why no model is public: what its estimates tell of somebody who answered once, beside the change of those who answered twice.

Belongs here: the attack that docs/explanation/disclosure.md gives as the reason. Does not belong here: what is public.
"""

import numpy as np
import pytest

from dagster_project.statistics import Pattern, mixed_model

HIGHEST = 63.0


def score_by_attack(change: float, estimate: float, mean_first: float, icc: float, n_twice: int) -> float:
    """The score of the only person who answered the first wave alone, from the equations that the estimates of the model solve.
    change: the mean change of those who answered twice."""
    return mean_first + n_twice * (change - estimate) / (1 - icc)


@pytest.mark.parametrize("score", [2.0, 40.0, 61.0])
@pytest.mark.parametrize(
    ("n_twice", "decimals", "farthest"), [(31, None, 0.001), (31, 2, 2.0), (31, 1, 12.0), (199, 2, 9.0)]
)
def test_a_mixed_model_beside_the_mean_change_tells_the_score_of_the_only_one_who_left(
    score: float, n_twice: int, decimals: int | None, farthest: float
) -> None:
    random = np.random.default_rng(17)
    level = random.normal(25, 8, n_twice)
    scores = np.clip(np.round(np.column_stack([level, level - 4]) + random.normal(0, 5, (n_twice, 2))), 0, HIGHEST)
    deviations = scores - scores.mean(axis=0)
    patterns = [
        Pattern((0, 1), n_twice, scores.mean(axis=0), deviations.T @ deviations),
        Pattern((0,), 1, np.array([score]), np.zeros((1, 1))),
    ]
    model = mixed_model(patterns, 2, [[-1.0, 1.0]])

    def printed(value: float) -> float:
        return value if decimals is None else round(value, decimals)

    change = float((scores[:, 1] - scores[:, 0]).mean())
    numbers = (printed(change), printed(model.contrasts[0].estimate), printed(model.means[0].estimate))
    icc = model.icc if decimals is None else round(model.icc, 2)
    assert abs(score_by_attack(*numbers, icc, n_twice) - score) < farthest < HIGHEST / 2
