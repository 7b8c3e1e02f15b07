"""The auditor: arithmetic that any results table must obey.

Belongs here: rules over printed numbers and instruments, each finding with its arithmetic. Does not belong here: opinions
on how a study was done, comparison with the warehouse (results/).
"""

from dagster_project.audit.effects import DEFINITIONS
from dagster_project.audit.engine import ScaleFacts, audit_cells, audit_table
from dagster_project.audit.findings import IMPOSSIBLE, INCONSISTENT, NOT_REPRODUCIBLE, NOTE, SEVERITIES, Cell, Finding
from dagster_project.audit.intervals import Interval
from dagster_project.audit.own import audit_results
from dagster_project.audit.published import audit_published, facts_of, find_impossible
from dagster_project.audit.read import read_table, unknown_statistics
from dagster_project.audit.report import FINDINGS_COLUMNS, finding_lines, finding_row, finding_summary, findings_markdown

__all__ = [
    "DEFINITIONS",
    "FINDINGS_COLUMNS",
    "IMPOSSIBLE",
    "INCONSISTENT",
    "NOTE",
    "NOT_REPRODUCIBLE",
    "SEVERITIES",
    "Cell",
    "Finding",
    "Interval",
    "ScaleFacts",
    "audit_cells",
    "audit_published",
    "audit_results",
    "audit_table",
    "facts_of",
    "find_impossible",
    "finding_lines",
    "finding_row",
    "finding_summary",
    "findings_markdown",
    "read_table",
    "unknown_statistics",
]
