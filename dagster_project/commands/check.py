"""`wavehouse check`: what does not fit in a study's definitions and exports."""

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from dagster_project.commands.command import add_command
from dagster_project.settings import Settings
from dagster_project.terminal import say

if TYPE_CHECKING:
    from dagster_project.rehearsal.fit import FitFinding
    from dagster_project.study import Study


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    add_command(commands, "check", "report problems in a study's definitions and exports, without running anything", execute)


def execute(options: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.extensions.rehearsal import static_faults
    from dagster_project.models.project import DbtProject
    from dagster_project.raw.versions import gone_exports
    from dagster_project.rehearsal.fit import ERROR, WARNING, FitFinding, check_study
    from dagster_project.results import count_text
    from dagster_project.study import read_study

    study = read_study(settings.study_folder)
    parts = f"{count_text(len(study.protocol.waves), 'wave')}, {count_text(len(study.scales), 'scale')}"
    say(f"{study.folder.name}: the definitions fit together: {parts}")
    numbers = Counter[str]()
    faults = static_faults(study, DbtProject.from_settings(settings))
    for finding in (
        *check_study(study, home_of(settings), gone_exports(study)),
        *(FitFinding(file, ERROR, reason) for file, reason in sorted(faults.items())),
    ):
        numbers[finding.severity] += 1
        say(_line(finding))
    for line in _retention_lines(settings, study):
        say(f"  {line}")
    errors, warnings = (_number_text(numbers[severity], severity) for severity in (ERROR, WARNING))
    say(" and ".join(filter(None, (errors, warnings))) or "everything fits")
    return 1 if errors else 0


def _retention_lines(settings: Settings, study: "Study") -> list[str]:
    """What is declared of keeping what runs leave, and what is due; nothing where neither is."""
    from datetime import UTC, datetime

    from dagster_project.commands.retention import declaration_lines, plan_lines
    from dagster_project.dagster_home.retention import history_of_home
    from dagster_project.retention.plan import is_alone, plan_retention
    from dagster_project.study import Retention

    if not (settings.study_folder / "release").exists():
        return []
    rule = study.protocol.retention
    history = history_of_home(settings, is_alone=is_alone(settings))
    plan = plan_retention(settings, study, history, datetime.now(UTC))
    if rule == Retention() and not plan.removals:
        return []
    return [*declaration_lines(rule), *(f"  {line}" for line in plan_lines(plan, "due at the end of the next run"))]


def home_of(settings: Settings) -> Path | None:
    """The study's home, if it has run: asking for it would make one."""
    return settings.study_home if (settings.study_folder / "release").exists() or settings.landing.exists() else None


def _number_text(number: int, noun: str) -> str:
    return f"{number} {noun}s" if number > 1 else f"1 {noun}" if number else ""


def _line(finding: "FitFinding") -> str:
    from dagster_project.rehearsal.fit import INFO

    mark = "" if finding.severity == INFO else f"{finding.severity}: "
    if finding.is_detail:
        return f"    {mark}{finding.message}"
    subject = f"{finding.subject:<7} " if finding.is_export else f"{finding.subject}: " if finding.subject else ""
    return f"  {subject}{mark}{finding.message}"
