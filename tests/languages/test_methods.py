"""How numbers were computed, in other languages: every formula and every method that the package writes is known again."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest

from dagster_project.languages import spoken, translate_method
from dagster_project.languages.codebook_words import COLUMNS
from dagster_project.languages.formulas import CLAUSES
from dagster_project.languages.messages import _SEPARATOR, _patterns_of
from dagster_project.languages.methods import METHODS
from dagster_project.languages.words import STORED_MESSAGES
from dagster_project.places import PACKAGE
from dagster_project.reference.message_words import GAP, own_text
from dagster_project.report.deposit import SUBJECTS
from dagster_project.results.statistics_registry import STATISTICS

#: Where a method stands among the arguments of what adds results.
_POSITION_OF_METHOD = {"add": 4, "interval": 5, "share": 4}
_KNOWN = (*METHODS, *STORED_MESSAGES, *CLAUSES)
_PATTERNS = [pattern for pattern, _ in _patterns_of(_KNOWN)]


def test_every_clause_of_a_formula_is_a_message_and_no_other() -> None:
    clauses = {clause for statistic in STATISTICS for clause in _SEPARATOR.split(statistic.formula)}
    assert sorted(clauses - set(CLAUSES) - set(STORED_MESSAGES)) == []
    assert sorted(set(CLAUSES) - clauses) == []


def _methods_in(source: str) -> Iterator[str]:
    """The methods that a module of results/ writes: as arguments, and as variables of that name; … for what is filled in."""
    for node in ast.walk(ast.parse(source)):
        expressions: list[ast.expr] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _POSITION_OF_METHOD:
            position = _POSITION_OF_METHOD[node.func.attr]
            expressions = [*node.args[position : position + 1]]
        elif isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "method" for t in node.targets):
            expressions = [node.value]
        for expression in expressions:
            if (text := " ".join(own_text(expression).split())).strip(f"{GAP} ,;/"):
                yield text


def _is_known(part: str) -> bool:
    """Whether a message is this text with something filled in, or this text is a message with something filled in."""
    filled = re.compile(".*".join(map(re.escape, part.split(GAP))))
    return any(pattern.fullmatch(part) for pattern in _PATTERNS) or any(map(filled.fullmatch, _KNOWN))


def test_every_method_that_is_written_is_a_message() -> None:
    """Names a method that pages in other languages would print in English."""
    files = [*sorted((PACKAGE / "results").glob("*.py"))]
    texts = {text: file.name for file in files for text in _methods_in(file.read_text(encoding="utf-8"))}
    assert len(texts) > 150
    unknown = [
        f"{file}: {part}"
        for text, file in texts.items()
        for part in _SEPARATOR.split(text)
        if part.strip(f"{GAP} ,/") and not _is_known(part)
    ]
    assert unknown == []


@pytest.mark.parametrize(
    ("text", "german", "french"),
    [
        (
            "T1 minus T2; linear mixed model (wave as a factor, random intercept a person), REML, two-sided",
            "T1 minus T2; lineares gemischtes Modell (Messzeitpunkt als Faktor, zufälliges Intercept je Person), REML,"
            " zweiseitig",
            "T1 moins T2\u00a0; modèle linéaire mixte (temps comme facteur, ordonnée aléatoire par personne), REML,"
            " bilatéral",
        ),
        (
            "people who improved by 2.5 points or more (Norman 2003) / n",
            "Personen, die sich um 2,5 Punkte oder mehr (Norman 2003) verbessert haben / n",
            "personnes améliorées de 2,5 points ou plus (Norman 2003) / n",
        ),
        (
            "p of the paired t test, adjusted after Holm for the 40 tests of family tables",
            "p (verbundener t-Test), adjustiert nach Holm für die 40 Tests der Familie tables",
            "p (test t apparié), ajusté selon Holm pour les 40 tests de la famille tables",
        ),
        ("mean ± t quantile of n - 1 df times SD / root(n)",
         "Mittelwert ± t-Quantil mit n - 1 Freiheitsgraden · SD / Wurzel(n)",
         "moyenne ± quantile de t à n - 1 ddl × ET / racine(n)"),
    ],
)  # fmt: skip
def test_methods_are_put_together_again(text: str, german: str, french: str) -> None:
    assert translate_method(text) == text
    for language, translation in (("de", german), ("fr", french)):
        with spoken(language):
            assert translate_method(text) == translation


def test_every_column_that_the_codebook_shows_is_described_in_a_message(small_run: Any) -> None:
    workspace, _ = small_run
    names = ", ".join(f"'{name}'" for name in SUBJECTS)
    rows = workspace.released(
        f"select comment from duckdb_columns() where schema_name = 'codebook' and table_name in ({names})"
    )
    assert {row["comment"] for row in rows} == set(COLUMNS)


#: English words that no German or French method has.
_ENGLISH = re.compile(r"\b(the|of|people|with|and|which|times|mean|whom)\b")


@pytest.mark.parametrize("language", ["de", "fr"])
def test_no_english_is_left_in_what_a_run_says(small_run: Any, language: str) -> None:
    workspace, _ = small_run
    texts = {row["method"] for row in workspace.released("select distinct method from results.results")}
    texts |= {row["formula"] for row in workspace.released("select distinct formula from codebook.estimands")}
    with spoken(language):
        translations = {text: translate_method(text) for text in texts if text}
    assert len(translations) > 100
    # What stands in brackets, or behind a colon, may be words of the study.
    own_words = re.compile(r"\([^()]*\)|: .*")
    assert [text for text, words in translations.items() if _ENGLISH.search(own_words.sub("", words))] == []
