"""Landed copies that no declaration of today reads: of exports that are declared no more, and copies that somebody changed.

Belongs here: whether one holds a person, and what becomes of it. Does not belong here: exports and the copies of what they
are declared to be (plan.py), changing any of it (carry_out.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dagster_project.erasure.errors import ErasureError
from dagster_project.erasure.people import Person, identifiers_of, rows_of_person
from dagster_project.erasure.search import files_with, is_telling, texts_to_search
from dagster_project.exports import ExportError
from dagster_project.study import Export, Study

#: How landed copies begin that were changed and moved aside, and those that a killed run was writing.
CHANGED_COPIES, PARTIAL_COPIES = "changed-*", ".landing-*"


@dataclass(frozen=True)
class CopyRows:
    """The person's rows of a landed copy, as an export's declaration reads it. export: None where it has to be deleted,
    since no declaration reads it."""

    export: Export | None
    source_rows: tuple[int, ...] = ()


def rows_of_copy(path: Path, name: str, study: Study, person: Person) -> CopyRows | None:
    """Whether a copy that no export is holds the person: by the first declaration of the study that finds rows of theirs in
    it, else by its bytes. None where it does not."""
    has_readers = False
    for export, rows in _readings(path, name, study, person):
        if rows:
            return CopyRows(export, rows)
        has_readers = True
    is_searchable = all(map(is_telling, person.spellings))
    if files_with([path], texts_to_search(person.pseudonym, person.spellings)) or not (has_readers or is_searchable):
        return CopyRows(None)
    return None


def _readings(path: Path, name: str, study: Study, person: Person) -> Iterator[tuple[Export, tuple[int, ...]]]:
    for export in study.protocol.exports:
        if export.repeat_of is not None:
            continue
        try:
            yield export, tuple(sorted(rows_of_person(identifiers_of(path, name, study, export), person)))
        except (ErasureError, ExportError):
            continue
