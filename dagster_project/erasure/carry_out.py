"""Carrying an erasure out: everything is prepared first, then changed, so that a crash is finished by the next command.

What is prepared lies in a folder of the study's home, which gets its last name in one step: before it nothing was changed,
after it every change can be made again. Does not belong here: what is changed (plan.py), how a file is written
(rewrite.py).
"""

import getpass
import json
import os
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.dagster_home.erasure import erase_from_history
from dagster_project.erasure.errors import ErasureError
from dagster_project.erasure.plan import QUERY_LOG, ErasurePlan, sha256_of
from dagster_project.erasure.receipts import FileChange, Receipt, add_receipt
from dagster_project.erasure.rewrite import write_without
from dagster_project.erasure.search import pattern_of, texts_to_search
from dagster_project.exports import LandedFile, replace_arrivals
from dagster_project.exports.suppression import suppress as suppress_person
from dagster_project.fieldwork import QueryLog
from dagster_project.file_modes import delete, set_mode
from dagster_project.keys import DERIVATION_FILE, keep_derivation
from dagster_project.settings import PENDING_ERASURE, Settings
from dagster_project.trail import Facts, record, snapshot

_PARTIAL = "erasure.partial"
_JOURNAL = "journal.json"
Report = Callable[[str], None]


@dataclass(frozen=True)
class Replacement:
    """A file and what takes its place. prepared: its name among what is prepared; None deletes the file."""

    path: str
    former_sha256: str
    sha256: str | None
    prepared: str | None
    is_landed: bool


@dataclass(frozen=True)
class Journal:
    """An erasure on its way. It is deleted when the erasure is done, with the identifier in it."""

    identifier: str
    spellings: tuple[str, ...]
    pseudonym: str
    replacements: tuple[Replacement, ...]
    deletions: tuple[str, ...]
    queries: tuple[str, ...]
    receipt: str

    @classmethod
    def from_json(cls, text: str) -> "Journal":
        content = json.loads(text)
        content["replacements"] = tuple(Replacement(**entry) for entry in content["replacements"])
        return cls(**{field.name: content[field.name] for field in fields(cls)})


def prepare(settings: Settings, plan: ErasurePlan, because: str) -> None:
    """Write all that will take something's place, and the journal. Nothing is changed before the last line.

    Raises ErasureError for a file that cannot be written without the person, and for a folder that cannot be written.
    """
    partial, pending = settings.study_home / _PARTIAL, settings.study_home / PENDING_ERASURE
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700, parents=True)
    keep_derivation(settings.key_sources, partial)
    replacements: list[Replacement] = []
    changes: list[FileChange] = []
    for number, file in enumerate(plan.affected_files):
        for path in file.paths:
            if not os.access(path.parent, os.W_OK):
                raise ErasureError(f"{path.parent}: cannot be written; grant yourself write permission, then forget again")
        prepared, sha256 = None, None
        if file.export is not None:
            prepared = f"{number}{file.paths[0].suffix}"
            write_without(file.paths[0], partial / prepared, file.export, file.source_rows, file.name)
            _to_disk(partial / prepared)
            sha256 = sha256_of(partial / prepared)
        for path in file.paths:
            is_landed = path.parent == settings.landing
            replacements.append(Replacement(str(path), file.sha256, sha256, prepared, is_landed))
            name = f"landing/{path.name}" if is_landed else file.name
            changes.append(FileChange(name, file.sha256, sha256, len(file.source_rows)))
    receipt = Receipt(
        secrets.token_hex(8),
        f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        because,
        getpass.getuser(),
        tuple(changes),
        plan.releases,
        sum(path.parent == settings.error_folder for path in plan.files),
    )
    journal = Journal(
        plan.person.identifier, plan.person.spellings, plan.person.pseudonym, tuple(replacements),
        tuple(str(path) for path in (*plan.folders, *plan.files)), plan.queries, receipt.to_json(),
    )  # fmt: skip
    (partial / _JOURNAL).write_text(json.dumps(asdict(journal)), encoding="utf-8")
    _to_disk(partial / _JOURNAL)
    partial.rename(pending)


def finish_erasure(settings: Settings, report: Report) -> Journal | None:
    """Carry out what is prepared, to be called under the study's lock. Returns its journal, None if there is nothing.

    Every part may have been done by a command that was killed.
    """
    shutil.rmtree(settings.study_home / _PARTIAL, ignore_errors=True)
    pending = settings.study_home / PENDING_ERASURE
    if not (pending / _JOURNAL).exists():
        shutil.rmtree(pending, ignore_errors=True)
        return None
    journal = Journal.from_json((pending / _JOURNAL).read_text(encoding="utf-8"))
    receipt = Receipt.from_json(journal.receipt)
    for replacement in journal.replacements:
        _replace(replacement, pending, settings.landing, report)
    _replace_arrivals(journal, settings.landing)
    if (pending / DERIVATION_FILE).exists():
        _install(pending / DERIVATION_FILE, settings.study_home / DERIVATION_FILE)
        set_mode(settings.study_home / DERIVATION_FILE, 0o600)
    for path in map(Path, journal.deletions):
        delete(path)
    QueryLog(settings.study_home / QUERY_LOG).erase(journal.queries)
    matches = pattern_of(texts_to_search(journal.pseudonym, journal.spellings)).search
    erase_from_history(settings.dagster_home, matches, settings.history)
    suppress_person(settings.study_home, list(journal.spellings), receipt.erased_at[:10])
    add_receipt(settings.study_home, receipt)
    _record(settings, receipt)
    (pending / _JOURNAL).unlink()
    shutil.rmtree(pending)
    return journal


def _record(settings: Settings, receipt: Receipt) -> None:
    """The entry of an erasure in the audit trail, which names the receipt, unless a killed command has added it."""
    entries = snapshot(settings.study_folder).entries
    if any(entry.kind == "erasure" and entry.facts.get("receipt") == receipt.erasure for entry in entries):
        return
    facts: Facts = {
        "receipt": receipt.erasure,
        "asked_for_by": receipt.person,
        "erased_at": receipt.erased_at,
        "files": len(receipt.files),
        "rows": sum(change.rows for change in receipt.files),
        "releases": [release.release for release in receipt.releases],
    }
    record(settings, "erasure", facts)


def _replace(replacement: Replacement, pending: Path, landing: Path, report: Report) -> None:
    path = Path(replacement.path)
    if replacement.is_landed:
        if replacement.prepared is not None and (pending / replacement.prepared).exists():
            target = landing / f"{replacement.sha256}{path.suffix}"
            _install(pending / replacement.prepared, target)
            set_mode(target, 0o444)
        if replacement.sha256 != replacement.former_sha256:
            delete(path)
        return
    if not path.exists() or replacement.prepared is None:
        return
    current = sha256_of(path)
    if current == replacement.former_sha256:
        facts = path.stat()
        _install(pending / replacement.prepared, path)
        with suppress(OSError):
            os.chmod(path, facts.st_mode & 0o777)
        os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))  # versions stand in the order in which they were written
    elif current != replacement.sha256:
        report(f"{path}: changed since the erasure was begun, and stays as it is; forget again")


def _install(prepared: Path, target: Path) -> None:
    """Put a copy in a file's place in one step."""
    partial = target.with_name(f".erasing-{target.name}")
    with suppress(FileNotFoundError):
        partial.unlink()
    shutil.copyfile(prepared, partial)
    _to_disk(partial)
    os.replace(partial, target)


def _replace_arrivals(journal: Journal, landing: Path) -> None:
    copies: dict[str, LandedFile | None] = {}
    for replacement in journal.replacements:
        if not replacement.is_landed:
            if replacement.sha256 is None:
                copies.setdefault(replacement.former_sha256, None)
            continue
        path = landing / f"{replacement.sha256}{Path(replacement.path).suffix}"
        copies[replacement.former_sha256] = (
            LandedFile(replacement.sha256, path, path.name, path.stat().st_size) if replacement.sha256 is not None else None
        )
    if copies:
        replace_arrivals(landing, copies)


def _to_disk(path: Path) -> None:
    with path.open("r+b") as stream:
        os.fsync(stream.fileno())
