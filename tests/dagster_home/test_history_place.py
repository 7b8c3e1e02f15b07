"""Where the history lies: the address, and a dagster.yaml that goes with it."""

from pathlib import Path

import pytest

from dagster_project.dagster_home import folder
from dagster_project.dagster_home.folder import open_dagster_home
from dagster_project.dagster_home.history_place import check_history, history_url, with_storage
from dagster_project.places import DAGSTER_SETTINGS
from dagster_project.settings import Settings, read_settings

_URL = "postgresql://wavehouse:s3cret@history.example.org/wavehouse"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_an_address_is_of_the_driver_that_dagster_is_written_for(scheme: str) -> None:
    address = f"{scheme}://wavehouse:s3cret%40@history.example.org:5433/wavehouse?sslmode=require"
    assert history_url(address) == (
        "postgresql+psycopg2://wavehouse:s3cret%40@history.example.org:5433/wavehouse?sslmode=require"
    )


@pytest.mark.parametrize("address", ["mysql://u:s3cret@h/d", "s3cret", "postgresql+asyncpg://u:s3cret@h/d"])
def test_what_is_no_address_is_refused_without_being_quoted(address: str) -> None:
    with pytest.raises(ValueError) as refusal:
        history_url(address)
    assert str(refusal.value) == (
        "WAVEHOUSE_HISTORY: this is no address of PostgreSQL; write it as in postgresql://user:password@host:5432/database"
    )


@pytest.mark.parametrize(
    "address", ["postgresql://u:s3cret@h", "postgresql://u:s3/cret@h:5/d", "postgresql://u:x@h:s3cret/d"]
)
def test_an_address_that_is_not_whole_is_refused_without_being_quoted(address: str) -> None:
    with pytest.raises(ValueError) as refusal:
        history_url(address)
    assert "s3" not in str(refusal.value)
    assert str(refusal.value) == (
        "WAVEHOUSE_HISTORY: the address names no database, or no port; write it as in"
        " postgresql://user:password@host:5432/database, with %40 for @, %2F for / and %3A for : in the password"
    )


def test_without_the_packages_the_command_that_brings_them_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dagster_project.dagster_home.history_place.find_spec", lambda name: None)
    with pytest.raises(ValueError) as refusal:
        check_history(_URL)
    assert str(refusal.value) == (
        "WAVEHOUSE_HISTORY: a history in PostgreSQL needs more packages; install them with `pip install 'wavehouse[server]'`"
    )


def _settings(home: Path, history: str = "") -> Settings:
    return read_settings({"WAVEHOUSE_HOME": str(home), "WAVEHOUSE_STUDY": str(home / "s"), "WAVEHOUSE_HISTORY": history})


def test_a_home_names_the_storage_and_never_the_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.setattr(folder, "check_history", lambda address: None)
    settings = _settings(tmp_path, _URL)
    assert "s3cret" not in repr(settings)
    file = open_dagster_home(settings) / "dagster.yaml"
    text = file.read_text(encoding="utf-8")
    assert "class: PostgresHistory" in text and "pooled_history" not in text and "history.example.org" not in text
    # All else is as in a home with files.
    shipped = DAGSTER_SETTINGS.read_text(encoding="utf-8")
    assert text.split("# What steps print")[1] == shipped.split("# What steps print")[1]
    open_dagster_home(settings)
    assert file.read_text(encoding="utf-8") == text
    with pytest.raises(ValueError) as refusal:
        open_dagster_home(_settings(tmp_path))
    assert str(refusal.value) == (
        f"{file}: the history lies in PostgreSQL; set WAVEHOUSE_HISTORY to its address, or delete this file: a history in"
        " files begins"
    )


def test_a_home_with_files_goes_over_and_keeps_what_is_somebodys_own(tmp_path: Path) -> None:
    shipped = DAGSTER_SETTINGS.read_text(encoding="utf-8")
    own = f"{shipped}\nrun_retries: {{enabled: true}}\n"
    text = with_storage(own, shipped, tmp_path, is_in_postgres=True)
    assert "PostgresHistory" in text and text.endswith("\nrun_retries: {enabled: true}\n")
    # As Dagster's chart writes it, and as its documentation says.
    for lines in (
        "run_storage:\n  module: dagster_postgres.run_storage\n  class: PostgresRunStorage\n",
        "storage:\n  postgres:\n    postgres_url: {env: HISTORY}\n",
    ):
        assert with_storage(lines, shipped, tmp_path, is_in_postgres=True) == lines
        with pytest.raises(ValueError, match="the history lies in PostgreSQL; set WAVEHOUSE_HISTORY to its address"):
            with_storage(lines, shipped, tmp_path, is_in_postgres=False)
    with pytest.raises(ValueError) as refusal:
        with_storage("storage:\n  sqlite:\n    base_dir: /x\n", shipped, tmp_path, is_in_postgres=True)
    assert str(refusal.value) == (
        f"{tmp_path}: the lines about the storage are somebody's own, and WAVEHOUSE_HISTORY names another place; delete these"
        " lines, or leave the variable out"
    )
