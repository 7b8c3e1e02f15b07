"""The auditor: it finds each planted error by name, finds nothing in tables of real numbers, and knows the paper's misprints."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.audit import NOTE, audit_published, find_impossible
from dagster_project.results import PublishedValue, format_number, read_published
from dagster_project.statistics import d_baseline, paired_t
from dagster_project.study import Study, read_study

ROOT = Path(__file__).parents[2]
EXAMPLE = read_study(ROOT / "data" / "peer_workers")
PAPER = read_published(ROOT / "data" / "peer_workers" / "published" / "peer_workers_2022.csv")
#: Decimals as the paper prints them.
DECIMALS = {"n": 0, "mean": 1, "sd": 2, "min": 1, "max": 1, "change": 2, "ci_low": 2, "ci_high": 2, "p": 3, "es": 2}


def test_the_papers_misprints_are_found_and_nothing_else() -> None:
    found = {(v.label, v.timepoint, v.statistic, v.printed) for v in find_impossible(PAPER, EXAMPLE)}
    assert found == {
        *((f"Ethnic group {n}", "T1", "percent", "9.0" if n == 2 else "3.1") for n in (2, 4, 5, 6, 7, 8)),
        ("Wellbeing", "T2", "sd", "9017"),
        ("Personal Accomplishment", "T3", "max", "56.0"),
        ("Satisfaction with Professional Support", "T1-T3", "n", "20"),
        ("Satisfaction with Training", "T1-T3", "n", "20"),
        ("Conflict Management", "T1-T3", "n", "21"),
        ("Team Effectiveness", "T1-T3", "n", "20"),
        ("Resources (workplace staffing/supplies)", "T1-T3", "n", "20"),
        ("Communication", "T1-T2", "ci_high", "1.60"),
        ("Satisfaction with Pay", "T1-T2", "es", "0.00"),
        ("Satisfaction with Standards of Care", "T1-T2", "es", "0.00"),
        ("Leadership", "T1-T2", "es", "0.00"),
        ("Team Effectiveness", "T1-T2", "es", "0.32"),
        ("Working conditions (workplace stress)", "T1-T2", "es", "0.00"),
        ("Personal Accomplishment", "T1-T2", "p", "0.192"),
    }


def test_the_arithmetic_of_a_misprint_can_be_checked_by_a_reader() -> None:
    said = {(v.label, v.statistic): why for v, why in find_impossible(PAPER, EXAMPLE).items()}
    assert said["Ethnic group 2", "percent"] == "3 of 30 is 100 x 3 / 30 = 10.00 %, not 9.0 %"
    # 20 values with mean 47.7 between 31.95 and 69.05, everything at the ends.
    most = math.sqrt((69.05 - 47.65) * (47.65 - 31.95) * 20 / 19)
    most = max(most, math.sqrt((69.05 - 47.75) * (47.75 - 31.95) * 20 / 19))
    assert f"SD of at most sqrt((max - mean)(mean - min) n / (n - 1)) = {most:.4g}, not 9017" in said["Wellbeing", "sd"]
    assert said["Personal Accomplishment", "max"] == "the max 56.0 lies outside the scale's range, 0 to 48"


def _printed(label: str, section: str, table: str, timepoint: str, numbers: dict[str, float]) -> list[PublishedValue]:
    cells = []
    for statistic, number in numbers.items():
        text = format_number(number, DECIMALS[statistic])
        cells.append(
            PublishedValue(0, table, 1, section, label, "", timepoint, statistic, text, float(text.replace("−", "-")))
        )
    return cells


def _table(study: Study, baseline: np.ndarray, followup: np.ndarray, both: np.ndarray) -> list[PublishedValue]:
    """What a careful author would print of one scale: baseline and followup with NaN where nobody answered."""
    _, scale = study.scales["workload"]
    place = (scale.label, "Measure of Job Satisfaction")
    values = []
    for wave, scores in (("T1", baseline), ("T2", followup)):
        here = scores[~np.isnan(scores)]
        values += _printed(
            *place, "3", wave,
            {"n": len(here), "mean": here.mean(), "sd": here.std(ddof=1), "min": here.min(), "max": here.max()},
        )  # fmt: skip
    x, y = baseline[both], followup[both]
    change, sd = (x - y).mean(), (x - y).std(ddof=1)
    test = paired_t(len(x), change, sd)
    values += _printed(
        *place, "4", "T1-T2",
        {
            "n": len(x), "change": change, "ci_low": test.ci_low[0], "ci_high": test.ci_high[0], "p": test.p[0],
            "es": d_baseline(change, x.std(ddof=1))[0],
        },
    )  # fmt: skip
    return values


@st.composite
def _people(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    count = draw(st.integers(4, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    person = rng.normal(0, 1, count)
    spread = draw(st.floats(0.1, 2.0))
    waves = []
    for shift in (0.0, draw(st.floats(-1, 1))):
        items = rng.normal(3 + shift + spread * person[:, None], 1, (count, 8))
        waves.append(np.clip(np.round(items), 1, 5).mean(axis=1))
    baseline, followup = waves
    baseline[rng.random(count) < draw(st.floats(0, 0.3))] = np.nan
    followup[rng.random(count) < draw(st.floats(0, 0.5))] = np.nan
    return baseline, followup, ~np.isnan(baseline) & ~np.isnan(followup)


@settings(max_examples=300, deadline=None)
@given(_people())
def test_nothing_is_found_in_a_table_of_real_numbers(people: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    baseline, followup, both = people
    if both.sum() < 2 or np.ptp((baseline - followup)[both]) == 0 or np.ptp(baseline[both]) == 0:
        return
    found = audit_published(_table(EXAMPLE, baseline, followup, both), EXAMPLE)
    assert [(one.value.statistic, one.arithmetic) for one in found if one.severity != NOTE] == []


BASELINE = np.array([3.0, 3.5, 4.0, 2.5, 3.25, 4.5, 3.75, 2.75, 3.125, 4.25, 1.5, 3.875])
FOLLOWUP = np.array([3.5, 3.75, 4.25, 2.5, 3.0, 4.75, 4.0, 3.5, 3.375, np.nan, np.nan, np.nan])


def _plant(timepoint: str, statistic: str, printed: str) -> Callable[[list[PublishedValue]], list[PublishedValue]]:
    def change(values: list[PublishedValue]) -> list[PublishedValue]:
        planted = []
        for value in values:
            if (value.timepoint, value.statistic) == (timepoint, statistic):
                number = float(printed.replace("−", "-"))
                value = PublishedValue(*([*value.__dict__.values()][:8]), printed, number)
            planted.append(value)
        assert planted != values
        return planted

    return change


@pytest.mark.parametrize(
    ("timepoint", "statistic", "printed", "rule"),
    [
        ("T1", "max", "5.6", "in_range"),
        ("T1", "mean", "0.8", "in_range"),
        ("T1", "sd", "2.91", "spread"),
        ("T1-T2", "n", "10", "pairs_in_waves"),
        ("T1-T2", "ci_low", "−0.92", "interval_around_change"),
        ("T1-T2", "ci_high", "0.21", "interval_around_change"),
        ("T1-T2", "p", "0.512", "p_of_interval"),
        ("T1-T2", "es", "0.42", "effect_size"),
        ("T1-T2", "es", "−0.02", "effect_size"),
    ],
)
def test_each_planted_error_is_found_and_blamed(timepoint: str, statistic: str, printed: str, rule: str) -> None:
    values = _table(EXAMPLE, BASELINE, FOLLOWUP, ~np.isnan(FOLLOWUP))
    assert audit_published(values, EXAMPLE) == []
    found = audit_published(_plant(timepoint, statistic, printed)(values), EXAMPLE)
    assert [(one.value.timepoint, one.value.statistic, one.rule) for one in found] == [(timepoint, statistic, rule)]
