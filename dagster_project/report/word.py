"""The tables as a Word document, with native tables as journals ask for them.

Belongs here: styles, captions with numbers that Word knows, rules, repeated headings. Does not belong here: what stands in a
cell. Tables are written directly as XML: python-docx finds a cell by walking its table, which takes minutes for long ones.
"""

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from dagster_project.languages import gettext, gettext_noop, language_tag
from dagster_project.report.widths import column_widths
from dagster_project.results import Table

#: Tables with more columns than this, or with words in cells, stand on landscape pages.
_PORTRAIT_COLUMNS = 6
#: Headings of tables, and of those whose numbers begin with a letter.
_NUMBERED_TABLES = gettext_noop("Tables")
_HEADINGS = {"S": gettext_noop("Further tables"), "C": gettext_noop("Checklists")}
#: Tables with more rows than this start on a new page.
_SHORT_TABLE_ROWS = 14
_PAPER_LENGTH, _PAPER_WIDTH, _MARGIN = 29.7, 21.0, 2.0
_TWIPS = 567  # of a centimetre
#: XML allows no such characters.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write_word(
    file: Path,
    title: str,
    opening: Sequence[str],
    sections: Sequence[tuple[str, Sequence[tuple[str, str]]]],
    tables: Sequence[Table],
    released_at: datetime,
) -> None:
    """Write title, opening paragraphs, sections of text and tables, under a heading for each kind of table number.

    sections: headings, each with subjects and texts; a subject may be empty. The same content gives the same bytes.
    """
    document = Document()
    _prepare(document, title, released_at)
    document.add_heading(_clean(title), 0)
    for text in opening:
        document.add_paragraph(_clean(text))
    for section_heading, paragraphs in sections:
        if paragraphs:
            document.add_heading(section_heading, 1)
        for subject, text in paragraphs:
            paragraph = document.add_paragraph()
            if subject:
                paragraph.add_run(_clean(f"{subject}. ")).bold = True
            paragraph.add_run(_clean(text))
    heading = None
    for table in tables:
        table_heading = gettext(_HEADINGS.get(table.number[:1], _NUMBERED_TABLES))
        _table(document, table, table_heading if table_heading != heading else None)
        heading = table_heading
    stream = io.BytesIO()
    document.save(stream)
    _write_archive(stream, file, released_at)


def _prepare(document: Any, title: str, released_at: datetime) -> None:
    package = document.part.package
    for relation_id in [
        relation_id for relation_id, relation in package.rels.items() if relation.reltype.endswith("/thumbnail")
    ]:
        del package.rels[relation_id]  # a picture of the library's empty template
    core = document.core_properties
    core.title, core.author, core.last_modified_by, core.comments = _clean(title)[:255], "", "", ""
    core.created = core.modified = released_at.replace(tzinfo=None)
    core.language = language_tag()
    for name, size in (("Normal", 10.5), ("Title", 18), ("Heading 1", 14), ("Caption", 10.5)):
        style = document.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = "Times New Roman", Pt(size), RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for name in [name for name in fonts.attrib if name.endswith("Theme")]:
            del fonts.attrib[name]
        for script in ("w:eastAsia", "w:cs", "w:hAnsi"):
            fonts.set(qn(script), "Times New Roman")
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), language_tag())
    section = document.sections[0]
    section.page_width, section.page_height = Cm(_PAPER_WIDTH), Cm(_PAPER_LENGTH)
    section.left_margin = section.right_margin = Cm(_MARGIN)
    section.top_margin = section.bottom_margin = Cm(1.6)
    footer = section.footer.paragraphs[0]
    footer.alignment = 1
    _field(footer, "PAGE", "1")


def _field(paragraph: Paragraph, instruction: str, text: str, bold: bool = False) -> None:
    """A field that Word can update, with the text that it shows until then."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), f" {instruction} ")
    run = paragraph.add_run(text)
    run.bold = bold
    paragraph._p.append(field)
    field.append(run._r)


def _table(document: Any, table: Table, heading: str | None) -> None:
    is_wide = len(table.columns) > _PORTRAIT_COLUMNS or any(column.has_words for column in table.columns)
    section, sections = document.sections[-1], len(document.sections)
    if (section.orientation == WD_ORIENT.LANDSCAPE) != is_wide:
        section = document.add_section()
        section.orientation = WD_ORIENT.LANDSCAPE if is_wide else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = (
            (Cm(_PAPER_LENGTH), Cm(_PAPER_WIDTH)) if is_wide else (Cm(_PAPER_WIDTH), Cm(_PAPER_LENGTH))
        )
    starts_page = len(document.sections) == sections and len(table.rows) > _SHORT_TABLE_ROWS
    if heading:
        document.add_heading(heading, 1).paragraph_format.page_break_before = starts_page
    caption = document.add_paragraph(style="Caption")
    caption.paragraph_format.keep_with_next, caption.paragraph_format.space_before = True, Pt(14)
    caption.paragraph_format.page_break_before = starts_page and not heading
    prefix, number = re.fullmatch(r"(\D*)(\d*)", table.number).groups()  # type: ignore[union-attr]
    caption.add_run(gettext("Table {number}", number=prefix)).bold = True
    _field(caption, f"SEQ Table{'_' + prefix if prefix else ''} \\* ARABIC \\r {number}", number, bold=True)
    title = document.add_paragraph()
    title.paragraph_format.keep_with_next = True
    title.add_run(_clean(table.title)).italic = True
    body = document.element.body
    table_element = parse_xml(_xml(table, (_PAPER_LENGTH if is_wide else _PAPER_WIDTH) - 2 * _MARGIN))
    body.insert(len(body) - 1, table_element)  # before the section's properties
    notes = document.add_paragraph()
    notes.paragraph_format.space_before, notes.paragraph_format.space_after = Pt(4), Pt(16)
    if table.notes:
        note_label = notes.add_run(gettext("Note.") + " ")
        note_label.italic, note_label.font.size = True, Pt(9)
        notes.add_run(_clean(" ".join(table.notes))).font.size = Pt(9)


def _xml(table: Table, width: float) -> str:
    """A native table: heading rows that repeat, rows that stay whole, three rules."""
    centimetres, size = column_widths(table, width)
    widths = [round(column_width * _TWIPS) for column_width in centimetres]
    parts = [
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        '<w:tblBorders><w:top w:val="single" w:sz="8" w:space="0" w:color="000000"/>'
        '<w:bottom w:val="single" w:sz="8" w:space="0" w:color="000000"/></w:tblBorders><w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:left w:w="40" w:type="dxa"/><w:right w:w="40" w:type="dxa"/></w:tblCellMar>'
        f'<w:tblCaption w:val="{_attribute(gettext("Table {number}. {title}", number=table.number, title=table.title))}"/>'
        f'<w:tblDescription w:val="{_attribute(" ".join(table.notes))}"/></w:tblPr><w:tblGrid>',
        *(f'<w:gridCol w:w="{column_width}"/>' for column_width in widths),
        "</w:tblGrid>",
    ]
    if table.groups:
        cells, first_column = [_cell("", size, widths[0])], 1
        for group, span in table.groups:
            cells.append(
                _cell(
                    group, size, sum(widths[first_column : first_column + span]), "center", span=span, has_rule=bool(group)
                )
            )
            first_column += span
        parts.append(_row(cells, is_heading=True))
    headings = [
        _cell(column.name, size, column_width, "start" if column.has_words else "right", has_rule=True)
        for column, column_width in zip(table.columns, widths[1:], strict=True)
    ]
    parts.append(_row([_cell("", size, widths[0], has_rule=True), *headings], is_heading=True))
    for index, row in enumerate(table.rows):
        # The last row stays with the note, a heading with the rows below it.
        keeps_with_next = index == len(table.rows) - 1 or not row.cells
        if not row.cells:
            parts.append(
                _row([_cell(row.label, size, sum(widths), span=len(widths), bold=True, keeps_with_next=keeps_with_next)])
            )
            continue
        cells = [
            _cell(cell.text, size, column_width, "start" if column.has_words else "right", keeps_with_next=keeps_with_next)
            for cell, column, column_width in zip(row.cells, table.columns, widths[1:], strict=True)
        ]
        parts.append(
            _row([_cell(row.label, size, widths[0], keeps_with_next=keeps_with_next), *cells], may_break=_has_words(table))
        )
    return "".join([*parts, "</w:tbl>"])


def _has_words(table: Table) -> bool:
    return any(column.has_words for column in table.columns)


def _row(cells: Sequence[str], is_heading: bool = False, may_break: bool = False) -> str:
    unbroken = "" if may_break else "<w:cantSplit/>"
    return f"<w:tr><w:trPr>{unbroken}{'<w:tblHeader/>' if is_heading else ''}</w:trPr>{''.join(cells)}</w:tr>"


def _cell(
    text: str,
    size: float,
    width: int,
    align: str = "left",  # "start": a column of words, a little away from the numbers before it
    *,
    span: int = 1,
    bold: bool = False,
    has_rule: bool = False,
    keeps_with_next: bool = False,
) -> str:
    column_span = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    rule = '<w:bottom w:val="single" w:sz="4" w:space="0" w:color="000000"/>' if has_rule else ""
    font = f'<w:rPr>{"<w:b/>" if bold else ""}<w:sz w:val="{round(2 * size)}"/></w:rPr>'
    indent = '<w:ind w:left="80"/>' if align == "start" else ""
    lines = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in _clean(text).split("\n"))
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{column_span}<w:tcBorders>{rule}</w:tcBorders>'
        '<w:vAlign w:val="top"/></w:tcPr>'
        f'<w:p><w:pPr>{"<w:keepNext/>" if keeps_with_next else ""}<w:spacing w:before="20" w:after="20"/>'
        f'{indent}<w:jc w:val="{align}"/>{font}</w:pPr>'
        f"<w:r>{font}{lines}</w:r></w:p></w:tc>"
    )


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def _attribute(text: str) -> str:
    return escape(_clean(text), {'"': "&quot;", "\n": " "})


def _write_archive(stream: io.BytesIO, file: Path, time: datetime) -> None:
    """Write the archive with the release's time in place of the clock's, so that the same content gives the same bytes."""
    with zipfile.ZipFile(stream) as source, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            info = zipfile.ZipInfo(
                name,
                (
                    max(time.year, 1980),
                    time.month,
                    time.day,
                    time.hour,
                    time.minute,
                    time.second,
                ),
            )
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, source.read(name))
