"""The position of a selection in a text. Belongs here: how tools count characters. Does not belong here: XML.

REFI-QDA 1.5 (section 10.2) counts Unicode code points from 0 and gives the first and the last. Not all tools do: some give
the position after the last, some count UTF-16 units, some count a carriage return and line feed as one character or the byte
order mark as a character. A file's way of counting is inferred from the names of selections, which most tools fill with
their text; else from selections that consist of whole words or whole lines. Where the last character and the one after it
fit equally, nobody but the study can tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

#: The shortest name that may be a truncated text: some tools truncate names.
_MIN_TRUNCATED_NAME = 12
#: How many selections a file's way of counting is inferred from.
_SAMPLE_SIZE = 500

_Fit = tuple[int, ...]


@dataclass(frozen=True)
class Counting:
    """A way of counting characters."""

    is_end_inclusive: bool = True
    in_utf16: bool = False
    crlf_is_one: bool = False
    counts_mark: bool = False

    @property
    def description(self) -> str:
        deviations = [
            *([] if self.is_end_inclusive else ["the end position is the one after the last character"]),
            *(["characters are UTF-16 units"] if self.in_utf16 else []),
            *(["a line end counts as one character"] if self.crlf_is_one else []),
            *(["the byte order mark counts"] if self.counts_mark else []),
        ]
        return "; ".join(deviations) or "as in the standard"


@dataclass(frozen=True)
class Selection:
    """Positions and name of a selection as a file has them. is_between: it lies between two points of synchronisation; its
    end is exclusive in all tools."""

    start: int
    end: int
    name: str
    is_between: bool = False


class Text:
    """A document's text, in which selections can be located by any way of counting."""

    def __init__(self, text: str) -> None:
        self.has_mark = text.startswith("\ufeff")
        self._raw = text.removeprefix("\ufeff")
        self.has_crlf = "\r\n" in self._raw
        self.has_pairs = any(ord(character) > 0xFFFF for character in self._raw)
        self._encoded: dict[str, bytes] = {}
        #: With \n as line ends, as segments are stored.
        self.plain = self._raw.replace("\r\n", "\n").replace("\r", "\n")

    def _utf16(self, text: str) -> bytes:
        if text not in self._encoded:
            self._encoded[text] = text.encode("utf-16-le")
        return self._encoded[text]

    def find(self, selection: Selection, counting: Counting) -> tuple[int, int] | None:
        """Start and end (exclusive) in `plain`; None when they lie outside."""
        mark_length = int(counting.counts_mark and self.has_mark)
        start, end = selection.start - mark_length, selection.end - mark_length
        if counting.is_end_inclusive and not selection.is_between:
            end += 1
        text = self.plain if counting.crlf_is_one else self._raw
        if counting.in_utf16 and self.has_pairs:
            units = self._utf16(text)
            if not 0 <= start <= end <= len(units) // 2:
                return None
            start, end = (len(units[: 2 * length].decode("utf-16-le", "replace")) for length in (start, end))
        if not 0 <= start <= end <= len(text):
            return None
        if not counting.crlf_is_one and self.has_crlf:
            start -= text.count("\r\n", 0, start)
            end -= text.count("\r\n", 0, end)
        return start, end


def infer_counting(selections: Sequence[tuple[Text, Selection]], end_position: str | None) -> tuple[Counting, int | None]:
    """The way of counting that fits most selections; that of the standard where all give the same texts.

    end_position: `inclusive` or `exclusive` where the study declares it. Second: the index of a selection that has another
    text if its end is read the other way, where both ways fit equally; else None.
    """
    inclusive_options = {"inclusive": (True,), "exclusive": (False,)}.get(end_position or "", (True, False))
    has_pairs = any(text.has_pairs for text, _ in selections)
    has_crlf = any(text.has_crlf for text, _ in selections)
    has_mark = any(text.has_mark for text, _ in selections)
    sample = selections[:_SAMPLE_SIZE]
    best: dict[bool, tuple[_Fit, Counting]] = {}
    for options in product(
        inclusive_options, (False, True) if has_pairs else (False,), (False, True) if has_crlf else (False,),
        (False, True) if has_mark else (False,),
    ):  # fmt: skip
        counting = Counting(*options)
        fit = _total_fit(sample, counting)
        if options[0] not in best or fit > best[options[0]][0]:
            best[options[0]] = fit, counting
    (fit, counting), *alternatives = sorted(best.values(), key=lambda pair: pair[0], reverse=True)
    is_undecided = any(other_fit == fit for other_fit, _ in alternatives)
    return counting, _first_difference(selections, counting, alternatives[0][1]) if is_undecided else None


def _total_fit(selections: Sequence[tuple[Text, Selection]], counting: Counting) -> _Fit:
    fits = [_fit(text, selection, counting) for text, selection in selections]
    return tuple(sum(scores) for scores in zip(*fits, strict=True))


def _first_difference(selections: Sequence[tuple[Text, Selection]], first: Counting, second: Counting) -> int | None:
    """The index of the first selection that has not the same text, but for the whitespace around it, by two countings."""
    for index, (text, selection) in enumerate(selections):
        spans = [text.find(selection, counting) for counting in (first, second)]
        if len({span and text.plain[span[0] : span[1]].strip() for span in spans}) > 1:
            return index
    return None


def _fit(text: Text, selection: Selection, counting: Counting) -> _Fit:
    """Scores of a way of counting: the selected text is its name, starts and ends at boundaries, exists, leaves no mark
    behind that closes its last sentence, ends before a line break rather than after it."""
    span = text.find(selection, counting)
    if span is None:
        return 0, 0, 0, 0, 0
    start, end = span
    words = text.plain[start:end]
    passage = " ".join(words.split())
    name = " ".join(selection.name.rstrip("….").split())
    # Tools may normalise the whitespace of a name; an exact match counts more.
    is_whole = bool(name) and (passage == name) + (words == selection.name)
    is_truncated = len(name) >= _MIN_TRUNCATED_NAME and len(passage) > len(name) and passage.startswith(name)
    cuts_first_word = 0 < start < len(text.plain) and text.plain[start - 1].isalnum() and text.plain[start].isalnum()
    cuts_last_word = 0 < end < len(text.plain) and text.plain[end - 1].isalnum() and text.plain[end].isalnum()
    boundaries = 2 * int(not cuts_first_word) + (0 if cuts_last_word else _end_fit(words))
    is_closed = end == len(text.plain) or text.plain[end].isspace()
    return int(is_whole or is_truncated), boundaries, 1, int(is_closed), -int(_is_line_break(words[-1:]))


def _end_fit(words: str) -> int:
    """How well a selection that cuts no word ends: 0 with the first character of another line, 1 with a blank, else 2.

    What ends in a blank more likely ends before it. People do select a line with its line break, so that is no such sign;
    but a single character of the next line belongs to whoever selects whole lines and counts the end as the one after.
    """
    if _is_line_break(words[-1:]):
        return 2
    if words[-1:].isspace():
        return 1
    return 0 if _is_line_break(words[-2:-1]) else 2


def _is_line_break(character: str) -> bool:
    return character.splitlines() == [""]
