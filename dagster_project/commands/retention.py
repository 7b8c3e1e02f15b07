"""`wavehouse retention`: what the study's declaration keeps no longer is removed, or named."""

import argparse
import sys
from typing import TYPE_CHECKING

from dagster_project.commands.command import add_command
from dagster_project.settings import Settings
from dagster_project.terminal import say

if TYPE_CHECKING:
    from dagster_project.retention.plan import RetentionPlan
    from dagster_project.study import Retention


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    retention = add_command(
        commands, "retention", "remove what the study keeps no longer, as a run does at its end; raw exports stay", execute
    )
    retention.add_argument("--dry-run", action="store_true", help="say what would be removed, and remove nothing")
    retention.add_argument(
        "--clock-is-right",
        action="store_true",
        help="remove by age although nobody has looked at what is due for more than 400 days",
    )


def execute(options: argparse.Namespace, settings: Settings) -> int:
    from datetime import UTC, datetime

    from dagster_project.dagster_home.retention import history_of_home
    from dagster_project.fingerprint import inputs_fingerprint, record_run, unchanged_since
    from dagster_project.retention.carry_out import remove_due
    from dagster_project.retention.plan import is_alone, plan_retention
    from dagster_project.study import read_study
    from dagster_project.study_lock import study_lock
    from dagster_project.trail import check_trail

    def report(line: str) -> None:
        say(f"wavehouse: {line}", file=sys.stderr)

    study = read_study(settings.study_folder)
    history = history_of_home(settings, is_alone=is_alone(settings))
    now = datetime.now(UTC)
    say(*declaration_lines(study.protocol.retention))
    if options.dry_run:
        plan = plan_retention(settings, study, history, now, is_clock_right=options.clock_is_right)
        say(*plan_lines(plan, "would be removed"))
        return 0
    with study_lock(settings.lock_file, "retention", report=report):
        check_trail(settings.study_folder)
        inputs = inputs_fingerprint(settings)
        last = unchanged_since(settings, inputs, f"{now:%Y-%m-%d}")
        plan = plan_retention(settings, study, history, now, is_clock_right=options.clock_is_right)
        removals = remove_due(settings, plan, history)
        if last is not None and inputs is not None:
            record_run(settings, inputs, last.day, last.warnings)  # the next run finds all as this command leaves it
    names = {removal.name for removal in removals}
    planned = {removal.name for removal in plan.removals}
    say(*(f"removed by a command that was killed: {removal.words}" for removal in removals if removal.name not in planned))
    say(*plan_lines(plan, "removed", names))
    return 1 if any(removal.name not in names for removal in plan.removals) else 0


def declaration_lines(rule: "Retention") -> list[str]:
    """What is declared, in words."""
    ages = {
        "releases": rule.release_days,
        "landed copies of exports that a newer version took the place of": rule.superseded_days,
        "runs of the history": rule.history_days,
        "texts of errors": rule.error_days,
        "damaged files": rule.damaged_days,
    }
    limits = [f"{kind} after {days} days" for kind, days in ages.items() if days is not None]
    cited = f", and {', '.join(rule.cited_releases)}" if rule.cited_releases else ""
    line = (
        f"retention: {rule.releases} releases are kept{cited}"
        if rule.releases > 1
        else f"retention: the current release is kept{cited}"
    )
    return [line + (f"; removed by age: {'; '.join(limits)}" if limits else "; nothing else is removed")]


def plan_lines(plan: "RetentionPlan", verb: str, names: set[str] | None = None) -> list[str]:
    """What is due, what stays, and why. names: what was removed; None if nothing is to be."""
    lines = [f"cited release {name}: there is none of this name" for name in plan.unknown]
    if plan.fault:
        lines.append(plan.fault)
    for removal in plan.removals:
        is_done = names is None or removal.name in names
        lines.append(
            f"{verb}: {removal.words}"
            if is_done
            else f"could not be removed, and stays until the next time: {removal.words}"
        )
    lines += [f"stays: {line}" for line in plan.stays]
    if not plan.removals:
        lines.append("nothing is due" if plan.next_due is None else f"nothing is due before {plan.next_due:%Y-%m-%d}")
    return lines
