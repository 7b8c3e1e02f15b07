"""Matrices of correlations with p and N in rows, as SPSS, JASP and jamovi print them, and with stars, as papers do."""

import pytest

from dagster_project.audit import INCONSISTENT, NOT_REPRODUCIBLE, NOTE, Finding, audit_table, read_any_table

_SPSS = """Correlations

\t\tHope\tJoy\tCalm
Hope\tPearson Correlation\t1\t.345**\t.120
\tSig. (2-tailed)\t\t.001\t.260
\tN\t90\t90\t90
Joy\tPearson Correlation\t.345**\t1\t.250*
\tSig. (2-tailed)\t.001\t\t.017
\tN\t90\t90\t90
Calm\tPearson Correlation\t.120\t.250*\t1
\tSig. (2-tailed)\t.260\t.017\t
\tN\t90\t90\t90
**. Correlation is significant at the 0.01 level (2-tailed).
"""
_STARS = """Table 2. Correlations (N = 90)

\t1\t2\t3
1. Hope\t–
2. Joy\t.35**\t–
3. Calm\t.12\t.25*\t–
4. Rest\t.20\t.15\t.01
Note. * p < .05. ** p < .01.
"""


def _page() -> str:
    """As jamovi prints it: heads over two columns, the second for marks of notes, and dashes on the diagonal."""
    rows = [
        ("Outcome1", "Pearson's r", "—", ""), ("", "p-value", "—", ""), ("", "N", "—", ""),
        ("Outcome2", "Pearson's r", "0.500", "—"), ("", "p-value", "0.500", "—"), ("", "N", "4", "—"),
    ]  # fmt: skip
    head = "".join(f'<th colspan="2">{text}</th>' for text in ("", "", "Outcome1", "Outcome2"))
    body = "".join(f"<tr>{''.join(f'<td>{text}</td><td></td>' for text in row)}</tr>" for row in rows)
    return f"<table><caption>Correlation Matrix</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _findings(text: str) -> list[Finding]:
    return [finding for finding in audit_table(read_any_table(text.encode(), "t").table.values) if finding.severity != NOTE]


@pytest.mark.parametrize("text", [_SPSS, _STARS, _page()])
def test_a_right_matrix_is_clean(text: str) -> None:
    assert _findings(text) == []


def test_r_p_and_n_of_rows_below_each_other_are_of_one_pair() -> None:
    values = read_any_table(_page().encode(), "t").table.values
    assert [(v.label, v.timepoint, v.statistic, v.printed) for v in values] == [
        ("Outcome2", "with Outcome1", "correlation", "0.500"),
        ("Outcome2", "with Outcome1", "p", "0.500"),
        ("Outcome2", "with Outcome1", "n", "4"),
    ]


def test_a_p_that_the_other_cells_of_a_matrix_say_is_wrong_is_found() -> None:
    (finding,) = _findings(_SPSS.replace("\t.260\t.017\t\n", "\t.260\t.117\t\n"))
    assert (finding.value.label, finding.value.timepoint, finding.severity) == ("Calm", "with Joy", INCONSISTENT)
    assert finding.arithmetic.endswith("not .117; 5 of the table's 6 such numbers fit; this does not")


def test_a_star_that_no_p_of_r_and_n_allows_is_found_and_a_lacking_one_may_be_adjusted() -> None:
    (finding,) = _findings(_STARS.replace("Calm\t.12", "Calm\t.12*"))
    assert (finding.value.label, finding.value.printed, finding.severity) == ("Calm", "<.05", INCONSISTENT)
    assert _findings(_STARS.replace(".25*", ".25")) == []
    (finding,) = _findings(_STARS.replace(".35**", ".35"))
    assert (finding.value.label, finding.value.printed, finding.severity) == ("Joy", ">.05", NOT_REPRODUCIBLE)
    # One-sided, r of .18 has p .045.
    assert _findings(_STARS.replace("Rest\t.20", "Rest\t.18*")) == []
    assert _findings(_STARS.replace("Calm\t.12", "Calm\t.12*").replace("Note.", "Note. One-tailed.")) == []
