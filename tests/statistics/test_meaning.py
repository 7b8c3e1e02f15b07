"""Cut-offs, named ranges, recovery and metrics against R and print, at the limits, and what must hold for any numbers."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dagster_project.statistics import (
    ClinicalChange,
    band_transitions,
    clinical_change,
    count_beyond,
    count_in_bands,
    percent_of_maximum,
    reliable_change,
    share_reliable,
    t_score,
    weighted_midpoint,
)

Said = dict[tuple[str, str], dict[tuple[str, str], float]]
pytestmark = pytest.mark.filterwarnings("error")


@dataclass(frozen=True)
class Sample:
    """A data set of the witness: pairs as (baseline, follow-up, people), and what R says, by contrast and statistic."""

    pairs: list[tuple[float, float, int]]
    said: dict[tuple[str, str], float]

    def input(self, name: str) -> float:
        return self.said["", f"input_{name}"]

    @property
    def columns(self) -> tuple[list[float], list[float], list[int]]:
        return [p for p, _, _ in self.pairs], [q for _, q, _ in self.pairs], [n for _, _, n in self.pairs]


@pytest.fixture(params=["sum", "half"])
def sample(request: pytest.FixtureRequest, witness: Callable[[str], Said]) -> Sample:
    said = witness("meaning")["made", request.param]
    pairs = Counter((said[f"{i}-pre", "data"], said[f"{i}-post", "data"]) for i in range(1, 61))
    return Sample([(*pair, count) for pair, count in sorted(pairs.items())], said)


def test_people_beyond_a_cut_off_and_in_ranges_are_those_that_r_counts(sample: Sample) -> None:
    baseline, followup, people = sample.columns
    assert count_beyond(baseline, people, sample.input("cut_off"), "at_least") == sample.said["pre", "at_least"]
    assert count_beyond(followup, people, sample.input("cut_off"), "at_most") == sample.said["post", "at_most"]
    starts = [value for (_, statistic), value in sample.said.items() if statistic == "input_start"]
    orders = range(1, len(starts) + 1)
    assert count_in_bands(baseline, people, starts).tolist() == [sample.said[f"{i}", "in_range"] for i in orders]
    moves = [[sample.said[f"{i}-{j}", "moves"] for j in orders] for i in orders]
    assert band_transitions(baseline, followup, people, starts).tolist() == moves


def test_clinically_significant_change_is_what_r_says(sample: Sample) -> None:
    baseline, followup, people = sample.columns
    scores = np.repeat(baseline, people)
    mean, sd, better = float(scores.mean()), float(scores.std(ddof=1)), int(sample.input("better"))
    midpoint = weighted_midpoint(mean, sd, sample.input("norm_mean"), sample.input("norm_sd"), better)
    assert midpoint.cut_off == pytest.approx(sample.said["", "midpoint"], rel=1e-9)
    threshold = reliable_change(sd, sample.input("reliability")).threshold
    for name, cut_off in (("midpoint", midpoint.cut_off), ("cut_off", sample.input("cut_off"))):
        change = clinical_change(baseline, followup, people, cut_off, threshold, better, is_well_at=False)
        for kind in ("unwell", "recovered", "improved", "unchanged", "deteriorated"):
            assert getattr(change, kind) == sample.said[name, kind], (name, kind)
    assert percent_of_maximum(mean, sample.input("low"), sample.input("high"))[0] == pytest.approx(
        sample.said["", "percent_of_maximum"], rel=1e-9
    )
    t = t_score(mean, sample.input("norm_mean"), sample.input("norm_sd"))[0]
    assert t == pytest.approx(sample.said["", "t_score"], rel=1e-9)


def test_the_printed_example_of_jacobson_and_truax() -> None:
    """Means 40 and 60, both SDs 7.5, reliability .80: c is 50, the SE of a difference 4.74, and 32.5 to 47.5 an RC of 3.16:
    reliably better, and not yet across."""
    assert weighted_midpoint(40, 7.5, 60, 7.5, 1).cut_off == 50
    reliable = reliable_change(7.5, 0.8)
    assert round(reliable.standard_error_difference, 2) == 4.74
    assert round(15 / reliable.standard_error_difference, 2) == 3.16
    change = clinical_change([32.5, 32.5], [47.5, 50.5], [1, 1], 50, reliable.threshold, 1, is_well_at=False)
    assert change == ClinicalChange(n=2, unwell=2, recovered=1, improved=1, unchanged=0, deteriorated=0)


def test_a_score_at_the_limit_is_at_the_limit() -> None:
    """0.1 + 0.2 is 0.3, whatever the last digit says; a score at the cut-off is beyond it, and one a half below is not."""
    for value in (0.3, 0.1 + 0.2):
        assert count_beyond([value], [4], 0.3, "at_least") == count_beyond([value], [4], 0.3, "at_most") == 4
        assert count_in_bands([value], [4], [0, 0.3]).tolist() == [0, 4]
    assert count_beyond([9.5, 10, 10.5], [1, 2, 4], 10, "at_least") == 6
    assert count_beyond([9.5, 10, 10.5], [1, 2, 4], 10, "at_most") == 3
    assert count_in_bands([9.5, 10, 14.99, 15], [1, 2, 4, 8], [0, 10, 15]).tolist() == [1, 6, 8]
    # At the cut-off people are well or not as is said; a change of just the threshold is not reliable.
    for is_well_at, recovered in ((True, 1), (False, 0)):
        change = clinical_change([16.0], [10.0], [1], 10, 5.9, -1, is_well_at=is_well_at)
        assert (change.recovered, change.improved) == (recovered, 1 - recovered)
    assert clinical_change([16.0], [10.0], [1], 12, 6.0, -1, is_well_at=False).unchanged == 1


def test_nobody_and_what_is_undefined() -> None:
    assert count_beyond([], [], 10, "at_least") == 0
    assert count_in_bands([], [], [0, 10]).tolist() == [0, 0]
    assert band_transitions([], [], [], [0, 10]).tolist() == [[0, 0], [0, 0]]
    assert clinical_change([], [], [], 10, 5, -1, is_well_at=False) == ClinicalChange(0, 0, 0, 0, 0, 0)
    assert weighted_midpoint(math.nan, math.nan, 3, 4, -1).reason == "no SD at baseline"
    assert weighted_midpoint(12, math.nan, 3, 4, -1).reason == "no SD at baseline"
    well = "the people are on average as well as the norm at baseline, or better"
    for mean, better_sign in ((3, -1), (3, 1), (2, -1), (4, 1)):
        midpoint = weighted_midpoint(mean, 2, 3, 4, better_sign)
        assert (math.isnan(midpoint.cut_off), midpoint.reason) == (True, well)
    assert weighted_midpoint(12, 0, 3, 4, -1).cut_off == 12
    assert np.isnan(percent_of_maximum([math.nan], [0], [27])).all()
    assert np.isnan(t_score([math.nan], [3], [4])).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: count_beyond([1], [1], 1, "above"),  # type: ignore[arg-type]
            "side 'above' is neither at_least nor at_most; say on which side of the cut-off people are beyond",
        ),
        (
            lambda: count_in_bands([1], [1], [0, 5, 5]),
            "the ranges do not ascend; give their lowest scores from the lowest up",
        ),
        (lambda: count_in_bands([-1], [1], [0, 5]), "the score -1 lies below the first range, which starts at 0"),
        (
            lambda: band_transitions([1, 2], [1], [1], [0]),
            "baseline, followup and counts differ in length; give one count a pair",
        ),
        (
            lambda: band_transitions([1], [1], [0.5], [0]),
            "a count is negative or not whole; give how many people have each pair",
        ),
        (lambda: weighted_midpoint(1, 1, 1, 1, 0), "better_sign 0 is neither 1 nor -1; say which end of the scale is good"),
        (
            lambda: clinical_change([1], [1], [1], 1, 1, 2, is_well_at=True),
            "better_sign 2 is neither 1 nor -1; say which end of the scale is good",
        ),
    ],
)
def test_what_cannot_be_counted_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError) as error:
        call()
    assert str(error.value) == message


_HALVES = st.integers(0, 40).map(lambda twice: twice / 2)
_PAIRS = st.lists(st.tuples(_HALVES, _HALVES, st.integers(0, 9)), max_size=20)


@pytest.mark.slow
@given(_PAIRS, _HALVES, st.floats(0, 15), st.sampled_from([-1, 1]), st.booleans())
def test_classes_add_up_and_do_not_depend_on_how_the_scale_is_turned(
    pairs: Sequence[tuple[float, float, int]], cut_off: float, threshold: float, better_sign: int, is_well_at: bool
) -> None:
    baseline, followup, people = ([pair[index] for pair in pairs] for index in range(3))
    change = clinical_change(baseline, followup, people, cut_off, threshold, better_sign, is_well_at=is_well_at)
    assert change.recovered + change.improved + change.unchanged + change.deteriorated == change.n == sum(people)
    assert change.recovered <= change.unwell
    reliable = share_reliable(np.subtract(followup, baseline), people, threshold, better_sign)
    assert (reliable.improved, reliable.worsened) == (change.recovered + change.improved, change.deteriorated)
    side = "at_most" if better_sign > 0 else "at_least"
    at_cut = sum(count for score, count in zip(baseline, people, strict=True) if score == cut_off)
    assert change.unwell == count_beyond(baseline, people, cut_off, side) - (at_cut if is_well_at else 0)
    turned = clinical_change(
        np.multiply(baseline, -1),
        np.multiply(followup, -1),
        people,
        -cut_off,
        threshold,
        -better_sign,
        is_well_at=is_well_at,
    )
    assert turned == change


@pytest.mark.slow
@given(_PAIRS, st.lists(_HALVES.filter(bool), unique=True, max_size=5))
def test_moves_add_up_to_the_ranges_of_both_waves(pairs: Sequence[tuple[float, float, int]], limits: list[float]) -> None:
    starts = [0, *sorted(limits)]
    baseline, followup, people = ([pair[index] for pair in pairs] for index in range(3))
    moves = band_transitions(baseline, followup, people, starts)
    assert moves.sum(axis=1).tolist() == count_in_bands(baseline, people, starts).tolist()
    assert moves.sum(axis=0).tolist() == count_in_bands(followup, people, starts).tolist()
    for index, start in enumerate(starts):
        assert moves.sum(axis=1)[index:].sum() == count_beyond(baseline, people, start, "at_least")


@pytest.mark.slow
@given(
    st.floats(-50, 50),
    st.floats(0.1, 20),
    st.floats(-50, 50),
    st.floats(0.1, 20),
    st.sampled_from([-1, 1]),
    st.floats(0.1, 9),
)
def test_the_midpoint_is_as_many_sds_from_both_means(
    mean: float, sd: float, norm_mean: float, norm_sd: float, better_sign: int, factor: float
) -> None:
    assume((norm_mean - mean) * better_sign > 1e-6)
    midpoint = weighted_midpoint(mean, sd, norm_mean, norm_sd, better_sign)
    assert (midpoint.cut_off - mean) / sd == pytest.approx((norm_mean - midpoint.cut_off) / norm_sd, rel=1e-6, abs=1e-9)
    stretched = weighted_midpoint(factor * mean, factor * sd, factor * norm_mean, factor * norm_sd, better_sign)
    assert stretched.cut_off == pytest.approx(factor * midpoint.cut_off, rel=1e-9, abs=1e-9)
