"""REDCap's boxes: whether a box that is not ticked is an answer, and missing data codes among boxes."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project.exports import ContractResult, apply_contract, description_of, read_export
from dagster_project.study import ColumnBlock, Export, RowFilter, Study

DICTIONARY = [
    ["field_name", "form_name", "field_type", "field_label", "select_choices_or_calculations"],
    ["rid", "habits", "text", "Record ID", ""],
    ["pets", "habits", "checkbox", "Pets", "1, Cat | 2, Dog | -9, Not sure"],
    ["total", "habits", "calc", "Total", "[pets]"],
    ["note", "habits", "text", "Note", ""],
    ["other", "more", "text", "Other", ""],
]
RAW = ["rid", "pets___1", "pets___2", "total", "note", "habits_complete", "other", "more_complete"]
LABELS = ["Record ID", "Pets (choice=Cat)", "Pets (choice=Dog)", "Total", "Note", "Complete?", "Other", "Complete?"]
IN_WORDS = {"0": "Incomplete", "1": "Unverified", "2": "Complete"}
TICKS = {"0": "Unchecked", "1": "Checked"}
#: Boxes, other answer of the form, state of the form, answer of another form; and whether the boxes are answers (None: who
#: knows).
CASES = [
    (("1", "0"), "", "0", "", True),
    (("0", "0"), "a cat", "0", "", True),
    (("0", "0"), "", "2", "", True),
    (("0", "0"), "", "1", "", True),
    (("0", "0"), "", "0", "", None),
    (("0", "0"), "", "", "", None),
    (("0", "0"), "", "0", "elsewhere", None),
    (("", "0"), "", "0", "", None),
    (("", ""), "", "0", "", True),
]


def _result(
    study: Study,
    export_of: Callable[[str], Export],
    content: list[list[str]],
    *,
    has_dictionary: bool = False,
    **update: object,
) -> ContractResult:
    for name, lines in (("dictionary.csv", DICTIONARY), ("records.csv", content)):
        with (study.folder / name).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(lines)
    block = ColumnBlock(block="mood", columns={"mood_01": "pets___1", "mood_02": "pets___2"}, absent=("mood_03",))
    changes = {
        "reader": "redcap", "respondent": content[0][0], "answered_on": None, "set_aside": (), "ignored": (), "blocks": (block,),
        "dictionary": "dictionary.csv" if has_dictionary else None,
    }  # fmt: skip
    export = export_of("t1").model_copy(update=changes | update)
    table = read_export(study.folder / "records.csv", export, None, description_of(study, export))
    return apply_contract(table, study, export, "ab" * 32, "records.csv")


def _answers(result: ContractResult) -> list[list[str]]:
    return [[row["mood_01"], row["mood_02"]] for row in result.accepted.to_pylist()]


def _numbers(result: ContractResult) -> list[list[int | str | None]]:
    batches = [batch.to_pylist() for batch in result.batches({"mood_01", "mood_02"})]
    return [[row["mood_01"], row["mood_02"]] for batch in batches for row in batch]


def _rows(is_labelled: bool) -> list[list[str]]:
    rows = [
        [str(number), *boxes, "0", note, state, other, "0"] for number, (boxes, note, state, other, _) in enumerate(CASES)
    ]
    if not is_labelled:
        return [RAW, *rows]
    words = (
        [number, *(TICKS.get(box, box) for box in boxes), total, note, IN_WORDS.get(state, state), other, "Incomplete"]
        for number, *boxes, total, note, state, other, _ in rows
    )
    return [LABELS, *words]


@pytest.mark.parametrize(("has_dictionary", "is_labelled"), [(False, False), (True, False), (True, True)])
def test_boxes_of_a_form_that_perhaps_nobody_saw_are_asked_about_and_count_as_declared(
    study: Study, export_of: Callable[[str], Export], has_dictionary: bool, is_labelled: bool
) -> None:
    """REDCap writes 0 for every box of a form that was never opened: these people had answered no to all of it."""
    rows = _rows(is_labelled)
    if not has_dictionary:
        # Without a dictionary a computed field cannot be told from an answer.
        rows = [[cell if position != 3 else "" for position, cell in enumerate(row)] for row in rows]
        rows[0] = RAW
    state_column = "habits_complete"
    result = _result(study, export_of, rows, has_dictionary=has_dictionary)
    open_rows = [number + 2 for number, case in enumerate(CASES) if case[-1] is None]
    assert result.problems == [
        f'T1: column "{state_column}" is blank or Incomplete in rows {", ".join(map(str, open_rows))}, where its form has'
        " nothing but boxes that are not ticked: perhaps nobody saw it; say untouched_forms: blank or answers for the export"
    ]
    written = [list(boxes) if not is_labelled else [TICKS.get(box, box) for box in boxes] for boxes, *_ in CASES]
    result = _result(study, export_of, rows, has_dictionary=has_dictionary, untouched_forms="answers")
    assert (result.problems, _answers(result)) == ([], written)
    result = _result(study, export_of, rows, has_dictionary=has_dictionary, untouched_forms="blank")
    expected = [boxes if case[-1] else ["", ""] for boxes, case in zip(written, CASES, strict=True)]
    assert (result.problems, _answers(result)) == ([], expected)
    if not is_labelled:
        assert _numbers(result) == [[int(box) if box else None for box in boxes] for boxes in expected]
    is_state_known = {finding.column: finding.verdict for finding in result.findings}[state_column] == "ignored"
    assert is_state_known == has_dictionary


def test_rows_of_another_wave_are_not_asked_about(study: Study, export_of: Callable[[str], Export]) -> None:
    content = [
        ["rid", "pets___1", "pets___2", "habits_complete", "wave"],
        ["1", "0", "1", "0", "a"],
        ["2", "0", "0", "0", "b"],
    ]
    rules = {wave: (RowFilter(column="wave", equals=(wave,)),) for wave in ("a", "b")}
    assert _result(study, export_of, content, rows=rules["a"]).problems == []
    assert len(_result(study, export_of, content, rows=rules["b"]).problems) == 1


def test_a_file_without_a_form_s_state_or_without_boxes_is_not_asked_about(
    study: Study, export_of: Callable[[str], Export]
) -> None:
    assert _result(study, export_of, [["rid", "pets___1", "pets___2"], ["1", "0", "0"]]).problems == []
    for untouched_forms in (None, "blank", "answers"):
        result = _result(study, export_of, [RAW], untouched_forms=untouched_forms)
        assert (result.problems, result.accepted.num_rows) == ([], 0)
    block = ColumnBlock(block="mood", columns={"mood_01": "a", "mood_02": "b"}, absent=("mood_03",))
    rows = [["rid", "a", "b", "habits_complete"], ["1", "0", "0", "0"]]
    assert _result(study, export_of, rows, blocks=(block,)).problems == []


@pytest.mark.parametrize(("code", "column"), [("-999", "pets____999"), ("UNK", "pets___unk"), ("9", "pets___9")])
@pytest.mark.parametrize("has_dictionary", [False, True])
def test_a_missing_data_code_that_is_ticked_is_the_reason_why_the_boxes_are_blank(
    study: Study, export_of: Callable[[str], Export], code: str, column: str, has_dictionary: bool
) -> None:
    rows = [
        ["rid", "pets___1", "pets___2", column],
        ["1", "1", "0", "0"],
        ["2", "", "", "1"],
        ["3", "1", "", "1"],
        ["4", "", "", ""],
    ]
    undeclared = _result(study, export_of, rows, has_dictionary=has_dictionary)
    assert _answers(undeclared) == [["1", "0"], ["", ""], ["1", ""], ["", ""]]
    assert undeclared.warnings == [
        f'column "{column}" is not in the protocol; it was set aside; declare it under ignored or blocks'
    ]
    declared = ({"blocks": (), "codes": {code: "refused"}},)
    special_codes = Export.model_validate(
        {"export": "x", "wave": "T1", "folder": "x", "reader": "redcap", "respondent": "x", "special_codes": list(declared)}
    ).special_codes
    result = _result(study, export_of, rows, has_dictionary=has_dictionary, special_codes=special_codes)
    assert (result.problems, result.warnings) == ([], [])
    assert _answers(result) == [["1", "0"], [code, code], ["1", code], ["", ""]]
    assert f'column "{column}" is the missing data code {code} of pets' in [finding.message for finding in result.findings]
    if code.lstrip("-").isdecimal():
        assert _numbers(result) == [[1, 0], [int(code), int(code)], [1, int(code)], [None, None]]
    else:
        assert _numbers(result) == _answers(result)


def test_a_choice_of_the_dictionary_is_an_answer_though_it_is_called_like_a_special_code(
    study: Study, export_of: Callable[[str], Export]
) -> None:
    rows = [["rid", "pets___1", "pets___2", "pets____9"], ["1", "", "", "1"]]
    special_codes = Export.model_validate(
        {
            "export": "x",
            "wave": "T1",
            "folder": "x",
            "reader": "redcap",
            "respondent": "x",
            "special_codes": {"-9": "refused"},
        }
    ).special_codes
    assert _answers(_result(study, export_of, rows, has_dictionary=True, special_codes=special_codes)) == [["", ""]]


@pytest.mark.parametrize("header", [RAW[:3], LABELS[:3]])
def test_boxes_that_hold_their_label_are_asked_for_with_what_is_not_ticked(
    study: Study, export_of: Callable[[str], Export], header: list[str]
) -> None:
    content = [header, ["1", "Cat", ""], ["2", "", "Dog"], ["3", "", ""]]
    problem = (
        f'T1: columns "{header[1]}", "{header[2]}": a ticked box holds its label, and one that is not ticked is blank, like'
        " one that nobody saw; export checkboxes as Checked and Unchecked, or raw"
    )
    assert _result(study, export_of, content, has_dictionary=True).problems == [problem]
    for blank in ("", "0", "Unchecked"):
        content = [header, ["1", "1" if blank == "0" else "Checked", blank]]
        assert _result(study, export_of, content, has_dictionary=True).problems == []


def test_only_the_redcap_reader_knows_forms(tmp_path: Path, study: Study) -> None:
    protocol = study.protocol.model_dump(exclude_none=True)
    protocol["exports"][1]["untouched_forms"] = "blank"
    with pytest.raises(ValueError, match="export t1 declares untouched_forms; only the redcap reader knows forms"):
        type(study.protocol).model_validate(protocol)
