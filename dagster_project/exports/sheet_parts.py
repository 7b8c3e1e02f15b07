"""The parts of a workbook file: which of them holds a sheet, and how a sheet's XML is written.

Belongs here: what everybody needs who looks into a sheet besides the library that reads it. Does not belong here: what is
looked for (cells_without_value.py, cells_shown_otherwise.py), the extent of a sheet (used_range.py).
"""

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

from dagster_project.exports.used_range import records_of_xlsb

#: How an old workbook (.xls) begins; the others are zip files.
OLE_SIGNATURE = b"\xd0\xcf\x11\xe0"
#: A cell that is not blank. A blank one with a style ends in "/>", and must not run on into the next.
CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*?[^/>])>(.*?)</(?:\w+:)?c>", re.DOTALL)
#: A cell's column and row, and its value.
REFERENCE = re.compile(rb"\br=[\"']([A-Z]+)([0-9]+)[\"']")
VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>([^<]+)</")
_RELATIONSHIPS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
#: The kind of an .xlsb's record of a sheet in the list of sheets.
_XLSB_SHEET = 156


def is_old_workbook(path: Path) -> bool:
    """Whether a file is an .xls by its first bytes."""
    with path.open("rb") as file:
        return file.read(len(OLE_SIGNATURE)) == OLE_SIGNATURE


def part_of_sheet(archive: zipfile.ZipFile, sheet: str) -> str:
    """The part of an .xlsx or .xlsb that holds a sheet; "" if the workbook does not say."""
    names = archive.namelist()
    if "xl/workbook.xml" in names:
        relationship_ids, list_of_targets = _sheets_of_xlsx(archive.read("xl/workbook.xml")), "xl/_rels/workbook.xml.rels"
    else:
        relationship_ids, list_of_targets = _sheets_of_xlsb(archive.read("xl/workbook.bin")), "xl/_rels/workbook.bin.rels"
    if list_of_targets not in names or sheet not in relationship_ids:
        return ""
    for relationship in ElementTree.fromstring(archive.read(list_of_targets)):
        if relationship.get("Id") == relationship_ids[sheet]:
            target = relationship.get("Target", "")
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return ""


def _sheets_of_xlsx(workbook: bytes) -> dict[str, str]:
    """Each sheet's name to the id of its part."""
    sheets = (element for element in ElementTree.fromstring(workbook).iter() if element.tag.endswith("}sheet"))
    return {element.get("name", ""): element.get(_RELATIONSHIPS, "") for element in sheets}


def _sheets_of_xlsb(workbook: bytes) -> dict[str, str]:
    """Each sheet's name to the id of its part. Both are UTF-16 after their lengths in characters."""
    sheets = {}
    for kind, record in records_of_xlsb(workbook):
        if kind == _XLSB_SHEET:
            texts, position = [], 8
            for _ in range(2):
                end = position + 4 + 2 * int.from_bytes(record[position : position + 4], "little")
                texts.append(record[position + 4 : end].decode("utf-16-le", "replace"))
                position = end
            sheets[texts[1]] = texts[0]
    return sheets
