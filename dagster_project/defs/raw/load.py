"""Loading one export: landed, read, held against the contract, and written as a table of schema raw; its versions kept.

Belongs here: which file of an export is used, and everything written about it. Does not belong here: Dagster (assets.py),
reading a format or matching a column (exports/).

Tables: `raw.<wave>` (the rows in use), `raw."<wave>@<8 digits>"` (the rows of an earlier version, by the SHA-256 it came
from), `raw.exports` (what is in use), `raw.versions` (every file that ever arrived, taken or refused), `raw.contract`,
`raw.set_aside_rows`.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dagster_project.exports import (
    Arrival,
    Contracted,
    ExportError,
    LandedFile,
    apply_contract,
    as_text,
    dictionary_of,
    digest_of,
    find_files,
    is_whole,
    land,
    note_arrivals,
    noted_arrivals,
    pseudonyms,
    read_export,
    repeated_texts,
    unlike_before,
)
from dagster_project.exports.errors import listed, quoted
from dagster_project.exports.landing import ARRIVALS
from dagster_project.settings import Settings
from dagster_project.study import Export, Study
from dagster_project.warehouse import (
    Connection,
    Warehouse,
    WarehouseError,
    identifier,
    replace_rows,
    replace_table,
    replace_table_from,
    rows,
)

#: The roster's columns for people who left; null where the protocol declares none.
LEAVING = ("withdrawn_on", "withdrawal_reason", "excluded_on", "exclusion_reason")


def export_columns(study: Study, export: Export) -> list[str]:
    """The text columns of an export's table in schema raw."""
    codes = [code for block in export.blocks for code in study.block_codes(block.block)]
    if export.wave is None:
        codes += LEAVING
    return ["participant_id", "respondent", "answered_on", *codes, "source_file"]


@dataclass(frozen=True)
class _Chosen:
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


def load_export(settings: Settings, study: Study, export: Export, warehouse: Warehouse) -> dict[str, Any]:
    """Land every file of an export, choose the one to use, and write its tables, unless the same stands there already.

    Returns the export's row of `raw.exports`, with is_unchanged, versions (how many files are known), taken (the digest of
    all files that were looked at) and notes (landed copies that were put right). Raises ExportError and leaves the rows in
    use as they were when the file to use cannot be used; `raw.versions` then says why.
    """
    files = [land(file, settings.landing) for file in find_files(study.folder, export)]
    if not files and export.wave is None:
        raise ExportError(f"{export.folder}: no roster has arrived ({export.pattern}); put the roster there")
    taken = digest_of(file.sha256 for file in files)
    notes = [file.note for file in files if file.note]
    _note_arrivals(settings.landing, warehouse, export, files)
    chosen = _choose(settings, export, files, warehouse)
    looked = {"versions": _count_versions(warehouse, export), "taken": taken, "notes": notes}
    if chosen is None:
        _refuse_gone(study, export)
        _write_nothing(warehouse, study, export)
        return _record(export, None, "", 0, 0, 0, "") | looked | {"is_unchanged": False}
    fingerprint = _fingerprint(settings, study, export, chosen.sha256)
    if (standing := _standing(warehouse, export, fingerprint)) is not None:
        return standing | looked | {"is_unchanged": True}
    try:
        contracted = [
            apply_contract(
                read_export(file.path, export, file.name, dictionary_of(study, export)),
                study,
                export,
                file.sha256,
                file.name,
            )
            for file in chosen.files
        ]
        for one in contracted:
            one.raise_if_broken()
        _refuse_shared_participants(contracted)
        record = _record(
            export,
            chosen,
            fingerprint,
            sum(one.rows_in_file for one in contracted),
            sum(one.rows_accepted for one in contracted),
            sum(one.set_aside.num_rows for one in contracted),
            " ".join(dict.fromkeys(warning for one in contracted for warning in one.warnings)),
        )
        _write(warehouse, export, record, contracted, chosen, settings.key())
    except ExportError as error:
        _judge(warehouse, export, chosen, "refused", str(error))
        raise
    return record | looked | {"is_unchanged": False}


#: How many rows of a wave are looked at for what is odd about it.
_LOOKED_AT = 5_000


def oddities(study: Study, export: Export, warehouse: Warehouse) -> list[str]:
    """What is unlike the wave before in the rows in use, a line each: codes shifted, special codes, items turned round."""
    if export.wave is None:
        return []
    earlier = study.export_before(export)
    with warehouse.connect(read_only=True) as connection:

        def table(one: Export) -> pa.Table | None:
            name = one.table
            there = connection.execute(
                "select 1 from duckdb_tables() where schema_name = 'raw' and table_name = ?", [name]
            ).fetchone()
            if not there:
                return None
            looked_at = connection.execute(f"select * from raw.{identifier(name)} limit {_LOOKED_AT}").to_arrow_table()
            columns = [as_text(column) if column.type == pa.int16() else column for column in looked_at.columns]
            return pa.table(columns, names=looked_at.column_names)

        this, before = table(export), table(earlier) if earlier is not None else None
    return unlike_before(study, export, this, before, earlier.wave if earlier else None) if this is not None else []


def _choose(settings: Settings, export: Export, files: Sequence[LandedFile], warehouse: Warehouse) -> _Chosen | None:
    """The pinned version, else all parts, else the newest of the files that are there."""
    if export.pin is not None:
        found = sorted(settings.landing.glob(f"{export.pin}*")) if settings.landing.is_dir() else []
        if len(found) != 1:
            what = "no landed file's SHA-256 begins" if not found else f"the SHA-256 of {len(found)} landed files begin"
            raise ExportError(f"{export.folder}: {what} with the pinned {export.pin}; correct pin in the protocol")
        sha256 = found[0].name.split(".")[0]
        if not is_whole(found[0], sha256):
            raise ExportError(
                f"{export.folder}: the landed copy {found[0].name}, which is pinned, was changed after landing; move it away"
                " and put the file it was made of into the export's folder, or correct pin in the protocol"
            )
        known = warehouse.rows("select file_name from raw.versions where export = ? and sha256 = ?", [export.export, sha256])
        name = known[0]["file_name"] if known else found[0].name
        return _Chosen((LandedFile(sha256, found[0], name, found[0].stat().st_size),))
    if not files:
        return None
    if export.files == "parts":
        return _Chosen(tuple(files))
    # A file that is touched or copied gets a new time; the order in which contents arrived stays.
    seen = warehouse.rows("select sha256, first_seen_at from raw.versions where export = ?", [export.export])
    first_seen = {row["sha256"]: row["first_seen_at"] for row in seen}
    return _Chosen((sorted(files, key=lambda file: first_seen[file.sha256])[-1],))


def _refuse_gone(study: Study, export: Export) -> None:
    """A wave that the release holds has arrived: without its file it would become a wave that nobody returned."""
    released = Warehouse(study.folder / "release" / "warehouse.duckdb")
    found: list[dict[str, Any]] = []
    if released.path.exists():
        with suppress(WarehouseError):  # damaged, which the release step says
            if released.rows("select 1 from duckdb_tables() where schema_name = 'marts' and table_name = 'exports'"):
                found = released.rows("select file_name, source_file from marts.exports where export = ?", [export.export])
    if found:
        names = listed([quoted(row["file_name"]) for row in found])
        raise ExportError(
            f"{export.folder}: the release is made of {names}, and no export is there any more; put it back, or pin its copy"
            f" in the protocol (pin: {found[0]['source_file'][:12]}); if nobody shall have returned the wave, move the"
            " folders release and releases away first"
        )


def _refuse_shared_participants(contracted: Sequence[Contracted]) -> None:
    """A person may be in one part of a wave only."""
    if len(contracted) < 2:
        return
    people = pa.chunked_array([chunk for part in contracted for chunk in part.respondents.chunks], pa.string())
    shared = repeated_texts(people)
    if len(shared):
        respondent = shared[0].as_py()
        found = [
            f"{part.name} row {row}"
            for part in contracted
            for row in pc.filter(
                part.source_rows, pc.equal(pc.utf8_trim_whitespace(part.respondents), respondent)
            ).to_pylist()
        ]
        raise ExportError(
            f"{contracted[0].wave}: participant {respondent!r} is in several parts: {', '.join(found[:3])}; keep one row"
            " of each participant"
        )


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
_RECALLED = "known from landing: the working file was made anew"
_ORPHAN = "known from landing only: for which export it arrived, or whether it is an interview, is not written down"


_KNOWN = "from raw.versions where export is not null order by first_seen_at"


def _note_arrivals(landing: Path, warehouse: Warehouse, export: Export, files: Sequence[LandedFile]) -> None:
    """Every file that arrives has a row in raw.versions, and a line in landing, before anybody tries to read it."""
    with warehouse.transaction() as connection:
        connection.execute("create schema if not exists raw")
        if not connection.execute(
            "select 1 from duckdb_tables() where schema_name = 'raw' and table_name = 'versions'"
        ).fetchone():
            replace_table(connection, "raw", "versions", _recalled(landing))
        elif not (landing / ARRIVALS).exists():  # of a working file from before the list of arrivals
            note_arrivals(landing, map(_arrival, rows(connection, _KNOWN)))
        (latest,) = connection.execute("select max(first_seen_at) from raw.versions").fetchone() or (None,)
        # A clock that was set back does not change the order in which files arrived.
        now = max(datetime.now(UTC).replace(tzinfo=None), latest or datetime.min)
        arrived = []
        for place, file in enumerate(files, start=1):
            arrival = Arrival(
                export.export, export.wave, file.sha256, file.name, file.size,
                now + timedelta(microseconds=place),  # keeps the order of files that arrive together
            )  # fmt: skip
            same = [arrival.export, arrival.sha256]
            if connection.execute("select 1 from raw.versions where export = ? and sha256 = ?", same).fetchone():
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
            arrived.append(arrival)
        note_arrivals(landing, arrived)


def _recalled(landing: Path) -> pa.Table:
    """raw.versions as landing knows it: for a new study nothing."""
    return pa.Table.from_pylist(
        [
            vars(arrival) | {"is_in_use": False, "message": _RECALLED if arrival.export else _ORPHAN}
            for arrival in noted_arrivals(landing)
        ],
        schema=_VERSION,
    )


def _arrival(version: Mapping[str, Any]) -> Arrival:
    return Arrival(**{field.name: version[field.name] for field in fields(Arrival)})


def _count_versions(warehouse: Warehouse, export: Export) -> int:
    found = warehouse.rows("select count(*) as n from raw.versions where export = ?", [export.export])
    return int(found[0]["n"])


def _judge(warehouse: Warehouse, export: Export, chosen: _Chosen, verdict: str, message: str) -> None:
    with warehouse.transaction() as connection:
        for file in chosen.files:
            connection.execute(
                "update raw.versions set verdict = ?, message = ? where export = ? and sha256 = ?",
                [verdict, message, export.export, file.sha256],
            )


def _fingerprint(settings: Settings, study: Study, export: Export, sha256: str) -> str:
    declared = export.model_dump_json(exclude={"pin", "files"})
    dictionary = dictionary_of(study, export)
    described = hashlib.sha256(dictionary.read_bytes()).hexdigest() if dictionary and dictionary.exists() else ""
    parts = (sha256, declared, described, *export_columns(study, export), hashlib.sha256(settings.key()).hexdigest())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _standing(warehouse: Warehouse, export: Export, fingerprint: str) -> dict[str, Any] | None:
    """What `raw.exports` says of an export that was loaded before from the same file under the same declaration."""
    with warehouse.connect() as connection:
        tables = {
            row[0]
            for row in connection.execute("select table_name from duckdb_tables() where schema_name = 'raw'").fetchall()
        }
        if not {"exports", export.table} <= tables:
            return None
        found = rows(
            connection, "select * from raw.exports where export = ? and fingerprint = ?", [export.export, fingerprint]
        )
    return found[0] if found else None


def _record(
    export: Export,
    chosen: _Chosen | None,
    fingerprint: str,
    rows_in_file: int,
    rows_accepted: int,
    rows_set_aside: int,
    unknown: str,
) -> dict[str, Any]:
    return {
        "export": export.export,
        "wave": export.wave,
        "file_name": chosen.name if chosen else None,
        "sha256": chosen.sha256 if chosen else None,
        "reader": export.reader,
        "rows_in_file": rows_in_file,
        "rows_accepted": rows_accepted,
        "rows_set_aside": rows_set_aside,
        "columns_set_aside": unknown,
        "fingerprint": fingerprint,
        "loaded_at": datetime.now(UTC).replace(tzinfo=None),
    }


_RECORD = pa.schema(
    [
        *((name, pa.string()) for name in ("export", "wave", "file_name", "sha256", "reader")),
        *((name, pa.int64()) for name in ("rows_in_file", "rows_accepted", "rows_set_aside")),
        *((name, pa.string()) for name in ("columns_set_aside", "fingerprint")),
        ("loaded_at", pa.timestamp("us")),
    ]
)
_SET_ASIDE = pa.schema(
    [(name, pa.int64() if name == "source_row" else pa.string()) for name in ("source_file", "source_row", "respondent")]
    + [("reason", pa.string()), ("detail", pa.string())]
)
_FINDING = pa.schema([(name, pa.string()) for name in ("column", "code", "verdict", "message")])


def _write_nothing(warehouse: Warehouse, study: Study, export: Export) -> None:
    """A wave that has not arrived: its table is there, and empty."""
    empty = {column: pa.array([], pa.string()) for column in export_columns(study, export)}
    table = pa.table(empty | {"source_row": pa.array([], pa.int64())})
    with warehouse.transaction() as connection:
        _put_aside_standing(connection, export.table, export.export, None)
        replace_table(connection, "raw", export.table, table)
        _describe(connection, _record(export, None, "", 0, 0, 0, ""), _SET_ASIDE.empty_table(), [])


def _write(
    warehouse: Warehouse,
    export: Export,
    record: dict[str, Any],
    contracted: Sequence[Contracted],
    chosen: _Chosen,
    key: bytes,
) -> None:
    """Write an export's rows, its set-aside rows, its contract, its record and its version: all or nothing."""
    set_aside = pa.concat_tables([one.set_aside.select(_SET_ASIDE.names).cast(_SET_ASIDE) for one in contracted])
    findings = {(finding.column, finding.code, finding.verdict): finding for one in contracted for finding in one.findings}
    name = export.table
    with warehouse.transaction() as connection:
        _put_aside_standing(connection, name, record["export"], chosen.sha256)
        replace_table_from(connection, "raw", name, _rows(contracted, export, key))
        described = [{field: getattr(finding, field) for field in _FINDING.names} for finding in findings.values()]
        _describe(connection, record, set_aside, described)
        for file, one in zip(chosen.files, contracted, strict=True):
            connection.execute(
                "update raw.versions set verdict = 'accepted', message = null, is_in_use = true, table_name = $1,"
                " rows_in_file = $2, rows_accepted = $3, rows_set_aside = $4 where export = $5 and sha256 = $6",
                [
                    name,
                    one.rows_in_file,
                    one.rows_accepted,
                    one.set_aside.num_rows,
                    record["export"],
                    file.sha256,
                ],
            )


def _describe(
    connection: Connection,
    record: dict[str, Any],
    set_aside: pa.Table,
    findings: list[dict[str, Any]],
) -> None:
    export = record["export"]
    contract = pa.Table.from_pylist(findings, schema=_FINDING)
    for table_name, table in (("set_aside_rows", set_aside), ("contract", contract)):
        table = table.add_column(0, "export", pa.array([export] * table.num_rows, pa.string()))
        replace_rows(connection, "raw", table_name, table, ("export", [export]))
    replace_rows(connection, "raw", "exports", pa.Table.from_pylist([record], schema=_RECORD), ("export", [export]))


def _put_aside_standing(connection: Connection, name: str, export: str, sha256: str | None) -> None:
    """Keep the rows of the version that was in use readable under its own name, if another one takes its place."""
    standing = connection.execute(
        "select table_name from duckdb_tables() where schema_name = 'raw' and table_name = ?", [name]
    ).fetchone()
    in_use = connection.execute(
        "select sha256 from raw.versions where export = ? and is_in_use and sha256 is distinct from ?", [export, sha256]
    ).fetchall()
    if standing and len(in_use) == 1:
        kept = f"{name}@{in_use[0][0][:8]}"
        connection.execute(f"drop table if exists raw.{identifier(kept)}")
        connection.execute(f"alter table raw.{identifier(name)} rename to {identifier(kept)}")
        connection.execute(
            "update raw.versions set table_name = ? where export = ? and sha256 = ?", [kept, export, in_use[0][0]]
        )
    connection.execute("update raw.versions set is_in_use = false where export = ?", [export])
    if sha256 is not None:
        connection.execute(f"drop table if exists raw.{identifier(f'{name}@{sha256[:8]}')}")


def _rows(contracted: Sequence[Contracted], export: Export, key: bytes) -> Iterator[pa.RecordBatch]:
    """The accepted rows of all parts, with pseudonyms, and the roster's with all columns for leaving.

    A wave's answers that are blank or whole numbers in every row are given as such. A roster is text: it is small, and is
    asked for by what it says.
    """
    whole = {code for part in contracted for code in part.places} if export.wave is not None else set()
    whole -= {"respondent", "answered_on"}
    for part in contracted:
        for batch in part.batches(whole):
            people = pseudonyms(_meant(batch.column("respondent"), export.respondents), key)
            batch = batch.add_column(0, "participant_id", people)
            for code in LEAVING if export.wave is None else ():
                if code not in batch.schema.names:
                    batch = batch.append_column(code, pa.nulls(batch.num_rows, pa.string()))
            yield batch


def _meant(respondents: pa.Array, declared: Mapping[str, str]) -> pa.Array:
    """The identifiers that the protocol says are meant, where an export writes them otherwise."""
    if not declared:
        return respondents
    meant = pa.array(declared.values(), pa.string()).take(
        pc.index_in(pc.utf8_trim_whitespace(respondents), value_set=pa.array(declared.keys(), pa.string()))
    )
    return pc.coalesce(meant, respondents)
