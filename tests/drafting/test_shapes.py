"""Shapes of real studies' files: waves in the names of columns, items that were turned, scores without items, late-comers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tool_exports

from dagster_project.drafting import WrittenDraft, new_study_from
from dagster_project.drafting.wave_columns import waves_in_column_names
from dagster_project.rehearsal.fit import ERROR, check_study
from dagster_project.study import read_study

N_PEOPLE = 40


def _answers(n_columns: int, low: int = 1, high: int = 5, seed: int = 2) -> list[list[int]]:
    """Answers of people that go together."""
    generator = np.random.default_rng(seed)
    persons = generator.integers(low, high + 1, (N_PEOPLE, 1))
    return np.clip(persons + generator.integers(-1, 2, (N_PEOPLE, n_columns)), low, high).tolist()


def _draft(folder: Path, name: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> WrittenDraft:
    tool_exports.write_csv(folder / "exports" / name, [list(header), *map(list, rows)])
    return new_study_from(folder / "my_study", [folder / "exports"])


def _protocol(folder: Path) -> str:
    return (folder / "my_study/study.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("columns", "waves"),
    [
        (["id", "bdi.pre", "bdi.2m", "bdi.4m", "bdi.6m", "bdi.8m"], {"pre": 1, "month2": 1, "month4": 1, "month6": 1, "month8": 1}),
        ([f"phq{item}.{wave}" for item in range(1, 7) for wave in range(3)], {"T0": 6, "T1": 6, "T2": 6}),
        (["id", *(f"{item}{mark}" for item in ("calm", "sad", "wise", "free", "glad") for mark in ("", "_2"))], {"T1": 5, "T2": 5}),
        (["id", *(f"{item}{mark}" for item in ("calm", "sad", "wise", "free", "glad") for mark in (".x", ".y"))], {"T1": 5, "T2": 5}),
        ([f"W2_m{item}" for item in range(3)] + [f"W1_m{item}" for item in range(3)], {"W2": 3, "W1": 3}),
        # Questions and their rows: nothing says that they are waves.
        ([f"Q{question}_{row}" for question in range(1, 7) for row in range(1, 5)], {}),
        ([f"Q{question}_{row}" for question in range(1, 7) for row in range(2, 4)], {}),
        (["m1", "m2", "m1_2", "m2_2"], {}),
        (["a.0", "b.0", "c.0", "d.0", "e.0"], {}),
        ([], {}),
    ],
)  # fmt: skip
def test_waves_in_names_of_columns(columns: list[str], waves: dict[str, int]) -> None:
    assert {wave.name.wave: len(wave.stems) for wave in waves_in_column_names(columns)} == waves


def test_a_guessed_second_wave_is_marked(tmp_path: Path) -> None:
    names = [f"m{item}{mark}" for item in range(1, 6) for mark in ("", "_2")]
    _draft(tmp_path, "study.csv", ["id", *names], [[f"P{n}", *cells] for n, cells in enumerate(_answers(10))])
    ground = "guessed: because 5 names of columns end in _2, and 5 are called so without it"
    assert f"    wave: T2  # {ground}\n" in _protocol(tmp_path)
    assert '- {block: m, template: "m{position}_2"}' in _protocol(tmp_path)


@pytest.mark.parametrize("is_turned_already", [True, False])
def test_items_whose_names_end_in_r_are_items_of_their_block(tmp_path: Path, is_turned_already: bool) -> None:
    """Whether they must be turned is asked where their answers go against the others, and nowhere else."""
    names = ["pss1", "pss2R", "pss3", "pss4R", "pss5", "pss1_R"]
    rows = [
        [f"P{n}", a, b if is_turned_already else 6 - b, c, d if is_turned_already else 6 - d, e, 6 - a]
        for n, (a, b, c, d, e) in enumerate(_answers(5))
    ]
    _draft(tmp_path, "study.csv", ["id", *names], rows)
    assert "columns: {pss_01: pss1, pss_02: pss2R, pss_03: pss3, pss_04: pss4R, pss_05: pss5}" in _protocol(tmp_path)
    assert "    ignored: [pss1_R]\n" in _protocol(tmp_path)
    instrument = (tmp_path / "my_study/instruments/pss.yaml").read_text(encoding="utf-8")
    words = f"{N_PEOPLE} people no item goes against the others, nor do 2, 4, whose names say that they are or were turned"
    asked = f"reversed: !ask [2, 4]  # the answers of {N_PEOPLE} people to them go against the others"
    assert (f"reversed: []  # guessed: because in the answers of {words}" if is_turned_already else asked) in instrument


def test_few_people_say_nothing_of_items_whose_names_end_in_r(tmp_path: Path) -> None:
    rows = [[f"P{n}", *cells] for n, cells in enumerate(_answers(4)[:9])]
    _draft(tmp_path, "study.csv", ["id", "pss1", "pss2r", "pss3", "pss4"], rows)
    instrument = (tmp_path / "my_study/instruments/pss.yaml").read_text(encoding="utf-8")
    assert "reversed: !ask [2]  # their names say so, or that they were turned already; are they" in instrument


def test_scores_without_items_are_measures_by_themselves(tmp_path: Path) -> None:
    header = ["id", "wave", "phq", "calm", "married"]
    rows = [[f"P{n}", wave, *cells, n % 2] for wave in (0, 3, 6) for n, cells in enumerate(_answers(2, 0, 27, seed=wave))]
    draft = _draft(tmp_path, "long.csv", header, rows)
    assert [question.partition(".yaml:")[2].partition(": ")[2].partition(":")[0] for question in draft.questions] == [
        "months", "measures", "better",
    ]  # fmt: skip
    text = _protocol(tmp_path)
    assert "instruments" not in text
    assert 'months: !ask "the planned month of each wave, e.g. {T0: 0, T3: 3, T6: 6}"' in text
    assert "      - block: measures\n        columns: {phq: phq, calm: calm}\n" in text
    # A name of a questionnaire makes a score, whose good end is asked; what a person says in all waves is a fact.
    assert "  scores:\n    - measure: phq  # guessed" in text
    assert "  numbers:\n    - measure: calm  # guessed" in text
    assert "  - variable: married  # guessed: because it says the same of a person in all waves" in text


@pytest.mark.parametrize(("first_cell", "is_ignored"), [("1", True), ("someone", False)])
def test_numbers_of_rows_without_a_name_are_ignored(tmp_path: Path, first_cell: str, is_ignored: bool) -> None:
    """As R's write.csv leaves them; any other column without a name is left to be named by check."""
    rows = [[first_cell if n == 0 else str(n + 1), f"P{n}", *cells] for n, cells in enumerate(_answers(4))]
    _draft(tmp_path, "study.csv", ["", "id", "m1", "m2", "m3", "m4"], rows)
    assert ('    ignored: [""]\n' in _protocol(tmp_path)) == is_ignored


def test_many_measures_are_none(tmp_path: Path) -> None:
    names = [f"task {letter}" for letter in "abcdefghijklmnopqrstuvw"]
    draft = _draft(tmp_path, "tasks.csv", ["id", *names], [[f"P{n}", *cells] for n, cells in enumerate(_answers(23))])
    assert any("no columns look like items" in question for question in draft.questions)


def test_what_is_answered_once_holds_for_all(tmp_path: Path) -> None:
    """The answers to what is asked once are those that the files would have got, and the study is read by them."""
    header = ["id", *(f"calm{item}" for item in range(1, 5)), *(f"sad{item}" for item in range(1, 5))]
    rows = [
        [f"P{n}", *first[:3], 6 - first[3], 6 - second[0], *second[1:]]
        for n, (first, second) in enumerate(zip(_answers(4), _answers(4, seed=4), strict=True))
    ]
    draft = _draft(tmp_path, "study.csv", header, rows)
    assert len(draft.questions) == 2
    file = tmp_path / "my_study/study.yaml"
    text = file.read_text(encoding="utf-8")
    question = '!ask "high or low, the good end of all scales; or by scale, e.g. {calm_total: low, others: high}"'
    file.write_text(text.replace(question, "{sad_total: low, others: high}").replace("!ask {", "{"), encoding="utf-8")
    study = read_study(tmp_path / "my_study")
    assert {code: scale.better for code, (_, scale) in study.scales.items()} == {"calm_total": "high", "sad_total": "low"}
    assert [instrument.reversed for instrument in study.instruments] == [(4,), (1,)]
    assert not [finding for finding in check_study(study) if finding.severity == ERROR]


def test_people_of_later_waves_only_are_named_where_the_roster_is_of_a_wave(tmp_path: Path) -> None:
    """Drafted from files in which the first wave has everybody; then somebody comes later."""
    for wave in (1, 2):
        rows = [[f"P{n}", *cells] for n, cells in enumerate(_answers(4, seed=wave))]
        tool_exports.write_csv(tmp_path / f"exports/T{wave}.csv", [["id", "m1", "m2", "m3", "m4"], *rows])
    new_study_from(tmp_path / "my_study", [tmp_path / "exports"])
    text = _protocol(tmp_path)
    assert "\nroster: T1  # guessed: because everybody of later waves is in it\n" in text
    file = tmp_path / "my_study/study.yaml"
    file.write_text(text.replace('!ask "the planned month, a number (T1 is month 0)"', "3"), encoding="utf-8")
    instrument = tmp_path / "my_study/instruments/m.yaml"
    question = '!ask "high or low, the end of the scale that is good"'
    instrument.write_text(instrument.read_text(encoding="utf-8").replace(question, "high"), encoding="utf-8")
    later = tmp_path / "my_study/raw/T2/T2.csv"
    later.write_text(later.read_text(encoding="utf-8") + "P99,1,2,3,4\n", encoding="utf-8")
    errors = [finding.message for finding in check_study(read_study(tmp_path / "my_study")) if finding.severity == ERROR]
    assert errors == [
        "not on the roster: 'P99'; correct the identifier, add the person, or say who is meant under respondents of the export"
    ]
