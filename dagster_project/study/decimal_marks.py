"""Decimal marks: what study.yaml says of how an export writes its numbers, and of columns that write them otherwise.

Belongs here: the two keys, the mark of a column, whether the columns that are named hold numbers. Does not belong here: the
number that a text spells (texts.py).
"""

import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Literal

from pydantic import Field

from dagster_project.study.base import Definition, Text
from dagster_project.study.errors import StudyError
from dagster_project.study.texts import comparable

DecimalMark = Literal[".", ","]

_MAX_LISTED = 5


class DecimalMarks(Definition):
    """The decimal mark of an export's numbers, and the columns that have another."""

    decimal: DecimalMark = Field(default=".", description="the decimal mark in numbers, '.' or ','")
    decimal_of_columns: dict[Text, DecimalMark] = Field(
        default_factory=dict,
        description="column: its decimal mark, where it is another than the export's, e.g. {Weight: ','}; * stands for any"
        " characters, e.g. 'VAS_*'",
    )

    def decimal_mark_of(self, column: str | None) -> DecimalMark:
        """The decimal mark of a column by the name under which it is declared; None for a column that the export lacks."""
        for name in self._names_of(column):
            return self.decimal_of_columns[name]
        return self.decimal

    def has_decimal_mark(self, column: str) -> bool:
        """Whether decimal_of_columns says the mark of a column."""
        return bool(self._names_of(column))

    def _names_of(self, column: str | None) -> list[str]:
        return [name for name in self.decimal_of_columns if column is not None and names_column(name, column)]

    def check_columns(self, number_columns: Collection[str], category_columns: Mapping[str, str], location: str) -> None:
        """Raise StudyError, with one line, for a name under decimal_of_columns that no column of numbers has, or a column
        with two marks. category_columns: columns of texts, with the code that each is read as."""
        location = f"{location}.decimal_of_columns"
        for name in self.decimal_of_columns:
            if any(names_column(name, column) for column in number_columns):
                continue
            if name in category_columns:
                raise StudyError(
                    f"{location}: column {name!r} holds no numbers, but the categories of {category_columns[name]}; take it"
                    " out"
                )
            close = get_close_matches(name, number_columns, n=1)
            columns = ", ".join(map(repr, list(number_columns)[:_MAX_LISTED])) or "none; take it out"
            columns += ", …" if len(number_columns) > _MAX_LISTED else ""
            hint = f"did you mean {close[0]!r}?" if close else f"those with numbers are {columns}"
            raise StudyError(f"{location}: {name!r} is no column under blocks of this export; {hint}")
        for column in number_columns:
            names = self._names_of(column)
            if len({self.decimal_of_columns[name] for name in names}) > 1:
                marks = " and ".join(f"{self.decimal_of_columns[name]!r} by {name!r}" for name in names)
                raise StudyError(f"{location}: column {column!r} has the mark {marks}; keep one of them")


def names_column(name: str, column: str) -> bool:
    """Whether a name under decimal_of_columns is a column's, * standing for any characters."""
    pattern = ".*".join(map(re.escape, comparable(name).split("*")))
    return re.fullmatch(pattern, comparable(column), re.DOTALL) is not None
