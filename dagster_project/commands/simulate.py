"""`wavehouse simulate`: stand-in people, of published tables or of a study's design."""

import argparse
import math
import sys
from pathlib import Path

from dagster_project.commands.command import add_command
from dagster_project.settings import Settings
from dagster_project.terminal import say

#: More people than this would take minutes to draw one by one.
_MAX_PEOPLE = 20_000
#: Minutes after which a search ends with the best that it has.
_MINUTES = 5.0


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    simulate = add_command(
        commands,
        "simulate",
        "make stand-in people: such as could have produced the published tables, or of the design",
        execute,
    )
    simulate.add_argument("--seed", type=int, default=None, help="the same seed gives the same people")
    simulate.add_argument("--people", type=int, default=None, help="how many people, where no published table says it")
    simulate.add_argument(
        "--minutes",
        type=float,
        default=None,
        help="how long people who could have produced a table are searched at most (5); then the best so far are written",
    )
    simulate.add_argument("--out", type=Path, required=True, help="a new folder for the exports, e.g. stand-ins/")


def execute(options: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.results import count_text, read_published
    from dagster_project.simulate import (
        DEFAULT_SEED,
        draw_study,
        refuse_existing_files,
        report,
        simulate_study,
        write_exports,
    )
    from dagster_project.study import StudyError, read_study

    study = read_study(settings.study_folder)
    if study.protocol.published is None and options.people is None:
        raise StudyError(
            f"{study.folder / 'study.yaml'}: published: no published table says how many people there are; add --people N"
        )
    if study.protocol.published is not None and options.people is not None:
        raise StudyError(
            f"--people {options.people}: the published table says how many people there are; leave --people out"
        )
    if options.people is not None and not 1 <= options.people <= _MAX_PEOPLE:
        raise StudyError(f"--people {options.people}: give a whole number from 1 to {_MAX_PEOPLE}")
    if options.minutes is not None and study.protocol.published is None:
        raise StudyError(f"--minutes {options.minutes:g}: people of a design are drawn, not searched; leave --minutes out")
    minutes = _MINUTES if options.minutes is None else options.minutes
    if not 0 < minutes < math.inf:
        raise StudyError(f"--minutes {minutes:g}: give a number above 0")
    refuse_existing_files(study, options.out)  # now, not after minutes of searching
    seed = DEFAULT_SEED if options.seed is None else options.seed
    if study.protocol.published is None:
        write_exports(draw_study(study, options.people, seed), study, options.out, seed)
        say(f"{count_text(options.people, 'stand-in person', 'stand-in people')}, drawn from the study's design alone")
        say(f"exports: {options.out}")
        return 0
    published = read_published(study.folder / study.protocol.published.file)
    say(f"  {study.protocol.study}: searching for people, {minutes:g} minutes at most", file=sys.stderr)
    stand_ins = simulate_study(
        study, published, seed, progress=lambda line: say(f"  {line}", file=sys.stderr), minutes=minutes
    )
    write_exports(stand_ins, study, options.out, seed)
    say(*report(stand_ins).split("\n"))
    say(f"exports: {options.out}")
    return 0
