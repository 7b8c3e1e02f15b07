"""What a study adds of its own in a run: models, then analyses, and what the release is to say of them.

Belongs here: the order of these, and what they write of schema results. Does not belong here: building a model
(models.py), running an analysis (analyses.py), Dagster (defs/).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dagster_project.extensions.models import BuiltModels, build_own_models
from dagster_project.extensions.python_files import PythonAnalysis, faults_of_files, static_analyses
from dagster_project.extensions.sql_files import engine_tables, static_models
from dagster_project.models.project import DbtProject
from dagster_project.results import (
    ESTIMANDS_TABLE,
    EXTENSION_PEOPLE_TABLE,
    EXTENSION_STATISTICS_TABLE,
    EXTENSION_TABLES,
    EXTENSIONS,
    EXTENSIONS_TABLE,
    IN_RELEASE,
    LACKING,
    RESULTS_TABLE,
    ExtensionRow,
    estimand_rows,
)
from dagster_project.stamps import MARTS, stamp
from dagster_project.study import MODELS_FOLDER, OWN_PREFIX, Study
from dagster_project.study_run import StudyRun
from dagster_project.warehouse import Connection, Warehouse, literal, replace_rows
from dagster_project.withholding import without_place

if TYPE_CHECKING:
    from dagster_project.extensions.analyses import AnalysisNumbers

#: The run that computed a result: not part of what the result says.
_RUN_COLUMNS = ("run_id", "computed_at")


@dataclass(frozen=True)
class SelectedParts:
    """The parts that a run is about, by name: all of them where it is None."""

    models: Sequence[str] | None = None
    analyses: Sequence[str] | None = None

    @property
    def is_whole(self) -> bool:
        return self.models is None


@dataclass(frozen=True)
class RunExtensions:
    """What became of what a study adds. numbers: by analysis. rows: a part each."""

    models: BuiltModels
    numbers: "Mapping[str, AnalysisNumbers]" = field(default_factory=dict)
    rows: Sequence[ExtensionRow] = field(default=())

    @property
    def reasons(self) -> dict[str, str]:
        """Why parts are lacking, by part."""
        return {row.part: row.reason or "" for row in self.rows if row.state == LACKING}


def run_extensions(study_run: StudyRun, project: DbtProject, selection: SelectedParts) -> RunExtensions:
    """Build the models and run the analyses of a study, or those that are selection. Nothing that fails is raised: it is a
    row, and whatever it made before is gone."""
    study, warehouse = study_run.study(), study_run.warehouse
    models = build_own_models(study_run, project, selection.models)
    rows = [ExtensionRow(f"{MODELS_FOLDER}/{name}.sql", "model", IN_RELEASE, None) for name in models.built]
    rows += [ExtensionRow(file, "model", LACKING, reason) for file, reason in models.faults.items()]
    known_analyses = static_analyses(study)
    names = [name for name in known_analyses if selection.analyses is None or name in selection.analyses]
    analyses = [known_analyses[name] for name in names]
    numbers, faults = _run_analyses(study, warehouse, project, analyses, models) if analyses else ({}, {})
    rows += [ExtensionRow(known_analyses[name].file, "analysis", IN_RELEASE, None) for name in numbers]
    faults |= faults_of_files(study)
    rows += [ExtensionRow(file, "analysis", LACKING, reason) for file, reason in faults.items()]
    rows.sort(key=lambda row: (row.kind != "model", row.part))
    with warehouse.transaction() as connection:
        create_tables(connection)
        ran, succeeded = [analysis.analysis for analysis in analyses], [f"{OWN_PREFIX}{name}" for name in numbers]
        connection.execute(RESULTS_TABLE.create_sql())
        _forget(connection, ran, succeeded, rows, is_whole=selection.is_whole)
        _write(connection, study, numbers, study_run.run_id)
        stamp(connection, EXTENSIONS, (MARTS,), study, study_run.run_id)
    return RunExtensions(models, numbers, rows)


def _run_analyses(
    study: Study, warehouse: Warehouse, project: DbtProject, analyses: Sequence[PythonAnalysis], models: BuiltModels
) -> "tuple[dict[str, AnalysisNumbers], dict[str, str]]":
    """The numbers by analysis, and why others have none, by file."""
    # DataFrames take a second to come, and only a study with analyses needs them.
    from dagster_project.extensions.analyses import run_analysis
    from dagster_project.extensions.numbers import AnalysisError

    marts = [name for name, schema in engine_tables(project).items() if schema == "marts"]
    reasons = {name: models.faults.get(f"{MODELS_FOLDER}/{name}.sql") for name in static_models(study)}
    numbers, faults = {}, {}
    for analysis in analyses:
        try:
            numbers[analysis.name] = run_analysis(study, warehouse, analysis, marts, reasons)
        except AnalysisError as error:
            faults[analysis.file] = str(error)
    return numbers, faults


def create_tables(connection: Connection) -> None:
    connection.execute("create schema if not exists results")
    for table in EXTENSION_TABLES:
        connection.execute(table.create_sql())
        connection.execute(f"comment on table {table.full_name} is {literal(table.description)}")


def _forget(
    connection: Connection, ran: Sequence[str], succeeded: Sequence[str], rows: Sequence[ExtensionRow], *, is_whole: bool
) -> None:
    """Say of each part what became of it, and take away what is known of analyses: of a whole run of all of them, else of
    those that ran. Results of those that were made stay, to be replaced where they differ."""
    replaced: tuple[str, Sequence[str]] = ("part", [row.part for row in rows])
    if is_whole:
        replaced = ("kind", ("model", "analysis", "table", "figure"))
    # The table is released.
    rows = [replace(row, reason=without_place(row.reason) if row.reason else row.reason) for row in rows]
    replace_rows(connection, "results", EXTENSIONS_TABLE.name, EXTENSIONS_TABLE.to_arrow(rows), replaced)
    condition = f"starts_with(analysis, {literal(OWN_PREFIX)}) and ($1 or list_contains($2, analysis))"
    of_results = f"result_id in (select result_id from results.results where {condition})"
    connection.execute(f"delete from results.extension_people where {of_results}", [is_whole, list(ran)])
    for table in ("results.extension_statistics", "codebook.estimands"):
        connection.execute(f"delete from {table} where {condition}", [is_whole, list(ran)])
    outdated = f"{condition} and not list_contains($3, analysis)"
    connection.execute(f"delete from results.results where {outdated}", [is_whole, list(ran), list(succeeded)])


def _write(connection: Connection, study: Study, numbers: "Mapping[str, AnalysisNumbers]", run_id: str) -> None:
    """The results of analyses, their statistics, and whom they name."""
    now = datetime.now(UTC).replace(tzinfo=None)
    results = [row for outcome in numbers.values() for row in outcome.results]
    analyses = [f"{OWN_PREFIX}{name}" for name in numbers]
    table = RESULTS_TABLE.to_arrow(results, plan_hash=study.protocol.plan_hash, run_id=run_id, computed_at=now)
    replace_rows(
        connection, "results", "results", table, ("analysis", analyses), key=RESULTS_TABLE.key[0], stamps=_RUN_COLUMNS
    )
    statistics = [row for outcome in numbers.values() for row in outcome.statistics]
    people = [
        {"result_id": result_id, "participant_id": person, "value": value}
        for outcome in numbers.values()
        for result_id, person, value in outcome.people
    ]
    estimands = estimand_rows(study, [row.registered for row in statistics])
    for spec, rows, column in (
        (EXTENSION_STATISTICS_TABLE, statistics, "analysis"),
        (EXTENSION_PEOPLE_TABLE, people, "result_id"),
        (ESTIMANDS_TABLE, estimands, "analysis"),
    ):
        replace_rows(connection, spec.schema, spec.name, spec.to_arrow(rows), (column, []))
