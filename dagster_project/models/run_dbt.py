"""Calling dbt, in this process: its start alone would cost more than building the models.

Belongs here: dbt's arguments for a study, and letting go of the file afterwards. Does not belong here: what became of the
models (build.py).
"""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import extended_mashumuro_decoder
from dbt.version import __version__ as dbt_version
from dbt_common.events.base_types import EventMsg
from dbt_common.events.functions import env_scrubber

from dagster_project.memory import memory_limit
from dagster_project.models.lake_plugin import LAKES
from dagster_project.models.project import DbtProject
from dagster_project.withholding import WITHHELD, is_for_the_record


def run_dbt(
    project: DbtProject, arguments: Sequence[str], target: Path | None = None, manifest: Manifest | None = None
) -> dbtRunnerResult:
    """Run dbt on a study's warehouse and let go of the file, which dbt would keep locked. It prints to standard output.

    target: where dbt keeps what it makes of the project, by default the study's own. manifest: of the project as it is, so
    that it is not parsed.
    """
    folder, target_folder = str(project.folder), str(target or project.target)
    project.target.mkdir(parents=True, exist_ok=True)
    paths = ["--project-dir", folder, "--profiles-dir", folder, "--target-path", target_folder, "--log-path", target_folder]
    # Nobody reads dbt's log, or what a build writes beside the results that it returns. `_print_event` prints its lines.
    quietly = ["--log-level", "none", "--log-level-file", "none", *(["--no-write-json"] if arguments[0] != "parse" else [])]
    # profiles.yml reads it.
    variables = {"warehouse_file": str(project.warehouse_file), "memory_limit": memory_limit()}
    if project.lake is not None:
        LAKES[project.lake.study] = project.lake
        variables["lake_study"] = project.lake.study
        paths += ["--target", "lake"]
    file = ["--vars", json.dumps(variables)]
    try:
        runner = dbtRunner(manifest=manifest, callbacks=[] if "--quiet" in arguments else [_print_event])
        return runner.invoke([*arguments, *paths, *quietly, *file, "--no-use-colors"])
    finally:
        environment = DuckDBConnectionManager._ENV
        DuckDBConnectionManager.close_all_connections()
        # It miscounts its handles where a query fails while a model is compiled, and then leaves the file open.
        if environment is not None:
            environment.close()


def _print_event(event: EventMsg) -> None:
    """Print what dbt says, as it would. dbt itself makes a line of every event, looking through the whole environment for
    secrets each time, before it drops nine of ten as meant for its developers: a tenth of what the models of a small study
    cost. An error of the database may quote cells: while words are for the record it is withheld here, too."""
    if event.info.level == "debug":
        return
    text = event.info.msg  # type: ignore[attr-defined]
    if event.info.level != "info" and is_for_the_record():
        text = f"{event.info.name}: {WITHHELD}"
    sys.stdout.write(f"{datetime.now(UTC):%H:%M:%S}  {env_scrubber(text)}\n")


def read_manifest(parsed_project: Path) -> Manifest | None:
    """The manifest that dbt left of a project when it parsed it (partial_parse.msgpack). It holds wherever the study's file
    is. None for what another version of dbt left, so that the project is parsed again."""
    try:
        manifest: Manifest = Manifest.from_msgpack(parsed_project.read_bytes(), decoder=extended_mashumuro_decoder)
    except (TypeError, ValueError, LookupError):
        return None
    if manifest.metadata.dbt_version != dbt_version:
        return None
    manifest.build_flat_graph()
    return manifest
