"""Raw assets: the roster, one asset a wave made from the protocol, and all waves under one another.

Belongs here: the assets and their metadata. Does not belong here: loading an export (raw/), typing an answer (dbt staging).
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from dagster_project.checks import Check
from dagster_project.defs.names import asset_key
from dagster_project.defs.steps import check_result, fails_in_one_line
from dagster_project.exports import ExportError
from dagster_project.raw.answers import WaveAnswers, on_time_check, unite_waves
from dagster_project.raw.checks import EXPORT_CHECKS, export_checks, source_of
from dagster_project.raw.identifying import identifying_lines
from dagster_project.raw.load import LoadedExport, load_export
from dagster_project.raw.oddities import oddities
from dagster_project.raw.tables import ExportRecord
from dagster_project.settings import Settings
from dagster_project.study import READERS, Export, Study
from dagster_project.study_run import StudyRun


def raw_assets(study: Study) -> list[dg.AssetsDefinition]:
    """The raw layer of one study, as its definitions are when the graph is loaded."""
    return [*(_export_asset(study, export) for export in study.protocol.exports), _answers_asset(study)]


def _export_asset(study: Study, export: Export) -> dg.AssetsDefinition:
    key, source = dg.AssetKey(["raw", export.table]), source_of(export)

    @dg.asset(
        key=key,
        deps=["codebook", *([["raw", study.submission_export(export).table]] if export.repeat_of else [])],
        group_name="raw",
        kinds={"python", "duckdb", READERS[export.reader].badge},
        owners=["team:data-management"],
        description=f"The export of {source}, after landing and contract: canonical columns, text untouched.",
        check_specs=[
            dg.AssetCheckSpec(
                name, asset=key, blocking=blocks, description=words.format(source=source, folder=export.folder)
            )
            for name, (words, blocks) in EXPORT_CHECKS.items()
        ],
    )
    def export_asset(study_run: dg.ResourceParam[StudyRun]) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult]:
        with fails_in_one_line():
            study_run.study_as_loaded(study)
            try:
                loaded_export = load_export(study_run.settings, study, export, study_run.warehouse)
            except ExportError as error:
                yield check_result(Check("contract", False, str(error)))
                raise
            study_run.note_taken(export.export, loaded_export.inputs_digest)
            identifying = identifying_lines(study_run.warehouse, export, loaded_export.record.file_name)
            checks = export_checks(loaded_export, export, oddities(study, export, study_run.warehouse), identifying)
            yield dg.MaterializeResult(
                data_version=dg.DataVersion(_data_version(export, loaded_export.record)),
                metadata=_metadata(loaded_export),
                check_results=[check_result(check) for check in checks],
            )

    return export_asset


def _data_version(export: Export, record: ExportRecord) -> str:
    """The file that the rows are of; of a repeat group, whose people another file knows, all that they are of."""
    return (record.fingerprint if export.repeat_of is not None else record.sha256) or "not arrived"


def _metadata(loaded_export: LoadedExport) -> dict[str, Any]:
    record = loaded_export.record
    return {
        "file": record.file_name or "none has arrived",
        "sha256": record.sha256 or "",
        "rows in the file": record.rows_in_file,
        "rows accepted": record.rows_accepted,
        "rows set aside": record.rows_set_aside,
        "dagster/row_count": record.rows_accepted,
        "unchanged since the last run": loaded_export.is_unchanged,
        "files that ever arrived": loaded_export.versions,
    }


def _answers_asset(study: Study) -> dg.AssetsDefinition:
    """All waves under one another, as a view: nothing is copied, and dbt has one source whatever the waves are."""
    key, protocol = dg.AssetKey(["raw", "answers"]), study.protocol

    @dg.asset(
        key=key,
        deps=[["raw", protocol.roster.table], *(["raw", export.table] for export in protocol.wave_exports)],
        group_name="raw",
        kinds={"duckdb", "view"},
        owners=["team:data-management"],
        description="All waves' answer rows under one another: one row a respondent and wave (or part of it), one text"
        " column an item.",
        check_specs=[
            dg.AssetCheckSpec(
                "people_on_roster", asset=key, blocking=True, description="Every respondent of every wave is on the roster."
            ),
            *(
                dg.AssetCheckSpec(on_time_check(wave), asset=key, description=f"{wave.wave} arrives in its planned window.")
                for wave in protocol.waves
                if protocol.starts_on is not None
            ),
        ],
    )
    def answers(study_run: dg.ResourceParam[StudyRun]) -> dg.MaterializeResult:
        with fails_in_one_line():
            study_run.study_as_loaded(study)
            united = unite_waves(study_run.warehouse, study)
            return dg.MaterializeResult(
                metadata={
                    "rows": ", ".join(f"{wave} {count}" for wave, count in united.respondent_counts.items()),
                    "dagster/row_count": sum(united.respondent_counts.values()),
                    "dagster/column_lineage": _lineage(united, study_run.settings),
                    "dagster/column_schema": dg.TableSchema(
                        [dg.TableColumn(name, "bigint" if name == "source_row" else "varchar") for name in united.columns]
                    ),
                },
                check_results=[check_result(check) for check in united.checks],
            )

    return answers


def _lineage(united: WaveAnswers, settings: Settings) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {
            column: [dg.TableColumnDep(asset_key(settings, ["raw", export.table]), column) for export in exports]
            for column, exports in united.columns.items()
        }
    )
