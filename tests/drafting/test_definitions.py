"""Drafts from exports that come with the survey's own definition: Qualtrics' survey file, an XLSForm in its several forms."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from dagster_project.drafting import WrittenDraft, new_study_from
from dagster_project.study import StudyError, read_instrument

N_PEOPLE = 30
STEM = "<p>How often, <b>these days</b>, WORDING-OF-THE-OWNER</p>"
SCALE = ("Never", "At <b>times</b>", "Often&nbsp;", "Always")
CODES = {"1": "0", "2": "1", "3": "2", "4": "9"}


def _question(identifier: str, tag: str, **payload: Any) -> dict[str, Any]:
    return {
        "SurveyID": "SV_1",
        "Element": "SQ",
        "PrimaryAttribute": identifier,
        "Payload": {"QuestionText": STEM, "DataExportTag": tag, "QuestionID": identifier, **payload},
    }


def _survey_file(path: Path, *questions: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"SurveyEntry": {"SurveyID": "SV_1"}, "SurveyElements": [{"Element": "BL", "Payload": []}, *questions]}
    path.write_text(json.dumps(content), encoding="utf-8")


def _matrix(**more: Any) -> dict[str, Any]:
    """A matrix of three statements with tags of their own, answers recoded to 0, 1, 2 and 9."""
    return {
        "QuestionType": "Matrix",
        "Selector": "Likert",
        "SubSelector": "SingleAnswer",
        "Choices": {str(row): {"Display": f"Statement {row}, WORDING-OF-THE-OWNER"} for row in (1, 2, 4)},
        "ChoiceOrder": [1, 2, "4"],
        "Answers": {str(number): {"Display": label} for number, label in enumerate(SCALE, start=1)},
        "AnswerOrder": [1, 2, 3, 4],
        "RecodeValues": CODES,
        "ChoiceDataExportTags": {"1": "worry", "2": "sleep", "4": "mood_low"},
        **more,
    }


def _rows(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)


def _alike(generator: np.random.Generator, n_answers: int) -> np.ndarray:
    """Three answers of a person, from 0, that go together."""
    return np.clip(generator.integers(0, n_answers) + generator.integers(-1, 2, 3), 0, n_answers - 1)


def _responses(path: Path, cells: Sequence[str]) -> None:
    """Responses to the matrix and to a question of several boxes. cells: what stands for the first, second, .. answer."""
    generator = np.random.default_rng(3)
    header = ["StartDate", "Finished", "ResponseId", "worry", "sleep", "renamed", "Q9_1", "Q9_2", "Q9_3"]
    names = ["startDate", "finished", "_recordId", "QID2_1", "QID2_2", "QID2_4", "QID3_1", "QID3_2", "QID3_3"]
    rows = [
        ["2024-05-01 10:00:00", "1", f"R_{number}"]
        + [cells[answer] for answer in _alike(generator, 3)]
        + list(generator.choice(["1", ""], 3))
        for number in range(N_PEOPLE)
    ]
    _rows(path, [header, header, [json.dumps({"ImportId": name}) for name in names], *rows])


def _qualtrics(folder: Path, cells: Sequence[str], **more: Any) -> WrittenDraft:
    _survey_file(
        folder / "exports/survey.qsf",
        _question("QID2", "Q2", **_matrix(**more)),
        _question("QID3", "Q9", QuestionType="MC", Selector="MAVR", Choices={str(n): {"Display": "A"} for n in (1, 2, 3)}),
    )
    _responses(folder / "exports/responses.csv", cells)
    return new_study_from(folder / "my_study", [folder / "exports"])


def _texts(folder: Path) -> str:
    return "".join(file.read_text(encoding="utf-8") for file in sorted((folder / "my_study").rglob("*.yaml")))


def test_codes_and_labels_of_a_qualtrics_survey_are_certain(tmp_path: Path) -> None:
    """Rows of a matrix belong together whatever they are called, and a column that was renamed is known by its ImportId."""
    draft = _qualtrics(tmp_path, ["0", "1", "2"])
    folder = tmp_path / "my_study"
    assert [path.name for path in draft.copies] == ["responses.csv"]
    assert draft.definitions == (
        (
            tmp_path / "exports/survey.qsf",
            "the survey's definition (Qualtrics), used for 6 columns and not copied: it holds the wording of questions",
        ),
    )
    instrument = (folder / "instruments/q2.yaml").read_text(encoding="utf-8")
    assert "anchors: {low: 0, high: 9, codes: [0, 1, 2, 9]}  # the file labels them from 0 to 9\n" in instrument
    assert "columns: {q2_01: worry, q2_02: sleep, q2_03: renamed}" in (folder / "study.yaml").read_text(encoding="utf-8")
    assert [question.partition(".yaml:")[2] for question in draft.questions] == [
        '15: better: !ask "high or low, the end of the scale that is good"'
    ]
    assert "WORDING" not in _texts(tmp_path)
    assert "<b>" not in _texts(tmp_path)


def test_choice_texts_get_their_codes_without_a_question(tmp_path: Path) -> None:
    draft = _qualtrics(tmp_path, ["Never", "At times", "Often"])
    assert "labels: {Never: 0, At times: 1, Often: 2, Always: 9}}  # the file labels them from 0 to 9" in _texts(tmp_path)
    assert len(draft.questions) == 1


def test_names_of_choices_are_read_as_the_export_has_them(tmp_path: Path) -> None:
    names = {"1": "no", "2": "some", "3": "much", "4": "all"}
    draft = _qualtrics(tmp_path, ["no", "some", "much"], VariableNaming=names)
    assert '{"no": 0, some: 1, much: 2, all: 9}' in _texts(tmp_path)
    assert len(draft.questions) == 1


def test_other_codes_than_the_definition_says_are_named_and_taken_as_they_are(tmp_path: Path) -> None:
    draft = _qualtrics(tmp_path, ["4", "5", "6"])
    assert draft.definitions[0] == (
        tmp_path / "exports/responses.csv",
        '3 columns ("worry", …): the cells hold other codes than survey.qsf says; nothing is taken over',
    )
    assert "      low: 4\n      high: 6\n" in _texts(tmp_path)


def test_a_broken_choice_is_named_and_the_rest_is_used(tmp_path: Path) -> None:
    answers = {"1": {"Display": "Never"}, "2": "At times", "3": {"Display": "Often"}, "4": {}}
    draft = _qualtrics(tmp_path, ["0", "2", "2"], Answers=answers, Choices=[{"Display": "row 0"}, {}, {}])
    assert [words for _, words in draft.definitions[-2:]] == [
        f'survey.qsf: "Q2": choice "{number}" has no text and is left out; correct it in Qualtrics' for number in (2, 4)
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "broken.qsf: this is no Qualtrics survey file (Expecting property name enclosed in double quotes: line 1 column 2"
         " (char 1)); export the survey again"),
        ('{"SurveyElements": []}', "broken.qsf: Qualtrics' survey file has no questions; export the survey again"),
        ('{"SurveyElements": [{"Element": "SQ", "Payload": null}]}', ""),
        ('{"SurveyElements": {"a": 1}}', "broken.qsf: Qualtrics' survey file has no questions; export the survey again"),
        ("{}", "broken.qsf: Qualtrics' survey file has no questions; export the survey again"),
        ("", "it is no table of a known format"),
    ],
)  # fmt: skip
def test_a_broken_survey_file_is_one_line(tmp_path: Path, content: str, message: str) -> None:
    _responses(tmp_path / "exports/responses.csv", ["0", "1", "2"])
    (tmp_path / "exports/broken.qsf").write_text(content, encoding="utf-8")
    draft = new_study_from(tmp_path / "my_study", [tmp_path / "exports"])
    assert [words for path, words in draft.left_out if path.name == "broken.qsf"] == ([message] if message else [])


def test_definitions_that_differ_are_not_chosen_between(tmp_path: Path) -> None:
    for name, codes in (("a", CODES), ("b", {"1": "0", "2": "1", "3": "2", "4": "3"})):
        _survey_file(tmp_path / f"exports/{name}.qsf", _question("QID2", "Q2", **_matrix(RecodeValues=codes)))
    _responses(tmp_path / "exports/responses.csv", ["0", "1", "2"])
    draft = new_study_from(tmp_path / "my_study", [tmp_path / "exports"])
    assert draft.definitions[0][1] == (
        '2 definitions know the export as well and differ on 3 columns ("worry", …), of which nothing is taken over; give'
        " the right one only"
    )
    assert "ignored: [Finished, worry, sleep, renamed]" in _texts(tmp_path)


SURVEY = [
    ["type", "name", "label::English (en)", "label::Deutsch (de)", "parameters"],
    ["start", "start", "", "", ""],
    ["text", "code", "Your code?", "Kode?", ""],
    ["begin group", "strain", "", "", ""],
    ["select_one often", "tired", "WORDING-OF-THE-OWNER", "WORTLAUT", ""],
    ["note", "hint", "Go on", "", ""],
    ["select_one often", "tense", "WORDING-OF-THE-OWNER", "WORTLAUT", ""],
    ["select_one often", "low", "WORDING-OF-THE-OWNER", "WORTLAUT", ""],
    ["end group", "", "", "", ""],
    ["select_multiple sports", "sports", "Which?", "Welche?", ""],
    ["range", "pain1", "Pain?", "", "start=0 end=10 step=1"],
    ["range", "pain2", "Pain?", "", "start=0 end=10 step=1"],
    ["range", "pain3", "Pain?", "", "start=0 end=10 step=1"],
]
CHOICES = [
    ["list_name", "name", "label::English (en)", "label::Deutsch (de)"],
    ["often", "never", "Never", "Nie"],
    ["often", "rarely", "Rarely", "Selten"],
    ["often", "always", "Always", "Immer"],
    ["often", "pnts", "Prefer not to say", "Keine Angabe"],
    ["sports", "run", "Running", "Laufen"],
    ["sports", "swim", "Swimming", "Schwimmen"],
]


def _workbook(folder: Path) -> None:
    workbook = openpyxl.Workbook()
    for name, rows in (("survey", SURVEY), ("choices", CHOICES), ("settings", [["form_title"], ["Strain"]])):
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.remove(workbook["Sheet"])
    workbook.save(folder / "form.xlsx")


def _one_csv(folder: Path) -> None:
    rows = [["survey"], *(["", *row] for row in SURVEY), [], ["choices"], *(["", *row] for row in CHOICES)]
    _rows(folder / "form.csv", [row + [""] * (6 - len(row)) for row in rows])


def _two_csv(folder: Path) -> None:
    _rows(folder / "survey.csv", SURVEY)
    _rows(folder / "choices.csv", CHOICES)


def _json(folder: Path) -> None:
    sheets = {
        name: [{key: cell for key, cell in zip(rows[0], row, strict=True) if cell} for row in rows[1:]]
        for name, rows in (("survey", SURVEY), ("choices", CHOICES))
    }
    (folder / "form.json").write_text(json.dumps({"content": sheets}), encoding="utf-8")


def _submissions(path: Path, answers: Sequence[str], separator: str = "/") -> None:
    generator = np.random.default_rng(5)
    group = f"strain{separator}"
    header = ["start", "code", f"{group}tired", f"{group}tense", f"{group}low", "sports", f"sports{separator}run"]
    header += [f"sports{separator}swim", "pain1", "pain2", "pain3", "_id", "_submission_time"]
    rows = [
        ["2024-05-13T09:58:00.000+02:00", f"P{number}"]
        + [answers[answer] for answer in _alike(generator, len(answers))]
        + ["run", "1", "0", *map(str, _alike(generator, 6) + 2), str(number), "2024-05-13T08:00:10"]
        for number in range(N_PEOPLE)
    ]
    _rows(path, [header, *rows])


@pytest.mark.parametrize("write_form", [_workbook, _one_csv, _two_csv, _json])
def test_a_form_says_the_order_of_choices_and_the_ends_of_ranges(tmp_path: Path, write_form: Any) -> None:
    _submissions(tmp_path / "exports/submissions.csv", ["never", "rarely", "pnts"])
    write_form(tmp_path / "exports")
    draft = new_study_from(tmp_path / "my_study", [tmp_path / "exports"])
    text = _texts(tmp_path)
    assert [path.name for path in draft.copies] == ["submissions.csv"]
    assert draft.left_out == ()
    assert "- block: strain  # guessed: because the survey's definition asks its 3 columns together" in text
    assert "labels: !ask {never: 1, rarely: 2, always: 3}}" in text
    assert 'pnts: refused  # guessed: because its label is "Prefer not to say", and ' in text
    assert "anchors: {low: 0, high: 10}  # the survey's definition goes from 0 to 10" in text
    assert "WORDING" not in text
    assert [question.split(": ", 1)[1].split(": ")[0] for question in draft.questions] == [
        "better",
        "respondent",
        "- {blocks",
    ]


def test_labels_of_another_language_and_separator_are_known(tmp_path: Path) -> None:
    _submissions(tmp_path / "exports/submissions.csv", ["Nie", "Immer", "Selten"], "-")
    _workbook(tmp_path / "exports")
    new_study_from(tmp_path / "my_study", [tmp_path / "exports"])
    assert "labels: !ask {Nie: 1, Selten: 2, Immer: 3}}" in _texts(tmp_path)


def test_a_definition_alone_is_no_export(tmp_path: Path) -> None:
    _workbook(tmp_path)
    with pytest.raises(StudyError, match="there is no export that can be read"):
        new_study_from(tmp_path / "my_study", [tmp_path / "form.xlsx"])


def test_a_definition_of_another_survey_changes_nothing(tmp_path: Path) -> None:
    _submissions(tmp_path / "exports/submissions.csv", ["1", "2", "3"])
    _survey_file(tmp_path / "exports/other.qsf", _question("QID2", "Q2", **_matrix()))
    draft = new_study_from(tmp_path / "my_study", [tmp_path / "exports"])
    assert draft.definitions == (
        (tmp_path / "exports/other.qsf", "a survey's definition (Qualtrics) that knows the columns of no export"),
    )
    assert read_instrument_codes(tmp_path) == {"pain"}


def read_instrument_codes(folder: Path) -> set[str]:
    """The codes of the drafted instruments, whose files leave the good end open."""
    for file in (folder / "my_study/instruments").iterdir():
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace('!ask "high or low, the end of the scale that is good"', "low"), encoding="utf-8")
    return {read_instrument(file).instrument for file in (folder / "my_study/instruments").iterdir()}
