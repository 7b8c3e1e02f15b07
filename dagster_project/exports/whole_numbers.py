"""Text that can be stored as a small whole number, because the number gives back exactly the same text.

Belongs here: which text that is, and the conversion in both directions. Does not belong here: what an answer means (dbt
staging).

A cell is plain if it is blank ("") or spells a whole number from -32768 to 32767 in the usual way: digits, a minus before a
negative number, no plus sign, no leading zero, no blanks. "" becomes null; "5" becomes 5; "05", "+5", " 5", "-0" and "5.0"
stay text.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_INT16 = pa.int16()
_NULL_TEXT = pa.scalar(None, pa.string())


def as_int16(texts: pa.Array) -> pa.Array | None:
    """int16, null for blank; None if any of the texts is not plain."""
    texts_or_null = pc.if_else(pc.equal(texts, ""), _NULL_TEXT, texts)
    try:
        numbers = pc.cast(texts_or_null, _INT16)
    except pa.ArrowInvalid:
        return None
    # The cast also accepts " 5", "05" and "0x5"; only the plain spelling is equal to the number written as text.
    is_plain = pc.equal(pc.cast(numbers, pa.string()), texts_or_null)
    return numbers if pc.all(is_plain, min_count=0).as_py() else None


def as_text(numbers: pa.Array) -> pa.Array:
    """The texts from which the numbers were made."""
    return pc.fill_null(pc.cast(numbers, pa.string()), "")


def total_text_length(numbers: pa.Array) -> int:
    """The total length, in characters, of the texts from which the numbers were made."""
    value_count: int = len(numbers) - numbers.null_count
    if not value_count:
        return 0
    limits = pc.min_max(numbers)
    if limits["min"].as_py() >= 0 and limits["max"].as_py() <= 9:
        return value_count
    filled_numbers = pc.drop_null(numbers).to_numpy().astype(np.int32)
    magnitudes = np.abs(filled_numbers)
    extra_digits = sum(int(np.count_nonzero(magnitudes >= limit)) for limit in (10, 100, 1_000, 10_000))
    return value_count + extra_digits + int(np.count_nonzero(filled_numbers < 0))
