"""A workbook (.xlsx, .xlsm) without some rows of one of its sheets, every other part of it as it was but for the picture of
its first page.

The rows are cut out of the sheet's XML, so that their numbers are missing there and those of all others stay; texts that no
other cell has are blanked among the shared ones. Does not belong here: whose rows they are (people.py), other formats.
"""

import re
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path

from dagster_project.erasure.errors import ErasureError
from dagster_project.exports.sheet_parts import part_of_sheet

_ROW = re.compile(rb"<((?:\w+:)?)row\b([^>]*?)(?:/>|>(.*?)</\1row>)", re.DOTALL)
_NUMBER = re.compile(rb"\br=[\"']([0-9]+)[\"']")
_SHARED_CELL = re.compile(rb"<(?:\w+:)?c\b[^>]*?\bt=[\"']s[\"'][^>]*>.*?<(?:\w+:)?v(?:\s[^>]*)?>\s*([0-9]+)\s*</", re.DOTALL)
_SHARED_TEXT = re.compile(rb"<((?:\w+:)?)si\b[^>]*?(?:/>|>.*?</\1si>)", re.DOTALL)
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\b[^>]*?ref=[\"'][A-Z]+([0-9]+):[A-Z]+([0-9]+)[\"']")
_CHAINED_CELL = re.compile(rb"<(?:\w+:)?c\b[^>]*?\br=[\"'][A-Z]+([0-9]+)[\"'][^>]*?/>")
_COMMENTED_CELL = re.compile(rb"\bref=[\"'][A-Z]+([0-9]+)[\"']")
#: A formula that is written once, in its first cell, for all cells of a range.
_SHARED_FORMULA = re.compile(
    rb"<(?:\w+:)?f\b(?=[^>]*?\bt=[\"']shared[\"'])[^>]*?\bref=[\"'][A-Z]+([0-9]+):[A-Z]+([0-9]+)[\"']"
)
_CHART_COPY = re.compile(rb"<(?:\w+:)?(?:num|str|multiLvlStr)Cache\b")
_SHARED_TEXTS, _CHAIN, _LINKS = "xl/sharedStrings.xml", "xl/calcChain.xml", "_rels/.rels"
#: A picture of the first sheet, and the link to it.
_PICTURE = "docProps/thumbnail."
_PICTURE_LINK = re.compile(rb"<Relationship\b[^>]*[\"']/?docProps/thumbnail\.[^>]*/>")


def write_without_rows(source: Path, target: Path, sheet: str, source_rows: Collection[int], name: str) -> None:
    """Write the workbook without these rows. Raises ErasureError where something else of it refers to them."""
    with zipfile.ZipFile(source) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
        sheet_part = part_of_sheet(archive, sheet)
        _refuse_references(parts, sheet_part, source_rows, name)
        parts[sheet_part], rows = _without_rows(parts[sheet_part], source_rows, name)
        if _SHARED_TEXTS in parts:
            indexes = {index for part in _sheets(parts) for index in _shared_texts(part)}
            parts[_SHARED_TEXTS] = _blanked(parts[_SHARED_TEXTS], set(_shared_texts(rows)) - indexes)
        if _CHAIN in parts:
            parts[_CHAIN] = _CHAINED_CELL.sub(lambda match: b"" if int(match[1]) in source_rows else match[0], parts[_CHAIN])
        if _LINKS in parts:
            parts[_LINKS] = _PICTURE_LINK.sub(b"", parts[_LINKS])
        with zipfile.ZipFile(target, "w") as new_archive:
            for info in archive.infolist():
                if not info.filename.startswith(_PICTURE):
                    new_archive.writestr(info, parts[info.filename], info.compress_type)


def _sheets(parts: dict[str, bytes]) -> Iterator[bytes]:
    return (content for part, content in parts.items() if part.startswith("xl/worksheets/") and part.endswith(".xml"))


def _without_rows(sheet: bytes, source_rows: Collection[int], name: str) -> tuple[bytes, bytes]:
    """The sheet without the rows, and the rows."""
    rows: list[bytes] = []

    def keep_or_cut(match: re.Match[bytes]) -> bytes:
        number = _NUMBER.search(match[2])
        if number is None:
            raise ErasureError(f"{name}: its rows are not numbered; save the workbook in a spreadsheet, then forget again")
        if int(number[1]) not in source_rows:
            return match[0]
        rows.append(match[0])
        return b""

    return _ROW.sub(keep_or_cut, sheet), b"".join(rows)


def _shared_texts(cells: bytes) -> list[int]:
    return [int(index) for index in _SHARED_CELL.findall(cells)]


def _blanked(shared_texts: bytes, indexes: Collection[int]) -> bytes:
    count = -1

    def blank(match: re.Match[bytes]) -> bytes:
        nonlocal count
        count += 1
        return b"<%(p)ssi><%(p)st/></%(p)ssi>" % {b"p": match[1]} if count in indexes else match[0]

    return _SHARED_TEXT.sub(blank, shared_texts)


def _refuse_references(parts: dict[str, bytes], sheet_part: str, source_rows: Collection[int], name: str) -> None:
    cure = "take the row out in a spreadsheet, save the workbook, then forget again"
    if sheet_part not in parts:
        raise ErasureError(f"{name}: the workbook does not say where its sheet is; {cure}")
    if any("pivotcache" in part.lower() for part in parts):
        raise ErasureError(f"{name}: a pivot table keeps a copy of the rows; take it out, {cure}")
    if any(part.startswith("xl/charts/") and _CHART_COPY.search(content) for part, content in parts.items()):
        raise ErasureError(f"{name}: a chart keeps a copy of the rows; take it out, {cure}")
    for match in _SHARED_FORMULA.findall(parts[sheet_part]):
        if int(match[0]) in source_rows and not {*range(int(match[0]), int(match[1]) + 1)} <= {*source_rows}:
            raise ErasureError(f"{name}: the row has a formula that other rows share; {cure}")
    merged = [
        match
        for match in _MERGED.findall(parts[sheet_part])
        if set(range(int(match[0]), int(match[1]) + 1)) & {*source_rows}
    ]
    comments = (content for part, content in parts.items() if "comments" in part.lower())
    if merged or any(int(row) in source_rows for content in comments for row in _COMMENTED_CELL.findall(content)):
        raise ErasureError(f"{name}: the row has merged cells or comments; {cure}")
