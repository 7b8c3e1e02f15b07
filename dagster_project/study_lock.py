"""The lock of a study: a run holds it from its first step to its last, so that no two runs of a study ever mix.

Belongs here: a file lock that dies with its process, whoever started that, and who holds it. Does not belong here: what a
run does, Dagster.

The lock is a file in the study's folder of WAVEHOUSE_HOME. Its text says who holds it; the text of a holder that was killed
stays until the next one comes, the lock itself does not.
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
#: Whoever does not want to wait waits this long: the sensor's question whether anybody holds the lock takes it for a moment.
_PATIENCE_SECONDS = 0.5
#: Where Windows locks a byte: behind any text, which others could not read otherwise.
_FAR_BYTE = 1 << 30

#: The locks that this thread holds, and whom each was taken from: a run started under the lock does not wait for itself.
_HELD = threading.local()


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
    """Another run holds the lock. The message is one line that says which."""


@contextmanager
def study_lock(
    file: Path, run_id: str, *, waits: bool = True, report: Callable[[str], None] | None = None
) -> Iterator[Holder | None]:
    """Hold a study's lock for one block. Gives the last holder if it was killed, else None.

    Waits until the lock is free, and tells `report` for whom; with waits=False raises StudyLockedError instead. A thread
    that holds the lock already goes on.
    """
    file = Path(os.path.abspath(file))
    held: dict[Path, Holder | None] = _HELD.__dict__.setdefault("files", {})
    if file in held:
        yield held[file]
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = _acquired(file, waits, report)
    try:
        killed = _holder(file)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        _write(handle, json.dumps(asdict(Holder(run_id, os.getpid(), socket.gethostname(), now))))
        held[file] = killed
        try:
            yield killed
        finally:
            del held[file]
            _write(handle, "")
    finally:
        _let_go(handle)


def lock_holder(file: Path) -> Holder | None:
    """Who holds a study's lock now; None when nobody does."""
    holder = _holder(file)
    if holder is None:
        return None
    try:
        handle = os.open(file, os.O_RDWR)
    except OSError:
        return None
    if not _try(handle):
        os.close(handle)
        return holder
    _let_go(handle)
    return None


def _acquired(file: Path, waits: bool, report: Callable[[str], None] | None) -> int:
    """The locked file's handle."""
    gives_up_at = None if waits else time.monotonic() + _PATIENCE_SECONDS
    named: Holder | None = None
    while True:
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
        if _try(handle):
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), os.stat(file)):
                    return handle
            _let_go(handle)  # somebody deleted the file while it was waited for: another one is the lock now
            continue
        os.close(handle)
        holder = _holder(file)
        if gives_up_at is not None and time.monotonic() >= gives_up_at:
            raise StudyLockedError(f"{holder or 'another run'} is running this study; wait for it, or leave out --no-wait")
        if report is not None and gives_up_at is None and holder is not None and holder != named:
            report(f"waiting for {holder} of this study")
            named = holder
        time.sleep(_POLL_SECONDS)


def _try(handle: int) -> bool:
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


def _let_go(handle: int) -> None:
    if sys.platform == "win32":
        os.lseek(handle, _FAR_BYTE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
    else:
        # Said, not left to closing: a child process that was forked meanwhile has the handle, too.
        fcntl.flock(handle, fcntl.LOCK_UN)
    os.close(handle)


def _write(handle: int, text: str) -> None:
    os.lseek(handle, 0, os.SEEK_SET)
    os.truncate(handle, 0)
    os.write(handle, text.encode())


def _holder(file: Path) -> Holder | None:
    """Who the file's text names; None for no text, or one that is just being written."""
    try:
        return Holder(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
