"""The `wavehouse` command: its parser, and how a command ends. What a command does stands in commands/."""

import argparse
import atexit
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from dagster_project.commands import (
    audit,
    catalog,
    check,
    contract,
    diff,
    dpia,
    export,
    forget,
    instruments,
    key,
    log,
    new,
    publish,
    pull,
    queries,
    reference,
    reminders,
    render,
    retention,
    run,
    simulate,
    trace,
    ui,
)
from dagster_project.file_modes import keep_files_private
from dagster_project.memory import limit_memory
from dagster_project.readable_files import allow
from dagster_project.settings import EXAMPLE_NAME, read_settings
from dagster_project.studies import has_studies, meant_study
from dagster_project.terminal import error_line, name_disks_of, say

#: In the order of the help.
_COMMANDS = (
    run, check, contract, pull, new, instruments, ui, diff, trace, export, catalog, publish, render, reminders, queries, log,
    key, forget, retention, dpia, audit, simulate, reference,
)  # fmt: skip


def process() -> NoReturn:
    """`wavehouse` as a process of its own, ended without taking apart the million objects of a run, which costs 1.5 s."""
    # Whoever ends it by SIGTERM is told what Ctrl-C tells.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    code = main()
    with contextlib.suppress(BrokenPipeError):  # whoever read has read enough
        sys.stdout.flush()
    sys.stderr.flush()
    atexit._run_exitfuncs()
    os._exit(code)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0, 1 when a run failed, 2 when the command could not start."""
    options = command_parser().parse_args(arguments)
    keep_files_private(os.environ)
    try:
        allow(os.environ)
        limit_memory(os.environ)
        # A command about no study asks for none where several could be meant.
        default = {} if options.is_about_study else {"WAVEHOUSE_STUDY": EXAMPLE_NAME}
        if options.is_about_study and has_studies(os.environ):
            settings = meant_study(os.environ, options.study or "", is_any=options.execute is ui.execute)
        else:
            settings = read_settings(default | os.environ | ({"WAVEHOUSE_STUDY": options.study} if options.study else {}))
        name_disks_of(settings.written_folders)
        if options.is_about_study:
            forget.finish_pending(settings)
        return int(options.execute(options, settings))
    except KeyboardInterrupt:
        say("wavehouse: stopped; the release is as it was", file=sys.stderr)
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read has read enough
        return 0
    except MemoryError:
        say("wavehouse: there is not enough memory for what is read; give more, or make the file smaller", file=sys.stderr)
        return 2
    except (ValueError, OSError) as error:
        # StudyError, ExportError, ResultsError, WarehouseError and their like are ValueErrors with one line for a person.
        say(f"wavehouse: {error_line(str(error)) if isinstance(error, OSError) else error}", file=sys.stderr)
        return 2


def command_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = argparse.ArgumentParser(prog="wavehouse", description="A warehouse for longitudinal questionnaire studies.")
    parser.set_defaults(is_about_study=False, study=None)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add(commands)
    return parser


if __name__ == "__main__":
    process()
