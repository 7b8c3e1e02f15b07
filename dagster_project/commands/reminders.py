"""`wavehouse reminders`: who is to answer which wave now."""

import argparse

from dagster_project.commands.command import add_command
from dagster_project.settings import Settings
from dagster_project.terminal import say


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    add_command(commands, "reminders", "list who has not answered a wave and is due, as a file for the team", execute)


def execute(options: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.fieldwork import REMINDER_STATES, current_lists
    from dagster_project.study import read_study

    lists = current_lists(settings, read_study(settings.study_folder).protocol)
    for wave, counts in lists.reminder_counts:
        say(f"{wave:8}" + ", ".join(f"{n} {state.replace('_', ' ')}" for state, n in counts.items() if n))
    if not lists.reminder_counts:
        say("everybody has answered every wave that is planned for them")
    present_states = {state for _, counts in lists.reminder_counts for state, n in counts.items() if n}
    say(*(f"  {state.replace('_', ' ')}: {words}" for state, words in REMINDER_STATES.items() if state in present_states))
    say(f"by name: {lists.folder / 'reminders.csv'} (for the team alone)")
    return 0
