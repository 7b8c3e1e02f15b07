"""What a raw table's columns are: whole numbers exactly where every cell comes back to the letter, text everywhere else."""

import csv
from pathlib import Path
from typing import Any

import pytest

from dagster_project.exports import regular
from dagster_project.raw.load import load_export
from dagster_project.raw.oddities import oddities
from dagster_project.study import read_study
from dagster_project.warehouse import Warehouse

pytestmark = pytest.mark.slow

HEADER = ["Person", "Date", "M1", "M2", "M3", "D1", "D2", "D3", "D4", "GP?"]
ITEMS = ("mood_01", "mood_02", "mood_03")
Rows = list[tuple[str, str, str]]


@pytest.fixture(params=[8, 1 << 18], ids=["a block a record", "one block"])
def block_bytes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regular, "_FIRST_BLOCK_BYTES", request.param)
    monkeypatch.setattr(regular, "_BLOCK_BYTES", request.param)


def _load(workspace: Any, rows: Rows, aside: Rows = ()) -> dict[str, str]:
    """Load a file with these answers, then with rows to be set aside, and compare text. Returns the types of the items."""
    folder: Path = workspace.study_folder
    protocol = folder / "study.yaml"
    text = protocol.read_text(encoding="utf-8")
    rule = '    set_aside:\n      - {column: "GP?", equals: [test], reason: preview}\n'
    protocol.write_text(
        text.replace("    labels:\n      - {blocks: [mood]", f"{rule}    labels:\n      - {{blocks: [mood]", 1)
    )
    with (folder / "raw/T1/t1.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for gp, answers in (("Yes", rows), ("test", aside)):
            writer.writerows(
                [f"{gp}{number}", "03/02/2020", *cells, "1", "2", "3", "4", gp] for number, cells in enumerate(answers)
            )
    study, warehouse = read_study(folder), Warehouse(workspace.settings.warehouse_file)
    export = next(export for export in study.protocol.exports if export.export == "t1")
    record = load_export(workspace.settings, study, export, warehouse).record
    assert (record.rows_accepted, record.rows_set_aside) == (len(rows), len(aside))
    oddities(study, export, warehouse)
    texts = ", ".join(f"coalesce(cast({item} as varchar), '') as {item}" for item in ITEMS)
    found = warehouse.rows(f"select {texts} from raw.t1")
    assert [tuple(row[item] for item in ITEMS) for row in found] == rows
    kinds = {row["column_name"]: row["column_type"] for row in warehouse.rows("describe raw.t1")}
    assert kinds["source_row"] == "BIGINT"
    assert {kinds[name] for name in ("participant_id", "respondent", "answered_on", "source_file", "gp")} == {"VARCHAR"}
    for item in ITEMS:
        if kinds[item] == "VARCHAR":
            assert warehouse.rows(f"select count(*) as n from raw.t1 where {item} is null") == [{"n": 0}]
    return {item: kinds[item] for item in ITEMS}


PLAIN: Rows = [(str(number - 3), "" if number % 3 else "32767", "-32768") for number in range(8)]
ODD = ["05", "+5", " 5", "5 ", "-0", "5.0", "x", "32768", "-32769", " ", "a,b", 'says "5"', "5\n", "0x5"]


@pytest.mark.usefixtures("block_bytes")
@pytest.mark.parametrize("odd", ODD)
def test_a_cell_that_is_no_plain_number_keeps_its_column_text(small_workspace: Any, odd: str) -> None:
    rows = list(PLAIN)
    rows[5] = ("7", odd, "1")
    assert _load(small_workspace, rows) == {"mood_01": "SMALLINT", "mood_02": "VARCHAR", "mood_03": "SMALLINT"}


@pytest.mark.usefixtures("block_bytes")
def test_only_rows_that_are_taken_say_what_a_column_is(small_workspace: Any) -> None:
    aside: Rows = [("x", "05", ""), ("header", "", "1.0")]
    assert _load(small_workspace, PLAIN, aside) == dict.fromkeys(ITEMS, "SMALLINT")


@pytest.mark.usefixtures("block_bytes")
def test_blank_columns_are_whole_numbers(small_workspace: Any) -> None:
    assert _load(small_workspace, [("", "", "")] * 3) == dict.fromkeys(ITEMS, "SMALLINT")


def test_a_roster_is_text(small_workspace: Any) -> None:
    study, warehouse = read_study(small_workspace.study_folder), Warehouse(small_workspace.settings.warehouse_file)
    load_export(small_workspace.settings, study, study.protocol.roster, warehouse)
    kinds = {row["column_name"]: row["column_type"] for row in warehouse.rows("describe raw.roster")}
    assert {name for name, kind in kinds.items() if kind != "VARCHAR"} == {
        "source_row", "answered_on_day", "withdrawn_on_day", "excluded_on_day", "is_excluded",
    }  # fmt: skip
