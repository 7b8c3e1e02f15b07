"""Waves and blocks that are not planned for everybody: what is declared, what is refused, for whom a condition holds."""

from pathlib import Path

import pytest
from planned_study import PROTOCOL, made_people, write_study

from dagster_project.study import StudyError, codebook_tables, read_study
from tests.refusal_lines import without_line

WAVE = "planned_for: {arm: [intervention]}"
BLOCK = "planned_for: {sex: [f]}"


def _study(folder: Path, *changes: tuple[str, str]) -> Path:
    protocol = PROTOCOL
    for old, new in changes:
        assert old in protocol
        protocol = protocol.replace(old, new)
    return write_study(folder / "planned_study", made_people()[:1], protocol)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ((WAVE, "planned_for: {}"),
         "waves[2]: planned_for holds no condition; name a variable and its categories, or take planned_for out: what is planned for everybody needs none"),
        ((WAVE, "planned_for:"), "waves[2]: planned_for holds no condition; name a variable and its categories"),
        ((WAVE, "planned_for: {arm: []}"), "waves[2]: planned_for: arm names no category, so it is planned for nobody; name one"),
        ((WAVE, "planned_for: {arm: [control, control]}"), "waves[2]: planned_for: arm names 'control' twice; keep it once"),
        ((WAVE, "planned_for: {arm: [yes]}"), "waves[2].planned_for.arm[0]: True: YAML reads this as true/false; put it in quotes"),
        ((WAVE, "unplanned_answers: keep"),
         "waves[2]: unplanned_answers says nothing without planned_for; declare planned_for, or take unplanned_answers out"),
        ((WAVE, WAVE + ", unplanned_answers: drop"),
         "waves[2].unplanned_answers: 'drop': input should be 'keep' or 'set_aside'; give what to do with answers of people whom it is not planned for: keep"),
        ((WAVE, "planned_for: {site: [north]}"),
         "T3: planned_for: 'site' is not a variable of the roster; its variables are arm, sex, age"),
        ((WAVE, "planned_for: {age: [30]}"),
         "T3: planned_for: age is a number; name a variable with categories (one of its own, with the groups that the wave is planned by)"),
        ((WAVE, "planned_for: {mood_01: [3]}"),
         "T3: planned_for: 'mood_01' is answered in waves and changes over time; name a variable of the roster"),
        ((WAVE, "planned_for: {arm: [Intervention]}"), "T3: planned_for: 'Intervention' is not a category of arm; did you mean intervention?"),
        ((WAVE, "planned_for: {sex: [woman]}"), "T3: planned_for: 'woman' is not a category of sex; did you mean f?"),
        ((WAVE, "planned_for: {arm: [waitlist]}"),
         "T3: planned_for: 'waitlist' is not a category of arm; its categories are intervention, control"),
        ((WAVE, "planned_for: {arm: [control, intervention]}"),
         "T3: planned_for: every category of arm is named, so nobody is left out; take arm out of the condition"),
        ((BLOCK, "planned_for: {sex: []}"), "exports[2].blocks[1]: planned_for: sex names no category, so it is planned for nobody; name one"),
        ((BLOCK, "planned_for: {age: [30]}"),
         "T2, block sleep: planned_for: age is a number; name a variable with categories (one of its own, with the groups that the wave is planned by)"),
        (("{block: participants,", "{block: participants, planned_for: {arm: [control]},"),
         "the roster: planned_for is for waves and their blocks; the roster is of everybody, so take it out"),
        (("columns: {arm: Arm, sex: Sex, age: Age}}", "columns: {sex: Sex, age: Age}, absent: [arm]}"),
         "T3: planned_for: arm stands in no column of the roster; declare its column under blocks of the roster"),
        (("label: before, month: 0", "label: before, month: 0, planned_for: {arm: control}"),
         "contrast T1-T3: nobody is planned for both of its waves (T1 for arm: control and T3 for arm: intervention); take the contrast out, or correct planned_for"),
        (("label: after, month: 3", "label: after, month: 3, planned_for: {sex: m}"),
         "T2, block sleep: planned_for: the wave and the block have no sex in common, so the block is planned for nobody; correct one of them"),
    ],
)  # fmt: skip
def test_a_condition_that_does_not_fit_is_refused(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    folder = _study(tmp_path, change)
    with pytest.raises(StudyError) as refusal:
        read_study(folder)
    assert without_line(refusal.value).removeprefix(f"{folder / 'study.yaml'}: ").startswith(message)


def test_a_condition_decides_as_soon_as_one_variable_fails(tmp_path: Path) -> None:
    study = read_study(
        _study(tmp_path, (WAVE, "planned_for: {arm: intervention, sex: [f]}, planned_if_unknown: not_planned"))
    )
    condition = next(condition for condition in study.protocol.conditions if condition.block is None)
    verdicts = {
        (arm, sex): condition.holds_for({"arm": arm, "sex": sex})
        for arm in ("intervention", "control", None)
        for sex in ("f", "m", None)
    }
    assert [pair for pair, verdict in verdicts.items() if verdict] == [("intervention", "f")]
    assert [pair for pair, verdict in verdicts.items() if verdict is None] == [
        ("intervention", None),
        (None, "f"),
        (None, None),
    ]
    assert not condition.is_planned_for({"arm": "intervention", "sex": None})
    rows = codebook_tables(study)["planned_for"].to_pylist()
    assert [(row["wave"], row["block"], row["variable"], row["category"], row["planned_if_unknown"]) for row in rows] == [
        ("T2", "sleep", "sex", "f", None), ("T3", None, "arm", "intervention", "not_planned"), ("T3", None, "sex", "f", "not_planned"),
    ]  # fmt: skip


def test_a_wave_of_which_every_block_has_a_condition_is_for_people_of_any_of_them(tmp_path: Path) -> None:
    block = '{block: mood, template: "mood_0{position}"}\n      - {block: sleep'
    study = read_study(
        _study(tmp_path, (block, block.replace('mood_0{position}"}', 'mood_0{position}", planned_for: {arm: control}}')))
    )
    (of_wave,) = [of_wave for wave, of_wave in study.protocol.waves_for_some.items() if wave == "T2"]
    assert (of_wave.wave_condition, of_wave.in_words) == (None, "arm: control or sex: f")
    planned = {
        (arm, sex): of_wave.is_planned_for({"arm": arm, "sex": sex})
        for arm in ("intervention", "control")
        for sex in ("f", "m")
    }
    assert [pair for pair, is_planned in planned.items() if not is_planned] == [("intervention", "m")]


def test_the_plan_hash_is_about_who_is_planned_only_where_somebody_is_not(tmp_path: Path) -> None:
    """The hash of a study without conditions is what it was before there were any."""
    plain = read_study(_study(tmp_path / "plain", (", " + WAVE, ""), (", " + BLOCK, ""))).protocol
    assert not any({"planned_for", "planned_if_unknown"} & wave.model_dump(exclude_none=True).keys() for wave in plain.waves)
    assert plain.plan_hash == "c87dfdf7605391f8"
    assert read_study(_study(tmp_path / "for_some")).protocol.plan_hash != plain.plan_hash
