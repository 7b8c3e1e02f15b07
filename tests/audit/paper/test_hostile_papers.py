"""Files that are damaged or made to do harm: each ends in one line, soon."""

import io
import os
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from paper import made_papers

from dagster_project.audit import read_any_table
from dagster_project.cli import main
from dagster_project.readable_files import allow
from dagster_project.results import ResultsError


@pytest.fixture(autouse=True)
def _usual_limits() -> Iterator[None]:
    yield
    allow({})


def _message(data: bytes) -> str:
    start = time.process_time()
    with pytest.raises(ResultsError) as error:
        read_any_table(data, "t")
    assert time.process_time() - start < 20
    assert "\n" not in str(error.value)
    return str(error.value)


def _archive(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_an_archive_that_unpacks_to_more_than_it_may_is_refused() -> None:
    allow({"WAVEHOUSE_LIMITS": "table_bytes=1_000_000"})
    assert _message(_archive({"word/document.xml": b"0" * 2_000_000})) == (
        "t: the file unpacks to more than 1,000,000 bytes; if that is right, raise the limit: WAVEHOUSE_LIMITS=table_bytes=NUMBER"
    )


def test_an_archive_that_lies_of_its_size_is_refused() -> None:
    allow({"WAVEHOUSE_LIMITS": "table_bytes=1_000_000"})
    data = bytearray(_archive({"xl/workbook.xml": b"0" * 2_000_000}))
    size = (2_000_000).to_bytes(4, "little")
    while (position := data.find(size)) >= 0:
        data[position : position + 4] = (10).to_bytes(4, "little")
    assert _message(bytes(data)).startswith("t: the file unpacks to more than 1,000,000 bytes; ")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"word/document.xml": b"<w:document"}, "t: the document cannot be read ("),
        ({"xl/workbook.xml": b"<workbook"}, "t: the workbook cannot be read ("),
        ({"a.txt": b"text"}, "t: a zip file that is neither a document nor a workbook; unpack it"),
    ],
)
def test_a_damaged_document_is_refused(parts: dict[str, bytes], message: str) -> None:
    assert _message(_archive(parts)).startswith(message)


@pytest.mark.parametrize(
    "data",
    [
        b"<table><tr><td rowspan='65000' colspan='1000'>1</td><td>2</td></tr>" + b"<tr><td>2</td></tr>" * 3000 + b"</table>",
        b"<html><table>" + (b"<tr>" + b"<td>1</td>" * 900 + b"</tr>") * 60,
    ],
    ids=["spans", "cells"],
)
@pytest.mark.slow
def test_a_page_with_too_many_cells_is_refused(data: bytes) -> None:
    allow({"WAVEHOUSE_LIMITS": "audited_cells=50_000"})
    assert _message(data) == (
        "t: the table holds more than 50,000 cells; if that is right, raise the limit: WAVEHOUSE_LIMITS=audited_cells=NUMBER"
    )


@pytest.mark.parametrize(
    "data",
    [
        b"<html>" + b"<table><tr><td>" * 20_000,
        b"<html>" + b"<div>" * 50_000 + b"<sup>" * 50_000,
        b"<html><script><table><tr><td>A</td><td>1</td></tr></table>",
        b"A\tB\n" + b"x" * 100_000 + b"\t" + b"(" * 100_000 + b"\n",
        b"A,M\n" + b"a (" * 20_000 + b"," + b"1 (" * 20_000 + b"\n",
        b"\xff\xfeA",
    ],
    ids=["nested tables", "nested blocks", "script", "long cells", "brackets", "half a character"],
)
def test_what_is_made_to_hang_ends_in_one_line(data: bytes) -> None:
    assert _message(data).startswith("t: ")


def test_what_a_page_hides_is_not_read() -> None:
    page = (
        "<table><tr><th>Scale</th><th>M</th></tr><tr style='display:none'><td>Secret</td><td>9</td></tr>"
        "<tr><td>Hope</td><td>3.4<span hidden>5</span></td></tr></table>"
    )
    paper = read_any_table(page.encode(), "t").paper
    assert paper is not None
    assert [(row["label"], row["printed"]) for row in paper.rows] == [("Hope", "3.4")]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without pipes")
def test_a_pipe_is_never_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "table.docx")
    assert main(["audit", str(tmp_path / "table.docx")]) == 2
    assert capsys.readouterr().err == (
        f"wavehouse: {tmp_path / 'table.docx'}: this is a pipe or a device, not a file; put the file there\n"
    )


def test_a_document_of_another_part_is_unharmed() -> None:
    assert read_any_table(made_papers.document(), "t").paper is not None
