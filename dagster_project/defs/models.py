"""The dbt models as assets: keys and groups by layer, row counts, column schema and column lineage; dbt's exposures.

Belongs here: Dagster's forms of what dbt built. Does not belong here: SQL (dbt/), calling and understanding dbt (models/).
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets

from dagster_project.checks import Check
from dagster_project.defs.names import asset_key
from dagster_project.defs.steps import check_result, fails_in_one_line
from dagster_project.models.build import BuiltModel, asset_path, build_models, describe_models
from dagster_project.models.contradictions import contradictions_declared, gates_agree
from dagster_project.models.planned import planned_waves_decided
from dagster_project.models.project import DbtProject as StudyDbtProject
from dagster_project.models.rejected import few_rejected_answers, no_rejected_answers
from dagster_project.settings import Settings
from dagster_project.study_run import StudyRun

_OWNERS = {"staging": "team:data-management", "marts": "team:statistics"}
_CONTRADICTIONS = dg.AssetKey(["marts", "gate_contradictions"])
_REJECTED = dg.AssetKey(["staging", "rejected_answers"])
_UNPLANNED = dg.AssetKey(["marts", "unplanned_answers"])


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


def model_assets(manifest: Path) -> list[dg.AssetsDefinition]:
    """The dbt layers. manifest: dbt's own description of the project."""

    @dbt_assets(
        manifest=manifest,
        dagster_dbt_translator=LayerTranslator(
            settings=DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True)
        ),
        name="models",
    )
    def models(
        context: dg.AssetExecutionContext,
        study_run: dg.ResourceParam[StudyRun],
        dbt: dg.ResourceParam[StudyDbtProject],
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        with fails_in_one_line():
            keys = context.selected_asset_keys if context.is_subset else None
            selected_tables = None if keys is None else [(key.path[-2], key.path[-1]) for key in keys]
            checks = {key.name: key.asset_key for key in context.selected_asset_check_keys}
            results = build_models(study_run, dbt, selected_tables)
            # What dbt made is described once it has let go of the file.
            for built in describe_models(results, study_run, is_whole=selected_tables is None):
                if isinstance(built, BuiltModel):
                    key = asset_key(study_run.settings, built.table)
                    yield dg.MaterializeResult(asset_key=key, metadata=model_metadata(built, study_run.settings))
                elif built.check.name in checks:
                    yield check_result(built.check, asset_key=checks[built.check.name])
            if results.error is not None:
                raise results.error

    return [models]


def model_metadata(model: BuiltModel, settings: Settings) -> dict[str, Any]:
    """What is shown of a model that was built."""
    metadata: dict[str, Any] = {
        "dagster/column_schema": dg.TableSchema(
            [dg.TableColumn(name, column_type, description=words) for name, column_type, words in model.columns]
        ),
        "columns": len(model.columns),
        "seconds": model.seconds,
    }
    if model.row_count is not None:
        metadata["dagster/row_count"] = model.row_count
    if model.lineage is not None:
        metadata["dagster/column_lineage"] = dg.TableColumnLineage(
            {
                column: [
                    dg.TableColumnDep(asset_key=asset_key(settings, asset_path(schema, table)), column_name=name)
                    for schema, table, name in sorted(sources)
                ]
                for column, sources in model.lineage.items()
            }
        )
        # The open-source UI draws no graph of columns, so the same is said in words, back to the raw columns.
        metadata["columns made of"] = dg.MetadataValue.md(model.lineage_markdown)
    return metadata


def _model_check(
    asset: dg.AssetKey,
    name: str,
    description: str,
    find: Callable[[StudyRun], Check],
    *,
    is_blocking: bool = True,
    further_assets: Sequence[dg.AssetKey] = (),
) -> dg.AssetChecksDefinition:
    """A check of a mart. further_assets: other tables that it reads."""

    @dg.asset_check(asset=asset, name=name, additional_deps=further_assets, blocking=is_blocking, description=description)
    def check(study_run: dg.ResourceParam[StudyRun]) -> dg.AssetCheckResult:
        with fails_in_one_line():
            return check_result(find(study_run))

    return check


MODEL_CHECKS = [
    _model_check(
        _REJECTED,
        "no_rejected_answers",
        "No answer lies outside its declared anchors, labels and special codes.",
        lambda study_run: no_rejected_answers(study_run.warehouse, study_run.study()),
        is_blocking=False,
    ),
    _model_check(
        _REJECTED,
        "few_rejected_answers",
        "No instrument in a wave, and no variable of the roster, has more values rejected than allowed.",
        lambda study_run: few_rejected_answers(study_run.warehouse, study_run.study()),
        further_assets=[dg.AssetKey(["marts", "rejected_counts"])],
    ),
    _model_check(
        _CONTRADICTIONS,
        "gates_agree",
        "No item is answered, or marked as not asked, against what other answers say was asked.",
        lambda study_run: gates_agree(study_run.warehouse),
        is_blocking=False,
    ),
    _model_check(
        _CONTRADICTIONS,
        "contradictions_declared",
        "The study says what an answer is that stands in an item which was not to be asked.",
        lambda study_run: contradictions_declared(study_run.warehouse),
    ),
    _model_check(
        _UNPLANNED,
        "planned_waves_decided",
        "The protocol says for whom each wave and block is planned, and what becomes of answers of others.",
        lambda study_run: planned_waves_decided(study_run.warehouse, study_run.study()),
        further_assets=[dg.AssetKey(["marts", "planned_waves"])],
    ),
]


def exposure_specs(manifest: Path) -> Sequence[dg.AssetSpec]:
    """An asset for each exposure, behind the asset that makes it. It is never materialised: it is what people open."""
    exposures = json.loads(manifest.read_text(encoding="utf-8"))["exposures"].values()
    return [
        dg.AssetSpec(
            key=dg.AssetKey(["exposures", exposure["name"]]),
            deps=[dg.AssetKey(exposure["meta"]["asset"].split("/"))],
            description=f"{exposure['label']}. {exposure['description']}",
            group_name="exposures",
            kinds={exposure["type"]},
            owners=[f"team:{exposure['owner']['name']}"],
            metadata={"marts behind it": ", ".join(node.rsplit(".", 1)[-1] for node in exposure["depends_on"]["nodes"])},
        )
        for exposure in exposures
    ]
