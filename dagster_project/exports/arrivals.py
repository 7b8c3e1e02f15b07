"""What lies in a study's folders for exports: which files are settled, which changed, which nobody declared.

Belongs here: looking at files and remembering what was seen, without opening more than needed. Does not belong here:
starting a run (defs/automation), landing a file (landing.py).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from dagster_project.exports.errors import ExportError, plain
from dagster_project.exports.landing import find_files
from dagster_project.exports.read import dictionary_of
from dagster_project.study import Study

_BLOCK = 1 << 20
_RAW = "raw"
#: How much of a path is shown: a person must find the file by it.
_SHOWN = 400


@dataclass(frozen=True)
class Memory:
    """What was seen at the last look.

    stats: by path below the study folder, (size, time of last change in ns). hashes: by path, the SHA-256 of the file with
    those stats. started: by export, what the last run was started for: the SHA-256 of its files together. runs: how many
    runs were started.
    """

    stats: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    started: Mapping[str, str] = field(default_factory=dict)
    runs: int = 0

    def to_text(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_text(cls, text: str | None) -> "Memory":
        """The memory that was written by to_text; an empty one for no text or a text of another kind."""
        try:
            content = json.loads(text or "{}")
            return cls(
                {path: (int(size), int(changed)) for path, (size, changed) in content.get("stats", {}).items()},
                dict(content.get("hashes", {})),
                dict(content.get("started", {})),
                int(content.get("runs", 0)),
            )
        except (ValueError, TypeError, AttributeError):
            return cls()


@dataclass(frozen=True)
class Look:
    """What a look found.

    changed: exports whose files are settled and are not what the last run was started for. waiting: files that changed
    since the last look. unknown: files in the folders of exports, or in raw/, that no export declares. Both are named as
    messages show them. refused: by export, why its files cannot be told apart.
    """

    memory: Memory
    changed: tuple[str, ...]
    waiting: tuple[str, ...]
    unknown: tuple[str, ...]
    refused: Mapping[str, str]


def look(study: Study, memory: Memory) -> Look:
    """Look at a study's exports. A file is settled when two looks found it with the same size and time of change.

    Only files whose size or time changed are read. Content decides: a file that was touched, or went and came back
    unchanged, changes nothing. An export whose files are gone is not changed: nothing arrived.
    """
    stats: dict[str, tuple[int, int]] = {}
    hashes: dict[str, str] = {}
    started = dict(memory.started)
    changed: list[str] = []
    waiting: list[str] = []
    refused: dict[str, str] = {}
    declared: set[Path] = set()
    for export in study.protocol.exports:
        if (dictionary := dictionary_of(study, export)) is not None:
            declared.add(dictionary)
        try:
            files = find_files(study.folder, export)
        except ExportError as error:
            refused[export.export] = str(error)
            folder = study.folder / export.folder
            declared |= {path for path in folder.iterdir() if path.is_file()} if folder.is_dir() else set()
            continue
        declared |= set(files)
        is_settled = bool(files)
        digests = []
        for file in files:
            name = file.relative_to(study.folder).as_posix()
            try:
                found = file.stat()
                stats[name] = (found.st_size, found.st_mtime_ns)
                if memory.stats.get(name) != stats[name]:
                    waiting.append(plain(name, _SHOWN))
                    is_settled = False
                    continue
                hashes[name] = memory.hashes.get(name) or _sha256(file)
            except OSError:
                is_settled = False  # gone, or still being written by a program that locks it
                continue
            digests.append(hashes[name])
        together = hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()
        if is_settled and started.get(export.export) != together:
            changed.append(export.export)
            started[export.export] = together
    runs = memory.runs + bool(changed)
    unknown = tuple(sorted(_unknown(study, declared)))
    return Look(Memory(stats, hashes, started, runs), tuple(changed), tuple(waiting), unknown, refused)


def _unknown(study: Study, declared: set[Path]) -> set[str]:
    folders = {study.folder / _RAW, *(study.folder / export.folder for export in study.protocol.exports)}
    there = {path for folder in folders if folder.is_dir() for path in folder.rglob("*") if path.is_file()}
    hidden = (".", "~$")
    return {
        plain(path.relative_to(study.folder).as_posix(), _SHOWN)
        for path in there - declared
        if not any(part.startswith(hidden) for part in path.relative_to(study.folder).parts)
    }


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
