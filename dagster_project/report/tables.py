"""Tables as CSV. Belongs here: writing laid-out tables and the comparison. Does not belong here: layout (results/)."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dagster_project.results import Table, to_csv_rows


def write_tables(folder: Path, tables: Sequence[Table], reproduction: Sequence[Mapping[str, Any]]) -> None:
    """Write each table as table_<number>_<name>.csv and the comparison as reproduction.csv: UTF-8 with a mark, for Excel."""
    folder.mkdir(parents=True, exist_ok=True)
    for table in tables:
        _write(folder / f"table_{table.number}_{table.name}.csv", to_csv_rows(table))
    if reproduction:
        header = list(reproduction[0])
        _write(folder / "reproduction.csv", [header, *([row[name] for name in header] for row in reproduction)])


def _write(file: Path, rows: Iterable[Sequence[Any]]) -> None:
    with file.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows(rows)
