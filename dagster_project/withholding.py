"""What of people is withheld from what is recorded for good: Dagster's history, its logs, notices, a step's own files.

Belongs here: whether words are for the record, and how a person, a cell and an error's text stand in them then. Does not
belong here: the messages; whoever writes one asks here for what it quotes.

While a run goes on, its words are for the record: they are kept for ever, and sent to chats. A person stands in them by
pseudonym; a cell's text is withheld, and the commands are named that show it. Elsewhere, as in `wavehouse check`, both are
shown.
The state is the process's: whatever thread of a run writes a message, it is for the record.
"""

import hashlib
import os
import re
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

#: What stands in the record for a cell's text, and for several.
WITHHELD = "[withheld]"
_WITHHELD_TEXTS = "[{n} texts withheld]"
_IS_WITHHELD = re.compile(r"\[(?:\d+ texts )?withheld\]")
#: What `_file_words` says.
_PLACE_OF_TEXT = re.compile(
    r"; its text may quote answers, and could not be written to [^;]+|; its text may quote answers and is in .*?, for its"
    r" owner alone",
    re.DOTALL,
)
#: The commands of the team that show what is withheld.
_COMMANDS = "`wavehouse check`, `contract` and `queries` show"
_PACKAGE = Path(__file__).parents[1]
#: An error's whole text is for its owner alone, whoever else may read the study's home.
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600


@dataclass(frozen=True)
class _Record:
    """Where words go that are recorded. pseudonym_of: of an identifier. folder: for whole texts of errors. commands: those
    that show what is withheld, with their verb."""

    pseudonym_of: Callable[[str], str]
    folder: Path
    commands: str


_records: list[_Record] = []


@contextmanager
def for_the_record(pseudonym_of: Callable[[str], str], folder: Path, commands: str = _COMMANDS) -> Iterator[None]:
    """For a block whose words are recorded."""
    record = _Record(pseudonym_of, folder, commands)
    _records.append(record)
    try:
        yield
    finally:
        _records.remove(record)


def is_for_the_record() -> bool:
    """Whether the words of this process are recorded now."""
    return bool(_records)


def of_person(identifier: str, text: str) -> str:
    """A person in a message: as the text says, in the record by pseudonym."""
    return _records[-1].pseudonym_of(identifier) if _records else text


def of_cell(text: str) -> str:
    """What a message shows of a cell: the text, and nothing in the record."""
    return WITHHELD if _records else text


def of_cells(text: str, texts: Sequence[str]) -> str:
    """What a message shows of several cells: the text, and in the record how many they are."""
    if not _records:
        return text
    return WITHHELD if len(texts) == 1 else _WITHHELD_TEXTS.format(n=len(texts))


def with_hint(message: str) -> str:
    """A message for the record that withholds something, with the command that shows it."""
    if not _records or _IS_WITHHELD.search(message) is None:
        return message
    return f"{message} ({_records[-1].commands} what is withheld)"


def of_error(text: str, summary: str) -> str:
    """An error's text, which may quote cells: in the record a summary, and where the whole text lies."""
    return f"{summary}; {_file_words(text)}" if _records else text


def without_place(message: str) -> str:
    """A message as a release may hold it: where an error's whole text lies is a path of this machine, and left out."""
    return _PLACE_OF_TEXT.sub("; its text may quote answers and is not released", message)


def error_summary(error: BaseException) -> str:
    """An unexpected error for the record: its kind, its place in the code, and the file that has all of it."""
    frames = traceback.extract_tb(error.__traceback__)
    own_frames = [frame for frame in frames if _PACKAGE in Path(frame.filename).parents] or frames
    location = ""
    if own_frames:
        file = Path(own_frames[-1].filename)
        name = file.relative_to(_PACKAGE).as_posix() if _PACKAGE in file.parents else file.name
        location = f" in {name}, line {own_frames[-1].lineno}"
    return f"{type(error).__name__}{location}; {_file_words(''.join(traceback.format_exception(error)))}"


def _file_words(text: str) -> str:
    """Write a whole text where only its owner reads it, once, by its hash. Returns where it lies, in words."""
    folder = _records[-1].folder
    content = text.encode("utf-8", "backslashreplace")
    file = folder / f"{hashlib.sha256(content).hexdigest()[:12]}.txt"
    try:
        folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
        if not file.exists():
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _FILE_MODE), "wb") as stream:
                stream.write(content)
    except OSError:
        return f"its text may quote answers, and could not be written to {folder}"
    return f"its text may quote answers and is in {file}, for its owner alone"
