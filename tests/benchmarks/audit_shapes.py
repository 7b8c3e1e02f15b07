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


def main(tables: int, shapes: list[str], verbose: bool) -> None:
    false: Counter[tuple[str, ...]] = Counter()
    n_tables: Counter[tuple[str, ...]] = Counter()
    hits: Counter[tuple[str, ...]] = Counter()
    n_slips: Counter[tuple[str, ...]] = Counter()
    severities: Counter[tuple[str, ...]] = Counter()
    for shape in shapes:
        for seed in range(tables):
            for habit in HABITS:
                table = made_table(shape, habit, seed)
                right: dict[str, list[Finding]] = {}
                for declaration in DECLARATIONS:
                    findings = right[declaration] = _findings(table, declaration, table.rows)
                    for key in ((declaration, shape), (declaration, habit), (declaration,)):
                        n_tables[key] += 1
                        false[key] += bool(findings)
                    severities.update((declaration, finding.severity) for finding in findings)
                    if verbose and findings:
                        print(
                            declaration, shape, habit, seed, findings[0].rule, findings[0].severity, findings[0].arithmetic
                        )
                for number, kind in enumerate(SLIPS):
                    slipped = planted(kind, np.random.default_rng([seed, number]), table.rows)
                    for declaration in DECLARATIONS if slipped else ():
                        before = {finding.arithmetic for finding in right[declaration]}
                        findings = _findings(table, declaration, slipped[0])
                        is_detected = any(finding.arithmetic not in before for finding in findings)
                        for key in ((declaration, shape), (declaration, kind), (declaration, habit), (declaration,)):
                            n_slips[key] += 1
                            hits[key] += is_detected
                        if verbose and not is_detected and shapes != list(SHAPES):
                            row = slipped[0][slipped[1]]
                            print(
                                "  missed",
                                declaration,
                                kind,
                                habit,
                                seed,
                                row.label,
                                row.timepoint,
                                row.statistic,
                                table.rows[slipped[1]].printed,
                                "->",
                                row.printed,
                            )
    print("right tables: how many have anything above a note\n")
    for declaration in DECLARATIONS:
        words = ", ".join(f"{severities[key]} {key[1]}" for key in sorted(severities) if key[0] == declaration)
        print(f"{declaration}: {false[declaration,]} of {n_tables[declaration,]} tables; findings: {words or 'none'}")
    print(f"\n{'':38}{'right tables, false':>28}{'slips, per cent found':>28}")
    print(f"{'':38}{'undeclared':>14}{'declared':>14}{'planted':>10}{'undeclared':>12}{'declared':>10}")
    for key in [*shapes, *HABITS, *SLIPS, ""]:
        keys = [(declaration, key) if key else (declaration,) for declaration in DECLARATIONS]
        shares = [100 * hits[item] / max(1, n_slips[item]) for item in keys]
        falses = [f"{false[item]}/{n_tables[item]}" if n_tables[item] else "" for item in keys]
        print(f"{key or 'all':38}{falses[0]:>14}{falses[1]:>14}{n_slips[keys[0]]:>10}{shares[0]:>12.1f}{shares[1]:>10.1f}")


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "-v"]
    chosen = [shape for shape in SHAPES if any(word in shape for word in words[1:])] if words[1:] else list(SHAPES)
    main(int(words[0]) if words else 10, chosen, "-v" in sys.argv)
