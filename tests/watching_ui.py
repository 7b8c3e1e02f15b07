"""`wavehouse ui --watch` about a study, with its real daemon, for tests of what it does by itself."""

import contextlib
import os
import re
import signal
import socketserver
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from child_environment import environment_of

_PATIENCE = 240
#: The address that the UI prints, with its token.
ADDRESS = re.compile(rb"http://127.0.0.1:\d+/\?token=[\w-]+")


def wait_until(what: str, holds: Callable[[], bool], log: Path) -> None:
    """Until something holds, asked twice a second. what: that it does not, for the failure, which shows the end of the log."""
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if holds():
            return
        time.sleep(0.5)
    raise AssertionError(f"after {_PATIENCE} s: {what}:\n" + log.read_text(encoding="utf-8", errors="replace")[-3000:])


@contextlib.contextmanager
def watching(workspace: Any) -> Iterator[Path]:
    """`wavehouse ui --watch` about a study. Yields its log, once the UI has printed its address (`ADDRESS`)."""
    environment = environment_of(workspace)
    log = workspace.settings.home / "ui.log"
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as free:
        port = free.server_address[1]
    command = [sys.executable, "-m", "dagster_project.cli", "ui", "--watch", "--port", str(port)]
    with log.open("wb") as lines:
        ui = subprocess.Popen(command, env=environment, stdout=lines, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        wait_until("no address was printed", lambda: ADDRESS.search(log.read_bytes()) is not None, log)
        yield log
    finally:
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(ui.pid, signal.SIGTERM)
            ui.wait(20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(ui.pid, signal.SIGKILL)
