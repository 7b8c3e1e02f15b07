"""The used range of a workbook's sheets, checked before they are read: one stray cell can make it 17,000 million cells.

The library that reads a sheet allocates every cell of its used range. Belongs here: the used range in .xlsx, .xlsm, .xlsb
and .ods, without blank cells, and refusing a sheet that is too large. Does not belong here: reading the cells (excel.py). An
old .xls has 17 million cells at most.
"""

import html
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree

from dagster_project.exports.errors import ExportError
from dagster_project.exports.workbook_archive import refuse_bomb
from dagster_project.readable_files import beyond, most_of

#: A used range of at most this many cells is always accepted: 50 MB.
_SMALL_AREA = 2_000_000
#: A larger sheet is sparse if fewer than one in this many cells are filled.
_SPARSE_FACTOR = 20
#: The largest used range of a sparse sheet that is accepted, in cells; of any other it is a limit of all files.
_MAX_SPARSE_AREA = 50_000_000

_SHEET = re.compile(r"xl/worksheets/[^/]+\.(xml|bin)", re.IGNORECASE)
_CELL = re.compile(rb"<((?:\w+:)?)c((?:\s[^>]*?)?)(?:/>|>(.*?)</\1c>)", re.DOTALL)
_PREFIX = re.compile(rb"<((?:\w+:)?)row[\s>]")
_REFERENCE = re.compile(rb"\br=[\"']([A-Za-z]{1,3})([0-9]{1,7})[\"']")
_ROW_NUMBER = re.compile(rb"\br=[\"']([0-9]{1,7})[\"']")
_TYPE = re.compile(rb"\bt=[\"'](\w+)[\"']")
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>([^<]*)</")
_TEXT = re.compile(rb"<(?:\w+:)?t(?:\s[^>]*)?>([^<]*)</")
_STRING = re.compile(rb"<(?:\w+:)?si(?:\s[^>]*)?(?:/>|>(.*?)</(?:\w+:)?si>)", re.DOTALL)

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_BLANK_ODS_CELL = re.compile(
    rb"<table:table-cell((?:\s[^>]*[^/>])?)>\s*"
    rb"(?:<text:p(?:\s[^>]*)?(?:/>|>(?:\s|<text:s(?:\s[^>]*)?/>)*</text:p>)\s*)*</table:table-cell>"
)
_COLUMNS_REPEATED = re.compile(rb"table:number-columns-repeated=\"[0-9]+\"")


@dataclass
class _UsedRange:
    """The used range of a sheet from A1, the number of its cells, and the two furthest from A1 (row, column)."""

    rows: int = 0
    columns: int = 0
    cells: int = 0
    lowest: tuple[int, int] = (0, 0)
    rightmost: tuple[int, int] = (0, 0)

    def add(self, row: int, column: int, count: int = 1) -> None:
        self.cells += count
        if row > self.rows:
            self.rows, self.lowest = row, (row, column)
        if column > self.columns:
            self.columns, self.rightmost = column, (row, column)

    @property
    def area(self) -> int:
        return self.rows * self.columns

    @property
    def is_sparse(self) -> bool:
        return self.area > _SMALL_AREA and self.area > _SPARSE_FACTOR * self.cells

    def refuse_if_large(self, name: str) -> None:
        if self.area <= (_MAX_SPARSE_AREA if self.is_sparse else most_of("workbook_cells")):
            return
        outermost_cells = dict.fromkeys(cell_reference(*cell) for cell in (self.lowest, self.rightmost))
        range_text = f"used range is A1:{cell_reference(self.rows, self.columns)}"
        if self.is_sparse:
            remedy = f"delete cell {next(iter(outermost_cells))}"
            if len(outermost_cells) > 1:
                remedy = f"the cells furthest out are {' and '.join(outermost_cells)}: delete what does not belong there"
            raise ExportError(f"{name}: the {range_text}, and almost all of it is empty; {remedy}, or save the sheet as CSV")
        raise ExportError(f"{name}: the {range_text}, {beyond('workbook_cells')}; or save the sheet as CSV")


def without_stray_blanks(path: Path, name: str) -> BinaryIO | None:
    """A copy of a workbook without the blank cells beyond the filled ones; None if the file can be read as it is.

    Blank cells are removed only if they make a sheet large. Raises ExportError for a sheet that is still large and almost
    empty, naming the cell, and for a file that unpacks to far more than its size. A file that is not a zip archive, or is
    damaged, is left to the reader, which reports what is wrong.
    """
    if not zipfile.is_zipfile(path):
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            refuse_bomb(archive, path, name)
            parts = [part for part in archive.namelist() if _SHEET.fullmatch(part)]
            cropped_parts: dict[str, bytes] = {}
            for part in parts:
                content = archive.read(part)
                if part.lower().endswith(".bin"):
                    _used_range_of_xlsb(content).refuse_if_large(name)
                elif (cropped_content := _cropped_sheet(archive, content, name)) is not None:
                    cropped_parts[part] = cropped_content
            if not parts and "content.xml" in archive.namelist():
                content = archive.read("content.xml")
                if (cropped_content := _cropped_ods(content, name)) is not None:
                    cropped_parts["content.xml"] = cropped_content
            return _with_parts(archive, cropped_parts) if cropped_parts else None
    except (zipfile.BadZipFile, zipfile.zlib.error, ElementTree.ParseError, OSError, RuntimeError, EOFError):  # type: ignore[attr-defined]
        return None


def _with_parts(archive: zipfile.ZipFile, replaced_parts: dict[str, bytes]) -> BinaryIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as copy:
        for part in archive.namelist():
            copy.writestr(part, replaced_parts[part] if part in replaced_parts else archive.read(part))
    stream.seek(0)
    return stream


def _cropped_sheet(archive: zipfile.ZipFile, content: bytes, name: str) -> bytes | None:
    """A sheet's XML without the blank cells beyond the filled ones; None if it is not sparse or there are none."""
    quick_range = _quick_used_range(content)
    if not quick_range.is_sparse:
        quick_range.refuse_if_large(name)
        return None
    blanks = _blank_strings(archive)
    all_cells, filled_cells = _UsedRange(), _UsedRange()
    for row, column, cell in _cells(content):
        if cell[3] is not None:
            all_cells.add(row, column)
        if not _is_blank(cell, blanks):
            filled_cells.add(row, column)
    filled_cells.refuse_if_large(name)
    if (all_cells.rows, all_cells.columns) == (filled_cells.rows, filled_cells.columns):
        return None
    pieces, piece_start = [], 0
    for row, column, cell in _cells(content):
        if row > filled_cells.rows or column > filled_cells.columns:
            pieces.append(content[piece_start : cell.start()])
            piece_start = cell.end()
    return b"".join([*pieces, content[piece_start:]])


def _quick_used_range(content: bytes) -> _UsedRange:
    """The used range of a sheet's XML by the last cell of each row, with or without a value: a quick estimate."""
    used_range = _UsedRange()
    prefix = match[1] if (match := _PREFIX.search(content)) else b""
    row_tag, row_end, cell_tag = b"<" + prefix + b"row", b"</" + prefix + b"row>", b"<" + prefix + b"c "
    position = row = 0
    while (end := content.find(row_end, position)) >= 0:
        row_start = content.rfind(row_tag, position, end)
        tag = content[row_start : content.find(b">", row_start)]
        row = int(number[1]) if (number := _ROW_NUMBER.search(tag)) else row + 1
        if count := content.count(cell_tag, row_start, end):
            cell_start = content.rfind(cell_tag, row_start, end)
            reference = _REFERENCE.search(content, cell_start, content.find(b">", cell_start))
            used_range.add(row, column_number(reference[1]) if reference else count, count)
        position = end + len(row_end)
    return used_range


def _cells(content: bytes) -> Iterator[tuple[int, int, re.Match[bytes]]]:
    """Row, column and XML of each cell of a sheet; a cell without a reference is to the right of the previous cell."""
    row = column = 0
    for cell in _CELL.finditer(content):
        if reference := _REFERENCE.search(cell[2]):
            row, column = int(reference[2]), column_number(reference[1])
        else:
            column += 1
        yield row, column, cell


def _is_blank(cell: re.Match[bytes], blank_strings: set[int]) -> bool:
    content = cell[3] or b""
    value = match[1] if (match := _VALUE.search(content)) else b""
    cell_type = match[1] if (match := _TYPE.search(cell[2])) else b""
    if cell_type == b"s" and value.strip().isdigit():
        return int(value) in blank_strings
    if b"<f" in content or b":f" in content:
        return False
    return _is_blank_text(value) and _is_blank_text(b"".join(_TEXT.findall(content)))


def _blank_strings(archive: zipfile.ZipFile) -> set[int]:
    """The indices of the workbook's shared strings that are blank."""
    if "xl/sharedStrings.xml" not in archive.namelist():
        return set()
    strings = _STRING.finditer(archive.read("xl/sharedStrings.xml"))
    return {index for index, string in enumerate(strings) if _is_blank_text(b"".join(_TEXT.findall(string[1] or b"")))}


def _is_blank_text(text: bytes) -> bool:
    return not html.unescape(text.decode("utf-8", "replace")).strip()


def _used_range_of_xlsb(content: bytes) -> _UsedRange:
    """The used range of a sheet of an .xlsb; its records are a kind, a size (both in 7 bits a byte) and content."""
    used_range = _UsedRange()
    row = 0
    for kind, record in records_of_xlsb(content):
        if kind == 0:  # a row begins
            row = int.from_bytes(record[:4], "little")
        elif 2 <= kind <= 11:  # a cell with a value
            used_range.add(row + 1, int.from_bytes(record[:4], "little") + 1)
    return used_range


def records_of_xlsb(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The records of a part of an .xlsb: kind and content."""
    position, length = 0, len(content)
    while position < length:
        kind, position = _varint(content, position, 2)
        size, position = _varint(content, position, 4)
        yield kind, content[position : position + size]
        position += size


def _varint(content: bytes, position: int, max_bytes: int) -> tuple[int, int]:
    number = 0
    for byte_index in range(max_bytes):
        if position >= len(content):
            break
        byte = content[position]
        position += 1
        number |= (byte & 0x7F) << (7 * byte_index)
        if byte < 0x80:
            break
    return number, position


def _cropped_ods(content: bytes, name: str) -> bytes | None:
    """An .ods file's content without blank cells; None if they do not make a sheet large."""
    if not any(
        used_range.is_sparse or used_range.area > _MAX_SPARSE_AREA
        for used_range in _used_ranges_of_ods(content, with_blanks=True)
    ):
        return None
    for used_range in _used_ranges_of_ods(content, with_blanks=False):
        used_range.refuse_if_large(name)

    def blanked(cell: re.Match[bytes]) -> bytes:
        repeat_attribute = _COLUMNS_REPEATED.search(cell[1])
        return b"<table:table-cell " + (repeat_attribute[0] if repeat_attribute else b"") + b"/>"

    return _BLANK_ODS_CELL.sub(blanked, content)


def _used_ranges_of_ods(content: bytes, *, with_blanks: bool) -> Iterable[_UsedRange]:
    used_range, row, column = _UsedRange(), 0, 0
    repeated_rows = 1
    for event, element in ElementTree.iterparse(io.BytesIO(content), ("start", "end")):
        tag = element.tag
        if event == "start":
            if tag == f"{_TABLE}table":
                used_range, row = _UsedRange(), 0
            elif tag == f"{_TABLE}table-row":
                column, repeated_rows = 0, _repeat_count(element, "number-rows-repeated")
        elif tag in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            repeated_columns = _repeat_count(element, "number-columns-repeated")
            column += repeated_columns
            text = "".join(element.itertext())
            has_value = any(key.startswith(_OFFICE) and key != f"{_OFFICE}value-type" for key in element.attrib)
            if has_value or text.strip() or (with_blanks and len(element)):
                used_range.add(row + repeated_rows, column, repeated_columns * repeated_rows)
            element.clear()
        elif tag == f"{_TABLE}table-row":
            row += repeated_rows
            element.clear()
        elif tag == f"{_TABLE}table":
            yield used_range


def _repeat_count(element: ElementTree.Element, attribute: str) -> int:
    text = element.get(_TABLE + attribute, "1")
    return max(int(text), 1) if text.isdecimal() else 1


def column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def cell_reference(row: int, column: int) -> str:
    letters = ""
    while column:
        column, remainder = divmod(column - 1, 26)
        letters = chr(65 + remainder) + letters
    return f"{letters}{row}"
