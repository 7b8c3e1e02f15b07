"""A public release in other languages: what people read is in the study's, what programs read is the same in every one."""

import html
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from disclosure.made_people import made_people, made_study
from disclosure.published_study import published_files_from
from python_calamine import CalamineWorkbook

from dagster_project.disclosure import PublicResults
from dagster_project.disclosure.cells import COUNTED_ANALYSES
from dagster_project.disclosure.derived import DERIVED_ANALYSES, HIDDEN_INPUT
from dagster_project.disclosure.public_results import _SINGLE_PEOPLE, RULES
from dagster_project.disclosure.values import DOMINANCE, EVEN
from dagster_project.languages import spoken, translate, translate_method
from dagster_project.languages.catalogue import read_catalogue
from dagster_project.languages.public_words import ANALYSES, REMARKS
from dagster_project.results import STATISTICS

LANGUAGES = ("de", "fr")
_BUTTON = re.compile(r'<button type="button" data-results="([^"]*)">([^<]*)</button>')


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, PublicResults]]:
    """The public release of the same people in each language."""
    home = tmp_path_factory.mktemp("languages")
    study, people = made_study(home), made_people(200, 3)
    releases = {}
    for language in ("en", *LANGUAGES):
        in_language = replace(study, protocol=study.protocol.model_copy(update={"language": language}))
        _, results = published_files_from(in_language, people, home / language)
        releases[language] = (home / language, results)
    return releases


def _page(folder: Path) -> str:
    return (folder / "index.html").read_text(encoding="utf-8")


def _lines(page: str) -> set[str]:
    """The texts that people see, and those that open with a number."""
    data = json.loads(re.search(r'id="page-data">(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]
    shown = html.unescape(re.sub(r"<[^>]+>", "\n", re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)))
    return {line.strip() for line in shown.split("\n")} | {
        text for lines in data.values() for pair in lines for text in pair
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.slow
def test_no_english_message_is_left_on_the_page(public: dict[str, Any], language: str) -> None:
    english, page = (_page(public[name][0]) for name in ("en", language))
    translated = {message.id for message in read_catalogue(language) if message.id and message.id != message.string}
    assert len(_lines(english) & translated) > 30
    assert sorted(_lines(page) & translated) == []
    # Whole sentences of ours in English are gone, too, with whatever is filled in.
    sentences = {line for line in _lines(english) if len(line.split()) > 7}
    assert len(sentences) > 10
    assert sorted(sentences & _lines(page)) == []
    assert f'<html lang="{language}">' in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_number_bears_is_translated(public: dict[str, Any], language: str) -> None:
    rows = public[language][1].rows.values()
    remarks, methods = {row.note for row in rows if row.note}, {row.method for row in rows if row.method}
    assert len(remarks) > 4 and len(methods) > 10
    with spoken(language):
        assert sorted(text for text in remarks if translate(text) == text) == []
        assert sorted(text for text in methods if translate_method(text) == text) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_is_the_same_but_for_its_mark(public: dict[str, Any], language: str) -> None:
    english, other = (_BUTTON.findall(_page(public[name][0])) for name in ("en", language))
    assert len(english) > 100
    assert [ids for ids, _ in other] == [ids for ids, _ in english]
    for (ids, text), (_, translated) in zip(english, other, strict=True):
        assert re.findall(r"\d+", translated) == re.findall(r"\d+", text), ids
    assert not [text for _, text in other if re.search(r"\d\.\d", text)]
    assert any("," in text for _, text in other)


@pytest.mark.parametrize("language", LANGUAGES)
def test_data_stay_english_with_a_decimal_point(public: dict[str, Any], language: str) -> None:
    english, other = public["en"][0], public[language][0]
    names = ["results.csv", "codebook.csv", "ard.json", "ard.parquet"]
    names += [f"tables/{path.name}" for path in sorted((english / "tables").iterdir())]
    assert len(names) > 8
    for name in names:
        assert (other / name).read_bytes() == (english / name).read_bytes(), name


@pytest.mark.parametrize(
    ("language", "table", "words"),
    [("de", "Tabelle", "ist eine unterdrückte Zahl"), ("fr", "Tableau", "est un nombre masqué")],
)
def test_documents_are_in_the_language(public: dict[str, Any], language: str, table: str, words: str) -> None:
    folder = public[language][0]
    with zipfile.ZipFile(folder / "tables.docx") as archive:
        document = html.unescape(archive.read("word/document.xml").decode())
    assert words in document and f"{table} 1" in document
    assert "is a number that is hidden" not in document and "What is not here" not in document
    book, english_book = (CalamineWorkbook.from_path(public[name][0] / "tables.xlsx") for name in (language, "en"))
    assert book.sheet_names[1:] == [name.replace("Table", table) for name in english_book.sheet_names[1:]]
    for name, english_name in zip(book.sheet_names[1:], english_book.sheet_names[1:], strict=True):
        sheets = (
            source.get_sheet_by_name(sheet).to_python() for source, sheet in ((book, name), (english_book, english_name))
        )
        numbers, english_numbers = ([[cell for cell in row if isinstance(cell, float)] for row in rows] for rows in sheets)
        assert numbers == english_numbers, name
    figures = [path.read_text(encoding="utf-8") for path in sorted((folder / "figures").iterdir())]
    assert figures and not [svg for svg in figures if "Mean change divided" in svg]


def test_every_reason_and_every_analysis_has_its_words() -> None:
    reasons = {words for rule, words in RULES.items() if rule not in (DOMINANCE, EVEN)} | {_SINGLE_PEOPLE, HIDDEN_INPUT}
    assert sorted(reasons - set(REMARKS)) == []
    public_analyses = COUNTED_ANALYSES | DERIVED_ANALYSES | {"norm"}
    names = {entry.analysis.replace("_", " ") for entry in STATISTICS if entry.analysis not in public_analyses}
    assert sorted(names ^ set(ANALYSES)) == []
