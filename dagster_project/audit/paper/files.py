"""From a file's bytes to its tables: which kind of file it is, by what it holds.

Belongs here: kinds of files, and refusing what has no tables. Does not belong here: readers of each kind.
"""

import csv
import re

from dagster_project.audit.paper.archives import names_of_parts, part_of
from dagster_project.audit.paper.grid import PaperTable
from dagster_project.audit.paper.html_tables import html_tables
from dagster_project.audit.paper.plain_text import text_tables
from dagster_project.results.errors import ResultsError

_HTML = re.compile(
    r"\s*(?:<!doctype html|<html|<!--|<\?xml[^>]*>\s*<(?:!doctype )?html|<(?:div|table|section|body|head|p|meta|figure)\b)",
    re.IGNORECASE,
)
_HAS_TABLE = re.compile(r"<table\b", re.IGNORECASE)
_ARCHIVE, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_PDF, _RTF, _GZIP = b"%PDF", b"{\\rtf", b"\x1f\x8b"
#: JASP and jamovi keep their results as a page within their files; SPSS keeps its own in parts of this name.
_RESULTS_PAGE, _SPSS_PART = "index.html", "outputViewer"
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*")
#: What the head of long form has; two of them are no table as printed.
_LONG_FORM = {"timepoint", "statistic", "printed"}
_ENCODINGS = ("utf-8-sig", "cp1252")


def tables_of(data: bytes, name: str) -> list[PaperTable]:
    """The tables of a file that is no text: a Word document, a workbook, a file of JASP or jamovi.

    Raises ResultsError, in one line with the cure."""
    _refuse_without_tables(data, name)
    if data.startswith(_ARCHIVE):
        parts = names_of_parts(data, name)
        if any(part.startswith("word/") for part in parts):
            from dagster_project.audit.paper.word import word_tables

            return _needed(word_tables(data, name), name)
        if "content.xml" in parts or any(part.endswith(".bin") and part.startswith("xl/workbook") for part in parts):
            raise ResultsError(f"{name}: how this kind of workbook shows its numbers is not read; save it as .xlsx")
        if any(part.startswith("xl/") for part in parts):
            from dagster_project.audit.paper.workbook import workbook_tables

            return _needed(workbook_tables(data, name), name)
        if _RESULTS_PAGE in parts:
            return _needed(html_tables(text_of(part_of(data, _RESULTS_PAGE), name), name), name)
        if any(part.startswith(_SPSS_PART) for part in parts):
            raise ResultsError(f"{name}: SPSS output is not read as it is; export it from SPSS as HTML, Word or Excel")
        raise ResultsError(f"{name}: a zip file that is neither a document nor a workbook; unpack it")
    if data.startswith(_OLD_OFFICE):
        raise ResultsError(f"{name}: an old or encrypted Office file; save it as .docx or .xlsx, without a password")
    return text_tables_of(text_of(data, name), name)


def _refuse_without_tables(data: bytes, name: str) -> None:
    if data.startswith(_PDF):
        raise ResultsError(
            f"{name}: a PDF has letters at places, and no tables; copy the table and paste it, or save it as Word, HTML or"
            " CSV"
        )
    if data.startswith(_RTF):
        raise ResultsError(f"{name}: an RTF document is not read; save it as .docx")
    if data.startswith(_GZIP):
        raise ResultsError(f"{name}: a gzip file is not read; unpack it")
    if data.startswith(_PICTURES):
        raise ResultsError(f"{name}: a picture has no tables; type the table, or give the page that it is from")


def text_tables_of(text: str, name: str) -> list[PaperTable]:
    """The tables of a page, or of delimited or pasted text."""
    if _HTML.match(text) or (text.lstrip().startswith("<") and _HAS_TABLE.search(text)):
        return _needed(html_tables(text, name), name)
    return _needed(text_tables(text, name), name)


def text_of(data: bytes, name: str) -> str:
    """A text file's text: UTF-8, UTF-16 with its mark, or the encoding of Western spreadsheets."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _utf16_text(data, "utf-16", name)
    if b"\x00" in data[:4096]:
        raise ResultsError(f"{name}: the file is no text; give a table as text, HTML, .docx or .xlsx")
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ResultsError(f"{name}: the encoding is not known; save the file as UTF-8")


def _utf16_text(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise ResultsError(f"{name}: the file is damaged; save it as UTF-8") from None


def is_binary(data: bytes) -> bool:
    """Whether bytes are of a kind of file that is no text."""
    return data.startswith((_ARCHIVE, _OLD_OFFICE, _PDF, _RTF, _GZIP, *_PICTURES))


def is_long_form(text: str) -> bool:
    """Whether a text is a table of one row a number, complete or not, by its head."""
    line = next(
        (line for line in text.splitlines() if line.strip() and not re.match(r"\s*\"?sep=", line, re.IGNORECASE)), ""
    )
    delimiter = max(",;\t", key=line.count)
    try:
        cells = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return False
    return len({cell.strip().casefold() for cell in cells} & _LONG_FORM) > 1 or not line


def _needed(tables: list[PaperTable], name: str) -> list[PaperTable]:
    if not tables:
        raise ResultsError(f"{name}: there is no table of two rows and two columns in it; give the file with the table")
    return tables
