"""A small study for the tests of the way in: two questionnaire items, a service, a roster, three waves."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project.study import Export, Study, read_study

INSTRUMENT = """
instrument: mood
name: A made-up instrument
source: none
licence: none
anchors: {low: 1, high: 5}
item_count: 3
scales:
  - {scale: mood_total, label: Mood, items: ["1-3"], aggregate: sum, better: high}
"""

STUDY = """
study: small
title: A made-up study
source: none
licence: none
waves:
  - {wave: T1, label: one, month: 0}
  - {wave: T2, label: two, month: 4}
  - {wave: T3, label: three, month: 12}
instruments: [mood]
outcomes: [mood_total]
participant_variables:
  - {variable: age, section: Age, label: Age, kind: number}
service_use:
  waves: [T1]
  used: ["Yes"]
  not_used: ["No"]
  services:
    - {service: gp, label: GP}
exports:
  - export: roster
    folder: raw/roster
    pattern: "*.csv"
    reader: delimited
    respondent: Person
    blocks:
      - {block: participants, columns: {age: Âge}}
  - export: t1
    wave: T1
    folder: raw/T1
    pattern: "*.csv"
    reader: delimited
    respondent: Code
    answered_on: When
    dates: dmy
    blocks:
      - {block: mood, template: "Q_{position}"}
      - {block: services, template: "S_{position}"}
    ignored: [Comment]
    set_aside:
      - {column: Kind, equals: [test, preview], reason: preview}
  - export: t2
    wave: T2
    folder: raw/T2
    pattern: "*.csv"
    reader: qualtrics
    respondent: ExternalReference
    answered_on: RecordedDate
    blocks:
      - {block: mood, template: "Q_{position}", absent: [mood_02]}
    ignored: [ResponseId]
  - export: t3
    wave: T3
    folder: raw/T3
    pattern: "*.sav"
    reader: spss
    respondent: pid
    blocks:
      - {block: mood, template: "q{position:02d}"}
    special_codes: {"-9": refused, "95": not_asked}
"""


@pytest.fixture
def study(tmp_path: Path) -> Study:
    folder = tmp_path / "small"
    (folder / "instruments").mkdir(parents=True)
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    (folder / "instruments" / "mood.yaml").write_text(INSTRUMENT, encoding="utf-8")
    return read_study(folder)


@pytest.fixture
def export_of(study: Study) -> Callable[[str], Export]:
    """An export of the small study by its code."""
    return lambda code: next(export for export in study.protocol.exports if export.export == code)
