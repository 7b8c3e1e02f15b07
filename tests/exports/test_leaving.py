"""Whoever has a text in the roster's columns on leaving has left; a text that may say that nobody did is asked about."""

from collections.abc import Callable

import pytest

from dagster_project.exports import ContractResult
from dagster_project.exports.contract import apply_contract
from dagster_project.study import Export, Study
from dagster_project.study.export import Leaving, SpecialCodes
from tests.exports.test_export_contract import _table

ExportOf = Callable[[str], Export]
DAY, REASON = Leaving(withdrawn_on="Left"), Leaving(exclusion_reason="Left")


def _roster(
    study: Study, export_of: ExportOf, leaving: Leaving, texts: list[str], codes: dict[str, str] | None = None
) -> ContractResult:
    rules = (SpecialCodes.model_validate({"codes": codes}),) if codes else ()
    export = export_of("roster").model_copy(update={"leaving": leaving, "special_codes": rules})
    rows = [(f"P{number}", "30", text) for number, text in enumerate(texts, start=1)]
    return apply_contract(_table(("Person", "Âge", "Left"), rows), study, export, "ab" * 32, "roster.csv")


@pytest.mark.parametrize(
    "text",
    ["NA", "n/a", "<NA>", "NaT", "no", "No ", "FALSE", "nein", "-", "—", ".", "0", "-9", "1", "999", "0000-00-00", "0/0/0"],
)
def test_a_text_that_may_say_that_nobody_left_is_asked_about(study: Study, export_of: ExportOf, text: str) -> None:
    """R writes NA into every blank cell: with one day of leaving on the roster, everybody else had left, too."""
    texts = [text, "2020-05-01", text, ""]
    result = _roster(study, export_of, DAY, texts)
    assert result.problems == [
        f'roster: column "Left": 2 rows hold "{text}", and whoever has a text there has left; if it says that nobody left,'
        f' say so under special_codes of the roster ([{{blocks: [withdrawn_on], codes: {{"{text}": blank}}}}]), else correct'
        " the cells"
    ]
    cured = _roster(study, export_of, DAY, texts, {text: "blank"})
    assert cured.problems == [] and cured.warnings == []
    assert cured.accepted.column("withdrawn_on").to_pylist() == ["", "2020-05-01", "", ""]


@pytest.mark.parametrize("text", ["2020-05-01", "soon", "moved away", "31 May 2020 or later", ""])
def test_any_other_text_is_of_somebody_who_left(study: Study, export_of: ExportOf, text: str) -> None:
    assert _roster(study, export_of, DAY, [text]).problems == []
    assert _roster(study, export_of, REASON, [text]).problems == []


@pytest.mark.parametrize(
    ("text", "is_asked"), [("no", True), ("0", True), ("-99", True), ("2", False), ("no consent", False)]
)
def test_a_reason_may_be_a_code_above_zero(study: Study, export_of: ExportOf, text: str, is_asked: bool) -> None:
    assert bool(_roster(study, export_of, REASON, [text]).problems) is is_asked


def test_a_range_of_codes_can_say_that_nobody_left(study: Study, export_of: ExportOf) -> None:
    result = _roster(study, export_of, REASON, ["-9", "-1", "3"], {"LO thru 0": "blank"})
    assert result.problems == []
    assert result.accepted.column("exclusion_reason").to_pylist() == ["", "", "3"]
