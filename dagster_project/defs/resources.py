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

import dagster as dg

from dagster_project.dagster_home.retention import HOME_TAG, RunHistory
from dagster_project.erasure import finish_erasure
from dagster_project.exports import pseudonym
from dagster_project.file_modes import close_folders
from dagster_project.models.project import DbtProject
from dagster_project.retention.carry_out import remove_due
from dagster_project.retention.plan import is_alone, plan_retention
from dagster_project.settings import Settings, SettingsError
from dagster_project.study_lock import study_lock
from dagster_project.study_run import StudyRun
from dagster_project.terminal import error_line
from dagster_project.warehouse import Warehouse, WarehouseError, compact
from dagster_project.withholding import WITHHELD, for_the_record

#: The name of the resource that every step asks for.
STUDY_RUN = "study_run"


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

        with study_lock(settings.lock_file, run_id, report=report) as killed:
            close_folders(settings.private_folders)
            finish_erasure(settings, report)
            if killed is not None and context.instance is not None:
                _close(context.instance, killed.run_id)
            if context.instance is not None and context.run is not None and context.instance.has_run(run_id):
                context.instance.add_run_tags(run_id, {HOME_TAG: settings.study_home.name})
            with ExitStack() as open_file:
                # From the first step to the last nobody else writes the file, and nothing waits for its catalogue.
                with suppress(WarehouseError):  # the steps say what a run cannot heal
                    fault = warehouse.prepare(is_expected=(settings.study_folder / "release").exists())
                    if fault is not None and log is not None:
                        log.warning(fault)
                    open_file.enter_context(warehouse.kept_open())
                study_run = StudyRun(settings, run_id)
                with for_the_record(pseudonyms_of_study(settings), settings.error_folder):
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
        lambda: nullcontext(instance), settings.dagster_home, settings.study_home.name, is_alone=is_alone(settings)
    )
    try:
        plan = plan_retention(settings, study_run.study(), history, datetime.now(UTC))
        lines = [plan.fault, *(f"removed: {removal.words}" for removal in remove_due(settings, plan, history))]
    except (ValueError, OSError) as error:
        lines = [f"retention: nothing was removed ({error_line(str(error))})"]
    for line in filter(None, lines):
        report(line)


def _close(instance: dg.DagsterInstance, run_id: str) -> None:
    """Mark a run whose process was killed as failed: nobody else does where no daemon runs."""
    run = instance.get_run_by_id(run_id)
    if run is not None and not run.is_finished:
        instance.report_run_failed(run, "The process of this run was killed; the release is as it was.")
