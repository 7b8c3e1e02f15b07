"""Items of an instrument: which answers each allows, and what an answer counts as.

Belongs here: positions and ranges of positions, anchors, tables that recode answers. Does not belong here: item wording
(never, anywhere), scales (instruments.py).
"""

from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

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

#: Answers are stored as 16-bit integers; the codes of missing reasons lie below them.
ANSWER_LIMIT = 30_000


class Anchors(Definition):
    """The lowest and highest whole number that an item can be answered with, and which of those between it allows."""

    low: int = Field(description="the lowest answer code, a whole number")
    high: int = Field(description="the highest answer code, a whole number above low")
    codes: tuple[int, ...] | None = Field(
        default=None, description="the answer codes from low to high, if not every whole number between them is one"
    )

    @model_validator(mode="after")
    def _ordered(self) -> "Anchors":
        if self.low >= self.high:
            raise ValueError(f"low {self.low} is not below high {self.high}")
        if self.low < -ANSWER_LIMIT or self.high > ANSWER_LIMIT:
            raise ValueError(f"answers go from {-ANSWER_LIMIT} to {ANSWER_LIMIT}; recode the item, e.g. in other units")
        if self.codes is not None:
            if list(self.codes) != sorted(set(self.codes)):
                raise ValueError("codes names each answer once, from the lowest to the highest")
            if (self.codes[:1], self.codes[-1:]) != ((self.low,), (self.high,)):
                raise ValueError(f"codes goes from low to high: from {self.low} to {self.high}")
        return self

    @property
    def answers(self) -> tuple[int, ...]:
        """Every answer code, from the lowest."""
        return self.codes or tuple(range(self.low, self.high + 1))

    @property
    def has_gaps(self) -> bool:
        """Whether a whole number between low and high is no answer."""
        return self.codes is not None and len(self.codes) <= self.high - self.low

    def is_answer(self, number: float) -> bool:
        return number in self.codes if self.codes is not None else self.low <= number <= self.high

    def __str__(self) -> str:
        if not self.has_gaps:
            return f"{self.low} to {self.high}"
        *first, last = map(str, self.answers)
        return f"{', '.join(first)} or {last}"


class ItemAnchors(Anchors):
    """The anchors of some items of an instrument, where they are not those of the others."""

    items: Positions = Field(min_length=1, description="positions of the items they hold for, e.g. ['9-10']")


class Recode(Definition):
    """What each answer to some items counts as, where that is neither the answer nor its reversal."""

    items: Positions = Field(min_length=1, description="positions of the items it holds for, e.g. [1, 2, 20]")
    codes: dict[int, int] = Field(
        min_length=2, description="answer code: the whole number it counts as, e.g. {1: 100, 2: 50}"
    )

    @model_validator(mode="after")
    def _limited(self) -> "Recode":
        if too_large := [number for number in self.codes.values() if abs(number) > ANSWER_LIMIT]:
            raise ValueError(
                f"{too_large[0]} is outside {-ANSWER_LIMIT} to {ANSWER_LIMIT}; give the scale a factor (multiply)"
            )
        return self


def in_words(positions: tuple[int, ...]) -> str:
    """Positions as a person writes them: (1, 2, 3, 7) is "items 1-3, 7"."""
    runs: list[list[int]] = []
    for position in sorted(positions):
        if runs and position == runs[-1][-1] + 1:
            runs[-1].append(position)
        else:
            runs.append([position])
    texts = [f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs]
    return f"item{'s' if len(positions) > 1 else ''} {', '.join(texts)}"
