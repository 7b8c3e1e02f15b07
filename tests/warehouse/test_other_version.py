"""Files of other versions: a table, macro or column that is not there is one line with the cure, for every command that reads."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import wavehouse
from dagster_project.cli import main
from dagster_project.warehouse import Warehouse

RESULT = "summary/mood_total/T1/mean"
WORKING = "another version of Wavehouse wrote this file; `wavehouse run` brings it up to date"
RELEASED = "another version of Wavehouse wrote this release; `wavehouse run` makes a new one"


def _execute(file: Path, sql: str) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute(sql)


@pytest.fixture
def workspace(small_copy: tuple[Any, Callable[[], Any]], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    copy, _ = small_copy
    for name, value in copy.settings.environment({}).items():
        monkeypatch.setenv(name, value)
    yield copy


@pytest.mark.parametrize(
    ("command", "statement", "part"),
    [
        (["queries"], "drop table marts.unplanned_answers", "table unplanned_answers"),
        (["queries"], "alter table marts.gate_contradictions drop contradiction", "column contradiction"),
        (["reminders"], "drop view marts.returns", "table returns"),
        (["reminders"], "alter table raw.roster drop respondent", "column respondent"),
        (["trace", RESULT, "--names"], "drop table raw.roster", "table roster"),
    ],
)
def test_a_working_file_of_another_version_is_refused_in_a_line(
    workspace: Any, capsys: pytest.CaptureFixture[str], command: list[str], statement: str, part: str
) -> None:
    file = workspace.settings.warehouse_file
    _execute(file, statement)
    assert main(command) == 2
    assert capsys.readouterr().err == f"wavehouse: {file}: has no {part}: {WORKING}\n"


@pytest.mark.parametrize(
    ("command", "statement", "part"),
    [
        (["trace", RESULT], "drop table codebook.scale_items", "table scale_items"),
        (["trace", RESULT], "alter table results.results drop method", "column method"),
        (["export", "--format", "csv", "--out", "clean"], "drop table codebook.missing_reasons", "table missing_reasons"),
        (
            ["export", "--format", "csv", "--out", "clean"],
            "alter table codebook.waves drop label",
            "column label for WaveRow",
        ),
        (["render", "paper.md", "--out", "filled.md"], "alter table results.results drop printed", "column printed"),
    ],
)
def test_a_release_of_another_version_is_refused_in_a_line(
    workspace: Any,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
    statement: str,
    part: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "paper.md").write_text("{{ r('" + RESULT + "') }}\n", encoding="utf-8")
    release = Path(os.path.realpath(workspace.release))
    _execute(release / "warehouse.duckdb", statement)
    assert main(command) == 2
    message = capsys.readouterr().err
    assert message.endswith(f"warehouse.duckdb: has no {part}: {RELEASED}\n"), message
    assert message.startswith(f"wavehouse: {workspace.study_folder}") and message.count("\n") == 1


def test_a_release_that_cannot_be_compared_is_named_beside_the_other(
    workspace: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    release = Path(os.path.realpath(workspace.release))
    earlier = release.with_name("20200101T000000-earlier")
    shutil.copytree(release, earlier)
    command = ["diff", earlier.name, release.name]
    assert main(command) == 0
    capsys.readouterr()
    _execute(earlier / "warehouse.duckdb", "drop table marts.scores")
    assert main(command) == 2
    old, new = (workspace.study_folder / "releases" / path.name / "warehouse.duckdb" for path in (earlier, release))
    assert capsys.readouterr().err == (
        f"wavehouse: {old}: cannot be compared with {new}: one of them has no table scores, since another version of"
        " Wavehouse wrote it; compare releases of one version\n"
    )


def test_a_query_of_a_persons_own_is_not_said_to_be_of_another_version(small_run: tuple[Any, Any]) -> None:
    with pytest.raises(
        ValueError, match=r"^the query cannot be run: Catalog Error: Table with name nothing does not exist!$"
    ):
        wavehouse.open(small_run[0].study_folder).query("from marts.nothing")


def test_a_run_finds_its_own_faults_unchanged(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb")
    with warehouse.kept_open(), pytest.raises(duckdb.CatalogException):
        warehouse.rows("from marts.nothing")
