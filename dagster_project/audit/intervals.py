"""Closed intervals of numbers, for arithmetic with rounding slack.

Belongs here: the interval and what is done with it. Does not belong here: rules.

A printed number stands for all values that print like it, so every rule reckons with intervals and only speaks when they
cannot meet.
"""

from dataclasses import dataclass

from dagster_project.results.rounding import printed_interval

#: Guards against the last binary digit; far below any printed precision.
_TINY = 1e-9


@dataclass(frozen=True)
class Interval:
    """All numbers from low to high; empty when low is above high."""

    low: float
    high: float

    @classmethod
    def printed(cls, text: str) -> "Interval":
        """The values that print as this text."""
        low, high = printed_interval(text)
        return cls(low - _TINY, high + _TINY)

    @property
    def is_empty(self) -> bool:
        return self.low > self.high

    def meet(self, other: "Interval") -> "Interval":
        return Interval(max(self.low, other.low), min(self.high, other.high))

    def misses(self, other: "Interval") -> bool:
        return self.meet(other).is_empty

    def times(self, factor: float) -> "Interval":
        """Scaled by a factor that is not negative."""
        return Interval(self.low * factor, self.high * factor)

    @property
    def smallest_size(self) -> float:
        """The least absolute value in it."""
        return 0.0 if self.low <= 0 <= self.high else min(abs(self.low), abs(self.high))

    @property
    def largest_size(self) -> float:
        return max(abs(self.low), abs(self.high))

    def __str__(self) -> str:
        return f"{self.low:.4g} to {self.high:.4g}"
