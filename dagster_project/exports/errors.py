"""The one error that exports raise, and how foreign text is shown in a message.

Belongs here: the error and the quoting that keeps any message one short line, whatever a file or a column is called.
Does not belong here: the messages themselves; they are written where the fact is known.
"""

import re
from collections.abc import Sequence

from dagster_project.terminal import printable

_NAMED = 5
_PLAIN = re.compile(r"[\w.@/-]{1,40}")


class ExportError(ValueError):
    """An export that cannot be used. The message is one line: file, line or row, column, value, cure."""


def plain(text: str, limit: int = 120) -> str:
    """Text on one line and of at most `limit` characters: whatever cannot be printed is escaped, the rest is cut."""
    shown = printable(text[:limit])
    return shown if len(text) <= limit and len(shown) <= limit else shown[: limit - 1] + "…"


def quoted(text: str, limit: int = 40) -> str:
    """Text as `plain` writes it, in double quotes."""
    return f'"{plain(text, limit)}"'


def value(text: str) -> str:
    """An identifier: bare where it is an ordinary word, in double quotes where it is anything else."""
    return text if _PLAIN.fullmatch(text) else quoted(text)


def listed(words: Sequence[str]) -> str:
    """At most five of the words, then how many more there are."""
    more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
    return ", ".join(words[:_NAMED]) + more
