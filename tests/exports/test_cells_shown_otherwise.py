"""What a workbook shows otherwise than its cells hold is asked about: percentages, merged cells, digits that are not kept."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
import xlwt

from dagster_project.exports import ContractResult, apply_contract
from dagster_project.exports.excel import read_excel
from dagster_project.study import ColumnBlock, Export, Layout, Study

HEADER = ["pid", "q1", "q2", "other"]
PERCENTAGE = 'cell B2 of sheet "Data" holds 0.5 and shows 50 %; give its column the number format General, check its numbers, and save the workbook'
MERGED = 'cell C4 of sheet "Data" is merged with C3, which alone holds the value; unmerge the cells, fill in each, and save the workbook'


def _xlsx(path: Path) -> None:
    """In B2 a percentage, C3 and C4 merged, D2 a percentage in a column that nobody reads, B4 none: it is 0."""
    book = xlsxwriter.Workbook(str(path))
    sheet, share = book.add_worksheet("Data"), book.add_format({"num_format": '"per" 0.0%'})
    sheet.write_row(0, 0, HEADER)
    sheet.write_row(1, 0, ["P1", 0.5, 2, 0.1], share)
    sheet.write(1, 2, 2)
    sheet.write_row(2, 0, ["P2", 1])
    sheet.merge_range("C3:C4", 3)
    sheet.write_row(3, 0, ["P3", 0], share)
    sheet.merge_range("D3:D4", "")
    sheet.set_row(3, options={"hidden": True})
    sheet.set_column("B:C", options={"hidden": True})
    book.close()


def _xls(path: Path) -> None:
    book = xlwt.Workbook()
    sheet, share = book.add_sheet("Data"), xlwt.easyxf(num_format_str="0.00%")
    for column, name in enumerate(HEADER):
        sheet.write(0, column, name)
    sheet.write(1, 0, "P1")
    sheet.write(1, 1, 0.5, share)
    sheet.write(1, 2, 2)
    sheet.write(1, 3, 0.1, share)
    sheet.write(2, 0, "P2")
    sheet.write(2, 1, 1)
    sheet.write_merge(2, 3, 2, 2, 3)
    sheet.write(3, 0, "P3")
    sheet.write(3, 1, 0, share)
    sheet.row(3).hidden = True
    sheet.col(1).hidden = sheet.col(2).hidden = True
    book.save(str(path))


def _ods(path: Path) -> None:
    def cell(text: object, attributes: str = "", kind: str = "string") -> str:
        value = "" if kind == "string" else f' office:value="{text}"'
        return f'<table:table-cell office:value-type="{kind}"{value}{attributes}><text:p>{text}</text:p></table:table-cell>'

    def row(*cells: str) -> str:
        return f"<table:table-row>{''.join(cells)}</table:table-row>"

    rows = [
        row(*map(cell, HEADER)),
        row(cell("P1"), cell(0.5, kind="percentage"), cell(2, kind="float"), cell(0.1, kind="percentage")),
        row(cell("P2"), cell(1, kind="float"), cell(3, ' table:number-rows-spanned="2"', "float")),
        row(cell("P3"), cell(0, kind="percentage"), "<table:covered-table-cell/>"),
    ]
    _write_ods(path, "".join(rows))


def _write_ods(path: Path, rows: str) -> None:
    names = {"office": "office", "table": "table", "text": "text"}
    spaces = " ".join(f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for short, name in names.items())
    spaces += ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="Data">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        entry = '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
        space = 'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
        archive.writestr("META-INF/manifest.xml", f"<manifest:manifest {space}>{entry}</manifest:manifest>")
        archive.writestr("content.xml", content)


def _result(path: Path, study: Study, export_of: Callable[[str], Export], **update: object) -> ContractResult:
    block = ColumnBlock(block="mood", columns={"mood_01": "q1", "mood_02": "q2"}, absent=("mood_03",))
    changes = {"reader": "excel", "blocks": (block,), "ignored": ("other",), "special_codes": ()}
    table = read_excel(path, path.name, Layout())
    return apply_contract(table, study, export_of("t3").model_copy(update=changes | update), "ab" * 32, path.name)


@pytest.mark.parametrize("write", [_xlsx, _xls, _ods])
def test_percentages_and_merged_cells_are_asked_about_where_an_answer_is_needed(
    tmp_path: Path, study: Study, export_of: Callable[[str], Export], write: Callable[[Path], None]
) -> None:
    path = tmp_path / "export"
    write(path)
    result = _result(path, study, export_of)
    assert result.cell_faults == (PERCENTAGE, MERGED)
    assert result.problems == [f"{PERCENTAGE} (and 1 more)"]
    hidden = [
        "1 row is hidden in the workbook, and read like the others: 4",
        '2 columns are hidden in the workbook, and read like the others: "q1", "q2"',
    ]
    assert result.warnings == ([] if write is _ods else hidden)
    assert result.respondents.to_pylist() == ["P1", "P2", "P3"]


def test_an_identifier_of_more_digits_than_a_workbook_keeps_is_refused(
    tmp_path: Path, study: Study, export_of: Callable[[str], Export]
) -> None:
    """Two people whose numbers differ in the last digits only became one."""
    book = openpyxl.Workbook()
    for row in (
        HEADER,
        [1234567890123456789, 1, 2, 1e18],
        [1234567890123456790, 3, 4, None],
        [999999999999999, 1e17, 5, None],
    ):
        book.active.append(row)
    book.active.title = "Data"
    book.save(tmp_path / "ids.xlsx")
    message = 'cell A{} of sheet "Data" holds the number 1.23456789012346E+18, of which a workbook keeps 15 digits; enter it as text, and save the workbook'
    assert _result(tmp_path / "ids.xlsx", study, export_of).cell_faults == (message.format(2), message.format(3))


def test_an_error_where_an_identifier_should_be_is_named_and_is_no_row_without_a_person(
    tmp_path: Path, study: Study, export_of: Callable[[str], Export]
) -> None:
    book = openpyxl.Workbook()
    for row in (HEADER, ["#N/A", 1, 2, None], ["P2", 3, 4, None]):
        book.active.append(row)
    book.active.title = "Data"
    book.save(tmp_path / "ids.xlsx")
    result = _result(tmp_path / "ids.xlsx", study, export_of)
    assert result.problems == ['cell A2 of sheet "Data" holds the error #N/A; correct it and save the workbook']


def test_an_error_after_a_blank_cell_with_a_style_is_found(
    tmp_path: Path, study: Study, export_of: Callable[[str], Export]
) -> None:
    """The blank cell was taken to run on to the end of the next, whose error was then a blank answer."""
    book = xlsxwriter.Workbook(str(tmp_path / "styled.xlsx"))
    sheet = book.add_worksheet("Data")
    sheet.write_row(0, 0, HEADER)
    sheet.write(1, 0, "P1")
    sheet.write_blank(1, 1, None, book.add_format({"bold": True}))
    sheet.write_formula(1, 2, "=NA()", None, "#N/A")
    book.close()
    result = _result(tmp_path / "styled.xlsx", study, export_of)
    assert result.problems == ['cell C2 of sheet "Data" holds the error #N/A; correct it and save the workbook']


def test_an_error_in_an_open_document_is_no_blank_answer(
    tmp_path: Path, study: Study, export_of: Callable[[str], Export]
) -> None:
    """Its text stands beside the value, which is an empty text, or 0."""
    header = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{name}</text:p></table:table-cell>' for name in HEADER
    )
    cells = (
        '<table:table-cell office:value-type="string"><text:p>P1</text:p></table:table-cell>'
        '<table:table-cell office:value-type="string" office:string-value="" calcext:value-type="error"><text:p>#N/A</text:p></table:table-cell>'
        '<table:table-cell office:value-type="float" office:value="0" calcext:value-type="error"><text:p>#NAME?</text:p></table:table-cell>'
    )
    repeated = "".join(
        f"<table:table-row{repeat}>{cells}</table:table-row>" for repeat in ("", ' table:number-rows-repeated="2"')
    )
    _write_ods(tmp_path / "errors.ods", f"<table:table-row>{header}</table:table-row>{repeated}")
    result = _result(tmp_path / "errors.ods", study, export_of)
    words = 'of sheet "Data" holds the error {}; correct it and save the workbook'
    expected = [
        f"cell {column}{row} {words.format(error)}"
        for row in (2, 3, 4)
        for column, error in (("B", "#N/A"), ("C", "#NAME?"))
    ]
    assert list(result.cell_faults) == expected
