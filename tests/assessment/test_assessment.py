"""The draft says what definitions and machine say, asks the rest, and holds nothing of people."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document

from dagster_project.assessment import Circumstances, assessment_draft, write_markdown, write_word
from dagster_project.assessment.facts import special_categories
from dagster_project.cli import main
from dagster_project.study import read_study

_SMALL = Path(__file__).parents[1] / "small_study"
_EXAMPLE = Path(__file__).parents[2] / "data" / "peer_workers"
_CIRCUMSTANCES = Circumstances(
    4, (("T1", 4), ("T2", 3)), ("5 releases are kept; nothing else is removed",), False, 1, "", (), ()
)


@pytest.fixture
def wavehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    shutil.copytree(_SMALL, tmp_path / "small_study")
    monkeypatch.setenv("WAVEHOUSE_STUDY", str(tmp_path / "small_study"))
    monkeypatch.setenv("WAVEHOUSE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("WAVEHOUSE_NOTIFY", raising=False)
    monkeypatch.delenv("WAVEHOUSE_GROUP_READS", raising=False)
    return lambda *words: main(words)


def test_every_fact_is_of_the_definitions(tmp_path: Path) -> None:
    file = tmp_path / "dpia.md"
    draft = assessment_draft(read_study(_SMALL), _CIRCUMSTANCES)
    write_markdown(draft, file)
    text = file.read_text(encoding="utf-8")
    for line in (
        "# Data protection impact assessment: A made-up study",
        "| Roster | delimited, in raw/roster, put there by the team; kept of it: participants |",
        "| Identifier in the exports | Person |",
        "| Site | one of: North, South, West |",
        "| Age | number |",
        "| Waves | T1 (before, month 0), T2 (after, month 3) |",
        "| People on the roster | 4 |",
        "| Returned | T1: 4, T2: 3 |",
        "| Retention | 5 releases are kept; nothing else is removed |",
        "| People who were erased | 1 |",
        "| Public release | counts, means and SDs of fewer than 10 people are hidden; counts are rounded to multiples of 5 |",
        "| Notices of failed runs | none are sent |",
    ):
        assert line in text.splitlines(), line
    assert text.count("[to answer]") == draft.question_count + 1  # and once in the opening
    assert "03/02/2020" not in text


def test_words_point_to_special_categories_of_the_example() -> None:
    assert special_categories(read_study(_SMALL)) == [("Health", "Mood")]
    categories = dict(special_categories(read_study(_EXAMPLE)))
    assert categories["Racial or ethnic origin"] == "Ethnicity"
    assert categories["Sex life or sexual orientation"] == "Sexual orientation"
    assert "Services used" in categories["Health"]
    assert "Trade union membership" not in categories


def test_the_word_document_holds_the_same(tmp_path: Path) -> None:
    draft = assessment_draft(read_study(_SMALL), _CIRCUMSTANCES)
    write_word(draft, tmp_path / "dpia.docx")
    document = Document(str(tmp_path / "dpia.docx"))
    texts = [paragraph.text for paragraph in document.paragraphs]
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    for section in draft.sections:
        assert section.title in texts
        assert set(section.questions) <= set(texts)
        assert {text for fact in (*section.facts, *section.risks) for text in fact} <= set(cells)
    assert [*texts, *cells].count("[to answer]") == draft.question_count


def test_the_command_asks_for_what_only_a_run_knows_and_never_writes_over_answers(
    wavehouse: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "dpia.md"
    assert wavehouse("dpia", "--out", str(file)) == 0
    count = file.read_text(encoding="utf-8").count("[to answer]") - 1
    assert capsys.readouterr().out == f"{file}: 13 sections; {count} answers are marked [to answer]\n"
    assert "**How many people are there?**" in file.read_text(encoding="utf-8")
    assert not (tmp_path / "home").exists()
    assert wavehouse("dpia", "--out", str(file)) == 2
    assert capsys.readouterr().err == (
        f"wavehouse: {file}: this is there already; --replace replaces it, with all that was answered in it\n"
    )
    assert wavehouse("dpia", "--out", str(file), "--replace") == 0
    assert wavehouse("dpia", "--out", str(tmp_path / "dpia.pdf")) == 2
    assert (
        f"{tmp_path / 'dpia.pdf'}: this is neither .docx nor .md; give --out one of these endings" in capsys.readouterr().err
    )


def test_where_notices_go_is_said_without_the_secret_in_the_address(
    wavehouse: Callable[..., int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WAVEHOUSE_NOTIFY", "https://chat.example.org/hooks/secret")
    monkeypatch.setenv("WAVEHOUSE_GROUP_READS", "1")
    file = tmp_path / "dpia.md"
    assert wavehouse("dpia", "--out", str(file)) == 0
    text = file.read_text(encoding="utf-8")
    assert "| Notices of failed runs | sent to chat.example.org |" in text
    assert "secret" not in text.replace("what in the address is secret", "")
    assert "| Read by | the owner of the files and their group, as" in text
