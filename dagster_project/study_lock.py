"""The lock of a study: a run holds it from its first step to its last, so that two runs of a study never overlap.

Belongs here: a file lock that ends with its process, and who holds it. Does not belong here: what a run does, Dagster.

The lock is a file in the study's folder of WAVEHOUSE_HOME. Its text names the holder; the text of a holder that was killed
stays until the next run takes the lock, the lock itself does not.
"""

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_POLL_SECONDS = 0.2
#: How long a run tries that does not wait: the sensor holds the lock for a moment when it checks whether it is free.
_PATIENCE_SECONDS = 0.5
#: The position of the byte that is locked on Windows: beyond any text, which others could not read otherwise.
_FAR_BYTE = 1 << 30

#: Where Linux lists its mounts, and the kinds of those that are on other machines.
_MOUNTS = Path("/proc/self/mounts")
_NETWORK = ("nfs", "cifs", "smb", "fuse.sshfs", "fuse.glusterfs", "9p", "afs", "ceph", "lustre", "gpfs")

#: The locks that this thread holds, each with its killed former holder, if any: a thread never waits for its own lock.
_THREAD_LOCKS = threading.local()


@dataclass(frozen=True)
class Holder:
    """Who holds a study's lock. since: UTC, ISO 8601."""

    run_id: str
    process: int
    host: str
    since: str

    def __str__(self) -> str:
        return f"run {self.run_id[:8]} (process {self.process} on {self.host}, since {self.since})"


class StudyLockedError(ValueError):
    """Another run holds the lock. The message is one line that names it."""


@contextmanager
def study_lock(
    file: Path, run_id: str, *, waits: bool = True, report: Callable[[str], None] | None = None
) -> Iterator[Holder | None]:
    """Hold a study's lock for one block. Yields the last holder if it was killed, else None.

    Waits until the lock is free and names its holder to `report`; with waits=False raises StudyLockedError instead. A thread
    that already holds the lock continues at once.
    """
    file = Path(os.path.abspath(file))
    held_locks: dict[Path, Holder | None] = _THREAD_LOCKS.__dict__.setdefault("files", {})
    if file in held_locks:
        yield held_locks[file]
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = _acquire(file, waits, report)
    try:
        killed = _holder(file)
        _refuse_other_machine(file, killed)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        _write(handle, json.dumps(asdict(Holder(run_id, os.getpid(), socket.gethostname(), now))))
        held_locks[file] = killed
        try:
            yield killed
        finally:
            del held_locks[file]
            _write(handle, "")
    finally:
        _unlock(handle)


def _refuse_other_machine(file: Path, holder: Holder | None) -> None:
    """Raise StudyLockedError where a run of another machine has not ended as it should, and the folder is on a network: it
    was killed, or it goes on and the lock does not reach it. Which of the two, this machine cannot tell."""
    if holder is not None and holder.host != socket.gethostname() and is_on_network(file):
        raise StudyLockedError(
            f"{holder} has not ended as it should; if it still runs there, wait for it; if it does not, delete {file}, and"
            " run again"
        )


def is_on_network(file: Path) -> bool:
    """Whether a file is on a file system of another machine, as far as the system says it."""
    try:
        mounts = [line.split(" ")[1:3] for line in _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:
        return False
    path = os.path.realpath(file)
    folders = [(folder, kind) for folder, kind in mounts if Path(path).is_relative_to(folder.replace("\\040", " "))]
    # Of several on one folder the last is on top.
    return bool(folders) and max(reversed(folders), key=lambda mount: len(mount[0]))[1].startswith(_NETWORK)


def lock_holder(file: Path) -> Holder | None:
    """The current holder of a study's lock, or None."""
    holder = _holder(file)
    if holder is None:
        return None
    try:
        handle = os.open(file, os.O_RDWR)
    except OSError:
        return None
    if not _try_lock(handle):
        os.close(handle)
        return holder
    _unlock(handle)
    return None


def _acquire(file: Path, waits: bool, report: Callable[[str], None] | None) -> int:
    """Lock the file. Returns its handle."""
    deadline = None if waits else time.monotonic() + _PATIENCE_SECONDS
    reported_holder: Holder | None = None
    while True:
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            is_locked = _try_lock(handle)
        except OSError as error:
            os.close(handle)
            raise StudyLockedError(
                f"{file}: the file system has no locks ({error.strerror}), and without one two runs would mix; set"
                " WAVEHOUSE_HOME to a folder of this machine"
            ) from None
        if is_locked:
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), os.stat(file)):
                    return handle
            _unlock(handle)  # the file was deleted in the meantime: the lock is now another file
            continue
        os.close(handle)
        holder = _holder(file)
        if deadline is not None and time.monotonic() >= deadline:
            raise StudyLockedError(f"{holder or 'another run'} is running this study; wait for it, or leave out --no-wait")
        if report is not None and deadline is None and holder is not None and holder != reported_holder:
            report(f"waiting for {holder} of this study")
            reported_holder = holder
        time.sleep(_POLL_SECONDS)


def lock_file_of_handle(handle: int) -> bool:
    """Lock an open file for this process if nobody else has it. Returns whether it is locked now."""
    return _try_lock(handle)


def unlock_file_of_handle(handle: int) -> None:
    """Free and close a file that is locked."""
    _unlock(handle)


def _try_lock(handle: int) -> bool:
    if sys.platform == "win32":
        os.lseek(handle, _FAR_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _unlock(handle: int) -> None:
    if sys.platform == "win32":
        os.lseek(handle, _FAR_BYTE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
    else:
        # Closing is not enough: a child process that was forked in the meantime has the handle, too.
        fcntl.flock(handle, fcntl.LOCK_UN)
    os.close(handle)


def _write(handle: int, text: str) -> None:
    os.lseek(handle, 0, os.SEEK_SET)
    os.truncate(handle, 0)
    os.write(handle, text.encode())


def _holder(file: Path) -> Holder | None:
    """The holder named in the file; None if there is no text, or it is incomplete."""
    try:
        return Holder(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
