"""Where a person still is: files that hold the pseudonym or an identifier, also packed ones.

Belongs here: searching bytes. Does not belong here: columns of identifiers (people.py), taking anything out.

A short identifier (such as 12) is in every file by chance: it is looked for in the columns of identifiers alone.
"""

import mmap
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dagster_project.warehouse import Warehouse, WarehouseError, identifier, literal, rows

#: An identifier shorter than this is searched for in columns of identifiers only; one of digits must be longer.
_MIN_LENGTH, _MIN_DIGITS = 4, 6
_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "cp1252")
_PEOPLE_COLUMNS = ("participant_id", "respondent")


@dataclass(frozen=True)
class TextPattern:
    """What matches texts that stand by themselves. parts: of each text in each encoding, the text, and the text with what
    may stand around it: looked for at once, these would take many times as long as the texts alone."""

    parts: tuple[tuple[re.Pattern[bytes], re.Pattern[bytes]], ...]

    def search(self, content: bytes | mmap.mmap) -> bool:
        """Whether one of the texts is anywhere in it."""
        return any(
            bounded_text.match(content, position) is not None
            for text, bounded_text in self.parts
            for position in _positions(text, content)
        )


def _positions(text: re.Pattern[bytes], content: bytes | mmap.mmap) -> Iterator[int]:
    """Where a text is, also where it overlaps itself."""
    match = text.search(content)
    while match is not None:
        yield match.start()
        match = text.search(content, match.start() + 1)


def pattern_of(texts: Iterable[str]) -> TextPattern:
    """What matches any of these texts where it stands by itself, in any encoding that files have."""
    parts = set()
    for text in texts:
        for encoding in _ENCODINGS:
            try:
                encoded = re.escape(text.encode(encoding))
            except UnicodeEncodeError:
                continue
            beginning, end = (
                (rb"(?<![0-9A-Za-z])", rb"(?![0-9A-Za-z])")
                if "16" not in encoding
                else (rb"(?<![0-9A-Za-z]\x00)", rb"(?![0-9A-Za-z]\x00)")
            )
            parts.add((encoded, beginning + encoded + end))
    return TextPattern(tuple((re.compile(encoded), re.compile(bounded)) for encoded, bounded in sorted(parts)))


def texts_to_search(pseudonym: str, spellings: Iterable[str]) -> list[str]:
    """The texts that a file may be searched for."""
    return [pseudonym, *(spelling for spelling in spellings if is_telling(spelling))]


def is_telling(spelling: str) -> bool:
    """Whether an identifier is long enough not to be in files by chance."""
    return len(spelling) >= (_MIN_DIGITS if spelling.isdecimal() else _MIN_LENGTH)


def files_with(folders: Iterable[Path], texts: Collection[str], skipped: Collection[Path] = ()) -> list[Path]:
    """The files, of these or below these folders, that hold one of the texts, in their name or in what they hold."""
    pattern = pattern_of(texts)
    return [
        path
        for path in dict.fromkeys(path for folder in folders for path in _files_below(folder))
        if not any(path.is_relative_to(folder) for folder in skipped) and _has_person(path, pattern, texts)
    ]


def _files_below(folder: Path) -> Iterator[Path]:
    if folder.is_file() and not folder.is_symlink():
        yield folder
    elif folder.is_dir():
        yield from sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _has_person(path: Path, pattern: TextPattern, texts: Collection[str]) -> bool:
    if pattern.search(path.name.encode(errors="surrogateescape")) or bytes_match(path, pattern):
        return True
    if path.suffix == ".duckdb":
        return _is_in_tables(path, texts)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return any(pattern.search(archive.read(part)) for part in archive.namelist())
    return False


def bytes_match(path: Path, pattern: TextPattern) -> bool:
    """Whether a file's bytes match."""
    if path.stat().st_size == 0:
        return False
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return pattern.search(content)


def _is_in_tables(file: Path, texts: Collection[str]) -> bool:
    """Whether a column of people of a DuckDB file, whose texts may be packed, holds one of the texts."""
    names, values = ", ".join(map(literal, _PEOPLE_COLUMNS)), ", ".join(map(literal, texts))
    try:
        with Warehouse(file).connect(read_only=True) as connection:
            columns = rows(
                connection,
                "select schema_name, table_name, column_name from duckdb_columns() join duckdb_tables() using"
                f" (schema_name, table_name) where column_name in ({names}) and data_type = 'VARCHAR'",
            )
            return any(
                rows(
                    connection,
                    f"select 1 from {identifier(row['schema_name'])}.{identifier(row['table_name'])}"
                    f" where {identifier(row['column_name'])} in ({values}) limit 1",
                )
                for row in columns
            )
    except WarehouseError:
        return True  # what cannot be read may hold anybody
