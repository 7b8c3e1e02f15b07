"""`wavehouse contract`: what each export's columns and answers are taken for."""

import argparse

from dagster_project.commands.command import add_command
from dagster_project.settings import Settings
from dagster_project.terminal import say


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    contract = add_command(
        commands, "contract", "show how each export's columns and answers are read, and what looks odd", execute
    )
    contract.add_argument("--propose", action="store_true", help="print the protocol lines that would match missing columns")


def execute(options: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.commands.check import home_of
    from dagster_project.rehearsal.columns import UnreadWave, columns_by_wave
    from dagster_project.study import read_study

    n_open = 0
    for wave in columns_by_wave(read_study(settings.study_folder), home_of(settings)):
        if isinstance(wave, UnreadWave):
            say(f"{wave.wave}: {wave.message}")
            n_open += 1
            continue
        say(wave.title, *(f"  {line}" for line in (*wave.oddities, *wave.proposals)))
        if options.propose:
            say(*(f"  {line}" for line in wave.lines_to_accept))
        for sentence, lines in wave.label_proposals:
            say(f"  {sentence}")
            if options.propose:
                say(*(f"  {line}" for line in lines))
        n_open += wave.n_open
    return 1 if n_open else 0
