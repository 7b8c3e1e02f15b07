"""Kinds of tables that were judged wrongly once, each with what is right; and that each rule's example shows it."""

from dataclasses import replace

import pytest
from made_tables import Printed, audited, category_rows, score_rows

from dagster_project.audit import IMPOSSIBLE, INCONSISTENT, NOT_REPRODUCIBLE, NOTE, Finding
from dagster_project.audit.rules import RULES
from dagster_project.reference.auditor import example_finding


def _above_note(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(finding.rule, finding.severity, finding.value.statistic) for finding in findings if finding.severity != NOTE]


def _pre_post(change: str, pre: str = "n 10, mean 1.40, sd 0.97", post: str = "n 10, mean 2.60, sd 0.52") -> list[Printed]:
    return score_rows(f"Pre: {pre}; Post: {post}; Pre-Post: {change}")


# --- what is right and was accused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(category_rows("Female: n 13, percent 40.6; Male: n 19, percent 59.4"), id="n is the count"),
        pytest.param(category_rows("Female: count 12, percent 40.0; Male: count 18, percent 60.0"), id="n is not said"),
        pytest.param(score_rows("Model 1: or 1.20, ci_low 0.80, ci_high 1.80, p .38"), id="odds ratio"),
        pytest.param(score_rows("Model 1: n 250, or 1.20, ci_low 0.80, ci_high 1.80, p .38"), id="odds ratio with n"),
        pytest.param(score_rows("T1: n 30, mean 80.0; T2: n 30, mean 76.0; T1-T2: n 30, change -4.0, percent -5.0"), id="percent change"),
        pytest.param(score_rows("T1-T2: n 20, change 2.0, t 2.24, df 19, p .037, d 0.50, ci_low 0.03, ci_high 0.96"), id="interval of d"),
    ],
)  # fmt: skip
def test_a_right_table_is_not_accused(rows: list[Printed]) -> None:
    assert _above_note(audited(rows)) == []


@pytest.mark.parametrize(
    ("rows", "rule", "words"),
    [
        (score_rows("T1: n 51, mean 13.0, sd 7.9, ci_low 10.9, ci_high 15.1"), "interval_of_mean", "a bootstrap could explain it"),
        (category_rows("White: n 629, percent 95.83; Black: percent 1.12; Asian: percent 1.76; Dual: percent 0.96; Other: percent 0.32"),
         "one_denominator", "all 5 percentages of the block can be of 624, not of the n of 629: 5 may not have answered"),
        (category_rows("Response: n 102, count 33, percent 34; Unknown: count 4"), "percent_of_count", "it is of 98, as 4 are unknown"),
        (category_rows("Smokers: n 100, count 30, percent 33.4"), "percent_of_count", "weighted data could give it"),
        (_pre_post("n 22, change -14.5, t 3.19, d 0.68", "n 22, mean 39.3, sd 19.5", "n 22, mean 53.9, sd 21.8"), "without_sign", "absolute values"),
        (score_rows("T1: n 30, mean 12.1, sd 3.0, n 30, mean 40.2, sd 8.0"), "repeated_cell", "give the rows a section"),
        (score_rows("T1: n 30, mean 12.3, sd 4.1", items="9", low="0", high="3"), "sum_or_mean", "declare it in aggregate"),
    ],
)  # fmt: skip
def test_what_another_practice_explains_is_a_note(rows: list[Printed], rule: str, words: str) -> None:
    findings = audited(rows)
    assert _above_note(findings) == []
    assert [finding for finding in findings if finding.rule == rule and words in finding.arithmetic]


@pytest.mark.parametrize(
    ("practice", "rows"),
    [
        ("weighted", category_rows("Smokers: n 100, count 30, percent 33.4")),
        ("bootstrap", score_rows("T1: n 51, mean 13.0, sd 7.9, ci_low 10.9, ci_high 15.1")),
        ("one-sided", score_rows("T1-T2: n 16, change 2.00, sd_change 4.00, p 0.032")),
        ("ranks", score_rows("T1-T2: n 16, change 2.00, sd_change 4.00, p 0.044")),
        ("adjusted", score_rows("T1-T2: n 16, change 2.00, sd_change 4.00, p 0.192")),
        ("cut", category_rows("A: n 3, count 2, percent 66.6")),
        ("se", score_rows("T1: n 16, mean 5.0, sd 0.5; T2: n 16, mean 3.0, sd 0.5; T1-T2: n 16, change 2.0, sd_change 3.5")),
    ],
)  # fmt: skip
def test_a_declared_practice_is_no_finding(practice: str, rows: list[Printed]) -> None:
    declared = [Printed(**{**row.__dict__, "practice": practice, "design": "paired"}) for row in rows]
    assert audited(declared) == []
    undeclared = [Printed(**{**row.__dict__, "design": "paired"}) for row in rows]
    assert audited(undeclared) != []


# --- what is wrong and was passed over ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        # 102 and 3 and 9 of 117.
        (category_rows("Parallel: n 114, count 102, percent 87.2; Factorial: count 3, percent 2.6; Other: count 9, percent 7.7"),
         [("one_denominator", INCONSISTENT, "percent")]),
        # 13 - 10 is no 5; an SD of changes of 9 is beyond 2 + 2; t 1.20 with 19 df has p .24.
        (_pre_post("n 20, mean 5.0, sd 9.0, t 1.20, p .001", "n 20, mean 10.0, sd 2.0", "n 20, mean 13.0, sd 2.0"),
         [("change_of_means", NOT_REPRODUCIBLE, "mean"), ("sd_of_changes", NOT_REPRODUCIBLE, "sd"),
          ("named_statistics", NOT_REPRODUCIBLE, "t"), ("named_statistics", INCONSISTENT, "p")]),
        # t is 3.66 to 3.78, and d 1.2 over some SD.
        (_pre_post("n 10, correlation 0.17, t 48.1, df 9, d 0.12"),
         [("statistics_of_summaries", INCONSISTENT, "t"), ("effect_size", NOT_REPRODUCIBLE, "es")]),
        # |t| is 2.6 or more whatever r is.
        (_pre_post("n 30, change -2.0, p .90", "n 30, mean 10.0, sd 2.0", "n 30, mean 12.0, sd 2.0"), [("p_of_interval", NOT_REPRODUCIBLE, "p")]),
        # Pooled and Welch 3.28 to 3.39.
        (score_rows("A: n 35, mean 23.46, sd 3.53; B: n 10, mean 27.77, sd 3.68; A - B: change -4.31, t 2.96, p .30"),
         [("statistics_of_summaries", NOT_REPRODUCIBLE, "t"), ("named_statistics", NOT_REPRODUCIBLE, "p")]),
        (score_rows("Women: n 40, mean 50.0, sd 5.0; Men: n 60, mean 60.0, sd 5.0; Total: n 100, mean 65.0, sd 5.0"),
         [("total_of_groups", NOT_REPRODUCIBLE, "mean")]),
        (score_rows("Women: n 40, count 10; Men: n 60, count 20; Total: n 100, count 50"), [("total_of_groups", NOT_REPRODUCIBLE, "count")]),
    ],
)  # fmt: skip
def test_a_wrong_table_is_accused_though_nothing_is_declared(rows: list[Printed], found: list[tuple[str, str, str]]) -> None:
    assert sorted(_above_note(audited(rows))) == sorted(found)


def test_an_estimate_outside_its_interval_is_inconsistent_by_any_method() -> None:
    rows = score_rows("A - B: change 0.035, ci_low 0.104, ci_high 0.176, p .618")
    assert _above_note(audited(rows, "other")) == [("estimate_in_interval", INCONSISTENT, "change")]


def test_t_is_exact_with_the_correlation() -> None:
    rows = _pre_post("n 10, correlation 0.17, t 4.81")
    (finding,) = (finding for finding in audited(rows, "paired") if finding.severity != NOTE)
    assert (finding.rule, finding.severity) == ("statistics_of_summaries", IMPOSSIBLE)
    # root(.97² + .52² - 2 x .17 x .97 x .52) / root(10) = .3225, and 1.2 / .3225 = 3.72.
    assert "and t = change / SE = 3.66 to 3.784, not 4.81" in finding.arithmetic


# --- the rules' own examples -------------------------------------------------------------------------------------------

#: Rules of which one row shows nothing.
_OF_A_HABIT = {"percents_of_one_number", "percent_sum", "number_of_pairs", "df_of_groups"}
_EXAMPLES = [rule for rules in RULES.values() for rule in rules.values() if rule.example]


@pytest.mark.parametrize("rule", _EXAMPLES, ids=lambda rule: rule.name)
def test_each_rules_example_breaks_it(rule: object) -> None:
    finding = example_finding(rule)  # type: ignore[arg-type]
    assert (finding is None) == (rule.name in _OF_A_HABIT)  # type: ignore[attr-defined]


def test_what_is_unusual_in_a_printed_table_is_found_by_its_other_rows() -> None:
    """Far fewer pairs in one row, a block that does not add up to 100, an SD that is a standard error."""
    rows = [
        row
        for number, n in enumerate((60, 60, 60, 60, 30))
        for row in score_rows(f"T1: n 60, mean 3.0; T2: n 60, mean 3.1; T1-T2: n {n}, change -0.1", f"Score {number}")
    ]
    assert _above_note(audited(rows)) == [("number_of_pairs", INCONSISTENT, "n")]
    shares = ((30, 70), (45, 55), (20, 80), (20, 70))
    blocks = [
        row
        for number, (first, second) in enumerate(shares)
        for row in category_rows(f"A: percent {first}.0; B: percent {second}.0", f"Block {number}")
    ]
    assert _above_note(audited(blocks)) == [("percent_sum", INCONSISTENT, "percent")]


def test_degrees_of_freedom_of_other_people_are_seen_by_the_other_rows() -> None:
    def row(number: int, df2: int) -> list[Printed]:
        groups = "A: n 20, mean 10.0, sd 2.0; B: n 22, mean 10.5, sd 2.0; C: n 25, mean 11.0, sd 2.0"
        return score_rows(f"{groups}; All: f 1.42, df1 2, df2 {df2}", f"Score {number}")

    assert _above_note(audited([*row(1, 64), *row(2, 64), *row(3, 64)])) == []
    assert _above_note(audited([*row(1, 64), *row(2, 64), *row(3, 61)])) == [("df_of_groups", INCONSISTENT, "df2")]
    # Two rows of one kind each say nothing of the table's habit.
    assert _above_note(audited([*row(1, 64), *row(2, 61)])) == []


def test_an_effect_size_beside_means_has_the_direction_of_the_others() -> None:
    def row(number: int, second: str, g: str) -> list[Printed]:
        cells = f"A: n 30, mean 10.0, sd 4.0; B: n 40, mean {second}, sd 4.0; A - B: g {g}"
        return score_rows(cells, f"Score {number}")

    usual = [*row(1, "8.0", "0.49"), *row(2, "8.0", "0.49"), *row(3, "12.0", "-0.49")]
    assert _above_note(audited([*usual, *row(4, "13.0", "-0.74")])) == []
    assert _above_note(audited([*usual, *row(4, "13.0", "0.74")])) == [("effect_size", INCONSISTENT, "es")]
    # The other way round, all of them.
    turned = [replace(line, printed=str(-float(line.printed))) if line.statistic == "g" else line for line in usual]
    findings = [finding for finding in audited([*turned, *row(4, "13.0", "-0.74")]) if finding.severity != NOTE]
    assert [finding.arithmetic.partition(";")[0] for finding in findings] == [
        "the sign of -0.74 is not that of the change, 13.0 - 10.0"
    ]
    # Without a sign anywhere they are absolute values.
    unsigned = [row for row in usual if row.printed != "-0.49"] + score_rows("A - B: g 0.49", "Score 3")
    assert _above_note(audited([*unsigned, *row(4, "13.0", "0.74")])) == []


def test_an_effect_size_is_held_to_its_interval_where_the_others_are() -> None:
    def row(number: int, es: str) -> list[Printed]:
        cells = f"A: n 50, mean 12.0, sd 4.0; B: n 50, mean 10.0, sd 4.0; A - B: d {es}, ci_low 0.10, ci_high 0.90"
        return score_rows(cells, f"Score {number}")

    assert _above_note(audited([line for number in range(4) for line in row(number, "0.50")])) == []
    rows = [line for number, es in enumerate(("0.50", "0.50", "0.50", "5.00")) for line in row(number, es)]
    assert ("interval_of_effect", INCONSISTENT, "es") in _above_note(audited(rows))


def test_a_block_that_divides_its_people_has_one_denominator_and_adds_up() -> None:
    right = "A: n 168, count 21, percent 12.5; B: count 79, percent 47.0; C: count 68, percent 40.5"
    assert _above_note(audited(category_rows(right))) == []
    miscounted = category_rows(right.replace("count 21", "count 20"))
    assert _above_note(audited(miscounted)) == [("percent_of_count", INCONSISTENT, "percent")]
    weighted = "A: n 168, count 21, percent 14.1; B: count 79, percent 46.2; C: count 68, percent {}"
    for practice in ("", "weighted"):
        rows = [replace(row, practice=practice) for row in category_rows(weighted.format("39.7"))]
        assert _above_note(audited(rows)) == []
        rows = [replace(row, practice=practice) for row in category_rows(weighted.format("93.7"))]
        assert ("percent_sum", INCONSISTENT, "percent") in _above_note(audited(rows))


def test_no_test_has_zero_degrees_of_freedom() -> None:
    assert _above_note(audited(score_rows("A vs B: chi2 5.04, df 0, p .081"))) == [("in_bounds", IMPOSSIBLE, "df")]
    assert _above_note(audited(score_rows("A vs B: chi2 5.04, df 2, p .080"))) == []


def test_an_effect_size_is_held_to_t_where_nothing_else_gives_the_sd_of_the_changes() -> None:
    def row(number: int, d: str) -> list[Printed]:
        moments = "Pre: n 52, mean 18.85, sd 5.92; Post: n 52, mean 21.94, sd 6.51"
        return score_rows(f"{moments}; Pre-Post: n 52, change -3.09, t -4.23, d {d}, p <.001", f"Score {number}")

    rows = [line for number in range(3) for line in row(number, "-0.59")]
    assert _above_note(audited([*rows, *row(4, "-0.59")])) == []
    assert _above_note(audited([*rows, *row(4, "-0.97")])) == [("effect_size", NOT_REPRODUCIBLE, "es")]


def test_a_number_without_its_decimal_point_is_seen_by_column_and_row() -> None:
    def rows(last: str, mean: str = "18.8") -> list[Printed]:
        sds = ("5.12", "4.80", "5.32", last)
        means = ("20.1", "19.3", "21.4", mean)
        return [
            row for number, (m, sd) in enumerate(zip(means, sds, strict=True))
            for row in score_rows(f"T1: n 40, mean {m}, sd {sd}", f"Score {number}")
        ]  # fmt: skip

    assert _above_note(audited(rows("6.02"))) == []
    assert _above_note(audited(rows("602"))) == [("lost_point", INCONSISTENT, "sd")]
    # A row of a measure that is printed in whole numbers, and one that is no hundredth of it.
    assert _above_note(audited(rows("602", "1880"))) == []
    assert _above_note(audited(rows("9000"))) == []


def test_a_row_of_the_printed_n_is_not_accused_by_others_that_miss_answers() -> None:
    rows = category_rows(
        "A: n 41, count 27, percent 65.9; B: count 20, percent 51.3; C: count 13, percent 33.3; D: count 9, percent 23.1"
    )
    assert _above_note(audited(rows)) == []


def test_percentages_alone_are_of_one_number_of_people_where_those_of_other_blocks_are() -> None:
    def block(name: str, *shares: str) -> list[Printed]:
        cells = "; ".join(f"{label}: percent {share}" for label, share in zip("ABCD", shares, strict=False))
        return category_rows(cells.replace("A: ", "A: n 28, "), name)

    # Of 26, 27 and 25 of the 28.
    first, second = block("1", "7.7", "26.9", "65.4"), block("2", "11.1", "33.3", "55.6")
    assert _above_note(audited([*first, *second, *block("3", "24.0", "36.0", "40.0")])) == []
    found = _above_note(audited([*first, *second, *block("3", "24.0", "36.0", "40.1")]))
    assert found == [("percents_of_one_number", INCONSISTENT, "percent")]
    # Of weighted people none are.
    weighted = [*block("1", "7.9", "26.3", "65.8"), *block("2", "10.3", "33.9", "55.8"), *block("3", "24.7", "35.2", "40.1")]
    assert _above_note(audited(weighted)) == []


def test_counts_of_a_block_that_divides_its_people_are_no_more_than_they() -> None:
    cells = "A: n 168, count {}, percent 14.1; B: count 79, percent 46.2; C: count 68, percent 39.7"
    assert _above_note(audited(category_rows(cells.format("21")))) == []
    assert _above_note(audited(category_rows(cells.format("30")))) == [("block_sum", INCONSISTENT, "count")]
    # Mentions, which are of their sum, may be more than people.
    mentions = "A: n 100, count 60, percent 40.0; B: count 45, percent 30.0; C: count 45, percent 30.0"
    assert ("block_sum", INCONSISTENT, "count") not in _above_note(audited(category_rows(mentions)))


# --- cut off: a table's habit ------------------------------------------------------------------------------------------


def _whole_scores(*means: str) -> list[Printed]:
    return [
        row
        for number, mean in enumerate(means)
        for row in score_rows(f"T1: n 30, mean {mean}", f"Item {number}", items="1", low="1", high="5")
    ]


def test_a_table_is_cut_off_by_habit_not_for_a_single_number() -> None:
    # 3.2333, 2.1666, 4.0333 and 3.8666 of 30 people: 3.23 and 4.03 are both, 2.16 and 3.86 only cut off, 2.17 only rounded.
    def findings(*means: str) -> list[Finding]:
        return [finding for finding in audited(_whole_scores(*means)) if finding.rule in ("grim", "cut_off")]

    several = findings("3.23", "2.16", "4.03", "3.86")
    assert [(finding.rule, finding.severity) for finding in several] == [("cut_off", NOTE)]
    assert several[0].arithmetic.startswith(
        "2 of the table's numbers follow from the others only when digits are cut off instead of rounded, and 0 only when"
    )
    open_ = findings("3.23", "2.16", "4.03")
    assert [(finding.rule, finding.severity) for finding in open_] == [("grim", NOTE)]
    assert open_[0].arithmetic.endswith(
        "not 2.16; impossible if rounded; it would fit if digits were cut off instead of rounded, and too few of the table's"
        " numbers say which they are"
    )
    rounded = findings("3.23", "2.16", "4.03", "3.87")
    assert [(finding.rule, finding.severity) for finding in rounded] == [("grim", INCONSISTENT)]
    assert rounded[0].arithmetic.endswith("not 2.16; it would fit if digits were cut off instead of rounded")
    # What fits neither way is impossible in any of them.
    assert [finding.severity for finding in findings("3.23", "2.12", "4.03")] == [IMPOSSIBLE]


# --- how much the other rows say ---------------------------------------------------------------------------------------


def test_the_farther_off_a_number_is_the_more_others_say_against_it() -> None:
    def rows(last: str) -> list[Printed]:
        ratios = (
            "0.72, ci_low 0.38, ci_high 1.36",
            "1.50, ci_low 1.02, ci_high 2.21",
            "0.91, ci_low 0.60, ci_high 1.38",
            last,
        )
        return [
            row for number, cells in enumerate(ratios) for row in score_rows(f"Model 1: rr {cells}", f"Outcome {number}")
        ]

    assert _above_note(audited(rows("1.20, ci_low 0.80, ci_high 1.80"))) == []
    # The ends' middle is 1.25 and 1.73 on the log scale: little, and much.
    assert _above_note(audited(rows("1.20, ci_low 0.80, ci_high 1.95"))) == []
    assert {rule for rule, _, _ in _above_note(audited(rows("1.20, ci_low 0.80, ci_high 3.75")))} == {
        "interval_around_change"
    }


def test_a_p_beside_r_and_n_is_judged_by_the_others() -> None:
    def rows(p: str) -> list[Printed]:
        cells = ("n 59, r 0.31, p 0.017", "n 81, r 0.42, p <.001", "n 40, r 0.47, p 0.002", f"n 63, r 0.18, p {p}")
        return [row for number, part in enumerate(cells) for row in score_rows(f"Sample: {part}", f"Outcome {number}")]

    assert _above_note(audited(rows("0.158"))) == []
    assert _above_note(audited(rows("0.815"))) == [("p_of_statistic", INCONSISTENT, "p")]
