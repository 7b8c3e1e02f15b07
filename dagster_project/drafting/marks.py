"""The decimal mark of numbers, told by cells.

Belongs here: that decision. Does not belong here: reading a number.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dagster_project.drafting.columns import ColumnFacts

_WITH_COMMA, _WITH_POINT = (re.compile(rf"[+-]?\d+{mark}\d+") for mark in (",", r"\."))
_FRACTION = re.compile(r"[+-]?\d*[.,]\d+")
_MIN_SHARE = 0.2
_THOUSANDS = re.compile(r"[+-]?\d{1,3},\d{3}")


@dataclass(frozen=True)
class DecimalMark:
    """mark: of the numbers. ground: how it is known. question: what is asked where two readings are possible."""

    mark: str = "."
    ground: str = ""
    question: str = ""


def decimal_mark(columns: Iterable[ColumnFacts]) -> DecimalMark:
    """The decimal mark of some columns' numbers. Commas in few cells of a column say nothing: they may join two answers."""
    texts: set[str] = set()
    for column in columns:
        n_fractions = sum(count for text, count in column.values.items() if _FRACTION.fullmatch(text))
        if column.is_numeric and n_fractions >= _MIN_SHARE * column.values.total():
            texts |= set(column.values)
    with_comma = sorted(text for text in texts if _WITH_COMMA.fullmatch(text))
    with_point = sorted(text for text in texts if _WITH_POINT.fullmatch(text))
    if not with_comma:
        return DecimalMark()
    if with_point:
        return DecimalMark(question=f'"," or "." ({with_comma[0]} and {with_point[0]} both stand in cells)')
    if all(_THOUSANDS.fullmatch(text) for text in with_comma):
        return DecimalMark(question=f'"," or "." ({with_comma[0]} could be a fraction or thousands)')
    return DecimalMark(",", f"cells hold numbers such as {with_comma[0]}")
