"""The receipts of erasures: when, why, by whom, which files; never whose.

Belongs here: `erasures.jsonl` in a study's home. Does not belong here: the list by which people who were erased are known
again (exports/suppression.py).
"""

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path

RECEIPTS = "erasures.jsonl"


@dataclass(frozen=True)
class FileChange:
    """A file without the person's rows. sha256: what it has now, None if it was deleted."""

    file: str
    former_sha256: str
    sha256: str | None
    rows: int


@dataclass(frozen=True)
class RemovedRelease:
    """A release that was deleted, since it held the person: what remains of it. results: how many numbers it had."""

    release: str
    released_at: str | None
    fingerprint: str | None
    definitions: str | None
    results: int | None


@dataclass(frozen=True)
class Receipt:
    """An erasure. erasure: a random name. person: the operating system's user who asked for it. error_texts: how many whole
    texts of errors were deleted, which may have quoted anybody."""

    erasure: str
    erased_at: str
    because: str
    person: str
    files: tuple[FileChange, ...]
    releases: tuple[RemovedRelease, ...]
    error_texts: int = 0

    @classmethod
    def from_json(cls, text: str) -> "Receipt":
        content = json.loads(text)
        content["files"] = tuple(FileChange(**entry) for entry in content["files"])
        content["releases"] = tuple(RemovedRelease(**entry) for entry in content["releases"])
        return cls(**{field.name: content[field.name] for field in fields(cls)})

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


def read_receipts(home: Path) -> list[Receipt]:
    """The receipts of a study, oldest first; a line that a killed command left half written is none."""
    file = home / RECEIPTS
    receipts = []
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        try:
            receipts.append(Receipt.from_json(line))
        except (ValueError, KeyError, TypeError):
            continue
    return receipts


def add_receipt(home: Path, receipt: Receipt) -> None:
    """Add a receipt, unless it is there."""
    if any(earlier.erasure == receipt.erasure for earlier in read_receipts(home)):
        return
    with (home / RECEIPTS).open("a", encoding="utf-8") as stream:
        stream.write(("\n" if stream.tell() else "") + receipt.to_json())
        stream.flush()
        os.fsync(stream.fileno())
