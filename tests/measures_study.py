"""A made-up cohort that is followed without questionnaires: a given score, numbers, yes or no, categories, two natural groups.
Belongs here: its people, made by a seeded generator, and its files. Does not belong here: what is counted in it."""

from datetime import date, timedelta
from pathlib import Path
from random import Random

from planned_study import write_rows

WAVES = ("T1", "T2", "T3")
HEALTH = ("poor", "fair", "good")

PROTOCOL = """
study: measures_study
title: A made-up cohort without questionnaires
source: none
licence: none
waves:
  - {wave: T1, label: start, month: 0}
  - {wave: T2, label: half a year, month: 6, days_from_baseline: {earliest: 150, latest: 210}}
  - {wave: T3, label: a year, month: 12, days_from_baseline: {earliest: 330, latest: 400}}
contrasts:
  - {contrast: T1-T2, baseline: T1, followup: T2, direction: followup_minus_baseline}
  - {contrast: T1-T3, baseline: T1, followup: T3, direction: baseline_minus_followup}
measures:
  scores:
    - measure: depression
      label: Depression
      low: 0
      high: 63
      decimals: any
      better: low
      source: a made-up questionnaire
      reliability: {value: 0.9, source: made up}
      importance: {change: 5, source: made up}
      cut_offs: [{value: 20, direction: at_least, meaning: depressed, source: made up}]
  numbers:
    - {measure: weight, label: Body weight, unit: kg, low: 30, high: 250, decimals: 1}
    - {measure: drinks, label: Drinks, unit: a week, low: 0, high: 100, better: low, waves: [T1, T3]}
  yes_no:
    - {measure: in_work, label: In paid work, yes_text: ["1"], no_text: ["2"]}
  categories:
    - measure: health
      label: Self-rated health
      ordered: true
      waves: [T1, T3]
      categories: [{category: poor, label: poor}, {category: fair, label: fair}, {category: good, label: good}]
    - measure: living
      label: Living situation
      categories:
        - {category: alone, label: Alone, text: ["1"]}
        - {category: partner, label: With a partner, text: ["2", "3"]}
        - {category: family, label: With others, text: ["5"]}
outcomes: [depression, weight, drinks]
groups: {variable: region, reference: town, design: natural, covariates: [sex], subgroups: [sex]}
growth: {time: answered_on, unit: months}
plan:
  families: [{family: main, role: primary, outcomes: [depression], contrasts: [T1-T2]}]
participant_variables:
  - variable: region
    label: Region
    section: Region
    kind: category
    categories: [{category: town, label: Town}, {category: country, label: Country}]
  - variable: sex
    label: Sex
    section: Sex
    kind: category
    categories: [{category: female, label: Female}, {category: male, label: Male}]
exports:
  - export: roster
    folder: raw/roster
    reader: delimited
    respondent: Person
    blocks: [{block: participants, columns: {region: Region, sex: Sex}}]
"""
_EXPORT = """  - export: {name}
    wave: {wave}
    folder: raw/{wave}
    reader: delimited
    respondent: Person
    answered_on: Day
    decimal: ","
    special_codes: [{{blocks: [measures], codes: {{"-9": refused}}}}]
    blocks: [{{block: measures, columns: {{{columns}}}}}]
"""
_COLUMNS = {
    "depression": "BDI",
    "weight": "Kilo",
    "drinks": "Drinks",
    "in_work": "Work",
    "health": "Health",
    "living": "Home",
}


def without_scores(text: str) -> str:
    """study.yaml with yes or no and categories alone: no score or number, no outcome, no plan, nothing adjusted."""
    for first, following in (("  scores:", "  yes_no:"), ("outcomes:", "groups:"), ("growth:", "participant_variables:")):
        start, end = text.index(first), text.index(following)
        text = text[:start] + text[end:]
    for words in (", covariates: [sex], subgroups: [sex]", "depression: BDI, weight: Kilo, ", "drinks: Drinks, "):
        assert words in text
        text = text.replace(words, "")
    return text


def day_of(random: Random, number: int, order: int) -> str:
    """The day on which a person answered a wave, around half a year apart; a few have none, one lies before the baseline."""
    day = date(2024, 1, 1) + timedelta(days=number + order * 182 + (random.randint(-40, 40) if order else 0))
    if (number, order) == (7, 2):
        day = date(2023, 12, 1)
    return "" if random.random() < 0.06 else day.isoformat()


WINDOWS = (", days_from_baseline: {earliest: 150, latest: 210}", ", days_from_baseline: {earliest: 330, latest: 400}")
GROWTH = "growth: {time: answered_on, unit: months}\n"


def without_times(text: str) -> str:
    """study.yaml without growth and visit windows."""
    for words in (GROWTH, *WINDOWS):
        assert words in text
        text = text.replace(words, "")
    return text


def columns_of(wave: str) -> dict[str, str]:
    """The columns of a wave's export by measure."""
    return {code: name for code, name in _COLUMNS.items() if wave != "T2" or code not in ("drinks", "health")}


def write_measures_study(folder: Path, size: int = 60, seed: int = 5) -> Path:
    """The study's folder with its definitions and exports: drop-out, refusals, blanks, one number with too many decimals."""
    random, days = Random(seed), Random(seed + 1)
    exports = "".join(
        _EXPORT.format(
            name=wave.lower(), wave=wave, columns=", ".join(f"{code}: {name}" for code, name in columns_of(wave).items())
        )
        for wave in WAVES
    )
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_text(PROTOCOL + exports, encoding="utf-8")
    roster, rows = [], {wave: list[dict[str, str]]() for wave in WAVES}
    for number in range(size):
        name, depression, weight = f"P{number:03d}", random.gauss(22, 8), random.gauss(75, 12)
        roster.append(
            {"Person": name, "Region": ("Town", "Country")[number % 2], "Sex": ("Female", "Male", "Male")[number % 3]}
        )
        for order, wave in enumerate(WAVES):
            if order and random.random() < 0.2:
                continue
            cells = {
                "BDI": str(min(63.0, max(0.0, depression - 2.5 * order + random.gauss(0, 4)))),  # as long as floats are
                "Kilo": f"{weight + random.gauss(0, 1.5):.1f}",
                "Drinks": str(random.randint(0, 20)),
                "Work": random.choice(["1", "1", "2"]),
                "Health": random.choice(HEALTH),
                "Home": random.choice(["1", "2", "3", "5"]),
            }
            for column in cells:
                cells[column] = random.choices([cells[column].replace(".", ","), "", "-9"], [0.92, 0.05, 0.03])[0]
            if (number, wave) == (3, "T1"):
                cells |= {"Kilo": "71,25", "Home": "4", "Work": "0"}  # neither is declared
            day = {"Person": name, "Day": day_of(days, number, order)}
            rows[wave].append(day | {name: cells[name] for name in columns_of(wave).values()})
    write_rows(folder / "raw/roster/roster.csv", roster, ("Person", "Region", "Sex"))
    for wave in WAVES:
        write_rows(folder / f"raw/{wave}/{wave.lower()}.csv", rows[wave], ("Person", "Day", *columns_of(wave).values()))
    return folder
