"""What a study adds of its own, as assets: its models and analyses in one step, each an asset with its own check.

Belongs here: the assets. Does not belong here: building, running and judging (extensions/).

A part that fails is not made, and its check says why; the step goes on, so that ours and the other parts are released.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import dagster as dg

from dagster_project.checks import Check, first_few
from dagster_project.defs.models import model_metadata
from dagster_project.defs.names import asset_key, own_key
from dagster_project.defs.outcomes import RESULT_KEYS
from dagster_project.defs.steps import check_result, fails_in_one_line
from dagster_project.extensions.python_files import PythonAnalysis, full_name, static_analyses
from dagster_project.extensions.run_extensions import RunExtensions, SelectedParts, run_extensions
from dagster_project.extensions.sql_files import SqlModel, static_models
from dagster_project.markdown import markdown_table
from dagster_project.models.project import DbtProject
from dagster_project.outcomes.extension_tables import OWN_TABLES, judge_own_tables
from dagster_project.results import EXTENSIONS, LACKING, figure_part, table_part
from dagster_project.settings import Settings
from dagster_project.study import OWN_SCHEMA, OwnTables, Study
from dagster_project.study_run import StudyRun

EXTENSIONS_KEY = dg.AssetKey(EXTENSIONS)
_OWNERS = ["team:study"]


@dataclass(frozen=True)
class _Parts:
    """The models and analyses of a study by asset key."""

    models: Mapping[dg.AssetKey, SqlModel]
    analyses: Mapping[dg.AssetKey, PythonAnalysis]

    @cached_property
    def keys(self) -> Sequence[dg.AssetKey]:
        return (*self.models, *self.analyses)

    @cached_property
    def files(self) -> set[str]:
        return {model.file for model in self.models.values()} | {analysis.file for analysis in self.analyses.values()}

    def specs(self) -> Iterator[dg.AssetSpec]:
        for key, model in self.models.items():
            codebook = [dg.AssetKey("codebook")] if model.sources else []
            deps = [*map(self._key_of_ref, model.refs), *codebook]
            yield _spec(key, deps, {"dbt", "duckdb"}, f"A model of the study's own: {model.file}.")
        for key, analysis in self.analyses.items():
            deps = [dg.AssetKey(full_name(name).split(".", 1)) for name in analysis.reads]
            yield _spec(key, deps, {"python"}, f"An analysis of the study's own: {analysis.file}.")

    def selection(self, keys: set[dg.AssetKey]) -> SelectedParts:
        return SelectedParts(
            [model.name for key, model in self.models.items() if key in keys],
            [analysis.name for key, analysis in self.analyses.items() if key in keys],
        )

    def _key_of_ref(self, name: str) -> dg.AssetKey:
        key = dg.AssetKey([OWN_SCHEMA, name])
        return key if key in self.models else dg.AssetKey(["marts", name])


def _parts_of(study: Study | None) -> _Parts:
    if study is None:
        return _Parts({}, {})
    return _Parts(
        {dg.AssetKey([OWN_SCHEMA, model.name]): model for model in static_models(study).values()},
        {dg.AssetKey(["results", entry.analysis]): entry for entry in static_analyses(study).values()},
    )


def _spec(key: dg.AssetKey, deps: Sequence[dg.AssetKey], kinds: set[str], description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key, deps=list(dict.fromkeys(deps)), skippable=True, group_name=OWN_SCHEMA, kinds=kinds, owners=_OWNERS,
        description=description,
    )  # fmt: skip


def _whole_spec(keys: Sequence[dg.AssetKey]) -> dg.AssetSpec:
    return dg.AssetSpec(
        EXTENSIONS_KEY,
        deps=[dg.AssetKey("codebook"), dg.AssetKey(["marts", "counted_profiles"]), *keys],
        group_name=OWN_SCHEMA,
        kinds={"duckdb"},
        owners=_OWNERS,
        description="What the study adds of its own, and what of it is lacking; nothing in a study that adds nothing.",
    )


def extension_assets(study: Study | None) -> list[dg.AssetsDefinition]:
    """The assets of what a study adds. Without a valid study there is only the asset that stands for all of them."""
    parts = _parts_of(study)

    @dg.multi_asset(
        name=EXTENSIONS,
        specs=[*parts.specs(), _whole_spec(parts.keys)],
        check_specs=[
            *(
                dg.AssetCheckSpec("works", asset=key, description="It was made, keeps to the rules, and its tests hold.")
                for key in parts.keys
            ),
            dg.AssetCheckSpec("files_known", asset=EXTENSIONS_KEY, description="Every file is a model or an analysis."),
        ],
        can_subset=True,
    )
    def extensions(
        context: dg.AssetExecutionContext, study_run: dg.ResourceParam[StudyRun], dbt: dg.ResourceParam[DbtProject]
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        with fails_in_one_line():
            settings = study_run.settings
            keys = {own_key(settings, key) for key in context.selected_asset_keys}
            if study is not None:
                study_run.study_as_loaded(study)
            extensions_run = run_extensions(study_run, dbt, parts.selection(keys) if context.is_subset else SelectedParts())
            for part, reason in extensions_run.reasons.items():
                context.log.error(f"{part}: {reason}")
            yield from _of_parts(parts, keys, extensions_run, settings)
            if EXTENSIONS_KEY in keys:
                key = asset_key(settings, EXTENSIONS_KEY)
                yield dg.MaterializeResult(asset_key=key, metadata=_metadata(extensions_run))
                reasons = extensions_run.reasons
                unknown = [f"{file}: {reason}" for file, reason in reasons.items() if file not in parts.files]
                message = first_few(unknown, 3) or "Every file is a model or an analysis."
                yield check_result(Check("files_known", not unknown, message), asset_key=key)

    return [extensions, own_tables_asset(study)]


def own_tables_asset(study: Study | None) -> dg.AssetsDefinition:
    """The asset that lays out the tables and figures of a study's own, with a check for each of them."""
    tables = study.tables if study is not None else OwnTables()
    names = {table_part(table.table): f"table_{table.table}" for table in tables.tables}
    names |= {figure_part(figure.figure): f"figure_{figure.figure}" for figure in tables.figures}

    @dg.asset(
        key=OWN_TABLES,
        deps=[dg.AssetKey("codebook"), *RESULT_KEYS],
        group_name=OWN_SCHEMA,
        kinds={"python"},
        owners=_OWNERS,
        description="Tables and figures of the study's own, of results; nothing in a study that declares none.",
        check_specs=[
            dg.AssetCheckSpec(name, asset=OWN_TABLES, description=f"{part} can be made of the results.")
            for part, name in names.items()
        ],
    )
    def own_tables(study_run: dg.ResourceParam[StudyRun]) -> dg.MaterializeResult:
        with fails_in_one_line():
            if study is not None:
                study_run.study_as_loaded(study)
            rows = judge_own_tables(study_run.warehouse, study_run.study())
            checks = [Check(names[row.part], row.state != LACKING, f"{row.part}: {row.reason or 'made'}") for row in rows]
            return dg.MaterializeResult(
                metadata={"tables and figures": len(rows)}, check_results=[check_result(check) for check in checks]
            )

    return own_tables


def _of_parts(
    parts: _Parts, keys: set[dg.AssetKey], extensions_run: RunExtensions, settings: Settings
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """What became of each selected part: made, or why not."""
    for key in parts.keys:
        if key not in keys:
            continue
        part = parts.models.get(key) or parts.analyses[key]
        reason = extensions_run.reasons.get(part.file)
        if reason is None:
            metadata = _part_metadata(part, extensions_run, settings)
            yield dg.MaterializeResult(asset_key=asset_key(settings, key), metadata=metadata)
        check = Check("works", reason is None, f"{part.file}: {reason or 'released'}")
        yield check_result(check, asset_key=asset_key(settings, key))


def _part_metadata(part: SqlModel | PythonAnalysis, extensions_run: RunExtensions, settings: Settings) -> dict[str, Any]:
    if isinstance(part, SqlModel):
        tests = extensions_run.models.tests.get(part.name, [])
        return model_metadata(extensions_run.models.built[part.name], settings) | {"tests": tests}
    numbers = extensions_run.numbers[part.name]
    table = markdown_table(("result", "printed", "n"), [(row.result_id, row.printed, row.n) for row in numbers.results])
    return {"results": len(numbers.results), "numbers": dg.MetadataValue.md(table), "warnings of Python": numbers.remarks}


def _metadata(extensions_run: RunExtensions) -> dict[str, dg.MetadataValue]:
    rows = [(row.part, row.kind, row.state, row.reason or "") for row in extensions_run.rows]
    table = markdown_table(("part", "kind", "state", "why"), rows) if rows else "The study adds nothing of its own."
    return {"parts": dg.MetadataValue.md(table)}
