"""A workbook as an archive: one that is too large, or lies about its size, is refused before it is unpacked into memory.

Belongs here: the limits of the archive. Does not belong here: what is in a sheet (used_range.py).
"""

import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from dagster_project.exports.errors import ExportError, plain
from dagster_project.readable_files import beyond, most_of

#: A file that unpacks to more than both of these is not a workbook: so many bytes, so many times its size.
_MAX_UNPACKED_BYTES, _MAX_PACKING_RATIO = 200 << 20, 150
_BLOCK_BYTES = 1 << 20
_LOCAL_HEADER_BYTES = 30


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
            if part.compress_type == zipfile.ZIP_DEFLATED and _unpacks_to_more(file, part):
                raise ExportError(
                    f"{name}: {plain(part.filename)} unpacks to more than the {part.file_size:,} bytes that the workbook"
                    " says; export it again"
                )


def _unpacks_to_more(file: BinaryIO, part: zipfile.ZipInfo) -> bool:
    """Whether a part holds more bytes than it declares: the library that reads a sheet goes on to the part's end."""
    file.seek(part.header_offset)
    header = file.read(_LOCAL_HEADER_BYTES)
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    decompressor, unpacked, packed_left = zlib.decompressobj(-zlib.MAX_WBITS), 0, part.compress_size
    while packed_left > 0 and not decompressor.eof and (block := file.read(min(_BLOCK_BYTES, packed_left))):
        packed_left -= len(block)
        while block and not decompressor.eof:
            unpacked += len(decompressor.decompress(block, _BLOCK_BYTES))
            if unpacked > part.file_size:
                return True
            block = decompressor.unconsumed_tail
    return False
