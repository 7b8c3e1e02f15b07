"""What of a workbook is laid out before it is read: one stray cell far away would make a sheet of 17,000 million cells.

Belongs here: how far a sheet reaches, in .xlsx, .xlsm, .xlsb and .ods, leaving blanks out of that, and refusing what cannot
be laid out. Does not belong here: reading the cells (excel.py). An old .xls has 17 million cells at most.
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

#: So many cells are laid out whatever is in them: 50 MB.
_FEW = 2_000_000
#: A sheet with fewer filled cells than one in so many is looked at: what makes it so large?
_SPARSE = 20
#: A sparse sheet larger than this is refused, and any that is larger than the second.
_LARGE, _LARGEST = 50_000_000, 200_000_000
#: What unpacks to more than this, and to so many times its size, is no workbook.
_UNPACKED, _RATIO = 200 << 20, 150

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
_REPEATED = re.compile(rb"table:number-columns-repeated=\"[0-9]+\"")


@dataclass
class _Reach:
    """How far the cells of a sheet reach from A1, how many there are, and the two that reach furthest (row, column)."""

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
        return self.area > _FEW and self.area > _SPARSE * self.cells

    def refuse_if_large(self, name: str) -> None:
        if self.area <= (_LARGE if self.is_sparse else _LARGEST):
            return
        far = dict.fromkeys(_reference(*cell) for cell in (self.lowest, self.rightmost))
        what = f"used range is A1:{_reference(self.rows, self.columns)}"
        if self.is_sparse:
            cells = f"delete cell {next(iter(far))}"
            if len(far) > 1:
                cells = f"the cells furthest out are {' and '.join(far)}: delete what does not belong there"
            raise ExportError(f"{name}: the {what}, and almost all of it is empty; {cells}, or save the sheet as CSV")
        raise ExportError(f"{name}: the {what}, more than can be laid out; save the sheet as CSV")


def without_stray_blanks(path: Path, name: str) -> BinaryIO | None:
    """A workbook that reaches no further than what is in it; None where the file itself is as good.

    Cells that hold nothing but blanks are left out where they alone make a sheet large. Raises ExportError for a sheet
    that is large and almost empty all the same, naming the cell, and for a file that unpacks to far more than its size.
    A file that is no zip, or a damaged one, is left to the reader, which says what is wrong with it.
    """
    if not zipfile.is_zipfile(path):
        return None
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_bomb(archive, path, name)
            parts = [part for part in archive.namelist() if _SHEET.fullmatch(part)]
            changed: dict[str, bytes] = {}
            for part in parts:
                content = archive.read(part)
                if part.lower().endswith(".bin"):
                    _reach_of_records(content).refuse_if_large(name)
                elif (cropped := _cropped_sheet(archive, content, name)) is not None:
                    changed[part] = cropped
            if not parts and "content.xml" in archive.namelist():
                content = archive.read("content.xml")
                if (cropped := _cropped_ods(content, name)) is not None:
                    changed["content.xml"] = cropped
            return _with_parts(archive, changed) if changed else None
    except (zipfile.BadZipFile, zipfile.zlib.error, ElementTree.ParseError, OSError, RuntimeError, EOFError):  # type: ignore[attr-defined]
        return None


def _refuse_bomb(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    packed, unpacked = path.stat().st_size, sum(part.file_size for part in archive.infolist())
    if unpacked > _UNPACKED and unpacked > _RATIO * packed:
        raise ExportError(
            f"{name}: the file unpacks from {packed >> 10} KB to {unpacked >> 20} MB, as no workbook does; export it again,"
            " or save the sheet as CSV"
        )


def _with_parts(archive: zipfile.ZipFile, changed: dict[str, bytes]) -> BinaryIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as copy:
        for part in archive.namelist():
            copy.writestr(part, changed[part] if part in changed else archive.read(part))
    stream.seek(0)
    return stream


def _cropped_sheet(archive: zipfile.ZipFile, content: bytes, name: str) -> bytes | None:
    """A sheet's XML without the blank cells beyond the filled ones; None if it is no larger than what is in it."""
    quick = _quick_reach(content)
    if not quick.is_sparse:
        quick.refuse_if_large(name)
        return None
    blanks = _blank_strings(archive)
    everything, filled = _Reach(), _Reach()
    for row, column, cell in _cells(content):
        if cell[3] is not None:
            everything.add(row, column)
        if not _is_blank(cell, blanks):
            filled.add(row, column)
    filled.refuse_if_large(name)
    if (everything.rows, everything.columns) == (filled.rows, filled.columns):
        return None
    kept, last = [], 0
    for row, column, cell in _cells(content):
        if row > filled.rows or column > filled.columns:
            kept.append(content[last : cell.start()])
            last = cell.end()
    return b"".join([*kept, content[last:]])


def _quick_reach(content: bytes) -> _Reach:
    """How far a sheet's XML reaches by the last cell of each row, with a value or without: a look, not a reading."""
    reach = _Reach()
    prefix = found[1] if (found := _PREFIX.search(content)) else b""
    row_tag, row_end, cell_tag = b"<" + prefix + b"row", b"</" + prefix + b"row>", b"<" + prefix + b"c "
    start = row = 0
    while (end := content.find(row_end, start)) >= 0:
        opened = content.rfind(row_tag, start, end)
        tag = content[opened : content.find(b">", opened)]
        row = int(number[1]) if (number := _ROW_NUMBER.search(tag)) else row + 1
        if count := content.count(cell_tag, opened, end):
            last = content.rfind(cell_tag, opened, end)
            reference = _REFERENCE.search(content, last, content.find(b">", last))
            reach.add(row, _column(reference[1]) if reference else count, count)
        start = end + len(row_end)
    return reach


def _cells(content: bytes) -> Iterator[tuple[int, int, re.Match[bytes]]]:
    """Each cell of a sheet's XML with its row and column; one without a reference stands to the right of the one before."""
    row = column = 0
    for cell in _CELL.finditer(content):
        if reference := _REFERENCE.search(cell[2]):
            row, column = int(reference[2]), _column(reference[1])
        else:
            column += 1
        yield row, column, cell


def _is_blank(cell: re.Match[bytes], blank_strings: set[int]) -> bool:
    inner = cell[3] or b""
    value = found[1] if (found := _VALUE.search(inner)) else b""
    kind = found[1] if (found := _TYPE.search(cell[2])) else b""
    if kind == b"s" and value.strip().isdigit():
        return int(value) in blank_strings
    if b"<f" in inner or b":f" in inner:
        return False
    return _is_blank_text(value) and _is_blank_text(b"".join(_TEXT.findall(inner)))


def _blank_strings(archive: zipfile.ZipFile) -> set[int]:
    """The numbers of the workbook's shared strings that hold nothing but blanks."""
    if "xl/sharedStrings.xml" not in archive.namelist():
        return set()
    strings = _STRING.finditer(archive.read("xl/sharedStrings.xml"))
    return {number for number, found in enumerate(strings) if _is_blank_text(b"".join(_TEXT.findall(found[1] or b"")))}


def _is_blank_text(text: bytes) -> bool:
    return not html.unescape(text.decode("utf-8", "replace")).strip()


def _reach_of_records(content: bytes) -> _Reach:
    """How far a sheet of an .xlsb reaches: its records are a kind, a size (both in 7 bits a byte) and content."""
    reach = _Reach()
    position = row = 0
    length = len(content)
    while position < length:
        kind, position = _varint(content, position, 2)
        size, position = _varint(content, position, 4)
        if kind == 0:  # a row begins
            row = int.from_bytes(content[position : position + 4], "little")
        elif 2 <= kind <= 11:  # a cell with a value
            reach.add(row + 1, int.from_bytes(content[position : position + 4], "little") + 1)
        position += size
    return reach


def _varint(content: bytes, position: int, most: int) -> tuple[int, int]:
    number = 0
    for place in range(most):
        if position >= len(content):
            break
        byte = content[position]
        position += 1
        number |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            break
    return number, position


def _cropped_ods(content: bytes, name: str) -> bytes | None:
    """An .ods file's content without blank cells, if they alone make a sheet large; None if they do not."""
    if not any(reach.is_sparse or reach.area > _LARGE for reach in _reaches_of_ods(content, with_blanks=True)):
        return None
    for reach in _reaches_of_ods(content, with_blanks=False):
        reach.refuse_if_large(name)

    def empty(cell: re.Match[bytes]) -> bytes:
        repeated = _REPEATED.search(cell[1])
        return b"<table:table-cell " + (repeated[0] if repeated else b"") + b"/>"

    return _BLANK_ODS_CELL.sub(empty, content)


def _reaches_of_ods(content: bytes, *, with_blanks: bool) -> Iterable[_Reach]:
    reach, row, column = _Reach(), 0, 0
    repeated_rows = 1
    for event, element in ElementTree.iterparse(io.BytesIO(content), ("start", "end")):
        tag = element.tag
        if event == "start":
            if tag == f"{_TABLE}table":
                reach, row = _Reach(), 0
            elif tag == f"{_TABLE}table-row":
                column, repeated_rows = 0, _number(element, "number-rows-repeated")
        elif tag in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            repeated = _number(element, "number-columns-repeated")
            column += repeated
            text = "".join(element.itertext())
            has_value = any(key.startswith(_OFFICE) and key != f"{_OFFICE}value-type" for key in element.attrib)
            if has_value or text.strip() or (with_blanks and len(element)):
                reach.add(row + repeated_rows, column, repeated * repeated_rows)
            element.clear()
        elif tag == f"{_TABLE}table-row":
            row += repeated_rows
            element.clear()
        elif tag == f"{_TABLE}table":
            yield reach


def _number(element: ElementTree.Element, attribute: str) -> int:
    text = element.get(_TABLE + attribute, "1")
    return max(int(text), 1) if text.isdecimal() else 1


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _reference(row: int, column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"
