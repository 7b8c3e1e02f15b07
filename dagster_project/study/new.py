"""A study of one's own: a folder with commented definitions that are valid as they stand.

Belongs here: the texts of the files, and writing them. Does not belong here: reading them back (read.py).
"""

from pathlib import Path

from dagster_project.study.errors import StudyError

_PROTOCOL = """\
# The protocol: what was planned, and how each export writes it. `wavehouse check --study {study}` says what does not fit.
study: {study}            # the same as the folder's name: lower-case letters, digits, underscores
title: Title of the study
source: A citation, or none
licence: The terms under which the data may be used

waves:                    # the planned time points, in order
  - {{wave: T1, label: At the start, month: 0}}
  - {{wave: T2, label: Three months later, month: 3}}

contrasts:                # what is compared, and in which direction a change is counted
  - {{contrast: T1-T2, baseline: T1, followup: T2, direction: followup_minus_baseline}}

instruments: [example]    # each is a file of that name below instruments/
outcomes: [example_total] # the scales that the tables print, in order

participant_variables:    # what the roster says of people: Table 1
  - variable: group
    section: Group
    label: Group
    kind: category
    categories:
      - {{category: a, label: A}}   # `label` is what the roster writes; give `text: [..]` if it writes something else
      - {{category: b, label: B}}
  - {{variable: age, section: Age, label: Age (years), kind: number, unit: years, minimum: 16, maximum: 110}}

exports:
  # The roster: one row a person. It needs no wave.
  - export: roster
    folder: raw/roster
    pattern: "*.csv"
    reader: delimited     # delimited, qualtrics, redcap, limesurvey, excel, spss, stata, sas or parquet
    decimal: "."
    respondent: Participant            # the column with the identifier, the same person by person in every export
    blocks:
      - {{block: participants, columns: {{group: Group, age: Age}}}}
    # leaving: {{withdrawn_on: Withdrawn, withdrawal_reason: Reason}}   # columns for people who left

  - export: t1
    wave: T1
    folder: raw/T1                     # drop the export here; runs read it, never change it
    pattern: "*.csv"
    reader: delimited
    respondent: Participant
    answered_on: Date
    blocks:
      - {{block: example, template: "Q{{position}}"}}   # Q1 is the instrument's item 1, and so on
    # ignored: [Comment]               # columns that are known and not used
    # special_codes: {{"-9": refused}}  # texts that are no answers
    # labels: [{{blocks: [example], labels: {{"Strongly agree": 5}}}}]
    # set_aside: [{{column: Status, equals: [Preview], reason: preview}}]
    # duplicates: latest_complete      # or first; refuse if left out
    # files: versions                  # or parts; one file if left out
    # part: mood                       # if the wave has several exports, one an instrument
    # rows: {{column: redcap_event_name, equals: [t1_arm_1]}}  # if one file holds several waves

  - export: t2
    wave: T2
    folder: raw/T2
    pattern: "*.csv"
    reader: delimited
    respondent: Participant
    answered_on: Date
    blocks:
      - {{block: example, template: "Q{{position}}"}}
"""
_INSTRUMENT = """\
# One questionnaire: positions and keys only. The wording of items belongs to its owner and has no place here.
instrument: example
name: Name of the questionnaire
source: A citation
licence: The terms of use
item_count: 5
anchors: {low: 1, high: 5}   # the lowest and highest answer code
minimum_answered: 0.8        # the share of a scale's items that must be answered
reversed: [2, 4]             # positions of the items that are keyed the other way
scales:
  - {scale: example_total, label: Total, items: ["1-5"], aggregate: sum, better: high}
assumptions: []              # - {about: .., statement: ..}: what the source does not say and you had to decide
"""
_NORMS = """\
# Published means and SDs of other people, to set the scales beside.
samples: []  # - {sample: adults, instrument: example, n: 1000, population: Adults, source: A citation}
norms: []    # - {scale: example_total, sample: adults, mean: 15.2, sd: 3.4}
"""


def new_study(folder: Path) -> list[Path]:
    """Write a study folder that is valid as it stands, with a drop folder for each export. Returns the files.

    Raises StudyError when the folder is there already or its name cannot be a study's code.
    """
    folder = Path(folder)
    name = folder.name
    if not name.replace("_", "").isalnum() or not name.isascii() or name != name.lower() or not name[0].isalpha():
        raise StudyError(f"{folder}: {name!r} cannot be a study's code; use lower-case letters, digits and underscores")
    if folder.exists():
        raise StudyError(f"{folder}: the folder is there already; choose another name, or edit what is there")
    files = {
        folder / "study.yaml": _PROTOCOL.format(study=name),
        folder / "instruments" / "example.yaml": _INSTRUMENT,
        folder / "norms.yaml": _NORMS,
    }
    for drop in ("roster", "T1", "T2"):
        (folder / "raw" / drop).mkdir(parents=True)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(files)
