"""Delimited text without some of its records, every other byte as it was.

Belongs here: cutting records out of bytes. Does not belong here: whose records they are (people.py), other formats.
"""

import csv
from collections.abc import Collection
from itertools import islice

from dagster_project.erasure.errors import ErasureError
from dagster_project.exports import TextTable
from dagster_project.exports.records import Lines, cells_of_any_length

_UTF16_CODECS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def without_records(data: bytes, table: TextTable, source_rows: Collection[int], name: str) -> bytes:
    """The bytes of a delimited text without the records that start on these lines. table: what was read from it.

    Raises ErasureError for a text that does not give the same bytes when it is written again.
    """
    codec = _codec(data, table.encoding or "utf-8")
    text = data.decode(codec)
    if text.encode(codec) != data:
        raise ErasureError(f"{name}: its encoding ({table.encoding}) cannot be written again as it is; export it as UTF-8")
    lines = list(Lines(text))
    cut_lines: set[int] = set()
    with cells_of_any_length():
        for start in source_rows:
            reader = csv.reader(islice(lines, start - 1, None), delimiter=table.delimiter or ",", strict=True)
            next(reader)
            cut_lines.update(range(start - 1, start - 1 + reader.line_num))
    return "".join(line for number, line in enumerate(lines) if number not in cut_lines).encode(codec)


def _codec(data: bytes, encoding: str) -> str:
    """The codec that keeps a byte order mark as a character."""
    name = encoding.lower().replace("_", "-")
    if name == "utf-16":
        return _UTF16_CODECS.get(data[:2], "utf-16-le")
    return "utf-8" if name == "utf-8-sig" else encoding
