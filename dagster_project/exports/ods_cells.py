"""The cells of an .ods sheet whose value is not all there is to them: errors, percentages, merged cells.

Belongs here: finding them in the sheet's XML. Does not belong here: what is said of them (cells_without_value.py,
cells_shown_otherwise.py), how large a sheet is (used_range.py).
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_VALUE_TYPE = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"


@dataclass(frozen=True)
class OdsCell:
    """row, column: from 1. text: as shown. value: as stored, "" for a text. rows, columns: how many it is merged over."""

    row: int
    column: int
    text: str
    value: str
    is_error: bool
    is_percentage: bool
    rows: int
    columns: int


def marked_cells(content: bytes, sheet: str) -> Iterator[OdsCell]:
    """The cells of a sheet that are an error, a percentage, or merged. content: of the file's content.xml."""
    is_in_sheet, row, column, row_cells = False, 1, 1, list[OdsCell]()
    for event, element in ElementTree.iterparse(io.BytesIO(content), ("start", "end")):
        if element.tag == f"{_TABLE}table":
            is_in_sheet = event == "start" and element.get(f"{_TABLE}name") == sheet
        elif not is_in_sheet or event == "start":
            continue
        elif element.tag in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            repeat_count = _count(element, "number-columns-repeated")
            row_cells += _marked(element, row, column, repeat_count)
            column += repeat_count
            element.clear()
        elif element.tag == f"{_TABLE}table-row":
            repeat_count = _count(element, "number-rows-repeated")
            for offset in range(repeat_count if row_cells else 0):
                yield from (OdsCell(**(vars(cell) | {"row": row + offset})) for cell in row_cells)
            row, column, row_cells = row + repeat_count, 1, []
            element.clear()


def _marked(element: ElementTree.Element, row: int, column: int, repeat_count: int) -> Iterator[OdsCell]:
    is_error = element.get(_VALUE_TYPE) == "error"
    is_percentage = element.get(f"{_OFFICE}value-type") == "percentage"
    rows, columns = _count(element, "number-rows-spanned"), _count(element, "number-columns-spanned")
    if is_error or is_percentage or rows * columns > 1:
        text, value = "".join(element.itertext()).strip(), element.get(f"{_OFFICE}value", "")
        for offset in range(repeat_count):
            yield OdsCell(row, column + offset, text, value, is_error, is_percentage, rows, columns)


def _count(element: ElementTree.Element, attribute: str) -> int:
    text = element.get(_TABLE + attribute, "1")
    return max(int(text), 1) if text.isdecimal() else 1
