"""SPSS files (.sav, .zsav, .por): numbers, strings and dates back to text, labels and user-missing codes kept.

Belongs here: one file to one `TextTable`. Does not belong here: what a user-missing code means for an answer; the protocol
declares that (special_codes), and the codes are passed on unchanged.
"""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.cell_text import number_text
from dagster_project.exports.date_formats import spss_writer
from dagster_project.exports.errors import ExportError, plain
from dagster_project.exports.kept_digits import rounded_numbers
from dagster_project.exports.labelled import read_with
from dagster_project.exports.sas import labelled_table
from dagster_project.exports.table import HeldCells, TextTable
from dagster_project.study import Layout

#: A limit of a missing range that is at least this large is SPSS's LOWEST or HIGHEST.
_NO_LIMIT = 1.7e308


def read_spss(path: Path, name: str, layout: Layout) -> TextTable:
    """Read an SPSS file as text. `source_rows` are case numbers from 1.

    Whole numbers are written without a fraction, others with the fewest digits that give the same number back, dates as
    ISO 8601 (a duration as hours:minutes:seconds), strings unchanged except for the blanks with which SPSS pads them on
    the right. System-missing is "". User-missing codes stay as codes and are listed under `special_codes`.
    Raises ExportError for a file that is not SPSS, is cut short or cannot be read.
    """
    with path.open("rb") as file:
        beginning = file.read(600)
    signature = beginning[:4]
    if not signature:
        raise ExportError(f"{plain(name)}: the file is empty; export it again")
    if _PORTABLE in beginning:
        return _read_portable(path, name, layout)
    if signature not in (b"$FL2", b"$FL3"):
        raise ExportError(f"{plain(name)}: the file is not an SPSS .sav file; export it from SPSS or correct the reader")
    _refuse_wrong_case_count(path, name)
    file_content = read_with(path, name, "SPSS", "read_sav", layout.encoding, user_missing=True)
    values, metadata = file_content.values, file_content.metadata
    columns = tuple(values)
    number_writers = {column: spss_writer(metadata.original_variable_types.get(column)) for column in columns}
    cells = [_text_column(values[column], number_writers[column]) for column in columns]
    case_count = len(cells[0]) if cells else 0
    # Of a .zsav only reading it tells how many cases it has.
    if signature == b"$FL3" and cells and 0 <= (declared_cases := _declared_cases(path)) != case_count:
        raise ExportError(
            f"{plain(name)}: the SPSS file declares {declared_cases} cases, but holds {case_count}; export it again"
        )
    return TextTable(
        columns=columns,
        content=HeldCells(pa.table(cells, names=[str(position) for position in range(len(columns))])),
        source_rows=pa.array(range(1, case_count + 1), pa.int64()),
        column_labels=dict(file_content.labels),
        value_labels={
            column: {_code_text(code, number_writers[column]): label for code, label in labels.items()}
            for column, labels in file_content.value_labels.items()
        },
        special_codes={
            column: tuple(_missing_code(limits, number_writers[column]) for limits in ranges)
            for column, ranges in metadata.missing_ranges.items()
        },
        faults=tuple(
            fault
            for position, column in enumerate(columns)
            if number_writers[column] is number_text
            for fault in rounded_numbers(values[column], column, position)
        ),
        encoding=file_content.encoding,
        notes=(f"The file is SPSS, its text in {file_content.encoding}.",),
        guesses=file_content.guesses,
    )


#: Offsets in the header: how cases are stored (0: not compressed), and how many there are (-1: not stated).
_COMPRESSION_OFFSET, _CASES_OFFSET, _HEADER_BYTES = 72, 80, 176
#: A text in the first lines of a portable file.
_PORTABLE = b"SPSS PORT FILE"
_LAST_CODE, _ELEMENT_FOLLOWS, _MAX_COMPRESSED_BYTES = 252, 253, 1 << 26
_VARIABLE, _VALUE_LABELS, _LABELLED, _DOCUMENT, _EXTENSION, _END = 2, 3, 4, 6, 7, 999


def _refuse_wrong_case_count(path: Path, name: str) -> None:
    """Refuse a file that holds more or fewer cases than it declares, which the library does not report.

    Checks the data after the dictionary, for files without compression and with SPSS's ordinary compression; not for .zsav
    files, and not for ordinarily compressed files above 64 MB, where it would take longer than reading. Raises ExportError.
    """
    data = path.read_bytes()
    byte_order = "<" if data[64:68] in (b"\x02\0\0\0", b"\x03\0\0\0") else ">"
    try:
        compression, declared_cases = (
            struct.unpack_from(byte_order + "i", data, offset)[0] for offset in (_COMPRESSION_OFFSET, _CASES_OFFSET)
        )
        begin, case_width = _end_of_dictionary(data, byte_order)
    except (struct.error, IndexError):
        return  # the library reports what is wrong
    if case_width == 0 or compression not in (0, 1) or (compression == 1 and len(data) > _MAX_COMPRESSED_BYTES):
        return
    case_count, remainder = (
        divmod(len(data) - begin, 8 * case_width) if compression == 0 else _compressed_cases(data, begin, case_width)
    )
    if remainder or (declared_cases >= 0 and case_count != declared_cases):
        statement = f"declares {declared_cases} cases" if declared_cases >= 0 else "does not declare how many cases it has"
        partial_case = " and a part of one" if remainder else ""
        raise ExportError(f"{plain(name)}: the SPSS file {statement}, but holds {case_count}{partial_case}; export it again")


def _declared_cases(path: Path) -> int:
    """How many cases a file declares, -1 if it does not say."""
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    byte_order = "<" if header[64:68] in (b"\x02\0\0\0", b"\x03\0\0\0") else ">"
    count: int = struct.unpack_from(byte_order + "i", header, _CASES_OFFSET)[0]
    return count


def _compressed_cases(data: bytes, offset: int, case_width: int) -> tuple[int, int]:
    """The number of complete cases, and of further elements. Eight codes precede the elements that they do not contain."""
    elements = 0
    while offset < len(data):
        codes = data[offset : offset + 8]
        offset += 8
        for code in codes:
            if code == _LAST_CODE:
                return divmod(elements, case_width)
            if code:
                elements += 1
                offset += 8 * (code == _ELEMENT_FOLLOWS)
        if offset > len(data):
            return elements // case_width, 1
    return divmod(elements, case_width)


def _end_of_dictionary(data: bytes, byte_order: str) -> tuple[int, int]:
    """The offset of the first case, and how many elements of 8 bytes each case has.

    Format: PSPP's developer's guide, appendix B.
    """

    def read_integer(offset: int) -> int:
        integer: int = struct.unpack_from(byte_order + "i", data, offset)[0]
        return integer

    offset, case_width = _HEADER_BYTES, 0
    while (kind := read_integer(offset)) != _END:
        if kind == _VARIABLE:
            case_width += 1
            has_label, missing_count = read_integer(offset + 8), abs(read_integer(offset + 12))
            offset += 32
            if has_label:
                offset += 4 + (read_integer(offset) + 3) // 4 * 4
            offset += 8 * missing_count
        elif kind == _VALUE_LABELS:
            count = read_integer(offset + 4)
            offset += 8
            for _ in range(count):
                offset += 8 + (data[offset + 8] + 1 + 7) // 8 * 8
        elif kind == _LABELLED:
            offset += 8 + 4 * read_integer(offset + 4)
        elif kind == _DOCUMENT:
            offset += 8 + 80 * read_integer(offset + 4)
        elif kind == _EXTENSION:
            offset += 16 + read_integer(offset + 8) * read_integer(offset + 12)
        else:
            raise struct.error("not a record")
    return offset + 8, case_width


def _read_portable(path: Path, name: str, layout: Layout) -> TextTable:
    """Read SPSS's portable format, which has no user-missing codes."""
    if layout.encoding is not None:
        raise ExportError(f"{plain(name)}: SPSS's portable format is read in one encoding; remove encoding of the export")
    return labelled_table(read_with(path, name, "SPSS portable", "read_por", None), "SPSS portable", str, spss_writer)


def _text_column(values: list[Any], write_number: Callable[[float], str]) -> pa.Array:
    """A column as text. Each distinct number is converted once: a column of answers has few."""
    if all(value is None or isinstance(value, str) for value in values):
        return pa.array(values, pa.string()).fill_null("")
    encoded = pa.array(values, pa.float64()).dictionary_encode()
    texts = pa.array([write_number(number) for number in encoded.dictionary.to_pylist()], pa.string())
    return pc.fill_null(texts.take(encoded.indices), "")


def _missing_code(limits: dict[str, Any], write_number: Callable[[float], str]) -> str:
    low, high = limits["lo"], limits["hi"]
    if low == high:
        return _code_text(low, write_number)
    low_text = "LO" if low <= -_NO_LIMIT else _code_text(low, write_number)
    return f"{low_text} thru {'HI' if high >= _NO_LIMIT else _code_text(high, write_number)}"


def _code_text(value: float | str, write_number: Callable[[float], str]) -> str:
    return value if isinstance(value, str) else write_number(float(value))
