"""Measures without items: what a declaration gives, and what is refused or asked about."""

from collections.abc import Callable
from pathlib import Path

import pytest
from measures_study import PROTOCOL, write_measures_study

from dagster_project.study import Study, StudyError, read_study
from dagster_project.study.items import AnyDecimals


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return read_study(write_measures_study(tmp_path_factory.mktemp("study") / "measures_study", size=2))


def test_scores_and_numbers_are_scales_that_are_called_as_they_are(study: Study) -> None:
    assert list(study.scales) == ["depression", "weight", "drinks"]
    instrument, scale = study.scales["weight"]
    assert (scale.label, scale.better, scale.has_ends, scale.is_given) == ("Body weight (kg)", "neither", False, True)
    assert instrument.score_range(scale) == (30, 250)
    assert study.block_codes("measures") == ("depression", "weight", "drinks", "in_work", "health", "living")
    assert study.waves_of(study.measures["health"]) == ("T1", "T3")


def test_only_declared_texts_are_answers_to_yes_or_no_and_to_categories(study: Study) -> None:
    export = study.protocol.wave_exports[0]
    assert study.answer_texts(export, "measures", 4) == {"1": 1, "2": 0, "-9": "refused"}
    assert study.answer_texts(export, "measures", 6) == {"1": 1, "2": 2, "3": 2, "5": 3, "-9": "refused"}
    # A category without texts is written as its label.
    assert study.answer_texts(export, "measures", 5)["fair"] == 2
    assert [study.takes_texts_only(code) for code in ("depression", "in_work", "living")] == [False, True, True]


def test_a_score_may_have_any_decimals_and_is_kept_with_fifteen_digits(study: Study) -> None:
    instrument, _ = study.scales["depression"]
    anchors = instrument.anchors_of(1)
    assert (str(anchors), anchors.decimals) == ("0 to 63, with any decimals", 13)
    number = 30.9677419354839
    assert anchors.is_answer(number) and anchors.as_kept(number) / 10**anchors.decimals == number
    assert [anchors.is_answer(outside) for outside in (-0.1, 63.0000001)] == [False, False]
    assert AnyDecimals.between(0.001, 0.5).decimals == 14
    assert AnyDecimals.between(-123456.5, 10).decimals == 9


def _change(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            _change("label: Depression\n      low: 0\n      high: 63", "label: Depression\n      low: 63\n      high: 0"),
            "measure depression: low 63 is not below high 0",
        ),
        (
            _change("low: 30, high: 250", "low: 30.25, high: 250"),
            "measure weight: 30.25 has more decimals than the answers may have, 1; say how many they have: decimals",
        ),
        (
            _change("waves: [T1, T3]}", "waves: [T1, T4]}"),
            "measure drinks names the unknown wave T4; the waves are T1, T2, T3",
        ),
        (
            _change("measure: drinks", "measure: weight"),
            "measure weight is declared twice; keep one",
        ),
        (
            _change("better: low\n      source", "better: neither\n      source"),
            "measures: scale depression: importance says from which change on people are better or worse, and better:"
            " neither says that neither is; say high or low, or take importance out",
        ),
        (
            _change("category: family", "category: alone_to_family"),
            "measure living: the category alone_to_family has _to_ in it, which results write between"
            " two categories; rename it",
        ),
        (
            _change("value: 20, direction", "value: 80, direction"),
            "measures: scale depression: the cut-off 80 lies outside its range, 0 to 63",
        ),
        (
            _change("outcomes: [depression", "outcomes: [in_work, depression"),
            "outcomes: 'in_work' is not a scale of any instrument and no score or number of measures; the scales are"
            " depression, weight, drinks",
        ),
        (
            _change("variable: region\n    label", "variable: weight\n    label"),
            "groups: 'region' is not a variable of the roster; its variables are weight, sex",
        ),
        (
            _change("columns: {depression: BDI, weight: Kilo, in_work", "columns: {depression: BDI, in_work"),
            "exports[2].blocks[0]: no column is declared for 'weight'; add it under columns or absent",
        ),
        (
            _change("weight: Kilo, in_work: Work", "weight: Kilo, drinks: Drinks, in_work: Work"),
            "exports[2].blocks[0]: drinks is declared for T2, and its waves are T1, T3; add T2 to them, or take its column"
            " out",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(tmp_path: Path, change: Callable[[str], str], message: str) -> None:
    folder = write_measures_study(tmp_path / "measures_study", size=2)
    file = folder / "study.yaml"
    file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(StudyError) as raised:
        read_study(folder)
    assert str(raised.value).removeprefix(f"{file}: ") == message


def test_a_study_follows_something(tmp_path: Path) -> None:
    folder = write_measures_study(tmp_path / "measures_study", size=2)
    text = (folder / "study.yaml").read_text(encoding="utf-8")
    start, end = PROTOCOL.index("measures:"), PROTOCOL.index("outcomes:")
    (folder / "study.yaml").write_text(text.replace(PROTOCOL[start:end], ""), encoding="utf-8")
    with pytest.raises(StudyError, match="neither instruments nor measures says what is followed over the waves; name an"):
        read_study(folder)
    start, end = PROTOCOL.index("outcomes:"), PROTOCOL.index("groups:")
    (folder / "study.yaml").write_text(text.replace(PROTOCOL[start:end], ""), encoding="utf-8")
    with pytest.raises(StudyError, match="outcomes: the key is missing; give the scales that the tables print, in order"):
        read_study(folder)
