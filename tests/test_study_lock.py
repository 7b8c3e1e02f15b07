"""The lock of a study: one holder at a time, also among threads and processes; a killed holder frees it."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dagster_project.network_folders import network_warning
from dagster_project.study_lock import StudyLockedError, lock_holder, study_lock

pytestmark = pytest.mark.slow

_HOLDS = """
import sys, time
from pathlib import Path
from dagster_project.study_lock import study_lock
with study_lock(Path(sys.argv[1]), "another-run"):
    print("held", flush=True)
    time.sleep(120)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "home" / "study" / "run.lock"


@pytest.fixture
def other(file: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Another process that holds the lock."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen([sys.executable, "-c", _HOLDS, str(file)], stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_whoever_does_not_wait_is_told_who_runs(file: Path, other: Callable[[], subprocess.Popen[str]]) -> None:
    process = other()
    holder_pattern = (
        rf"^run another- \(process {process.pid} on {socket.gethostname()}, since 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00\) "
    )
    with (
        pytest.raises(
            StudyLockedError, match=holder_pattern + "is running this study; wait for it, or leave out --no-wait$"
        ),
        study_lock(file, "mine", waits=False),
    ):
        raise AssertionError("two hold it")
    holder = lock_holder(file)
    assert holder is not None and (holder.run_id, holder.process) == ("another-run", process.pid)


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_a_killed_holder_frees_the_lock_and_is_named(file: Path, other: Callable[[], subprocess.Popen[str]]) -> None:
    process = other()
    lines: list[str] = []
    threading.Timer(1, lambda: os.kill(process.pid, signal.SIGKILL)).start()
    with study_lock(file, "mine", report=lines.append) as killed:
        assert killed is not None and killed.run_id == "another-run"
        with study_lock(file, "mine") as also:
            assert also == killed
        holder = lock_holder(file)
        assert holder is not None and (holder.run_id, holder.process) == ("mine", os.getpid())
    assert len(lines) == 1
    assert lines[0].startswith(f"waiting for run another- (process {process.pid} on ")
    with study_lock(file, "mine") as killed:
        assert killed is None


def test_threads_exclude_each_other_and_one_does_not_wait_for_itself(file: Path) -> None:
    running: list[int] = []
    running_counts: list[int] = []

    def run(number: int) -> None:
        with study_lock(file, f"run {number}"), study_lock(file, "within"):
            running.append(number)
            running_counts.append(len(running))
            time.sleep(0.05)
            running.remove(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert running_counts == [1] * 5
    assert lock_holder(file) is None


def test_a_lock_that_was_deleted_while_somebody_waited_for_it_is_not_the_lock(file: Path) -> None:
    """Somebody empties WAVEHOUSE_HOME during a run: whoever waits must not get the deleted file while a third has the new one."""
    is_held = threading.Event()

    def waits() -> None:
        with study_lock(file, "waiting"):
            is_held.set()

    with study_lock(file, "first"):
        thread = threading.Thread(target=waits)
        thread.start()
        time.sleep(0.5)
        file.unlink()
        assert is_held.wait(5)  # the new file is free
    thread.join()
    with study_lock(file, "next", waits=False):
        assert lock_holder(file) is not None


def test_a_text_that_names_nobody_is_nobody(file: Path) -> None:
    file.parent.mkdir(parents=True)
    for text in ("", "no json", "[]", '{"process": 1}'):
        file.write_text(text, encoding="utf-8")
        assert lock_holder(file) is None
        with study_lock(file, "mine") as killed:
            assert killed is None


@pytest.mark.parametrize(
    ("kind", "host", "is_refused"),
    [("nfs4", "elsewhere", True), ("cifs", "elsewhere", True), ("nfs4", None, False), ("ext4", "elsewhere", False)],
)
def test_a_run_of_another_machine_on_a_network_folder_may_still_go_on(
    kind: str, host: str | None, is_refused: bool, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There a lock that is free need not mean that nobody runs."""
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path / 'home'} {kind} rw 0 0\n", encoding="utf-8")
    monkeypatch.setattr("dagster_project.network_folders._MOUNTS", mounts)
    file.parent.mkdir(parents=True)
    text = json.dumps({"run_id": "a" * 20, "process": 7, "host": host or socket.gethostname(), "since": "2026-01-01"})
    file.write_text(text, encoding="utf-8")
    if not is_refused:
        with study_lock(file, "mine") as killed:
            assert killed is not None
        return
    with pytest.raises(StudyLockedError) as refusal, study_lock(file, "mine"):
        raise AssertionError("two may run")
    assert str(refusal.value) == (
        "run aaaaaaaa (process 7 on elsewhere, since 2026-01-01) has not ended as it should; if it still runs there, wait for"
        f" it; if it does not, delete {file}, and run again"
    )
    assert file.read_text(encoding="utf-8") == text
    holder = lock_holder(file)
    assert holder is not None and holder.host == host
    file.unlink()
    monkeypatch.setattr("dagster_project.study_lock._SETTLING_SECONDS", 0.0)
    with study_lock(file, "mine", waits=False):
        pass


_OF_A_MACHINE = """
import sys, time
from pathlib import Path
from dagster_project import network_folders, study_lock
network_folders._MOUNTS = Path(sys.argv[2])
study_lock._SETTLING_SECONDS = float(sys.argv[3])
Path(sys.argv[4]).touch()
while not Path(sys.argv[5]).exists():
    time.sleep(0.001)
try:
    with study_lock.study_lock(Path(sys.argv[1]), "run of " + sys.argv[6]):
        print("holds it", flush=True)
        time.sleep(float(sys.argv[7]))
except study_lock.StudyLockedError as error:
    print(error)
"""


@dataclass
class Machine:
    """A host name and a mount of its own, over the same files as others have."""

    name: str
    folder: Path
    mounts: Path

    def begin(self, start: Path, settling: float, seconds: float) -> "subprocess.Popen[str]":
        """A process that waits for the signal, then asks for the lock, and holds it so long."""
        ready = start.with_name(f"ready {self.name} {start.name}")
        words = [self.folder / "home/study/run.lock", self.mounts, settling, ready, start, self.name, seconds]
        call = [
            "unshare",
            "--uts",
            "sh",
            "-c",
            f'hostname {self.name} && exec "$@"',
            "sh",
            sys.executable,
            "-c",
            _OF_A_MACHINE,
        ]
        process = subprocess.Popen([*call, *map(str, words)], stdout=subprocess.PIPE, text=True)
        while not ready.exists():
            assert process.poll() is None
            time.sleep(0.01)
        return process


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[list[Machine]]:
    """Two mounts over the same files, of which neither sees the other's locks: as a network drive whose locks end at each
    machine. The system is told that they are one."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("mounting file systems needs Linux and root")
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(disk)], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a file system")
    mounted, machines = [disk], []
    try:
        for name in ("east", "west"):
            folders = {part: disk / part for part in ("lower", "upper", f"work-{name}")}
            for folder in (*folders.values(), tmp_path / name):
                folder.mkdir(exist_ok=True)
            lower, upper, work = folders.values()
            options = f"lowerdir={lower},upperdir={upper},workdir={work}"
            call = ["mount", "-t", "overlay", "overlay", "-o", options, str(tmp_path / name)]
            if subprocess.run(call, check=False, capture_output=True).returncode:
                pytest.skip("this machine has no file system that is mounted twice over the same files")
            mounted.append(tmp_path / name)
            mounts = tmp_path / f"mounts-{name}"
            mounts.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path / name} nfs4 rw 0 0\n", encoding="utf-8")
            machines.append(Machine(name, tmp_path / name, mounts))
        yield machines
    finally:
        for folder in reversed(mounted):
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_two_machines_whose_locks_do_not_reach_each_other_do_not_run_at_once(
    machines: list[Machine], tmp_path: Path
) -> None:
    east, west = machines
    (east.folder / "home/study").mkdir(parents=True)
    start = tmp_path / "first"
    start.touch()
    running = east.begin(start, 0.2, 5)
    assert running.stdout is not None and running.stdout.readline() == "holds it\n"
    late = west.begin(start, 0.2, 0)
    refusal, _ = late.communicate()
    assert refusal.startswith(f"run run of e (process {running.pid} on east, since ")
    assert " has not ended as it should; if it still runs there, wait for it; if it does not, delete " in refusal
    running.communicate()
    assert west.begin(start, 0.2, 0).communicate()[0] == "holds it\n"


def test_of_two_machines_that_begin_at_the_same_moment_one_goes_on(machines: list[Machine], tmp_path: Path) -> None:
    """Neither lock nor text is seen by the other: before, both ran."""
    (machines[0].folder / "home/study").mkdir(parents=True)
    for number in range(5):
        start = tmp_path / f"start {number}"
        processes = [machine.begin(start, 1.0, 1.5) for machine in machines]
        start.touch()
        words = sorted(process.communicate()[0] for process in processes)
        assert words[0] == "holds it\n"
        assert re.fullmatch(
            r"run run of [ew] \(process \d+ on (?:east|west), since .*\) (?:began at the same moment; wait for it, then run again"
            r"|has not ended as it should; if it still runs there, wait for it; if it does not, delete .*, and run again)\n",
            words[1],
        ), words


@pytest.mark.skipif(os.name == "nt", reason="Windows locks otherwise")
def test_a_file_system_without_locks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno
    import fcntl

    def refuse(handle: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    lock = tmp_path / "run.lock"
    with pytest.raises(StudyLockedError) as refusal, study_lock(lock, "mine"):
        raise AssertionError("no lock")
    assert str(refusal.value) == (
        f"{lock}: the file system has no locks (No locks available), and without one two runs would mix; set WAVEHOUSE_HOME to"
        " a folder of this machine"
    )


def test_a_folder_of_another_machine_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nx:/y {tmp_path}/a\\040drive cifs rw 0 0\n", encoding="utf-8")
    monkeypatch.setattr("dagster_project.network_folders._MOUNTS", mounts)
    assert network_warning((tmp_path / "home", tmp_path / "dagster")) is None
    folder = tmp_path / "a drive" / "home"
    assert network_warning((tmp_path / "home", folder)) == (
        f"{folder}: is a folder of another machine (cifs); a connection that is lost, and two machines at once, can damage the"
        " working file and Dagster's history there; set WAVEHOUSE_HOME to a folder of this machine (study and releases may stay"
        " where they are)"
    )
