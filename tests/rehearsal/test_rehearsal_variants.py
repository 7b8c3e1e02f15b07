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
    is_older = [int(person.age) >= 30 for person in made_people()]
    n_older_women = sum(person.sex == "woman" and older for person, older in zip(made_people(), is_older, strict=True))
    assert 0 < n_older_women < min(12, sum(is_older))
    assert _messages(tmp_path / "known/planned_study", VARIANT_PROTOCOL, made_people()[0].sex) == [
        ("info", "variant women: 12 of 24 people (Sex: only Women)"),
        ("info", f"variant older_women: {sum(is_older)} of 24 people (Age: 30 or more, or not known)"),
        ("info", "variant older_women: 12 of 24 people (Sex: without Men)"),
        ("info", f"variant older_women: {n_older_women} of 24 people (all of its rules)"),
        ("warning", "variant nobody: 0 of 24 people (Age: 100 or more): nobody"),
    ]
    question = "sex is not known of 1 person; say if_unknown: keep or leave_out under its people, or correct the roster"
    assert _messages(tmp_path / "open/planned_study", VARIANT_PROTOCOL, "") == [
        ("error", f"variant women: {question}"),
        ("info", f"variant older_women: {sum(is_older)} of 24 people (Age: 30 or more, or not known)"),
        ("error", f"variant older_women: {question}"),
        ("warning", "variant nobody: 0 of 24 people (Age: 100 or more): nobody"),
    ]
    decided = VARIANT_PROTOCOL.replace("only: [f]", "only: [f], if_unknown: keep").replace(
        "without: [m]", "without: [m], if_unknown: leave_out"
    )
    assert _messages(tmp_path / "decided/planned_study", decided, "") == [
        ("info", f"variant women: {13 - first} of 24 people (Sex: only Women, or not known)"),
        ("info", f"variant older_women: {sum(is_older)} of 24 people (Age: 30 or more, or not known)"),
        (
            "info",
            f"variant older_women: {12 - first} of 24 people (Sex: without Men, nobody of whom it is not known)",
        ),
        ("info", f"variant older_women: {n_older_women - first * is_older[0]} of 24 people (all of its rules)"),
        ("warning", "variant nobody: 0 of 24 people (Age: 100 or more): nobody"),
    ]


def test_limits_of_numbers_are_counted_as_a_run_reads_them(tmp_path: Path) -> None:
    """Limits belong to both sides; a special code, a text and a blank are no numbers; a decimal comma is read as declared."""
    cells = ["30", "29.9", "44,5", "45", "46", "?", "old", ""]
    people = [replace(person, age=cells[number % 8]) for number, person in enumerate(made_people())]
    protocol = VARIANT_PROTOCOL[: VARIANT_PROTOCOL.index("variants:")] + (
        "variants: [{variant: middle, people: {variable: age, minimum: 30, maximum: 45%s}}]\n"
        + VARIANT_PROTOCOL[VARIANT_PROTOCOL.index("participant_variables:") :]
    )
    protocol = protocol.replace('codes: {"9": refused}}', 'codes: {"9": refused}}, {blocks: [age], codes: {"?": blank}}')

    def messages(name: str, rule: str) -> list[str]:
        study = read_study(write_study(tmp_path / name, people, protocol % rule))
        return [line.message for line in check_study(study) if line.message.startswith("variant")]

    assert messages("open/planned_study", "") == [
        "variant middle: age is not known of 12 people; say if_unknown: keep or leave_out under its people, or correct the"
        " roster"
    ]
    # 44,5 is no number where decimals are points.
    assert messages("out/planned_study", ", if_unknown: leave_out") == [
        "variant middle: 6 of 24 people (Age: 30 or more and 45 or less, nobody of whom it is not known)"
    ]
    assert messages("kept/planned_study", ", if_unknown: keep") == [
        "variant middle: 18 of 24 people (Age: 30 or more and 45 or less, or not known)"
    ]
