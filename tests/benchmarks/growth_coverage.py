"""How often the 95 % interval of a difference of slopes holds the truth, in simulated studies with drop-out.

Belongs here: made studies of two groups, fitted as the warehouse does. Does not belong here: a test; run it by hand:

    uv run python tests/benchmarks/growth_coverage.py > tests/benchmarks/growth_coverage.txt

Four waves at about 0, 3, 6 and 12 months, each answered on a day of its own (SD two weeks); people's own levels (SD 5) and
slopes (correlation -.3), errors (SD 3); whoever scores high is less likely to answer any later wave (missing at random).
"""

import sys
import time

import numpy as np

from dagster_project.statistics import growth_model, sums_of_people

_PLANNED = np.array([0.0, 3.0, 6.0, 12.0])
_STUDIES = 2000


def _study(random: np.random.Generator, size: int, slope_sd: float, difference: float) -> tuple[float, float, bool, bool]:
    """One study's estimate and width of the interval, whether it holds the truth, whether the fit is singular."""
    groups = []
    for group in (0, 1):
        covariance = [[25, -0.3 * 5 * slope_sd], [-0.3 * 5 * slope_sd, slope_sd**2]]
        own = random.multivariate_normal([0, 0], covariance, size)
        months = np.maximum(0, _PLANNED + random.normal(0, 0.46, (size, 4)) * (_PLANNED > 0))
        scores = 20 + own[:, :1] + (own[:, 1:] - 0.4 + difference * group) * months + random.normal(0, 3, (size, 4))
        stays = np.ones((size, 4), dtype=bool)
        for wave in (1, 2, 3):
            chance = 1 / (1 + np.exp(-(2.0 - 0.12 * (scores[:, wave - 1] - 20))))
            stays[:, wave] = stays[:, wave - 1] & (random.random(size) < chance)
        people = np.repeat(np.arange(size), 4).reshape(size, 4)
        groups.append(sums_of_people(people[stays], months[stays], scores[stays] - 20))
    model = growth_model(groups)
    estimate = model.differences[0]
    holds = estimate.ci_low <= difference <= estimate.ci_high
    return estimate.estimate, estimate.ci_high - estimate.ci_low, holds, model.is_singular


def main() -> None:
    print(f"{_STUDIES} studies each; difference of slopes -0.2 points a month")
    print("a group  SD of slopes  coverage  mean estimate  mean width  singular  no model  seconds")
    for size in (20, 100):
        for slope_sd in (0.4, 0.15, 0.0):
            random, start = np.random.default_rng(1000 * size + round(100 * slope_sd)), time.perf_counter()
            rows = [_study(random, size, slope_sd, -0.2) for _ in range(_STUDIES)]
            estimates, widths, holds, singular = (np.array(column) for column in zip(*rows, strict=True))
            known = np.isfinite(estimates)
            print(
                f"{size:7}  {slope_sd:12}  {100 * holds[known].mean():6.1f} %  {estimates[known].mean():13.4f}"
                f"  {widths[known].mean():10.3f}  {100 * singular[known].mean():6.1f} %  {(~known).sum():8}"
                f"  {time.perf_counter() - start:7.0f}"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
