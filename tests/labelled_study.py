"""A made-up trial whose data set has all that a file for a statistical program may stumble over: answers below zero and with
decimals, labels beyond ASCII, long and reserved names, names twice, days, every missing reason, concealed groups. Belongs here: its
people and its files. Does not belong here: what is read back from a data set (dataset/)."""

from pathlib import Path

from planned_study import write_rows

#: The cells of one item, person by person: each missing reason by a special code, a rejected cell, a blank one.
REASON_CELLS = ("-81", "77", "", "-82", "-83", "-84", "-85", "-86", "-87", "-88", "-89", "0")
LONG_CODE = "burden_of_everything_that_happened_lately"
LONG_LABEL = "Sehr große Belastung – " + "täglich, über den ganzen Tag verteilt und ohne jede Pause, " * 2 + "ä" * 40
ARMS = ("Übungskurs", "Warteliste")

PROTOCOL = """
study: labelled_study
title: Ein erfundener Versuch mit Umlauten und einem Titel, der länger ist als eine Zeile von achtzig Bytes in einer Datei von SPSS
source: none
licence: none
shows_people: false
waves:
  - {wave: T1, label: "vorher: März", month: 0}
  - {wave: T2, label: nachher, month: 3}
contrasts:
  - {contrast: T1-T2, baseline: T1, followup: T2, direction: followup_minus_baseline}
instruments: [strain, LONG]
measures:
  scores:
    - {measure: double, label: Ein Wert, low: -50, high: 50, decimals: any, better: low, source: made up}
  numbers:
    - {measure: weight, label: Gewicht, unit: kg, low: -1000, high: 250, decimals: 1}
  yes_no:
    - {measure: by, label: In Arbeit?, yes_text: ["1"], no_text: ["2"]}
  categories:
    - measure: health
      label: Gesundheit
      ordered: true
      categories: [{category: poor, label: schlecht}, {category: fair, label: mäßig}, {category: good, label: "gut, „sehr“ gut"}]
outcomes: [strain_mean, LONG_total, double, weight]
groups: {variable: arm, reference: waiting, design: randomised, concealed: true, concealment_seed: 48213377}
participant_variables:
  - variable: arm
    label: Arm
    section: Arm
    kind: category
    categories: [{category: course, label: Übungskurs}, {category: waiting, label: Warteliste}]
  - variable: if
    label: Wohnort
    section: Ort
    kind: category
    categories: [{category: a, label: "Köln \\"Süd\\"", text: ["1"]}, {category: b, label: 東京, text: ["2"]}, {category: c, label: 東京, text: ["3"]}]
  - {variable: wave, label: Gewicht bei der Aufnahme, section: Gewicht, kind: number, unit: kg, minimum: 0}
exports:
  - export: roster
    folder: raw/roster
    reader: delimited
    respondent: Person
    leaving: {withdrawn_on: Left, withdrawal_reason: Why}
    blocks: [{block: participants, columns: {arm: Arm, if: Place, wave: Kilo}}]
    special_codes: [{blocks: [wave], codes: {"-9": refused}}]
"""
_EXPORT = """  - export: {name}
    wave: {wave}
    folder: raw/{wave}
    reader: delimited
    respondent: Person
    answered_on: Day
    special_codes:
      - blocks: [strain, LONG]
        codes: {{"-81": refused, "-82": not_asked, "-83": not_in_wave, "-84": column_absent, "-85": withdrawn,
          "-86": wave_not_returned, "-87": returned_blank, "-88": too_few_items, "-89": not_planned}}
      - {{blocks: [measures], items: [1], codes: {{"-81": refused}}}}
    labels:
      - {{blocks: [strain], items: [2], labels: {{"nie": -3, "stets – ß": 3, "Stets – ß": 3}}}}
      - {{blocks: [LONG], items: [1], labels: {{"TEXT": 3, "gar nicht": 0{spelling}}}}}
    blocks:
      - {{block: strain, template: "S{{position}}"}}
      - {{block: LONG, template: "B{{position}}"}}
      - {{block: measures, columns: {{double: Wert, weight: Kilo, by: Arbeit, health: Gesund}}}}
"""
STRAIN = """
instrument: strain
name: Anspannung
source: none
licence: none
anchors: {low: -3, high: 3}
item_anchors: [{items: [4], low: 0, high: 10, decimals: 2}]
item_count: 4
wording: own
item_labels: {1: "Schläft „gut“", 2: "Isst gern – auch spät"}
reversed: [1]
asked_if: [{items: [3], item: 2, in: [3], blank_counts_as: unanswered}]
scales:
  - {scale: strain_mean, label: Anspannung, items: [1, 2, 3], aggregate: mean, minimum_answered: 0.3, better: low}
  - {scale: with, label: Regler, items: [4], aggregate: sum, better: low}
"""
BURDEN = """
instrument: LONG
name: Ein fremder Fragebogen
source: none
licence: none
anchors: {low: 0, high: 3}
item_count: 3
scales:
  - {scale: LONG_total, label: Belastung, items: ["1-3"], aggregate: sum, minimum_answered: 1.0, better: low}
"""


def write_labelled_study(folder: Path) -> Path:
    """The study's folder with its definitions and exports: twelve people, of whom eight answer the second wave."""
    spellings = {"T1": "", "T2": ', "überhaupt nicht": 0'}
    text = PROTOCOL + "".join(
        _EXPORT.format(name=wave.lower(), wave=wave, spelling=spelling) for wave, spelling in spellings.items()
    )
    (folder / "instruments").mkdir(parents=True)
    (folder / "study.yaml").write_text(text.replace("LONG", LONG_CODE).replace("TEXT", LONG_LABEL), encoding="utf-8")
    (folder / "instruments/strain.yaml").write_text(STRAIN, encoding="utf-8")
    (folder / f"instruments/{LONG_CODE}.yaml").write_text(BURDEN.replace("LONG", LONG_CODE), encoding="utf-8")
    people = [f"P{number:02d}" for number in range(12)]
    roster = [
        {
            "Person": person,
            "Arm": ARMS[number % 2],
            "Place": str(number % 3 + 1) if number != 4 else "",
            "Kilo": "-9" if number == 1 else f"{60 + number / 8}",
            "Left": "2024-06-30" if number == 11 else "",
            "Why": 'zog um, nach "Övre"; Straße' if number == 11 else "",
        }
        for number, person in enumerate(people)
    ]
    write_rows(folder / "raw/roster/roster.csv", roster, tuple(roster[0]))
    for order, wave in enumerate(("T1", "T2")):
        rows = [_row(person, number, order) for number, person in enumerate(people) if order == 0 or number < 8]
        write_rows(folder / f"raw/{wave}/{wave.lower()}.csv", rows, tuple(rows[0]))
    return folder


def _row(person: str, number: int, order: int) -> dict[str, str]:
    """One sheet. Item 1 has each reason; item 2 decides whether item 3 was asked."""
    is_asked = number % 2 == 0
    return {
        "Person": person,
        "Day": "" if number == 3 else f"2024-0{1 + 3 * order}-{10 + number}",
        "S1": REASON_CELLS[number] if order == 0 else str(number % 7 - 3),
        "S2": ("stets – ß", "nie")[number % 2] if order == 0 else ("Stets – ß", "-2")[number % 2],
        "S3": str(number % 4 - 1) if is_asked else "",
        "S4": f"{number * 0.83:.2f}",
        "B1": (LONG_LABEL, "gar nicht", "1", "2")[number % 4] if order == 0 else ("3", "überhaupt nicht", "1")[number % 3],
        "B2": str(number % 4),
        "B3": "" if number == 2 else str((number + order) % 4),
        "Wert": f"{number / 7 - 1!r}" if number != 5 else "-81",
        "Kilo": f"{55 + number + order / 2:.1f}" if number else "-950.5",
        "Arbeit": ("1", "2", "")[number % 3],
        "Gesund": ("schlecht", "mäßig", "gut, „sehr“ gut", "")[number % 4],
    }
