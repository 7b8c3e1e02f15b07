"""What a file of coded segments holds, and how a study declares one. Belongs here: the models. Does not belong here:
reading."""

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

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
    file has it, a GUID or a line.
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


@dataclass(frozen=True)
class CodedFile:
    """All that a file holds. lost: codings that name a code the file does not have, or a passage beyond its text, with the
    reason; codings + lost are all codings of the file. notes: how the file was understood."""

    codes: tuple[Code, ...]
    codings: tuple[Coding, ...]
    lost: tuple[tuple[str, str], ...]
    origin: str
    notes: tuple[str, ...]


def segment_id(coding: Coding) -> str:
    """A name for the passage that stays when it is coded again, by somebody else or in another tool: of its document's name
    and its text (for a place in a picture or film, its place in the file)."""
    parts = (coding.source, " ".join(coding.text.split()) if coding.text else coding.place)
    return "s-" + hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:10]
