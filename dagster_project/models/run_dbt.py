"""Calling dbt, in this process: its start alone would cost more than building the models.

Belongs here: dbt's arguments for a study, and letting go of the file afterwards. Does not belong here: what became of the
models (build.py).
"""

import json
from collections.abc import Sequence
from pathlib import Path

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult

from dagster_project.models.project import DbtProject


def run_dbt(project: DbtProject, arguments: Sequence[str], target: Path | None = None) -> dbtRunnerResult:
    """Run dbt on a study's warehouse and let go of the file, which dbt would keep locked. It prints to standard output.

    target: where dbt keeps what it makes of the project, by default the study's own.
    """
    folder, target_folder = str(project.folder), str(target or project.target)
    project.target.mkdir(parents=True, exist_ok=True)
    paths = ["--project-dir", folder, "--profiles-dir", folder, "--target-path", target_folder, "--log-path", target_folder]
    # Nobody reads dbt's log, or what a build writes beside the results that it returns.
    quietly = ["--log-level-file", "none", *(["--no-write-json"] if arguments[0] != "parse" else [])]
    # profiles.yml reads it.
    file = ["--vars", json.dumps({"warehouse_file": str(project.warehouse_file)})]
    try:
        return dbtRunner().invoke([*arguments, *paths, *quietly, *file, "--no-use-colors"])
    finally:
        DuckDBConnectionManager.close_all_connections()
