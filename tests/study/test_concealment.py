"""Concealed groups: which group has which letter, what a protocol with letters keeps, and what is refused."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from group_study import write_group_study
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.study import (
    Category,
    Groups,
    Sensitivity,
    Study,
    StudyError,
    codebook_tables,
    identifying_facts,
    read_study,
)
from dagster_project.study.concealment import letters_of
from tests.refusal_lines import without_line

_DECLARED = "groups: {variable: arm, reference: waiting, design: randomised}"
_SEED = "concealed: true, concealment_seed: 48213377"


def _study(folder: Path, groups: str, waves: str = "") -> Study:
    """groups: what is said of them behind the design; waves: what is said of T4."""
    study = folder / "group_study"
    if not study.exists():
        write_group_study(study, people_per_arm=1)
    file = study / "study.yaml"
    original = folder / "original.yaml"
    if not original.exists():
        original.write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    text = original.read_text(encoding="utf-8")
    text = text.replace(
        _DECLARED, f"groups: {{variable: arm, reference: waiting, design: randomised, {groups}}}" if groups else _DECLARED
    )
    file.write_text(text.replace("month: 12}", f"month: 12{waves}}}"), encoding="utf-8")
    return read_study(study)


def test_a_concealed_study_has_letters_in_place_of_its_groups(tmp_path: Path) -> None:
    study = _study(tmp_path, _SEED)
    variable = next(entry for entry in study.protocol.participant_variables if entry.variable == "arm")
    assert [(category.category, category.label) for category in variable.categories] == [("A", "A"), ("B", "B"), ("C", "C")]
    # How exports spell them is kept, for reading them.
    assert {text for category in variable.categories for text in category.text} == {
        "Course",
        "Course and calls",
        "Waiting list",
    }
    assert [group.category for group in study.protocol.compared_groups] == ["A", "B", "C"]
    for name, table in codebook_tables(study).items():
        if name != "category_texts":
            words = str(table.to_pylist()).casefold()
            assert not [word for word in ("course", "calls", "waiting", "48213377") if word in words], name


def test_letters_follow_from_the_seed_and_not_from_the_order_or_the_reference(tmp_path: Path) -> None:
    categories = [Category(category=code, label=code) for code in ("course", "calls", "waiting")]

    def letters(seed: int, reference: str = "waiting", is_reversed: bool = False) -> dict[str, str]:
        groups = Groups(variable="arm", reference=reference, design="randomised", concealed=True, concealment_seed=seed)
        return letters_of(groups, categories[::-1] if is_reversed else categories)

    assert letters(48213377) == letters(48213377, "course") == letters(48213377, is_reversed=True)
    orders = {tuple(sorted(letters(seed).items())) for seed in range(100_000, 100_200)}
    assert len(orders) == 6
    references = [letters(seed)["waiting"] for seed in range(100_000, 103_000)]
    assert all(900 < references.count(letter) < 1100 for letter in "ABC")
    # A protocol says which group is which by its texts alone.
    study = _study(tmp_path, _SEED)
    variable = next(entry for entry in study.protocol.participant_variables if entry.variable == "arm")
    codes = {"Course": "course", "Course and calls": "calls", "Waiting list": "waiting"}
    assert {codes[category.text[0]]: category.category for category in variable.categories} == letters(48213377)


def test_the_plan_is_the_same_before_and_after_unblinding(tmp_path: Path) -> None:
    hashes = {_study(tmp_path, groups).protocol.plan_hash for groups in ("", _SEED, f"{_SEED}, unblinded: 2024-05-01")}
    assert len(hashes) == 1
    study = _study(tmp_path, f"{_SEED}, unblinded: 2024-05-01")
    assert [group.category for group in study.protocol.compared_groups] == ["waiting", "course", "calls"]
    assert not study.protocol.is_concealed
    other_plan = _study(tmp_path, f"{_SEED}, covariates: [age]").protocol.plan_hash
    assert other_plan not in hashes


def test_a_condition_on_a_concealed_group_has_letters_and_is_warned_about(tmp_path: Path) -> None:
    condition = ", planned_for: {arm: [course, calls]}, planned_if_unknown: not_planned, unplanned_answers: keep"
    study = _study(tmp_path, _SEED, condition)
    variable = next(entry for entry in study.protocol.participant_variables if entry.variable == "arm")
    expected = sorted(entry.category for entry in variable.categories if entry.text[0].startswith("Course"))
    assert study.protocol.conditions_of(study.protocol.waves[3]).in_words == f"arm: {' or '.join(expected)}"
    assert identifying_facts(study.protocol) == [
        "T4 is planned by arm, whose groups are concealed: whoever knows whom it is planned for can tell them apart by it"
    ]
    assert identifying_facts(_study(tmp_path, "", condition).protocol) == []
    assert identifying_facts(_study(tmp_path, _SEED).protocol) == []


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (
            "concealed: true",
            "groups: concealed: true needs concealment_seed, a whole number of six digits or more drawn by chance; the letters"
            " follow from it, and it is in no release, so give it to those alone who may know the groups",
        ),
        (
            "concealed: true, concealment_seed: 1",
            "groups: concealment_seed 1 can be guessed; draw one of six digits or more",
        ),
        (
            "concealment_seed: 48213377",
            "groups: concealment_seed says nothing without concealed: true; add it, or take concealment_seed out",
        ),
        ("unblinded: 2024-05-01", "groups: unblinded says nothing without concealed: true; add it, or take unblinded out"),
        (
            f"{_SEED}, unblinded: {date.today() + timedelta(days=2)}",
            f"groups: unblinded: {date.today() + timedelta(days=2)} is still to come; write it on the day, and take it out until"
            " then",
        ),
    ],
)
def test_what_cannot_be_concealed_is_refused(tmp_path: Path, groups: str, message: str) -> None:
    with pytest.raises(StudyError) as refusal:
        _study(tmp_path, groups)
    assert str(refusal.value).endswith(f"study.yaml: {message}")


def test_groups_that_people_belong_to_cannot_be_concealed(tmp_path: Path) -> None:
    _study(tmp_path, "")
    file = tmp_path / "original.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace(_DECLARED, _DECLARED.replace("randomised", f"natural, {_SEED}")),
        encoding="utf-8",
    )
    with pytest.raises(StudyError) as refusal:
        _study(tmp_path, "")
    assert str(refusal.value).endswith(
        "groups: concealed is for arms of a trial; groups that people belong to are known to everybody, so take it out"
    )


@given(
    st.integers(100_000, 10**12),
    st.lists(st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True), min_size=2, max_size=26, unique=True),
)
def test_every_group_has_a_letter_of_its_own(seed: int, codes: list[str]) -> None:
    groups = Groups(variable="arm", reference=codes[0], design="randomised", concealed=True, concealment_seed=seed)
    letters = letters_of(groups, [Category(category=code, label=code) for code in codes])
    assert sorted(letters.values()) == [chr(ord("A") + order) for order in range(len(codes))]
    assert set(letters) == set(codes)


def test_what_needs_the_reference_waits_until_groups_are_unblinded(tmp_path: Path) -> None:
    departures = "sensitivity: {reference_based: [jump_to_reference], deltas: [1], delta_unit: points, tipping_point: true}"
    concealed = _study(tmp_path, f"{_SEED}, {departures}").protocol
    assert concealed.sensitivity == Sensitivity()
    unblinded = _study(tmp_path, f"{_SEED}, unblinded: 2024-05-01, {departures}").protocol
    assert unblinded.sensitivity is not None
    assert unblinded.sensitivity.reference_based == ("jump_to_reference",)
    assert concealed.plan_hash == unblinded.plan_hash
    # Shifting everybody's scores needs no reference.
    of_all = _study(tmp_path, f"{_SEED}, sensitivity: {{deltas: [1], delta_unit: points, delta_groups: all}}").protocol
    assert of_all.sensitivity is not None
    assert of_all.sensitivity.deltas == (1.0,)


def test_a_variant_of_concealed_groups_has_letters_and_is_warned_about(tmp_path: Path) -> None:
    _study(tmp_path, "")
    file = tmp_path / "original.yaml"
    variant = "{variant: two, people: {variable: arm, only: [course, waiting], if_unknown: leave_out}}"
    file.write_text(f"{file.read_text(encoding='utf-8')}variants: [{variant}]\n", encoding="utf-8")
    protocol = _study(tmp_path, _SEED).protocol
    variable = next(entry for entry in protocol.participant_variables if entry.variable == "arm")
    letters = sorted(entry.category for entry in variable.categories if entry.text[0] in ("Course", "Waiting list"))
    assert [rule.only for rule in protocol.variants[0].people] == [tuple(letters)]
    by_arm = (
        "variant two keeps people by arm, whose groups are concealed: whoever knows whom it keeps can tell them apart by it"
    )
    assert identifying_facts(protocol) == [by_arm]
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("variant: two,", "variant: two, title: The waiting list left out,"), encoding="utf-8")
    assert identifying_facts(_study(tmp_path, _SEED).protocol) == [
        by_arm,
        "variant two: its name has 'list', a word of a concealed group, and is printed as it is",
    ]


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (
            "sensitivity: {deltas: [1]}",
            "groups.sensitivity: deltas need a unit; add delta_unit: points, or delta_unit: baseline_sd",
        ),
        (
            "repeated_measures: {df: t}",
            "groups.repeated_measures.df: 't': input should be 'kenward_roger' or 'satterthwaite'",
        ),
        ("colour: red", "groups.colour: there is no such key; remove it or correct its spelling"),
    ],
)
def test_what_is_wrong_under_groups_is_said_of_its_key(tmp_path: Path, groups: str, message: str) -> None:
    """Groups are keys, or the word none: of the two, what is wrong with the keys, and nothing of the word."""
    with pytest.raises(StudyError) as error:
        _study(tmp_path, groups)
    assert without_line(error.value).startswith(f"{tmp_path / 'group_study' / 'study.yaml'}: {message}")
    assert "more)" not in str(error.value)
