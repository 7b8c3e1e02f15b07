"""Whom a variant keeps, in SQL, and the question about people of whom it is unknown."""

from pathlib import Path

import pytest

from dagster_project.models.variants import holds_sql, reasons_sql, refuse_undecided
from dagster_project.study import PeopleRule, StudyError, Variant
from dagster_project.warehouse import Warehouse

_PEOPLE = """
    create schema marts;
    create table marts.participants as
    select * from (values ('A', 'north', 20.0), ('B', 'south', 30.5), ('C', null, 31), ('D', 'it''s', null)) as t(participant_id, site, age)
"""


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    file = Warehouse(tmp_path / "warehouse.duckdb")
    with file.connect() as connection:
        connection.execute(_PEOPLE)
    return file


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ({"variable": "site", "only": "north"}, "A"),
        ({"variable": "site", "only": ["north", "it's"], "if_unknown": "keep"}, "ACD"),
        ({"variable": "site", "without": ["north"]}, "BD"),
        ({"variable": "site", "without": ["north"], "if_unknown": "keep"}, "BCD"),
        ({"variable": "site", "without": ["north"], "if_unknown": "leave_out"}, "BD"),
        ({"variable": "age", "minimum": 30.5}, "BC"),
        ({"variable": "age", "maximum": 30.5, "if_unknown": "keep"}, "ABD"),
        ({"variable": "age", "minimum": 20, "maximum": 30}, "A"),
    ],
)
def test_a_rule_keeps_whom_it_says(warehouse: Warehouse, rule: dict[str, object], kept: str) -> None:
    condition = holds_sql(PeopleRule.model_validate(rule), "people")
    sql = f"select participant_id from marts.participants as people where {condition} order by participant_id"
    assert "".join(row["participant_id"] for row in warehouse.rows(sql)) == kept
    # Whoever looks before a run decides the same of categories.
    if rule["variable"] == "site":
        sites = warehouse.rows("select participant_id, site from marts.participants order by participant_id")
        by_python = [row["participant_id"] for row in sites if PeopleRule.model_validate(rule).keeps(row["site"])]
        assert "".join(by_python) == kept
    assert warehouse.rows(f"select 1 from marts.participants as people where ({condition}) is null") == []


def test_people_of_whom_it_is_unknown_are_asked_about(warehouse: Warehouse) -> None:
    rule = {"variable": "site", "without": ["north"]}
    with pytest.raises(StudyError) as question:
        refuse_undecided(warehouse, Variant.model_validate({"variant": "a", "people": rule}))
    assert str(question.value) == (
        "variant a: site is not known of 1 person; say if_unknown: keep or leave_out under its people, or correct the roster"
    )
    refuse_undecided(warehouse, Variant.model_validate({"variant": "a", "people": rule | {"if_unknown": "keep"}}))
    with warehouse.connect() as connection:
        connection.execute("update marts.participants set site = 'south' where site is null")
    refuse_undecided(warehouse, Variant.model_validate({"variant": "a", "people": rule}))


def test_why_somebody_is_left_out_is_said_by_every_rule_that_fails(warehouse: Warehouse) -> None:
    rules = [
        PeopleRule.model_validate({"variable": "age", "minimum": 25, "maximum": 30.75}),
        PeopleRule.model_validate({"variable": "site", "without": ["north"], "if_unknown": "leave_out"}),
    ]
    rows = warehouse.rows(f"select {reasons_sql(rules, 'p')} as reason from marts.participants as p order by participant_id")
    assert [row["reason"] for row in rows] == [
        "age: below 25, site: north", None, "age: above 30.75, site: not known", "age: not known"
    ]  # fmt: skip
    assert warehouse.rows(f"select distinct {reasons_sql([], 'p')} as reason from marts.participants as p") == [
        {"reason": None}
    ]
