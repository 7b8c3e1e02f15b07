"""The file: all or nothing, releases swapped in whole, readers never disturbed."""

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from dagster_project.warehouse import (
    Warehouse,
    WarehouseError,
    compact,
    compaction,
    copy_schemas,
    current_release,
    identifier,
    publish_release,
    recover_release,
    replace_rows,
    replace_table,
)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "home" / "warehouse.duckdb")


def test_a_failed_transaction_leaves_everything(warehouse: Warehouse) -> None:
    warehouse.replace_tables("raw", {"t": pa.table({"a": [1, 2]})})
    with pytest.raises(RuntimeError, match="halfway"), warehouse.transaction() as connection:
        replace_table(connection, "raw", "t", pa.table({"a": [3]}))
        raise RuntimeError("halfway")
    assert warehouse.rows("select a from raw.t order by a") == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize("name", ['a"b', "select", "x; drop table y", "ä ö", "😀"])
def test_names_are_data(warehouse: Warehouse, name: str) -> None:
    warehouse.replace_tables(name, {name: pa.table({name: ["'; --"]})})
    assert warehouse.rows(f"select * from {identifier(name)}.{identifier(name)}") == [{name: "'; --"}]


def test_a_row_that_says_the_same_keeps_its_stamp(warehouse: Warehouse) -> None:
    def write(rows: list[tuple[str, str, float | None, str]]) -> None:
        table = pa.Table.from_pylist([dict(zip(("kind", "id", "value", "run"), row, strict=True)) for row in rows])
        with warehouse.transaction() as connection:
            replace_rows(connection, "results", "r", table, ("kind", ["a"]), key="id", stamps=("run",))

    write([("a", "x", 1.0, "first"), ("a", "y", 2.0, "first"), ("a", "z", 3.0, "first")])
    write([("a", "x", 1.0, "second"), ("a", "y", 2.5, "second"), ("a", "w", 4.0, "second")])
    assert warehouse.rows("select id, value, run from results.r order by id") == [
        {"id": "w", "value": 4.0, "run": "second"},
        {"id": "x", "value": 1.0, "run": "first"},
        {"id": "y", "value": 2.5, "run": "second"},
    ]


def test_other_rows_of_a_shared_table_stay(warehouse: Warehouse) -> None:
    for kind, number in (("a", 1), ("b", 2), ("a", 3)):
        with warehouse.transaction() as connection:
            replace_rows(connection, "s", "t", pa.table({"kind": [kind], "n": [number]}), ("kind", [kind]))
    assert warehouse.rows("select * from s.t order by kind") == [{"kind": "a", "n": 3}, {"kind": "b", "n": 2}]


def test_refusals(warehouse: Warehouse, tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match=r"there is no warehouse yet; run `wavehouse run` first$"):
        warehouse.rows("select 1")
    (tmp_path / "text.duckdb").write_text("this is no database, whatever its name says" * 100)
    with pytest.raises(WarehouseError, match=r"cannot be opened \(.*\); check the file$"):
        Warehouse(tmp_path / "text.duckdb").rows("select 1")
    warehouse.replace_tables("s", {"t": pa.table({"a": [1]})})
    hold = f"import duckdb, sys; c = duckdb.connect({str(warehouse.path)!r}); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(WarehouseError, match=r"close the program that holds it, then run again$"):
            warehouse.rows("select 1")
        holder.communicate()


def _release(folder: Path, name: str, *, links: bool = True) -> Path:
    def fill(building: Path) -> None:
        with duckdb.connect(str(building / "warehouse.duckdb")) as connection:
            connection.execute("create schema results; create table results.results as select ? as name", [name])

    return publish_release(folder, name, {"name": name}, fill, links=links)


@pytest.mark.parametrize("links", [True, False])
def test_releases_are_swapped_in_whole_and_the_last_five_kept(tmp_path: Path, links: bool) -> None:
    assert current_release(tmp_path) is None
    for number in range(7):
        _release(tmp_path, f"r{number}", links=links)
        assert (current_release(tmp_path) or {})["name"] == f"r{number}"
        assert Warehouse(tmp_path / "release" / "warehouse.duckdb").rows("select * from results.results") == [
            {"name": f"r{number}"}
        ]
    assert sorted(path.name for path in (tmp_path / "releases").iterdir()) == [f"r{number}" for number in range(2, 7)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["release", "releases"]


@pytest.mark.parametrize("links", [True, False])
def test_a_release_that_fails_while_it_is_filled_changes_nothing(tmp_path: Path, links: bool) -> None:
    _release(tmp_path, "good", links=links)

    def fail(building: Path) -> None:
        (building / "half.csv").write_text("half")
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        publish_release(tmp_path, "bad", {"name": "bad"}, fail, links=links)
    assert (current_release(tmp_path) or {})["name"] == "good"
    assert [path.name for path in (tmp_path / "releases").iterdir()] == ["good"]


def test_a_swap_killed_between_its_two_renames_is_healed(tmp_path: Path) -> None:
    _release(tmp_path, "old", links=False)
    shutil.copytree(tmp_path / "release", tmp_path / "release.new")
    (tmp_path / "release").rename(tmp_path / "release.old")
    (tmp_path / "releases" / ".building-1").mkdir()
    recover_release(tmp_path)
    assert (current_release(tmp_path) or {})["name"] == "old"
    assert not (tmp_path / "release.new").exists()
    assert not (tmp_path / "releases" / ".building-1").exists()
    recover_release(tmp_path)
    assert (current_release(tmp_path) or {})["name"] == "old"


def test_a_reader_sees_one_whole_release_while_others_are_swapped_in(tmp_path: Path) -> None:
    _release(tmp_path, "r0")
    seen, broken, stop = set(), [], threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                seen.add(
                    Warehouse(tmp_path / "release" / "warehouse.duckdb").rows("select * from results.results")[0]["name"]
                )
            except Exception as error:
                broken.append(repr(error))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(1, 16):
        _release(tmp_path, f"r{number}")
    stop.set()
    reader.join()
    assert broken == []
    assert "r15" in seen | {
        Warehouse(tmp_path / "release" / "warehouse.duckdb").rows("select * from results.results")[0]["name"]
    }


def test_a_copy_holds_the_tables_views_and_comments_of_its_schemas_only(warehouse: Warehouse, tmp_path: Path) -> None:
    with warehouse.transaction() as connection:
        connection.execute("create schema marts; create schema raw; create table raw.secret as select 'name' as person")
        connection.execute("create table marts.t as select 1 as a; comment on column marts.t.a is 'what''s a'")
        connection.execute("create table marts.k (i integer primary key, w varchar not null)")
        connection.execute("comment on table marts.k is 'keyed'")
        connection.execute(
            "create view marts.v as select a + 1 as b from warehouse.marts.t; comment on view marts.v is 'seen'"
        )
        connection.execute("create view marts.a_view as select b || ' of warehouse.marts' as words, v.b from marts.v as v")
        connection.execute("create table raw.gone as select 'a name in a block that is free' as person from range(100000)")
    with warehouse.transaction() as connection:
        connection.execute("drop table raw.gone")
    target = tmp_path / "copy" / "released.duckdb"
    target.parent.mkdir()
    copy_schemas(warehouse.path, target, ("marts",))
    copy = Warehouse(target)
    assert copy.rows("select b from marts.v") == [{"b": 2}]
    assert copy.rows("select schema_name, table_name, comment from duckdb_columns() where column_name = 'a'") == [
        {"schema_name": "marts", "table_name": "t", "comment": "what's a"}
    ]
    assert copy.rows("select count(*) as n from duckdb_tables() where schema_name = 'raw'") == [{"n": 0}]
    with duckdb.connect(str(target), read_only=True) as connection:
        assert connection.execute("select sql from duckdb_tables() where table_name = 'k'").fetchall() == [
            ("CREATE TABLE marts.k(i INTEGER PRIMARY KEY, w VARCHAR NOT NULL);",)
        ]
        assert connection.execute("from marts.a_view").fetchall() == [("2 of warehouse.marts", 2)]
        assert connection.execute("select comment from duckdb_tables() where table_name = 'k'").fetchall() == [("keyed",)]
        assert connection.execute("select comment from duckdb_views() where view_name = 'v'").fetchall() == [("seen",)]
    assert b"a name in a block that is free" not in target.read_bytes()
    # Read under another name, as a person would attach it.
    with duckdb.connect() as person:
        person.execute(f"attach '{target}' as study (read_only); use study")
        assert person.execute("select b from marts.v").fetchall() == [(2,)]


def test_a_file_kept_open_is_opened_once_and_let_go_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warehouse = Warehouse(tmp_path / "w.duckdb")
    opened = []
    connect = duckdb.connect
    monkeypatch.setattr(duckdb, "connect", lambda *given, **named: opened.append(given) or connect(*given, **named))
    with warehouse.kept_open():
        warehouse.replace_tables("raw", {"t": pa.table({"a": [1]})})
        assert warehouse.rows("select a from raw.t") == [{"a": 1}]
        with pytest.raises(RuntimeError, match="stop"), warehouse.transaction() as connection:
            connection.execute("delete from raw.t")
            raise RuntimeError("stop")
        assert warehouse.rows("select a from raw.t") == [{"a": 1}]
    assert len(opened) == 1
    with connect(
        str(warehouse.path), read_only=True, config={"threads": "1"}
    ) as alone:  # refused while it is open otherwise
        assert alone.execute("select a from raw.t").fetchall() == [(1,)]
    warehouse.rows("select 1")
    assert len(opened) == 2


def test_what_a_release_shares_with_the_one_before_it_is_one_file_that_nobody_writes(tmp_path: Path) -> None:
    def make(name: str, page: str) -> Path:
        def fill(building: Path) -> None:
            (building / "tables").mkdir()
            (building / "tables/table_1.csv").write_text("same in all")
            (building / "index.html").write_text(page)
            (building / "warehouse.duckdb").write_text("same, and people open it")

        return publish_release(tmp_path, name, {"name": name}, fill)

    one, two = make("r1", "first"), make("r2", "other")
    assert (one / "tables/table_1.csv").samefile(two / "tables/table_1.csv")
    assert not (one / "warehouse.duckdb").samefile(two / "warehouse.duckdb")
    assert [(path / "index.html").read_text() for path in (one, two)] == ["first", "other"]
    assert {path.stat().st_mode & 0o222 for path in (two / "tables/table_1.csv", two / "index.html")} == {0}
    for number in range(3, 9):
        make(f"r{number}", "other")
    assert not one.exists()
    assert (tmp_path / "release/tables/table_1.csv").read_text() == "same in all"


def _with_free_blocks(warehouse: Warehouse, number: int) -> None:
    """DuckDB cuts free blocks off the end of a file by itself: what is gone must lie before what stays."""
    for sql in (
        "create or replace table marts.wave as select random() as x from range(1000000)",
        f"create or replace table marts.small as select random() as x, {number} as number from range(100000)",
        "drop table marts.wave",
    ):
        with warehouse.transaction() as connection:
            connection.execute(sql)


def test_a_working_file_that_is_mostly_free_is_made_small_and_says_the_same(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "SMALLEST", 2**20)
    with warehouse.transaction() as connection:
        connection.execute(
            "create schema marts; create table marts.t (a integer primary key); insert into marts.t values (7)"
        )
        connection.execute("comment on table marts.t is 'kept'; create view marts.v as select a from warehouse.marts.t")
    assert not compact(warehouse.path)
    sizes = []
    for number in range(10):  # a wave that comes again and again, with something small behind it
        _with_free_blocks(warehouse, number)
        before = warehouse.path.stat().st_size
        assert compact(warehouse.path)
        sizes.append((before, warehouse.path.stat().st_size))
        assert warehouse.rows("select count(*) as n, count(distinct number) as numbers from marts.small") == [
            {"n": 100_000, "numbers": 1}
        ]
    assert all(after < before / 2 for before, after in sizes), sizes
    assert max(after for _, after in sizes) < 2 * sizes[0][1]
    assert max(before for before, _ in sizes) < 1.5 * sizes[0][0]
    assert warehouse.rows("select a, comment from marts.v, duckdb_tables() where table_name = 't'") == [
        {"a": 7, "comment": "kept"}
    ]
    with pytest.raises(duckdb.ConstraintException), warehouse.transaction() as connection:
        connection.execute("insert into marts.t values (7)")
    assert sorted(path.name for path in warehouse.path.parent.iterdir()) == ["warehouse.duckdb"]


def test_a_working_file_that_somebody_has_open_is_left_alone(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "SMALLEST", 0)
    with warehouse.transaction() as connection:
        connection.execute("create schema marts")
    _with_free_blocks(warehouse, 3)
    with warehouse.connect():
        assert not compact(warehouse.path)
    hold = f"import duckdb, sys; c = duckdb.connect({str(warehouse.path)!r}); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert not compact(warehouse.path)
        holder.communicate()
    (warehouse.path.parent / ".warehouse.duckdb.compacted").write_text("of a run that was killed")
    assert compact(warehouse.path)
    assert warehouse.rows("select distinct number from marts.small") == [{"number": 3}]
    assert sorted(path.name for path in warehouse.path.parent.iterdir()) == ["warehouse.duckdb"]
