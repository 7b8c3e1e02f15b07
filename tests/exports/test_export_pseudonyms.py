"""Pseudonyms: HMAC-SHA256 of every identifier, whatever it holds, one or many."""

import hashlib
import hmac
import unicodedata

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.exports import pseudonym, pseudonyms

_TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
    st.sampled_from(["", "PW-é", "PW-e\u0301", "😀👩‍👩‍👧", "x" * 5000, "\x00", "Å", "Å", "A\u030a"]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_TEXTS, max_size=20), st.binary(max_size=150))
def test_many_at_once_are_what_hmac_says_of_each(respondents: list[str], key: bytes) -> None:
    expected = [
        "P" + hmac.new(key, unicodedata.normalize("NFC", text).encode(), hashlib.sha256).hexdigest()[:16]
        for text in respondents
    ]
    assert pseudonyms(pa.array(respondents, pa.string()), key).to_pylist() == expected
    assert [pseudonym(text, key) for text in respondents] == expected
    repeated_respondents = pa.array([*respondents, *respondents], pa.string()).slice(len(respondents))
    assert pseudonyms(repeated_respondents, key).to_pylist() == expected
