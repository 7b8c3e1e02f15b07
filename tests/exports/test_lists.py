"""Cells that hold several choices of one question: every part of every cell is an answer, a reason, or named."""

import random
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project.exports import ContractResult, contract_of_file, read_cells
from dagster_project.rehearsal.answers import rejected_cells
from dagster_project.study import Study, StudyError, read_study

INSTRUMENT = """
instrument: acts
name: Made-up activities
source: none
licence: none
anchors: {low: 0, high: 1}
item_count: 4
scales:
  - {scale: acts_total, label: Activities, items: ["1-4"], aggregate: sum, better: high}
"""
STUDY = """
study: ticks
title: A made-up study
source: none
licence: none
rejected_share: 1
waves:
  - {{wave: T1, label: one, month: 0}}
instruments: [acts]
outcomes: [acts_total]
roster: T1
exports:
  - export: t1
    wave: T1
    folder: raw/T1
    reader: delimited
    respondent: id
    blocks:
      - block: acts
        absent: [{absent}]
        lists:
          - {{column: q7, separator: {separator}, choices: {choices}{keys}}}
{more}
"""
#: One choice holds the separator, one is the beginning of another, one has an accent.
CHOICES = {"acts_01": "Yes", "acts_02": "Yes, often", "acts_03": "Café", "acts_04": "Café, late"}
IN_YAML = '{acts_01: "Yes", acts_02: "Yes, often", acts_03: Café, acts_04: "Café, late"}'

MakeStudy = Callable[..., Study]


@pytest.fixture
def make_study(tmp_path: Path) -> MakeStudy:
    """A study with one list. keys: of the list, as YAML; more: of the export."""

    def make(keys: str = "", separator: str = "','", choices: str = IN_YAML, more: str = "", absent: str = "") -> Study:
        folder = tmp_path / "ticks"
        (folder / "instruments").mkdir(parents=True, exist_ok=True)
        (folder / "raw" / "T1").mkdir(parents=True, exist_ok=True)
        keys = f", {keys}" if keys else ""
        content = STUDY.format(keys=keys, separator=separator, choices=choices, more=more, absent=absent)
        (folder / "study.yaml").write_text(content, encoding="utf-8")
        (folder / "instruments" / "acts.yaml").write_text(INSTRUMENT, encoding="utf-8")
        return read_study(folder)

    return make


def _result(study: Study, cells: list[str], columns: dict[str, list[str]] | None = None) -> ContractResult:
    file = study.folder / "raw" / "T1" / "t1.csv"
    more = columns or {}
    rows = [["id", "q7", *more]]
    rows += [[f"P{number}", cell, *(texts[number] for texts in more.values())] for number, cell in enumerate(cells)]
    lines = (",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    (export,) = study.protocol.wave_exports
    return contract_of_file(file, file.name, study, export)


def _answers(result: ContractResult) -> list[list[str]]:
    return [[row[code] for code in CHOICES] for row in result.accepted.to_pylist()]


@pytest.mark.parametrize(
    ("separator", "mark"), [("','", ", "), ("','", ","), ("';'", ";"), ("'\\n'", "\n"), ("line break", "\r\n")]
)
def test_every_set_of_choices_is_read_back_in_any_order(make_study: MakeStudy, separator: str, mark: str) -> None:
    """The cells are made from known sets, so what must come out is known without splitting anything."""
    dice = random.Random(separator + mark)
    sets = [[code for bit, code in enumerate(CHOICES) if number >> bit & 1] for number in range(1, 16)]
    # "Yes" before "Café, late" reads like nothing else; all 15 sets in three orders each.
    drawn = [dice.sample(codes, len(codes)) for codes in sets for _ in range(3)]
    cells = [
        mark.join(unicodedata.normalize(dice.choice(["NFC", "NFD"]), CHOICES[code]) for code in codes) for codes in drawn
    ]
    cells = [cell + dice.choice(["", mark, " "]) for cell in cells]
    result = _result(make_study("untouched: blank", separator), cells)
    assert (result.problems, result.warnings) == ([], [])
    assert _answers(result) == [["1" if code in codes else "0" for code in CHOICES] for codes in drawn]
    (batch,) = result.batches({*CHOICES})
    assert {str(batch.schema.field(code).type) for code in CHOICES} == {"int16"}


def test_a_blank_cell_is_asked_about_and_counts_as_declared(make_study: MakeStudy) -> None:
    cells = ["Yes", "", " , ", "Café", "\u00a0"]
    assert _result(make_study(), cells).problems == [
        'T1: column "q7" is blank in rows 3, 4, 6: perhaps no choice was ticked, perhaps nobody saw the question; say'
        " untouched: blank or answers for its list"
    ]
    for untouched, text in (("blank", ""), ("answers", "0")):
        result = _result(make_study(f"untouched: {untouched}"), cells)
        assert (result.problems, result.warnings) == ([], [])
        assert [_answers(result)[row] for row in (1, 2, 4)] == [[text] * 4] * 3
    assert _result(make_study(), ["Yes"]).problems == []


def test_a_text_that_is_no_choice_is_named_and_leaves_open_what_was_not_ticked(make_study: MakeStudy) -> None:
    study = make_study()
    result = _result(study, ["Yes, Tea", "Tea", "cafe", "café", "Yes", "Yes, Yes"])
    assert result.problems == []
    assert _answers(result)[:2] == [["1"] + ["no choice: Tea"] * 3, ["no choice: Tea"] * 4]
    assert result.warnings == [
        'column "q7": no choice of its list: "Tea" (2 cells), "cafe" (1 cell), "café" (1 cell, is "Café" meant?); declare them'
        " under choices or without_item, or say which item any other text counts for (other_text)",
        'column "q7": "Yes" stands twice in row 7; it counts once',
    ]
    (cells,) = read_cells(result, study, study.protocol.wave_exports[0])
    assert (cells.value_count, cells.rejected.total()) == (24, 15)
    assert [line for _, line in rejected_cells(study, [cells])] == [
        '15 of the 24 values of acts would be rejected: "no choice: Tea" (7 times), "no choice: cafe" (4 times), "no choice:'
        ' café" (4 times); correct the cells, or the choices of the list'
    ]


def test_any_other_text_counts_for_its_item_and_is_not_kept(make_study: MakeStudy) -> None:
    choices = '{acts_01: "Yes", acts_02: "Yes, often", acts_03: Café}'
    study = make_study("other_text: acts_04", choices=choices)
    result = _result(study, ["Yes, tea, or milk, Café", "tea", "Yes, often"])
    assert (result.problems, result.warnings) == ([], [])
    assert _answers(result) == [["1", "0", "1", "1"], ["0", "0", "0", "1"], ["0", "1", "0", "0"]]
    assert _result(study, ["CAFÉ", "Yes  ,  OFTEN"]).problems == [
        'T1: column "q7": "CAFÉ" (1 cell) counts as any other text, for acts_04; is "Café" meant? Declare "CAFÉ" under choices,'
        " too, or correct the cell"
    ]
    assert _result(study, ["Cafés"]).warnings == [
        'column "q7": counted as any other text, for acts_04: "Cafés" (1 cell, is "Café" meant?); declare a text under choices'
        " if a choice is meant"
    ]


def test_a_choice_that_stands_alone_is_an_answer_alone_and_a_contradiction_beside_others(make_study: MakeStudy) -> None:
    study = make_study("exclusive: [None of these, Café], without_item: [Tea], untouched: blank")
    result = _result(study, ["None of these", "Café", "Tea", "Yes, None of these", "Café, Tea", "None of these, Milk"])
    assert result.problems == []
    assert _answers(result)[:3] == [["0"] * 4, ["0", "0", "1", "0"], ["0"] * 4]
    assert _answers(result)[3:5] == [["not alone: Yes, None of these"] * 4, ["not alone: Café, Tea"] * 4]
    assert result.warnings[-1] == (
        'column "q7": "Yes, None of these", "Café, Tea", "None of these, Milk" in rows 5, 6, 7: a choice that stands alone'
        " stands beside others, so no choice of the cell is an answer; correct the cell"
    )


def test_a_special_code_is_the_reason_of_every_choice(make_study: MakeStudy) -> None:
    more = "    special_codes: {n/a: not_asked, '-9': refused, '90 thru 99': refused}"
    result = _result(make_study("untouched: blank", more=more), ["n/a", "-9", "-9.0", "95,", "Yes, n/a", "7"])
    expected = [["n/a"] * 4, ["-9"] * 4, ["-9.0"] * 4, ["95"] * 4, ["not alone: Yes, n/a"] * 4, ["no choice: 7"] * 4]
    assert _answers(result) == expected
    assert [line.partition(":")[0] for line in result.warnings] == ['column "q7"'] * 2


def test_codes_are_read_as_numbers_however_they_are_spelled(make_study: MakeStudy) -> None:
    choices = "{acts_01: 1, acts_02: 2, acts_03: 3, acts_04: 12}"
    result = _result(make_study("untouched: blank", "' '", choices), ["1 2", "12", "1.0", "3  1", "4"])
    assert _answers(result) == [
        ["1", "1", "0", "0"], ["0", "0", "0", "1"], ["1", "0", "0", "0"], ["1", "0", "1", "0"], ["no choice: 4"] * 4,
    ]  # fmt: skip


def test_what_can_be_read_in_two_ways_is_asked_about(make_study: MakeStudy) -> None:
    choices = '{acts_01: Run, acts_02: Jog, acts_03: "Run, Jog", acts_04: Walk}'
    result = _result(make_study(choices=choices), ["Walk", "Walk, Run, Jog"])
    assert result.problems == [
        'T1: column "q7", row 3: "Walk, Run, Jog" could be "Walk" and "Run, Jog" or "Walk" and "Run" and "Jog"; export the'
        " choices as codes, or a column for each, or take one of the texts out of the list"
    ]
    assert _answers(result)[1] == ["two readings: Walk, Run, Jog"] * 4


def test_another_separator_is_named(make_study: MakeStudy) -> None:
    result = _result(make_study(), ["Yes;Café", "Café;", "Yes"])
    assert result.warnings == [
        'column "q7": 1 cell holds choices between which another separator stands; is separator: ";" meant?'
    ]


@pytest.mark.parametrize("mark", ["/", "."])
@pytest.mark.parametrize(("yes", "no"), [("1", "0"), ("true", "false"), ("TRUE", "FALSE")])
def test_a_choice_s_own_column_must_say_what_the_list_says(make_study: MakeStudy, mark: str, yes: str, no: str) -> None:
    study = make_study("untouched: blank")
    columns = {f"q7{mark}Yes": [yes, no, ""], f"q7{mark}Yes, often": [no, no, ""], f"q7{mark}Café": [yes, yes, ""]}
    columns[f"q7{mark}Café, late"] = [no, no, ""]
    result = _result(study, ["Yes, Café", "Café", ""], columns)
    assert (result.problems, result.warnings) == ([], [])
    sentences = [finding.message for finding in result.findings if finding.verdict == "ignored"]
    assert sentences[0] == f'column "q7{mark}Yes" is a choice of column "q7"'
    columns[f"q7{mark}Yes"] = [yes, yes, no]
    assert _result(study, ["Yes, Café", "Café", ""], columns).problems == [
        f'T1: column "q7{mark}Yes" is "{yes}" where column "q7" is "Café", in row 3: the two say different things of one'
        " choice; export the file again, or correct the cell"
    ]
    columns[f"q7{mark}Yes"] = ["quite", "not", ""]
    (warning,) = _result(study, ["Yes, Café", "Café", ""], columns).warnings
    assert warning.startswith(f'column "q7{mark}Yes"' if mark == "/" else f'columns "q7{mark}Yes", "q7{mark}Yes, often"')


def test_a_list_beside_the_declared_columns_of_its_choices_must_say_the_same(make_study: MakeStudy) -> None:
    """KoboToolbox writes both; here the columns of the choices are declared, and the whole cell is not."""
    folder = make_study().folder
    file = folder / "study.yaml"
    columns = "        columns: {acts_01: q7/run, acts_02: q7/swim}\n        absent: [acts_03, acts_04]"
    content = file.read_text(encoding="utf-8")
    start, end = content.index("        absent"), content.index("acts_04: ")
    file.write_text(content[:start] + columns + content[content.index("\n", end) :], encoding="utf-8")
    study = read_study(folder)
    ticks = {"q7/run": ["1", "0", "0", ""], "q7/swim": ["1", "1", "0", ""], "q7/fly": ["0", "1", "0", ""]}
    result = _result(study, ["swim run", "fly swim", "", ""], ticks)
    assert (result.problems, [line for line in result.warnings if "q7/fly" not in line]) == ([], [])
    assert 'column "q7" holds the choices of columns "q7/…"' in [finding.message for finding in result.findings]
    assert _result(study, ["swim", "fly swim", "", ""], ticks).problems == [
        'T1: column "q7/run" is "1" where column "q7" is "swim", in row 2: the two say different things of one choice; export'
        " the file again, or correct the cell"
    ]
    result = _result(study, ["of what kind?", "a text", "", "another"], ticks)
    assert (result.problems, len(result.warnings)) == ([], 1)


def test_a_list_that_is_missing_is_one_column(make_study: MakeStudy) -> None:
    result = _result(make_study(), ["Yes"])
    file = make_study().folder / "raw" / "T1" / "t1.csv"
    file.write_text("id,q8\nP1,Yes\n", encoding="utf-8")
    study = make_study()
    result = contract_of_file(file, file.name, study, study.protocol.wave_exports[0])
    assert result.problems == [
        'T1: column "q7" (acts_01) is missing; correct the export, the protocol, or declare it under absent'
    ]
    for content in ("id,q7\n", "id,q7\n,Yes\n"):
        file.write_text(content, encoding="utf-8")
        result = contract_of_file(file, file.name, study, study.protocol.wave_exports[0])
        assert (result.problems, _answers(result)) == ([], [])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"choices": "{acts_01: A, acts_02: a, acts_03: A, acts_04: B}"}, "'A' stands for acts_01 and for acts_03; keep one"),
        ({"choices": "{acts_01: ',', acts_02: B}"}, "list of column 'q7': ',' is no choice; write it as the cells hold it"),
        ({"choices": "{acts_01: A, acts_02: B, acts_03: 'A,', acts_04: D}"}, "'A,' stands for acts_01 and for acts_03; keep one"),
        ({"choices": "{acts_01: A, acts_02: B}"}, "no column is declared for 'acts_03'; add it under columns or absent"),
        ({"choices": "{acts_01: A, acts_09: B}"}, "'acts_09' is not a code of acts; remove it or correct its spelling"),
        ({"absent": "acts_01"}, "'acts_01' is declared under columns or absent, too; keep one of the two"),
        ({"separator": "''"}, "separator"),
        (
            {"more": "    special_codes: {Café: refused}"},
            "'Café' is declared as a choice and under special_codes; keep one of the two",
        ),
        (
            {"choices": "{acts_01: 95, acts_02: B, acts_03: C, acts_04: D}", "more": "    special_codes: {90 thru 99: blank}"},
            "'95' is declared as a choice, and 90 thru 99 under special_codes holds it; say under blocks or items for which"
            " others the range holds",
        ),
        (
            {"more": "    labels: [{blocks: [acts], labels: {'1': 0}}]"},
            "acts_01 is a choice, which is answered with 1 or 0, and '1' is declared to stand for 0; say under blocks or items"
            " of that rule for which others it holds",
        ),
    ],
)  # fmt: skip
def test_a_list_that_does_not_fit_is_refused(make_study: MakeStudy, changes: dict[str, str], message: str) -> None:
    with pytest.raises(StudyError) as refusal:
        make_study(**changes)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_choice_needs_an_item_that_is_answered_with_yes_or_no(make_study: MakeStudy) -> None:
    folder = make_study().folder
    file = folder / "instruments" / "acts.yaml"
    file.write_text(INSTRUMENT.replace("{low: 0, high: 1}", "{low: 1, high: 2}"), encoding="utf-8")
    with pytest.raises(
        StudyError, match="acts_01 is a choice, which is answered with 1 or 0, and its anchors are 1 to 2; give"
    ):
        read_study(folder)
