"""Columns by themselves that are followed over the waves, drafted as measures that somebody must confirm; and what is said of
people in all of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import pytest
import tool_exports

from dagster_project.drafting import new_study_from
from dagster_project.rehearsal.fit import ERROR, check_study
from dagster_project.study import StudyError, read_study

N_PEOPLE = 30


def _draft(folder: Path, columns: Mapping[str, Sequence[object]]) -> str:
    """study.yaml drafted from a CSV of these columns."""
    rows = zip(*columns.values(), strict=True)
    tool_exports.write_csv(folder / "exports/study.csv", [list(columns), *map(list, rows)])
    new_study_from(folder / "my_study", [folder / "exports"])
    return (folder / "my_study/study.yaml").read_text(encoding="utf-8")


def _answered(folder: Path, replacements: Mapping[str, str]) -> None:
    file = folder / "my_study/study.yaml"
    text = file.read_text(encoding="utf-8")
    for question, answer in replacements.items():
        assert question in text, question
        text = text.replace(question, answer)
    file.write_text(text, encoding="utf-8")


def _long_rows(seed: int = 3) -> dict[str, list[object]]:
    """Three visits of a trial with a row a visit: a total, a weight, a diagnosis, work, self-rated health."""
    random = Random(seed)
    columns: dict[str, list[object]] = {
        name: [] for name in ("id", "visit", "treatment", "stage", "madrs", "kg", "ill", "work", "health", "remarks")
    }
    for visit in (1, 2, 3):
        for number in range(N_PEOPLE):
            cells = (
                f"P{number}", visit, ("drug", "placebo")[number % 2], ("<2y", ">=2y")[number % 3 == 0],
                random.randint(3, 44), f"{random.uniform(50, 99):.1f}", random.choice(["Yes", "No", "NA"]),
                random.choice([0, 1]), random.choice(["poor", "fair", "good"]), f"seen on day {random.random()}",
            )  # fmt: skip
            for name, cell in zip(columns, cells, strict=True):
                columns[name].append(cell)
    return columns


def test_each_kind_of_measure_is_proposed_and_confirmed_by_hand(tmp_path: Path) -> None:
    text = _draft(tmp_path, _long_rows())
    start, end = text.index("measures: !ask"), text.index("participant_variables")
    lines = [line.partition("  # ")[0] for line in text[start:end].splitlines()]
    assert lines[:4] == ["measures: !ask", "  scores:", "    - measure: madrs", "      label: madrs"]
    assert lines[lines.index("  numbers:") + 1] == "    - measure: kg"
    assert lines[lines.index("  yes_no:") : lines.index("  categories:")] == [
        "  yes_no:",
        "    - measure: ill", "      label: ill", '      yes_text: ["Yes"]', '      no_text: ["No"]',
        "    - measure: work", "      label: work", '      yes_text: ["1"]', '      no_text: ["0"]',
    ]  # fmt: skip
    assert lines[lines.index("  categories:") :] == [
        "  categories:", "    - measure: health", "      label: health", "      ordered: true", "      categories:",
        "        - {category: poor, label: poor}", "        - {category: fair, label: fair}",
        "        - {category: good, label: good}", "outcomes: [madrs, kg]", "",
    ]  # fmt: skip
    # What a person says in all waves is a fact; text is neither.
    assert '      - {category: under_2y, label: "<2y"}\n      - {category: from_2y, label: ">=2y"}\n' in text
    assert "    ignored: &ignored [treatment, stage, remarks]" in text or "remarks" in text.partition("ignored")[2]
    with pytest.raises(StudyError) as error:
        read_study(tmp_path / "my_study")
    assert "is not answered yet" in str(error.value)
    _answered(
        tmp_path,
        {
            'months: !ask "the planned month of each wave, e.g. {T1: 0, T2: 3, T3: 6}"': "months: {T1: 0, T2: 1, T3: 2}",
            '!ask "the groups to compare: {variable: arm, reference: one of drug, placebo, design: randomised or natural}, or'
            ' none"': "{variable: arm, reference: placebo, design: randomised}",
        },
    )
    with pytest.raises(StudyError) as error:
        read_study(tmp_path / "my_study")
    assert str(error.value).endswith(
        ": measures is a proposal that somebody must look at; correct it where it is wrong, then take !ask away"
    )
    _answered(
        tmp_path,
        {"measures: !ask": "measures:", '!ask "high or low, the end of the score that is good; or neither"': "low"},
    )
    study = read_study(tmp_path / "my_study")
    assert study.protocol.measures is not None
    assert [measure.measure for measure in study.protocol.measures.entries] == ["madrs", "kg", "ill", "work", "health"]
    assert [finding for finding in check_study(study) if finding.severity == ERROR] == []
    assert not any("rejected" in finding.message for finding in check_study(study))


def test_scores_whose_names_end_in_the_wave_are_no_items(tmp_path: Path) -> None:
    """Five scores at three times: masc1 to masc3. As many columns of five answers are three items each."""
    random = Random(4)
    names = ("masc", "cbcl", "prs", "yps", "crop")
    ids = {"id": [f"P{number}" for number in range(N_PEOPLE)]}
    wide = {
        f"{name}{wave}": [random.randint(0, 60) for _ in range(N_PEOPLE)]
        for name in names
        for wave in (1, 2, 3)
        if (name, wave) != ("cbcl", 2)
    }
    text = _draft(tmp_path / "scores", ids | {"sex": ["F", "M"] * (N_PEOPLE // 2)} | wide)
    assert "  - {wave: T1, label: T1}\n  - {wave: T2, label: T2}\n  - {wave: T3, label: T3}\nmonths: !ask" in text
    assert (
        "    wave: T2  # guessed: because 4 names of columns end in 2, and most hold more different numbers than an item"
        in text
    )
    assert "    - measure: cbcl  # guessed" in text
    assert "      waves: [T1, T3]\n" in text
    items = {name: [random.randint(1, 5) for _ in range(N_PEOPLE)] for name in wide}
    text = _draft(tmp_path / "items", ids | items)
    assert "instruments: [masc, prs, yps, crop]" in text
    assert "measures" not in text


def test_computed_columns_beside_items_and_identifiers_are_no_measures(tmp_path: Path) -> None:
    random = Random(5)
    columns: dict[str, list[object]] = {"id": [], "wave": [], **{f"calm{item}": [] for item in range(1, 5)}}
    columns |= {"calm_mean": [], "calm_total": [], "z": [], "hours": [], "time": []}
    for wave in (1, 2):
        for number in range(N_PEOPLE):
            items = [random.randint(1, 5) for _ in range(4)]
            cells = (
                f"P{number}", wave, *items, sum(items) / 3, sum(items), random.gauss(0, 1), random.randint(0, 60), wave * 3.5
            )  # fmt: skip
            for name, cell in zip(columns, cells, strict=True):
                columns[name].append(cell)
    text = _draft(tmp_path, columns)
    assert [line for line in text.splitlines() if "- measure: " in line] == [
        "    - measure: hours  # guessed: because its cells are numbers from"
        f" {min(columns['hours'])} to {max(columns['hours'])}; write the lowest and the highest that count"  # type: ignore[type-var]
    ]
    assert "outcomes: [calm_total, hours]  # what the tables print, in order" in text


def test_too_many_columns_are_not_proposed_and_that_is_said(tmp_path: Path) -> None:
    random = Random(6)
    columns: dict[str, list[object]] = {"id": [f"P{number}" for number in range(N_PEOPLE)] * 2}
    columns["wave"] = [1] * N_PEOPLE + [2] * N_PEOPLE
    columns |= {f"task {letter}": [random.randint(1, 90) for _ in range(2 * N_PEOPLE)] for letter in "abcdefghijklmnopqrstu"}
    text = _draft(tmp_path, columns)
    assert (
        "# 21 columns by themselves could be measures, too many to be proposed: write those that are followed under measures"
        " (docs/how-to/measures.md)."
    ) in text
    assert "- measure:" not in text


def test_what_programs_write_for_a_blank_is_no_category_of_people(tmp_path: Path) -> None:
    columns = _long_rows()
    columns["stage"] = ["NA" if number % N_PEOPLE < 3 else cell for number, cell in enumerate(columns["stage"])]
    text = _draft(tmp_path, columns)
    assert "category: na" not in text
    assert (
        "    special_codes: [{blocks: [stage], codes: {NA: blank}}]  # guessed: because programs write it for a cell without a"
        " value\n"
    ) in text


def test_a_code_for_no_answer_that_is_a_value_of_another_measure_is_asked(tmp_path: Path) -> None:
    columns = _long_rows()
    columns["madrs"] = [999 if number % 9 == 0 else cell for number, cell in enumerate(columns["madrs"])]
    assert '          "999": blank  # guessed: because it is far off the answers, and 10 cells hold it\n' in _draft(
        tmp_path / "alone", columns
    )
    columns["kg"] = [920 + number for number in range(len(columns["kg"]))]
    assert (
        '          "999": !ask "refused, invalid, blank or not_asked (in madrs, and a value of kg: give the positions of the'
        ' measures under items, and 10 cells hold it)"\n'
    ) in _draft(tmp_path / "beside", columns)


def test_arms_that_only_events_tell_are_asked_about(tmp_path: Path) -> None:
    random = Random(7)
    columns: dict[str, list[object]] = {"record_id": [], "redcap_event_name": [], "weight": [], "mood_complete": []}
    for number in range(N_PEOPLE):
        for event in ("baseline", "month_3"):
            cells = (number + 1, f"{event}_arm_{number % 2 + 1}", random.randint(50, 99), 2)
            for name, cell in zip(columns, cells, strict=True):
                columns[name].append(cell)
    text = _draft(tmp_path, columns)
    assert (
        'groups: !ask "the groups to compare, or none: events are of arms 1 and 2, and no column says who is in which; add one'
        ' to the export and to participant_variables, and name it here"\n'
    ) in text
    columns["redcap_event_name"] = [str(event)[:-1] + "1" for event in columns["redcap_event_name"]]
    assert "groups" not in _draft(tmp_path / "one_arm", columns)


def test_columns_of_one_score_at_several_times_are_asked_about(tmp_path: Path) -> None:
    """d8 to d14 are ages at which a distance was measured; as numbers of positions, or with few answers, they are items."""
    random = Random(8)

    def text(name: str, columns: Sequence[str], high: int) -> str:
        ids: dict[str, Sequence[object]] = {"id": [f"P{number}" for number in range(N_PEOPLE)]}
        return _draft(
            tmp_path / name, ids | {column: [random.randint(1, high) for _ in range(N_PEOPLE)] for column in columns}
        )

    assert (
        "instruments: !ask [d]  # d8 to d14: items of one time, or one score at several times, whose columns are then measures of"
        " these waves?\n"
    ) in text("times", ["d8", "d10", "d12", "d14"], 35)
    assert "instruments: [d]\n" in text("answers", ["d8", "d10", "d12", "d14"], 5)
    assert "instruments: [vas]\n" in text("positions", ["vas1", "vas2", "vas3", "vas4"], 100)
