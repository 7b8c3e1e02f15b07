"""What one fact of a file is taken for: a wave's name, a code for no answer, a reversed item, an identifier, a format."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import tool_exports

from dagster_project.drafting import new_study_from
from dagster_project.drafting.answers import Answers, find_answers, special_numbers
from dagster_project.drafting.columns import ColumnFacts
from dagster_project.drafting.formats import recognise
from dagster_project.drafting.library import recognise_instrument
from dagster_project.drafting.marks import decimal_mark
from dagster_project.drafting.wave_names import name_without_wave, wave_of_name
from dagster_project.drafting.yaml_lines import scalar

SMALL = Path(__file__).parents[1] / "small_study"


def _column(texts: list[str], **facts: object) -> ColumnFacts:
    return ColumnFacts("column", Counter(texts), len(texts), **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "wave", "month"),
    [
        ("T1", "T1", None),
        ("SecondWave_export", "wave2", None),
        ("wave_2_final", "wave2", None),
        ("baseline_arm_1", "baseline", 0.0),
        ("month_3_arm_2", "month3", 3.0),
        ("6 month follow-up", "month6", 6.0),
        ("52 weeks", "week52", 12.0),
        ("data-pre", "pre", 0.0),
        ("Fragebogen Welle 3", "welle3", None),
    ],
)
def test_waves_of_names(name: str, wave: str, month: float | None) -> None:
    wave_name = wave_of_name(name)
    assert wave_name is not None
    assert (wave_name.wave, wave_name.month) == (wave, month)


@pytest.mark.parametrize("name", ["export 2024-01-03", "T1 and T2", "phq9", "Study1", "data", ""])
def test_names_that_say_no_wave(name: str) -> None:
    assert wave_of_name(name) is None


def test_waves_in_columns() -> None:
    assert name_without_wave("phq1_t2") == [("end", "_t2", "phq1")]
    assert name_without_wave("T1phq9") == [("start", "T1", "phq9")]
    assert name_without_wave("q156a_m_1") == []


@pytest.mark.parametrize(
    ("numbers", "special"),
    [
        ([1, 2, 3, 4, 5, 99], [99]),
        ([1, 2, 3, 4, 5, -98, -99], [-99, -98]),
        ([0, 1, 2, 3, -1], [-1]),
        ([-3, -2, -1, 0, 1, 2, 3], []),
        ([1, 2, 5, 6, 7, 8], []),
        ([1, 2, 3, 4, 5, 9], [9]),
        ([0, 10, 50, 88, 97, 99], []),
        ([0, 1, 2, 999], [999]),
    ],
)
def test_numbers_that_are_no_answers(numbers: list[int], special: list[int]) -> None:
    assert special_numbers(_column([str(number) for number in numbers])) == special


def test_declared_and_labelled_codes() -> None:
    column = _column(
        ["1", "2", "4", "8", "9"],
        value_labels={"1": "low", "4": "high", "8": "Don't know", "9": "Refused"},
        missing_codes=("7", "9"),
    )
    answers = find_answers(column, 3)
    assert (answers.low, answers.high, answers.is_certain) == (1, 4, True)
    assert [(code.text, code.reason) for code in answers.special_codes] == [("8", ""), ("9", "refused")]
    undecided = find_answers(_column(["1", "2", "3", "6"], missing_codes=("6",)), 3)
    assert [(code.text, code.reason, code.ground) for code in undecided.special_codes] == [
        ("6", "", "the file declares it as missing")
    ]


def test_texts_as_answers() -> None:
    coded = find_answers(_column(["1 (low end)", "2", "3", "5 (high end)"]), 4)
    assert (coded.low, coded.high, dict(coded.labels)) == (1, 5, {"1 (low end)": 1, "5 (high end)": 5})
    assert not coded.is_order_asked
    likely = find_answers(_column(["Often", "Never", "Sometimes", "Prefer not to say"]), 4)
    assert dict(likely.labels) == {"Never": 1, "Sometimes": 2, "Often": 3}
    assert (likely.is_order_asked, likely.is_order_likely) == (True, True)
    assert [(code.text, code.reason) for code in likely.special_codes] == [("Prefer not to say", "refused")]
    unknown = find_answers(_column(["red", "blue", "green"]), 4)
    assert dict(unknown.labels) == {"blue": 1, "green": 2, "red": 3}
    assert (unknown.is_order_asked, unknown.is_order_likely) == (True, False)


def test_decimal_marks() -> None:
    assert decimal_mark([_column(["1,5", "2,25"])]).mark == ","
    assert decimal_mark([_column(["1.5", "2"])]).mark == "."
    assert decimal_mark([_column(["1", "2", "3", "4", "5", "1,2"])]).mark == "."
    assert decimal_mark([_column(["1,500", "2,250"])]).question == '"," or "." (1,500 could be a fraction or thousands)'
    assert decimal_mark([_column(["1,5", "2,25"]), _column(["1.5"])]).question == (
        '"," or "." (1,5 and 1.5 both stand in cells)'
    )


def test_an_instrument_of_the_library_is_recognised_by_name_items_and_answers(tmp_path: Path) -> None:
    instrument = (SMALL / "instruments/mood.yaml").read_text(encoding="utf-8")
    (tmp_path / "mood3.yaml").write_text(instrument.replace("instrument: mood", "instrument: mood3"), encoding="utf-8")
    for code in ("mood3", "mood_", "MOOD"):
        match = recognise_instrument(code, 3, Answers(1, 5, ""), tmp_path)
        assert match is not None
        assert (match.instrument.instrument, match.obstacle) == ("mood3", "")
    obstacles = [
        (4, Answers(1, 5, ""), "it has 3 items, and this block 4"),
        (3, Answers(0, 4, ""), "its answers are 1 to 5, and these 0 to 4"),
        (3, Answers(1, 4, "", is_certain=True), "its answers are 1 to 5, and these 1 to 4"),
        (3, Answers(1, 5, "", is_order_asked=True), "its answers are 1 to 5, and what the texts count is asked"),
    ]
    for n_items, answers, obstacle in obstacles:
        match = recognise_instrument("mood3", n_items, answers, tmp_path)
        assert match is not None
        assert match.obstacle == obstacle
    assert recognise_instrument("zeal", 3, Answers(1, 5, ""), tmp_path) is None
    assert recognise_instrument("mood3", 3, Answers(1, 5, ""), tmp_path / "none") is None


def test_formats_are_told_by_content(tmp_path: Path) -> None:
    tool_exports.spss_in_waves(tmp_path / "spss")
    disguised = tmp_path / "data.csv"
    disguised.write_bytes(next((tmp_path / "spss").rglob("*.sav")).read_bytes())
    assert [table.reader for table in recognise(disguised)] == ["spss"]
    tool_exports.workbook_of_waves(tmp_path / "workbook")
    tables = recognise(tmp_path / "workbook/study.xlsx")
    assert [(table.reader, table.layout.sheet) for table in tables] == [("excel", "Baseline"), ("excel", "Follow-up 12")]
    (tmp_path / "notes.txt").write_text("Nothing but words\n", encoding="utf-8")
    assert recognise(tmp_path / "notes.txt") == []


def test_identifiers_that_find_different_people_are_asked_about(tmp_path: Path) -> None:
    for wave in (1, 2):
        rows = [[f"A{number}", f"B{number + wave}", 1, 2, number % 5] for number in range(30)]
        tool_exports.write_csv(tmp_path / f"exports/T{wave}.csv", [["id_a", "id_b", "m1", "m2", "m3"], *rows])
    new_study_from(tmp_path / "my_study", [tmp_path / "exports"])
    text = (tmp_path / "my_study/study.yaml").read_text(encoding="utf-8")
    question = "which column tells people apart and finds them again: id_a, id_b"
    assert text.count(f'    respondent: &respondent !ask "{question}"\n') == 1
    assert text.count("    respondent: *respondent\n") == 2


def test_a_column_that_counts_the_rows_of_each_file_is_asked_about(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    for wave in (1, 2):
        rows = [[number + 1, *generator.integers(1, 6, 4)] for number in range(30)]
        tool_exports.write_csv(tmp_path / f"exports/T{wave}.csv", [["nr", "m1", "m2", "m3", "m4"], *rows])
    new_study_from(tmp_path / "my_study", [tmp_path / "exports"])
    text = (tmp_path / "my_study/study.yaml").read_text(encoding="utf-8")
    assert '!ask "nr, if it is the number of a person: it counts the rows of each file from 1"' in text


@pytest.mark.parametrize(
    ("text", "yaml_text"),
    [("Q1", "Q1"), ("yes", '"yes"'), ("1", '"1"'), ("a: b", '"a: b"'), ("Q1[SQ001]", '"Q1[SQ001]"'), ("x #y", '"x #y"')],
)
def test_texts_in_yaml(text: str, yaml_text: str) -> None:
    assert scalar(text) == yaml_text
