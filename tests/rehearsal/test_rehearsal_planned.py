"""What `check` says of waves that are not planned for everybody; what it asks stands in tests/defs/test_planned_waves.py."""

from dataclasses import replace
from pathlib import Path

from planned_study import PROTOCOL, MadePerson, made_people, write_study

from dagster_project.rehearsal.fit import check_study
from dagster_project.study import read_study


def _lines(folder: Path, people: list[MadePerson], protocol: str = PROTOCOL) -> list[tuple[str, str]]:
    study = read_study(write_study(folder / "planned_study", people, protocol))
    findings = [(finding.severity, finding.message) for finding in check_study(study)]
    return [finding for finding in findings if "planned" in finding[1]]


def test_check_says_how_many_a_wave_is_planned_for(tmp_path: Path) -> None:
    assert _lines(tmp_path, made_people()) == [
        ("info", "T2, block sleep: 12 of 24 planned (sex: f)"),
        ("info", "T3: 12 of 24 planned (arm: intervention)"),
        ("info", "T3: 9 of the 12 for whom it is planned answered it"),
    ]


def test_a_wave_that_is_planned_for_nobody_is_warned_about(tmp_path: Path) -> None:
    people = [person for person in made_people() if person.arm == "Control"]
    assert ("warning", "T3: 0 of 12 planned (arm: intervention): nobody") in _lines(tmp_path, people)


def test_excluded_people_are_planned_for_nothing(tmp_path: Path) -> None:
    """P02 of the intervention arm is excluded; the date stands in the column of ages, which holds nothing else here."""
    protocol = PROTOCOL.replace("columns: {arm: Arm, sex: Sex, age: Age}", "columns: {arm: Arm, sex: Sex}, absent: [age]")
    protocol = protocol.replace("    blocks: [{block: part", "    leaving: {excluded_on: Age}\n    blocks: [{block: part", 1)
    people = [replace(person, age="2024-02-01" if person.code == "P02" else "") for person in made_people()]
    assert ("info", "T3: 11 of 23 planned (arm: intervention)") in _lines(tmp_path, people, protocol)


def test_a_first_wave_that_is_not_for_everybody_is_pointed_out(tmp_path: Path) -> None:
    protocol = PROTOCOL.replace(
        "label: before, month: 0", "label: before, month: 0, planned_for: {sex: f}, unplanned_answers: set_aside"
    )
    lines = _lines(tmp_path, made_people(), protocol)
    assert lines[0] == ("info", "T1: 12 of 24 planned (sex: f)")
    assert lines[1][1].startswith(
        "T1: 12 rows of others, whom it is not planned for, are set aside: t1.csv row 3, t1.csv row 4"
    )
    assert lines[1][1].endswith(" and 7 more")
    assert lines[3] == (
        "info",
        "T1 is the first wave and not for everybody: change from it, and comparisons of who left by their values at it, are of"
        " those it is planned for (12 of 24)",
    )
