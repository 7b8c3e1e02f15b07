"""The dbt models as assets: keys and groups by layer, row counts, column schema and column lineage.

Belongs here: running dbt and dressing its events. Does not belong here: SQL (dbt/), lineage itself (column_lineage.py).
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, DbtProject, dbt_assets

from dagster_project.defs.models.column_lineage import column_lineage
from dagster_project.settings import Settings, read_settings
from dagster_project.study import column_descriptions, read_study
from dagster_project.warehouse import Warehouse, identifier

_OWNERS = {"staging": "team:data-management", "intermediate": "team:statistics", "marts": "team:statistics"}


class LayerTranslator(DagsterDbtTranslator):
    """Asset keys and groups are the schemas of the warehouse: staging, intermediate, marts."""

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = manifest["nodes"].get(unique_id) or manifest["sources"][unique_id]
        if node["resource_type"] != "model":
            return spec
        return spec.replace_attributes(
            key=dg.AssetKey([node["schema"], node["name"]]),
            group_name=node["schema"],
            owners=[_OWNERS[node["schema"]]],
        )


@dg.definitions
def defs() -> dg.Definitions:
    return build(read_settings())


def prepared_project(settings: Settings) -> DbtProject:
    """The dbt project with a manifest: parsed once, and again when a model, macro or test has changed since."""
    project = DbtProject(settings.dbt_folder, target_path=settings.dbt_target)
    sources = [path for path in settings.dbt_folder.rglob("*") if path.suffix in {".sql", ".yml"}]
    changed = max((path.stat().st_mtime for path in sources), default=0.0)
    if not project.manifest_path.exists() or project.manifest_path.stat().st_mtime < changed:
        settings.dbt_target.mkdir(parents=True, exist_ok=True)
        parsed = subprocess.run(
            [dbt_executable(), "parse", "--quiet", "--project-dir", str(settings.dbt_folder)],
            env=os.environ | _dbt_environment(settings),
            capture_output=True,
            text=True,
            check=False,
        )
        if parsed.returncode != 0:
            raise dg.DagsterInvariantViolationError(f"dbt cannot parse {settings.dbt_folder}: {parsed.stdout[-2000:]}")
        # dbt leaves an unchanged manifest alone; its time says that it was looked at.
        os.utime(project.manifest_path)
    return project


def _dbt_environment(settings: Settings) -> dict[str, str]:
    return {
        "WAVEHOUSE_FILE": str(settings.warehouse_file),
        "DBT_PROFILES_DIR": str(settings.dbt_folder),
        "DBT_TARGET_PATH": str(settings.dbt_target),
        "DBT_LOG_PATH": str(settings.dbt_target),
    }


def dbt_executable() -> str:
    """The dbt command of this Python's environment, whether or not that environment is activated."""
    beside = Path(sys.executable).with_name("dbt.exe" if os.name == "nt" else "dbt")
    return str(beside) if beside.exists() else "dbt"


def build(settings: Settings) -> dg.Definitions:
    """The dbt layers of one study."""
    project = prepared_project(settings)

    @dbt_assets(
        manifest=project.manifest_path,
        project=project,
        dagster_dbt_translator=LayerTranslator(
            settings=DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True)
        ),
        pool="warehouse",
        name="models",
    )
    def models(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
        os.environ.update(_dbt_environment(settings))
        # Unit tests check the code, not the data: they run in the test suite.
        arguments = ["build", "--exclude-resource-type", "unit_test"]
        invocation = dbt.cli(arguments, context=context, raise_on_error=False, target_path=settings.dbt_target)
        # dbt holds the file while it runs; what it made is described once it has let go.
        events = list(invocation.stream())
        yield from _described(events, invocation, settings)
        if (error := invocation.get_error()) is not None:
            raise dg.Failure(f"dbt build failed: {_first_error(invocation)}", allow_retries=False) from error

    return dg.Definitions(
        assets=[models],
        resources={
            "dbt": DbtCliResource(
                project_dir=project, profiles_dir=str(settings.dbt_folder), dbt_executable=dbt_executable()
            )
        },
    )


def _first_error(invocation: Any) -> str:
    results = invocation.get_artifact("run_results.json").get("results", [])
    bad = [
        f"{r['unique_id']}: {(r.get('message') or '').strip().splitlines()[0]}"
        for r in results
        if r["status"] in ("error", "fail")
    ]
    return bad[0] + (f" (and {len(bad) - 1} more)" if len(bad) > 1 else "") if bad else "see the run's log"


def _described(events: list[Any], invocation: Any, settings: Settings) -> Iterator[Any]:
    nodes = invocation.manifest["nodes"]
    of_study = column_descriptions(read_study(settings.study_folder))
    warehouse = Warehouse(settings.warehouse_file)
    with warehouse.connect(read_only=True) as connection:
        schemas: dict[tuple[str, str], dict[str, str]] = {}
        for schema, table, column, kind in connection.execute(
            "select schema_name, table_name, column_name, data_type from duckdb_columns()"
            " where not internal order by schema_name, table_name, column_index"
        ).fetchall():
            schemas.setdefault((schema, table), {})[column] = kind
        counts = {
            (schema, table): count
            for schema, table, count in connection.execute(
                "select schema_name, table_name, estimated_size from duckdb_tables()"
            ).fetchall()
        }
        for event in events:
            if isinstance(event, dg.Output | dg.AssetMaterialization):
                node = nodes[event.metadata["unique_id"].value]
                place = (node["schema"], node["name"])
                described = _description(node, of_study, schemas, counts.get(place), invocation.target_path)
                if node["schema"] == "marts" and place in counts:
                    described["first rows"] = _preview(connection, *place)
                event = event.with_metadata({**event.metadata, **described})
            yield event


def _description(
    node: Mapping[str, Any],
    of_study: Mapping[str, str],
    schemas: dict[tuple[str, str], dict[str, str]],
    count: int | None,
    target_path: Path,
) -> dict[str, Any]:
    columns = schemas.get((node["schema"], node["name"]), {})
    documented = {**of_study, **{name: column["description"] for name, column in node.get("columns", {}).items()}}
    metadata: dict[str, Any] = {
        "dagster/column_schema": dg.TableSchema(
            [dg.TableColumn(name, kind, description=documented.get(name)) for name, kind in columns.items()]
        )
    }
    if count is not None:
        metadata["dagster/row_count"] = count
    sql_file = Path(target_path) / "compiled" / node["package_name"] / node["original_file_path"]
    if sql_file.exists():
        found = column_lineage(sql_file.read_text(encoding="utf-8"), schemas)
        metadata["dagster/column_lineage"] = dg.TableColumnLineage(
            {
                column: [
                    dg.TableColumnDep(asset_key=_key_of(schema, table), column_name=name)
                    for schema, table, name in sorted(deps)
                ]
                for column, deps in found.items()
                if column in columns
            }
        )
    return metadata


def _key_of(schema: str, table: str) -> dg.AssetKey:
    return dg.AssetKey(["codebook"]) if schema == "codebook" else dg.AssetKey([schema, table])


def _preview(connection: Any, schema: str, table: str) -> dg.MarkdownMetadataValue:
    """The first rows, few columns: enough to recognise a table by."""
    cursor = connection.execute(f"select * from {identifier(schema)}.{identifier(table)} limit 5")
    names = [column[0] for column in cursor.description][:10]
    lines = [
        "| " + " | ".join("" if value is None else str(value) for value in row[:10]) + " |" for row in cursor.fetchall()
    ]
    return dg.MetadataValue.md("\n".join(["| " + " | ".join(names) + " |", "|---" * len(names) + "|", *lines]))
