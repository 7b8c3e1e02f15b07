"""Dagster's history in a real PostgreSQL: written, searched, deleted; the password is nowhere."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from postgres_server import missing_server, postgres_server

from dagster_project.cli import main
from dagster_project.dagster_home.erasure import erase_from_history
from dagster_project.dagster_home.folder import open_dagster_home
from dagster_project.dagster_home.history import history_fault
from dagster_project.dagster_home.retention import HOME_TAG, history_of_home
from dagster_project.settings import Settings, read_settings

pytest.importorskip("dagster_postgres", reason="the extra server is not installed")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(missing_server() is not None, reason=f"a history in PostgreSQL: {missing_server()}"),
]
_PERSON = "somebody@example.org"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("postgres")


@pytest.fixture(scope="module")
def address(cluster: Path) -> Iterator[str]:
    with postgres_server(cluster) as server:
        yield server.address


@pytest.fixture
def settings(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    environment = {"WAVEHOUSE_HOME": str(tmp_path), "WAVEHOUSE_STUDY": str(tmp_path / "study"), "WAVEHOUSE_HISTORY": address}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DAGSTER_HOME", "")
    made = read_settings(environment)
    open_dagster_home(made)
    return made


def _password(address: str) -> str:
    return address.partition("@")[0].rpartition(":")[2]


def _note(settings: Settings, text: str, key: str = "release") -> None:
    with dg.DagsterInstance.get() as instance:
        instance.report_runless_asset_event(dg.AssetMaterialization(key, metadata={"note": text}))


def _texts(address: str) -> str:
    """All that the history's tables hold."""
    import sqlalchemy as db

    engine = db.create_engine(address.replace("postgresql://", "postgresql+psycopg2://"))
    with engine.connect() as connection:
        tables = db.inspect(connection).get_table_names()
        rows = [row for table in tables for row in connection.exec_driver_sql(f'select * from "{table}"')]
    engine.dispose()
    return "\n".join(str(tuple(row)) for row in rows)


def test_a_history_is_written_and_its_password_nowhere(settings: Settings, address: str) -> None:
    _note(settings, "of a release")
    assert "of a release" in _texts(address)
    password = _password(address)
    with dg.DagsterInstance.get() as instance:
        assert password not in dg.serialize_value(instance.get_ref())  # the arguments of Dagster's processes
        assert password not in instance.info_str()  # shown by the UI
    files = [path for path in settings.home.rglob("*") if path.is_file()]
    assert files and not [path for path in files if password.encode() in path.read_bytes()]
    assert not list(settings.home.rglob("*.db"))


def test_what_names_a_person_is_taken_out_and_the_rest_stays(settings: Settings, address: str, cluster: Path) -> None:
    """As `wavehouse forget` does: also from what is remembered of an asset, and no deleted row stays in a file."""
    _note(settings, f"the roster holds {_PERSON}", "roster")
    _note(settings, "nobody is named", "other")
    assert _PERSON in _texts(address)
    import sqlalchemy as db

    engine = db.create_engine(address.replace("postgresql://", "postgresql+psycopg2://"))
    with engine.begin() as connection:
        connection.exec_driver_sql("create table of_others (words text)")
        connection.exec_driver_sql(f"insert into of_others values ('{_PERSON}')")
    erased = erase_from_history(settings.dagster_home, lambda text: _PERSON.encode() in text, settings.history)
    assert erased >= 2  # events, and the asset
    with engine.begin() as connection:
        # What another program keeps in the same database is not Dagster's history.
        assert connection.exec_driver_sql("select count(*) from of_others").scalar() == 1
        connection.exec_driver_sql("drop table if exists of_others")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("checkpoint")
    engine.dispose()
    # Nor is it in a file of the tables: a deleted row stays there until a table is written anew.
    files = [path for path in cluster.rglob("base/*/*") if path.is_file()]
    assert files and not [path for path in files if _PERSON.encode() in path.read_bytes()]
    texts = _texts(address)
    assert _PERSON not in texts and "nobody is named" in texts
    with dg.DagsterInstance.get() as instance:
        assert dg.AssetKey("roster") in instance.all_asset_keys()
        assert instance.get_latest_materialization_event(dg.AssetKey("roster")) is None
    assert erase_from_history(settings.dagster_home, lambda text: _PERSON.encode() in text, settings.history) == 0


def test_old_runs_are_found_and_deleted(settings: Settings, address: str) -> None:
    tags = {HOME_TAG: settings.study_home.name}
    with dg.DagsterInstance.get() as instance:
        run = instance.add_run(dg.DagsterRun("everything", status=dg.DagsterRunStatus.SUCCESS, tags=tags))
        instance.add_run(dg.DagsterRun("everything", status=dg.DagsterRunStatus.SUCCESS, tags={HOME_TAG: "another"}))
        instance.report_engine_event("a line of this run", run)
    history = history_of_home(settings, is_alone=False)
    assert [entry.run_id for entry in history.finished_runs()] == [run.run_id]
    assert history.finished_runs()[0].ended_at <= datetime.now(UTC)
    assert history.delete_runs([run.run_id]) == [run.run_id]
    assert history.finished_runs() == []
    assert "a line of this run" not in _texts(address)


def test_a_wrong_password_and_a_server_that_is_gone_are_one_line(
    settings: Settings, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # between Dagster's attempts
    wrong = address.replace(_password(address), "s3cret")
    monkeypatch.setenv("WAVEHOUSE_HISTORY", wrong)
    with pytest.raises(Exception) as error:
        dg.DagsterInstance.get().get_runs()
    fault = history_fault(error.value, settings.dagster_home)
    assert fault is not None and fault.startswith("WAVEHOUSE_HISTORY: PostgreSQL does not answer (")
    assert "password authentication failed" in fault and "s3cret" not in fault and "\n" not in fault
    with pytest.raises(ValueError, match=r"^WAVEHOUSE_HISTORY: PostgreSQL does not answer \(.*password authentication"):
        erase_from_history(settings.dagster_home, lambda text: False, wrong)
    assert os.environ["WAVEHOUSE_HISTORY"] == wrong


def test_a_run_by_hand_is_in_it(small_copy: tuple, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, _ = small_copy
    environment = {
        "WAVEHOUSE_STUDY": str(workspace.study_folder),
        "WAVEHOUSE_HOME": str(workspace.settings.home),
        "WAVEHOUSE_PSEUDONYM_KEY": workspace.settings.pseudonym_key,
        "WAVEHOUSE_HISTORY": address,
        "DAGSTER_HOME": "",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main(["run", "--again", "--quiet"]) == 0
    with dg.DagsterInstance.get() as instance:
        (run,) = instance.get_runs(filters=dg.RunsFilter(job_name="everything", tags={"wavehouse/source": "command line"}))
        assert run.is_success
    assert not list(workspace.settings.dagster_home.glob("history/*"))
