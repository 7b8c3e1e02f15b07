"""Shared by the statistics programs' formats: reading them safely with pyreadstat.

Belongs here: the library's errors as one line. Does not belong here: a format.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyreadstat

from dagster_project.exports.crash_probe import column_count
from dagster_project.exports.errors import ExportError, abbreviated_list, plain, quoted
from dagster_project.readable_files import beyond, most_of, refuse_larger
from dagster_project.withholding import of_cell, of_cells


@dataclass(frozen=True)
class LabelledFile:
    """What the library reads of a file, its texts mended where they were not in the file's encoding.

    values: of each variable, case by case. labels, value_labels: of variables that have them. metadata: what else the
    library says. guesses: on texts that were mended.
    """

    values: dict[str, list[Any]]
    labels: Mapping[str, str]
    value_labels: Mapping[str, Mapping[Any, str]]
    metadata: Any
    encoding: str | None
    guesses: tuple[str, ...]


#: An encoding that decodes every byte, and gives it back.
_LOSSLESS = "iso-8859-1"
_BAD_TEXT = re.compile("codec can't decode|convert string|invalid byte sequence", re.IGNORECASE)


def read_with(path: Path, name: str, program: str, function: str, encoding: str | None, **options: Any) -> LabelledFile:
    """Read a file with one of the library's functions, in the encoding that is declared or that the file states.

    Without a declared encoding, texts that are not in the file's (an archive's conversion left them) are taken as UTF-8 or
    else as cp1252, and a note says how many. Raises ExportError, one line, for a file that cannot be read.
    """
    name = plain(name)
    if path.stat().st_size == 0:
        raise ExportError(f"{name}: the file is empty; export it again")
    refuse_larger(path, "statistics_bytes", name, ExportError)
    if (columns := column_count(path, function)) is None:
        raise ExportError(
            f"{name}: the {program} file is damaged (the library that reads it crashes, or is not done after"
            f" {most_of('file_seconds')} seconds); export it again"
        )
    read_file = getattr(pyreadstat, function)
    mended = _MendedTexts()
    most_rows = most_of("statistics_cells") // max(columns, 1)
    if function != "read_sas7bcat":  # the library knows some formats of dates only (date_formats.py)
        # What a file says of its rows may be wrong: no more are read.
        options |= {"disable_datetime_conversion": True, "row_limit": most_rows + 1}
    try:
        try:
            in_encoding = {} if encoding is None else {"encoding": encoding}
            values, metadata = read_file(path, output_format="dict", **in_encoding, **options)
        except (UnicodeDecodeError, pyreadstat.ReadstatError) as error:
            if encoding is not None or not _BAD_TEXT.search(str(error)):
                raise
            values, metadata = read_file(path, output_format="dict", encoding=_LOSSLESS, **options)
            mended.is_needed = True
    except (OSError, MemoryError):
        raise
    except Exception as error:  # for a damaged file the library raises its own errors, and any of Python's
        reason = plain(str(error) or type(error).__name__)
        cure = "correct encoding of the export" if encoding is not None and _BAD_TEXT.search(reason) else "export it again"
        raise ExportError(f"{name}: the {program} file cannot be read ({of_cell(reason)}); {cure}") from None
    if any(len(cells) > most_rows for cells in values.values()):
        raise ExportError(f"{name}: the {program} file holds {beyond('statistics_cells')}; or export fewer columns or rows")
    return LabelledFile(
        values={mended.text(column): [mended.text(cell) for cell in cells] for column, cells in values.items()}
        if mended.is_needed
        else values,
        labels={
            mended.text(column): mended.text(label) for column, label in metadata.column_names_to_labels.items() if label
        },
        value_labels={
            mended.text(column): {mended.text(code): mended.text(label) for code, label in labels.items()}
            for column, labels in metadata.variable_value_labels.items()
        },
        metadata=metadata,
        encoding=encoding or metadata.file_encoding,
        guesses=mended.guesses,
    )


class _MendedTexts:
    """Texts that were decoded byte by byte, put right one by one, and counted."""

    def __init__(self) -> None:
        self.is_needed = False
        self._taken_as_cp1252: set[str] = set()

    def text(self, value: Any) -> Any:
        """The text in UTF-8 if it is that, else in cp1252; any other value as it is."""
        if not self.is_needed or not isinstance(value, str) or value.isascii():
            return value
        data = value.encode(_LOSSLESS)
        try:
            return data.decode()
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
            self._taken_as_cp1252.add(text)
            return text

    @property
    def guesses(self) -> tuple[str, ...]:
        if not self._taken_as_cp1252:
            return ()
        texts = sorted(self._taken_as_cp1252)
        text_list = of_cells(abbreviated_list([quoted(text) for text in texts]), texts)
        return (f"Texts that are not in the file's encoding are taken to be cp1252: {text_list}.",)
