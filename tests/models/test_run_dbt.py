"""What dbt says is printed as dbt itself prints it: all but what is for debugging, and secrets of the environment hidden."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from dagster_project.models.manifest import parsed_project
from dagster_project.models.project import DbtProject
from dagster_project.models.run_dbt import read_manifest, run_dbt
from dagster_project.settings import Settings

pytestmark = pytest.mark.slow


def _lines(output: str) -> list[str]:
    """Without the time at their beginning."""
    return [line[10:] if line[2:3] == ":" else line for line in output.splitlines()]


@pytest.mark.parametrize(
    ("query", "line"),
    [("select 'hush' as word", "Previewing inline node:"), ("select unheard_of", "Encountered an error:")],
    ids=["result", "error"],
)
def test_lines_are_those_of_dbt(
    query: str,
    line: str,
    small_workspace: Any,
    share_parsed_models: Callable[[Settings], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DBT_ENV_SECRET_WORD", "hush")
    share_parsed_models(small_workspace.settings)
    project = DbtProject.from_settings(small_workspace.settings)
    words = ["show", "--inline", query]
    run_dbt(project, words, manifest=read_manifest(parsed_project(project)))
    printed = _lines(capsys.readouterr().out)
    options = {
        "--project-dir": project.folder, "--profiles-dir": project.folder, "--target-path": project.target,
        "--log-path": project.target, "--log-level-file": "none", "--vars": json.dumps({"warehouse_file": str(project.warehouse_file)}),
    }  # fmt: skip
    paths = [str(word) for option in options.items() for word in option]
    dbtRunner(manifest=read_manifest(parsed_project(project))).invoke([*words, *paths, "--no-use-colors"])
    DuckDBConnectionManager.close_all_connections()
    assert printed == _lines(capsys.readouterr().out)
    assert [text for text in printed if line in text]
    assert "hush" not in " ".join(printed)
