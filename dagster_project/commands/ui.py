"""`wavehouse ui`: the Dagster UI over the same history."""

import argparse
import os
import subprocess
import sys
import threading
from dataclasses import replace
from urllib.parse import urlsplit

from dagster_project.commands.command import add_command
from dagster_project.network_folders import network_warning
from dagster_project.places import workspace
from dagster_project.settings import Settings
from dagster_project.terminal import say

_HOST = "127.0.0.1"


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    ui = add_command(commands, "ui", "open the Dagster UI over the same history", execute)
    ui.add_argument("--watch", action="store_true", help="start runs when exports arrive, and every night at three")
    ui.add_argument("--port", default=3000, type=int, help="the port on this machine (default 3000)")
    ui.add_argument(
        "--behind",
        metavar="ADDRESS",
        help="the https address of a reverse proxy that has checked who asks; it sends WAVEHOUSE_UI_TOKEN as a bearer token",
    )


def execute(options: argparse.Namespace, settings: Settings) -> int:

    from dagster_project.dagster_home.folder import code_location_file, open_dagster_home
    from dagster_project.dagster_home.history import move_damaged_aside
    from dagster_project.ui.guard import ADDRESSES_VARIABLE, TOKEN_VARIABLE, new_token

    if not 0 < options.port < 65536:
        say(f"wavehouse: --port {options.port}: a port is a number from 1 to 65535", file=sys.stderr)
        return 2
    addresses = [f"http://{_HOST}:{options.port}", f"http://localhost:{options.port}"]
    token = os.environ.get(TOKEN_VARIABLE, "")
    if options.behind is not None:
        if message := _unfit_proxy(options.behind, token):
            say(f"wavehouse: {message}", file=sys.stderr)
            return 2
        addresses.append(options.behind.rstrip("/"))
    token = token or new_token()
    open_dagster_home(settings)
    for fault in (*move_damaged_aside(settings.dagster_home), network_warning((settings.study_home, settings.dagster_home))):
        if fault is not None:
            say(f"warning: {fault}", file=sys.stderr)
    watched = replace(settings, watch=settings.watch or options.watch)
    command = [sys.executable, "-m", "dagster_project.ui.server", "dev", "-w", str(code_location_file(settings))]
    command += ["-h", _HOST, "-p", str(options.port)]
    environment = _environment(watched) | {TOKEN_VARIABLE: token, ADDRESSES_VARIABLE: " ".join(addresses)}
    with subprocess.Popen(command, cwd=workspace(), env=environment) as server:
        threading.Thread(target=_announce, args=(server, addresses[0], token, options.behind), daemon=True).start()
        return server.wait()


def _environment(settings: Settings) -> dict[str, str]:
    """What the server reads its settings from: of several studies each finds its own folders and home by itself."""
    environment = settings.environment(os.environ)
    if settings.prefix:
        for name in ("WAVEHOUSE_STUDY", "WAVEHOUSE_HOME"):
            environment.pop(name)
            environment |= {name: os.environ[name]} if os.environ.get(name) else {}
    return environment


def _unfit_proxy(address: str, token: str) -> str | None:
    """Why the UI does not start behind a proxy of this address, or None."""
    from dagster_project.ui.guard import TOKEN_VARIABLE

    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.netloc or parts.path.strip("/") or parts.query or "@" in parts.netloc:
        return f"--behind {address}: give the proxy's address as in https://warehouse.example.org, without a path"
    if len(token) < 32:
        return (
            f"--behind {address}: set {TOKEN_VARIABLE} to 32 random characters or more; the proxy sends it as a bearer token"
        )
    return None


def _announce(server: "subprocess.Popen[bytes]", address: str, token: str, behind: str | None) -> None:
    """Prints the address once the guard answers; ends the server if it is another one that answers there."""
    import time

    from dagster_project.ui.guard import TOKEN_PARAMETER

    while server.poll() is None:
        try:
            is_guarded = _status(address, {}) == 401 and _status(address, {"Authorization": f"Bearer {token}"}) == 200
        except OSError:
            time.sleep(0.2)
            continue
        if is_guarded:
            link = behind or f"{address}/?{TOKEN_PARAMETER}={token}"
            say(f"wavehouse: {link} (stop with Ctrl+C)", file=sys.stderr)
        else:
            say(f"wavehouse: another server answers at {address}; stop it, or choose another --port", file=sys.stderr)
            server.terminate()
        return


def _status(address: str, headers: dict[str, str]) -> int:
    """The HTTP status with which the UI's server tells about itself. Raises OSError where none listens."""
    import http.client

    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    try:
        connection.request("GET", "/server_info", headers=headers)
        return connection.getresponse().status
    except http.client.HTTPException:
        return 0
    finally:
        connection.close()
