"""People: several rows of one, identifiers that look alike, people who left. Nothing is merged silently, nobody is lost."""

from collections.abc import Callable
from typing import Any

import pytest

from dagster_project.exports import pseudonym

StudyCopy = tuple[Any, Callable[[], Any]]


def _protocol(workspace: Any, old: str, new: str) -> None:
    file = workspace.study_folder / "study.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def _append(workspace: Any, row: str) -> None:
    with (workspace.study_folder / "raw/T1/t1.csv").open("a", encoding="utf-8") as file:
        file.write(row + "\n")


@pytest.mark.parametrize(
    ("rule", "kept"),
    [("first", ["4"]), ("latest_complete", ["1"])],
)
def test_several_rows_of_a_person_are_resolved_by_the_declared_rule(
    small_copy: StudyCopy, rule: str, kept: list[str]
) -> None:
    workspace, rerun = small_copy
    _append(workspace, "A ,05/02/2020,1,1,1,1,1,1,1,No")  # as complete as row 2, and later
    _append(workspace, "A,06/02/2020,2,2,2,,,,,")
    _protocol(
        workspace, "    answered_on: Date\n", f'    answered_on: Date\n    duplicates: {rule}\n    respondents: {{"A": A}}\n'
    )
    run = rerun()
    assert run.success, (run.failures, run.checks)
    rows = workspace.working("select respondent, mood_01 from raw.answers where wave = 'T1' and trim(respondent) = 'A'")
    assert [row["mood_01"] for row in rows] == kept
    set_aside_rows = workspace.working(
        "select source_row, reason, detail from raw.set_aside_rows where export = 't1' order by source_row"
    )
    row = {"first": 2, "latest_complete": 5}[rule]
    assert [row["reason"] for row in set_aside_rows] == ["duplicate"] * 2
    assert {row["detail"] for row in set_aside_rows} == {f"participant A: row {row} is kept ({rule})"}
    record = workspace.working("select rows_in_file, rows_accepted, rows_set_aside from raw.exports where export = 't1'")[0]
    assert tuple(record.values()) == (5, 3, 2)


def test_an_identifier_that_looks_alike_is_asked_about_and_taken_when_a_person_says_so(small_copy: StudyCopy) -> None:
    workspace, rerun = small_copy
    old_values = workspace.values()
    file = workspace.study_folder / "raw/T1/t1.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("\nB,", "\n b,"), encoding="utf-8")
    run = rerun()
    assert not run.success
    stranger, person = (pseudonym(name, workspace.settings.key()) for name in (" b", "B"))
    passed, message = run.checks["raw/answers", "people_on_roster"]
    assert (passed, message) == (
        False,
        f"not on the roster: T1 row 3: {stranger} (did you mean {person}?); correct the identifier, add the person, or say who"
        " is meant under respondents of the export",
    )
    _protocol(workspace, "    answered_on: Date\n", "    answered_on: Date\n    respondents: {b: B}\n")
    assert rerun().success
    assert workspace.values() == old_values


def test_people_who_left_are_counted_where_they_left(small_copy: StudyCopy) -> None:
    """C withdrew after T1; D, who returned T2, was excluded."""
    workspace, rerun = small_copy
    roster = workspace.study_folder / "raw/roster/roster.csv"
    lines = roster.read_text(encoding="utf-8").split()
    departures = ["Left;Why;Out;Why out", ";;;", ";;;", "31.03.2020;moved;;", ";;2020-05-01;no consent"]
    roster.write_text(
        "\n".join(f"{line};{departure}" for line, departure in zip(lines, departures, strict=True)) + "\n", encoding="utf-8"
    )
    leaving = "{withdrawn_on: Left, withdrawal_reason: Why, excluded_on: Out, exclusion_reason: Why out}"
    _protocol(
        workspace,
        "    respondent: Person\n    blocks:\n      - {block: participants",
        f"    respondent: Person\n    leaving: {leaving}\n    blocks:\n      - {{block: participants",
    )
    run = rerun()
    assert run.success, (run.failures, run.checks)
    ledger = {(row.pop("scale"), row.pop("wave")): row for row in workspace.released("select * from marts.score_ledger")}
    reason_counts = {key: {reason: count for reason, count in row.items() if count} for key, row in ledger.items()}
    assert reason_counts["mood_total", "T1"] == {"on_roster": 3, "n": 3}
    assert reason_counts["mood_total", "T2"] == {"on_roster": 3, "withdrawn": 1, "n": 2}
    people = workspace.released("select is_withdrawn, withdrawn_on::varchar as day from marts.participants")
    assert sorted(map(str, (tuple(row.values()) for row in people))) == sorted(
        map(str, [(False, None), (False, None), (True, "2020-03-31")])
    )
    assert workspace.released("select excluded_on::varchar as day from marts.exclusions") == [{"day": "2020-05-01"}]
    # Why somebody left is free text of the roster, and stays there.
    columns = workspace.released("select column_name from duckdb_columns() where schema_name in ('marts', 'results')")
    assert not {"withdrawal_reason", "exclusion_reason"} & {row["column_name"] for row in columns}
    values = workspace.values()
    assert values["characteristics/site/west/count"] == 0
    assert values["characteristics/site/west/n"] == 3
    assert values["summary/push/T2/n"] == 2


def test_only_the_roster_says_who_left(small_workspace: Any) -> None:
    from dagster_project.study import StudyError, read_study

    _protocol(
        workspace := small_workspace, "    answered_on: Date\n", "    answered_on: Date\n    leaving: {withdrawn_on: Date}\n"
    )
    with pytest.raises(StudyError, match=r"study\.yaml: export t1 declares leaving; only the roster can$"):
        read_study(workspace.study_folder)
