"""Rows of a query as a type: fields are columns by name."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypedDict

import pyarrow as pa
import pytest

from dagster_project.warehouse import Warehouse, WarehouseError


@dataclass(frozen=True)
class Named:
    name: str


@dataclass(frozen=True)
class Scored(Named):
    score: float | None


class ScoredTuple(NamedTuple):
    score: float | None
    name: str


class ScoredDict(TypedDict):
    name: str
    score: float | None


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    file = Warehouse(tmp_path / "warehouse.duckdb")
    file.replace_tables("raw", {"t": pa.table({"other": [1, 2], "score": [0.5, None], "name": ["b", "a"]})})
    return file


def test_rows_are_what_was_asked_for_in_any_order_of_columns(warehouse: Warehouse) -> None:
    sql = "from raw.t where other <= ? order by other"
    assert warehouse.rows_as(Scored, sql, [2]) == [Scored("b", 0.5), Scored("a", None)]
    assert warehouse.rows_as(ScoredTuple, sql, [1]) == [ScoredTuple(0.5, "b")]
    assert warehouse.rows_as(ScoredDict, sql, [1]) == [{"name": "b", "score": 0.5}]


def test_a_field_that_is_no_column_is_named_whether_or_not_there_are_rows(warehouse: Warehouse) -> None:
    for sql in ("select name from raw.t", "select name from raw.t limit 0"):
        with pytest.raises(WarehouseError) as refusal:
            warehouse.rows_as(Scored, sql)
        assert str(refusal.value) == (
            f"{warehouse.path}: has no column score for Scored: another version of Wavehouse wrote this file; `wavehouse run`"
            " brings it up to date"
        )
