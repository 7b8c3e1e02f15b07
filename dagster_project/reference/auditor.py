"""The page of the auditor: its rules and severities. Nothing else belongs here."""

import ast

from dagster_project.audit.rules import RULES
from dagster_project.places import PACKAGE
from dagster_project.reference.text import code, plain

#: How a rule gets its name: the function that is called, and where among its arguments the name stands.
_NAMED_BY = {"Finding": 1, "_Check": 0}
_INTRODUCTION = """# Rules of the auditor

`wavehouse audit TABLE.csv` asks these of every number of a table, and a run asks them of its own results before anything is
released. Each finding shows its arithmetic, and says how far the nearest fitting value lies beyond what rounding allows. The
command's page says [how a table is written and what the severities mean](commands.md#audit)."""


def page() -> str:
    parts = [_INTRODUCTION]
    for subject, rules in RULES.items():
        rows = [f"| {code(name)} | {plain(words)} |" for name, words in rules.items()]
        parts.append("\n".join([f"## {subject}", "", "| rule | what must hold |", "|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


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
    """Rules that the code has and no line explains, and lines about rules that there are not."""
    explained = {name for rules in RULES.values() for name in rules}
    return sorted(used_rules() ^ explained)
