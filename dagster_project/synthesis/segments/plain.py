"""Coded segments in a plain table: one row a coding. Belongs here: its columns. Does not belong here: who a person is."""

import csv

from dagster_project.synthesis.errors import SynthesisError
from dagster_project.synthesis.segments.model import TABLE_COLUMNS, Code, CodedFile, Coding, Interviews
from dagster_project.synthesis.segments.qdpx import source_groups

#: What stands between a code and the one above it.
_ABOVE = " > "


def read_segment_table(text: str, name: str, declared: Interviews) -> CodedFile:
    """The codings of a table with the columns code, person, wave, segment and, if known, source, coder, memo.

    text: with commas, semicolons or tabs. A code may be written with those above it, `Work > Team`. A row without a code or
    a segment is in `lost`. Raises SynthesisError with one line: file, line, column, value, cure.
    """
    lines = text.splitlines(keepends=True)
    header = next((line for line in lines if line.strip()), "")
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(lines, delimiter=delimiter)
    names = next((row for row in reader if any(cell.strip() for cell in row)), [])
    called = {name: declared.columns.get(name, name) for name in TABLE_COLUMNS}
    at = {name: number for number, name in enumerate(cell.strip().lower() for cell in names)}
    places = {name: at[column.lower()] for name, column in called.items() if column.lower() in at}
    for needed in ("code", "segment", *(name for name in declared.columns if name not in places)):
        if needed not in places:
            raise SynthesisError(
                f"{name}: line 1: there is no column {called[needed]!r}; the columns are"
                f" {', '.join(cell.strip() for cell in names) or 'none'}; name it under columns"
            )
    codes: dict[tuple[str, ...], Code] = {}
    codings, lost = [], []
    for row in reader:
        line = reader.line_num
        if not any(cell.strip() for cell in row):
            continue
        if len(row) > len(names):
            raise SynthesisError(
                f"{name}: line {line}: more cells than columns; put texts that hold {delimiter!r} in quotes"
            )
        given = {key: row[place].strip() if place < len(row) else "" for key, place in places.items()}
        if missing := [key for key in ("code", "segment") if not given[key]]:
            lost.append((f"line {line}", f"{called[missing[0]]} is empty"))
            continue
        path = tuple(part.strip() for part in given["code"].split(_ABOVE.strip()) if part.strip())
        code = codes.setdefault(path, Code("", path))
        groups = source_groups(declared, given.get("source", ""))
        codings.append(
            Coding(
                code=code,
                source=given.get("source", ""),
                start=None,
                end=None,
                text=given["segment"],
                person=given.get("person") or groups.get("person"),
                wave=declared.wave or given.get("wave") or groups.get("wave"),
                coder=given.get("coder") or None,
                coded_at=None,
                memo=given.get("memo") or None,
                place=f"line {line}",
            )
        )
    return CodedFile(tuple(codes.values()), tuple(codings), tuple(lost), "a table", ())
