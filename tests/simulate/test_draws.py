"""People drawn from a design: of groups, conditions, gates and measures of any kind; `check` has nothing against their exports."""

import dataclasses
import random
import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from group_study import write_group_study
from measures_study import write_measures_study
from planned_study import write_study

from dagster_project.rehearsal.fit import check_study
from dagster_project.simulate import SimulationError, draw_study, write_exports
from dagster_project.simulate.draws import answer_at
from dagster_project.study import Anchors, Study, read_study

_SMALL = Path(__file__).parents[1] / "small_study"


def _with_stand_ins(folder: Path, count: int = 40, seed: int = 3) -> Study:
    """A study whose exports are those of stand-ins."""
    shutil.rmtree(folder / "raw", ignore_errors=True)
    study = read_study(folder)
    write_exports(draw_study(study, count, seed), study, folder, seed)
    return study


def _errors(study: Study) -> list[str]:
    return [finding.message for finding in check_study(study) if finding.severity == "error"]


def test_a_trial_of_three_arms_can_be_rehearsed(tmp_path: Path) -> None:
    study = _with_stand_ins(write_group_study(tmp_path / "group_study", people_per_arm=2, has_subgroups=False))
    assert _errors(study) == []
    stand_ins = draw_study(study, 40, 3)
    assert sorted(Counter(stand_ins.facts["arm"]).values()) == [13, 13, 14]
    returned = [len(stand_ins.respondents[wave.wave]) for wave in study.protocol.waves]
    assert returned[0] > returned[-1] > 0
    assert len(set(map(str, stand_ins.answers["T1", "mood_01"].values()))) > 2
    assert {service for _, service in stand_ins.services} == {"clinic", "hotline"}


def test_scores_numbers_yes_or_no_and_categories_can_be_rehearsed(tmp_path: Path) -> None:
    study = _with_stand_ins(write_measures_study(tmp_path / "measures_study", size=2))
    assert _errors(study) == []
    stand_ins = draw_study(study, 40, 3)
    weights = [answer for answer in stand_ins.answers["T1", "weight"].values() if not isinstance(answer, str)]
    assert all(30 <= weight <= 250 and round(weight, 1) == weight for weight in weights)
    assert any(weight != int(weight) for weight in weights)
    assert ("T2", "drinks") not in stand_ins.answers
    assert {answer for answer in stand_ins.answers["T1", "living"].values() if not isinstance(answer, str)} == {1, 2, 3}


def test_waves_and_blocks_are_answered_by_those_they_are_planned_for(tmp_path: Path) -> None:
    study = _with_stand_ins(write_study(tmp_path / "planned_study", []))
    assert [line for line in _errors(study) if "planned" in line] == []
    stand_ins = draw_study(study, 60, 3)
    facts = [{code: values[person] for code, values in stand_ins.facts.items()} for person in range(60)]
    for wave in study.protocol.waves:
        conditions = study.protocol.conditions_of(wave)
        for person in stand_ins.respondents[wave.wave]:
            categories = {code: fact if isinstance(fact, str) else None for code, fact in facts[person].items()}
            assert conditions.is_planned_for(categories)


@pytest.mark.parametrize("dates", ["", "dmy", "mdy", "ymd", "excel", '"%d %b %Y"'])
@pytest.mark.parametrize("reader", ["delimited", "qualtrics"])
def test_days_are_written_as_exports_declare_and_from_the_start_of_the_study(
    tmp_path: Path, dates: str, reader: str
) -> None:
    folder = write_measures_study(tmp_path / "measures_study", size=2)
    text = (folder / "study.yaml").read_text(encoding="utf-8")
    day = "    answered_on: Day\n" + (f"    dates: {dates}\n" if dates else "")
    text = text.replace("licence: none\n", "licence: none\nstarts_on: 2024-01-15\n").replace("    answered_on: Day\n", day)
    # The roster has no days.
    text = text.replace(
        "    reader: delimited\n    respondent: Person\n    answered_on",
        f"    reader: {reader}\n    respondent: Person\n    answered_on",
    )
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    study = _with_stand_ins(folder)
    assert [finding.message for finding in check_study(study) if "date" in finding.message] == []


def test_a_start_to_come_is_not_the_day_of_an_answer(tmp_path: Path) -> None:
    folder = write_measures_study(tmp_path / "measures_study", size=2)
    text = (folder / "study.yaml").read_text(encoding="utf-8")
    starts_on = f"licence: none\nstarts_on: {date.today().isoformat()}\n"
    (folder / "study.yaml").write_text(text.replace("licence: none\n", starts_on), encoding="utf-8")
    messages = [finding.message for finding in check_study(_with_stand_ins(folder)) if "date" in finding.message]
    assert messages and all("before the study starts" in message for message in messages)


def test_a_seed_draws_the_same_people(tmp_path: Path) -> None:
    study = read_study(_SMALL)
    assert draw_study(study, 20, 1) == draw_study(study, 20, 1)
    assert draw_study(study, 20, 1).answers != draw_study(study, 20, 2).answers


@pytest.mark.parametrize(
    ("anchors", "answers"),
    [
        (Anchors(low=1, high=5), {1, 2, 3, 4, 5}),
        (Anchors(low=1, high=5, codes=(1, 3, 5)), {1, 3, 5}),
        (Anchors(low=0, high=1, decimals=1), {index / 10 for index in range(11)}),
    ],
)
def test_answers_are_those_of_the_anchors(anchors: Anchors, answers: set[float]) -> None:
    rng = random.Random(1)
    drawn_answers = {answer_at(anchors, rng.random()) for _ in range(2000)} | {answer_at(anchors, 0), answer_at(anchors, 1)}
    assert drawn_answers == answers


def test_a_reader_that_is_not_written_is_refused(tmp_path: Path) -> None:
    study = read_study(_SMALL)
    roster, first, *others = study.protocol.exports
    exports = (roster, first.model_copy(update={"reader": "redcap"}), *others)
    study = dataclasses.replace(study, protocol=study.protocol.model_copy(update={"exports": exports}))
    with pytest.raises(
        SimulationError,
        match=r"^export t1 is of the reader redcap, and stand-ins are written as delimited, qualtrics or spss; declare",
    ):
        write_exports(draw_study(study, 3, 1), study, tmp_path, 1)
