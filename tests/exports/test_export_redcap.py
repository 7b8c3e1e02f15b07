"""REDCap: repeated instruments, raw exports and exports with labels, and the data dictionary that tells what is what."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dagster_project.exports import (
    ContractResult,
    ExportData,
    ExportError,
    Memory,
    apply_contract,
    description_of,
    look,
    propose_labels,
    read_cells,
    read_export,
)
from dagster_project.study import Export, RowFilter, Study

HEAD = ["Variable / Field Name", "Form Name", "Field Type", "Field Label", "Choices, Calculations, OR Slider Labels"]
CHOICES = "1, Never | 2, Seldom | 3, Sometimes, at times | 4, Often | 5, Always"
DICTIONARY = [
    ["record_id", "start", "text", "Record", ""],
    *([f"q_{item}", "mood", "radio", f"Label {item}", CHOICES] for item in (1, 2, 3)),
    ["gp", "services", "yesno", "Seen a GP", ""],
    ["signs", "services", "checkbox", "Signs", "1, One | 2, Two"],
]
RAW = [
    [
        "record_id",
        "redcap_event_name",
        "redcap_repeat_instrument",
        "redcap_repeat_instance",
        "q_1",
        "q_2",
        "q_3",
        "signs___1",
    ],
    ["A", "start_arm_1", "", "", "", "", "", "1"],
    ["A", "start_arm_1", "mood", "1", "1", "2", "3", ""],
    ["A", "start_arm_1", "mood", "2", "4", "5", "5", ""],
    ["A", "start_arm_1", "diary", "1", "", "", "", ""],
    ["B", "start_arm_2", "mood", "1", "3", "", "1", ""],
]
WORDS = {"1": "Never", "2": "Seldom", "3": "Sometimes, at times", "4": "Often", "5": "Always"}
LABELLED = [
    ["Record", "Event Name", "Repeat Instrument", "Repeat Instance", "Label 1", "Label 2", "Label 3", "Signs (choice=One)"],
    *([*row[:4], *(WORDS.get(cell, cell) for cell in row[4:7]), row[7]] for row in RAW[1:]),
]


def _write(path: Path, rows: list[list[str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


def _export(export_of: Callable[[str], Export], instance: str, is_labelled: bool = False, **update: Any) -> Export:
    names = RAW[0][1:4] if not is_labelled else LABELLED[0][1:4]
    rules = zip(names, (("start_arm_1", "start_arm_2"), ("mood",), (instance,)), strict=True)
    block = export_of("t1").blocks[0].model_copy(update={"template": "q_{position}"})
    rows = tuple(RowFilter(column=column, equals=texts) for column, texts in rules)
    changes = {
        "reader": "redcap",
        "respondent": "record_id",
        "answered_on": None,
        "rows": rows,
        "set_aside": (),
        "ignored": (),
    }
    return export_of("t1").model_copy(update=changes | {"blocks": (block,), "dictionary": "dictionary.csv"} | update)


def _contracted(study: Study, export: Export, rows: list[list[str]]) -> tuple[ExportData, ContractResult]:
    _write(study.folder / "dictionary.csv", [HEAD, *DICTIONARY])
    table = read_export(_write(study.folder / "raw/T1/records.csv", rows), export, None, description_of(study, export))
    result = apply_contract(table, study, export, "ab" * 32, "records.csv")
    return ExportData(export, table, result), result


@pytest.mark.parametrize(("instance", "answers"), [("1", [["1", "2", "3"], ["3", "", "1"]]), ("2", [["4", "5", "5"]])])
def test_a_wave_may_be_an_instance_of_a_repeated_instrument(
    study: Study, export_of: Callable[[str], Export], instance: str, answers: list[list[str]]
) -> None:
    reading, result = _contracted(study, _export(export_of, instance), RAW)
    assert result.problems == []
    items = ["mood_01", "mood_02", "mood_03"]
    assert [[row[item] for item in items] for row in result.accepted.to_pylist()] == answers
    assert result.accepted.num_rows + result.set_aside.num_rows == 5
    reasons = {row["source_row"]: row["detail"] for row in result.set_aside.to_pylist()}
    assert reasons[5] == 'column "redcap_repeat_instrument" is diary'
    assert propose_labels(reading, study, read_cells(result, study, reading.export)) == []


def test_an_export_with_labels_is_matched_through_the_dictionary_and_its_texts_are_proposed(
    study: Study, export_of: Callable[[str], Export]
) -> None:
    reading, result = _contracted(study, _export(export_of, "1", True), LABELLED)
    assert result.problems == []
    assert result.accepted.column("mood_01").to_pylist() == ["Never", "Sometimes, at times"]
    (proposal,) = propose_labels(reading, study, read_cells(result, study, reading.export))
    assert proposal.labels == {"Never": 1, "Seldom": 2, "Sometimes, at times": 3, "Often": 4, "Always": 5}
    assert proposal.sentence == "5 texts of mood are labels that the export's dictionary knows"
    assert reading.table.column_labels["Label 2"] == "Label 2"
    # The dictionary is no export, and no stranger in the study folder either.
    assert look(study, Memory(), {}).undeclared_files == ()


def test_items_of_one_label_are_asked_for_by_name(study: Study, export_of: Callable[[str], Export]) -> None:
    """Labels are repeated in real projects, visit by visit: 52 of the 124 columns of one."""
    labelled = [["Label 1" if cell == "Label 3" else cell for cell in row] for row in LABELLED]
    fields = [[cell if cell != "Label 3" else "Label 1" for cell in row] for row in DICTIONARY]
    export = _export(export_of, "1", True)
    _write(study.folder / "dictionary.csv", [HEAD, *fields])
    table = read_export(_write(study.folder / "raw/T1/records.csv", labelled), export, None, description_of(study, export))
    result = apply_contract(table, study, export, "ab" * 32, "records.csv")
    assert result.problems == [
        'T1: 2 columns are missing: "q_1" (mood_01), "q_3" (mood_03); for "q_1", its label "Label 1" does not tell it from other'
        " columns; export the records with field names as headings"
    ]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([HEAD[:3]], 'dictionary.csv: column "Field Label" is missing; export the data dictionary from REDCap again'),
        (None, "dictionary.csv: the data dictionary cannot be opened (No such file or directory); check dictionary"),
    ],
)
def test_a_dictionary_that_is_none_is_refused(
    study: Study, export_of: Callable[[str], Export], rows: list[list[str]] | None, message: str
) -> None:
    export = _export(export_of, "1")
    if rows is not None:
        _write(study.folder / "dictionary.csv", rows)
    path = _write(study.folder / "raw/T1/records.csv", RAW)
    with pytest.raises(ExportError) as refusal:
        read_export(path, export, None, description_of(study, export))
    assert str(refusal.value) == message


def test_rows_that_no_export_takes_are_named_whatever_rule_leaves_them_out(study: Study, tmp_path: Path) -> None:
    """Instance 3 was set aside in both waves' exports without a word: only the first rule's column was looked at."""
    path = tmp_path / "0123abcd"
    rows = [f"P{person},mood,{instance},1" for person in (1, 2) for instance in (1, 2, 3)] + ["P1,,,", "P1,sleep,1,"]
    path.write_text("\n".join(["rid,redcap_repeat_instrument,redcap_repeat_instance,q1", *rows]), encoding="utf-8")
    instrument = {"column": "redcap_repeat_instrument", "equals": ["mood"]}
    first, second = (
        Export.model_validate(
            {
                "export": f"t{instance}", "wave": f"T{instance}", "folder": "raw/all", "reader": "redcap", "respondent": "rid",
                "rows": [instrument, {"column": "redcap_repeat_instance", "equals": [str(instance)]}],
            }
        )
        for instance in (1, 2)
    )  # fmt: skip
    protocol = study.protocol.model_copy(update={"exports": (study.protocol.roster, first, second)})
    result = apply_contract(
        read_export(path, first, name="x.csv"), replace(study, protocol=protocol), first, "ab" * 32, "x.csv"
    )
    undeclared = "belong to a wave that the protocol does not declare; declare an export for them"
    assert result.rows_of_no_wave == (
        f'1 rows whose column "redcap_repeat_instrument" is "" and column "redcap_repeat_instance" is "" {undeclared}',
        f'2 rows whose column "redcap_repeat_instance" is "3" {undeclared}',
        f'1 rows whose column "redcap_repeat_instrument" is "sleep" {undeclared}',
    )


@pytest.mark.parametrize(
    ("duplicates", "has_rule", "warnings"),
    [
        ("first", True, []),
        *((duplicates, False, [
            'column "redcap_repeat_instance": 4 rows are instances of repeated instruments, "diary 1" (1), "mood 1" (2), "mood 2" (1),'
            f" and {consequence}; say under rows of the export which instrument and instance it takes"
        ]) for duplicates, consequence in (
            ("first", "first keeps one row of a person, whichever instance it is"),
            ("latest_complete", "latest_complete keeps one row of a person, whichever instance it is"),
            ("refuse", "no rule of the export tells them from other rows"),
        )),
    ],
)  # fmt: skip
def test_instances_are_not_several_rows_of_a_person_without_a_word(
    study: Study, export_of: Callable[[str], Export], duplicates: str, has_rule: bool, warnings: list[str]
) -> None:
    export = _export(export_of, "1", duplicates=duplicates)
    rows = export.rows if has_rule else ()
    ignored = ("signs___1", "redcap_repeat_instrument", "redcap_event_name", "redcap_repeat_instance")
    _, result = _contracted(study, export.model_copy(update={"rows": rows, "ignored": ignored}), RAW)
    assert [warning for warning in result.warnings if "belong to a wave" not in warning] == warnings
    assert bool(result.problems) == (duplicates == "refuse")


def test_the_only_row_of_a_person_is_named_if_it_is_an_instance_that_nobody_declares(
    study: Study, export_of: Callable[[str], Export]
) -> None:
    """Nobody has two rows, so nothing was refused, and B's second instance was the wave."""
    rows = [RAW[0], ["A", "start_arm_1", "", "", "1", "2", "3", ""], ["B", "start_arm_1", "mood", "2", "4", "5", "5", ""]]
    ignored = ("signs___1", "redcap_repeat_instrument", "redcap_repeat_instance")
    event = RowFilter(column="redcap_event_name", equals=("start_arm_1",))
    for labelled in (False, True):
        export = _export(export_of, "1", labelled, rows=(event,), ignored=ignored)
        content = rows
        if labelled:
            event_column = event.model_copy(update={"column": "Event Name"})
            export = export.model_copy(update={"rows": (event_column,), "ignored": ("Repeat*", "Signs*")})
            content = [LABELLED[0], *rows[1:]]
        _, result = _contracted(study, export, content)
        assert (result.problems, result.rows_accepted) == ([], 2)
        column = "Repeat Instance" if labelled else "redcap_repeat_instance"
        assert result.warnings == [
            f'column "{column}": 1 rows are instances of repeated instruments, "mood 2" (1), and no rule of the export tells them'
            " from other rows; say under rows of the export which instrument and instance it takes"
        ]
