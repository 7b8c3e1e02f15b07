"""People's scores against norms of people like them: against R, at the limits, and what must hold for any numbers."""

import math
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.statistics import count_beyond, norm_scores, percentile_summary
from dagster_project.study.percentiles import Percentiles

Said = dict[tuple[str, str], dict[tuple[str, str], float]]
pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(params=["balanced", "unbalanced", "tiny"])
def said(request: pytest.FixtureRequest, witness: Callable[[str], Said]) -> dict[tuple[str, str], float]:
    return witness("norm_scores")[request.param, "made"]


def _counts(said: dict[tuple[str, str], float]) -> Counter[tuple[float, float]]:
    """How many people have which score in which stratum."""
    people = [contrast for contrast, statistic in said if statistic == "score"]
    pairs = ((said[person, "score"], said[person, "stratum"]) for person in people)
    return Counter((score, stratum) for score, stratum in pairs if not math.isnan(score))


def test_means_of_t_scores_are_those_of_r(said: dict[tuple[str, str], float]) -> None:
    counts = _counts(said)
    norms = [(said[f"{stratum:g}", "norm_mean"], said[f"{stratum:g}", "norm_sd"]) for _, stratum in counts]
    summary = norm_scores(
        [score for score, _ in counts], list(counts.values()), [mean for mean, _ in norms], [sd for _, sd in norms]
    )
    assert summary.n == said["", "n"]
    for value, name in (
        (summary.mean, "t_score"), (summary.sd, "t_sd"), (summary.ci_low, "ci_low"), (summary.ci_high, "ci_high"),
        (summary.z, "z"), (summary.z_ci_low, "z_low"), (summary.z_ci_high, "z_high"),
    ):  # fmt: skip
        assert value == pytest.approx(said["", name], rel=1e-9, abs=1e-9), name
    assert count_beyond(summary.values, summary.people, 60, "at_least") == said["", "at_least_60"]


@pytest.mark.parametrize("meaning", ["at_or_below", "below", "midpoint"])
def test_percentiles_of_frequencies_are_those_of_r(said: dict[tuple[str, str], float], meaning: str) -> None:
    frequencies = {int(score): int(value) for (score, statistic), value in said.items() if statistic == "frequency"}
    table = Percentiles.model_validate(
        {"scale": "mood", "sample": "general", "meaning": meaning, "frequencies": frequencies}
    )
    percentile_of = {step.low: step.percentile_low for step in table.steps}
    people = Counter(score for score, n in ((score, n) for (score, _), n in _counts(said).items()) for _ in range(n))
    known = {percentile_of[score]: n for score, n in people.items() if score in percentile_of}
    summary = percentile_summary(list(known), list(known.values()))
    assert summary.n == said[meaning, "n_known"]
    for value, name in ((summary.median, "median"), (summary.q1, "q1"), (summary.q3, "q3")):
        assert value == pytest.approx(said[meaning, name], rel=1e-9, abs=1e-9), name


def test_nobody_and_one_person_have_a_reason() -> None:
    assert norm_scores([], [], [], []).reason == "nobody has a score and a norm"
    assert math.isnan(norm_scores([], [], [], []).mean)
    one = norm_scores([12], [1], [10], [4])
    assert (one.n, one.mean, one.reason) == (1, 55, "one person has no SD")
    assert math.isnan(one.sd) and math.isnan(one.ci_low)
    same = norm_scores([12], [3], [10], [4])
    assert (same.sd, same.ci_low, same.ci_high) == (0, 55, 55)
    assert percentile_summary([], []).reason == "nobody has a percentile"


def test_a_norm_without_variation_is_refused() -> None:
    with pytest.raises(ValueError, match="a norm's SD is not above 0; give the SD of a norm that has variation"):
        norm_scores([1], [1], [1], [0])


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 40), st.integers(1, 9), st.integers(-5, 20), st.sampled_from([0.5, 1.0, 2.5, 4.0])),
        min_size=2, max_size=12,
    ),
    shift=st.integers(-9, 9),
)  # fmt: skip
def test_a_shift_of_scores_and_norms_changes_nothing(rows: list[tuple[int, int, int, float]], shift: int) -> None:
    scores, counts, means, sds = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    plain, shifted = norm_scores(scores, counts, means, sds), norm_scores(scores + shift, counts, means + shift, sds)
    assert plain.n == shifted.n == counts.sum()
    assert shifted.mean == pytest.approx(plain.mean, abs=1e-8)
    assert shifted.ci_high == pytest.approx(plain.ci_high, abs=1e-8)
    # T scores of a whole group by one norm are the T score of its mean.
    one_norm = norm_scores(scores, counts, np.full_like(means, 10), np.full_like(sds, 2))
    assert one_norm.mean == pytest.approx(50 + 5 * (counts @ scores / counts.sum() - 10), abs=1e-8)
