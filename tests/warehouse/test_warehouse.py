"""The file: all or nothing, releases swapped in whole, readers never disturbed."""

import contextlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from dagster_project.warehouse import (
    DamagedFileError,
    LockedFileError,
    Warehouse,
    WarehouseError,
    compact,
    compaction,
    copy_schemas,
    current_release,
    delete_release,
    identifier,
    open_file_pair,
    publish_release,
    recover_release,
    replace_rows,
    replace_table,
    warehouse_error,
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
    warehouse.replace_tables("s", {"t": pa.table({"a": [1]})})
    hold = f"import duckdb, sys; c = duckdb.connect({str(warehouse.path)!r}); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        for use in (lambda: warehouse.rows("select 1"), lambda: warehouse.prepare(is_expected=True)):
            with pytest.raises(LockedFileError) as refusal:
                use()
            assert re.fullmatch(
                rf"{re.escape(str(warehouse.path))}: is open in another program, .*python.* \(PID {holder.pid}\);"
                r" close it, then run again",
                str(refusal.value),
            )
        assert _asides(warehouse) == []
        holder.communicate()
    assert warehouse.prepare(is_expected=True) is None


def _asides(warehouse: Warehouse) -> list[Path]:
    return sorted(warehouse.path.parent.glob("*.damaged-*.duckdb"))


def _text(file: Path) -> None:
    file.write_text("this is no database, whatever its name says" * 100)


def _folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _flip_header(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.seek(4200)
        stream.write(b"\xff" * 8)


def _sqlite(file: Path) -> None:
    file.unlink()
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("create table t (a)")


_DAMAGES = {
    "text": _text,
    "a short text": lambda file: file.write_text("short"),
    "nothing": lambda file: file.write_bytes(b""),
    "a folder": _folder,
    "a header with flipped bytes": _flip_header,
    "a file cut short": lambda file: os.truncate(file, file.stat().st_size - 1),
    "half a header": lambda file: os.truncate(file, 100),
    "another database": _sqlite,
}


@pytest.mark.parametrize("damage", _DAMAGES.values(), ids=_DAMAGES)
def test_a_damaged_working_file_is_moved_aside_and_said(warehouse: Warehouse, damage: Callable[[Path], object]) -> None:
    warehouse.replace_tables("s", {"t": pa.table({"a": [1]})})
    damage(warehouse.path)
    content = warehouse.path.read_bytes() if warehouse.path.is_file() else None
    fault = warehouse.prepare(is_expected=True)
    (damaged_file,) = _asides(warehouse)
    assert re.fullmatch(
        rf"{re.escape(str(warehouse.path))}: the working file was damaged \(.*\) and was moved to {damaged_file.name}:"
        r" it is rebuilt from the exports",
        str(fault),
    )
    assert content is None or damaged_file.read_bytes() == content
    warehouse.replace_tables("s", {"t": pa.table({"a": [2]})})
    assert warehouse.prepare(is_expected=True) is None


def _flip_data(warehouse: Warehouse) -> None:
    """Flip bytes in the block of some values, which is read long after the file was opened."""
    marked = ["a value to be found " * 3000]
    warehouse.replace_tables("s", {"t": pa.table({"a": marked})})
    content = bytearray(warehouse.path.read_bytes())
    offset = content.rindex(b"a value to be found")
    content[offset : offset + 4] = b"\xff\xff\xff\xff"
    warehouse.path.write_bytes(content)


def test_damage_that_shows_in_the_midst_says_block_and_is_no_lock(warehouse: Warehouse) -> None:
    _flip_data(warehouse)
    assert warehouse.prepare(is_expected=True) is None
    with pytest.raises(DamagedFileError) as refusal, warehouse.kept_open():
        warehouse.rows("select * from s.t")
    (damaged_file,) = _asides(warehouse)
    assert "in block at location" in str(refusal.value)
    assert str(refusal.value).endswith(f" and was moved to {damaged_file.name}; run again: it is rebuilt from the exports")
    assert warehouse.prepare(is_expected=True) == (
        f"{warehouse.path}: the working file was missing: it is rebuilt from the exports"
    )


def test_damage_that_shows_in_a_comparison_is_laid_on_the_damaged_file(warehouse: Warehouse, tmp_path: Path) -> None:
    whole = Warehouse(tmp_path / "whole.duckdb")
    whole.replace_tables("s", {"t": pa.table({"a": ["b"]})})
    _flip_data(warehouse)
    damaged = pytest.raises(DamagedFileError, match="the working file was damaged")
    with damaged, open_file_pair(whole.path, warehouse.path) as files:
        files.changed_rows("s", "t", ["a"])
    assert whole.path.exists()
    assert len(_asides(warehouse)) == 1


def test_a_damaged_release_is_left_where_it_is(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "releases" / "first" / "warehouse.duckdb")
    warehouse.replace_tables("s", {"t": pa.table({"a": [1]})})
    (warehouse.path.parent / "manifest.json").write_text("{}")
    _flip_header(warehouse.path)
    with pytest.raises(WarehouseError) as refusal:
        warehouse.rows("select 1")
    assert str(refusal.value).endswith(
        f"; move the folder {warehouse.path.parent} away and run `wavehouse run`: the release before it becomes the current"
        " one, and what is new is released again"
    )
    assert _asides(warehouse) == []
    assert warehouse.path.exists()


def test_a_missing_file_is_worth_a_word_only_where_something_was_released(warehouse: Warehouse, tmp_path: Path) -> None:
    assert warehouse.prepare(is_expected=False) is None
    assert str(warehouse.prepare(is_expected=True)).endswith("the working file was missing: it is rebuilt from the exports")
    warehouse.path.parent.mkdir()
    warehouse.path.symlink_to(tmp_path / "nowhere" / "warehouse.duckdb")
    assert "the link was broken and was renamed to warehouse.damaged-" in str(warehouse.prepare(is_expected=False))
    # What was not yet written into a file that is gone is nothing to the new one.
    warehouse.path.with_name("warehouse.duckdb.wal").write_bytes(b"of the file that is gone")
    warehouse.prepare(is_expected=False)
    assert not warehouse.path.with_name("warehouse.duckdb.wal").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs users")
def test_a_file_that_may_not_be_read_is_neither_held_nor_damaged(warehouse: Warehouse) -> None:
    warehouse.replace_tables("s", {"t": pa.table({"a": [1]})})
    message = f'IO Error: Cannot open file "{warehouse.path}": Permission denied'
    assert str(warehouse_error(warehouse.path, message)) == (
        f"{warehouse.path}: cannot be opened ({message}); grant yourself read and write permission for it and its folder"
    )
    full = "IO Error: Could not write all bytes to file: No space left on device"
    assert str(warehouse_error(warehouse.path, full)).endswith("; free space on the disk, then run again")
    assert warehouse_error(warehouse.path, "Binder Error: block, lock and disk") is None
    assert warehouse_error(warehouse.path, 'IO Error: Could not read enough bytes from file "other.parquet": 3') is None
    assert warehouse.path.exists()


def _published(folder: Path, name: str) -> Path:
    return publish_release(folder, name, {"release": name}, lambda building: None)


def test_a_release_that_is_gone_gives_way_to_the_newest_that_is_kept(tmp_path: Path) -> None:
    _published(tmp_path, "1")
    second = _published(tmp_path, "2")
    (tmp_path / "release").unlink()
    recover_release(tmp_path)
    assert (current_release(tmp_path) or {})["release"] == "2"
    shutil.rmtree(second)  # the link leads nowhere
    recover_release(tmp_path)
    assert (current_release(tmp_path) or {})["release"] == "1"
    (tmp_path / "releases" / "1" / "manifest.json").write_text('{"rele', encoding="utf-8")
    with pytest.raises(WarehouseError) as refusal:
        current_release(tmp_path)
    assert str(refusal.value).startswith(
        f"{tmp_path / 'release' / 'manifest.json'}: the manifest of the release is damaged;"
    )


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch])
def test_somebodys_own_file_called_release_is_never_replaced(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "release")
    with pytest.raises(WarehouseError, match=r"release: this is not a release .*; move it away, then run again$"):
        recover_release(tmp_path)
    assert (tmp_path / "release").exists()


def _release(folder: Path, name: str, *, links: bool = True) -> Path:
    def fill(building: Path) -> None:
        with duckdb.connect(str(building / "warehouse.duckdb")) as connection:
            connection.execute("create schema results; create table results.results as select ? as name", [name])

    return publish_release(folder, name, {"name": name}, fill, links=links)


@pytest.mark.parametrize("links", [True, False])
def test_releases_are_swapped_in_whole(tmp_path: Path, links: bool) -> None:
    assert current_release(tmp_path) is None
    for number in range(3):
        _release(tmp_path, f"r{number}", links=links)
        assert (current_release(tmp_path) or {})["name"] == f"r{number}"
        assert Warehouse(tmp_path / "release" / "warehouse.duckdb").rows("select * from results.results") == [
            {"name": f"r{number}"}
        ]
    assert sorted(path.name for path in (tmp_path / "releases").iterdir()) == [f"r{number}" for number in range(3)]
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
    values, broken, stop = set(), [], threading.Event()

    def poll() -> None:
        while not stop.is_set():
            try:
                values.add(
                    Warehouse(tmp_path / "release" / "warehouse.duckdb").rows("select * from results.results")[0]["name"]
                )
            except Exception as error:
                broken.append(repr(error))

    reader = threading.Thread(target=poll)
    reader.start()
    for number in range(1, 16):
        _release(tmp_path, f"r{number}")
    stop.set()
    reader.join()
    assert broken == []
    assert "r15" in values | {
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
    calls = []
    connect = duckdb.connect
    monkeypatch.setattr(
        duckdb, "connect", lambda *arguments, **keywords: calls.append(arguments) or connect(*arguments, **keywords)
    )
    with warehouse.kept_open():
        warehouse.replace_tables("raw", {"t": pa.table({"a": [1]})})
        assert warehouse.rows("select a from raw.t") == [{"a": 1}]
        with pytest.raises(RuntimeError, match="stop"), warehouse.transaction() as connection:
            connection.execute("delete from raw.t")
            raise RuntimeError("stop")
        assert warehouse.rows("select a from raw.t") == [{"a": 1}]
    assert len(calls) == 1
    with connect(
        str(warehouse.path), read_only=True, config={"threads": "1"}
    ) as alone:  # refused while it is open otherwise
        assert alone.execute("select a from raw.t").fetchall() == [(1,)]
    warehouse.rows("select 1")
    assert len(calls) == 2


def test_a_file_kept_open_is_shared_by_every_thread_and_let_go_at_the_end(warehouse: Warehouse, tmp_path: Path) -> None:
    warehouse.replace_tables("s", {"t": pa.table({"a": [1]})})
    elsewhere = f"import duckdb; duckdb.connect({str(warehouse.path)!r}, read_only=True)"

    def is_free() -> bool:
        return subprocess.run([sys.executable, "-c", elsewhere], capture_output=True, check=False).returncode == 0

    results: list[object] = []
    with pytest.raises(RuntimeError, match="a step failed"), warehouse.kept_open():
        thread = threading.Thread(target=lambda: results.append(warehouse.rows("from s.t")))
        thread.start()
        thread.join()
        with warehouse.kept_open():
            warehouse.replace_tables("s", {"t": pa.table({"a": [2]})})
        # Whoever connects with the same settings shares it, as dbt does.
        connection = duckdb.connect(
            str(warehouse.path),
            config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "memory_limit": "1800MB"},
        )
        results.append(connection.execute("from s.t").fetchall())
        connection.close()
        assert not is_free()
        with warehouse.let_go():
            assert is_free()
            copy_schemas(warehouse.path, tmp_path / "copy.duckdb", ["s"])
        assert not is_free()
        copy_schemas(warehouse.path, tmp_path / "again.duckdb", ["s"])
        results.append(warehouse.rows("from s.t"))
        raise RuntimeError("a step failed")
    assert results == [[{"a": 1}], [(2,)], [{"a": 2}]]
    assert Warehouse(tmp_path / "again.duckdb").rows("from s.t") == [{"a": 2}]
    assert is_free()
    with warehouse.let_go():
        assert warehouse.can_be_read()
    warehouse.path.write_bytes(b"no database" * 1000)
    assert not warehouse.can_be_read()


def test_what_a_release_shares_with_the_one_before_it_is_one_file_that_nobody_writes(tmp_path: Path) -> None:
    def make(name: str, page: str) -> Path:
        def fill(building: Path) -> None:
            (building / "tables").mkdir()
            (building / "tables/table_1.csv").write_text("same in all")
            (building / "index.html").write_text(page)
            (building / "warehouse.duckdb").write_text("same, and people open it")

        return publish_release(tmp_path, name, {"name": name}, fill)

    first, second = make("r1", "first"), make("r2", "other")
    assert (first / "tables/table_1.csv").samefile(second / "tables/table_1.csv")
    assert not (first / "warehouse.duckdb").samefile(second / "warehouse.duckdb")
    assert [(path / "index.html").read_text() for path in (first, second)] == ["first", "other"]
    assert {path.stat().st_mode & 0o222 for path in (second / "tables/table_1.csv", second / "index.html")} == {0}
    delete_release(tmp_path, "r1")
    assert [path.name for path in (tmp_path / "releases").iterdir()] == ["r2"]
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


@pytest.mark.slow
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
        old_size = warehouse.path.stat().st_size
        assert compact(warehouse.path)
        sizes.append((old_size, warehouse.path.stat().st_size))
        assert warehouse.rows("select count(*) as n, count(distinct number) as numbers from marts.small") == [
            {"n": 100_000, "numbers": 1}
        ]
    assert all(new_size < old_size / 2 for old_size, new_size in sizes), sizes
    assert max(new_size for _, new_size in sizes) < 2 * sizes[0][1]
    assert max(old_size for old_size, _ in sizes) < 1.5 * sizes[0][0]
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
