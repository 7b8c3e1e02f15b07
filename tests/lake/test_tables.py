"""What a publication does with tables, views and schemas that come and go, in made-up releases."""

from pathlib import Path

import duckdb
import pytest
from lake.numbered import lake_of_study, release_row

from dagster_project.warehouse import Lake, LakeError, LakeRequest, read_lake_releases
from dagster_project.warehouse.lake_releases import publish_once

_OWN = frozenset({"r1", "r2", "r3"})


def _published(lake: Lake, folder: Path, number: int, sql: str) -> None:
    file = folder / f"r{number}.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(sql)
    publish_once(LakeRequest(lake, file, release_row("mood", number), own_releases=_OWN))


def _relations(lake: Lake, snapshot: int | None = None) -> set[str]:
    with lake.connect(snapshot=snapshot) as connection:
        rows = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where database_name = 'lake' union all"
            " select schema_name || '.' || view_name from duckdb_views() where database_name = 'lake'"
        ).fetchall()
    return {name for (name,) in rows}


@pytest.mark.slow
def test_what_a_release_has_no_longer_leaves_and_comes_back(file_lake_variables: dict[str, str], tmp_path: Path) -> None:
    lake = lake_of_study("mood", file_lake_variables)
    first = "create schema a; create table a.t as select 1 as n; create view a.z as from a.t; create view a.v as from a.z;"
    own = "create schema own; create table own.t as select 'x' as word;"
    _published(lake, tmp_path, 1, first + own)
    # A table where there was a view, a view where there was a table, another type, no schema.
    second = "create schema a; create table a.v as select 2.5 as n; create table a.u as select 2 as m; create view a.t as from a.u;"
    _published(lake, tmp_path, 2, second)
    _published(lake, tmp_path, 3, first + own)
    former, latter = {"main.releases", "a.t", "a.z", "a.v", "own.t"}, {"main.releases", "a.v", "a.u", "a.t"}
    assert [_relations(lake, number) for number in (1, 2, 3)] == [former, latter, former]
    assert _relations(lake) == former
    with lake.connect(snapshot=2) as connection:
        assert connection.execute("select n, m from a.v, a.t").fetchall() == [(2.5, 2)]
        assert [row.release for row in read_lake_releases(connection)] == ["r1", "r2"]


def test_descriptions_go_along_where_a_lake_has_them(file_lake_variables: dict[str, str], tmp_path: Path) -> None:
    lake = lake_of_study("mood", file_lake_variables)
    sql = """
        create schema a;
        create table a.t as select 1 as "it's";
        create view a.v as from a.t;
        comment on table a.t is 'a table''s words';
        comment on column a.t."it's" is 'a column''s "words"';
        comment on view a.v is 'a view';
        comment on column a.v."it's" is 'not kept';
    """
    _published(lake, tmp_path, 1, sql)
    with lake.connect() as connection:
        tables, views, columns = (
            connection.execute(
                f"select comment from duckdb_{kind}() where schema_name = 'a' and comment is not null"
            ).fetchall()
            for kind in ("tables", "views", "columns")
        )
        described = connection.execute(
            "select column_name, comment from duckdb_columns() where table_name = 'releases' and comment is null"
        ).fetchall()
    assert (tables, views, columns) == ([("a table's words",)], [("a view",)], [('a column\'s "words"',)])
    assert described == []


@pytest.mark.slow
def test_what_fails_in_the_middle_leaves_the_lake_as_it_was(file_lake_variables: dict[str, str], tmp_path: Path) -> None:
    lake = lake_of_study("mood", file_lake_variables)
    _published(lake, tmp_path, 1, "create schema a; create table a.t as select 1 as n")
    broken = "create schema a; create table a.t as select 2 as n; create table a.u as select 'x'::enum('x', 'y') as kind"
    with pytest.raises(LakeError, match="unsupported type ENUM") as refusal:
        _published(lake, tmp_path, 2, broken)
    assert refusal.value.is_final
    with lake.connect() as connection:
        assert connection.execute("from a.t").fetchall() == [(1,)]
        assert [row.release for row in read_lake_releases(connection)] == ["r1"]
