"""A table's cell and a finding on it. Belongs here: both, and severities. Does not belong here: rules."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dagster_project.audit.intervals import Interval
from dagster_project.results.published import PublishedValue

IMPOSSIBLE, INCONSISTENT, NOT_REPRODUCIBLE, NOTE = "impossible", "inconsistent", "not reproducible", "note"
#: The most severe first. impossible: no data of the declared design, or of any design, can give it. inconsistent: printed
#: numbers disagree, and a named practice, or a slip against the table's other rows, would explain it. not reproducible: it
#: does not follow from what is printed. note: information for the reader.
SEVERITIES = (IMPOSSIBLE, INCONSISTENT, NOT_REPRODUCIBLE, NOTE)


@dataclass(frozen=True)
class TableCell:
    """A printed number and the interval of values that print like it."""

    value: PublishedValue
    interval: Interval

    @property
    def text(self) -> str:
        return self.value.printed

    @property
    def percent_text(self) -> str:
        """A percentage as printed, with one percent sign."""
        return f"{self.value.printed.rstrip(' %')} %"

    @property
    def number(self) -> float:
        return self.value.value


#: The cells of one row and moment, by statistic.
RowCells = Mapping[str, TableCell]


@dataclass(frozen=True)
class Finding:
    """A printed number that does not fit the others.

    arithmetic: the reason, so that it can be followed by hand. slack: the distance of the nearest fitting value beyond what
    rounding allows, in the number's unit; None where no distance makes sense. is_open: declaring the design decides it.
    """

    value: PublishedValue
    rule: str
    arithmetic: str
    severity: str = IMPOSSIBLE
    slack: float | None = None
    is_open: bool = False

    def softened(self, severity: str, reason: str) -> "Finding":
        """The same finding with a milder severity, and the reason."""
        return replace(self, severity=severity, arithmetic=f"{self.arithmetic}; {reason}")
