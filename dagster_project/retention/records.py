"""What was removed, and when retention was looked at last: two files of a study's home.

Belongs here: `retention.jsonl`, a line for each thing that was removed, which outlives it; `retention.json`, the last look.
Does not belong here: removing.
"""

import json
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

RECORDS, LOOK, PENDING = "retention.jsonl", "retention.json", "retention.pending"
#: In the first line of what is pending.
_NAME = "removal"


@dataclass(frozen=True)
class Removal:
    """Something that is due, or was removed. kind: release, landed version, run, error text or damaged file. name: as the
    study's folders have it; it says nothing of people. path: of what is deleted; of a run "". because: why it is due."""

    kind: str
    name: str
    path: str
    because: str
    removed_at: str = ""

    @property
    def words(self) -> str:
        return f"{self.kind} {self.name}: {self.because}"


@dataclass(frozen=True)
class Look:
    """When somebody looked last at what is due by a clock that was believed (UTC), when something will be due next, if ever,
    and why the clock was not believed at the very last look ("" if it was)."""

    looked_at: datetime | None
    next_due: datetime | None
    fault: str = ""


def read_removals(home: Path) -> list[Removal]:
    """What was removed, oldest first; a line that a killed command left half written is none."""
    return list(_removals(home / RECORDS))


def add_removals(home: Path, removals: Sequence[Removal]) -> None:
    """Write down what was removed."""
    if not removals:
        return
    home.mkdir(parents=True, exist_ok=True)
    with (home / RECORDS).open("a", encoding="utf-8") as stream:
        lines = [json.dumps(asdict(removal), ensure_ascii=False) for removal in removals]
        stream.write(("\n" if stream.tell() else "") + "\n".join(lines))
        stream.flush()
        os.fsync(stream.fileno())


def write_pending(home: Path, removals: Sequence[Removal]) -> str:
    """Write down what is about to be removed, before the first of it is. Returns the name by which it is known."""
    partial, name = home / f"{PENDING}.partial", secrets.token_hex(8)
    lines = [json.dumps({_NAME: name}), *(json.dumps(asdict(removal)) for removal in removals)]
    partial.write_text("\n".join(lines), encoding="utf-8")
    with partial.open("r+b") as stream:
        os.fsync(stream.fileno())
    partial.replace(home / PENDING)
    return name


def name_of_pending(home: Path) -> str:
    """The name of what a killed command was about to remove, '' where an earlier version of the code wrote it."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        (line,) = (home / PENDING).read_text(encoding="utf-8").splitlines()[:1]
        return str(json.loads(line)[_NAME])
    return ""


def read_pending(home: Path) -> list[Removal]:
    """What a command that was killed was about to remove."""
    return list(_removals(home / PENDING))


def delete_pending(home: Path) -> None:
    (home / PENDING).unlink(missing_ok=True)


def _removals(file: Path) -> list[Removal]:
    removals = []
    names = {field.name for field in fields(Removal)}
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else ():
        with suppress(ValueError, KeyError, TypeError):
            content = json.loads(line)
            removals.append(Removal(**{name: content[name] for name in names}))
    return removals


def read_look(home: Path) -> Look | None:
    """The last look; None where there was none, or its file is damaged."""
    try:
        content = json.loads((home / LOOK).read_text(encoding="utf-8"))
        return Look(_moment(content["looked_at"]), _moment(content["next_due"]), str(content.get("fault", "")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write_look(home: Path, look: Look) -> None:
    partial = home / f"{LOOK}.partial"
    moments = {"looked_at": look.looked_at, "next_due": look.next_due}
    content = {name: moment and moment.isoformat() for name, moment in moments.items()} | {"fault": look.fault}
    partial.write_text(json.dumps(content) + "\n", encoding="utf-8")
    partial.replace(home / LOOK)


def is_due(home: Path, now: datetime | None = None) -> bool:
    """Whether something has become due since the last look: asked by a run that changes nothing, so without the study."""
    look = read_look(home)
    return look is not None and look.next_due is not None and (now or datetime.now(UTC)) >= look.next_due


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
