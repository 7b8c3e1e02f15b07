"""The release of the small study in other languages, filled from its run: words, numbers, documents, data.

What is compared with is the English release of the same run.
"""

import html
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from released_page import read_page_data

from dagster_project.languages import spoken
from dagster_project.languages.catalogue import read_catalogue
from dagster_project.outcomes.store import read_results
from dagster_project.release.contents import fill_release
from dagster_project.results import Table
from dagster_project.study import Study, read_study
from dagster_project.warehouse import Warehouse

LANGUAGES = ("de", "fr")
_BUTTON = re.compile(r'<button type="button" data-results="([^"]*)">([^<]*)</button>')
_NUMBER = re.compile(r"[<>−]? ?\d*[.,]?\d+")


@pytest.fixture(scope="module")
def fill(small_run: Any, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Fill a release in a language from the working file of the small study's run."""
    workspace, _ = small_run
    manifest = json.loads((workspace.release / "manifest.json").read_text(encoding="utf-8"))

    def of_language(language: str) -> Path:
        folder = tmp_path_factory.mktemp(f"release_{language}")
        study = _in_language(read_study(workspace.study_folder), language)
        fill_release(workspace.settings.warehouse_file, study, folder, manifest)
        return folder

    return of_language


def _in_language(study: Study, language: str) -> Study:
    from dataclasses import replace

    return replace(study, protocol=study.protocol.model_copy(update={"language": language}))


@pytest.fixture(scope="module")
def releases(fill: Callable[[str], Path]) -> dict[str, Path]:
    return {language: fill(language) for language in (*LANGUAGES, "en")}


def _page(folder: Path) -> str:
    return (folder / "index.html").read_text(encoding="utf-8")


def _visible(page: str) -> str:
    """What people read: without styles, scripts and data, labels included; and without the figures, which the run has drawn."""
    page = re.sub(r'<section aria-labelledby="figures".*?</section>', "", page, flags=re.DOTALL)
    page = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    labels = " \n ".join(re.findall(r'(?:aria-label|title)="([^"]*)"', page))
    return html.unescape(re.sub(r"<[^>]+>", "\n", page) + labels)


def _numbers(text: str) -> list[str]:
    return [number.replace(" ", "").replace(",", ".") for number in _NUMBER.findall(text)]


def test_english_is_the_same_byte_for_byte_after_other_languages(releases: dict[str, Path], small_run: Any) -> None:
    workspace, _ = small_run
    for file in (
        "index.html",
        "codebook.html",
        "tables.docx",
        "tables.xlsx",
        "tables.tex",
        "codebook.docx",
        "codebook.pdf",
        "checklists.docx",
    ):
        assert (releases["en"] / file).read_bytes() == (workspace.release / file).read_bytes(), file


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_is_the_same_but_for_its_mark(releases: dict[str, Path], language: str) -> None:
    english, other = (_BUTTON.findall(_page(releases[name])) for name in ("en", language))
    assert len(english) > 100
    assert [ids for ids, _ in english] == [ids for ids, _ in other]
    for (ids, text), (_, translated) in zip(english, other, strict=True):
        assert _numbers(html.unescape(text)) == _numbers(html.unescape(translated)), ids
        assert not re.search(r"\d\.\d", translated), ids
    assert any("," in text for _, text in other)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_english_message_is_left_on_the_page(releases: dict[str, Path], language: str) -> None:
    lines = {" ".join(line.split()) for line in _visible(_page(releases[language])).split("\n")}
    english_lines = {" ".join(line.split()) for line in _visible(_page(releases["en"])).split("\n")}
    messages = {
        message.id: message.string for message in read_catalogue(language) if isinstance(message.id, str) and message.id
    }
    shown = [text for text, translation in messages.items() if text in english_lines and translation != text]
    assert len(shown) > 100
    # What the study calls something may be a word of ours as well.
    assert sorted(set(shown) & lines) == []
    assert f'<html lang="{language}">' in _page(releases[language])


@pytest.mark.parametrize(
    ("language", "words"), [("de", "Personen mit einem Skalenwert"), ("fr", "personnes ayant un score")]
)
def test_every_number_opens_what_is_known_of_it(releases: dict[str, Path], language: str, words: str) -> None:
    english, other = (read_page_data(_page(releases[name])) for name in ("en", language))
    for key in ("result_ids", "values", "scope_indexes"):
        assert english["numbers"][key] == other["numbers"][key]  # type: ignore[literal-required]
    assert [_numbers(text) for text in english["numbers"]["printed_texts"]] == [
        _numbers(text) for text in other["numbers"]["printed_texts"]
    ]
    assert any(words in text for text in other["lines"]["texts"])


@pytest.mark.parametrize(("language", "words"), [("de", "Codebuch:"), ("fr", "Dictionnaire des variables\u00a0:")])
def test_the_codebook_is_in_the_language_but_for_names_of_the_data(
    releases: dict[str, Path], language: str, words: str
) -> None:
    english, page = (
        (releases[name] / "codebook.html").read_text(encoding="utf-8").split('<h2 id="tables">')[0]
        for name in ("en", language)
    )
    assert f'<html lang="{language}">' in page and f"<h1>{words} " in html.unescape(page)
    titles, english_titles = (re.findall(r' title="([^"]+)"', text) for text in (page, english))
    assert len(titles) > 60 and not set(titles) & set(english_titles)
    messages = {message.id for message in read_catalogue(language) if message.id and message.id != message.string}
    cells = {html.unescape(text) for text in re.findall(r"<t[dh]\b[^>]*>([^<]{12,})</t[dh]>", page)}
    assert sorted(cells & messages) == []
    assert not re.search(r"<td>\d+\.\d+</td>", page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_data_stay_english_with_a_decimal_point(releases: dict[str, Path], language: str) -> None:
    names = sorted(path.name for path in (releases["en"] / "tables").iterdir())
    assert names == sorted(path.name for path in (releases[language] / "tables").iterdir())
    for name in names:
        assert (releases[language] / "tables" / name).read_bytes() == (releases["en"] / "tables" / name).read_bytes(), name
    assert (releases[language] / "ard.json").read_bytes() == (releases["en"] / "ard.json").read_bytes()


@pytest.mark.parametrize(
    ("language", "words"),
    [("de", ("Tabelle ", "Mittelwert (SD)", "Anmerkung.")), ("fr", ("Tableau ", "moyenne (ET)", "Note."))],
)
def test_documents_are_in_the_language(releases: dict[str, Path], language: str, words: tuple[str, ...]) -> None:
    with zipfile.ZipFile(releases[language] / "tables.docx") as archive:
        document, styles = (archive.read(f"word/{part}.xml").decode() for part in ("document", "styles"))
    latex = (releases[language] / "tables.tex").read_text(encoding="utf-8")
    for text in words:
        assert text in html.unescape(document), text
        assert text.strip() in latex, text
    assert f'w:val="{language}"' in styles and 'w:val="en-GB"' not in styles
    with zipfile.ZipFile(releases[language] / "tables.xlsx") as archive:
        assert f'name="{words[0]}1"' in archive.read("xl/workbook.xml").decode()
        sheet = archive.read("xl/worksheets/sheet2.xml").decode()
    assert re.search(r"<v>\d+\.\d+</v>", sheet), "numbers of a workbook are numbers"


def test_figures_are_drawn_in_the_language(small_run: Any) -> None:
    from dagster_project.report.figures import draw_figures

    workspace, _ = small_run
    study = read_study(workspace.study_folder)
    results = read_results(Warehouse(workspace.settings.warehouse_file))
    with spoken("de"):
        figures = {figure.name: figure for figure in draw_figures(study, results, [])}
    forest = figures["forest"]
    assert forest.title == "Veränderung nach benannter Effektstärke, mit 95-%-Intervallen"
    assert ">d_baseline [95 %-KI]<" in forest.svg
    assert "Intervall" in forest.alt and not re.search(r"\d\.\d", forest.alt)
    assert "auf der Teilnehmerliste" in figures["returns"].svg


def test_numbers_at_an_axis_have_the_mark_of_the_language() -> None:
    from dagster_project.report.figures.drawing import canvas, finish, style

    with style(), spoken("fr"):
        figure_canvas = canvas(2, 2)
        figure_canvas.add_subplot().plot([0, 0.4], [0, 0.4])
        figure = finish("line", "Line", "", Table("", "line", "Line", (), ()), (), figure_canvas)
    assert ">0,2<" in figure.svg and not re.search(r">\d\.\d<", figure.svg)
