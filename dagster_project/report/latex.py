"""The tables as a LaTeX document that compiles as it is, or from which tables are taken.

Belongs here: escaping, rules, headings that repeat. Does not belong here: what stands in a cell. Our own, since
the tables of great-tables have no heading that repeats on the next page, no number, and no way to lie on their sides.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from dagster_project.report.widths import column_widths
from dagster_project.results import Column, Row, Table
from dagster_project.study import Study

#: Columns beside the labels that a page has room for when it stands; tables with more, or with words, lie.
_UPRIGHT = 6
#: Centimetres between the margins; and between columns, twice three points.
_STANDING, _LYING, _BETWEEN = 17.0, 25.7, 0.22
_SIGNS = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    '"': r"\textquotedbl{}", "−": r"\ensuremath{-}", "²": r"\textsuperscript{2}", "×": r"\ensuremath{\times}",
    "→": r"\ensuremath{\to}", "↑": r"\ensuremath{\uparrow}", "↓": r"\ensuremath{\downarrow}", "≥": r"\ensuremath{\geq}",
    "≤": r"\ensuremath{\leq}", "±": r"\ensuremath{\pm}", "≠": r"\ensuremath{\neq}", "…": r"\ldots{}",
    "–": "--", "—": "---", "‘": "`", "’": "'", "“": "``", "”": "''", "'": r"\textquotesingle{}",
    "[": "{[}", "]": "{]}",
}  # fmt: skip
_HEAD = r"""\documentclass[a4paper,10pt]{article}
\usepackage{iftex}
\ifPDFTeX\usepackage[utf8]{inputenc}\usepackage[T1]{fontenc}\usepackage{textcomp}\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}\else\usepackage{fontspec}\fi
\usepackage[margin=2cm]{geometry}
\usepackage{array,booktabs,longtable,pdflscape,ragged2e}
% A sign beyond the Latin alphabets: pdfLaTeX prints its number, LuaLaTeX and XeLaTeX the sign.
\newcommand{\beyond}[2]{\ifPDFTeX[U+#1]\else#2\fi}
\setlength{\tabcolsep}{3pt}\setlength{\LTcapwidth}{\linewidth}
\newcommand{\tablehead}[2]{{\noindent\raggedright\textbf{Table #1}\\[2pt]\textit{#2}\par}\nobreak\smallskip}
\newcommand{\tablenote}[1]{{\noindent\footnotesize\raggedright\textit{Note.} #1\par}\bigskip}
\begin{document}
"""


def write_latex(file: Path, study: Study, tables: Sequence[Table]) -> None:
    """Write tables.tex: booktabs and longtable, wide tables on pages on their sides, every sign of a label escaped."""
    protocol = study.protocol
    parts = [_HEAD, rf"\section*{{{escaped(protocol.title)}}}", ""]
    for text in (protocol.source, protocol.licence, protocol.stand_in):
        if text:
            parts.append(rf"\noindent {escaped(text)}\par")
    for table in tables:
        parts += ["", *_table(table)]
    parts += [r"\end{document}", ""]
    file.write_text("\n".join(parts), encoding="utf-8")


def escaped(text: str) -> str:
    """A text as LaTeX prints it. Lines become line breaks."""
    return r"\newline ".join("".join(map(_sign, line)) for line in text.split("\n"))


def _sign(sign: str) -> str:
    if sign in _SIGNS:
        return _SIGNS[sign]
    if ord(sign) < 0x20 or 0x7F <= ord(sign) < 0xA0:
        return " "
    # What the T1 fonts have: Latin-1's letters and Latin Extended-A.
    if ord(sign) < 0x7F or 0xC0 <= ord(sign) < 0x180:
        return sign
    return rf"\beyond{{{ord(sign):04X}}}{{{sign}}}"


def _table(table: Table) -> Iterator[str]:
    words = any(column.has_words for column in table.columns)
    lies = words or len(table.columns) > _UPRIGHT
    widths, size = column_widths(table, _LYING if lies else _STANDING)
    if lies:
        yield r"\begin{landscape}"
    yield rf"\tablehead{{{table.number}}}{{{escaped(table.title)}}}"
    columns = "".join(_column(column, one) for column, one in zip((None, *table.columns), widths, strict=True))
    yield rf"{{\fontsize{{{size:g}}}{{{1.2 * size:g}}}\selectfont\begin{{longtable}}[l]{{@{{}}{columns}@{{}}}}"
    head = list(_headings(table))
    yield "\n".join(
        [r"\toprule", *head, r"\midrule\endfirsthead", r"\toprule", *head, r"\midrule\endhead", r"\bottomrule\endfoot"]
    )
    for place, row in enumerate(table.rows):
        yield _row(row, table.columns, is_first=place == 0)
    yield r"\end{longtable}}"
    if table.notes:
        yield rf"\tablenote{{{escaped(' '.join(table.notes))}}}"
    if lies:
        yield r"\end{landscape}"


def _column(column: Column | None, width: float) -> str:
    side = r"\RaggedRight" if column is None or column.has_words else r"\RaggedLeft"
    return rf">{{{side}\arraybackslash}}p{{{width - _BETWEEN:.2f}cm}}"


def _headings(table: Table) -> Iterator[str]:
    if table.groups:
        cells, rules, at = [""], [], 2
        for group, span in table.groups:
            cells.append(rf"\multicolumn{{{span}}}{{c}}{{{escaped(group)}}}" if span > 1 else escaped(group))
            if group:
                rules.append(rf"\cmidrule(lr){{{at}-{at + span - 1}}}")
            at += span
        yield " & ".join(cells) + r" \\" + "".join(rules)
    yield " & ".join(["", *(escaped(column.name) for column in table.columns)]) + r" \\"


def _row(row: Row, columns: Sequence[Column], is_first: bool) -> str:
    if not row.cells:
        space = "" if is_first else r"\addlinespace "
        return rf"{space}\multicolumn{{{len(columns) + 1}}}{{@{{}}l}}{{\textbf{{{escaped(row.label)}}}}} \\*"
    # A number and its interval stay on one line.
    cells = [
        escaped(cell.text) if column.has_words else escaped(cell.text).replace(" ", "~")
        for cell, column in zip(row.cells, columns, strict=True)
    ]
    return " & ".join([escaped(row.label), *cells]) + r" \\"
