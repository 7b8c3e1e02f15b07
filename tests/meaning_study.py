"""A made-up study of instruments of the library whose scores mean something: cut-offs, named ranges, important changes, norms.
Belongs here: its people, made by a seeded generator, and its files. Does not belong here: what is counted in it."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from random import Random

from planned_study import write_rows

WAVES = ("T1", "T2", "T3")
#: Instrument to how many items it has, and the lowest and highest answer.
ITEMS = {"phq9": (9, 0, 3), "gad7": (7, 0, 3), "who5": (5, 0, 5), "brs": (6, 1, 5), "pss4": (4, 0, 4), "habits": (10, 1, 5)}
REVERSED = {"brs": (2, 4, 6), "pss4": (2, 3), "habits": (2, 5, 8)}
NORM_MEAN, NORM_SD = 2.9, 3.5
#: Of the GAD-7's second norm.
OTHER_MEAN, OTHER_SD, OTHER_N = 3, 3.4, 5030

PROTOCOL = """
study: meaning_study
title: A made-up study of scores that mean something
source: none
licence: none
waves:
  - {wave: T1, label: before, month: 0}
  - {wave: T2, label: after, month: 3}
  - {wave: T3, label: follow-up, month: 9}
contrasts:
  - {contrast: T1-T2, baseline: T1, followup: T2, direction: followup_minus_baseline}
  - {contrast: T1-T3, baseline: T1, followup: T3, direction: baseline_minus_followup}
instruments: ["library:phq9", "library:gad7", "library:who5", "library:brs", "library:pss4", habits]
outcomes: [phq9_total, gad7_total, who5_index, brs_mean, pss4_total]
groups: none
ordinal_reliability: [pss4_total, habits_total]
careless: {least_items: 6, most_sd: 0.5, least_seconds_per_item: 2.5, source: A limit of this study}
exports:
  - {export: roster, folder: raw/roster, reader: delimited, respondent: Person}
"""
#: T1 is timed in seconds as LimeSurvey does it, T2 by a clock; T3 does not say how long a sheet took.
DURATIONS = {"T1": ("interviewtime", "seconds"), "T2": ("Time taken", "clock")}
#: Cells of T1 and T2 that are no length of time, by person.
UNREADABLE_TIMES = {("T1", 4): "-31", ("T1", 9): "n/a", ("T2", 5): "0:61:00"}
EXPORT = """
  - export: {name}
    wave: {wave}
    folder: raw/{wave}
    reader: delimited
    respondent: Person
{duration}    blocks:
"""
NORMS = f"""
samples:
  - {{sample: general, instrument: phq9, n: 5018, population: Adults of the general population, source: A survey, healthy: true}}
  - {{sample: patients, instrument: gad7, population: People in treatment, source: A clinic}}
  - {{sample: general_gad7, instrument: gad7, n: {OTHER_N}, population: Adults in general, source: A third survey, healthy: true}}
  - {{sample: well, instrument: brs, population: People who are worse off, source: Another survey, healthy: true}}
norms:
  - {{scale: phq9_total, sample: general, mean: {NORM_MEAN}, sd: {NORM_SD}}}
  - {{scale: gad7_total, sample: patients, mean: 12, sd: 4}}
  - {{scale: gad7_total, sample: general_gad7, mean: {OTHER_MEAN}, sd: {OTHER_SD}}}
  - {{scale: brs_mean, sample: well, mean: 1.2, sd: 0.5}}
main: {{gad7: patients}}
"""
#: Of the study's own questionnaire: labels with every sign that a format may take for its own.
LABELS = {1: "<b>Sleeps</b> & eats", 2: "Costs $5_a day$ or 10 %", 3: "=SUM(A1)", 10: 'Says "no" \\ often'}
HABITS = f"""
instrument: habits
name: Habits of the week
source: This study
licence: The study's own
wording: own
item_count: 10
anchors: {{low: 1, high: 5}}
reversed: [2, 5, 8]
item_labels: {json.dumps(LABELS)}
scales:
  - {{scale: habits_total, label: Habits, items: ["1-10"], aggregate: sum, better: high}}
"""


@dataclass(frozen=True)
class MadePerson:
    """Somebody of the made study. answers: by wave and instrument, None without an answer; a wave without a row is not there."""

    code: str
    answers: dict[str, dict[str, list[int | None]]]

    def seconds(self, wave: str) -> float | None:
        """How long the sheet of a timed wave took, from 40 seconds to some minutes; of some nobody knows."""
        number = int(self.code[1:])
        if wave not in DURATIONS or (wave, number) in UNREADABLE_TIMES or number % 11 == 7:
            return None
        return (40 + 37 * number % 260) + (0.25 if wave == "T1" else 0)

    def time_text(self, wave: str) -> str:
        """That time as the export of the wave writes it."""
        seconds = self.seconds(wave)
        if seconds is None:
            return UNREADABLE_TIMES.get((wave, int(self.code[1:])), "")
        return f"{seconds:g}" if wave == "T1" else f"0:{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"


@dataclass(frozen=True)
class CarelessSheet:
    """A made sheet of ten items, and what R says of it."""

    answers: list[int | None]
    n_answers: int
    longest_run: int
    sd: float


def careless_sheets() -> list[CarelessSheet]:
    """The sheets of the witness of careless answers; the first people of the study have them as their habits at T1."""
    with (Path(__file__).parent / "statistics/careless_witness.csv").open(encoding="utf-8") as file:
        file.readline()
        return [
            CarelessSheet(
                [None if tick == "-" else int(tick) for tick in row["answers"]], int(row["n_answers"]),
                int(row["longest_run"]), float(row["sd"]),
            )
            for row in csv.DictReader(file)
        ]  # fmt: skip


def _spread(total: int, count: int, highest: int) -> list[int | None]:
    """Answers of a given sum, as even as can be."""
    return [min(highest, total // count + (position < total % count)) for position in range(count)]


def made_people(count: int = 60) -> list[MadePerson]:
    """Most get better from wave to wave, some do not come back, some leave an item out. The first two have PHQ-9 and GAD-7
    scores exactly at the cut-off before, and one point below it after. Of the study's own questionnaire some tick the same
    answer all the way down or half of it, some leave most of it out."""
    random, ticks, sheets_of_r = Random(11), Random(12), careless_sheets()
    people = []
    for number in range(count):
        distress = random.random()
        answers: dict[str, dict[str, list[int | None]]] = {}
        for wave, relief in zip(WAVES, (0.0, 0.2, 0.3), strict=True):
            level = max(0.0, distress - relief * random.random() * 2)
            answers[wave] = {}
            for instrument, (items, low, high) in ITEMS.items():
                if instrument == "habits":
                    is_of_r = wave == "T1" and number < len(sheets_of_r)
                    answers[wave][instrument] = sheets_of_r[number].answers if is_of_r else _ticked(ticks, items)
                    continue
                share = 1 - level if instrument in ("who5", "brs") else level
                keyed = [min(high, max(low, round(low + (high - low) * share + random.gauss(0, 0.6)))) for _ in range(items)]
                answers[wave][instrument] = [
                    low + high - answer if position in REVERSED.get(instrument, ()) else answer
                    for position, answer in enumerate(keyed, start=1)
                ]
            if random.random() < 0.15:
                answers[wave][random.choice(tuple(ITEMS)[:5])][0] = None
        if number < 2:
            answers["T1"]["phq9"], answers["T2"]["phq9"] = _spread(10, 9, 3), _spread(9, 9, 3)
            answers["T1"]["gad7"], answers["T2"]["gad7"] = _spread(10, 7, 3), _spread(9, 7, 3)
        for wave in ("T2", "T3"):
            if number >= 2 and random.random() < 0.2:
                del answers[wave]
        people.append(MadePerson(f"P{number:02d}", answers))
    return people


def _ticked(random: Random, count: int) -> list[int | None]:
    """Answers from 1 to 5 as people tick them: with care, in a row, in half a row, or hardly at all."""
    answers: list[int | None] = [random.randint(1, 5) for _ in range(count)]
    manner = random.random()
    if manner < 0.1:
        return [3] * count
    if manner < 0.25:
        start, length = random.randint(0, 5), random.randint(4, 5)
        answers[start : start + length] = [2] * length
    if 0.2 < manner < 0.35:
        answers[random.randint(0, count - 1)] = None
    return answers[:3] + [None] * (count - 3) if manner > 0.93 else answers


def write_study(folder: Path, people: list[MadePerson]) -> Path:
    """The study's folder with its definitions and exports."""
    folder.mkdir(parents=True)
    exports = ""
    for wave in WAVES:
        column, unit = DURATIONS.get(wave, ("", ""))
        duration = f"    duration: {{column: {column}, unit: {unit}}}\n" if wave in DURATIONS else ""
        exports += EXPORT.format(name=wave.lower(), wave=wave, duration=duration).lstrip("\n")
        exports += "".join(f'      - {{block: {code}, template: "{code}_{{position}}"}}\n' for code in ITEMS)
    (folder / "study.yaml").write_text(PROTOCOL + exports, encoding="utf-8")
    (folder / "norms.yaml").write_text(NORMS, encoding="utf-8")
    (folder / "instruments").mkdir()
    (folder / "instruments/habits.yaml").write_text(HABITS, encoding="utf-8")
    write_rows(folder / "raw/roster/roster.csv", [{"Person": person.code} for person in people], ("Person",))
    columns = [f"{code}_{position}" for code, (count, _, _) in ITEMS.items() for position in range(1, count + 1)]
    for wave in WAVES:
        rows, timed = [], [DURATIONS[wave]] if wave in DURATIONS else []
        for person in people:
            if wave in person.answers:
                cells = [answer for code in ITEMS for answer in person.answers[wave][code]]
                texts = ("" if cell is None else str(cell) for cell in cells)
                row = {"Person": person.code} | dict(zip(columns, texts, strict=True))
                rows.append(row | {column: person.time_text(wave) for column, _ in timed})
        header = ("Person", *columns, *(column for column, _ in timed))
        write_rows(folder / f"raw/{wave}/{wave.lower()}.csv", rows, header)
    return folder
