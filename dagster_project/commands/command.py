"""What a command is made of. Nothing else belongs here."""

import argparse
from collections.abc import Callable
from typing import Any

from dagster_project.settings import Settings

#: Runs a command with its options. Returns the exit code.
Execute = Callable[[argparse.Namespace, Settings], int]
_STUDY_HELP = (
    "a study below data/, or a study folder (default: WAVEHOUSE_STUDY, the study whose folder one is in, the only one below"
    " data/, or the example peer_workers)"
)


class ReleaseAction(argparse.Action):
    """A release that is named by its path needs no study to be found."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, *_: Any) -> None:
        namespace.release, namespace.is_about_study = values, False


def add_command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, summary: str, execute: Execute
) -> argparse.ArgumentParser:
    """A command about one study, which --study names."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    parser.add_argument("--study", help=_STUDY_HELP)
    parser.set_defaults(execute=execute, is_about_study=True)
    return parser
