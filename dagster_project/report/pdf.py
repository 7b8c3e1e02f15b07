"""A document as PDF: the same title, sections of text and tables as the Word document (word.py).

Belongs here: pages, styles, rules, repeated headings. Does not belong here: what stands in a cell. Its fonts are those that
the plotting library brings along: they hold Latin, Greek and Cyrillic letters; what they lack is shown as a box.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from dagster_project.languages import gettext, language_tag
from dagster_project.report.widths import column_widths
from dagster_project.results import Table

_FAMILY = "DejaVuSerif"
_LENGTH, _WIDTH, _MARGIN = 29.7, 21.0, 2.0
_POINTS = 72 / 2.54
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
#: Letters of the font are wider than those of the Word document.
_SIZE = 0.86


def write_pdf(
    file: Path,
    title: str,
    opening: Sequence[str],
    sections: Sequence[tuple[str, Sequence[tuple[str, str]]]],
    tables: Sequence[Table],
    released_at: datetime,
) -> None:
    """Write title, opening paragraphs, sections of text and tables. sections: headings, each with subjects and texts.

    Every page lies across, as wide tables need it. The same content gives the same bytes.
    """
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph, SimpleDocTemplate

    _register_fonts()
    text_style = ParagraphStyle("text", fontName=_FAMILY, fontSize=9, leading=12, spaceAfter=4)
    title_style = ParagraphStyle("title", text_style, fontSize=16, leading=20, spaceAfter=10)
    heading_style = ParagraphStyle(
        "heading", text_style, fontName=f"{_FAMILY}-Bold", fontSize=11, leading=14, spaceBefore=10, keepWithNext=1
    )
    story: list[Any] = [Paragraph(_markup(title), title_style)]
    story += [Paragraph(_markup(text), text_style) for text in opening]
    for heading, paragraphs in sections:
        if paragraphs:
            story.append(Paragraph(_markup(heading), heading_style))
        for subject, text in paragraphs:
            label = f"<b>{_markup(subject)}.</b> " if subject else ""
            story.append(Paragraph(label + _markup(text), text_style))
    for table in tables:
        story += _table(table, text_style)
    document = SimpleDocTemplate(
        str(file),
        pagesize=(_LENGTH * _POINTS, _WIDTH * _POINTS),
        leftMargin=_MARGIN * _POINTS, rightMargin=_MARGIN * _POINTS, topMargin=1.6 * _POINTS, bottomMargin=1.6 * _POINTS,
        title=_clean(title), author="", lang=language_tag(), creator="Wavehouse",
        invariant=1,
    )  # fmt: skip

    def number_page(canvas: Any, page: Any) -> None:
        canvas.setFont(_FAMILY, 8)
        canvas.drawCentredString(_LENGTH * _POINTS / 2, 0.9 * _POINTS, str(page.page))
        canvas.drawRightString((_LENGTH - _MARGIN) * _POINTS, 0.9 * _POINTS, f"{released_at:%Y-%m-%d}")

    document.build(story, onFirstPage=number_page, onLaterPages=number_page)


def _register_fonts() -> None:
    """Make the four faces of the font known, once."""
    import matplotlib
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    if _FAMILY in pdfmetrics.getRegisteredFontNames():
        return
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    faces = {"normal": "", "bold": "-Bold", "italic": "-Italic", "boldItalic": "-BoldItalic"}
    for suffix in faces.values():
        pdfmetrics.registerFont(TTFont(_FAMILY + suffix, str(folder / f"{_FAMILY}{suffix}.ttf")))
    pdfmetrics.registerFontFamily(_FAMILY, **{face: _FAMILY + suffix for face, suffix in faces.items()})


def _table(table: Table, text_style: Any) -> list[Any]:
    """Caption, table and notes. Heading rows are repeated on each page."""
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import LongTable, Paragraph

    centimetres, size = column_widths(table, _LENGTH - 2 * _MARGIN)
    size *= _SIZE
    cell_style = ParagraphStyle("cell", text_style, fontSize=size, leading=1.25 * size, spaceAfter=0, splitLongWords=1)
    number_style = ParagraphStyle("number", cell_style, alignment=2)
    group_style = ParagraphStyle("group", cell_style, alignment=1)
    styles = [cell_style, *(cell_style if column.has_words else number_style for column in table.columns)]
    rules: list[tuple[Any, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        *((f"{side}PADDING", (0, 0), (-1, -1), 2) for side in ("LEFT", "RIGHT", "TOP", "BOTTOM")),
        ("LINEABOVE", (0, 0), (-1, 0), 1, "black"),
        ("LINEBELOW", (0, -1), (-1, -1), 1, "black"),
    ]
    rows: list[list[Any]] = []
    if table.groups:
        rows.append([""])
        for group, span in table.groups:
            start = len(rows[0])
            rules += [("SPAN", (start, 0), (start + span - 1, 0))]
            rules += [("LINEBELOW", (start, 0), (start + span - 1, 0), 0.5, "black")] if group else []
            rows[0] += [Paragraph(_markup(group), group_style), *[""] * (span - 1)]
    rows.append(
        ["", *(Paragraph(_markup(column.name), style) for column, style in zip(table.columns, styles[1:], strict=True))]
    )
    rules.append(("LINEBELOW", (0, len(rows) - 1), (-1, len(rows) - 1), 0.5, "black"))
    heading_rows = len(rows)
    for row in table.rows:
        if not row.cells:
            rules.append(("SPAN", (0, len(rows)), (-1, len(rows))))
            rows.append([Paragraph(f"<b>{_markup(row.label)}</b>", cell_style), *[""] * len(table.columns)])
            continue
        texts = [row.label, *(cell.text for cell in row.cells)]
        rows.append([Paragraph(_markup(text), style) for text, style in zip(texts, styles, strict=True)])
    caption_text = gettext("Table {number}.", number=table.number)
    caption = ParagraphStyle("caption", text_style, spaceBefore=14, keepWithNext=1)
    note = ParagraphStyle("note", text_style, fontSize=8, leading=10, spaceBefore=3)
    return [
        Paragraph(f"<b>{_markup(caption_text)}</b> <i>{_markup(table.title)}</i>", caption),
        LongTable(rows, [width * _POINTS for width in centimetres], repeatRows=heading_rows, hAlign="LEFT", style=rules),
        *([Paragraph(f"<i>{gettext('Note.')}</i> {_markup(' '.join(table.notes))}", note)] if table.notes else []),
    ]


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def _markup(text: str) -> str:
    """A text as the library's paragraphs take it: none of its letters is a tag."""
    return escape(_clean(text)).replace("\n", "<br/>")
