"""Bowker's test and the sign test of ordered categories against R, what is undefined, and what must hold for any counts."""

import csv
import math
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.statistics import bowker, mcnemar_exact

_FILE = Path(__file__).parent / "symmetry_witness.csv"


def _witness() -> dict[str, dict[str, list[float]]]:
    tables: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with _FILE.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(line for line in stream if not line.startswith("#")):
            tables[row["table"]][row["statistic"]].append(float(row["value"]))
    return tables


@pytest.mark.parametrize("name", ["vision", "cars", "few", "two"])
def test_symmetry_and_signs_equal_rs(name: str) -> None:
    values = _witness()[name]
    size = math.isqrt(len(values["input"]))
    test = bowker(np.reshape(values["input"], (size, size)))
    for statistic in ("chi_square", "df", "p"):
        assert getattr(test, statistic) == pytest.approx(values[statistic][0], rel=1e-12), statistic
    p = mcnemar_exact(values["higher"][0], values["lower"][0])[0]
    assert p == pytest.approx(values["p_sign"][0], rel=1e-12)


def test_pairs_of_categories_that_nobody_changed_between_give_no_degree_of_freedom() -> None:
    test = bowker([[4, 3, 0], [1, 5, 0], [0, 0, 6]])
    assert (test.chi_square, test.df) == (1.0, 1)


@pytest.mark.parametrize(
    ("counts", "reason"),
    [([[3, 0], [0, 2]], "nobody changed"), ([[0, 0, 0]] * 3, "nobody answered in both waves")],
)
def test_without_anybody_who_changed_there_is_a_reason(counts: list[list[int]], reason: str) -> None:
    test = bowker(counts)
    assert test.reason == reason
    assert math.isnan(test.chi_square) and math.isnan(test.df) and math.isnan(test.p)


@given(st.lists(st.integers(0, 30), min_size=16, max_size=16), st.permutations(range(4)))
def test_neither_order_nor_direction_nor_those_who_stayed_matter(counts: list[int], order: list[int]) -> None:
    table = np.reshape(counts, (4, 4))
    test = bowker(table)
    stayed = table + 7 * np.eye(4, dtype=int)
    for other in (table.T, table[np.ix_(order, order)], stayed):
        result = bowker(other)
        assert result.df == test.df or (math.isnan(result.df) and math.isnan(test.df))
        assert result.chi_square == pytest.approx(test.chi_square, rel=1e-12, nan_ok=True)
    assert math.isnan(test.p) or 0 <= test.p <= 1
