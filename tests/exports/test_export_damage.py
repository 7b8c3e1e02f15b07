"""Damaged exports: whatever happened to a file on its way, every row is accounted for or the file is refused in one line.

Belongs here: the generator of damaged exports (starting files, kinds of damage) and the proof that rows are conserved, up
to the warehouse. Does not belong here: the exact sentences of refusals, which stand with each reader and the contract.

A damaged export has a kind and a seed, and is the same on every run. Damage works on one of three tiers, in this order:
on the table, on the text made from it, on the bytes made from that. With an odd seed a second kind is added to the first.
Counts and cells are worked out a second time with Python's csv module, which knows nothing of the package.
"""

import csv
import gzip
import hashlib
import io
import re
import struct
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import pyreadstat
import pytest

from dagster_project.exports import ContractResult, ExportError, TextTable, apply_contract, read_export
from dagster_project.raw.load import load_export
from dagster_project.settings import read_settings
from dagster_project.study import Export, Study
from dagster_project.warehouse import Warehouse

Outcome = Literal["taken", "refused"]
ExportOf = Callable[[str], Export]

SEEDS = 24
#: Kinds that make a big file or a slow one have fewer seeds.
_FEW_SEEDS = 4
_SAV_SEEDS = 6
_LONGEST_MESSAGE = 400
_SHA256 = "ab" * 32


@dataclass
class Sheet:
    """A table on its way to be a file: header rows and people, and how they are written."""

    export: str
    rows: list[list[str]]
    header_rows: int = 1
    delimiter: str = ","
    encoding: str = "utf-8"
    end: str = "\n"
    is_quoted: bool = False
    #: Whether everything below the header rows is people: the damage left the header rows where they were.
    are_people_known: bool = True

    @property
    def people(self) -> list[list[str]]:
        return self.rows[self.header_rows :]

    @property
    def respondent(self) -> int:
        return self.rows[0].index(_NEEDED[self.export][0])

    def needed(self, rng: Random) -> int:
        """The position of a column that the protocol declares and does not ignore."""
        return self.rows[0].index(rng.choice(_NEEDED[self.export]))

    def answers(self, rng: Random) -> list[int]:
        """The positions of some columns that are not the identifier."""
        others = [position for position in range(len(self.rows[0])) if position != self.respondent]
        return rng.sample(others, rng.randint(1, len(others)))

    def insert_column(self, rng: Random, name: str, cell: str = "x") -> None:
        position = rng.randint(0, len(self.rows[0]))
        for number, row in enumerate(self.rows):
            row.insert(position, name if number == 0 else cell if number >= self.header_rows else "")

    def text(self) -> str:
        target = io.StringIO(newline="")
        quoting = csv.QUOTE_ALL if self.is_quoted else csv.QUOTE_MINIMAL
        csv.writer(target, delimiter=self.delimiter, lineterminator=self.end, quoting=quoting).writerows(self.rows)
        return target.getvalue()

    def encoded(self, text: str) -> bytes:
        return text.encode(self.encoding, "replace")


#: The columns without which an export cannot be used, the identifier first.
_NEEDED = {
    "roster": ["Person", "Âge"],
    "t1": ["Code", "When", "Q_1", "Q_2", "Q_3", "S_1", "Kind"],
    "t2": ["ExternalReference", "RecordedDate", "Q_1", "Q_3"],
    "t3": ["pid", "q01", "q02", "q03"],
}
_REMARKS = ("", "fine", "très bien", "naïve, café", "says “no”", 'says "no"', "two\nlines", "Größe", "a; b", "x\ty")


def _participant(rng: Random, number: int) -> str:
    return f"{rng.choice(['PW', 'Pé', 'x'])}-{number:03d}"


def _t1(rng: Random, remarks: tuple[str, ...] = _REMARKS) -> list[list[str]]:
    rows = [["Code", "When", "Q_1", "Q_2", "Q_3", "S_1", "Kind", "Comment"]]
    for number in range(rng.randint(2, 12)):
        answers = [rng.choice(["1", "2", "3", "4", "5", "", "-9"]) for _ in range(3)]
        when = f"{rng.randint(1, 28):02d}/02/2020"
        rows.append([_participant(rng, number), when, *answers, rng.choice(["Yes", "No", ""]), "real", rng.choice(remarks)])
    return rows


def plain_csv(rng: Random) -> Sheet:
    return Sheet("t1", _t1(rng))


def windows_csv(rng: Random) -> Sheet:
    return Sheet("t1", _t1(rng), encoding="cp1252", end="\r\n")


def quoted_bars(rng: Random) -> Sheet:
    return Sheet("t1", _t1(rng), delimiter="|", encoding="utf-8-sig", end="\r\n", is_quoted=True)


def utf16_tabs(rng: Random) -> Sheet:
    return Sheet("t1", _t1(rng), delimiter="\t", encoding="utf-16", end="\r\n")


def semicolon_roster(rng: Random) -> Sheet:
    people = [[_participant(rng, number), f"{rng.randint(16, 90)},5"] for number in range(rng.randint(2, 12))]
    return Sheet("roster", [["Person", "Âge"], *people], delimiter=";", encoding="utf-8-sig", end="\r\n")


def qualtrics_csv(rng: Random) -> Sheet:
    names = ["RecordedDate", "ResponseId", "ExternalReference", "Q_1", "Q_3"]
    labels = ["Recorded Date", "Response ID", "External Data Reference", "Item 1,\nsecond line", "Item 3"]
    identifiers = [f'{{"ImportId":"{name}"}}' for name in ("recordedDate", "_recordId", "external", "QID1", "QID3")]
    people = [
        [f"2020-01-{number + 1:02d} 10:00:00", f"R_{number}", _participant(rng, number), rng.choice("12345"), "-99"]
        for number in range(rng.randint(2, 12))
    ]
    return Sheet("t2", [names, labels, identifiers, *people], header_rows=3, encoding="utf-8-sig")


STARTS: tuple[Callable[[Random], Sheet], ...] = (
    *(plain_csv, windows_csv, quoted_bars, utf16_tabs, semicolon_roster, qualtrics_csv),
)
_T1_STARTS = STARTS[:4]


@dataclass(frozen=True)
class Kind:
    """A kind of damage. `expected` is what becomes of a file that has no other damage; None where it depends."""

    name: str
    tier: Literal["table", "text", "bytes", "sav"]
    damage: Callable[..., Any] = field(repr=False)
    expected: Outcome | None
    starts: tuple[Callable[[Random], Sheet], ...] = field(repr=False)
    seeds: int


KINDS: dict[str, Kind] = {}


def kind(
    tier: Literal["table", "text", "bytes", "sav"],
    expected: Outcome | None = None,
    starts: tuple[Callable[[Random], Sheet], ...] = STARTS,
    seeds: int = SEEDS,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as a kind of damage, under its name."""

    def register(damage: Callable[..., Any]) -> Callable[..., Any]:
        KINDS[damage.__name__] = Kind(damage.__name__, tier, damage, expected, starts, seeds)
        return damage

    return register


# Damage to the table: columns.


@kind("table")
def columns_swapped(rng: Random, sheet: Sheet) -> None:
    first, second = rng.sample(range(len(sheet.rows[0])), 2)
    for row in sheet.rows:
        row[first], row[second] = row[second], row[first]


@kind("table")
def column_names_swapped(rng: Random, sheet: Sheet) -> None:
    header = sheet.rows[0]
    first, second = rng.sample(range(len(header)), 2)
    header[first], header[second] = header[second], header[first]


@kind("table", "refused")
def column_duplicated(rng: Random, sheet: Sheet) -> None:
    position = sheet.needed(rng)
    for row in sheet.rows:
        row.insert(rng.choice([position, position + 1]), row[position])


@kind("table", "refused")
def column_dropped(rng: Random, sheet: Sheet) -> None:
    position = sheet.needed(rng)
    for row in sheet.rows:
        del row[position]


@kind("table", "refused")
def column_renamed_case(rng: Random, sheet: Sheet) -> None:
    position = sheet.needed(rng)
    sheet.rows[0][position] = sheet.rows[0][position].swapcase()


@kind("table", "refused")
def column_renamed_inner_space(rng: Random, sheet: Sheet) -> None:
    position = sheet.needed(rng)
    name = sheet.rows[0][position]
    sheet.rows[0][position] = name[:1] + rng.choice(["  ", " ", "\t", "\u00a0", "\n"]) + name[1:]


@kind("table", "refused")
def column_renamed_mark_inside(rng: Random, sheet: Sheet) -> None:
    position = sheet.needed(rng)
    name = sheet.rows[0][position]
    sheet.rows[0][position] = name[:1] + "\ufeff" + name[1:]


_HOSTILE = (
    *("'; drop table raw.t1; --", '"; delete from raw.exports; --', "../../etc/passwd", "C:\\temp\\x", "a/b", "{}", "%s{0}"),
    *("__proto__", "respondent", "source_row", "source_file", "answered_on", "participant_id", "select", "*", "$1", "?"),
    *("\u202emirrored", "line\nbreak", "tab\there", "x" * 5000, "é" * 500, "🙂" * 300, "\u200f", "\x7f", "a"),
)


@kind("table", "refused")
def column_renamed_hostile(rng: Random, sheet: Sheet) -> None:
    sheet.rows[0][sheet.needed(rng)] = rng.choice(_HOSTILE)


@kind("table", "refused")
def all_columns_renamed_hostile(rng: Random, sheet: Sheet) -> None:
    sheet.rows[0][:] = [f"{rng.choice(_HOSTILE)}{position}" for position in range(len(sheet.rows[0]))]


@kind("table", "taken")
def column_added_hostile(rng: Random, sheet: Sheet) -> None:
    for _ in range(rng.randint(1, 7)):
        sheet.insert_column(rng, rng.choice(_HOSTILE))


@kind("table", "taken")
def column_blanks_around(rng: Random, sheet: Sheet) -> None:
    for position, name in enumerate(sheet.rows[0]):
        sheet.rows[0][position] = rng.choice(["", " ", "  "]) + name + rng.choice(["", " ", "   "])


@kind("table", "taken", (semicolon_roster,))
def column_accents_decomposed(rng: Random, sheet: Sheet) -> None:
    sheet.rows[0][:] = [unicodedata.normalize("NFD", name) for name in sheet.rows[0]]


@kind("table", "taken")
def empty_columns_extra(rng: Random, sheet: Sheet) -> None:
    for row in sheet.rows:
        row += [""] * 3


@kind("table", "taken", seeds=_FEW_SEEDS)
def ten_thousand_columns(rng: Random, sheet: Sheet) -> None:
    for number, row in enumerate(sheet.rows):
        row += [f"X{position}" if number == 0 else "1" for position in range(10_000)]


# Damage to the table: rows.


@kind("table")
def header_row_duplicated(rng: Random, sheet: Sheet) -> None:
    sheet.are_people_known = sheet.header_rows == 1
    sheet.rows.insert(1, list(sheet.rows[0]))


@kind("table")
def header_row_inside(rng: Random, sheet: Sheet) -> None:
    sheet.rows.insert(rng.randint(sheet.header_rows, len(sheet.rows)), list(sheet.rows[0]))


@kind("table", "refused")
def header_row_missing(rng: Random, sheet: Sheet) -> None:
    del sheet.rows[: sheet.header_rows]


@kind("table", "refused")
def title_above_header(rng: Random, sheet: Sheet) -> None:
    sheet.are_people_known = False
    sheet.rows.insert(0, ["Report of 2020"])


@kind("table", "refused")
def total_below_rows(rng: Random, sheet: Sheet) -> None:
    sheet.rows.append([f"{len(sheet.people)} rows"])


@kind("table", "taken", _T1_STARTS[:1])
def byte_order_mark_before_the_first_row(rng: Random, sheet: Sheet) -> None:
    sheet.people[0][0] = "\ufeff" + sheet.people[0][0]


@kind("table", "taken")
def header_only(rng: Random, sheet: Sheet) -> None:
    del sheet.rows[sheet.header_rows :]


@kind("table", "refused")
def row_short(rng: Random, sheet: Sheet) -> None:
    row = rng.choice(sheet.people)
    del row[rng.randint(1, len(row) - 1) :]


@kind("table", "refused")
def row_long(rng: Random, sheet: Sheet) -> None:
    rng.choice(sheet.people).extend(["x"] * rng.randint(1, 30))


@kind("table", "refused")
def trailing_delimiters(rng: Random, sheet: Sheet) -> None:
    for row in sheet.people:
        row.append("")


@kind("table", "refused")
def rows_repeated(rng: Random, sheet: Sheet) -> None:
    sheet.rows += [list(row) for row in rng.choices(sheet.people, k=rng.randint(1, 20))]


@kind("table", "taken")
def rows_shuffled(rng: Random, sheet: Sheet) -> None:
    sheet.rows[sheet.header_rows :] = rng.sample(sheet.people, len(sheet.people))


@kind("table", "taken")
def rows_all_empty(rng: Random, sheet: Sheet) -> None:
    sheet.rows += [[""] * len(sheet.rows[0]) for _ in range(rng.randint(1, 50))]


@kind("table", "taken", _T1_STARTS)
def previews(rng: Random, sheet: Sheet) -> None:
    for row in sheet.people:
        row[sheet.rows[0].index("Kind")] = rng.choice(["test", " preview ", "real", "preview\u200b", "test\u00a0"])


@kind("table", None, (qualtrics_csv,))
def header_rows_swapped(rng: Random, sheet: Sheet) -> None:
    sheet.are_people_known = False
    first, second = rng.sample(range(3), 2)
    sheet.rows[first], sheet.rows[second] = sheet.rows[second], sheet.rows[first]


@kind("table", "refused", (qualtrics_csv,))
def import_id_malformed(rng: Random, sheet: Sheet) -> None:
    cells = sheet.rows[2]
    position = rng.randrange(len(cells))
    cells[position] = rng.choice([cells[position][:-1], "QID9", "[]", '{"x":1}', "{" * 5000, "1" * 5000, "null", "\u202e{"])


@kind("table", None, (qualtrics_csv,))
def import_row_missing(rng: Random, sheet: Sheet) -> None:
    del sheet.rows[2]
    sheet.header_rows = 2


@kind("table", "refused", (qualtrics_csv,))
def label_row_missing(rng: Random, sheet: Sheet) -> None:
    del sheet.rows[1]


@kind("table", "refused", (qualtrics_csv,))
def import_row_among_people(rng: Random, sheet: Sheet) -> None:
    sheet.are_people_known = False
    row = sheet.rows.pop(2)
    sheet.rows.insert(rng.randint(3, len(sheet.rows)), row)


@kind("table", "refused", (qualtrics_csv,))
def import_row_twice(rng: Random, sheet: Sheet) -> None:
    sheet.rows.insert(rng.randint(3, len(sheet.rows)), list(sheet.rows[2]))


@kind("table", "refused", (qualtrics_csv,))
def name_row_twice(rng: Random, sheet: Sheet) -> None:
    sheet.are_people_known = False
    sheet.rows.insert(1, list(sheet.rows[0]))


@kind("table", "refused", (qualtrics_csv,))
def label_row_twice(rng: Random, sheet: Sheet) -> None:
    sheet.are_people_known = False
    sheet.rows.insert(2, list(sheet.rows[1]))


# Damage to the table: identifiers.


def _twin(rng: Random, sheet: Sheet, change: Callable[[str], str]) -> None:
    """Give one person the identifier of another, changed."""
    first, second = rng.sample(sheet.people, 2)
    second[sheet.respondent] = change(first[sheet.respondent])


@kind("table", "refused")
def ids_duplicated(rng: Random, sheet: Sheet) -> None:
    _twin(rng, sheet, str)


@kind("table", "refused")
def ids_all_the_same(rng: Random, sheet: Sheet) -> None:
    for row in sheet.people:
        row[sheet.respondent] = "PW-1"


@kind("table", "refused")
def ids_duplicated_with_blanks(rng: Random, sheet: Sheet) -> None:
    _twin(rng, sheet, lambda name: f"{rng.choice([' ', '  '])}{name}{rng.choice(['', ' '])}")


@kind("table", "refused")
def ids_duplicated_with_hard_blanks(rng: Random, sheet: Sheet) -> None:
    _twin(rng, sheet, lambda name: f"{name}\u00a0")


@kind("table", "taken")
def ids_other_case(rng: Random, sheet: Sheet) -> None:
    _twin(rng, sheet, lambda name: f"{name}Z")
    _twin(rng, sheet, lambda name: f"{name}z")


@kind("table", "taken")
def ids_blank(rng: Random, sheet: Sheet) -> None:
    for row in rng.sample(sheet.people, rng.randint(1, len(sheet.people))):
        row[sheet.respondent] = rng.choice(["", " ", "   ", "\u00a0"])


@kind("table", "taken")
def ids_of_500_characters(rng: Random, sheet: Sheet) -> None:
    for number, row in enumerate(sheet.people):
        row[sheet.respondent] = "x" * 497 + f"{number:03d}"


@kind("table", "refused")
def ids_hostile_and_duplicated(rng: Random, sheet: Sheet) -> None:
    hostile = rng.choice([*_HOSTILE, "x" * 500, "\x1b[31mred", "a\u2028b", "=1+1", "\ud7ff\ue000"])
    for row in rng.sample(sheet.people, 2):
        row[sheet.respondent] = hostile if hostile.strip("\u200f") else "x"


# Damage to the table: answers. None of it is the way in's business: text comes through as it stands.


def _fill(rng: Random, sheet: Sheet, cells: tuple[str, ...]) -> None:
    for row in sheet.people:
        for position in sheet.answers(rng):
            row[position] = rng.choice(cells)


@kind("table", "taken")
def codes_shifted(rng: Random, sheet: Sheet) -> None:
    for row in sheet.people:
        row[:] = [str(int(cell) + 1) if cell.isdecimal() else cell for cell in row]


@kind("table", "taken")
def answers_out_of_range(rng: Random, sheet: Sheet) -> None:
    _fill(rng, sheet, ("0", "99", "-1", "1000000000000", "inf", "nan", "NULL", "None", "NA", "#N/A", "true"))


@kind("table", "taken")
def formula_cells(rng: Random, sheet: Sheet) -> None:
    _fill(rng, sheet, ("=1+1", "@SUM(A1:A9)", "+1", "-1", "=cmd|'/c calc'!A0", '=HYPERLINK("http://x")', "\t=1"))


@kind("table", "taken")
def numbers_as_fractions(rng: Random, sheet: Sheet) -> None:
    _fill(rng, sheet, ("3.0", "3,0", " 3 ", "3.", "03", "+3", "3,000.5", "3.000,5", "３", "3\u00a0"))


@kind("table", "taken")
def numbers_scientific(rng: Random, sheet: Sheet) -> None:
    _fill(rng, sheet, ("3E+00", "3e0", "1.0e308", "1e999", "3,0E+00", "0x3"))


@kind("table", "taken")
def emoji_and_marks(rng: Random, sheet: Sheet) -> None:
    _fill(rng, sheet, ("🙂", "👩‍👩‍👧", "\u202e5\u202c", "\u200f3", "שלום", "e\u0301", "\u200b", "ﷺ"))


@kind("table", "taken")
def delimiters_inside(rng: Random, sheet: Sheet) -> None:
    _fill(rng, sheet, ("a,b", "a;b", "a\tb", "a|b", ",,,;;;", "\t", 'a"b', '"', '""', '","', "a,b,c,d,e,f,g,h"))


@kind("table", "taken")
def line_breaks_inside(rng: Random, sheet: Sheet) -> None:
    _fill(rng, sheet, ("a\nb", "a\r\nb", "a\rb", "\n", "\r\n\r\n", "a\n\n\nb", "\u2028", "a\u0085b", "\x0b", "\x0c"))
    # The csv module leaves a lone carriage return unquoted.
    sheet.is_quoted = True


@kind("table", "taken", seeds=_FEW_SEEDS)
def cell_of_100000_characters(rng: Random, sheet: Sheet) -> None:
    rng.choice(sheet.people)[sheet.answers(rng)[0]] = rng.choice(["x", "é", "a,", 'a"', "a\n"]) * 50_000


# Damage to the text.


@kind("text")
def cut_at_a_line(rng: Random, text: str, sheet: Sheet) -> str:
    lines = text.split(sheet.end)
    return sheet.end.join(lines[: rng.randrange(len(lines))])


@kind("text", "taken")
def mixed_line_ends(rng: Random, text: str, sheet: Sheet) -> str:
    return "".join(line + rng.choice(["\n", "\r\n", "\r"]) for line in text.split(sheet.end)[:-1])


@kind("text", "taken")
def carriage_returns_only(rng: Random, text: str, sheet: Sheet) -> str:
    return text.replace(sheet.end, "\r")


@kind("text", "taken")
def doubled_carriage_returns(rng: Random, text: str, sheet: Sheet) -> str:
    return text.replace(sheet.end, "\r\r\n")


@kind("text", "taken")
def no_final_line_end(rng: Random, text: str, sheet: Sheet) -> str:
    return text.removesuffix(sheet.end)


@kind("text", "taken")
def blank_lines_inside(rng: Random, text: str, sheet: Sheet) -> str:
    return "".join(line + sheet.end * rng.choice([1, 2, 3]) for line in text.split(sheet.end))


@kind("text", "taken")
def lines_of_blanks(rng: Random, text: str, sheet: Sheet) -> str:
    return sheet.end.join(["  ", *text.split(sheet.end), "    ", " "])


@kind("text", "taken")
def end_of_file_mark(rng: Random, text: str, sheet: Sheet) -> str:
    return text + "\x1a"


@kind("text")
def lone_quotes(rng: Random, text: str, sheet: Sheet) -> str:
    for _ in range(rng.randint(1, 3)):
        position = rng.randint(0, len(text))
        text = text[:position] + '"' + text[position:]
    return text


@kind("text")
def quote_never_closed(rng: Random, text: str, sheet: Sheet) -> str:
    position = rng.choice([match.end() for match in re.finditer(re.escape(sheet.delimiter), text)])
    return text[:position] + '"' + text[position:]


@kind("text")
def quote_lost(rng: Random, text: str, sheet: Sheet) -> str:
    quotes = [match.start() for match in re.finditer('"', text)]
    position = rng.choice(quotes) if quotes else 0
    return text[:position] + text[position + 1 :]


@kind("text")
def quotes_doubled(rng: Random, text: str, sheet: Sheet) -> str:
    return text.replace('"', '""')


@kind("text")
def quotes_escaped_by_backslash(rng: Random, text: str, sheet: Sheet) -> str:
    return text.replace('""', '\\"')


@kind("text")
def quotes_curled(rng: Random, text: str, sheet: Sheet) -> str:
    return text.replace('"', "”")


@kind("text", "taken")
def separator_line(rng: Random, text: str, sheet: Sheet) -> str:
    return rng.choice(["sep={}", '"sep={}"', "SEP={}"]).format(sheet.delimiter) + sheet.end + text


@kind("text", "refused")
def separator_line_wrong(rng: Random, text: str, sheet: Sheet) -> str:
    return f"sep={rng.choice([mark for mark in ',;|' if mark != sheet.delimiter])}{sheet.end}{text}"


@kind("text")
def delimiter_replaced(rng: Random, text: str, sheet: Sheet) -> str:
    return text.replace(sheet.delimiter, rng.choice([",", ";", "\t", "|", ":", " ", ", "]))


@kind("text")
def delimiter_replaced_in_a_line(rng: Random, text: str, sheet: Sheet) -> str:
    lines = text.split(sheet.end)
    position = rng.randrange(len(lines))
    lines[position] = lines[position].replace(
        sheet.delimiter, rng.choice([mark for mark in ",;|\t:" if mark != sheet.delimiter])
    )
    return sheet.end.join(lines)


@kind("text")
def delimiters_followed_by_blanks(rng: Random, text: str, sheet: Sheet) -> str:
    return text.replace(sheet.delimiter, sheet.delimiter + " ")


@kind("text", "taken")
def trailing_delimiter_everywhere(rng: Random, text: str, sheet: Sheet) -> str:
    return _read_and_write(text, sheet, lambda rows: [[*row, ""] for row in rows])


@kind("text")
def lines_swapped(rng: Random, text: str, sheet: Sheet) -> str:
    lines = text.split(sheet.end)
    first, second = rng.sample(range(len(lines)), 2)
    lines[first], lines[second] = lines[second], lines[first]
    return sheet.end.join(lines)


@kind("text")
def lines_wrapped(rng: Random, text: str, sheet: Sheet) -> str:
    width = rng.randint(20, 100)
    return sheet.end.join(text[position : position + width] for position in range(0, len(text), width))


@kind("text", "refused")
def text_twice(rng: Random, text: str, sheet: Sheet) -> str:
    return text + text


@kind("text")
def control_characters(rng: Random, text: str, sheet: Sheet) -> str:
    for _ in range(rng.randint(1, 5)):
        position = rng.randint(0, len(text))
        text = text[:position] + rng.choice("\x01\x07\x08\x0b\x0c\x1b\x1c\x1d\x1e\x1f\x7f\x85\u2028\ufffe") + text[position:]
    return text


@kind("text", "refused")
def nul_characters(rng: Random, text: str, sheet: Sheet) -> str:
    position = rng.randint(0, len(text))
    return text[:position] + "\x00" * rng.choice([1, 2, 512]) + text[position:]


@kind("text")
def letters_replaced(rng: Random, text: str, sheet: Sheet) -> str:
    return "".join(rng.choice('"\n\r,;\t| aé0') if rng.random() < 0.01 else letter for letter in text)


def _read_and_write(text: str, sheet: Sheet, change: Callable[[list[list[str]]], list[list[str]]]) -> str:
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=sheet.delimiter) if row]
    return replace(sheet, rows=change(rows)).text()


# Damage to the bytes.


@kind("bytes")
def cut_at_a_byte(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


@kind("bytes")
def start_lost(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    return data[rng.randrange(len(data) + 1) :]


@kind("bytes")
def bytes_flipped(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _block(rng: Random, data: bytes) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.choice([1, 2, 7, 16, 64, 512]))


@kind("bytes")
def block_deleted(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    start, stop = _block(rng, data)
    return data[:start] + data[stop:]


@kind("bytes")
def block_duplicated(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    start, stop = _block(rng, data)
    return data[:stop] + data[start:]


@kind("bytes")
def block_of_nul(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    start, stop = _block(rng, data)
    return data[:start] + bytes(stop - start) + data[stop:]


@kind("bytes")
def block_of_noise(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    start, stop = _block(rng, data)
    return data[:start] + rng.randbytes(stop - start) + data[stop:]


@kind("bytes", "refused")
def padded_with_nul(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    return data + bytes(2 * rng.choice([1, 100, 4096]))


@kind("bytes")
def mixed_encodings(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    for _ in range(rng.randint(1, 4)):
        position = rng.randint(0, len(data))
        fragment = rng.choice(["é", "ß", "“", "Ž", "я"]).encode(
            rng.choice(["cp1252", "utf-8", "utf-16-le", "cp437"]), "replace"
        )
        data = data[:position] + fragment + data[position:]
    return data


@kind("bytes", "refused", _T1_STARTS[:1])
def two_encodings_in_two_rows(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    rows = [[f"PW-{number}", "", "1", "2", "3", "Yes", "real"] for number in range(2)]
    lines = [",".join([*row, ""]) for row in rows]
    return sheet.text().split("\n")[0].encode() + b"\n" + lines[0].encode() + "é\n".encode() + lines[1].encode() + b"\xe9\n"


@kind("bytes", "taken", (quoted_bars,))
def byte_order_mark_doubled_before_a_quote(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    return b"\xef\xbb\xbf" + data


@kind("bytes", "taken", tuple(start for start in STARTS if start is not quoted_bars))
def byte_order_mark_doubled(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    if sheet.encoding == "utf-16":
        return data[:2] + data
    return b"\xef\xbb\xbf" * 2 + data.removeprefix(b"\xef\xbb\xbf") if sheet.encoding != "cp1252" else data


@kind("bytes")
def byte_order_mark_lost(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    return data[2:] if sheet.encoding == "utf-16" else data.removeprefix(b"\xef\xbb\xbf")


@kind("bytes")
def byte_order_mark_wrong(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    return rng.choice([b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xff\xfe\x00\x00", b"+/v8-", b"\xef\xbb"]) + data


@kind("bytes")
def other_encoding(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    codecs = ["utf-16", "utf-16-be", "utf-16-le", "utf-32", "utf-7", "latin-1", "mac-roman", "cp437", "cp1251", "cp500"]
    return sheet.text().encode(rng.choice(codecs), "replace")


@kind("bytes")
def encoded_twice(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    return data.decode("latin-1").encode()


@kind("bytes")
def high_bits_lost(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    return bytes(byte & 127 for byte in data)


@kind("bytes")
def line_feeds_made_line_ends(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    """What a transfer in text mode does, also to UTF-16."""
    return data.replace(b"\n", b"\r\n")


@kind("bytes", "refused")
def file_twice(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    return data + data


@kind("bytes", "refused")
def gzip_inside(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    return gzip.compress(data, mtime=0)


@kind("bytes", "refused")
def zip_inside(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(zipfile.ZipInfo("t1.csv"), data)
    return target.getvalue()


@kind("bytes", "refused")
def web_page_inside(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    start = rng.choice([b"<!DOCTYPE html>", b"\n <html>", b"<HTML lang=en>", b"<?xml version='1.0'?>\n", b"<table>"])
    return start + data.replace(b"\n", b"<br>\n") + b"</html>"


@kind("bytes", "refused")
def pdf_inside(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    return b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + data


@kind("bytes", "refused")
def old_excel_inside(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + data


@kind("bytes", "refused", seeds=_SAV_SEEDS)
def spss_inside(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    return sav(rng)


@kind("bytes", "refused")
def json_inside(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    return b'{"rows": [' + data.replace(b"\n", b"],\n[") + b"]}"


@kind("bytes", "refused")
def noise(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    return rng.randbytes(rng.choice([1, 2, 3, 10, 100, 5000]))


@kind("bytes", "refused", seeds=_SAV_SEEDS)
def zero_bytes(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    return b""


@kind("bytes", "refused")
def blanks_only(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    blank = rng.choice(["\ufeff", " ", "\n", "\r\n" * 9, "\t\t\n", "\u00a0", '""', "\x1a", "\x0c", "\ufeff\ufeff"])
    return blank.encode(rng.choice(["utf-8", "utf-16"]))


@kind("bytes", "refused")
def another_export(rng: Random, data: bytes, sheet: Sheet) -> bytes:
    other = rng.choice([start for start in STARTS if start(Random(0)).export != sheet.export])(rng)
    return other.encoded(other.text())


# Damage to an SPSS file.


@cache
def _sav_bytes(is_compressed: bool, folder: Path, people: int) -> bytes:
    frame = pd.DataFrame(
        {
            "pid": [f"Pé-{number}" for number in range(people)],
            "q01": [float(number % 5 + 1) for number in range(people)],
            "q02": [0.1 * number for number in range(people)],
            "q03": [None if number % 3 == 0 else 95.0 for number in range(people)],
            "day": [pd.Timestamp(2020, 1, 1 + number).date() for number in range(people)],
            "moment": [pd.Timestamp(2020, 1, 1 + number, 9, 5, 1) for number in range(people)],
            "time": [pd.Timestamp(2020, 1, 1, 9, 5, number).time() for number in range(people)],
            "a_long_name_of_a_text": [f"text {number} " * 40 for number in range(people)],
        }
    )
    path = folder / "made.sav"
    labels = {"q01": {1: "low", 5: "high", -9: "refused"}, "pid": {"x": "nobody"}}
    missing: dict[str, Any] = {"q01": [-9], "q03": [{"lo": 90, "hi": 99}]}
    pyreadstat.write_sav(
        frame,
        path,
        variable_value_labels=labels,
        missing_ranges=missing,
        row_compress=is_compressed,
        column_labels=["é"] * 8,
    )
    return path.read_bytes()


_SAV_FOLDER: list[Path] = []


def sav(rng: Random) -> bytes:
    return _sav_bytes(rng.choice([True, False]), _SAV_FOLDER[0], rng.randint(2, 12))


def _dictionary_end(data: bytes) -> int:
    """Where the cases of a file begin: after the record of type 999."""
    return data.index(struct.pack("<ii", 999, 0)) + 8


def _flipped(rng: Random, data: bytes, start: int, stop: int) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        changed[rng.randrange(start, stop)] ^= 1 << rng.randrange(8)
    return bytes(changed)


@kind("sav", seeds=_SAV_SEEDS)
def sav_cut(rng: Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


@kind("sav", seeds=_SAV_SEEDS)
def sav_cases_cut(rng: Random, data: bytes) -> bytes:
    return data[: rng.randrange(_dictionary_end(data), len(data))]


@kind("sav", seeds=_SAV_SEEDS)
def sav_header_flipped(rng: Random, data: bytes) -> bytes:
    return _flipped(rng, data, 4, 176)


@kind("sav", seeds=_SAV_SEEDS)
def sav_dictionary_flipped(rng: Random, data: bytes) -> bytes:
    return _flipped(rng, data, 176, _dictionary_end(data))


@kind("sav", seeds=_SAV_SEEDS)
def sav_cases_flipped(rng: Random, data: bytes) -> bytes:
    return _flipped(rng, data, _dictionary_end(data), len(data))


@kind("sav", seeds=_SAV_SEEDS)
def sav_block_deleted(rng: Random, data: bytes) -> bytes:
    start, stop = _block(rng, data)
    return data[:start] + data[stop:]


@kind("sav", seeds=_SAV_SEEDS)
def sav_goes_on(rng: Random, data: bytes) -> bytes:
    return data + rng.choice([data, bytes(64), rng.randbytes(64)])


@kind("sav", "refused", seeds=2)
def sav_with_fewer_cases_declared(rng: Random, data: bytes) -> bytes:
    """The number of cases in the header, one less than there are."""
    return data[:80] + struct.pack("<i", struct.unpack_from("<i", data, 80)[0] - 1) + data[84:]


@kind("sav", "refused", seeds=2)
def sav_cut_without_a_count(rng: Random, data: bytes) -> bytes:
    """The header leaves the number of cases open, as SPSS allows, and the last case is cut short."""
    whole = _sav_bytes(False, _SAV_FOLDER[0], 5)
    return whole[:80] + struct.pack("<i", -1) + whole[84:-7]


@kind("sav", seeds=2)
def sav_time_without_end(rng: Random, data: bytes) -> bytes:
    """A time of day that is infinite."""
    whole = _sav_bytes(False, _SAV_FOLDER[0], 5)
    seconds = struct.pack("<d", 9 * 3600 + 5 * 60 + 3)
    assert seconds in whole
    return whole.replace(seconds, struct.pack("<d", rng.choice([1, -1]) * float("inf")))


@kind("sav", "refused", seeds=_SAV_SEEDS)
def sav_is_text(rng: Random, data: bytes) -> bytes:
    return plain_csv(rng).text().encode()


@kind("sav", "taken", seeds=2)
def sav_is_whole(rng: Random, data: bytes) -> bytes:
    return data


# A damaged export.


@dataclass(frozen=True)
class Damaged:
    """One damaged export: what was done to it, in order, and what is known of it."""

    kind: Kind
    seed: int
    also: Kind | None
    export: str
    content: bytes = field(repr=False)
    #: How many records it must have if it is taken; None where only the bytes can say.
    people: int | None

    @property
    def name(self) -> str:
        return f"{self.kind.name}/{self.seed}" + (f"+{self.also.name}" if self.also else "")


_TIERS = ("table", "text", "bytes")


def damaged(kind_name: str, seed: int) -> Damaged:
    first = KINDS[kind_name]
    rng = Random(f"{kind_name} {seed}")
    if first.tier == "sav":
        return Damaged(first, seed, None, "t3", first.damage(rng, sav(rng)), None)
    start = first.starts[seed // 2 % len(first.starts)]
    also = None
    if seed % 2:
        also = KINDS[rng.choice([name for name, other in KINDS.items() if start in other.starts and other.tier != "sav"])]
    sheet = start(rng)
    chosen = sorted((first, also) if also else (first,), key=lambda chosen: _TIERS.index(chosen.tier))
    for step in (step for step in chosen if step.tier == "table"):
        # The first damage may take away what the second would change.
        with suppress(IndexError, ValueError) if also else nullcontext():
            step.damage(rng, sheet)
    people = len(sheet.people) if all(step.tier == "table" for step in chosen) and sheet.are_people_known else None
    text = sheet.text()
    for step in (step for step in chosen if step.tier == "text"):
        with suppress(IndexError, ValueError) if also else nullcontext():
            text = step.damage(rng, text, sheet)
    content = sheet.encoded(text)
    for step in (step for step in chosen if step.tier == "bytes"):
        content = step.damage(rng, content, sheet)
    return Damaged(first, seed, also, sheet.export, content, people)


# What became of it.


@dataclass
class Results:
    """Every damaged export is read once; the totals are of the same run."""

    folder: Path
    known: dict[tuple[str, int], Outcome] = field(default_factory=dict)

    def of(self, kind_name: str, seed: int, study: Study, export_of: ExportOf) -> Outcome:
        if (kind_name, seed) not in self.known:
            found = damaged(kind_name, seed)
            path = self.folder / "export"
            path.write_bytes(found.content)
            self.known[kind_name, seed] = outcome(found, path, study, export_of(found.export))
        return self.known[kind_name, seed]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("damage")
    _SAV_FOLDER[:] = [folder]
    return Results(folder)


def outcome(found: Damaged, path: Path, study: Study, export: Export) -> Outcome:
    """Read one damaged export and prove what became of it."""
    name = f"{export.export}.csv"
    try:
        table = read_export(path, export, name=name)
        contracted = apply_contract(table, study, export, _SHA256, name)
        rows_are_conserved(table, contracted)
        cells_are_those_of_the_file(table, contracted)
        if found.kind.tier == "sav":
            assert table.row_count == struct.unpack_from("<i", found.content, 80)[0] or found.kind.expected == "refused"
        else:
            the_csv_module_agrees(table, found.content, export)
        assert found.people in (None, table.row_count), f"{table.row_count} rows of {found.people}"
        contracted.raise_if_broken()
    except ExportError as refusal:
        is_one_line(str(refusal), name)
        return as_expected(found, "refused", str(refusal))
    identifiers = [text.strip() for text in contracted.accepted.column("respondent").to_pylist()]
    assert all(identifiers) and len(set(identifiers)) == len(identifiers)
    return as_expected(found, "taken", f"{len(identifiers)} rows accepted")


def as_expected(found: Damaged, became: Outcome, detail: str) -> Outcome:
    """A damage that came alone must end as its kind says."""
    assert found.also or found.kind.expected in (None, became), f"{became}: {detail}"
    return became


def is_one_line(message: str, name: str) -> None:
    assert message.startswith(f"{name}: ")
    assert message.isprintable()
    assert len(message) <= _LONGEST_MESSAGE, message


def rows_are_conserved(table: TextTable, contracted: ContractResult) -> None:
    accepted, aside = contracted.accepted, contracted.set_aside
    assert table.row_count == table.cells.num_rows == contracted.rows_in_file == accepted.num_rows + aside.num_rows
    positions = [*accepted.column("source_row").to_pylist(), *aside.column("source_row").to_pylist()]
    assert len(set(positions)) == len(positions)
    assert sorted(positions) == table.source_rows.to_pylist()
    for line in (*contracted.problems, *contracted.warnings):
        assert line.isprintable()


def cells_are_those_of_the_file(table: TextTable, contracted: ContractResult) -> None:
    """Each accepted cell is the cell of its column in its row."""
    rows = {row: number for number, row in enumerate(table.source_rows.to_pylist())}
    taken = pa.array([rows[row] for row in contracted.accepted.column("source_row").to_pylist()], pa.int64())
    for finding in contracted.findings:
        if finding.verdict == "matched" and finding.code is not None:
            cells = table.cells.column(table.columns.index(finding.column))
            assert contracted.accepted.column(finding.code).equals(cells.take(taken))


def the_csv_module_agrees(table: TextTable, content: bytes, export: Export) -> None:
    """The same records, cell by cell and on the same lines, by another way through the same bytes."""
    assert table.encoding is not None
    # Marks at the very beginning and end are no text: a byte order mark, however often, and the Ctrl-Z of old files.
    text = content.decode(table.encoding).lstrip("\ufeff").removesuffix("\x1a")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=table.delimiter or ",")
    records: list[tuple[int, list[str]]] = []
    line = 1
    before = csv.field_size_limit(1_000_000)
    for cells in reader:
        if cells and not (len(cells) == 1 and cells[0].isspace()):
            records.append((line, cells))
        line = reader.line_num + 1
    csv.field_size_limit(before)
    if re.fullmatch(r'sep=[,;\t|]"?[ \t]*', table.delimiter.join(records[0][1]) if table.delimiter else "", re.IGNORECASE):
        del records[0]
    above = 1
    if export.reader == "qualtrics":
        above = 3 if "ImportId" in "".join(records[2][1] if len(records) > 2 else []) else 2
    assert list(table.columns) == records[0][1]
    people = records[above:]
    assert table.source_rows.to_pylist() == [line for line, _ in people]
    assert [list(row) for row in zip(*(column.to_pylist() for column in table.cells.columns), strict=True)] == [
        cells for _, cells in people
    ]


@pytest.mark.slow
@pytest.mark.parametrize("kind_name", KINDS)
def test_rows_are_conserved_or_the_export_is_refused(
    kind_name: str, results: Results, study: Study, export_of: ExportOf
) -> None:
    failures = []
    for seed in range(KINDS[kind_name].seeds):
        try:
            results.of(kind_name, seed, study, export_of)
        except Exception as error:
            failures.append(f"{damaged(kind_name, seed).name}: {type(error).__name__}: {str(error)[:500]}")
    assert not failures, "\n".join(failures)


@pytest.mark.slow
def test_there_are_enough_of_them(results: Results, study: Study, export_of: ExportOf) -> None:
    outcomes: Counter[Outcome] = Counter()
    for kind_name in KINDS:
        outcomes.update(results.of(kind_name, seed, study, export_of) for seed in range(KINDS[kind_name].seeds))
    assert len(KINDS) >= 40
    assert outcomes.total() >= 2000
    assert outcomes["taken"] >= 300
    assert outcomes["refused"] >= 300


# Up to the warehouse.

_TABLES = ("exports", "contract", "set_aside_rows")


def _for_the_warehouse(export: str, count: int) -> list[Damaged]:
    """One damaged file of each kind that this export can have, every second with a second damage."""
    found: list[Damaged] = []
    for kind_name, chosen in KINDS.items():
        seeds = (seed for seed in range(len(found) % 2, chosen.seeds, 2) if damaged(kind_name, seed).export == export)
        if chosen.tier != "sav" and len(found) < count and (seed := next(seeds, None)) is not None:
            found.append(damaged(kind_name, seed))
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("export", "count"), [("t1", 60), ("t2", 12), ("roster", 12)])
def test_the_warehouse_takes_an_export_whole_or_not_at_all(
    export: str, count: int, results: Results, tmp_path: Path, study: Study, export_of: ExportOf
) -> None:
    settings = read_settings(
        {"WAVEHOUSE_STUDY": str(study.folder), "WAVEHOUSE_HOME": str(tmp_path / "home"), "WAVEHOUSE_PSEUDONYM_KEY": "a key"}
    )
    warehouse = Warehouse(settings.warehouse_file)
    start = next(start for start in STARTS if start(Random(0)).export == export)
    drop = study.folder / export_of(export).folder / f"{export}.csv"
    drop.parent.mkdir(parents=True)
    whole = start(Random("whole"))
    drop.write_bytes(whole.encoded(whole.text()))
    load_export(settings, study, export_of(export), warehouse)
    standing = _raw_tables(warehouse, export)
    outcomes: Counter[Outcome] = Counter()
    chosen = _for_the_warehouse(export, count)
    for found in chosen:
        drop.write_bytes(found.content)
        sha256 = hashlib.sha256(found.content).hexdigest()
        try:
            record = load_export(settings, study, export_of(export), warehouse).record
        except ExportError as refusal:
            outcomes["refused"] += 1
            is_one_line(str(refusal), drop.name)
            (version,) = warehouse.rows("select * from raw.versions where export = ? and sha256 = ?", [export, sha256])
            assert (version["verdict"], version["message"]) == ("refused", str(refusal)), found.name
            assert _raw_tables(warehouse, export) == standing, found.name
        else:
            outcomes["taken"] += 1
            standing = _raw_tables(warehouse, export)
            (written,) = standing["exports"]
            assert written == asdict(record), found.name
            assert (written["sha256"], written["file_name"]) == (sha256, drop.name), found.name
            assert written["rows_in_file"] == written["rows_accepted"] + written["rows_set_aside"], found.name
            assert len(standing[export]) == written["rows_accepted"], found.name
            assert len(standing["set_aside_rows"]) == written["rows_set_aside"], found.name
        assert drop.read_bytes() == found.content, found.name
        assert (settings.landing / f"{sha256}.csv").read_bytes() == found.content, found.name
    assert outcomes.total() == count == len(chosen)
    assert min(outcomes["taken"], outcomes["refused"]) >= count // 6


def _raw_tables(warehouse: Warehouse, export: str) -> dict[str, list[dict[str, Any]]]:
    return {table: warehouse.rows(f"select * from raw.{table}") for table in (export, *_TABLES)}
