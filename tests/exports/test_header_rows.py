"""Title rows, headers of several rows and rows of labels, in text and in workbooks alike; the tools that write them."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.exports import ExportError, TextTable
from dagster_project.exports.delimited import read_delimited
from dagster_project.exports.excel import read_excel
from dagster_project.exports.header_rows import joined_header
from dagster_project.exports.limesurvey import read_limesurvey
from dagster_project.exports.qualtrics import read_qualtrics
from dagster_project.exports.surveymonkey import read_surveymonkey
from dagster_project.study import Layout

Rows = Sequence[Sequence[str]]


def _written(folder: Path, rows: Rows, form: str, encoding: str = "utf-8") -> Path:
    """The rows as text with a delimiter, or as a workbook."""
    path = folder / f"file.{form}"
    if form == "xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append([cell or None for cell in row])
        book.save(path)
        return path
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter={"csv": ",", "semicolon": ";", "tab": "\t"}[form]).writerows(rows)
    path.write_bytes(stream.getvalue().encode(encoding))
    return path


def _read(folder: Path, rows: Rows, form: str, layout: Layout) -> TextTable:
    path = _written(folder, rows, form)
    return read_excel(path, path.name, layout) if form == "xlsx" else read_delimited(path, path.name, layout)


FORMS = ("csv", "semicolon", "tab", "xlsx")
MATRIX = [
    ["pid", "How often?", "", "Where, and why?", "", "Age"],
    ["", "Tired", "Sad", "Place", "Other", ""],
]


@pytest.mark.parametrize("form", FORMS)
def test_a_header_of_two_rows_names_each_column(tmp_path: Path, form: str) -> None:
    table = _read(tmp_path, [*MATRIX, ["P1", "4", "5", "Town", "", "30"]], form, Layout(header_rows=2))
    assert table.columns == (
        *("pid", "How often? | Tired", "How often? | Sad", "Where, and why? | Place", "Where, and why? | Other", "Age"),
    )
    assert list(table.cells.to_pylist()[0].values()) == ["P1", "4", "5", "Town", "", "30"]
    assert table.source_rows.to_pylist() == [3]


def test_a_header_of_three_rows_begins_anew_below_each_text() -> None:
    assert joined_header([["A", "", "", "B", ""], ["x", "", "y", "", "z"], ["1", "2", "3", "4", "5"]]) == (
        *("A | x | 1", "A | x | 2", "A | y | 3", "B | 4", "B | z | 5"),
    )
    assert joined_header([["", "A"], ["1", ""]]) == ("1", "A")
    assert joined_header([["A", "", ""], ["1", "", "3"]]) == ("A | 1", "", "A | 3")


TEXT = st.text("abc xyz", min_size=1, max_size=5).filter(str.strip)


@given(st.lists(st.tuples(TEXT, st.lists(TEXT, min_size=1, max_size=4)), min_size=1, max_size=5))
def test_every_column_carries_its_question(questions: list[tuple[str, list[str]]]) -> None:
    upper = [cell for question, answers in questions for cell in [question, *[""] * (len(answers) - 1)]]
    lower = [answer for _, answers in questions for answer in answers]
    expected = [f"{question.strip()} | {answer.strip()}" for question, answers in questions for answer in answers]
    assert list(joined_header([upper, lower])) == expected


@pytest.mark.parametrize("form", FORMS)
def test_rows_above_the_header_are_not_read(tmp_path: Path, form: str) -> None:
    rows = [["Wave 1, by M. Ex"], ["of 2024; final", "", "x"], ["pid", "q1", "q2"], ["P1", "4", "5"]]
    table = _read(tmp_path, rows, form, Layout(title_rows=2))
    assert (table.columns, table.source_rows.to_pylist()) == (("pid", "q1", "q2"), [4])
    assert list(table.cells.to_pylist()[0].values()) == ["P1", "4", "5"]


@pytest.mark.parametrize("form", FORMS)
def test_rows_of_labels_describe_columns_and_are_no_people(tmp_path: Path, form: str) -> None:
    rows = [["pid", "q1"], ["Person", "How often?"], ["text", "1 to 5"], ["P1", "4"]]
    table = _read(tmp_path, rows, form, Layout(label_rows=2))
    assert (table.columns, table.row_count, table.source_rows.to_pylist()) == (("pid", "q1"), 1, [4])
    assert table.column_labels == {"pid": "Person", "q1": "How often?"}


def test_all_three_and_a_declared_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('sep=;\nTitle\n"Q";\na;b\nlabel;"two\nlines"\n1;2\n', encoding="utf-8")
    table = read_delimited(path, "a.csv", Layout(title_rows=1, header_rows=2, label_rows=1))
    assert (table.columns, table.column_labels["Q | b"], table.source_rows.to_pylist()) == (
        *(("Q | a", "Q | b"), "two\nlines", [7]),
    )


@pytest.mark.parametrize(
    ("form", "layout", "message"),
    [
        (
            "csv",
            Layout(header_rows=2, label_rows=2),
            "file.csv: the file has 2 rows, fewer than the 4 of its header and labels; correct header_rows or label_rows of"
            " the export",
        ),
        (
            "csv",
            Layout(title_rows=9),
            "file.csv: nothing is left below 9 title rows; correct title_rows of the export",
        ),
        (
            "xlsx",
            Layout(title_rows=2),
            'file.xlsx: the sheet "Sheet" has 0 filled rows below the title rows, fewer than its header and labels; correct'
            " title_rows, header_rows or label_rows of the export",
        ),
        (
            "xlsx",
            Layout(sheet="Post"),
            'file.xlsx: there is no sheet "Post", but "Sheet"; correct sheet of the export',
        ),
    ],
)
def test_a_layout_that_the_file_does_not_have_is_refused(tmp_path: Path, form: str, layout: Layout, message: str) -> None:
    with pytest.raises(ExportError) as refusal:
        _read(tmp_path, [["a", "b"], ["1", "2"]], form, layout)
    assert str(refusal.value) == message


MONKEY = [
    ["Respondent ID", "Start Date", "How often ..", "", "Where do you live?", ""],
    ["", "", "Tired", "Sad", "Response", "Other (please specify)"],
    ["1001", "05/13/2024 10:00:00 AM", "4", "5", "Town", ""],
]


@pytest.mark.parametrize("form", FORMS)
def test_surveymonkey_as_text_and_as_workbook(tmp_path: Path, form: str) -> None:
    path = _written(tmp_path, MONKEY, form)
    table = read_surveymonkey(path, path.name, Layout())
    assert table.columns == (
        *("Respondent ID", "Start Date", "How often .. | Tired", "How often .. | Sad", "Where do you live? | Response"),
        "Where do you live? | Other (please specify)",
    )
    assert table.other_names == {"Where do you live? | Response": "Where do you live?"}
    assert (table.row_count, table.source_rows.to_pylist()) == (1, [3])


def test_what_is_not_surveymonkeys_is_refused(tmp_path: Path) -> None:
    path = _written(tmp_path, [MONKEY[0], MONKEY[2]], "csv")
    with pytest.raises(ExportError) as refusal:
        read_surveymonkey(path, path.name, Layout())
    assert str(refusal.value) == (
        'file.csv: row 2: this is not SurveyMonkey\'s second header row, which is blank below "Respondent ID"; export all'
        " responses data, or declare reader: delimited or excel"
    )


QUALTRICS = [["ResponseID", "StartDate", "Q1"], ["Response ID", "Start Date", "Please rate"]]
PERSON = ["R_1", "2016-07-20 12:49:25", "4"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("quote", ['{{"ImportId":"{}"}}', "{{'ImportId': '{}'}}", '{{"ImportId":"{}","timeZone":"Z"}}'])
def test_qualtrics_in_every_dress(tmp_path: Path, form: str, quote: str) -> None:
    import_ids = [quote.format(name) for name in ("responseId", "startDate", "QID1")]
    path = _written(tmp_path, [*QUALTRICS, import_ids, PERSON], form)
    table = read_qualtrics(path, path.name, Layout())
    assert (table.row_count, table.other_names["Q1"], table.column_labels["Q1"]) == (1, "QID1", "Please rate")


@pytest.mark.parametrize("form", FORMS)
def test_qualtrics_without_import_ids(tmp_path: Path, form: str) -> None:
    path = _written(tmp_path, [*QUALTRICS, PERSON], form)
    table = read_qualtrics(path, path.name, Layout())
    assert (table.row_count, table.other_names) == (1, {})


def test_limesurveys_export_with_codes_in_its_second_row(tmp_path: Path) -> None:
    rows = [
        ["Response ID", "Date submitted", "Start language", "I am tired."],
        ["id", "submitdate", "startlanguage", "12X3X4SQ001"],
        ["1", "2024-01-01 10:00:00", "en", "4"],
    ]
    table = read_limesurvey(_written(tmp_path, rows, "tab"), "vv.csv", Layout())
    assert table.columns == ("id", "submitdate", "startlanguage", "12X3X4SQ001")
    assert (table.row_count, table.column_labels["12X3X4SQ001"]) == (1, "I am tired.")


def test_a_sheet_by_its_name(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["a"])
    for name, answer in (("Pre", 1), ("Post ", 2)):
        sheet = book.create_sheet(name)
        sheet.append(["q"])
        sheet.append([answer])
    book.save(tmp_path / "waves.xlsx")
    for name, answer in (("Pre", "1"), ("Post", "2")):
        table = read_excel(tmp_path / "waves.xlsx", "waves.xlsx", Layout(sheet=name))
        assert table.cells.to_pylist() == [{"0": answer}]
