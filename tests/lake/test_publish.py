"""`wavehouse publish` and what stands in the lake afterwards: the release, whole, and no secret anywhere."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import Run, Workspace
from lake.services import KEY_ID, PASSWORD, SECRET, LakeDatabase

from dagster_project.cli import main
from dagster_project.lake_address import read_lake_address
from dagster_project.release.lake import lake_of, publish_current_release
from dagster_project.settings import Settings
from dagster_project.trail import snapshot
from dagster_project.warehouse import Lake, LakeError, Warehouse, literal, make_current, read_lake_releases, rows

Copy = Callable[[Workspace, Path], Workspace]


@pytest.fixture
def study(small_run: tuple[Workspace, Run], copy_of: Copy, tmp_path: Path) -> Workspace:
    """A copy of the small study that ran."""
    return copy_of(small_run[0], tmp_path / "study")


def _with_lake(settings: Settings, variables: Mapping[str, str]) -> Settings:
    return replace(settings, lake=read_lake_address(variables))


def _differences(lake: Lake, file: Path) -> list[str]:
    """The tables and views whose rows differ between the lake and a released file, in either direction."""
    differing = []
    with lake.connect() as connection:
        connection.execute(f"attach {literal(str(file))} as released (read_only)")
        relations = rows(
            connection,
            "select schema_name, table_name as name from duckdb_tables() where database_name = 'released' union all"
            " select schema_name, view_name from duckdb_views() where database_name = 'released' and not internal",
        )
        assert len(relations) > 100
        for relation in relations:
            name = f'{relation["schema_name"]}."{relation["name"]}"'
            for one, other in (("lake", "released"), ("released", "lake")):
                difference = f"from {one}.{name} except all from {other}.{name}"
                if connection.execute(f"select 1 from ({difference}) limit 1").fetchall():
                    differing.append(f"{name} has rows in {one} alone")
    return differing


def _again(workspace: Workspace, name: str, released_at: str) -> None:
    """Another release of the same study, made current, as a run would leave it."""
    current = (workspace.study_folder / "release").resolve()
    folder = current.with_name(name)
    shutil.copytree(current, folder)
    file = folder / "manifest.json"
    manifest = json.loads(file.read_text(encoding="utf-8")) | {
        "release": name,
        "released_at": released_at,
        "fingerprint": name,
    }
    file.chmod(0o644)
    file.write_text(json.dumps(manifest), encoding="utf-8")
    from dagster_project.trail import record

    record(workspace.settings, "release", {"release": name})
    make_current(workspace.study_folder / "release", folder)


def test_the_lake_holds_the_release_whole(study: Workspace, lake_variables: dict[str, str]) -> None:
    settings = _with_lake(study.settings, lake_variables)
    first, second = (publish_current_release(settings) for _ in range(2))
    assert (first.is_new, second.is_new) == (True, False)
    assert replace(second.release, published_at=first.release.published_at) == first.release
    lake = lake_of(settings)
    assert _differences(lake, study.release / "warehouse.duckdb") == []
    with lake.connect() as connection:
        (row,) = read_lake_releases(connection)
        comments = (
            "select table_name, column_name, comment from duckdb_columns() where comment is not null and database_name = {}"
        )
        described = rows(connection, comments.format("'lake'") + " and table_name = 'estimands' order by all")
    assert row == second.release
    released = Warehouse(study.release / "warehouse.duckdb")
    assert described == released.rows(comments.format("current_database()") + " and table_name = 'estimands' order by all")
    assert len(described) > 5
    entries = [entry.facts for entry in snapshot(study.study_folder).entries if entry.kind == "lake_publication"]
    assert entries == [{"release": row.release, "snapshot": row.snapshot, "lake": lake.name, "expired": []}]


def test_other_data_than_the_catalogue_has_are_refused(
    study: Workspace, lake_variables: dict[str, str], tmp_path: Path
) -> None:
    publish_current_release(_with_lake(study.settings, lake_variables))
    elsewhere = lake_variables | {"WAVEHOUSE_LAKE_DATA": str(tmp_path / "elsewhere")}
    settings = _with_lake(study.settings, elsewhere)
    with pytest.raises(LakeError) as refusal:
        publish_current_release(settings)
    assert str(refusal.value) == (
        f"{lake_of(settings)}: the catalogue has its data in {lake_variables['WAVEHOUSE_LAKE_DATA']}/study_small_study/; set"
        " WAVEHOUSE_LAKE_DATA to the folder above that"
    )


def test_data_in_an_object_store(study: Workspace, object_lake_variables: dict[str, str]) -> None:
    settings = _with_lake(study.settings, object_lake_variables)
    assert publish_current_release(settings).is_new
    assert _differences(lake_of(settings), study.release / "warehouse.duckdb") == []


def test_a_catalogue_in_a_folder(study: Workspace, file_lake_variables: dict[str, str]) -> None:
    settings = _with_lake(study.settings, file_lake_variables)
    assert publish_current_release(settings).is_new
    lake = lake_of(settings)
    assert _differences(lake, study.release / "warehouse.duckdb") == []
    _again(study, "20990101T000000-a-b", "2099-01-01T00:00:00+00:00")
    with (
        lake.connect(),
        pytest.raises(LakeError, match=r"one at a time; close it there, or keep the catalogue in PostgreSQL$"),
    ):
        publish_current_release(settings, pauses=())
    assert publish_current_release(settings).is_new


def _command(capsys: pytest.CaptureFixture[str], study: Workspace, *words: str) -> tuple[int, list[str], list[str]]:
    code = main([*words, "--study", str(study.study_folder)])
    output = capsys.readouterr()
    return code, output.out.splitlines(), output.err.splitlines()


@pytest.fixture
def commands(
    study: Workspace, lake_variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, list[str], list[str]]]:
    """The command line, with the lake's variables set."""
    monkeypatch.setenv("WAVEHOUSE_HOME", str(study.settings.home))
    monkeypatch.setenv("WAVEHOUSE_PSEUDONYM_KEY", study.settings.pseudonym_key or "")
    monkeypatch.setenv("WAVEHOUSE_USER", "A. Manager")
    for name, value in lake_variables.items():
        monkeypatch.setenv(name, value)
    return lambda *words: _command(capsys, study, *words)


def test_publishing_and_tracing_by_command(
    study: Workspace, commands: Callable[..., tuple[int, list[str], list[str]]], lake_variables: dict[str, str]
) -> None:
    name = json.loads((study.release / "manifest.json").read_text(encoding="utf-8"))["release"]
    where = f"{lake_of(_with_lake(study.settings, lake_variables))}"
    assert commands("publish", "--list") == (
        2, [], [f"wavehouse: {where}: nothing of this study is published there; `wavehouse publish`"],
    )  # fmt: skip
    assert commands("publish") == (0, [f"published release {name} as snapshot 1: {where}"], [])
    code, (line,), _ = commands("publish")
    assert code == 0
    assert line.startswith(f"release {name} is published already, as snapshot 1, since 20")
    assert line.endswith(f" UTC: {where}")
    code, (line,), _ = commands("publish", "--list")
    assert line.startswith(f"{name}  snapshot 1, published 20")
    assert line.endswith(" UTC by A. Manager")
    result = "change/mood_total/T1-T2/p"
    for words in (("trace", result), ("trace", result, "--csv")):
        assert commands(*words, "--lake") == commands(*words, "--lake", name[:8]) == commands(*words)
    code, _, (line,) = commands("trace", result, "--lake", "2001")
    assert (code, line) == (2, f"wavehouse: {where}: no release begins with '2001'; the kept ones are {name}")


def test_any_client_reads_it_by_what_is_printed(
    study: Workspace, object_lake_variables: dict[str, str], postgres: LakeDatabase
) -> None:
    """With a role that may read alone."""
    settings = _with_lake(study.settings, object_lake_variables)
    release = publish_current_release(settings).release
    lake = lake_of(settings)
    postgres.server.ask(f"create role reader login password '{PASSWORD}'")
    postgres.ask(f"grant usage on schema {lake.name} to reader; grant select on all tables in schema {lake.name} to reader")
    sql = "\n".join(lake.client_sql())
    assert not any(secret in sql for secret in (PASSWORD, KEY_ID, SECRET))
    sql = sql.replace("user 'lake'", "user 'reader'").replace("password '…'", f"password '{PASSWORD}'")
    sql = sql.replace("key_id '…'", f"key_id '{KEY_ID}'").replace("secret '…'", f"secret '{SECRET}'")
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as client:
        client.execute(sql)
        assert client.execute("select release from releases").fetchall() == [(release.release,)]
        assert client.execute("select count(*) from trace('change/mood_total/T1-T2/p')").fetchall() == [(38,)]
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as client:
        client.execute(sql.replace("read_only, ", ""))
        with pytest.raises(duckdb.Error, match="permission denied"):
            client.execute("create table intruder as select 1 as number")


def test_the_page_reads_it_as_it_says(
    study: Workspace, lake_variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = _with_lake(study.settings, lake_variables)
    publish_current_release(settings)
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "shared-lake.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.S)
    (tmp_path / "lake.sql").write_text("\n".join(lake_of(settings).client_sql()), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAKE_PASSWORD", PASSWORD)
    names: dict[str, Any] = {}
    exec(code, names)
    assert len(names["change"]) == len(study.released("from results.change")) > 0
    assert len(names["people"]) == 38
    names["lake"].close()


def test_an_older_release_is_asked_about(
    study: Workspace, commands: Callable[..., tuple[int, list[str], list[str]]]
) -> None:
    first = (study.study_folder / "release").resolve().name
    assert commands("publish")[0] == 0
    _again(study, "20990101T000000-a-b", "2099-01-01T00:00:00+00:00")
    assert commands("publish")[0] == 0
    make_current(study.study_folder / "release", study.study_folder / "releases" / first)
    code, _, (line,) = commands("publish")
    assert code == 2
    assert line.endswith(
        f": release {first} is older than 20990101T000000-a-b, which is published; --older puts it in front all the same"
    )
    assert commands("publish", "--older")[0] == 0
    assert [line.split()[0] for line in commands("publish", "--list")[1]] == [first, "20990101T000000-a-b", first]


def test_releases_that_the_study_keeps_no_longer_leave(study: Workspace, lake_variables: dict[str, str]) -> None:
    settings = _with_lake(study.settings, lake_variables)
    first = publish_current_release(settings).release
    _again(study, "20990101T000000-a-b", "2099-01-01T00:00:00+00:00")
    assert publish_current_release(settings).expired == ()
    shutil.rmtree(study.study_folder / "releases" / first.release)
    _again(study, "20990102T000000-a-b", "2099-01-02T00:00:00+00:00")
    third = publish_current_release(settings)
    assert third.expired == (first.release,)
    lake = lake_of(settings)
    with lake.connect() as connection:
        assert [row.release for row in read_lake_releases(connection)] == ["20990101T000000-a-b", "20990102T000000-a-b"]
        ids = [row["snapshot_id"] for row in rows(connection, "from lake.snapshots()")]
    assert ids == [2, 3]
    with lake.connect(snapshot=2) as connection:
        assert read_lake_releases(connection)[-1].release == "20990101T000000-a-b"
    with pytest.raises(LakeError, match="cannot be used"), lake.connect(snapshot=1):
        pass


def test_after_an_erasure_files_are_deleted_at_once(study: Workspace, lake_variables: dict[str, str]) -> None:
    settings = _with_lake(study.settings, lake_variables)
    first = publish_current_release(settings).release
    folder = Path(lake_of(settings).data)
    files = set(folder.rglob("*.parquet"))
    _again(study, "20990101T000000-a-b", "2099-01-01T00:00:00+00:00")
    shutil.rmtree(study.study_folder / "releases" / first.release)
    publish_current_release(settings)
    assert files <= set(folder.rglob("*.parquet"))
    file = study.release / "manifest.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    _again(study, "20990102T000000-a-b", "2099-01-02T00:00:00+00:00")
    file.write_text(json.dumps(manifest | {"release": "20990102T000000-a-b", "erasures": "1"}), encoding="utf-8")
    publish_current_release(settings, allows_older=True)
    assert not files & set(folder.rglob("*.parquet"))


def test_another_study_of_the_name_is_refused(
    study: Workspace, copy_of: Copy, small_run: tuple[Workspace, Run], lake_variables: dict[str, str], tmp_path: Path
) -> None:
    publish_current_release(_with_lake(study.settings, lake_variables))
    other = copy_of(small_run[0], tmp_path / "elsewhere")
    (other.study_folder / "audit_trail.jsonl").unlink()
    _again(other, "20990101T000000-c-d", "2099-01-01T00:00:00+00:00")
    settings = _with_lake(other.settings, lake_variables)
    name = (study.study_folder / "release").resolve().name
    shutil.rmtree(other.study_folder / "releases" / name)
    with pytest.raises(LakeError) as refusal:
        publish_current_release(settings)
    assert str(refusal.value) == (
        f"{lake_of(settings)}: holds release {name} of another study named small_study: this study's audit trail does not know"
        " it; give the study's folder another name, or name another lake in WAVEHOUSE_LAKE_CATALOG"
    )
    file = other.release / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {"key_check": "another"}), encoding="utf-8")
    with pytest.raises(LakeError, match="named small_study, with pseudonyms of another key: this"):
        publish_current_release(settings)


def test_no_secret_is_written_anywhere(
    study: Workspace, object_lake_variables: dict[str, str], postgres: LakeDatabase, tmp_path: Path
) -> None:
    """Neither where all goes well, nor in what is refused."""
    refusals = []
    for name, value in (
        ("WAVEHOUSE_LAKE_CATALOG", postgres.url.replace(f":{postgres.server.port}/", ":1/")),
        ("WAVEHOUSE_LAKE_CATALOG", postgres.url.replace("/lake", "/none")),
        ("WAVEHOUSE_LAKE_CATALOG", postgres.url.replace(PASSWORD, f"{PASSWORD}-wrong")),
        ("WAVEHOUSE_LAKE_S3_SECRET", f"{SECRET}-wrong"),
        ("WAVEHOUSE_LAKE_S3_KEY_ID", f"{KEY_ID}-wrong"),
        ("WAVEHOUSE_LAKE_DATA", "s3://none/studies"),
        ("WAVEHOUSE_LAKE_S3_ENDPOINT", "http://127.0.0.1:1"),
    ):
        with pytest.raises(LakeError) as refusal:
            publish_current_release(_with_lake(study.settings, object_lake_variables | {name: value}), pauses=())
        refusals.append(str(refusal.value))
    settings = _with_lake(study.settings, object_lake_variables)
    publish_current_release(settings)
    text = "\n".join(
        [*refusals, repr(settings), str(settings.lake), json.dumps(postgres.ask("select * from pg_stat_activity"))]
    )
    for secret in (PASSWORD, SECRET, KEY_ID):
        assert secret not in text
        done = subprocess.run(["grep", "-rl", secret, str(tmp_path)], capture_output=True, text=True, check=False)
        assert done.stdout == ""
    assert all(len(line.splitlines()) == 1 for line in refusals)
    assert "password authentication failed" in refusals[2]
