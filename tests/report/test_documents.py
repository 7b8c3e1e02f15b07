"""Word, Excel and LaTeX: the same cells as the tables, read back by other libraries, with nothing that runs."""

import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from docx.enum.section import WD_ORIENT
from docx.oxml.ns import qn

from dagster_project.outcomes.analyses import all_tables
from dagster_project.outcomes.store import read_results
from dagster_project.report import joint_display_table, write_latex, write_word, write_workbook
from dagster_project.report.latex import escape
from dagster_project.results import Cell, Column, ResultRow, Row, Table
from dagster_project.study import Study, read_study
from dagster_project.synthesis import read_display
from dagster_project.warehouse import Warehouse

AT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
HOSTILE = ["=cmd|' /C calc'!A0", "+1", "@x", 'a & b_c % # $ { } ~ ^ \\ < > "q"', "سلام 😀", "two\nlines", "http://x.example"]
Content = tuple[Any, Study, dict[str, ResultRow], list[Table]]


@pytest.fixture(scope="module")
def content(example_run: Any) -> Content:
    workspace, _ = example_run
    study, file = read_study(workspace.study_folder), Warehouse(workspace.release / "warehouse.duckdb")
    results = read_results(file)
    joint = joint_display_table(study, read_display(file.rows_as), "A note.", {})
    assert joint is not None
    tables = all_tables(study, list(results.values()))
    tables.insert(4, joint)
    return workspace, study, results, tables


def _made_up() -> tuple[list[Table], dict[str, ResultRow]]:
    """Labels that try to be something else, a value that is missing, a table without rows."""
    result = ResultRow("x/y/T1/p", "x", "y", None, "T1", None, "p", 0.0002, 5, "m", "", "< .001", note=HOSTILE[0])
    empty_result = ResultRow("x/y/T2/p", "x", "y", None, "T2", None, "p", None, 0, "m", "", "—", note="nobody")
    rows = tuple(
        Row(text, (Cell("< .001", (result.result_id,)), Cell("—", (empty_result.result_id,)), Cell(text)))
        for text in HOSTILE
    )
    columns = (Column("p", "T1"), Column("p", "T2"), Column(HOSTILE[0], has_words=True))
    tables = [
        Table("1", "hostile", HOSTILE[3], columns, (Row(HOSTILE[0]), *rows), (HOSTILE[3],)),
        Table("S1", "empty", "Nobody", (Column("n"),), ()),
    ]
    return tables, {row.result_id: row for row in (result, empty_result)}


def _rows_of(table: Any) -> list[list[str]]:
    page_texts = []
    for row in table._tbl.tr_lst:
        texts = []
        for cell in row.tc_lst:
            runs = [child for child in cell.iter() if child.tag in (qn("w:t"), qn("w:br"))]
            texts.append("".join("\n" if child.tag == qn("w:br") else child.text or "" for child in runs))
        page_texts.append(texts)
    return page_texts


def test_word_has_every_cell_in_native_tables(content: Content) -> None:
    workspace, study, _, tables = content
    document = docx.Document(str(workspace.release / "tables.docx"))
    assert len(document.tables) == len(tables)
    for word_table, table in zip(document.tables, tables, strict=True):
        heads = 2 if table.groups else 1
        rows = _rows_of(word_table)
        assert rows[heads - 1] == ["", *(column.name for column in table.columns)]
        expected = [[row.label, *(cell.text for cell in row.cells)] for row in table.rows]
        assert len(rows) == heads + len(expected)
        if table.number != "5":  # whose notes this test does not share
            assert rows[heads:] == expected
        for row_number, row in enumerate(word_table._tbl.tr_lst):
            assert (row.trPr.find(qn("w:tblHeader")) is not None) == (row_number < heads)
    captions = [element for element in document.paragraphs if element.style.name == "Caption"]
    fields = [element._p.findall(qn("w:fldSimple"))[0] for element in captions]
    assert [re.search(r"\\r (\d+)", element.get(qn("w:instr")))[1] for element in fields] == [  # type: ignore[index]
        table.number.lstrip("S") for table in tables
    ]
    assert {element.orientation for element in document.sections} == {WD_ORIENT.PORTRAIT, WD_ORIENT.LANDSCAPE}
    for section in document.sections:
        assert (section.page_width > section.page_height) == (section.orientation == WD_ORIENT.LANDSCAPE)
    assert document.core_properties.title == study.protocol.title
    assert document.core_properties.author == ""
    widths = [
        sum(int(element.get(qn("w:w"))) for element in word_table._tbl.tblGrid) / 567 for word_table in document.tables
    ]
    assert max(widths) <= 25.75


def test_a_workbook_has_typed_numbers_and_no_formula(content: Content) -> None:
    workspace, _, results, tables = content
    book = openpyxl.load_workbook(workspace.release / "tables.xlsx")
    assert book.sheetnames == ["Notes", *(f"Table {table.number}" for table in tables), "Results"]
    for table in tables:
        sheet = book[f"Table {table.number}"]
        numbers = [
            cell.value for line in sheet.iter_rows() for cell in line if cell.data_type == "n" and cell.value is not None
        ]
        cell_values = [
            results[result_id].value
            for row in table.rows
            if row.cells
            for cell, column in zip(row.cells, table.columns, strict=True)
            if not column.has_words
            for result_id in cell.result_ids
        ]
        assert numbers == pytest.approx([value for value in cell_values if value is not None], rel=1e-14), table.number
        assert sheet.freeze_panes
    sheet = book["Results"]
    header = [cell.value for cell in sheet[1]]
    sheet_rows = {line[0]: dict(zip(header, line, strict=True)) for line in sheet.iter_rows(min_row=2, values_only=True)}
    assert sheet_rows.keys() == results.keys()
    assert [line["value"] for line in sheet_rows.values() if line["value"] is not None] == pytest.approx(
        [row.value for row in results.values() if row.value is not None], rel=1e-14
    )
    assert all((line["value"] is None) == (results[result_id].value is None) for result_id, line in sheet_rows.items())
    assert not [
        cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.data_type == "f" or cell.hyperlink
    ]
    two = [cell.value for cell in book["Table 2"][2]][1:]
    assert [name for name in two if name] == ["T1", "T3"]
    p = next(line for line in book["Table 4"].iter_rows(min_row=4) if line[0].value == "– T1-T2")
    assert {cell.number_format for cell in p} >= {"0", "0.00", ".000"}


def test_latex_has_every_cell_and_compiles(content: Content, tmp_path: Path) -> None:
    workspace, _, _, tables = content
    file = workspace.release / "tables.tex"
    text = file.read_text(encoding="utf-8")
    for table in tables:
        for row in table.rows if table.number != "5" else ():
            # What stands in columns of numbers never breaks.
            texts = [
                escape(cell.text) if column.has_words else escape(cell.text).replace(" ", "~")
                for cell, column in zip(row.cells, table.columns, strict=bool(row.cells))
            ]
            line = " & ".join([escape(row.label), *texts])
            assert (f"{line} \\\\" in text) if row.cells else (escape(row.label) in text), row
    assert text.count(r"\begin{longtable}") == text.count(r"\endhead") == len(tables)
    hostile, _ = _made_up()
    write_latex(tmp_path / "hostile.tex", content[1], hostile)
    program = shutil.which("pdflatex")
    if program is None:
        pytest.skip("no pdflatex on this machine")
    for document in (file, tmp_path / "hostile.tex"):
        result = subprocess.run(
            [program, "-interaction=nonstopmode", f"-output-directory={tmp_path}", str(document)],
            capture_output=True,
            timeout=120,
            check=False,
        )
        log = result.stdout.decode("latin-1")
        assert result.returncode == 0, log[-2000:]
        assert not [float(points) for points in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log) if float(points) > 10]


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("50 % & a_b", r"50 \% \& a\_b"),
        (r"\x{1} ~^", r"\textbackslash{}x\{1\} \textasciitilde{}\textasciicircum{}"),
        ("< .001 − 2²", r"\textless{} .001 \ensuremath{-} 2\textsuperscript{2}"),
        ("[a] é", "{[}a{]} é"),
        ("😀", r"\beyond{1F600}{😀}"),
        ("a\nb\x07", r"a\newline b "),
    ],
)
def test_signs_that_latex_takes_for_its_own(text: str, printed: str) -> None:
    assert escape(text) == printed


def test_no_text_runs_and_the_same_content_gives_the_same_bytes(content: Content, tmp_path: Path) -> None:
    _, study, _, _ = content
    tables, results = _made_up()
    writers: dict[str, Callable[[Path], None]] = {
        "a.docx": lambda file: write_word(
            file, HOSTILE[3], HOSTILE, [("Methods", [("Design", HOSTILE[4] + "\x00")])], tables, AT
        ),
        "a.xlsx": lambda file: write_workbook(file, study, tables, results, AT),
        "a.tex": lambda file: write_latex(file, study, tables),
    }
    for name, write in writers.items():
        write(tmp_path / name)
        first = (tmp_path / name).read_bytes()
        write(tmp_path / name)
        assert (tmp_path / name).read_bytes() == first, name
    for name in ("a.docx", "a.xlsx"):
        with zipfile.ZipFile(tmp_path / name) as archive:
            assert not [entry for entry in archive.namelist() if "vba" in entry.lower() or entry.endswith((".bin", ".jpeg"))]
            assert len({info.date_time for info in archive.infolist()}) == 1
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Table 1"]
    texts = {cell.value: cell.data_type for line in sheet.iter_rows() for cell in line if cell.value is not None}
    assert all(texts[text] == "s" for text in HOSTILE)
    assert texts[0.0002] == "n"
    assert [list(line) for line in sheet.iter_rows(min_row=5, max_row=5, max_col=3, values_only=True)] == [
        [HOSTILE[0], 0.0002, None]
    ]
    document = docx.Document(str(tmp_path / "a.docx"))
    assert _rows_of(document.tables[0])[3][0] == HOSTILE[0]
    assert [row[0] for row in _rows_of(document.tables[0])[3:]] == HOSTILE
    assert len(_rows_of(document.tables[1])) == 1
