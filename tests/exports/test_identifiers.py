"""Identifiers that a spreadsheet makes one are asked about, and who is meant is never said of a neighbour."""

import pytest

from dagster_project.exports import ambiguous_identifiers, ambiguous_words, did_you_mean

ROSTER = ["1.1", "1.2", "1.10", "1.20", "007", "7", "8", "P-1"]


def test_an_identifier_that_lost_its_zeros_may_be_several_people() -> None:
    """Person 1.10 of a workbook is the number 1.1: her answers were those of person 1.1."""
    ambiguous = ambiguous_identifiers([" 1.1", "1.2", "8", "P-1"], ROSTER, {})
    assert ambiguous == {"1.1": ["1.1", "1.10"], "1.2": ["1.2", "1.20"]}
    assert ambiguous_words(ambiguous) == (
        "'1.1' (and 1 more) may be each of '1.1' and '1.10' on the roster: they are one number, and no identifier of the wave"
        " keeps a zero that a number does not need; export it again as text, or say who is meant under respondents of the"
        " export"
    )
    assert ambiguous_identifiers(["7"], ROSTER, {}) == {"7": ["007", "7"]}


@pytest.mark.parametrize("respondents", [["1.1", "1.20"], ["7", "007"], ["8"], ["P-1"], ["1.10"], []])
def test_a_wave_that_keeps_a_zero_has_lost_none(respondents: list[str]) -> None:
    assert ambiguous_identifiers(respondents, ROSTER, {}) == {}


def test_the_protocol_says_who_is_meant() -> None:
    assert ambiguous_identifiers(["1.1", "1.2"], ROSTER, {"1.1": "1.10", "1.2": "1.2"}) == {}


@pytest.mark.parametrize(
    ("respondent", "roster", "meant"),
    [
        ("101.0", ["1010", "101"], "101"),
        ("101.0", ["1010"], None),
        ("10.1", ["101"], None),
        ("007", ["7"], "7"),
        ("1.1", ["11", "1.10"], "1.10"),
        ("1,10", ["1.1"], "1.1"),
        ("p 1", ["P-1"], "P-1"),
        ("P10", ["P1"], None),
    ],
)
def test_who_may_be_meant_is_the_same_number(respondent: str, roster: list[str], meant: str | None) -> None:
    """ "did you mean 1010?" was asked of 101.0, as programs write 101."""
    assert did_you_mean(respondent, roster) == ("" if meant is None else f" (did you mean {meant!r}?)")
