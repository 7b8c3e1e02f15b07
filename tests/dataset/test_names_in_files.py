"""Names and labels that formats do not allow: each is changed to one that is allowed, and to no other's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.dataset.labels import shortened_label, utf8_bytes
from dagster_project.dataset.names import ANY_NAMES, R_NAMES, SPSS_NAMES, STATA_NAMES, NameRule, unique_names

_LONG = "a_scale_with_a_name_of_more_than_32_letters"


@pytest.mark.parametrize(
    ("stems", "rule", "names"),
    [
        (["wave", "mood_total", "age"], STATA_NAMES, ["wave", "mood_total", "age"]),
        (["with", "double", "str7", "by"], STATA_NAMES, ["with_2", "double_2", "str7_2", "by"]),
        (["with", "double", "str7", "by"], SPSS_NAMES, ["with_2", "double", "str7", "by_2"]),
        (["if", "na", "next"], R_NAMES, ["if_2", "na", "next_2"]),
        (["if", "IF", "wave"], ANY_NAMES, ["if", "IF_2", "wave"]),
        ([f"{_LONG}_01", f"{_LONG}_02", _LONG[:32]], STATA_NAMES, [f"{_LONG[:30]}_2", f"{_LONG[:30]}_3", _LONG[:32]]),
    ],
)
def test_a_name_that_is_not_allowed_is_changed_and_takes_nobody_elses(
    stems: list[str], rule: NameRule, names: list[str]
) -> None:
    assert unique_names([(stem, "") for stem in stems], rule) == [name.rstrip("_") for name in names]


def test_a_shortened_name_keeps_its_wave() -> None:
    assert unique_names([(_LONG, "_T1"), (_LONG, "_T2"), ("by", "_T1")], STATA_NAMES) == [
        "a_scale_with_a_name_of_more_t_T1",
        "a_scale_with_a_name_of_more_t_T2",
        "by_T1",
    ]


@pytest.mark.slow
@given(
    st.lists(
        st.tuples(st.from_regex(r"[a-z][a-z0-9_]{0,62}", fullmatch=True), st.sampled_from(["", "_T1", "_t1"])), max_size=30
    ),
    st.sampled_from([SPSS_NAMES, STATA_NAMES, R_NAMES]),
)
def test_all_names_are_allowed_and_each_is_there_once(stems: list[tuple[str, str]], rule: NameRule) -> None:
    names = unique_names(stems, rule)
    assert len({name.casefold() for name in names}) == len(names) == len(stems)
    for name, (stem, suffix) in zip(names, stems, strict=True):
        assert len(name) <= rule.longest and not rule.reserved.fullmatch(name) and name.endswith(suffix)
        assert name[0] == stem[0]


@given(st.text(max_size=200), st.integers(4, 120))
def test_a_label_loses_its_end_and_says_so(text: str, longest: int) -> None:
    label = shortened_label(text, longest, utf8_bytes)
    assert utf8_bytes(label) <= longest
    assert label == text or (label.endswith("…") and text.startswith(label.removesuffix("…")))
