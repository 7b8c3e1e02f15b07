"""What a file of coded segments holds, and how a study declares one. Belongs here: the models. Does not belong here:
reading."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pydantic import Field, field_validator

from dagster_project.study import Definition

#: Columns of a plain table by what they hold.
TABLE_COLUMNS = ("code", "person", "wave", "segment", "source", "coder", "memo")


class Interviews(Definition):
    """One file of coded segments: a REFI-QDA project (.qdpx) or codebook (.qdc), or a table of code, person, wave,
    segment."""

    file: str = Field(min_length=1, description="path below the study folder, e.g. interviews/coded.qdpx")
    source_name: str | None = Field(
        default=None,
        description="a regular expression on documents' names, e.g. '(?P<person>PW-\\d+) (?P<wave>T\\d)'",
    )
    person_variable: str | None = Field(
        default=None, description="the variable of a document or case that holds the person; else the case's name is taken"
    )
    wave_variable: str | None = Field(default=None, description="the variable of a document or case that holds the wave")
    wave: str | None = Field(default=None, description="the wave of all segments in the file, where it is one")
    wave_sets: dict[str, str] = Field(
        default={},
        description="sets of documents (MAXQDA and ATLAS.ti: document groups) by name, and the wave of their documents, e.g."
        " {Baseline interviews: T1}",
    )
    waves: dict[str, str] = Field(
        default={}, description="what the file calls a wave, and the wave of the protocol, e.g. {Baseline: T1, '2': T2}"
    )
    end_position: Literal["inclusive", "exclusive"] | None = Field(
        default=None,
        description="whether endPosition is a selection's last character or the one after; told from the texts if left out",
    )
    columns: dict[str, str] = Field(
        default={}, description=f"how a table calls {', '.join(TABLE_COLUMNS)}, where unlike those"
    )

    @field_validator("source_name")
    @classmethod
    def _is_pattern(cls, text: str | None) -> str | None:
        if text is None:
            return None
        try:
            groups = re.compile(text).groupindex
        except re.error as error:
            raise ValueError(f"{text!r} is no regular expression ({error}); correct it") from None
        if not set(groups) & {"person", "wave"}:
            raise ValueError(f"{text!r} has neither a group (?P<person>…) nor (?P<wave>…); name one")
        return text

    @property
    def pattern_groups(self) -> frozenset[str]:
        """What the pattern on documents' names finds: person, wave or both."""
        return frozenset(re.compile(self.source_name).groupindex if self.source_name else ())

    @field_validator("columns")
    @classmethod
    def _known(cls, columns: dict[str, str]) -> dict[str, str]:
        if unknown := [name for name in columns if name not in TABLE_COLUMNS]:
            raise ValueError(f"{unknown[0]!r} is no column; the columns are {', '.join(TABLE_COLUMNS)}")
        return columns


@dataclass(frozen=True)
class Code:
    """A code of a codebook. path: its own name after those of the codes above it."""

    guid: str
    path: tuple[str, ...]
    description: str | None = None

    @property
    def name(self) -> str:
        return self.path[-1]


@dataclass(frozen=True)
class Coding:
    """A passage with a code, as a file has it.

    source: the document's name. start, end: positions in its text, the end exclusive; None where a passage is no text.
    text: None where only a place is coded, as in a picture. person, wave: as the file says them, or None. place: where the
    file has it, a GUID or a line. again: what tells the passage from others of the same words in the document, its number
    from the second on; of a place that is no text, the place.
    """

    code: Code
    source: str
    start: int | None
    end: int | None
    text: str | None
    person: str | None
    wave: str | None
    coder: str | None
    coded_at: str | None
    memo: str | None
    place: str
    again: str = ""

    @property
    def words(self) -> str:
        """The text with one blank for many, as two tools would agree on it."""
        return " ".join((self.text or "").split())


class Lost(NamedTuple):
    """A coding that cannot be used: where the file has it, and why. The reason names no place, so that reasons can be
    counted."""

    place: str
    reason: str
    source: str = ""


@dataclass(frozen=True)
class CodedFile:
    """All that a file holds. lost: codings that cannot be used, with the reason. notes: how the file was understood.

    counted: the codings of the file, counted apart from reading them. speakers: how many of them only say who speaks.
    """

    codes: tuple[Code, ...]
    codings: tuple[Coding, ...]
    lost: tuple[Lost, ...]
    origin: str
    notes: tuple[str, ...]
    counted: int = 0
    speakers: int = 0

    @property
    def is_conserved(self) -> bool:
        """Whether no coding got lost on the way."""
        return self.counted == len(self.codings) + len(self.lost) + self.speakers


def segment_ids(codings: Sequence[Coding]) -> list[str]:
    """A name for the passage of each coding that stays when it is coded again, by somebody else or in another tool.

    codings: those of all files of a study. A passage is known by its document's name, its words and, where a document has
    them several times, its number; a place in a picture, PDF or film by the place. Where several people said the same words
    under one name (or without one), or one person at several waves, person and wave count as well.
    """
    said: dict[tuple[str, ...], set[tuple[str | None, str | None]]] = {}
    for one in codings:
        if one.person is not None:
            said.setdefault(_passage(one), set()).add((one.person, one.wave))
    return [
        _hashed((*passage, one.person or "", one.wave or "") if len(said.get(passage, ())) > 1 else passage)
        for one in codings
        for passage in [_passage(one)]
    ]


def _passage(coding: Coding) -> tuple[str, ...]:
    return (coding.source, coding.words, *([coding.again] if coding.again else []))


def _hashed(parts: Iterable[str]) -> str:
    return "s-" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:10]
