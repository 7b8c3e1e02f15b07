"""What the auditor says, in other languages: every finding that its rules write is known again."""

import ast
import re
from collections.abc import Iterator

import numpy as np
import pytest
from made_shapes import SHAPES
from made_slips import SLIPS, planted
from made_tables import Printed, audited, category_rows, score_rows
from printed_table import HABITS, MadeTable

from dagster_project.audit import GROUPS, MODEL, PAIRED, Finding
from dagster_project.audit.read import STATISTIC_ALIASES
from dagster_project.audit.rules import RULES
from dagster_project.languages import messages, spoken, translate_finding
from dagster_project.languages.catalogue import translations_of
from dagster_project.languages.findings import FINDINGS
from dagster_project.languages.messages import _SEPARATOR
from dagster_project.places import PACKAGE
from dagster_project.reference.auditor import example_finding
from dagster_project.reference.message_words import GAP, own_text

#: The words of each message, by which a finding is known.
_MESSAGE_WORDS = [re.findall(r"[A-Za-z']{3,}", re.sub(r"\{\w+\}", "", message)) for message in FINDINGS]
#: Modules whose words the command prints alone: how a table is read, which numbers no rule checked, the repair of a row, and
#: the texts about all of it.
_OF_THE_COMMAND = {"read", "coverage", "repairs", "report", "html_page", "recompute", "definition_rows", "planned_people"}
#: Texts of rules by which rows are compared.
_HABITS = {"first less second", "second less first"}
#: Calls whose words are no finding: a rule's description, what rows are compared by.
_NO_FINDINGS = {"Rule", "Outcome", "JudgedRow", "_by_name", "raises"}


def _texts_of(node: ast.AST, *, is_part: bool = False) -> Iterator[str]:
    """The texts written out in a piece of code; … for what is filled in, which follows by itself. is_part: of a text that
    has been named."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in _NO_FINDINGS:
        # The findings of an outcome may stand among its arguments.
        parts: list[ast.AST] = [*node.args[1:], *(keyword.value for keyword in node.keywords)]
        for part in parts if getattr(node.func, "id", "") == "Outcome" else ():
            yield from _texts_of(part)
        return
    is_text = isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp) and own_text(node) != GAP
    if is_text and not is_part:
        yield " ".join(own_text(node).split())
    for child in ast.iter_child_nodes(node):
        is_description = isinstance(node, ast.Expr) and isinstance(child, ast.Constant)
        if not is_description and not isinstance(child, ast.Raise | ast.Assert):
            yield from _texts_of(child, is_part=is_text)


def _findings_in(source: str) -> Iterator[str]:
    """The texts of a module's functions, and those that it names."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) or (
            isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant | ast.BinOp | ast.JoinedStr)
        ):
            yield from _texts_of(node)


def _is_sentence(part: str) -> bool:
    """Whether a text is more than a code, a type, or a pattern."""
    return not re.search(r"[|\[]", part) and len(re.findall(r"[A-Za-z']{3,}", re.sub(r"\w*_\w*", "", part))) > 1


def _is_known(part: str) -> bool:
    """Whether the words of a text stand in a message, in their order and with three others between them at most."""
    words = re.findall(r"[A-Za-z']{3,}", part.removesuffix(f", not {GAP}"))
    return any(_is_within(words, message[start:]) for message in _MESSAGE_WORDS for start in range(len(message) + 1))


def _is_within(words: list[str], message: list[str]) -> bool:
    following = iter(message[: len(words) + 3])
    return all(word in following for word in words)


def test_every_finding_that_is_written_is_a_message() -> None:
    """Names a finding that pages in other languages would print in English."""
    files = [file for file in sorted((PACKAGE / "audit").glob("*.py")) if file.stem not in _OF_THE_COMMAND]
    texts = {text for file in files for text in _findings_in(file.read_text("utf-8"))}
    parts = {part for text in texts - _HABITS for part in _SEPARATOR.split(text) if _is_sentence(part)}
    assert len(parts) > 100
    assert sorted(part for part in parts if not _is_known(part)) == []


class _LoudTranslations:
    """Messages of findings in capitals, so that small letters are what no message has."""

    def gettext(self, message: str) -> str:
        if message not in FINDINGS and message not in STATISTIC_ALIASES:
            return message
        parts = re.split(r"(\{\w+\})", message)
        return "".join(part if part.startswith("{") else part.upper() for part in parts)


#: What is no word of ours: names in quotes, codes of statistics and of effect sizes.
_NAMES = re.compile(r"'[^']*'|\b[dg]_\w+|\b(ci_low|ci_high|se_low|es_high)\b")


def _untranslated(finding: Finding) -> list[str]:
    """The words of a finding that no message has."""
    text = _NAMES.sub("", translate_finding(finding.arithmetic))
    for name in (finding.value.label, finding.value.timepoint):
        text = text.replace(name, "") if name else text
    return re.findall(r"[a-z]{2,}", re.sub(r"\b(Score|Scale|Outcome|T|Pre|Post|A|B|pre-test)( ?\d+)?\b", "", text))


@pytest.fixture
def _loud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    loud = _LoudTranslations()
    monkeypatch.setattr(messages, "translations_of", lambda language: loud)
    token = messages._language.set("loud")
    yield
    messages._language.reset(token)


def _made_findings() -> Iterator[Finding]:
    """On a table of each shape with a slip, of another kind each."""
    for number, shape in enumerate(SHAPES):
        table = MadeTable(np.random.default_rng([7, *shape.encode()]), list(HABITS)[number % 3])
        SHAPES[shape](table)
        kind = list(SLIPS)[number % len(SLIPS)]
        slipped = planted(kind, np.random.default_rng([7, number]), table.rows, shape)
        if slipped is not None:
            yield from audited(slipped[0])
            yield from audited(slipped[0], (PAIRED, GROUPS, MODEL)[number % 3])


@pytest.mark.usefixtures("_loud")
def test_what_is_found_in_made_tables_has_no_other_words() -> None:
    findings = list(_made_findings())
    assert len({finding.rule for finding in findings}) > 20
    assert [finding.arithmetic for finding in findings if _untranslated(finding)] == []


@pytest.mark.usefixtures("_loud")
@pytest.mark.parametrize("name", [name for rules in RULES.values() for name in rules])
def test_what_a_rule_finds_in_its_example_has_no_other_words(name: str) -> None:
    (rule,) = [rules[name] for rules in RULES.values() if name in rules]
    finding = example_finding(rule)
    assert finding is None or (finding.arithmetic, _untranslated(finding)) == (finding.arithmetic, [])
