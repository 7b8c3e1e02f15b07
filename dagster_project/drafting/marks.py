"""The decimal mark of numbers, told by cells.

Belongs here: that decision. Does not belong here: reading a number.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dagster_project.drafting.columns import ColumnFacts

_WITH_COMMA, _WITH_POINT = (re.compile(rf"[+-]?\d+{mark}\d+") for mark in (",", r"\."))
_FRACTION = re.compile(r"[+-]?\d*[.,]\d+")
_MIN_SHARE = 0.2
_THOUSANDS = re.compile(r"[+-]?\d{1,3},\d{3}")


@dataclass(frozen=True)
class DecimalMark:
    """mark: of the numbers. ground: how it is known. question: what is asked where two readings are possible. exceptions:
    the columns that have the other mark, and a number of each."""

    mark: str = "."
    ground: str = ""
    question: str = ""
    exceptions: Mapping[str, str] = field(default_factory=dict)


def has_fractions(column: ColumnFacts) -> bool:
    """Whether enough cells of a column are numbers with a decimal mark to say which it is."""
    n_fractions = sum(count for text, count in column.values.items() if _FRACTION.fullmatch(text))
    is_enough = column.is_numeric and n_fractions >= _MIN_SHARE * column.values.total()
    return n_fractions > 0 and (is_enough or column.decimals > 0)


def decimal_mark(columns: Iterable[ColumnFacts]) -> DecimalMark:
    """The decimal mark of some columns' numbers. Commas in few cells of a column say nothing: they may join two answers."""
    texts: set[str] = set()
    for column in columns:
        if has_fractions(column):
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


def marks_of_columns(columns: Iterable[ColumnFacts]) -> DecimalMark:
    """The decimal mark of an export by its columns: the one of most, and the columns that have the other. Where one column
    has both, or all their commas could mark thousands, it is asked."""
    columns = list(columns)
    common = decimal_mark(columns)
    if not common.question:
        return common
    by_column = {column.name: decimal_mark([column]) for column in columns if has_fractions(column)}
    if any(mark.question for mark in by_column.values()):
        return common
    counts = Counter(mark.mark for mark in by_column.values())
    usual_mark = "," if counts[","] > counts["."] else "."
    ground = next(mark.ground for mark in by_column.values() if mark.mark == ",")
    exceptions = {
        column.name: next(text for text in sorted(column.values) if _FRACTION.fullmatch(text))
        for column in columns
        if column.name in by_column and by_column[column.name].mark != usual_mark
    }
    return DecimalMark(usual_mark, ground, "", exceptions)
