"""Tables that are declared once. Belongs here: that rows, files and declarations agree. Does not belong here: any number."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from dagster_project.audit import FINDINGS_TABLE, Finding, finding_row
from dagster_project.release.contents import TABLES
from dagster_project.results import (
    ARD_TABLE,
    RELEASE_DIFF_TABLE,
    REPRODUCTION_TABLE,
    RESULTS_TABLE,
    DiffRow,
    PublishedValue,
    Reproduction,
    ResultRow,
)
from dagster_project.table_spec import ColumnSpec, TableSpec

#: Columns that are not of a row but of the run or the release that wrote it.
STAMPS = {"plan_hash", "run_id", "computed_at", "from_release", "to_release"}
EVERY_TYPE = TableSpec(
    "results", "example", ("name",), "An example.",
    (
        ColumnSpec("name", "text", "A name.", nullable=False), ColumnSpec("count", "whole", "A count."),
        ColumnSpec("height", "number", "A height.", unit="cm"), ColumnSpec("is_new", "flag", "A flag."),
        ColumnSpec("day", "day", "A day."), ColumnSpec("written_at", "time", "A time."),
    ),
)  # fmt: skip
ROW = {
    "name": "a",
    "count": 1,
    "height": 2.5,
    "is_new": True,
    "day": date(2024, 1, 2),
    "written_at": datetime(2024, 1, 2, 3),
}


@pytest.mark.parametrize(
    ("table", "row"), [(RESULTS_TABLE, ResultRow), (REPRODUCTION_TABLE, Reproduction), (RELEASE_DIFF_TABLE, DiffRow)]
)
def test_the_fields_of_a_row_are_the_columns_of_its_table(table: TableSpec, row: type) -> None:
    assert [field.name for field in fields(row)] == [name for name in table.column_names if name not in STAMPS]


def test_a_finding_has_the_columns_of_its_table() -> None:
    value = PublishedValue(2, "3", 1, "WEMWBS", "Wellbeing", "", "T1", "mean", "50.1", 50.1)
    assert tuple(finding_row(Finding(value, "rule", "1 + 1"), "published")) == FINDINGS_TABLE.column_names


def test_every_column_is_described_once() -> None:
    for table in (*TABLES, ARD_TABLE):
        assert table.description
        assert table.columns
        assert len(set(table.column_names)) == len(table.columns), table.name
        assert all(column.description for column in table.columns), table.name
        # A column of the key names the row. A number of people changed in no wave has none.
        assert table is RELEASE_DIFF_TABLE or not any(
            column.nullable for column in table.columns if column.name in table.key
        ), table.name
    assert len({table.full_name for table in TABLES}) == len(TABLES)


def test_a_declaration_gives_the_same_types_everywhere() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema results")
        connection.execute(EVERY_TYPE.create_sql())
        incoming = EVERY_TYPE.to_arrow([ROW])
        connection.execute("insert into results.example select * from incoming")
        assert (
            connection.execute("describe incoming").fetchall() == connection.execute("describe results.example").fetchall()
        )
    assert tuple(incoming.column_names) == EVERY_TYPE.column_names
    assert [field["type"] for field in EVERY_TYPE.package_fields()] == [
        "string", "integer", "number", "boolean", "date", "datetime",
    ]  # fmt: skip
    assert incoming.schema.field("height").metadata == {b"description": b"A height.", b"unit": b"cm"}
    assert EVERY_TYPE.package_fields()[2] == {"name": "height", "type": "number", "description": "A height.", "unit": "cm"}
    assert EVERY_TYPE.comments()["results.example.is_new"] == "A flag."


def test_a_row_that_does_not_fit_is_refused() -> None:
    @dataclass(frozen=True)
    class Short:
        name: str
        count: int

    assert EVERY_TYPE.to_arrow([]).schema == EVERY_TYPE.arrow_schema()
    with pytest.raises(ValueError, match=r"results.example: not the columns: extra"):
        EVERY_TYPE.to_arrow([ROW | {"extra": 1}])
    with pytest.raises(ValueError, match=r"results.example: not the columns: day, height, is_new, written_at"):
        EVERY_TYPE.to_arrow([Short("a", 1)])
    with pytest.raises(ValueError, match=r"results.example.name: a row has no value"):
        EVERY_TYPE.to_arrow([ROW | {"name": None}])
    with pytest.raises(pa.ArrowInvalid):
        EVERY_TYPE.to_arrow([ROW | {"count": "many"}])
    assert EVERY_TYPE.to_arrow([Short("a", 1)], height=None, is_new=None, day=None, written_at=None).num_rows == 1
    with pytest.raises(ValueError, match="the key line is no column"):
        TableSpec("results", "wrong", ("line",), "", (ColumnSpec("name", "text", ""),))


def test_a_release_holds_its_tables_as_declared(small_run: Any) -> None:
    """Columns, comments and keys of every declared table are those of the released file."""
    workspace, _ = small_run
    for table in TABLES:
        columns = workspace.released(
            "select column_name, comment from duckdb_columns() where schema_name || '.' || table_name ="
            f" '{table.full_name}' order by column_index"
        )
        names = [(row["column_name"], row["comment"]) for row in columns]
        assert names == [(column.name, column.description) for column in table.columns], table.name
        if table.key:
            key = ", ".join(table.key)
            assert not workspace.released(f"select {key} from {table.full_name} group by all having count(*) > 1"), (
                table.name
            )
