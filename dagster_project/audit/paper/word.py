"""Tables of a Word document, with the paragraph above and the notes below each.

Belongs here: cells that are merged, set in or raised. Does not belong here: what a cell means; whether the archive may be
unpacked (archives.py).
"""

import io
from collections.abc import Iterator
from typing import Any

from dagster_project.audit.paper.grid import NOTE, TITLE, PaperCell, PaperTable, grid_of
from dagster_project.results.errors import ResultsError

_MAX_NOTES = 4
_TWIPS_PER_BLANK = 100.0


def word_tables(data: bytes, name: str) -> list[PaperTable]:
    """The tables of a document, in order. Raises ResultsError for a file that is no document."""
    import docx
    from docx.table import Table

    try:
        document = docx.Document(io.BytesIO(data))
        content = list(document.iter_inner_content())
    except Exception as error:  # the library raises whatever a damaged part makes it meet
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise ResultsError(f"{name}: the document cannot be read ({reason}); save it again as .docx") from None
    tables: list[PaperTable] = []
    texts: list[str] = []
    for block in content:
        if not isinstance(block, Table):
            text = _paragraph_text(block._p)
            if text:
                texts.append(text)
                if tables and len(texts) <= _MAX_NOTES and NOTE.match(text) and not TITLE.match(text):
                    tables[-1].notes.append(text)
            continue
        rows = list(_rows(block._tbl))
        title = next((text for text in reversed(texts[-3:]) if TITLE.match(text)), "")
        if title:
            title = " ".join(texts[texts.index(title) :])
        elif texts:
            title = texts[-1]
        if tables:  # what stands between two tables and is the second's title is no note of the first
            tables[-1].notes = [note for note in tables[-1].notes if note not in title]
        match = TITLE.match(title)
        texts = []
        if len(rows) < 2:
            continue
        tables.append(PaperTable(match[1].rstrip(".:") if match else str(len(tables) + 1), grid_of(rows, name), title))
    return tables


def _rows(table: Any) -> Iterator[list[PaperCell]]:
    from docx.oxml.ns import qn

    rows = list(table.tr_lst)
    for index, row in enumerate(rows):
        properties = row.find(qn("w:trPr"))
        is_header = properties is not None and properties.find(qn("w:tblHeader")) is not None
        cells: list[PaperCell] = []
        offset = row.find(f"{qn('w:trPr')}/{qn('w:gridBefore')}")
        column = int(offset.get(qn("w:val")) or 0) if offset is not None else 0
        cells += [PaperCell()] * min(column, 100)
        for cell in row.tc_lst:
            columns = min(cell.grid_span, 500)
            if cell.vMerge != "continue":
                height = _height(rows, index, column, columns) if cell.vMerge == "restart" else 1
                text, indent = _cell_text(cell)
                cells.append(PaperCell(text, indent, is_header, True, columns, height))
            column += columns
        yield cells


def _height(rows: list[Any], index: int, column: int, columns: int) -> int:
    """How many rows a cell covers that begins in this one."""
    height = 1
    for row in rows[index + 1 :]:
        position, covers = 0, False
        for cell in row.tc_lst:
            if position == column and cell.vMerge == "continue" and cell.grid_span == columns:
                covers = True
            position += cell.grid_span
        if not covers:
            break
        height += 1
    return height


def _cell_text(cell: Any) -> tuple[str, float]:
    paragraphs = list(cell.p_lst)
    raw_texts = [_paragraph_text(paragraph, is_raw=True) for paragraph in paragraphs]
    first = next((text for text in raw_texts if text.strip()), "")
    indent = float(len(first) - len(first.lstrip()))
    if paragraphs:
        properties = paragraphs[0].pPr
        left_indent = properties.ind_left if properties is not None else None
        indent += float(left_indent) / 635 / _TWIPS_PER_BLANK if left_indent else 0
    return " ".join(" ".join(text.split(" ")).strip() for text in raw_texts if text.strip()), indent


def _paragraph_text(paragraph: Any, *, is_raw: bool = False) -> str:
    """A paragraph's text as it is shown: insertions of a reviewer with it, deletions without, raised letters as ^{…}."""
    from docx.oxml.ns import qn

    parts: list[str] = []
    for run in paragraph.iter(qn("w:r")):
        if any(ancestor.tag == qn("w:del") for ancestor in run.iterancestors()):
            continue
        raised = run.find(f"{qn('w:rPr')}/{qn('w:vertAlign')}")
        texts = [_run_text(child, qn) for child in run]
        text = "".join(texts)
        is_raised = raised is not None and raised.get(qn("w:val")) == "superscript" and text.strip()
        parts.append(f"^{{{text.strip()}}}" if is_raised else text)
    text = "".join(parts)
    return text if is_raw else " ".join(text.split())


def _run_text(child: Any, qn: Any) -> str:
    if child.tag == qn("w:t"):
        return child.text or ""
    if child.tag in (qn("w:tab"), qn("w:br"), qn("w:cr")):
        return " "
    return "-" if child.tag == qn("w:noBreakHyphen") else ""
