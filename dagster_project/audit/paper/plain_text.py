"""Tables of delimited, aligned or pasted text: commas, semicolons, tabs, bars, or blanks.

Belongs here: which character separates cells. Does not belong here: what a cell means.
"""

import csv
import re

from dagster_project.audit.paper.grid import TITLE, PaperCell, PaperTable, grid_of, with_row_names

_MARKDOWN_RULE = re.compile(r"\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)+\|?\s*$")
_MAX_NOTES = 3
_RULE = re.compile(r"[\s|+:─━═_=-]*$")
#: What Markdown prints in bold: marks on both sides; those behind a number alone are stars.
_BOLD = re.compile(r"(?<!\*)(\*\*|__)(?!\*)(\S(?:.*?[^\s*])?)\1(?!\*)")
_NUMBER_LIKE = re.compile(r"[<>≤−-]?\s?[−-]?[(\[]?[.,]?\d|[A-Za-zχ²]{1,2}\s?[=<(]")
_BLANKS = re.compile(r"\s{2,}")
_SEP = re.compile(r"\s*\"?sep=.?\"?\s*$", re.IGNORECASE)


def text_tables(text: str, name: str) -> list[PaperTable]:
    """The tables of a text: another begins where, after a blank line, a title stands."""
    lines = text.splitlines()
    while lines and (not lines[0].strip() or _SEP.match(lines[0])):
        lines.pop(0)
    if any(_MARKDOWN_RULE.match(line) for line in lines):
        return _markdown_tables(lines, name)
    delimiter = _delimiter(lines)
    tables: list[PaperTable] = []
    for part in _parts(lines, delimiter):
        match = next((match for line in part[:2] if (match := TITLE.match(line.strip("\"'| ")))), None)
        number = match[1].rstrip(".:") if match else str(len(tables) + 1)
        title = match.string.split(delimiter or "\n")[0].strip("\"'| \t") if match else ""
        rows = [row for row in _rows(part, delimiter) if any(cell.text for cell in row)]
        if _is_table(rows, delimiter):
            tables.append(PaperTable(number, grid_of(with_row_names(rows), name), title))
    return tables


def _is_table(rows: list[list[PaperCell]], delimiter: str) -> bool:
    """Whether lines are a table, and not prose with commas or blanks in it."""
    widths = [len(row) for row in rows if len(row) > 1]
    if len(widths) < 2 or len(widths) * 2 < len(rows):
        return False
    if not any(_NUMBER_LIKE.match(cell.text) for row in rows for cell in row[1:]):
        return False
    return delimiter not in (",", "") or sum(width >= max(widths) - 1 for width in widths) * 2 >= len(widths)


def _markdown_tables(lines: list[str], name: str) -> list[PaperTable]:
    """The tables of a text in Markdown, each with the line above it as its title."""
    tables: list[PaperTable] = []
    part: list[str] = []
    title = ""
    for line in [*lines, ""]:
        if "|" in line:
            part.append(line)
            continue
        rows = [row for row in _rows(part, "|") if any(cell.text for cell in row)]
        if len(rows) > 1 and max(map(len, rows)) > 1:
            match = TITLE.match(title)
            tables.append(PaperTable(match[1].rstrip(".:") if match else str(len(tables) + 1), grid_of(rows, name), title))
        elif line.strip() and tables and not part and len(tables[-1].notes) < _MAX_NOTES:
            tables[-1].notes.append(line.strip())
        part = []
        title = line.strip("# *") or title
    return tables


def _delimiter(lines: list[str]) -> str:
    """The character that most lines have, the same number of times; '' where blanks separate."""
    text_lines = [line for line in lines if line.strip()][:200]
    if not text_lines:
        return ""
    for mark in ("\t", "|", ";"):
        if sum(mark in line for line in text_lines) >= max(1, len(text_lines) * 0.5):
            return mark
    spaced = sum(bool(_BLANKS.search(line.strip())) for line in text_lines)
    if sum("," in line for line in text_lines) >= len(text_lines) * 0.5 and spaced < len(text_lines) * 0.5:
        return ","
    return "" if spaced else ","


def _parts(lines: list[str], delimiter: str) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    was_blank = False
    for line in lines:
        if not line.strip(f" \t\r{delimiter}"):
            was_blank = True
            if not delimiter and parts[-1] and (len(parts[-1]) > 2 or _is_prose(parts[-1])):
                parts.append([])
            # A quoted text may hold blank lines.
            if delimiter in (",", ";", "\t") and "".join(parts[-1]).count('"') % 2:
                parts[-1].append(line)
            continue
        if was_blank and parts[-1] and TITLE.match(line.strip("\"'| ")):
            parts.append([])
        was_blank = False
        if line.startswith("```"):
            parts.append([])
            continue
        parts[-1].append(line)
    return [part for part in parts if part]


def _is_prose(lines: list[str]) -> bool:
    """Whether lines have neither columns nor a table's title: they would part the columns of what stands below them."""
    return not any(_BLANKS.search(line.strip()) or TITLE.match(line.strip("\"'| ")) for line in lines)


def _rows(lines: list[str], delimiter: str) -> list[list[PaperCell]]:
    if delimiter == "|":
        lines = [line.strip().strip("|") for line in lines if not _RULE.match(line)]
        return [[_cell(text) for text in line.split("|")] for line in lines]
    if delimiter:
        return [[_cell(text) for text in row] for row in csv.reader(lines, delimiter=delimiter)]
    lines = [line.expandtabs().rstrip() for line in lines if not _RULE.match(line)]
    titles = [line for line in lines[:2] if TITLE.match(line)]
    aligned = [line for line in lines if line not in titles]
    spanners = [line for line in aligned if line[:1] == " " and not _BLANKS.search(line.strip())]
    edges = _edges([line for line in aligned if line not in spanners])
    whole_edges = _edges(aligned)
    if all(line[slice(*edge)].strip() for line in spanners for edge in whole_edges[1:]):  # its words stand in columns, too
        spanners, edges = [], whole_edges
    spanners = [line for line in spanners if len(line) - len(line.lstrip()) >= edges[0][1]]
    rows = [[PaperCell(title.strip())] for title in titles]
    for line in aligned:
        if line in spanners:
            rows.append([PaperCell(), PaperCell(line.strip(), columns=max(1, len(edges) - 1))])
            continue
        texts = [line[start:end].strip() for start, end in edges]
        rows.append([PaperCell(texts[0], float(len(line) - len(line.lstrip()))), *map(PaperCell, texts[1:])])
    return rows


def _edges(lines: list[str]) -> list[tuple[int, int]]:
    """The columns of aligned text, by where all lines are blank: a single blank parts columns only before numbers
    with a head."""
    width = max(map(len, lines), default=0)
    is_blank = [all(position >= len(line) or line[position] == " " for line in lines) for position in range(width)]
    parts: list[tuple[int, int]] = []
    start = 0
    for position in range(1, width + 1):
        if position == width or (is_blank[position] and not is_blank[position - 1]):
            parts.append((start, position))
        elif is_blank[position - 1] and not is_blank[position]:
            start = position
    edges: list[tuple[int, int]] = []
    for part in parts:
        is_close = bool(edges) and part[0] - edges[-1][1] < 2
        if is_close and not (_is_of_numbers(lines, part) and lines[0][slice(*part)].strip()):
            edges[-1] = (edges[-1][0], part[1])
        else:
            edges.append(part)
    return edges or [(0, width)]


def _is_of_numbers(lines: list[str], part: tuple[int, int]) -> bool:
    texts = [text for line in lines[1:] if (text := line[slice(*part)].strip())]
    return bool(texts) and sum(bool(_NUMBER_LIKE.match(text)) for text in texts) * 2 >= len(texts)


def _cell(text: str) -> PaperCell:
    content = _BOLD.sub(r"\2", text)
    return PaperCell(" ".join(content.split()), float(len(content) - len(content.lstrip(" \u00a0\u2003"))))
