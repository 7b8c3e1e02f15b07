"""Percentiles of a norm: for which scores a source gives which, or that they follow from its mean and SD.

Belongs here: their declaration, and the steps that a score is looked up in. Does not belong here: looking up
(dbt/models/marts/norms), summing up (results/person_norms.py).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator

from dagster_project.languages import gettext, gettext_noop
from dagster_project.study.base import Code, Definition

_SCORES = re.compile(r"^(-?\d+(?:\.\d+)?)(?:\s*[-–]\s*(-?\d+(?:\.\d+)?))?$")
#: What share of a norm's people a percentile is, in words.
MEANINGS: Mapping[str, str] = {
    "at_or_below": gettext_noop("% of the norm's people with this score or a lower one"),
    "below": gettext_noop("% of the norm's people with a lower score"),
    "midpoint": gettext_noop("% of the norm's people with a lower score, and half of those with this one"),
}


@dataclass(frozen=True)
class PercentileStep:
    """Scores from low to high with the percentiles at both ends. is_open: without the ends, which have steps of their"
    " own."""

    low: float
    high: float
    percentile_low: float
    percentile_high: float
    is_open: bool


class Percentiles(Definition):
    """The percentiles of one scale in a norm sample, or in one of its strata."""

    scale: Code = Field(description="the scale's code")
    sample: Code = Field(description="the code of a sample listed under samples")
    stratum: Code | None = Field(default=None, description="a stratum of the sample; left out, they are of all its people")
    table: dict[str | int | float, float] | None = Field(
        default=None, description="score, or scores such as 0-2, to the percentile that the source gives"
    )
    frequencies: dict[int | float, float] | None = Field(
        default=None, description="score to how many of the norm's people have it, as counts or in percent"
    )
    normal: bool | None = Field(
        default=None, description="true: percentiles of a normal distribution with the norm's mean and SD"
    )
    meaning: Literal["at_or_below", "below", "midpoint"] | None = Field(
        default=None, description="what a percentile is the share of: at_or_below, below or midpoint"
    )
    between: Literal["left_out", "linear"] = Field(
        default="left_out", description="what scores between two of the table are: left_out (counted, without one) or linear"
    )

    @model_validator(mode="after")
    def _consistent(self) -> "Percentiles":
        forms = [self.table is not None, self.frequencies is not None, self.normal is not None]
        if sum(forms) != 1 or self.normal is False:
            raise ValueError(f"percentiles of {self.scale} need one of table, frequencies and normal: true")
        if self.normal:
            if self.meaning is not None or self.between != "left_out":
                raise ValueError(f"percentiles of {self.scale}: normal: true needs neither meaning nor between")
            return self
        if self.meaning is None:
            raise ValueError(
                f"percentiles of {self.scale}: what is a percentile the share of? Write meaning: at_or_below, below or"
                " midpoint, as the source says"
            )
        if self.frequencies is not None and min(self.frequencies.values(), default=-1) < 0:
            raise ValueError(f"percentiles of {self.scale}: a frequency is below 0, or there is none; give counts of people")
        if self.frequencies is not None and not sum(self.frequencies.values()):
            raise ValueError(f"percentiles of {self.scale}: the frequencies add up to nobody; give counts of people")
        points = self._points
        for (_, high, lower), (low, _, higher) in pairwise(points):
            if low <= high:
                raise ValueError(f"percentiles of {self.scale}: the score {low:g} stands twice; give one percentile a score")
            if higher < lower:
                raise ValueError(
                    f"percentiles of {self.scale}: the score {low:g} has the percentile {higher:g}, lower than {lower:g} of"
                    " a lower score; correct the table"
                )
        if beyond := [percentile for _, _, percentile in points if not 0 <= percentile <= 100]:
            raise ValueError(f"percentiles of {self.scale}: {beyond[0]:g} is no percentile; give 0 to 100")
        return self

    @property
    def _points(self) -> list[tuple[float, float, float]]:
        """Lowest and highest score with a percentile, by score."""
        if self.frequencies is not None:
            return self._from_frequencies(self.frequencies)
        points = []
        for key, percentile in (self.table or {}).items():
            match = _SCORES.match(str(key).strip())
            if match is None:
                raise ValueError(f"percentiles of {self.scale}: {key!r} is neither a score nor scores such as 0-2")
            low = float(match[1])
            points.append((low, low if match[2] is None else float(match[2]), percentile))
        if backwards := [point for point in points if point[0] > point[1]]:
            raise ValueError(f"percentiles of {self.scale}: scores from {backwards[0][0]:g} to {backwards[0][1]:g} run down")
        return sorted(points)

    def _from_frequencies(self, frequencies: Mapping[float, float]) -> list[tuple[float, float, float]]:
        total, lower, points = sum(frequencies.values()), 0.0, []
        share = {"at_or_below": 1.0, "below": 0.0, "midpoint": 0.5}[self.meaning or "midpoint"]
        for score, people in sorted(frequencies.items()):
            points.append((float(score), float(score), 100 * (lower + share * people) / total))
            lower += people
        return points

    @property
    def steps(self) -> tuple[PercentileStep, ...]:
        """What a score is looked up in; empty where percentiles are those of a normal distribution."""
        points = [] if self.normal else self._points
        steps = [PercentileStep(low, high, percentile, percentile, False) for low, high, percentile in points]
        if self.between == "linear":
            steps += [
                PercentileStep(high, low, lower, higher, True) for (_, high, lower), (low, _, higher) in pairwise(points)
            ]
        return tuple(sorted(steps, key=lambda step: (step.low, step.is_open)))

    @property
    def in_words(self) -> str:
        """What a percentile is."""
        if self.normal:
            return gettext("% of a normal distribution with the norm's mean and SD below the score")
        message = MEANINGS[self.meaning or "midpoint"]
        meaning = gettext(message)
        if self.between == "linear":
            return gettext("{meaning}, linear between scores of the table", meaning=meaning)
        return meaning
