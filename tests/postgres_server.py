"""A PostgreSQL server of the tests' own: found, started on a free port with a password, and ended."""

import os
import pwd
import secrets
import shutil
import socketserver
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Where Debian, Homebrew and others put the programs that make and run a cluster.
_FOLDERS = ("/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/pgsql-*/bin")
_SECONDS = 60


def missing_server() -> str | None:
    """Why there can be no server here, or None."""
    if _programs() is None:
        return "no PostgreSQL server is installed (initdb, pg_ctl)"
    if os.name != "posix":
        return "the tests start PostgreSQL on POSIX systems alone"
    if os.geteuid() == 0 and _unprivileged_user() is None:
        return "PostgreSQL refuses to run as root, and there is no user postgres"
    return None


@contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """The address of a running server with an empty database, its password in it. folder: an empty one for the cluster."""
    programs, password = _programs(), secrets.token_hex(16)
    assert programs is not None
    user = _unprivileged_user() if os.geteuid() == 0 else None
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as free:
        port = free.server_address[1]
    folder.mkdir(parents=True, exist_ok=True)
    password_file = folder / "password"
    password_file.write_text(password, encoding="utf-8")
    if user is not None:
        for path in (folder, password_file):
            os.chown(path, user.pw_uid, user.pw_gid)
        for parent in folder.parents:  # a folder of pytest's is for its owner alone
            if parent.stat().st_uid == os.geteuid() and not parent.stat().st_mode & 0o001:
                parent.chmod(parent.stat().st_mode | 0o011)
    cluster = folder / "cluster"

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(programs / program), *arguments], check=True, cwd=folder, stdout=subprocess.DEVNULL, timeout=_SECONDS,
            user=user.pw_uid if user else None, group=user.pw_gid if user else None, extra_groups=[] if user else None,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        )  # fmt: skip

    run("initdb", "-D", str(cluster), "-U", "wavehouse", "-A", "scram-sha-256", f"--pwfile={password_file}", "-E", "UTF8")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
    run("pg_ctl", "-D", str(cluster), "-o", options, "-l", str(folder / "log"), "-w", "start")
    try:
        yield f"postgresql://wavehouse:{password}@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", str(cluster), "-m", "immediate", "-w", "stop")


def _programs() -> Path | None:
    found = shutil.which("initdb")
    candidates = [Path(found).parent] if found else []
    for pattern in _FOLDERS:
        candidates += sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
    return next((folder for folder in candidates if (folder / "initdb").exists() and (folder / "pg_ctl").exists()), None)


def _unprivileged_user() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return None
