"""The audit trail in releases: each holds a copy, and its manifest the hash of the last entry.

Belongs here: what goes into a release, and comparing a trail with what releases say of it. Does not belong here: verifying
the chain by itself (chain.py). Only a release can tell that entries were cut off the end, or all written anew.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dagster_project.trail.chain import Entry, Line, TrailError, head_of, read_lines
from dagster_project.trail.record import TRAIL_FILE, check_writable, trail_file

_HEAD, _COUNT = "trail_head", "trail_entries"


@dataclass(frozen=True)
class ReleasedTrail:
    """What a release holds of the trail. entries, head: as its manifest says. lines: of its copy, None where it has none."""

    release: str
    entries: int
    head: str
    lines: list[Line] | None


@dataclass(frozen=True)
class Snapshot:
    """The trail as a release takes it. content: its file."""

    content: bytes
    entries: list[Entry]

    @property
    def facts(self) -> dict[str, str]:
        """What the release's manifest says of it."""
        return {_COUNT: str(self.entries[-1].entry), _HEAD: self.entries[-1].hash} if self.entries else {}


def snapshot(study_folder: Path) -> Snapshot:
    """The whole lines of a study's trail now."""
    with suppress(FileNotFoundError):
        content = trail_file(study_folder).read_bytes()
        content = content[: content.rfind(b"\n") + 1]
        return Snapshot(content, [line.entry for line in read_lines(content) if line.entry is not None])
    return Snapshot(b"", [])


def released_trail(folder: Path) -> ReleasedTrail | None:
    """What a release's folder says of the trail; None for a release without one, or with a damaged manifest."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        head, count = manifest[_HEAD], int(manifest[_COUNT])
        lines = None
        with suppress(FileNotFoundError):
            lines = read_lines((folder / TRAIL_FILE).read_bytes())
        return ReleasedTrail(manifest["release"], count, head, lines)
    return None


def released_trails(study_folder: Path) -> list[ReleasedTrail]:
    """What the kept releases and the current one say, those with most entries last."""
    folders = {path.resolve() for path in (study_folder / "release", *(study_folder / "releases").glob("[!.]*"))}
    trails = {trail.release: trail for folder in folders if (trail := released_trail(folder)) is not None}
    return sorted(trails.values(), key=lambda trail: (trail.entries, trail.release))


def check_trail(study_folder: Path) -> None:
    """Raises TrailError where no entry could be added, or none should be."""
    refuse_other_trail(study_folder)
    check_writable(study_folder)


def refuse_other_trail(study_folder: Path) -> None:
    """Raises TrailError where the file is not the trail that the current release was made with: another study's, or an
    earlier state of this one's, as from a backup."""
    lines: list[Line] = []
    with suppress(OSError):  # who adds an entry says so
        lines = read_lines(snapshot(study_folder).content)
    trail = released_trail(study_folder / "release")
    fault = next(_differences(lines, trail), None) if lines and trail is not None else None
    if fault is not None:
        raise TrailError(
            f"{trail_file(study_folder)}: {fault}; put the study's own file back, or move this one away: then it goes on"
            " from the copy in the release"
        )


def release_faults(lines: Sequence[Line], trails: Sequence[ReleasedTrail]) -> list[str]:
    """In what a trail differs from what releases say of it, a line for each release; empty where it does not."""
    return [fault for trail in trails for fault in _faults_of(lines, trail)]


def _faults_of(lines: Sequence[Line], trail: ReleasedTrail) -> Iterator[str]:
    yield from _differences(lines, trail)
    copy = head_of(trail.lines) if trail.lines is not None else None
    if trail.lines is None:
        yield f"release {trail.release}: its copy of the trail was removed"
    elif copy is None or (copy.entry, copy.hash) != (trail.entries, trail.head):
        yield f"release {trail.release}: its copy of the trail does not end with the entry that its manifest names"


def _differences(lines: Sequence[Line], trail: ReleasedTrail) -> Iterator[str]:
    """In what a trail is not the one that a release was made with."""
    entries = {line.entry.entry: line.entry for line in lines if line.entry is not None}
    head = head_of(lines)
    end = head.entry if head is not None else 0
    if end < trail.entries:
        yield (
            f"the trail was cut off: it ends at entry {end}; release {trail.release} was made when it had {trail.entries}"
        )
    elif trail.entries not in entries or entries[trail.entries].hash != trail.head:
        yield f"the trail is another one than release {trail.release} was made with{_first_difference(entries, trail)}"


def _first_difference(entries: dict[int, Entry], trail: ReleasedTrail) -> str:
    copies = [line.entry for line in trail.lines or () if line.entry is not None]
    for copy in copies:
        if copy.entry not in entries or entries[copy.entry].hash != copy.hash:
            return f": they differ from entry {copy.entry} on"
    return ""
