"""Tables of variance: two analyses that R prints, right and with slips."""

import pytest

from dagster_project.audit import IMPOSSIBLE, NOTE, Finding, audit_table, read_any_table

#: R 4.3: summary(aov(yield ~ N * P * K, npk)) prints these sums, F and p of 24 plots; the error has 16 degrees of freedom.
_NPK = """ANOVA

Source\tSum of Squares\tdf\tMean Square\tF\tSig.\tPartial Eta Squared
Nitrogen\t189.28\t1\t189.28\t6.161\t.0245\t.278
Phosphate\t8.40\t1\t8.40\t.273\t.6082\t.017
Potash\t95.20\t1\t95.20\t3.099\t.0975\t.162
Nitrogen × Phosphate\t21.28\t1\t21.28\t.693\t.4175\t.042
Nitrogen × Potash\t33.14\t1\t33.14\t1.079\t.3145\t.063
Phosphate × Potash\t.48\t1\t.48\t.016\t.9019\t.001
All three\t37.00\t1\t37.00\t1.204\t.2887\t.070
Residuals\t491.58\t16\t30.72\t\t\t
"""


def _findings(text: str) -> list[Finding]:
    values = read_any_table(text.encode(), "t").table.values
    return [finding for finding in audit_table(values) if finding.severity != NOTE]


def test_a_right_table_of_variance_is_clean_and_all_of_it_is_checked() -> None:
    assert _findings(_NPK) == []
    # Of more than this table has, an effect's share is smaller.
    assert _findings(_NPK.split("Phosphate")[0] + "Residuals\t491.58\t16\t30.72\n") == []
    assert _findings((_NPK.split("Phosphate")[0] + "Residuals\t491.58\t16\t30.72\n").replace(".278", ".191")) == []
    # Of the whole, eta squared of nitrogen is 189.28 / 876.36.
    assert _findings(_NPK.replace("\t.278", "\t.216")) == []


@pytest.mark.parametrize(
    ("right", "wrong", "rule", "words"),
    [
        ("95.20\t1\t95.20", "95.20\t1\t92.50", "mean_square_of_sum", "95.20 / 1 = 95.19 to 95.21, not 92.50"),
        ("6.161", "6.611", "f_of_mean_squares", "F = 189.28 / 30.72 = 6.16 to 6.163, not 6.611"),
        (".0975", ".0795", "p_of_effect", "F = 3.099 with 1 and 16 df has p 0.09741 to 0.09746, not .0795"),
        ("\t.162", "\t.612", "share_of_variance", ", not .612"),
    ],
)
def test_a_slip_in_a_table_of_variance_is_found(right: str, wrong: str, rule: str, words: str) -> None:
    findings = [finding for finding in _findings(_NPK.replace(right, wrong)) if finding.rule == rule]
    assert len(findings) == 1
    assert words in findings[0].arithmetic
    assert (findings[0].severity == IMPOSSIBLE) == (rule == "mean_square_of_sum")


def test_an_effect_is_tested_against_the_residuals_below_it() -> None:
    """jamovi's mixed analysis of variance: F of 7.50 is 25.00 / 3.33, and that between people 25.00 / 8.67."""
    text = (
        "ANOVA\n\n\tSum of Squares\tdf\tMean Square\tF\tp\nTime\t25.00\t1\t25.00\t7.50\t0.034\n"
        "Time × Group\t9.00\t1\t9.00\t2.70\t0.151\nResidual\t20.00\t6\t3.33\nGroup\t25.0\t1\t25.00\t2.88\t0.140\n"
        "Residual\t52.0\t6\t8.67\n"
    )
    assert _findings(text) == []
    assert [finding.rule for finding in _findings(text.replace("2.70", "7.20"))] == ["f_of_mean_squares", "p_of_effect"]
