"""An action that is killed at its changes of the file system, one after the other."""

import os
import signal
import sys
from collections.abc import Callable

_CHANGES = {
    "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod", "os.utime", "os.link", "os.symlink",
    "shutil.rmtree", "shutil.copytree",
}  # fmt: skip


def is_killed_at(number: int, action: Callable[[], object]) -> bool:
    """Whether a process of its own that does it was killed just before this change, counted from 1; False where there are not
    so many."""
    process = os.fork()
    if process == 0:
        count = 0

        def watch(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal count
            is_write = event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & (os.O_WRONLY | os.O_RDWR))
            if event in _CHANGES or is_write:
                count += 1
                if count == number:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        try:
            action()
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    status = os.waitpid(process, 0)[1]
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)
