"""`wavehouse reminders`: who is to answer which wave now."""

import argparse
from typing import TYPE_CHECKING

from dagster_project.commands.command import add_command
from dagster_project.settings import Settings
from dagster_project.terminal import say

if TYPE_CHECKING:
    from dagster_project.fieldwork import Reminder, ReminderState


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    add_command(commands, "reminders", "list who has not answered a wave and is due, as a file for the team", execute)


def execute(options: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.fieldwork import REMINDER_STATES, counts_by_wave, current_lists
    from dagster_project.study import read_study

    protocol = read_study(settings.study_folder).protocol
    lists = current_lists(settings, protocol)
    for wave, counts in counts_by_wave(lists.reminders, protocol):
        say(f"{wave:8}" + ", ".join(f"{n} {state.replace('_', ' ')}" for state, n in counts.items() if n))
    if not lists.reminders:
        say("everybody has answered every wave that is planned for them")
    say(*(f"  {state.replace('_', ' ')}: {meaning}" for state, meaning in _states(lists.reminders, REMINDER_STATES)))
    say(f"by name: {lists.folder / 'reminders.csv'} (for the team alone)")
    return 0


def _states(reminders: "list[Reminder]", states: "dict[ReminderState, str]") -> "list[tuple[str, str]]":
    """The states that somebody is in, with what they mean."""
    return [(state, meaning) for state, meaning in states.items() if any(entry.state == state for entry in reminders)]
