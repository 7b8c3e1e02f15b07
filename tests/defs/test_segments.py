"""The checks of the coded segments, with files that lose a coding on the way."""

from dataclasses import replace

import pytest

from dagster_project.defs.synthesis import segments
from dagster_project.synthesis import CodedFile

FILE = CodedFile(codes=(), codings=(), lost=(), origin="a tool", notes=(), counted=5, speakers=2)
ROWS = [
    {"path": ["Strain"], "set_aside_reason": None},
    {"path": None, "set_aside_reason": "code is empty"},
    {"path": None, "set_aside_reason": "code is empty"},
]


@pytest.mark.parametrize(
    ("counted", "passed", "said"),
    [
        (5, True, "5 in the files, 1 kept, 2 set aside, 2 that only say who speaks"),
        (6, False, "6 in the files, 1 kept, 2 set aside, 2 that only say who speaks"),
    ],
)
def test_a_coding_that_vanishes_fails_the_check(counted: int, passed: bool, said: str) -> None:
    result = segments._said([("x.qdpx", "0" * 64, replace(FILE, counted=counted))], ROWS)
    conserved, people = result.check_results
    assert (conserved.check_name, conserved.passed, conserved.description) == ("codings_conserved", passed, said)
    assert (people.passed, people.description) == (False, "set aside: 2 x code is empty")
