"""Calling dbt, in this process: its start alone would cost more than building the models.

Belongs here: dbt's arguments and environment for a study, and letting go of the file afterwards. Does not belong here:
what the models mean to Dagster (assets.py).
"""

import os
from collections.abc import Sequence
from pathlib import Path

import dagster as dg
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

from dagster_project.settings import Settings

#: What this process has parsed and not yet used, by target folder: the first run need not parse twice.
_PARSED: dict[Path, Manifest] = {}


def run_dbt(settings: Settings, arguments: Sequence[str]) -> dbtRunnerResult:
    """Run dbt on a study's warehouse and let go of the file, which dbt would keep locked. It prints to standard output."""
    folder, target = str(settings.dbt_folder), str(settings.dbt_target)
    settings.dbt_target.mkdir(parents=True, exist_ok=True)
    places = ["--project-dir", folder, "--profiles-dir", folder, "--target-path", target, "--log-path", target]
    # Nobody reads dbt's log, or what a build writes beside the results that it returns.
    quietly = ["--log-level-file", "none", *(["--no-write-json"] if arguments[0] != "parse" else [])]
    # profiles.yml reads it, and only it.
    os.environ["WAVEHOUSE_FILE"] = str(settings.warehouse_file)
    try:
        manifest = _PARSED.pop(settings.dbt_target, None) if arguments[0] != "parse" else None
        return dbtRunner(manifest=manifest).invoke([*arguments, *places, *quietly, "--no-use-colors"])
    finally:
        DuckDBConnectionManager.close_all_connections()


def prepared_manifest(settings: Settings) -> Path:
    """The manifest of the dbt project: parsed once, and again when a model, macro or test has changed since."""
    manifest = settings.dbt_target / "manifest.json"
    sources = [path for path in settings.dbt_folder.rglob("*") if path.suffix in {".sql", ".yml"}]
    changed = max((path.stat().st_mtime for path in sources), default=0.0)
    if not manifest.exists() or manifest.stat().st_mtime < changed:
        done = run_dbt(settings, ["parse", "--quiet"])
        if not done.success:
            raise dg.DagsterInvariantViolationError(f"dbt cannot parse {settings.dbt_folder}: {done.exception}")
        if isinstance(done.result, Manifest):
            _PARSED[settings.dbt_target] = done.result
        # dbt leaves an unchanged manifest alone; its time says that it was looked at.
        os.utime(manifest)
    return manifest
