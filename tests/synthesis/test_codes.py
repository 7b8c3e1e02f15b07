"""What propositions call the codes of interviews: by name, or by path where a name is not enough; and bounds of levels."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dagster_project.study import read_study
from dagster_project.synthesis import PropositionFile, SegmentRow, SynthesisError, joint_display, judge_claims
from dagster_project.synthesis.display import check_codes
from dagster_project.synthesis.propositions import Claim, LevelCondition, Proposition

STUDY = read_study(Path(__file__).parents[2] / "data" / "peer_workers")
FILE = STUDY.folder / "propositions.yaml"
PATHS = (("Team", "Positive"), ("Pay", "Positive"), ("Team", "Negative"), ("Stress > 3",))
SEGMENTS = [
    SegmentRow(f"s{number}", list(path), f"P{number}", "T1", text="x", source_file="f", place="l")
    for number, path in enumerate(PATHS)
]


def _declared(*codes: str) -> PropositionFile:
    return PropositionFile(propositions=(Proposition(proposition="p", statement="S.", codes=codes),))


def _counts(*codes: str) -> list[tuple[str, int]]:
    (row,) = joint_display(_declared(*codes), {}, SEGMENTS, STUDY, PATHS)
    return [(code.code, code.segments) for code in row.codes]


def test_codes_of_one_name_under_different_parents_are_different_codes() -> None:
    assert _counts("Team > Positive", "Pay>Positive") == [("Team > Positive", 1), ("Pay>Positive", 1)]
    assert _counts("Team", "Negative", "Stress > 3") == [("Team", 2), ("Negative", 1), ("Stress > 3", 1)]


def test_a_path_in_full_comes_before_others_that_end_alike() -> None:
    paths = [("Positive",), ("Team", "Positive")]
    segments = [SEGMENTS[0], *(replace(segment, path=["Positive"]) for segment in SEGMENTS[1:3])]
    (row,) = joint_display(_declared("Positive", "Team > Positive"), {}, segments, STUDY, paths)
    assert [code.segments for code in row.codes] == [2, 1]


def test_a_name_that_several_codes_have_is_refused_with_their_paths() -> None:
    with pytest.raises(SynthesisError) as error:
        _counts("Positive")
    assert str(error.value) == (
        f"{FILE}: p: codes: the code 'Positive' is ambiguous: Pay > Positive, Team > Positive; give the full path"
    )
    assert check_codes(_declared("Team", "Pay > Negative"), PATHS, STUDY) == [
        f"{FILE}: p: codes: the interviews have no code 'Pay > Negative'; the codes are Negative, Pay, Pay > Positive,"
        " Stress > 3, Team, Team > Positive"
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"at_least": 60, "at_most": 50}, "nothing is at least 60 and at most 50; correct one of the two"),
        ({"results": ["nonsense"], "at_most": 50}, "'nonsense' is not a result id; ids are parts with / between, as "),
        ({"results": ["a / b"], "at_most": 50}, "'a / b' is not a result id"),
    ],
)
def test_a_level_that_nothing_can_meet_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LevelCondition.model_validate({"kind": "level", "results": ["service_use/gp/T1/percent"], "because": "b"} | given)


def test_an_id_without_parts_is_a_result_that_there_is_not() -> None:
    level = LevelCondition.model_construct(results=("nonsense",), at_least=None, at_most=50.0, because="b")
    claim = Claim.model_construct(claim="c", statement="S.", assumption=None, conditions=(level,))
    proposition = Proposition.model_construct(proposition="p", statement="S.", claims=(claim,))
    (judgement,) = judge_claims(proposition, {}, STUDY)
    assert judgement.verdict == "not testable"
