"""The models built in a lake, from the same raw tables and codebook as in the working file.

Belongs here: copying what they read, calling dbt for the target lake. Does not belong here: how dbt attaches it
(lake_plugin.py), what a run builds (build.py).
"""

from collections import Counter
from dataclasses import dataclass, replace

from dagster_project.models.build import ModelsError, first_error
from dagster_project.models.lake_plugin import working_lake
from dagster_project.models.project import BUILD, INPUT_SCHEMAS, DbtProject
from dagster_project.models.run_dbt import run_dbt
from dagster_project.settings import Settings
from dagster_project.warehouse import Lake, copy_to_lake, forget_earlier_states


@dataclass(frozen=True)
class BuiltInLake:
    """What was built: where, how many models, and how many of dbt's tests hold."""

    lake: Lake
    models: int
    tests: int


def build_in_lake(settings: Settings) -> BuiltInLake:
    """Copy raw tables and codebook of the working file into the study's working catalogue in the lake, and build and test
    all models there. Nothing of what stood there before is kept.

    To be called under the study's lock. Raises ModelsError where dbt cannot build or a test does not hold."""
    lake = working_lake(settings)
    copy_to_lake(lake, settings.warehouse_file, INPUT_SCHEMAS)
    project = DbtProject.from_settings(settings)
    # dbt's artifacts name the database of each model.
    in_lake = replace(project, target=project.target.with_name("dbt_lake"), lake=lake)
    result = run_dbt(in_lake, [*BUILD, "--quiet"])
    nodes = list(getattr(result.result, "results", None) or ())
    if not result.success:
        raise ModelsError(f"{lake}: dbt build failed: {lake.address.without_secrets(first_error(nodes, result.exception))}")
    forget_earlier_states(lake)
    counts = Counter((node.node.resource_type, str(node.status)) for node in nodes)
    return BuiltInLake(lake, counts["model", "success"], counts["test", "pass"])
