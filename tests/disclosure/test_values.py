"""A mean for itself: how it is printed, and when it is hidden."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from disclosure.made_people import SCALES, WAVES, Person, made_patterns, made_people, made_results, made_study

from dagster_project.disclosure import Ledger, PublicResults, public_results

KEY = b"a key for tests"


def with_ages(ages: Sequence[float]) -> list[Person]:
    return [replace(person, arm="control", age=age) for person, age in zip(made_people(len(ages), 2), ages, strict=True)]


def public_from(folder: Path, people: Sequence[Person], overlapping: Sequence[str] = ()) -> PublicResults:
    study = made_study(folder, "{keeps: levels}")
    return public_results(study, made_results(study, people), made_patterns(people), overlapping, KEY, Ledger(1), "r")


def texts(public: PublicResults, *identifiers: str) -> list[tuple[str, str | None]]:
    return [(public.rows[identifier].printed, public.rows[identifier].note) for identifier in identifiers]


AGE = ("characteristics/age/mean", "characteristics/age/sd")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ages", "printed", "rule"),
    [
        ([20.0, 30.0, 43.0] * 40, ["31.0", "9.5"], None),
        ([20.0, 30.0, 43.0] * 400, ["31.00", "9.42"], None),
        ([20.0, 30.0, 43.0] * 3, ["*", "*"], "fewer"),
        ([0.0] * 39 + [500.0], ["*", "*"], "dominance"),
        ([30.0] * 40, ["*", "*"], "few_values"),
        ([30.0] * 39 + [33.0], ["*", "*"], "even"),  # three years more than nobody has
        ([0.0] * 30 + [1.0, 1.0, 2.0, 3.0], ["*", "*"], "even"),  # of four people
        ([0.0, 1.0] * 40, ["*", "*"], "few_values"),
        ([0.0, 1.0, 2.0] * 40, ["*", "*"], "few_values"),
    ],
)
def test_a_mean_of_the_roster(ages: list[float], printed: list[str], rule: str | None, tmp_path: Path) -> None:
    public = public_from(tmp_path, with_ages(ages))
    assert [text for text, _ in texts(public, *AGE)] == printed
    assert public.decisions["characteristics/age/n"].rule == rule


def test_the_public_is_not_told_that_one_person_dominates(tmp_path: Path) -> None:
    public = public_from(tmp_path, with_ages([0.0] * 39 + [500.0]))
    assert texts(public, *AGE) == [("*", "hidden: it would tell too much of single people")] * 2


def test_scales_of_the_same_items_and_other_people_have_no_mean(tmp_path: Path) -> None:
    people = [replace(person, arm="control") for person in made_people(200, 4)]
    public = public_from(tmp_path, people, ["sleep"])
    assert public.rows["summary/sleep/T1/mean"].printed == "*"
    assert public.rows["summary/sleep/T1/n"].printed == "190"
    assert public.rows["summary/low_mood/T1/mean"].printed != "*"
    assert public.rows["summary/sleep/T1/mean"].note == (
        "hidden: another scale has some of the same items, and not quite the same people"
    )


@pytest.mark.slow
def test_a_mean_without_its_patterns_stands_alone(tmp_path: Path) -> None:
    """Where nobody says who has scores in which waves, one mean of a measure is public and no other."""
    people = made_people(200, 4)
    study = made_study(tmp_path)
    public = public_results(study, made_results(study, people), [], [], KEY, Ledger(1), "r")
    for scale in SCALES:
        names = [f"summary/{scale}/{wave}/n" for wave in WAVES]
        names += [name for name in public.decisions if f"/{scale}/" in name and name not in names]
        assert sum(public.decisions[name].printed_mean is not None for name in names) == 1
