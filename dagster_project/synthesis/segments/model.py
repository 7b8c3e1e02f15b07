"""The content of a file of coded segments, and its declaration in a study. Belongs here: the models. Does not belong here:
reading."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pydantic import Field, field_validator

from dagster_project.study import Definition

#: The columns of a plain table.
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
        description="whether endPosition is a selection's last character or the one after; told from the texts if left out,"
        " and asked about where they do not tell",
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
            raise ValueError(f"{text!r} is not a regular expression ({error}); correct it") from None
        if not set(groups) & {"person", "wave"}:
            raise ValueError(f"{text!r} has neither a group (?P<person>…) nor (?P<wave>…); name one")
        return text

    @property
    def pattern_groups(self) -> frozenset[str]:
        """What the pattern on documents' names captures: person, wave or both."""
        return frozenset(re.compile(self.source_name).groupindex if self.source_name else ())

    @field_validator("columns")
    @classmethod
    def _are_table_columns(cls, columns: dict[str, str]) -> dict[str, str]:
        if unknown := [name for name in columns if name not in TABLE_COLUMNS]:
            raise ValueError(f"{unknown[0]!r} is not a column; the columns are {', '.join(TABLE_COLUMNS)}")
        return columns


@dataclass(frozen=True)
class Code:
    """A code of a codebook. path: the names of its ancestors, then its own."""

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
    text: None where the passage is no text but, for instance, a part of a picture. person, wave: as written in the file, or
    None. place: where the coding is in the file, a GUID or a line. occurrence: distinguishes passages of the same words in a
    document: the number of the passage, from 2; the coordinates where a passage is no text; else empty.
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
    location: str
    occurrence: str = ""

    @property
    def normalized_text(self) -> str:
        """The text with each run of whitespace as one blank, so that it is the same in all tools."""
        return " ".join((self.text or "").split())


class UnusableCoding(NamedTuple):
    """A coding that cannot be used: where it is in the file, and why. The reason does not contain the place, so that equal
    reasons can be counted."""

    location: str
    reason: str
    source: str = ""


@dataclass(frozen=True)
class CodedFile:
    """The content of a file. unusable: codings that cannot be used, with the reason. notes: how the file was interpreted.

    coding_count: the number of codings in the file, counted independently of reading them. speaker_count: how many of
    them only mark who is speaking.
    """

    codes: tuple[Code, ...]
    codings: tuple[Coding, ...]
    unusable: tuple[UnusableCoding, ...]
    origin: str
    notes: tuple[str, ...]
    coding_count: int = 0
    speaker_count: int = 0

    @property
    def is_conserved(self) -> bool:
        """Whether every coding of the file is accounted for."""
        return self.coding_count == len(self.codings) + len(self.unusable) + self.speaker_count


def segment_ids(codings: Sequence[Coding]) -> list[str]:
    """An id for the passage of each coding; it stays the same when another coder or another tool codes the passage.

    codings: those of all files of a study. A passage is identified by its document's name, its words and, where they occur
    several times in the document, its number; a part of a picture, PDF or film by its coordinates. Where several people, or
    one person at several waves, said the same words in documents of one name (or without a name), person and wave are part
    of the id.
    """
    speakers: dict[tuple[str, ...], set[tuple[str | None, str | None]]] = {}
    for coding in codings:
        if coding.person is not None:
            speakers.setdefault(_passage(coding), set()).add((coding.person, coding.wave))
    return [
        _segment_id((*passage, coding.person or "", coding.wave or "") if len(speakers.get(passage, ())) > 1 else passage)
        for coding in codings
        for passage in [_passage(coding)]
    ]


def _passage(coding: Coding) -> tuple[str, ...]:
    return (coding.source, coding.normalized_text, *([coding.occurrence] if coding.occurrence else []))


def _segment_id(parts: Iterable[str]) -> str:
    return "s-" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:10]
