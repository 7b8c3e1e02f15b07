"""The error that exports raise, and how text from a file is shown in a message.

Belongs here: the error and the quoting that keeps every message one short line, whatever a file or a column is called.
Does not belong here: the messages themselves; they are written where the problem is found.
"""

import re
from collections.abc import Sequence

from dagster_project.terminal import printable

_MAX_LISTED = 5
_ORDINARY_WORD = re.compile(r"[\w.@/-]{1,40}")


class ExportError(ValueError):
    """An export that cannot be used. The message is one line: file, line or row, column, value, cure."""


def plain(text: str, limit: int = 120) -> str:
    """Text on one line: unprintable characters are escaped, and it is cut to `limit` characters."""
    escaped = printable(text[:limit])
    return escaped if len(text) <= limit and len(escaped) <= limit else escaped[: limit - 1] + "…"


def quoted(text: str, limit: int = 40) -> str:
    """Text as `plain` writes it, in double quotes."""
    return f'"{plain(text, limit)}"'


def bare_or_quoted(text: str) -> str:
    """An identifier: unquoted if it is an ordinary word, else in double quotes."""
    return text if _ORDINARY_WORD.fullmatch(text) else quoted(text)


def abbreviated_list(words: Sequence[str]) -> str:
    """The first five words, then how many more there are."""
    remainder = f" and {len(words) - _MAX_LISTED} more" if len(words) > _MAX_LISTED else ""
    return ", ".join(words[:_MAX_LISTED]) + remainder


def row_words(rows: Sequence[int]) -> str:
    """Rows as a message lists them: "row 3", "rows 3, 4"; the first five, then how many more there are."""
    return f"row{'s' * (len(rows) > 1)} {abbreviated_list([str(row) for row in rows])}"
