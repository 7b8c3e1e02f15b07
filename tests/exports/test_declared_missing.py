"""A code that the file labels as no answer is no answer until somebody says that it is one."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from dagster_project.exports.contract import apply_contract
from dagster_project.study import AnswerLabels, Export, Study
from dagster_project.study.export import SpecialCodes
from tests.exports.test_export_contract import COLUMNS, _person, _table

ExportOf = Callable[[str], Export]
QUESTION = (
    'T1: column "Q_1": 2 cells hold "5", which the file labels as no answer; say under special_codes of the export what it'
    ' means (blocks: [mood]), or under labels that it is an answer ("5": 5)'
)


def _problems(study: Study, export: Export, label: str) -> list[str]:
    table = _table(COLUMNS, [_person("PW-1", Q_1="5"), _person("PW-2", Q_1="5 "), _person("PW-3", Q_1="4")])
    labelled_table = replace(table, value_labels={"Q_1": {"1": "never", "4": "always", "5": label}})
    return apply_contract(labelled_table, study, export, "ab" * 32, "t1.csv").problems


@pytest.mark.parametrize(
    "label",
    [
        "Don't know",
        "don\u2019t know",
        "DK",
        "(No answer)",
        "NOT STATED",
        "Refused to answer",
        "Missing",
        "N/A",
        "weiß nicht",
    ],
)
def test_a_code_that_is_labelled_as_no_answer_is_asked_about(study: Study, export_of: ExportOf, label: str) -> None:
    """Archives label 9 and 99 so and do not declare them missing: they counted as answers where anchors allow them."""
    export = export_of("t1")
    assert _problems(study, export, label) == [QUESTION]
    reasons = SpecialCodes.model_validate({"blocks": ["mood"], "codes": {"5": "refused"}})
    assert _problems(study, export.model_copy(update={"special_codes": (reasons,)}), label) == []
    answers = AnswerLabels.model_validate({"blocks": ["mood"], "labels": {"5": 5}})
    assert _problems(study, export.model_copy(update={"labels": (answers,)}), label) == []


@pytest.mark.parametrize("label", ["always", "Does not apply", "trifft nicht zu", "Not at all", "I know"])
def test_a_label_of_an_answer_is_not(study: Study, export_of: ExportOf, label: str) -> None:
    assert bool(_problems(study, export_of("t1"), label)) is False


def test_a_number_of_the_roster_that_is_labelled_as_no_answer_is_asked_about(study: Study, export_of: ExportOf) -> None:
    """An age of 99, "not stated", was an age."""
    table = replace(_table(("Person", "Âge"), [("P1", "30"), ("P2", "99")]), value_labels={"Âge": {"99": "not stated"}})
    export = export_of("roster")
    assert apply_contract(table, study, export, "ab" * 32, "roster.sav").problems == [
        'roster: column "Âge": 1 cell holds "99", which the file labels as no answer; say under special_codes of the export'
        " what it means (blocks: [age])"
    ]
    reasons = SpecialCodes.model_validate({"codes": {"90 thru HI": "blank"}})
    cured = export.model_copy(update={"special_codes": (reasons,)})
    assert apply_contract(table, study, cured, "ab" * 32, "roster.sav").problems == []
