"""What a design that nobody declared may be, what cells belong together, and that neither makes a right table impossible."""

import time
from dataclasses import replace

import pytest
from made_tables import OTHER_DESIGNS, Printed, audited, category_rows, other_table, score_rows

from dagster_project.audit import GROUPS, IMPOSSIBLE, INCONSISTENT, NOT_REPRODUCIBLE, NOTE, OTHER_DESIGN, PAIRED, Finding


def _said(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.rule, finding.severity, finding.value.statistic) for finding in findings if finding.severity != NOTE]


GROUPS_OF_6 = "A: n 6, mean 12, sd 3.5; B: n 6, mean 10, sd 3.8; A vs B: n 6, change 2.0, ci_low -2.70, ci_high 6.70, p .366"


@pytest.mark.parametrize(
    "cells",
    [
        "A: n 30; B: n 30; A vs B: n 60, change 1.0",
        GROUPS_OF_6,
        "T1: n 60, t 2.10, df 58, p .040",
        "T1-T2: n 60, df 41.3",
        # A mixed model's df: they are used as they are printed.
        "T1-T2: n 8, change .40, ci_low .10, ci_high .70, df 37.5, p .011",
        # 2.131 and 1.753 times SE 1: an interval of 90 %, and of 99 %.
        "T1-T2: n 16, change 2.00, ci_low .25, ci_high 3.75, sd_change 4.00, p .064",
        "T1-T2: n 16, change 2.00, ci_low -.95, ci_high 4.95, sd_change 4.00, p .064",
        # A chi-square.
        "T1: n 60, statistic 5.2, df 1, p .023",
        # d_av by the mean SD, (1 + 3) / 2; d_rm by r, and by the three SDs; an effect size by nobody knows what.
        "T1: n 11, mean 10, sd 1; T2: n 11, mean 8, sd 3; T1-T2: n 11, change 2.00, sd_change 2.50, es 1.00",
        "T1: n 11, mean 10, sd 1; T2: n 11, mean 8, sd 3; T1-T2: n 11, change 2.00, sd_change 2.50, correlation .625, es .69",
        "T1: n 11, mean 10, sd 1; T2: n 11, mean 8, sd 3; T1-T2: n 11, change 2.00, sd_change 2.50, es .69",
        "T1: n 20, sd 2; T2: n 20, sd 4; T1-T2: n 20, change 2.00, ci_low .60, ci_high 3.40, p .007, es .83",
        "T1: n 10, mean 5, max >10",
    ],
)
def test_a_right_row_of_another_design_is_at_most_a_note(cells: str) -> None:
    assert _said(audited(score_rows(cells))) == []


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        # A bootstrap's interval is off by less.
        ("T1-T2: n 20, change 2.00, ci_low .50, ci_high 4.90", [("interval_around_change", NOT_REPRODUCIBLE, "ci_high")]),
        # Half of p .012 fits no level, no groups.
        ("T1-T2: n 20, change 2.00, ci_low .50, ci_high 3.50, p .300", [("p_of_interval", NOT_REPRODUCIBLE, "p")]),
        ("T1: n 20; T2: n 20; T1-T2: n 30, p .03", [("pairs_in_waves", NOT_REPRODUCIBLE, "n")]),
        ("T1: n 11, mean 10, sd 1; T2: n 11, mean 8, sd 3; T1-T2: n 11, change 2.00, sd_change 2.50, correlation .625, es .30",
         [("effect_size", NOT_REPRODUCIBLE, "es")]),
    ],
)  # fmt: skip
def test_a_row_that_fits_no_named_design_is_not_reproducible(cells: str, found: list[tuple[str, str, str]]) -> None:
    findings = audited(score_rows(cells))
    assert _said(findings) == found
    assert _said(audited(score_rows(cells), OTHER_DESIGN)) == []


def test_a_row_unlike_the_tables_others_is_inconsistent() -> None:
    rows = [
        row
        for number in range(5)
        for row in score_rows("T1-T2: n 20, change 2.00, ci_low .50, ci_high 3.50, p .012", f"Score {number}")
    ]
    odd = [*rows[:-1], replace(rows[-1], printed=".300")]
    (finding,) = (finding for finding in audited(odd) if finding.severity != NOTE)
    assert (finding.rule, finding.severity) == ("p_of_interval", INCONSISTENT)
    assert finding.arithmetic.endswith("4 of the table's 5 such numbers fit a paired t test; this does not")


def test_declared_groups_are_held_to_the_arithmetic_of_groups() -> None:
    assert audited(score_rows(GROUPS_OF_6), GROUPS) == []
    assert _said(audited(score_rows(GROUPS_OF_6), PAIRED)) == [("p_of_interval", IMPOSSIBLE, "p")]
    wrong = {
        "p .366": ("p .966", [("p_of_interval", IMPOSSIBLE, "p")]),
        "change 2.0, ci_low -2.70, ci_high 6.70": (
            "change 4.0, ci_low -0.70, ci_high 8.70", [("p_of_interval", IMPOSSIBLE, "p"), ("change_of_means", IMPOSSIBLE, "change")],
        ),
        "vs B: n 6": ("vs B: n 13", [("pairs_in_waves", IMPOSSIBLE, "n")]),
        "sd 3.8": ("sd 9.8", [("error_of_groups", IMPOSSIBLE, "ci_high")]),
    }  # fmt: skip
    for right, (wrong_text, expected) in wrong.items():
        findings = _said(audited(score_rows(GROUPS_OF_6.replace(right, wrong_text)), GROUPS))
        assert sorted(findings) == sorted(expected), wrong_text


def test_a_rows_own_design_and_level_go_before_the_tables() -> None:
    cells = "T1-T2: n 16, change 2.00, ci_low .25, ci_high 3.75, p .064"
    assert _said(audited(score_rows(cells), PAIRED)) == [("p_of_interval", IMPOSSIBLE, "p")]
    assert audited(score_rows(cells, level="90"), PAIRED) == []
    assert audited(score_rows(cells, design=OTHER_DESIGN), PAIRED) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", OTHER_DESIGNS)
def test_right_tables_of_other_designs_are_never_impossible(kind: str) -> None:
    design = {"groups": GROUPS, "Welch": GROUPS, "90 %": PAIRED}.get(kind, OTHER_DESIGN)
    for seed in range(15):
        rows = other_table(kind, seed)
        undeclared = audited(rows)
        assert [finding.arithmetic for finding in undeclared if finding.severity == IMPOSSIBLE] == []
        if kind in ("groups", "Welch", "90 %"):
            assert _said(undeclared) == []
        findings = audited([replace(row, level="90") for row in rows] if kind == "90 %" else rows, design)
        assert [finding.arithmetic for finding in findings if finding.severity != NOTE] == []


@pytest.mark.parametrize(
    "contrast",
    [
        "Baseline to follow-up", "BASELINE TO FOLLOW-UP", "Baseline - follow-up", "Baseline − follow-up", "Baseline‐follow-up",
        "Baseline/follow-up", "Baseline versus follow-up", "Baseline vs. follow-up",
    ],
)  # fmt: skip
def test_a_change_finds_its_moments(contrast: str) -> None:
    cells = f"Baseline: n 20, mean 3.0; follow-up: n 20, mean 2.0; {contrast}: n 20, change 3.0"
    assert _said(audited(score_rows(cells), PAIRED)) == [("change_of_means", IMPOSSIBLE, "change")]


def test_a_change_finds_its_moments_under_another_section_and_without_a_change() -> None:
    waves = score_rows("6-month: n 20, mean 3.0; pre-test: n 20, mean 2.0")
    change = [replace(row, section="Changes") for row in score_rows("pre-test to 6-month: n 20, change 3.0")]
    assert _said(audited([*waves, *change], PAIRED)) == [("change_of_means", IMPOSSIBLE, "change")]
    only_p = score_rows("pre-test to 6-month: n 30, p .03")
    assert _said(audited([*waves, *only_p], PAIRED)) == [("pairs_in_waves", IMPOSSIBLE, "n")]


def test_a_change_that_finds_no_moments_is_noted() -> None:
    (finding,) = audited(score_rows("Month 1: n 20, mean 3.0; Month 2: n 20, mean 2.0; T1-T2: n 20, change 3.0"), PAIRED)
    assert (finding.rule, finding.severity) == ("change_without_waves", NOTE)
    assert finding.arithmetic == (
        "'Score' has no row at 'T1' and 'T2', so the change 'T1-T2' is not compared with means; the table's moments are"
        " 'Month 1', 'Month 2'"
    )


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        # The n of the sample stands over scores, too: only counted rows hand it on.
        ("Sample: n 32; Age: n 27, mean 42.9; Female: count 21, percent 65.6; Male: count 11, percent 34.4", []),
        ("a: count 20, percent 62.5; b: count 12, percent 37.5; c: count 10, percent 33.3; d: count 20, percent 66.7", []),
        ("Employed: n 30, count 20, percent 66.7; of whom full time: count 10, percent 50.0",
         [("percent_of_count", NOTE, "it fits the denominator 20; weighted data could give it")]),
        ("People: n 30, count 20, percent 66.7; Mention: percent 44.4",
         [("percent_of_people", NOTE, "its denominator may not be these 30")]),
        ("A: n 100, count 33, percent 33.1", [("percent_of_count", NOTE, "weighted data could give it")]),
        ("A: n 30, count <5, percent <17; B: count 20, percent 66.7", []),
        ("A: n 30, count 20, percent 66.7; B: n 60, count 20, percent 33.3; C: count 40, percent 66.7", []),
        ("A: n 30, count 20, percent 66.7; Z: n 40, mean 3; C: count 32, percent 80.0",
         [("counts_within", INCONSISTENT, "32 people in the category, but 30 in all")]),
    ],
)  # fmt: skip
def test_a_blocks_n_is_not_carried_where_it_does_not_belong(cells: str, found: list[tuple[str, str, str]]) -> None:
    """What others who did not answer, or weights, explain is a note."""
    findings = [finding for finding in audited(category_rows(cells)) if finding.rule not in ("one_denominator", "block_sum")]
    assert [(finding.rule, finding.severity) for finding in findings] == [finding[:2] for finding in found]
    assert all(finding.arithmetic.endswith(words) for finding, (_, _, words) in zip(findings, found, strict=True))


def test_a_label_in_two_tables_that_disagree_is_two_scores_and_in_two_that_do_not_is_one() -> None:
    first, second = score_rows("T1: n 200, mean 50.0"), score_rows("T1: n 40, min 55, max 70")
    assert _said(audited([*first, *(replace(row, table="2") for row in second)])) == []
    waves = score_rows("T1: n 20, mean 3.0; T2: n 20, mean 2.0")
    change = [replace(row, table="2") for row in score_rows("T1-T2: n 20, change 3.0")]
    assert _said(audited([*waves, *change], PAIRED)) == [("change_of_means", IMPOSSIBLE, "change")]


@pytest.mark.parametrize(
    ("rows", "severity", "words"),
    [
        (category_rows("Yes: n 32, count 5, percent 15.6; Yes: n 25, count 24"), NOTE, "the n of 'Yes' at T1 is 32 in line 2 and 25 here"),
        (score_rows("T1: n 32, mean 50, mean 60"), NOTE, "the mean of 'Score' at T1 is 50 in line 3 and 60 here"),
        (score_rows("T1: n 32, mean 50, mean 50"), NOTE, "the table prints the mean of 'Score' at T1 twice, first in line 3"),
    ],
)  # fmt: skip
def test_a_repeated_cell_is_told(rows: list[Printed], severity: str, words: str) -> None:
    (finding,) = audited(rows)
    assert (finding.rule, finding.severity) == ("repeated_cell", severity)
    assert finding.arithmetic.startswith(words)


def test_names_that_differ_in_case_are_one_and_noted() -> None:
    rows = [*score_rows("T1: n 20, mean 3.0; t2: n 20, mean 2.0"), *score_rows("T1-T2: n 20, change 3.0", "SCORE")]
    findings = audited(rows, PAIRED)
    assert [finding.rule for finding in findings] == ["unlike_names", "change_of_means"]
    assert findings[0].arithmetic == "the labels 'Score' and 'SCORE' differ only in case or blanks; treated as the same"


def test_a_zero_may_be_cut_off_from_below() -> None:
    cells = "T1: n 20, mean 3.00; T2: n 20, mean 3.09; T1-T2: n 20, change 0.0, ci_low -0.1, ci_high 0.0"
    assert _said(audited(score_rows(cells), PAIRED)) == [("change_of_means", INCONSISTENT, "change")]
    assert _said(audited(score_rows(cells), PAIRED, cut=True)) == []


@pytest.mark.parametrize(
    "cells_and_known",
    [
        # 1, 2, 3, 4 have a squared deviation of 5 in all: root(5 / 4).
        ("T1: n 4, mean 2.5, sd 1.12", {"items": "1", "aggregate": "sum", "low": "1", "high": "5"}),
        ("T1: n 10, mean .30, sd .46", {"items": "1", "aggregate": "mean", "low": "0", "high": "1"}),
        ("T1: n 16, sd 4.0, se 1.03", {}),
    ],
)
def test_a_population_sd_is_a_practice_and_named(cells_and_known: tuple[str, dict[str, str]]) -> None:
    (finding,) = audited(score_rows(cells_and_known[0], **cells_and_known[1]))
    # A standard error may also be a model's: alone it is a note.
    assert finding.severity == (NOTE if finding.rule == "error_of_mean" else INCONSISTENT)
    assert "an SD with n instead of n - 1 in its denominator would fit" in finding.arithmetic


def test_denominators_of_tiny_shares_are_not_counted_out() -> None:
    started = time.monotonic()
    assert audited(category_rows("A: count 5000, percent 0.1; B: count 4000, percent 0.1; C: count 1, percent 50")) != []
    assert time.monotonic() - started < 5


def test_arithmetic_can_be_followed_by_hand() -> None:
    (finding,) = audited(score_rows("T1-T2: n 14, change 1.71, ci_low -1.00, ci_high 4.41, p 0.192"), PAIRED)
    # t(13) = 2.160; the change is 1.705 at least, and half the interval then 2.71 at most: 2.160 x 1.705 / 2.71 = 1.359.
    assert finding.arithmetic == (
        "a change of 1.705 to 1.71 with the interval -1.00 to 4.41, half of which is 2.7 to 2.71 = 2.16 x SE (13 df), so SE is"
        " 1.25 to 1.254 and t = change / SE = 1.359 to 1.366, which has p 0.1952 to 0.1972 by the t distribution with 13 df, not 0.192"
    )
    scale = {"items": "1", "aggregate": "sum", "low": "-50", "high": "0"}
    (finding,) = audited(score_rows("T1: n 4, mean -10.00, sd 1.05", **scale))
    assert finding.arithmetic.startswith(
        "4 whole scores with mean -10.00 add up to -40, and their squares to (n - 1) SD² + (-40)² / 4 = 403.2761 to 403.3391 for an"
        " SD that prints 1.05; the squares of whole numbers add up to a whole number as even as -40, and none lies there"
    )


def test_a_percent_sign_in_the_cell_is_written_once() -> None:
    (finding,) = audited(category_rows("A: n 3, count 2, percent 20%"), PAIRED)
    assert finding.arithmetic.startswith("2 of 3 is 100 x 2 / 3 = 66.67 %, not 20 %; ")
