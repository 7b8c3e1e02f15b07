"""Qualtrics' header rows: told from people, or refused."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from dagster_project.exports import ExportError, TextTable, apply_contract, read_export
from dagster_project.study import Export, Study

ExportOf = Callable[[str], Export]
Read = Callable[[str], TextTable]

NAMES = "RecordedDate,ResponseId,ExternalReference,Q_1,Q_3\n"
LABELS = 'Recorded Date,Response ID,External Data Reference,"Item 1,\nsecond line",Item 3\n'
IMPORT_IDS = (
    '"{""ImportId"":""recordedDate"",""timeZone"":""UTC""}","{""ImportId"":""_recordId""}",'
    '"{""ImportId"":""externalDataReference""}","{""ImportId"":""QID1""}","{""ImportId"":""QID3""}"\n'
)
PEOPLE = "2020-01-01 10:00:00,R_1,PW-1,1,5\n2020-01-02 10:00:00,R_2,PW-2,,-99\n"


@pytest.fixture
def read(tmp_path: Path, export_of: ExportOf) -> Read:
    def read_text(content: str) -> TextTable:
        path = tmp_path / "0123abcd"
        path.write_bytes(content.encode("utf-8-sig"))
        return read_export(path, export_of("t2"), name="t2.csv")

    return read_text


@pytest.mark.parametrize(
    ("content", "lines", "note"),
    [
        (NAMES + LABELS + IMPORT_IDS + PEOPLE, [5, 6], "Three header rows: names, labels, ImportIds."),
        (NAMES + LABELS + PEOPLE, [4, 5], "Two header rows: names and labels, no ImportIds."),
    ],
)
def test_header_rows_are_no_people(
    read: Read, study: Study, export_of: ExportOf, content: str, lines: list[int], note: str
) -> None:
    table = read(content)
    assert table.source_rows.to_pylist() == lines
    assert table.notes[-1] == note
    assert table.column_labels["Q_1"] == "Item 1,\nsecond line"
    result = apply_contract(table, study, export_of("t2"), "ab" * 32, "t2.csv")
    assert (result.problems, result.warnings) == ([], [])
    assert result.accepted.drop_columns(["source_file", "answered_on"]).to_pylist() == [
        {"respondent": "PW-1", "mood_01": "1", "mood_02": None, "mood_03": "5", "source_row": lines[0]},
        {"respondent": "PW-2", "mood_01": "", "mood_02": None, "mood_03": "-99", "source_row": lines[1]},
    ]


def test_the_oldest_exports_name_their_columns_by_number(read: Read) -> None:
    table = read("V1,V2,Q_1\nResponseID,ResponseSet,Item 1\nR_1,Default,4\n")
    assert table.cells.to_pylist() == [{"0": "R_1", "1": "Default", "2": "4"}]


def test_nobody_has_answered_yet(read: Read) -> None:
    assert read(NAMES + LABELS + IMPORT_IDS).row_count == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (NAMES, "t2.csv: there is no row of question labels below the names; export it again with labels"),
        (
            NAMES + IMPORT_IDS + PEOPLE,
            "t2.csv: line 2: the row of question labels is missing before the ImportIds; export it again",
        ),
        (
            NAMES + PEOPLE,
            "t2.csv: line 2: this is not a row of Qualtrics' question labels, and no row of ImportIds follows; export it"
            " from Qualtrics as CSV, or declare reader: delimited",
        ),
        (
            NAMES + LABELS + IMPORT_IDS.replace('"{""ImportId"":""QID1""}"', "QID1") + PEOPLE,
            't2.csv: line 4: column "Q_1": "QID1" is not an ImportId like the others of that row; correct the cell',
        ),
        (
            NAMES + LABELS + IMPORT_IDS.replace('""QID3""}', '""QID3""') + PEOPLE,
            't2.csv: line 4: column "Q_3": "{"ImportId":"QID3"" is not an ImportId like the others of that row; correct'
            " the cell",
        ),
        (
            NAMES + LABELS + IMPORT_IDS + "R_1\n",
            "t2.csv: line 5: 1 cell, where the header has 5; check the delimiters and quotes of that line, or export the"
            " file again",
        ),
    ],
)
def test_refusals(read: Read, content: str, message: str) -> None:
    with pytest.raises(ExportError) as refusal:
        read(content)
    assert str(refusal.value) == message


def test_a_column_may_be_declared_by_its_import_id(tmp_path: Path, study: Study, export_of: Callable[[str], Export]) -> None:
    """A question that was renamed in the survey keeps its ImportId, and so its place in the protocol."""
    path = tmp_path / "t2.csv"
    path.write_text(
        "RecordedDate,ExternalReference,Renamed,Q_3\nRecorded Date,External Data Reference,first,third\n"
        '"{""ImportId"":""recordedDate""}","{""ImportId"":""externalDataReference""}","{""ImportId"":""QID7""}","{""ImportId"":""QID9""}"\n'
        "2020-01-01,PW-1,4,2\n",
        encoding="utf-8",
    )
    export = export_of("t2")
    block = export.blocks[0].model_copy(update={"columns": {"mood_01": "QID7"}})
    table = read_export(path, export)
    result = apply_contract(table, study, export.model_copy(update={"blocks": (block,)}), "ab" * 32, "t2.csv")
    assert result.problems == result.warnings == []
    assert result.accepted.select(["mood_01", "mood_03"]).to_pylist() == [{"mood_01": "4", "mood_03": "2"}]
    as_declared = apply_contract(table, study, export, "ab" * 32, "t2.csv")
    assert len(as_declared.problems) == 1


def test_a_row_of_import_ids_is_no_person_whatever_the_file_was_declared_as(
    tmp_path: Path, study: Study, export_of: ExportOf
) -> None:
    """Qualtrics's file, declared as delimited, gave a person called {"ImportId": ...}."""
    header = ["Code", "When", "Q_1", "Q_2", "Q_3", "S_1", "Comment", "Kind"]
    path = tmp_path / "0123abcd"
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerows(
            [header, [f'{{"ImportId": "{name}"}}' for name in header], ["PW-1", "2020-01-31", "1", "2", "3", "Yes", "", ""]]
        )
    table = read_export(path, export_of("t1"), name="t1.csv")
    result = apply_contract(table, study, export_of("t1"), "ab" * 32, "t1.csv")
    assert result.problems == []
    assert result.respondents.to_pylist() == ["PW-1"]
    assert result.set_aside.select(["source_row", "reason"]).to_pylist() == [{"source_row": 2, "reason": "header_row"}]
