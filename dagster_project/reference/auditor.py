"""The page of the auditor: its rules and severities. Nothing else belongs here."""

import ast

from dagster_project.audit import DESIGNS, PRACTICES, Finding, audit_table, read_table
from dagster_project.audit.rule import Rule
from dagster_project.audit.rules import RULES
from dagster_project.places import PACKAGE
from dagster_project.reference.text import code, plain

#: How a rule gets its name: what is called, and where among its arguments the name stands.
_NAMED_BY = {"Finding": 1, "Rule": 0}
_INTRODUCTION = """# Rules of the auditor

`wavehouse audit TABLE.csv` asks these of every number of a table, and a run asks them of its own results before anything is
released. Each finding shows its arithmetic, and says how far the nearest fitting value lies beyond what rounding allows. The
command's page says [how a table is written and what the severities mean](commands.md#audit). Where a rule has an example,
the words of its finding are those that the auditor has for it."""


def page() -> str:
    parts = [_INTRODUCTION]
    for subject, rules in RULES.items():
        parts.append(f"## {subject}")
        parts += [_entry(rule) for rule in rules.values()]
    practices = [f"| {code(name)} | {plain(words)} |" for name, words in PRACTICES.items()]
    parts.append(
        "\n".join(["## Practices that can be declared", "", "| practice | what it says |", "|---|---|", *practices])
    )
    return "\n\n".join(parts) + "\n"


def _entry(rule: Rule) -> str:
    lines = [f"### {code(rule.name)}", "", plain(rule.statement), ""]
    facts = {"needs": rule.needs, "formula": rule.formula, "blames": rule.blames, "source": rule.source}
    finding = example_finding(rule)
    facts |= {"example": rule.example, "finding": f"{finding.value.printed}: {finding.arithmetic}"} if finding else {}
    rows = [f"| {name} | {plain(text)} |" for name, text in facts.items() if text]
    return "\n".join([*lines, "| | |", "|---|---|", *rows])


def example_finding(rule: Rule) -> Finding | None:
    """What the auditor finds by a rule in the rule's own example; None where a single row shows nothing."""
    if not rule.example:
        return None
    facts, _, cells = rule.example.rpartition(" | ")
    fact_words = dict(part.split() for part in facts.split(", ")) if facts else {}
    is_block = not any(word in cells for word in ("mean", "change", "sd", "p ", "chi2", "min", "max", "T1:", "T1-T2:"))
    is_block = is_block or "sum_of_squares" in cells or "mean_square" in cells
    lines = [",".join(("label", "timepoint", "statistic", "printed", *fact_words))]
    for part in cells.split("; "):
        name, numbers = part.split(": ")
        row = (name, "T1") if is_block else ("Score", name)
        lines += [",".join((*row, *number.split(), *fact_words.values())) for number in numbers.split(", ")]
    table = read_table("example", "\n".join(lines))
    for design in (None, *DESIGNS):
        for finding in audit_table(table.values, table.facts, design=design):
            if finding.rule == rule.name:
                return finding
    return None


def used_rules() -> set[str]:
    """The names of all rules that the auditor's code can find against."""
    names = set()
    for file in sorted((PACKAGE / "audit").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _NAMED_BY):
                continue
            position = _NAMED_BY[node.func.id]
            name_parts = [keyword.value for keyword in node.keywords if keyword.arg == "rule"] or node.args[
                position : position + 1
            ]
            names |= {part.value for part in name_parts if isinstance(part, ast.Constant) and isinstance(part.value, str)}
    return names


def silent() -> list[str]:
    """Rules that the code has and no page explains, and entries of rules that there are not."""
    explained = {name for rules in RULES.values() for name in rules}
    return sorted(used_rules() ^ explained)
