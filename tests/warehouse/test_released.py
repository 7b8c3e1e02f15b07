"""Which release a path means, while releases are swapped by a link or by two renames."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from dagster_project.warehouse import Warehouse, WarehouseError, find_release, publish_release


def _fill(number: int) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
            for schema in ("codebook", "marts", "results"):
                connection.execute(f"create schema {schema}; create table {schema}.numbers as select {number} as number")

    return fill


def _publish(study: Path, number: int, *, links: bool) -> None:
    publish_release(study, f"r{number}", {"release": f"r{number}"}, _fill(number), links=links)


@pytest.mark.parametrize("links", [True, False])
def test_what_was_found_is_of_one_release_for_good(tmp_path: Path, links: bool) -> None:
    for number in (1, 2):
        _publish(tmp_path, number, links=links)
        # By every path that means it.
        for path in (
            tmp_path,
            tmp_path / "release",
            tmp_path / "release" / "warehouse.duckdb",
            tmp_path / "releases" / f"r{number}",
        ):
            assert find_release(path).file == tmp_path / "releases" / f"r{number}" / "warehouse.duckdb"
            assert find_release(str(path)).name == f"r{number}"
    assert find_release(tmp_path / "releases" / "r1").name == "r1"


def test_between_two_renames_readers_wait_for_the_second(tmp_path: Path) -> None:
    """Where links are not allowed, there is no folder `release` for a moment."""
    _publish(tmp_path, 1, links=False)
    (tmp_path / "release").rename(tmp_path / "release.new")

    def rename() -> None:
        time.sleep(0.2)
        (tmp_path / "release.new").rename(tmp_path / "release")

    thread = threading.Thread(target=rename)
    thread.start()
    assert find_release(tmp_path).name == "r1"
    thread.join()
    (tmp_path / "release").rename(tmp_path / "elsewhere")
    with pytest.raises(WarehouseError, match=r"release: there is no release here; `wavehouse run` makes one$"):
        find_release(tmp_path)


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ("{", "manifest.json: the manifest of the release is damaged; take another copy of the release"),
        ('{"format": "x"}', "a newer Wavehouse made this release (format x; this one reads up to 1); install that one: pip install"
         " --upgrade wavehouse"),
        ("{}", "warehouse.duckdb: the release has no data file; take another copy of the release"),
    ],
)  # fmt: skip
def test_a_release_that_cannot_be_read_is_refused(tmp_path: Path, manifest: str, message: str) -> None:
    (tmp_path / "manifest.json").write_text(manifest, encoding="utf-8")
    with pytest.raises(WarehouseError) as refusal:
        find_release(tmp_path)
    assert str(refusal.value).endswith(message) and "\n" not in str(refusal.value)


def test_any_other_duckdb_file_is_no_release(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "other.duckdb")).close()
    with pytest.raises(WarehouseError, match=r"other\.duckdb: this DuckDB file is no release; give a release's folder, "):
        find_release(tmp_path / "other.duckdb")


def test_a_release_is_read_beside_somebodys_own_connection(tmp_path: Path) -> None:
    """As in a notebook, where a release is open in DuckDB, too."""
    _publish(tmp_path, 1, links=True)
    file = find_release(tmp_path).file
    with duckdb.connect(str(file), read_only=True):
        assert Warehouse(file).rows("select number from marts.numbers") == [{"number": 1}]
    with (
        duckdb.connect(str(file), read_only=True, config={"threads": 1}),
        pytest.raises(WarehouseError, match=r"warehouse\.duckdb: is open in this program with other settings; close that"),
    ):
        Warehouse(file).rows("select number from marts.numbers")
