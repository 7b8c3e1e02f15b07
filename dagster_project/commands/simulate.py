"""`wavehouse simulate`: stand-in people who could have produced the published tables."""

import argparse
import sys
from pathlib import Path

from dagster_project.commands.command import add_command
from dagster_project.settings import Settings
from dagster_project.terminal import say


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    simulate = add_command(
        commands, "simulate", "find stand-in people who could have produced the published tables", execute
    )
    simulate.add_argument("--seed", type=int, default=None, help="the same seed gives the same people")
    simulate.add_argument("--out", type=Path, required=True, help="a new folder for the exports, e.g. stand-ins/")


def execute(options: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.results import read_published
    from dagster_project.simulate import DEFAULT_SEED, refuse_existing_files, report, simulate_study, write_exports
    from dagster_project.study import StudyError, read_study

    study = read_study(settings.study_folder)
    if study.protocol.published is None:
        raise StudyError(
            f"{study.folder / 'study.yaml'}: published: there is no published table to simulate from; declare one"
        )
    if study.measures:
        raise StudyError(
            f"{study.folder / 'study.yaml'}: measures: stand-ins are made of items, and {next(iter(study.measures))} has"
            " none; simulate a study without measures"
        )
    refuse_existing_files(study, options.out)  # now, not after minutes of searching
    published = read_published(study.folder / study.protocol.published.file)
    seed = DEFAULT_SEED if options.seed is None else options.seed
    stand_ins = simulate_study(study, published, seed, progress=lambda line: say(f"  {line}", file=sys.stderr))
    write_exports(stand_ins, study, options.out, seed)
    say(*report(stand_ins).split("\n"))
    say(f"exports: {options.out}")
    return 0
