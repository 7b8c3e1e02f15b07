"""Which of many texts occur more than once, found without a dictionary of all of them.

Belongs here: finding them. Does not belong here: what a repeated identifier means (row_rules.py, contract_result.py).
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports.identifiers import composed_identifiers

_PIECE_ROWS = 1 << 16
_SEED = 1


def repeated_texts(texts: pa.ChunkedArray) -> pa.Array:
    """The identifiers that occur more than once, as composed_identifiers gives them, in the order in which they first occur.

    Each text gets a hash of 64 bits: the sum of its bytes, each multiplied by a random number for its position. Equal texts
    have equal hashes, so only texts with equal hashes, nearly always the repeated ones, are compared as texts. This takes
    16 bytes a text, where counting the texts takes 200.
    """
    pieces = [piece for chunk in texts.chunks for piece in _pieces(chunk)]
    hashes = np.concatenate([_text_hashes(composed_identifiers(piece)) for piece in pieces] or [np.empty(0, np.uint64)])
    sorted_hashes = np.sort(hashes)
    repeated_hashes = np.unique(sorted_hashes[1:][sorted_hashes[1:] == sorted_hashes[:-1]])
    if not repeated_hashes.size:
        return pa.array([], pa.string())
    is_candidate = pa.array(np.isin(hashes, repeated_hashes))
    counts = pc.value_counts(composed_identifiers(texts.filter(is_candidate)))
    return pc.filter(counts.field("values"), pc.greater(counts.field("counts"), 1))


def _pieces(chunk: pa.Array) -> list[pa.Array]:
    return [chunk.slice(first, _PIECE_ROWS) for first in range(0, len(chunk), _PIECE_ROWS)]


def _text_hashes(texts: pa.Array) -> np.ndarray:
    """A hash for each text; 0 for "" and for null."""
    lengths = pc.fill_null(pc.binary_length(texts), 0).to_numpy().astype(np.int64)
    # The trimmed texts are a new array, so their bytes are contiguous from the first text on.
    begin, end = np.frombuffer(texts.buffers()[1], np.int32)[[texts.offset, texts.offset + len(texts)]]
    content = np.frombuffer(texts.buffers()[2] or b"", np.uint8)[begin:end]
    hashes = np.zeros(len(texts), np.uint64)
    is_filled = lengths > 0
    if not content.size:
        return hashes
    filled_lengths = lengths[is_filled]
    starts = np.concatenate(([0], np.cumsum(filled_lengths)[:-1]))
    weights = np.random.default_rng(_SEED).integers(1, 1 << 64, int(filled_lengths.max()), np.uint64)
    byte_position = np.arange(content.size) - np.repeat(starts, filled_lengths)
    weighted_bytes = (content.astype(np.uint64) + np.uint64(1)) * weights[byte_position]
    hashes[is_filled] = np.add.reduceat(weighted_bytes, starts)
    return hashes
