"""Closed intervals of numbers, for arithmetic with rounding slack.

Belongs here: the interval and its arithmetic. Does not belong here: rules.

A printed number stands for all values that print like it, so every rule computes with intervals and reports only those that
do not overlap.
"""

import math
from dataclasses import dataclass

from dagster_project.results.rounding import printed_decimals, printed_interval, read_printed

#: Tolerance for floating-point error; far below any printed precision.
_TINY = 1e-9


@dataclass(frozen=True)
class Interval:
    """All numbers from low to high; empty when low is above high."""

    low: float
    high: float

    @classmethod
    def from_text(cls, text: str, *, may_be_cut: bool = False, is_cut: bool = False, is_p: bool = False) -> "Interval":
        """The values that print as this text when rounded; with `may_be_cut` also those that give it when further digits
        are cut off: 0.0 then stands for -0.09 to 0.09. '< .001' stands for everything below, but not below 0 for a p, and
        '>' likewise."""
        stripped = text.strip()
        if stripped.startswith(("<", "≤")):
            return cls(0.0 if is_p else float("-inf"), float(read_printed(stripped[1:])) + _TINY)
        if stripped.startswith((">", "≥")):
            return cls(float(read_printed(stripped[1:])) - _TINY, 1.0 if is_p else float("inf"))
        low, high = printed_interval(stripped)
        if may_be_cut or is_cut:
            number, unit = float(read_printed(stripped)), 10.0 ** -printed_decimals(stripped)
            inner = (number, number) if is_cut else (low, high)
            low, high = (inner[0] if number > 0 else number - unit), (number + unit if number >= 0 else inner[1])
        slack = _TINY * max(1.0, abs(low), abs(high))
        return cls(low - slack, high + slack)

    @property
    def is_empty(self) -> bool:
        return self.low > self.high

    @property
    def is_bounded(self) -> bool:
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def has_end(self) -> bool:
        return math.isfinite(self.low) or math.isfinite(self.high)

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2

    def intersection(self, interval: "Interval") -> "Interval":
        return Interval(max(self.low, interval.low), min(self.high, interval.high))

    def is_disjoint(self, interval: "Interval") -> bool:
        return self.intersection(interval).is_empty

    def gap(self, interval: "Interval") -> float:
        """The distance between two intervals; 0 where they overlap."""
        return max(0.0, self.low - interval.high, interval.low - self.high)

    def plus(self, addend: "Interval") -> "Interval":
        return Interval(self.low + addend.low, self.high + addend.high)

    def minus(self, subtrahend: "Interval") -> "Interval":
        return Interval(self.low - subtrahend.high, self.high - subtrahend.low)

    def times(self, factor: float) -> "Interval":
        """Multiplied by a factor that is not negative."""
        return Interval(self.low * factor, self.high * factor)

    def mirrored(self) -> "Interval":
        return Interval(-self.high, -self.low)

    def divided_by(self, divisor: "Interval") -> "Interval":
        """Divided by an interval of positive numbers; unbounded where the divisor includes zero."""
        if divisor.low <= 0:
            return Interval(float("-inf"), float("inf"))
        ends = [self.low / divisor.low, self.low / divisor.high, self.high / divisor.low, self.high / divisor.high]
        return Interval(min(ends), max(ends))

    @property
    def absolute(self) -> "Interval":
        """The interval of absolute values."""
        return Interval(self.min_absolute, self.max_absolute)

    @property
    def min_absolute(self) -> float:
        """The smallest absolute value."""
        return 0.0 if self.low <= 0 <= self.high else min(abs(self.low), abs(self.high))

    @property
    def max_absolute(self) -> float:
        return max(abs(self.low), abs(self.high))

    def __str__(self) -> str:
        low, high = f"{self.low:.4g}", f"{self.high:.4g}"
        if math.isinf(self.high) and math.isfinite(self.low):
            return f"{low} or more"
        return low if low == high else f"{low} to {high}"


UNBOUNDED = Interval(float("-inf"), float("inf"))
