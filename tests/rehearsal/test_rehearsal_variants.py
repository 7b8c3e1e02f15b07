"""What `check` says of variants before a run: how many people a rule keeps, and the question that a run would ask."""

from dataclasses import replace
from pathlib import Path

from planned_study import VARIANT_PROTOCOL, made_people, write_study

from dagster_project.rehearsal.fit import check_study
from dagster_project.study import read_study


def _messages(folder: Path, protocol: str, sex_of_first: str) -> list[tuple[str, str]]:
    people = made_people()
    people[0] = replace(people[0], sex=sex_of_first)
    study = read_study(write_study(folder, people, protocol))
    return [(line.severity, line.message) for line in check_study(study) if line.message.startswith("variant")]


def test_how_many_people_a_variant_keeps_is_said_and_what_is_open_is_asked(tmp_path: Path) -> None:
    first = {"woman": 1, "man": 0}[made_people()[0].sex]
    assert _messages(tmp_path / "known/planned_study", VARIANT_PROTOCOL, made_people()[0].sex) == [
        ("info", "variant women: 12 of 24 people (Sex: only Women)"),
        ("info", "variant older_women: 12 of 24 people (Sex: without Men)"),
    ]
    question = "sex is not known of 1 person; say if_unknown: keep or leave_out under its people, or correct the roster"
    assert _messages(tmp_path / "open/planned_study", VARIANT_PROTOCOL, "") == [
        ("error", f"variant women: {question}"),
        ("error", f"variant older_women: {question}"),
    ]
    decided = VARIANT_PROTOCOL.replace("only: [f]", "only: [f], if_unknown: keep").replace(
        "without: [m]", "without: [m], if_unknown: leave_out"
    )
    assert _messages(tmp_path / "decided/planned_study", decided, "") == [
        ("info", f"variant women: {13 - first} of 24 people (Sex: only Women, or not known)"),
        (
            "info",
            f"variant older_women: {12 - first} of 24 people (Sex: without Men, nobody of whom it is not known)",
        ),
    ]
