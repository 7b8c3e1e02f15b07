"""A Stata file (.dta) without some of its observations, every other byte of its labels, formats, notes and values as it was.

Observations have one width, so that theirs are cut out of the data, and the numbers that say how many there are, and where
what follows begins, are corrected. Does not belong here: whose observations they are (people.py), other formats.

Formats: https://www.stata.com/help.cgi?dta, of Stata 8 to 19 (113 to 115, and 117 to 119).
"""

import struct
from collections.abc import Collection
from dataclasses import dataclass

from dagster_project.erasure.errors import ErasureError

_RELEASES = (113, 114, 115, 117, 118, 119)
_MAP_ENTRIES, _DATA, _AFTER_DATA = 14, 9, range(10, 14)
#: Of formats 113 to 115: where the numbers of variables and of observations stand, and how long the header is.
_OLD_COUNTS, _OLD_HEADER = 4, 109
_OLD_WIDTHS = {251: 1, 252: 2, 253: 4, 254: 4, 255: 8}
_LONG_TEXT = 32768
_WIDTHS = {65526: 8, 65527: 4, 65528: 4, 65529: 2, 65530: 1}


@dataclass(frozen=True)
class _Data:
    """Where the observations of a file lie. count_at, count_form: the number of them, as `struct` reads it."""

    begin: int
    width: int
    count_at: int
    count_form: str


def without_observations(content: bytes, source_rows: Collection[int], name: str) -> bytes:
    """The bytes of the file without these observations, numbered from 1. Raises ErasureError for a file that is not written
    as its format says, and for one of long texts (strL), of which other observations may share the person's."""
    is_tagged = content.startswith(b"<stata_dta>")
    try:
        data = _data_of_tagged(content, name) if is_tagged else _data_of_old(content, name)
        (count,) = struct.unpack_from(data.count_form, content, data.count_at)
        new_content = bytearray(content[: data.begin])
        for row in range(count):
            if row + 1 not in source_rows:
                new_content += content[data.begin + row * data.width : data.begin + (row + 1) * data.width]
        new_content += content[data.begin + count * data.width :]
        removed_bytes = len(content) - len(new_content)
        struct.pack_into(data.count_form, new_content, data.count_at, count - removed_bytes // data.width)
        if is_tagged:
            _correct_map(new_content, removed_bytes, data.count_form[0])
    except ErasureError:
        raise
    except (struct.error, IndexError, KeyError, ValueError, ZeroDivisionError):
        raise _unknown(name) from None
    return bytes(new_content)


def _unknown(name: str) -> ErasureError:
    return ErasureError(
        f"{name}: the file is not written as Stata 8 and later write it; save it in Stata again, put that file in its place,"
        " then forget again"
    )


def _data_of_old(content: bytes, name: str) -> _Data:
    release, order = content[0], {1: ">", 2: "<"}[content[1]]
    if release not in _RELEASES:
        raise _unknown(name)
    variables, _ = struct.unpack_from(f"{order}hi", content, _OLD_COUNTS)
    types = content[_OLD_HEADER : _OLD_HEADER + variables]
    format_width = 12 if release == 113 else 49
    # Types, names, order of sorting, formats, names of value labels, labels.
    position = _OLD_HEADER + variables * (1 + 33 + 2 + format_width + 33 + 81) + 2
    while content[position : position + 5] != bytes(5):
        (length,) = struct.unpack_from(f"{order}i", content, position + 1)
        if content[position] != 1 or length < 0:
            raise _unknown(name)
        position += 5 + length
    return _Data(position + 5, sum(_OLD_WIDTHS.get(kind, kind) for kind in types), _OLD_COUNTS + 2, f"{order}i")


def _data_of_tagged(content: bytes, name: str) -> _Data:
    release = int(content[content.index(b"<release>") + 9 :][:3])
    order = {b"LSF": "<", b"MSF": ">"}[content[content.index(b"<byteorder>") + 11 :][:3]]
    if release not in _RELEASES:
        raise _unknown(name)
    (variables,) = struct.unpack_from(order + ("I" if release == 119 else "H"), content, content.index(b"<K>") + 3)
    offsets = _map(content, order)
    types_at, data_at = offsets[2] + len(b"<variable_types>"), offsets[_DATA] + len(b"<data>")
    types = struct.unpack_from(f"{order}{variables}H", content, types_at)
    if content[offsets[_DATA] : data_at] != b"<data>" or content[types_at - 16 : types_at] != b"<variable_types>":
        raise _unknown(name)
    if _LONG_TEXT in types:
        raise ErasureError(
            f"{name}: it has variables of long texts (strL), which observations share; recast them to str# in Stata, or"
            " export it again without the row, put that file in its place, then forget again"
        )
    width = sum(_WIDTHS.get(kind, kind) for kind in types)
    return _Data(data_at, width, content.index(b"<N>") + 3, order + ("I" if release == 117 else "Q"))


def _map(content: bytes | bytearray, order: str) -> tuple[int, ...]:
    offsets: tuple[int, ...] = struct.unpack_from(f"{order}{_MAP_ENTRIES}Q", content, content.index(b"<map>") + 5)
    return offsets


def _correct_map(content: bytearray, removed_bytes: int, order: str) -> None:
    """What follows the data begins earlier now."""
    offsets = list(_map(content, order))
    for entry in _AFTER_DATA:
        offsets[entry] -= removed_bytes
    struct.pack_into(f"{order}{_MAP_ENTRIES}Q", content, content.index(b"<map>") + 5, *offsets)
