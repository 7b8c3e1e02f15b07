"""Tables from streams of batches: order kept, a column that turns to text on the way, all or nothing."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from dagster_project.warehouse import Warehouse, replace_table_from_batches, streams


def _batch(rows: list[str]) -> pa.RecordBatch:
    """Rows as "1,x": two columns, each as whole numbers if all of its cells in this batch are."""
    columns = []
    for cells in zip(*(row.split(",") for row in rows), strict=True):
        is_intact = all(cell.isdigit() or not cell for cell in cells)
        columns.append(
            pa.array([int(cell) if cell else None for cell in cells], pa.int16()) if is_intact else pa.array(cells)
        )
    return pa.RecordBatch.from_arrays(columns, ["a", 'b"; --'])


def _write(warehouse: Warehouse, batches: Iterator[pa.RecordBatch]) -> None:
    with warehouse.transaction() as connection:
        connection.execute("create schema if not exists raw")
        replace_table_from_batches(connection, "raw", "t", batches)


@pytest.mark.parametrize("group_rows", [1, 2, 3, 122_880])
def test_rows_keep_their_order_and_cells_their_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, group_rows: int
) -> None:
    monkeypatch.setattr(streams, "_GROUP_ROWS", group_rows)
    warehouse = Warehouse(tmp_path / "w.duckdb")
    rows = [["1,2", "2,", ",7"], ["3,4"], ["4,x", "5,"], ["y,6", ",z"]]
    _write(warehouse, map(_batch, rows))
    texts = "coalesce(cast(a as varchar), '') || ',' || coalesce(cast(\"b\"\"; --\" as varchar), '') as row"
    assert [row["row"] for row in warehouse.rows(f"select {texts} from raw.t")] == [row for part in rows for row in part]
    kinds = {row["column_name"]: row["column_type"] for row in warehouse.rows("describe raw.t")}
    assert kinds == {"a": "VARCHAR", 'b"; --': "VARCHAR"}
    assert warehouse.rows("select count(*) as n from raw.t where a is null") == [{"n": 0}]
    _write(warehouse, map(_batch, rows[:2]))
    kinds = {row["column_name"]: row["column_type"] for row in warehouse.rows("describe raw.t")}
    assert kinds == {"a": "SMALLINT", 'b"; --': "SMALLINT"}


def test_what_the_stream_raises_comes_through_and_nothing_is_written(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "w.duckdb")
    _write(warehouse, map(_batch, [["1,2"]]))

    def broken() -> Iterator[pa.RecordBatch]:
        yield _batch(["3,4"])
        raise ValueError("t1.csv: changed while it was read")

    with pytest.raises(ValueError, match=r"^t1\.csv: changed while it was read$"):
        _write(warehouse, broken())
    assert warehouse.rows("select a from raw.t") == [{"a": 1}]
