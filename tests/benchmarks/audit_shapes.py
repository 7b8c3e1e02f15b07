"""The auditor on right tables of all shapes in three rounding habits, and on one slip of each kind in them.

By hand: `uv run python tests/benchmarks/audit_shapes.py [TABLES A SHAPE] > tests/benchmarks/audit_shapes.txt`. found: any
finding above a note that the right table does not have. Each table is audited twice: with nothing declared, and with the
design and practices that its author would declare.
"""

import sys
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "audit"))
from made_families import is_possible
from made_shapes import SHAPES
from made_slips import SLIPS, planted
from made_tables import audited
from printed_table import HABITS, MadeTable

from dagster_project.audit import NOTE, Finding

DECLARATIONS = ("undeclared", "declared")


def made_table(shape: str, habit: str, seed: int) -> MadeTable:
    table = MadeTable(np.random.default_rng([seed, *shape.encode()]), habit)
    SHAPES[shape](table)
    return table


def _findings(table: MadeTable, declaration: str, rows: list) -> list[Finding]:  # type: ignore[type-arg]
    declared = MadeTable(table.rng, table.habit, rows, table.declared).declared_rows() if declaration == "declared" else rows
    return [finding for finding in audited(declared) if finding.severity != NOTE]


class _Figures:
    """False accusations and slips found, by declaration and key; slips that arithmetic can tell apart."""

    def __init__(self) -> None:
        self.tables: Counter[tuple[str, ...]] = Counter()
        self.accused: Counter[tuple[str, ...]] = Counter()
        self.severities: Counter[tuple[str, str]] = Counter()
        self.slips: Counter[tuple[str, ...]] = Counter()
        self.hits: Counter[tuple[str, ...]] = Counter()

    def table(self, shape: str, habit: str, seed: int, *, has_slips: bool, verbose: bool) -> None:
        table = made_table(shape, habit, seed)
        right: dict[str, list[Finding]] = {}
        for declaration in DECLARATIONS:
            findings = right[declaration] = _findings(table, declaration, table.rows)
            for key in (shape, habit, "all"):
                self.tables[declaration, key] += 1
                self.accused[declaration, key] += bool(findings)
            self.severities.update((declaration, finding.severity) for finding in findings)
            if verbose and findings:
                print(declaration, shape, habit, seed, findings[0].rule, findings[0].arithmetic)
        for number, kind in enumerate(SLIPS) if has_slips else ():
            slipped = planted(kind, np.random.default_rng([seed, number]), table.rows)
            if slipped is None:
                continue
            rows, cell = slipped[0], slipped[0][slipped[1]]
            is_hidden = is_possible(shape, rows, habit, cell.label, cell.section)
            for declaration in DECLARATIONS:
                before = {finding.arithmetic for finding in right[declaration]}
                is_detected = any(finding.arithmetic not in before for finding in _findings(table, declaration, rows))
                for scope in SCOPES[: 1 if is_hidden else 2]:
                    for key in (shape, kind, habit, "all"):
                        self.slips[scope, declaration, key] += 1
                        self.hits[scope, declaration, key] += is_detected

    def line(self, key: str) -> str:
        falses = [
            f"{self.accused[name, key]}/{self.tables[name, key]}" if self.tables[name, key] else "" for name in DECLARATIONS
        ]
        parts = [f"{key:38}{falses[0]:>12}{falses[1]:>12}"]
        for scope in SCOPES:
            counts = [self.slips[scope, name, key] for name in DECLARATIONS]
            shares = [
                f"{100 * self.hits[scope, name, key] / n:.1f}" if n else "-"
                for name, n in zip(DECLARATIONS, counts, strict=True)
            ]
            parts.append(f"{counts[0]:>10}{shares[0]:>12}{shares[1]:>10}")
        return "".join(parts)


#: All slips, and those that no right table of the shape has.
SCOPES = ("all", "tellable")


def main(tables: int, shapes: list[str], verbose: bool) -> None:
    figures = _Figures()
    for shape in shapes:
        for seed in range(tables):
            for habit in HABITS:
                figures.table(shape, habit, seed, has_slips=seed < _SLIPPED, verbose=verbose)
    print("right tables: how many have anything above a note\n")
    for name in DECLARATIONS:
        words = ", ".join(f"{n} {severity}" for (key, severity), n in sorted(figures.severities.items()) if key == name)
        print(f"{name}: {figures.accused[name, 'all']} of {figures.tables[name, 'all']} tables; findings: {words or 'none'}")
    print(f"\n{'':38}{'right tables, false':>24}{'slips anywhere, % found':>32}{'that no right table has, % found':>34}")
    columns = f"{'planted':>10}{'undeclared':>12}{'declared':>10}"
    print(f"{'':38}{'undeclared':>12}{'declared':>12}{columns}{columns}")
    for key in (*shapes, *HABITS, *SLIPS, "all"):
        print(figures.line(key))


#: Slips are planted in so many tables of a shape and habit.
_SLIPPED = 2


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "-v"]
    chosen = [shape for shape in SHAPES if any(word in shape for word in words[1:])] if words[1:] else list(SHAPES)
    main(int(words[0]) if words else 10, chosen, "-v" in sys.argv)
