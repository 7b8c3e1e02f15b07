"""`wavehouse new`: the folder of a new study."""

import argparse
from pathlib import Path

from dagster_project.settings import CHECKOUT, Settings
from dagster_project.terminal import say


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    new = commands.add_parser("new", help="make the folder of a new study, with commented definitions")
    new.add_argument("name", help="a name below data/, or a path: lower-case letters, digits, underscores")
    new.set_defaults(execute=execute, study=None)


def execute(options: argparse.Namespace, settings: Settings) -> int:
    from dagster_project.study import new_study

    path = Path(options.name)
    folder = path if len(path.parts) > 1 or path.is_absolute() else CHECKOUT / "data" / options.name
    for file in new_study(folder):
        say(str(file))
    say(f"next: declare in {folder / 'study.yaml'} what was planned, put the exports into {folder / 'raw'}/, then")
    say(f"  wavehouse check --study {options.name}")
    say(f"  wavehouse run --study {options.name}")
    return 0
