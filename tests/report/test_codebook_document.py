"""The codebook as Word and PDF: what is in it, that both hold the same, and that no wording of others is."""

import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import docx
import pytest
from pypdf import PdfReader

from dagster_project.report import codebook_document_tables, codebook_texts, write_pdf
from dagster_project.report.codebook_document import MOST_ITEMS, REASONS
from dagster_project.study import read_study
from dagster_project.study.export import MissingReason

SMALL = Path(__file__).parents[1] / "small_study"


def _pdf_text(file: Path) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in PdfReader(file).pages))


def test_each_reason_is_explained() -> None:
    assert set(REASONS) == set(get_args(MissingReason))


def test_items_scales_and_answers_are_in_both_documents(small_run: Any) -> None:
    workspace, _ = small_run
    document = docx.Document(str(workspace.release / "codebook.docx"))
    rows = [[cell.text for cell in row.cells] for table in document.tables for row in table.rows]
    assert ["mood_01", "1 to 5", "as answered", "Mood"] in rows
    assert ["mood_03", "1 to 5", "6 − answer (reversed)", "Mood"] in rows
    assert ["Site", "site", "North (north), South (south), West (west)"] in rows
    assert ["Age", "age", "a number from 16 to 100 years"] in rows
    (push,) = [row for row in rows if row[:2] == ["Push", "push"]]
    assert push[2:5] == ["mean of 2 items, all answered", "0 to 6", "high scores"]
    # How the items were answered are results: each wave's n and counts.
    values = workspace.values()
    counts = [values[f"items/mood_01/{answer}/{wave}/count"] for wave in ("T1", "T2") for answer in range(1, 6)]
    (answered,) = [row for row in rows if row[0] == "mood_01" and len(row) == 13]
    assert answered[1:] == [
        text
        for wave, start in (("T1", 0), ("T2", 5))
        for text in (
            f"{values[f'items/mood_01/{wave}/n']:g}",
            *(f"{count:g}" for count in counts[start : start + 5]),
        )
    ]
    text = _pdf_text(workspace.release / "codebook.pdf")
    for row in rows:
        for cell in row:
            assert re.sub(r"\s+", " ", cell) in text, cell
    assert "nan" not in text


def test_the_same_content_gives_the_same_pdf_and_any_text_is_text(tmp_path: Path) -> None:
    study = read_study(SMALL)
    title, when = "A <b>bold</b> & \x07 title", datetime(2026, 3, 2)
    for name in ("one.pdf", "two.pdf"):
        write_pdf(tmp_path / name, title, ["1 < 2 & 3"], codebook_texts(study), codebook_document_tables(study, {}), when)
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
    text = _pdf_text(tmp_path / "one.pdf")
    assert "A <b>bold</b> & " in text
    assert "1 < 2 & 3" in text
    assert "2026-03-02" in text
    assert PdfReader(tmp_path / "one.pdf").metadata.title.startswith("A <b>bold</b> &")


@pytest.mark.parametrize("count", [MOST_ITEMS, MOST_ITEMS + 1])
def test_a_document_has_an_end(count: int) -> None:
    study = read_study(SMALL)
    drive = study.instruments[1].model_copy(update={"item_count": count - study.instruments[0].item_count})
    tables = codebook_document_tables(replace(study, instruments=(study.instruments[0], drive)), {})
    item_tables = [table for table in tables if table.title.endswith(": items")]
    assert sum(len(table.rows) for table in item_tables) == MOST_ITEMS
    expected = (f"The first {MOST_ITEMS - 3} of {MOST_ITEMS - 2} items; codebook.html has them all.",)
    assert item_tables[1].notes == (expected if count > MOST_ITEMS else ())
