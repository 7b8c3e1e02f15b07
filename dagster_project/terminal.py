"""Output for people: each message is one printable line, whatever a file, a column or a cell is called.

Belongs here: how external text is shown on a terminal, and the advice for errors of the file system. Does not belong here:
other messages; CSV, which is data.
"""

import errno
import re
import shutil
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

#: The class name with which an error's text may begin.
_CLASS = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception): ")
_SYSTEM_ERROR = re.compile(r"^\[Errno (\d+)\] ([^:]*)(?:: ['\"](.*?)['\"](?: -> .*)?)?$")
_FREE_SPACE = "free space on the disk, then run again"
_ALLOW_ACCESS = "grant yourself read and write permission"
_MOVE_AWAY = "another file or folder has this name: move it away"
_FULL = (errno.ENOSPC, errno.EDQUOT)
#: The folders on whose disks this process writes: the system does not say of which file a disk is full.
_written_folders: list[Path] = []
_ADVICE = {
    errno.ENOSPC: _FREE_SPACE, errno.EDQUOT: _FREE_SPACE, errno.EFBIG: _FREE_SPACE,
    errno.EACCES: _ALLOW_ACCESS, errno.EPERM: _ALLOW_ACCESS, errno.EROFS: _ALLOW_ACCESS,
    errno.EEXIST: _MOVE_AWAY, errno.ENOTDIR: _MOVE_AWAY, errno.EISDIR: _MOVE_AWAY,
    errno.ENOENT: "check the path", errno.ENAMETOOLONG: "shorten the name",
    errno.ELOOP: "a link points to itself: remove it",
}  # fmt: skip


def printable(text: str) -> str:
    """Text with all characters escaped that are not printable: line breaks, escape sequences, direction marks."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def say(*lines: str, file: TextIO | None = None) -> None:
    """Print each text as one line, to standard output or to `file`."""
    for line in lines:
        print(printable(line), file=file or sys.stdout, flush=file is sys.stderr)


def error_line(message: str) -> str:
    """An error's message as one line: without its class, and with advice if it is an error of the file system."""
    line = _CLASS.sub("", (message.strip().splitlines() or ["failed"])[0])
    if (match := _SYSTEM_ERROR.match(line)) is None:
        return line
    prefix, room = (f"{match[3]}: ", "") if match[3] else ("", _room_words() if int(match[1]) in _FULL else "")
    return f"{prefix}{match[2]}{room}; {_ADVICE.get(int(match[1]), 'check the file and its folder')}"


def name_disks_of(folders: Iterable[Path]) -> None:
    """From here on a full disk that is not said to be that of a file is looked for among those of these folders."""
    _written_folders[:] = folders


def _room_words() -> str:
    """How much room the disks have on which this process writes, each once."""
    words: dict[int, str] = {}
    for folder in _written_folders:
        with suppress(OSError):
            existing = next(path for path in (folder, *folder.parents) if path.exists())
            free_megabytes = shutil.disk_usage(existing).free / 1e6
            words.setdefault(existing.stat().st_dev, f"{free_megabytes:,.1f} MB on the disk of {folder}")
    return f" (free now: {', '.join(words.values())})" if words else ""
