"""The tables of four papers on one pizza buffet, whose tests van der Zee, Anaya and Brown (2017, BMC Nutrition 3, 54) did
again from their n, means and SDs: which of the printed t and F cannot be, is theirs; what is named by this auditor is ours."""

from pathlib import Path
from typing import Any

import pytest

from dagster_project.audit import GROUPS, NOTE, audit_table, read_any_table
from dagster_project.cli import main

_MALES = """Table 1. Men

Measure\tEating with women (n = 40)\tEating with men (n = 20)\tt
\tM (SD)\tM (SD)
Age\t44 (18.86)\t43 (11.19)\t0.42
Height\t178.02 (7.72)\t181.11 (7.32)\t1.59
Weight\t86.35 (17.92)\t100.80 (21.33)\t2.87
BMI\t27.20 (5.13)\t30.96 (6.62)\t2.52
"""
_FEMALES = """Table 2. Women

Measure\tEating with men (n = 35)\tEating with women (n = 10)\tt
\tM (SD)\tM (SD)
Age\t44.52 (17.09)\t48.18 (16.49)\t0.64
Height\t165.83 (7.71)\t164.82 (5.88)\t0.37
Weight\t64.63 (10.95)\t75.54 (12.42)\t2.38
BMI\t23.46 (3.53)\t27.77 (3.68)\t2.96
"""
_PIECES = """Table 3. Two pieces

Measure\t$4 (n = 18)\t$8 (n = 21)\tF
\tM (SD)\tM (SD)
First\t4.82 (2.55)\t3.53 (2.39)\t2.47
Second\t3.44 (2.48)\t1.68 (1.42)\t7.13
Third\t2.94 (2.13)\t1.28 (0.46)\t8.11
Fourth\t3.89 (2.59)\t1.53 (1.02)\t1.63
Fifth\t4.28 (2.44)\t2.05 (1.72)\t10.36
"""
_THREE = """Table 4. Company

Measure\tA (n = 20)\tB (n = 21)\tC (n = 19)\tF
\tM (SD)\tM (SD)\tM (SD)
Pizza\t2.69 (2.57)\t5.55 (2.66)\t4.33 (3.31)\t5.16
Salad\t1.55 (1.07)\t2.79 (1.54)\t3.13 (2.18)\t4.89
Ate too much\t2.76 (2.19)\t2.92 (2.30)\t2.53 (1.81)\t.18
Rushed\t1.90 (1.48)\t1.65 (1.34)\t1.47 (1.23)\t.49
Calories\t397.50 (191.38)\t409.52 (246.87)\t555.26 (321.84)\t.15
Uncomfortable\t2.27 (1.75)\t2.32 (1.77)\t1.95 (1.24)\t.72
"""
_BUFFET = """Table 5. Diners

Measure\t$4 buffet (n = 62)\t$8 buffet (n = 60)\tF (p)
\tM (SD)\tM (SD)
Age\t44.16 (18.99)\t46.08 (14.46)\t0.42 (0.52)
Height\t68.52 (3.95)\t67.91 (3.93)\t0.76 (0.37)
Weight\t180.84 (48.37)\t182.31 (48.41)\t0.03 (0.87)
Group size\t3.00 (1.55)\t3.28 (1.29)\t1.34 (0.25)
Hungry before\t6.62 (1.85)\t6.64 (2.06)\t0.00 (0.95)
Hungry now\t1.88 (1.34)\t1.85 (1.75)\t0.01 (0.91)
"""


@pytest.mark.parametrize(
    ("text", "accused"),
    [
        # An age of 43 or 44 without decimals leaves 0.42 open: t is 0 to 0.5.
        (_MALES, {"Height t", "Weight t", "BMI t"}),
        (_FEMALES, {"Age t", "Height t", "Weight t", "BMI t"}),
        # 7.13 is Welch's t squared.
        (_PIECES, {"First f", "Third f", "Fourth f", "Fifth f"}),
        (_THREE, {"Salad f", "Calories f", "Uncomfortable f"}),
        # F of 0.76 with 1 and 120 df has p .38 to .39.
        (_BUFFET, {"Age f", "Age p", "Height p", "Group size f", "Group size p"}),
    ],
)
def test_the_wrong_tests_of_the_pizza_papers_are_found_where_two_groups_are_declared(text: str, accused: set[str]) -> None:
    table = read_any_table(text.encode(), "t").table
    findings = [finding for finding in audit_table(table.values, design=GROUPS) if finding.severity != NOTE]
    assert {f"{finding.value.label} {finding.value.statistic}" for finding in findings} == accused


def test_undeclared_they_are_open_and_the_answer_says_how_to_decide(tmp_path: Path, capsys: Any) -> None:
    """A model could give every t of a table that no t test gives."""
    path = tmp_path / "t.txt"
    path.write_text(_FEMALES, encoding="utf-8")
    assert main(["audit", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "note:"
    assert "t = change / SE = 0.6111 to 0.6167, not 0.64" in lines[3]
    assert lines[3].endswith(
        "and 2 others of 'Eating with men vs Eating with women'; declare it with --design or --practice"
        " [statistics_of_summaries, slack 0.018]"
    )
    assert main(["audit", str(path), "--design", "groups"]) == 1
