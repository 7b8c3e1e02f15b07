"""Dagster's development server with a guard: `python -m dagster_project.ui.server dev …`, or `… webserver …`.

`dagster dev` starts three processes that share one code server: itself, the daemon and the web server. It is started here
with its web server replaced by the same one behind the guard. Nothing else belongs here.
"""

import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from dagster_project.ui.guard import ADDRESSES_VARIABLE, TOKEN_VARIABLE, RequestGuard

#: What `dagster dev` starts as its web server, after the interpreter.
_PLAIN_SERVER = ["-m", "dagster_webserver"]
_GUARDED_SERVER = ["-m", "dagster_project.ui.server", "webserver"]


def start_development_server(arguments: Sequence[str]) -> None:
    """`dagster dev` with these arguments, its web server behind the guard; ends the process as it ends."""
    from dagster._cli import dev

    start_process = dev.open_ipc_subprocess  # type: ignore[attr-defined]

    def start_guarded(parts: Sequence[str], **options: Any) -> Any:
        is_server = list(parts[1:3]) == _PLAIN_SERVER
        return start_process([parts[0], *_GUARDED_SERVER, *parts[3:]] if is_server else parts, **options)

    dev.open_ipc_subprocess = start_guarded  # type: ignore[attr-defined]
    # That another command of Dagster's own has taken the place of this one is of no use to who reads the terminal.
    warnings.filterwarnings("ignore", message="Function `dev_command` is superseded")
    dev.dev_command(list(arguments))


def start_web_server(arguments: Sequence[str]) -> None:
    """Dagster's web server with these arguments, behind the guard that the environment describes."""
    from dagster_webserver import app, cli
    from dagster_webserver.webserver import DagsterWebserver
    from starlette.middleware import Middleware

    token, addresses = os.environ[TOKEN_VARIABLE], os.environ[ADDRESSES_VARIABLE].split()

    class GuardedWebserver(DagsterWebserver[Any, Any]):
        """The same server, every request of which passes the guard first."""

        def build_middleware(self) -> list[Middleware]:
            return [Middleware(RequestGuard, addresses, token), *super().build_middleware()]

    app.DagsterWebserver = GuardedWebserver  # type: ignore[attr-defined]
    cli.cli(list(arguments), auto_envvar_prefix="DAGSTER_WEBSERVER")


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    {"dev": start_development_server, "webserver": start_web_server}[command](arguments)
