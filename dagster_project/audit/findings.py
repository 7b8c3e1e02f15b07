"""What the auditor says of one printed number, and the number with the values it may stand for. Rules do not belong here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dagster_project.audit.intervals import Interval
from dagster_project.results.published import PublishedValue

IMPOSSIBLE, INCONSISTENT, NOT_REPRODUCIBLE, NOTE = "impossible", "inconsistent", "not reproducible", "note"
#: From the gravest on. impossible: arithmetic forbids it for any data of the declared design, or of any design.
#: inconsistent: printed numbers disagree, and a practice that is named, or a slip against the table's other rows, would
#: explain it. not reproducible: it does not follow from what is printed. note: a reader should know.
SEVERITIES = (IMPOSSIBLE, INCONSISTENT, NOT_REPRODUCIBLE, NOTE)


@dataclass(frozen=True)
class TableCell:
    """A printed number and the interval of values that it may stand for."""

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
    """A printed number that does not go with the others.

    arithmetic: can be followed by hand. slack: how far the nearest value that would go lies beyond what rounding allows, in
    the number's own unit; None where no distance makes sense.
    """

    value: PublishedValue
    rule: str
    arithmetic: str
    severity: str = IMPOSSIBLE
    slack: float | None = None

    def softened(self, severity: str, words: str) -> "Finding":
        """The same with a milder word, and why."""
        return replace(self, severity=severity, arithmetic=f"{self.arithmetic}; {words}")
