"""Header texts: when two of them name the same column, and how a message shows one.

Belongs here: comparing and showing a header's text. Does not belong here: which columns an export has (columns.py).

Only what nobody can see is ignored: blanks around the name, a byte order mark, and the two encodings of an accented letter
(both sides are compared in Unicode's NFC form). Nothing is guessed: a renamed column is missing under its old name and
unknown under its new one.
"""

import unicodedata

from dagster_project.exports.errors import quoted


def header_key(column: str) -> str:
    """The form of a header text that is equal for texts of the same column."""
    return unicodedata.normalize("NFC", column.strip().lstrip("\ufeff").strip())


def loose_header_key(column: str) -> str:
    """A form that is equal for similar header texts: used to ask a question in a message, never to match."""
    return "".join(character for character in header_key(column).casefold() if not character.isspace() and character != "_")


def header_text(column: str) -> str:
    """A header as a message shows it."""
    return quoted(column) if column.strip() else "without a name"


def code_suffix(code: str | None) -> str:
    """A canonical code in brackets, as it follows its column in a message; "" without a code."""
    return f" ({code})" if code is not None else ""
