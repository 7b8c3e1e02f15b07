"""Landed copies of exports that a newer version took the place of, and who needs them all the same.

Belongs here: when a copy was superseded, and its uses: by a file of the study, a pin, the working file, a release. Does not
belong here: whether it is old enough (plan.py).
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dagster_project.exports import read_arrivals
from dagster_project.fingerprint import study_files
from dagster_project.settings import Settings
from dagster_project.study import Study
from dagster_project.warehouse import Warehouse, WarehouseError


@dataclass(frozen=True)
class SupersededCopy:
    """A landed copy of an export's earlier version. superseded_at: when a newer file of the same export arrived (UTC)."""

    path: Path
    superseded_at: datetime


def superseded_copies(landing: Path) -> list[SupersededCopy]:
    """The copies after which another file of the same export arrived; of a copy for several exports the latest counts.

    A copy of which nobody knows for which export it arrived, as of an interview, is none.
    """
    arrivals = read_arrivals(landing)
    paths = {path.name.split(".")[0]: path for path in landing.glob("[0-9a-f]*") if path.is_file()}
    moments: dict[str, list[datetime | None]] = defaultdict(list)
    for arrival in arrivals:
        later = [
            newer.first_seen_at
            for newer in arrivals
            if newer.export == arrival.export and newer.first_seen_at > arrival.first_seen_at
        ]
        moments[arrival.sha256].append(min(later, default=None) if arrival.export is not None else None)
    copies = []
    for sha256, superseded_at in moments.items():
        known_moments = [moment for moment in superseded_at if moment is not None]
        if sha256 in paths and len(known_moments) == len(superseded_at):
            copies.append(SupersededCopy(paths[sha256], max(known_moments).replace(tzinfo=UTC)))
    return copies


def uses_of_copies(settings: Settings, study: Study, copies: Sequence[Path], releases: Sequence[str]) -> dict[str, str]:
    """Why copies are needed, by SHA-256: by whatever reason is met first. releases: those that are kept."""
    sha256s = {path.name.split(".")[0] for path in copies}
    uses: dict[str, str] = {}
    for name in reversed(releases):
        try:
            sources = Warehouse(settings.study_folder / "releases" / name / "warehouse.duckdb").rows(
                "select distinct source_file from marts.exports where source_file is not null"
            )
        except (WarehouseError, OSError):
            return {sha256: f"release {name} cannot be read, which may have been made from it" for sha256 in sha256s}
        for row in sources:
            uses.setdefault(row["source_file"], f"release {name}, which is kept, was made from it")
    for export in study.protocol.exports:
        if export.pin is not None:
            uses |= {sha256: f"export {export.export} pins it" for sha256 in sha256s if sha256.startswith(export.pin)}
    uses |= {sha256: "the working file uses it" for sha256 in _in_use(settings)}
    sizes = {path.stat().st_size for path in copies}
    for file in study_files(settings.study_folder):
        if file.stat().st_size in sizes:
            with file.open("rb") as stream:
                sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            uses[sha256] = f"{file.relative_to(settings.study_folder).as_posix()} is this file"
    return {sha256: words for sha256, words in uses.items() if sha256 in sha256s}


def _in_use(settings: Settings) -> list[str]:
    """The SHA-256 of the versions that the working file uses. Raises WarehouseError if it is open elsewhere."""
    warehouse = Warehouse(settings.warehouse_file)
    if not settings.warehouse_file.exists() or not warehouse.rows(
        "select 1 from duckdb_tables() where schema_name = 'raw' and table_name = 'versions'"
    ):
        return []
    return [row["sha256"] for row in warehouse.rows("select distinct sha256 from raw.versions where is_in_use")]
