"""Right tables of all shapes in three rounding habits are not accused, and most slips in them are found. The thousand, by kind and
shape, are in tests/benchmarks/audit_shapes.txt."""

from collections import Counter

import numpy as np
import pytest
from made_families import is_possible
from made_shapes import SHAPES
from made_slips import SLIPS, planted
from made_tables import Printed, audited, score_rows
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
def test_most_slips_that_no_right_table_has_are_found() -> None:
    n_slips: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    for number, shape in enumerate(SHAPES):
        habit = list(HABITS)[number % 3]
        table = _made(shape, habit)
        for index, kind in enumerate(SLIPS):
            slipped = planted(kind, np.random.default_rng([_SEED, index]), table.rows)
            if slipped is None or is_possible(
                shape, slipped[0], habit, slipped[0][slipped[1]].label, slipped[0][slipped[1]].section
            ):
                continue
            declared = MadeTable(table.rng, table.habit, slipped[0], table.declared).declared_rows()
            for name, rows in (("undeclared", slipped[0]), ("declared", declared)):
                n_slips[name] += 1
                hits[name] += bool(_accusations(rows))
    assert n_slips["declared"] > 200
    assert hits["undeclared"] / n_slips["undeclared"] > 0.8
    assert hits["declared"] / n_slips["declared"] > 0.9


# --- the criterion of what arithmetic can tell -------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_the_family_of_a_shape_holds_its_right_tables(shape: str) -> None:
    """Each row of right tables in each rounding habit, of parameters that the search does not know."""
    for habit in HABITS:
        table = _made(shape, habit)
        for label, section in dict.fromkeys((row.label, row.section) for row in table.rows):
            part = {row.statistic for row in table.rows if (row.label, row.section) == (label, section)}
            if part - {"n", "count"}:
                assert is_possible(shape, table.rows, habit, label, section), (habit, label)


@pytest.mark.parametrize(
    ("shape", "cells", "is_hidden"),
    [
        # Of any correlation: an SD that is a little off; not a mean that turns t around, nor a p beyond all correlations.
        ("paired: only p", "Pre: n 30, mean 20.00, sd 6.00; Post: n 30, mean 22.00, sd 6.00; Pre-Post: n 30, p 0.050", True),
        ("paired: only p", "Pre: n 30, mean 20.00, sd 6.00; Post: n 30, mean 22.00, sd 6.00; Pre-Post: n 30, p 0.950", False),
        # 2 / root(36 / 30 + 36 / 30) = 1.29 with 58 df has p .202.
        ("groups: only p", "Treated: n 30, mean 20.00, sd 6.00; Control: n 30, mean 22.00, sd 6.00; Treated - Control: p 0.202", True),
        ("groups: only p", "Treated: n 30, mean 20.00, sd 6.00; Control: n 30, mean 22.00, sd 6.00; Treated - Control: p 0.220", False),
        ("groups: Mann and Whitney", "Treated: n 30, mean 20.00, sd 6.00; Control: n 30, mean 22.00, sd 6.00; Treated - Control: p 0.220", True),
        # r .30 of 50 people has p .034.
        ("correlations", "Sample: n 50, r 0.30, p 0.034", True),
        ("correlations", "Sample: n 50, r 0.30, p 0.340", False),
        ("ratios: RR without p", "Model 1: rr 1.50, ci_low 1.00, ci_high 2.25", True),
        ("ratios: RR without p", "Model 1: rr 1.50, ci_low 1.00, ci_high 2.75", False),
        ("one group: SE", "T1: n 25, mean 8.00, sd 5.00, se 1.000", True),
        ("one group: SE", "T1: n 25, mean 9.00, sd 5.00, se 2.000", False),
    ],
)  # fmt: skip
def test_a_family_has_what_follows_and_no_more(shape: str, cells: str, is_hidden: bool) -> None:
    assert is_possible(shape, score_rows(cells), "half up", "Score") is is_hidden


def test_between_quartiles_a_mean_and_an_sd_have_bounds() -> None:
    def is_row_possible(mean: str, sd: str) -> bool:
        summary = f"n 40, mean {mean}, sd {sd}, min 1.0, q1 3.0, median 5.0, q3 7.0, max 9.0"
        return is_possible("groups: quartiles", score_rows(f"Treated: {summary}; Control: {summary}"), "half up", "Score")

    # Each quarter at its lower ends 4.0, at its upper 6.0; with mean 5 each at its far end has an SD of 3 or so.
    assert is_row_possible("5.0", "2.4") and is_row_possible("4.3", "2.4")
    assert not is_row_possible("7.0", "2.4") and not is_row_possible("5.0", "4.4") and not is_row_possible("5.0", "0.9")
