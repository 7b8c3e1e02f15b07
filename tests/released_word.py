"""A released Word document, measured. Belongs here: how wide its tables are, and how much room there is. Does not belong here: what a
document should say."""

from pathlib import Path

import docx
from docx.oxml.ns import qn

_TWIPS_A_CENTIMETRE = 1440 / 2.54


def widths_and_rooms(file: Path) -> list[tuple[float, float]]:
    """The width of each table, and of the text of the section in which it stands, in centimetres."""
    body = docx.Document(str(file)).element.body
    measured: list[tuple[float, float]] = []
    open_widths: list[float] = []
    for element in body.iterchildren():
        if element.tag == qn("w:tbl"):
            columns = element.find(qn("w:tblGrid")).findall(qn("w:gridCol"))
            open_widths.append(sum(int(column.get(qn("w:w"))) for column in columns) / _TWIPS_A_CENTIMETRE)
        # A section's measures stand at its end: in its last paragraph, or behind everything.
        section = element if element.tag == qn("w:sectPr") else element.find(f"{qn('w:pPr')}/{qn('w:sectPr')}")
        if section is not None:
            page, margins = section.find(qn("w:pgSz")), section.find(qn("w:pgMar"))
            twips = int(page.get(qn("w:w"))) - int(margins.get(qn("w:left"))) - int(margins.get(qn("w:right")))
            measured += [(width, twips / _TWIPS_A_CENTIMETRE) for width in open_widths]
            open_widths = []
    return measured
