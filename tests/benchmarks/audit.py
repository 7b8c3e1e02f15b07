"""The auditor's precision and power: made-up tables that are right, and the same tables with one slip of each kind.

By hand: `uv run python tests/benchmarks/audit.py [TABLES] > tests/benchmarks/audit.txt`. found: any finding above `note`;
blamed: one of them on the very number.
"""

import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "audit"))
from made_tables import SLIPS, audited, correct_table, place_of

from dagster_project.audit import IMPOSSIBLE, INCONSISTENT, NOT_REPRODUCIBLE, NOTE, SEVERITIES


def main(tables: int) -> None:
    notes, false, numbers = Counter(), [], 0
    planted: Counter[str] = Counter()
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for seed in range(tables):
        rows = correct_table(seed)
        numbers += len(rows)
        for one in audited(rows):
            notes[one.rule] += one.severity == NOTE
            if one.severity != NOTE:
                false.append((seed, one))
        for kind, slip in SLIPS.items():
            made = slip(np.random.default_rng(seed), rows)
            if made is None:
                continue
            planted[kind] += 1
            against = [one for one in audited(made[0]) if one.severity != NOTE]
            if against:
                gravest = min(against, key=lambda one: SEVERITIES.index(one.severity))
                found[kind][gravest.severity] += 1
                blamed = place_of(made[0][made[1]]) in {place_of(one.value) for one in against}
                found[kind]["blamed"] += blamed
    print(f"{tables} right tables with {numbers} numbers: {len(false)} findings above note; notes by rule: {dict(notes)}")
    for seed, one in false[:20]:
        print(f"  table {seed}: {place_of(one.value)} {one.severity} {one.rule}: {one.arithmetic}")
    print("\none slip in each table, by kind (per cent of the planted)\n")
    print(f"{'':36}{'planted':>8}{'found':>8}{'blamed':>8}{'impossible':>12}{'inconsistent':>14}{'not reproducible':>18}")
    total: Counter[str] = Counter()
    for kind in SLIPS:
        counts = found[kind]
        counts["found"] = counts[IMPOSSIBLE] + counts[INCONSISTENT] + counts[NOT_REPRODUCIBLE]
        total += counts
        _line(kind, planted[kind], counts)
    _line("all", sum(planted.values()), total)


def _line(kind: str, planted: int, counts: Counter[str]) -> None:
    shares = [f"{100 * counts[name] / max(planted, 1):.1f}" for name in ("found", "blamed", *SEVERITIES[:3])]
    print(
        f"{kind:36}{planted:>8}"
        + "".join(f"{share:>{width}}" for share, width in zip(shares, (8, 8, 12, 14, 18), strict=True))
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
