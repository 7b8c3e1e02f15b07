"""What is printed for a person: every line one line, whatever a file, a column or a cell is called.

Belongs here: how text from outside is shown on a terminal. Does not belong here: what is said; CSV, which is data.
"""

import sys
from typing import TextIO


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
