"""Findings as text and as rows of results.findings. Belongs here: their wording and columns. Does not belong here: rules."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypedDict

from dagster_project.audit.coverage import NumberCheck
from dagster_project.audit.findings import NOTE, SEVERITIES, Finding
from dagster_project.audit.repairs import RowFinding
from dagster_project.markdown import markdown_table
from dagster_project.table_spec import ColumnSpec, TableSpec

FINDINGS_TABLE = TableSpec(
    schema="results",
    name="findings",
    key=(),
    description="What the audit found in our own results and in the published tables.",
    columns=(
        ColumnSpec("subject", "text", "What was audited: results (our own) or published (the paper's table)."),
        ColumnSpec("line", "whole", "The line of the file of published values."),
        ColumnSpec("result_id", "text", "The result, of our own."),
        ColumnSpec("table", "text", "The published table, or the analysis."),
        ColumnSpec("section", "text", "The heading above the row."),
        ColumnSpec("label", "text", "The row's label."),
        ColumnSpec("timepoint", "text", "The wave or contrast."),
        ColumnSpec("statistic", "text", "The statistic."),
        ColumnSpec("printed", "text", "The number as printed."),
        ColumnSpec("rule", "text", "The rule that it breaks."),
        ColumnSpec("severity", "text", "impossible, inconsistent, not reproducible, or note."),
        ColumnSpec("arithmetic", "text", "Why, so that it can be followed by hand."),
        ColumnSpec(
            "slack",
            "number",
            "Distance of the nearest fitting value beyond what rounding allows, in the number's unit.",
        ),
    ),
)


class FindingRow(TypedDict):
    """A row of results.findings, and of the CSV of `wavehouse audit`; its columns are described in FINDINGS_TABLE."""

    subject: str
    line: int | None
    result_id: str | None
    table: str
    section: str
    label: str
    timepoint: str
    statistic: str
    printed: str
    rule: str
    severity: str
    arithmetic: str
    slack: float | None


def finding_row(finding: Finding, subject: str, result_id: str | None = None) -> FindingRow:
    """A finding in the columns of FINDINGS_TABLE."""
    value = finding.value
    return {
        "subject": subject, "line": value.line or None, "result_id": result_id, "table": value.table,
        "section": value.section, "label": value.label, "timepoint": value.timepoint, "statistic": value.statistic,
        "printed": value.printed, "rule": finding.rule, "severity": finding.severity, "arithmetic": finding.arithmetic,
        "slack": finding.slack,
    }  # fmt: skip


def finding_lines(
    rows: Sequence[RowFinding], *, with_notes: bool, positions: Mapping[int, str] = MappingProxyType({})
) -> list[str]:
    """Findings for the terminal, by severity, a line a row: location, printed number, arithmetic, the repair that fits.
    positions: where numbers stand, by their line; else the line of the file. Notes that a declared design would decide are
    always among them."""
    lines = []
    for severity in SEVERITIES:
        matches = [row for row in rows if row.finding.severity == severity]
        if severity == NOTE and not with_notes:
            matches = [row for row in matches if row.finding.is_open]
        if not matches:
            continue
        lines.append(f"{severity}:")
        for row in matches:
            finding, value = row.finding, row.finding.value
            position = positions.get(value.line, f"line {value.line}")
            parts: tuple[str, ...] = (value.table and f"table {value.table}", value.section, value.label, value.timepoint)
            if value.line in positions:
                parts = (value.section, value.timepoint)
            location = ", ".join(dict.fromkeys(part for part in parts if part))
            slack = f", slack {finding.slack:.2g}" if finding.slack is not None else ""
            also = ", ".join(
                f"{further_finding.value.statistic} {further_finding.value.printed}" for further_finding in row.further
            )
            lines.append(
                f"  {position} ({location}, {value.statistic} {value.printed}): {finding.arithmetic}"
                + (f"; also {also}" if also else "")
                + (f"; {row.repair}" if row.repair else "")
                + f" [{finding.rule}{slack}]"
            )
    return lines


def audit_json(
    rows: Sequence[RowFinding], checks: Sequence[NumberCheck], positions: Mapping[int, str] = MappingProxyType({})
) -> str:
    """The whole answer: findings, with the row's others and the repair, and each number with the rules that checked it."""
    findings = [
        finding_row(row.finding, "published")
        | {"place": positions.get(row.finding.value.line)}
        | {"repair": row.repair or None, "also": [finding_row(finding, "published") for finding in row.further]}
        for row in rows
    ]
    numbers = [
        {
            "line": check.value.line, "place": positions.get(check.value.line), "table": check.value.table,
            "section": check.value.section, "label": check.value.label,
            "timepoint": check.value.timepoint, "statistic": check.value.statistic, "printed": check.value.printed,
            "rules": check.rules, "reason": check.reason or None,
        }
        for check in checks
    ]  # fmt: skip
    n_checked = sum(bool(check.rules) for check in checks)
    return json.dumps(
        {"numbers": len(checks), "checked": n_checked, "findings": findings, "cells": numbers}, indent=1, ensure_ascii=False
    )


def finding_summary(findings: Iterable[Finding], numbers: int, unchecked: int = 0) -> str:
    """The number of findings of each severity, and of the checked and unchecked numbers."""
    counts = Counter(finding.severity for finding in findings)
    counts_text = ", ".join(f"{counts[severity]} {severity}" for severity in SEVERITIES if severity != NOTE)
    numbers_text = f"{_plural(numbers, 'printed number')}" + (f" and {unchecked} not checked" if unchecked else "")
    return f"{numbers_text}: {counts_text}, {_plural(counts[NOTE], 'note')}"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def findings_markdown(rows: Sequence[FindingRow]) -> str:
    """Rows of results.findings as a Markdown table."""
    if not rows:
        return "No findings."
    cells = [
        (
            ", ".join(filter(None, (row["table"], row["label"], row["timepoint"], row["statistic"]))),
            row["printed"],
            row["severity"],
            row["arithmetic"],
        )
        for row in rows
    ]
    return markdown_table(("where", "printed", "severity", "arithmetic"), cells)
