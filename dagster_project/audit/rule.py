"""A rule of the auditor as an object: what it is called, what it needs, its formula, which number it blames.

Belongs here: the description of a rule, and the findings that it makes. Does not belong here: the rules (a module a
subject), the list of them (rules.py), their page (reference/auditor.py).
"""

from dataclasses import dataclass

from dagster_project.audit.findings import IMPOSSIBLE, Finding, TableCell


@dataclass(frozen=True)
class Rule:
    """A rule. statement: what must hold. needs: the numbers that must be printed, in words. formula: by which a reader can
    follow it; empty where the statement says it. blames: which number. source: the paper, where there is one. example: a
    small table that breaks it, as `T1: n 25, sd 5.0, se 2.0`; the page of the rules shows what is found in it."""

    name: str
    statement: str
    needs: str
    blames: str
    example: str
    formula: str = ""
    source: str = ""

    def finding(
        self, cell: TableCell, arithmetic: str, *, slack: float | None = None, severity: str = IMPOSSIBLE
    ) -> Finding:
        return Finding(cell.value, self.name, arithmetic, severity, slack)
