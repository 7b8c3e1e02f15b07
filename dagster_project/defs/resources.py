"""The resources of a graph: a run of the study with its warehouse, and its dbt project.

Belongs here: holding the study's lock and working file for as long as a run goes on. Does not belong here: the lock
(study_lock.py), what the steps of a run share (study_run.py), calling dbt (models/).

In-process executors set up a run's resources once, before its first step, and take them down after its last: `wavehouse
run`, the UI, the daemon and a subset of one step hold the lock alike.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import dagster as dg

from dagster_project.dagster_home.retention import HOME_TAG, RunHistory
from dagster_project.defs.names import own_key
from dagster_project.erasure import finish_erasure
from dagster_project.exports import pseudonym
from dagster_project.file_modes import close_folders
from dagster_project.fingerprint import code_version
from dagster_project.keys import SettingsError
from dagster_project.models.project import DbtProject
from dagster_project.retention.carry_out import remove_due
from dagster_project.retention.plan import is_alone, plan_retention
from dagster_project.settings import Settings
from dagster_project.study_lock import study_lock
from dagster_project.study_run import StudyRun
from dagster_project.terminal import error_line, name_disks_of
from dagster_project.trail import Source
from dagster_project.trail.runs import RunTrail, unended_run
from dagster_project.warehouse import Warehouse, WarehouseError, compact, state_of_release
from dagster_project.withholding import WITHHELD, for_the_record

#: The name of the resource that every step asks for.
STUDY_RUN = "study_run"
#: The tag of a run that says how it was begun, where `wavehouse run` began it.
SOURCE_TAG = "wavehouse/source"
COMMAND_LINE: Literal["command line"] = "command line"


class StudyRunResource(dg.ConfigurableResource):
    """The run of a study: holds its lock, gives every step the definitions of the codebook. It is given as a StudyRun."""

    settings: dg.ResourceDependency[Settings]

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[StudyRun]:
        settings, log = self.settings, context.log
        run_id = context.run.run_id if context.run is not None else ""
        warehouse = Warehouse(settings.warehouse_file)

        def report(line: str) -> None:
            if log is not None:
                log.info(line)

        name_disks_of(settings.written_folders)
        with study_lock(settings.lock_file, run_id, report=report) as killed:
            close_folders(settings.private_folders)
            finish_erasure(settings, report)
            # Other commands may have held the lock since a run was killed: the trail knows of it.
            for killed_run in {unended_run(settings), killed.run_id if killed is not None else None} - {None}:
                _close(context.instance, killed_run, settings.study_folder)
            if context.instance is not None and context.run is not None and context.instance.has_run(run_id):
                context.instance.add_run_tags(run_id, {HOME_TAG: settings.study_home.name})
            with ExitStack() as open_file:
                # From the first step to the last nobody else writes the file, and nothing waits for its catalogue.
                with suppress(WarehouseError):  # the steps say what a run cannot heal
                    fault = warehouse.prepare(is_expected=(settings.study_folder / "release").exists())
                    if fault is not None and log is not None:
                        log.warning(fault)
                    open_file.enter_context(warehouse.kept_open())
                with for_the_record(pseudonyms_of_study(settings), settings.error_folder):
                    study_run = StudyRun(settings, run_id, source_of(context.run))
                    with _on_the_trail(study_run, context):
                        yield study_run
            _keep_to_retention(settings, study_run, context, report)
            compact(settings.warehouse_file)


class DbtResource(dg.ConfigurableResource[DbtProject]):
    """The dbt project, and where it keeps what it makes of it for this study. It is given as a DbtProject."""

    folder: str
    target: str
    warehouse_file: str

    def create_resource(self, context: dg.InitResourceContext) -> DbtProject:
        return DbtProject(Path(self.folder), Path(self.target), Path(self.warehouse_file))


def resources_of(settings: Settings) -> dict[str, dg.ConfigurableResource]:
    """The resources of one study, by the names by which steps ask for them."""
    return {
        STUDY_RUN: StudyRunResource(settings=settings),
        "dbt": DbtResource(
            folder=str(settings.dbt_folder),
            target=str(settings.dbt_target),
            warehouse_file=str(settings.warehouse_file),
        ),
    }


def pseudonyms_of_study(settings: Settings) -> Callable[[str], str]:
    """How the record of a study names a person; withheld where the key is lost, which the steps say."""

    def pseudonym_of(identifier: str) -> str:
        try:
            return pseudonym(identifier, settings.key())
        except SettingsError:
            return WITHHELD

    return pseudonym_of


def _keep_to_retention(
    settings: Settings, study_run: StudyRun, context: dg.InitResourceContext, report: Callable[[str], None]
) -> None:
    """Remove what the study's retention says is due. What keeps it from that does not fail a run whose steps are done."""
    instance = context.instance
    if instance is None:
        return
    history = RunHistory(
        lambda: nullcontext(instance),
        settings.dagster_home,
        settings.study_home.name,
        is_alone=is_alone(settings),
        is_in_files=not settings.history,
    )
    try:
        plan = plan_retention(settings, study_run.study(), history, datetime.now(UTC))
        lines = [plan.fault, *(f"removed: {removal.words}" for removal in remove_due(settings, plan, history))]
    except (ValueError, OSError) as error:
        lines = [f"retention: nothing was removed ({error_line(str(error))})"]
    for line in filter(None, lines):
        report(line)


@contextmanager
def _on_the_trail(study_run: StudyRun, context: dg.InitResourceContext) -> Iterator[None]:
    """The entries of a run in the audit trail: before its first step and after its last."""
    settings, run = study_run.settings, context.run
    trail = RunTrail(settings, study_run.run_id, study_run.source)
    selection = run.asset_selection if run is not None else None
    trail.begin(None if selection is None else sorted(own_key(settings, key).to_user_string() for key in selection))
    failed_steps: list[str] = []
    outcome = "stopped"
    try:
        yield
        failed_steps = _failed_steps(context.instance, study_run.run_id)
        outcome = "failed" if failed_steps else "succeeded"
    finally:
        trail.end(outcome, failed_steps, study_run.known_study, study_run.warehouse, code_version(settings))


def _failed_steps(instance: dg.DagsterInstance | None, run_id: str) -> list[str]:
    """The steps of a run that failed."""
    if instance is None or not run_id:
        return []
    entries = instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    return sorted({(entry.step_key or "").replace("__", "/") for entry in entries})


def source_of(run: dg.DagsterRun | None) -> Source:
    """How a run was begun."""
    tags = run.tags if run is not None else {}
    if tags.get(SOURCE_TAG) == COMMAND_LINE:
        return COMMAND_LINE
    if "dagster/sensor_name" in tags:
        return "sensor"
    if "dagster/schedule_name" in tags:
        return "schedule"
    return "ui" if run is not None and run.remote_job_origin is not None else "python"


def _close(instance: dg.DagsterInstance | None, run_id: str | None, study_folder: Path) -> None:
    """Mark a run whose process was killed as failed: nobody else does where no daemon runs."""
    run = instance.get_run_by_id(run_id) if instance is not None and run_id else None
    if instance is not None and run is not None and not run.is_finished:
        state = state_of_release(study_folder, run.run_id)
        instance.report_run_failed(run, f"The process of this run was killed; {state}.")
