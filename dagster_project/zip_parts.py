"""What a part of a zip archive unpacks to, block by block.

Belongs here: unpacking a part to its true end. Does not belong here: how much of it is accepted (readable_files.py), and by
whom it is refused.
"""

import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

_BLOCK_BYTES, _LOCAL_HEADER_BYTES = 1 << 20, 30


def blocks_of_part(file: BinaryIO, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """What a part of an archive unpacks to, a block at a time, up to its true end: a reader may go on to it, whatever size
    the part declares. file: the archive's own, opened for reading."""
    file.seek(part.header_offset)
    header = file.read(_LOCAL_HEADER_BYTES)
    file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
    decompressor, packed_left = zlib.decompressobj(-zlib.MAX_WBITS), part.compress_size
    while packed_left > 0 and not decompressor.eof and (block := file.read(min(_BLOCK_BYTES, packed_left))):
        packed_left -= len(block)
        if part.compress_type != zipfile.ZIP_DEFLATED:
            yield block
            continue
        while block and not decompressor.eof:
            yield decompressor.decompress(block, _BLOCK_BYTES)
            block = decompressor.unconsumed_tail
