"""`wavehouse forget`: a person who withdrew consent leaves the study's data."""

import argparse
import sys
from typing import TYPE_CHECKING

from dagster_project.commands.command import add_command
from dagster_project.settings import PENDING_ERASURE, Settings
from dagster_project.terminal import say

if TYPE_CHECKING:
    from dagster_project.erasure import ErasurePlan, Person

_UNKNOWN_COPIES = (
    "not known here: data sets that `wavehouse export` wrote, releases and files that were passed on, backups, and the"
    " service that an export comes from; erase the person there, too"
)


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    forget = add_command(
        commands, "forget", "erase a person who withdrew consent from exports, copies, releases and lists, then run", execute
    )
    forget.add_argument("identifier", metavar="ID", help="the person's identifier, as the roster writes it")
    forget.add_argument("--because", required=True, metavar="TEXT", help="why, for the receipt; without the identifier")
    forget.add_argument("--yes", action="store_true", help="do not ask before anything is changed")
    forget.add_argument("--quiet", action="store_true", help="of the run that follows, print the summary only")


def execute(options: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.erasure import finish_erasure, person_of, plan_erasure, prepare
    from dagster_project.run import run_everything
    from dagster_project.study import read_study
    from dagster_project.study_lock import study_lock
    from dagster_project.trail import check_trail

    def report(line: str) -> None:
        say(f"wavehouse: {line}", file=sys.stderr)

    with study_lock(settings.lock_file, "forget", report=report):
        check_trail(settings.study_folder)
        _refuse_during_rotation(settings)
        study = read_study(settings.study_folder)
        person = person_of(study, options.identifier, settings.key())
        _refuse_reason(options.because, person)
        plan = plan_erasure(settings, study, person)
        say(*_plan_lines(plan))
        if not options.yes and not _is_confirmed():
            say("nothing was changed")
            return 1
        prepare(settings, plan, " ".join(options.because.split()))
        finish_erasure(settings, report)
        say("erased; everything is made anew without this person")
        code = run_everything(settings, quiet=options.quiet, is_forced=False, waits=True)
        return _say_traces(settings, person) or code


def finish_pending(settings: Settings) -> None:
    """Finish the erasure that a killed `wavehouse forget` left behind: every command about the study does that first."""
    # Whose folder is this study's is asked only where some study has one pending: asking makes the folder.
    if not any(settings.home.glob(f"*/{PENDING_ERASURE}")) or not (settings.study_home / PENDING_ERASURE).exists():
        return
    from dagster_project.erasure import finish_erasure
    from dagster_project.study_lock import study_lock

    def report(line: str) -> None:
        say(f"wavehouse: {line}", file=sys.stderr)

    with study_lock(settings.lock_file, "forget", report=report):
        if finish_erasure(settings, report) is not None:
            report("an erasure that was interrupted is finished")


def _refuse_during_rotation(settings: Settings) -> None:
    """The standing release, and queries, have pseudonyms of the former key: the person would not be known there."""
    from dagster_project.erasure import ErasureError
    from dagster_project.rotation import finish_key_cancellation, finish_key_rotation, has_rotation

    if has_rotation(settings):
        finish_key_rotation(settings)
    finish_key_cancellation(settings)
    if has_rotation(settings):
        raise ErasureError(
            f"{settings.study_folder}: a rotation of the key goes on; end it with `wavehouse run`, or take it back with"
            " `wavehouse key rotate --cancel`, first"
        )


def _refuse_reason(because: str, person: "Person") -> None:
    from dagster_project.erasure import ErasureError, pattern_of

    if not because.strip():
        raise ErasureError("--because is blank; say why, e.g. --because 'withdrew consent on 3 March'")
    if pattern_of(person.spellings).search(because.encode()):
        raise ErasureError("--because names the person; the receipt must not: leave the identifier out")


def _plan_lines(plan: "ErasurePlan") -> list[str]:
    lines = []
    for file in plan.affected_files:
        rows = f"{len(file.source_rows)} row{'s' if len(file.source_rows) > 1 else ''} of this person"
        copy = ", and its copy in landing" if len(file.paths) > 1 else ""
        lines.append(
            f"  {file.name}: an earlier version that cannot be read by today's declarations: deleted"
            if file.export is None
            else f"  {file.name}{copy}: {rows}"
        )
    lines += [f"  release {release.release}: deleted, with its {release.results or 0} results" for release in plan.releases]
    if plan.queries:
        lines.append(f"  {len(plan.queries)} data queries about this person")
    lines.append("  the working file, the lists, whole texts of errors and what Dagster's history holds of this person")
    lines += [f"  study.yaml: correct pin of export {export}: the pinned file changes" for export in plan.pins]
    return ["will be removed for good:", *lines, _UNKNOWN_COPIES]


def _is_confirmed() -> bool:
    from dagster_project.erasure import ErasureError

    if not sys.stdin.isatty():
        raise ErasureError("nobody can be asked here; --yes goes on without asking; nothing was changed")
    return input("Type yes to go on: ").strip().lower() == "yes"


def _say_traces(settings: Settings, person: "Person") -> int:
    """Say where the person still is. Returns the exit code."""
    from dagster_project.erasure import files_with, is_telling, texts_to_search
    from dagster_project.exports.suppression import SUPPRESSION_FILE
    from dagster_project.release.lake import releases_left_in_lake

    folders = (settings.study_folder, settings.study_home, settings.dagster_home)
    traces = files_with(
        folders, texts_to_search(person.pseudonym, person.spellings), [settings.study_home / SUPPRESSION_FILE]
    )
    for file in traces:
        say(f"still holds the identifier or the pseudonym, in a place that is not a row of an export: {file}")
    if not all(map(is_telling, person.spellings)):
        say(
            "the identifier is too short to be searched for in texts; columns of identifiers were looked at, and the"
            " pseudonym was searched for"
        )
    if not traces:
        say("nothing below the study's folder, its home and Dagster's holds this person any more")
    if names := releases_left_in_lake(settings):
        say(f"the lake still holds {', '.join(names)}, which the study has no longer; `wavehouse publish` takes them out")
    say(f"receipt: {settings.study_home / 'erasures.jsonl'}", _UNKNOWN_COPIES)
    return 1 if traces else 0
