"""Releases of which every table holds one number, published and read by processes of their own that may be killed at any moment.

Run as `python -m lake.numbered publish|read …`. Belongs here: those processes, and the rounds in which they run at once. Does
not belong here: what is asserted of them."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from dagster_project.lake_address import read_lake_address
from dagster_project.warehouse import Lake, LakeError, LakeRelease, LakeRequest, publish_to_lake, read_lake_releases

TABLES = [f"{schema}.t{number}" for schema in ("codebook", "marts", "results") for number in range(4)]
_DAY = datetime(2026, 1, 1)
_OWN = frozenset(f"r{number}" for number in range(1_000))


def write_file(folder: Path, number: int) -> Path:
    """A released file of which every table holds the number, some of them in several rows."""
    file = folder / f"r{number}.duckdb"
    if not file.exists():
        partial = folder / f"r{number}.{os.getpid()}.partial"
        with duckdb.connect(str(partial)) as connection:
            for schema in ("codebook", "marts", "results"):
                connection.execute(f"create schema {schema}")
            for position, table in enumerate(TABLES):
                connection.execute(f"create table {table} as select {number} as number from range({1 + 500 * position})")
            connection.execute(
                "create view results.all_numbers as " + " union all ".join(f"from {table}" for table in TABLES)
            )
        partial.rename(file)
    return file


def release_row(study: str, number: int) -> LakeRelease:
    released_at = _DAY + timedelta(minutes=number)
    return LakeRelease(f"r{number}", -1, study, f"content {number}", "d", "k", 0, released_at, released_at, "a test", "0")


def lake_of_study(study: str, environment: Mapping[str, str] = os.environ) -> Lake:
    address = read_lake_address(environment)
    assert address is not None
    return Lake(address, study)


def publish_numbers(study: str, folder: Path, numbers: Sequence[int]) -> None:
    """Publish one number after another, and say which is done."""
    lake = lake_of_study(study)
    for number in numbers:
        file, row = write_file(folder, number), release_row(study, number)
        publish_to_lake(LakeRequest(lake, file, row, own_releases=_OWN, allows_older=True))
        print(number, flush=True)


def read_numbers(studies: Sequence[str], stop: Path) -> None:
    """Read until told to stop, and say after each time whether what was read was of one release."""
    while not stop.exists():
        for study in studies:
            try:
                with lake_of_study(study).connect() as connection:
                    for _ in range(5):
                        connection.execute("begin")
                        releases = {f"r{number}" for (number,) in connection.execute(_ALL).fetchall()}
                        current = {row.release for row in read_lake_releases(connection)[-1:]}
                        connection.execute("rollback")
                        print("whole" if releases == current else "mixed", flush=True)
            except (LakeError, duckdb.Error):
                print("refused", flush=True)
                time.sleep(0.05)


_ALL = "select distinct number from results.all_numbers" + "".join(
    f" union select distinct number from {table}" for table in TABLES
)


@dataclass
class Rounds:
    """What became of publishers, readers and releases. lost: what was said to be published and is not there."""

    kills: int = 0
    restarts: int = 0
    whole_reads: int = 0
    mixed_reads: int = 0
    refused_reads: int = 0
    ended_readers: int = 0
    lost: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    disorder: list[str] = field(default_factory=list)


@dataclass
class _Publisher:
    study: str
    numbers: list[int]
    process: "subprocess.Popen[str] | None" = None
    log: Path = Path()

    def done(self) -> set[int]:
        return {int(line) for line in self.log.read_text(encoding="utf-8").split()} if self.log.exists() else set()


def run_rounds(
    folder: Path, variables: Mapping[str, str], releases: int, kills: int, restart: Callable[[], None], seed: int = 1
) -> Rounds:
    """Three publishers, two of them of one study, and two readers at once, until all releases are there. Publishers are killed
    at random moments and started again; the catalogue is restarted once, in the middle."""
    environment = {**os.environ, **variables, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    chance, rounds, stop = random.Random(seed), Rounds(), folder / "stop"
    publishers = [
        _Publisher("first", list(range(1, 2 * releases, 2))),
        _Publisher("first", list(range(2, 2 * releases + 1, 2))),
        _Publisher("second", list(range(1, releases + 1))),
    ]
    for position, publisher in enumerate(publishers):
        publisher.log = folder / f"publisher{position}.txt"
        for number in publisher.numbers:
            write_file(folder, number)
    total = sum(len(publisher.numbers) for publisher in publishers)
    readers = [_Reader(folder / f"reader{position}.txt", stop) for position in range(2)]
    try:
        while any(set(publisher.numbers) - publisher.done() for publisher in publishers):
            for publisher in publishers:
                _keep_running(publisher, folder, environment)
            for reader in readers:
                reader.keep_running(environment)
            time.sleep(chance.uniform(0.3, 1.2))
            done = sum(len(publisher.done()) for publisher in publishers)
            if rounds.restarts == 0 and done >= total / 2:
                restart()
                rounds.restarts += 1
            running = [publisher for publisher in publishers if publisher.process and publisher.process.poll() is None]
            if rounds.kills < kills and running:
                victim = chance.choice(running).process
                assert victim is not None
                os.killpg(victim.pid, signal.SIGKILL)  # with the process that holds its transaction
                victim.wait()
                rounds.kills += 1
    finally:
        stop.touch()
        for process in [entry.process for entry in (*readers, *publishers) if entry.process is not None]:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    words = [word for reader in readers for word in reader.log.read_text(encoding="utf-8").split()]
    rounds.whole_reads, rounds.mixed_reads, rounds.refused_reads = map(words.count, ("whole", "mixed", "refused"))
    rounds.ended_readers = sum(reader.starts - 1 for reader in readers)
    _look_at_releases(rounds, publishers, variables)
    return rounds


@dataclass
class _Reader:
    """A process that reads. DuckDB ends it where PostgreSQL goes away in the middle; it is then started again."""

    log: Path
    stop: Path
    process: "subprocess.Popen[str] | None" = None
    starts: int = 0

    def keep_running(self, environment: Mapping[str, str]) -> None:
        if self.process is not None and self.process.poll() is None:
            return
        command = [sys.executable, "-m", "lake.numbered", "read", str(self.stop), "first", "second"]
        with self.log.open("a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                command, env=dict(environment), stdout=log, stderr=subprocess.DEVNULL, text=True, start_new_session=True
            )
        self.starts += 1


def _keep_running(publisher: _Publisher, folder: Path, environment: Mapping[str, str]) -> None:
    undone = [number for number in publisher.numbers if number not in publisher.done()]
    if not undone or (publisher.process is not None and publisher.process.poll() is None):
        return
    command = [sys.executable, "-m", "lake.numbered", "publish", publisher.study, str(folder), *map(str, undone)]
    with publisher.log.open("a", encoding="utf-8") as log:
        publisher.process = subprocess.Popen(
            command, env=dict(environment), stdout=log, stderr=subprocess.DEVNULL, text=True, start_new_session=True
        )


def _look_at_releases(rounds: Rounds, publishers: Sequence[_Publisher], variables: Mapping[str, str]) -> None:
    """Every release is there, and its snapshot holds its number."""
    for study in ("first", "second"):
        lake = lake_of_study(study, variables)
        with lake.connect() as connection:
            rows = read_lake_releases(connection)
        names = [row.release for row in rows]
        for publisher in publishers:
            if publisher.study == study:
                rounds.lost += [f"{study} r{number}" for number in publisher.done() if f"r{number}" not in names]
                rounds.absent += [f"{study} r{number}" for number in publisher.numbers if f"r{number}" not in names]
        for row in rows:
            with lake.connect(snapshot=row.snapshot) as connection:
                numbers = {f"r{number}" for (number,) in connection.execute(_ALL).fetchall()}
            if numbers != {row.release}:
                rounds.disorder.append(f"{study} {row.release}: {sorted(numbers)}")


if __name__ == "__main__":
    if sys.argv[1] == "publish":
        publish_numbers(sys.argv[2], Path(sys.argv[3]), list(map(int, sys.argv[4:])))
    else:
        read_numbers(sys.argv[3:], Path(sys.argv[2]))
