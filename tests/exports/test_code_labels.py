"""Labels of codes that do not fit the instrument are asked about, until the protocol says what its codes stand for."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from dagster_project.exports import ExportData, find_label_changes
from dagster_project.exports.contract import apply_contract
from dagster_project.study import AnswerLabels, Export, Study
from tests.exports.test_export_contract import COLUMNS, _person, _table

ExportOf = Callable[[str], Export]
WORDS = ("never", "rarely", "sometimes", "often", "always")
FORWARDS = dict(zip("12345", WORDS, strict=True))
BACKWARDS = dict(zip("54321", WORDS, strict=True))
FROM_ZERO = dict(zip("01234", WORDS, strict=True))


def _data(study: Study, export: Export, labels: Sequence[dict[str, str]]) -> ExportData:
    value_labels = dict(zip(("Q_1", "Q_2", "Q_3"), labels, strict=False))
    table = replace(_table(COLUMNS, [_person("PW-1", Q_1="1", Q_2="2", Q_3="4")]), value_labels=value_labels)
    return ExportData(export, table, apply_contract(table, study, export, "ab" * 32, "t1.csv"))


def _with_labels(export: Export, codes: dict[str, int], items: tuple[int, ...] = ()) -> Export:
    rule = AnswerLabels.model_validate({"blocks": ["mood"], "items": list(items), "labels": codes})
    return export.model_copy(update={"labels": (rule,)})


@pytest.mark.parametrize("further", [{}, {"5": "don't know"}, {"99": "other"}])
def test_codes_that_are_labelled_from_zero_are_asked_about(
    study: Study, export_of: ExportOf, further: dict[str, str]
) -> None:
    """Where nobody answered with 0, every answer of 1 to 4 fitted the anchors 1 to 5, and was one too low."""
    export = export_of("t1")
    assert _data(study, export, [FROM_ZERO | further] * 2).contract_result.problems == [
        'T1: column "Q_1" (and 1 more): the file labels the codes 0 to 4, and the anchors of mood_01 are 1 to 5; say under'
        ' labels of the export what its codes stand for: [{blocks: [mood], labels: {"0": 1, "1": 2, "2": 3, "3": 4, "4": 5}}],'
        " or each for itself if only the labels are wrong; or correct the anchors"
    ]
    cured = _data(study, _with_labels(export, {str(code): code + 1 for code in range(5)}), [FROM_ZERO | further] * 2)
    assert cured.contract_result.problems == []


@pytest.mark.parametrize(
    "labels",
    [FORWARDS, BACKWARDS, {"1": "never", "5": "always"}, {}, FORWARDS | {"9": "other"}, {"0": "x"} | FORWARDS, {"a": "b"}],
)
def test_labels_that_fit_the_anchors_are_not(study: Study, export_of: ExportOf, labels: dict[str, str]) -> None:
    assert _data(study, export_of("t1"), [labels] * 3).contract_result.problems == []


def test_an_item_that_the_tool_has_turned_is_not_turned_again(study: Study, export_of: ExportOf) -> None:
    instrument = study.instrument("mood").model_copy(update={"reversed": (2,)})
    reversed_study = replace(study, instruments=(instrument,))
    export, labels = export_of("t1"), [FORWARDS, BACKWARDS, FORWARDS]
    assert _data(reversed_study, export, labels).contract_result.problems == [
        'T1: column "Q_2": the file labels the codes of mood_02 the other way round than those of most items of mood, and'
        " mood_02 is reversed, so that its answers would be turned twice; say under labels of the export what its codes stand"
        ' for: [{blocks: [mood], items: [2], labels: {"1": 5, "2": 4, "3": 3, "4": 2, "5": 1}}], or each for itself if only'
        " the labels are wrong"
    ]
    cured = _with_labels(export, {str(code): 6 - code for code in range(1, 6)}, (2,))
    assert _data(reversed_study, cured, labels).contract_result.problems == []
    assert _data(reversed_study, export, [FORWARDS] * 3).contract_result.problems == []
    assert _data(study, export, labels).contract_result.problems == []


def test_answers_that_are_labelled_otherwise_than_in_the_wave_before_are_named(study: Study, export_of: ExportOf) -> None:
    export = export_of("t1")
    earlier, now = _data(study, export, [FORWARDS] * 3), _data(study, export, [FORWARDS, BACKWARDS, FORWARDS])
    assert find_label_changes(now, [earlier], study) == [
        "T1: the code 1 of mood_02 has the label that 5 had in T1; was it recoded? Say under labels of the export what its"
        " codes stand for, or recode the export"
    ]
    declared = _data(study, _with_labels(export, {str(code): 6 - code for code in range(1, 6)}, (2,)), [FORWARDS, BACKWARDS])
    assert find_label_changes(declared, [earlier], study) == []
    assert find_label_changes(earlier, [earlier], study) == []
