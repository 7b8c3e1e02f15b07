"""Folders of exports in the shapes of real tools, made of simulated people. Belongs here: writing them. Does not belong
here: what is expected of a draft (drafting/)."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

N_PEOPLE = 40


def answers(
    seed: int, n_items: int, low: int, high: int, reversed_items: Sequence[int] = (), n: int = N_PEOPLE
) -> np.ndarray:
    """Whole-number answers of people to items that go together; the reversed ones against the others."""
    generator = np.random.default_rng(seed)
    trait = generator.normal(size=(n, 1))
    latent = trait + 0.8 * generator.normal(size=(n, n_items))
    middle, spread = (low + high) / 2, (high - low) / 4
    codes = np.clip(np.rint(middle + spread * latent), low, high).astype(int)
    for position in reversed_items:
        codes[:, position - 1] = low + high - codes[:, position - 1]
    return codes


def write_csv(path: Path, rows: Sequence[Sequence[object]], delimiter: str = ",") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)


def spss_in_waves(folder: Path) -> Path:
    """Labelled SPSS files, a wave a folder: DEP1 to DEP9 (0 to 3, -9 user-missing, refused) and LIFE_01 to LIFE_05 (1 to 7)."""
    for wave, (name, day) in enumerate((("T1_baseline", "2024-01-10"), ("T2_followup", "2024-07-12")), start=1):
        n = N_PEOPLE - 5 * (wave - 1)
        dep, life = answers(wave, 9, 0, 3, n=n).astype(float), answers(10 + wave, 5, 1, 7, (3,), n=n).astype(float)
        dep[0, 4] = -9
        life[1, 2] = np.nan
        frame = pd.DataFrame({"ID": [f"P{1000 + number}" for number in range(n)]})
        frame["date"] = pd.Timestamp(day).date()
        frame["gender"] = [1.0 if number % 3 else 2.0 for number in range(n)]
        frame["age"] = [20.0 + number for number in range(n)]
        frame[[f"DEP{position}" for position in range(1, 10)]] = dep
        frame[[f"LIFE_{position:02d}" for position in range(1, 6)]] = life
        frame["remarks"] = ["" if number % 4 else f"remark {number}" for number in range(n)]
        often = {
            0.0: "Not at all",
            1.0: "Several days",
            2.0: "More than half the days",
            3.0: "Nearly every day",
            -9.0: "Refused",
        }
        path = folder / name / f"study_{name}.sav"
        path.parent.mkdir(parents=True, exist_ok=True)
        pyreadstat.write_sav(
            frame,
            str(path),
            variable_value_labels={f"DEP{position}": often for position in range(1, 10)}
            | {"gender": {1.0: "Female", 2.0: "Male"}}
            | {f"LIFE_{position:02d}": {1.0: "Strongly disagree", 7.0: "Strongly agree"} for position in range(1, 6)},
            missing_ranges={f"DEP{position}": [-9] for position in range(1, 10)},
        )
    return folder


_FIELDS = (
    ("record_id", "demographics", "text", "Record ID", ""),
    ("dob_age", "demographics", "text", "Age", ""),
    ("sex", "demographics", "radio", "Sex", "1, Female | 2, Male"),
    ("arm", "demographics", "dropdown", "Arm", "0, Waiting list | 1, Course"),
    ("visit_date", "questionnaire", "text", "Date of visit", ""),
    *(
        (
            f"wor_{position}",
            "questionnaire",
            "radio",
            f"Item {position}",
            "0, Never | 1, Some days | 2, Most days | 3, Daily",
        )
        for position in range(1, 8)
    ),
)


def redcap_long(folder: Path) -> Path:
    """REDCap's raw export of three events with its data dictionary."""
    header = ["Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
              "Choices, Calculations, OR Slider Labels", "Field Note"]  # fmt: skip
    dictionary = [[name, form, "", kind, label, choices, ""] for name, form, kind, label, choices in _FIELDS]
    write_csv(folder / "Study_DataDictionary_2024-09-01.csv", [header, *dictionary])
    names = [name for name, *_ in _FIELDS]
    columns = ["record_id", "redcap_event_name", *names[1:4], "demographics_complete", *names[4:], "questionnaire_complete"]
    rows: list[list[object]] = []
    events = [("baseline_arm_1", "2024-01-15"), ("month_3_arm_1", "2024-04-20"), ("month_6_arm_1", "2024-07-22")]
    items = [answers(20 + number, 7, 0, 3) for number in range(3)]
    for person in range(N_PEOPLE):
        for number, (event, day) in enumerate(events):
            if number and person % 7 == number:
                continue
            facts = [20 + person, 1 + person % 2, person % 3 % 2] if number == 0 else ["", "", ""]
            rows.append([person + 1, event, *facts, 2 if number == 0 else "", day, *items[number][person], 2])
    write_csv(folder / "Study_DATA_2024-09-01_1200.csv", [columns, *rows])
    return folder


OFTEN = ("Never", "Rarely", "Sometimes", "Often", "Always")


def surveymonkey_in_waves(folder: Path) -> Path:
    """SurveyMonkey's CSV of two waves: two header rows, a matrix of five statements answered in words."""
    for wave, name in enumerate(("Survey wave 1.csv", "Survey wave 2.csv"), start=1):
        first = ["Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address", "What is your personal code?",
                 "What is your gender?", "How often did you ...", "", "", "", "", "Anything else?"]  # fmt: skip
        second = ["", "", "", "", "", "Open-Ended Response", "Response", *(f"Statement {letter}" for letter in "ABCDE"),
                  "Open-Ended Response"]  # fmt: skip
        codes = answers(30 + wave, 5, 1, 5, (4,))
        rows = [
            [
                11800000000 + 1000 * wave + person, 412345678, f"0{1 + 4 * wave}/{13 + person % 10}/2024 10:0{person % 10}:00",
                f"0{1 + 4 * wave}/{13 + person % 10}/2024 10:1{person % 10}:00", "", f"AB{person:02d}C",
                ("Female", "Male", "Other")[person % 3 % 2 if person % 11 else 2],
                *(OFTEN[code - 1] for code in codes[person]), "" if person % 5 else "Thanks, all good",
            ]
            for person in range(N_PEOPLE)
        ]  # fmt: skip
        write_csv(folder / name, [first, second, *rows])
    return folder


AGREE = ("Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree")


def google_forms(folder: Path) -> Path:
    """Google Forms' CSV of two files without a word on their order; dates that could be read two ways, a grid in words."""
    for name, day in (("responses_a.csv", 3), ("responses_b.csv", 7)):
        header = ["Timestamp", "Email Address", "How old are you?", *(f"About you [Row {letter}]" for letter in "ABCD")]
        codes = answers(40 + day, 4, 1, 5)
        rows = [
            [f"{day}/{day + 1}/2024 12:{person:02d}:00", f"person{person}@example.org", 20 + person % 30,
             *(AGREE[code - 1] for code in codes[person])]
            for person in range(N_PEOPLE)
        ]  # fmt: skip
        write_csv(folder / name, [header, *rows])
    return folder


def wide_with_missing_codes(folder: Path) -> Path:
    """A CSV with semicolons, a row a person, the waves in the names of columns; 99 for no answer, NA from R, commas in weights."""
    waves = {f"t{number}": answers(50 + number, 6, 1, 5) for number in (1, 2)}
    header = ["code", "sex", "weight", *(f"mood{position}_{wave}" for wave in waves for position in range(1, 7))]
    rows = []
    for person in range(N_PEOPLE):
        cells = [str(code) for codes in waves.values() for code in codes[person]]
        if person % 9 == 0:
            cells[person % 12] = "99"
        if person % 8 == 5:
            cells[6:] = ["NA"] * 6
        rows.append([f"K{person:03d}", "mf"[person % 2], f"{50 + person},5", *cells])
    write_csv(folder / "data.csv", [header, *rows], ";")
    return folder


def limesurvey_with_later_people(folder: Path) -> Path:
    """LimeSurvey's CSV of two waves; people come in at the second one, answers carry their codes, some are not submitted."""
    for wave, name in enumerate(("results_pre.csv", "results_post.csv"), start=1):
        header = [
            "id",
            "submitdate",
            "lastpage",
            "startlanguage",
            "token",
            *(f"Q1[SQ{number:03d}]" for number in range(1, 6)),
        ]
        codes = answers(60 + wave, 5, 1, 4)
        texts = {1: "1 - not at all", 2: "2 - a little", 3: "3 - rather", 4: "4 - very"}
        rows = [
            [person + 1, "" if person % 10 == 9 else f"2024-0{wave}-1{person % 10} 10:00:00", 2, "en", f"tok{person + 5 * wave}",
             *(texts[code] for code in codes[person])]
            for person in range(N_PEOPLE)
        ]  # fmt: skip
        write_csv(folder / name, [header, *rows])
    return folder


def workbook_of_waves(folder: Path) -> Path:
    """A workbook with a sheet of notes and a sheet for each wave, a title above the header, and a row of labels below it."""
    folder.mkdir(parents=True, exist_ok=True)
    with pd.ExcelWriter(folder / "study.xlsx", engine="xlsxwriter") as workbook:
        pd.DataFrame([["Questions to: A. Name"]]).to_excel(workbook, sheet_name="Notes", index=False, header=False)
        for wave, sheet in enumerate(("Baseline", "Follow-up 12"), start=1):
            codes = answers(70 + wave, 4, 0, 10)
            header = ["Person no", "Group", "Group size", *(f"VAS {position}" for position in range(1, 5))]
            labels = ["who", "which group", "people", *("how it was" for _ in range(4))]
            rows = [
                [300 - person, "AB"[person % 2], 10 + person % 7, *map(int, codes[person])] for person in range(N_PEOPLE)
            ]
            frame = pd.DataFrame([["A study"], [], header, labels, *rows])
            frame.to_excel(workbook, sheet_name=sheet, index=False, header=False)
    return folder


def sliders_in_waves(folder: Path) -> Path:
    """Sliders from 0.0 to 10.0 with 99 for no answer, half steps from 1 to 5, whole answers written as 3.0, and computed
    scores. In the first wave sliders and ages were typed with commas, the rest with points; in the second all with points."""
    header = ["code", "age", *(f"vas{position}" for position in range(1, 5)), *(f"tired{position}" for position in range(1, 4)),
              *(f"calm{position}" for position in range(1, 5)), "z1", "z2", "z3", "share"]  # fmt: skip
    for wave, mark in ((1, ","), (2, ".")):
        sliders = answers(90 + wave, 4, 0, 100, (3,)) / 10
        halves, whole = answers(95 + wave, 3, 2, 10) / 2, answers(98 + wave, 4, 1, 5)
        standardised = (sliders - sliders.mean(axis=0)) / sliders.std(axis=0)
        rows = []
        for person in range(N_PEOPLE):
            typed = [f"{20.5 + person:g}", *(f"{number:.1f}" for number in sliders[person])]
            if person % 10 == wave:
                typed[2] = "99"
            rows.append(
                [f"K{person:03d}", *(text.replace(".", mark) for text in typed), *map(float, halves[person]),
                 *map(float, whole[person]), *(f"{number:.2f}" for number in standardised[person, :3]),
                 float(sliders[person].sum() / 30)]
            )  # fmt: skip
        write_csv(folder / f"T{wave}.csv", [header, *rows], ";")
    return folder


def unordered_duplicates(folder: Path) -> Path:
    """Two files of one wave with the same people, and a second wave in which a person has two rows."""
    header = ["pid", *(f"SAT{position}" for position in range(1, 6))]
    first, second = answers(81, 5, 1, 7), answers(82, 5, 1, 7)
    rows = [[900 - person, *first[person]] for person in range(N_PEOPLE)]
    write_csv(folder / "wave 1" / "export.csv", [header, *rows])
    write_csv(folder / "wave 1" / "export corrected.csv", [header, *rows[:-1], [901 - N_PEOPLE, 1, 1, 1, 1, 1]])
    later_rows = [[900 - person, *second[person]] for person in range(N_PEOPLE)]
    write_csv(folder / "wave 2" / "export.csv", [header, *later_rows, later_rows[3]])
    (folder / "readme.md").write_text("# A study\n", encoding="utf-8")
    return folder
