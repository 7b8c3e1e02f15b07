"""Changes of an undeclared design, judged by the table's other changes.

Belongs here: how the fit of other rows changes a finding's severity. Does not belong here: a rule (pairs.py).
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from dagster_project.audit.findings import INCONSISTENT, NOT_REPRODUCIBLE, NOTE, Finding
from dagster_project.audit.pairs import RuleOutcome

#: A rule's misfits are inconsistent when at least this many of the table's other changes, and this share of them, fit it.
_MIN_FITTING_ROWS, _MIN_FITTING_SHARE = 3, 0.75
_UNREPRODUCED = (
    "not reproducible from what is printed as a paired t test, two groups or at 90, 95 or 99 %; an adjusted p, another"
    " test or a bootstrap interval could explain it"
)


def judge_undeclared(outcomes_by_change: Sequence[Sequence[RuleOutcome]], *, with_notes: bool) -> Iterator[Finding]:
    """Findings on changes of an undeclared design: a note where another design would give the number; otherwise not
    reproducible, or inconsistent where most of the table's other changes fit a paired t test."""
    fitting_counts: Counter[str] = Counter()
    rule_counts: Counter[str] = Counter()
    for outcomes in outcomes_by_change:
        for rule in {outcome.rule: None for outcome in outcomes}:
            rule_counts[rule] += 1
            fitting_counts[rule] += not any(outcome.findings for outcome in outcomes if outcome.rule == rule)
    excused_findings: dict[str, list[Finding]] = {}
    for outcomes in outcomes_by_change:
        for outcome in outcomes:
            n_others, n_fitting = rule_counts[outcome.rule] - 1, fitting_counts[outcome.rule]
            is_usual = n_fitting >= _MIN_FITTING_ROWS and n_fitting >= _MIN_FITTING_SHARE * n_others
            if outcome.findings and outcome.alternative_design:
                excused_findings.setdefault(outcome.alternative_design, []).extend(outcome.findings)
            for finding in () if outcome.alternative_design else outcome.findings:
                if is_usual:
                    rows_text = f"{n_fitting} of the table's {n_others + 1} changes"
                    reason = f"{rows_text} fit the same people and a paired t test at 95 %; this does not"
                    yield finding.softened(INCONSISTENT, reason)
                elif not outcome.only_if_usual:
                    yield finding.softened(NOT_REPRODUCIBLE, _UNREPRODUCED)
    for design, findings in excused_findings.items() if with_notes else ():
        first_finding = findings[0]
        yield first_finding.softened(
            NOTE,
            f"{design} would give it"
            + (f", and {len(findings) - 1} others" if len(findings) > 1 else "")
            + "; declare it with --design",
        )
