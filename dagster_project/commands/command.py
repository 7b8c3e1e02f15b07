"""What a command is made of. Nothing else belongs here."""

import argparse
from collections.abc import Callable

from dagster_project.settings import Settings

#: Runs a command with its options. Returns the exit code.
Execute = Callable[[argparse.Namespace, Settings], int]


def add_command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, summary: str, execute: Execute
) -> argparse.ArgumentParser:
    """A command about one study, which --study names."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    parser.add_argument("--study", help="a study below data/, or a study folder (default peer_workers, or WAVEHOUSE_STUDY)")
    parser.set_defaults(execute=execute)
    return parser
