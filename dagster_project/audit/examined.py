"""The whole answer about a table: what was found, and by which rules each number was checked.

Belongs here: gathering outcomes. Does not belong here: a rule, words for people (report.py), why a number was not checked
(coverage.py).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dagster_project.audit.findings import NOTE, SEVERITIES, Finding
from dagster_project.audit.outcome import Outcome
from dagster_project.results.published import PublishedValue


@dataclass
class Examined:
    """findings: in the table's order. rules: of each number, the names of those that it was compared by. consistency: how
    many comparisons fit beyond accident, less those that do not, whatever becomes of them."""

    findings: list[Finding] = field(default_factory=list)
    rules: dict[PublishedValue, set[str]] = field(default_factory=dict)
    consistency: int = 0

    def note_outcomes(self, outcomes: Iterable[Outcome]) -> None:
        """Which numbers the outcomes compare."""
        for outcome in outcomes:
            for cell in outcome.cells:
                self.rules.setdefault(cell.value, set()).add(outcome.habit.split(" ")[0])

    def add(self, findings: Iterable[Finding]) -> None:
        self.findings += findings

    def plain(self, outcomes: Iterable[Outcome]) -> None:
        """Outcomes whose findings are final."""
        outcomes = list(outcomes)
        self.note_outcomes(outcomes)
        self.consistency += sum(outcome.is_sharp and not outcome.findings for outcome in outcomes)
        self.consistency -= sum(finding.severity != NOTE for outcome in outcomes for finding in outcome.findings)
        self.add(finding for outcome in outcomes for finding in outcome.findings)

    def sound(self, outcomes: Iterable[Outcome]) -> list[Outcome]:
        """Outcomes that compare no number that is blamed already."""
        blamed_values = {finding.value for finding in self.findings if finding.severity != NOTE}
        return [outcome for outcome in outcomes if not blamed_values & {cell.value for cell in outcome.cells}]

    def in_order(self) -> "Examined":
        self.findings.sort(key=lambda finding: (finding.value.line, SEVERITIES.index(finding.severity)))
        return self

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)
