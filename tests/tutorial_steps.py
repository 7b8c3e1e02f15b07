"""What a page of the documentation tells its reader to do, block by block, and what it shows."""

import re
from dataclasses import dataclass

_BLOCK = re.compile(r"^```(text|diff|console)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Step:
    """A block of the page. kind: text (a file to write), diff (lines to replace) or console (a command and what it prints)."""

    kind: str
    file: str
    content: str


def steps_of(page: str) -> list[Step]:
    return [Step(kind, file, content) for kind, file, content in _BLOCK.findall(page)]


def is_shown(expected: str, printed: str) -> bool:
    """Whether a text is what the page shows, … standing for anything; a line of … for any lines."""
    lines = [re.escape(line).replace("…", ".*") for line in expected.strip("\n").split("\n")]
    pattern = "\n".join("(?s:.*)" if line == ".*" else line for line in lines)
    return re.fullmatch(pattern, printed.strip("\n")) is not None
