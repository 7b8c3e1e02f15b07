"""How hidden numbers are printed, and p: by the side of the usual levels on which it lies for all numbers printed as these.

Belongs here: the largest and the smallest p of rounded means, SDs and numbers of people. Does not belong here: which means
are printed (values.py).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dagster_project.results import ResultRow

#: How a hidden number is printed.
MARK = "*"
#: The levels that p is compared with: a p from rounded numbers is none, but on which side of these it lies may be certain.
_LEVELS = (0.001, 0.01, 0.05)
_UNCERTAIN = "the rounded numbers do not tell on which side of .05 p lies"


@dataclass(frozen=True)
class Moments:
    """A mean and an SD as printed, with the smallest and largest number of people that they may be of."""

    mean: float
    sd: float
    low_n: float
    high_n: float
    decimals: int

    @property
    def half_unit(self) -> float:
        return 0.5 * 10.0**-self.decimals

    def variance(self, *, is_largest: bool) -> float:
        """The variance of the mean, at its largest or smallest."""
        if is_largest:
            return (self.sd + self.half_unit) ** 2 / max(2.0, self.low_n)
        return max(self.sd - self.half_unit, self.half_unit / 10) ** 2 / self.high_n


def number_of(text: str) -> float:
    """The number that is printed as this."""
    return float(text.replace("−", "-"))


def decimals_of(text: str) -> int:
    """With how many decimals a number is printed."""
    return len(text.partition(".")[2])


def bracket(row: ResultRow, largest: float, smallest: float) -> ResultRow:
    """The row of a p that lies between these."""
    for level in _LEVELS:
        if largest < level:
            return replace(row, value=level, printed=f"< {level:g}".replace("0.", "."), note=f"below {level:g}")
    if smallest >= _LEVELS[-1]:
        return replace(row, value=_LEVELS[-1], printed="≥ .05", note="0.05 or above")
    return replace(row, value=None, printed="—", note=_UNCERTAIN)


def bracketed_row(
    row: ResultRow, moments: Sequence[Moments], norms: Sequence[tuple[float, float, int | None]] = ()
) -> ResultRow:
    """The p of Welch's test of a difference of two means, or of a mean from a norm (mean, SD, n or None), whatever the
    degrees of freedom: they lie between those of the smaller sample and those of both."""
    # SciPy takes a fifth of a second to come, and only some studies compare.
    from scipy.stats import t as t_distribution

    first = moments[0]
    reference_mean = moments[1].mean if len(moments) > 1 else norms[0][0]
    half_width = sum(entry.half_unit for entry in moments)
    difference = abs(first.mean - reference_mean)
    largest_variance, smallest_variance = (
        sum(entry.variance(is_largest=is_largest) for entry in moments) for is_largest in (True, False)
    )
    sizes = [(entry.low_n, entry.high_n) for entry in moments]
    for _, sd, n in norms:
        largest_variance, smallest_variance = (
            value + (sd**2 / n if n else 0.0) for value in (largest_variance, smallest_variance)
        )
        sizes += [(float(n), float(n))] if n else []
    df_low, df_high = max(1.0, min(low for low, _ in sizes) - 1), sum(high - 1 for _, high in sizes)
    largest = 2 * t_distribution.sf(max(0.0, difference - half_width) / math.sqrt(largest_variance), df_low)
    smallest = 2 * t_distribution.sf((difference + half_width) / math.sqrt(smallest_variance), df_high)
    method = f"{row.method.removesuffix(', two-sided')}, two-sided, for all numbers that are printed as these"
    return bracket(replace(row, method=method, df=None), float(largest), float(smallest))
