"""Where a selection ends, and how tools count characters: inferred, or asked about."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qdpx_project import INTERVIEWS, coded_selection, project, texts_of, zipped

from dagster_project.synthesis import SynthesisError, read_interviews

# "I like my team. 🙂\r\nThe team likes me." with the mark and line ends of Windows; what is coded, and how tools count it.
TEXT = "I like my team. 🙂\r\nThe team likes me."
AS_FILE = ("\ufeff" + TEXT).encode()


@pytest.mark.parametrize(
    ("origin", "first", "second"),
    [
        ("the standard: code points, the last character", (10, 13), (23, 26)),
        ("exclusive end, as QualCoder and NVivo", (10, 14), (23, 27)),
        ("UTF-16 units, the last character", (10, 13), (24, 27)),
        ("UTF-16 units, exclusive, a line end as one", (10, 14), (23, 27)),
        ("a line end as one, the last character", (10, 13), (22, 25)),
        ("the byte order mark counts, exclusive", (11, 15), (24, 28)),
    ],
)
def test_selections_are_found_however_a_tool_counts(origin: str, first: tuple[int, int], second: tuple[int, int]) -> None:
    selections = coded_selection(*first, "team") + coded_selection(*second, "team")
    source = f'<TextSource guid="d" name="Doc" plainTextPath="internal://d.txt">{selections}</TextSource>'
    file = read_interviews(zipped(project(source, origin=origin), d=AS_FILE), "x.qdpx", INTERVIEWS)
    assert [coding.text for coding in file.codings] == ["team", "team"]
    plain = TEXT.replace("\r\n", "\n")
    assert [plain[coding.start : coding.end] for coding in file.codings] == ["team", "team"]
    assert file.unusable == ()


def test_without_names_whole_words_tell_and_a_study_may_say() -> None:
    text = "We meet on Mondays and then we talk it over."
    inclusive = coded_selection(3, 6) + coded_selection(28, 30)  # "meet", " we" would be the exclusive reading's "mee", "we"
    source = '<TextSource guid="d" name="Doc"><PlainTextContent>' + text + "</PlainTextContent>{}</TextSource>"
    assert texts_of(project(source.format(coded_selection(3, 6) + coded_selection(11, 17))).encode()) == ["meet", "Mondays"]
    assert texts_of(project(source.format(coded_selection(3, 7) + coded_selection(11, 18))).encode()) == ["meet", "Mondays"]
    declaration = INTERVIEWS.model_copy(update={"end_position": "exclusive"})
    assert texts_of(project(source.format(inclusive)).encode(), declaration) == ["mee", "we"]


LINES = st.lists(st.text("aI é1-.\"'(•", max_size=6).map(lambda line: line + "\n"), min_size=2, max_size=8)


@settings(max_examples=200, deadline=None)
@given(LINES, st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=6), st.booleans())
def test_selections_of_whole_lines_have_no_character_of_the_next(
    lines: list[str], runs: list[tuple[int, int]], has_line_break: bool
) -> None:
    """A tool that codes line by line ends a selection after the line break: 145 of 158 got the next line's first letter."""
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
    selections, expected = "", []
    for run in runs:
        first, last = sorted(number % len(lines) for number in run)
        if not (text := "".join(lines[first : last + 1])).strip():
            continue
        # The end is the one after the line break, or that of the line break itself.
        selections += coded_selection(starts[first], starts[last + 1] - (not has_line_break))
        expected.append(text.strip())
    source = f'<TextSource guid="d" name="D"><PlainTextContent>{"".join(lines)}</PlainTextContent>{selections}</TextSource>'
    assert texts_of(project(source).encode()) == expected


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\u2028"])
def test_lines_are_whole_whatever_ends_them_and_whatever_begins_the_next(line_break: str) -> None:
    lines = [
        f"{text}{line_break}"
        for text in ("I was tired in spring.", "- Then it got better", '"Why" is hard', "I know", "(x)")
    ]
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
    selections = "".join(coded_selection(start, end) for start, end in pairwise(starts))
    source = f'<TextSource guid="d" name="D" plainTextPath="internal://d.txt">{selections}</TextSource>'
    assert texts_of(zipped(project(source), d="".join(lines).encode())) == [line.strip() for line in lines]


@pytest.mark.parametrize(
    ("text", "spans", "expected"),
    [
        # Whole lines, line break and all, beside words: the end is the last character.
        ("I met my team.\nIt was good.\nWe talked on.\nYes.\n", [(0, 14), (15, 27), (28, 41), (2, 4)], ["I met my team.", "It was good.", "We talked on.", "met"]),
        # The same read the other way: three words cut are worse than as many line breaks.
        ("I met my team.\nIt was good.\nWe talked on.\nYes.\n", [(0, 15), (15, 28), (2, 5), (9, 13)], ["I met my team.", "It was good.", "met", "team"]),
        # Sentences keep the mark that closes them.
        ("I met my team. It was good. Yes.", [(0, 13), (15, 26)], ["I met my team.", "It was good."]),
    ],
)  # fmt: skip
def test_a_cut_word_says_more_than_a_line_break(text: str, spans: list[tuple[int, int]], expected: list[str]) -> None:
    selections = "".join(coded_selection(*span) for span in spans)
    source = f'<TextSource guid="d" name="D"><PlainTextContent>{text}</PlainTextContent>{selections}</TextSource>'
    assert texts_of(project(source).encode()) == expected


@pytest.mark.parametrize(
    ("text", "spans", "message"),
    [
        ("Rightly so", [(0, 3)], "x.qdpx: selection s0 (0 to 3) of Doc: "),
        ("我们谈了很多事情", [(0, 2), (3, 5)], "x.qdpx: selection s0 (0 to 2) of Doc: "),
        ("It is so. Rightly so", [(0, 1), (10, 13)], None),
    ],
)
def test_an_end_that_can_be_read_two_ways_is_asked_about(
    text: str, spans: list[tuple[int, int]], message: str | None
) -> None:
    selections = "".join(coded_selection(*span) for span in spans)
    source = f'<TextSource guid="d" name="Doc"><PlainTextContent>{text}</PlainTextContent>{selections}</TextSource>'
    data = project(source).encode()
    for end_position, added in (("inclusive", 1), ("exclusive", 0)):
        declaration = INTERVIEWS.model_copy(update={"end_position": end_position})
        assert texts_of(data, declaration) == [text[start : end + added] for start, end in spans]
    if message is None:
        assert texts_of(data) == ["It", "Righ"]
        return
    with pytest.raises(SynthesisError) as refusal:
        texts_of(data)
    assert str(refusal.value) == message + (
        "endPosition could be the last character or the one after it; say end_position: inclusive or exclusive for this file"
        " in propositions.yaml"
    )
