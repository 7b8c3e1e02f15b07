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
        connection.execute("create view marts.v as select a + 1 as b from marts.t")
    target = tmp_path / "copy" / "released.duckdb"
    target.parent.mkdir()
    copy_schemas(warehouse.path, target, ("marts",))
    copy = Warehouse(target)
    assert copy.rows("select b from marts.v") == [{"b": 2}]
    assert copy.rows("select schema_name, table_name, comment from duckdb_columns() where column_name = 'a'") == [
        {"schema_name": "marts", "table_name": "t", "comment": "what's a"}
    ]
    assert copy.rows("select count(*) as n from duckdb_tables() where schema_name = 'raw'") == [{"n": 0}]
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


def test_a_file_kept_open_is_shared_by_every_thread_and_let_go_at_the_end(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.replace_tables("s", {"t": pa.table({"a": [1]})})
    elsewhere = f"import duckdb; duckdb.connect({str(warehouse.path)!r}, read_only=True)"

    def is_free() -> bool:
        return subprocess.run([sys.executable, "-c", elsewhere], capture_output=True, check=False).returncode == 0

    seen: list[object] = []
    with pytest.raises(RuntimeError, match="a step failed"), warehouse.kept_open():
        thread = threading.Thread(target=lambda: seen.append(warehouse.rows("from s.t")))
        thread.start()
        thread.join()
        with warehouse.kept_open():
            warehouse.replace_tables("s", {"t": pa.table({"a": [2]})})
        # Whoever connects with the same settings shares it, as dbt does.
        shared = duckdb.connect(
            str(warehouse.path),
            config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"},
        )
        seen.append(shared.execute("from s.t").fetchall())
        shared.close()
        assert not is_free()
        with warehouse.let_go():
            assert is_free()
            copy_schemas(warehouse.path, tmp_path / "copy.duckdb", ["s"])
        assert not is_free()
        copy_schemas(warehouse.path, tmp_path / "again.duckdb", ["s"])
        seen.append(warehouse.rows("from s.t"))
        raise RuntimeError("a step failed")
    assert seen == [[{"a": 1}], [(2,)], [{"a": 2}]]
    assert Warehouse(tmp_path / "again.duckdb").rows("from s.t") == [{"a": 2}]
    assert is_free()
    with warehouse.let_go():
        assert warehouse.can_be_read()
    warehouse.path.write_bytes(b"no database" * 1000)
    assert not warehouse.can_be_read()
