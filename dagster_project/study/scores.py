"""Scores: what a scale of items and a score that comes without them have in common, and what their values mean.

Belongs here: code, label, good end, named ranges, cut-offs, the least change that matters. Does not belong here: how a
score is made of items (instruments.py), or stands in an export (measures.py).
"""

from typing import ClassVar, Literal

from pydantic import Field

from dagster_project.languages import gettext
from dagster_project.study.base import Code, Definition


class Importance(Definition):
    """The minimal important change of a score, as the instrument's literature states it."""

    change: float = Field(gt=0, description="the minimal clinically important difference, in points of the score")
    source: str = Field(description="a citation")


class Band(Definition):
    """A named range of a score, up to where the next one starts."""

    low: float = Field(description="the score at which it starts")
    label: str = Field(description="what the source calls scores in this range")


class Bands(Definition):
    """Named ranges that cover a score: the first starts at the lowest score, each ends where the next one starts."""

    source: str = Field(description="a citation")
    steps: tuple[Band, ...] = Field(
        min_length=2, description="the ranges from the lowest, e.g. [{low: 0, label: minimal}, ..]"
    )

    @property
    def codes(self) -> tuple[str, ...]:
        """A code a range, from the lowest: band_1, band_2, ..; what it is called may have spaces and any letters."""
        return tuple(f"band_{order}" for order in range(1, len(self.steps) + 1))


class CutOff(Definition):
    """A score from which on, or up to which, the source says something of a person."""

    value: float = Field(description="the score that still counts as beyond the cut")
    direction: Literal["at_least", "at_most"] = Field(description="at_least (this score or more) or at_most (this or less)")
    meaning: str = Field(description="what the source says of people beyond it")
    source: str = Field(description="a citation")

    @property
    def code(self) -> str:
        """What results call it: at_least_10, at_most_2_5."""
        return f"{self.direction}_{self.value:.10g}".replace(".", "_")

    def is_on_good_side(self, better_sign: int) -> bool:
        """Whether people beyond it are well. better_sign: of the scale, 1 where high is good, -1 where low is."""
        return (self.direction == "at_least") == (better_sign > 0)


class BandedScore(Definition):
    """What the source of a score says of its values."""

    bands: Bands | None = Field(default=None, description="named ranges of the score, with their source")
    cut_offs: tuple[CutOff, ...] = Field(
        default=(), description="scores from which on the source says something of a person"
    )


class Score(BandedScore):
    """What scales and composites share."""

    scale: Code = Field(description="a code such as wellbeing: lower case letters, digits, underscores")
    label: str = Field(description="the scale's name as tables print it")
    better: Literal["high", "low", "neither"] = Field(
        description="high or low: which end of the scale is good; neither where none is"
    )
    #: Whether it stands in the exports as it is; a scale of items is computed.
    is_given: ClassVar[bool] = False

    @property
    def better_sign(self) -> int:
        """1 where a higher score is better, -1 where a lower one is, 0 where neither is."""
        return {"high": 1, "low": -1, "neither": 0}[self.better]

    @property
    def better_in_words(self) -> str:
        """Which end is good, e.g. 'low is good'."""
        words = {
            "high": gettext("high is good"), "low": gettext("low is good"), "neither": gettext("neither end is good"),
        }  # fmt: skip
        return words[self.better]

    @property
    def has_ends(self) -> bool:
        """Whether its lowest and highest value are the ends of a scale."""
        return True
