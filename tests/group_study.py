"""A made-up trial of three arms and four waves with two questionnaires and services. Belongs here: its people, made by a seeded
generator, and its files. Does not belong here: what is counted in it."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

from planned_study import INSTRUMENT, write_rows

WAVES = ("T1", "T2", "T3", "T4")
ARMS = ("Waiting list", "Course", "Course and calls")
_ITEMS = {"mood": 3, "sleep": 2}

PROTOCOL = """
study: group_study
title: A made-up trial of three arms
source: none
licence: none
waves:
  - {wave: T1, label: before, month: 0}
  - {wave: T2, label: after, month: 3}
  - {wave: T3, label: half a year, month: 6}
  - {wave: T4, label: a year, month: 12}
contrasts:
  - {contrast: T1-T2, baseline: T1, followup: T2, direction: followup_minus_baseline}
  - {contrast: T1-T4, baseline: T1, followup: T4, direction: baseline_minus_followup}
instruments: [mood, sleep]
outcomes: [mood_total, sleep_total]
groups: {variable: arm, reference: waiting, design: randomised}
plan:
  families:
    - {family: main, role: primary, outcomes: [mood_total], contrasts: [T1-T2], compares: groups_adjusted}
    - {family: plain, role: secondary, outcomes: [mood_total, sleep_total], compares: groups}
    - {family: model, role: secondary, outcomes: [mood_total], compares: repeated_measures}
participant_variables:
  - variable: arm
    label: Arm
    section: Arm
    kind: category
    categories:
      - {category: course, label: Course}
      - {category: calls, label: Course and calls}
      - {category: waiting, label: Waiting list}
  - variable: region
    label: Region
    section: Region
    kind: category
    categories: [{category: north, label: North}, {category: south, label: South}, {category: west, label: West}]
  - {variable: age, label: Age, section: Age, kind: number, unit: years}
service_use:
  waves: [T1, T3]
  services: [{service: clinic, label: Clinic}, {service: hotline, label: Hotline}]
  used: ["Yes"]
  not_used: ["No"]
exports:
  - export: roster
    folder: raw/roster
    reader: delimited
    respondent: Person
    blocks: [{block: participants, columns: {arm: Arm, region: Region, age: Age}}]
    special_codes: [{blocks: [arm, region, age], codes: {"?": blank}}]
"""
_EXPORT = """  - export: {name}
    wave: {wave}
    folder: raw/{wave}
    reader: delimited
    respondent: Person
    blocks:
      - {{block: mood, template: "mood_{{position}}"}}
      - {{block: sleep, template: "sleep_{{position}}"}}
"""
_SEX = """  - variable: sex
    label: Sex
    section: Sex
    kind: category
    categories: [{category: female, label: Female}, {category: male, label: Male}]
"""
_SERVICES = "      - {block: services, columns: {clinic: Clinic, hotline: Hotline}}\n"


def write_group_study(
    folder: Path,
    people_per_arm: int = 14,
    seed: int = 11,
    covariates: Sequence[str] = (),
    has_subgroups: bool = False,
    sensitivity: str = "",
) -> Path:
    """The study's folder with its definitions and exports. Arms differ in change and in drop-out; one person's arm is not known,
    one has no age; nobody of the waiting list used the hotline at T1. covariates: declared; then every eighth person's region is
    not known either, and the first region is one in which nobody lives. has_subgroups: sex is on the roster, of every tenth
    person not known, and declared with region. sensitivity: what is declared of sensitivity analyses, in YAML."""
    random = Random(seed)
    (folder / "instruments").mkdir(parents=True)
    exports = "".join(
        _EXPORT.format(name=wave.lower(), wave=wave) + (_SERVICES if wave in ("T1", "T3") else "") for wave in WAVES
    )
    protocol = PROTOCOL
    if covariates:
        protocol = protocol.replace("design: randomised}", f"design: randomised, covariates: [{', '.join(covariates)}]}}")
        protocol = protocol.replace("[{category: north,", "[{category: east, label: East}, {category: north,")
    if has_subgroups:
        protocol = protocol.replace("covariates: [", "subgroups: [sex, region], covariates: [")
        protocol = protocol.replace("service_use:\n", _SEX + "service_use:\n")
        protocol = protocol.replace("age: Age}", "age: Age, sex: Sex}").replace(
            "[arm, region, age]", "[arm, region, age, sex]"
        )
    if sensitivity:
        protocol = protocol.replace("design: randomised", f"design: randomised, sensitivity: {sensitivity}")
    (folder / "study.yaml").write_text(protocol + exports, encoding="utf-8")
    for code, count in _ITEMS.items():
        (folder / f"instruments/{code}.yaml").write_text(INSTRUMENT.format(code=code, count=count), encoding="utf-8")
    roster, rows = [], {wave: list[dict[str, str]]() for wave in WAVES}
    for number in range(3 * people_per_arm + 1):
        arm = ARMS[number % 3] if number < 3 * people_per_arm else "?"
        name, level = f"P{number:03d}", random.gauss(2.6, 0.8)
        age = "?" if number == 4 else str(random.randint(19, 70))
        roster.append({"Person": name, "Arm": arm, "Region": random.choice(["North", "South", "South", "West"]), "Age": age})
        for order, wave in enumerate(WAVES):
            if order and random.random() < 0.1 * order + (0.1 if arm == "Waiting list" else 0):
                continue
            shift = {"Course": 0.3, "Course and calls": 0.5}.get(arm, 0.1) * order
            answers = {
                f"{code}_{position}": str(min(5, max(1, round(level + shift + random.gauss(0, 0.7)))))
                for code, count in _ITEMS.items()
                for position in range(1, count + 1)
            }
            if random.random() < 0.05:
                answers["mood_2"] = ""
            if wave in ("T1", "T3"):
                used = 0.0 if arm == "Waiting list" and wave == "T1" else 0.4
                answers |= {
                    "Clinic": random.choice(["Yes", "No", "No"]),
                    "Hotline": "Yes" if random.random() < used else "No",
                }
            rows[wave].append({"Person": name} | answers)
    for person in roster[::8] if covariates else ():
        person["Region"] = "?"
    for number, person in enumerate(roster):
        person["Sex"] = "?" if number % 10 == 5 else "Male" if number % 7 < 3 else "Female"
    columns = ("Person", "Arm", "Region", "Age", *(("Sex",) if has_subgroups else ()))
    write_rows(folder / "raw/roster/roster.csv", [{name: person[name] for name in columns} for person in roster], columns)
    for wave in WAVES:
        write_rows(folder / f"raw/{wave}/{wave.lower()}.csv", rows[wave], tuple(rows[wave][0]))
    return folder
