"""The whole answer about a table: what was found, and by which rules each number was checked.

Belongs here: gathering outcomes. Does not belong here: a rule, words for people (report.py), why a number was not checked
(coverage.py).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dagster_project.audit.designs import UNDECLARED, Design
from dagster_project.audit.findings import NOTE, SEVERITIES, Finding
from dagster_project.audit.outcome import Outcome
from dagster_project.results.published import PublishedValue

#: Rules whose notes are misfits that another practice excuses.
_TELLING_NOTES = ("percent_of_count", "percent_of_people")


@dataclass
class Examined:
    """findings: in the table's order. rules: of each number, the names of those that it was compared by. comparisons: by
    what is judged, then by design, of each number 1 where it fits beyond accident, -1 where it does not fit, else 0,
    whatever becomes of it."""

    findings: list[Finding] = field(default_factory=list)
    rules: dict[PublishedValue, set[str]] = field(default_factory=dict)
    comparisons: dict[tuple[str, str], dict[Design, dict[PublishedValue, int]]] = field(default_factory=dict)

    @property
    def consistency(self) -> int:
        """How many comparisons fit beyond accident, less those that do not, each by the design that fits best."""
        return sum(max(sum(fits.values()) for fits in by_design.values()) for by_design in self.comparisons.values())

    def only_fits(self, examined: "Examined") -> int:
        """How many numbers fit here and not in the other, by the design that fits best in both."""
        numbers = set()
        for key, by_design in self.comparisons.items():
            other_designs = examined.comparisons.get(key, {})
            merits = {
                design: sum(fits.values()) + sum(other_designs.get(design, {}).values())
                for design, fits in by_design.items()
            }
            best = max(merits, key=merits.__getitem__)
            if key[1] in _TELLING_NOTES and merits[best] <= 0:
                continue  # of weighted people, a few fit by accident
            numbers |= {
                value for value, fit in by_design[best].items() if fit >= 0 and other_designs.get(best, {}).get(value, 0) < 0
            }
        return len(numbers)

    def note_fits(self, fits: Iterable[tuple[tuple[str, str], Design, PublishedValue, int]]) -> None:
        for key, design, value, fit in fits:
            by_value = self.comparisons.setdefault(key, {}).setdefault(design, {})
            by_value[value] = fit if by_value.get(value, 0) >= 0 else -1

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
        for outcome in outcomes:
            key = ("", outcome.habit)
            misfits = [
                finding for finding in outcome.findings if finding.severity != NOTE or outcome.habit in _TELLING_NOTES
            ]
            self.note_fits((key, UNDECLARED, finding.value, -1) for finding in misfits)
            is_fit = outcome.is_sharp and not outcome.findings
            cells = outcome.cells if not misfits else ()
            self.note_fits((key, UNDECLARED, cell.value, int(is_fit and number == 0)) for number, cell in enumerate(cells))
        self.add(finding for outcome in outcomes for finding in outcome.findings)

    def merge(self, examined: "Examined", table: str) -> None:
        """Another table's answer. What is judged is of each table by itself."""
        self.findings += examined.findings
        for value, rules in examined.rules.items():
            self.rules.setdefault(value, set()).update(rules)
        self.comparisons |= {(f"{table} {group}", habit): fits for (group, habit), fits in examined.comparisons.items()}

    def sound(self, outcomes: Iterable[Outcome]) -> list[Outcome]:
        """Outcomes that compare no number that is blamed already."""
        blamed_values = {finding.value for finding in self.findings if finding.severity != NOTE}
        return [outcome for outcome in outcomes if not blamed_values & {cell.value for cell in outcome.cells}]

    def in_order(self) -> "Examined":
        self.findings.sort(key=lambda finding: (finding.value.line, SEVERITIES.index(finding.severity)))
        return self

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)
