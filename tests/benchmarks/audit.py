"""The auditor's precision and power: made-up tables that are right, and the same tables with one slip of each kind.

By hand: `uv run python tests/benchmarks/audit.py [TABLES] > tests/benchmarks/audit.txt`. found: any finding above `note`;
blamed: one of them on the very number. The tables are declared as paired; the right ones are audited undeclared, too, and so
are right tables of other designs, of which none may be called impossible.
"""

import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "audit"))
from made_tables import OTHER_DESIGNS, SLIPS, audited, correct_table, cut_table, location_of, other_table

from dagster_project.audit import IMPOSSIBLE, INCONSISTENT, NOT_REPRODUCIBLE, NOTE, PAIRED, SEVERITIES, Finding


def main(tables: int) -> None:
    notes, false, numbers = Counter(), [], 0
    undeclared: Counter[str] = Counter()
    planted: Counter[str] = Counter()
    severity_counts: dict[str, Counter[str]] = defaultdict(Counter)
    for seed in range(tables):
        rows = correct_table(seed)
        numbers += len(rows)
        undeclared += _by_severity(audited(rows))
        for finding in audited(rows, PAIRED):
            notes[finding.rule] += finding.severity == NOTE
            if finding.severity != NOTE:
                false.append((seed, finding))
        for kind, slip in SLIPS.items():
            slipped = slip(np.random.default_rng(seed), rows)
            if slipped is None:
                continue
            planted[kind] += 1
            findings = [finding for finding in audited(slipped[0], PAIRED) if finding.severity != NOTE]
            if findings:
                gravest = min(findings, key=lambda finding: SEVERITIES.index(finding.severity))
                severity_counts[kind][gravest.severity] += 1
                is_blamed = location_of(slipped[0][slipped[1]]) in {location_of(finding.value) for finding in findings}
                severity_counts[kind]["blamed"] += is_blamed
    print(f"{tables} right tables with {numbers} numbers: {len(false)} findings above note; notes by rule: {dict(notes)}")
    for seed, finding in false[:20]:
        print(f"  table {seed}: {location_of(finding.value)} {finding.severity} {finding.rule}: {finding.arithmetic}")
    print(f"the same tables, their design not declared: {_said(undeclared)}")
    print("\nright tables, undeclared\n")
    table_count = max(1, tables // 5)
    for kind in OTHER_DESIGNS:
        tables_of_kind = [other_table(kind, seed) for seed in range(table_count)]
        counts = sum((_by_severity(audited(rows)) for rows in tables_of_kind), Counter[str]())
        print(f"{kind:12}{table_count} tables with {sum(map(len, tables_of_kind))} numbers: {_said(counts)}")
    cut_tables = [cut_table(seed) for seed in range(table_count)]
    for label, options in (("cut off", {}), ("cut, --cut", {"cut": True})):
        counts = sum((_by_severity(audited(rows, PAIRED, **options)) for rows in cut_tables), Counter[str]())
        print(f"{label:12}{table_count} tables with {sum(map(len, cut_tables))} numbers, paired: {_said(counts)}")
    print("\none slip in each table, by kind (per cent of the planted)\n")
    print(f"{'':36}{'planted':>8}{'found':>8}{'blamed':>8}{'impossible':>12}{'inconsistent':>14}{'not reproducible':>18}")
    total: Counter[str] = Counter()
    for kind in SLIPS:
        counts = severity_counts[kind]
        counts["found"] = counts[IMPOSSIBLE] + counts[INCONSISTENT] + counts[NOT_REPRODUCIBLE]
        total += counts
        _line(kind, planted[kind], counts)
    _line("all", sum(planted.values()), total)


def _by_severity(findings: list[Finding]) -> Counter[str]:
    return Counter(finding.severity for finding in findings)


def _said(counts: Counter[str]) -> str:
    error_count = sum(count for severity, count in counts.items() if severity != NOTE)
    return (
        f"{error_count} findings above note, of them {counts[INCONSISTENT]} inconsistent and {counts[IMPOSSIBLE]} impossible"
    )


def _line(kind: str, planted: int, counts: Counter[str]) -> None:
    shares = [f"{100 * counts[name] / max(planted, 1):.1f}" for name in ("found", "blamed", *SEVERITIES[:3])]
    print(
        f"{kind:36}{planted:>8}"
        + "".join(f"{share:>{width}}" for share, width in zip(shares, (8, 8, 12, 14, 18), strict=True))
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
