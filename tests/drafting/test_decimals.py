"""Columns of numbers with decimals: which are answers, with how many decimals, and what is left out."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tool_exports

from dagster_project.drafting import new_study_from
from dagster_project.drafting.answers import Answers, find_answers, special_numbers
from dagster_project.drafting.columns import ColumnFacts, pooled
from dagster_project.drafting.library import recognise_instrument
from dagster_project.drafting.marks import marks_of_columns

SMALL = Path(__file__).parents[1] / "small_study"
N_PEOPLE = 40


def _column(texts: Sequence[str], name: str = "column", **facts: Any) -> ColumnFacts:
    return ColumnFacts(name, Counter(texts), len(texts), **facts)


def _numbers(low: float, high: float, decimals: int, seed: int = 3, n: int = N_PEOPLE) -> list[str]:
    return [f"{number:.{decimals}f}" for number in np.random.default_rng(seed).uniform(low, high, n)]


def _draft(folder: Path, columns: dict[str, Sequence[str]]) -> str:
    """The text of study.yaml, drafted from one file with these columns."""
    people = [f"P{number}" for number in range(N_PEOPLE)]
    tool_exports.write_csv(
        folder / "exports/data.csv", [["id", *columns], *zip(people, *columns.values(), strict=True)], ";"
    )
    new_study_from(folder / "my_study", [folder / "exports"])
    return (folder / "my_study/study.yaml").read_text(encoding="utf-8")


def _anchors(folder: Path, block: str) -> str:
    lines = (folder / f"my_study/instruments/{block}.yaml").read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith("anchors"))


@pytest.mark.parametrize(
    ("texts", "decimals"),
    [
        (["7.5", "3.2", "10.0", "0.0"], 1),
        (["7,5", "3,25", "10", "NA"], 2),
        ([".5", "0.125", "1"], 3),
        (["0.30000000000000004", "7.499999999999999", "2.0"], 1),
        (["1,5", "2,5", "3", "4,5"], 1),
        # Whole numbers, texts, and a few cells that say nothing of the others.
        (["3.0", "4.0", "5.0"], 0),
        (["3", "4", "n/a", "2.5"], 0),
        (["3"] * 19 + ["2.5"], 0),
        # Means of three items, and of five where somebody left two out.
        (["1.3333333333333333", "2.0", "2.6666666666666665"], 0),
        (["2.2", "2.4", "3.0", "1.8", "2.3333"], 0),
        # Thousands, or fractions; two answers in one cell, or fractions.
        (["1,500", "2,250", "900"], 0),
        (["1.500", "2.250", "900"], 0),
        (["1,2", "1,3", "2,3", "1", "2"], 0),
        (["1", "2", "3", "4", "5", "1,2"], 0),
    ],
)
def test_how_many_decimals_answers_have(texts: list[str], decimals: int) -> None:
    assert _column(texts).decimals == decimals


def test_standardised_numbers_are_no_answers() -> None:
    numbers = np.random.default_rng(1).normal(size=N_PEOPLE)
    numbers = (numbers - numbers.mean()) / numbers.std()
    assert _column([f"{number:.2f}" for number in numbers]).decimals == 0
    assert _column([f"{5 + number:.2f}" for number in numbers]).decimals == 2


def test_a_pooled_column_has_the_decimals_of_the_column_with_most() -> None:
    columns = [_column(["7.5", "2.25"]), _column(["3"] * 90), _column(["1.5", "2.5"])]
    assert [column.decimals for column in columns] == [2, 0, 1]
    assert pooled(columns).decimals == 2 and _column([*columns[0].counts, *["3"] * 90]).decimals == 0


@pytest.mark.parametrize(
    ("texts", "special", "ends"),
    [
        (["7.5", "3.2", "9.8", "99"], [99], (3, 10)),
        (["7,5", "3,2", "0,4", "-9", "9"], [-9], (0, 9)),
        (["1.5", "2.5", "5", "9"], [9], (1, 5)),
        (["55.5", "3.2", "88", "99.5", "999"], [999], (3, 100)),
        (["-4.5", "-2", "4.5", "3.2"], [], (-5, 5)),
    ],
)
def test_codes_beside_numbers_with_decimals(texts: list[str], special: list[int], ends: tuple[int, int]) -> None:
    column = _column(texts)
    assert special_numbers(column) == special
    answers = find_answers(column, 3)
    assert (answers.low, answers.high, answers.decimals) == (*ends, 1)
    assert [code.text for code in answers.special_codes] == [str(number) for number in special]


def test_ends_that_a_file_labels_are_taken_over() -> None:
    answers = find_answers(_column(["7.5", "3.2"], value_labels={"0": "not at all", "10": "extremely"}), 3)
    assert (answers.low, answers.high, answers.codes, answers.decimals) == (0, 10, (), 1)
    assert answers.ground == "cells such as 7.5 have 1 decimal, and the file labels them from 0 to 10"


def test_one_item_of_several_without_a_fraction_belongs_to_them(tmp_path: Path) -> None:
    columns = {f"vas{position}": _numbers(0, 10, 1, position) for position in (1, 2, 4)}
    text = _draft(
        tmp_path, {"vas1": columns["vas1"], "vas2": columns["vas2"], "vas3": _numbers(0, 10, 0), "vas4": columns["vas4"]}
    )
    assert (
        '- {block: vas, template: "vas{position}"}  # guessed: because 4 columns from vas1 to vas4 are answered alike'
        in text
    )
    assert _anchors(tmp_path, "vas").startswith(
        "anchors: {low: 0, high: 10, decimals: 1}  # guessed: because cells such as "
    )


def test_a_measure_by_itself_may_have_decimals(tmp_path: Path) -> None:
    hours = [f"{number / 4:g}" for number in np.random.default_rng(2).integers(16, 40, N_PEOPLE)]
    text = _draft(tmp_path, {"sleep": hours, "ratio": [repr(float(number) / 7) for number in hours]})
    numbers = [float(text) for text in hours]
    low, high = min(numbers), max(numbers)
    assert (
        f"    - measure: sleep  # guessed: because its cells are numbers from {low:g} to {high:g}; write the lowest and the"
        f" highest that count\n      label: sleep\n      low: {low:g}\n      high: {high:g}\n      decimals: any\n"
    ) in text
    # Without items numbers with many decimals may be a score as it comes; nothing is left out without a word.
    assert "      - block: measures\n        columns: {sleep: sleep, ratio: ratio}\n" in text


def test_seconds_of_a_stopwatch_are_no_items(tmp_path: Path) -> None:
    times = {f"Q{number}_Page Submit": _numbers(2, 90, 3, number) for number in range(1, 5)}
    calm = {f"calm{number}": _numbers(1, 5, 0, number) for number in range(1, 5)}
    text = _draft(tmp_path, {**times, **calm})
    assert "instruments: [calm]\n" in text
    assert f"    ignored: [{', '.join(times)}]\n" in text


def test_columns_with_decimals_are_the_first_measures_to_be_left_out(tmp_path: Path) -> None:
    whole = {f"task {letter}": _numbers(1, 5, 0, number) for number, letter in enumerate("abcdefghijklmno")}
    fine = {f"share {letter}": _numbers(0, 1, 2, number) for number, letter in enumerate("abcdef")}
    text = _draft(tmp_path, {**fine, **whole})
    assert text.count("    - measure: task_") == 15
    assert f"    ignored: [{', '.join(fine)}]\n" in text


def test_the_marks_of_columns_that_differ() -> None:
    commas, points = [_column(["1,5", "2,25"], "a"), _column(["3,5"], "b")], [_column(["1.5", "2"], "c")]
    assert marks_of_columns([*commas, *points]).mark == ","
    assert marks_of_columns([*commas, *points]).exceptions == {"c": "1.5"}
    assert marks_of_columns([*commas[:1], *points]).mark == "."
    assert marks_of_columns([*commas[:1], *points]).exceptions == {"a": "1,5"}
    assert marks_of_columns(points).exceptions == marks_of_columns(commas).exceptions == {}
    both = _column(["1,5", "2.5"], "d")
    assert marks_of_columns([both, *points]).question == '"," or "." (1,5 and 1.5 both stand in cells)'


def test_a_roster_s_numbers_have_a_mark_of_their_own(tmp_path: Path) -> None:
    age = [f"{20 + number},5" for number in range(N_PEOPLE)]
    text = _draft(tmp_path, {"age": age, **{f"vas{position}": _numbers(0, 10, 1, position) for position in range(1, 4)}})
    assert 'roster: {from: T1, columns: {age: age}, decimal_of_columns: {age: ","}}  # guessed: because' in text
    assert "    decimal" not in text


def test_answers_with_decimals_are_no_instrument_of_whole_numbers(tmp_path: Path) -> None:
    instrument = (SMALL / "instruments/mood.yaml").read_text(encoding="utf-8")
    (tmp_path / "mood3.yaml").write_text(instrument.replace("instrument: mood", "instrument: mood3"), encoding="utf-8")
    match = recognise_instrument("mood3", 3, Answers(1, 5, "", decimals=1), tmp_path)
    assert match is not None
    assert match.obstacle == "these answers have 1 decimal, and its answers not so many"
