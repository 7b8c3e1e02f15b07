"""Lineage read from SQL: what a column is made of, through queries in queries, unions, stars and constants."""

import pytest

from dagster_project.models.column_lineage import Origins, column_lineage, in_ranges

TABLES = {("raw", "t"): {"a": "varchar", "b": "varchar", "id": "varchar"}, ("raw", "u"): {"id": "varchar", "c": "varchar"}}
A, B, C = ("raw", "t", "a"), ("raw", "t", "b"), ("raw", "u", "c")
ID, OTHER_ID = ("raw", "t", "id"), ("raw", "u", "id")


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select a, a || b as ab, 1 as one from raw.t", {"a": {A}, "ab": {A, B}, "one": set()}),
        ("with x as (select a as y from raw.t), z as (select * from x) select y + 1 as k from z", {"k": {A}}),
        ("select a from raw.t union all select c from raw.u", {"a": {A, C}}),
        ("select t.*, u.c from raw.t join raw.u on t.id = u.id", {"a": {A}, "b": {B}, "id": {ID}, "c": {C}}),
        ("select * replace (b as a) from raw.t", {"a": {B}, "b": {B}, "id": {ID}}),
        (
            "select case when b = 'x' then a end as k, count(*) over (partition by id) as n from raw.t",
            {"k": {A, B}, "n": {ID}},
        ),
        ('select "a" as "select" from "raw"."t"', {"select": {A}}),
        ("select k from (select a as k, id from raw.t) as s left join raw.u as other on s.id = other.id", {"k": {A}}),
        ("this is no query", {}),
    ],
)
def test_columns_are_followed(sql: str, expected: dict[str, set[tuple[str, str, str]]]) -> None:
    assert column_lineage(sql, TABLES) == expected


def test_a_union_of_many_queries_is_followed_however_deep_it_is_nested() -> None:
    """A study of 500 items has a model with a query an item: reading it went 500 deep, and Python's stack ended there."""
    queries = [f"select {column} as k from raw.t" for column in ("a", "b", "a")] + ["select c from raw.u"] * 1_500
    assert column_lineage(" union all ".join(queries), TABLES) == {"k": {A, B, C}}


def test_a_column_is_followed_through_models_to_where_it_began() -> None:
    origins = Origins({("raw", "answers", "x_01"): {("raw", "t1", "x_01"), ("raw", "t2", "x_01")}})
    origins.add(("staging", "s"), {"x_01": {("raw", "answers", "x_01")}, "one": set()})
    origins.add(("marts", "m"), {"score": {("staging", "s", "x_01"), ("staging", "s", "one")}})
    assert origins.origins_of(("marts", "m"), "score") == {("raw", "t1", "x_01"), ("raw", "t2", "x_01")}
    assert origins.origins_of(("staging", "s"), "one") == set()


def test_neighbours_are_drawn_together() -> None:
    columns = ["m_09", "m_10", "m_11", "m_09__missing", "m_10__missing", "pay", "m_02", "k_12", "m_11__missing"]
    assert in_ranges(columns) == "k_12, m_02, m_09 to m_11, pay, m_09__missing to m_11__missing"
