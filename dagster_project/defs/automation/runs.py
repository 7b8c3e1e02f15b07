"""Runs that start themselves: when an export or a definition changes, every night, and a notice when one fails.

Belongs here: the sensor, the schedule, the notice, and whether a run that ended badly is started again. Does not belong
here: looking at files (exports/), what a run does. All of it is off until WAVEHOUSE_WATCH is set; `wavehouse ui --watch`
sets it.

The sensor compares what lies there with what the current release was made from, not with what was started: what a killed run
did not finish is started again. What a run refused is not, until something changes.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

import dagster as dg

from dagster_project.defs.automation.notice import Notice, send_notice
from dagster_project.exports import Look, Memory, look, read_taken
from dagster_project.settings import Settings, read_settings
from dagster_project.study import Study, StudyError, read_study
from dagster_project.study_lock import lock_holder
from dagster_project.warehouse import current_release

#: Twice this long after a file was last written, its run starts.
_SECONDS = 15
_NIGHTLY = "0 3 * * *"
#: How many runs are started for the same content before somebody has to look.
_MOST_RUNS = 3
#: Tags of the runs that the sensor starts: whose, and for which content.
STUDY_TAG, CONTENT_TAG = "wavehouse/study", "wavehouse/content"
#: Dagster's tag of why a run failed, and its words for a run that ended by what it met itself, not by being killed.
_REASON_TAG = "dagster/failure_reason"
_REASONS_OF_ITS_OWN = ("STEP_FAILURE", "RUN_EXCEPTION", "JOB_INITIALIZATION_FAILURE")


@dg.definitions
def defs() -> dg.Definitions:
    return build(read_settings())


def build(settings: Settings) -> dg.Definitions:
    """The sensor, the schedule and the notice of one study."""
    sensor_status = dg.DefaultSensorStatus.RUNNING if settings.watch else dg.DefaultSensorStatus.STOPPED

    @dg.sensor(
        name="new_exports",
        target=dg.AssetSelection.all().materializable(),
        minimum_interval_seconds=_SECONDS,
        default_status=sensor_status,
        description="Starts a run of everything when exports arrive or change, or the definitions do.",
    )
    def new_exports(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        try:
            study = read_study(settings.study_folder)
        except StudyError as error:
            return dg.SkipReason(str(error))
        memory = Memory.from_text(context.cursor)
        release = current_release(settings.study_folder) or {}
        seen = look(study, memory, read_taken(settings.taken_file, release.get("release")))
        for name in seen.unknown:
            context.log.warning("%s: no export declares this file; it is left where it is", name)
        for reason in seen.refused.values():
            context.log.warning(reason)
        content = _content(seen)
        lockless = _lockless_runs(context.instance, settings)
        for run in lockless:
            if run.run_id in memory.lockless:
                context.instance.report_run_failed(run, "The process of this run is gone; the release is as it was.")
        context.update_cursor(replace(seen.memory, lockless=tuple(run.run_id for run in lockless)).to_text())
        earlier = _earlier_runs(context.instance, settings, content)
        if reason := (
            _nothing_to_do(seen)
            or _other_graph(study, context.repository_def)
            or _under_way(settings, earlier)
            or _given_up(earlier)
        ):
            return dg.SkipReason(reason)
        # Everything, not only what hangs on the changed exports: by new definitions all of it is stale, what a killed run
        # left behind heals, and a release is of one state of all exports. No run key: the tags say what was started.
        return dg.RunRequest(
            tags={"wavehouse/arrived": ", ".join(seen.changed), STUDY_TAG: _name(settings), CONTENT_TAG: content},
        )

    nightly = dg.ScheduleDefinition(
        name="nightly",
        target=dg.AssetSelection.all().materializable(),
        cron_schedule=_NIGHTLY,
        default_status=dg.DefaultScheduleStatus.RUNNING if settings.watch else dg.DefaultScheduleStatus.STOPPED,
        description="Reads everything again every night at three, and heals what was left behind.",
    )

    @dg.run_failure_sensor(
        name="failure_notice",
        minimum_interval_seconds=_SECONDS,
        default_status=sensor_status,
        description="Says to WAVEHOUSE_NOTIFY (a chat's webhook or an e-mail address) that a run failed, and why.",
    )
    def failure_notice(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        if not settings.notify:
            return dg.SkipReason("WAVEHOUSE_NOTIFY is not set: nobody is told")
        reasons = []
        for event in context.get_step_failure_events():
            failure = event.step_failure_data
            said = failure.user_failure_data.description if failure.user_failure_data else None
            reasons.append(f"{event.step_key}: {said or failure.error_display_string.strip().splitlines()[0]}")
        send_notice(
            settings.notify,
            settings.smtp,
            Notice(
                settings.study_folder.name, context.dagster_run.run_id, tuple(reasons) or (context.failure_event.message,)
            ),
        )
        return None

    return dg.Definitions(sensors=[new_exports, failure_notice], schedules=[nightly])


def _name(settings: Settings) -> str:
    """The study in tags: several may have runs in one history."""
    return hashlib.sha256(str(settings.study_folder).encode()).hexdigest()[:12]


def _content(seen: Look) -> str:
    """A short name of what a run would take now."""
    return hashlib.sha256(json.dumps(dict(seen.digests), sort_keys=True).encode()).hexdigest()[:12]


def _earlier_runs(instance: dg.DagsterInstance, settings: Settings, content: str) -> Sequence[dg.DagsterRun]:
    """The runs that the sensor started last, newest first, as far as they were for this content."""
    runs = instance.get_runs(filters=dg.RunsFilter(tags={STUDY_TAG: _name(settings)}), limit=_MOST_RUNS)
    return list(takewhile(lambda run: run.tags.get(CONTENT_TAG) == content, runs))


def _lockless_runs(instance: dg.DagsterInstance, settings: Settings) -> Sequence[dg.DagsterRun]:
    """Runs of the sensor that Dagster takes for started while nobody holds the study's lock.

    A run is without the lock for moments only, when it starts and when it ends: one that is so at two looks was killed
    together with the process that watched it, as when the machine went down.
    """
    if lock_holder(settings.lock_file) is not None:
        return []
    started = dg.RunsFilter(tags={STUDY_TAG: _name(settings)}, statuses=[dg.DagsterRunStatus.STARTED])
    return instance.get_runs(filters=started)


def _nothing_to_do(seen: Look) -> str | None:
    if seen.waiting:
        return f"still being written, or new since the last look: {', '.join(seen.waiting)}"
    if seen.refused:
        return "; ".join(seen.refused.values())
    if not seen.changed:
        return f"nothing new; not declared: {', '.join(seen.unknown)}" if seen.unknown else "nothing new"
    return None


def _other_graph(study: Study, repository: dg.RepositoryDefinition | None) -> str | None:
    """The graph has an asset an export, made when the definitions were loaded."""
    if repository is None:
        return None
    raw = {key.path[-1] for key in repository.asset_graph.materializable_asset_keys if key.path[0] == "raw"}
    differing = (raw - {"answers", "segments"}) ^ {export.table for export in study.protocol.exports}
    if not differing:
        return None
    return (
        f"study.yaml and this graph have not the same exports: {', '.join(sorted(differing))}; reload the definitions in the"
        " UI (Deployment), or start `wavehouse ui --watch` again"
    )


def _under_way(settings: Settings, earlier: Sequence[dg.DagsterRun]) -> str | None:
    if (holder := lock_holder(settings.lock_file)) is not None:
        return f"{holder} is under way; what changed is looked at again when it is done"
    if earlier and not earlier[0].is_finished:
        return f"run {earlier[0].run_id[:8]} of this is about to start or to end"
    return None


def _given_up(earlier: Sequence[dg.DagsterRun]) -> str | None:
    """Why nothing is started for content that runs were started for: a refusal is told once, a killed run starts again."""
    if not earlier:
        return None
    last = earlier[0]
    if last.status == dg.DagsterRunStatus.CANCELED:
        return f"run {last.run_id[:8]} of this was cancelled; the next one starts when something changes, or by hand"
    if last.status == dg.DagsterRunStatus.FAILURE and _failed_by_itself(last.tags):
        return f"run {last.run_id[:8]} of this failed and says why; the next one starts when something changes, or by hand"
    if len(earlier) >= _MOST_RUNS:
        return f"{len(earlier)} runs of this ended without a release; the next one starts when something changes, or by hand"
    return None


def _failed_by_itself(tags: Mapping[str, str]) -> bool:
    return tags.get(_REASON_TAG) in _REASONS_OF_ITS_OWN
