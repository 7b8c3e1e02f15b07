"""A sheet is laid out as far as it is filled: a stray cell is named, a stray blank or a style does no harm."""

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import PatternFill

from dagster_project.exports.errors import ExportError
from dagster_project.exports.excel import read_excel

ROWS = [["Person", "Date", "M1"], ["A", "03/02/2020", "4"], ["B", "04/02/2020", "2"]]
ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 office:version="1.2"><office:body><office:spreadsheet><table:table table:name="Sheet1">{}</table:table></office:spreadsheet>
</office:body></office:document-content>"""
ODS_MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry
 manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>"""


def _xlsx(path: Path, cell: str = "A1", text: str | None = None, *, is_styled: bool = False) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in ROWS:
        sheet.append(row)
    if text is not None:
        sheet[cell] = text
    if is_styled:
        sheet[cell].fill = PatternFill("solid", fgColor="FF0000")
    book.save(path)
    return path


def _ods_cell(text: str, repeated: int = 1) -> str:
    inner = "<text:p><text:s/></text:p>" if text == " " else f"<text:p>{text}</text:p>"
    times = f' table:number-columns-repeated="{repeated}"'
    return f'<table:table-cell office:value-type="string"{times}>{inner}</table:table-cell>'


def _ods_row(texts: list[str], before: int = 0, after: int = 0, repeated: int = 1) -> str:
    gaps = [f'<table:table-cell table:number-columns-repeated="{gap}"/>' if gap else "" for gap in (before, after)]
    cells = "".join(map(_ods_cell, texts))
    return f'<table:table-row table:number-rows-repeated="{repeated}">{gaps[0]}{cells}{gaps[1]}</table:table-row>'


def _ods(path: Path, *more: str) -> Path:
    rows = "".join(_ods_row(texts, after=16_384 - len(texts)) for texts in ROWS)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", ODS.format(rows + "".join(more)))
        archive.writestr("META-INF/manifest.xml", ODS_MANIFEST)
    return path


#: What spreadsheet programs write below and beside the last filled cell.
ODS_EMPTY = _ods_row([], after=16_384, repeated=1_048_572)

HARMLESS: dict[str, Callable[[Path], Path]] = {
    "nothing stray": lambda folder: _xlsx(folder / "a.xlsx"),
    "a blank in the last cell": lambda folder: _xlsx(folder / "a.xlsx", "XFD1048576", " "),
    "blanks, tabs and hard spaces": lambda folder: _xlsx(folder / "a.xlsx", "XFD1048576", " \t\u00a0\n"),
    "a style in the last cell": lambda folder: _xlsx(folder / "a.xlsx", "XFD1048576", is_styled=True),
    "a blank far below": lambda folder: _xlsx(folder / "a.xlsx", "A1048576", " "),
    "a blank far to the right": lambda folder: _xlsx(folder / "a.xlsx", "XFD2", " "),
    "a style far below": lambda folder: _xlsx(folder / "a.xlsx", "B1048576", is_styled=True),
    "LibreOffice's empty rest": lambda folder: _ods(folder / "a.ods", ODS_EMPTY),
    "LibreOffice's blank in the last cell": lambda folder: _ods(
        folder / "a.ods", ODS_EMPTY, _ods_row([" "], before=16_383)
    ),
    "LibreOffice's blanks in many cells": lambda folder: _ods(folder / "a.ods", ODS_EMPTY, f"<table:table-row>{_ods_cell(' ', 16_384)}</table:table-row>"),
}  # fmt: skip


@pytest.mark.parametrize("make", HARMLESS.values(), ids=HARMLESS)
def test_what_is_blank_does_no_harm(make: Callable[[Path], Path], tmp_path: Path) -> None:
    file = make(tmp_path)
    table = read_excel(file, file.name)
    assert table.columns == ("Person", "Date", "M1")
    assert table.source_rows.to_pylist() == [2, 3]
    assert [column.to_pylist() for column in table.cells.columns] == [list(column) for column in zip(*ROWS[1:], strict=True)]


def _bomb(file: Path) -> Path:
    _xlsx(file)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/media/image1.png", "w") as part:
        for _ in range(250):
            part.write(bytes(1 << 20))
    return file


def _xlsb(file: Path) -> Path:
    """The records of a sheet with one number in its first row and one in the last cell."""

    def record(kind: int, content: bytes) -> bytes:
        return bytes([kind, len(content)]) + content

    number = (0).to_bytes(4, "little") + bytes(8)
    records = b"".join(
        record(0, row.to_bytes(4, "little") + bytes(13)) + record(5, column.to_bytes(4, "little") + number)
        for row, column in ((0, 0), (1_048_575, 16_383))
    )
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.bin", bytes([0x81, 0x01, 0]) + records)
    return file


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a letter in the last cell": (
        lambda folder: _xlsx(folder / "a.xlsx", "XFD1048576", "x"),
        "a.xlsx: the used range is A1:XFD1048576, and almost all of it is empty; delete cell XFD1048576, or save the sheet as"
        " CSV",
    ),
    "a formula in the last cell": (
        lambda folder: _xlsx(folder / "a.xlsx", "XFD1048576", "=1+1"),
        "a.xlsx: the used range is A1:XFD1048576, and almost all of it is empty; delete cell XFD1048576, or save the sheet as"
        " CSV",
    ),
    "LibreOffice's letter in the last cell": (
        lambda folder: _ods(folder / "a.ods", ODS_EMPTY, _ods_row(["x"], before=16_383)),
        "a.ods: the used range is A1:XFD1048576, and almost all of it is empty; delete cell XFD1048576, or save the sheet as"
        " CSV",
    ),
    "more rows than there are": (
        lambda folder: _ods(folder / "a.ods", _ods_row([], after=9, repeated=4_000_000_000), _ods_row(["x"])),
        "a.ods: the used range is A1:C4000000004, and almost all of it is empty; the cells furthest out are A4000000004 and"
        " C1: delete what does not belong there, or save the sheet as CSV",
    ),
    "a letter in every cell": (
        lambda folder: _ods(
            folder / "a.ods",
            '<table:table-row table:number-rows-repeated="1048573">' + _ods_cell("x", 16_384) + "</table:table-row>",
        ),
        "a.ods: the used range is A1:XFD1048576, more than 200,000,000 cells; if that is right, raise the limit: WAVEHOUSE_LIMITS=workbook_cells=NUMBER; or save the sheet as CSV",
    ),
    "a binary sheet": (
        lambda folder: _xlsb(folder / "a.xlsb"),
        "a.xlsb: the used range is A1:XFD1048576, and almost all of it is empty; delete cell XFD1048576, or save the sheet as"
        " CSV",
    ),
}


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_laid_out_is_named(make: Callable[[Path], Path], message: str, tmp_path: Path) -> None:
    file = make(tmp_path)
    with pytest.raises(ExportError) as refusal:
        read_excel(file, file.name)
    assert str(refusal.value) == message


@pytest.mark.slow
def test_what_unpacks_to_far_more_than_its_size_is_refused(tmp_path: Path) -> None:
    file = _bomb(tmp_path / "a.xlsx")
    with pytest.raises(
        ExportError,
        match=r"^a\.xlsx: the file unpacks from \d+ KB to 250 MB, which is not plausible for a workbook; export it",
    ):
        read_excel(file, file.name)


def test_a_sheet_in_another_dialect_reaches_as_far(tmp_path: Path) -> None:
    """Prefixed names and cells without a reference, as some programs write them."""
    file = _xlsx(tmp_path / "a.xlsx")
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    text = "".join(f'<x:c t="inlineStr"><x:is><x:t>{text}</x:t></x:is></x:c>' for text in ROWS[0])
    far_row = '<x:row r="1048576"><x:c s="0" r="XFD1048576" t="inlineStr"><x:is><x:t>{}</x:t></x:is></x:c></x:row>'
    for stray in (" ", "x"):
        sheet = f'<x:worksheet xmlns:x="{main}"><x:sheetData><x:row>{text}</x:row>{far_row.format(stray)}</x:sheetData></x:worksheet>'
        second_file = tmp_path / "b.xlsx"
        with zipfile.ZipFile(file) as archive, zipfile.ZipFile(second_file, "w") as copy:
            for part in archive.namelist():
                copy.writestr(part, sheet if part == "xl/worksheets/sheet1.xml" else archive.read(part))
        if stray == "x":
            with pytest.raises(ExportError, match="delete cell XFD1048576"):
                read_excel(second_file, second_file.name)
        else:
            assert read_excel(second_file, second_file.name).columns == tuple(ROWS[0])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs limits on a process")
def test_a_stray_blank_costs_no_memory(tmp_path: Path) -> None:
    """It ended the process: 17,000 million cells were laid out."""
    file = _xlsx(tmp_path / "a.xlsx", "XFD1048576", " ")
    code = (
        "import resource, sys; from pathlib import Path; from dagster_project.exports.excel import read_excel\n"
        "used = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + (200 << 20), used + (200 << 20)))\n"
        "print(read_excel(Path(sys.argv[1]), 'a.xlsx').row_count)"
    )
    process = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=False)
    assert (process.returncode, process.stdout, process.stderr) == (0, "2\n", "")
