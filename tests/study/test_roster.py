"""A study whose people are those of a wave: counted from its own file, or asked about."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dagster_project.rehearsal.fit import ERROR, check_study
from dagster_project.study import StudyError, read_study

INSTRUMENT = """
instrument: mood
name: A made-up instrument
source: none
licence: none
anchors: {low: 1, high: 5}
item_count: 1
scales:
  - {scale: mood_total, label: Mood, items: [1], aggregate: sum, better: high}
"""
STUDY = """
study: waves_only
title: A made-up study
source: none
licence: none
waves:
  - {wave: T1, label: one, month: 0}
  - {wave: T2, label: two, month: 4}
contrasts: [{contrast: T1-T2, baseline: T1, followup: T2, direction: followup_minus_baseline}]
instruments: [mood]
outcomes: [mood_total]
participant_variables:
  - {variable: age, section: Age, label: Age, kind: number}
ROSTER
exports:
  - export: t1
    wave: T1
    folder: raw/T1
    reader: delimited
    respondent: pid
    blocks: [{block: mood, columns: {mood_01: q}}]
    set_aside: [{column: kind, equals: [preview], reason: preview}]
    special_codes: {"9": refused}
    ignored: [age]
  - export: t2
    wave: T2
    folder: raw/T2
    reader: delimited
    respondent: pid
    blocks: [{block: mood, columns: {mood_01: q}}]
"""
FROM_T1 = "roster: {from: T1, columns: {age: age}, special_codes: {'99': refused}}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "waves_only"
    for name, content in {
        "instruments/mood.yaml": INSTRUMENT,
        "raw/T1/a.csv": "pid,age,q,kind\nP1,40,4,real\nP2,99,9,real\nP3,50,1,preview\nP4,60,5,real\n",
        "raw/T2/a.csv": "pid,q\nP1,5\nP4,3\n",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def _declare(folder: Path, roster: str) -> Path:
    (folder / "study.yaml").write_text(STUDY.replace("ROSTER", roster), encoding="utf-8")
    return folder


def test_the_people_of_a_wave_are_the_study_s(
    folder: Path, workspace_of: Callable[[Path], Any], run_of: Callable[[Any], Any]
) -> None:
    workspace = workspace_of(_declare(folder, FROM_T1))
    assert run_of(workspace).failures == []
    values = workspace.values()
    assert (values["characteristics/age/n"], values["characteristics/age/mean"]) == (2, 50)
    assert (values["summary/mood_total/T1/n"], values["summary/mood_total/T2/n"]) == (2, 2)
    assert values["change/mood_total/T1-T2/mean_change"] == -0.5


def test_somebody_who_came_later_is_asked_about(folder: Path) -> None:
    (folder / "raw/T2/a.csv").write_text("pid,q\nP1,5\nP9,3\n", encoding="utf-8")
    errors = [
        finding.message for finding in check_study(read_study(_declare(folder, "roster: T1\n"))) if finding.severity == ERROR
    ]
    assert errors == [
        "not on the roster: 'P9'; correct the identifier, add the person, or say who is meant under respondents of the export"
    ]


@pytest.mark.parametrize(
    ("roster", "message"),
    [
        (
            "",
            "no export says who the study's people are; declare one without a wave, or roster: with the wave whose people they"
            " are, e.g. roster: T1",
        ),
        ("roster: T3", "roster: 'T3' has 0 exports; give a wave with one, whose people are the study's"),
        (
            "roster: {wave: T1}",
            "roster: there is no key 'wave'; give a wave, or from, columns, leaving, special_codes, decimal_of_columns",
        ),
    ],
)
def test_who_is_counted_is_said(folder: Path, roster: str, message: str) -> None:
    with pytest.raises(StudyError) as refusal:
        read_study(_declare(folder, roster))
    assert str(refusal.value) == f"{folder / 'study.yaml'}: {message}"


def test_two_rosters_are_one_too_many(folder: Path) -> None:
    export = "  - {export: roster, folder: raw/roster, reader: delimited, respondent: pid}\n"
    (_declare(folder, "roster: T1") / "study.yaml").open("a", encoding="utf-8").write(export)
    with pytest.raises(StudyError, match="an export without a wave is the roster already; keep one of the two"):
        read_study(folder)
