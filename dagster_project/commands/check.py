"""`wavehouse check`: what does not fit in a study's definitions and exports."""

import argparse
from typing import TYPE_CHECKING

from dagster_project.commands.command import add_command
from dagster_project.settings import Settings
from dagster_project.terminal import say

if TYPE_CHECKING:
    from dagster_project.rehearsal.fit import FitFinding


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    add_command(commands, "check", "report problems in a study's definitions and exports, without running anything", execute)


def execute(options: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.rehearsal.fit import ERROR, check_study
    from dagster_project.study import read_study

    study = read_study(settings.study_folder)
    say(f"{study.folder.name}: the definitions fit together: {len(study.protocol.waves)} waves, {len(study.scales)} scales")
    n_errors = 0
    for finding in check_study(study):
        n_errors += finding.severity == ERROR
        say(_line(finding))
    say("everything fits" if not n_errors else f"{n_errors} errors" if n_errors > 1 else "1 error")
    return 1 if n_errors else 0


def _line(finding: "FitFinding") -> str:
    from dagster_project.rehearsal.fit import INFO

    mark = "" if finding.severity == INFO else f"{finding.severity}: "
    if finding.is_detail:
        return f"    {mark}{finding.message}"
    subject = f"{finding.subject:<7} " if finding.is_export else f"{finding.subject}: " if finding.subject else ""
    return f"  {subject}{mark}{finding.message}"
