"""A document or workbook as an archive: one that unpacks to more than it may is refused before its reader sees it.

Belongs here: the limits of the archive. Does not belong here: what is in it.
"""

import io
import zipfile
import zlib

from dagster_project.readable_files import beyond, most_of
from dagster_project.results.errors import ResultsError
from dagster_project.zip_parts import blocks_of_part


def names_of_parts(data: bytes, name: str) -> list[str]:
    """The names of an archive's parts, all of which have been unpacked once, a block at a time, and thrown away.

    Raises ResultsError for a damaged archive, for one of too many parts, and for one that unpacks to more than a table has,
    whatever it says of its size.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > most_of("workbook_parts"):
                raise ResultsError(f"{name}: the file holds {beyond('workbook_parts')}")
            if any(part.flag_bits & 1 for part in parts):
                raise ResultsError(f"{name}: the file is encrypted; save it without a password")
            file, unpacked = io.BytesIO(data), 0
            for part in parts:
                for block in blocks_of_part(file, part):
                    unpacked += len(block)
                    if unpacked > most_of("table_bytes"):
                        raise ResultsError(f"{name}: the file unpacks to {beyond('table_bytes')}")
            if (damaged := archive.testzip()) is not None:
                raise ResultsError(f"{name}: the file is damaged ({damaged[:80]!r}); save it again")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise ResultsError(f"{name}: the file is damaged ({reason}); save it again") from None
    return [part.filename for part in parts]


def part_of(data: bytes, part: str) -> bytes:
    """A part of an archive whose parts names_of_parts has found sound."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(part)
