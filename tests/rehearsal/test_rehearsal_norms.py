"""What `check` says of norms by strata: how many people of the roster are in one, of whom it is not known, whom none covers."""

from pathlib import Path

from norm_study import MadePerson, made_people, norms, write_study

from dagster_project.rehearsal.fit import check_study
from dagster_project.study import read_study


def _lines(folder: Path, people: list[MadePerson], text: str | None = None) -> list[tuple[str, str]]:
    study = read_study(write_study(folder / "norm_study", people, text))
    return [(finding.severity, finding.message) for finding in check_study(study) if finding.subject == "norms"]


def test_check_counts_people_by_stratum(tmp_path: Path) -> None:
    people = made_people()
    known = [person for person in people if person.sex in ("woman", "man", "another") and person.age]
    covered = [person for person in known if person.sex != "another" and float(person.age) >= 16]
    by_age, by_sex = _lines(tmp_path, people)
    assert by_age == (
        "info",
        f"norm sample survey: {len(covered)} of 80 people are in one of its 6 strata; of {80 - len(known)} sex or age is not"
        f" known; {len(known) - len(covered)} are covered by none (age as listed; it grows from wave to wave)",
    )
    assert by_sex[1].startswith(
        "norm sample sexes: 68 of 80 people are in one of its 2 strata; of 6 sex is not known; 6 are"
    )


def test_strata_of_nobody_are_named(tmp_path: Path) -> None:
    women = [MadePerson("P1", "woman", "30", {}), MadePerson("P2", "woman", "31,5", {})]
    text = norms().replace("number_at: {age: answered_on}", "number_at: {age: as_listed}")
    assert _lines(tmp_path, women[:1], text) == [
        ("info", "norm sample survey: 1 of 1 people are in one of its 6 strata"),
        ("info", "norm sample survey: nobody is in women_16_24, women_45, men_16_24, men_25_44, men_45"),
        ("info", "norm sample sexes: 1 of 1 people are in one of its 2 strata"),
        ("info", "norm sample sexes: nobody is in men"),
    ]
    others = [MadePerson("P3", "another", "30", {})]
    assert _lines(tmp_path / "others", others, text)[0] == (
        "warning", "norm sample survey: 0 of 1 people are in one of its 6 strata; 1 are covered by none",
    )  # fmt: skip
