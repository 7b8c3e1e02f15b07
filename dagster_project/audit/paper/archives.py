"""A document or workbook as an archive: one that unpacks to more than it may is refused before its reader sees it.

Belongs here: the limits of the archive. Does not belong here: what is in it.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator

from dagster_project.readable_files import beyond, most_of
from dagster_project.results.errors import ResultsError

_BLOCK_BYTES, _LOCAL_HEADER_BYTES = 1 << 20, 30


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
            unpacked = 0
            for part in parts:
                for size in _unpacked_sizes(data, part):
                    unpacked += size
                    if unpacked > most_of("table_bytes"):
                        raise ResultsError(f"{name}: the file unpacks to {beyond('table_bytes')}")
            if (damaged := archive.testzip()) is not None:
                raise ResultsError(f"{name}: the file is damaged ({damaged[:80]!r}); save it again")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise ResultsError(f"{name}: the file is damaged ({reason}); save it again") from None
    return [part.filename for part in parts]


def _unpacked_sizes(data: bytes, part: zipfile.ZipInfo) -> Iterator[int]:
    """How many bytes a part unpacks to, block by block, to its true end: a reader may go on to it, whatever size is
    declared."""
    start = part.header_offset + _LOCAL_HEADER_BYTES
    name_length, extra_length = data[start - 4 : start - 2], data[start - 2 : start]
    start += int.from_bytes(name_length, "little") + int.from_bytes(extra_length, "little")
    packed = data[start : start + part.compress_size]
    if part.compress_type != zipfile.ZIP_DEFLATED:
        yield len(packed)
        return
    decompressor = zlib.decompressobj(-zlib.MAX_WBITS)
    while packed and not decompressor.eof:
        yield len(decompressor.decompress(packed, _BLOCK_BYTES))
        packed = decompressor.unconsumed_tail
