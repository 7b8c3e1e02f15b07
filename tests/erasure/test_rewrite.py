"""Files of every format that can be written without a row: the rest as it was, byte by byte or cell by cell."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
import xlsxwriter

from dagster_project.erasure.errors import ErasureError
from dagster_project.erasure.rewrite import write_without
from dagster_project.exports import read_table
from dagster_project.study import Export

_TEXTS = {
    "utf-16, CRLF, quoted breaks": (
        'id\tnote\r\nA\t"two\r\nlines"\r\nB\t"three\r\n""quoted""\r\nlines"\r\n\r\nC\tlä\r\n',
        "utf-16",
        [4],
        'id\tnote\r\nA\t"two\r\nlines"\r\n\r\nC\tlä\r\n',
    ),
    "utf-8 with a mark, no last line end": ("\ufeffid,m\nA,1\nB,2", "utf-8", [3], "\ufeffid,m\nA,1\n"),
    "cp1252, CR": ("id;m\rÄ;1\rB;2\r", "cp1252", [2], "id;m\rB;2\r"),
    "sep= and two rows": ("sep=;\r\nid;m\r\nB;1\r\nA;2\r\nB;3\r\n", "utf-8", [3, 5], "sep=;\r\nid;m\r\nA;2\r\n"),
    "the only person": ("id,m\nB,1\n", "utf-8", [2], "id,m\n"),
}


def _export(reader: str, **layout: Any) -> Export:
    return Export(export="t1", wave="T1", folder="raw/T1", reader=reader, respondent="id", **layout)


@pytest.mark.parametrize("name", _TEXTS)
def test_text_keeps_every_other_byte(tmp_path: Path, name: str) -> None:
    text, encoding, source_rows, expected = _TEXTS[name]
    source = tmp_path / "export.csv"
    source.write_bytes(text.encode(encoding))
    export = _export("delimited")
    rows = read_table(source, "delimited", "export.csv", export.layout).source_rows.to_pylist()
    assert set(source_rows) <= set(rows)
    write_without(source, tmp_path / "new.csv", export, source_rows, "export.csv")
    assert (tmp_path / "new.csv").read_bytes() == expected.encode(encoding)


def test_a_workbook_keeps_its_other_parts_and_row_numbers(tmp_path: Path) -> None:
    source, target = tmp_path / "book.xlsx", tmp_path / "new.xlsx"
    with xlsxwriter.Workbook(str(source)) as book:
        sheet, other = book.add_worksheet("answers"), book.add_worksheet("notes")
        other.write("A1", None)
        for row, cells in enumerate(
            [("id", "m", "why", "x"), ("B", 1, "same"), ("erase@me", 2, "only mine"), ("C", 3, "same")]
        ):
            sheet.write_row(row, 0, cells, book.add_format({"bold": row == 0}))
        sheet.write("D2", "same")
    write_without(source, target, _export("excel"), [3], "book.xlsx")
    table = read_table(target, "excel", "new.xlsx", _export("excel").layout)
    assert table.source_rows.to_pylist() == [2, 4]
    assert table.row(0) == ["B", "1", "same", "same"]
    assert table.row(1) == ["C", "3", "same", ""]
    with zipfile.ZipFile(source) as former, zipfile.ZipFile(target) as new:
        assert former.namelist() == new.namelist()
        changed = {part for part in former.namelist() if former.read(part) != new.read(part)}
        assert changed == {"xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"}
        for part in new.namelist():
            assert b"erase@me" not in new.read(part)
            assert b"only mine" not in new.read(part)
        assert b">same<" in new.read("xl/sharedStrings.xml")


def test_a_row_with_a_comment_is_left_to_people(tmp_path: Path) -> None:
    source = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(str(source)) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate([("id", "m"), ("A", 1), ("B", 2)]):
            sheet.write_row(row, 0, cells)
        sheet.write_comment("B3", "called on Monday")
    with pytest.raises(ErasureError) as refusal:
        write_without(source, tmp_path / "new.xlsx", _export("excel"), [3], "book.xlsx")
    assert str(refusal.value) == (
        '"book.xlsx": the row has merged cells or comments; take the row out in a spreadsheet, save the workbook, then forget'
        " again"
    )


def test_a_workbook_loses_the_picture_of_its_first_page(tmp_path: Path) -> None:
    source, target = tmp_path / "book.xlsx", tmp_path / "new.xlsx"
    with xlsxwriter.Workbook(str(source)) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate([("id", "m"), ("A", 1), ("B", 2)]):
            sheet.write_row(row, 0, cells)
    link = b'<Relationship Id="rId9" Type="x/metadata/thumbnail" Target="docProps/thumbnail.jpeg"/>'
    with zipfile.ZipFile(source) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"</Relationships>", link + b"</Relationships>")
    with zipfile.ZipFile(source, "w") as archive:
        for name, content in (parts | {"docProps/thumbnail.jpeg": b"a picture of B"}).items():
            archive.writestr(name, content)
    write_without(source, target, _export("excel"), [3], "book.xlsx")
    with zipfile.ZipFile(target) as archive:
        assert sorted(archive.namelist()) == sorted(parts)
        assert archive.read("_rels/.rels") == parts["_rels/.rels"].replace(link, b"")


def test_a_chart_that_keeps_a_copy_of_the_rows_is_left_to_people(tmp_path: Path) -> None:
    source = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(str(source)) as book:
        sheet, chart = book.add_worksheet(), book.add_chart({"type": "line"})
        for row, cells in enumerate([("id", "m"), ("A", 1), ("B", 2)]):
            sheet.write_row(row, 0, cells)
        chart.add_series({"values": "=Sheet1!$B$2:$B$3"})
        sheet.insert_chart("D2", chart)
    with pytest.raises(ErasureError) as refusal:
        write_without(source, tmp_path / "new.xlsx", _export("excel"), [3], "book.xlsx")
    assert str(refusal.value) == (
        '"book.xlsx": a chart keeps a copy of the rows; take it out, take the row out in a spreadsheet, save the workbook, then'
        " forget again"
    )


@pytest.mark.parametrize(("source_rows", "is_refused"), [([2], True), ([3], False), ([2, 3], False)])
def test_a_formula_that_other_rows_share_is_left_to_people(
    tmp_path: Path, source_rows: list[int], *, is_refused: bool
) -> None:
    source = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(str(source)) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate([("id", "m", "twice"), ("A", 1), ("B", 2)]):
            sheet.write_row(row, 0, cells)
        sheet.write_formula("C2", "=B2*2", None, 2)
        sheet.write_formula("C3", "=B3*2", None, 4)
    with zipfile.ZipFile(source) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    shared = parts["xl/worksheets/sheet1.xml"].replace(b"<f>B2*2</f>", b'<f t="shared" ref="C2:C3" si="0">B2*2</f>')
    shared = shared.replace(b"<f>B3*2</f>", b'<f t="shared" si="0"/>')
    assert shared.count(b"shared") == 2
    with zipfile.ZipFile(source, "w") as archive:
        for name, content in (parts | {"xl/worksheets/sheet1.xml": shared}).items():
            archive.writestr(name, content)
    if not is_refused:
        write_without(source, tmp_path / "new.xlsx", _export("excel"), source_rows, "book.xlsx")
        return
    with pytest.raises(ErasureError) as refusal:
        write_without(source, tmp_path / "new.xlsx", _export("excel"), source_rows, "book.xlsx")
    assert str(refusal.value) == (
        '"book.xlsx": the row has a formula that other rows share; take the row out in a spreadsheet, save the workbook, then'
        " forget again"
    )


@pytest.mark.parametrize("compress", [False, True])
def test_spss_keeps_values_labels_formats_and_missing_codes(tmp_path: Path, compress: bool) -> None:
    source, target = tmp_path / "export.sav", tmp_path / "new.sav"
    frame = pd.DataFrame(
        {
            "id": ["A", "erase@me", "C"],
            "mood": [1.0, 2.0, -9.0],
            "when": pd.to_datetime(["2024-01-02", "2024-02-03", None]).date,
            "weight": [1.25, None, 3.5],
        }
    )
    pyreadstat.write_sav(
        frame,
        str(source),
        column_labels={"mood": "How is it?"},
        variable_value_labels={"mood": {1: "good", 2: "bad"}},
        missing_ranges={"mood": [-9]},
        variable_measure={"mood": "ordinal"},
        compress=compress,
    )
    write_without(source, target, _export("spss"), [2], "export.sav")
    former, new = (read_table(path, "spss", "a", _export("spss").layout) for path in (source, target))
    assert [new.row(0), new.row(1)] == [former.row(0), former.row(2)]
    assert new.row(0)[:3] == ["A", "1", "2024-01-02"]
    assert (new.value_labels, new.special_codes) == ({"mood": {"1": "good", "2": "bad"}}, {"mood": ("-9",)})
    assert b"erase@me" not in target.read_bytes()


def test_parquet_keeps_types_and_metadata(tmp_path: Path) -> None:
    source, target = tmp_path / "export.parquet", tmp_path / "new.parquet"
    table = pa.table({"id": ["A", "erase@me"], "m": pa.array([1, 2], pa.int8())}).replace_schema_metadata({"tool": "x"})
    pq.write_table(table, source, compression="none")
    write_without(source, target, _export("parquet"), [2], "export.parquet")
    assert pq.read_table(target).equals(table.slice(0, 1), check_metadata=True)
    assert b"erase@me" not in target.read_bytes()


def _labelled_people() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": ["A", "erase@me", "C", "D"],
            "mood": [1.0, "b", "a", 4.0],
            "age": pd.array([31, 47, 28, 60], "int8"),
            "when": pd.to_datetime(["2024-01-02", "2024-02-03", "2024-03-04", "2024-04-05"]).date,
        }
    )


@pytest.mark.parametrize("version", [8, 10, 12, 13, 14, 15])
def test_stata_keeps_labels_formats_and_the_missing_codes_of_others(tmp_path: Path, version: int) -> None:
    source, target = tmp_path / "export.dta", tmp_path / "new.dta"
    pyreadstat.write_dta(
        _labelled_people(),
        str(source),
        version=version,
        file_label="A study",
        column_labels={"mood": "How is it?"},
        variable_value_labels={"mood": {1.0: "good", "b": "refused"}},
        missing_user_values={"mood": ["a", "b"]},
    )
    write_without(source, target, _export("stata"), [2], "export.dta")
    new = read_table(target, "stata", "a", _export("stata").layout)
    assert [new.row(row) for row in range(new.row_count)] == [
        ["A", "1", "31", "2024-01-02"],
        ["C", ".a", "28", "2024-03-04"],
        ["D", "4", "60", "2024-04-05"],
    ]
    assert new.special_codes == {"mood": (".a",)}
    assert (new.value_labels, new.column_labels) == ({"mood": {"1": "good", ".b": "refused"}}, {"mood": "How is it?"})
    facts = [pyreadstat.read_dta(str(file), metadataonly=True)[1] for file in (source, target)]
    for fact in ("file_label", "original_variable_types", "readstat_variable_types", "creation_time"):
        assert getattr(facts[0], fact) == getattr(facts[1], fact)
    assert b"erase@me" not in target.read_bytes()


@pytest.mark.parametrize("version", [114, 117, 118, 119])
def test_another_reader_reads_the_rest_of_a_stata_file_as_it_was(tmp_path: Path, version: int) -> None:
    source, target = tmp_path / "export.dta", tmp_path / "new.dta"
    frame = pd.DataFrame(
        {
            "id": [f"p{number}" for number in range(300)],
            "share": [number / 7 for number in range(300)],
            "site": pd.Categorical([("north", "south")[number % 2] for number in range(300)], ordered=True),
        }
    )
    frame.to_stata(source, write_index=False, version=version, variable_labels={"share": "Share"}, byteorder=">")
    write_without(source, target, _export("stata"), [1, 150, 300], "export.dta")
    pd.testing.assert_frame_equal(pd.read_stata(target), frame.drop([0, 149, 299]).reset_index(drop=True))


@pytest.mark.parametrize("source_rows", [[2], [1], [4], [1, 2, 3], [1, 2, 3, 4]])
@pytest.mark.parametrize("version", [5, 8])
def test_a_sas_transport_file_keeps_the_rest(tmp_path: Path, version: int, source_rows: list[int]) -> None:
    source, target = tmp_path / "export.xpt", tmp_path / "new.xpt"
    frame = _labelled_people().assign(mood=[1.0, 2.0, None, 4.0])
    pyreadstat.write_xport(frame, str(source), file_format_version=version, column_labels={"mood": "How is it? " * 5})
    former = read_table(source, "sas", "a", _export("sas").layout)
    write_without(source, target, _export("sas"), source_rows, "export.xpt")
    new = read_table(target, "sas", "a", _export("sas").layout)
    assert [new.row(row) for row in range(new.row_count)] == [
        former.row(row) for row in range(4) if row + 1 not in source_rows
    ]
    assert (new.columns, new.column_labels) == (former.columns, former.column_labels)
    assert len(target.read_bytes()) % 80 == 0
    assert (b"erase@me" in target.read_bytes()) == (2 not in source_rows)


_ODS_ROW = '<table:table-row table:style-name="ro1"%s>%s</table:table-row>'
_ODS = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content office:version="1.3"'
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    '<table:table table:name="Q&amp;A"><table:table-column/>%s</table:table><table:table table:name="notes">'
    "<table:table-row/><table:table-row/>%s</table:table></office:spreadsheet></office:body></office:document-content>"
)
_ODS_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest'
    ' xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry manifest:full-path="/"'
    ' manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/><manifest:file-entry'
    ' manifest:full-path="content.xml" manifest:media-type="text/xml"/><manifest:file-entry'
    ' manifest:full-path="Thumbnails/thumbnail.png" manifest:media-type="image/png"/></manifest:manifest>'
)


def _ods_row(*texts: str, repeated: int = 1, cell_facts: str = "") -> str:
    cells = "".join(
        f'<table:table-cell office:value-type="string"{cell_facts}><text:p>{text}</text:p></table:table-cell>'
        for text in texts
    )
    return _ODS_ROW % (f' table:number-rows-repeated="{repeated}"' if repeated > 1 else "", cells)


def _ods(file: Path, *rows: str, **parts: str) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("content.xml", _ODS % ("".join(rows), _ods_row("the same row 3")))
        archive.writestr("META-INF/manifest.xml", _ODS_MANIFEST)
        archive.writestr("Thumbnails/thumbnail.png", b"a picture of erase@me")
        for name, content in parts.items():
            archive.writestr(name, content)
    return file


def test_an_open_document_keeps_its_other_rows_with_their_numbers(tmp_path: Path) -> None:
    source, target = tmp_path / "export.ods", tmp_path / "new.ods"
    _ods(
        source, _ods_row("id", "m"), _ods_row("A", "1"), _ods_row("erase@me", "2", repeated=2), _ods_row("C", "3", repeated=3),
        _ods_row("erase@me", "5"), _ods_row("D", "4"),
    )  # fmt: skip
    export = _export("excel", sheet="Q&A")
    former = read_table(source, "excel", "a.ods", export.layout)
    assert former.source_rows.to_pylist() == [2, 3, 4, 5, 6, 7, 8, 9]
    write_without(source, target, export, [3, 4, 6, 8], "export.ods")
    new = read_table(target, "excel", "a.ods", export.layout)
    rows = [(number, *new.row(row)) for row, number in enumerate(new.source_rows.to_pylist())]
    assert rows == [(2, "A", "1"), (5, "C", "3"), (7, "C", "3"), (9, "D", "4")]
    with zipfile.ZipFile(source) as former_archive, zipfile.ZipFile(target) as archive:
        assert archive.namelist() == [name for name in former_archive.namelist() if name != "Thumbnails/thumbnail.png"]
        assert archive.getinfo("mimetype").compress_type == zipfile.ZIP_STORED
        assert b"erase@me" not in archive.read("content.xml")
        assert archive.read("content.xml").endswith(former_archive.read("content.xml").partition(b"</table:table>")[2])
        assert b"humbnail" not in archive.read("META-INF/manifest.xml")


def _pyreadstat_por(file: Path) -> None:
    pyreadstat.write_por(pd.DataFrame({"ID": ["A", "B"], "M": [1.0, 2.0]}), str(file))


_BY_HAND = "export it again without the row, put that file in its place, then forget again"
_IN_A_SPREADSHEET = "take the row out in a spreadsheet, save the workbook, then forget again"
_REFUSED: dict[str, tuple[str, str, Callable[[Path], object], str]] = {
    "portable SPSS": ("export.por", "spss", _pyreadstat_por, f"a file of reader spss cannot be written without a row; {_BY_HAND}"),
    "Stata's long texts": (
        "export.dta",
        "stata",
        lambda file: pd.DataFrame({"id": ["A", "B"], "note": ["x", "y"]}).to_stata(
            file, write_index=False, version=118, convert_strl=["note"]
        ),
        "it has variables of long texts (strL), which observations share; recast them to str# in Stata, or export it again"
        " without the row, put that file in its place, then forget again",
    ),
    "merged cells": (
        "export.ods",
        "excel",
        lambda file: _ods(file, _ods_row("id", "m"), _ods_row("B", "1", cell_facts=' table:number-rows-spanned="2"')),
        f"the row has merged cells; {_IN_A_SPREADSHEET}",
    ),
    "a chart": (
        "export.ods",
        "excel",
        lambda file: _ods(file, _ods_row("id", "m"), _ods_row("B", "1"), **{"Object 1/content.xml": "<B/>"}),
        f"a chart or an embedded object keeps a copy of the rows; take it out, {_IN_A_SPREADSHEET}",
    ),
    "recorded changes": (
        "export.ods",
        "excel",
        lambda file: _ods(file, "<table:tracked-changes/>", _ods_row("id", "m"), _ods_row("B", "1")),
        f"recorded changes keep former contents; accept them all, {_IN_A_SPREADSHEET}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _REFUSED)
def test_what_cannot_be_written_is_refused_with_what_to_do(tmp_path: Path, name: str) -> None:
    file, reader, make, message = _REFUSED[name]
    make(tmp_path / file)
    export = _export(reader, sheet="Q&A") if file.endswith(".ods") else _export(reader)
    with pytest.raises(ErasureError) as refusal:
        write_without(tmp_path / file, tmp_path / "new", export, [2], f"raw/T1/{file}")
    assert str(refusal.value) == f'"raw/T1/{file}": {message}'
