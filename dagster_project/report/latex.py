"""The tables as a LaTeX document that compiles as it is, or from which single tables are copied.

Belongs here: escaping, rules, headings that repeat. Does not belong here: what stands in a cell. The tables of great-tables
have no headings that repeat on the next page, no number and no landscape pages.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from dagster_project.languages import gettext
from dagster_project.report.widths import column_widths
from dagster_project.results import Column, Row, Table
from dagster_project.study import Study

#: Tables with more columns beside the labels, or with columns of words, are set in landscape.
_PORTRAIT_COLUMNS = 6
#: Centimetres: between the margins, and between columns (twice \tabcolsep).
_PORTRAIT_WIDTH, _LANDSCAPE_WIDTH, _COLUMN_GAP = 17.0, 25.7, 0.22
_ESCAPES = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    '"': r"\textquotedbl{}", "−": r"\ensuremath{-}", "²": r"\textsuperscript{2}", "×": r"\ensuremath{\times}",
    "→": r"\ensuremath{\to}", "↑": r"\ensuremath{\uparrow}", "↓": r"\ensuremath{\downarrow}", "≥": r"\ensuremath{\geq}",
    "≤": r"\ensuremath{\leq}", "±": r"\ensuremath{\pm}", "≠": r"\ensuremath{\neq}", "…": r"\ldots{}",
    "–": "--", "—": "---", "‘": "`", "’": "'", "“": "``", "”": "''", "'": r"\textquotesingle{}",
    "[": "{[}", "]": "{]}", "\u00a0": "~",
}  # fmt: skip
_PREAMBLE = r"""\documentclass[a4paper,10pt]{article}
\usepackage{iftex}
\ifPDFTeX\usepackage[utf8]{inputenc}\usepackage[T1]{fontenc}\usepackage{textcomp}\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}\else\usepackage{fontspec}\fi
\usepackage[margin=2cm]{geometry}
\usepackage{array,booktabs,longtable,pdflscape,ragged2e}
% A sign beyond the Latin alphabets: pdfLaTeX prints its number, LuaLaTeX and XeLaTeX the sign.
\newcommand{\beyond}[2]{\ifPDFTeX[U+#1]\else#2\fi}
\setlength{\tabcolsep}{3pt}\setlength{\LTcapwidth}{\linewidth}
\newcommand{\tablehead}[2]{{\noindent\raggedright\textbf{@TABLE@}\\[2pt]\textit{#2}\par}\nobreak\smallskip}
\newcommand{\tablenote}[1]{{\noindent\footnotesize\raggedright\textit{@NOTE@} #1\par}\bigskip}
\begin{document}
"""


def write_latex(file: Path, study: Study, tables: Sequence[Table]) -> None:
    """Write tables.tex: booktabs and longtable, wide tables in landscape, every character of a label escaped."""
    protocol = study.protocol
    preamble = _PREAMBLE.replace("@TABLE@", escape(gettext("Table {number}", number="#1")).replace(r"\#", "#"))
    parts = [preamble.replace("@NOTE@", escape(gettext("Note."))), rf"\section*{{{escape(protocol.title)}}}", ""]
    for text in (protocol.origin, protocol.stand_in):
        if text:
            parts.append(rf"\noindent {escape(text)}\par")
    for table in tables:
        parts += ["", *_table(table)]
    parts += [r"\end{document}", ""]
    file.write_text("\n".join(parts), encoding="utf-8")


def escape(text: str) -> str:
    """A text as LaTeX prints it. Lines become line breaks."""
    return r"\newline ".join("".join(map(_escape_character, line)) for line in text.split("\n"))


def _escape_character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0:
        return " "
    # The T1 fonts have the letters of Latin-1 and Latin Extended-A.
    if ord(character) < 0x7F or 0xC0 <= ord(character) < 0x180:
        return character
    return rf"\beyond{{{ord(character):04X}}}{{{character}}}"


def _table(table: Table) -> Iterator[str]:
    has_words = any(column.has_words for column in table.columns)
    is_landscape = has_words or len(table.columns) > _PORTRAIT_COLUMNS
    widths, size = column_widths(table, _LANDSCAPE_WIDTH if is_landscape else _PORTRAIT_WIDTH)
    if is_landscape:
        yield r"\begin{landscape}"
    yield rf"\tablehead{{{table.number}}}{{{escape(table.title)}}}"
    columns = "".join(
        _column(column, column_width) for column, column_width in zip((None, *table.columns), widths, strict=True)
    )
    yield rf"{{\fontsize{{{size:g}}}{{{1.2 * size:g}}}\selectfont\begin{{longtable}}[l]{{@{{}}{columns}@{{}}}}"
    headings = list(_headings(table))
    yield "\n".join(
        [
            r"\toprule",
            *headings,
            r"\midrule\endfirsthead",
            r"\toprule",
            *headings,
            r"\midrule\endhead",
            r"\bottomrule\endfoot",
        ]
    )
    for index, row in enumerate(table.rows):
        yield _row(row, table.columns, is_first=index == 0)
    yield r"\end{longtable}}"
    if table.notes:
        yield rf"\tablenote{{{escape(' '.join(table.notes))}}}"
    if is_landscape:
        yield r"\end{landscape}"


def _column(column: Column | None, width: float) -> str:
    alignment = r"\RaggedRight" if column is None or column.has_words else r"\RaggedLeft"
    return rf">{{{alignment}\arraybackslash}}p{{{width - _COLUMN_GAP:.2f}cm}}"


def _headings(table: Table) -> Iterator[str]:
    if table.groups:
        cells, rules, first_column = [""], [], 2
        for group, span in table.groups:
            cells.append(rf"\multicolumn{{{span}}}{{c}}{{{escape(group)}}}" if span > 1 else escape(group))
            if group:
                rules.append(rf"\cmidrule(lr){{{first_column}-{first_column + span - 1}}}")
            first_column += span
        yield " & ".join(cells) + r" \\" + "".join(rules)
    yield " & ".join(["", *(escape(column.name) for column in table.columns)]) + r" \\"


def _row(row: Row, columns: Sequence[Column], is_first: bool) -> str:
    if not row.cells:
        space = "" if is_first else r"\addlinespace "
        return rf"{space}\multicolumn{{{len(columns) + 1}}}{{@{{}}l}}{{\textbf{{{escape(row.label)}}}}} \\*"
    # A number and its interval stay on one line.
    cells = [
        escape(cell.text) if column.has_words else escape(cell.text).replace(" ", "~")
        for cell, column in zip(row.cells, columns, strict=True)
    ]
    return " & ".join([escape(row.label), *cells]) + r" \\"
