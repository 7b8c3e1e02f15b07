"""Files of every format that can be written without a row: the rest as it was, byte by byte or cell by cell."""

import zipfile
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


def test_other_formats_are_refused_with_what_to_do(tmp_path: Path) -> None:
    source = tmp_path / "export.dta"
    pyreadstat.write_dta(pd.DataFrame({"id": ["A", "B"], "m": [1.0, 2.0]}), str(source))
    with pytest.raises(ErasureError) as refusal:
        write_without(source, tmp_path / "new.dta", _export("stata"), [2], "raw/T1/export.dta")
    assert str(refusal.value) == (
        '"raw/T1/export.dta": a file of reader stata cannot be written without a row; export it again without the row, put'
        " that file in its place, then forget again"
    )
