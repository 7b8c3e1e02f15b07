"""A column whose cells are lists of ticked choices is drafted as one; columns that only look so are not."""

import random
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from dagster_project.drafting import new_study_from
from dagster_project.drafting.columns import ColumnFacts
from dagster_project.drafting.tick_lists import find_tick_list
from dagster_project.study import LINE_BREAK, SPACE


def _facts(cells: list[str]) -> dict[int, ColumnFacts]:
    return {0: ColumnFacts("column", Counter(cell for cell in cells if cell), len(cells))}


def _combinations(choices: list[str], mark: str) -> list[str]:
    return [mark.join(ticked) for size in (0, 1, 2, 3) for ticked in combinations(choices, size)] * 2


@pytest.mark.parametrize(
    ("mark", "separator", "choices"),
    [
        (", ", ",", ["Walk", "Yes, often", "Swim", "Café"]),
        (";", ";", ["Walk", "Yes, often", "Swim", "Café"]),
        ("\n", LINE_BREAK, ["Walk", "Yes, often", "Swim; run", "Café"]),
        (",", ",", ["1", "2", "3", "4"]),
        (" ", SPACE, ["walk", "ride_a_bike", "swim", "run"]),
    ],
)
def test_lists_are_known_by_their_combinations(mark: str, separator: str, choices: list[str]) -> None:
    cells = [*_combinations(choices, mark), f"{choices[0]}{mark}typed by somebody"]
    tick_list = find_tick_list(_facts(cells[:-1] if separator == SPACE else cells))
    assert tick_list is not None
    assert (tick_list.separators, {*tick_list.choices}) == ({0: separator}, {*choices})
    assert (tick_list.n_typed, tick_list.n_blank) == (int(separator != SPACE), {0: 2})


@pytest.mark.parametrize(
    "texts",
    [
        ["strongly disagree", "disagree", "neutral", "agree", "strongly agree"],
        ["not at all", "several days", "more than half the days", "nearly every day"],
        ["Yes, often", "Yes, rarely", "No, never", "No, not yet"],
        ["1,5", "2,5", "2,0", "1,0", "3"],
        ["2024-05-13 10:00", "2024-05-14 10:00", "2024-05-15 11:00"],
        ["I like to walk, and to swim", "walking, of course", "it is, all in all, a good place"],
        ["swim"],
        [],
    ],
)
def test_columns_that_only_look_like_lists_are_none(texts: list[str]) -> None:
    dice = random.Random(1)
    assert find_tick_list(_facts(texts * 10 if len(texts) < 6 else texts)) is None
    assert find_tick_list(_facts([dice.choice(texts) for _ in range(200)] if texts else [""] * 9)) is None


def test_a_list_is_drafted_as_choices_and_a_repeat_group_is_left_out(tmp_path: Path) -> None:
    cells = [*_combinations(["Walk", "Yes, often", "Swim"], ";"), *["None of these", "Prefer not to say"] * 2]
    exports = tmp_path / "exports"
    exports.mkdir()
    lines = [f'P{number},"{cell}",{number % 2}' for number, cell in enumerate(cells)]
    (exports / "T1.csv").write_text("\n".join(["pid,acts,acts/Walk", *lines]) + "\n", encoding="utf-8")
    (exports / "T1-visits.csv").write_text("day,PARENT_KEY,KEY\n1,uuid:a,b\n", encoding="utf-8")
    draft = new_study_from(tmp_path / "my_study", [exports])
    assert [(file.name, reason) for file, reason in draft.left_out] == [
        ("T1-visits.csv", "a repeat group: its rows name their submission in PARENT_KEY; declare it with repeat_of")
    ]
    protocol = (tmp_path / "my_study" / "study.yaml").read_text(encoding="utf-8")
    assert (
        """      - block: acts  # guessed: because the cells are lists of 3 choices
        lists:
          - column: acts
            separator: ";"
            choices: {acts_01: Walk, acts_02: "Yes, often", acts_03: Swim}
            exclusive: [None of these]  # guessed: because they say that no choice applies
            untouched: !ask "blank or answers (2 cells are blank: nobody saw the question, or no choice was ticked)"
"""
        in protocol
    )
    assert "Prefer not to say: refused  # guessed: because it says so, and 2 cells hold it" in protocol
    assert "ignored: [acts/Walk]" in protocol
