"""Coded segments: each tool's way of writing REFI-QDA, plain tables, and what is refused."""

import io
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from qdpx_project import CODES, INTERVIEWS, coded_selection, project, texts_of, zipped

from dagster_project import readable_files
from dagster_project.synthesis import SynthesisError, read_interviews, segment_ids
from dagster_project.synthesis.segments import Interviews, read_codebook

EXAMPLE = Path(__file__).parents[2] / "data" / "peer_workers" / "interviews"
NO_TEXT = "the document's text is not in the file, or its name is ambiguous; export the project with its texts"


@pytest.mark.parametrize(
    "blank",
    [b"", b"\n", b" \t\r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\xef\xbb\xbf\n", b"\xff\xfe", b"\xff\xfe\n\x00", b"\x1a", "\u00a0\u2003".encode()],
)  # fmt: skip
def test_a_document_without_a_word_is_blank_and_its_codings_are_named(blank: bytes) -> None:
    """A project was refused as a whole for one document that held only a line break."""
    coding = '<Coding guid="k"><CodeRef targetGUID="c-1"/></Coding>'
    full = f'<TextSource guid="d" name="Doc" plainTextPath="internal://d.txt">{coded_selection(0, 3)}</TextSource>'
    empty = '<TextSource guid="e" name="Empty" plainTextPath="internal://e.txt">{}</TextSource>'
    notes = '<Notes><Note guid="n" name="Memo" plainTextPath="internal://e.txt"/></Notes>'
    (text,) = texts_of(zipped(project(full + empty.format(""), more=notes), d=b"Four words go here", e=blank))
    assert text == "Four"
    coded = zipped(project(full + empty.format(coded_selection(0, 1) + coding)), d=b"Four words go here", e=blank)
    file = read_interviews(coded, "x.qdpx", INTERVIEWS)
    reason = "the document's text is blank; look at the document in the project, and export it again"
    assert [(lost.reason, lost.source) for lost in file.unusable] == [(reason, "Empty")] * 2
    assert (len(file.codings), file.is_conserved) == (1, True)


def test_a_document_that_is_no_text_matters_only_where_it_is_coded() -> None:
    full = f'<TextSource guid="d" name="Doc" plainTextPath="internal://d.txt">{coded_selection(0, 3)}</TextSource>'
    broken = '<TextSource guid="e" name="Broken" plainTextPath="internal://e.txt">{}</TextSource>'
    assert texts_of(zipped(project(full + broken.format("")), d=b"Four words", e=b"a\x00b")) == ["Four"]
    with pytest.raises(SynthesisError, match=r"^x\.qdpx: sources/e\.txt: line 1: the text holds a NUL byte"):
        texts_of(zipped(project(full + broken.format(coded_selection(0, 1))), d=b"Four words", e=b"a\x00b"))


def test_people_waves_coders_and_notes_are_those_of_case_variable_or_name() -> None:
    extra_sources = (
        '<Users><User guid="U-1" name="Ann"/></Users><Variables><Variable guid="v-1" name="Wave"/></Variables>'
        '<Cases><Case guid="k" name="PW-01"><SourceRef targetGUID="D"/></Case></Cases>'
        '<Notes><Note guid="n-1" name="Memo"><PlainTextContent>An aside.</PlainTextContent></Note></Notes>'
    )
    selection = coded_selection(0, 1, "We").replace('<Coding guid="k0">', '<Coding guid="k0" creatingUser="u-1">')
    selection = selection.replace("</PlainTextSelection>", '<NoteRef targetGUID="n-1"/></PlainTextSelection>')
    value = '<VariableValue><VariableRef targetGUID="v-1"/><TextValue>T2</TextValue></VariableValue>'
    source = (
        f'<TextSource guid="d" name="PW-02 at T3"><PlainTextContent>We</PlainTextContent>{selection}{value}</TextSource>'
    )
    data = project(source, more=extra_sources).encode()
    (by_case,) = read_interviews(data, "x", Interviews(file="x", wave_variable="Wave")).codings
    assert (by_case.person, by_case.wave, by_case.coder, by_case.memo) == ("PW-01", "T2", "Ann", "An aside.")
    assert (by_case.code.path, by_case.source) == (("Work", "Team"), "PW-02 at T3")
    declaration = Interviews(file="x", source_name=r"(?P<person>PW-\d+) at (?P<wave>T\d)")
    (by_name,) = read_interviews(data, "x", declaration).codings
    assert (by_name.person, by_name.wave) == ("PW-02", "T3")
    (constant,) = read_interviews(data, "x", Interviews(file="x", wave="T1", person_variable="Wave")).codings
    assert (constant.person, constant.wave) == ("T2", "T1")


def test_pdf_transcripts_pictures_and_whole_documents_are_read() -> None:
    coding = '<Coding guid="k"><CodeRef targetGUID="c-1"/></Coding>'
    sources = (
        '<PDFSource guid="p" name="Paper.pdf"><Representation guid="r" plainTextPath="internal://r.txt">'
        + coded_selection(4, 7, "page")
        + f'</Representation><PDFSelection guid="ps" name="a table" page="1">{coding}</PDFSelection></PDFSource>'
        '<AudioSource guid="a" name="Talk.mp3"><Transcript guid="t" plainTextPath="internal://t.txt">'
        '<SyncPoint guid="S-1" timeStamp="0" position="0"/><SyncPoint guid="s-2" timeStamp="9" position="5"/>'
        f'<TranscriptSelection guid="ts" fromSyncPoint="s-1" toSyncPoint="s-2">{coding}</TranscriptSelection></Transcript></AudioSource>'
        f'<PictureSource guid="i" name="Drawing.png"><PictureSelection guid="is" firstX="0">{coding}</PictureSelection></PictureSource>'
        f'<TextSource guid="w" name="Note"><PlainTextContent>All of it.</PlainTextContent>{coding}</TextSource>'
    )
    file = read_interviews(zipped(project(sources), r=b"One page", t=b"Hello you"), "x.qdpx", INTERVIEWS)
    assert [(coding.source, coding.text) for coding in file.codings] == [
        ("Paper.pdf", "page"), ("Paper.pdf", None), ("Talk.mp3", "Hello"), ("Drawing.png", None), ("Note", "All of it."),
    ]  # fmt: skip
    assert len(set(segment_ids(file.codings))) == 5


def test_what_cannot_be_used_is_kept_with_its_reason() -> None:
    source = (
        '<TextSource guid="d" name="Doc"><PlainTextContent>Short.</PlainTextContent>'
        + coded_selection(2, 90)
        + coded_selection(0, 4, code="c-9")
        + coded_selection(0, 4).replace('endPosition="4"', 'endPosition="x"')
        + "</TextSource>"
        + '<TextSource guid="e" name="Gone" plainTextPath="internal://gone.txt">'
        + coded_selection(0, 4)
        + coded_selection(5, 9, "what it was")
        + "</TextSource>"
    )
    file = read_interviews(zipped(project(source)), "x.qdpx", INTERVIEWS)
    assert [segment.reason for segment in file.unusable] == [
        "its positions lie beyond the document's text",
        "no code of the codebook has the GUID c-9",
        "its positions are not two whole numbers",
        NO_TEXT,
        NO_TEXT,
    ]
    assert (file.unusable[0].location, file.unusable[0].source) == ("k2 (2 to 90)", "Doc")
    assert file.codings == ()  # what a selection is called need not be what was said


def test_what_a_selection_is_called_is_never_what_was_said() -> None:
    coding = '<Coding guid="k"><CodeRef targetGUID="c-1"/></Coding>'
    regions = "".join(f'<PDFSelection guid="r{n}" page="{n}" name="Paper.pdf">{coding}</PDFSelection>' for n in range(5))
    second_selection = f'<PDFSelection guid="other" page="0" name="a remark">{coding}</PDFSelection>'
    points = '<SyncPoint guid="a" position="0"/><SyncPoint guid="b" timeStamp="9"/>'
    talk = (
        f'<AudioSource guid="t" name="Talk"><Transcript guid="tt"><PlainTextContent>Hello you</PlainTextContent>{points}'
        f'<TranscriptSelection guid="ts" name="Talk" fromSyncPoint="a" toSyncPoint="b">{coding}</TranscriptSelection>'
        f'</Transcript><AudioSelection guid="as" begin="0" end="9" name="00:09">{coding}</AudioSelection></AudioSource>'
    )
    file = read_interviews(
        project(f'<PDFSource guid="p" name="Paper.pdf">{regions}{second_selection}</PDFSource>{talk}').encode(),
        "x",
        INTERVIEWS,
    )
    assert [coding.text for coding in file.codings] == [None] * 7
    # Five regions are five passages; a sixth selection of one of them is that one.
    assert len(set(segment_ids(file.codings))) == 6
    assert [segment.reason for segment in file.unusable] == ["its points of synchronisation have no place in the text"]


def test_every_coding_element_is_read_or_set_aside_wherever_it_stands() -> None:
    strange = '<Links><Link guid="l"><Coding guid="z"><CodeRef targetGUID="c-1"/></Coding></Link></Links>'
    notes = (
        '<Notes><Note guid="n" name="Field note"><PlainTextContent>The ward is quiet.</PlainTextContent>'
        + coded_selection(4, 7)
        + "</Note></Notes>"
    )
    picture = (
        '<PictureSource guid="i" name="Drawing"><TextDescription guid="td"><PlainTextContent>Four words go here</PlainTextContent>'
        + coded_selection(0, 3)
        + "</TextDescription></PictureSource>"
    )
    file = read_interviews(project(picture, more=notes + strange).encode(), "x", INTERVIEWS)
    assert [(coding.source, coding.text) for coding in file.codings] == [("Drawing", "Four"), ("Field note", "ward")]
    assert file.unusable == (("z", "a coding of a Link at this place is not read", ""),)
    assert (file.coding_count, file.is_conserved) == (3, True)


def test_passages_are_told_apart_by_place_and_one_with_two_codes_is_one() -> None:
    text = "<PlainTextContent>Yes. No. Yes. Yes.</PlainTextContent>"
    coded = coded_selection(0, 3) + coded_selection(9, 12) + coded_selection(9, 12, code="c-1") + coded_selection(14, 17)
    file = read_interviews(project(f'<TextSource guid="d" name="D">{text}{coded}</TextSource>').encode(), "x", INTERVIEWS)
    first, second, second_copy, third = segment_ids(file.codings)
    assert second == second_copy
    assert len({first, second, third}) == 3
    # The first keeps its name whatever else is coded; a second document of that name is another.
    (alone,) = segment_ids(file.codings[:1])
    assert alone == first
    both_sources = "".join(f'<TextSource guid="{guid}" name="D">{text}{coded_selection(0, 3)}</TextSource>' for guid in "de")
    assert len(set(segment_ids(read_interviews(project(both_sources).encode(), "x", INTERVIEWS).codings))) == 2


def test_the_same_words_of_several_people_are_several_segments() -> None:
    def ids(*rows: str, head: str = "code,person,wave,segment,source,coder") -> list[str]:
        data = "\n".join([head, *rows]).encode()
        return segment_ids(read_interviews(data, "x.csv", Interviews(file="x.csv")).codings)

    assert len(set(ids("A,p,T1,Yes.,,", "A,q,T1,Yes.,,", "A,p,T2,Yes.,,"))) == 3
    assert len(set(ids("A,p,T1,Yes.,Group,", "A,q,T1,Yes.,Group,"))) == 2
    assert len(set(ids("A,p,T1,Yes.,,", "B,p,T1,Yes.,,"))) == 1
    assert len(set(ids("A,p,T1,Yes.,,", "A,p,T1,Yes.,,"))) == 2
    assert len(set(ids("A,p,T1,Yes.,D,Ann", "A,p,T1,Yes.,D,Bob"))) == 1


@settings(max_examples=60, deadline=None)
@example([" "], [(0, 0), (0, 0)])
@given(
    st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8),
)
def test_every_coding_of_a_project_comes_back(words: list[str], spans: list[tuple[int, int]]) -> None:
    text = " ".join(words)
    starts = [len(" ".join(words[:number])) + (number > 0) for number in range(len(words))]
    expected, selections = [], ""
    for first, last in spans:
        first, last = sorted((first % len(words), last % len(words)))
        start, end = starts[first], starts[last] + len(words[last])
        expected.append(text[start:end].strip() or None)
        selections += coded_selection(start, end - 1, text[start:end])
    source = f'<TextSource guid="d" name="D"><PlainTextContent>{escape(text)}</PlainTextContent>{selections}</TextSource>'
    declaration = INTERVIEWS.model_copy(update={"end_position": "inclusive"})
    file = read_interviews(project(source).encode(), "x", declaration)
    if not text.strip():  # a document of blanks: each coding is named
        assert (file.codings, len(file.unusable)) == ((), len(spans))
        return
    assert [coding.text for coding in file.codings] == expected
    assert file.unusable == ()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b" \n", "x: the file is empty; export it again"),
        (b"PK\x03\x04 cut short", "x: the file is cut short or damaged; export the project again"),
        (b"<Project><Codes>", "x: line 1: column 17: the XML is broken (no element found"),
        (b"<Other/>", "x is not a REFI-QDA project, but <Other>; export the project again"),
        (b'<!DOCTYPE p [<!ENTITY a "b">]><Project>&a;</Project>', "x: it has a document type, which REFI-QDA"),
        (b'<CodeBook xmlns="urn:QDA-XML:codebook:1.0"><Codes>', "x: line 1: column "),
        (b"code;person;wave\nA;B;C\n", "x: line 1: there is no column 'segment'; the columns are code, person, wave; name it "),
        (b"code,segment,wave\nA,one,T1\n", "x: line 1: there is no column 'person'; the columns are code, segment, wave; name it under columns, or give source_name a group"),
        (b"code,segment,person\nA,one,p\n", "x: line 1: there is no column 'wave'; the columns are code, segment, person; name it under columns, or give the file's wave"),
        (b"code,person,wave,segment,Segment\nA,p,T1,x,y\n", "x: line 1: the column 'segment' is there twice; rename one"),
        (b'code,person,wave,segment\nA,p,T1,x\nA,p,T1,"one\nB,q,T1,z\n', "x: line 3: a quote is opened and never closed; close it"),
        (b'code,person,wave,segment\nA,p,T1,"one" two\n', "x: line 2: a text continues after its closing quote; write a quote"),
        (b"code,person,wave,segment\nA,p,T1," + b"x" * 200_000, "x: line 2: a cell holds more than 131,072 characters; look"),
        (f'<Project><CodeBook><Codes>{"<Code>" * 3000}{"</Code>" * 3000}</Codes></CodeBook></Project>'.encode(), "x: codes are nested more than 100 levels deep; export the codes again"),
        (b"code,person,wave,segment\nA,p,T1,one,two\n", "x: line 2: more cells than columns; put texts that hold ',' in quotes"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_read_are_refused_in_one_line(data: bytes, message: str) -> None:
    with pytest.raises(SynthesisError) as error:
        read_interviews(data, "x", Interviews(file="x"))
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_an_archive_without_a_project_or_with_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = io.BytesIO()
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("other.txt", "x")
    with pytest.raises(SynthesisError, match=r"there is no project\.qde in the file"):
        read_interviews(empty.getvalue(), "x", INTERVIEWS)
    monkeypatch.setitem(readable_files._bounds, "interview_bytes", 1000)
    with pytest.raises(SynthesisError, match=r"project\.qde holds more than 1,000 bytes; if that is right, raise the limit"):
        read_interviews(zipped(project("") + " " * 2000), "x", INTERVIEWS)


def _archive(**members: str | bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("DOT", "."), data)
    return target.getvalue()


def test_the_project_and_the_text_meant_are_read_and_not_others_called_so() -> None:
    source = f'<TextSource guid="d" name="D" plainTextPath="internal://d.txt">{coded_selection(0, 4)}</TextSource>'
    xml, old = project(source), project("")
    right_file = _archive(old__projectDOTqde=old, old__dDOTtxt=b"Wrong", projectDOTqde=xml, sources__dDOTtxt=b"Right")
    assert texts_of(right_file) == ["Right"]
    macos = io.BytesIO()
    with zipfile.ZipFile(macos, "w") as archive:
        archive.writestr("__MACOSX/._project.qde", b"\x00\x05\x16\x07")
        archive.writestr("Mine/project.qde", xml)
        archive.writestr("Mine/sources/D.txt", b"Right")
    assert texts_of(macos.getvalue()) == ["Right"]
    # A base name is enough where one file alone has it.
    assert texts_of(_archive(projectDOTqde=xml, other__dDOTtxt=b"Right")) == ["Right"]
    two = read_interviews(_archive(projectDOTqde=xml, a__dDOTtxt=b"Wrong", b__dDOTtxt=b"Right"), "x", INTERVIEWS)
    assert [segment.reason for segment in two.unusable] == [NO_TEXT]
    with pytest.raises(
        SynthesisError, match=r"^x: there are 2 projects in the file, a/project\.qde and b/project\.qde among"
    ):
        read_interviews(_archive(a__projectDOTqde=xml, b__projectDOTqde=xml), "x", INTERVIEWS)


def test_a_damaged_stream_is_refused_in_one_line() -> None:
    data = bytearray(zipped(project("")))
    for position in range(60, 80):
        data[position] ^= 0x5A
    with pytest.raises(SynthesisError, match=r"^x: project\.qde cannot be read \(.*\); export the project again$"):
        read_interviews(bytes(data), "x", INTERVIEWS)


def test_a_table_says_code_person_wave_and_segment_in_its_own_words() -> None:
    table = "Thème;Qui;Vague;Extrait\nTravail > Équipe;PW-01;T1;« On m’écoute »\n;PW-01;T1;sans thème\nTravail;PW-02;T2;\n"
    declaration = Interviews(file="x", columns={"code": "Thème", "person": "Qui", "wave": "Vague", "segment": "Extrait"})
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        file = read_interviews(table.replace("\n", "\r\n").encode(encoding), "x", declaration)
        (coding,) = file.codings
        assert (coding.code.path, coding.person, coding.wave, coding.text) == (
            ("Travail", "Équipe"),
            "PW-01",
            "T1",
            "« On m’écoute »",
        )
        assert file.unusable == (("line 3", "Thème is empty", ""), ("line 4", "Extrait is empty", ""))


def test_line_separators_of_unicode_are_no_ends_of_rows() -> None:
    table = 'sep=;\ncode;person;wave;segment\nA;p;T1;one\u2028two\n>;p;T1;z\nA;p;T1;x\x0by\x85z\nA;p;T1;"a\r\nb"\nB;p;T1;z\n'
    file = read_interviews(table.encode(), "x", INTERVIEWS)
    assert [(coding.text, coding.location) for coding in file.codings] == [
        ("one\u2028two", "line 3"), ("x\x0by\x85z", "line 5"), ("a\nb", "line 6"), ("z", "line 8"),
    ]  # fmt: skip
    assert file.unusable == (("line 4", "code is empty", ""),)
    assert file.is_conserved


@pytest.mark.parametrize("namespace", ["codebook:1.0", "codebook:1:0", "codebook:1.5", ""])
def test_a_codebook_alone_has_codes_and_no_coding(namespace: str) -> None:
    namespace_attribute = f' xmlns="urn:QDA-XML:{namespace}"' if namespace else ""
    data = f'<CodeBook{namespace_attribute} origin="any"><Codes>{CODES}</Codes></CodeBook>'.encode()
    assert [code.path for code in read_codebook(data, "x")] == [("Work",), ("Work", "Team")]
    file = read_interviews(data, "x", INTERVIEWS)
    assert (len(file.codes), file.codings) == (2, ())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"source_name": "("}, "is not a regular expression"),
        ({"source_name": "T1"}, r"has neither a group \(\?P<person>"),
        ({"columns": {"text": "x"}}, "'text' is not a column; the columns are code, person, wave"),
    ],
)
def test_a_declaration_that_cannot_work_is_refused(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Interviews.model_validate({"file": "x"} | given)


def test_all_of_the_example_is_marked_as_invented() -> None:
    project = read_interviews(
        (EXAMPLE / "coded.qdpx").read_bytes(), "coded.qdpx", Interviews(file="x", wave_variable="Wave")
    )
    columns = {"code": "Theme", "person": "Participant", "segment": "Passage", "source": "Document"}
    table = (EXAMPLE / "second_coder.csv").read_bytes()
    second_coder = read_interviews(table, "second_coder.csv", Interviews(file="x", columns=columns))
    assert "invented" in project.origin
    assert (len(project.codings), len(second_coder.codings), project.unusable, second_coder.unusable) == (30, 4, (), ())
    for coding in (*project.codings, *second_coder.codings):
        assert coding.source.startswith("INVENTED ")
        assert coding.coder is not None
        assert coding.coder.startswith("Invented")
    # One passage that both coded is one segment.
    names = segment_ids([*project.codings, *second_coder.codings])
    assert len(set(names)) == 28
    assert set(names[:30]) & set(names[30:])
