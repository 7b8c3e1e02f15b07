"""Pseudonyms: what a person is called beyond the raw tables.

Belongs here: an identifier and a key to a pseudonym, for one person and for many. Does not belong here: where the key is
kept, which identifier is meant where an export writes it otherwise (the protocol's respondents).
"""

import hashlib
import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_BLOCK_BYTES = 64
_DIGEST_BYTES = 8
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


def pseudonym(respondent: str, key: bytes) -> str:
    """A person's name in the marts: a keyed hash (HMAC-SHA256, 64 bits) of the export's identifier, as written there.

    Only what nobody can see makes no difference: the two ways of encoding an accented letter.
    """
    return str(pseudonyms(pa.array([respondent], pa.string()), key)[0])


def pseudonyms(respondents: pa.Array, key: bytes) -> pa.Array:
    """The pseudonym of each of many identifiers (string, no nulls).

    HMAC begins every message with the same block of its key, and every digest with another: both are hashed once here, and
    the state copied for each person, which takes half the time of a call of `hmac` a person (RFC 2104, section 4).
    """
    if not pc.all(pc.string_is_ascii(respondents), min_count=0).as_py():
        composed = [unicodedata.normalize("NFC", respondent) for respondent in respondents.to_pylist()]
        respondents = pa.array(composed, pa.string())
    if len(key) > _BLOCK_BYTES:
        key = hashlib.sha256(key).digest()
    padded = key.ljust(_BLOCK_BYTES, b"\0")
    copy_inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded)).copy
    copy_outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded)).copy
    digests = []
    for message in respondents.cast(pa.binary()).to_pylist():
        inner = copy_inner()
        inner.update(message)
        outer = copy_outer()
        outer.update(inner.digest())
        digests.append(outer.digest()[:_DIGEST_BYTES])
    digits = np.frombuffer(b"".join(digests), np.uint8).reshape(-1, _DIGEST_BYTES)
    names = np.empty((len(digests), 1 + 2 * _DIGEST_BYTES), np.uint8)
    names[:, 0] = ord("P")
    names[:, 1::2], names[:, 2::2] = _HEX[digits >> 4], _HEX[digits & 15]
    offsets = np.arange(len(digests) + 1, dtype=np.int32) * names.shape[1]
    return pa.StringArray.from_buffers(len(digests), pa.py_buffer(offsets), pa.py_buffer(names.tobytes()))
