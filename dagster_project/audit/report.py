"""Findings as text and as rows of results.findings. Belongs here: their wording and columns. Does not belong here: rules."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from dagster_project.audit.findings import NOTE, SEVERITIES, Finding

#: Columns of results.findings: kind (text, whole or number) and description.
FINDINGS_COLUMNS = {
    "subject": ("text", "What was audited: results (our own) or published (the paper's table)."),
    "line": ("whole", "The line of the file of published values."),
    "result_id": ("text", "The result, of our own."),
    "table": ("text", "The published table, or the analysis."),
    "section": ("text", "The heading above the row."),
    "label": ("text", "The row's label."),
    "timepoint": ("text", "The wave or contrast."),
    "statistic": ("text", "The statistic."),
    "printed": ("text", "The number as printed."),
    "rule": ("text", "The rule that it breaks."),
    "severity": ("text", "impossible, inconsistent, not reproducible, or note."),
    "arithmetic": ("text", "Why, so that it can be followed by hand."),
    "slack": ("number", "Distance of the nearest fitting value beyond what rounding allows, in the number's unit."),
}


def finding_row(finding: Finding, subject: str, result_id: str | None = None) -> dict[str, Any]:
    """A finding in the columns of FINDINGS_COLUMNS."""
    value = finding.value
    return {
        "subject": subject, "line": value.line or None, "result_id": result_id, "table": value.table,
        "section": value.section, "label": value.label, "timepoint": value.timepoint, "statistic": value.statistic,
        "printed": value.printed, "rule": finding.rule, "severity": finding.severity, "arithmetic": finding.arithmetic,
        "slack": finding.slack,
    }  # fmt: skip


def finding_lines(findings: Sequence[Finding], *, with_notes: bool) -> list[str]:
    """Findings for the terminal, by severity, one line each: location, printed number and arithmetic."""
    lines = []
    for severity in SEVERITIES:
        matches = [finding for finding in findings if finding.severity == severity]
        if not matches or (severity == NOTE and not with_notes):
            continue
        lines.append(f"{severity}:")
        for finding in matches:
            value = finding.value
            parts = (value.table and f"table {value.table}", value.section, value.label, value.timepoint)
            location = ", ".join(dict.fromkeys(part for part in parts if part))
            slack = f", slack {finding.slack:.2g}" if finding.slack is not None else ""
            lines.append(
                f"  line {value.line} ({location}, {value.statistic} {value.printed}): {finding.arithmetic}"
                f" [{finding.rule}{slack}]"
            )
    return lines


def finding_summary(findings: Iterable[Finding], numbers: int, unchecked: int = 0) -> str:
    """The number of findings of each severity, and of the checked and unchecked numbers."""
    counts = Counter(finding.severity for finding in findings)
    counts_text = ", ".join(f"{counts[severity]} {severity}" for severity in SEVERITIES if severity != NOTE)
    numbers_text = f"{_plural(numbers, 'printed number')}" + (f" and {unchecked} not checked" if unchecked else "")
    return f"{numbers_text}: {counts_text}, {_plural(counts[NOTE], 'note')}"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def findings_markdown(rows: Sequence[dict[str, Any]]) -> str:
    """Rows of results.findings as a Markdown table."""
    if not rows:
        return "No findings."
    lines = ["| where | printed | severity | arithmetic |", "|---|---|---|---|"]
    for row in rows:
        location = ", ".join(str(row[name]) for name in ("table", "label", "timepoint", "statistic") if row[name])
        cells = (location, row["printed"], row["severity"], row["arithmetic"])
        lines.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)
