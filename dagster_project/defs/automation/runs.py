"""Runs that start themselves: when an export arrives, every night, and a notice when one fails.

Belongs here: the sensor, the schedule, the notice. Does not belong here: looking at files (exports/), what a run does.
All of it is off until WAVEHOUSE_WATCH is set; `wavehouse ui --watch` sets it.
"""

from collections.abc import Iterator

import dagster as dg

from dagster_project.defs.automation.notice import Notice, send_notice
from dagster_project.exports import Memory, look
from dagster_project.settings import Settings, read_settings
from dagster_project.study import StudyError, read_study

#: Twice this long after a file was last written, its run starts.
_SECONDS = 15
_NIGHTLY = "0 3 * * *"


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
        description="Starts one run for the exports that arrived or changed, and all that hangs on them.",
    )
    def new_exports(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        try:
            study = read_study(settings.study_folder)
        except StudyError as error:
            yield dg.SkipReason(str(error))
            return
        found = look(study, Memory.from_text(context.cursor))
        context.update_cursor(found.memory.to_text())
        for name in found.unknown:
            context.log.warning("%s: no export declares this file; it is left where it is", name)
        for reason in found.refused.values():
            context.log.warning(reason)
        if not found.changed:
            yield dg.SkipReason(_why(found.waiting, found.refused.values(), found.unknown))
            return
        exports = [export for export in study.protocol.exports if export.export in found.changed]
        raw = dg.AssetSelection.assets(*(dg.AssetKey(["raw", export.table]) for export in exports))
        graph = context.repository_def.asset_graph if context.repository_def is not None else None
        selected = sorted(raw.downstream().materializable().resolve(graph)) if graph is not None else None
        yield dg.RunRequest(
            run_key=f"{found.memory.runs}-{'-'.join(found.changed)}",
            asset_selection=selected,
            tags={"wavehouse/arrived": ", ".join(found.changed)},
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


def _why(waiting: tuple[str, ...], refused: object, unknown: tuple[str, ...]) -> str:
    if waiting:
        return f"still being written, or new since the last look: {', '.join(waiting)}"
    if reasons := list(refused):  # type: ignore[call-overload]
        return "; ".join(reasons)
    return f"nothing new; not declared: {', '.join(unknown)}" if unknown else "nothing new"
