"""A new study: a folder with commented definition files that are valid without changes.

Belongs here: the texts of the files, and writing them. Does not belong here: reading them back (read.py).
"""

from pathlib import Path

from dagster_project.study.errors import StudyError

_PROTOCOL = """\
# The protocol: what was planned, and how each export writes it. In this folder `wavehouse check` says what does not fit.
study: {study}            # the same as the folder's name: lower-case letters, digits, underscores
title: Title of the study
source: A citation, or none
licence: The terms under which the data may be used

waves:                    # the planned time points, in order
  - {{wave: T1, label: At the start, month: 0}}
  - {{wave: T2, label: Three months later, month: 3}}
  # a wave for some people only: {{wave: T3, label: Follow-up, month: 9, planned_for: {{group: [a]}}}}

contrasts:                # what is compared, and in which direction a change is counted
  - {{contrast: T1-T2, baseline: T1, followup: T2, direction: followup_minus_baseline}}

instruments: [example]    # each is a file of that name below instruments/, or one that comes along, e.g. library:phq9
outcomes: [example_total] # the scales that the tables print, in order
# measures: ...           # scores without items, numbers, yes or no, categories: docs/how-to/measures.md
# better: {{example_total: high, others: low}}   # the good end of scales, where the instruments' files leave it open
# reversed: {{example: [2, 4]}}                  # the same of reversed items; and of waves: months: {{T1: 0, T2: 3}}

participant_variables:    # what the roster says of people: Table 1
  - variable: group
    section: Group
    label: Group
    kind: category
    categories:
      - {{category: a, label: A}}   # `label` is what the roster writes; give `text: [..]` if it writes something else
      - {{category: b, label: B}}
  - {{variable: age, section: Age, label: Age (years), kind: number, unit: years, minimum: 16, maximum: 110}}
# groups: {{variable: group, reference: a, design: natural}}   # or randomised: docs/how-to/groups.md
# careless: {{}}               # signs of careless answers, counted; nobody is excluded: docs/how-to/meaning.md
# ordinal_reliability: [example_total]   # alpha and omega of polychoric correlations as well
# variants: [{{variant: only_a, people: {{variable: group, only: [a]}}}}]   # beside the main: docs/how-to/variants.md

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
    # dates: dmy                       # or mdy, ymd, a format such as "%d %b %Y": where 3/4/2024 could be read two ways
    blocks:
      - {{block: example, template: "Q{{position}}"}}   # Q1 is the instrument's item 1, and so on
      # several choices in one cell: {{block: acts, lists: [{{column: Which?, separator: ",", choices: {{acts_01: Walk}}}}]}}
    # ignored: [Comment]               # columns that are ignored
    # special_codes: {{"-9": refused}}  # texts that are no answers; of some blocks: [{{blocks: [example], codes: {{...}}}}]
    # labels: [{{blocks: [example], labels: {{"Strongly agree": 5}}}}]   # of some items: items: ["4-5"]
    # set_aside: [{{column: Status, equals: [Preview], reason: preview}}]
    # duplicates: latest_complete      # or first; refuse if left out
    # files: versions                  # or parts; one file if left out
    # repeat_of: t1                    # of a repeat group's file (ODK, KoboToolbox): its submissions
    # source: {{redcap_api: {{url: "https://…", token_variable: REDCAP_TOKEN}}}}  # `wavehouse pull`: docs/how-to/pull.md
    # part: mood                       # if the wave has several exports, one an instrument
    # a block that only some are asked: {{block: example, template: "Q{{position}}", planned_for: {{group: [a]}}}}
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
# item_anchors:              # items with other anchors; codes: those that may be answered, if not every number
#   - {items: ["4-5"], low: 0, high: 4, codes: [0, 2, 4]}
reversed: [2, 4]             # positions of the items that are keyed the other way, each against its own anchors
# recode: [{items: [1], codes: {1: 100, 2: 75, 3: 50, 4: 25, 5: 0}}]   # what answers count as, where a table says it
# wording: own               # the items are the study's own, or free: then they may have labels; others are never kept
# item_labels: {1: Sleeps well, 2: Eats well}
# asked_if: [{items: [4, 5], item: 3, in: ["2-5"], blank_counts_as: 1}]   # items that other answers to item 3 skip
scales:
  - {scale: example_total, label: Total, items: ["1-5"], aggregate: sum, better: high}
    # multiply: 4                # what the sum or mean is multiplied by
    # rounded: true              # to a whole number, a half upwards
    # conversion: {5: 9.5, ..}   # a score for each complete sum
    # importance: {change: 3, source: ..}                # the least change that matters
    # bands: {source: .., steps: [{low: 5, label: low}, {low: 15, label: high}]}   # each up to where the next starts
    # cut_offs: [{value: 15, direction: at_least, meaning: .., source: ..}]        # or at_most
# composites: [{scale: .., label: .., parts: [.., ..], aggregate: mean, better: high}]   # of scales: mean or sum
assumptions: []              # - {about: .., statement: ..}: what the source does not say and you had to decide
"""
_NORMS = """\
# Published means and SDs of other people, to set the scales beside.
samples: []  # - {sample: adults, instrument: example, n: 1000, population: Adults, source: A citation}
             # healthy: true or false: whether they stand for people without the problem, so that reaching them is recovery
             # strata: norms by age, sex or whatever the roster says of people: docs/how-to/meaning.md
norms: []    # - {scale: example_total, sample: adults, mean: 15.2, sd: 3.4}
# percentiles: []            # of scores in a norm, and limits: []: T scores or percentiles from which on people are counted
# main: {example: adults}    # of an instrument with several samples: the one that tables and sentences compare with
"""
_PROPOSITIONS = """\
# A paper's sentences as claims that every run judges again, and the interviews beside them. All of it is commented out: take
# the `# ` away from what you need. In this folder `wavehouse check` says what does not fit.
#
# note: What readers of the joint display must know
#
# interviews:               # coded segments: a REFI-QDA project (.qdpx, of NVivo, MAXQDA, ATLAS.ti, ..) or a table
#   - file: interviews/coded.qdpx
#     person_variable: Person            # a document's or case's variable with the identifier; else the case's name
#     wave_variable: Wave                # the variable with the wave
#     # source_name: '(?P<person>P-\\d+) (?P<wave>T\\d)'   # if documents' names say who and when
#     # wave: T1                         # if the whole file is of one wave
#     # wave_sets: {{First round: T1}}     # if sets of documents (document groups) are the waves
#     # waves: {{Baseline: T1, "2": T2}}   # what the file calls a wave, and what the protocol does
#     # end_position: exclusive          # if passages lose their last letter; told from the texts if left out
#   - file: interviews/second_coder.csv  # a row a coding; a code below another is written Work > Team
#     columns: {{code: Theme, person: Participant, wave: Wave, segment: Passage, source: Document, coder: Coder, memo: Memo}}
#
# propositions:             # may be left out as long as there are interviews only
#   - proposition: total_falls_then_steadies
#     statement: The total falls at first and is then like that of others.
#     codes: [Strain, Team > Positive]   # names of codes; with those above them where several have the name
#     interviews: What the interviews say, in your words
#     quotes: [s-0123456789]             # segments that may be printed. After a run their ids stand in the working file:
#                                        # select segment_id, code, wave, text from raw.segments
#                                        # in .wavehouse/{study}/warehouse.duckdb, or in `wavehouse ui`
#     judgement:                         # written when both sides have been looked at
#       verdict: divergent               # convergent, complementary, divergent or silent
#       judged_by: A. Name
#       judged_on: 2024-05-31
#       evidence: "0123abcd"             # the mark that the joint display prints; shown as stale when it changes
#       memo: Why; a divergent verdict needs it
#     claims:
#       - claim: total_falls
#         statement: The total falls by three months.
#         conditions:                    # all must hold
#           - {{kind: change, scales: [example_total], contrasts: [T1-T2], direction: falls, interval: excludes_zero}}
#             # direction: falls, rises, either; interval: excludes_zero, includes_zero; at_least: 0.5 in effect sizes
#             # services: [..] in place of scales: the use of services of the protocol
#       - claim: total_like_norm
#         statement: At both waves it is like that of others.
#         assumption: Like is within half a norm SD.    # what the sentence leaves open
#         conditions:
#           - {{kind: norm, scales: [example_total], waves: [T1, T2], within: 0.5}}
#             # or above, below, worse_by, not_worse_by: in norm SDs; the norm stands in norms.yaml
#       - claim: most_answer
#         statement: At least 20 people answered.
#         conditions:
#           - kind: level
#             results: [summary/example_total/T1/n]      # ids of results, as the page and results.results have them
#             at_least: 20                 # or at_most, or both; without bounds it is not testable
#             because: Where the bounds come from
"""


def study_code(folder: Path) -> str:
    """The code of a study that is to be made in a folder: its name.

    Raises StudyError when the folder exists or its name cannot be a study's code.
    """
    code = folder.name
    if not code.replace("_", "").isalnum() or not code.isascii() or code != code.lower() or not code[0].isalpha():
        raise StudyError(f"{folder}: {code!r} cannot be a study's code; use lower-case letters, digits and underscores")
    if folder.exists():
        raise StudyError(f"{folder}: the folder already exists; choose another name, or edit what is in it")
    return code


def further_definitions(folder: Path, code: str) -> dict[Path, str]:
    """The definitions of a new study that say nothing yet: norms and propositions."""
    return {
        folder / "norms.yaml": _NORMS,
        folder / "propositions.yaml": _PROPOSITIONS.format(study=code),
    }


def new_study(folder: Path) -> list[Path]:
    """Write a study folder that is valid without changes, with a drop folder for each export. Returns the files.

    Raises StudyError when the folder exists or its name cannot be a study's code.
    """
    folder = Path(folder)
    code = study_code(folder)
    files = {
        folder / "study.yaml": _PROTOCOL.format(study=code),
        folder / "instruments" / "example.yaml": _INSTRUMENT,
        **further_definitions(folder, code),
    }
    for drop_folder in ("roster", "T1", "T2"):
        (folder / "raw" / drop_folder).mkdir(parents=True)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(files)
