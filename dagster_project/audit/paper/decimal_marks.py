"""Which character marks decimals in a table, by its own cells.

Belongs here: evidence for a point, a comma or a raised point. Does not belong here: the other parts of a cell.
"""

import re
from collections.abc import Iterable

POINT, COMMA = ".", ","
#: A raised point between digits, as some journals print it.
_RAISED = re.compile(r"(?<=\d)[·∙⋅•](?=\d)|(?<![\w])[·∙⋅](?=\d)")
#: Degrees of freedom and the like, whose commas separate.
_ARGUMENTS = re.compile(r"\b[A-Za-zχ²2]{1,3}\s?\([^()]*\)\s*[=<>]")
_POINT_SIGN = re.compile(r"(?<![\d.,])(?:\d*\.(?:\d{1,2}|\d{4,})|0?\.\d+|\d{4,}\.\d+|\d{1,3}(?:,\d{3})+\.\d+)(?![\d.,]*\d)")
_COMMA_SIGN = re.compile(r"(?<![\d.,])(?:\d*,(?:\d{1,2}|\d{4,})|0?,\d+|\d{4,},\d+|\d{1,3}(?:\.\d{3})+,\d+)(?![\d.,]*\d)")
#: One of a table's cells in so many may be a misprint.
_MISPRINTS = 10


def with_points(text: str) -> str:
    """A text with points where it has raised points."""
    return _RAISED.sub(".", text)


def decimal_mark(texts: Iterable[str]) -> str | None:
    """The decimal mark of texts: '.', ',' or None where they show neither, or both."""
    points = commas = 0
    for text in texts:
        plain = _ARGUMENTS.sub(" ", with_points(text))
        points += bool(_POINT_SIGN.search(plain))
        commas += bool(_COMMA_SIGN.search(plain))
    if points > commas * _MISPRINTS:
        return POINT
    return COMMA if commas > points * _MISPRINTS else None
