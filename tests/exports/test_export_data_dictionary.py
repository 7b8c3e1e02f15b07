"""REDCap's data dictionary: whoever wrote it, and what it says of an export that is headed by labels."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.exports.data_dictionary import checkbox_column, label_key, plain_label, read_dictionary
from dagster_project.exports.errors import ExportError
from dagster_project.exports.redcap import read_redcap, with_dictionary
from dagster_project.exports.table import Form, TextTable

WEB = ["Variable / Field Name", "Form Name", "Field Type", "Field Label", "Choices, Calculations, OR Slider Labels"]
API = ["field_name", "form_name", "field_type", "field_label", "select_choices_or_calculations"]
HEADERS = {
    "web page": WEB,
    "old web page": [*WEB[:4], "Choices OR Calculations"],
    "API": API,
    "R, other signs": ["Variable...Field.Name", "Form.Name", "Field.Type", "Field.Label", "Choices..Calculations..OR.Slider.Labels"],
    "a spreadsheet, other order": [*reversed(API)],
}  # fmt: skip
FIELDS = [
    ["rid", "start", "text", "Record ID", ""],
    ["mood", "start", "radio", "Mood", "1, Low | 2, High, at times"],
    ["ill", "start", "yesno", "Ill?", ""],
    ["bmi", "start", "calc", "BMI", "[weight] / [height]"],
    ["sport", "habits", "checkbox", "Sport", "0, None | -1, Less | UNK, Don't know"],
]


def _write(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


def _read(folder: Path, header: list[str], fields: list[list[str]], rows: list[list[str]] | None = None) -> TextTable:
    dictionary = _write(folder / "dictionary.csv", [WEB, *fields])
    table = read_redcap(_write(folder / "records.csv", [header, *(rows or [])]), "records.csv")
    return with_dictionary(table, dictionary)


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_a_dictionary_is_read_whoever_wrote_it_and_is_no_export_of_records(header: list[str], tmp_path: Path) -> None:
    is_reversed = header[-1] == "field_name"
    path = _write(tmp_path / "dictionary.csv", [header, *(fields[::-1] if is_reversed else fields for fields in FIELDS)])
    fields = {field.name: field for field in read_dictionary(path)}
    assert [*fields] == ["rid", "mood", "ill", "bmi", "sport"]
    assert fields["mood"].choices == {"1": "Low", "2": "High, at times"}
    assert fields["ill"].choices == {"1": "Yes", "0": "No"}
    assert fields["bmi"].choices == {}
    assert (fields["sport"].form, fields["sport"].label) == ("habits", "Sport")
    with pytest.raises(ExportError) as refusal:
        read_redcap(path, "x.csv")
    assert str(refusal.value) == "x.csv: this is REDCap's data dictionary, not an export of records; export the records"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (API[:3], 'dictionary.csv: column "field_label" is missing; export the data dictionary from REDCap again'),
        (WEB[1:], 'dictionary.csv: column "Variable / Field Name" is missing; export the data dictionary from REDCap again'),
        (["rid", "mood"], 'dictionary.csv: column "Variable / Field Name" is missing; export the data dictionary from REDCap again'),
    ],
)  # fmt: skip
def test_what_a_dictionary_lacks_is_named_as_its_writer_calls_it(header: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError) as refusal:
        read_dictionary(_write(tmp_path / "dictionary.csv", [header]))
    assert str(refusal.value) == message


def test_an_export_with_a_row_for_each_value_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path / "x.csv", [["record", "redcap_event_name", "field_name", "value"], ["1", "e", "mood", "2"]])
    with pytest.raises(ExportError) as refusal:
        read_redcap(path, "x.csv")
    assert str(refusal.value) == "x.csv: this export has a row for each value (eav); export it flat, a row for each record"


@pytest.mark.parametrize(
    ("code", "column"),
    [
        ("0", "f___0"),
        ("12", "f___12"),
        ("-1", "f____1"),
        ("-999", "f____999"),
        ("1.5", "f___1_5"),
        ("UNK", "f___unk"),
        (" NaN ", "f___nan"),
        ("not_done", "f___not_done"),
        ("a-b", "f___a_b"),
        ("a b/c", "f___abc"),
    ],
)
def test_a_choice_of_a_checkbox_has_a_column_of_its_own(code: str, column: str) -> None:
    assert checkbox_column("f", code) == column


@pytest.mark.parametrize(
    ("label", "heading"),
    [
        ("How is your mood?", "How is your mood?"),
        ('<div class="rich-text-field-label"><p>Your <b>energy</b></p></div>', "Your energy"),
        ("<p>First</p><p>Second</p>", "FirstSecond"),
        ("<p>First</p>\r\n<p>Second</p>", "First Second"),
        ("Sleep (hours),\nlast night", "Sleep (hours), last night"),
        ("Line one<br>line two<br/>", "Line oneline two"),
        ("Fish &amp; chips &lt; 5 &#8364;", "Fish & chips < 5 €"),
        ("&lt;b&gt;Bold&lt;/b&gt;", "Bold"),
        ("Weight&nbsp;(kg)", "Weight (kg)"),
        ("a < b and c > d", "a < b and c > d"),
        ("Mary's \u201clast\u201d year", 'Mary\u2019s "last" year'),
        ("Cafe\u0301", "Caf\u00e9"),
        ("<!-- hidden -->Shown", "Shown"),
    ],
)
def test_a_heading_is_the_label_as_redcap_prints_it(label: str, heading: str, tmp_path: Path) -> None:
    fields = [
        ["rid", "start", "text", "Record ID", ""],
        ["q1", "start", "text", label, ""],
        ["q2", "start", "text", "Other", ""],
    ]
    table = _read(tmp_path, ["Record ID", heading, "Complete?"], fields)
    assert table.other_names[heading] == "q1"
    boxes = [fields[0], ["q1", "start", "checkbox", label, f"1, {label} | 2, Other"]]
    headings = [f"{heading} (choice={choice})" for choice in (heading.replace("'", "").replace('"', ""), "Other")]
    table = _read(tmp_path, ["Record ID", *headings], boxes)
    assert [table.other_names[name] for name in headings] == ["q1___1", "q1___2"]
    assert table.value_labels[headings[0]] == {"1": "Checked", "0": "Unchecked"}


@settings(max_examples=100, deadline=None)
@given(st.text("ab <>&;/'\"\u00e9.1-", max_size=15))
def test_a_printed_label_is_equal_to_itself_and_has_no_tag(label: str) -> None:
    assert label_key(plain_label(label)) == label_key(plain_label(plain_label(label)))
    assert "\n" not in plain_label(label)


@pytest.mark.parametrize(
    ("labels", "header"),
    [
        (["Comment", "Comment"], ["Comment"]),
        (["Comment", "<b>Comment</b>"], ["Com ment"]),
        (["Comment", "Other"], ["Com ment", "Comm ent"]),
    ],
)
def test_a_heading_that_could_be_two_fields_is_none_of_them(labels: list[str], header: list[str], tmp_path: Path) -> None:
    fields = [["rid", "start", "text", "Record ID", ""], *(["q", "start", "text", label, ""] for label in labels)]
    fields = [[f"{field[0]}{index}", *field[1:]] for index, field in enumerate(fields)]
    table = _read(tmp_path, ["Record ID", *header], fields)
    assert table.other_names == {"Record ID": "rid0"}
    assert table.absences["q1"] == (
        'its label "Comment" does not tell it from other columns; export the records with field names as headings'
    )


def test_a_heading_that_is_a_label_and_another_field_s_name_is_refused_among_labels_only(tmp_path: Path) -> None:
    fields = [
        ["rid", "start", "text", "Record ID", ""],
        ["age", "start", "text", "Years", ""],
        ["old", "start", "text", "age", ""],
    ]
    assert _read(tmp_path, ["rid", "age", "old"], fields).other_names == {}
    with pytest.raises(ExportError) as refusal:
        _read(tmp_path, ["Record ID", "Years", "age"], fields)
    assert str(refusal.value) == (
        'dictionary.csv: "age" is the name of a field and the label of old; export the records with field names as headings'
    )


FORMS = [
    ["rid", "start", "text", "Record ID", ""],
    ["mood", "start", "radio", "Mood", "1, Low"],
    ["sport", "habits", "checkbox", "Sport on", "1, Monday"],
    ["bmi", "habits", "calc", "BMI", ""],
    ["end", "last", "text", "Comment", ""],
]


@pytest.mark.parametrize(
    ("header", "columns", "states"),
    [
        # As many as there are forms: in their order, whatever is between them.
        (["Record ID", "Complete?", "Sport on (choice=Monday)", "Complete?", "Complete?"],
         ["start_complete", "habits_complete", "last_complete"], ["start", "habits", "last"]),
        # Some forms: each is that of the column before it.
        (["Record ID", "Sport on (choice=Monday)", "BMI", "Complete?", "Comment", "Complete?"],
         ["habits_complete", "last_complete"], ["habits", "last"]),
        (["Record ID", "Sport on (choice=Monday)", "Complete?"], ["Complete?"], ["habits"]),
        # As R and pandas number columns of one name.
        (["Record ID", "Mood", "Complete?", "Comment", "Complete?.1"], ["start_complete", "last_complete"], ["start", "last"]),
        (["Record ID", "Mood", "Complete?_1", "Comment", "Complete?_2"], ["start_complete", "last_complete"], ["start", "last"]),
        # Two after one form's columns: no telling.
        (["Record ID", "Mood", "Complete?", "Complete?"], ["Complete?", "Complete?"], []),
        (["rid", "mood", "start_complete", "end", "last_complete"], ["start_complete", "last_complete"], ["start", "last"]),
    ],
)  # fmt: skip
def test_complete_is_a_form_s_state(header: list[str], columns: list[str], states: list[str], tmp_path: Path) -> None:
    table = _read(tmp_path, header, FORMS)
    assert [column for column in table.columns if "omplete" in column] == columns
    assert [*table.forms] == states
    assert [form.state_column for form in table.forms.values()] == (columns if states else [])


def test_a_form_s_columns_are_those_that_people_fill_in(tmp_path: Path) -> None:
    header = ["Record ID", "Mood", "Complete?", "Sport on (choice=Monday)", "BMI", "Complete?", "Comment", "Complete?"]
    assert _read(tmp_path, header, FORMS).forms == {
        "start": Form("start_complete", ("Mood",)),
        "habits": Form("habits_complete", ("Sport on (choice=Monday)",)),
        "last": Form("last_complete", ("Comment",)),
    }


def test_a_broken_choice_is_named_and_the_rest_is_used(tmp_path: Path) -> None:
    fields = [
        ["rid", "start", "text", "Record ID", ""],
        ["mood", "start", "radio", "Mood", "1, Low | 2 Middle | 3, High | 4, Top | 4, Very top |"],
        ["ill", "start", "radio", "Ill?", "1, Yes | 0, No"],
    ]
    table = _read(tmp_path, ["rid", "mood", "ill"], fields, [["1", "3", "0"]])
    assert table.value_labels == {"mood": {"1": "Low", "3": "High"}, "ill": {"1": "Yes", "0": "No"}}
    assert table.warnings == (
        'dictionary.csv: line 3: mood: "2 Middle" is not a choice of the form code, label and is left out; correct the data'
        " dictionary",
        "dictionary.csv: line 3: mood: the code 4 has 2 labels and is left out; correct the data dictionary",
    )
