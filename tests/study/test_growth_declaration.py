"""What study.yaml may say of growth and of visit windows, and what is refused in one line."""

from pathlib import Path

import pytest
from measures_study import GROWTH, WINDOWS, without_scores, write_measures_study

from dagster_project.study import StudyError, codebook_tables, counts_days, read_study


def _file(folder: Path) -> Path:
    return write_measures_study(folder / "measures_study", size=2) / "study.yaml"


def _read(file: Path, *changes: tuple[str, str]) -> str:
    text = file.read_text(encoding="utf-8")
    for words, others in changes:
        assert words in text, words
        text = text.replace(words, others)
    file.write_text(text, encoding="utf-8")
    with pytest.raises(StudyError) as refusal:
        read_study(file.parent)
    return str(refusal.value).split("study.yaml: ", 1)[1]


def test_time_and_windows_stand_in_the_codebook(tmp_path: Path) -> None:
    study = read_study(_file(tmp_path).parent)
    tables = codebook_tables(study)
    assert tables["growth"].to_pylist() == [
        {
            "time": "answered_on",
            "unit": "months",
            "days_per_unit": 30.4375,
            "df": "satterthwaite",
            "covariate_effects": "level",
        }
    ]
    assert tables["visit_windows"].to_pylist() == [
        {"wave": "T2", "earliest_day": 150, "latest_day": 210}, {"wave": "T3", "earliest_day": 330, "latest_day": 400},
    ]  # fmt: skip
    assert counts_days(study.protocol)


def test_planned_time_needs_no_dates(tmp_path: Path) -> None:
    file = _file(tmp_path)
    text = (
        file.read_text(encoding="utf-8").replace("    answered_on: Day\n", "").replace("time: answered_on", "time: planned")
    )
    for words in WINDOWS:
        text = text.replace(words, "")
    file.write_text(text, encoding="utf-8")
    assert not counts_days(read_study(file.parent).protocol)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            [("    wave: T2\n    folder: raw/T2\n    reader: delimited\n    respondent: Person\n    answered_on: Day\n",
              "    wave: T2\n    folder: raw/T2\n    reader: delimited\n    respondent: Person\n")],
            "days_from_baseline needs the day on which people answered T2; declare answered_on, the column with that day, in its"
            " export, or take the key out",
        ),
        (
            [("    answered_on: Day\n", ""), (WINDOWS[0], ""), (WINDOWS[1], "")],
            "growth with time: answered_on needs the day on which people answered T1; declare answered_on, the column with that"
            " day, in its export, or take the key out",
        ),
        (
            [("label: start, month: 0}", "label: start, month: 0, days_from_baseline: {earliest: 0, latest: 3}}")],
            "wave T1 is the baseline, day 0 of everybody; take days_from_baseline out of it",
        ),
        ([("earliest: 150, latest: 210", "earliest: 211, latest: 210")], "earliest 211 is after latest 210; exchange them"),
        ([("unit: months", "unit: fortnights")], "'days', 'weeks', 'months' or 'years'"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, changes: list[tuple[str, str]], words: str) -> None:
    assert words in _read(_file(tmp_path), *changes)


def test_growth_of_nothing_is_refused(tmp_path: Path) -> None:
    file = _file(tmp_path)
    file.write_text(without_scores(file.read_text(encoding="utf-8")), encoding="utf-8")
    assert (
        _read(file, ("groups:", f"{GROWTH}groups:"))
        == "growth is of scores or numbers, and the study follows none; take growth out"
    )


def test_two_waves_have_no_growth(tmp_path: Path) -> None:
    file = _file(tmp_path)
    text = file.read_text(encoding="utf-8")
    third = text[text.index("  - export: t3") :]
    for words in (
        third, "  - {wave: T3, label: a year, month: 12" + WINDOWS[1] + "}\n", ", waves: [T1, T3]", "      waves: [T1, T3]\n",
        "  - {contrast: T1-T3, baseline: T1, followup: T3, direction: baseline_minus_followup}\n",
    ):  # fmt: skip
        assert words in text
        text = text.replace(words, "")
    file.write_text(text, encoding="utf-8")
    words = "growth needs scores at three times, and the study has 2 waves; take growth out"
    assert _read(file) == words
