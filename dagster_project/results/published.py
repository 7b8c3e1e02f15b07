"""A published table in long form: one row a printed number.

Belongs here: the row and its reader. Does not belong here: comparing (reproduction.py) or judging (audit/).
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from dagster_project.results.errors import ResultsError
from dagster_project.results.rounding import read_printed

COLUMNS = ("table", "row", "section", "label", "label_basis", "timepoint", "statistic", "printed", "value")


@dataclass(frozen=True)
class PublishedValue:
    """One printed number. `line` is its line in the file; `printed` is the text as printed, `value` its number."""

    line: int
    table: str
    row: int
    section: str
    label: str
    label_basis: str
    timepoint: str
    statistic: str
    printed: str
    value: float


def read_published(file: Path) -> tuple[PublishedValue, ...]:
    """Read a published table from CSV (UTF-8).

    Raises ResultsError with file, line, column and value when a line cannot be read.
    """
    values = []
    with Path(file).open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        if missing := [column for column in COLUMNS if column not in (reader.fieldnames or ())]:
            raise ResultsError(f"{file}: line 1: the column {missing[0]!r} is missing; the columns are {', '.join(COLUMNS)}")
        for record in reader:
            line = reader.line_num
            try:
                read_printed(record["printed"])
                row, value = int(record["row"]), float(record["value"])
            except (ValueError, TypeError) as error:
                raise ResultsError(f"{file}: line {line}: {error}; correct the row, value or printed text") from None
            values.append(
                PublishedValue(
                    line=line,
                    table=record["table"],
                    row=row,
                    section=record["section"],
                    label=record["label"],
                    label_basis=record["label_basis"],
                    timepoint=record["timepoint"],
                    statistic=record["statistic"],
                    printed=record["printed"],
                    value=value,
                )
            )
    return tuple(values)
