"""Files of repeat groups (ODK, KoboToolbox): never people's rows; joined with their submissions, which know the person."""

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from dagster_project.exports import ContractResult, ExportError, contract_of_file
from dagster_project.study import Study, StudyError, read_study

INSTRUMENT = """
instrument: {code}
name: Made-up questions
source: none
licence: none
anchors: {{low: 1, high: 5}}
item_count: 1
scales:
  - {{scale: {code}_total, label: "{code}", items: [1], aggregate: sum, better: high}}
"""
STUDY = """
study: groups
title: A made-up study
source: none
licence: none
waves:
  - {{wave: T1, label: one, month: 0}}
instruments: [mood, child]
outcomes: [mood_total]
roster: T1
exports:
  - export: t1
    wave: T1
    part: main
    folder: raw/T1
    {submissions}
    respondent: name
    {keys}
    blocks: [{{block: mood, columns: {{mood_01: mood}}}}]
  - export: t1_child
    wave: T1
    part: child
    folder: raw/T1
    {repeats}
    repeat_of: t1
    blocks: [{{block: child, columns: {{child_01: age}}}}]
    {more}
"""
ODK = {"submissions": "pattern: f.csv\n    reader: delimited", "repeats": "pattern: f-child.csv\n    reader: delimited"}
KOBO = {
    "submissions": 'reader: excel\n    sheet: Form\n    ignored: ["_*"]',
    "repeats": "reader: excel\n    sheet: group",
}
KEYS = "answered_on: SubmissionDate\n    ignored: [KEY]"

MakeStudy = Callable[..., Study]


@pytest.fixture
def make_study(tmp_path: Path) -> MakeStudy:
    def make(shape: dict[str, str], more: str = "", keys: str = "") -> Study:
        folder = tmp_path / "groups"
        (folder / "instruments").mkdir(parents=True, exist_ok=True)
        (folder / "raw" / "T1").mkdir(parents=True, exist_ok=True)
        (folder / "study.yaml").write_text(STUDY.format(**shape, more=more, keys=keys), encoding="utf-8")
        for code in ("mood", "child"):
            (folder / "instruments" / f"{code}.yaml").write_text(INSTRUMENT.format(code=code), encoding="utf-8")
        return read_study(folder)

    return make


def _contract(study: Study, content: dict[str, str], **changes: object) -> ContractResult:
    """The contract of the last file: of the repeat group."""
    for name, text in content.items():
        (study.folder / "raw" / "T1" / name).write_text(text, encoding="utf-8")
    export = next(export for export in study.protocol.exports if export.export == "t1_child").model_copy(update=changes)
    file = study.folder / "raw" / "T1" / name
    return contract_of_file(file, file.name, study, export, "ab")


def _rows(result: ContractResult) -> list[tuple[str, str, int]]:
    return [(row["respondent"], row["child_01"], row["source_row"]) for row in result.accepted.to_pylist()]


SUBMISSIONS = """SubmissionDate,name,mood,KEY
2018-01-01T00:00:00.000Z,Alice,3,uuid:one
2018-01-02T00:00:00.000Z,Bob,4,uuid:two
2018-01-03T00:00:00.000Z,Chelsea,5,uuid:three
"""
REPEATS = """name,age,PARENT_KEY,KEY
Billy,4,uuid:two,uuid:two/children/child[1]
Blaine,3,uuid:two,uuid:two/children/child[2]
Baker,2,uuid:two,uuid:two/children/child[3]
Candace,1,uuid:three,uuid:three/children/child[1]
"""


def test_a_repeat_of_odk_gets_its_person_and_the_declared_row_counts(make_study: MakeStudy) -> None:
    content = {"f.csv": SUBMISSIONS, "f-child.csv": REPEATS}
    more = "rows: {{column: {}, equals: [1]}}\n    ignored: [name]"
    result = _contract(make_study(ODK, more.format("repeat.number"), KEYS), content)
    assert (result.problems, _rows(result)) == ([], [("Bob", "4", 2), ("Chelsea", "1", 5)])
    assert [day.isoformat() for day in next(result.batches(set())).column("answered_on_day").to_pylist()] == [
        "2018-01-02",
        "2018-01-03",
    ]
    assert result.warnings == [
        '2 rows of the repeat group are taken by no export, by column "repeat.number"; declare an export for them if they are a'
        " wave"
    ]
    last = _contract(make_study(ODK, more.format("repeat.number_from_last"), KEYS), content)
    assert _rows(last) == [("Bob", "2", 4), ("Chelsea", "1", 5)]
    undecided = _contract(make_study(ODK, "ignored: [name]", KEYS), content)
    assert undecided.problems == [
        "T1: participant Bob has rows 2, 3 and 4; say under rows which of them counts, e.g. {column: repeat.number, equals:"
        " [1]}, or under duplicates"
    ]
    assert undecided.warnings == []


def test_a_group_within_a_group_belongs_to_the_submission_above(make_study: MakeStudy) -> None:
    toys = "age,PARENT_KEY,KEY\n1,uuid:two/children/child[1],uuid:two/children/child[1]/toy[1]\n"
    result = _contract(make_study(ODK, "", KEYS), {"f.csv": SUBMISSIONS, "f-child.csv": toys})
    assert (result.problems, _rows(result)) == ([], [("Bob", "1", 2)])


def test_rows_of_a_submission_that_does_not_count_do_not_count(make_study: MakeStudy) -> None:
    keys = "set_aside: [{column: mood, equals: ['4'], reason: preview}]\n    " + KEYS
    repeats = "age,PARENT_KEY,KEY\n1,uuid:two,a\n2,uuid:one,b\n3,uuid:gone,c\n4,,d\n"
    result = _contract(make_study(ODK, "", keys), {"f.csv": SUBMISSIONS, "f-child.csv": repeats})
    assert _rows(result) == [("Alice", "2", 3)]
    assert result.set_aside.select(["source_row", "reason"]).to_pylist() == [
        {"source_row": 2, "reason": "submission_set_aside"},
        {"source_row": 4, "reason": "no_submission"},
        {"source_row": 5, "reason": "no_submission"},
    ]
    assert result.warnings == [
        "2 rows name a submission that is not in f.csv; they are set aside; export both again, at one time"
    ]


def test_the_one_who_is_meant_by_the_submissions_is_meant_by_the_repeats(make_study: MakeStudy) -> None:
    keys = "respondents: {Bob: Robert}\n    " + KEYS
    repeats = "age,PARENT_KEY,KEY\n1,uuid:two,a\n"
    assert _rows(_contract(make_study(ODK, "", keys), {"f.csv": SUBMISSIONS, "f-child.csv": repeats})) == [
        ("Robert", "1", 2)
    ]


@pytest.mark.parametrize("mark", ["PARENT_KEY", "_parent_index"])
def test_a_repeat_group_is_never_taken_for_people(make_study: MakeStudy, mark: str) -> None:
    study = make_study(ODK)
    export = study.protocol.wave_exports[0]
    file = study.folder / "raw" / "T1" / "f.csv"
    file.write_text(f"name,mood,{mark}\nBilly,4,1\n", encoding="utf-8")
    assert contract_of_file(file, "f.csv", study, export).problems == [
        f'T1: column "{mark}": this is the file of a repeat group, and its rows are no people; say repeat_of: and the export of'
        f' its submissions; if they were joined already, name "{mark}" under ignored'
    ]
    joined_by_hand = export.model_copy(update={"ignored": (mark,)})
    assert contract_of_file(file, "f.csv", study, joined_by_hand).problems == []


FORM = [["name", "mood", "_id", "_uuid", "_index"], ["Alice", 3, 123, "u-1", 1], ["Bob", 4, 124, "u-2", 2]]
GROUP = ["age", "_index", "_parent_table_name", "_parent_index"]


def _kobo(study: Study, header: list[str], rows: list[list[object]]) -> ContractResult:
    book = openpyxl.Workbook()
    book.active.title = "Form"
    for row in FORM:
        book.active.append(row)
    sheet = book.create_sheet("group")
    for row in [header, *rows]:
        sheet.append(row)
    file = study.folder / "raw" / "T1" / "f.xlsx"
    book.save(file)
    return contract_of_file(file, file.name, study, study.protocol.wave_exports[1])


def test_a_repeat_of_kobotoolbox_is_a_sheet_of_the_same_workbook(make_study: MakeStudy) -> None:
    with_uuid = [*GROUP, "_submission__id", "_submission__uuid", "_submission__submission_time"]
    result = _kobo(make_study(KOBO), with_uuid, [[5, 1, "Form", 2, 124, "u-2", ""], [4, 2, "other", 1, 123, "u-1", ""]])
    assert (result.problems, result.warnings, _rows(result)) == ([], [], [("Bob", "5", 2), ("Alice", "4", 3)])
    result = _kobo(make_study(KOBO), GROUP, [[5, 1, "Form", 2]])
    assert (result.problems, _rows(result)) == ([], [("Bob", "5", 2)])
    with pytest.raises(ExportError) as refusal:
        _kobo(make_study(KOBO), GROUP, [[5, 1, "other", 2]])
    assert str(refusal.value) == (
        'f.xlsx: column "_parent_index" numbers the rows of "other", perhaps a group within a group; export it with'
        " _submission__uuid, and the submissions with _uuid"
    )


def test_what_cannot_be_joined_is_refused(make_study: MakeStudy) -> None:
    study = make_study(ODK, "", KEYS)
    with pytest.raises(ExportError) as refusal:
        _contract(study, {"f-child.csv": REPEATS})
    assert str(refusal.value) == (
        "f-child.csv: its submissions (export t1) have not arrived in raw/T1; put their file there"
    )
    with pytest.raises(ExportError) as refusal:
        _contract(study, {"f.csv": SUBMISSIONS, "f-child.csv": "age,KEY\n1,a\n"})
    assert str(refusal.value) == (
        "f-child.csv: no column names the rows of f.csv (PARENT_KEY for KEY, _submission__uuid for _uuid); export both with"
        " their keys, or take repeat_of out of the export"
    )
    with pytest.raises(ExportError) as refusal:
        _contract(study, {"f.csv": SUBMISSIONS.replace("uuid:one", "uuid:two"), "f-child.csv": REPEATS})
    assert str(refusal.value) == 'f.csv: Alice, Bob have the same KEY "uuid:two"; export the file again'
    empty = _contract(study, {"f.csv": SUBMISSIONS, "f-child.csv": "age,PARENT_KEY,KEY\n"})
    assert (empty.problems, _rows(empty)) == ([], [])


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("respondent: name", "an export with repeat_of has respondent from the export of its submissions; take it out"),
        ("answered_on: day", "an export with repeat_of has answered_on from the export of its submissions; take it out"),
    ],
)
def test_a_repeat_declares_nothing_that_its_submissions_know(make_study: MakeStudy, more: str, message: str) -> None:
    with pytest.raises(StudyError) as refusal:
        make_study(ODK, more)
    assert message in str(refusal.value)


def test_a_repeat_is_of_a_wave_s_submissions(make_study: MakeStudy) -> None:
    folder = make_study(ODK).folder
    content = (folder / "study.yaml").read_text(encoding="utf-8")
    (folder / "study.yaml").write_text(content.replace("repeat_of: t1", "repeat_of: t9"), encoding="utf-8")
    with pytest.raises(StudyError) as refusal:
        read_study(folder)
    assert "export t1_child repeats 't9', which is no wave's export of submissions; name one of t1" in str(refusal.value)
