"""Header texts: when two of them name the same column, and how a message shows one.

Belongs here: comparing and showing a header's text. Does not belong here: which columns an export has (columns.py).

Only what nobody can see is ignored: blanks around the name, a byte order mark, and the two encodings of an accented letter
(both sides are compared in Unicode's NFC form). Nothing is guessed: a renamed column is missing under its old name and
unknown under its new one.
"""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import takewhile

from dagster_project.exports.errors import quoted
from dagster_project.study import comparable

#: How many characters of a header a message shows, and how many of its beginning where it differs later.
_MAX_SHOWN, _SHOWN_BEGINNING = 40, 14


def header_key(column: str) -> str:
    """The form of a header text that is equal for texts of the same column."""
    return comparable(column)


def loose_header_key(column: str) -> str:
    """A form that is equal for similar header texts: used to ask a question in a message, never to match."""
    return "".join(character for character in header_key(column).casefold() if not character.isspace() and character != "_")


class HeaderTexts:
    """Headers as messages show them: short, and so that those of one file can be told apart.

    A long header is cut; where others begin like it, the part in which it differs is shown after its beginning.
    """

    def __init__(self, columns: Iterable[str]) -> None:
        self._long = sorted({header_key(column) for column in columns if len(header_key(column)) > _MAX_SHOWN})

    def __call__(self, column: str) -> str:
        if not column.strip():
            return "without a name"
        key = header_key(column)
        index = bisect_left(self._long, key)
        neighbours = [text for text in self._long[max(0, index - 1) : index + 2] if text != key]
        n_shared = max((_shared_length(key, text) for text in neighbours), default=0)
        if len(key) <= _MAX_SHOWN or n_shared < _MAX_SHOWN - 1:
            return quoted(column)
        beginning, difference = key[:_SHOWN_BEGINNING].rstrip(), key[_word_start(key, n_shared) :]
        return f"{quoted(beginning + '…')[:-1]} {quoted(difference, _MAX_SHOWN - _SHOWN_BEGINNING)[1:]}"


def _shared_length(first_text: str, second_text: str) -> int:
    """How many letters two texts have in common from their beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first_text, second_text, strict=False)))


def _word_start(text: str, position: int) -> int:
    """Where the word begins that a position lies in, at most twelve letters before."""
    start = text.rfind(" ", max(0, position - 12), position) + 1
    return start or position


def code_suffix(code: str | None) -> str:
    """A canonical code in brackets, as it follows its column in a message; "" without a code."""
    return f" ({code})" if code is not None else ""
