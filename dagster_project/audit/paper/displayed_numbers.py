"""How many decimals a workbook shows of each number: its formats, which are part of the file, not of its values.

Belongs here: formats of cells, and numbers as they show them. Does not belong here: the values themselves, and which cells
are a table (workbook.py). What is shown is what is printed: 0.4996 in a cell of two decimals is 0.50.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from posixpath import join, normpath
from typing import Any

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
#: Formats that every workbook has without naming them.
_BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 37: "#,##0", 38: "#,##0", 39: "#,##0.00",
    40: "#,##0.00",
}  # fmt: skip
#: Texts in a format, colours and conditions, blanks as wide as a sign, and signs that fill.
_WORDS = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
_PLAIN = re.compile(r"[^0#?.,%]*(?P<whole>[0#?,]+)(?:\.(?P<decimals>[0#?]*))?(?P<percent>%?)[^0#?.,%a-zA-Z@/]*")


@dataclass(frozen=True)
class NumberFormat:
    """decimals: at least and at most so many are shown."""

    min_decimals: int
    max_decimals: int
    is_percent: bool = False

    def text(self, number: float) -> str:
        """A number as it is shown, rounded half up, without thousands marks."""
        exact = Decimal(repr(number)) * (100 if self.is_percent else 1)
        rounded = exact.quantize(Decimal(1).scaleb(-self.max_decimals), rounding=ROUND_HALF_UP)
        text = f"{abs(rounded) if rounded == 0 else rounded:f}"
        whole, _, decimals = text.partition(".")
        decimals = decimals[: self.min_decimals] + decimals[self.min_decimals :].rstrip("0")
        return whole + (f".{decimals}" if decimals else "") + ("%" if self.is_percent else "")


def number_format(code: str) -> NumberFormat | None:
    """What a format shows of a number; None where it shows another thing, or leaves it open, as General does."""
    match = _PLAIN.fullmatch(_WORDS.sub("", code.split(";")[0]))
    if match is None or match["whole"].endswith(","):
        return None
    decimals = match["decimals"] or ""
    return NumberFormat(decimals.count("0"), len(decimals), bool(match["percent"]))


#: The formats of a sheet's cells, by row and column from 0.
SheetFormats = Mapping[tuple[int, int], NumberFormat]


def formats_of(data: bytes) -> dict[str, SheetFormats]:
    """By sheet, the formats of an .xlsx workbook's cells; nothing of another kind of workbook, or where they are not
    legible."""
    from xml.etree import ElementTree

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            roots = {name: ElementTree.fromstring(_plain(archive.read(name))) for name in _SOURCES}
            formats = _cell_formats(roots["xl/styles.xml"])
            return {
                name: dict(_sheet_formats(ElementTree.fromstring(_plain(archive.read(part))), formats))
                for name, part in _sheets(roots["xl/workbook.xml"], roots["xl/_rels/workbook.xml.rels"])
                if part in archive.namelist()
            }
    except (KeyError, ValueError, zipfile.BadZipFile, ElementTree.ParseError):
        return {}


_SOURCES = ("xl/styles.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels")


def _plain(part: bytes) -> bytes:
    """A part without declarations of its own, which no workbook has."""
    if b"<!" in part.replace(b"<!--", b"").replace(b"<![CDATA[", b""):
        raise ValueError("a declaration")
    return part


def _cell_formats(styles: Any) -> list[NumberFormat | None]:
    codes = dict(_BUILT_IN)
    codes |= {int(entry.get("numFmtId")): entry.get("formatCode", "") for entry in styles.iter(f"{_MAIN}numFmt")}
    styled = styles.find(f"{_MAIN}cellXfs")
    entries = styled if styled is not None else ()
    return [number_format(codes.get(int(entry.get("numFmtId", 0)), "General")) for entry in entries]


def _sheets(workbook: Any, relations: Any) -> Iterator[tuple[str, str]]:
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    for sheet in workbook.iter(f"{_MAIN}sheet"):
        target = targets.get(sheet.get(_RELATION), "")
        yield sheet.get("name", ""), target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))


def _sheet_formats(sheet: Any, formats: list[NumberFormat | None]) -> Iterator[tuple[tuple[int, int], NumberFormat]]:
    for cell in sheet.iter(f"{_MAIN}c"):
        style, match = int(cell.get("s", 0)), re.fullmatch(r"([A-Z]{1,3})([0-9]{1,7})", cell.get("r", ""))
        if match is not None and style < len(formats) and (cell_format := formats[style]) is not None:
            column = 0
            for letter in match[1]:
                column = column * 26 + ord(letter) - ord("A") + 1
            yield (int(match[2]) - 1, column - 1), cell_format
