"""A run of the whole graph from the command line: whether it is needed, the run itself, and what is said of it.

Belongs here: the order of these. Does not belong here: an asset (defs/), what tells that nothing has changed
(fingerprint.py), the summary's lines (summary.py). Dagster and dbt are imported when a run needs them: they take seconds.
"""

import contextlib
import gc
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dagster_project.dagster_home.folder import open_dagster_home
from dagster_project.file_modes import close_folders
from dagster_project.fingerprint import LastRun, has_paths_outside, inputs_fingerprint, record_run, unchanged_since
from dagster_project.keys import is_cancellation_unfinished, read_rotation
from dagster_project.models.manifest import prepare_in_background
from dagster_project.network_folders import network_warning
from dagster_project.retention.records import Removal, is_due, read_look, read_removals
from dagster_project.settings import Settings
from dagster_project.study_lock import study_lock
from dagster_project.summary import run_summary
from dagster_project.terminal import say
from dagster_project.trail import check_writable, refuse_other_trail
from dagster_project.warehouse import LockedFileError, Warehouse, damaged_files, state_of_release

if TYPE_CHECKING:
    import dagster as dg

    from dagster_project.study import Study


def run_everything(settings: Settings, *, quiet: bool, is_forced: bool, waits: bool) -> int:
    """Run the whole graph, unless that would change nothing. Returns the exit code: 0, or 1 when a run failed.

    It holds the study's lock: what decides and what is loaded is under it, too, not only the steps. quiet: print the summary
    and what is wrong only. is_forced: run it in any case. waits: for another run of the study; else StudyLockedError says
    who runs.
    """
    run_id = str(uuid.uuid4())

    def report(line: str) -> None:
        say(f"wavehouse: {line}", file=sys.stderr)

    with study_lock(settings.lock_file, run_id, waits=waits, report=report):
        close_folders(settings.private_folders)
        refuse_other_trail(settings.study_folder)
        if read_rotation(settings.study_home) is not None or is_cancellation_unfinished(settings.study_home):
            from dagster_project.rotation import continue_key_rotation

            continue_key_rotation(settings)
        inputs = inputs_fingerprint(settings)
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        last = None if is_forced else unchanged_since(settings, inputs, today)
        if last is not None and _has_history(settings) and _say_unchanged(settings, last, quiet):
            if is_due(settings.study_home):
                _remove_due(settings)
                record_run(settings, last.inputs, last.day, last.warnings)
            return 0
        from dagster_project.study import read_study

        study = read_study(settings.study_folder)  # a wrong definition is one line here, before anything starts
        settings.key()  # and so is a key that is lost
        check_writable(settings.study_folder)
        open_dagster_home(settings)
        prepare_in_background(settings)
        if warning := network_warning((settings.study_home, settings.dagster_home)):
            say(f"warning: {warning}", file=sys.stderr)
        if not quiet:
            say(f"wavehouse: running {settings.study_folder.name}", file=sys.stderr)
        removal_count = len(read_removals(settings.study_home))
        try:
            result = _run_and_heal(settings, quiet, run_id)
        except KeyboardInterrupt:
            report(f"stopped; {state_of_release(settings.study_folder, run_id)}")
            return 130
        warnings = _print_problems(result)
        _say_removals(settings, read_removals(settings.study_home)[removal_count:])
        if not result.success:
            state = _state_of_releases(settings, result)
            say(f"wavehouse: the run failed; {state}. `wavehouse ui` shows run {result.run_id}", file=sys.stderr)
            return 1
        if lacking := _lacking_parts(settings):
            print(run_summary(settings))
            say(
                f"wavehouse: the release lacks of the study's own: {', '.join(lacking)}; the rest is released",
                file=sys.stderr,
            )
            return 1
        if inputs is not None and not has_paths_outside(settings.study_folder, _declared_places(study)):
            record_run(settings, inputs, today if study.protocol.starts_on is not None else None, warnings)
        print(run_summary(settings))
        return 0


def _remove_due(settings: Settings) -> None:
    """What a run that changes nothing removes: what has become due since the last one."""
    from dagster_project.dagster_home.retention import history_of_home
    from dagster_project.retention.carry_out import remove_due
    from dagster_project.retention.plan import is_alone, plan_retention
    from dagster_project.study import read_study

    history = history_of_home(settings, is_alone=is_alone(settings))
    plan = plan_retention(settings, read_study(settings.study_folder), history, datetime.now(UTC))
    _say_removals(settings, remove_due(settings, plan, history))


def _say_removals(settings: Settings, removals: Sequence[Removal]) -> None:
    """Say what the study's retention removed, and why nothing by its age, if so."""
    for removal in removals:
        say(f"wavehouse: removed: {removal.words}", file=sys.stderr)
    if (look := read_look(settings.study_home)) is not None and look.fault:
        say(f"warning: retention: {look.fault}", file=sys.stderr)


def _state_of_releases(settings: Settings, result: "dg.ExecuteInProcessResult") -> str:
    """Which releases a failed run left as they were."""
    state = state_of_release(settings.study_folder, result.run_id)
    failed_steps = {event.step_key for event in result.all_events if event.event_type_value == "STEP_FAILURE"}
    if "public_release" in failed_steps and settings.study_folder.exists():
        has_public = (settings.study_folder / "public").exists()
        return f"{state}, " + ("the public one is as it was" if has_public else "there is no public one yet")
    return state


def _lacking_parts(settings: Settings) -> list[str]:
    """What the study adds of its own and the release lacks, as the errors above say why."""
    from dagster_project.outcomes.extension_tables import lacking_parts

    return [row.part for row in lacking_parts(Warehouse(settings.warehouse_file))]


def _run_and_heal(settings: Settings, quiet: bool, run_id: str) -> "dg.ExecuteInProcessResult":
    """Run, and once more when the run found the working file or Dagster's history damaged, which are moved aside then.

    All that a run needs is in the exports.
    """
    from dagster_project.dagster_home.history import history_fault, move_damaged_aside

    _prepare_working_file(settings)
    damaged_before = damaged_files(settings.warehouse_file)
    try:
        result = _run_job(settings, quiet, run_id)
    except Exception as error:
        faults = move_damaged_aside(settings.dagster_home)
        if not faults and (fault := history_fault(error, settings.dagster_home)):
            raise ValueError(fault) from None
        if not faults:
            raise
        for fault in faults:
            say(f"warning: {fault}", file=sys.stderr)
        return _run_job(settings, quiet, str(uuid.uuid4()))
    if result.success or damaged_files(settings.warehouse_file) == damaged_before:
        return result
    _print_problems(result)
    say("wavehouse: running again, from the exports", file=sys.stderr)
    return _run_job(settings, quiet, str(uuid.uuid4()))


def _prepare_working_file(settings: Settings) -> None:
    # A rotation of the key has deleted it.
    is_expected = (settings.study_folder / "release").exists() and read_rotation(settings.study_home) is None
    with contextlib.suppress(LockedFileError):  # the steps say who holds it
        if fault := Warehouse(settings.warehouse_file).prepare(is_expected=is_expected):
            say(f"warning: {fault}", file=sys.stderr)


def _say_unchanged(settings: Settings, last: LastRun, quiet: bool) -> bool:
    """Print what a run would end with, and record that nothing had changed. False when a file cannot be read after all."""
    release_file = settings.study_folder / "release" / "warehouse.duckdb"
    if not all(Warehouse(file).can_be_read() for file in (settings.warehouse_file, release_file)):
        return False
    if not quiet:
        say(
            f"wavehouse: {settings.study_folder.name}: nothing has changed since the last run (--again runs everything)",
            file=sys.stderr,
        )
    for line in last.warnings:
        say(f"warning: {line}", file=sys.stderr)
    print(run_summary(settings), flush=True)
    _record_unchanged(settings, last)
    return True


def _has_history(settings: Settings) -> bool:
    """Whether the last run can stand in Dagster's history: a home that was deleted is filled by running everything."""
    return (settings.dagster_home / "dagster.yaml").exists()


def _record_unchanged(settings: Settings, last: LastRun) -> None:
    """One observation of the release in Dagster's history: it was looked at, and is of what lies there now."""
    open_dagster_home(settings)
    import dagster as dg

    from dagster_project.dagster_home.history import history_fault
    from dagster_project.defs.names import asset_key

    key = asset_key(settings, ["release"])
    facts = {"what changed": "Nothing has changed since the last run; nothing was run.", "release": last.release}
    try:
        with dg.DagsterInstance.get() as instance:
            instance.report_runless_asset_event(dg.AssetObservation(key, metadata=facts | {"inputs": last.inputs}))
    except Exception as error:
        if fault := history_fault(error, settings.dagster_home):
            raise ValueError(fault) from None
        raise


def _run_job(settings: Settings, quiet: bool, run_id: str) -> "dg.ExecuteInProcessResult":
    started = time.monotonic()
    with _no_garbage_yet():
        import dagster as dg

        from dagster_project.dagster_home.progress import step_line
        from dagster_project.definitions import EVERYTHING_JOB, build_defs
        from dagster_project.defs.names import name_of
        from dagster_project.defs.resources import COMMAND_LINE, SOURCE_TAG

        job = build_defs(settings).resolve_job_def(name_of(settings, EVERYTHING_JOB))
    with dg.DagsterInstance.get() as instance:
        loggers = {"progress": {"config": {"quiet": quiet}}}
        if not quiet:
            print(step_line("definitions", "loaded", time.monotonic() - started), file=sys.stderr, flush=True)
        # dbt's own lines go to a file; the terminal shows a line a step and the summary.
        log = settings.warehouse_file.with_name("run.log")
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("w", encoding="utf-8") as lines, contextlib.redirect_stdout(lines):
            config, tags = {"loggers": loggers}, {SOURCE_TAG: COMMAND_LINE}
            return job.execute_in_process(
                instance=instance, raise_on_error=False, run_config=config, run_id=run_id, tags=tags
            )


@contextlib.contextmanager
def _no_garbage_yet() -> Iterator[None]:
    """For a block of imports: they make a million objects that stay, and looking through them for garbage costs 2 s. The run
    of a small study makes half a million more, most of which stay until it ends: they are looked through when there are more
    than that."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(1_000_000)
        gc.enable()


def _declared_places(study: "Study") -> Iterator[str]:
    """The files and folders that a study's definitions name."""
    from dagster_project.synthesis import read_propositions

    for export in study.protocol.exports:
        yield export.folder
        if export.description is not None:
            yield export.description
    if study.protocol.published is not None:
        yield study.protocol.published.file
    if (propositions := read_propositions(study)) is not None:
        yield from (interviews.file for interviews in propositions.interviews)


def _print_problems(result: "dg.ExecuteInProcessResult") -> list[str]:
    """Every failed check and every failed step as one line, worst first. Returns the lines that are warnings."""
    import dagster as dg

    from dagster_project.defs.steps import failure_message, run_failure_message

    errors: list[str] = []
    warnings: list[str] = []
    for event in result.all_events:
        if event.event_type_value == "ASSET_CHECK_EVALUATION":
            check = event.asset_check_evaluation_data
            if not check.passed:
                is_warning = check.severity == dg.AssetCheckSeverity.WARN
                asset = check.asset_key.to_user_string()
                (warnings if is_warning else errors).append(f"{asset}, {check.check_name}: {check.description or 'failed'}")
        elif event.event_type_value == "STEP_FAILURE":
            line = failure_message(event)
            if not any(line in error for error in errors):
                errors.append(f"{(event.step_key or '').replace('__', '/')}: {line}")
        elif event.event_type_value == "PIPELINE_FAILURE" and not errors:  # before the first step, or after the last
            errors.append(run_failure_message(event))
    for line in errors:
        say(f"error: {line}", file=sys.stderr)
    for line in warnings:
        say(f"warning: {line}", file=sys.stderr)
    return warnings
