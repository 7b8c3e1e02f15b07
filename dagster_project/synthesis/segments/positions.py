"""Where a selection lies in a text. Belongs here: how tools count characters. Does not belong here: XML.

REFI-QDA 1.5 (section 10.2) counts Unicode code points from 0 and names the first and the last. Not all tools do: some give
the position after the last, some count UTF-16 units, some a carriage return and line feed as one or the byte order mark as a
character. The names that tools give selections are their texts, which tells the way; else whole words do; else the standard
holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

#: So much of a selection's name must be the text: some tools cut names.
_NAME = 12
#: So many selections tell a file's way.
_ASKED = 500


@dataclass(frozen=True)
class Counting:
    """A way of counting characters. Raw selections are turned into positions of the text with plain line ends."""

    is_end_inclusive: bool = True
    in_utf16: bool = False
    crlf_is_one: bool = False
    counts_mark: bool = False

    @property
    def words(self) -> str:
        unlike = [
            *([] if self.is_end_inclusive else ["the end position is the one after the last character"]),
            *(["characters are UTF-16 units"] if self.in_utf16 else []),
            *(["a line end counts as one character"] if self.crlf_is_one else []),
            *(["the byte order mark counts"] if self.counts_mark else []),
        ]
        return "; ".join(unlike) or "as in the standard"


@dataclass(frozen=True)
class Selection:
    """Positions as a file has them, and what it calls the selection. is_between: between two points, the second of which no
    tool counts in."""

    start: int
    end: int
    name: str
    is_between: bool = False


class Text:
    """A document's text, of which every way of counting can be asked."""

    def __init__(self, text: str) -> None:
        self.has_mark = text.startswith("\ufeff")
        self._raw = text.removeprefix("\ufeff")
        self.has_crlf = "\r\n" in self._raw
        self.has_pairs = any(ord(one) > 0xFFFF for one in self._raw)
        self._encoded: dict[str, bytes] = {}
        #: With plain line ends, as segments are kept.
        self.plain = self._raw.replace("\r\n", "\n").replace("\r", "\n")

    def _units(self, text: str) -> bytes:
        if text not in self._encoded:
            self._encoded[text] = text.encode("utf-16-le")
        return self._encoded[text]

    def find(self, selection: Selection, counting: Counting) -> tuple[int, int] | None:
        """Start and end (exclusive) in `plain`; None when they lie beyond it."""
        marked = int(counting.counts_mark and self.has_mark)
        start, end = selection.start - marked, selection.end - marked
        if counting.is_end_inclusive and not selection.is_between:
            end += 1
        text = self.plain if counting.crlf_is_one else self._raw
        if counting.in_utf16 and self.has_pairs:
            units = self._units(text)
            if not 0 <= start <= end <= len(units) // 2:
                return None
            before, inside = units[: 2 * start], units[2 * start : 2 * end]
            start, end = (len(part.decode("utf-16-le", "replace")) for part in (before, before + inside))
        if not 0 <= start <= end <= len(text):
            return None
        if not counting.crlf_is_one and self.has_crlf:
            start -= text.count("\r\n", 0, start)
            end -= text.count("\r\n", 0, end)
        return start, end


def counting_of(selections: Sequence[tuple[Text, Selection]], end_position: str | None) -> Counting:
    """The way of counting that fits most selections; the standard's where nothing tells.

    end_position: `inclusive` or `exclusive` where a study says so.
    """
    ends = {"inclusive": (True,), "exclusive": (False,)}.get(end_position or "", (True, False))
    has_pairs = any(text.has_pairs for text, _ in selections)
    has_crlf = any(text.has_crlf for text, _ in selections)
    has_mark = any(text.has_mark for text, _ in selections)
    ways = [
        Counting(*way)
        for way in product(
            ends, (False, True) if has_pairs else (False,), (False, True) if has_crlf else (False,),
            (False, True) if has_mark else (False,),
        )
    ]  # fmt: skip

    def fit(way: Counting) -> list[int]:
        return [sum(column) for column in zip(*(_fits(text, one, way) for text, one in selections[:_ASKED]), strict=True)]

    return max(ways, key=fit)


def _fits(text: Text, selection: Selection, counting: Counting) -> tuple[int, int, int]:
    """Whether the text is what the selection is called, whether it is there, and whether it begins and ends with words."""
    found = text.find(selection, counting)
    if found is None:
        return 0, 0, 0
    start, end = found
    inside = " ".join(text.plain[start:end].split())
    name = " ".join(selection.name.rstrip("….").split())
    # Tools may tidy the blanks of a name; where one is as the text is, that tells more.
    is_whole = bool(name) and (inside == name) + (text.plain[start:end] == selection.name)
    is_begun = len(name) >= _NAME and len(inside) > len(name) and inside.startswith(name)
    cut_first = 0 < start < len(text.plain) and text.plain[start - 1].isalnum() and text.plain[start].isalnum()
    cut_last = 0 < end < len(text.plain) and text.plain[end - 1].isalnum() and text.plain[end].isalnum()
    # A selection that ends in a blank more likely ends before it.
    ends_well = not cut_last and not (end > start and text.plain[end - 1].isspace())
    return int(is_whole or is_begun), int(not cut_first) + int(ends_well), 1
