"""A row with the sum or the mean of the people is no person."""

from collections.abc import Callable

import pytest

from dagster_project.exports.contract import apply_contract
from dagster_project.study import Export, RowRule, Study
from tests.exports.test_export_contract import _table

ExportOf = Callable[[str], Export]


def _problems(study: Study, export: Export, names: list[str]) -> list[str]:
    rows = [(name, str(30 + number)) for number, name in enumerate(names)]
    return apply_contract(_table(("Person", "Âge"), rows), study, export, "ab" * 32, "roster.csv").problems


@pytest.mark.parametrize(
    "name", ["Total", "TOTAL:", "Mean", "Average", "SD", "N", "N =", "Gesamt", "Mittelwert", "Moyenne", "Max"]
)
def test_a_row_called_like_a_sum_is_asked_about(study: Study, export_of: ExportOf, name: str) -> None:
    """A roster from a spreadsheet had a row with the mean age: one person more, of the mean age."""
    export, names = export_of("roster"), ["P1", "P2", "P3", name]
    assert _problems(study, export, names) == [
        f'roster: row 5 looks like a sum or a mean of the rows and not like a person ("{name}"); delete it, or set it aside by'
        f' a rule under set_aside ({{column: "Person", equals: ["{name}"], reason: summary}}), or, if it is a person, say so'
        f' under respondents ({{"{name}": "{name}"}})'
    ]
    rule = RowRule(column="Person", equals=(name,), reason="summary")
    assert _problems(study, export.model_copy(update={"set_aside": (rule,)}), names) == []
    assert _problems(study, export.model_copy(update={"respondents": {name: name}}), names) == []


def test_several_such_rows_are_one_line(study: Study, export_of: ExportOf) -> None:
    problem = _problems(study, export_of("roster"), ["1", "2", "3", "Mean", "SD", "N"])[0]
    assert problem.startswith(
        'roster: row 5 (and 2 more) looks like a sum or a mean of the rows and not like a person ("Mean")'
    )


@pytest.mark.parametrize(
    "names",
    [
        ["Max", "Anna", "Min", "Ole"],  # people who are called by names
        ["Total", *(f"P{number}" for number in range(20))],
        ["P1", "P2", "TOT-3", "N4"],
        ["P1", "P2", "Meaney"],
    ],
)
def test_people_are_not_taken_for_sums(study: Study, export_of: ExportOf, names: list[str]) -> None:
    assert _problems(study, export_of("roster"), names) == []
