"""Text that is as well kept as a small whole number, because it comes back to the letter.

Belongs here: which text that is, and the way there and back. Does not belong here: what an answer means (dbt staging).

A cell is plain if it is blank ("") or spells a whole number from -32768 to 32767 as a computer writes it: digits, a minus
before a negative one, no other sign, no zero in front, no blanks. "" is null; "5" is 5; "05", "+5", " 5", "-0", "5.0" are
text and stay text.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_KIND = pa.int16()
_NO_TEXT = pa.scalar(None, pa.string())


def as_whole(texts: pa.Array) -> pa.Array | None:
    """int16, null for blank; None if any of the texts is not plain."""
    filled = pc.if_else(pc.equal(texts, ""), _NO_TEXT, texts)
    try:
        numbers = pc.cast(filled, _KIND)
    except pa.ArrowInvalid:
        return None
    # The cast also takes " 5", "05" and "0x5"; only the plain spelling is what the number is written as.
    is_same = pc.equal(pc.cast(numbers, pa.string()), filled)
    return numbers if pc.all(is_same, min_count=0).as_py() else None


def as_text(numbers: pa.Array) -> pa.Array:
    """The texts that the numbers were made from."""
    return pc.fill_null(pc.cast(numbers, pa.string()), "")


def spelled_length(numbers: pa.Array) -> int:
    """How many characters all the texts have together that the numbers were made from."""
    filled: int = len(numbers) - numbers.null_count
    if not filled:
        return 0
    limits = pc.min_max(numbers)
    if limits["min"].as_py() >= 0 and limits["max"].as_py() <= 9:
        return filled
    values = pc.drop_null(numbers).to_numpy().astype(np.int32)
    sizes = np.abs(values)
    more = sum(int(np.count_nonzero(sizes >= limit)) for limit in (10, 100, 1_000, 10_000))
    return filled + more + int(np.count_nonzero(values < 0))
