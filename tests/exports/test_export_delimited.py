"""Delimited text: the same table whatever the encoding, line ends and delimiter; refusals by their message."""

import time
from collections.abc import Callable, Collection
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dagster_project.exports import ExportError, TextTable, apply_contract, read_export, regular
from dagster_project.exports.records import Grammar, Records, find_grammar, read_records
from dagster_project.exports.regular import regular_records
from dagster_project.exports.whole_numbers import as_text
from dagster_project.study import Export, Study

ExportOf = Callable[[str], Export]


@pytest.fixture
def read(tmp_path: Path, export_of: ExportOf) -> Callable[[bytes], TextTable]:
    def read_bytes(content: bytes) -> TextTable:
        path = tmp_path / "0123abcd"
        path.write_bytes(content)
        return read_export(path, export_of("t1"), name="t1.csv")

    return read_bytes


Read = Callable[[bytes], TextTable]


def _rows(table: TextTable) -> list[list[str]]:
    return [list(row.values()) for row in table.cells.to_pylist()]


HEADER = ["Code", "When", "Q_1", "Q_2", "Q_3", "S_1", "Kind", "Comment"]
ANSWERS = [
    ["PW-é1", "2020-01-02", "1", " 2 ", "3,5", "Yes", "", "a; b, c|d"],
    ["PW-2", "", "", "5", "-99", "No", "", 'she said "no"\nand “left”'],
    ["", "2020-01-03", "1", "1", "1", "", "", ""],
    ["PW-3", "2020-01-03", "1", "1", "1", "", "preview", "€"],
]


def _text(delimiter: str, line_end: str) -> str:
    def cell(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',;|\t"\n') else text

    return "".join(delimiter.join(map(cell, row)) + line_end for row in [HEADER, *ANSWERS])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be-bom", "cp1252"])
def test_same_answers_give_the_same_accepted_table(
    read: Read, study: Study, export_of: ExportOf, encoding: str, line_end: str, delimiter: str
) -> None:
    text = _text(delimiter, line_end)
    content = b"\xfe\xff" + text.encode("utf-16-be") if encoding == "utf-16-be-bom" else text.encode(encoding)
    table = read(content)
    assert table.columns == tuple(HEADER)
    assert _rows(table) == ANSWERS
    assert table.source_rows.to_pylist() == [2, 3, 5, 6]
    assert table.delimiter == delimiter
    assert table.encoding == {"cp1252": "cp1252"}.get(encoding, encoding[:6].replace("utf-8-", "utf-8")[:6].rstrip("-"))
    result = apply_contract(table, study, export_of("t1"), "ab" * 32, "t1.csv")
    assert result.problems == [] and result.warnings == []
    accepted = result.accepted.drop_columns(["source_file", "source_row"]).to_pylist()
    keys = ["respondent", "answered_on", "mood_01", "mood_02", "mood_03", "gp"]
    assert accepted == [dict(zip(keys, row[:6], strict=True)) for row in ANSWERS[:2]]
    assert result.set_aside.select(["source_row", "respondent", "reason"]).to_pylist() == [
        {"source_row": 5, "respondent": None, "reason": "no_participant"},
        {"source_row": 6, "respondent": "PW-3", "reason": "preview"},
    ]


def test_notes_say_what_was_found_out(read: Read) -> None:
    assert read(b"\xef\xbb\xbfa;b\n\n1;2\n \n").notes == (
        "The encoding is UTF-8 with a byte order mark.",
        "The delimiter is semicolon.",
        "2 blank lines were skipped.",
    )
    assert read("a,b\né,2\n".encode("cp1252")).notes[0] == "The encoding is taken to be cp1252: the file is not UTF-8."


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("stray", ["", 'x"y'])
def test_source_row_is_the_line_a_person_sees(read: Read, line_end: str, stray: str) -> None:
    lines = ["", "a,b", "", '1,"two', "lines", 'and ""more"""', "", f"2,{stray}", "", '3,"x', 'y"', "4,z", "", ""]
    table = read(line_end.join(lines).encode())
    assert table.source_rows.to_pylist() == [4, 8, 10, 12]
    assert table.blank_lines == 5
    assert _rows(table)[0] == ["1", line_end.join(["two", "lines", 'and "more"'])]
    assert _rows(table)[1] == ["2", stray]


def test_nothing_is_trimmed_and_duplicate_headers_are_kept(read: Read) -> None:
    table = read(b" a ,a,\n 1 , , x\n,,\n")
    assert table.columns == (" a ", "a", "")
    assert _rows(table) == [[" 1 ", " ", " x"], ["", "", ""]]


def test_decimal_commas_do_not_make_a_comma_file(read: Read) -> None:
    table = read(b"Person;Hours (a, b);Age\nPW-1;37,5;40,1\nPW-2;37,5;\n")
    assert (table.delimiter, _rows(table)) == (";", [["PW-1", "37,5", "40,1"], ["PW-2", "37,5", ""]])


def test_a_separator_line_declares_the_delimiter(read: Read) -> None:
    for content in (b"sep=;\r\na,x;b\r\n1;2\r\n", b'sep=;\na,x;b\n1;2"\n'):
        table = read(content)
        assert table.columns == ("a,x", "b")
        assert table.source_rows.to_pylist() == [3]
        assert "Line 1 declares the delimiter: semicolon." in table.notes


def test_a_header_alone_has_no_rows(read: Read) -> None:
    for content in (b"a,b", b"a,b\r\n", b"a,b\n\n", b'\xff\xfea\x00,\x00"\x00b\x00"\x00'):
        table = read(content)
        assert (table.columns, table.row_count, table.cells.num_rows, table.cells.num_columns) == (("a", "b"), 0, 0, 2)


def test_one_column_is_a_table(read: Read) -> None:
    table = read(b'Code\nPW-1\n""\n\nPW-2\n')
    assert (table.delimiter, _rows(table), table.blank_lines) == (None, [["PW-1"], [""], ["PW-2"]], 1)


def test_a_cell_longer_than_the_usual_limits_is_read(read: Read) -> None:
    long = "x" * 9_000_000
    for stray in ("", 'y"z'):
        assert _rows(read(f'a,b\n"{long}\n,",{stray}\n'.encode())) == [[f"{long}\n,", stray]]


def test_an_encoding_without_a_name_is_guessed_and_noted(read: Read) -> None:
    text = "Code,Comment\n" + "".join(f"PW-{i},Příliš žluťoučký kůň úpěl ďábelské ódy\n" for i in range(40))
    table = read(text.encode("cp1250"))
    assert table.encoding == "cp1250" and table.notes[0] == "The encoding was guessed to be cp1250."
    assert _rows(table)[0] == ["PW-0", "Příliš žluťoučký kůň úpěl ďábelské ódy"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "t1.csv: the file is empty; export it again"),
        (b"\xef\xbb\xbf \r\n\t\n", "t1.csv: the file is empty; export it again"),
        (b"\xff\xfe", "t1.csv: the file is empty; export it again"),
        (b"\t\t\r\n\t\t\r\n", "t1.csv: the file is empty; export it again"),
        (
            b"a,b\n1,2\n1,2,3\n",
            "t1.csv: line 3: 3 cells, where the header has 2; check the delimiters and quotes of that line, or export the"
            " file again",
        ),
        (
            b"a,b\r\n\r\n1\r\n1,2\r\n",
            "t1.csv: line 3: 1 cell, where the header has 2; check the delimiters and quotes of that line, or export the"
            " file again",
        ),
        (
            b'a,b\n1,"x\n2,3\n4,"y"\n',
            "t1.csv: lines 2 to 4: a cell continues after its closing quote; double the quotes inside cells, or export the"
            " file again",
        ),
        (
            b'a,b,c\n1,"x,2\n4,"y,3"\n5,6,7\n',
            "t1.csv: lines 2 to 3: a cell continues after its closing quote; double the quotes inside cells, or export the"
            " file again",
        ),
        (
            b"Survey of spring\na,b\n1,2\n",
            "t1.csv: line 2: 2 cells, where the header has 1; the first line must be the header, with columns separated by"
            " comma, semicolon, tab, bar or caret",
        ),
        (b'a,b\n1,"two\nlines\n', "t1.csv: line 2: a quote opens here and is never closed; export the file again"),
        (
            b'a,b,c\n"1\n\n","x\n',
            "t1.csv: line 4: a quote opens here and is never closed; export the file again",
        ),
        (b"a,b\n1,\x00\n", "t1.csv: line 2: the text holds a NUL byte; export it again as UTF-8"),
        (b"a,b\r1,\xe9\x00\r", "t1.csv: line 2: the text holds a NUL byte; export it again as UTF-8"),
        ("a,b\n1,2\n".encode("utf-16-le"), "t1.csv: line 1: the text holds a NUL byte; export it again as UTF-8"),
        (b"\xff\xfea\x00,\x00b", "t1.csv: the file is broken UTF-16, perhaps cut short; export it again"),
        (
            "a,b\né,è\nà,".encode() + b"\xe9\n",
            "t1.csv: line 3: byte 0xe9 is not UTF-8, as the rest of the file is; export it again as UTF-8",
        ),
        (
            b"\xef\xbb\xbfa,b\n\xe9,\n",
            "t1.csv: line 2: byte 0xe9 is not UTF-8, as the rest of the file is; export it again as UTF-8",
        ),
        (b"PK\x03\x04xl", "t1.csv: the file is a zip or Excel file and not delimited text; save it as CSV"),
        (
            b"$FL2@(#) SPSS",
            "t1.csv: the file is an SPSS file and not delimited text; declare reader: spss, or save it as CSV",
        ),
        (b"\xd0\xcf\x11\xe0\xa1", "t1.csv: the file is an old Excel file and not delimited text; save it as CSV"),
        (b"\n<!DOCTYPE HTML>", "t1.csv: the file is a web page and not delimited text; download the export again"),
        (bytes(range(1, 8)) + b"\x81\x8d\x8f", "t1.csv: the encoding cannot be determined; export it again as UTF-8"),
    ],
)
def test_refusals(read: Read, content: bytes, message: str) -> None:
    with pytest.raises(ExportError) as refusal:
        read(content)
    assert str(refusal.value) == message


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r", b""])
def test_a_header_of_a_million_columns_is_refused_before_it_is_read(read: Read, line_end: bytes) -> None:
    header = ",".join(f"c{number}" for number in range(1_000_000)).encode()
    started = time.process_time()
    with pytest.raises(ExportError) as refusal:
        read(header + line_end + b"1,2")
    assert str(refusal.value) == (
        f"t1.csv: line 1: the header has {1_000_000 + (not line_end)} columns, more than 200,000 columns; if that is right,"
        " raise the limit: WAVEHOUSE_LIMITS=text_columns=NUMBER; or check the delimiter and the line ends"
    )
    assert time.process_time() - started < 5  # it took 13 s and 1.9 GB


def test_a_header_of_a_hundred_thousand_columns_is_read(read: Read) -> None:
    lines = [",".join(f"c{number}" for number in range(100_000)), *[",".join(["1"] * 100_000)] * 3]
    table = read("\n".join(lines).encode())
    assert (len(table.columns), table.row_count) == (100_000, 3)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path, export_of: ExportOf) -> None:
    with pytest.raises(ExportError, match=r"^t1\.csv: cannot be opened \(No such file or directory\); check the file$"):
        read_export(tmp_path / "none", export_of("t1"), name="t1.csv")


_PIECES = st.sampled_from(['"', '""', ",", ",", ";", "\n", "\r\n", "\r", "a", "é", " ", "1", '"x,\n"', ",,\n", "a,b,c\n"])


def _fast(text: bytes, grammar: Grammar) -> Records | None:
    return regular_records(text, 0, len(text), grammar, "t1.csv")


def _cells(records: Records, whole: Collection[int] = ()) -> list[list[str]]:
    """The cells of records as text; asked for as whole numbers where `whole` says so."""
    cells, positions = [], range(len(records.header))
    for batch in records.cells.batches(positions, whole):
        columns = [as_text(column) if pa.types.is_integer(column.type) else column for column in batch.columns]
        cells += [list(row) for row in zip(*(column.to_pylist() for column in columns), strict=True)]
    return cells


@pytest.mark.slow
@settings(max_examples=1500, deadline=None)
@given(st.lists(_PIECES, max_size=25).map(lambda pieces: "a,b,c\n" + "".join(pieces)))
def test_the_fast_way_agrees_with_the_grammar_or_stands_back(text: str) -> None:
    grammar = Grammar(",", True, 0)
    fast = _fast(text.encode(), grammar)
    if fast is None:
        return
    slow = read_records(text.encode(), grammar, "t1.csv")
    assert (fast.header, fast.blank_lines) == (slow.header, slow.blank_lines)
    assert _cells(fast) == _cells(slow)
    assert fast.source_rows.to_pylist() == slow.source_rows.to_pylist()


#: What stands for a whole number, and what almost does.
_NUMBERS = st.sampled_from(
    [
        *("", "0", "5", "-1", "10", "-10", "99", "100", "-999", "1000", "32767", "-32768", '"7"', '""', "32768", "-32769"),
        *("05", "+5", " 5", "5 ", "-0", "00", "5.0", "5e0", "0x5", "0_3", "--1", " ", '" 5"', '"a,b"', '"""q"""', "NA", "é"),
    ]
)


@pytest.mark.slow
@settings(max_examples=1500, deadline=None)
@given(
    st.lists(st.tuples(_NUMBERS, _NUMBERS, _NUMBERS), min_size=1, max_size=30),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(8, 60),
    st.booleans(),
)
def test_whole_numbers_come_back_to_the_letter(rows: list[tuple[str, ...]], end: str, size: int, is_ended: bool) -> None:
    """The same bytes read as numbers, in blocks, and as text by the grammar."""
    text = end.join(["a,b,c", *(",".join(row) for row in rows)]) + (end if is_ended else "")
    grammar = Grammar(",", True, 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regular, "_FIRST_BLOCK_BYTES", size)
        patch.setattr(regular, "_BLOCK_BYTES", size)
        fast = _fast(text.encode(), grammar)
    if fast is not None:
        slow = read_records(text.encode(), grammar, "t1.csv")
        for whole in ((), {0, 1, 2}, {1}):
            assert _cells(fast, whole) == _cells(slow)
        assert fast.source_rows.to_pylist() == slow.source_rows.to_pylist()


def test_numbers_are_read_as_numbers_and_one_other_spelling_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regular, "_FIRST_BLOCK_BYTES", 8)
    monkeypatch.setattr(regular, "_BLOCK_BYTES", 12)
    for odd in ("05", "+5", " 5", "-0", "0x5"):
        fast = _fast(f"a,b\n1,2\n3,-99\n,\n4,{odd}\n5,6\n".encode(), Grammar(",", True, 0))
        assert fast is not None
        kinds = [[str(column.type) for column in batch.columns] for batch in fast.cells.batches([0, 1], {0, 1})]
        assert ["int16", "int16"] in kinds and ["string", "string"] in kinds[1:]
        assert _cells(fast, {0, 1}) == [["1", "2"], ["3", "-99"], ["", ""], ["4", odd], ["5", "6"]]


def test_ordinary_files_take_the_fast_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regular, "_SCAN_BYTES", 7)
    for line_end in ("\n", "\r\n"):
        text = _text(";", line_end).encode()
        grammar = find_grammar(text)
        fast, slow = _fast(text, grammar), read_records(text, grammar, "t1.csv")
        assert fast is not None
        assert _cells(fast) == _cells(slow)
        assert fast.source_rows.to_pylist() == slow.source_rows.to_pylist()


def test_a_file_that_changes_between_proof_and_reading_is_noticed(read: Read, tmp_path: Path) -> None:
    table = read(b"a,b\n1,2\n3,4\n")
    (tmp_path / "0123abcd").write_bytes(b"a,b\n1,2,3\n,4\n")
    with pytest.raises(ExportError, match=r"^t1\.csv: changed while it was read; wait until it is written and run again$"):
        table.texts([0])
    (tmp_path / "0123abcd").unlink()
    with pytest.raises(ExportError, match=r"^t1\.csv: cannot be opened \(No such file or directory\); check the file$"):
        table.texts([0])
