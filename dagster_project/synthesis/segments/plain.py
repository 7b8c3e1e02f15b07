"""Coded segments in a plain table, one row a coding. Belongs here: its columns. Does not belong here: who a person is."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from dagster_project.synthesis.errors import SynthesisError
from dagster_project.synthesis.segments.model import TABLE_COLUMNS, Code, CodedFile, Coding, Interviews, UnusableCoding
from dagster_project.synthesis.segments.people import name_groups, protocol_wave

#: Separates the names of a code and its parent.
_PATH_SEPARATOR = ">"
#: The line above the header in which spreadsheets declare the delimiter.
_DELIMITER_LINE = re.compile(r"sep=(.)\r?\n?$", re.IGNORECASE)


def read_segment_table(text: str, name: str, declaration: Interviews) -> CodedFile:
    """The codings of a table with the columns code, person, wave, segment and, if known, source, coder, memo.

    text: delimited by commas, semicolons or tabs. A code may be written with its ancestors, `Work > Team`. A row without a
    code or a segment is in `lost`. Rows of the same words, document, person and wave are one passage with several codes; if
    code and coder are the same, too, they are different passages of the same words. Raises SynthesisError with one line:
    file, line, column, value, remedy.
    """
    table = _Table(text, name)
    column_indexes = _column_indexes(table, declaration)
    column_names = {key: declaration.columns.get(key, key) for key in TABLE_COLUMNS}
    codes: dict[tuple[str, ...], Code] = {}
    codings: list[Coding] = []
    unusable: list[UnusableCoding] = []
    occurrences: Counter[tuple[object, ...]] = Counter()
    for line, row in table.rows():
        cells = {
            key: row[index].strip().replace("\r\n", "\n").replace("\r", "\n") if index < len(row) else ""
            for key, index in column_indexes.items()
        }
        source = cells.get("source", "")
        path = tuple(part.strip() for part in cells["code"].split(_PATH_SEPARATOR) if part.strip())
        missing = [key for key, content in (("code", path), ("segment", cells["segment"])) if not content]
        if missing:
            unusable.append(UnusableCoding(f"line {line}", f"{column_names[missing[0]]} is empty", source))
            continue
        groups = name_groups(declaration, source)
        person = cells.get("person") or groups.get("person")
        wave = declaration.wave or protocol_wave(declaration, cells.get("wave") or groups.get("wave"))
        passage = (source, person, wave, " ".join(cells["segment"].split()), path, cells.get("coder"))
        occurrences[passage] += 1
        codings.append(
            Coding(
                code=codes.setdefault(path, Code("", path)),
                source=source,
                start=None,
                end=None,
                text=cells["segment"],
                person=person,
                wave=wave,
                coder=cells.get("coder") or None,
                coded_at=None,
                memo=cells.get("memo") or None,
                location=f"line {line}",
                occurrence=str(occurrences[passage]) if occurrences[passage] > 1 else "",
            )
        )
    coding_count = sum(1 for _ in table.rows())
    return CodedFile(tuple(codes.values()), tuple(codings), tuple(unusable), "a table", (), coding_count)


class _Table:
    """The records of a delimited text, with the line on which each begins. header: the first record that is not blank."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        lines = io.StringIO(text, newline="")
        first_line = next((line for line in lines if line.strip()), "")
        delimiter_match = _DELIMITER_LINE.match(first_line)
        self._text = text if delimiter_match is None else text.replace(first_line, "\n" * first_line.count("\n"), 1)
        header = first_line if delimiter_match is None else next((line for line in lines if line.strip()), "")
        self.delimiter = delimiter_match.group(1) if delimiter_match else max(",;\t", key=header.count)
        self.line, self.header = next(self._records(), (1, []))

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """The records below the header."""
        records = self._records()
        next(records, None)
        for line, row in records:
            if len(row) > len(self.header):
                raise SynthesisError(
                    f"{self.name}: line {line}: more cells than columns; put texts that hold {self.delimiter!r} in quotes"
                )
            yield line, row

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        # Lines are those of csv, not of str.splitlines: a text may contain a Unicode line separator.
        reader = csv.reader(io.StringIO(self._text, newline=""), delimiter=self.delimiter, strict=True)
        while True:
            line = reader.line_num + 1
            try:
                row = next(reader, None)
            except csv.Error as error:
                raise SynthesisError(f"{self.name}: line {line}: {_csv_problem(str(error))}") from None
            if row is None:
                return
            if any(cell.strip() for cell in row):
                yield line, row


def _csv_problem(error: str) -> str:
    if "unexpected end of data" in error:
        return "a quote is opened and never closed; close it, or write a quote inside a text twice"
    if "field larger" in error:
        return f"a cell holds more than {csv.field_size_limit():,} characters; look for a quote that is not closed"
    if "expected after" in error:
        return "a text continues after its closing quote; write a quote inside a text twice, and close each"
    return f"it cannot be parsed ({error}); export the table again as CSV"


def _column_indexes(table: _Table, declaration: Interviews) -> dict[str, int]:
    """The index of each column of TABLE_COLUMNS. Raises SynthesisError when a column is missing or occurs twice."""
    names = [cell.strip() for cell in table.header]
    lowercase_names = [name.lower() for name in names]
    column_names = {key: declaration.columns.get(key, key) for key in TABLE_COLUMNS}
    column_indexes = {
        key: lowercase_names.index(name.lower()) for key, name in column_names.items() if name.lower() in lowercase_names
    }
    location = f"{table.name}: line {table.line}"
    for key in column_indexes:
        if lowercase_names.count(column_names[key].lower()) > 1:
            raise SynthesisError(f"{location}: the column {column_names[key]!r} is there twice; rename one of the two")
    required = ["code", "segment", *declaration.columns]
    if "person" not in declaration.pattern_groups:
        required.append("person")
    if "wave" not in declaration.pattern_groups and declaration.wave is None:
        required.append("wave")
    for key in required:
        if key not in column_indexes:
            hint = {
                "person": ", or give source_name a group (?P<person>…)",
                "wave": ", or give the file's wave under wave",
            }.get(key, "")
            raise SynthesisError(
                f"{location}: there is no column {column_names[key]!r}; the columns are {', '.join(names) or 'none'};"
                f" name it under columns{hint}"
            )
    return column_indexes
