"""The audit of a table as one page that stands by itself: its cells marked, the arithmetic on a click.

Belongs here: the page. Does not belong here: what was found (table.py), why a number was not checked (coverage.py).
"""

from collections.abc import Mapping, Sequence
from html import escape
from types import MappingProxyType

from dagster_project.audit.coverage import NumberCheck, coverage_lines
from dagster_project.audit.findings import NOTE, SEVERITIES, Finding
from dagster_project.audit.repairs import RowFinding
from dagster_project.results.published import PublishedValue

#: Marks that do not rest on colour alone.
_MARKS = {"impossible": "✕", "inconsistent": "≠", "not reproducible": "?", NOTE: "i"}
_STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.45 system-ui, sans-serif; color: #1b1b1b; margin: 0 auto; max-width: 76rem; padding: 1rem; }
h1 { font-size: 1.4rem; margin: 0 0 .3rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem; }
.wide { overflow-x: auto; border: 1px solid #c9c9c9; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
th, td { border-bottom: 1px solid #e2e2e2; padding: .25rem .55rem; text-align: left; vertical-align: top; }
thead th { background: #f2f2f2; white-space: nowrap; }
tbody th { font-weight: 500; min-width: 7rem; }
summary { cursor: pointer; list-style: none; white-space: nowrap; } summary::-webkit-details-marker { display: none; }
details p { margin: .3rem 0 0; width: 17rem; max-width: 55vw; white-space: normal; font-size: .85rem; }
.impossible summary, b.impossible { background: #b3001b; color: #fff; padding: 0 .3rem; }
.inconsistent summary, b.inconsistent { background: #ffd6a8; padding: 0 .3rem; }
.not-reproducible summary, b.not-reproducible { background: #fff3a8; padding: 0 .3rem; }
.note summary, b.note { border-bottom: 2px solid #1f5fa8; }
.unchecked summary { color: #6a6a6a; font-style: italic; }
.legend span { display: inline-block; margin: 0 .8rem .3rem 0; }
li { margin-bottom: .5rem; } .where { font-weight: 600; }
"""


def html_page(
    name: str,
    checks: Sequence[NumberCheck],
    rows: Sequence[RowFinding],
    summary: str,
    positions: Mapping[int, str] = MappingProxyType({}),
) -> str:
    """name: of the table's file. summary: the line of counts. positions: where numbers stand in it, by their line."""
    by_value = {finding.value: finding for row in reversed(rows) for finding in (*reversed(row.further), row.finding)}
    parts = [
        "<!doctype html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">', f"<title>Audit of {escape(name)}</title>",
        f"<style>{_STYLE}</style>", "</head>", "<body>", f"<h1>Audit of {escape(name)}</h1>", f"<p>{escape(summary)}.</p>",
        _legend(), *_findings(rows, positions), "<h2>The table</h2>",
        "<p>A click on a number opens the arithmetic, the rules that checked it, or why none did.</p>",
        *_tables(checks, by_value, positions), "<h2>What was checked</h2>", *_coverage(checks), "</body>", "</html>",
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def _legend() -> str:
    marks = "".join(
        f'<span><b class="{_class(severity)}">{_MARKS[severity]}</b> {severity}</span>' for severity in SEVERITIES
    )
    return f'<p class="legend">{marks}<span><i>grey</i> not checked</span></p>'


def _class(severity: str) -> str:
    return severity.replace(" ", "-")


def _findings(rows: Sequence[RowFinding], positions: Mapping[int, str]) -> list[str]:
    grave = [row for row in rows if row.finding.severity != NOTE]
    if not grave:
        return ["<h2>Findings</h2>", "<p>No finding above a note.</p>"]
    items = [
        f'<li><span class="where">{escape(_location(row.finding.value, positions))}</span>'
        f" ({row.finding.severity}): {escape(_words(row))}</li>"
        for row in sorted(grave, key=lambda row: SEVERITIES.index(row.finding.severity))
    ]
    return ["<h2>Findings</h2>", "<ol>", *items, "</ol>"]


def _location(value: PublishedValue, positions: Mapping[int, str]) -> str:
    parts: tuple[str, ...] = (value.section, value.label, value.timepoint, f"{value.statistic} {value.printed}")
    if value.line in positions:
        parts = (positions[value.line], *parts[2:])
    return ", ".join(part for part in parts if part)


def _words(row: RowFinding) -> str:
    also = ", ".join(dict.fromkeys(finding.value.statistic for finding in row.further))
    return row.finding.arithmetic + (f"; also {also}" if also else "") + (f"; {row.repair}" if row.repair else "")


def _tables(
    checks: Sequence[NumberCheck], by_value: dict[PublishedValue, Finding], positions: Mapping[int, str]
) -> list[str]:
    """A row a score and moment, a column a statistic, for each table of the file."""
    parts: list[str] = []
    for table in dict.fromkeys(check.value.table for check in checks):
        of_table = [check for check in checks if check.value.table == table]
        statistics = list(dict.fromkeys(check.value.statistic for check in of_table))
        rows: dict[tuple[str, str, str], dict[str, list[NumberCheck]]] = {}
        for check in of_table:
            value = check.value
            row = rows.setdefault((value.section, value.label, value.timepoint), {})
            row.setdefault(value.statistic, []).append(check)
        heads = "".join(f"<th>{escape(head)}</th>" for head in ("row", "moment", *statistics))
        parts += [
            f"<h3>Table {escape(table)}</h3>" if table else "",
            '<div class="wide"><table>',
            f"<thead><tr>{heads}</tr></thead>",
            "<tbody>",
        ]
        for (section, label, moment), cells in rows.items():
            name = f"{section}: {label}" if section else label
            numbers = "".join(
                f"<td>{''.join(_cell(c, by_value, positions) for c in cells.get(s, ()))}</td>" for s in statistics
            )
            parts.append(f"<tr><th>{escape(name)}</th><td>{escape(moment)}</td>{numbers}</tr>")
        parts += ["</tbody>", "</table></div>"]
    return parts


def _cell(check: NumberCheck, by_value: dict[PublishedValue, Finding], positions: Mapping[int, str]) -> str:
    finding = by_value.get(check.value)
    rules = f"Checked by {', '.join(check.rules)}." if check.rules else f"Not checked: {check.reason}."
    style = _class(finding.severity) if finding else "checked" if check.rules else "unchecked"
    mark = f" {_MARKS[finding.severity]}" if finding else ""
    words = f"<p>{finding.severity}: {escape(finding.arithmetic)}</p>" if finding else ""
    summary = f"<summary>{escape(check.value.printed)}{mark}</summary>"
    position = f"<p>{escape(positions[check.value.line])}</p>" if check.value.line in positions else ""
    return f'<details class="{style}">{summary}{words}<p>{escape(rules)}</p>{position}</details>'


def _coverage(checks: Sequence[NumberCheck]) -> list[str]:
    first, *reasons = coverage_lines(checks)
    return [f"<p>{escape(first)}</p>", "<ul>", *(f"<li>{escape(line.strip())}</li>" for line in reasons), "</ul>"]
