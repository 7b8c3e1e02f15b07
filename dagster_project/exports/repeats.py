"""Which of many texts occur more than once, without a dictionary of all of them.

Belongs here: finding them. Does not belong here: what a repeated identifier means (contract.py).
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_ROWS = 1 << 16
_SEED = 1


def repeated_texts(texts: pa.ChunkedArray) -> pa.Array:
    """The texts that occur more than once, without the blanks around them, in the order in which they first occur.

    Each text is made a number of 64 bits, the sum of its bytes times a random number for each place. Equal texts have equal
    numbers, so only texts whose numbers are equal, hardly ever others than the repeated ones, are compared as texts: 16
    bytes a text, where counting them takes 200.
    """
    pieces = [piece for chunk in texts.chunks for piece in _pieces(chunk)]
    numbers = np.concatenate([_numbers(pc.utf8_trim_whitespace(piece)) for piece in pieces] or [np.empty(0, np.uint64)])
    in_order = np.sort(numbers)
    shared = np.unique(in_order[1:][in_order[1:] == in_order[:-1]])
    if not shared.size:
        return pa.array([], pa.string())
    is_candidate = pa.array(np.isin(numbers, shared))
    counts = pc.value_counts(pc.utf8_trim_whitespace(texts.filter(is_candidate)))
    return pc.filter(counts.field("values"), pc.greater(counts.field("counts"), 1))


def _pieces(chunk: pa.Array) -> list[pa.Array]:
    return [chunk.slice(first, _ROWS) for first in range(0, len(chunk), _ROWS)]


def _numbers(texts: pa.Array) -> np.ndarray:
    """A number for each text; 0 for "" and for null."""
    lengths = pc.fill_null(pc.binary_length(texts), 0).to_numpy().astype(np.int64)
    # The trimmed texts are new, so that their bytes stand one after another from the first text on.
    first, last = np.frombuffer(texts.buffers()[1], np.int32)[[texts.offset, texts.offset + len(texts)]]
    content = np.frombuffer(texts.buffers()[2] or b"", np.uint8)[first:last]
    numbers = np.zeros(len(texts), np.uint64)
    is_filled = lengths > 0
    if not content.size:
        return numbers
    sizes = lengths[is_filled]
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    weights = np.random.default_rng(_SEED).integers(1, 1 << 64, int(sizes.max()), np.uint64)
    place = np.arange(content.size) - np.repeat(starts, sizes)
    weighed = (content.astype(np.uint64) + np.uint64(1)) * weights[place]
    numbers[is_filled] = np.add.reduceat(weighed, starts)
    return numbers
