"""The dbt models as assets: keys and groups by layer, row counts, column schema and column lineage; dbt's exposures.

Belongs here: Dagster's forms of what dbt built. Does not belong here: SQL (dbt/), calling and understanding dbt (models/).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets

from dagster_project.defs.steps import check_result, fails_in_one_line
from dagster_project.models.build import BuiltModel, asset_path, build_models, describe_models
from dagster_project.models.contradictions import contradictions_declared, gates_agree
from dagster_project.models.planned import planned_waves_decided
from dagster_project.models.project import DbtProject as StudyDbtProject
from dagster_project.models.rejected import few_rejected_answers, no_rejected_answers
from dagster_project.study_run import StudyRun
from dagster_project.warehouse import WarehouseError

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
        selected_tables = [(key.path[0], key.path[1]) for key in context.selected_asset_keys] if context.is_subset else None
        checks = {key.name: key.asset_key for key in context.selected_asset_check_keys}
        with fails_in_one_line():
            try:
                results = build_models(study_run, dbt, selected_tables)
            except WarehouseError as error:
                raise dg.Failure(str(error), allow_retries=False) from None
            # What dbt made is described once it has let go of the file.
            for built in describe_models(results, study_run, is_whole=selected_tables is None):
                if isinstance(built, BuiltModel):
                    yield dg.MaterializeResult(asset_key=dg.AssetKey(built.table), metadata=_metadata(built))
                elif built.check.name in checks:
                    yield check_result(built.check, asset_key=checks[built.check.name])
            if results.error is not None:
                raise results.error

    return [models]


def _metadata(model: BuiltModel) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "dagster/column_schema": dg.TableSchema(
            [dg.TableColumn(name, column_type, description=words) for name, column_type, words in model.columns]
        ),
        "seconds": model.seconds,
    }
    if model.row_count is not None:
        metadata["dagster/row_count"] = model.row_count
    if model.lineage is not None:
        metadata["dagster/column_lineage"] = dg.TableColumnLineage(
            {
                column: [
                    dg.TableColumnDep(asset_key=dg.AssetKey(asset_path(schema, table)), column_name=name)
                    for schema, table, name in sorted(sources)
                ]
                for column, sources in model.lineage.items()
            }
        )
        # The open-source UI draws no graph of columns, so the same is said in words, back to the raw columns.
        metadata["columns made of"] = dg.MetadataValue.md(model.lineage_markdown)
    if model.preview is not None:
        metadata["first rows"] = dg.MetadataValue.md(model.preview)
    return metadata


@dg.asset_check(
    asset=_REJECTED,
    name="no_rejected_answers",
    description="No answer lies outside its declared anchors, labels and special codes.",
)
def rejected_answers_listed(study_run: dg.ResourceParam[StudyRun]) -> dg.AssetCheckResult:
    return check_result(no_rejected_answers(study_run.warehouse))


@dg.asset_check(
    asset=_REJECTED,
    name="few_rejected_answers",
    additional_deps=[dg.AssetKey(["marts", "rejected_counts"])],
    blocking=True,
    description="No instrument in a wave, and no variable of the roster, has more values rejected than allowed.",
)
def rejected_answers_limited(study_run: dg.ResourceParam[StudyRun]) -> dg.AssetCheckResult:
    with fails_in_one_line():
        return check_result(few_rejected_answers(study_run.warehouse, study_run.study()))


@dg.asset_check(
    asset=_CONTRADICTIONS,
    name="gates_agree",
    description="No item is answered, or marked as not asked, against what other answers say was asked.",
)
def contradictions_listed(study_run: dg.ResourceParam[StudyRun]) -> dg.AssetCheckResult:
    return check_result(gates_agree(study_run.warehouse))


@dg.asset_check(
    asset=_CONTRADICTIONS,
    name="contradictions_declared",
    blocking=True,
    description="The study says what an answer is that stands in an item which was not to be asked.",
)
def contradictions_limited(study_run: dg.ResourceParam[StudyRun]) -> dg.AssetCheckResult:
    with fails_in_one_line():
        return check_result(contradictions_declared(study_run.warehouse))


@dg.asset_check(
    asset=_UNPLANNED,
    name="planned_waves_decided",
    additional_deps=[dg.AssetKey(["marts", "planned_waves"])],
    blocking=True,
    description="The protocol says for whom each wave and block is planned, and what becomes of answers of others.",
)
def planned_waves_are_decided(study_run: dg.ResourceParam[StudyRun]) -> dg.AssetCheckResult:
    with fails_in_one_line():
        return check_result(planned_waves_decided(study_run.warehouse, study_run.study()))


MODEL_CHECKS = [
    rejected_answers_listed, rejected_answers_limited, contradictions_listed, contradictions_limited,
    planned_waves_are_decided,
]  # fmt: skip


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
