"""Cells with an error, and formulas without a value: named where they are needed, in every kind of workbook."""

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlwt

from dagster_project.exports import apply_contract
from dagster_project.exports.excel import read_excel
from dagster_project.study import ColumnBlock, Export, Layout, Study

ROWS: list[list[object]] = [["pid", "q1", "q2", "other"], ["P1", 1, 2, 3], ["P2", 4, 5, 1]]
ERROR_CODES = {"#N/A": 42, "#DIV/0!": 7, "#NAME?": 29}


def _xlsx(path: Path, cells: dict[tuple[int, int], str]) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active["C9"] = "#NAME?"
    sheet = book.create_sheet("Wave & 1")
    for row in ROWS:
        sheet.append(row)
    for (row_number, column), text in cells.items():
        sheet.cell(row_number, column).value = text
    book.save(path)


def _xls(path: Path, cells: dict[tuple[int, int], str]) -> None:
    book = xlwt.Workbook()
    notes, sheet = book.add_sheet("Notes"), book.add_sheet("Wave & 1")
    notes.row(8).set_cell_error(2, ERROR_CODES["#NAME?"])
    for row_number, row in enumerate(ROWS, 1):
        for column, cell in enumerate(row, 1):
            if (row_number, column) in cells:
                sheet.row(row_number - 1).set_cell_error(column - 1, ERROR_CODES[cells[row_number, column]])
            else:
                sheet.write(row_number - 1, column - 1, cell)
    book.save(str(path))


def _record(kind: int, content: bytes) -> bytes:
    number = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return number + bytes([len(content)]) + content


def _wide(text: str) -> bytes:
    return len(text).to_bytes(4, "little") + text.encode("utf-16-le")


def _xlsb(path: Path, cells: dict[tuple[int, int], str]) -> None:
    """A binary workbook by its published layout: rows (0), texts (6), numbers (5), errors (3); sheets (156)."""

    def cell_record(row_number: int, column: int, cell: object) -> bytes:
        head = (column - 1).to_bytes(4, "little") + bytes(4)
        if (row_number, column) in cells:
            return _record(3, head + bytes([ERROR_CODES[cells[row_number, column]]]))
        if isinstance(cell, str):
            return _record(6, head + _wide(cell))
        return _record(5, head + struct.pack("<d", cell))

    def sheet(rows: list[list[object]]) -> bytes:
        parts = [bytes([0x81, 0x01, 0]), _record(0x94, bytes(16)), bytes([0x91, 0x01, 0])]
        for row_number, row in enumerate(rows, 1):
            parts.append(_record(0, (row_number - 1).to_bytes(4, "little") + bytes(13)))
            parts += [cell_record(row_number, column, cell) for column, cell in enumerate(row, 1)]
        return b"".join([*parts, bytes([0x92, 0x01, 0]), bytes([0x82, 0x01, 0])])

    names = ("Notes", "Wave & 1")
    bundle = b"".join(_record(156, bytes(8) + _wide(f"rId{index}") + _wide(name)) for index, name in enumerate(names, 1))
    workbook = bytes([0x83, 0x01, 0, 0x8F, 0x01, 0]) + bundle + bytes([0x90, 0x01, 0, 0x84, 0x01, 0])
    office = "http://schemas.openxmlformats.org"
    relationships = "".join(
        f'<Relationship Id="rId{index}" Type="{office}/officeDocument/2006/relationships/worksheet"'
        f' Target="worksheets/sheet{index}.bin"/>'
        for index in (1, 2)
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{office}/package/2006/content-types"/>')
        archive.writestr("xl/workbook.bin", workbook)
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            f'<Relationships xmlns="{office}/package/2006/relationships">{relationships}</Relationships>',
        )
        archive.writestr("xl/worksheets/sheet1.bin", sheet([]))
        archive.writestr("xl/worksheets/sheet2.bin", sheet(ROWS))


Writer = Callable[[Path, dict[tuple[int, int], str]], None]
WRITERS: dict[str, Writer] = {"xlsx": _xlsx, "xls": _xls, "xlsb": _xlsb}


def _problems(path: Path, study: Study, used_column: str) -> list[str]:
    block = ColumnBlock(block="mood", columns={"mood_01": used_column}, absent=("mood_02", "mood_03"))
    export = Export(export="t1", wave="T1", folder="raw/T1", reader="excel", respondent="pid", blocks=(block,))
    table = read_excel(path, path.name, Layout(sheet="Wave & 1"))
    return apply_contract(table, study, export, "ab" * 32, path.name).problems


@pytest.mark.parametrize("form", WRITERS)
def test_an_error_stops_only_what_needs_its_column(tmp_path: Path, study: Study, form: str) -> None:
    path = tmp_path / f"book.{form}"
    WRITERS[form](path, {(2, 2): "#N/A", (3, 2): "#DIV/0!"})
    assert _problems(path, study, "q1") == [
        'cell B2 of sheet "Wave & 1" holds the error #N/A; correct it and save the workbook (and 1 more)'
    ]
    assert _problems(path, study, "q2") == []


def test_a_formula_that_was_never_computed_is_no_blank(tmp_path: Path, study: Study) -> None:
    _xlsx(tmp_path / "book.xlsx", {(3, 2): "=1+1"})
    assert _problems(tmp_path / "book.xlsx", study, "q1") == [
        'cell B3 of sheet "Wave & 1" holds a formula without its value; open the workbook, save it and export it anew'
    ]
    assert _problems(tmp_path / "book.xlsx", study, "q2") == []


@pytest.mark.parametrize(
    ("attributes", "value", "is_fault"),
    [
        ('t="str"', "", True),  # announced as a text, and never computed
        ('t="str"', "<v></v>", False),
        ('t="str"', "<v/>", False),
        ("", "", True),
        ("", "<v></v>", True),
        ('t="str"', "<v>4</v>", False),
    ],
)
def test_a_formula_that_is_announced_as_a_text_may_have_no_value(
    tmp_path: Path, attributes: str, value: str, is_fault: bool
) -> None:
    """LibreOffice wrote such cells of formulas that it had not computed: they were questions without an answer."""
    _xlsx(tmp_path / "first.xlsx", {})
    with zipfile.ZipFile(tmp_path / "first.xlsx") as source, zipfile.ZipFile(tmp_path / "x.xlsx", "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/worksheets/sheet2.xml":
                assert content.count(b'<c r="B2" t="n"><v>1</v></c>') == 1
                cell = f'<c r="B2" {attributes}><f>A9 + B9</f>{value}</c>'
                content = content.replace(b'<c r="B2" t="n"><v>1</v></c>', cell.encode())
            target.writestr(name, content)
    table = read_excel(tmp_path / "x.xlsx", "x.xlsx", Layout(sheet="Wave & 1"))
    messages = [
        'cell B2 of sheet "Wave & 1" holds a formula without its value; open the workbook, save it and export it anew'
    ]
    assert [fault.message for fault in table.faults] == (messages if is_fault else [])
