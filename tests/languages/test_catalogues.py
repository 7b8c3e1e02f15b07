"""The catalogues: every message of the package is in them, translated, with the same placeholders."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dagster_project.languages import (
    available_languages,
    date_text,
    gettext,
    language_error,
    lowered,
    missing_count,
    ngettext,
    number_text,
    spoken,
    translate,
)
from dagster_project.languages import catalogue as catalogues
from dagster_project.languages.catalogue import read_catalogue
from dagster_project.languages.extraction import extracted_messages
from dagster_project.languages.words import STORED_MESSAGES
from dagster_project.report.scripts import NUMBER_TEXTS, SCRIPT_WORDS, spoken_script
from dagster_project.results import PEOPLE
from dagster_project.results.statistics_registry import STATISTICS
from dagster_project.study import EFFECT_SIZES

#: The languages that are kept complete; others may be half-filled.
COMPLETE = ("de", "fr")
#: What a translation must keep: placeholders, expressions of scripts, elements of HTML.
_KEPT = re.compile(r"\$\{[^}]*\}|\{\w*\}|<[^>]+>")
#: The folder from which the package is imported.
PACKAGE = Path(catalogues.__file__).parents[2]
SCRIPTS = Path(catalogues.__file__).parents[1] / "report" / "templates" / "page" / "scripts"


@pytest.fixture(scope="module")
def messages() -> set[Any]:
    return {
        message.id if isinstance(message.id, str) else tuple(message.id) for message in extracted_messages() if message.id
    }


def _forms(text: Any) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


@pytest.mark.parametrize("language", COMPLETE)
def test_a_complete_language_has_every_message_and_no_other(language: str, messages: set[Any]) -> None:
    entries = {
        message.id if isinstance(message.id, str) else tuple(message.id): message
        for message in read_catalogue(language)
        if message.id
    }
    assert sorted(map(str, messages - entries.keys())) == [], (
        "run python -m dagster_project.languages.extraction, and translate"
    )
    assert sorted(map(str, entries.keys() - messages)) == [], "run python -m dagster_project.languages.extraction"
    assert [message.id for message in entries.values() if message.fuzzy or not all(_forms(message.string))] == []


@pytest.mark.parametrize("language", COMPLETE)
def test_a_translation_keeps_placeholders_elements_and_ends(language: str) -> None:
    for message in read_catalogue(language):
        for text, translation in zip(_forms(message.id or ""), _forms(message.string if message.id else ""), strict=True):
            assert sorted(_KEPT.findall(text)) == sorted(_KEPT.findall(translation)), text
            assert text[-1:].isspace() == translation[-1:].isspace(), text
            assert text[-1:] not in ".:" or translation[-1:] == text[-1:], text


def test_what_a_run_stores_is_among_the_messages() -> None:
    stored = set(STORED_MESSAGES)
    assert {rule.words for rule in PEOPLE.values()} <= stored
    units = {statistic.unit for statistic in STATISTICS if isinstance(statistic.unit, str)}
    units |= {size.unit for size in EFFECT_SIZES.values()}
    assert sorted(units - stored - {"", "%"}) == []


def test_english_is_the_message_itself() -> None:
    assert gettext("{count} of {n} numbers", count=3, n=5) == "3 of 5 numbers"
    assert ngettext("{n} number", "{n} numbers", 1) == "1 number"
    assert (number_text("0.50 [−0.10, 1.10]"), translate("not testable: no pairs")) == (
        "0.50 [−0.10, 1.10]",
        "not testable: no pairs",
    )


@pytest.mark.parametrize(
    ("language", "plural", "singular_of_zero"), [("de", "2 Zahlen", "0 Zahlen"), ("fr", "2 nombres", "0 nombre")]
)
def test_plurals_follow_the_language(language: str, plural: str, singular_of_zero: str) -> None:
    with spoken(language):
        assert ngettext("{n} number", "{n} numbers", 2) == plural
        assert ngettext("{n} number", "{n} numbers", 0) == singular_of_zero
    assert ngettext("{n} number", "{n} numbers", 2) == "2 numbers"


@pytest.mark.parametrize(
    ("text", "german"),
    [
        ("0.50", "0,50"), (".020", ",020"), ("< .001", "< ,001"), ("−1.51 [−2.60, −0.42]", "−1,51 [−2,60; −0,42]"),
        ("12 (33.3 %)", "12 (33,3 %)"), ("19–70", "19–70"), ("1.5–2.5", "1,5–2,5"), ("—", "—"),
        # No decimal numbers: versions, days, files, the end of a sentence.
        ("0.1.0", "0.1.0"), ("2026.11.27", "2026.11.27"), ("ard.parquet", "ard.parquet"), ("n = 12.", "n = 12."),
    ],
)  # fmt: skip
def test_numbers_have_the_decimal_mark_of_the_language(text: str, german: str) -> None:
    with spoken("de"):
        assert number_text(text) == german
    assert number_text(text) == text


@pytest.mark.parametrize(
    ("text", "german"),
    [
        ("nobody answered", "niemand hat geantwortet"),
        ("excludes zero: bootstrap; no conclusion: imputation, mixed model",
         "schließt null aus: Bootstrap; kein Ergebnis: Imputation, gemischtes Modell"),
        ("Mood T2: 1.00 [−24.15, 26.15] norm SDs is not more than 1 norm SD below the norm",
         "Mood T2: 1,00 [−24,15; 26,15] Norm-SD ist nicht mehr als 1 Norm-SD unter der Norm"),
        ("1 of 2 numbers support it; not within 0.5 norm SD of the norm (better than the norm) (A 0.86 norm SDs; B 0.79 norm SDs)",
         "stützende Zahlen: 1 von 2; nicht höchstens 0,5 Norm-SD von der Norm entfernt (besser als die Norm)"
         " (A 0,86 Norm-SD; B 0,79 Norm-SD)"),
        ("a sentence of the study's own with people, points and 2.5", "a sentence of the study's own with people, points and 2,5"),
    ],
)  # fmt: skip
def test_stored_texts_are_known_again(text: str, german: str) -> None:
    with spoken("de"):
        assert translate(text) == german
    assert translate(text) == text


def test_names_and_days_are_written_as_the_language_does() -> None:
    from datetime import UTC, datetime

    day = datetime(2026, 3, 1, 14, 5, tzinfo=UTC)
    assert (lowered("Adults in general"), date_text(day, "2026-03-01 14:05 UTC")) == (
        "adults in general",
        "2026-03-01 14:05 UTC",
    )
    with spoken("de"):
        assert (lowered("Erwachsene"), date_text(day, "")) == ("Erwachsene", "1. März 2026, 14:05 UTC")
    with spoken("fr"):
        assert date_text(day, "") == "1 mars 2026, 14:05 UTC"


def test_the_scripts_have_the_words_that_are_translated() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in sorted(SCRIPTS.glob("*.js")))
    for words in SCRIPT_WORDS:
        assert f'"{words}"' in sources or f"`{words}`" in sources, words
    for expression in NUMBER_TEXTS:
        assert expression in sources, expression


def test_scripts_differ_in_words_and_numbers_alone() -> None:
    source = (SCRIPTS / "people.js").read_text(encoding="utf-8")
    elements = (SCRIPTS / "elements.js").read_text(encoding="utf-8")
    assert spoken_script("people", source) == source
    with spoken("fr"):
        french = spoken_script("people", source)
        # A role and a scope are no words.
        assert spoken_script("elements", elements) == elements
    assert "`Personne par personne\u00a0: ${countedRows.length} comptées, ${omittedRows.length} non comptées`" in french
    assert french.count("${") == source.count("${") and french.count("\n") == source.count("\n")


def test_a_language_without_a_catalogue_is_refused_by_name() -> None:
    assert available_languages() == ("en", "de", "fr")
    assert language_error("de") is None
    assert language_error("it") == (
        "language: 'it' has no catalogue of messages; there are en, de, fr: choose one of them, or add a catalogue"
        " (docs/how-to/languages.md)"
    )


@pytest.fixture
def half_dutch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """A catalogue of Dutch with one message. Returns how many it lacks."""
    german = catalogues.catalogue_file("de").read_bytes()
    for language, content in (
        ("de", german),
        (
            "nl",
            b'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Main results"\nmsgstr "Hoofdresultaten"\n',
        ),
    ):
        (tmp_path / language / "LC_MESSAGES").mkdir(parents=True)
        (tmp_path / language / "LC_MESSAGES" / "wavehouse.po").write_bytes(content)
    monkeypatch.setattr(catalogues, "FOLDER", tmp_path)
    return sum(bool(message.id) for message in read_catalogue("de")) - 1


def test_what_a_catalogue_lacks_stays_english_and_is_counted(half_dutch: int) -> None:
    with spoken("nl"):
        assert (gettext("Main results"), gettext("Study flow")) == ("Hoofdresultaten", "Study flow")
    assert (missing_count("nl"), missing_count("de"), missing_count("en")) == (half_dutch, 0, 0)


def test_english_does_not_wait_for_babel() -> None:
    """Babel takes a tenth of a second to come."""
    code = (
        "import sys, dagster_project.languages as languages\n"
        "with languages.spoken('en'):\n"
        "    print(languages.gettext('{n} of {of}', n=1, of=2), languages.number_text('0.5'), 'babel' in sys.modules)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(PACKAGE)},
    )
    assert run.stdout == "1 of 2 0.5 False\n"
