"""The chain: lines of JSON, each with a hash of itself and of the one before, and what a change of any of them is called.

Belongs here: the text of an entry, reading lines, verifying them by themselves. Does not belong here: writing the file
(record.py), comparing it with releases (releases.py).

The hash of a line is the SHA-256 of its text without the hash: every byte counts. A command that was killed in the middle of
a line leaves a torn one; the next entry says so, with the SHA-256 of what was torn, and follows the last whole one.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

Fact = str | int | float | bool | None | list["Fact"] | dict[str, "Fact"]
Facts = Mapping[str, Fact]
#: What stands before the first entry.
GENESIS = "0" * 64
#: The kind of the entry that says that the line before it is torn.
TORN = "torn_line"
_TAIL = re.compile(rb',"hash":"([0-9a-f]{64})"\}')
_TAIL_LENGTH = len(',"hash":""}') + 64


class TrailError(ValueError):
    """The audit trail cannot be read or written. The message is one line with the cure."""


@dataclass(frozen=True)
class Entry:
    """An entry. entry: its number, from 1. time: UTC. os_user: the operating system's. person: who they said they are, ''
    if they did not. previous: the hash of the entry before. hash: of this one."""

    entry: int
    time: str
    kind: str
    os_user: str
    person: str
    source: str
    facts: Facts
    previous: str
    hash: str = ""

    def sealed(self) -> tuple["Entry", bytes]:
        """The entry with its hash, and its line."""
        content = {name: value for name, value in asdict(self).items() if name != "hash"}
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        encoded = body.encode("utf-8", "replace")
        digest = hashlib.sha256(encoded).hexdigest()
        line = encoded[:-1] + f',"hash":"{digest}"}}'.encode()
        return Entry(**json.loads(line)), line


@dataclass(frozen=True)
class Line:
    """A line of the file. number: from 1. entry: None where it is none, or was changed."""

    number: int
    text: bytes
    entry: Entry | None


def parse_line(text: bytes) -> Entry | None:
    """The entry of a line; None where it is none, or not the one that its hash is of."""
    tail = _TAIL.fullmatch(text[-_TAIL_LENGTH:])
    if tail is None:
        return None
    body = text[:-_TAIL_LENGTH] + b"}"
    if hashlib.sha256(body).hexdigest() != tail[1].decode():
        return None
    try:
        return Entry(**json.loads(text))
    except (ValueError, TypeError):
        return None


def read_lines(content: bytes) -> list[Line]:
    """The lines of a trail. A last line without an end that is no entry is one that is being written, or torn.

    The end of a line is no part of its entry: git may write another one where it checks a file out.
    """
    texts = [text.removesuffix(b"\r") for text in content.split(b"\n")]
    if not texts[-1]:
        texts.pop()
    return [Line(number, text, parse_line(text)) for number, text in enumerate(texts, start=1)]


def head_of(lines: Sequence[Line]) -> Entry | None:
    """The last entry."""
    return next((line.entry for line in reversed(lines) if line.entry is not None), None)


def broken_lines(lines: Sequence[Line]) -> list[Line]:
    """The lines that are no entries, but those of which the next entry says that they are torn."""
    next_entries = [*(line.entry for line in lines[1:]), None]
    return [
        line
        for line, following in zip(lines, next_entries, strict=True)
        if line.entry is None and (following is None or not _names_torn(following, line.text))
    ]


def chain_faults(lines: Sequence[Line]) -> list[str]:
    """What was changed, removed, put elsewhere or doubled, a line each; empty for a whole chain."""
    return list(_faults(lines))


def _faults(lines: Sequence[Line]) -> Iterator[str]:
    hashes: dict[str, int] = {}
    numbers = {line.entry.entry for line in lines if line.entry is not None}
    expected, previous = 1, GENESIS
    for index, line in enumerate(lines):
        entry = line.entry
        if entry is None:
            following = lines[index + 1].entry if index + 1 < len(lines) else None
            if following is not None and _names_torn(following, line.text):
                continue
            is_last = index + 1 == len(lines)
            yield f"line {line.number}: " + (
                "the last line is torn, or was changed"
                if is_last
                else f"entry {expected} was changed"
                if line.text
                else "a blank line was put in"
            )
            # What follows it is judged by what it says of it.
            if line.text:
                expected, previous = expected + 1, ""
            continue
        if entry.hash in hashes:
            yield f"line {line.number}: entry {entry.entry} stands twice; it stands in line {hashes[entry.hash]}, too"
            continue
        hashes[entry.hash] = line.number
        if entry.entry > expected:
            yield f"line {line.number}: {_missing(expected, entry.entry - 1, numbers)}"
        elif entry.entry < expected:
            yield f"line {line.number}: entry {entry.entry} stands after entry {expected - 1}"
        elif previous and entry.previous != previous:
            subject = (
                f"entry {entry.entry - 1} was changed, and its hash with it" if expected > 1 else "it is no first entry"
            )
            yield f"line {line.number}: entry {entry.entry} does not follow what is before it: {subject}"
        expected, previous = entry.entry + 1, entry.hash


def _missing(first: int, last: int, numbers: set[int]) -> str:
    absent = [number for number in range(first, last + 1) if number not in numbers]
    if not absent:
        return f"entry {last + 1} stands before entry {first}"
    words = f"entry {absent[0]} was" if len(absent) == 1 else f"entries {absent[0]} to {absent[-1]} were"
    return f"{words} removed before it"


def _names_torn(entry: Entry, text: bytes) -> bool:
    return entry.kind == TORN and entry.facts.get("sha256") == hashlib.sha256(text).hexdigest()
