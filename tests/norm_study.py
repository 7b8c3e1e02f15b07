"""A made-up study whose norms are by age and sex, with percentiles and limits. Belongs here: its people, made by a seeded
generator, and its files. Does not belong here: what is counted in it."""

from dataclasses import dataclass
from pathlib import Path
from random import Random

from planned_study import write_rows

WAVES = ("T1", "T2", "T3")
#: Stratum to sex, first age, the age it ends before, mean and SD of the mood total (0 to 12), as of a made-up survey.
STRATA = {
    "women_16_24": ("f", 16, 25, 5.1, 2.3), "women_25_44": ("f", 25, 45, 4.2, 2.0), "women_45": ("f", 45, None, 3.9, 2.4),
    "men_16_24": ("m", 16, 25, 4.4, 2.1), "men_25_44": ("m", 25, 45, 3.6, 1.9), "men_45": ("m", 45, None, 3.1, 2.2),
}  # fmt: skip
#: Score to how many women and men of the second survey have it; nobody has 11 or 12.
FREQUENCIES = {
    "f": {0: 10, 1: 14, 2: 20, 3: 22, 4: 18, 5: 12, 6: 9, 7: 6, 8: 4, 9: 2, 10: 1},
    "m": {0: 16, 1: 18, 2: 22, 3: 20, 4: 12, 5: 9, 6: 5, 7: 3, 8: 1, 9: 1, 10: 1},
}
SLEEP_MEAN, SLEEP_SD = 3.0, 1.5
#: Of sleep in a third survey: the percentile of every second score.
SLEEP_TABLE = {0: 5, 2: 30, 4: 72, 6: 97}

PROTOCOL = """
study: norm_study
title: A made-up study of norms by age and sex
source: none
licence: none
waves:
  - {wave: T1, label: before, month: 0}
  - {wave: T2, label: after, month: 12}
  - {wave: T3, label: follow-up, month: 24}
contrasts:
  - {contrast: T1-T2, baseline: T1, followup: T2, direction: followup_minus_baseline}
instruments: [mood, sleep]
outcomes: [mood_total, sleep_total]
groups: none
participant_variables:
  - variable: sex
    label: Sex
    section: Sex
    kind: category
    categories:
      - {category: f, label: Women, text: [woman]}
      - {category: m, label: Men, text: [man]}
      - {category: other, label: Another, text: [another]}
  - {variable: age, label: Age, section: Age, kind: number, unit: years}
exports:
  - export: roster
    folder: raw/roster
    reader: delimited
    respondent: Person
    blocks: [{block: participants, columns: {sex: Sex, age: Age}}]
    special_codes: [{blocks: [sex], codes: {"9": refused}}]
"""
EXPORT = """
  - export: {name}
    wave: {wave}
    folder: raw/{wave}
    reader: delimited
    respondent: Person
    answered_on: Date
    dates: ymd
    blocks: [{{block: mood, template: "mood_{{position}}"}}, {{block: sleep, template: "sleep_{{position}}"}}]
"""
INSTRUMENT = """
instrument: {code}
name: {name}
source: This study
licence: The study's own
item_count: {count}
anchors: {{low: 0, high: 3}}
scales:
  - {{scale: {code}_total, label: {name}, items: ["1-{count}"], aggregate: sum, better: low}}
"""


def norms() -> str:
    """norms.yaml"""
    lines = [
        "samples:",
        "  - sample: survey",
        "    instrument: mood",
        "    population: Adults by age and sex",
        "    source: A made-up survey",
        "    number_at: {age: answered_on}",
        "    uncovered: count",
        "    strata:",
    ]
    for code, (sex, low, high, _, _) in STRATA.items():
        age = f"{low}+" if high is None else f"{low}-{high - 1}"
        lines.append(f"      - {{stratum: {code}, where: {{sex: {sex}, age: {age}}}, n: {100 + low}}}")
    lines += [
        "  - sample: sexes",
        "    instrument: mood",
        "    population: Adults by sex",
        "    source: Another made-up survey",
        "    uncovered: count",
        "    strata: [{stratum: women, where: {sex: f}, n: 118}, {stratum: men, where: {sex: [m]}}]",
        "  - {sample: sleepers, instrument: sleep, n: 90, population: Adults, source: A third made-up survey}",
        "  - {sample: clinic, instrument: sleep, population: Patients, source: A made-up clinic}",
        "norms:",
    ]
    for code, (_, _, _, mean, sd) in STRATA.items():
        lines.append(f"  - {{scale: mood_total, sample: survey, stratum: {code}, mean: {mean}, sd: {sd}}}")
    lines += [
        f"  - {{scale: sleep_total, sample: sleepers, mean: {SLEEP_MEAN}, sd: {SLEEP_SD}}}",
        "percentiles:",
        *(
            f"  - {{scale: mood_total, sample: sexes, stratum: {name}, meaning: midpoint, frequencies: {FREQUENCIES[sex]}}}"
            for name, sex in (("women", "f"), ("men", "m"))
        ),
        "  - {scale: sleep_total, sample: sleepers, normal: true}",
        f"  - {{scale: sleep_total, sample: clinic, meaning: at_or_below, between: linear, table: {SLEEP_TABLE}}}",
        "limits:",
        "  - {metric: t_score, value: 60, direction: at_least, meaning: raised, source: This study, scales: [mood_total]}",
        "  - {metric: percentile, value: 90, direction: at_least, meaning: among the highest tenth, source: This study}",
        "main: {mood: survey, sleep: sleepers}",
    ]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class MadePerson:
    """Somebody of the made study. sheets: by wave the day and the answers to both questionnaires; '' is a blank cell."""

    code: str
    sex: str
    age: str
    sheets: dict[str, tuple[str, list[str]]]


def made_people(count: int = 80) -> list[MadePerson]:
    """Some are of no stratum (below 16, or another sex), of some sex or age is not known, some turn 25 or 45 on the way, some
    leave, leave an answer out, or have no day."""
    random = Random(31)
    people = []
    for number in range(count):
        age = random.choice(("15", "16", "24", "24.5", "25", "44", "44.2", "45", "60", "33", ""))
        sex = (
            random.choice(("woman", "woman", "man", "man", "another", "9", ""))
            if number % 3 == 0
            else ["woman", "man"][number % 2]
        )
        sheets = {}
        for year, wave in enumerate(WAVES):
            level = random.choice((0, 1, 1, 2, 3))
            answers = [str(min(3, max(0, level + random.choice((-1, 0, 1))))) for _ in range(6)]
            if random.random() < 0.05:
                answers[random.randint(0, 5)] = ""
            day = f"{2024 + year}-03-{random.randint(1, 28):02d}"
            is_undated, is_gone = wave != "T1" and random.random() < 0.05, wave != "T1" and random.random() < 0.2
            if not is_gone:
                sheets[wave] = ("" if is_undated else day, answers)
        people.append(MadePerson(f"P{number:02d}", sex, age, sheets))
    return people


def write_study(folder: Path, people: list[MadePerson], norm_text: str | None = None, protocol: str = PROTOCOL) -> Path:
    """The study's folder with its definitions and exports."""
    folder.mkdir(parents=True)
    exports = "".join(EXPORT.format(name=wave.lower(), wave=wave).lstrip("\n") for wave in WAVES)
    (folder / "study.yaml").write_text(protocol + exports, encoding="utf-8")
    (folder / "norms.yaml").write_text(norms() if norm_text is None else norm_text, encoding="utf-8")
    (folder / "instruments").mkdir()
    for code, name, count in (("mood", "Mood", 4), ("sleep", "Sleep", 2)):
        text = INSTRUMENT.format(code=code, name=name, count=count)
        (folder / f"instruments/{code}.yaml").write_text(text, encoding="utf-8")
    roster = [{"Person": person.code, "Sex": person.sex, "Age": person.age} for person in people]
    write_rows(folder / "raw/roster/roster.csv", roster, ("Person", "Sex", "Age"))
    columns = [f"mood_{position}" for position in range(1, 5)] + ["sleep_1", "sleep_2"]
    for wave in WAVES:
        rows = [
            {"Person": person.code, "Date": person.sheets[wave][0]} | dict(zip(columns, person.sheets[wave][1], strict=True))
            for person in people
            if wave in person.sheets
        ]
        write_rows(folder / f"raw/{wave}/{wave.lower()}.csv", rows, ("Person", "Date", *columns))
    return folder
