"""`wavehouse ui`: the Dagster UI over the same history."""

import argparse
import os
import sys
from dataclasses import replace

from dagster_project.commands.command import add_command
from dagster_project.places import workspace
from dagster_project.settings import Settings
from dagster_project.terminal import say


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    ui = add_command(commands, "ui", "open the Dagster UI over the same history", execute)
    ui.add_argument("--watch", action="store_true", help="start runs when exports arrive, and every night at three")
    ui.add_argument("--port", default="3000", help="the port on this machine (default 3000)")


def execute(options: argparse.Namespace, settings: Settings) -> int:
    import subprocess

    from dagster_project.dagster_home.folder import code_location_file, open_dagster_home
    from dagster_project.dagster_home.history import move_damaged_aside

    open_dagster_home(settings)
    for fault in move_damaged_aside(settings.dagster_home):
        say(f"warning: {fault}", file=sys.stderr)
    watched = replace(settings, watch=settings.watch or options.watch)
    say(f"wavehouse: http://127.0.0.1:{options.port} (stop with Ctrl+C)", file=sys.stderr)
    command = [sys.executable, "-m", "dagster", "dev", "-w", str(code_location_file(settings))]
    command += ["-h", "127.0.0.1", "-p", options.port]
    return subprocess.run(command, cwd=workspace(), env=watched.environment(os.environ), check=False).returncode
