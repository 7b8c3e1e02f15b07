"""A PostgreSQL server of the tests' own: found, started on a free port with a password, and ended."""

import os
import secrets
import shutil
import socketserver
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

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


@dataclass(frozen=True)
class PostgresServer:
    """A running cluster whose owner, `wavehouse`, logs in by password."""

    folder: Path
    port: int
    password: str

    @property
    def address(self) -> str:
        """Of its database, which is empty, with the password in it."""
        return f"postgresql://wavehouse:{quote(self.password, safe='')}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -c lc_messages=C"
        self._control("-o", options, "-l", str(self.folder / "log"), "-w", "start")

    def stop(self) -> None:
        """As by a power cut: nobody's connection ends as it should."""
        self._control("-m", "immediate", "-w", "stop")

    def restart(self) -> None:
        self.stop()
        self.start()

    def ask(self, sql: str, database: str = "postgres", user: str = "wavehouse") -> list[str]:
        """The rows of a query, or of several statements, as lines of text. user: one with the server's password."""
        words = ["psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", user, "-v", "ON_ERROR_STOP=1", "-Atqc", sql]
        return self._run(*words, database, PGPASSWORD=self.password).splitlines()

    def _make(self) -> None:
        user = _unprivileged_user()
        self.folder.mkdir(parents=True, exist_ok=True)
        password_file = self.folder / "password"
        password_file.write_text(self.password, encoding="utf-8")
        if user is not None:
            for path in (self.folder, password_file):
                shutil.chown(path, user, user)
            for parent in self.folder.parents:  # a folder of pytest's is for its owner alone
                if parent.stat().st_uid == os.geteuid() and not parent.stat().st_mode & 0o001:
                    parent.chmod(parent.stat().st_mode | 0o011)
        words = ["-U", "wavehouse", "-A", "scram-sha-256", f"--pwfile={password_file}", "-E", "UTF8"]
        self._run("initdb", "-D", str(self.folder / "cluster"), *words)

    def _control(self, *words: str) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "cluster"), *words)

    def _run(self, program: str, *words: str, **environment: str) -> str:
        """Its programs do not run as root. What they print goes into a file: a server that starts keeps it open."""
        programs, user = _programs(), _unprivileged_user()
        assert programs is not None
        with tempfile.TemporaryFile() as printed:
            subprocess.run(
                [str(programs / program), *words], check=True, cwd=self.folder, stdout=printed, timeout=_SECONDS,
                user=user, group=user, extra_groups=None if user is None else [],
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"} | environment,
            )  # fmt: skip
            printed.seek(0)
            return printed.read().decode()


@contextmanager
def postgres_server(folder: Path, password: str = "") -> Iterator[PostgresServer]:
    """A running server. folder: an empty one for the cluster. password: one of its own, unless a test looks for it."""
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as free:
        port = free.server_address[1]
    server = PostgresServer(folder, port, password or secrets.token_hex(16))
    server._make()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _programs() -> Path | None:
    found = shutil.which("initdb")
    candidates = [Path(found).resolve().parent] if found else []
    for pattern in _FOLDERS:
        candidates += sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)
    return next((folder for folder in candidates if (folder / "initdb").exists() and (folder / "pg_ctl").exists()), None)


def _unprivileged_user() -> str | None:
    """Whom the server runs as, where this process is root's and there is somebody else."""
    if os.geteuid() != 0:
        return None
    import pwd  # Windows has none

    return "postgres" if any(user.pw_name == "postgres" for user in pwd.getpwall()) else None
