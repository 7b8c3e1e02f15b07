"""Closed intervals of numbers, for arithmetic with rounding slack.

Belongs here: the interval and what is done with it. Does not belong here: rules.

A printed number stands for all values that print like it, so every rule reckons with intervals and only speaks when they
cannot meet.
"""

import math
from dataclasses import dataclass

from dagster_project.results.rounding import printed_decimals, printed_interval, read_printed

#: Guards against the last binary digit; far below any printed precision.
_TINY = 1e-9


@dataclass(frozen=True)
class Interval:
    """All numbers from low to high; empty when low is above high."""

    low: float
    high: float

    @classmethod
    def from_text(cls, text: str, *, may_be_cut: bool = False, is_p: bool = False) -> "Interval":
        """The values that print as this text when they are rounded; with `may_be_cut` also those that give it when the
        further digits are cut off: 0.0 is then what is left of -0.09 and of 0.09. '< .001' stands for everything below, of
        a p for what is left of it above 0, and '>' likewise."""
        stripped = text.strip()
        if stripped.startswith(("<", "≤")):
            return cls(0.0 if is_p else float("-inf"), float(read_printed(stripped[1:])) + _TINY)
        if stripped.startswith((">", "≥")):
            return cls(float(read_printed(stripped[1:])) - _TINY, 1.0 if is_p else float("inf"))
        low, high = printed_interval(stripped)
        if may_be_cut:
            number, unit = float(read_printed(stripped)), 10.0 ** -printed_decimals(stripped)
            low, high = (low if number > 0 else number - unit), (number + unit if number >= 0 else high)
        slack = _TINY * max(1.0, abs(low), abs(high))
        return cls(low - slack, high + slack)

    @property
    def is_empty(self) -> bool:
        return self.low > self.high

    @property
    def is_bounded(self) -> bool:
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2

    def intersection(self, interval: "Interval") -> "Interval":
        return Interval(max(self.low, interval.low), min(self.high, interval.high))

    def is_disjoint(self, interval: "Interval") -> bool:
        return self.intersection(interval).is_empty

    def gap(self, interval: "Interval") -> float:
        """How far apart two intervals are; 0 where they meet."""
        return max(0.0, self.low - interval.high, interval.low - self.high)

    def plus(self, addend: "Interval") -> "Interval":
        return Interval(self.low + addend.low, self.high + addend.high)

    def minus(self, subtrahend: "Interval") -> "Interval":
        return Interval(self.low - subtrahend.high, self.high - subtrahend.low)

    def times(self, factor: float) -> "Interval":
        """Scaled by a factor that is not negative."""
        return Interval(self.low * factor, self.high * factor)

    def mirrored(self) -> "Interval":
        return Interval(-self.high, -self.low)

    def divided_by(self, divisor: "Interval") -> "Interval":
        """Divided by an interval of positive numbers; without bounds where that reaches zero."""
        if divisor.low <= 0:
            return Interval(float("-inf"), float("inf"))
        ends = [self.low / divisor.low, self.low / divisor.high, self.high / divisor.low, self.high / divisor.high]
        return Interval(min(ends), max(ends))

    @property
    def size(self) -> "Interval":
        """The absolute values in it."""
        return Interval(self.smallest_size, self.largest_size)

    @property
    def smallest_size(self) -> float:
        """The least absolute value in it."""
        return 0.0 if self.low <= 0 <= self.high else min(abs(self.low), abs(self.high))

    @property
    def largest_size(self) -> float:
        return max(abs(self.low), abs(self.high))

    def __str__(self) -> str:
        low, high = f"{self.low:.4g}", f"{self.high:.4g}"
        return low if low == high else f"{low} to {high}"


UNBOUNDED = Interval(float("-inf"), float("inf"))
