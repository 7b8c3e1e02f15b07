"""Instruments: items by opaque code, anchors, reverse keys, scales and their scoring rules.

Belongs here: what an instrument's file may contain, and what follows from it by arithmetic (item codes, the range of a
scale, how many items must be answered). Does not belong here: item wording (never, anywhere), scores, SQL.
"""

import math
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from dagster_project.study.base import Code, Definition


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


#: Answers are stored as 16-bit integers; the codes of missing reasons lie below them.
_ANSWER_LIMIT = 30_000


class Anchors(Definition):
    """The lowest and highest whole number that an item can be answered with."""

    low: int = Field(description="the lowest answer code, a whole number")
    high: int = Field(description="the highest answer code, a whole number above low")

    @model_validator(mode="after")
    def _ordered(self) -> "Anchors":
        if self.low >= self.high:
            raise ValueError(f"low {self.low} is not below high {self.high}")
        if self.low < -_ANSWER_LIMIT or self.high > _ANSWER_LIMIT:
            raise ValueError(f"answers go from {-_ANSWER_LIMIT} to {_ANSWER_LIMIT}; recode the item, e.g. in other units")
        return self


class Importance(Definition):
    """The minimal important change of a score, as the instrument's literature states it."""

    change: float = Field(gt=0, description="the minimal clinically important difference, in points of the score")
    source: str = Field(description="a citation")


class Scale(Definition):
    """A score made of items of one instrument."""

    scale: Code = Field(description="a code such as wellbeing: lower case letters, digits, underscores")
    label: str = Field(description="the scale's name as tables print it")
    items: tuple[int, ...] = Field(description="positions of its items, e.g. ['1-14'] or [1, 2, 3, 6]", min_length=1)
    aggregate: Literal["sum", "mean"] = Field(description="sum or mean of the (reversed) answers")
    better: Literal["high", "low"] = Field(description="high or low: which end of the scale is good")
    minimum_answered: float | None = Field(
        default=None, gt=0, le=1, description="the share of items (above 0, up to 1) that must be answered for a score"
    )
    importance: Importance | None = Field(default=None, description="the least change that matters, with its source")
    conversion: dict[int, float] | None = Field(
        default=None, description="a table from the complete raw sum to the reported score"
    )

    _positions = field_validator("items", mode="before")(expand_positions)


class Composite(Definition):
    """A score made of other scales of the same instrument: the mean of the parts that a person has."""

    scale: Code = Field(description="a code such as overall_satisfaction")
    label: str = Field(description="the scale's name as tables print it")
    parts: tuple[Code, ...] = Field(description="the codes of the scales it is the mean of", min_length=1)
    better: Literal["high", "low"] = Field(description="high or low: which end of the scale is good")
    minimum_parts: float | None = Field(
        default=None, gt=0, le=1, description="the share of parts (above 0, up to 1) that must have a score"
    )


class Assumption(Definition):
    """Something that the source does not say and that was decided in the study file."""

    about: str = Field(description="what the assumption is about, e.g. 'item counts'")
    statement: str = Field(description="what was assumed, and on what ground")


class Instrument(Definition):
    """A questionnaire: items by code, answer anchors, scales. Never the wording of items."""

    instrument: Code = Field(description="the instrument's code, the same as its file's name")
    name: str = Field(description="the instrument's full name")
    published_as: str | None = Field(default=None, description="the section heading it has in published tables")
    source: str = Field(description="a citation")
    licence: str = Field(description="a note on the terms of use")
    anchors: Anchors = Field(description="low and high answer code")
    item_count: int = Field(gt=0, description="how many items the instrument has")
    reversed: tuple[int, ...] = Field(default=(), description="positions of the items to reverse against the anchors")
    minimum_answered: float = Field(
        default=0.8, gt=0, le=1, description="the share of a scale's items that must be answered (default 0.8)"
    )
    scales: tuple[Scale, ...] = Field(min_length=1, description="the instrument's scales")
    composites: tuple[Composite, ...] = Field(default=(), description="scores made of other scales")
    assumptions: tuple[Assumption, ...] = Field(default=(), description="what the source does not say")

    _positions = field_validator("reversed", mode="before")(expand_positions)

    @model_validator(mode="after")
    def _consistent(self) -> "Instrument":
        positions = set(range(1, self.item_count + 1))
        if unknown := sorted(set(self.reversed) - positions):
            raise ValueError(f"reversed names item {unknown[0]}, but the instrument has items 1 to {self.item_count}")
        codes = [scale.scale for scale in self.all_scales]
        if duplicates := [code for code in codes if codes.count(code) > 1]:
            raise ValueError(f"scale {duplicates[0]} is defined twice")
        for scale in self.scales:
            if unknown := sorted(set(scale.items) - positions):
                raise ValueError(
                    f"scale {scale.scale} names item {unknown[0]}, but the instrument has items 1 to {self.item_count}"
                )
            if len(set(scale.items)) != len(scale.items):
                raise ValueError(f"scale {scale.scale} names an item twice")
            if scale.conversion is not None:
                if scale.aggregate != "sum":
                    raise ValueError(f"scale {scale.scale} has a conversion table, so its aggregate must be sum")
                count = len(scale.items)
                raw_sums = range(count * self.anchors.low, count * self.anchors.high + 1)
                if missing := sorted(set(raw_sums) - set(scale.conversion)):
                    raise ValueError(f"scale {scale.scale}: the conversion table lacks the raw sum {missing[0]}")
        for composite in self.composites:
            if unknown_scales := sorted(set(composite.parts) - {scale.scale for scale in self.scales}):
                raise ValueError(f"composite {composite.scale} names the unknown scale {unknown_scales[0]}")
        return self

    def item_code(self, position: int) -> str:
        """The canonical code of the item at a position, e.g. wemwbs_03: its column name once an export has been read."""
        width = max(2, len(str(self.item_count)))
        return f"{self.instrument}_{position:0{width}d}"

    def turned_from(self, position: int) -> int | None:
        """The number that the answer to a reversed item is subtracted from when it is scored; None for any other item."""
        return self.anchors.low + self.anchors.high if position in self.reversed else None

    def scored_answer(self, position: int, answer: Any) -> Any:
        """An answer, or an array of answers, as it enters a score: reversed where the item is."""
        turned_from = self.turned_from(position)
        return answer if turned_from is None else turned_from - answer

    @property
    def all_scales(self) -> tuple[Scale | Composite, ...]:
        """Scales and then composites, in the order of the file."""
        return (*self.scales, *self.composites)

    @property
    def item_codes(self) -> tuple[str, ...]:
        return tuple(self.item_code(position) for position in range(1, self.item_count + 1))

    def minimum_items(self, scale: Scale) -> int:
        """How many of a scale's items must be answered: all where a conversion table turns complete sums into scores."""
        if scale.conversion is not None:
            return len(scale.items)
        return minimum_count(scale.minimum_answered or self.minimum_answered, len(scale.items))

    def minimum_parts(self, composite: Composite) -> int:
        """How many parts of a composite must have a score."""
        return minimum_count(composite.minimum_parts or self.minimum_answered, len(composite.parts))

    def score_range(self, scale: Scale | Composite) -> tuple[float, float]:
        """Lowest and highest possible score."""
        low, high = float(self.anchors.low), float(self.anchors.high)
        if isinstance(scale, Composite):
            ranges = [self.score_range(part) for part in self.scales if part.scale in scale.parts]
            return (
                sum(lowest for lowest, _ in ranges) / len(ranges),
                sum(highest for _, highest in ranges) / len(ranges),
            )
        if scale.conversion is not None:
            return min(scale.conversion.values()), max(scale.conversion.values())
        if scale.aggregate == "sum":
            return low * len(scale.items), high * len(scale.items)
        return low, high


def minimum_count(share: float, total: int) -> int:
    """The smallest whole number that is at least `share` of `total` (0.8 of 7 is 6), allowing for floating-point error."""
    return max(1, math.ceil(share * total - 1e-9))
