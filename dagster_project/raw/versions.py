"""Every file that ever arrived for an export, and which of them is in use.

Belongs here: the table `raw.versions`, choosing a version, what is said of one. Does not belong here: reading a file, its
rows (tables.py).
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa

from dagster_project.exports import Arrival, ExportError, LandedFile, append_arrivals, find_files, is_intact, read_arrivals
from dagster_project.exports.errors import abbreviated_list, quoted
from dagster_project.exports.landing import ARRIVALS
from dagster_project.study import Export, Study
from dagster_project.warehouse import Warehouse, WarehouseError, identifier, replace_table, rows_as


@dataclass(frozen=True)
class ChosenFiles:
    """The files in use: one, or the parts of a wave. Their name and SHA-256 stand for all of them together."""

    files: tuple[LandedFile, ...]

    @property
    def name(self) -> str:
        return ", ".join(file.name for file in self.files)

    @property
    def sha256(self) -> str:
        if len(self.files) == 1:
            return self.files[0].sha256
        return hashlib.sha256("\n".join(file.sha256 for file in self.files).encode()).hexdigest()


@dataclass(frozen=True)
class ReleasedFile:
    """A file that the release was built from. source_file: its SHA-256."""

    file_name: str
    source_file: str


_VERSION = pa.schema(
    [
        *((name, pa.string()) for name in ("export", "wave", "sha256", "file_name")),
        ("size", pa.int64()),
        ("first_seen_at", pa.timestamp("us")),
        ("verdict", pa.string()),
        ("message", pa.string()),
        ("rows_in_file", pa.int64()),
        ("rows_accepted", pa.int64()),
        ("rows_set_aside", pa.int64()),
        ("is_in_use", pa.bool_()),
        ("table_name", pa.string()),
    ]
)

#: The message of a version that the working file has from landing, since its own list was lost.
_RECALLED = "known from landing: the working file was rebuilt"
_ORPHAN = "known from landing only: for which export it arrived, or whether it is an interview, is not written down"
_ARRIVED = "from raw.versions where export is not null order by first_seen_at"


def note_files(landing: Path, warehouse: Warehouse, export: Export, files: Sequence[LandedFile]) -> None:
    """Every file that arrives has a row in raw.versions, and a line in landing, before anybody tries to read it."""
    with warehouse.transaction() as connection:
        connection.execute("create schema if not exists raw")
        if not connection.execute(
            "select 1 from duckdb_tables() where schema_name = 'raw' and table_name = 'versions'"
        ).fetchone():
            replace_table(connection, "raw", "versions", _versions_in_landing(landing))
        elif not (landing / ARRIVALS).exists():  # of a working file from before the list of arrivals
            append_arrivals(landing, rows_as(connection, Arrival, _ARRIVED))
        (latest,) = connection.execute("select max(first_seen_at) from raw.versions").fetchone() or (None,)
        # A clock that was set back does not change the order in which files arrived.
        now = max(datetime.now(UTC).replace(tzinfo=None), latest or datetime.min)
        arrivals = []
        for position, file in enumerate(files, start=1):
            arrival = Arrival(
                export.export, export.wave, file.sha256, file.name, file.size,
                now + timedelta(microseconds=position),  # keeps the order of files that arrive together
            )  # fmt: skip
            parameters = [arrival.export, arrival.sha256]
            if connection.execute("select 1 from raw.versions where export = ? and sha256 = ?", parameters).fetchone():
                continue
            if orphan := connection.execute(
                "delete from raw.versions where export is null and sha256 = ? returning first_seen_at", [file.sha256]
            ).fetchone():
                arrival = replace(arrival, first_seen_at=orphan[0])
            connection.execute(
                "insert into raw.versions (export, wave, sha256, file_name, size, first_seen_at, is_in_use)"
                " values (?, ?, ?, ?, ?, ?, false)",
                list(vars(arrival).values()),
            )
            arrivals.append(arrival)
        append_arrivals(landing, arrivals)


def _versions_in_landing(landing: Path) -> pa.Table:
    """raw.versions as landing knows it: for a new study nothing."""
    return pa.Table.from_pylist(
        [
            vars(arrival) | {"is_in_use": False, "message": _RECALLED if arrival.export else _ORPHAN}
            for arrival in read_arrivals(landing)
        ],
        schema=_VERSION,
    )


def choose_files(landing: Path, export: Export, files: Sequence[LandedFile], warehouse: Warehouse) -> ChosenFiles | None:
    """The pinned version, else all parts, else the newest of the files that are there."""
    if export.pin is not None:
        copies = sorted(landing.glob(f"{export.pin}*")) if landing.is_dir() else []
        if len(copies) != 1:
            match_count = (
                "no landed file's SHA-256 begins" if not copies else f"the SHA-256 of {len(copies)} landed files begin"
            )
            raise ExportError(f"{export.folder}: {match_count} with the pinned {export.pin}; correct pin in the protocol")
        sha256 = copies[0].name.split(".")[0]
        if not is_intact(copies[0], sha256):
            raise ExportError(
                f"{export.folder}: the landed copy {copies[0].name}, which is pinned, was changed after landing; move it"
                " away and put the file it was made of into the export's folder, or correct pin in the protocol"
            )
        names = warehouse.rows("select file_name from raw.versions where export = ? and sha256 = ?", [export.export, sha256])
        name = names[0]["file_name"] if names else copies[0].name
        return ChosenFiles((LandedFile(sha256, copies[0], name, copies[0].stat().st_size),))
    if not files:
        return None
    if export.files == "parts":
        return ChosenFiles(tuple(files))
    # A file that is touched or copied gets a new time; the order in which contents arrived stays.
    versions = warehouse.rows("select sha256, first_seen_at from raw.versions where export = ?", [export.export])
    first_seen = {row["sha256"]: row["first_seen_at"] for row in versions}
    return ChosenFiles((sorted(files, key=lambda file: first_seen[file.sha256])[-1],))


def gone_exports(study: Study) -> dict[str, str]:
    """Why the next run will refuse exports that the release holds and whose files are gone, by export."""
    reasons = {}
    for export in study.protocol.exports:
        with suppress(ExportError):  # files that cannot be used are not gone
            if export.pin is None and not find_files(study.folder, export):
                try:
                    refuse_gone(study, export)
                except ExportError as error:
                    reasons[export.export] = str(error)
    return reasons


def refuse_gone(study: Study, export: Export) -> None:
    """A wave that the release holds has arrived: without its file it would become a wave that nobody returned."""
    release_file = Warehouse(study.folder / "release" / "warehouse.duckdb")
    files: list[ReleasedFile] = []
    if release_file.path.exists():
        with suppress(WarehouseError):  # damaged, which the release step says
            if release_file.rows("select 1 from duckdb_tables() where schema_name = 'marts' and table_name = 'exports'"):
                files = release_file.rows_as(
                    ReleasedFile, "select file_name, source_file from marts.exports where export = ?", [export.export]
                )
    if files:
        names = abbreviated_list([quoted(file.file_name) for file in files])
        service = study.protocol.service_of(export)
        source = f" ({service.cure_of_absence})" if service is not None else ""
        raise ExportError(
            f"{export.folder}: the release was built from {names}, but the export is gone; put it back{source}, or pin its"
            f" copy in the protocol (pin: {files[0].source_file[:12]}); if the wave is to count as not returned, move the"
            " folders release and releases away first"
        )


def count_versions(warehouse: Warehouse, export: Export) -> int:
    counts = warehouse.rows("select count(*) as n from raw.versions where export = ?", [export.export])
    return int(counts[0]["n"])


def judge_files(warehouse: Warehouse, export: Export, chosen_files: ChosenFiles, verdict: str, message: str) -> None:
    with warehouse.transaction() as connection:
        for file in chosen_files.files:
            connection.execute(
                "update raw.versions set verdict = ?, message = ? where export = ? and sha256 = ?",
                [verdict, message, export.export, file.sha256],
            )


def drop_version(warehouse: Warehouse, sha256: str, because: str) -> None:
    """Take the rows of an earlier version out of the working file; raw.versions goes on to say that it arrived."""
    if not warehouse.path.exists():
        return
    with warehouse.transaction() as connection:
        tables = {
            row[0]
            for row in connection.execute("select table_name from duckdb_tables() where schema_name = 'raw'").fetchall()
        }
        if "versions" not in tables:
            return
        names = connection.execute(
            "select table_name from raw.versions where sha256 = ? and not is_in_use and table_name is not null", [sha256]
        ).fetchall()
        for (name,) in names:
            if "@" in name:
                connection.execute(f"drop table if exists raw.{identifier(name)}")
        connection.execute(
            "update raw.versions set table_name = null, message = ? where sha256 = ? and not is_in_use",
            [f"removed as the study's retention says: {because}", sha256],
        )
