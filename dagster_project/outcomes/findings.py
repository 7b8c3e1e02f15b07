"""The audit of our own results and of the published table, written as `results.findings`.

Belongs here: that table and its checks. Does not belong here: a rule (audit/).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from dagster_project.audit import (
    FINDINGS_TABLE,
    NOTE,
    SEVERITIES,
    Finding,
    FindingRow,
    audit_published,
    audit_results,
    finding_row,
)
from dagster_project.checks import Check
from dagster_project.outcomes.analyses import OUTCOME_NAMES
from dagster_project.outcomes.reproduction import published_values
from dagster_project.outcomes.store import read_results
from dagster_project.results import EXTENSIONS
from dagster_project.stamps import stamp
from dagster_project.study import Study
from dagster_project.warehouse import Warehouse, replace_table

AUDIT = "audit"


@dataclass(frozen=True)
class Audit:
    """own_findings: on our own results, each with the result's id. published_findings: on the published one. rows: both."""

    own_findings: Sequence[tuple[str, Finding]]
    published_findings: Sequence[Finding]
    rows: Sequence[FindingRow]

    @property
    def counts(self) -> dict[str, int]:
        """Findings on the published table by severity."""
        return {
            severity: sum(finding.severity == severity for finding in self.published_findings) for severity in SEVERITIES
        }


def audit_study(warehouse: Warehouse, study: Study, run_id: str) -> Audit:
    """Audit both and write what was found."""
    own_findings = list(audit_results(read_results(warehouse).values(), study))
    published_findings = audit_published(published_values(study), study)
    rows = [finding_row(finding, "results", result_id) for result_id, finding in own_findings]
    rows += [finding_row(finding, "published") for finding in published_findings]
    with warehouse.transaction() as connection:
        connection.execute("create schema if not exists results")
        replace_table(connection, "results", FINDINGS_TABLE.name, FINDINGS_TABLE.to_arrow(rows))
        stamp(connection, AUDIT, (EXTENSIONS, *OUTCOME_NAMES), study, run_id)
    return Audit(own_findings, published_findings, rows)


def audit_checks(audit: Audit) -> list[Check]:
    contradictions = [(result_id, finding) for result_id, finding in audit.own_findings if finding.severity != NOTE]
    message = "No result contradicts another."
    if contradictions:
        result_id, finding = contradictions[0]
        message = f"{len(contradictions)} results: {result_id}: {finding.arithmetic}"
    counts = audit.counts
    return [
        Check("own_results_agree", not contradictions, message),
        Check(
            "published_agree",
            not any(counts[severity] for severity in SEVERITIES if severity != NOTE),
            "published numbers: " + ", ".join(f"{count} {severity}" for severity, count in counts.items()),
            is_warning=True,
        ),
    ]
