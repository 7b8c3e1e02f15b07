"""Whether the library that reads statistics files survives a file: a damaged one can crash it, and the run with it.

Belongs here: the process that reads each file first. Does not belong here: what the library reads (labelled.py).
"""

import atexit
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

_READS_DICTIONARIES = """
import json, sys
import pyreadstat
for line in sys.stdin:
    function, path = json.loads(line)
    try:
        getattr(pyreadstat, function)(path, metadataonly=True)
    except Exception:
        pass
    print(flush=True)
"""


class _Probe:
    """A process of its own, begun with the first file and again after each crash: its start costs half a second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._owner = 0

    def survives(self, path: Path, function: str) -> bool:
        """Whether the process still answers after it read the file's dictionary, however that went."""
        with self._lock:
            process = self._running()
            assert process.stdin is not None and process.stdout is not None
            try:
                process.stdin.write(json.dumps([function, str(path.absolute())]) + "\n")
                process.stdin.flush()
            except BrokenPipeError:
                pass  # it died; the answer below is none
            if process.stdout.readline():
                return True
            self.end()
            return False

    def _running(self) -> subprocess.Popen[str]:
        # A process that was forked from this one must not share the pipe.
        if self._process is None or self._process.poll() is not None or self._owner != os.getpid():
            self._process = subprocess.Popen(
                [sys.executable, "-c", _READS_DICTIONARIES],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            )  # fmt: skip
            self._owner = os.getpid()
        return self._process

    def end(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is not None and self._owner == os.getpid():
            process.kill()
            process.communicate()


_PROBE = _Probe()
atexit.register(_PROBE.end)


def survives(path: Path, function: str) -> bool:
    """Whether pyreadstat survives a file. function: the library's, e.g. read_sav. An error that it raises is no crash."""
    return _PROBE.survives(path, function)
