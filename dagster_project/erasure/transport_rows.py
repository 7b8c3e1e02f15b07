"""A SAS transport file (.xpt) without some of its observations, every other byte as it was.

Observations have one width; theirs are cut out of the data, which is filled up with blanks to whole records again. Version 8
also says how many there are. Does not belong here: whose observations they are (people.py), other formats.

Formats: SAS's technical papers TS-140 (version 5) and "Record Layout of a SAS Version 8 or 9 Data Set in SAS Transport
Format".
"""

import struct
from collections.abc import Collection

from dagster_project.erasure.errors import ErasureError

_RECORD = 80
_MEMBERS = (b"HEADER RECORD*******MEMBER  HEADER", b"HEADER RECORD*******MEMBV8  HEADER")
_VARIABLES = (b"HEADER RECORD*******NAMESTR HEADER", b"HEADER RECORD*******NAMSTV8 HEADER")
_OBSERVATIONS = (b"HEADER RECORD*******OBS     HEADER", b"HEADER RECORD*******OBSV8   HEADER")
#: Where in these records the width of a variable's description, the number of variables and that of observations stand.
_DESCRIPTION_WIDTH, _VARIABLE_COUNT, _OBSERVATION_COUNT = slice(74, 78), slice(54, 58), slice(48, 63)
#: Where in a variable's description its width stands.
_WIDTH_OFFSET = 4


def without_transported(content: bytes, count: int, source_rows: Collection[int], name: str) -> bytes:
    """The bytes of the file without these observations, numbered from 1. count: how many it has.

    Raises ErasureError for a file of several data sets, and for one that is not written as its format says.
    """
    members = [offset for offset in range(0, len(content), _RECORD) if content.startswith(_MEMBERS, offset)]
    if len(members) > 1:
        raise ErasureError(
            f"{name}: it holds {len(members)} data sets; export each to a file of its own, without the row, then forget"
            " again"
        )
    try:
        description_width = int(content[members[0] :][_DESCRIPTION_WIDTH])
        variables_at = _record_at(content, _VARIABLES, members[0])
        variable_count = int(content[variables_at:][_VARIABLE_COUNT])
        descriptions = range(variables_at + _RECORD, len(content), description_width)[:variable_count]
        width = sum(struct.unpack_from(">h", content, offset + _WIDTH_OFFSET)[0] for offset in descriptions)
        header = _record_at(content, _OBSERVATIONS, variables_at)
        begin = header + _RECORD
        if width <= 0 or len(descriptions) != variable_count or begin + count * width > len(content):
            raise ValueError
        data = b"".join(
            content[begin + row * width : begin + (row + 1) * width] for row in range(count) if row + 1 not in source_rows
        )
        start = bytearray(content[:begin])
        if (field := start[header:][_OBSERVATION_COUNT]).strip().isdigit() and int(field) == count:
            start[header + 48 : header + 63] = str(len(data) // width).rjust(len(field)).encode()
    except (struct.error, IndexError, ValueError):
        raise ErasureError(
            f"{name}: the file is not written as SAS writes transport files; export it again without the row, put that file"
            " in its place, then forget again"
        ) from None
    return bytes(start) + data + b" " * (-len(data) % _RECORD)


def _record_at(content: bytes, beginnings: tuple[bytes, ...], begin: int) -> int:
    """Where the next record that begins so stands. Raises ValueError where there is none."""
    for offset in range(begin, len(content), _RECORD):
        if content.startswith(beginnings, offset):
            return offset
    raise ValueError
