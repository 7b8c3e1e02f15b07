"""New files in a study's folder: which are settled, which the last run has not used, which no export declares.

Belongs here: looking at files without opening more than needed, and the record of what the last complete run used. Does
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
from dagster_project.exports.read import description_of
from dagster_project.study import Study

_BLOCK_BYTES = 1 << 20
_RAW_FOLDER = "raw"
#: The name of the definitions among the names of exports; no export can have this name.
DEFINITIONS = "the definitions"
#: How many characters of a path a message shows: enough to find the file.
_PATH_LIMIT = 400


@dataclass(frozen=True)
class Memory:
    """The state of the files at the last look.

    stats: by path below the study folder, (size, times in ns of the last change of content and of anything). hashes: by
    path, the SHA-256 of the file with those stats. definitions: the hash of all definition files. lockless: runs recorded
    as started that held no lock.
    """

    stats: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    definitions: str = ""
    lockless: tuple[str, ...] = ()

    def to_text(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_text(cls, text: str | None) -> "Memory":
        """Read what to_text wrote; an empty memory for no text and for any other text."""
        try:
            content = json.loads(text or "{}")
            return cls(
                {
                    path: (int(size), int(modified_ns), int(changed_ns))
                    for path, (size, modified_ns, changed_ns) in content.get("stats", {}).items()
                },
                dict(content.get("hashes", {})),
                str(content.get("definitions", "")),
                tuple(map(str, content.get("lockless", ()))),
            )
        except (ValueError, TypeError, AttributeError):
            return cls()


@dataclass(frozen=True)
class ReleaseInputs:
    """The inputs of the current release: by export (and DEFINITIONS), the digest of its files."""

    release: str
    run_id: str
    digests: Mapping[str, str]


@dataclass(frozen=True)
class Look:
    """The result of a look.

    digests: the inputs of a run that started now, by export that has files (and DEFINITIONS), as far as they are settled.
    changed_exports: which of these the current release was not made from; empty while a file is not settled.
    unsettled_files: files that changed since the last look. undeclared_files: files in the folders of exports, or in raw/,
    that no export declares. Both hold paths as messages show them. refusals: by export, why its files cannot be used.
    """

    memory: Memory
    digests: Mapping[str, str]
    changed_exports: tuple[str, ...]
    unsettled_files: tuple[str, ...]
    undeclared_files: tuple[str, ...]
    refusals: Mapping[str, str]


def look(study: Study, memory: Memory, release_digests: Mapping[str, str]) -> Look:
    """Look at a study's exports and definitions. A file is settled when two looks find it with the same size and time of
    change, the definitions when two looks find the same content.

    release_digests: the inputs of the current release. Only files whose size or time changed are read. Content decides: a
    file that was touched, or removed and put back, is unchanged. An export whose files were removed is not changed: nothing
    arrived.
    """
    stats: dict[str, tuple[int, int, int]] = {}
    hashes: dict[str, str] = {}
    digests: dict[str, str] = {}
    unsettled: list[str] = []
    refusals: dict[str, str] = {}
    declared_files: set[Path] = set()
    if memory.definitions == study.definitions_hash:
        digests[DEFINITIONS] = study.definitions_hash
    else:
        unsettled.append(DEFINITIONS)
    for export in study.protocol.exports:
        if (description := description_of(study, export)) is not None:
            declared_files.add(description)
        try:
            files = find_files(study.folder, export)
        except ExportError as error:
            refusals[export.export] = str(error)
            folder = study.folder / export.folder
            declared_files |= {path for path in folder.iterdir() if path.is_file()} if folder.is_dir() else set()
            continue
        declared_files |= set(files)
        is_settled = bool(files)
        file_hashes = []
        for file in files:
            name = _name_below(study.folder, file)
            try:
                stat = file.stat()
                # The second time tells a file that was replaced by one of the same size and date.
                stats[name] = (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
                if memory.stats.get(name) != stats[name]:
                    unsettled.append(plain(name, _PATH_LIMIT))
                    is_settled = False
                    continue
                hashes[name] = memory.hashes.get(name) or _sha256(file)
            except OSError:
                unsettled.append(plain(name, _PATH_LIMIT))  # gone, or still being written by a program that locks it
                is_settled = False
                continue
            file_hashes.append(hashes[name])
        if is_settled:
            digests[export.export] = digest_of(file_hashes)
    # Without any export (there is only the digest of the definitions) there is nothing to run.
    changed_exports = [name for name, digest in digests.items() if len(digests) > 1 and release_digests.get(name) != digest]
    current_memory = Memory(stats, hashes, study.definitions_hash, memory.lockless)
    undeclared = tuple(sorted(_undeclared_files(study, declared_files)))
    return Look(current_memory, digests, () if unsettled else tuple(changed_exports), tuple(unsettled), undeclared, refusals)


def digest_of(sha256s: Iterable[str]) -> str:
    """One digest of all files of an export, independent of their order."""
    return hashlib.sha256("\n".join(sorted(sha256s)).encode()).hexdigest()


def write_release_inputs(path: Path, inputs: ReleaseInputs) -> None:
    """Write the inputs of the current release: the whole file, or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial_file = path.with_suffix(".partial")
    partial_file.write_text(json.dumps(asdict(inputs), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    os.replace(partial_file, path)


def read_release_inputs(path: Path, release: str | None) -> Mapping[str, str]:
    """The digests of the current release's inputs, by export (and DEFINITIONS); empty if the file is of another release."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if release is not None and content["release"] == release:
            return {str(name): str(digest) for name, digest in content["digests"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        pass  # never written, or damaged: a run finds out
    return {}


def _undeclared_files(study: Study, declared_files: set[Path]) -> set[str]:
    folders = {study.folder / _RAW_FOLDER, *(study.folder / export.folder for export in study.protocol.exports)}
    present_files = {path for folder in folders if folder.is_dir() for path in folder.rglob("*") if path.is_file()}
    hidden_prefixes = (".", "~$")
    names = {_name_below(study.folder, path) for path in present_files - declared_files}
    return {
        plain(name, _PATH_LIMIT)
        for name in names
        if not any(part.startswith(hidden_prefixes) for part in name.split("/") if part != "..")
    }


def _name_below(folder: Path, file: Path) -> str:
    """What a file is called below a study's folder; its path where it lies elsewhere, in a root that a study may read."""
    return (file.relative_to(folder) if file.is_relative_to(folder) else file).as_posix()


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
