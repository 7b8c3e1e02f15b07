"""`wavehouse pull`: the exports that declare a source, brought down from their services."""

import argparse
import os
import sys

from dagster_project.commands.command import add_command
from dagster_project.settings import Settings
from dagster_project.terminal import say
from dagster_project.trail import Facts, record


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    summary = "bring the exports that declare a source down from their services, as files of the study's raw exports"
    pull = add_command(commands, "pull", summary, execute)
    pull.add_argument("study", nargs="?", default=argparse.SUPPRESS, metavar="STUDY", help="the same as --study")
    pull.add_argument("--only", nargs="+", default=[], metavar="EXPORT", help="the codes of single exports, e.g. t2")


def execute(options: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.pull import pull_study
    from dagster_project.study import read_study

    def report(line: str) -> None:
        say(f"wavehouse: {line}", file=sys.stderr)

    study = read_study(settings.study_folder)
    outcomes = pull_study(settings, study, os.environ, only=options.only, report=report)
    states: Facts = {outcome.export: outcome.state for outcome in outcomes}
    record(settings, "pull", {"exports": dict(states)})
    refusals = [outcome for outcome in outcomes if outcome.state == "refused"]
    for outcome in outcomes:
        if outcome.state == "refused":
            say(f"error: {outcome.export}: {outcome.message}", file=sys.stderr)
        else:
            say(f"  {outcome.export:<7} {outcome.message}")
    if refusals:
        say(
            f"wavehouse: {len(refusals)} of {len(outcomes)} exports not pulled; their files are as they were",
            file=sys.stderr,
        )
    return 1 if refusals else 0
