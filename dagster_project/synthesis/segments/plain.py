"""Coded segments in a plain table: one row a coding. Belongs here: its columns. Does not belong here: who a person is."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from dagster_project.synthesis.errors import SynthesisError
from dagster_project.synthesis.segments.model import TABLE_COLUMNS, Code, CodedFile, Coding, Interviews, Lost
from dagster_project.synthesis.segments.people import source_groups, wave_called

#: What stands between a code and the one above it.
ABOVE = ">"
#: What spreadsheets write above the header to say how cells are separated.
_SEPARATOR = re.compile(r"sep=(.)\r?\n?$", re.IGNORECASE)


def read_segment_table(text: str, name: str, declared: Interviews) -> CodedFile:
    """The codings of a table with the columns code, person, wave, segment and, if known, source, coder, memo.

    text: with commas, semicolons or tabs. A code may be written with those above it, `Work > Team`. A row without a code or
    a segment is in `lost`. Rows of the same words, document, person and wave are one passage with several codes; with the
    same code by the same coder they are words that were said again. Raises SynthesisError with one line: file, line, column,
    value, cure.
    """
    table = _Table(text, name)
    places = _places(table, declared)
    called = {key: declared.columns.get(key, key) for key in TABLE_COLUMNS}
    codes: dict[tuple[str, ...], Code] = {}
    codings: list[Coding] = []
    lost: list[Lost] = []
    met: Counter[tuple[object, ...]] = Counter()
    for line, row in table.rows():
        given = {
            key: row[place].strip().replace("\r\n", "\n").replace("\r", "\n") if place < len(row) else ""
            for key, place in places.items()
        }
        source = given.get("source", "")
        path = tuple(part.strip() for part in given["code"].split(ABOVE) if part.strip())
        missing = [key for key, filled in (("code", path), ("segment", given["segment"])) if not filled]
        if missing:
            lost.append(Lost(f"line {line}", f"{called[missing[0]]} is empty", source))
            continue
        groups = source_groups(declared, source)
        person = given.get("person") or groups.get("person")
        wave = declared.wave or wave_called(declared, given.get("wave") or groups.get("wave"))
        met_key = (source, person, wave, " ".join(given["segment"].split()), path, given.get("coder"))
        met[met_key] += 1
        codings.append(
            Coding(
                code=codes.setdefault(path, Code("", path)),
                source=source,
                start=None,
                end=None,
                text=given["segment"],
                person=person,
                wave=wave,
                coder=given.get("coder") or None,
                coded_at=None,
                memo=given.get("memo") or None,
                place=f"line {line}",
                again=str(met[met_key]) if met[met_key] > 1 else "",
            )
        )
    counted = sum(1 for _ in table.rows())
    return CodedFile(tuple(codes.values()), tuple(codings), tuple(lost), "a table", (), counted)


class _Table:
    """Records of a delimited text, with the line on which each begins. header: the first that is not blank."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        lines = io.StringIO(text, newline="")
        top = next((line for line in lines if line.strip()), "")
        said = _SEPARATOR.match(top)
        self._text = text if said is None else text.replace(top, "\n" * top.count("\n"), 1)
        header = top if said is None else next((line for line in lines if line.strip()), "")
        self.delimiter = said.group(1) if said else max(",;\t", key=header.count)
        self.line, self.header = next(self._records(), (1, []))

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """What stands below the header."""
        records = self._records()
        next(records, None)
        for line, row in records:
            if len(row) > len(self.header):
                raise SynthesisError(
                    f"{self.name}: line {line}: more cells than columns; put texts that hold {self.delimiter!r} in quotes"
                )
            yield line, row

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        # csv, not str.splitlines, must tell lines: a text may hold a line separator of Unicode.
        reader = csv.reader(io.StringIO(self._text, newline=""), delimiter=self.delimiter, strict=True)
        while True:
            line = reader.line_num + 1
            try:
                row = next(reader, None)
            except csv.Error as error:
                raise SynthesisError(f"{self.name}: line {line}: {_said(str(error))}") from None
            if row is None:
                return
            if any(cell.strip() for cell in row):
                yield line, row


def _said(error: str) -> str:
    if "unexpected end of data" in error:
        return "a quote is opened and never closed; close it, or write a quote inside a text twice"
    if "field larger" in error:
        return f"a cell holds more than {csv.field_size_limit():,} characters; look for a quote that is not closed"
    if "expected after" in error:
        return "a text goes on after its closing quote; write a quote inside a text twice, and close each"
    return f"it cannot be taken apart ({error}); export the table again as CSV"


def _places(table: _Table, declared: Interviews) -> dict[str, int]:
    """Where each known column stands. Raises SynthesisError when one is missing or there twice."""
    names = [cell.strip() for cell in table.header]
    lowered = [name.lower() for name in names]
    called = {key: declared.columns.get(key, key) for key in TABLE_COLUMNS}
    places = {key: lowered.index(column.lower()) for key, column in called.items() if column.lower() in lowered}
    where = f"{table.name}: line {table.line}"
    for key in places:
        if lowered.count(called[key].lower()) > 1:
            raise SynthesisError(f"{where}: the column {called[key]!r} is there twice; rename one of the two")
    needed = ["code", "segment", *declared.columns]
    if "person" not in declared.pattern_groups:
        needed.append("person")
    if "wave" not in declared.pattern_groups and declared.wave is None:
        needed.append("wave")
    for key in needed:
        if key not in places:
            more = {
                "person": ", or give source_name a group (?P<person>…)",
                "wave": ", or give the file's wave under wave",
            }.get(key, "")
            raise SynthesisError(
                f"{where}: there is no column {called[key]!r}; the columns are {', '.join(names) or 'none'};"
                f" name it under columns{more}"
            )
    return places
