"""A page that a study has chosen: its sections, tables and figures in their order, a note of what is left out, and links that
follow."""

import re
import shutil
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest

from dagster_project.rehearsal.page import page_findings
from dagster_project.report.page_choice import ANCHORS
from dagster_project.study import PAGE_SECTIONS, StudyError, read_study

SMALL = Path(__file__).parents[1] / "small_study"
_PAGE = """
page:
  sections: [methods, tables, checklists, supplementary_tables, comparison, figures]
  tables: [change, ledger, summary, chnge, effect_sizes]
  figures: [returns, trajectories]
"""


def _study_with(folder: Path, page: str) -> Path:
    study = folder / "small_study"
    shutil.copytree(SMALL, study)
    with (study / "study.yaml").open("a", encoding="utf-8") as file:
        file.write(page)
    return study


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory, workspace_at: Any) -> Any:
    from conftest import run_all

    folder = tmp_path_factory.mktemp("chosen")
    workspace = workspace_at(folder, _study_with(folder / "made", _PAGE))
    run = run_all(workspace)
    assert run.success, (run.failures, run.checks)
    return workspace


def test_the_page_has_the_chosen_sections_in_their_order(chosen: Any) -> None:
    page = (chosen.release / "index.html").read_text(encoding="utf-8")
    headings = re.findall(r'<h2 id="([^"]+)">', page)
    shown = ["methods", "table-1", "table-2", "checklists", "further", "comparison", "figures"]
    assert headings == shown
    navigation = page[page.index("<nav") : page.index("</nav>")]
    assert re.findall(r'href="#([^"]+)"', navigation) == shown
    assert '<a class="skip" href="#methods">' in page


def test_tables_and_figures_have_the_numbers_of_their_order_everywhere(chosen: Any) -> None:
    page = (chosen.release / "index.html").read_text(encoding="utf-8")
    files = sorted(file.name for file in (chosen.release / "tables").glob("table_*.csv"))
    assert {"table_1_change.csv", "table_2_summary.csv", "table_S1_ledger.csv", "table_S2_effect_sizes.csv"} <= set(files)
    assert {"figure_1_returns.svg", "figure_2_trajectories.svg"} <= {
        file.name for file in (chosen.release / "figures").iterdir()
    }
    assert re.findall(r'<summary id="table-(S\d+)">', page) == ["S1", "S2"]
    assert re.findall(r'<figcaption id="figure-(\d+)">', page) == ["1", "2"]
    word = [table.title for table in _word_tables(chosen.release / "tables.docx")]
    assert [title.split(".")[0] for title in word] == ["Table 1", "Table 2", "Table S1", "Table S2"]


class _WordTable:
    def __init__(self, element: Any) -> None:
        (caption,) = element.iter("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}tblCaption")
        self.title = str(caption.get("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}val"))


def _word_tables(file: Path) -> list[_WordTable]:
    return [_WordTable(table._element) for table in docx.Document(str(file)).tables]


def test_what_is_left_out_is_said_and_stays_in_the_release(chosen: Any) -> None:
    page = (chosen.release / "index.html").read_text(encoding="utf-8")
    csv_files = list((chosen.release / "tables").glob("table_[0-9S]*.csv"))
    hidden_tables = len([file for file in csv_files if "joint_display" not in file.name]) - 4
    hidden_figures = len(list((chosen.release / "figures").glob("*.svg"))) - 2
    assert hidden_tables > 0 and hidden_figures > 0
    note = (
        "Left out here: Main results, Joint display, Study flow, Audit, What changed, How to cite,"
        f" {hidden_tables} tables, {hidden_figures} figure{'s' * (hidden_figures > 1)}. Their numbers are in the release:"
        " tables.xlsx, tables/, figures/ and warehouse.duckdb. Asked for, and not in this release: chnge."
    )
    assert f'<p class="note" role="note">{note}</p>' in page
    assert note in [paragraph.text for paragraph in docx.Document(str(chosen.release / "tables.docx")).paragraphs]
    sheets = [
        name for name in openpyxl.load_workbook(chosen.release / "tables.xlsx").sheetnames if name.startswith("Table ")
    ]
    assert len(sheets) == len(csv_files)


def test_every_link_leads_somewhere(chosen: Any) -> None:
    page = (chosen.release / "index.html").read_text(encoding="utf-8")
    ids = set(re.findall(r'\bid="([^"]+)"', page))
    assert not {link for link in re.findall(r'href="#([^"]+)"', page) if link not in ids}
    checklists = page[page.index('<h2 id="checklists">') : page.index('<h2 id="further">')]
    files = [link for link in re.findall(r'href="([^"#]+)"', checklists) if link.startswith(("tables/", "figures/"))]
    assert files and all((chosen.release / link).is_file() for link in files)
    assert "(in the release, not on its page)" in checklists


def test_every_section_has_a_template_and_a_heading() -> None:
    templates = Path(__file__).parents[2] / "dagster_project" / "report" / "templates" / "page" / "sections"
    assert {file.name.removesuffix(".html.jinja") for file in templates.iterdir()} == set(PAGE_SECTIONS)
    assert set(ANCHORS) == set(PAGE_SECTIONS) - {"tables"}
    for section, anchor in ANCHORS.items():
        assert f'<h2 id="{anchor}">' in (templates / f"{section}.html.jinja").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("sections: [method]", "method is no section of the page; did you mean methods?"),
        ("sections: [audit, flow, audit]", "audit stands there twice; name it once"),
        ("tables: [change, change]", "change stands there twice; name it once"),
    ],
)
def test_a_section_that_there_is_not_is_refused(tmp_path: Path, page: str, message: str) -> None:
    study = _study_with(tmp_path, f"page: {{{page}}}\n")
    with pytest.raises(StudyError) as refusal:
        read_study(study)
    assert message in str(refusal.value) and "\n" not in str(refusal.value)


def test_check_says_what_the_study_does_not_have(tmp_path: Path, chosen: Any) -> None:
    study = _study_with(tmp_path, "page: {sections: [methods, joint_display, comparison], tables: [chnge, xyz]}\n")
    assert list(page_findings(read_study(study))) == []
    (study / "propositions.yaml").unlink()
    lines = list(page_findings(read_study(study)))
    assert lines == [
        "sections: joint_display: the study has no propositions.yaml; the page has no section 'Joint display'",
    ]
    shutil.copytree(chosen.release, study / "release")
    lines = list(page_findings(read_study(study)))
    assert lines[1] == "tables: chnge: the current release has none of this name; did you mean change?"
    assert lines[2].startswith("tables: xyz: the current release has none of this name; it has change, ")
    own_table = "tables: [{table: xyz, title: Own, results: ['change/*'], rows: outcome, columns: contrast, cells: '{n}'}]\n"
    (study / "tables.yaml").write_text(own_table, encoding="utf-8")
    assert list(page_findings(read_study(study))) == lines[:2]
