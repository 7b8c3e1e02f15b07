"""Values of typed formats as text: numbers, dates and times, the same from every format; cells in the form in which texts
are compared.

Belongs here: converting one value, or a column of text. Does not belong here: how a format stores values (SPSS counts
seconds), what a text stands for (answers.py).
"""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa

from dagster_project.study import comparable


def number_text(number: float) -> str:
    """A whole number without a fraction, any other number with the fewest digits that give the same number back."""
    return str(int(number)) if float(number).is_integer() else _without_exponent(repr(float(number)))


def single_number_text(number: float) -> str:
    """As `number_text`, of a number that a file keeps in 32 bits: 7.1, where its 64 bits spell 7.099999904632568."""
    return str(int(number)) if float(number).is_integer() else _without_exponent(str(np.float32(number)))


def _without_exponent(text: str) -> str:
    return f"{Decimal(text):f}" if "e" in text else text


def value_text(value: object) -> str:
    """Any value of a workbook or a statistics file. None is "", dates are ISO 8601, a date at midnight has no time."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return "" if value != value else number_text(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return duration_text(value.total_seconds())
    return str(value)


def duration_text(seconds: float) -> str:
    """Hours (may exceed 24), minutes and seconds, with as many decimals of a second as needed."""
    whole_seconds, microseconds = divmod(round(abs(seconds) * 1_000_000), 1_000_000)
    text = f"{whole_seconds // 3600:02d}:{whole_seconds // 60 % 60:02d}:{whole_seconds % 60:02d}"
    sign = "-" if seconds < 0 else ""
    return sign + text + (f".{microseconds:06d}".rstrip("0") if microseconds else "")


def comparable_cells(cells: pa.ChunkedArray) -> pa.Array:
    """The cells in the form in which texts are compared, each different one once: a column of marks has few."""
    encoded = one_chunk(cells).dictionary_encode()
    texts = pa.array([comparable(text) for text in encoded.dictionary.to_pylist()], pa.string())
    return texts.take(encoded.indices)


def one_chunk(cells: pa.Array | pa.ChunkedArray) -> pa.Array:
    return cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
