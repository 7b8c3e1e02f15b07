"""Refusals of definition files without their line numbers, for tests whose files are put together. Nothing else belongs here;
the numbers themselves are tested in tests/study/test_read.py and tests/study/test_definition_faults.py."""

import re


def without_line(refusal: BaseException) -> str:
    """The words of a refusal, without `line 12: ` behind the file's name."""
    return re.sub(r"(?<=\.yaml: )line \d+: ", "", str(refusal), count=1)
