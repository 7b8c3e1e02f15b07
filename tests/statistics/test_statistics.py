"""Estimates against R, and what must hold whatever the numbers are."""

import csv
import math
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.statistics import correlation, d_baseline, d_z, norm_distance, paired_t, percent

Witness = dict[str, dict[str, list[float]]]


def _witness() -> Witness:
    values: Witness = defaultdict(lambda: defaultdict(list))
    lines = (Path(__file__).parent / "witness.csv").read_text(encoding="utf-8").splitlines()
    for row in csv.DictReader(line for line in lines if not line.startswith("#")):
        values[row["sample"]][row["statistic"]].append(float(row["value"].replace("NA", "nan")))
    return values


WITNESS = _witness()


@pytest.mark.parametrize("sample", sorted(WITNESS))
def test_change_is_what_r_says(sample: str) -> None:
    expected = WITNESS[sample]
    x, y = np.array(expected["baseline"]), np.array(expected["followup"])
    mean, sd = (x - y).mean(), (x - y).std(ddof=1)
    test, wide = paired_t(len(x), mean, sd), paired_t(len(x), mean, sd, level=0.99)
    ours = {
        "t": test.t, "df": test.df, "p": test.p, "ci95_low": test.ci_low, "ci95_high": test.ci_high,
        "ci99_low": wide.ci_low, "ci99_high": wide.ci_high,
        "d_baseline": d_baseline(mean, x.std(ddof=1)), "d_z": d_z(mean, sd),
        "correlation": correlation(np.cov(x, y)[0, 1], x.std(ddof=1), y.std(ddof=1)),
    }  # fmt: skip
    for statistic, value in ours.items():
        assert value[0] == pytest.approx(expected[statistic][0], rel=1e-9, abs=0, nan_ok=True), statistic


def test_p_keeps_its_digits_far_out() -> None:
    # R 4.2.2: 2 * pt(-60, 29)
    assert paired_t(30, 60, math.sqrt(30)).p[0] == pytest.approx(5.7080433594020979e-32, rel=1e-9, abs=0)


def test_undefined_is_said_and_never_a_warning() -> None:
    test = paired_t([0, 1, 5, 5], [math.nan, 3, 2, 0], [math.nan, math.nan, 0, 0])
    assert test.reason == ("no pairs", "one pair", "no variation", "no variation")
    assert np.isnan(test.t).all()
    assert np.isnan(test.p).all()
    assert np.isnan(test.ci_low[:2]).all()
    assert test.ci_low[2:].tolist() == test.ci_high[2:].tolist() == [2, 0]
    assert test.df.tolist()[2:] == [4, 4]
    assert math.isnan(d_baseline(1, 0)[0])
    assert math.isnan(d_z(1, None)[0])
    assert math.isnan(percent(0, 0)[0])
    assert math.isnan(norm_distance(math.nan, 1, 2)[0])
    assert math.isnan(correlation(0, 0, 1)[0])


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_is_a_share(level: float) -> None:
    with pytest.raises(ValueError, match=rf"^level {level} is not between 0 and 1; give e\.g\. 0\.95$"):
        paired_t(3, 1, 1, level=level)


_moments = st.tuples(st.integers(2, 500), st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))


@given(_moments, st.floats(1e-3, 1e3))
def test_units_and_direction_change_nothing_but_units_and_sign(moments: tuple[int, float, float], factor: float) -> None:
    n, mean, sd = moments
    result, mirrored, scaled = paired_t(n, mean, sd), paired_t(n, -mean, sd), paired_t(n, mean * factor, sd * factor)
    assert mirrored.p == pytest.approx(result.p, rel=1e-12)
    assert mirrored.t == pytest.approx(-result.t, rel=1e-12)
    assert (mirrored.ci_low, mirrored.ci_high) == (pytest.approx(-result.ci_high), pytest.approx(-result.ci_low))
    assert scaled.t == pytest.approx(result.t, rel=1e-9)
    assert scaled.ci_low == pytest.approx(result.ci_low * factor, rel=1e-6, abs=1e-9)


@given(_moments)
def test_the_interval_holds_zero_exactly_when_p_exceeds_one_in_twenty(moments: tuple[int, float, float]) -> None:
    test = paired_t(*moments)
    if abs(test.p[0] - 0.05) > 1e-9:
        assert (test.ci_low[0] <= 0 <= test.ci_high[0]) == (test.p[0] > 0.05)
    assert d_z(moments[1], moments[2])[0] * math.sqrt(moments[0]) == pytest.approx(test.t[0], rel=1e-9, abs=1e-300)


def test_shares_and_distances() -> None:
    assert percent([3, 0, 32], [30, 30, 32]).tolist() == [10, 0, 100]
    # Wellbeing of the published study at T1, beside its norm.
    assert norm_distance(48.9, 51.6, 8.71)[0] == pytest.approx(-0.3099885189437428)
