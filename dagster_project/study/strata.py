"""Strata of a norm sample: of whom, by what the roster says of people, a norm is; and whether they cover everybody once.

Belongs here: their declaration, what they mean against the roster's variables, overlaps and gaps. Does not belong here: the
norms themselves (norms.py), which stratum a person is in (dbt/macros/strata.sql).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from dagster_project.study.base import Code, Definition, Text
from dagster_project.study.participants import ParticipantVariable

#: When a number of the roster is taken: as it is listed, in all waves; with the time between a person's own days of
#: answering added; with the planned months of the waves added.
NumberTime = Literal["as_listed", "answered_on", "month"]
#: How many days and months a unit of a number has that grows with time.
UNITS_OF_TIME: Mapping[str, tuple[float, float]] = {"years": (365.25, 12.0), "months": (30.4375, 1.0)}
_RANGE = re.compile(r"^(\d+)\s*(?:[-–]\s*(\d+)|\+)$")


class NumberRange(Definition):
    """Numbers from one up to another."""

    lowest: float | None = Field(default=None, alias="from", allow_inf_nan=False, description="the lowest number in it")
    last: int | None = Field(
        default=None, alias="to", description="the last whole number in it: to: 24 goes on up to 25, without it"
    )
    end: float | None = Field(default=None, alias="below", allow_inf_nan=False, description="the number that it ends before")

    @model_validator(mode="after")
    def _has_ends(self) -> "NumberRange":
        if self.last is not None and self.end is not None:
            raise ValueError("a range has to (the last whole number in it) or below (the number it ends before), not both")
        if self.low is None and self.high is None:
            raise ValueError("a range needs from, to or below")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"the range from {self.low:g} ends before {self.high:g}; give the lower number first")
        return self

    @property
    def low(self) -> float | None:
        """The lowest number in it; None where it has no lower end."""
        return self.lowest

    @property
    def high(self) -> float | None:
        """The number that it ends before; None where it has no upper end."""
        return self.end if self.last is None else self.last + 1.0


def _as_condition(value: object) -> object:
    """A single category may be written without the list around it."""
    return [value] if isinstance(value, str | int | float) and not isinstance(value, bool) else value


Condition = Annotated[NumberRange | tuple[Text, ...], BeforeValidator(_as_condition)]


class Stratum(Definition):
    """People of one kind in a norm sample."""

    stratum: Code = Field(description="a code for the stratum, e.g. women_16_24")
    people: dict[Code, Condition] = Field(
        alias="where",
        min_length=1,
        description="of each variable of the roster the category or the range, e.g. {sex: f, age: 16-24}",
    )
    n: int | None = Field(default=None, ge=2, description="how many people (an SD needs two), or leave out if unknown")


@dataclass(frozen=True)
class StratumCondition:
    """What a stratum asks of a variable: one of some categories, or a number from low up to high (None: no end)."""

    variable: str
    categories: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    @property
    def in_words(self) -> str:
        """E.g. 'sex f', 'age 16 to below 25'."""
        if self.categories:
            return f"{self.variable} {' or '.join(self.categories)}"
        start = "" if self.low is None else f" {self.low:g}"
        if self.high is None:
            return f"{self.variable}{start} or more"
        return f"{self.variable}{start}{' to' if start else ''} below {self.high:g}"

    def holds_for(self, value: object) -> bool:
        """Whether a category or a number is in it."""
        if self.categories:
            return value in self.categories
        number = round(float(str(value)), 9)
        return (self.low is None or number >= self.low) and (self.high is None or number < self.high)


def stratum_conditions(stratum: Stratum, variables: Mapping[str, ParticipantVariable]) -> tuple[StratumCondition, ...]:
    """The conditions of a stratum. ValueError for a variable or a category that the roster does not have, and for a range
    of what is no number. variables: of the roster, by code."""
    conditions = []
    for code, condition in stratum.people.items():
        if code not in variables:
            raise ValueError(
                f"where.{code}: {code!r} is no variable of the roster; they are {', '.join(variables) or 'none'}"
            )
        variable = variables[code]
        if variable.kind == "number":
            number_range = condition if isinstance(condition, NumberRange) else _range_in(code, condition)
            conditions.append(StratumCondition(code, (), number_range.low, number_range.high))
            continue
        categories = [category.category for category in variable.categories]
        if isinstance(condition, NumberRange):
            raise ValueError(f"where.{code}: {code} has categories and no numbers; name some of {', '.join(categories)}")
        if unknown := [category for category in condition if category not in categories]:
            raise ValueError(f"where.{code}: {unknown[0]!r} is no category of {code}; they are {', '.join(categories)}")
        conditions.append(StratumCondition(code, condition))
    return tuple(conditions)


def _range_in(variable: str, texts: Sequence[str]) -> NumberRange:
    match = _RANGE.match(texts[0]) if len(texts) == 1 else None
    if match is None:
        raise ValueError(
            f"where.{variable}: {', '.join(texts)!r} is no range of whole numbers such as 16-24 or 75+; write it with its"
            " ends, e.g. {from: 8.5, below: 9}"
        )
    content = {"from": match[1]} | ({} if match[2] is None else {"to": match[2]})
    return NumberRange.model_validate(content)


def overlap(
    conditions: Mapping[str, tuple[StratumCondition, ...]], variables: Mapping[str, ParticipantVariable]
) -> tuple[str, str, str] | None:
    """The first two strata that somebody could be in at once, and who that is; None where there are none."""
    for first, second in ((p, q) for index, p in enumerate(conditions) for q in list(conditions)[index + 1 :]):
        cells = list(_cells({first: conditions[first], second: conditions[second]}, variables))
        for cell in cells:
            if all(_covers(conditions[code], cell) for code in (first, second)):
                return first, second, _words(cell)
    return None


def gaps(conditions: Mapping[str, tuple[StratumCondition, ...]], variables: Mapping[str, ParticipantVariable]) -> list[str]:
    """People of the roster's categories, with numbers between the lowest and the highest of any stratum, whom no stratum
    covers, in words."""
    cells = _cells(conditions, variables)
    return [_words(cell) for cell in cells if not any(_covers(parts, cell) for parts in conditions.values())]


#: Of each variable a category, or the ends of numbers that every stratum has whole or not at all.
_Cell = Mapping[str, str | tuple[float, float]]


def _cells(
    conditions: Mapping[str, tuple[StratumCondition, ...]], variables: Mapping[str, ParticipantVariable]
) -> Iterator[_Cell]:
    choices: dict[str, list[str | tuple[float, float]]] = {}
    for condition in (condition for parts in conditions.values() for condition in parts):
        code = condition.variable
        if code in choices:
            continue
        if variables[code].kind == "category":
            choices[code] = [category.category for category in variables[code].categories]
            continue
        same_variable = [part for parts in conditions.values() for part in parts if part.variable == code]
        ends = {float("-inf") if part.low is None else part.low for part in same_variable}
        ends |= {float("inf") if part.high is None else part.high for part in same_variable}
        choices[code] = list(pairwise(sorted(ends)))
    for values in product(*choices.values()):
        yield dict(zip(choices, values, strict=True))


def _covers(parts: Sequence[StratumCondition], cell: _Cell) -> bool:
    return all(_holds_in(part, cell[part.variable]) for part in parts)


def _holds_in(condition: StratumCondition, cell: str | tuple[float, float]) -> bool:
    if isinstance(cell, str):
        return cell in condition.categories
    return (condition.low is None or condition.low <= cell[0]) and (condition.high is None or cell[1] <= condition.high)


def _words(cell: _Cell) -> str:
    parts = []
    for code, value in cell.items():
        if isinstance(value, str):
            parts.append(f"{code} {value}")
            continue
        low, high = (None if abs(end) == float("inf") else end for end in value)
        parts.append(StratumCondition(code, (), low, high).in_words)
    return ", ".join(parts)
