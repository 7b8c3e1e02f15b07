"""The auditor: arithmetic that any results table must obey.

Belongs here: rules over printed numbers and instruments, each finding with its arithmetic. Does not belong here: opinions
on how a study was done, comparison with a published table (results/).
"""

from dagster_project.audit.any_table import AnyTable, read_any_table
from dagster_project.audit.assumptions import Assumptions, ScaleFacts
from dagster_project.audit.coverage import NumberCheck, coverage_lines, number_checks
from dagster_project.audit.designs import DESIGNS, GROUPS, MODEL, OTHER_DESIGN, PAIRED, PRACTICES, Design
from dagster_project.audit.effects import EFFECT_SIZE_DEFINITIONS
from dagster_project.audit.engine import audit_cells, audit_table, examine_table
from dagster_project.audit.findings import IMPOSSIBLE, INCONSISTENT, NOT_REPRODUCIBLE, NOTE, SEVERITIES, Finding, TableCell
from dagster_project.audit.html_page import html_page
from dagster_project.audit.intervals import Interval
from dagster_project.audit.own_results import audit_results
from dagster_project.audit.paper import Answers
from dagster_project.audit.published import audit_published, facts_by_label, impossible_numbers, match_facts
from dagster_project.audit.read import ReadTable, read_table, unknown_statistics
from dagster_project.audit.recompute import Mismatch, definitions_in, recompute_sample
from dagster_project.audit.repairs import RowFinding, row_findings
from dagster_project.audit.report import (
    FINDINGS_TABLE,
    FindingRow,
    audit_json,
    finding_lines,
    finding_row,
    finding_summary,
    findings_markdown,
)
from dagster_project.audit.student import LEVELS

__all__ = [
    "DESIGNS",
    "EFFECT_SIZE_DEFINITIONS",
    "FINDINGS_TABLE",
    "GROUPS",
    "IMPOSSIBLE",
    "INCONSISTENT",
    "LEVELS",
    "MODEL",
    "NOTE",
    "NOT_REPRODUCIBLE",
    "OTHER_DESIGN",
    "PAIRED",
    "PRACTICES",
    "SEVERITIES",
    "Answers",
    "AnyTable",
    "Assumptions",
    "Design",
    "Finding",
    "FindingRow",
    "Interval",
    "Mismatch",
    "NumberCheck",
    "ReadTable",
    "RowFinding",
    "ScaleFacts",
    "TableCell",
    "audit_cells",
    "audit_json",
    "audit_published",
    "audit_results",
    "audit_table",
    "coverage_lines",
    "definitions_in",
    "examine_table",
    "facts_by_label",
    "finding_lines",
    "finding_row",
    "finding_summary",
    "findings_markdown",
    "html_page",
    "impossible_numbers",
    "match_facts",
    "number_checks",
    "read_any_table",
    "read_table",
    "recompute_sample",
    "row_findings",
    "unknown_statistics",
]
