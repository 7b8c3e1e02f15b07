"""The dbt models as assets: keys and groups by layer, row counts, column schema and column lineage.

Belongs here: which models a run builds, and dressing what became of them. Does not belong here: SQL (dbt/), calling dbt
(run_dbt.py), lineage itself (column_lineage.py).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets

from dagster_project.defs.models.column_lineage import Origins, Source, column_lineage, in_ranges
from dagster_project.defs.models.exposures import exposure_specs
from dagster_project.defs.models.manifest import prepared_manifest
from dagster_project.defs.models.run_dbt import run_dbt
from dagster_project.defs.raw.load import export_columns
from dagster_project.defs.stamps import marts_are_built, stamp_marts
from dagster_project.defs.study_run import StudyRun
from dagster_project.settings import Settings, read_settings
from dagster_project.study import Study, column_descriptions
from dagster_project.warehouse import Warehouse, identifier, refusal_of

_OWNERS = {"staging": "team:data-management", "marts": "team:statistics"}


class LayerTranslator(DagsterDbtTranslator):
    """Asset keys and groups are the schemas of the warehouse: staging, marts."""

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


def build(settings: Settings) -> dg.Definitions:
    """The dbt layers of one study."""

    manifest = prepared_manifest(settings)

    @dbt_assets(
        manifest=manifest,
        dagster_dbt_translator=LayerTranslator(
            settings=DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True)
        ),
        name="models",
    )
    def models(context: dg.AssetExecutionContext, study_run: dg.ResourceParam[StudyRun]) -> Iterator[Any]:
        study, warehouse = study_run.study(), Warehouse(settings.warehouse_file)
        stamp_marts(warehouse, study, study_run.run_id, is_whole=not context.is_subset)
        # Unit tests check the code, not the data: they run in the test suite.
        arguments = ["build", "--exclude-resource-type", "unit_test"]
        if context.is_subset:
            # By name: the folders below a schema are for people.
            arguments += ["--select", *sorted(key.path[-1] for key in context.selected_asset_keys)]
        done = run_dbt(settings, arguments)
        results = list(getattr(done.result, "results", None) or ())
        if not done.success and (refusal := refusal_of(settings.warehouse_file, _messages(results, done.exception))):
            raise dg.Failure(str(refusal), allow_retries=False)
        # What dbt made is described once it has let go of the file.
        yield from _described(results, context, settings, study)
        if not done.success:
            raise dg.Failure(f"dbt build failed: {_first_error(results, done.exception)}", allow_retries=False)
        if not context.is_subset:
            marts_are_built(warehouse, study, study_run.run_id)

    return dg.Definitions(assets=[models, *exposure_specs(manifest)])


def _messages(results: list[Any], exception: BaseException | None) -> str:
    """All that dbt says of what went wrong: DuckDB's own words are somewhere in it."""
    bad = [str(result.message) for result in results if result.status in ("error", "fail")]
    return "\n".join([*bad, *([str(exception)] if exception is not None else [])])


def _first_error(results: list[Any], exception: BaseException | None) -> str:
    bad = [
        f"{result.node.unique_id}: {(result.message or '').strip().splitlines()[0]}"
        for result in results
        if result.status in ("error", "fail")
    ]
    if bad:
        return bad[0] + (f" (and {len(bad) - 1} more)" if len(bad) > 1 else "")
    return str(exception).strip().splitlines()[0] if exception is not None else "see the run's log"


def _described(results: list[Any], context: dg.AssetExecutionContext, settings: Settings, study: Study) -> Iterator[Any]:
    """A materialisation for each model that was built and a result for each test that ran."""
    of_study = column_descriptions(study)
    # A run of some models does not see where the columns of the others began.
    origins = None if context.is_subset else Origins(_beginnings(study))
    checks = {key.name: key for key in context.selected_asset_check_keys}
    with Warehouse(settings.warehouse_file).connect(read_only=True) as connection:
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
        for result in results:
            node = result.node
            if node.resource_type == "model" and result.status == "success":
                place = (node.schema, node.name)
                metadata = _description(node, of_study, schemas, counts.get(place), origins)
                metadata["seconds"] = round(result.execution_time, 3)
                if node.schema == "marts" and place in counts:
                    metadata["first rows"] = _preview(connection, *place)
                yield dg.MaterializeResult(asset_key=dg.AssetKey(place), metadata=metadata)
            elif node.resource_type == "test" and node.name in checks and result.status != "skipped":
                yield dg.AssetCheckResult(
                    asset_key=checks[node.name].asset_key,
                    check_name=node.name,
                    passed=result.status == "pass",
                    severity=dg.AssetCheckSeverity.ERROR,
                    description=result.message or "Holds for every row.",
                    metadata={"rows that fail": result.failures or 0},
                )


def _description(
    node: Any,
    of_study: Mapping[str, str],
    schemas: dict[tuple[str, str], dict[str, str]],
    count: int | None,
    origins: Origins | None,
) -> dict[str, Any]:
    columns = schemas.get((node.schema, node.name), {})
    documented = {**of_study, **{name: column.description for name, column in node.columns.items()}}
    metadata: dict[str, Any] = {
        "dagster/column_schema": dg.TableSchema(
            [dg.TableColumn(name, kind, description=documented.get(name)) for name, kind in columns.items()]
        )
    }
    if count is not None:
        metadata["dagster/row_count"] = count
    if node.compiled_code:
        place = (node.schema, node.name)
        found = {column: deps for column, deps in column_lineage(node.compiled_code, schemas).items() if column in columns}
        if origins is not None:
            origins.add(place, found)
        metadata["dagster/column_lineage"] = dg.TableColumnLineage(
            {
                column: [
                    dg.TableColumnDep(asset_key=_key_of(schema, table), column_name=name)
                    for schema, table, name in sorted(deps)
                ]
                for column, deps in found.items()
            }
        )
        # The open-source UI draws no graph of columns, so the same is said in words, back to the raw columns.
        metadata["columns made of"] = dg.MetadataValue.md(_lineage_table(found, place, origins))
    return metadata


def _beginnings(study: Study) -> dict[Source, set[Source]]:
    """Where columns begin: those of the roster and, under raw.answers, those of each wave's export."""
    roster = {("raw", "roster", column) for column in export_columns(study, study.protocol.roster)}
    found: dict[Source, set[Source]] = {column: {column} for column in roster}
    for export in study.protocol.wave_exports:
        for column in export_columns(study, export):
            found.setdefault(("raw", "answers", column), set()).add(("raw", export.table, column))
    return found


def _lineage_table(found: Mapping[str, set[Source]], place: tuple[str, str], origins: Origins | None) -> str:
    lines = ["| column | read from |" + (" in the exports |" if origins else ""), "|---|---|" + ("---|" if origins else "")]
    for column, deps in found.items():
        began = f" {_by_table(origins.of(place, column))} |" if origins else ""
        lines.append(f"| {column} | {_by_table(deps)} |{began}")
    return "\n".join(lines)


def _by_table(sources: set[Source]) -> str:
    tables: dict[tuple[str, str], list[str]] = {}
    for schema, table, column in sorted(sources):
        tables.setdefault((schema, table), []).append(column)
    shown = [
        f"[{schema}/{table}](/assets/{'/'.join(_key_of(schema, table).path)}): {in_ranges(columns)}"
        for (schema, table), columns in tables.items()
    ]
    return "; ".join(shown).replace("|", "\\|") or "—"


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
