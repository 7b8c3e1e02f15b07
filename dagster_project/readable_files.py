"""Which files are read, and how much of them: limits by kind of file, and the folders that a study may name.

Belongs here: the limits, each declared once, and raising them; reading a whole file that is a regular one and within its
limit; whether a path lies in a study's folder. Does not belong here: what is in a file.

A limit is there so that a damaged or a hostile file ends in one line, and not in a full memory. It is far above what studies
have. `WAVEHOUSE_LIMITS` raises one by its name, `WAVEHOUSE_ROOTS` names folders outside a study's own that it may read from:
who runs a study says both, never the study.
"""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

LIMITS_VARIABLE, ROOTS_VARIABLE = "WAVEHOUSE_LIMITS", "WAVEHOUSE_ROOTS"
_NAMED_LIMIT = re.compile(r"([a-z_]+)=([0-9_]+)")


class ReadableFileError(ValueError):
    """A file that is not read: no regular file, or beyond a limit. The message is one line with the cure."""


@dataclass(frozen=True)
class Limit:
    """The most that is read of a kind of file. unit: what is unit, in words."""

    limit: str
    files: str
    unit: str
    bound: int


LIMITS = (
    Limit("definition_bytes", "definitions (YAML), SQL and Python of a study's own, manuscripts", "bytes", 10_000_000),
    Limit("definition_depth", "definitions (YAML)", "levels of keys and lists", 50),
    Limit("definition_values", "definitions (YAML), values under an alias counted each time", "values", 200_000),
    Limit("json_bytes", "a survey's own definition as JSON, such as .qsf", "bytes", 50_000_000),
    Limit("table_bytes", "published and audited tables, interviews as a table", "bytes", 200_000_000),
    Limit("audited_cells", "an audited table as it is printed, and a sheet of an audited workbook", "cells", 500_000),
    Limit("text_bytes", "delimited exports that are read from the file: UTF-8 with regular lines", "bytes", 100_000_000_000),
    Limit("memory_text_bytes", "delimited exports of any other form, which are read into memory", "bytes", 1_000_000_000),
    Limit("text_columns", "delimited exports", "columns", 200_000),
    Limit("workbook_bytes", "workbooks, unpacked", "bytes", 4_000_000_000),
    Limit("workbook_parts", "workbooks, and archives of interviews", "parts", 20_000),
    Limit("workbook_cells", "a workbook's sheet, blank cells of its used range unit", "cells", 200_000_000),
    Limit("statistics_bytes", "files of SPSS, Stata and SAS", "bytes", 20_000_000_000),
    Limit("statistics_cells", "files of SPSS, Stata and SAS", "cells", 200_000_000),
    Limit("parquet_bytes", "Parquet files, unpacked", "bytes", 100_000_000_000),
    Limit("parquet_cells", "Parquet files", "cells", 2_000_000_000),
    Limit("parquet_columns", "Parquet files", "columns", 50_000),
    Limit("interview_bytes", "coded interviews (.qdpx, .qdc): the file, and each text in it unpacked", "bytes", 500_000_000),
    Limit("interview_elements", "coded interviews (.qdpx, .qdc)", "elements of XML", 1_000_000),
    Limit("manuscript_seconds", "filling in a manuscript", "seconds", 60),
    Limit("manuscript_memory", "filling in a manuscript, where the system can limit it", "bytes", 2_000_000_000),
    Limit("file_seconds", "the first look into a file of SPSS, Stata or SAS; a pattern on documents' names", "seconds", 30),
)  # fmt: skip
_bounds = {limit.limit: limit.bound for limit in LIMITS}
_roots: list[Path] = []


def allow(environment: Mapping[str, str]) -> None:
    """From here on the limits are those that the environment raises, and its roots may be read from."""
    bounds = {limit.limit: limit.bound for limit in LIMITS}
    for text in environment.get(LIMITS_VARIABLE, "").split():
        match = _NAMED_LIMIT.fullmatch(text)
        if match is None or match[1] not in bounds or not match[2].strip("_0"):
            raise ReadableFileError(
                f"{LIMITS_VARIABLE}: {text!r} is not a limit and a number from 1, such as table_bytes=300_000_000; the"
                f" limits are {', '.join(bounds)}"
            )
        bounds[match[1]] = int(match[2].replace("_", "")[:18])
    _bounds.update(bounds)
    roots = [Path(text) for text in environment.get(ROOTS_VARIABLE, "").split(os.pathsep) if text]
    if relative := [root for root in roots if not root.is_absolute()]:
        raise ReadableFileError(f"{ROOTS_VARIABLE}: {str(relative[0])!r} is not a whole path; begin it with /, or a drive")
    _roots[:] = [Path(os.path.realpath(root)) for root in roots]


def most_of(limit: str) -> int:
    """The most of something that is read, by the name of its limit."""
    return _bounds[limit]


def beyond(limit: str) -> str:
    """What stands in a message for more than a limit, with how it is raised."""
    unit = next(entry.unit for entry in LIMITS if entry.limit == limit)
    return f"more than {_bounds[limit]:,} {unit}; if that is right, raise the limit: {LIMITS_VARIABLE}={limit}=NUMBER"


def read_whole(file: Path, limit: str, name: str | None = None, refusal: type[ValueError] = ReadableFileError) -> bytes:
    """The bytes of a regular file within a limit of bytes. name: what messages call it (default: its path).

    Raises `refusal` with one line, and OSError for a file that is not there or cannot be read. A pipe is never waited for.
    """
    name = str(file) if name is None else name
    mode = file.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # the system says that of a folder
        raise refusal(f"{name}: this is a pipe or a device, not a file; put the file there")
    with open(file, "rb", opener=_at_once) as stream:
        content = stream.read(_bounds[limit] + 1)
    if len(content) > _bounds[limit]:
        raise refusal(f"{name}: the file holds {beyond(limit)}")
    return content


def read_stream(stream: BinaryIO, limit: str, name: str, refusal: type[ValueError] = ReadableFileError) -> bytes:
    """The bytes of a stream, such as standard input, within a limit. Raises `refusal` with one line."""
    content = stream.read(_bounds[limit] + 1)
    if len(content) > _bounds[limit]:
        raise refusal(f"{name}: it holds {beyond(limit)}")
    return content


def _at_once(path: str, flags: int) -> int:
    """Open a file without waiting, should it have become a pipe just now."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def refuse_larger(file: Path, limit: str, name: str, refusal: type[ValueError] = ReadableFileError) -> None:
    """Raise `refusal` for a file of more bytes than a limit, which is read bit by bit."""
    if file.stat().st_size > _bounds[limit]:
        raise refusal(f"{name}: the file holds {beyond(limit)}")


def place_outside(folder: Path, path: Path) -> Path | None:
    """Where a path leads, its links followed, if that is neither in a study's folder nor in a root; else None."""
    target = Path(os.path.realpath(path))
    return None if any(target.is_relative_to(root) for root in (Path(os.path.realpath(folder)), *_roots)) else target


def outside_words(target: Path) -> str:
    """What a message says of a place outside, with the cure."""
    root = target if target.is_dir() else target.parent
    return (
        f"leads out of the study's folder, to {target}; put it below the study's folder, or allow its folder:"
        f" {ROOTS_VARIABLE}={root}"
    )
