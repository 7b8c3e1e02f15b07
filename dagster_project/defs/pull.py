"""Pulling in Dagster: a job that brings down what declares a source, and a schedule that starts it at night.

Belongs here: the job and the schedule. Does not belong here: pulling (pull/); starting a run for what arrived, which the
sensor does as for any other file (automation.py). The schedule is off until WAVEHOUSE_WATCH is set.
"""

import os

import dagster as dg

from dagster_project.defs.names import name_of, pool_of
from dagster_project.defs.resources import pseudonyms_of_study, source_of
from dagster_project.defs.steps import fails_in_one_line, step_failure
from dagster_project.pull import has_sources, pull_study
from dagster_project.settings import Settings
from dagster_project.study import Study, read_study
from dagster_project.trail import Facts, record
from dagster_project.withholding import for_the_record

#: An hour before everything is read again (automation.py).
_AT_NIGHT = "0 2 * * *"
#: What shows the texts that the record of the job withholds.
_SHOWN_BY = "`wavehouse pull` shows"


def pull_definitions(settings: Settings, study: Study | None) -> dg.Definitions:
    """The job and its schedule; nothing for a study whose exports declare no source."""
    if study is None or not has_sources(study):
        return dg.Definitions()
    job = _pull_job(settings)
    schedule = dg.ScheduleDefinition(
        name=name_of(settings, "nightly_pull"),
        job=job,
        cron_schedule=_AT_NIGHT,
        default_status=dg.DefaultScheduleStatus.RUNNING if settings.watch else dg.DefaultScheduleStatus.STOPPED,
        description="Pulls what declares a source every night at two. What is new starts a run, what is not starts none.",
    )
    return dg.Definitions(jobs=[job], schedules=[schedule])


def _pull_job(settings: Settings) -> dg.JobDefinition:
    @dg.op(pool=pool_of(settings), description="Brings the exports that declare a source down as files of the raw exports.")
    def pull_exports(context: dg.OpExecutionContext) -> None:
        with for_the_record(pseudonyms_of_study(settings), settings.error_folder, _SHOWN_BY), fails_in_one_line():
            study = read_study(settings.study_folder)
            outcomes = pull_study(settings, study, os.environ, report=context.log.info)
            states: Facts = {outcome.export: outcome.state for outcome in outcomes}
            record(settings, "pull", {"exports": dict(states)}, source_of(context.run))
            for outcome in outcomes:
                context.log.info("%s: %s: %s", outcome.export, outcome.state, outcome.message)
            if refusals := [f"{outcome.export}: {outcome.message}" for outcome in outcomes if outcome.state == "refused"]:
                raise step_failure("; ".join(refusals))

    @dg.job(name=name_of(settings, "pull"), executor_def=dg.in_process_executor, description="As `wavehouse pull` does.")
    def pull() -> None:
        pull_exports()

    return pull
