"""Right tables of all shapes in three rounding habits are not accused, and most slips in them are found. The thousand, by kind and
shape, are in tests/benchmarks/audit_shapes.txt."""

from collections import Counter

import numpy as np
import pytest
from made_shapes import SHAPES
from made_slips import SLIPS, planted
from made_tables import Printed, audited
from printed_table import HABITS, MadeTable

from dagster_project.audit import IMPOSSIBLE, NOTE, Finding

#: Of any table; that of 1,000 at most 5 are accused is the benchmark's.
_SEED = 11


def _made(shape: str, habit: str) -> MadeTable:
    table = MadeTable(np.random.default_rng([_SEED, *shape.encode()]), habit)
    SHAPES[shape](table)
    return table


def _accusations(rows: list[Printed]) -> list[Finding]:
    return [finding for finding in audited(rows) if finding.severity != NOTE]


def test_there_are_shapes_enough() -> None:
    assert len(SHAPES) >= 30 and len(HABITS) == 3


@pytest.mark.slow
@pytest.mark.parametrize("habit", HABITS)
def test_right_tables_are_not_accused(habit: str) -> None:
    accused = []
    for shape in SHAPES:
        table = _made(shape, habit)
        undeclared = _accusations(table.rows)
        assert [finding.arithmetic for finding in undeclared if finding.severity == IMPOSSIBLE] == []
        accused += [shape] if undeclared else []
        assert [(shape, finding.arithmetic) for finding in _accusations(table.declared_rows())] == []
    assert len(accused) <= 1, accused


@pytest.mark.slow
def test_most_slips_in_determined_numbers_are_found() -> None:
    n_slips: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    for number, shape in enumerate(SHAPES):
        table = _made(shape, list(HABITS)[number % 3])
        for index, kind in enumerate(SLIPS):
            slipped = planted(kind, np.random.default_rng([_SEED, index]), table.rows, shape)
            if slipped is None:
                continue
            declared = MadeTable(table.rng, table.habit, slipped[0], table.declared).declared_rows()
            for name, rows in (("undeclared", slipped[0]), ("declared", declared)):
                n_slips[name] += 1
                hits[name] += bool(_accusations(rows))
    assert n_slips["declared"] > 200
    assert hits["undeclared"] / n_slips["undeclared"] > 0.8
    assert hits["declared"] / n_slips["declared"] > 0.87
