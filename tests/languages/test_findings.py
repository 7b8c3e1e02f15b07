"""What the auditor says, in other languages: every finding that its rules write is known again."""

import ast
import re
from collections.abc import Iterator

import pytest

from dagster_project.languages import spoken, translate_finding
from dagster_project.languages.findings import FINDINGS
from dagster_project.languages.messages import _SEPARATOR
from dagster_project.places import PACKAGE
from dagster_project.reference.message_words import GAP, own_text

#: The words of each message, by which a finding is known.
_MESSAGE_WORDS = [re.findall(r"[A-Za-z']{3,}", re.sub(r"\{\w+\}", "", message)) for message in FINDINGS]
#: Where the words of a finding stand among the arguments.
_POSITION = {"Finding": 2, "softened": 1}


def _findings_in(source: str) -> Iterator[str]:
    """The findings that a module of the auditor writes out; … for what is filled in."""
    for node in ast.walk(ast.parse(source)):
        name = ""
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if isinstance(node, ast.Call) and name in _POSITION:
            for expression in node.args[_POSITION[name] : _POSITION[name] + 1]:
                yield " ".join(own_text(expression).split())


def _is_known(part: str) -> bool:
    """Whether a message has all words of this text in their order, and no more than the few that are filled in."""
    words = re.findall(r"[A-Za-z']{3,}", part.removesuffix(f", not {GAP}"))
    return any(len(message) - len(words) <= 2 and _is_within(words, message) for message in _MESSAGE_WORDS)


def _is_within(words: list[str], message: list[str]) -> bool:
    following = iter(message)
    return all(word in following for word in words)


def test_every_finding_that_is_written_is_a_message() -> None:
    """Names a finding that pages in other languages would print in English."""
    texts = {text for file in sorted((PACKAGE / "audit").glob("*.py")) for text in _findings_in(file.read_text("utf-8"))}
    parts = {part for text in texts for part in _SEPARATOR.split(text) if re.search("[a-z]{3}", part)}
    assert len(parts) > 50
    assert sorted(part for part in parts if not _is_known(part)) == []


@pytest.mark.parametrize(
    ("text", "german", "french"),
    [
        (
            "1 of 30 is 100 x 1 / 30 = 3.33 %, not 3.1 %; it fits the denominator 32",
            "1 von 30 ist 100 x 1 / 30 = 3,33 %, nicht 3,1 %; zum Nenner 32 passt es",
            "1 sur 30 font 100 x 1 / 30 = 3,33\u00a0%, pas 3,1 %\u00a0; cela correspond au dénominateur 32",
        ),
        (
            "t = change / SE = 2.083 to 2.181, which has p 0.04551 to 0.05478 by the t distribution with 15 df, not 0.044",
            "t = Veränderung / SE = 2,083 bis 2,181, was nach der t-Verteilung mit 15 df p 0,04551 bis 0,05478 hat, nicht 0,044",
            "t = changement / ES = 2,083 à 2,181, ce qui donne p 0,04551 à 0,05478 selon la loi t à 15 ddl, pas 0,044",
        ),
        (
            "Prospects has the same norm as Pay, 3.4 (0.66): is it one scale in the reference sample?",
            "Prospects hat dieselbe Norm wie Pay, 3,4 (0,66): ist es eine Skala in der Referenzstichprobe?",
            "Prospects a la même norme que Pay, 3,4 (0,66)\u00a0: est-ce une seule échelle dans l'échantillon de"
            " référence\u00a0?",
        ),
    ],
)
def test_findings_are_put_together_again(text: str, german: str, french: str) -> None:
    assert translate_finding(text) == text
    for language, translation in (("de", german), ("fr", french)):
        with spoken(language):
            assert translate_finding(text) == translation
