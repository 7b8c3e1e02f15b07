"""How long a sheet took: which cells are a length of time, and what is said of those that are none before a run."""

from pathlib import Path

import pytest
from meaning_study import made_people, write_study

from dagster_project.exports import contract_of_file, is_duration, rejected_durations
from dagster_project.study import read_study


@pytest.mark.parametrize(
    ("unit", "mark", "lengths", "others"),
    [
        # The same cells as in the unit test of stg_answers.
        ("seconds", ".", ["125.5", "0"], ["-5", "long", "0:02:00", "1_0", "1,5", "nan", "inf", "1e3"]),
        ("milliseconds", ".", ["1500"], ["-1"]),
        ("minutes", ",", ["1,5", "2"], ["1.5"]),
        ("clock", ".", ["1:02:03.5", "0:00:09"], ["02:03", "90", "0:75:00", "-0:01:00"]),
    ],
)
def test_a_length_of_time_is_what_its_unit_writes(unit: str, mark: str, lengths: list[str], others: list[str]) -> None:
    assert [text for text in (*lengths, *others) if is_duration(text, unit, mark)] == lengths


@pytest.mark.parametrize(
    ("wave", "message"),
    [
        (
            "T1",
            "2 of the 55 values of interviewtime would be rejected, no length of time in seconds, 0 or more: '-31', 'n/a'; correct"
            " the cells, or unit under duration of the export",
        ),
        (
            "T2",
            "1 of the {} values of Time taken would be rejected, no length of time written hours:minutes:seconds: '0:61:00';"
            " correct the cells, or unit under duration of the export",
        ),
        ("T3", None),
    ],
)
def test_cells_that_a_run_would_reject_are_named_before_it(tmp_path: Path, wave: str, message: str | None) -> None:
    people = made_people()
    study = read_study(write_study(tmp_path / "study", people))
    (export,) = (export for export in study.protocol.exports if export.wave == wave)
    file = study.folder / f"raw/{wave}/{wave.lower()}.csv"
    filled = sum(bool(person.time_text(wave)) for person in people if wave in person.answers)
    line = rejected_durations(contract_of_file(file, file.name, study, export), export)
    assert line == (None if message is None else message.format(filled))
