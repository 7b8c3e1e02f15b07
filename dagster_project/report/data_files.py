"""Tables as CSV and results as data. Belongs here: writing the files. Does not belong here: layout (results/)."""

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from dagster_project.report.figure import Drawing
from dagster_project.results import ARD_TABLE, REPRODUCTION_TABLE, ArdRow, Reproduction, Table, to_csv_rows


def write_tables(folder: Path, tables: Sequence[Table], reproduction: Sequence[Reproduction]) -> None:
    """Write each table as table_<number>_<name>.csv and the comparison as reproduction.csv, in UTF-8 with a byte order mark
    for Excel."""
    folder.mkdir(parents=True, exist_ok=True)
    for table in tables:
        write_csv(folder / f"table_{table.number}_{table.name}.csv", to_csv_rows(table))
    if reproduction:
        header = REPRODUCTION_TABLE.column_names
        write_csv(folder / "reproduction.csv", [header, *([getattr(row, name) for name in header] for row in reproduction)])


def write_figures(folder: Path, figures: Sequence[Drawing]) -> None:
    """Write each figure as figure_<number>_<name>.svg, numbered as on the page."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, figure in enumerate(figures, start=1):
        (folder / f"figure_{number}_{figure.name}.svg").write_text(figure.svg + "\n", encoding="utf-8")


def write_ard(folder: Path, rows: Sequence[ArdRow]) -> None:
    """Write analysis results data as ard.parquet and ard.json, one row per statistic; columns carry descriptions."""
    pq.write_table(ARD_TABLE.to_arrow(rows), folder / "ard.parquet")
    text = ",\n".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)
    (folder / "ard.json").write_text(f"[\n{text}\n]\n", encoding="utf-8")


def write_csv(file: Path, rows: Iterable[Sequence[Any]]) -> None:
    """Write rows, the header among them, in UTF-8 with a byte order mark for Excel."""
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows(rows)
