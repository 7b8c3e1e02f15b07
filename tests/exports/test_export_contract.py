"""The contract: a verdict for every column and row, problems and warnings by their message, hostile names as data."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dagster_project.exports import ContractResult, ExportError, TextTable, apply_contract
from dagster_project.exports.table import HeldCells
from dagster_project.study import Export, RowFilter, RowRule, Study
from dagster_project.study.export import SpecialCodes

ExportOf = Callable[[str], Export]
Contract = Callable[..., ContractResult]

COLUMNS = ("Code", "When", "Q_1", "Q_2", "Q_3", "S_1", "Kind", "Comment")
PERSON = ("PW-1", "2020-01-01", "1", "2", "3", "Yes", "real", "")
HOSTILE = [
    'a"b',
    "'; drop table raw.t1; --",
    "../../etc/passwd",
    "C:\\temp\\x",
    "select",
    "x" * 500,
    "😀👩‍👩‍👧",
    "line\nbreak\u2028and\x07bell",
    "{position}",
    "\u202eright to left",
    "",
]


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> TextTable:
    cells = [pa.array([row[position] for row in rows], pa.string()) for position in range(len(columns))]
    names = [str(position) for position in range(len(columns))]
    lines = pa.array([2 + number for number in range(len(rows))], pa.int64())
    return TextTable(tuple(columns), HeldCells(pa.table(cells, names=names)), lines)


@pytest.fixture
def contract(study: Study, export_of: ExportOf) -> Contract:
    def apply(
        columns: Sequence[str] = COLUMNS, rows: Sequence[Sequence[str]] = (PERSON,), export: str = "t1"
    ) -> ContractResult:
        return apply_contract(_table(columns, rows), study, export_of(export), "ab" * 32, f"{export}.csv")

    return apply


def _person(code: str, **cells: str) -> tuple[str, ...]:
    return tuple({**dict(zip(COLUMNS, PERSON, strict=True)), "Code": code, **cells}.values())


def test_every_column_and_code_has_a_verdict(contract: Contract) -> None:
    result = contract((*COLUMNS[:-2], "Extra", "Comment", "S_1", "Kind"), [(*PERSON, "No", "real")])
    assert [(finding.column, finding.code, finding.verdict) for finding in result.findings] == [
        ("Code", "respondent", "matched"),
        ("When", "answered_on", "matched"),
        ("Q_1", "mood_01", "matched"),
        ("Q_2", "mood_02", "matched"),
        ("Q_3", "mood_03", "matched"),
        ("S_1", "gp", "duplicated"),
        ("Extra", None, "unknown"),
        ("Comment", None, "ignored"),
        ("S_1", "gp", "duplicated"),
        ("Kind", None, "matched"),
    ]
    assert result.accepted.column_names == (
        ["respondent", "answered_on", "mood_01", "mood_02", "mood_03", "gp", "source_file", "source_row"]
    )
    assert result.accepted.column("gp").to_pylist() == [None]


def test_a_code_declared_absent_is_an_empty_column_and_no_problem(contract: Contract) -> None:
    result = contract(("RecordedDate", "ExternalReference", "Q_1", "Q_3"), [("", "PW-1", "1", "3")], "t2")
    assert result.problems == []
    assert result.findings[-1].verdict == "absent"
    assert result.findings[-1].message == "mood_02 is declared absent from this export"
    assert result.accepted.column("mood_02").to_pylist() == [None]
    assert [str(field.type) for field in result.accepted.schema] == ["string"] * 6 + ["int64"]


def test_one_missing_column_names_its_code_and_a_cure(contract: Contract) -> None:
    result = contract(tuple("Other" if column == "Q_2" else column for column in COLUMNS))
    message = 'T1: column "Q_2" (mood_02) is missing; correct the export, the protocol, or declare it under absent'
    assert result.problems == [message]
    assert result.warnings == ['column "Other" is not in the protocol; it was set aside; declare it under ignored or blocks']
    assert result.accepted.column("mood_02").to_pylist() == [None]
    with pytest.raises(ExportError) as refusal:
        result.raise_if_broken()
    assert str(refusal.value) == f"t1.csv: {message}"


@pytest.mark.parametrize("written", ["q_2", "Q 2", "Q2"])
def test_a_column_that_looks_alike_is_asked_about_and_not_taken(contract: Contract, written: str) -> None:
    result = contract(tuple(written if column == "Q_2" else column for column in COLUMNS))
    assert result.problems == [
        f'T1: column "Q_2" (mood_02) is missing; did you mean column "{written}"? Correct its name in the export or in the'
        " protocol"
    ]
    assert result.accepted.column("mood_02").to_pylist() == [None]


def test_many_missing_columns_are_one_line(contract: Contract) -> None:
    result = contract(("Code", "q_1"), [("PW-1", "1")])
    assert result.problems == [
        'T1: 6 columns are missing: "When" (answered_on), "Q_1" (mood_01), "Q_2" (mood_02), "Q_3" (mood_03), "S_1" (gp) and'
        ' 1 more; for "Q_1", did you mean column "q_1"? Correct its name in the export or in the protocol'
    ]


def test_a_rule_without_its_column_is_a_problem(contract: Contract) -> None:
    columns = tuple(column for column in COLUMNS if column != "Kind")
    result = contract(columns, [PERSON[:6] + PERSON[7:]])
    assert result.problems == [
        'T1: column "Kind" is missing; a rule under set_aside needs it; correct the export or the rule'
    ]


def test_without_a_respondent_column_nobody_is_accepted(contract: Contract) -> None:
    result = contract(COLUMNS[1:], [PERSON[1:], PERSON[1:]])
    assert result.problems == [
        'T1: column "Code" (respondent) is missing; correct the export, or respondent in the protocol'
    ]
    assert result.set_aside.column("reason").to_pylist() == ["no_participant"] * 2
    assert result.accepted.num_rows == 0


def test_a_duplicated_column_that_is_needed_is_a_problem(contract: Contract) -> None:
    result = contract((*COLUMNS, "Q_1", "Comment"), [(*PERSON, "5", "")])
    assert result.problems == ['T1: column "Q_1" occurs 2 times in the header (positions 3 and 9); keep one']
    assert result.accepted.column("mood_01").to_pylist() == [None]


def test_participants_with_several_rows(contract: Contract) -> None:
    result = contract(rows=[_person("PW-07"), _person("PW-08"), _person("PW-07"), _person(" PW-08 "), _person("PW-07")])
    assert result.problems == [
        "T1: participant PW-07 has rows 2, 4 and 6; keep one of them, say under duplicates which one counts, or set the others aside by a rule under set_aside",
        "T1: participant PW-08 has rows 3 and 5; keep one of them, say under duplicates which one counts, or set the others aside by a rule under set_aside",
    ]
    with pytest.raises(ExportError, match=r"^t1\.csv: T1: participant PW-07 has rows 2, 4 and 6; .* \(and 1 more\)$"):
        result.raise_if_broken()
    long_result = contract(rows=[_person(f"PW-{number % 9}") for number in range(90)])
    assert long_result.problems[0].startswith("T1: participant PW-0 has rows 2, 11, 20, 29, 38 and 5 more; keep one")
    assert long_result.problems[5:] == ["T1: 4 more participants have several rows; keep one row of each"]


def test_a_row_set_aside_is_no_duplicate(contract: Contract) -> None:
    result = contract(
        rows=[_person("PW-1"), _person("PW-1", Kind=" preview "), _person("", Kind="test"), _person(" \u00a0")]
    )
    assert result.problems == []
    assert result.set_aside.to_pylist() == [
        {
            "source_file": "ab" * 32,
            "source_row": 3,
            "respondent": "PW-1",
            "reason": "preview",
            "detail": 'column "Kind" is "preview"',
        },
        {
            "source_file": "ab" * 32,
            "source_row": 4,
            "respondent": None,
            "reason": "preview",
            "detail": 'column "Kind" is "test"',
        },
        {
            "source_file": "ab" * 32,
            "source_row": 5,
            "respondent": None,
            "reason": "no_participant",
            "detail": 'column "Code" holds no identifier',
        },
    ]


def test_header_forgives_only_what_nobody_can_see(contract: Contract) -> None:
    columns = ("\ufeffCode ", " When", "Q_1\t", *COLUMNS[3:])
    assert contract(columns).problems == []
    for form in ("NFC", "NFD"):
        roster = contract(("Person", unicodedata.normalize(form, "Âge")), [("PW-1 ", "37,5")], "roster")
        assert roster.problems == []
        assert roster.accepted.select(["respondent", "answered_on", "age"]).to_pylist() == [
            {"respondent": "PW-1 ", "answered_on": None, "age": "37,5"}
        ]


def test_an_empty_export_keeps_its_columns(contract: Contract) -> None:
    result = contract(rows=[])
    assert (result.rows_in_file, result.accepted.num_rows, result.set_aside.num_rows) == (0, 0, 0)
    assert result.accepted.num_columns == 8
    assert result.problems == []


def test_unknown_columns_are_one_warning(contract: Contract) -> None:
    extra = [f"X{number}" for number in range(17)]
    result = contract((*COLUMNS, *extra), [(*PERSON, *extra)])
    assert result.warnings == [
        'columns "X0", "X1", "X2", "X3", "X4" and 12 more are not in the protocol; they were set aside; declare them under'
        " ignored or blocks"
    ]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names_are_data(contract: Contract, hostile: str) -> None:
    person = _person(hostile, Comment=hostile, Q_1=hostile)
    result = contract((*COLUMNS, hostile), [(*person, hostile), (*person, hostile)])
    assert result.rows_in_file == result.accepted.num_rows + result.set_aside.num_rows == 2
    if hostile:
        assert result.accepted.column("respondent").to_pylist() == [hostile] * 2
        assert result.accepted.column("mood_01").to_pylist() == [hostile] * 2
        assert len(result.problems) == 1
    for line in (*result.problems, *result.warnings, *(finding.message for finding in result.findings)):
        assert line.isprintable() and len(line) < 300


def test_other_peoples_answers_are_not_in_messages(contract: Contract) -> None:
    result = contract((*COLUMNS, "Extra"), [(*_person("PW-1", Q_1="secret", Kind="preview"), "secret")] * 2)
    texts = [*result.problems, *result.warnings, *result.set_aside.column("detail").to_pylist()]
    assert texts and not any("secret" in line for line in texts)


def test_a_code_called_like_a_column_of_every_export_is_refused(study: Study, export_of: ExportOf) -> None:
    variable = study.protocol.participant_variables[0].model_copy(update={"variable": "source_row"})
    block = export_of("roster").blocks[0].model_copy(update={"columns": {"source_row": "Âge"}})
    roster = export_of("roster").model_copy(update={"blocks": (block,)})
    protocol = study.protocol.model_copy(update={"participant_variables": (variable,)})
    changed_study = type(study)(study.folder, protocol, study.instruments, study.norms)
    with pytest.raises(ExportError, match=r"^r\.csv: the code source_row is a name that every export has; rename it in"):
        apply_contract(_table(("Person", "Âge"), [("PW-1", "1")]), changed_study, roster, "ab", "r.csv")


_CELL = st.sampled_from(["", " ", "PW-1", "PW-2", "preview", "test", "1", "\u00a0", "é", '"'])


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_rows_are_conserved_whatever_the_columns(contract: Contract, data: st.DataObject) -> None:
    columns = data.draw(st.lists(st.sampled_from([*COLUMNS, "Extra", " Code", ""]), min_size=1, max_size=12))
    rows = data.draw(st.lists(st.tuples(*[_CELL] * len(columns)), max_size=12))
    result = contract(columns, rows)
    assert len(rows) == result.rows_in_file == result.accepted.num_rows + result.set_aside.num_rows
    numbers = [*result.accepted.column("source_row").to_pylist(), *result.set_aside.column("source_row").to_pylist()]
    assert sorted(numbers) == [2 + number for number in range(len(rows))]
    assert len(result.findings) >= len(columns)


def test_a_header_that_stands_among_the_people_is_set_aside(contract: Contract) -> None:
    result = contract(rows=[_person("PW-1"), COLUMNS, _person("Code")])
    assert result.problems == []
    assert [(row["source_row"], row["reason"], row["detail"]) for row in result.set_aside.to_pylist()] == [
        (3, "header_row", "this row repeats the header")
    ]
    assert result.accepted.column("respondent").to_pylist() == ["PW-1", "Code"]


@pytest.mark.parametrize("kind", ["Test", "PREVIEW"])
def test_a_rule_that_misses_by_the_case_of_letters_asks(contract: Contract, kind: str) -> None:
    """A workbook writes FALSE where the tool's text file has False; the rows would count as people."""
    result = contract(rows=[_person("PW-1"), _person("PW-2", Kind=kind)])
    assert result.problems == [
        f't1: column "Kind" holds "{kind}", and the rule under set_aside says "{kind.lower()}"; add the text to the rule, or'
        " correct it".replace("t1:", "T1:")
    ]


@pytest.mark.parametrize(("declared", "written"), [("0", "0.0"), ("1", "01"), ("0", "False"), ("TRUE", "1"), ("0.0", "0")])
def test_a_rule_that_misses_by_how_a_number_or_a_truth_value_is_spelled_asks(
    study: Study, export_of: ExportOf, declared: str, written: str
) -> None:
    """pandas writes Qualtrics' Finished as 0.0: unfinished forms counted as people."""
    rule = RowRule(column="Kind", equals=(declared,), reason="unfinished")
    export = export_of("t1").model_copy(update={"set_aside": (rule,)})
    result = apply_contract(_table(COLUMNS, [_person("PW-1", Kind=written)]), study, export, "ab" * 32, "t1.csv")
    assert result.problems == [
        f'T1: column "Kind" holds "{written}", and the rule under set_aside says "{declared}"; add the text to the rule, or'
        " correct it"
    ]
    cured = export.model_copy(update={"set_aside": (rule.model_copy(update={"equals": (declared, written)}),)})
    assert apply_contract(_table(COLUMNS, [_person("PW-1", Kind=written)]), study, cured, "ab" * 32, "t1.csv").problems == []


@pytest.mark.parametrize("text", ["test", " test\u200b", "\ufefftest", "test\u00a0"])
def test_rules_see_what_a_person_sees(contract: Contract, text: str) -> None:
    result = contract(rows=[_person("PW-1"), _person("PW-2", Kind=text)])
    assert result.problems == []
    assert result.set_aside.column("reason").to_pylist() == ["preview"]


@pytest.mark.parametrize("mark", ["\u200b{}", "{}\ufeff", "\u00a0{} ", "{}\u00ad"])
def test_a_row_is_set_aside_whatever_nobody_can_see_in_its_mark(study: Study, export_of: ExportOf, mark: str) -> None:
    """A preview with a character without width beside its mark was taken for a person's answers."""
    rule, event = ("Kind", "préview"), ("Comment", "été")
    export = export_of("t1").model_copy(
        update={
            "set_aside": (RowRule(column=rule[0], equals=(rule[1],), reason="preview"),),
            "rows": (RowFilter(column=event[0], equals=(event[1],)),),
            "ignored": (),
        }
    )
    decomposed = mark.format(unicodedata.normalize("NFD", "préview"))
    rows = [
        _person("PW-1", Kind=decomposed, Comment="été"),
        _person("PW-2", Comment=mark.format(unicodedata.normalize("NFD", "été"))),
        _person("PW-3", Comment="hiver"),
    ]
    result = apply_contract(_table(COLUMNS, rows), study, export, "ab" * 32, "t1.csv")
    assert result.respondents.to_pylist() == ["PW-2"]
    assert result.set_aside.column("reason").to_pylist() == ["preview", "other_wave"]


@pytest.mark.parametrize(
    ("names", "ignored_columns"),
    [
        (["meta_*"], {"meta_a", "meta_"}),
        (["*[SQ*]*", "Really?"], {"G1[SQ001]", "G1[SQ002]_other", "Really?"}),
        (["*"], {"meta_a", "meta_", "G1[SQ001]", "G1[SQ002]_other", "Really?", "Really!", "a*b"}),
        (["a*b"], {"a*b"}),
        (["meta"], set()),
    ],
)
def test_columns_may_be_ignored_by_pattern(
    study: Study, export_of: ExportOf, names: list[str], ignored_columns: set[str]
) -> None:
    """What the protocol needs is never ignored, whatever a pattern says."""
    extra = ("meta_a", "meta_", "G1[SQ001]", "G1[SQ002]_other", "Really?", "Really!", "a*b")
    export = export_of("t1").model_copy(update={"ignored": tuple(names)})
    table = _table((*COLUMNS[:-1], *extra), [(*PERSON[:-1], *("x" for _ in extra))])
    result = apply_contract(table, study, export, "ab" * 32, "t1.csv")
    assert result.problems == []
    assert {finding.column for finding in result.findings if finding.verdict == "ignored"} == ignored_columns
    assert result.accepted.column("mood_01").to_pylist() == ["1"]


def test_the_most_complete_row_is_that_with_most_answers_whatever_nobody_can_see(study: Study, export_of: ExportOf) -> None:
    """A cell with a character without width counted as filled, so that the row with fewer answers was kept."""
    export = export_of("t1").model_copy(update={"duplicates": "latest_complete", "set_aside": ()})
    rows = [_person("PW-1", Q_1="4"), _person("PW-1", Q_1="\u200b", Q_2="\ufeff")]
    result = apply_contract(_table(COLUMNS, rows), study, export, "ab" * 32, "t1.csv")
    assert result.source_rows.to_pylist() == [2]


@pytest.mark.parametrize("text", ["-9", "-9.0", "NA", "95", "six"])
def test_a_form_whose_cells_are_no_answers_is_not_the_most_complete(study: Study, export_of: ExportOf, text: str) -> None:
    """SoSci writes -9 and formr NA into every cell of a form that was opened and left: it was kept over an answered one."""
    special_codes = (SpecialCodes(codes={"-9": "blank", "NA": "blank", "90 thru 99": "refused"}),)
    export = export_of("t1").model_copy(
        update={"duplicates": "latest_complete", "set_aside": (), "special_codes": special_codes}
    )
    rows = [_person("PW-1", Q_1="4", Q_2="", Q_3="", S_1=""), _person("PW-1", Q_1=text, Q_2=text, Q_3=text, S_1=text)]
    result = apply_contract(_table(COLUMNS, rows), study, export, "ab" * 32, "t1.csv")
    assert result.source_rows.to_pylist() == [2]
    assert result.set_aside.column("detail").to_pylist() == ["participant PW-1: row 2 is kept (latest_complete)"]


@pytest.mark.parametrize(
    ("first", "second", "kept_row"),
    [
        ("2020-10-25T02:50:00+02:00", "2020-10-25T02:10:00+01:00", 3),
        ("2020-10-25T02:10:00+01:00", "2020-10-25T02:50:00+02:00", 2),
        ("2020-05-01T10:00:00+10:00", "2020-05-01T09:00:00Z", 3),
        ("2020-05-01 10:00", "2020-05-01T09:00:00Z", 2),
    ],
)
def test_the_latest_row_is_that_of_the_latest_moment(
    study: Study, export_of: ExportOf, first: str, second: str, kept_row: int
) -> None:
    """In the hour that comes twice in autumn, and of people who travel, the earlier row was kept."""
    export = export_of("t1").model_copy(update={"duplicates": "latest_complete", "set_aside": ()})
    rows = [_person("PW-1", When=first), _person("PW-1", When=second)]
    result = apply_contract(_table(COLUMNS, rows), study, export, "ab" * 32, "t1.csv")
    assert result.source_rows.to_pylist() == [kept_row]


@pytest.mark.parametrize("duplicates", ["refuse", "first"])
def test_a_person_whose_accents_are_encoded_in_two_ways_has_two_rows(
    study: Study, export_of: ExportOf, duplicates: str
) -> None:
    """The pseudonym of both is the same: both rows were a person's answers."""
    export = export_of("t1").model_copy(update={"duplicates": duplicates, "set_aside": ()})
    rows = [_person("Zoë"), _person(unicodedata.normalize("NFD", "Zoë") + " "), _person("\u200b")]
    result = apply_contract(_table(COLUMNS, rows), study, export, "ab" * 32, "t1.csv")
    if duplicates == "first":
        assert result.set_aside.column("reason").to_pylist() == ["duplicate", "no_participant"]
        assert result.problems == []
    else:
        assert result.set_aside.column("reason").to_pylist() == ["no_participant"]
        assert result.problems == [
            "T1: participant Zoë has rows 2 and 3; keep one of them, say under duplicates which one counts, or set the others aside by a rule under set_aside"
        ]


def test_a_column_is_known_that_another_export_of_the_same_files_declares(study: Study, export_of: ExportOf) -> None:
    """The roster may share the file of a wave, and waves a file with a row a person; no row's cell is lost by it."""
    roster, t1, t2 = (export_of(name) for name in ("roster", "t1", "t2"))
    shared = {"folder": "raw/all", "pattern": "*.csv"}
    columns = ("Person", "Âge", *COLUMNS)

    def _unknown_columns(*exports: Export) -> list[str]:
        protocol = study.protocol.model_copy(update={"exports": exports})
        one_folder = replace(study, protocol=protocol)
        result = apply_contract(_table(columns, [("P", "30", *PERSON)]), one_folder, exports[0], "ab" * 32, "all.csv")
        return [finding.column for finding in result.findings if finding.verdict == "unknown"]

    shared_roster, shared_t1 = roster.model_copy(update=shared), t1.model_copy(update=shared)
    assert _unknown_columns(shared_roster, shared_t1, t2) == []
    assert _unknown_columns(shared_t1, shared_roster, t2) == []
    assert _unknown_columns(roster, t1, t2) == [*COLUMNS]
    # Other files of the same folder, and rows of another wave, say nothing of a wave's own columns.
    other_file = shared_roster.model_copy(update={"pattern": "other.csv"})
    assert _unknown_columns(shared_t1, other_file, t2) == ["Person", "Âge"]
    other_rows = t2.model_copy(update=shared | {"rows": (RowFilter(column="Person", equals=("P",)),)})
    assert "Person" in _unknown_columns(shared_t1, roster, other_rows)
    assert _unknown_columns(shared_roster, shared_t1, other_rows) == []


def test_dates_that_cannot_be_read_are_counted_by_row_also_with_spaces_around_them(contract: Contract) -> None:
    """The same text may stand in every row; a row that is set aside needs no date."""
    texts = ("31/12/2024", "00/00/0000", " 00/00/0000 ", "00/00/0000", " 31/13/2024")
    rows = [_person(f"PW-{number}", When=text) for number, text in enumerate(texts)]
    result = contract(rows=[*rows, _person("PW-9", When="99/99/9999", Kind="test")])
    assert result.date_warnings == [
        'column "When": 4 dates cannot be read, and count as missing: "00/00/0000", "31/13/2024"; correct the cells, or say how'
        " they are written under dates of the export"
    ]
    one = contract(rows=[_person("PW-1", When="31/13/2024"), _person("PW-2", When="")])
    assert [line.partition(": ")[2].partition(";")[0] for line in one.date_warnings] == [
        'a date cannot be read, and counts as missing: "31/13/2024"'
    ]
