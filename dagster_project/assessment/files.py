"""The draft as a file: Markdown, or a Word document in which the answers are written. Nothing else belongs here."""

from pathlib import Path
from typing import Any

from dagster_project.assessment.draft import Draft, Section

#: What stands where an answer goes.
TO_ANSWER = "[to answer]"
_RISK_HEADER = ("Risk", "What is done here", "Likelihood", "Severity")
_WIDTHS = {2: (5.0, 12.0), 4: (5.3, 5.3, 3.2, 3.2)}


def write_markdown(draft: Draft, file: Path) -> None:
    """The draft as Markdown."""
    lines = [f"# {_plain(draft.title)}", "", *draft.opening, ""]
    for section in draft.sections:
        lines += [f"## {section.title}", ""]
        if section.note:
            lines += [section.note, ""]
        for header, rows in _tables(section):
            lines += [_row(header), "|---" * len(header) + "|", *map(_row, rows), ""]
        for question in section.questions:
            lines += [f"**{question}**", "", TO_ANSWER, ""]
    file.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def write_word(draft: Draft, file: Path) -> None:
    """The draft as a Word document."""
    from docx import Document
    from docx.shared import Cm, Pt

    document = Document()
    document.core_properties.title, document.core_properties.author = _plain(draft.title)[:255], ""
    document.core_properties.comments = ""
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(2)
    document.styles["Normal"].font.size = Pt(10.5)
    document.add_heading(_plain(draft.title), 0)
    for text in draft.opening:
        document.add_paragraph(text)
    for section in draft.sections:
        document.add_heading(section.title, 1)
        if section.note:
            document.add_paragraph(section.note)
        for header, rows in _tables(section):
            _word_table(document, header, rows)
        for question in section.questions:
            paragraph = document.add_paragraph()
            paragraph.add_run(question).bold = True
            paragraph.paragraph_format.keep_with_next = True
            document.add_paragraph(TO_ANSWER)
    document.save(str(file))


def _word_table(document: Any, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    from docx.oxml import OxmlElement
    from docx.shared import Cm

    table = document.add_table(rows=1 + len(rows), cols=len(header), style="Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, _WIDTHS[len(header)], strict=True):
        column.width = Cm(width)
    for cells, texts in zip(table.rows, (header, *rows), strict=True):
        for cell, text, width in zip(cells.cells, texts, _WIDTHS[len(header)], strict=True):
            cell.width = Cm(width)
            cell.paragraphs[0].add_run(_plain(text)).bold = texts is header
        properties = cells._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    document.add_paragraph()


def _tables(section: Section) -> list[tuple[tuple[str, ...], list[tuple[str, ...]]]]:
    """The tables of a section: header and rows."""
    tables: list[tuple[tuple[str, ...], list[tuple[str, ...]]]] = []
    if section.facts:
        tables.append((("What", "As declared or found"), list(section.facts)))
    if section.risks:
        tables.append((_RISK_HEADER, [(*risk, TO_ANSWER, TO_ANSWER) for risk in section.risks]))
    return tables


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(_plain(cell).replace("|", "\\|") for cell in cells) + " |"


def _plain(text: str) -> str:
    """A text in one line, without what XML has no place for."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
