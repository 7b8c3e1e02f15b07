"""The checks of the coded segments, with files that lose a coding on the way."""

from dataclasses import replace

import pytest

from dagster_project.raw.segments import CodingRow, LandedInterviews, segment_check
from dagster_project.synthesis import CodedFile

FILE = CodedFile(codes=(), codings=(), unusable=(), origin="a tool", notes=(), coding_count=5, speaker_count=2)
ROWS = [
    CodingRow("x.qdpx", "0" * 64, "a line", None, path=["Strain"]),
    CodingRow("x.qdpx", "0" * 64, "a line", "code is empty"),
    CodingRow("x.qdpx", "0" * 64, "a line", "code is empty"),
]


@pytest.mark.parametrize(
    ("counted", "passed", "said"),
    [
        (5, True, "5 in the files, 1 kept, 2 set aside, 2 that only say who speaks"),
        (6, False, "6 in the files, 1 kept, 2 set aside, 2 that only say who speaks"),
    ],
)
def test_a_coding_that_vanishes_fails_the_check(counted: int, passed: bool, said: str) -> None:
    check = segment_check([LandedInterviews("x.qdpx", "0" * 64, replace(FILE, coding_count=counted))], ROWS)
    assert (check.name, check.passed, check.message) == ("codings_conserved", passed, said)
