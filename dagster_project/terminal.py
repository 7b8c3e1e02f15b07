"""What is printed for a person: every line one line, whatever a file, a column or a cell is called.

Belongs here: how text from outside is shown on a terminal, and the words for what the file system refuses. Does not belong
here: what else is said; CSV, which is data.
"""

import errno
import re
import sys
from typing import TextIO

#: How an error's text begins when it comes with its class.
_CLASS = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception): ")
_REFUSED_BY_SYSTEM = re.compile(r"^\[Errno (\d+)\] ([^:]*)(?:: ['\"](.*?)['\"](?: -> .*)?)?$")
_FREE, _ALLOW = "free space on the disk, then run again", "give yourself the right to read and write it"
_AWAY = "something else stands in its place: move it away"
_CURES = {
    errno.ENOSPC: _FREE, errno.EDQUOT: _FREE, errno.EFBIG: _FREE, errno.EACCES: _ALLOW, errno.EPERM: _ALLOW,
    errno.EROFS: _ALLOW, errno.EEXIST: _AWAY, errno.ENOTDIR: _AWAY, errno.EISDIR: _AWAY, errno.ENOENT: "check the path",
    errno.ENAMETOOLONG: "shorten the name", errno.ELOOP: "a link leads to itself: remove it",
}  # fmt: skip


def printable(text: str) -> str:
    """Text with all that a terminal would obey or hide escaped: breaks, escape sequences, marks that turn the direction."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def say(*lines: str, file: TextIO | None = None) -> None:
    """Print lines, each as one line; to standard output, or to `file`."""
    for line in lines:
        print(printable(line), file=file or sys.stdout, flush=file is sys.stderr)


def fault_line(message: str) -> str:
    """An error's message as one line: without its class, and with the cure where the file system refused something."""
    line = _CLASS.sub("", (message.strip().splitlines() or ["failed"])[0])
    if (refused := _REFUSED_BY_SYSTEM.match(line)) is None:
        return line
    place = f"{refused[3]}: " if refused[3] else ""
    return f"{place}{refused[2]}; {_CURES.get(int(refused[1]), 'check the file and its folder')}"
