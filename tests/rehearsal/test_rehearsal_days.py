"""What `check` says of days that are slips more often than answers: a century before, a year after, before the baseline."""

from pathlib import Path

import pytest
from measures_study import GROWTH, WINDOWS, write_measures_study

from dagster_project.rehearsal.fit import check_study
from dagster_project.study import far_off_days, read_study


def _lines(folder: Path, slips: dict[tuple[str, str], str], *changes: tuple[str, str]) -> list[tuple[str, str, str]]:
    """The findings on days of a study with these days, by wave and person."""
    study_folder = write_measures_study(folder / "measures_study", size=8)
    for wave in ("T1", "T2", "T3"):
        file = study_folder / "raw" / wave / f"{wave.lower()}.csv"
        rows = [line.split(",") for line in file.read_text(encoding="utf-8").splitlines()]
        for row in rows[1:]:
            row[1] = slips.get((wave, row[0]), f"{2024 if wave != 'T3' else 2025}-{'07' if wave == 'T2' else '01'}-10")
        file.write_text("".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    definitions = study_folder / "study.yaml"
    text = definitions.read_text(encoding="utf-8")
    for words, others in changes:
        assert words in text
        text = text.replace(words, others)
    definitions.write_text(text, encoding="utf-8")
    kinds = ("planned for", "dated before", "before the study starts")
    return [
        (finding.subject, finding.severity, finding.message)
        for finding in check_study(read_study(study_folder))
        if any(kind in finding.message for kind in kinds)
    ]


def test_days_as_planned_are_not_spoken_of(tmp_path: Path) -> None:
    assert _lines(tmp_path, {}) == []


@pytest.mark.parametrize("windows", [True, False])
def test_a_slip_of_a_year_is_named_with_file_row_both_days_and_cure(tmp_path: Path, windows: bool) -> None:
    changes = [] if windows else [(words, "") for words in WINDOWS]
    lines = _lines(tmp_path, {("T1", "P001"): "1924-01-10", ("T2", "P004"): "2025-07-10"}, *changes)
    cure = "; correct the date of one of both waves, or leave it, and it counts as it is"
    assert lines == [
        (
            "T2",
            "warning",
            "2 answers lie more than 180 days from the 183 that are planned for T2: t2.csv row 3 (2024-07-10, 36707 days after"
            f" T1 of 1924-01-10), t2.csv row 5 (2025-07-10, 547 days after T1 of 2024-01-10){cure}",
        ),
    ]


def test_days_before_the_baseline_and_before_the_study_are_named(tmp_path: Path) -> None:
    start = ("waves:\n", "starts_on: 2024-01-05\nwaves:\n")
    assert _lines(tmp_path, {("T1", "P002"): "2024-01-02", ("T2", "P004"): "2023-07-10"}, start) == [
        (
            "T1",
            "warning",
            "1 date lies before the study starts (2024-01-05): t1.csv row 4 (2024-01-02); correct the cells, or starts_on",
        ),
        (
            "T2",
            "warning",
            "1 answer is dated before the person's own answer to T1: t2.csv row 5 (2023-07-10, T1 2024-01-10); correct the date"
            " of one of both waves, or leave it, and the answer has no time",
        ),
    ]


def test_where_nothing_counts_in_days_nothing_is_said_of_them(tmp_path: Path) -> None:
    changes = [(words, "") for words in (*WINDOWS, GROWTH)]
    assert _lines(tmp_path, {("T1", "P001"): "1924-01-10"}, *changes) == []


def test_far_off_grows_with_the_time_that_is_planned() -> None:
    assert [far_off_days(months) for months in (0, 3, 11.8, 24, 60)] == [180, 180, 180, 365.25, 913.125]
