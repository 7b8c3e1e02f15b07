"""A number that could be a thousand times as large is asked about."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from dagster_project.exports.contract import apply_contract
from dagster_project.study import Export, Study
from tests.exports.test_export_contract import _table

ExportOf = Callable[[str], Export]


def _problems(study: Study, export: Export, texts: list[str]) -> list[str]:
    table = replace(_table(("Person", "Âge"), [(f"P{row}", text) for row, text in enumerate(texts)]), delimiter=";")
    return apply_contract(table, study, export, "ab" * 32, "roster.csv").problems


@pytest.mark.parametrize("texts", [["1.234", "2.500", "850"], ["12.000", "", "12.000"]])
def test_points_that_may_stand_between_thousands_are_asked_about(
    study: Study, export_of: ExportOf, texts: list[str]
) -> None:
    """An income of 1.234 euros was one euro and a bit, beside one of 850."""
    export = export_of("roster")
    (problem,) = _problems(study, export, texts)
    assert problem.startswith('roster: column "Âge": the point of "1')
    assert problem.endswith(
        ' could be a decimal mark or stand between thousands; say decimal: "." under the export if it is the decimal mark, else'
        " export the numbers without it"
    )
    content = export.model_dump(exclude_unset=True)
    assert _problems(study, Export.model_validate(content | {"decimal": "."}), texts) == []
    assert _problems(study, Export.model_validate(content | {"decimal_of_columns": {"Â*": "."}}), texts) == []


@pytest.mark.parametrize("texts", [["1.234", "2.5"], ["0.125"], ["1234"], ["1.2345"], ["12345.678"], ["n.a."], []])
def test_other_points_are_decimal_marks(study: Study, export_of: ExportOf, texts: list[str]) -> None:
    assert _problems(study, export_of("roster"), texts) == []


def test_limits_know_the_reading(study: Study, export_of: ExportOf) -> None:
    """SPSS writes an age of 35 with three decimals: 35000 is none."""
    variables = tuple(variable.model_copy(update={"maximum": 110.0}) for variable in study.protocol.participant_variables)
    limited = replace(study, protocol=study.protocol.model_copy(update={"participant_variables": variables}))
    assert _problems(limited, export_of("roster"), ["35.000", "41.000"]) == []
