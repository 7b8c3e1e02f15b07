"""Loading one export: landed, read, held against the contract, and written as a table of schema raw; its versions kept.

Belongs here: the order of these. Does not belong here: which file of an export is used (versions.py), writing tables
(tables.py), reading a format or matching a column (exports/).

Tables: `raw.<wave>` (the rows in use), `raw."<wave>@<8 digits>"` (the rows of an earlier version, by the SHA-256 it came
from), `raw.exports` (what is in use), `raw.versions` (every file that ever arrived, taken or refused), `raw.contract`,
`raw.set_aside_rows`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports import (
    ContractResult,
    ExportError,
    composed_identifiers,
    contract_of_file,
    description_of,
    digest_of,
    find_files,
    land,
    repeated_texts,
)
from dagster_project.exports.suppression import refuse_erased
from dagster_project.raw.columns import IS_EXCLUDED, day_columns, export_columns
from dagster_project.raw.lost_people import file_in_use, lost_people
from dagster_project.raw.tables import ExportRecord, loaded_before, record_of, write_empty, write_export
from dagster_project.raw.versions import ChosenFiles, choose_files, count_versions, judge_files, note_files, refuse_gone
from dagster_project.settings import Settings
from dagster_project.study import PLANNED_KEYS, Export, Study
from dagster_project.warehouse import Warehouse
from dagster_project.withholding import WITHHELD, of_person

#: The rooms whose code reads a file and accepts its rows.
_READING_ROOMS = ("exports", "raw", "study")


@dataclass(frozen=True)
class LoadedExport:
    """An export as it stands in the warehouse after a run looked at it.

    versions: how many of its files are known. inputs_digest: the digest of all files that were looked at. notes: landed
    copies that were put right. is_unchanged: the same rows stood there already. lost_people: a sentence on people who were
    in the file that this one replaced, and are in it no more.
    """

    record: ExportRecord
    versions: int
    inputs_digest: str
    notes: tuple[str, ...]
    is_unchanged: bool
    lost_people: str | None = None


def load_export(settings: Settings, study: Study, export: Export, warehouse: Warehouse) -> LoadedExport:
    """Land every file of an export, choose the one to use, and write its tables, unless the same stands there already.

    Raises ExportError and leaves the rows in use as they were when the file to use cannot be used; `raw.versions` then says
    why.
    """
    files = [land(file, settings.landing) for file in find_files(study.folder, export)]
    if not files and export.wave is None:
        service = study.protocol.service_of(export)
        cure = service.cure_of_absence if service is not None else "put the roster there"
        raise ExportError(f"{export.folder}: no roster has arrived ({export.pattern}); {cure}")
    inputs_digest = digest_of(file.sha256 for file in files)
    notes = tuple(file.note for file in files if file.note)
    note_files(settings.landing, warehouse, export, files)
    chosen_files = choose_files(settings.landing, export, files, warehouse)
    versions = count_versions(warehouse, export)
    if chosen_files is None:
        refuse_gone(study, export)
        return LoadedExport(write_empty(warehouse, study, export), versions, inputs_digest, notes, is_unchanged=False)
    submissions = _submission_files(settings, study, export, warehouse)
    fingerprint = _fingerprint(settings, study, export, [chosen_files, *submissions])
    if (record := loaded_before(warehouse, export, fingerprint)) is not None:
        return LoadedExport(record, versions, inputs_digest, notes, is_unchanged=True)
    earlier_sha256 = file_in_use(warehouse, export)
    try:
        contract_results = [
            contract_of_file(
                *(file.path, file.name, study, export, file.sha256),
                [(part.path, part.name) for files_in_use in submissions for part in files_in_use.files],
            )
            for file in chosen_files.files
        ]
        for part in contract_results:
            part.raise_if_broken()
            refuse_erased(settings.study_home, part)
        _refuse_shared_participants(contract_results)
        record = record_of(export, chosen_files, fingerprint, contract_results)
        write_export(warehouse, export, record, contract_results, chosen_files, settings.key())
    except ExportError as error:
        judge_files(warehouse, export, chosen_files, "refused", str(error))
        raise
    missing_people = lost_people(warehouse, export, earlier_sha256)
    return LoadedExport(record, versions, inputs_digest, notes, is_unchanged=False, lost_people=missing_people)


def _submission_files(settings: Settings, study: Study, export: Export, warehouse: Warehouse) -> list[ChosenFiles]:
    """Of a repeat group: the files in use of its submissions, which say whose its rows are."""
    if export.repeat_of is None:
        return []
    submission_export = study.submission_export(export)
    files = [land(file, settings.landing) for file in find_files(study.folder, submission_export)]
    note_files(settings.landing, warehouse, submission_export, files)
    chosen_files = choose_files(settings.landing, submission_export, files, warehouse)
    return [chosen_files] if chosen_files is not None else []


def _refuse_shared_participants(contract_results: Sequence[ContractResult]) -> None:
    """A person may be in one part of a wave only."""
    if len(contract_results) < 2:
        return
    people = pa.chunked_array([chunk for part in contract_results for chunk in part.respondents.chunks], pa.string())
    in_several_parts = repeated_texts(people)
    if len(in_several_parts):
        respondent = in_several_parts[0].as_py()
        locations = [
            f"{part.name} row {row}"
            for part in contract_results
            for row in pc.filter(part.source_rows, pc.equal(composed_identifiers(part.respondents), respondent)).to_pylist()
        ]
        raise ExportError(
            f"{contract_results[0].wave}: participant {of_person(respondent, repr(respondent))} is in several parts:"
            f" {', '.join(locations[:3])}; keep one row of each participant"
        )


def _fingerprint(settings: Settings, study: Study, export: Export, all_chosen: Sequence[ChosenFiles]) -> str:
    """all_chosen: the files of the export, and those of the submissions that it is a repeat group of."""
    exports = [export] if export.repeat_of is None else [export, study.submission_export(export)]
    # For whom a block is planned says nothing of the rows, nor where the file is pulled from.
    declaration = "\n".join(
        known_export.model_dump_json(
            exclude={
                "pin": True,
                "files": True,
                "source": True,
                "not_identifying": True,
                "blocks": {"__all__": set(PLANNED_KEYS)},
            }
        )
        for known_export in exports
    )
    description = description_of(study, export)
    description_sha256 = hashlib.sha256(description.read_bytes()).hexdigest() if description and description.exists() else ""
    parts = (
        *(files_in_use.sha256 for files_in_use in all_chosen),
        declaration,
        description_sha256,
        *export_columns(study, export),
        *day_columns(export),
        IS_EXCLUDED,
        WITHHELD,  # what is noted of a file that an earlier version loaded quotes its cells
        _reading_code(settings.package_folder),
        hashlib.sha256(settings.key()).hexdigest(),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def _reading_code(package: Path) -> str:
    """One hash over the code that reads exports: what an earlier version read otherwise, or did not ask about, must not stay
    because the file is the same."""
    digest = hashlib.sha256()
    for file in sorted(file for room in _READING_ROOMS for file in (package / room).rglob("*.py")):
        digest.update(f"{file.relative_to(package).as_posix()}\0".encode() + file.read_bytes())
    return digest.hexdigest()
