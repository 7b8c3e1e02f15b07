"""Whose a coded passage is, and of which wave: as MAXQDA, Quirkos, NVivo and ATLAS.ti write people."""

from pathlib import Path

import pytest

from dagster_project.synthesis import CodedFile, SynthesisError, read_interviews
from dagster_project.synthesis.segments import Interviews, unplaced_reason

TEXT = "I like it here. Nights are hard."
CODES = '<Code guid="C1" name="Strain" isCodable="true"/>'
VARIABLES = '<Variables><Variable guid="V1" name="Wave"/><Variable guid="V2" name="Person"/></Variables>'


def _value(variable: str, value: str, kind: str = "TextValue") -> str:
    return f'<VariableValue><VariableRef targetGUID="{variable}"/><{kind}>{value}</{kind}></VariableValue>'


def _coded(start: int, end: int, code: str = "C1") -> str:
    return (
        f'<PlainTextSelection guid="s{start}-{code}" startPosition="{start}" endPosition="{end}">'
        f'<Coding guid="k{start}-{code}"><CodeRef targetGUID="{code}"/></Coding></PlainTextSelection>'
    )


def _document(number: int, inside: str = "", name: str = "") -> str:
    body = f"<PlainTextContent>{TEXT}</PlainTextContent>{_coded(16, 31)}{inside}"
    return f'<TextSource guid="D{number}" name="{name or f"Doc {number}"}">{body}</TextSource>'


def _read(sources: str, cases: str = "", *, codes: str = CODES, more: str = "", **declared: object) -> CodedFile:
    project = (
        f'<Project xmlns="urn:QDA-XML:project:1.0" name="p"><CodeBook><Codes>{codes}</Codes></CodeBook>{VARIABLES}'
        f"<Cases>{cases}</Cases><Sources>{sources}</Sources>{more}</Project>"
    )
    file = read_interviews(project.encode(), "x.qde", Interviews.model_validate({"file": "x.qde"} | declared))
    assert file.is_conserved
    return file


def _who(file: CodedFile) -> list[tuple[str | None, str | None]]:
    return [(coding.person, coding.wave) for coding in file.codings]


def test_nameless_cases_each_keep_their_own_variables() -> None:
    cases = "".join(
        f'<Case guid="K{number}">{_value("V1", f"T{number}")}{_value("V2", f"PW-0{number}")}<SourceRef targetGUID="D{number}"/></Case>'
        for number in (1, 2, 3)
    )
    documents = "".join(_document(number) for number in (1, 2, 3))
    expected = [("PW-01", "T1"), ("PW-02", "T2"), ("PW-03", "T3")]
    assert _who(_read(documents, cases, wave_variable="Wave", person_variable="Person")) == expected
    without_guids = cases.replace(' guid="K1"', "").replace(' guid="K2"', "").replace(' guid="K3"', "")
    assert _who(_read(documents, without_guids, wave_variable="Wave", person_variable="Person")) == expected


def test_two_cases_of_one_name_each_have_their_wave() -> None:
    cases = "".join(
        f'<Case guid="K{number}" name="PW-01">{_value("V1", f"T{number}")}<SourceRef targetGUID="D{number}"/></Case>'
        for number in (1, 2)
    )
    assert _who(_read(_document(1) + _document(2), cases, wave_variable="Wave")) == [("PW-01", "T1"), ("PW-01", "T2")]


def test_a_document_of_two_people_is_set_aside_and_a_passage_of_one_is_not() -> None:
    cases = '<Case guid="a" name="PW-01"><SourceRef targetGUID="D1"/></Case><Case guid="b" name="PW-02"><SourceRef targetGUID="D1"/></Case>'
    file = _read(_document(1), cases, wave="T1")
    assert file.codings == ()
    assert file.unusable == (("k16-C1 (16 to 31)", "it is of 2 people: PW-01, PW-02", "Doc 1"),)
    cases += '<Case guid="c" name="PW-03"><SelectionRef targetGUID="S16-c1"/></Case>'
    assert _who(_read(_document(1), cases, wave="T1")) == [("PW-03", "T1")]
    # A site is a case as well; the person's variable tells which of the two is somebody.
    cases = (
        f'<Case guid="a" name="Site"><SourceRef targetGUID="D1"/></Case><Case guid="b" name="x">{_value("V2", "PW-02")}'
        '<SourceRef targetGUID="D1"/></Case>'
    )
    assert _who(_read(_document(1), cases, wave="T1", person_variable="Person")) == [("PW-02", "T1")]


@pytest.mark.parametrize(
    ("codes", "case"),
    [
        (CODES + '<Code guid="K1" name="People"><Code guid="K2" name="PW-07" isCodable="true"/></Code>', ""),
        (CODES, ""),
        (CODES + '<Code guid="K7" name="PW-07" isCodable="true"/>', '<CodeRef targetGUID="K7"/>'),
    ],
)
def test_a_coding_at_a_case_says_who_speaks_and_no_name_becomes_a_code(codes: str, case: str) -> None:
    code_id = "K7" if case else "K2"
    cases = f'<Case guid="K1" name="Anna"/><Case guid="K2" name="PW-07">{_value("V1", "T2")}{case}</Case>'
    group = _document(1, _coded(0, 14, "C1") + _coded(15, 31, code_id))
    file = _read(group, cases, codes=codes, wave_variable="Wave")
    assert [(coding.text, coding.person, coding.wave) for coding in file.codings] == [
        ("Nights are hard.", "PW-07", "T2"), ("I like it here.", None, None),
    ]  # fmt: skip
    assert [code.path for code in file.codes] == [("Strain",)]
    assert (file.coding_count, file.speaker_count, file.unusable) == (3, 1, ())


def test_a_passage_across_two_speakers_is_set_aside() -> None:
    cases = '<Case guid="K1" name="PW-01"/><Case guid="K2" name="PW-02"/>'
    file = _read(_document(1, _coded(0, 20, "K1") + _coded(21, 31, "K2")), cases)
    assert [segment.reason for segment in file.unusable] == ["it is of 2 people: PW-01, PW-02"]
    # The blank between two speakers is nobody's.
    assert _who(_read(_document(1, _coded(0, 15, "K1") + _coded(16, 31, "K2")), cases)) == [("PW-02", None)]


def test_a_code_that_several_cases_name_stays_a_code() -> None:
    cases = "".join(f'<Case guid="K{n}" name="PW-0{n}"><CodeRef targetGUID="C1"/></Case>' for n in (1, 2))
    file = _read(_document(1), cases)
    assert ([code.name for code in file.codes], file.speaker_count) == (["Strain"], 0)


def test_labels_of_waves_are_those_of_the_protocol() -> None:
    waves = {"Baseline": "T1", "2": "T2", "2.0": "T2"}
    documents = (
        _document(1, _value("V1", " Baseline ")) + _document(2, _value("V1", "2", "IntegerValue"))
        + _document(3, _value("V1", "2.0", "FloatValue")) + _document(4, _value("V1", "T3"))
    )  # fmt: skip
    file = _read(documents, waves=waves, wave_variable="Wave")
    assert [coding.wave for coding in file.codings] == ["T1", "T2", "T2", "T3"]
    coded_file = _read(_document(1, name="PW-01 Baseline"), waves=waves, source_name=r"(?P<person>PW-\d+) (?P<wave>\w+)")
    assert _who(coded_file) == [("PW-01", "T1")]
    table = b"code,person,wave,segment\nA,PW-01,2,x\nA,PW-01,Later,y\n"
    codings = read_interviews(table, "x.csv", Interviews(file="x.csv", waves=waves)).codings
    assert [coding.wave for coding in codings] == ["T2", "Later"]
    assert [unplaced_reason(coding, ["T1", "T2"]) for coding in codings] == [None, "'Later' is not a wave of the study"]


def test_sets_of_documents_say_the_wave() -> None:
    sets = (
        '<Sets><Set guid="a" name="First round"><MemberSource targetGUID="d1"/></Set><Set guid="b" name="Site A">'
        '<MemberSource targetGUID="D1"/></Set><Set guid="c" name="Second round"><MemberSource targetGUID="D2"/>'
        '<MemberSource targetGUID="D3"/></Set><Set guid="d" name="Of codes"><MemberCode targetGUID="C1"/></Set></Sets>'
    )
    rounds = {"First round": "T1", "Second round": "T2"}
    documents = "".join(_document(number) for number in (1, 2))
    assert [coding.wave for coding in _read(documents, more=sets, wave_sets=rounds).codings] == ["T1", "T2"]
    with pytest.raises(SynthesisError) as error:
        _read(documents, more=sets, wave_sets={"Third round": "T3"})
    assert str(error.value) == (
        "x.qde: wave_sets: the project has no set of documents 'Third round'; the sets are First round, Second round, Site A; correct it"
        " in propositions.yaml"
    )
    document_sets = sets.replace("d1", "D3")
    assert [coding.reason for coding in _read(_document(3), more=document_sets, wave_sets=rounds).unusable] == [
        "it is of 2 waves: T1, T2"
    ]


@pytest.mark.parametrize("option", ["person_variable", "wave_variable"])
def test_a_variable_that_the_project_does_not_have_is_refused(option: str) -> None:
    with pytest.raises(SynthesisError) as error:
        _read(_document(1), **{option: "wave"})
    assert str(error.value) == (
        f"x.qde: {option}: the project has no variable 'wave'; the variables are Person, Wave; correct it in propositions.yaml"
    )


def test_the_example_is_read_as_before() -> None:
    data = (Path(__file__).parents[2] / "data" / "peer_workers" / "interviews" / "coded.qdpx").read_bytes()
    file = read_interviews(data, "coded.qdpx", Interviews(file="x", wave_variable="Wave"))
    assert file.is_conserved
    assert {coding.person for coding in file.codings} >= {"PW-03", "PW-08"}
    assert not [coding for coding in file.codings if unplaced_reason(coding, ["T1", "T2", "T3"])]
