"""Items of an instrument: which answers each allows, and what an answer counts as.

Belongs here: positions and ranges of positions, anchors, tables that recode answers, labels of items whose wording is the
study's own or free. Does not belong here: the wording of others (never, anywhere), scales (instruments.py).
"""

import math
from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from dagster_project.languages import gettext, ngettext, number_text
from dagster_project.study.base import Definition


def expand_positions(value: object) -> object:
    """Read item positions written as numbers or as ranges ("1-14"): [1, "3-5"] becomes (1, 3, 4, 5)."""
    if not isinstance(value, list | tuple):
        value = [value]
    positions: list[int] = []
    for part in value:
        if isinstance(part, int) and not isinstance(part, bool):
            positions.append(part)
            continue
        low, dash, high = str(part).partition("-")
        if not (low.strip().isdigit() and (not dash or high.strip().isdigit())):
            raise ValueError(f"{part!r} is neither an item position nor a range such as '1-14'")
        positions.extend(range(int(low), int(high if dash else low) + 1))
    return tuple(positions)


#: Positions of items, from 1, as a file writes them: numbers and ranges.
Positions = Annotated[tuple[int, ...], BeforeValidator(expand_positions)]

#: What an answer may count as in a score.
_LARGEST_RECODED = 30_000


def _plain_number(number: float) -> float:
    """A number as people write it: 5 for 5.0."""
    if not math.isfinite(number):
        raise ValueError(f"{number} is no number that can be counted")
    return int(number) if number == int(number) else number


#: A number as a file writes it, whole or with decimals.
PlainNumber = Annotated[int | float, AfterValidator(_plain_number)]


class Anchors(Definition):
    """The lowest and highest number that an item can be answered with, and which of those between it allows."""

    #: Answers are stored as whole numbers of their last decimal, in 32 bits; the codes of missing reasons lie below them.
    largest_stored: ClassVar[int] = 999_999_999
    #: Whether an answer with more decimals is rounded to as many as it may have; else it is none.
    are_rounded: ClassVar[bool] = False

    low: PlainNumber = Field(description="the lowest answer code")
    high: PlainNumber = Field(description="the highest answer code, above low")
    codes: tuple[PlainNumber, ...] | None = Field(
        default=None, description="the answer codes from low to high, if not every number between them is one"
    )
    decimals: int = Field(
        default=0,
        ge=0,
        le=6,
        description="how many decimals an answer may have, e.g. 1 for a slider read as 7.5 (default 0: whole numbers)",
    )

    @model_validator(mode="after")
    def _ordered(self) -> "Anchors":
        if self.low >= self.high:
            raise ValueError(f"low {self.low} is not below high {self.high}")
        for number in (self.low, self.high, *(self.codes or ())):
            if round(number, self.decimals) != number:
                raise ValueError(
                    f"{number} has more decimals than the answers may have, {self.decimals}; say how many they have:"
                    " decimals"
                )
            if abs(self.as_kept(number)) > self.largest_stored:
                limit = f"{self.largest_stored / 10**self.decimals:.{self.decimals}f}"
                raise ValueError(
                    f"answers with {self.decimals} decimals go from -{limit} to {limit}; recode the item in other units"
                )
        if self.codes is not None:
            if list(self.codes) != sorted(set(self.codes)):
                raise ValueError("codes names each answer once, from the lowest to the highest")
            if (self.codes[:1], self.codes[-1:]) != ((self.low,), (self.high,)):
                raise ValueError(f"codes goes from low to high: from {self.low} to {self.high}")
        return self

    def as_kept(self, number: float) -> int:
        """An answer as it is stored: a whole number of its last decimal."""
        units: int = round(number * 10**self.decimals)
        return units

    @property
    def answers(self) -> tuple[float, ...]:
        """Every answer code, from the lowest. There can be many: `answer_count`."""
        if self.codes is not None:
            return self.codes
        numbers = range(self.as_kept(self.low), self.as_kept(self.high) + 1)
        if self.decimals == 0:
            return tuple(numbers)
        return tuple(_plain_number(number / 10**self.decimals) for number in numbers)

    @property
    def answer_count(self) -> int:
        """How many answer codes there are."""
        return len(self.codes) if self.codes is not None else self.as_kept(self.high) - self.as_kept(self.low) + 1

    @property
    def has_gaps(self) -> bool:
        """Whether a number between low and high, with its decimals, is no answer."""
        return self.codes is not None and len(self.codes) <= self.as_kept(self.high) - self.as_kept(self.low)

    def is_answer(self, number: float) -> bool:
        if self.codes is not None:
            return number in self.codes
        has_few_decimals = self.are_rounded or self.decimals == 0 or round(number, self.decimals) == number
        return self.low <= number <= self.high and has_few_decimals

    def __str__(self) -> str:
        if self.are_rounded:
            return gettext("{low} to {high}, with any decimals", low=self.low, high=self.high)
        if not self.has_gaps and self.decimals:
            step = number_text(f"{1 / 10**self.decimals:.{self.decimals}f}")
            return gettext("{low} to {high} in steps of {step}", low=self.low, high=self.high, step=step)
        if not self.has_gaps:
            return gettext("{low} to {high}", low=self.low, high=self.high)
        *first, last = map(str, self.answers)
        return gettext("{answers} or {last}", answers=", ".join(first), last=last)


class AnyDecimals(Anchors):
    """The limits of a number that may have any decimals: it is stored with 15 digits, as exactly as programs compute."""

    #: Whole numbers up to here are exact as floating-point numbers.
    largest_stored: ClassVar[int] = 2**53 - 1
    are_rounded: ClassVar[bool] = True
    decimals: int = Field(default=0, ge=0, le=15, description="how many decimals are stored")

    @classmethod
    def between(cls, low: float, high: float) -> "AnyDecimals":
        """The limits low to high, with as many decimals as 15 digits leave."""
        digits = len(str(math.floor(max(abs(low), abs(high)))))
        return cls(low=low, high=high, decimals=max(0, 15 - digits))


class ItemAnchors(Anchors):
    """The anchors of some items of an instrument, where they are not those of the others."""

    items: Positions = Field(min_length=1, description="positions of the items they hold for, e.g. ['9-10']")


class Recode(Definition):
    """What each answer to some items counts as, where that is neither the answer nor its reversal."""

    items: Positions = Field(min_length=1, description="positions of the items it holds for, e.g. [1, 2, 20]")
    codes: dict[PlainNumber, int] = Field(
        min_length=2, description="answer code: the whole number it counts as, e.g. {1: 100, 2: 50}"
    )

    @model_validator(mode="after")
    def _limited(self) -> "Recode":
        if too_large := [number for number in self.codes.values() if abs(number) > _LARGEST_RECODED]:
            raise ValueError(
                f"{too_large[0]} is outside {-_LARGEST_RECODED} to {_LARGEST_RECODED}; give the scale a factor (multiply)"
            )
        return self


#: What an item is called in tables and traces beside its code.
ItemLabel = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")
]


def labels_error(item_labels: Mapping[int, str], wording: str | None) -> str | None:
    """Why labels of items cannot be kept, in one line, or None. wording: whose it is, as the instrument declares."""
    if item_labels and wording is None:
        return (
            "item_labels: whose wording are they? The wording of an instrument with an owner is never kept; add wording: own"
            " where the study wrote the items itself, wording: free where their terms let anybody print them, or take"
            " item_labels out"
        )
    return None


def labelled(code: str, label: str | None) -> str:
    """An item as tables and lines name it: its code, and its label where it has one."""
    return code if label is None else f"{code}: {label}"


def in_words(positions: tuple[int, ...]) -> str:
    """Positions as a person writes them: (1, 2, 3, 7) is "items 1-3, 7"."""
    runs: list[list[int]] = []
    for position in sorted(positions):
        if runs and position == runs[-1][-1] + 1:
            runs[-1].append(position)
        else:
            runs.append([position])
    texts = [f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs]
    return ngettext("item {positions}", "items {positions}", len(positions), positions=", ".join(texts))
