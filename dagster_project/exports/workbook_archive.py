"""A workbook as an archive: one that is too large, or lies about its size, is refused before it is unpacked into memory.

Belongs here: the limits of the archive. Does not belong here: what is in a sheet (used_range.py).
"""

import re
import zipfile
from pathlib import Path
from typing import BinaryIO

from dagster_project.exports.errors import ExportError, plain
from dagster_project.readable_files import beyond, most_of
from dagster_project.zip_parts import blocks_of_part

#: A file that unpacks to more than both of these is not a workbook: so many bytes, so many times its size.
_MAX_UNPACKED_BYTES, _MAX_PACKING_RATIO = 200 << 20, 150
#: In UTF-8 and in UTF-16.
_DOCUMENT_TYPE, _OVERLAP = re.compile(rb"<\0?!\0?(?:D\0?O\0?C|E\0?N\0?T)"), 16


def refuse_bomb(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    """Raise ExportError for an archive of too many parts, or that unpacks to far more than its size or than it says."""
    if len(archive.filelist) > most_of("workbook_parts"):
        raise ExportError(f"{name}: the workbook holds {beyond('workbook_parts')}")
    packed, unpacked = path.stat().st_size, sum(part.file_size for part in archive.filelist)
    if unpacked > _MAX_UNPACKED_BYTES and unpacked > _MAX_PACKING_RATIO * packed:
        raise ExportError(
            f"{name}: the file unpacks from {packed >> 10} KB to {unpacked >> 20} MB, which is not plausible for a"
            " workbook; export it again, or save the sheet as CSV"
        )
    if unpacked > most_of("workbook_bytes"):
        raise ExportError(f"{name}: the workbook unpacks to {beyond('workbook_bytes')}; or save the sheet as CSV")
    with path.open("rb") as file:
        for part in archive.filelist:
            if fault := _fault_of_part(file, part):
                raise ExportError(f"{name}: {plain(part.filename)} {fault}; export it again")


def _fault_of_part(file: BinaryIO, part: zipfile.ZipInfo) -> str | None:
    """What the library that reads a sheet would not notice: it goes on to a part's end, whatever size the part declares, and
    takes a cell for empty that holds an entity of a document type."""
    unpacked, end_of_block = 0, b""
    for block in blocks_of_part(file, part):
        unpacked += len(block)
        if unpacked > part.file_size:
            return f"unpacks to more than the {part.file_size:,} bytes that the workbook says"
        if _DOCUMENT_TYPE.search(end_of_block + block):
            return "has a document type, which workbooks have not"
        end_of_block = block[-_OVERLAP:]
    return None
