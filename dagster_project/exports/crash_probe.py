"""Questions that a process of its own answers: what is asked can crash a library, or never end, and the run with it.

Belongs here: that process, its end after a while, and what is asked of it. Does not belong here: what the library reads
(labelled.py), what a document's name says (synthesis).
"""

import atexit
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dagster_project.readable_files import most_of

#: A line of JSON with the question in, one with the answer out. Of a damaged file the dictionary is read with an error: the
#: library reports it again when the file is read.
_ANSWERS = """
import json, re, sys
def columns(function, path):
    import pyreadstat
    try:
        return getattr(pyreadstat, function)(path, metadataonly=True)[1].number_columns or 0
    except Exception:
        return 0
def groups(pattern, names):
    return [match.groupdict() if (match := re.search(pattern, name)) else {} for name in names]
for line in sys.stdin:
    question, *words = json.loads(line)
    print(json.dumps({"columns": columns, "groups": groups}[question](*words)), flush=True)
"""


class _Probe:
    """A process of its own, begun with the first question and again after each crash: its start costs half a second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._owner = 0

    def answer(self, *question: Any) -> Any:
        """What the process answers, None if it crashed or did not end in time."""
        with self._lock:
            process = self._running()
            assert process.stdin is not None and process.stdout is not None
            end = threading.Timer(most_of("file_seconds"), process.kill)
            end.start()
            try:
                process.stdin.write(json.dumps(question) + "\n")
                process.stdin.flush()
            except BrokenPipeError:
                pass  # it died; the answer below is none
            answer = process.stdout.readline()
            end.cancel()
            if answer.endswith("\n"):
                return json.loads(answer)
            self.end()
            return None

    def _running(self) -> subprocess.Popen[str]:
        # A process that was forked from this one must not share the pipe.
        if self._process is None or self._process.poll() is not None or self._owner != os.getpid():
            self._process = subprocess.Popen(
                [sys.executable, "-c", _ANSWERS],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8",
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


def column_count(path: Path, function: str) -> int | None:
    """How many columns a file has by its dictionary, 0 where it cannot be read; None if pyreadstat does not survive the
    file. function: the library's, e.g. read_sav. An error that it raises is no crash."""
    count: int | None = _PROBE.answer("columns", function, str(path.absolute()))
    return count


def groups_of(pattern: str, names: Sequence[str]) -> list[dict[str, str | None]] | None:
    """The named groups that a regular expression captures in each name, none where it does not match; None if that takes
    too long."""
    groups: list[dict[str, str | None]] | None = _PROBE.answer("groups", pattern, list(names))
    return groups
