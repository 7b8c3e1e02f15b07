"""Tables of a page saved as HTML, with the title above and the notes below each.

Belongs here: which texts of a page are a table's. Does not belong here: what a cell means. Scripts, styles and what
is hidden
are passed over; nothing is fetched.
"""

import re
from html.parser import HTMLParser

from dagster_project.audit.paper.grid import NOTE, TITLE, PaperCell, PaperTable, grid_of, with_row_names

_BLOCKS = frozenset("p div li h1 h2 h3 h4 h5 h6 section figure caption figcaption dd dt tr td th table br hr ul ol".split())  # noqa: SIM905
_UNSEEN = frozenset(("script", "style", "template", "noscript", "math", "svg"))
_VOID = frozenset("br hr img input meta link col area base embed source track wbr".split())  # noqa: SIM905
_INDENT = re.compile(r"(?:padding-left|margin-left|text-indent)\s*:\s*([\d.]+)")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden")
_MAX_NOTES = 8


class _Table:
    def __init__(self, title_texts: list[str]) -> None:
        self.rows: list[list[PaperCell]] = []
        self.texts = title_texts
        self.notes: list[str] = []
        self.caption = ""
        self.has_head = False


class LayoutTables(HTMLParser):
    """Which of a page's tables hold other tables, by their number."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.numbers: set[int] = set()
        self._count = 0
        self._open: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.numbers.update(self._open[-1:])
            self._open.append(self._count)
            self._count += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and self._open:
            self._open.pop()


class TablePage(HTMLParser):
    """Collects a page's tables while it is fed. layout: the numbers of tables that only place others."""

    def __init__(self, layout: set[int]) -> None:
        super().__init__(convert_charrefs=True)
        self._layout = layout
        self._count = 0
        self._is_layout: list[bool] = []
        self.tables: list[_Table] = []
        self._open: list[_Table] = []
        self._unseen: list[str] = []
        self._text: list[str] = []
        self._texts: list[str] = []
        self._cell: list[tuple[PaperCell, list[str]]] = []
        self._head, self._foot, self._ended = False, False, -1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag in _VOID:
            self._write(" " if tag == "br" else "")
            return
        if self._unseen or tag in _UNSEEN or _HIDDEN.search(attributes.get("style", "")) or "hidden" in attributes:
            self._unseen.append(tag)
            return
        if tag in _BLOCKS and not self._cell:
            self._end_text()
        if tag == "table":
            self._is_layout.append(self._count in self._layout)
            self._count += 1
            if self._is_layout[-1]:
                return
            self._cell.clear()
            self._open.append(_Table(self._texts[-3:]))
        elif tag in ("thead", "tfoot", "tbody"):
            self._head, self._foot = tag == "thead", tag == "tfoot"
            if self._head and self._open:
                self._open[-1].has_head = True
        elif tag == "tr" and self._open:
            self._end_cell()
            self._open[-1].rows.append([])
        elif tag in ("td", "th") and self._open:
            self._end_cell()
            indent = _INDENT.search(attributes.get("style", ""))
            self._cell.append((
                PaperCell(
                    indent=float(indent[1].rstrip(".") or 0) if indent and indent[1].count(".") < 2 else 0,
                    is_header=self._head or (tag == "th" and attributes.get("scope", "") in ("col", "colgroup")),
                    columns=_span(attributes.get("colspan", "")), rows=_span(attributes.get("rowspan", "")),
                ),
                [],
            ))  # fmt: skip
        elif tag == "sup":
            self._write("^{")
        elif self._cell and tag in _BLOCKS:
            self._write(" ")

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            if tag in self._unseen:
                while self._unseen.pop() != tag:
                    pass
            return
        if tag == "sup":
            self._write("}")
        elif tag in ("td", "th", "tr"):
            self._end_cell()
        elif tag == "caption" and self._open:
            self._open[-1].caption = self._taken_text()
        elif tag in ("thead", "tfoot"):
            self._head = self._foot = False
        elif tag == "table" and self._is_layout and self._is_layout.pop():
            self._end_text()
        elif tag == "table" and self._open:
            self._end_cell()
            self.tables.append(self._open.pop())
            self._head = self._foot = False
            self._texts, self._text = [], []
        elif tag in _BLOCKS and not self._cell:
            self._end_text()

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._write(data)

    def close(self) -> None:
        super().close()
        self._end_cell()
        self.tables += self._open
        self._open.clear()

    def _write(self, text: str) -> None:
        if self._cell:
            self._cell[-1][1].append(text)
        else:
            self._text.append(text)

    def _taken_text(self) -> str:
        text = " ".join("".join(self._text).split())
        self._text = []
        return text

    def _end_text(self) -> None:
        text = self._taken_text()
        if not text or self._open:
            return
        self._texts.append(text)
        if self.tables and len(self._texts) <= _MAX_NOTES and NOTE.match(text) and not TITLE.match(text):
            self.tables[-1].notes.append(text)

    def _end_cell(self) -> None:
        if not self._cell or not self._open:
            self._cell.clear()
            return
        cell, texts = self._cell.pop()
        raw = "".join(texts).replace("\n", " ").replace("\r", " ").replace("\t", " ")
        content = raw.lstrip(" ")
        blanks = len(content) - len(content.lstrip("\u00a0\u2002\u2003\u2007\u2009"))
        table = self._open[-1]
        text = " ".join(content.split(" ")).strip("\u00a0\u2002\u2003\u2007\u2009 ")
        if self._foot:
            table.notes.append(text)
            return
        if not table.rows:
            table.rows.append([])
        table.rows[-1].append(
            PaperCell(_single_blanks(text), cell.indent + blanks, cell.is_header, True, cell.columns, cell.rows)
        )


def html_tables(text: str, name: str) -> list[PaperTable]:
    """The innermost tables of a page, in order, with two rows or more. Raises ResultsError for too many cells."""
    layout = LayoutTables()
    layout.feed(text)
    page = TablePage(layout.numbers)
    page.feed(text)
    page.close()
    tables: list[PaperTable] = []
    for table in page.tables:
        rows = [row for row in table.rows if row]
        if len(rows) < 2 or max(map(len, rows)) < 2:
            continue
        titles = [title for title in (table.caption, *reversed(table.texts)) if TITLE.match(title)]
        title = titles[0] if titles else table.caption
        # A caption's sentences may stand in a paragraph of their own, below its number.
        if titles and not table.caption and titles[0] in table.texts:
            title = " ".join(table.texts[table.texts.index(titles[0]) :])
        match = TITLE.match(title)
        number = match[1].rstrip(".:") if match else str(len(tables) + 1)
        tables.append(PaperTable(number, grid_of(with_row_names(rows), name), title, [note for note in table.notes if note]))
    return tables


def _single_blanks(text: str) -> str:
    return re.sub(r" {2,}", " ", text)


def _span(text: str) -> int:
    return min(int(text), 1000) if text.isascii() and text.isdigit() and len(text) < 6 else 1
