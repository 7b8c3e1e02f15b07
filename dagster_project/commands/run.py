"""`wavehouse run`: the whole graph, from exports to a release."""

import argparse
import sys

from dagster_project.commands.command import add_command
from dagster_project.settings import Settings
from dagster_project.terminal import say


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    run = add_command(commands, "run", "materialise the whole graph: exports in, tables and release out", execute)
    run.add_argument("--quiet", action="store_true", help="print the summary only")
    run.add_argument("--no-wait", action="store_true", help="do not wait for another run of the study: name it and exit")
    run.add_argument("--again", action="store_true", help="run everything, even if nothing has changed since the last run")


def execute(options: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.example import set_up_example
    from dagster_project.run import run_everything

    if not options.study and set_up_example(settings.study_folder):
        say(f"wavehouse: no study here: the example is set up in {settings.study_folder}", file=sys.stderr)
    return run_everything(settings, quiet=options.quiet, is_forced=options.again, waits=not options.no_wait)
