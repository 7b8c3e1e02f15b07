"""What lies in a study's folder for the next run: whether it is settled, whether the last run took it, what nobody declared.

Belongs here: looking at files without opening more than needed, and the file that says what the last whole run took. Does
not belong here: starting a run (defs/automation), landing a file (landing.py).
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from dagster_project.exports.errors import ExportError, plain
from dagster_project.exports.landing import find_files
from dagster_project.exports.read import dictionary_of
from dagster_project.study import Study

_BLOCK = 1 << 20
_RAW = "raw"
#: The definitions' name among the exports'; no export can be called so.
DEFINITIONS = "the definitions"
#: How much of a path is shown: a person must find the file by it.
_SHOWN = 400


@dataclass(frozen=True)
class Memory:
    """What was seen at the last look.

    stats: by path below the study folder, (size, time of last change in ns). hashes: by path, the SHA-256 of the file with
    those stats. definitions: the hash of all definition files. lockless: runs that were called started and held no lock.
    """

    stats: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    definitions: str = ""
    lockless: tuple[str, ...] = ()

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
                str(content.get("definitions", "")),
                tuple(map(str, content.get("lockless", ()))),
            )
        except (ValueError, TypeError, AttributeError):
            return cls()


@dataclass(frozen=True)
class Taken:
    """What the current release was made from: by export (and DEFINITIONS), the digest of its files."""

    release: str
    run_id: str
    digests: Mapping[str, str]


@dataclass(frozen=True)
class Look:
    """What a look found.

    digests: what a run would take now, by export that has files (and DEFINITIONS), as far as it is settled. changed: what of
    it the last run did not take; nothing while anything is waiting. waiting: files that changed since the last look.
    unknown: files in the folders of exports, or in raw/, that no export declares. Both are named as messages show them.
    refused: by export, why its files cannot be told apart.
    """

    memory: Memory
    digests: Mapping[str, str]
    changed: tuple[str, ...]
    waiting: tuple[str, ...]
    unknown: tuple[str, ...]
    refused: Mapping[str, str]


def look(study: Study, memory: Memory, taken: Mapping[str, str]) -> Look:
    """Look at a study's exports and definitions. A file is settled when two looks found it with the same size and time of
    change, the definitions when two looks found the same content.

    Only files whose size or time changed are read. Content decides: a file that was touched, or went and came back
    unchanged, changes nothing. An export whose files are gone is not changed: nothing arrived.
    """
    stats: dict[str, tuple[int, int]] = {}
    hashes: dict[str, str] = {}
    digests: dict[str, str] = {}
    waiting: list[str] = []
    refused: dict[str, str] = {}
    declared: set[Path] = set()
    if memory.definitions == study.definitions_hash:
        digests[DEFINITIONS] = study.definitions_hash
    else:
        waiting.append(DEFINITIONS)
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
        of_files = []
        for file in files:
            name = file.relative_to(study.folder).as_posix()
            try:
                stat = file.stat()
                stats[name] = (stat.st_size, stat.st_mtime_ns)
                if memory.stats.get(name) != stats[name]:
                    waiting.append(plain(name, _SHOWN))
                    is_settled = False
                    continue
                hashes[name] = memory.hashes.get(name) or _sha256(file)
            except OSError:
                waiting.append(name)  # gone, or still being written by a program that locks it
                is_settled = False
                continue
            of_files.append(hashes[name])
        if is_settled:
            digests[export.export] = digest_of(of_files)
    # Without a single export there is nothing to run on.
    changed = [name for name, digest in digests.items() if len(digests) > 1 and taken.get(name) != digest]
    seen = Memory(stats, hashes, study.definitions_hash, memory.lockless)
    unknown = tuple(sorted(_unknown(study, declared)))
    return Look(seen, digests, () if waiting else tuple(changed), tuple(waiting), unknown, refused)


def digest_of(sha256s: Iterable[str]) -> str:
    """One digest of all files of an export, in whatever order they come."""
    return hashlib.sha256("\n".join(sorted(sha256s)).encode()).hexdigest()


def write_taken(file: Path, taken: Taken) -> None:
    """Write down what the current release was made from: all of it, or nothing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(taken), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(partial, file)


def read_taken(file: Path, release: str | None) -> Mapping[str, str]:
    """What the current release was made from, by export (and DEFINITIONS); nothing where the file is of another release."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if release is not None and content["release"] == release:
            return {str(name): str(digest) for name, digest in content["digests"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        pass  # never written, or damaged: a run finds out
    return {}


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
