"""An OpenDocument workbook (.ods) without some rows of one of its sheets, every other part of it as it was.

A row becomes a blank one, so that the numbers of all others stay; the picture of the first page goes. Does not belong here:
whose rows they are (people.py), other formats.
"""

import html
import re
import zipfile
from collections.abc import Collection
from itertools import groupby
from pathlib import Path

from dagster_project.erasure.errors import ErasureError

_CONTENT, _MANIFEST, _PICTURE = "content.xml", "META-INF/manifest.xml", "Thumbnails/thumbnail.png"
_TABLE = re.compile(rb"<table:table(\s[^>]*)>")
_TABLE_END = b"</table:table>"
_NAME = re.compile(rb"\stable:name=(?:\"([^\"]*)\"|'([^']*)')")
_ROW = re.compile(rb"<table:table-row((?:\s[^>]*?)?)(?:/>|>.*?</table:table-row>)", re.DOTALL)
_ROW_COUNT = re.compile(rb"\stable:number-rows-repeated=[\"'](\d+)[\"']")
_MERGED = re.compile(rb"<table:covered-table-cell|\stable:number-rows-spanned=[\"'](?!1[\"'])")
_PICTURE_ENTRY = re.compile(rb"<manifest:file-entry\b[^>]*\"Thumbnails/thumbnail\.png\"[^>]*/>\s*")
_CURE = "take the row out in a spreadsheet, save the workbook, then forget again"


def write_without_document_rows(source: Path, target: Path, sheet: str, source_rows: Collection[int], name: str) -> None:
    """Write the workbook without these rows. Raises ErasureError where something else of it keeps what is in them."""
    with zipfile.ZipFile(source) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
        if any(part != _CONTENT and part.endswith("/" + _CONTENT) for part in parts):
            raise ErasureError(f"{name}: a chart or an embedded object keeps a copy of the rows; take it out, {_CURE}")
        if b"<table:tracked-changes" in parts[_CONTENT]:
            raise ErasureError(f"{name}: recorded changes keep former contents; accept them all, {_CURE}")
        parts[_CONTENT] = _without_rows(parts[_CONTENT], sheet, source_rows, name)
        if _PICTURE in parts:
            parts[_MANIFEST] = _PICTURE_ENTRY.sub(b"", parts[_MANIFEST])
        with zipfile.ZipFile(target, "w") as new_archive:
            for info in archive.infolist():
                if info.filename != _PICTURE:
                    new_archive.writestr(info, parts[info.filename], info.compress_type)


def _without_rows(content: bytes, sheet: str, source_rows: Collection[int], name: str) -> bytes:
    begin, end = _span_of_sheet(content, sheet, name)
    row = 1

    def blank_or_stay(match: re.Match[bytes]) -> bytes:
        nonlocal row
        count_match = _ROW_COUNT.search(match[1])
        rows = range(row, row + (int(count_match[1]) if count_match else 1))
        row = rows.stop
        if not any(number in rows for number in source_rows):
            return match[0]
        if _MERGED.search(match[0]):
            raise ErasureError(f"{name}: the row has merged cells; {_CURE}")
        facts = _ROW_COUNT.sub(b"", match[1])
        blank = b"<table:table-row%s><table:table-cell/></table:table-row>" % facts
        whole = b"<table:table-row%s%s" % (facts, match[0][len(b"<table:table-row") + len(match[1]) :])
        groups = groupby(rows, lambda number: number in source_rows)
        return b"".join((blank if is_cut else whole) * len(list(numbers)) for is_cut, numbers in groups)

    return content[:begin] + _ROW.sub(blank_or_stay, content[begin:end]) + content[end:]


def _span_of_sheet(content: bytes, sheet: str, name: str) -> tuple[int, int]:
    """Where the rows of the sheet begin and end."""
    for match in _TABLE.finditer(content):
        name_match = _NAME.search(match[1])
        if name_match is None or html.unescape((name_match[1] or name_match[2] or b"").decode()) != sheet:
            continue
        end = content.find(_TABLE_END, match.end())
        if end >= 0 and _TABLE.search(content, match.end(), end) is None:
            return match.end(), end
    raise ErasureError(f"{name}: the workbook does not say where its sheet is, or has tables in cells; {_CURE}")
