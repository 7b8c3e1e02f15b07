"""Labels that fit a format, and a list of everything that was changed to fit it.

Belongs here: shortening a label where the format has a limit, remembering what was changed. Does not belong here: names
(names.py).
Sources: IBM SPSS Statistics, Variable labels (256 bytes) and Value labels (120 bytes); Stata, help limits (80 characters,
32,000 bytes).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

ChangeKind = Literal["name", "label", "value label"]
_ELLIPSIS = "…"


def utf8_bytes(text: str) -> int:
    """How long a text is where bytes are counted."""
    return len(text.encode())


@dataclass(frozen=True)
class LabelRule:
    """How long labels of variables and of values may be, and what of them is counted."""

    longest: int
    longest_of_values: int
    size: Callable[[str], int]


SPSS_LABELS = LabelRule(256, 120, utf8_bytes)
STATA_LABELS = LabelRule(80, 32_000, len)


@dataclass(frozen=True)
class Change:
    """What is not in the file as it is in the study. original: as it is there."""

    name: str
    kind: ChangeKind
    original: str
    in_file: str


@dataclass
class Changes:
    """The changes of one file, in the order in which they were made."""

    entries: list[Change] = field(default_factory=list)

    def note(self, name: str, kind: ChangeKind, original: str, in_file: str) -> str:
        """Remember a change, if it is one. Returns what is in the file."""
        if in_file != original:
            self.entries.append(Change(name, kind, original, in_file))
        return in_file

    def of_variable(self, name: str) -> list[Change]:
        """The changes of one variable."""
        return [change for change in self.entries if change.name == name]

    def count(self, kind: ChangeKind) -> int:
        """How many of a kind there are."""
        return sum(change.kind == kind for change in self.entries)


def shortened_label(text: str, longest: int, size: Callable[[str], int]) -> str:
    """The text, or as much of it as fits before an ellipsis. No character is split."""
    if size(text) <= longest:
        return text
    end = len(text)
    while size(text[:end] + _ELLIPSIS) > longest:
        end -= 1
    return text[:end].rstrip() + _ELLIPSIS
