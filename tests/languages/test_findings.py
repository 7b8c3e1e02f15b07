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
    text = own_text(node) if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp) else GAP
    is_text = text != GAP
    if is_text and not is_part:
        yield " ".join(text.split())
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
        slipped = planted(kind, np.random.default_rng([7, number]), table.rows)
        if slipped is not None:
            yield from audited(slipped[0])
            yield from audited(slipped[0], (PAIRED, GROUPS, MODEL)[number % 3])


@pytest.mark.usefixtures("_loud")
@pytest.mark.slow
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


@pytest.mark.usefixtures("_loud")
@pytest.mark.parametrize(
    ("design", "rows"),
    [
        (None, score_rows("T1: n 4, mean 2.17, sd 0.61", items="3", aggregate="mean", low="0", high="6")),
        (None, score_rows("T1: n 20, min 1.30, max 4.0", items="4", aggregate="mean", low="1", high="5")),
        (None, score_rows("T1: n 25, mean 3.00, se 0.20, ci_low 2.00, ci_high 4.00")),
        (None, score_rows("T1: n 20, mean 3.0, sd -0.1, se -1; norm: norm_mean 3.0, norm_sd -1.0")),
        (None, [*score_rows("T1: n 20, mean 3.0"), *score_rows("t1: n 20, mean 3.1", "Other")]),
        (None, category_rows("A: n 100, count 20, percent 40.0; B: count 10, percent 20.0; C: count 20, percent 40.0")),
        (None, category_rows("A: n 100, count 20, percent 22.2; B: count 70, percent 77.8; Unknown: count 10")),
        (PAIRED, score_rows("T1: n 20, mean 3.0, sd 0.5; T2: n 18, mean 2.6, sd 0.5; T1-T2: n 15, change 2.0, ci_low 1.5, ci_high 2.5")),
        (PAIRED, score_rows("T1-T2: n 20, change 2.0, sd_baseline 4.0, sd_followup 4.0, d_av 0.9, d_baseline 0.9")),
        (PAIRED, score_rows("T1-T2: n 20, sd_baseline 4.0, sd_followup 4.0, correlation 0.5, sd_change 9.0")),
        (PAIRED, score_rows("T1-T2: n 20, change 2.0, sd_change 4.0, f 40.0, d_z 0.9")),
        (PAIRED, score_rows("T1-T2: n 20, ci_low 0.5, ci_high 3.5, df1 1, f 40.0")),
        (PAIRED, score_rows("T1-T2: n 20, change 2.0, se 1.0, f 40.0")),
        (PAIRED, score_rows("T1: n 16, mean 5.0, sd 2.0; T2: n 16, mean 3.0, sd 2.0; T1-T2: n 16, change 2.00, sd_change 2.00, es 0.20")),
        (GROUPS, score_rows("A: n 20, mean 12.0, sd 4.0; B: n 20, mean 10.0, sd 4.0; A vs B: n 40, f 40.0")),
        (GROUPS, score_rows("A: n 30, mean 12.0, sd 4.0; B: n 30, mean 10.0, sd 4.0; A - B: n 60, d 0.50, ci_low 0.30, ci_high 0.70")),
        (GROUPS, score_rows("A: n 30, mean 12.0, sd 4.0; B: n 30, mean 10.0, sd 4.0; A - B: change 2.0, es 0.90")),
    ],
)  # fmt: skip
def test_rarer_findings_have_no_other_words(design: str | None, rows: list[Printed]) -> None:
    findings = audited(rows, design)
    assert findings
    assert [finding.arithmetic for finding in findings if _untranslated(finding)] == []


@pytest.mark.parametrize(
    ("text", "german", "french"),
    [
        (
            "1 of 30 is 100 x 1 / 30 = 3.33 %, not 3.1 %; it fits the denominator 32",
            "1 von 30 ist 100 x 1 / 30 = 3,33 %, nicht 3,1 %; zum Nenner 32 passt es",
            "1 sur 30 font 100 x 1 / 30 = 3,33\u00a0%, pas 3,1 %\u00a0; cela correspond au dénominateur 32",
        ),
        (
            "t = change / SE = 2.4 to 2.5 / 1.2 = 2.0 to 2.1, which has p 0.04 to 0.05 by the t distribution with 15 or more df, not 0.1",
            "t = Veränderung / SE = 2,4 bis 2,5 / 1,2 = 2,0 bis 2,1, was nach der t-Verteilung mit 15 oder mehr df p 0,04 bis 0,05 hat,"
            " nicht 0,1",
            "t = changement / ES = 2,4 à 2,5 / 1,2 = 2,0 à 2,1, ce qui donne p 0,04 à 0,05 selon la loi t à 15 ddl ou plus, pas 0,1",
        ),
        (
            "all 3 percentages of the block are of 50, not of the n of 100: 50 fewer, who may not have answered",
            "alle 3 Prozentwerte des Blocks beziehen sich auf 50, nicht auf das n von 100: 50 weniger, die vielleicht nicht geantwortet"
            " haben",
            "les 3 pourcentages du bloc portent tous sur 50, pas sur le n de 100\u00a0: 50 de moins, qui n'ont peut-être pas répondu",
        ),
        (
            "Score 5 has the same mean 9.92, sd 2.56 as Score 1",
            "Score 5 hat dieselben Zahlen wie Score 1: Mittelwert 9,92, SD 2,56",
            "Score 5 a les mêmes nombres que Score 1\u00a0: moyenne 9,92, ET 2,56",
        ),
        (
            "Prospects has the same norm as Pay, 3.4 (0.66): is it one scale in the reference sample?",
            "Prospects hat dieselbe Norm wie Pay, 3,4 (0,66): ist es eine Skala in der Referenzstichprobe?",
            "Prospects a la même norme que Pay, 3,4 (0,66)\u00a0: est-ce une seule échelle dans l'échantillon de"
            " référence\u00a0?",
        ),
        (
            "computed 3.456, which prints 3.46: 0.02 away from the printed number",
            "berechnet 3,456, gedruckt 3,46: 0,02 von der gedruckten Zahl entfernt",
            "calculé 3,456, imprimé 3,46\u00a0: à 0,02 du nombre imprimé",
        ),
        ("2.5 does not print as 2.6", "2,5 wird nicht als 2,6 gedruckt", "2,5 ne s'imprime pas 2,6"),
    ],
)  # fmt: skip
def test_findings_are_put_together_again(text: str, german: str, french: str) -> None:
    assert translate_finding(text) == text
    for language, translation in (("de", german), ("fr", french)):
        with spoken(language):
            assert translate_finding(text) == translation
