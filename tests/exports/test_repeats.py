"""Texts that occur more than once: the same as counting every one of them."""

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.exports import repeated_texts, repeats

_TEXTS = st.one_of(st.sampled_from(["", " ", "A", " A", "B\u00a0", "ab", "ba", "é", "x" * 300]), st.text(max_size=3))


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(_TEXTS, max_size=12), max_size=4), st.integers(1, 5))
def test_repeated_texts_are_those_that_counting_finds(chunks: list[list[str]], rows: int) -> None:
    expected = [text for text, count in Counter(text.strip() for chunk in chunks for text in chunk).items() if count > 1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeats, "_PIECE_ROWS", rows)
        texts = pa.chunked_array([pa.array(["", *chunk, "Z"]).slice(1, len(chunk)) for chunk in chunks], pa.string())
        assert repeated_texts(texts).to_pylist() == expected


def test_texts_whose_numbers_are_the_same_are_compared_as_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "_text_hashes", lambda texts: pa.array([1] * len(texts)).to_numpy())
    assert repeated_texts(pa.chunked_array([["A", "B", "C", "B "]])).to_pylist() == ["B"]
