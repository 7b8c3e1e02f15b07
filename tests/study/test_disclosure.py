"""The declaration of what the public release may show."""

import pytest
from pydantic import ValidationError

from dagster_project.study import Disclosure


def test_everything_has_a_safe_default() -> None:
    rule = Disclosure()
    assert (rule.minimum, rule.round_to, rule.rounding, rule.least_width, rule.zeros) == (10, 5, "nearest", 4, "hidden")


def test_a_small_minimum_promises_what_can_be_kept() -> None:
    assert Disclosure(minimum=5).least_width == 3
    assert Disclosure(minimum=3).least_width == 1


def test_a_protection_that_cannot_be_kept_is_refused() -> None:
    line = "protection 9 cannot be kept: a hidden count is known to be below minimum 10; declare at most 8"
    with pytest.raises(ValidationError, match=line):
        Disclosure(protection=9)
    assert Disclosure(protection=8).least_width == 8


def test_a_misspelt_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        Disclosure(minimal=5)  # type: ignore[call-arg]
