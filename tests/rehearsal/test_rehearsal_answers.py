"""`check` rejects exactly the cells that a run rejects, and says what they may be meant for."""

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dagster_project.exports import ReadCells, cell_rules, contract_of_file, read_cells, rows_with_answers
from dagster_project.exports.lists import declared_lists
from dagster_project.rehearsal.answers import people_not_on_roster, rejected_cells
from dagster_project.study import INVISIBLE, Study, number_in, read_study

INSTRUMENT = """
instrument: mood
name: A made-up instrument
source: none
licence: none
anchors: {low: -1, high: 3}
item_count: 2
item_anchors: [{items: [2], low: -0.5, high: 3, decimals: 1}]
scales:
  - {scale: mood_total, label: Mood, items: [1], aggregate: sum, better: high}
"""
CHOICES = """
instrument: acts
name: Made-up activities
source: none
licence: none
anchors: {low: 0, high: 1}
item_count: 3
scales:
  - {scale: acts_total, label: Activities, items: ["1-3"], aggregate: sum, better: high}
"""
STUDY = """
study: odd
title: A made-up study
source: none
licence: none
rejected_share: 1
waves:
  - {wave: T1, label: one, month: 0}
  - {wave: T2, label: two, month: 4}
  - {wave: T3, label: three, month: 8}
instruments: [mood, acts]
outcomes: [mood_total]
participant_variables:
  - {variable: age, section: Age, label: Age, kind: number, minimum: 0, maximum: 120}
  - {variable: weight, section: Weight, label: Weight, kind: number, minimum: 0, maximum: 120}
  - variable: site
    section: Site
    label: Site
    kind: category
    categories:
      - {category: A, label: "Très loin"}
      - {category: B, label: B, text: ["2", " b "]}
exports:
  - export: roster
    folder: raw/roster
    reader: delimited
    respondent: pid
    decimal: ","
    decimal_of_columns: {Weight in kg: "."}
    blocks: [{block: participants, columns: {age: age, weight: Weight in kg, site: site}}]
    special_codes:
      - {blocks: [age, weight], codes: {"99": refused, "n.a.": blank, "900 thru 998": not_asked}}
      - {blocks: [site], codes: {"9": refused, "N/A": blank, "900 thru HI": not_asked}}
"""
WAVE = """
  - export: {code}
    wave: {wave}
    folder: raw/{wave}
    reader: delimited
    respondent: pid
    decimal: "{mark}"
    decimal_of_columns: {others}
    blocks:
      - {{block: mood, columns: {{mood_01: q, mood_02: s}}}}
      - block: acts
        lists:
          - column: q7
            separator: "{mark}"
            choices: {{acts_01: "2", acts_02: [0, "Très bien"], acts_03: "Très loin"}}
            exclusive: ["99,"]
            untouched: answers
    labels: [{{blocks: [mood], labels: {{"Très bien": 3, "1,5": 2}}}}, {{blocks: [mood], items: [2], labels: {{"half": 0.5}}}}]
    special_codes:
      - {{codes: {{"99": refused, "-9": not_asked, "n/a": blank, "90 thru 98": refused, "LO thru -50": not_asked}}}}
      - {{blocks: [mood], codes: {{"7.70": not_asked}}}}
"""
#: Each wave with the mark of its export, and its columns with another. Columns of T3 are written as two people wrote them.
WAVES = (("T1", ".", "{}"), ("T2", ",", "{}"), ("T3", ".", "{s: ',', 'q7*': ','}"))
_PLAIN = [
    *(
        "0",
        "3",
        "-1",
        "4",
        "-2",
        "+2",
        "02",
        "2.0",
        "2,0",
        "2.",
        "2,",
        ".0",
        "2.5",
        "2,5",
        "1,5",
        "1.5",
        "1_0",
        "1e0",
        "0x1",
    ),
    *("99", "99.0", "099", "-9", "−1", "٣", "²", "½", "nan", "inf", "TRUE", "n/a", "N/A", "Très bien", "très bien", "3 "),
    *("1.000", "1,000", "0.0000000001", "1234567890", "- 1", "1 2", "b", "B", "2", "Très loin", "0,5", "120,0", "121"),
    *(
        "95",
        "95.0",
        "95,0",
        "98.5",
        "98,5",
        "98.0",
        "98,0",
        "-50",
        "-50.5",
        "-50,5",
        "-49",
        "9",
        "9.0",
        "9,0",
        "999",
        "999,0",
    ),
    *(
        "half",
        "1.55",
        "1.50",
        "1,50",
        ".5",
        ",5",
        "0.10",
        "-.5",
        "-0.5",
        "-0.50",
        "-0.6",
        "3.00",
        "3.01",
        "0.30000000000000004",
        "2.9999999999999999",
        "1.2000001",
        "7.7",
        "7,7",
        "7.70",
        "+.5",
    ),
    *("998", "998,0", "998.0", "99,0", "99.0", "n.a.", "n,a,", "2,0", "+99", "0900"),
]
#: Each with its accents apart, and with what nobody sees around it.
CELLS = [
    *_PLAIN,
    *(unicodedata.normalize("NFD", text) for text in _PLAIN if not text.isascii()),
    *(f"{character}2{character}" for character in INVISIBLE if character not in "\r\n"),
    "\u200b",
    "\u00a0",
]


@pytest.fixture(scope="module")
def odd_study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("rehearsal") / "odd"
    waves = [WAVE.format(code=wave.lower(), wave=wave, mark=mark, others=others) for wave, mark, others in WAVES]
    _write(folder / "study.yaml", STUDY + "".join(waves))
    _write(folder / "instruments" / "mood.yaml", INSTRUMENT)
    _write(folder / "instruments" / "acts.yaml", CHOICES)
    people = [f"P{index}" for index, _ in enumerate(CELLS)]
    roster_rows = [["pid", "age", "Weight in kg", "site"], *zip(people, CELLS, CELLS, CELLS, strict=True)]
    _write(folder / "raw/roster/r.csv", _csv(roster_rows))
    for wave, mark, _ in WAVES:
        # Each cell beside a choice, too: of a list the other choices are then rejected with what is unknown.
        lists = [cell if index % 2 else f"2{mark}{cell}" for index, cell in enumerate(CELLS)]
        rows = list(zip(people, CELLS, CELLS, lists, strict=True))
        rows = rows if wave != "T3" else rows[::-1]  # the same file in two waves would be refused
        _write(folder / "raw" / wave / "t.csv", _csv([["pid", "q", "s", "q7"], *rows]))
    return read_study(folder)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _csv(rows: list[Any]) -> str:
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(rows)
    return stream.getvalue()


def _cells_of(study: Study, export_code: str) -> list[ReadCells]:
    export = next(export for export in study.protocol.exports if export.export == export_code)
    (file,) = (study.folder / export.folder).iterdir()
    return read_cells(contract_of_file(file, file.name, study, export), study, export)


def test_what_is_rejected_before_a_run_is_what_the_run_rejects(
    odd_study: Study, workspace_of: Callable[[Path], Any], run_of: Callable[[Any], Any]
) -> None:
    workspace = workspace_of(odd_study.folder)
    run = run_of(workspace)
    assert run.failures == []
    rejected = Counter(
        (row["wave"], re.sub("acts_0.", "acts", row["item"]), row["answer_text"])
        for row in workspace.working("select wave, item, answer_text from staging.rejected_answers")
    )
    foreseen: Counter[tuple[str | None, str, str]] = Counter()
    for export in odd_study.protocol.exports:
        for cells in _cells_of(odd_study, export.export):
            foreseen.update({(export.wave, cells.name, text): n for text, n in cells.rejected.items()})
    by_block: Counter[tuple[str | None, str, str]] = Counter()
    for (wave, name, text), n in rejected.items():
        by_block[wave, name.split("_")[0], text] += n
    assert foreseen == by_block
    # It is not all or nothing: each column takes some of the texts.
    assert {len(list(group)) > 10 for group in _groups(rejected).values()} == {True}
    typed = workspace.released("select wave, item, count(*) as n from marts.answers group by all")
    of_mood = [row["n"] for row in typed if row["item"].startswith("mood")]
    assert len(of_mood) == 6 and min(of_mood) > 20
    decimals = workspace.released(
        "select distinct wave, answer from marts.answers where item = 'mood_02' and answer % 1 <> 0"
    )
    with_point, with_comma, of_column = ({row["answer"] for row in decimals if row["wave"] == wave} for wave, *_ in WAVES)
    assert with_point == {-0.5, 0.1, 0.3, 0.5, 1.5, 2.5} and with_comma == of_column == {0.5, 2.5}
    for item in ("mood_01", "mood_02"):
        _compare_codes(odd_study, workspace, item)
    _compare_numbers_of_people(odd_study, workspace)


def _compare_codes(study: Study, workspace: Any, item: str) -> None:
    """What is read of an item's cell before a run is what the run keeps."""
    sheets = workspace.working(
        f"select raw.respondent, wave, {item} as answer, {item}__missing as missing from marts.answer_sheets"
        " inner join raw.roster as raw using (participant_id)"
    )
    for export in study.protocol.exports[1:]:
        rule = cell_rules(study, export, "mood")[item]
        foreseen = {f"P{index}": rule.code_of(cell) for index, cell in enumerate(CELLS)}
        kept = {
            row["respondent"]: row["missing"] if row["answer"] is None else row["answer"]
            for row in sheets
            if row["wave"] == export.wave
        }
        # A row without an answer or a rejected text is no return.
        kept = {person: "blank" if reason == "returned_blank" else reason for person, reason in kept.items()}
        foreseen = {
            person: "blank" if code == "not_asked" and kept[person] == "blank" else code for person, code in foreseen.items()
        }
        assert foreseen == kept


def _compare_numbers_of_people(study: Study, workspace: Any) -> None:
    """A number of the roster is there where its rule takes one, by the mark of its column, and no special code."""
    rows = workspace.working(
        "select raw.respondent, people.age, people.weight from staging.stg_participants as people"
        " inner join raw.roster as raw using (participant_id)"
    )
    rules = cell_rules(study, study.protocol.roster, "participants")
    fractions = {}
    for variable, mark in (("age", ","), ("weight", ".")):
        numbers = {row["respondent"]: row[variable] for row in rows}
        foreseen = {
            f"P{index}": number_in(cell, mark)
            if rules[variable].accepts(cell) and not rules[variable].is_declared(cell)
            else None
            for index, cell in enumerate(CELLS)
        }
        assert numbers == foreseen
        fractions[variable] = {number for number in numbers.values() if number is not None and number % 1}
    assert fractions["age"] == {0.5, 1.5, 2.5, 7.7, 98.5} and len(fractions["weight"] - fractions["age"]) > 5


def test_a_row_holds_something_where_a_cell_is_an_answer_a_refusal_or_nothing_that_can_be_read(odd_study: Study) -> None:
    """As its column writes numbers: "7,7" is a number where the comma is the mark, and a text elsewhere."""
    for export in odd_study.protocol.wave_exports:
        (file,) = (odd_study.folder / export.folder).iterdir()
        contract = contract_of_file(file, file.name, odd_study, export)
        rules = cell_rules(odd_study, export, "mood")
        codes = {f"P{index}": {rule.code_of(cell) for rule in rules.values()} for index, cell in enumerate(CELLS)}
        silent = {person for person, read in codes.items() if read <= {"blank", "not_asked"}}
        speaking = {person for person, _ in rows_with_answers(contract, odd_study, export, "mood")}
        assert speaking == codes.keys() - silent and len(silent) > 5


def test_a_special_code_in_a_list_is_a_number_as_its_column_writes_numbers(odd_study: Study) -> None:
    kinds = {}
    for export in odd_study.protocol.wave_exports:
        (reader,) = declared_lists(odd_study, export)
        choices = {text: reader.choice_of(text) for text in ("98,0", "98.0")}
        kinds[export.wave] = [text for text, choice in choices.items() if choice is not None]
    assert kinds == {"T1": ["98.0"], "T2": ["98,0"], "T3": ["98,0"]}


def _groups(rejected: Counter[tuple[str | None, str, str]]) -> dict[tuple[str | None, str], list[str]]:
    groups: dict[tuple[str | None, str], list[str]] = {}
    for wave, name, text in rejected:
        groups.setdefault((wave, name), []).append(text)
    return groups


def _cells(texts: Counter[str], *declared_texts: str, value_count: int = 100, block: str = "mood") -> ReadCells:
    return ReadCells(block, block, frozenset(declared_texts), value_count, texts)


@pytest.mark.parametrize(
    ("cells", "is_too_many", "message"),
    [
        (
            _cells(Counter({"6": 3, "7": 1}), "agree"),
            False,
            '4 of the 100 values of mood would be rejected: "6" (3 times), "7"; declare these texts under labels or'
            " special_codes of the export, or correct the anchors",
        ),
        (
            replace(_cells(Counter({"6": 3, "7": 1}), "agree"), columns={"7": "Mood 2", "6": "Mood 1"}),
            False,
            '4 of the 100 values of mood would be rejected: "6" (3 times, column "Mood 1"), "7" (column "Mood 2"); declare these'
            " texts under labels or special_codes of the export, or correct the anchors",
        ),
        (
            _cells(Counter({"Oui": 60, "Non": 40})),
            True,
            'none of the 100 values of mood is an answer: "Oui" (60 times), "Non" (40 times); declare these texts under labels'
            " or special_codes of the export, or correct the anchors",
        ),
        (
            _cells(Counter({"Agre": 1}), "Agree", "Disagree"),
            False,
            "1 of the 100 values of mood would be rejected: \"Agre\"; is 'Agre' meant for 'Agree'? Declare it, too, or correct"
            " the cell",
        ),
        (
            _cells(Counter({"trs bien": 1}), "très bien"),
            False,
            "1 of the 100 values of mood would be rejected: \"trs bien\"; is 'trs bien' meant for 'tr\\xe8s bien'? Declare it,"
            " too, or correct the cell",
        ),
        (
            # Bytes of an old Mac, read as those of a Western spreadsheet.
            _cells(Counter({"täglich".encode("mac_roman").decode("cp1252"): 1}), "täglich"),
            False,
            '1 of the 100 values of mood would be rejected: "tŠglich"; read as mac_roman, \'t\\u0160glich\' is "täglich"; say'
            " so under encoding of the export",
        ),
        (
            _cells(Counter(a=1, b=1, c=1, d=1, e=1), block="participants"),
            False,
            '5 of the 100 values of participants would be rejected: "a", "b", "c" and 2 more texts; declare these texts under'
            " the variable's categories, or correct its limits",
        ),
    ],
)
def test_each_finding_says_which_texts_and_what_to_do(
    odd_study: Study, cells: ReadCells, is_too_many: bool, message: str
) -> None:
    study = replace(odd_study, protocol=odd_study.protocol.model_copy(update={"rejected_share": 0.05}))
    assert list(rejected_cells(study, [cells])) == [(is_too_many, message)]


def test_people_who_are_not_on_the_roster_are_named_so_that_the_difference_is_seen(odd_study: Study) -> None:
    export = odd_study.protocol.exports[1]
    (file,) = (odd_study.folder / export.folder).iterdir()
    result = contract_of_file(file, file.name, odd_study, export)
    roster = [f"P{index}" for index, _ in enumerate(CELLS)]
    assert list(people_not_on_roster(export, result, roster)) == []
    changed_roster = [*("P0\u00a0", "p1", "P-2", "P3"), *roster[5:]]
    assert list(people_not_on_roster(export, result, changed_roster)) == [
        "not on the roster: 'P0' (did you mean 'P0\\xa0'?), 'P1' (did you mean 'p1'?), 'P2' (did you mean 'P-2'?) and 1 more;"
        " correct the identifier, add the person, or say who is meant under respondents of the export"
    ]
    assert (
        list(people_not_on_roster(export.model_copy(update={"respondents": {"P4": "P3"}}), result, roster[:4] + roster[5:]))
        == []
    )
