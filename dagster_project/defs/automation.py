"""Runs that start themselves: when an export or a definition changes, every night, and a notice when one fails.

Belongs here: the sensor, the schedule, the notice, and Dagster's runs and tags as they need them. Does not belong here: when
a run is due (automation/due.py), looking at files (exports/). All of it is off until WAVEHOUSE_WATCH is set; `wavehouse ui
--watch` sets it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

import dagster as dg

from dagster_project.automation.due import MAX_RUNS, EarlierRun, content_name, why_not_due
from dagster_project.automation.notice import Notice, send_notice
from dagster_project.defs.mending import fault_request, last_fault, other_studies_reason, reload_reason
from dagster_project.defs.names import name_of, own_key
from dagster_project.defs.steps import failure_message
from dagster_project.exports import Memory, look, read_release_inputs
from dagster_project.settings import Settings
from dagster_project.studies import served_studies
from dagster_project.study import Study, StudyError, read_study
from dagster_project.study_lock import lock_holder
from dagster_project.warehouse import current_release, state_of_release

#: Twice this long after a file was last written, its run starts.
_SECONDS = 15
_NIGHTLY = "0 3 * * *"
#: Tags of the runs that the sensor starts: whose, and for which content.
STUDY_TAG, CONTENT_TAG = "wavehouse/study", "wavehouse/content"
#: Dagster's tag of why a run failed, and its words for a run that ended by what it met itself, not by being killed.
_REASON_TAG = "dagster/failure_reason"
_REFUSALS = ("STEP_FAILURE", "RUN_EXCEPTION", "JOB_INITIALIZATION_FAILURE")


def automation(settings: Settings, loaded_study: Study | None = None) -> dg.Definitions:
    """The sensor, the schedule and the notice of one study. loaded_study: what its graph was made of, if it could be."""
    nightly = dg.ScheduleDefinition(
        name=name_of(settings, "nightly"),
        target=dg.AssetSelection.all().materializable(),
        cron_schedule=_NIGHTLY,
        default_status=dg.DefaultScheduleStatus.RUNNING if settings.watch else dg.DefaultScheduleStatus.STOPPED,
        description="Reads everything again every night at three, and heals what was left behind.",
    )
    return dg.Definitions(sensors=[_new_exports(settings, loaded_study), _failure_notice(settings)], schedules=[nightly])


def _sensor_status(settings: Settings) -> dg.DefaultSensorStatus:
    return dg.DefaultSensorStatus.RUNNING if settings.watch else dg.DefaultSensorStatus.STOPPED


def _new_exports(settings: Settings, loaded_study: Study | None) -> dg.SensorDefinition:
    loaded_hash = loaded_study.definitions_hash if loaded_study is not None else None
    study_tags = {STUDY_TAG: _study_name(settings)}
    loaded_studies = served_studies() if settings.prefix else []

    @dg.sensor(
        name=name_of(settings, "new_exports"),
        target=dg.AssetSelection.all().materializable(),
        minimum_interval_seconds=_SECONDS,
        default_status=_sensor_status(settings),
        description="Starts a run of everything when exports arrive or change, or the definitions do.",
    )
    def new_exports(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if reason := other_studies_reason(settings, loaded_studies, context.log):
            return reason
        try:
            study = read_study(settings.study_folder)
        except StudyError as error:
            return fault_request(context.instance, settings, error, study_tags, _SECONDS)
        graph_tables = _graph_tables(context.repository_def, settings)
        if reason := reload_reason(settings, study, loaded_hash, graph_tables):
            return reason
        memory = Memory.from_text(context.cursor)
        release = current_release(settings.study_folder) or {}
        arrivals = look(study, memory, read_release_inputs(settings.release_inputs_file, release.get("release")))
        for name in arrivals.undeclared_files:
            context.log.warning("%s: no export declares this file; it is left where it is", name)
        for refusal in arrivals.refusals.values():
            context.log.warning(refusal)
        lockless = _close_lockless_runs(context.instance, settings, memory.lockless)
        context.update_cursor(replace(arrivals.memory, lockless=lockless).to_text())
        content = content_name(arrivals)
        earlier = _earlier_runs(context.instance, settings, content)
        holder = lock_holder(settings.lock_file)
        running = str(holder) if holder is not None else None
        reason_text = why_not_due(arrivals, study, graph_tables, running, earlier)
        # What showed a fault is green again by a run, also where nothing else has changed.
        is_mended = running is None and last_fault(context.instance, study_tags) is not None
        if reason_text is not None and not (is_mended and not arrivals.unsettled_files and not arrivals.refusals):
            return dg.SkipReason(reason_text)
        # Everything, not only what hangs on the changed exports: by new definitions all of it is stale, what a killed run
        # left behind heals, and a release is of one state of all exports. No run key: the tags say what was started.
        arrived = ", ".join(arrivals.changed_exports)
        return dg.RunRequest(tags=study_tags | {"wavehouse/arrived": arrived, CONTENT_TAG: content})

    return new_exports


def _failure_notice(settings: Settings) -> dg.SensorDefinition:
    @dg.run_failure_sensor(
        name=name_of(settings, "failure_notice"),
        minimum_interval_seconds=_SECONDS,
        default_status=_sensor_status(settings),
        description="Says to WAVEHOUSE_NOTIFY (a chat's webhook or an e-mail address) that a run failed, and why.",
    )
    def failure_notice(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        if not settings.notify:
            return dg.SkipReason("WAVEHOUSE_NOTIFY is not set: nobody is told")
        reasons = [_step_failure(event) for event in context.get_step_failure_events()] or [
            context.failure_event.message or ""
        ]
        run_id = context.dagster_run.run_id
        state = state_of_release(settings.study_folder, run_id)
        notice = Notice(settings.study_folder.name, run_id, tuple(reasons), state)
        send_notice(settings.notify, settings.smtp, notice)
        return None

    return failure_notice


def _step_failure(event: dg.DagsterEvent) -> str:
    return f"{event.step_key}: {failure_message(event)}"


def _study_name(settings: Settings) -> str:
    """The study in tags: several may have runs in one history."""
    return hashlib.sha256(str(settings.study_folder).encode()).hexdigest()[:12]


def _earlier_runs(instance: dg.DagsterInstance, settings: Settings, content: str) -> Sequence[EarlierRun]:
    """The runs that the sensor started last, newest first, as far as they were for this content."""
    runs = instance.get_runs(filters=dg.RunsFilter(tags={STUDY_TAG: _study_name(settings)}), limit=MAX_RUNS)
    return [
        EarlierRun(
            name=run.run_id[:8],
            is_finished=run.is_finished,
            is_cancelled=run.status == dg.DagsterRunStatus.CANCELED,
            has_refused=run.status == dg.DagsterRunStatus.FAILURE and run.tags.get(_REASON_TAG) in _REFUSALS,
        )
        for run in takewhile(lambda run: run.tags.get(CONTENT_TAG) == content, runs)
    ]


def _close_lockless_runs(
    instance: dg.DagsterInstance, settings: Settings, lockless_before: Sequence[str]
) -> tuple[str, ...]:
    """Mark as failed the runs that Dagster takes for started while nobody holds the study's lock. Returns their ids.

    A run is without the lock for moments only, when it starts and when it ends: one that is so at two looks was killed
    together with the process that watched it, as when the machine went down.
    """
    if lock_holder(settings.lock_file) is not None:
        return ()
    started = dg.RunsFilter(tags={STUDY_TAG: _study_name(settings)}, statuses=[dg.DagsterRunStatus.STARTED])
    runs = instance.get_runs(filters=started)
    for run in runs:
        if run.run_id in lockless_before:
            state = state_of_release(settings.study_folder, run.run_id)
            instance.report_run_failed(run, f"The process of this run is gone; {state}.")
    return tuple(run.run_id for run in runs)


def _graph_tables(repository: dg.RepositoryDefinition | None, settings: Settings) -> set[str] | None:
    """The tables of exports that the loaded graph has assets for."""
    if repository is None:
        return None
    keys = [own_key(settings, key) for key in repository.asset_graph.materializable_asset_keys]
    tables = {key.path[-1] for key in keys if key.path[0] == "raw"}
    return tables - {"answers", "segments"}
