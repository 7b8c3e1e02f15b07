"""The auditor: it finds each planted error by name, finds nothing in tables of real numbers, and knows the paper's misprints."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st
from made_tables import SLIPS, Printed, audited, category_rows, correct_table, cut_table, location_of, score_rows

from dagster_project.audit import (
    IMPOSSIBLE,
    INCONSISTENT,
    NOT_REPRODUCIBLE,
    NOTE,
    PAIRED,
    audit_published,
    audit_results,
    impossible_numbers,
)
from dagster_project.audit.engine import examine_table
from dagster_project.audit.layout import Contrasts
from dagster_project.results import PublishedValue, format_number, read_published
from dagster_project.results.result_collector import Rows
from dagster_project.statistics import d_baseline, paired_t
from dagster_project.statistics.change import half_width_fractional_df
from dagster_project.study import Study, read_study

ROOT = Path(__file__).parents[2]
EXAMPLE = read_study(ROOT / "data" / "peer_workers")
PAPER = read_published(ROOT / "data" / "peer_workers" / "published" / "peer_workers_2022.csv")
#: Decimals as the paper prints them.
DECIMALS = {"n": 0, "mean": 1, "sd": 2, "min": 1, "max": 1, "change": 2, "ci_low": 2, "ci_high": 2, "p": 3, "es": 2}


@pytest.mark.parametrize("contrasts", [None, {}, {"T1-T2": ("T1", "T2", 1)}])
def test_a_study_that_publishes_nothing_has_no_findings(contrasts: Contrasts | None) -> None:
    assert examine_table([], contrasts=contrasts).findings == []


def test_the_papers_misprints_are_found_and_nothing_else() -> None:
    impossible = {(v.label, v.timepoint, v.statistic, v.printed) for v in impossible_numbers(PAPER, EXAMPLE)}
    assert impossible == {
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
        # t is t_crit x (low + high) / (high - low), at its largest .44 / .43 x 2.131: p is .0455 or more.
        ("Personal Satisfaction", "T1-T2", "p", "0.044"),
    }


def test_the_arithmetic_of_a_misprint_can_be_checked_by_a_reader() -> None:
    reasons = {(v.label, v.statistic): reason for v, reason in impossible_numbers(PAPER, EXAMPLE).items()}
    assert reasons["Ethnic group 2", "percent"] == "3 of 30 is 100 x 3 / 30 = 10.00 %, not 9.0 %"
    # 20 values with mean 47.7 between 31.95 and 69.05, everything at the ends.
    largest_sd = math.sqrt((69.05 - 47.65) * (47.65 - 31.95) * 20 / 19)
    largest_sd = max(largest_sd, math.sqrt((69.05 - 47.75) * (47.75 - 31.95) * 20 / 19))
    assert (
        f"SD of at most sqrt((max - mean)(mean - min) n / (n - 1)) = {largest_sd:.4g}, not 9017"
        in reasons["Wellbeing", "sd"]
    )
    assert reasons["Personal Accomplishment", "max"] == "the max 56.0 lies outside the scale's range, 0 to 48"


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
    row_start = (scale.label, "Measure of Job Satisfaction")
    values = []
    for wave, scores in (("T1", baseline), ("T2", followup)):
        present_scores = scores[~np.isnan(scores)]
        values += _printed(
            *row_start, "3", wave,
            {"n": len(present_scores), "mean": present_scores.mean(), "sd": present_scores.std(ddof=1), "min": present_scores.min(), "max": present_scores.max()},
        )  # fmt: skip
    x, y = baseline[both], followup[both]
    change, sd = (x - y).mean(), (x - y).std(ddof=1)
    test = paired_t(len(x), change, sd)
    values += _printed(
        *row_start, "4", "T1-T2",
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
    variation = draw(st.floats(0.1, 2.0))
    waves = []
    for shift in (0.0, draw(st.floats(-1, 1))):
        items = rng.normal(3 + shift + variation * person[:, None], 1, (count, 8))
        waves.append(np.clip(np.round(items), 1, 5).mean(axis=1))
    baseline, followup = waves
    baseline[rng.random(count) < draw(st.floats(0, 0.3))] = np.nan
    followup[rng.random(count) < draw(st.floats(0, 0.5))] = np.nan
    return baseline, followup, ~np.isnan(baseline) & ~np.isnan(followup)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(_people())
def test_nothing_is_found_in_a_table_of_real_numbers(people: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    baseline, followup, both = people
    if both.sum() < 2 or np.ptp((baseline - followup)[both]) == 0 or np.ptp(baseline[both]) == 0:
        return
    findings = audit_published(_table(EXAMPLE, baseline, followup, both), EXAMPLE)
    assert [(finding.value.statistic, finding.arithmetic) for finding in findings if finding.severity != NOTE] == []


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
        # The only effect size, so that a table without signs looks the same: a note.
        ("T1-T2", "es", "0.42", "without_sign"),
        ("T1-T2", "es", "−0.02", "effect_size"),
    ],
)
def test_each_planted_error_is_found_and_blamed(timepoint: str, statistic: str, printed: str, rule: str) -> None:
    values = _table(EXAMPLE, BASELINE, FOLLOWUP, ~np.isnan(FOLLOWUP))
    assert audit_published(values, EXAMPLE) == []
    findings = audit_published(_plant(timepoint, statistic, printed)(values), EXAMPLE)
    assert [(finding.value.timepoint, finding.value.statistic, finding.rule) for finding in findings] == [
        (timepoint, statistic, rule)
    ]


MEAN_OF_4 = {"items": "4", "aggregate": "mean", "low": "1", "high": "5"}
SUM_OF_7 = {"items": "7", "aggregate": "sum", "low": "0", "high": "6"}
BINARY = {"items": "1", "aggregate": "mean", "low": "0", "high": "1"}


@pytest.mark.parametrize(
    ("rule", "severity", "statistic", "known", "bad", "good"),
    [
        # 10 means of 4 items are fortieths: 3.45 = 138 / 40, 3.475 prints 3.48 (or 3.47), 3.46 is none.
        ("grim", IMPOSSIBLE, "mean", MEAN_OF_4, "T1: n 10, mean 3.46", "T1: n 10, mean 3.48"),
        # With 60 people every mean of two decimals is possible.
        ("grim", IMPOSSIBLE, "mean", SUM_OF_7, "T1: n 12, mean 20.55", "T1: n 120, mean 20.55"),
        # 4 whole numbers that add up to 8: SD² = (squares - 16) / 3, squares even; 8 / 3 and 14 / 3, so 1.63 and 2.16.
        ("grimmer", IMPOSSIBLE, "sd", SUM_OF_7, "T1: n 4, mean 2.00, sd 1.53", "T1: n 4, mean 2.00, sd 1.63"),
        # 10 zeros and ones, three of them 1: root(.3 x .7 x 10 / 9) = 0.483.
        ("debit", IMPOSSIBLE, "sd", BINARY, "T1: n 10, mean 0.30, sd 0.44", "T1: n 10, mean 0.30, sd 0.48"),
        ("whole_ends", IMPOSSIBLE, "max", MEAN_OF_4, "T1: max 4.30", "T1: max 4.25"),
        ("in_order", IMPOSSIBLE, "max", {}, "T1: min 4.5, max 3.5", "T1: min 3.5, max 4.5"),
        ("in_order", IMPOSSIBLE, "median", {}, "T1: q1 4.5, median 3.5, q3 5", "T1: q1 3, median 3.5, q3 5"),
        # One of three is 1 and one is 5: the mean is between 7 / 3 and 11 / 3.
        ("mean_of_range", IMPOSSIBLE, "mean", {}, "T1: n 3, mean 2.0, min 1.0, max 5.0", "T1: n 3, mean 3.7, min 1.0, max 5.0"),
        # One at 1, one at 5, two at 3: root(8 / 3) = 1.63 is the least.
        ("spread", IMPOSSIBLE, "sd", {}, "T1: n 4, mean 3, sd 1.2, min 1.0, max 5.0", "T1: n 4, mean 3.0, sd 1.7, min 1.0, max 5.0"),
        ("error_of_mean", IMPOSSIBLE, "se", {}, "T1: n 25, sd 5.0, se 2.0", "T1: n 25, sd 5.0, se 1.0"),
        ("p_in_bounds", IMPOSSIBLE, "p", {}, "T1-T2: change 1, p 1.2", "T1-T2: change 1, p 1.0"),
        # Everybody is in both waves: 3.0 - 2.6.
        ("change_of_means", IMPOSSIBLE, "change", {},
         "T1: n 20, mean 3.0; T2: n 20, mean 2.6; T1-T2: n 20, change 0.8",
         "T1: n 20, mean 3.0; T2: n 20, mean 2.6; T1-T2: n 20, change 0.4"),
        # t = 1 / (4 / root(16)) = 1.
        ("named_statistics", IMPOSSIBLE, "t", {}, "T1-T2: n 16, change 1.00, sd_change 4.00, t 1.50", "T1-T2: n 16, change 1.00, sd_change 4.00, t 1.00"),
        ("named_statistics", IMPOSSIBLE, "df", {}, "T1-T2: n 16, change 1.00, df 16, p 0.5", "T1-T2: n 16, change 1.00, df 15, p 0.5"),
        # t = 2 with 15 df: p .064; .032 is one-sided and .0455 the normal distribution's.
        ("p_of_interval", INCONSISTENT, "p", {}, "T1-T2: n 16, change 2.00, sd_change 4.00, p 0.032", "T1-T2: n 16, change 2.00, sd_change 4.00, p 0.064"),
        ("p_of_interval", INCONSISTENT, "p", {}, "T1-T2: n 16, change 2.00, sd_change 4.00, p 0.046", "T1-T2: n 16, change 2.00, sd_change 4.00, p 0.06"),
        # Everybody is in both waves, SD 2 and 2: d_baseline and d_av are 1, d_z is .5, and g a little less.
        ("effect_size", NOT_REPRODUCIBLE, "es", {},
         "T1: n 16, mean 5.0, sd 2.0; T2: n 16, mean 3.0, sd 2.0; T1-T2: n 16, change 2.00, sd_change 4.00, es 0.75",
         "T1: n 16, mean 5.0, sd 2.0; T2: n 16, mean 3.0, sd 2.0; T1-T2: n 16, change 2.00, sd_change 4.00, es 0.95"),
        ("effect_size", NOT_REPRODUCIBLE, "es", {},
         "T1-T2: n 16, change 2.00, sd_change 4.00, es -0.50", "T1-T2: n 16, change 2.00, sd_change 4.00, es 0.50"),
        # The rest at one place would be below the minimum: 4, 4 and 5.5 have an SD of .866.
        ("spread", IMPOSSIBLE, "sd", {}, "T1: n 3, mean 4.50, sd 0.65, min 4, max 6", "T1: n 3, mean 4.50, sd 0.87, min 4, max 6"),
        # 4.05 and twice 5.92: root(3) / 2 x 1.245 = 1.078, and with n in the denominator .88.
        ("spread", IMPOSSIBLE, "sd", {}, "T1: n 3, mean 5.30, sd 0.80, min 4.0, max 6.0", "T1: n 3, mean 5.30, sd 1.09, min 4.0, max 6.0"),
        ("in_range", IMPOSSIBLE, "max", MEAN_OF_4, "T1: n 20, max >6", "T1: n 20, max >4"),
        # 1, 2, 3, 4: squares 30, SD root(5 / 3) = 1.29; 1.12 is root(5 / 4), 1.20 neither.
        ("grimmer", IMPOSSIBLE, "sd", SUM_OF_7, "T1: n 4, mean 2.5, sd 1.20", "T1: n 4, mean 2.5, sd 1.29"),
        ("in_bounds", IMPOSSIBLE, "sd", {}, "T1: n 20, sd -1", "T1: n 20, sd 0"),
        ("in_bounds", IMPOSSIBLE, "norm_sd", {}, "norm: n 20, norm_mean 3, norm_sd -1", "norm: n 20, norm_mean 3, norm_sd 1"),
        ("in_bounds", IMPOSSIBLE, "percent", {}, "T1: n 20, percent 130", "T1: n 20, percent 100"),
        ("in_bounds", IMPOSSIBLE, "percent", {}, "T1: n 20, percent -5", "T1: n 20, percent 5"),
        ("in_bounds", IMPOSSIBLE, "correlation", {}, "T1-T2: n 20, correlation 1.30", "T1-T2: n 20, correlation -1.00"),
        ("of_one", IMPOSSIBLE, "sd", {}, "T1: n 1, sd 1", "T1: n 1, sd 0"),
        ("of_one", IMPOSSIBLE, "max", {}, "T1: n 1, min 1, max 4", "T1: n 1, min 4, max 4"),
        # Half of 4 values at 0 and half at 2: mean 1, SD root(4 / 3) = 1.15, and a median of 0 or 2 by the lower or upper one.
        ("mean_and_median", IMPOSSIBLE, "mean", {}, "T1: n 4, mean 1.0, sd 0.9, median 3.0", "T1: n 4, mean 1.0, sd 1.2, median 2.0"),
        # At most 74 of 100 at 3 and the others at 10: 4.82.
        ("mean_of_quartiles", IMPOSSIBLE, "mean", {}, "T1: n 100, mean 9.0, q3 3.0, max 10.0", "T1: n 100, mean 4.8, q3 3.0, max 10.0"),
        ("mean_of_quartiles", IMPOSSIBLE, "mean", {}, "T1: n 100, mean 2.0, q1 7.0, min 0.0", "T1: n 100, mean 5.2, q1 7.0, min 0.0"),
        ("interval_of_mean", IMPOSSIBLE, "ci_low", {}, "T1: mean 3.0, ci_low 3.5, ci_high 4.0", "T1: mean 3.6, ci_low 3.5, ci_high 4.0"),
        # 2.064 x 1 / 5.
        ("interval_of_mean", IMPOSSIBLE, "ci_high", {},
         "T1: n 25, mean 3.00, sd 1.00, ci_low 1.00, ci_high 5.00", "T1: n 25, mean 3.00, sd 1.00, ci_low 2.59, ci_high 3.41"),
        ("interval_ends", IMPOSSIBLE, "ci_high", {}, "T1-T2: n 20, ci_low 2.0, ci_high 0.0", "T1-T2: n 20, ci_low 0.0, ci_high 2.0"),
        ("change_in_range", IMPOSSIBLE, "change", MEAN_OF_4, "T1-T2: n 25, change 5.0", "T1-T2: n 25, change 4.0"),
        # Half the interval, 2, is 2.064 SE, and the SD 5 SE: 4.8; both SDs add up to 2.
        ("sd_of_changes", IMPOSSIBLE, "ci_high", {},
         "T1: n 25, mean 3, sd 1.0; T2: n 25, mean 2, sd 1.0; T1-T2: n 25, change 1.0, ci_low -1.0, ci_high 3.0",
         "T1: n 25, mean 3, sd 3.0; T2: n 25, mean 2, sd 2.0; T1-T2: n 25, change 1.0, ci_low -1.0, ci_high 3.0"),
        # Half the interval, 1, is 2.064 SE: SE .484, SD 2.42, t 2.06, d_z = t / 5.
        ("error_of_change", IMPOSSIBLE, "sd_change", {},
         "T1-T2: n 25, change 1.0, ci_low 0.0, ci_high 2.0, sd_change 9.0", "T1-T2: n 25, change 1.0, ci_low 0.0, ci_high 2.0, sd_change 2.4"),
        ("error_of_change", IMPOSSIBLE, "se", {},
         "T1-T2: n 25, change 1.0, ci_low 0.0, ci_high 2.0, se 2.0", "T1-T2: n 25, change 1.0, ci_low 0.0, ci_high 2.0, se 0.5"),
        ("error_of_change", IMPOSSIBLE, "se", {}, "T1-T2: n 25, sd_change 5.0, se 2.0", "T1-T2: n 25, sd_change 5.0, se 1.0"),
        ("named_statistics", IMPOSSIBLE, "t", {},
         "T1-T2: n 25, change 1.0, ci_low 0.0, ci_high 2.0, t 5.0", "T1-T2: n 25, change 1.0, ci_low 0.0, ci_high 2.0, t 2.0"),
        ("named_statistics", IMPOSSIBLE, "t", {}, "T1-T2: change 1.0, se 0.5, t 5.0", "T1-T2: change 1.0, se 0.5, t 2.0"),
        ("named_statistics", IMPOSSIBLE, "p", {}, "T1-T2: n 25, t 2.0, p .50", "T1-T2: n 25, t 2.0, p .06"),
        ("named_statistics", IMPOSSIBLE, "d_z", {}, "T1-T2: n 25, t 2.0, d_z 1.0", "T1-T2: n 25, t 2.0, d_z 0.4"),
        ("sign_of_t", INCONSISTENT, "t", {}, "T1-T2: n 25, change 1.0, t -2.0", "T1-T2: n 25, change -1.0, t -2.0"),
        # t = 2.064 x .5 / 1.5 = .69.
        ("p_of_interval", IMPOSSIBLE, "p", {}, "T1-T2: n 25, ci_low -1.0, ci_high 2.0, p .001", "T1-T2: n 25, ci_low -1.0, ci_high 2.0, p .50"),
        ("p_beside_interval", IMPOSSIBLE, "p", {}, "T1-T2: ci_low -1.0, ci_high 2.0, p <.001", "T1-T2: ci_low 1.0, ci_high 2.0, p <.001"),
        ("p_beside_interval", IMPOSSIBLE, "p", {}, "T1-T2: ci_low 1.0, ci_high 2.0, p .20", "T1-T2: ci_low -1.0, ci_high 2.0, p .20"),
        # t_crit x .45 / .42 at most, at the ends .015 and .435: p is .0374 or more; centre and width apart would allow .034. Cut off, 0.01 may be .02.
        ("p_of_interval", INCONSISTENT, "p", {},
         "T1-T2: n 16, change 0.2, ci_low 0.01, ci_high 0.44, p 0.036", "T1-T2: n 16, change 0.2, ci_low 0.01, ci_high 0.44, p 0.038"),
        ("p_of_zero", NOTE, "p", {}, "T1-T2: change 9, p 0.000", "T1-T2: change 9, p <.001"),
        ("norm_without_n", NOTE, "norm_mean", {}, "norm: norm_mean 3, norm_sd 1", "norm: n 90, norm_mean 3, norm_sd 1"),
    ],
)  # fmt: skip
def test_each_rule_speaks_and_is_silent_by_hand(
    rule: str, severity: str, statistic: str, known: dict[str, str], bad: str, good: str
) -> None:
    findings = audited(score_rows(bad, **known), PAIRED)
    assert [(finding.rule, finding.severity, finding.value.statistic) for finding in findings] == [
        (rule, severity, statistic)
    ]
    assert audited(score_rows(good, **known), PAIRED) == []
    assert audited(score_rows(good, **known)) == []


def _block(*cells: str) -> list[Printed]:
    return category_rows("; ".join(f"Category {number}: {row}" for number, row in enumerate(cells)), "Block")


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (_block("n 30, count 20, percent 66.7", "count 10, percent 33.3"), []),
        (
            _block("n 30, count 20, percent 66.7", "count 10, percent 31.3"),
            [("percent_of_count", INCONSISTENT, "10 of 30 is 100 x 10 / 30 = 33.33 %, not 31.3 %; it fits the denominator 32"),
             ("one_denominator", NOTE, "10 (31.3 %) fits the denominator 32, while 1 of the block's 2 rows fit 30: the block uses more than one denominator")],
        ),
        (_block("n 30, count 31"), [("counts_within", IMPOSSIBLE, "31 people in the category, but 30 in all")]),
        # n may be the count: 3 of 6.
        (_block("n 3, percent 50"),
         [("percent_of_people", NOTE, "1 of 3 is 33.33 % and 2 of 3 is 66.67 %, so no count gives 50 %; 3 may be the count, or people weighted")]),
        (_block("n 3, count 2", "count 2"), [("block_sum", NOTE, "2 + 2 = 4 in the block, of 3 people: one person must be in more than one category")]),
    ],
)  # fmt: skip
def test_counts_and_percentages(rows: list[Printed], found: list[tuple[str, str, str]]) -> None:
    assert [(finding.rule, finding.severity, finding.arithmetic) for finding in audited(rows, PAIRED)] == found


def test_a_number_that_was_cut_off_instead_of_rounded_is_inconsistent_not_impossible() -> None:
    (finding,) = audited(_block("n 3, count 2, percent 66.6"), PAIRED)
    assert (finding.severity, finding.rule) == (INCONSISTENT, "percent_of_count")
    assert finding.arithmetic.endswith("not 66.6 %; it would fit if digits were cut off instead of rounded")


def test_a_row_against_the_tables_habit_of_effect_size_or_direction_is_told() -> None:
    rows = [
        replace(row, label=f"Score {number}")
        for number in range(4)
        for row in score_rows(
            "T1: n 16, mean 5.0, sd 2.0; T2: n 16, mean 3.0, sd 2.0; T1-T2: n 16, change 2.00, sd_change 4.00, es 0.50"
        )
    ]
    assert {finding.rule for finding in audited(rows)} == {"definitions", "copied_rows"}
    changed_rows = [
        replace(row, printed="1.00") if location_of(row)[1:] == ("Score 2", "T1-T2", "es") else row for row in rows
    ]
    (finding,) = (finding for finding in audited(changed_rows) if finding.severity != NOTE)
    assert (finding.severity, finding.value.label) == (NOT_REPRODUCIBLE, "Score 2")
    assert finding.arithmetic.startswith(
        "3 of the table's 4 effect sizes can be d_z (change / SD of the changes); here that is 0.4"
    )
    sign_changed_rows = [
        replace(row, printed="-2.00") if location_of(row)[1:] == ("Score 1", "T1-T2", "change") else row for row in rows
    ]
    finding = next(finding for finding in audited(sign_changed_rows, PAIRED) if finding.rule == "change_of_means")
    assert (finding.severity, finding.value.label) == (INCONSISTENT, "Score 1")
    assert finding.arithmetic.endswith("it fits with the opposite sign, unlike the table's other changes")


@pytest.mark.slow
def test_tables_that_are_cut_off_are_clean_when_that_is_said_and_never_impossible_when_it_is_not() -> None:
    """Three people are among them: tables of five and more with attrition."""
    for seed in range(60):
        rows = cut_table(seed)
        declared_findings = audited(rows, PAIRED, cut=True)
        assert [(finding.value, finding.arithmetic) for finding in declared_findings if finding.severity != NOTE] == []
        undeclared_findings = audited(rows, PAIRED)
        assert [
            (finding.value, finding.arithmetic) for finding in undeclared_findings if finding.severity == IMPOSSIBLE
        ] == []
    # 35 of its numbers or so fit only when cut off: the table gets one note on it.
    assert sum(finding.rule == "cut_off" for finding in undeclared_findings) == 1


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=3, max_size=3), st.booleans())
def test_nothing_is_found_of_three_people(scores: list[int], is_cut: bool) -> None:
    sample = np.array(scores, dtype=float)
    number = {"mean": sample.mean(), "sd": sample.std(ddof=1), "min": sample.min(), "max": sample.max()}

    def text(value: float, digits: int) -> str:
        return f"{math.floor(value * 10**digits + 1e-9) / 10**digits:.{digits}f}" if is_cut else f"{value:.{digits}f}"

    cells = ", ".join(f"{name} {text(value, 2 if name in ('mean', 'sd') else 0)}" for name, value in number.items())
    rows = score_rows(f"T1: n 3, {cells}", items="3", aggregate="sum", low="0", high="4")
    assert [finding.arithmetic for finding in audited(rows, cut=is_cut) if finding.severity != NOTE] == []


@settings(max_examples=200, deadline=None)
@given(st.floats(-100, 100), st.floats(0.01, 50), st.floats(0.001, 300))
def test_nothing_is_found_in_an_estimate_with_hardly_any_degrees_of_freedom(value: float, se: float, df: float) -> None:
    """A model of three people can have 0.05 of them, and an interval to 1e25, beside which the estimate is lost."""
    half = half_width_fractional_df(se, df, 0.95)
    p = float(2 * scipy.stats.t.sf(abs(value / se), df))
    numbers = {
        "estimate": value, "se": se, "df": df, "t": value / se, "p": p, "ci95_low": value - half, "ci95_high": value + half,
    }  # fmt: skip
    rows = Rows("mixed", EXAMPLE)
    for statistic, number in numbers.items():
        rows.add("wellbeing", statistic, number, 3, "a model", contrast="T1-T2")
    assert audit_results(rows.rows, EXAMPLE) == []
    assert all(row.value is not None or row.note for row in rows.rows)


@pytest.mark.slow
def test_made_tables_are_clean_and_most_slips_in_them_are_found() -> None:
    """The suite's few; tests/benchmarks/audit.txt has a thousand, by kind."""
    planted = detected = 0
    for seed in range(40):
        rows = correct_table(seed)
        for design in (PAIRED, None):
            assert [
                (finding.value, finding.arithmetic) for finding in audited(rows, design) if finding.severity != NOTE
            ] == []
        for kind, slip in list(SLIPS.items())[seed % 3 :: 3]:
            slipped = slip(np.random.default_rng(seed), rows)
            if slipped is None:
                continue
            planted += 1
            detected += any(finding.severity != NOTE for finding in audited(slipped[0], PAIRED))
            assert kind != "pairs: more than in a wave" or detected
    assert planted > 250
    assert detected / planted > 0.75
