"""A published table in long form: one row for each printed number.

Belongs here: the row and its reader. Does not belong here: comparing (reproduction.py) or judging (audit/).
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dagster_project.readable_files import read_whole
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
    try:
        text = read_whole(Path(file), "table_bytes", refusal=ResultsError).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ResultsError(f"{file}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
    with io.StringIO(text, newline="") as stream:
        reader = csv.DictReader(stream)
        if missing := [column for column in COLUMNS if column not in (reader.fieldnames or ())]:
            raise ResultsError(f"{file}: line 1: the column {missing[0]!r} is missing; the columns are {', '.join(COLUMNS)}")
        for record in reader:
            line = reader.line_num
            try:
                read_printed(record["printed"] or "")
            except ValueError as error:
                raise ResultsError(f"{file}: line {line}: {error}; correct the column printed") from None
            row, value = (_number(file, line, record, column, kind) for column, kind in (("row", int), ("value", float)))
            values.append(
                PublishedValue(
                    line=line,
                    table=record["table"],
                    row=int(row),
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


def _number(file: Path, line: int, record: Mapping[str, str | None], column: str, kind: type[int] | type[float]) -> float:
    text = record[column] or ""
    try:
        return kind(text)
    except ValueError:
        expected = "a whole number" if kind is int else "a number"
        raise ResultsError(f"{file}: line {line}: {text[:60]!r} is not {expected}; correct the column {column}") from None
