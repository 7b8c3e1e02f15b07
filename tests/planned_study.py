"""A made-up study of two arms and three waves: T3 is planned for the intervention arm only, and one questionnaire of T2 for
women only. Belongs here: its people, made by a seeded generator, and its files. Does not belong here: what is counted in it."""

import csv
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

ITEMS = tuple(f"mood_{position:02d}" for position in range(1, 4))
SLEEP_ITEMS = tuple(f"sleep_{position:02d}" for position in range(1, 3))


@dataclass(frozen=True)
class MadePerson:
    """Somebody of the made study. answers: by wave and item; a wave without a row is not there, a blank cell is ''."""

    code: str
    arm: str
    sex: str
    age: str
    answers: dict[str, dict[str, str]]


def made_people() -> list[MadePerson]:
    """Twenty-four people, twelve an arm. Everybody answers T1; some leave at T2 and T3; one man of two rows at T3 of the
    control arm is blank, as a tool writes rows for everybody."""
    random = Random(7)
    people = []
    for number in range(1, 25):
        arm, sex = ("Intervention", "Control")[number % 2], ("woman", "man")[number // 2 % 2]
        level = random.choice((1, 2, 3))
        answers: dict[str, dict[str, str]] = {}
        for wave, rise in (("T1", 0), ("T2", 1), ("T3", 2)):
            items = {item: str(min(5, level + rise + random.choice((0, 0, 1)))) for item in ITEMS}
            if wave == "T2":
                items |= {item: str(random.randint(1, 5)) if sex == "woman" else "" for item in SLEEP_ITEMS}
            answers[wave] = items
        if number in (3, 8, 13, 20):
            del answers["T2"]
        if arm == "Control":
            del answers["T3"]
            if number in (5, 7):
                answers["T3"] = dict.fromkeys(ITEMS, "")
        elif number in (2, 8, 14):
            del answers["T3"]
        people.append(MadePerson(f"P{number:02d}", arm, sex, str(random.randint(20, 60)), answers))
    return people


PROTOCOL = """
study: planned_study
title: A made-up study of two arms
source: none
licence: none
starts_on: 2024-01-15
waves:
  - {wave: T1, label: before, month: 0}
  - {wave: T2, label: after, month: 3}
  - {wave: T3, label: follow-up, month: 12, planned_for: {arm: [intervention]}}
contrasts:
  - {contrast: T1-T2, baseline: T1, followup: T2, direction: followup_minus_baseline}
  - {contrast: T1-T3, baseline: T1, followup: T3, direction: followup_minus_baseline}
instruments: [mood, sleep]
outcomes: [mood_total, sleep_total]
groups: none
participant_variables:
  - variable: arm
    label: Arm
    section: Arm
    kind: category
    categories: [{category: intervention, label: Intervention}, {category: control, label: Control}]
  - variable: sex
    label: Sex
    section: Sex
    kind: category
    categories: [{category: f, label: Women, text: [woman, "1"]}, {category: m, label: Men, text: [man, "2"]}]
  - {variable: age, label: Age, section: Age, kind: number}
exports:
  - export: roster
    folder: raw/roster
    reader: delimited
    respondent: Person
    blocks: [{block: participants, columns: {arm: Arm, sex: Sex, age: Age}}]
    special_codes: [{blocks: [arm], codes: {"9": refused}}]
  - export: t1
    wave: T1
    folder: raw/T1
    reader: delimited
    respondent: Person
    blocks: [{block: mood, template: "mood_0{position}"}]
  - export: t2
    wave: T2
    folder: raw/T2
    reader: delimited
    respondent: Person
    blocks:
      - {block: mood, template: "mood_0{position}"}
      - {block: sleep, template: "sleep_0{position}", planned_for: {sex: [f]}}
    special_codes: {"-8": not_asked, "-9": refused}
  - export: t3
    wave: T3
    folder: raw/T3
    reader: delimited
    respondent: Person
    blocks: [{block: mood, template: "mood_0{position}"}]
"""
#: The same with arms that are compared, a planned test, and the study under other definitions beside it.
VARIANTS = """
groups: {variable: arm, reference: control, design: randomised, covariates: [age], sensitivity: {deltas: [0.5], delta_unit: baseline_sd}}
plan:
  families:
    - {family: main, role: primary, outcomes: [mood_total, sleep_total], contrasts: [T1-T2]}
    - {family: arms, role: secondary, outcomes: [mood_total], contrasts: [T1-T2], compares: groups_adjusted}
variants:
  - {variant: women, title: Women, people: {variable: sex, only: [f]}}
  - {variant: two_of_three, scales: {mood_total: {minimum_answered: 0.6}}}
  - {variant: one_of_three, scales: {mood_total: {minimum_answered: 0.3}}}
  - {variant: half_of_sleep, scales: {sleep_total: {minimum_answered: 0.5}}}
  - {variant: other_key, title: Another key, scales: {mood_total: {items: ["1-2"], reversed: [2]}}}
  - variant: older_women
    people: [{variable: age, minimum: 30, if_unknown: keep}, {variable: sex, without: [m]}]
    scales: {mood_total: {minimum_answered: 0.6}}
  - {variant: nobody, people: {variable: age, minimum: 100}}
"""
VARIANT_PROTOCOL = PROTOCOL.replace("\ngroups: none\n", VARIANTS)
INSTRUMENT = """
instrument: {code}
name: Questionnaire on {code}
source: none
licence: none
item_count: {count}
anchors: {{low: 1, high: 5}}
minimum_answered: 1
scales:
  - {{scale: {code}_total, label: {code}, items: ["1-{count}"], aggregate: sum, better: high}}
"""


def with_blanks(people: list[MadePerson]) -> list[MadePerson]:
    """The same people, every fifth of whom left out an item of mood at T1, and every seventh one at T2."""
    answers = [
        {
            wave: cells | ({f"mood_0{1 + number % 3}": ""} if number % step == 0 else {})
            for wave, cells, step in (
                (wave, cells, {"T1": 5, "T2": 7}.get(wave, 100)) for wave, cells in person.answers.items()
            )
        }
        for number, person in enumerate(people, start=1)
    ]
    return [replace(person, answers=own_answers) for person, own_answers in zip(people, answers, strict=True)]


def write_study(folder: Path, people: list[MadePerson], protocol: str = PROTOCOL) -> Path:
    """The study's folder with its definitions and exports."""
    (folder / "instruments").mkdir(parents=True)
    (folder / "study.yaml").write_text(protocol, encoding="utf-8")
    for code, count in (("mood", 3), ("sleep", 2)):
        (folder / "instruments" / f"{code}.yaml").write_text(INSTRUMENT.format(code=code, count=count), encoding="utf-8")
    roster = [{"Person": person.code, "Arm": person.arm, "Sex": person.sex, "Age": person.age} for person in people]
    write_rows(folder / "raw/roster/roster.csv", roster, ("Person", "Arm", "Sex", "Age"))
    for wave, items in (("T1", ITEMS), ("T2", (*ITEMS, *SLEEP_ITEMS)), ("T3", ITEMS)):
        rows = [{"Person": person.code} | person.answers[wave] for person in people if wave in person.answers]
        write_rows(folder / f"raw/{wave}/{wave.lower()}.csv", rows, ("Person", *items))
    return folder


def write_rows(file: Path, rows: list[dict[str, str]], columns: tuple[str, ...]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, columns)
        writer.writeheader()
        writer.writerows(rows)
