"""Rules on correlations of several variables with each other.

Belongs here: which correlations are possible together. Does not belong here: one correlation with n and p
(probabilities.py), reading a matrix (paper/correlation_matrix.py).
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations

from dagster_project.audit.findings import INCONSISTENT, NOTE, Finding, TableCell
from dagster_project.audit.intervals import Interval
from dagster_project.audit.layout import TableLayout
from dagster_project.audit.outcome import Outcome
from dagster_project.audit.rule import Rule

CORRELATIONS_TOGETHER = Rule(
    "correlations_together",
    "Of three variables, two correlations bound the third. A note where it is hardly beyond: each may be of other people.",
    "three correlations of three variables with each other, each at the moment `with` the other variable",
    "the correlation that most of the table's others exclude",
    "",
    "r13 r23 - root((1 - r13²)(1 - r23²)) <= r12 <= r13 r23 + root((1 - r13²)(1 - r23²))",
    "Olkin 1981, Psychometrika 46, 469-472",
)
#: How the moment of a correlation is called, before the other variable.
WITH = "with "
#: How far beyond, at most, a correlation of slightly other people may lie.
_OTHER_PEOPLE = 0.1

_Pairs = Mapping[frozenset[str], TableCell]


def correlations_together(layout: TableLayout) -> Iterator[Outcome]:
    """Tables of more variables than are printed in one are few, so that all triples are asked."""
    by_table: dict[tuple[str, str], dict[frozenset[str], TableCell]] = {}
    for row in layout:
        for moment, cells in row.moments.items():
            cell = cells.get("correlation")
            if moment.casefold().startswith(WITH) and cell is not None and cell.interval.min_absolute <= 1:
                pair = frozenset((row.label.casefold(), moment[len(WITH) :].strip().casefold()))
                by_table.setdefault((cell.value.table, row.section), {}).setdefault(pair, cell)
    for pairs in by_table.values():
        yield from _of_table({pair: cell for pair, cell in pairs.items() if len(pair) == 2})


def _of_table(pairs: _Pairs) -> Iterator[Outcome]:
    variables = sorted({name for pair in pairs for name in pair})
    triples = [
        tuple(frozenset(pair) for pair in combinations(names, 2))
        for names in combinations(variables, 3)
        if all(frozenset(pair) in pairs for pair in combinations(names, 2))
    ]
    broken = [triple for triple in triples if _gap(pairs, triple, triple[0]) > 0]
    counts = Counter(pair for triple in broken for pair in triple)
    blamed_pairs: set[frozenset[str]] = set()
    for triple in triples:
        cells = tuple(pairs[pair] for pair in triple)
        if triple not in broken or blamed_pairs & set(triple):
            yield Outcome("correlations_together", cells)
            continue
        blamed_pair = max(triple, key=lambda pair: (counts[pair], abs(pairs[pair].number)))
        blamed_pairs.add(blamed_pair)
        yield Outcome("correlations_together", cells, (_finding(pairs, triple, blamed_pair),), is_certain=True)


def _finding(pairs: _Pairs, triple: tuple[frozenset[str], ...], blamed_pair: frozenset[str]) -> Finding:
    bounds, cell, gap = _bounds(pairs, triple, blamed_pair), pairs[blamed_pair], _gap(pairs, triple, blamed_pair)
    others_text = " and ".join(pairs[pair].text for pair in triple if pair != blamed_pair)
    words = f"correlations of {others_text} with a third variable leave {bounds} between these two, not {cell.text}"
    severity = INCONSISTENT if gap > _OTHER_PEOPLE else NOTE
    return CORRELATIONS_TOGETHER.finding(cell, words, slack=gap, severity=severity)


def _gap(pairs: _Pairs, triple: tuple[frozenset[str], ...], pair: frozenset[str]) -> float:
    return pairs[pair].interval.gap(_bounds(pairs, triple, pair))


def _bounds(pairs: _Pairs, triple: tuple[frozenset[str], ...], judged_pair: frozenset[str]) -> Interval:
    """As angles: that between two lies between the difference and the sum of theirs with the third."""
    first, second = (
        Interval(math.acos(min(1.0, interval.high)), math.acos(max(-1.0, interval.low)))
        for interval in (pairs[pair].interval for pair in triple if pair != judged_pair)
    )
    largest = min(math.pi, first.high + second.high)
    return Interval(math.cos(largest) - 1e-9, math.cos(first.minus(second).min_absolute) + 1e-9)
