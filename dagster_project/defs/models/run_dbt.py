"""Calling dbt, in this process: its start alone would cost more than building the models.

Belongs here: dbt's arguments and environment for a study, and letting go of the file afterwards. Does not belong here:
what the models mean to Dagster (assets.py).
"""

import os
from collections.abc import Sequence
from pathlib import Path

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult

from dagster_project.settings import Settings


def run_dbt(settings: Settings, arguments: Sequence[str], target_folder: Path | None = None) -> dbtRunnerResult:
    """Run dbt on a study's warehouse and let go of the file, which dbt would keep locked. It prints to standard output.

    target_folder: where dbt keeps what it makes of the project, by default the study's own.
    """
    folder, target = str(settings.dbt_folder), str(target_folder or settings.dbt_target)
    settings.dbt_target.mkdir(parents=True, exist_ok=True)
    places = ["--project-dir", folder, "--profiles-dir", folder, "--target-path", target, "--log-path", target]
    # Nobody reads dbt's log, or what a build writes beside the results that it returns.
    quietly = ["--log-level-file", "none", *(["--no-write-json"] if arguments[0] != "parse" else [])]
    # profiles.yml reads it, and only it.
    os.environ["WAVEHOUSE_FILE"] = str(settings.warehouse_file)
    try:
        return dbtRunner().invoke([*arguments, *places, *quietly, "--no-use-colors"])
    finally:
        DuckDBConnectionManager.close_all_connections()
